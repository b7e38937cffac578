//! From what a person typed to two proved mailboxes: finds the servers, signs in to both sides at once, keeps the
//! passwords, and writes the record of the move.

use crate::desk::Desk;
use crate::place;
use crate::wire::{self, Entry, Settings, SideState};
use account::{Account, Protocol, Secret, SignIn, provider};
use mail::{Cause, Failure, Side};
use secrets::Kind;
use transfer::home::{Mailbox, Record};
use wording::{Action, Context};
use zeroize::Zeroizing;

pub(crate) fn find(desk: &Desk, address: &str, chosen: Option<&str>) -> wire::Found {
    let found = provider::find(address, chosen);
    let known = match chosen {
        Some(id) => provider::by_id(id),
        None => provider::by_address(address),
    };
    wire::Found { provider: known.map(|known| describe(desk, known.id, Some(known))), settings: found.map(settings) }
}

pub(crate) fn providers(desk: &Desk) -> Vec<wire::Provider> {
    let all = provider::ALL.iter().map(|known| describe(desk, known.id, Some(known)));
    all.chain([describe(desk, "other", None)]).collect()
}

fn describe(desk: &Desk, id: &str, known: Option<&provider::Provider>) -> wire::Provider {
    let words = desk.words();
    wire::Provider {
        id: id.to_owned(),
        name: words.provider_name(id),
        public: known.is_some_and(provider::Provider::public),
        password: words.password_word(id),
        steps: words.steps(id),
        link: known.and_then(|known| known.link).map(str::to_owned),
        web: known.and_then(provider::Provider::mailbox).is_some(),
    }
}

pub(crate) fn settings(account: Account) -> Settings {
    let Account { host, port, security, user, trust, authority, .. } = account;
    Settings { host, port, security, user, trust, authority }
}

pub(crate) fn from_settings(settings: &Settings) -> Account {
    Account {
        protocol: Protocol::Imap,
        host: settings.host.trim().to_owned(),
        port: settings.port,
        security: settings.security,
        user: settings.user.trim().to_owned(),
        sign_in: SignIn::Auto,
        admin: None,
        trust: settings.trust.clone(),
        authority: settings.authority.clone(),
    }
}

/// One side, with its account if that is known.
struct Door {
    side: Side,
    entry: Entry,
    account: Option<Account>,
}

impl Door {
    fn new(side: Side, mut entry: Entry) -> Self {
        // "other" is none of the table.
        entry.provider = entry.provider.filter(|id| provider::by_id(id).is_some());
        let found = || provider::find(&entry.address, entry.provider.as_deref());
        let account = entry.settings.as_ref().map(from_settings).or_else(found);
        Self { side, entry, account: account.filter(|account| !account.host.is_empty()) }
    }

    fn mailbox(&self) -> Option<Mailbox> {
        Some(Mailbox {
            address: self.entry.address.trim().to_owned(),
            provider: self.entry.provider.clone(),
            account: self.account.clone()?,
        })
    }

    fn named(&self) -> Option<wording::Mailbox> {
        Some(wording::Mailbox::new(self.account.as_ref()?, self.entry.provider.as_deref()))
    }
}

