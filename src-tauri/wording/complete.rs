//! That both languages say everything, and say it well.

use super::*;
use account::provider;
use mail::{Cause, Failure, FolderPath, MessageId, Side};
use std::collections::{BTreeMap, BTreeSet};
use transfer::{Problem, ProblemLevel, Waiting};

const LANGUAGES: [Language; 2] = [Language::Chinese, Language::English];

/// `id` and `id.attribute` -> the variables it uses.
fn messages(language: Language) -> BTreeMap<String, BTreeSet<String>> {
    let mut all: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for source in language.sources() {
        let (mut id, mut key) = (String::new(), String::new());
        for line in source.lines().filter(|line| !line.starts_with('#')) {
            let name = line.split(" =").next().unwrap_or_default().trim();
            let plain = |name: &str| {
                !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_')
            };
            if !line.starts_with(' ') && line.contains(" =") && plain(name) {
                id = name.to_owned();
                key = id.clone();
                assert!(all.insert(key.clone(), BTreeSet::new()).is_none(), "{language:?}: {id} stands twice");
            } else if line.contains(" =") && name.strip_prefix('.').is_some_and(plain) {
                key = format!("{id}{name}");
                assert!(all.insert(key.clone(), BTreeSet::new()).is_none(), "{language:?}: {key} stands twice");
            }
            let variables = line.split('$').skip(1);
            let names =
                variables.map(|rest| rest.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect());
            all.entry(key.clone()).or_default().extend(names);
        }
    }
    all.retain(|key, _| !key.is_empty());
    all
}

fn contexts() -> Vec<Context> {
    let mailbox = |host: &str, provider: Option<&str>| {
        Some(Mailbox { host: host.into(), user: "anna@example.com".into(), provider: provider.map(Into::into) })
    };
    let full = Context {
        old: mailbox("imap.exmail.qq.com", Some("exmail")),
        new: mailbox("mail.example.com", None),
        started: true,
        done: Some(1234),
        place: Some("/backup".into()),
        needed: Some(5_000_000),
        refusals: 2,
    };
    let mut browser = full.clone();
    browser.old = mailbox("outlook.office365.com", Some("microsoft"));
    let alone = Context { new: None, ..full.clone() };
    vec![Context::default(), full, browser, alone]
}

/// Every sentence a failure, a problem or a wait can make.
fn every_advice(words: &Words) -> Vec<(String, Advice)> {
    let mut all = Vec::new();
    for context in contexts() {
        for cause in Cause::ALL {
            for side in [None, Some(Side::Source), Some(Side::Target), Some(Side::Local)] {
                for about in [None, Some("/backup/x"), Some("客户")] {
                    let mut failure = Failure::new(cause).words("NO [X] said");
                    failure.side = side;
                    failure.about = about.map(Into::into);
                    all.push((format!("failure {cause:?} {side:?}"), words.failure(&failure, &context)));
                    for until in [None, Some(std::time::Instant::now() + std::time::Duration::from_secs(90))] {
                        let waiting = Waiting { cause, side, until, about: failure.about.clone() };
                        all.push((format!("waiting {cause:?} {side:?}"), words.waiting(&waiting, &context)));
                    }
                }
            }
        }
        let codes = Cause::ALL.iter().map(|cause| cause.code());
        for code in codes.chain(Problem::NOTICES).chain(Problem::DIFFERENCES) {
            for detail in [None, Some("Archiv → 归档".to_owned())] {
                let problem = Problem {
                    code: code.to_owned(),
                    level: ProblemLevel::Problem,
                    folder: detail.as_ref().map(|_| FolderPath::new(["客户", "A"])),
                    id: Some(MessageId::Uid(7)),
                    detail,
                    words: None,
                };
                all.push((format!("problem {code}"), words.problem(&problem, &context)));
            }
        }
    }
    all
}

/// What no person should ever read.
fn fault(text: &str) -> Option<&'static str> {
    [
        ("{", "an open gap"),
        ("!", "an exclamation mark"),
        ("!", "an exclamation mark"),
        ("none", "a gap filled with none"),
    ]
    .into_iter()
    .find_map(|(sign, fault)| text.contains(sign).then_some(fault))
}

#[test]
fn both_languages_have_the_same_messages_with_the_same_gaps() {
    let (chinese, english) = (messages(Language::Chinese), messages(Language::English));
    assert!(english.len() > 250);
    assert_eq!(chinese, english);
}

#[test]
fn every_message_is_understood() {
    for language in LANGUAGES {
        for source in language.sources() {
            let parsed = fluent_bundle::FluentResource::try_new(source.to_owned());
            assert!(parsed.is_ok(), "{language:?}: {:?}", parsed.err().map(|(_, errors)| errors));
        }
        let words = Words::new(language);
        for key in messages(language).keys() {
            let found = match key.split_once('.') {
                Some((id, name)) => words.attribute(id, name, &[]),
                None => words.value(key, &[]),
            };
            assert!(found.is_some(), "{language:?}: {key}");
        }
    }
}

