//! The repository of an image reference, in one spelling.
//!
//! For [`locate`](super::locate()), which compares a manifest's repository with a Dockerfile's. Not
//! a validator of references, and no client of a registry.

/// The full name of the repository of a reference: `debian:12` and
/// `index.docker.io/library/debian@sha256:…` are both `docker.io/library/debian`.
///
/// The first component is a registry if it holds a `.` or a `:`, is `localhost`, or is not all
/// lower case, as `distribution/reference` has it. `None` for an empty name.
#[must_use]
pub fn repository(reference: &str) -> Option<String> {
    let name = reference.split('@').next().unwrap_or_default();
    let slash = name.rfind('/').map_or(0, |i| i + 1);
    let name = match name.get(slash..).and_then(|last| last.find(':')) {
        // `[::1]:5000` alone would be no repository anyway
        Some(colon) => name.get(..slash + colon)?,
        None => name,
    };
    let (host, path) = match name.split_once('/') {
        Some((host, path))
            if host.contains(['.', ':']) || host == "localhost" || host.chars().any(char::is_uppercase) =>
        {
            (host, path)
        }
        _ => ("docker.io", name),
    };
    if path.is_empty() {
        return None;
    }
    let host = if host == "index.docker.io" { "docker.io" } else { host };
    if host == "docker.io" && !path.contains('/') {
        return Some(format!("docker.io/library/{path}"));
    }
    Some(format!("{host}/{path}"))
}

/// Whether ADD takes a source for a git repository, as `gitutil` of BuildKit decides: `git://`,
/// `ssh://`, `user@host:path`, and `http://` or `https://` with a path that ends in `.git`. What
/// stands behind `#` or `?` does not count.
#[must_use]
pub fn is_git(source: &[u8]) -> bool {
    let source = source.split(|b| matches!(b, b'#' | b'?')).next().unwrap_or_default();
    let source = String::from_utf8_lossy(source);
    let Some((scheme, rest)) = source.split_once("://") else {
        let plain = |t: &str| !t.is_empty() && t.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b));
        let host = |(user, rest): (&str, &str)| plain(user) && rest.split_once(':').is_some_and(|(h, _)| plain(h));
        return source.split_once('@').is_some_and(host);
    };
    match scheme.to_ascii_lowercase().as_str() {
        "git" | "ssh" => true,
        "http" | "https" => rest.split_once('/').is_some_and(|(_, path)| path.ends_with(".git")),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_familiar_and_the_full_name_are_one() {
        for (text, full) in [
            ("debian", "docker.io/library/debian"),
            ("debian:12-slim", "docker.io/library/debian"),
            ("docker.io/debian", "docker.io/library/debian"),
            ("index.docker.io/library/debian@sha256:00", "docker.io/library/debian"),
            ("debian:12@sha256:00", "docker.io/library/debian"),
            ("moby/buildkit:v1", "docker.io/moby/buildkit"),
            ("ghcr.io/a/b:1", "ghcr.io/a/b"),
            ("localhost/x:1", "localhost/x"),
            ("localhost:5000/x", "localhost:5000/x"),
            ("[::1]:5000/x:1", "[::1]:5000/x"),
            ("Host/x", "Host/x"),
        ] {
            assert_eq!(repository(text).as_deref(), Some(full), "{text}");
        }
        for none in ["", ":1", "@sha256:00", "ghcr.io/"] {
            assert_eq!(repository(none), None, "{none}");
        }
    }

    #[test]
    fn what_is_no_git_url_is_downloaded() {
        for git in [
            "https://h/r.git",
            "HTTP://u:p@h:1/a/r.git#v1:x",
            "https://h/r.git?ref=v1",
            "git@h.x:a/r",
            "ssh://git@h/r",
            "git://h/r",
        ] {
            assert!(is_git(git.as_bytes()), "{git}");
        }
        for other in [
            "https://h/r",
            "https://h/r#x.git",
            "https://h/r?x=.git",
            "https://h.git",
            "r.git",
            "ftp://h/r.git",
            "h/r@1",
        ] {
            assert!(!is_git(other.as_bytes()), "{other}");
        }
    }
}
