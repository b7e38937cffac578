//! Writes APPEND (RFC 3501 6.3.11, RFC 3502). Nothing that a server once said is repeated here: a malformed line in
//! front of a literal that needs no `+` would have the message's own text run as commands.

use crate::{Fence, Flags, Message};

/// How messages are sent, best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Ladder {
    /// MULTIAPPEND with LITERAL+: a whole batch in one command, stored whole or not at all.
    Batches,
    /// LITERAL+: one command each, any number under way.
    Pipelined,
    /// LITERAL-: as before up to 4,096 octets (RFC 7888), else as below.
    SmallPipelined,
    /// Each literal awaits its `+`; the next command line goes right behind it.
    OneByOne,
}

impl Ladder {
    pub(super) fn of(has: impl Fn(&str) -> bool) -> Self {
        match () {
            () if has("LITERAL+") && has("MULTIAPPEND") => Ladder::Batches,
            () if has("LITERAL+") => Ladder::Pipelined,
            () if has("LITERAL-") || has("IMAP4REV2") => Ladder::SmallPipelined,
            () => Ladder::OneByOne,
        }
    }

    /// True where a literal of this size needs no `+`.
    pub(super) fn plus(self, octets: u64) -> bool {
        match self {
            Ladder::Batches | Ladder::Pipelined => true,
            Ladder::SmallPipelined => octets <= 4_096,
            Ladder::OneByOne => false,
        }
    }
}

/// What stands before a message's octets, from its flags to its literal: ` (\Seen) "..." {44+}`.
pub(super) fn announce(message: &Message, fence: &Fence, plus: bool) -> String {
    let flags = storable(&message.flags, fence.any_keyword, &fence.keywords);
    let date = message.date.map(|date| format!(" \"{date}\"")).filter(|date| date.len() == 29).unwrap_or_default();
    format!(" ({flags}){date} {{{}{}}}", message.body.len(), if plus { "+" } else { "" })
}

/// The flags that may be sent, space-joined: system flags, and keywords that are atoms and that the folder keeps.
pub(super) fn storable(flags: &Flags, any_keyword: bool, keywords: &[String]) -> String {
    let kept = |keyword: &str| any_keyword || keywords.iter().any(|known| known.eq_ignore_ascii_case(keyword));
    flags.keeping(|keyword| is_atom(keyword) && kept(keyword)).names().join(" ")
}

/// RFC 3501 `atom`, and short.
fn is_atom(keyword: &str) -> bool {
    let odd = |octet: u8| !octet.is_ascii_graphic() || b"(){%*\"\\]".contains(&octet);
    !keyword.is_empty() && keyword.len() <= 200 && !keyword.bytes().any(odd)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Budget, Folder, FolderPath, InternalDate, MessageId};

    #[test]
    fn only_what_is_safe_is_announced() {
        let folder = Folder {
            wire: b"x".to_vec(),
            delimiter: None,
            path: FolderPath::inbox(),
            special: None,
            selectable: true,
            status: None,
        };
        let mut fence = Fence { folder, validity: 1, uid_next: 1, created: false, any_keyword: true, keywords: vec![] };
        let long = "k".repeat(201);
        let names = ["\\Seen", "\\Recent", "$Forwarded", "a b", "ünï", "x)", "{3}", "a\r\nb", "", long.as_str()];
        let mut message = Message {
            id: MessageId::Uid(1),
            flags: Flags::from_names(names),
            date: Some(InternalDate { seconds: 0, zone: 480 }),
            body: Budget::unbounded("abc"),
        };
        let line = " (\\Seen $Forwarded) \"01-Jan-1970 08:00:00 +0800\" {3+}";
        assert_eq!(announce(&message, &fence, true), line);
        fence.any_keyword = false;
        message.date = None;
        assert_eq!(announce(&message, &fence, false), " (\\Seen) {3}");
        fence.keywords = vec!["$FORWARDED".into()];
        assert_eq!(announce(&message, &fence, false), " (\\Seen $Forwarded) {3}");
        message.date = Some(InternalDate { seconds: i64::from(i32::MAX) * 1_000, zone: 0 });
        assert_eq!(announce(&message, &fence, false), " (\\Seen $Forwarded) {3}", "a year of five digits");
    }
}
