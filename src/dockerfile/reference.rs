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
}
