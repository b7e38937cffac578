//! Folder names as file names that every system takes. A name that needs no change keeps it; any other gets what
//! can be kept of it and a hash, and its true form is in the index.

use mail::Sha256;
use unicode_normalization::{UnicodeNormalization, is_nfc};

/// Octets of a file name without its ending: below what the shortest file system takes, with room for endings.
const LONGEST: usize = 100;
const KEPT: usize = 60;

/// `name` itself, if it is a file name on Windows, macOS and Linux and in no way another's.
pub(crate) fn plain(name: &str) -> Option<&str> {
    let fits = !name.is_empty()
        && name.len() <= LONGEST
        && is_nfc(name)
        && name.chars().all(|c| !refused(c))
        && !name.starts_with(['.', ' ', '~'])
        && !name.ends_with(['.', ' '])
        && !reserved(name);
    fits.then_some(name)
}

/// A file name for any folder name. `salt` tells two apart whose hashes are the same.
pub(crate) fn marked(name: &str, salt: u32) -> String {
    let hash = Sha256::of(format!("{salt} {name}").as_bytes()).to_string();
    format!("{}~{}", near(name), &hash[..8])
}

/// What can be kept of any text as a file name, without its ending.
pub(crate) fn near(name: &str) -> String {
    let mut kept = String::new();
    for c in name.nfc().map(|c| if refused(c) { '_' } else { c }) {
        if kept.len() + c.len_utf8() > KEPT {
            break;
        }
        kept.push(c);
    }
    let kept = kept.trim_start_matches(['.', ' ', '~']).trim_end_matches(['.', ' ']);
    let before = if kept.is_empty() || reserved(kept) { "_" } else { "" };
    format!("{before}{kept}")
}

/// Two file names with the same key are one file on some system: letters of either case, composed or not.
pub(crate) fn key(file: &str) -> String {
    file.nfc().flat_map(char::to_uppercase).flat_map(char::to_lowercase).nfc().collect()
}

fn refused(c: char) -> bool {
    c.is_control()
        || r#"<>:"/\|?*"#.contains(c)
        // Marks of direction and width that no eye sees, and what is no character.
        || matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}')
        || matches!(c, '\u{feff}' | '\u{fff0}'..='\u{ffff}' | '\u{e0000}'..='\u{10ffff}')
}

/// The names of devices on Windows, which end at the first dot.
fn reserved(name: &str) -> bool {
    let device = name.split('.').next().unwrap_or_default().trim_end().to_uppercase();
    matches!(device.as_str(), "CON" | "PRN" | "AUX" | "NUL" | "CONIN$" | "CONOUT$" | "CLOCK$")
        || ["COM", "LPT"].iter().any(|port| {
            device.strip_prefix(port).is_some_and(|digit| {
                let mut digits = digit.chars();
                matches!(digits.next(), Some('0'..='9' | '¹' | '²' | '³')) && digits.next().is_none()
            })
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinary_names_stay_and_horrors_do_not() {
        for name in ["INBOX", "收件箱", "Dr. Jones", "Ärger", "a&b (2)", "100%", "x~y", "COM10", "console"] {
            assert_eq!(plain(name), Some(name));
        }
        let long = "长".repeat(34);
        for name in [
            "",
            ".",
            "..",
            "../x",
            "a/b",
            "a\\b",
            "C:",
            "CON",
            "con.txt",
            "nul ",
            "LPT1",
            "com¹",
            "a.",
            "a ",
            " a",
            ".a",
            "a\0b",
            "a\u{202e}b",
            "~deep",
            "a*b",
            "e\u{301}",
            "\u{212b}",
            &long,
        ] {
            assert_eq!(plain(name), None, "{name:?}");
            assert_eq!(plain(&marked(name, 0)), Some(marked(name, 0).as_str()), "{name:?}");
        }
        assert_ne!(marked("a/b", 0), marked("a\\b", 0));
        assert_ne!(marked("a/b", 0), marked("a/b", 1));
    }

    #[test]
    fn keys_are_what_a_case_blind_disk_compares() {
        assert_eq!(key("ÄRGER Straße"), key("ärger STRASSE"));
        assert_eq!(key("e\u{301}"), key("É"));
        assert_ne!(key("a"), key("b"));
    }
}
