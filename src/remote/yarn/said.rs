//! The last lines that yarn said: visible, short, and without what is secret.

use crate::model::shown;

/// So many lines are kept.
const LINES: usize = 12;
/// So many characters of each.
const WIDTH: usize = 240;

/// The last lines with a word in them.
pub(super) fn last_lines(output: &[u8], secrets: &[String]) -> String {
    let text = String::from_utf8_lossy(output);
    // Where in yarn's own code it failed tells nobody anything.
    let frame = |line: &&str| line.trim_start().starts_with("at ") && line.contains(':');
    let telling = text.lines().map(str::trim_end).filter(|l| l.chars().any(char::is_alphanumeric) && !frame(l));
    let mut lines: Vec<String> = telling.map(|line| one(line, secrets)).collect();
    let lines = lines.split_off(lines.len().saturating_sub(LINES));
    if lines.is_empty() { "yarn said nothing".to_owned() } else { lines.join("\n") }
}

/// The lines that say that bytes are not those of yarn.lock; none if yarn failed for another reason.
pub(super) fn tampered(output: &[u8], secrets: &[String]) -> Option<String> {
    // yarn 1: "Integrity check failed for", "… Expected … hash … Got"; "Bad hash".
    // berry: YN0018 CACHE_CHECKSUM_MISMATCH.
    const MARKS: [&str; 5] = [
        "Integrity check failed",
        "computed integrity doesn't match",
        "Hashes don't match",
        "YN0018",
        "expected checksum",
    ];
    let text = String::from_utf8_lossy(output);
    let found = text.lines().filter(|l| MARKS.iter().any(|m| l.contains(m))).take(LINES);
    let lines: Vec<String> = found.map(|line| one(line, secrets)).collect();
    (!lines.is_empty()).then(|| lines.join("\n"))
}

fn one(line: &str, secrets: &[String]) -> String {
    let mut line: String = line.chars().take(4096).collect();
    for secret in secrets {
        line = line.replace(secret.as_str(), "…");
    }
    shown(&line).chars().take(WIDTH).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_secret_or_moves_the_cursor_is_not_shown() {
        let output = b"start\n\x1b[2K\xe2\x94\x80\nerror https://u:pw@h.example/x?token=abc \x1b[31mred t0ken99\n\n";
        let text = last_lines(output, &["t0ken99".to_owned()]);
        for bad in ["pw", "abc", "t0ken99", "\u{1b}"] {
            assert!(!text.contains(bad), "{text:?}");
        }
        assert!(text.starts_with("start\n"));
    }

    #[test]
    fn only_the_last_lines_are_kept() {
        let output: String = (1..=40).map(|n| format!("line {n}\n")).collect();
        let text = last_lines(output.as_bytes(), &[]);
        assert!(text.starts_with("line 29\n") && text.ends_with("line 40"));
        assert_eq!(last_lines(b"\n--\n", &[]), "yarn said nothing");
    }

    #[test]
    fn other_bytes_are_told_from_a_network_that_is_down() {
        assert!(tampered(b"error x: getaddrinfo ENOTFOUND", &[]).is_none());
        let text =
            "\u{27a4} YN0018: \u{2502} left-a@npm:1.0.0: The remote archive doesn't match the expected checksum\n";
        assert!(tampered(text.as_bytes(), &[]).unwrap().contains("left-a@npm:1.0.0"));
        assert!(
            tampered(
                b"error Integrity check failed for \"left-a\" (computed integrity doesn't match our records)\n",
                &[]
            )
            .is_some()
        );
    }
}