#[test]
fn every_advice_is_whole() {
    for language in LANGUAGES {
        let words = Words::new(language);
        for (name, advice) in every_advice(&words) {
            for text in [&advice.what, &advice.meaning, &advice.todo] {
                assert_eq!(fault(text), None, "{name}: {text}");
                assert!(!text.contains("  ") && text.trim() == text, "{name}: {text:?}");
                assert!(language == Language::English || !text.contains('你'), "{name}: {text}");
            }
            assert!(!advice.what.is_empty(), "{name}");
            if !name.starts_with("waiting") {
                assert!(!advice.meaning.is_empty() && !advice.todo.is_empty(), "{name}: {advice:?}");
                assert!(Cause::from_code(&advice.what).is_none(), "{name}: has no words");
            }
        }
    }
}

#[test]
fn every_cause_and_problem_has_words_of_its_own() {
    for language in LANGUAGES {
        let words = Words::new(language);
        for cause in Cause::ALL {
            assert!(words.has(&format!("cause-{}", cause.code())), "{cause:?}");
        }
        for code in Problem::NOTICES.iter().chain(&Problem::DIFFERENCES) {
            assert!(words.has(&format!("problem-{code}")), "{code}");
        }
    }
}

#[test]
fn every_provider_has_a_name_a_word_and_steps() {
    for language in LANGUAGES {
        let words = Words::new(language);
        for id in provider::ALL.iter().map(|provider| provider.id).chain(["other"]) {
            assert!(words.has(&format!("provider-{id}")), "{id}");
            assert!(!words.password_word(id).is_empty() && !words.steps(id).is_empty(), "{id}");
            let hides = provider::by_id(id).is_some_and(|provider| provider.hides_mail);
            assert_eq!(!words.steps_to_all_mail(id).is_empty(), hides, "{id}");
            let steps = words.steps(id).into_iter().chain(words.steps_to_all_mail(id));
            for text in steps.chain([words.provider_name(id)]) {
                assert_eq!(fault(&text), None, "{text}");
            }
        }
        assert_eq!(words.provider_name("unheard-of"), words.provider_name("other"));
    }
}

#[test]
fn sentences_stand_as_the_screens_have_them() {
    let context = &contexts()[1];
    let refused = Failure::new(Cause::SignInRefused);
    let say = |language, side| {
        let advice = Words::new(language).failure(&refused.clone().on(side), context);
        (format!("{}|{}", advice.what, advice.meaning), advice.todo, advice.button)
    };
    let (what, todo, button) = say(Language::English, Side::Source);
    assert_eq!(what, "The old mailbox did not accept this password.|To avoid a lock we never retry unasked.");
    assert!(todo.starts_with("Tencent Exmail wants a “client-specific password"), "{todo}");
    assert_eq!(button, Some(Action::OpenSteps));
    let (what, todo, button) = say(Language::Chinese, Side::Source);
    assert_eq!(what, "旧邮箱不接受这个密码。|为免锁号,我们不自动重试。");
    assert_eq!(todo, "腾讯企业邮要用“客户端专用密码”,不是网页密码。它只显示一次,复制后马上粘贴到这里。");
    assert_eq!(button, Some(Action::OpenSteps));
    let (what, todo, _) = say(Language::Chinese, Side::Target);
    assert!(what.starts_with("新邮箱不接受") && todo.contains("anna@example.com"), "{what} {todo}");
    let waiting = Waiting {
        cause: Cause::Throttled,
        side: Some(Side::Target),
        until: Some(std::time::Instant::now() + std::time::Duration::from_secs(30)),
        about: None,
    };
    assert_eq!(
        Words::new(Language::English).waiting(&waiting, context).what,
        "The new mailbox asks us to slow down; on again in 30 s. Common; nothing is lost."
    );
    assert_eq!(
        Words::new(Language::Chinese).waiting(&waiting, context).what,
        "新邮箱让我们慢一点,30 秒后继续。这很常见,不会丢信。"
    );
}

#[test]
fn only_an_own_servers_certificate_may_be_trusted_by_hand() {
    let mut failure = Failure::new(Cause::CertificateUntrusted);
    failure.certificate = Some(Box::new(mail::failure::Certificate {
        sha256: mail::Sha256::of(b"x"),
        subject: "mail.example.com".into(),
        issuer: "Own CA".into(),
        from: 0,
        until: 1,
    }));
    let words = Words::new(Language::English);
    let context = &contexts()[1];
    let own = words.failure(&failure.clone().on(Side::Target), context);
    assert_eq!(own.button, Some(Action::Trust));
    assert!(own.todo.contains(&mail::Sha256::of(b"x").to_string()) && own.meaning.contains("Own CA"));
    assert_eq!(words.failure(&failure.on(Side::Source), context).button, Some(Action::TryAgain));
}

#[test]
fn words_may_be_shared_between_threads() {
    fn shared<T: Send + Sync>() {}
    shared::<Words>();
}
