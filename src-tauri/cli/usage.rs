//! Help texts and usage errors in the person's language: clap knows the grammar, `wording` the words.

use crate::arguments::Arguments;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{CommandFactory, FromArgMatches};
use std::ffi::OsString;
use wording::{Value, Words};

/// Why the arguments can't be carried out, ready to be shown.
#[derive(Debug)]
pub enum Usage {
    /// Asked for: to stdout, exit 0.
    Help(String),
    /// To stderr, exit 2.
    Wrong(String),
}

/// Reads the arguments.
pub fn parse(arguments: &[OsString], words: &Words) -> Result<Arguments, Usage> {
    let mut command = grammar(words);
    command
        .try_get_matches_from_mut(arguments)
        .and_then(|matches| Arguments::from_arg_matches(&matches))
        .map_err(|error| usage(&error, &mut command, arguments, words))
}

/// The language to speak before the arguments are understood: `--lang`, else the system's.
pub fn language(arguments: &[OsString]) -> wording::Language {
    let texts: Vec<_> = arguments.iter().map(|argument| argument.to_string_lossy()).collect();
    let after = texts.iter().position(|text| text == "--lang").and_then(|at| texts.get(at + 1)).map(AsRef::as_ref);
    let tag = texts.iter().find_map(|text| text.strip_prefix("--lang=")).or(after);
    let tag = tag.map(str::to_owned).or_else(sys_locale::get_locale);
    wording::Language::from_tag(tag.as_deref().unwrap_or_default())
}

fn grammar(words: &Words) -> clap::Command {
    let template = format!("{{about}}\n\n{} {{usage}}\n\n{{all-args}}{{after-help}}\n", words.text("help-usage"));
    let mut command = Arguments::command()
        .about(words.text("help-about"))
        .after_help(words.text("help-after"))
        .help_template(template.clone())
        .subcommand_help_heading(heading("commands", words));
    let names: Vec<String> = command.get_subcommands().map(|command| command.get_name().to_owned()).collect();
    command = named(command, words);
    for name in names {
        command = command.mut_subcommand(&name, |command| {
            named(command, words)
                .about(words.text(&format!("help-{name}")))
                .after_help(words.text(&format!("help-{name}-after")))
                .help_template(template.clone())
        });
    }
    command
}

/// Gives each argument its help text, and each group of options its heading.
fn named(command: clap::Command, words: &Words) -> clap::Command {
    command.mut_args(|argument| {
        let help = words.text(&format!("arg-{}", argument.get_id()));
        let heading = heading(argument.get_help_heading().unwrap_or("places"), words);
        argument.help(help).help_heading(heading)
    })
}

/// Leaked, since clap wants headings for the life of the process: a few hundred octets, once.
fn heading(name: &str, words: &Words) -> &'static str {
    words.text(&format!("heading-{name}")).leak()
}

fn usage(error: &clap::Error, command: &mut clap::Command, arguments: &[OsString], words: &Words) -> Usage {
    if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) {
        return Usage::Help(error.to_string());
    }
    let context = |kind| match error.get(kind) {
        Some(ContextValue::String(text)) => text.clone(),
        Some(ContextValue::Strings(texts)) => texts.join(", "),
        Some(ContextValue::Number(number)) => number.to_string(),
        _ => String::new(),
    };
    let source = std::error::Error::source(error).map(ToString::to_string).unwrap_or_default();
    let invalid = context(ContextKind::InvalidArg);
    // Clap names an option together with its value: --home <DIR>.
    let option = if invalid.starts_with('-') { invalid.split(' ').next().unwrap_or_default() } else { &invalid };
    let values = [
        ("argument", Value::from(option)),
        ("value", context(ContextKind::InvalidValue).into()),
        ("command", context(ContextKind::InvalidSubcommand).into()),
        ("allowed", context(ContextKind::ValidValue).into()),
    ];
    let message = match error.kind() {
        ErrorKind::MissingSubcommand | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => "usage-no-command",
        ErrorKind::InvalidSubcommand => "usage-unknown-command",
        // A word too many is an unknown argument to clap.
        ErrorKind::UnknownArgument if !invalid.starts_with('-') => "usage-too-many",
        ErrorKind::UnknownArgument => "usage-unknown",
        ErrorKind::MissingRequiredArgument => "usage-missing",
        ErrorKind::InvalidValue if context(ContextKind::InvalidValue).is_empty() => "usage-no-value",
        ErrorKind::InvalidValue => "usage-not-allowed",
        ErrorKind::ValueValidation if source.starts_with("bad-") => &format!("usage-{source}"),
        ErrorKind::ValueValidation => "usage-bad-number",
        ErrorKind::ArgumentConflict => "usage-twice",
        ErrorKind::InvalidUtf8 => "usage-encoding",
        _ => "usage-other",
    };
    Usage::Wrong(format!("{}\n{}", words.fill(message, &values), see_help(command, arguments, words)))
}

/// Points to the help of the command that was meant.
fn see_help(command: &clap::Command, arguments: &[OsString], words: &Words) -> String {
    let meant = command
        .get_subcommands()
        .map(clap::Command::get_name)
        .find(|name| arguments.iter().skip(1).any(|argument| argument.to_str() == Some(*name)));
    let command =
        meant.map_or_else(|| "mailferry-cli --help".to_owned(), |name| format!("mailferry-cli {name} --help"));
    words.fill("usage-see", &[("command", command.into())])
}

#[cfg(test)]
mod tests {
    use super::*;
    use wording::Language;

    fn read(line: &[&str], language: Language) -> Result<Arguments, Usage> {
        let line: Vec<OsString> = std::iter::once(&"mailferry-cli").chain(line).map(OsString::from).collect();
        parse(&line, &Words::new(language))
    }

