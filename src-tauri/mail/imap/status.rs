//! Status responses (RFC 3501 7.1): OK, NO, BAD, and the code in brackets that says why.

/// How a command ended, or what a note is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Ok,
    No,
    Bad,
}

/// A tagged answer, or an untagged note.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Status {
    pub(super) kind: Kind,
    /// Upper case; empty without one.
    pub(super) code: String,
    /// What follows the code's name inside the brackets.
    pub(super) arguments: String,
    /// For people only.
    pub(super) text: String,
}

impl Kind {
    pub(super) fn parse(word: &[u8]) -> Option<Self> {
        match word {
            word if word.eq_ignore_ascii_case(b"OK") => Some(Kind::Ok),
            word if word.eq_ignore_ascii_case(b"NO") => Some(Kind::No),
            word if word.eq_ignore_ascii_case(b"BAD") => Some(Kind::Bad),
            _ => None,
        }
    }

    /// A tagged status as async-imap may read it: its code and text stay with us.
    pub(super) fn answer(self, tag: &str) -> String {
        let kind = match self {
            Kind::Ok => "OK",
            Kind::No => "NO",
            Kind::Bad => "BAD",
        };
        format!("{tag} {kind} answered\r\n")
    }
}

impl Status {
    /// `rest` is what follows the word OK, NO, BAD or BYE.
    pub(super) fn parse(kind: Kind, rest: &[u8]) -> Self {
        let rest = String::from_utf8_lossy(&rest[..rest.len().min(8_192)]);
        let rest = rest.trim();
        let (code, text) = match rest.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            Some((code, text)) => (code.trim(), text.trim()),
            None => ("", rest),
        };
        let (code, arguments) = code.split_once(' ').unwrap_or((code, ""));
        Self { kind, code: code.to_ascii_uppercase(), arguments: arguments.trim().to_owned(), text: text.to_owned() }
    }

    /// The first argument as a number.
    pub(super) fn number<T: std::str::FromStr>(&self) -> Option<T> {
        self.arguments.split(' ').next()?.parse().ok()
    }

    /// The code and the text as the server wrote them.
    pub(super) fn words(&self) -> String {
        match self.code.as_str() {
            "" => self.text.clone(),
            code => format!("[{code}] {}", self.text),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_with_and_without_arguments() {
        let status = Status::parse(Kind::Ok, b" [APPENDUID 38505 3955:3957] Done");
        assert_eq!((status.code.as_str(), status.arguments.as_str()), ("APPENDUID", "38505 3955:3957"));
        assert_eq!((status.number(), status.text.as_str()), (Some(38_505), "Done"));
        let status = Status::parse(Kind::No, "[limit]é".as_bytes());
        assert_eq!((status.code.as_str(), status.text.as_str()), ("LIMIT", "é"));
        for bare in [&b""[..], b"[never closed", b"]["] {
            assert_eq!(Status::parse(Kind::No, bare).code, "");
        }
    }
}
