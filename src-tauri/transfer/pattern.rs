//! Globs over displayed folder paths: `*` stands for any characters, `/` included, `?` for one. Letters match
//! without case.

/// Whether the whole of `text` is what `glob` describes. Takes time in proportion to the product of both lengths at
/// most.
pub fn matches(glob: &str, text: &str) -> bool {
    let glob: Vec<char> = glob.chars().flat_map(char::to_lowercase).collect();
    let text: Vec<char> = text.chars().flat_map(char::to_lowercase).collect();
    let (mut g, mut t) = (0, 0);
    // Where the last star was, and how far it reaches now: on a mismatch it takes one character more.
    let mut star: Option<(usize, usize)> = None;
    while t < text.len() {
        if g < glob.len() && glob[g] == '*' {
            star = Some((g, t));
            g += 1;
        } else if g < glob.len() && (glob[g] == '?' || glob[g] == text[t]) {
            g += 1;
            t += 1;
        } else if let Some((at, reach)) = star {
            star = Some((at, reach + 1));
            g = at + 1;
            t = reach + 1;
        } else {
            return false;
        }
    }
    glob[g..].iter().all(|c| *c == '*')
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn stars_cross_the_tree_and_letters_have_no_case() {
        for (glob, text) in [
            ("*", ""),
            ("inbox", "INBOX"),
            ("Projects/*", "Projects/2024/May"),
            ("*/May", "Projects/2024/May"),
            ("a*b*c", "a-b-b-c"),
            ("项目*", "项目/二〇二四"),
            ("?b", "äb"),
        ] {
            assert!(matches(glob, text), "{glob} {text}");
        }
        for (glob, text) in [("", "a"), ("Projects/*", "Projects"), ("?", ""), ("a*b", "abc"), ("[a]", "a")] {
            assert!(!matches(glob, text), "{glob} {text}");
        }
    }

    #[test]
    fn many_stars_end() {
        assert!(!matches(&"*a".repeat(60), &"a".repeat(59)));
        assert!(!matches(&format!("{}b", "*a".repeat(200)), &"a".repeat(2000)));
    }
}
