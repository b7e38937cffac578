//! Reads the values of one framed response: atoms, quoted strings, literals, lists. Strict about structure and
//! bounds, lenient about characters: servers send what the grammar forbids.

use std::borrow::Cow;

/// Lists within lists; deeper is refused.
const DEEPEST: usize = 50;

/// A literal of a response. In the text of the response only `{n}` is left of it.
#[derive(Debug)]
pub(super) struct Literal {
    /// Where its `{` stands in the text, and where the text goes on after its `}`.
    pub(super) at: usize,
    pub(super) end: usize,
    /// Its octets, as far as they were kept. The body of a message is never among them.
    pub(super) octets: Vec<u8>,
}

/// A place in a response.
#[derive(Clone, Debug)]
pub(super) struct Cursor<'a> {
    text: &'a [u8],
    at: usize,
    literals: &'a [Literal],
}

impl<'a> Cursor<'a> {
    pub(super) fn new(text: &'a [u8], literals: &'a [Literal]) -> Self {
        Self { text, at: 0, literals }
    }

    /// Continues at an offset that [`Cursor::at`] gave.
    pub(super) fn go(&mut self, at: usize) {
        self.at = at.min(self.text.len());
    }

    pub(super) fn at(&self) -> usize {
        self.at
    }

    pub(super) fn rest(&self) -> &'a [u8] {
        &self.text[self.at..]
    }

    pub(super) fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    /// Passes over any number of spaces.
    pub(super) fn spaces(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t')) {
            self.at += 1;
        }
    }

    /// Takes `octet` if it comes next.
    pub(super) fn eat(&mut self, octet: u8) -> bool {
        let here = self.peek() == Some(octet);
        self.at += usize::from(here);
        here
    }

    /// Everything up to a space, a parenthesis or the end. Quotes and brackets inside do not end it.
    pub(super) fn atom(&mut self) -> &'a [u8] {
        let start = self.at;
        while let Some(octet) = self.peek() {
            if matches!(octet, b' ' | b'(' | b')') {
                break;
            }
            self.at += 1;
        }
        &self.text[start..self.at]
    }

    pub(super) fn number<T: std::str::FromStr>(&mut self) -> Option<T> {
        std::str::from_utf8(self.atom()).ok()?.parse().ok()
    }

    /// The name of a FETCH item, upper case, with its section: `BODY[HEADER.FIELDS (DATE)]<0>`.
    pub(super) fn item(&mut self) -> Option<String> {
        let start = self.at;
        let mut inside = false;
        while let Some(octet) = self.peek() {
            match octet {
                b'[' => inside = true,
                b']' => inside = false,
                b' ' | b'(' | b')' if !inside => break,
                _ => {}
            }
            self.at += 1;
        }
        let name = &self.text[start..self.at];
        (!name.is_empty() && !inside).then(|| String::from_utf8_lossy(name).to_ascii_uppercase())
    }

    fn literal(&mut self) -> Option<&'a Literal> {
        let literal = self.literals.iter().find(|literal| literal.at == self.at)?;
        self.at = literal.end;
        Some(literal)
    }

    fn quoted(&mut self) -> Option<Cow<'a, [u8]>> {
        if !self.eat(b'"') {
            return None;
        }
        let start = self.at;
        let mut escaped = false;
        while let Some(octet) = self.peek() {
            match octet {
                b'"' => break,
                b'\\' => {
                    escaped = true;
                    self.at += 1;
                }
                _ => {}
            }
            self.at += 1;
        }
        // A last backslash may have led beyond the end.
        self.at = self.at.min(self.text.len());
        let raw = self.text.get(start..self.at)?;
        if !self.eat(b'"') {
            return None;
        }
        if !escaped {
            return Some(Cow::Borrowed(raw));
        }
        let mut octets = Vec::with_capacity(raw.len());
        let mut raw = raw.iter();
        while let Some(octet) = raw.next() {
            octets.push(if *octet == b'\\' { *raw.next().unwrap_or(&b'\\') } else { *octet });
        }
        Some(Cow::Owned(octets))
    }

    /// A quoted string, a literal or an atom. An atom `NIL` is given as such: ask [`Cursor::nil`] first.
    pub(super) fn string(&mut self) -> Option<Cow<'a, [u8]>> {
        if let Some(literal) = self.literal() {
            return Some(Cow::Borrowed(&literal.octets));
        }
        if self.peek() == Some(b'"') {
            return self.quoted();
        }
        let atom = self.atom();
        (!atom.is_empty()).then_some(Cow::Borrowed(atom))
    }

    pub(super) fn text(&mut self) -> Option<String> {
        self.string().map(|octets| String::from_utf8_lossy(&octets).into_owned())
    }

    /// Takes NIL if it comes next.
    pub(super) fn nil(&mut self) -> bool {
        let mut ahead = self.clone();
        let nil = ahead.atom().eq_ignore_ascii_case(b"NIL");
        if nil {
            *self = ahead;
        }
        nil
    }

    /// The strings of a flat list in parentheses. Odd characters stay what they are; a list that never ends is
    /// refused.
    pub(super) fn strings(&mut self) -> Option<Vec<String>> {
        if !self.eat(b'(') {
            return None;
        }
        let mut strings = Vec::new();
        loop {
            self.spaces();
            if self.eat(b')') {
                return Some(strings);
            }
            strings.push(self.text()?);
        }
    }

    /// Passes over one value of any shape. None where it is nested too deeply or does not end.
    pub(super) fn skip(&mut self) -> Option<()> {
        let mut depth = 0_usize;
        loop {
            self.spaces();
            if self.eat(b'(') {
                depth += 1;
                if depth > DEEPEST {
                    return None;
                }
                continue;
            }
            if self.eat(b')') {
                depth = depth.checked_sub(1)?;
            } else {
                self.string()?;
            }
            if depth == 0 {
                return Some(());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_every_shape() {
        let literals = [Literal { at: 20, end: 23, octets: b"x) (".to_vec() }];
        let mut cursor = Cursor::new(b"(a \"b \\\" )\" (NIL)   {4}) rest", &literals);
        assert_eq!(cursor.skip(), Some(()));
        cursor.spaces();
        assert_eq!(cursor.rest(), b"rest");
        let mut cursor = Cursor::new(b"\"a\\\"\\\\b\" NIL {4}", &[]);
        assert_eq!(cursor.string().as_deref(), Some(&b"a\"\\b"[..]));
        cursor.spaces();
        assert!(cursor.nil());
        cursor.spaces();
        assert_eq!(cursor.string().as_deref(), Some(&b"{4}"[..]), "not a literal: an atom");
    }

    #[test]
    fn depth_and_ends_are_bounded() {
        let deep = [b"(".repeat(372), b")".repeat(372)].concat();
        assert_eq!(Cursor::new(&deep, &[]).skip(), None);
        let fair = [b"(".repeat(50), b")".repeat(50)].concat();
        assert_eq!(Cursor::new(&fair, &[]).skip(), Some(()));
        for bad in [&b"(a"[..], b")", b"\"a", b"\"a\\", b""] {
            assert_eq!(Cursor::new(bad, &[]).skip(), None);
        }
        assert_eq!(Cursor::new(b"(a b", &[]).strings(), None);
        assert_eq!(Cursor::new(b"(a b", &[]).item(), None);
    }

    #[test]
    fn odd_flags_stay() {
        let flags = Cursor::new("(\\Seen  $a \"b c\" d]e f\"g h{2} é)".as_bytes(), &[]).strings();
        assert_eq!(flags.unwrap_or_default(), ["\\Seen", "$a", "b c", "d]e", "f\"g", "h{2}", "é"]);
    }
}
