//! What one framed response says. Untagged data that only some commands ask for is handed on as it is; what makes no
//! sense is nothing.

use super::parse::{Cursor, Literal};
use super::status::{Kind, Status};
use crate::{Body, Budget, Flags, HeaderHash, InternalDate};

#[derive(Debug)]
pub(super) enum Response {
    Tagged {
        tag: String,
        status: Status,
    },
    /// `+`: the server waits for us.
    Continue,
    /// Untagged OK, NO or BAD.
    Note(Status),
    Bye(Status),
    Preauth,
    Exists(u32),
    Expunge,
    Fetch(Row),
    Data(Data),
}

/// One FETCH response, as far as it could be read. All None but what was there.
#[derive(Debug, Default)]
pub(super) struct Row {
    pub(super) uid: Option<u32>,
    pub(super) flags: Option<Flags>,
    pub(super) date: Option<InternalDate>,
    pub(super) size: Option<u32>,
    pub(super) header: Option<HeaderHash>,
    pub(super) body: Option<Body>,
    /// Read to its end.
    #[cfg(feature = "fuzz")]
    pub(super) whole: bool,
}

/// Any other untagged response: CAPABILITY, LIST, STATUS, NAMESPACE, QUOTA, FLAGS and those nobody asked for.
#[derive(Debug)]
pub(super) struct Data {
    /// Upper case.
    pub(super) keyword: String,
    text: Vec<u8>,
    literals: Vec<Literal>,
    at: usize,
    /// A bound was broken: only the beginning of the text is there.
    pub(super) broken: bool,
}

impl Data {
    /// Octets of its text, without literals.
    pub(super) fn len(&self) -> usize {
        self.text.len()
    }

    /// Octets in memory.
    #[cfg(feature = "fuzz")]
    pub(super) fn kept(&self) -> usize {
        self.text.len() + self.literals.iter().map(|literal| literal.octets.len()).sum::<usize>()
    }

    /// Behind the keyword and its space.
    pub(super) fn cursor(&self) -> Cursor<'_> {
        let mut cursor = Cursor::new(&self.text, &self.literals);
        cursor.go(self.at);
        cursor
    }
}

impl Response {
    /// `spoiled`: a bound was broken, only the beginning of `text` is there. Status responses are read all the same.
    pub(super) fn read(text: Vec<u8>, literals: Vec<Literal>, body: Option<Body>, spoiled: bool) -> Option<Self> {
        let mut cursor = Cursor::new(&text, &literals);
        let tag = cursor.atom();
        cursor.spaces();
        if tag.first() == Some(&b'+') {
            return Some(Response::Continue);
        }
        if tag != b"*" {
            let kind = Kind::parse(cursor.atom())?;
            let tag = std::str::from_utf8(tag).ok()?.to_owned();
            return Some(Response::Tagged { tag, status: Status::parse(kind, cursor.rest()) });
        }
        let word = cursor.atom();
        let rest = cursor.rest();
        if let Some(kind) = Kind::parse(word) {
            return Some(Response::Note(Status::parse(kind, rest)));
        }
        if word.eq_ignore_ascii_case(b"BYE") {
            return Some(Response::Bye(Status::parse(Kind::No, rest)));
        }
        if word.eq_ignore_ascii_case(b"PREAUTH") {
            return Some(Response::Preauth);
        }
        cursor.spaces();
        // A line that lists a folder is not left out unnoticed, whatever it is.
        let lists = word.eq_ignore_ascii_case(b"LIST") || word.eq_ignore_ascii_case(b"XLIST");
        if word.is_empty() || (spoiled && !lists) {
            return None;
        }
        if let Some(number) = std::str::from_utf8(word).ok().and_then(|word| word.parse::<u32>().ok()) {
            return match cursor.atom().to_ascii_uppercase().as_slice() {
                b"EXISTS" => Some(Response::Exists(number)),
                b"EXPUNGE" => Some(Response::Expunge),
                b"FETCH" => Some(Response::Fetch(Row::read(cursor, body))),
                _ => None,
            };
        }
        let keyword = String::from_utf8_lossy(word).to_ascii_uppercase();
        let at = cursor.at();
        Some(Response::Data(Data { keyword, text, literals, at, broken: spoiled }))
    }
}

impl Row {
    fn read(mut cursor: Cursor<'_>, body: Option<Body>) -> Self {
        let mut row = Row { body, ..Row::default() };
        cursor.spaces();
        if !cursor.eat(b'(') {
            return row;
        }
        // What could be read up to a fault counts: the fault costs what lies behind it.
        let mut inside = 0;
        while row.item(&mut cursor, &mut inside).is_some() {}
        #[cfg(feature = "fuzz")]
        {
            row.whole = cursor.rest().is_empty();
        }
        row
    }

