//! `*` and `?` over one word: a pin's name, a component of a path.
//!
//! For selections and patterns. It knows no folders: who has components asks for each.

/// Whether a text matches a pattern, where `*` is any characters and `?` is any one. Takes time
/// proportional to the product of the two at most.
#[must_use]
pub fn glob(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) = (pattern.chars().collect(), text.chars().collect());
    let (mut p, mut t) = (0, 0);
    // Where the last star stands, and how far it reaches so far.
    let mut star: Option<(usize, usize)> = None;
    while let Some(c) = text.get(t) {
        match pattern.get(p) {
            Some('*') => {
                star = Some((p, t));
                p += 1;
            }
            Some(x) if *x == '?' || x == c => {
                p += 1;
                t += 1;
            }
            _ => match star {
                Some((at, reach)) => {
                    star = Some((at, reach + 1));
                    p = at + 1;
                    t = reach + 1;
                }
                None => return false,
            },
        }
    }
    pattern.iter().skip(p).all(|c| *c == '*')
}

#[cfg(test)]
mod tests {
    use super::glob;

    #[test]
    fn globs_match_whole_words() {
        for (pattern, text, matches) in [
            ("core*", "coredns", true),
            ("*dns", "coredns", true),
            ("c?redns", "coredns", true),
            ("*", "", true),
            ("", "", true),
            ("?", "é", true),
            ("core", "coredns", false),
            ("coredns?", "coredns", false),
            ("*x*", "coredns", false),
            ("a*b*c", "aXbYbZc", true),
        ] {
            assert_eq!(glob(pattern, text), matches, "{pattern} {text}");
        }
    }

    #[test]
    fn many_stars_take_no_time() {
        assert!(!glob(&"*a".repeat(500), &"a".repeat(499)));
    }
}
