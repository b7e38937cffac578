//! What both mailboxes hold and whether they are the ones they should be: read once at the beginning of a run,
//! and judged by pure functions. Must not store anything.

use crate::home::Seen;
use crate::{Layout, Problem, ProblemLevel};
use mail::{Capacity, Cause, Failure, Folder, Identity, InternalDate, Result, Side, Source, Target, Want};
use std::collections::HashMap;

/// One side as it shows itself.
#[derive(Clone, Debug, Default)]
pub struct View {
    pub identity: Identity,
    pub folders: Vec<Folder>,
}

impl View {
    pub async fn of(mailbox: &mut dyn Source, side: Side) -> Result<Self> {
        let identity = mailbox.identity().await.map_err(|failure| failure.on(side))?;
        let folders = mailbox.folders().await.map_err(|failure| failure.on(side))?;
        Ok(Self { identity, folders })
    }

    pub fn seen(&self) -> Seen {
        let validities = self
            .folders
            .iter()
            .filter_map(|folder| Some((folder.path.to_string(), folder.status?.validity?)))
            .collect();
        Seen { greeting: self.identity.greeting.clone(), certificate: self.identity.certificate.clone(), validities }
    }
}

/// What the target can hold, tagged with its side. `all`: with what only a check asks for, else its rules for names alone.
pub async fn capacity(target: &mut dyn Target, all: bool) -> Result<Capacity> {
    let told = match all {
        true => target.capacity().await,
        false => target.names().await.map(|names| Capacity { names, ..Capacity::default() }),
    };
    told.map_err(|failure| failure.on(Side::Target))
}

/// Messages as the server counts them without opening the folder.
pub fn messages(folder: &Folder) -> u64 {
    folder.status.and_then(|status| status.messages).map_or(0, u64::from)
}

/// Two names of one mailbox: each folder of the one is in the other with the same UIDVALIDITY, UIDNEXT and count, and
/// there is mail in it. Empty mailboxes prove nothing.
pub fn same_mailbox(source: &[Folder], target: &[Folder]) -> bool {
    let marks = |folders: &[Folder]| -> Option<HashMap<_, _>> {
        folders
            .iter()
            .filter(|folder| folder.selectable)
            .map(|folder| {
                let status = folder.status?;
                Some((folder.path.clone(), (status.validity?, status.uid_next, status.messages?)))
            })
            .collect()
    };
    match (marks(source), marks(target)) {
        (Some(source), Some(target)) => source == target && source.values().any(|(_, _, messages)| *messages > 0),
        _ => false,
    }
}

/// Whether nothing is as it was: another server behind the door, and no folder with the UIDVALIDITY it had.
pub fn everything_changed(seen: &Seen, now: &Seen) -> bool {
    let door = match (&seen.certificate, &now.certificate) {
        (Some(then), Some(now)) => then != now,
        _ => seen.greeting != now.greeting,
    };
    door && validities_changed(seen, now)
}

fn validities_changed(seen: &Seen, now: &Seen) -> bool {
    let mut common =
        seen.validities.iter().filter_map(|(path, then)| Some((then, now.validities.get(path)?))).peekable();
    common.peek().is_some() && common.all(|(then, now)| then != now)
}

/// Law 6: stops when a mailbox is not the one of the last run, or both are one. `first`: nothing was stored by this
/// move yet; afterwards a complete copy may look like its source.
pub fn recognise(
    (source, seen_source): (&View, Option<&Seen>),
    (target, seen_target): (&View, Option<&Seen>),
    first: bool,
) -> Result<()> {
    let (source_now, target_now) = (source.seen(), target.seen());
    let source_moved = seen_source.is_some_and(|seen| validities_changed(seen, &source_now));
    if (first || source_moved) && same_mailbox(&source.folders, &target.folders) {
        return Err(Failure::new(Cause::SameMailbox).on(Side::Source));
    }
    for (side, seen, now) in [(Side::Source, seen_source, &source_now), (Side::Target, seen_target, &target_now)] {
        if seen.is_some_and(|seen| everything_changed(seen, now)) {
            return Err(Failure::new(Cause::IdentityChanged).on(side));
        }
    }
    Ok(())
}

/// What a check learns of one folder beyond what a move would do with it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Weighed {
    pub messages: u64,
    /// Octets of all its messages.
    pub octets: u64,
    /// Octets of the largest.
    pub largest: u64,
    /// INTERNALDATE of the oldest, seconds since 1970.
    pub oldest: Option<i64>,
    /// What the target will refuse by its size.
    pub too_large: Vec<Problem>,
}