    #[test]
    fn every_argument_and_command_has_help_in_both_languages() {
        for language in [Language::English, Language::Chinese] {
            let mut command = grammar(&Words::new(language));
            command.build();
            for command in std::iter::once(&command).chain(command.get_subcommands()) {
                let about = command.get_about().map(ToString::to_string).unwrap_or_default();
                assert!(!about.is_empty() && !about.contains("help-"), "{about}");
                for argument in command.get_arguments() {
                    let help = argument.get_help().map(ToString::to_string).unwrap_or_default();
                    assert!(!help.is_empty() && !help.starts_with("arg-"), "{language:?} {}", argument.get_id());
                    let heading = argument.get_help_heading().unwrap_or_default();
                    assert!(!heading.is_empty() && !heading.starts_with("heading-"), "{heading}");
                }
            }
        }
    }

    #[test]
    fn help_of_each_command_shows_its_options() {
        for (command, options) in [
            ("check", ["--source-password-env", "--target-trust", "--into", "--patience"]),
            ("move", ["--backup", "--put-back", "--repair", "--limit-messages"]),
            ("move", ["--even-if-elsewhere", "--go-on-anyway", "--map", "--into"]),
            ("backup", ["--source-admin", "--skip-folder", "--since", "--connections"]),
            ("verify", ["--level", "--ca", "--max-size", "--limit-rate"]),
            ("undo", ["--yes", "--ca", "--target-password-env", "--patience"]),
        ] {
            for language in [Language::English, Language::Chinese] {
                let Err(Usage::Help(help)) = read(&[command, "--help"], language) else { panic!("no help") };
                for option in options.iter().chain(&["--json", "--lang", "--home"]) {
                    assert!(help.contains(option), "{command} {option}:\n{help}");
                }
                for fault in ["help-", "arg-", "heading-", "{ $"] {
                    assert!(!help.contains(&format!(" {fault}")) && !help.contains(&format!("\n{fault}")), "{help}");
                }
            }
        }
        let Err(Usage::Help(help)) = read(&["backup", "-h"], Language::English) else { panic!("no help") };
        assert!(!help.contains("--target-"), "{help}");
    }

    #[test]
    fn faults_are_said_in_the_persons_language() {
        let said = |line: &[&str], language| match read(line, language) {
            Err(Usage::Wrong(text)) => text,
            other => panic!("{line:?}: {other:?}"),
        };
        let cases: [(&[&str], &str, &str); 13] = [
            (&[], "verify", "核对"),
            (&["mvoe"], "mvoe", "mvoe"),
            (&["move"], "SOURCE", "SOURCE"),
            (&["move", "imaps://a@h"], "TARGET", "TARGET"),
            (&["move", "a", "b", "c"], "“c”", "“c”"),
            (&["move", "a", "b", "--no-such"], "--no-such", "--no-such"),
            (&["check", "a", "b", "--source-auth", "xoauth2"], "plain, login", "plain, login"),
            (&["check", "a", "b", "--since", "1.2.2020"], "2020-01-31", "2020-01-31"),
            (&["check", "a", "b", "--patience", "-1"], "--patience", "--patience"),
            (&["check", "a", "b", "--connections", "0"], "--connections", "--connections"),
            (&["check", "a", "b", "--map", "x"], "OLD=NEW", "OLD=NEW"),
            (&["check", "a", "b", "--source-trust", "12:34"], "64", "64"),
            (&["check", "a", "b", "--into", "x", "--into", "y"], "--into", "--into"),
        ];
        for (line, english, chinese) in cases {
            for (language, part) in [(Language::English, english), (Language::Chinese, chinese)] {
                let text = said(line, language);
                assert!(text.contains(part), "{line:?}: {text}");
                assert!(text.contains("--help") && !text.contains("usage-") && !text.contains("{$"), "{text}");
            }
        }
        assert!(said(&["move", "a"], Language::English).contains("mailferry-cli move --help"));
    }

    #[test]
    fn the_language_is_known_before_the_rest() {
        let of = |line: &[&str]| language(&line.iter().map(OsString::from).collect::<Vec<_>>());
        assert_eq!(of(&["x", "--lang", "zh-CN", "bad"]), Language::Chinese);
        assert_eq!(of(&["x", "--lang=zh"]), Language::Chinese);
        assert_eq!(of(&["x", "--lang=en"]), Language::English);
    }

    #[test]
    fn chinese_folder_names_and_fractions_are_read() {
        let line = [
            "--json",
            "move",
            "imaps://a@h",
            "imaps://b@h",
            "--folder",
            "客户*",
            "--skip-folder",
            "垃圾邮件",
            "--map",
            "客户/甲=归档/a=b",
            "--into",
            "旧邮箱",
            "--patience",
            "0.05",
            "--limit-messages",
            "2.5",
            "--since",
            "2020-02-29",
            "--source-trust",
            "AB:CD:EF:01:23:45:67:89:AB:CD:EF:01:23:45:67:89:AB:CD:EF:01:23:45:67:89:AB:CD:EF:01:23:45:67:89",
        ];
        let arguments = read(&line, Language::English).unwrap();
        assert!(arguments.general.json);
        let crate::arguments::Command::Move { layout, pace, old, .. } = arguments.command else { panic!("no move") };
        assert_eq!((layout.folders, layout.skip_folders), (vec!["客户*".into()], vec!["垃圾邮件".to_owned()]));
        assert_eq!(layout.map, [("客户/甲".to_owned(), "归档/a=b".to_owned())]);
        assert_eq!((pace.patience, pace.limit_messages), (Some(0.05), Some(2.5)));
        assert_eq!(layout.since.map(|date| date.seconds), Some(1_582_934_400));
        assert_eq!(old.source_trust.unwrap().len(), 64);
    }
}