/// Signs in to both sides, or to the old one for a backup only. The record is written when all are in.
pub(crate) async fn sign_in(desk: &Desk, old: Entry, new: Option<Entry>) -> mail::Result<wire::SignedIn> {
    desk.memory.say_nothing();
    let old = Door::new(Side::Source, old);
    let new = new.map(|entry| Door::new(Side::Target, entry));
    let context = Context { old: old.named(), new: new.as_ref().and_then(Door::named), ..Context::default() };
    if let (Some(one), Some(other)) = (&old.account, new.as_ref().and_then(|new| new.account.as_ref()))
        && one.same_mailbox(other)
    {
        let same = Failure::new(Cause::SameMailbox).on(Side::Target);
        let old = SideState { ok: false, advice: None, fingerprint: None };
        return Ok(wire::SignedIn {
            id: None,
            old,
            new: Some(refusal(desk, Side::Target, &same, &context)),
            remembered: true,
        });
    }
    let both = async { tokio::join!(knock(desk, &old), async { Some(knock(desk, new.as_ref()?).await) }) };
    let (old_answer, new_answer) = both.await;
    let all_in = old_answer.is_ok() && !matches!(new_answer, Some(Err(_)));
    let is_kept = |answer: &mail::Result<Kind>| *answer != Ok(Kind::Session);
    let remembered = is_kept(&old_answer) && new_answer.as_ref().is_none_or(is_kept);
    let state = |answer: mail::Result<Kind>, door: &Door| match answer {
        Ok(_) => SideState { ok: true, advice: None, fingerprint: None },
        Err(failure) => {
            let refusals = door.account.as_ref().map_or(0, |account| desk.memory.refusals(&account.key(door.side)));
            refusal(desk, door.side, &failure, &Context { refusals, ..context.clone() })
        }
    };
    let id = match all_in {
        true => write_record(desk, &old, new.as_ref())?,
        false => None,
    };
    let old = state(old_answer, &old);
    let new = new.as_ref().zip(new_answer).map(|(door, answer)| state(answer, door));
    Ok(wire::SignedIn { id, old, new, remembered })
}

fn refusal(desk: &Desk, side: Side, failure: &Failure, context: &Context) -> SideState {
    desk.memory.say(side, failure, context);
    let advice = desk.words().failure(failure, context);
    let trustable = failure.certificate.as_ref().filter(|_| advice.button == Some(Action::Trust));
    let fingerprint = trustable.map(|certificate| certificate.sha256.to_string());
    SideState { ok: false, advice: Some(advice.into()), fingerprint }
}

/// Proves one side. Ok: where its password is kept.
async fn knock(desk: &Desk, door: &Door) -> mail::Result<Kind> {
    let unknown = || Failure::new(Cause::HostUnknown).on(door.side).about(door.entry.address.trim());
    let account = door.account.as_ref().ok_or_else(unknown)?;
    let key = account.key(door.side);
    let kept = desk.secrets.get(&key).await.ok().flatten();
    let typed = door.entry.password.as_ref().map(|password| password.0.clone()).filter(|text| !text.is_empty());
    let none = || Failure::new(Cause::NoCredentials).on(door.side);
    let password: Zeroizing<String> = typed.or_else(|| kept.clone()).ok_or_else(none)?;
    let is_kept = kept.as_ref() == Some(&password);
    if !(is_kept && desk.memory.is_proved(&key, account)) {
        let secret = Secret::new(password.to_string());
        if let Err(failure) = transfer::sign_in(account, door.side, &secret, desk.home()?.path()).await {
            if failure.cause == Cause::SignInRefused {
                desk.memory.refuse(&key);
            }
            return Err(failure.on(door.side));
        }
        desk.memory.prove(&key, account);
    }
    Ok(if is_kept { desk.secrets.kind().await } else { desk.secrets.set(&key, &password).await })
}

/// A move is a pair of accounts: signing in again to the same pair goes on with its record.
fn write_record(desk: &Desk, old: &Door, new: Option<&Door>) -> mail::Result<Option<String>> {
    let home = desk.home()?;
    let Some(old) = old.mailbox() else { return Ok(None) };
    let fresh = Record::new(old, new.and_then(Door::mailbox));
    let id = fresh.id();
    let mut record = match home.read(&id) {
        Ok(Some(known)) => Record { old: fresh.old, new: fresh.new, ..known },
        // One that can't be read is written anew: the journal, and the mail itself, know what was moved.
        Ok(None) | Err(_) => fresh,
    };
    record.facts.signed_in = true;
    record.facts.finished = false;
    if record.backup.is_none() {
        let others = home.moves()?.into_iter().filter_map(|(_, other)| other.backup);
        record.backup = place::default(&desk.documents, &record.old.address, &others.collect::<Vec<_>>());
    }
    home.record(&record)?;
    let live = desk.live(&id)?;
    let mut state = live.state();
    state.place = record.backup.as_deref().map(place::described);
    state.record = record;
    drop(state);
    live.touch();
    Ok(Some(id))
}