    /// `inside`: how many parentheses too many are open. Some servers put single items into a pair of their own.
    fn item(&mut self, cursor: &mut Cursor<'_>, inside: &mut u32) -> Option<()> {
        cursor.spaces();
        if cursor.eat(b')') {
            *inside = inside.checked_sub(1)?;
            return Some(());
        }
        if cursor.eat(b'(') {
            *inside += 1;
            return Some(());
        }
        let name = cursor.item()?;
        cursor.spaces();
        match name.as_str() {
            "UID" => self.uid = Some(cursor.number()?),
            "RFC822.SIZE" => self.size = cursor.number(),
            "FLAGS" => {
                let names = cursor.strings()?;
                self.flags = Some(Flags::from_names(names.iter().map(String::as_str)));
            }
            "INTERNALDATE" if cursor.nil() => {}
            "INTERNALDATE" => self.date = InternalDate::parse(&cursor.text()?),
            "BODY[]" | "BODY[]<0>" if cursor.nil() => {}
            "BODY[]" | "BODY[]<0>" => {
                let quoted = cursor.peek() == Some(b'"');
                let octets = cursor.string()?;
                if quoted && self.body.is_none() {
                    self.body = Some(Budget::unbounded(octets.into_owned()));
                }
            }
            name if name.starts_with("BODY[HEADER") => {
                let octets = if cursor.nil() { Default::default() } else { cursor.string()? };
                self.header = Some(HeaderHash::of(&octets));
            }
            _ => cursor.skip()?,
        }
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Option<Response> {
        Response::read(line.as_bytes().to_vec(), Vec::new(), None, false)
    }

    fn row(line: &str) -> Row {
        match read(line) {
            Some(Response::Fetch(row)) => row,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn rows_of_every_kind() {
        let full = row(
            "* 12 FETCH (FLAGS (\\Seen $Work Ünï \"a b\") X-ODD (1 (2)) UID 7 INTERNALDATE \"17-Jul-1996 02:44:25 -0700\" RFC822.SIZE 44 MODSEQ (9))",
        );
        assert_eq!((full.uid, full.size, full.date.map(|date| date.zone)), (Some(7), Some(44), Some(-420)));
        assert_eq!(full.flags.unwrap_or_default().names(), ["\\Seen", "$Work", "a b", "Ünï"]);
        let nil = row("* 1 FETCH (INTERNALDATE NIL UID 8 FLAGS () BODY[] NIL)");
        assert_eq!((nil.uid, nil.date, nil.flags.is_some(), nil.body.is_none()), (Some(8), None, true, true));
        let quoted = row("*  1  FETCH  (UID 8 BODY[] \"a\\\"b\")");
        assert_eq!(quoted.body.and_then(|body| body.octets().ok()).as_deref(), Some(&b"a\"b"[..]));
    }

    #[test]
    fn items_in_parentheses_of_their_own_cost_nothing() {
        let row = row("* 1 FETCH ((UID 5) (X-ODD (1 2)) (FLAGS (\\Seen) (RFC822.SIZE 9)))");
        assert_eq!((row.uid, row.size, row.flags.is_some()), (Some(5), Some(9), true));
    }

    #[test]
    fn a_fault_costs_what_lies_behind_it() {
        let deep = format!("* 1 FETCH (UID 3 BODYSTRUCTURE {}{} FLAGS (\\Seen))", "(".repeat(372), ")".repeat(372));
        let row = row(&deep);
        assert_eq!((row.uid, row.flags), (Some(3), None));
    }

    #[test]
    fn statuses_and_nonsense() {
        assert!(matches!(read("A1 OK [READ-ONLY] done"), Some(Response::Tagged { tag, .. }) if tag == "A1"));
        assert!(matches!(read("+"), Some(Response::Continue)));
        assert!(matches!(read("+ idling"), Some(Response::Continue)));
        assert!(matches!(read("* 3 EXISTS"), Some(Response::Exists(3))));
        assert!(matches!(read("* BYE [UNAVAILABLE] later"), Some(Response::Bye(_))));
        assert!(matches!(read("* NAMESPACE ((\"\" \"/\")) NIL NIL"), Some(Response::Data(_))));
        for nonsense in ["", " ", "*", "* ", "A1", "A1 MAYBE", "* 3", "* 99999999999 EXISTS x", "\u{0}", "* 3 RECENT"] {
            let response = read(nonsense);
            assert!(matches!(response, None | Some(Response::Data(_))), "{nonsense:?}: {response:?}");
        }
    }
}
