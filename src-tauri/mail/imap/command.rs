//! Parts of commands. What may not stand in a quoted string goes as a literal.

/// A part of a command.
#[derive(Clone, Debug)]
pub(super) enum Piece {
    Text(String),
    /// Sent as a literal, since no quoted string may hold it.
    Literal(Vec<u8>),
}

impl From<&str> for Piece {
    fn from(text: &str) -> Self {
        Piece::Text(text.to_owned())
    }
}

/// RFC 3501 `quoted`. The caller has seen to it that there is no CR, LF or NUL.
pub(super) fn quoted(text: &str) -> String {
    // Sized beforehand: it may be a secret, and growing leaves copies behind.
    let mut quoted = String::with_capacity(2 * text.len() + 2);
    quoted.push('"');
    for c in text.chars() {
        if matches!(c, '"' | '\\') {
            quoted.push('\\');
        }
        quoted.push(c);
    }
    quoted.push('"');
    quoted
}

/// A name as part of a command: quoted, or a literal where a quoted string may not hold it.
pub(super) fn name(wire: &[u8]) -> Piece {
    match std::str::from_utf8(wire) {
        Ok(text) if text.bytes().all(|octet| (0x20..=0x7e).contains(&octet)) => Piece::Text(quoted(text)),
        _ => Piece::Literal(wire.to_vec()),
    }
}

/// A command of a verb and one name.
pub(super) fn on_folder(verb: &str, wire: &[u8], after: &str) -> [Piece; 3] {
    [Piece::Text(format!("{verb} ")), name(wire), Piece::Text(after.to_owned())]
}
