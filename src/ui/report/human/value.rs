//! Pinned values as short as a person wants them.

use crate::model::visible;

/// 7 digits of a commit's id, 12 of a digest, also of one behind an `@`; all else as it is.
pub(in super::super) fn short(value: &str) -> String {
    let hex = |t: &str| t.bytes().all(|b| b.is_ascii_hexdigit());
    let head = |t: &str, n: usize| t.chars().take(n).collect::<String>();
    let (before, last) = match value.rsplit_once('@') {
        Some((before, last)) => (format!("{}@", visible(before)), last),
        None => (String::new(), value),
    };
    if let Some(digest) = last.strip_prefix("sha256:").filter(|d| d.len() == 64 && hex(d)) {
        return format!("{before}sha256:{}", head(digest, 12));
    }
    if (last.len() == 40 || last.len() == 64) && hex(last) {
        return before + &head(last, 7);
    }
    visible(value).into_owned()
}

/// Whether a value is an id: one that a person would rather see short.
pub(super) fn is_id(value: &str) -> bool {
    short(value) != *value && visible(value) == value
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_short_and_words_are_whole() {
        let hex = "0123456789abcdef".repeat(4);
        let commit: String = hex.chars().take(40).collect();
        assert_eq!(short(&commit), "0123456");
        assert_eq!(short(&format!("v1.2@{commit}")), "v1.2@0123456");
        assert_eq!(short(&format!("sha256:{hex}")), "sha256:0123456789ab");
        assert_eq!(short(&format!("r.example/a:1@sha256:{hex}")), "r.example/a:1@sha256:0123456789ab");
        assert_eq!(short("v1.2.3"), "v1.2.3");
        assert_eq!(short("a@b"), "a@b");
    }
}
