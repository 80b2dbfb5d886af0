//! The page of a forge that compares two commits, where its address is known and not guessed.

use crate::model::{CommitId, GitUrl, Scheme};

/// The page's address, for a repository on github.com or gitlab.com that is reached by https, and two
/// whole commit ids. It holds nothing that Markdown or a shell would read as more than an address.
pub(super) fn compare(remote: &GitUrl, old: &str, new: &str) -> Option<String> {
    let id = |text: &str| text.parse::<CommitId>().is_ok() && text.bytes().all(|b| b.is_ascii_hexdigit());
    if remote.scheme() != Scheme::Https || !id(old) || !id(new) || old == new {
        return None;
    }
    let rest = remote.as_str().strip_prefix("https://")?;
    let (host, path) = rest.split_once('/')?;
    let path = path.strip_suffix('/').unwrap_or(path);
    let path = path.strip_suffix(".git").unwrap_or(path);
    let plain =
        |s: &str| s.bytes().any(|b| b != b'.') && s.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b));
    let steps: Vec<&str> = path.split('/').collect();
    if !steps.iter().all(|s| plain(s)) {
        return None;
    }
    match host.to_ascii_lowercase().as_str() {
        "github.com" if steps.len() == 2 => Some(format!("https://github.com/{path}/compare/{old}...{new}")),
        "gitlab.com" if steps.len() >= 2 => Some(format!("https://gitlab.com/{path}/-/compare/{old}...{new}")),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OLD: &str = "ae2bbc29be1aaae0b3ded5d188968a6c97bb3144";
    const NEW: &str = "4a7f9b2c0d1e8f3a5b6c7d8e9f0a1b2c3d4e5f60";

    fn page(url: &str) -> Option<String> {
        compare(&url.parse().unwrap(), OLD, NEW)
    }

    #[test]
    fn the_two_forges_whose_addresses_are_known() {
        let github = format!("https://github.com/coredns/coredns/compare/{OLD}...{NEW}");
        for url in [
            "https://github.com/coredns/coredns",
            "https://GitHub.com/coredns/coredns.git",
            "https://github.com/coredns/coredns/",
        ] {
            assert_eq!(page(url), Some(github.clone()), "{url}");
        }
        let gitlab = format!("https://gitlab.com/group/sub/repo/-/compare/{OLD}...{NEW}");
        assert_eq!(page("https://gitlab.com/group/sub/repo.git"), Some(gitlab));
    }

    #[test]
    fn no_address_is_guessed() {
        for url in [
            "https://github.com/coredns",
            "https://github.com/a/b/c",
            "https://github.com:8443/a/b",
            "https://github.com.example.org/a/b",
            "https://gitlab.example.org/a/b",
            "https://github.com/a/../b",
            "https://github.com/a/..",
            "https://github.com/a//b",
            "https://github.com/a/b)",
            "https://github.com/a/b](https:",
            "https://github.com/%61/b",
            "http://github.com/a/b",
            "ssh://git@github.com/a/b",
            "git@github.com:a/b",
            "file:///github.com/a/b",
        ] {
            assert_eq!(page(url), None, "{url}");
        }
        let url: GitUrl = "https://github.com/a/b".parse().unwrap();
        for (old, new) in [("v1", NEW), (OLD, "master"), (OLD, OLD), ("", NEW), (OLD, "ae2bbc2")] {
            assert_eq!(compare(&url, old, new), None, "{old} {new}");
        }
    }
}