pub async fn weigh(
    source: &mut dyn Source,
    folder: &Folder,
    layout: &Layout,
    message_limit: Option<u64>,
) -> Result<Weighed> {
    let listing = source.list(folder, 1, Want::Dates).await.map_err(|failure| failure.on(Side::Source))?;
    let mut weighed = Weighed { messages: listing.entries.len() as u64, ..Weighed::default() };
    for entry in listing.entries {
        let size = entry.size.map_or(0, u64::from);
        weighed.octets += size;
        weighed.largest = weighed.largest.max(size);
        if let Some(date) = entry.date {
            weighed.oldest = Some(weighed.oldest.map_or(date.seconds, |oldest| oldest.min(date.seconds)));
        }
        if message_limit.is_some_and(|limit| size > limit) && wanted(layout, entry.date, size) {
            weighed.too_large.push(Problem {
                code: Cause::MessageTooLarge.code().to_owned(),
                level: ProblemLevel::Problem,
                folder: Some(folder.path.clone()),
                id: Some(entry.id),
                detail: Some(size.to_string()),
                words: None,
            });
        }
    }
    Ok(weighed)
}

/// Whether the options let a message through. One without a date is kept.
pub fn wanted(layout: &Layout, date: Option<InternalDate>, size: u64) -> bool {
    let date = date.map(|date| date.seconds);
    let since = layout.since.zip(date).is_none_or(|(since, date)| date >= since.seconds);
    let before = layout.before.zip(date).is_none_or(|(before, date)| date < before.seconds);
    since && before && layout.max_size.is_none_or(|limit| size <= limit)
}

/// Shortest and longest time for so much mail, in seconds. Servers differ by hundreds, and so does this range: some
/// take 3,000 messages an hour, others 1,500 a second.
pub fn estimate(messages: u64, octets: u64) -> (u64, u64) {
    let (messages, octets) = (messages as f64, octets as f64);
    let shortest = (messages / 1500.0).max(octets / 20e6) + 5.0;
    let longest = (messages / 3.0).max(octets / 250e3) + 60.0;
    (shortest as u64, longest as u64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use mail::{FolderPath, Status};

    fn folder(path: &str, validity: u32, uid_next: u32, messages: u32) -> Folder {
        Folder {
            wire: path.into(),
            delimiter: Some('/'),
            path: FolderPath::new([path]),
            special: None,
            selectable: true,
            status: Some(Status {
                messages: Some(messages),
                uid_next: Some(uid_next),
                validity: Some(validity),
                ..Status::default()
            }),
        }
    }

    fn view(certificate: &str, folders: &[Folder]) -> View {
        View {
            identity: Identity { greeting: "ready".into(), certificate: Some(certificate.into()) },
            folders: folders.to_vec(),
        }
    }

    #[test]
    fn one_mailbox_under_two_names_is_found_and_empty_ones_prove_nothing() {
        let full = [folder("INBOX", 7, 12, 11), folder("Sent", 8, 1, 0)];
        assert!(same_mailbox(&full, &full));
        assert!(!same_mailbox(&full, &full[..1]));
        assert!(!same_mailbox(&full, &[folder("INBOX", 7, 13, 12), full[1].clone()]));
        assert!(!same_mailbox(&full[1..], &full[1..]));
        assert!(!same_mailbox(&[Folder { status: None, ..full[0].clone() }], &full));
    }

    #[test]
    fn after_the_switch_the_old_name_leads_to_the_new_server() {
        let old = view("a", &[folder("INBOX", 7, 12, 11), folder("Sent", 8, 5, 4)]);
        let new = view("b", &[folder("INBOX", 70, 12, 11), folder("Sent", 80, 5, 4)]);
        let seen = (old.seen(), new.seen());
        let recognise = |source, target, first| {
            recognise((source, Some(&seen.0)), (target, Some(&seen.1)), first).err().map(|failure| failure.cause)
        };
        assert_eq!(recognise(&old, &new, false), None);
        assert_eq!(recognise(&new, &new, false), Some(Cause::SameMailbox));
        let strange = view("c", &[folder("INBOX", 99, 2, 1)]);
        assert_eq!(recognise(&strange, &new, false), Some(Cause::IdentityChanged));
        let renewed = view("c", &[folder("INBOX", 7, 12, 11)]);
        assert_eq!(recognise(&renewed, &new, false), None, "a new certificate alone is nothing");
        let rebuilt = view("a", &[folder("INBOX", 99, 12, 11)]);
        assert_eq!(recognise(&rebuilt, &new, false), None, "new UIDVALIDITYs alone are nothing");
        let copied = view("b", &[folder("INBOX", 7, 12, 11)]);
        let single = view("a", &[folder("INBOX", 7, 12, 11)]);
        assert!(super::recognise((&single, Some(&single.seen())), (&copied, None), false).is_ok());
        assert!(super::recognise((&single, None), (&copied, None), true).is_err());
    }

    #[test]
    fn the_options_choose_messages() {
        let date = |seconds| Some(InternalDate { seconds, zone: 0 });
        let layout = Layout { since: date(100), before: date(200), max_size: Some(50), ..Layout::default() };
        assert!(wanted(&layout, date(100), 50) && wanted(&layout, None, 1));
        assert!(!wanted(&layout, date(99), 1) && !wanted(&layout, date(200), 1) && !wanted(&layout, date(150), 51));
    }

    #[test]
    fn estimates_are_wide_and_grow() {
        let (short, long) = estimate(10_000, 1_000_000_000);
        assert!(short >= 50 && long >= 3600 && long > short * 10);
        assert!(estimate(0, 0).0 < estimate(0, 0).1);
    }
}
