//! The flags of a message (RFC 3501 2.3.2): five system flags and any number of keywords.

use std::sync::Arc;

/// A system flag that a client may store. `\Recent` is not one: only the server sets it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum System {
    Answered = 1,
    Flagged = 2,
    Deleted = 4,
    Seen = 8,
    Draft = 16,
}

impl System {
    pub const ALL: [System; 5] = [System::Answered, System::Flagged, System::Deleted, System::Seen, System::Draft];

    /// As on the wire, with its backslash.
    pub fn name(self) -> &'static str {
        match self {
            System::Answered => "\\Answered",
            System::Flagged => "\\Flagged",
            System::Deleted => "\\Deleted",
            System::Seen => "\\Seen",
            System::Draft => "\\Draft",
        }
    }
}

/// A set of flags, 16 bytes when there are no keywords. Keywords keep their spelling; equality is exact.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Flags {
    system: u8,
    keywords: Option<Arc<Vec<String>>>,
}

impl Flags {
    pub fn new(system: impl IntoIterator<Item = System>) -> Self {
        Self { system: system.into_iter().fold(0, |bits, flag| bits | flag as u8), keywords: None }
    }

    /// From names as on the wire. `\Recent` and unknown backslash flags are left out: a client cannot store them.
    pub fn from_names<'a>(names: impl IntoIterator<Item = &'a str>) -> Self {
        let mut system = 0;
        let mut keywords = Vec::new();
        for name in names {
            if name.starts_with('\\') {
                if let Some(flag) = System::ALL.into_iter().find(|flag| flag.name().eq_ignore_ascii_case(name)) {
                    system |= flag as u8;
                }
            } else if !name.is_empty() {
                keywords.push(name.to_owned());
            }
        }
        keywords.sort();
        keywords.dedup();
        Self { system, keywords: (!keywords.is_empty()).then(|| Arc::new(keywords)) }
    }

    pub fn has(&self, flag: System) -> bool {
        self.system & flag as u8 != 0
    }

    pub fn with(mut self, flag: System) -> Self {
        self.system |= flag as u8;
        self
    }

    pub fn without(mut self, flag: System) -> Self {
        self.system &= !(flag as u8);
        self
    }

    /// Sorted, without duplicates.
    pub fn keywords(&self) -> &[String] {
        self.keywords.as_deref().map_or(&[], Vec::as_slice)
    }

    /// The same system flags, and of the keywords those that `keep` accepts.
    pub fn keeping(&self, keep: impl Fn(&str) -> bool) -> Self {
        let names = self.names();
        Self::from_names(names.iter().map(String::as_str).filter(|name| name.starts_with('\\') || keep(name)))
    }

    /// Names as on the wire: system flags first, then keywords, each in a fixed order. Space-joined they are
    /// the form in which journal and archive store a set.
    pub fn names(&self) -> Vec<String> {
        System::ALL
            .into_iter()
            .filter(|flag| self.has(*flag))
            .map(|flag| flag.name().to_owned())
            .chain(self.keywords().iter().cloned())
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_read_back() {
        let flags = Flags::from_names(["$Forwarded", "\\seen", "\\Recent", "Work", "Work", "\\Odd"]);
        assert_eq!(flags.names(), ["\\Seen", "$Forwarded", "Work"]);
        let names = flags.names();
        assert_eq!(Flags::from_names(names.iter().map(String::as_str)), flags);
        assert!(flags.has(System::Seen) && !flags.has(System::Draft));
    }
}
