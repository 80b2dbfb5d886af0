//! Patterns over paths: which Dockerfiles an image has, which folders a workspace has.

use std::fmt;
use std::str::FromStr;

use crate::model::{PathError, RelPath, glob};

/// A relative path in which `*` and `?` stand for characters of one component, and `**` as a
/// whole component for any number of components.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Pattern(RelPath);

impl Pattern {
    /// As written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// The path that it is written as.
    #[must_use]
    pub fn path(&self) -> &RelPath {
        &self.0
    }

    /// Whether it names one path rather than a set.
    #[must_use]
    pub fn is_plain(&self) -> bool {
        !self.as_str().contains(['*', '?'])
    }

    /// Whether a path is of the set.
    #[must_use]
    pub fn matches(&self, path: &str) -> bool {
        let path: Vec<&str> = path.split('/').collect();
        // reached[n]: the components so far match the path's first n
        let mut reached = vec![false; path.len() + 1];
        if let Some(first) = reached.first_mut() {
            *first = true;
        }
        for part in self.as_str().split('/') {
            let mut next = vec![false; reached.len()];
            let mut any = false;
            for (n, now) in reached.iter().enumerate() {
                any |= *now;
                if part == "**" {
                    next.splice(n..=n, [any]);
                } else if *now && path.get(n).is_some_and(|word| glob(part, word)) {
                    next.splice(n + 1..n + 2, [true]);
                }
            }
            reached = next;
        }
        reached.last().copied().unwrap_or(false)
    }
}

impl FromStr for Pattern {
    type Err = PathError;
    fn from_str(text: &str) -> Result<Self, PathError> {
        text.parse().map(Self)
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Whether a path of the image's folder is one of its Dockerfiles: by the patterns, or, where the
/// manifest gives none, `Dockerfile`, `Dockerfile.*`, `*.Dockerfile`, `Containerfile*` of the
/// folder itself. Ignore files and editors' copies are so only where they are named in full.
#[must_use]
pub fn is_dockerfile(patterns: Option<&[Pattern]>, path: &str) -> bool {
    let copy = [".dockerignore", "~", ".bak", ".orig"].iter().any(|end| path.ends_with(end));
    match patterns {
        Some(patterns) => patterns.iter().any(|p| p.matches(path) && (p.is_plain() || !copy)),
        None => {
            let usual = ["Dockerfile", "Dockerfile.*", "*.Dockerfile", "Containerfile*"];
            !copy && !path.contains('/') && usual.iter().any(|p| glob(p, path))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stays_within_its_component() {
        for (pattern, path, expected) in [
            ("*", "a", true),
            ("*", "a/b", false),
            ("a/*", "a/b", true),
            ("a/*", "a", false),
            ("a/*.x", "a/b.x", true),
            ("a/?.x", "a/bc.x", false),
            ("**", "a/b/c", true),
            ("**/x", "x", true),
            ("**/x", "a/b/x", true),
            ("a/**/x", "a/x", true),
            ("a/**/x", "b/x", false),
            ("a/**", "a/b/c", true),
            ("é*", "éa", true),
            ("a*b*c", "aXbXc", true),
            ("a*b*c", "aXbX", false),
        ] {
            let pattern: Pattern = pattern.parse().unwrap();
            assert_eq!(pattern.matches(path), expected, "{pattern} {path}");
        }
        let hostile: Pattern = "a*".repeat(120).parse().unwrap();
        assert!(!hostile.matches(&"a".repeat(119)));
        assert!("../*".parse::<Pattern>().is_err());
    }

    #[test]
    fn ignore_files_and_copies_are_no_dockerfiles() {
        for (path, expected) in [
            ("Dockerfile", true),
            ("Dockerfile.dev", true),
            ("x.Dockerfile", true),
            ("Containerfile", true),
            ("Containerfile.dev", true),
            ("Dockerfile.dockerignore", false),
            ("Dockerfile~", false),
            ("Dockerfile.bak", false),
            ("Dockerfile.orig", false),
            ("a/Dockerfile", false),
            ("MyDockerfile", false),
        ] {
            assert_eq!(is_dockerfile(None, path), expected, "{path}");
        }
        let patterns: Vec<Pattern> = vec!["docker/*".parse().unwrap(), "x.bak".parse().unwrap()];
        assert!(is_dockerfile(Some(&patterns), "docker/a"));
        assert!(!is_dockerfile(Some(&patterns), "docker/a.bak"));
        assert!(is_dockerfile(Some(&patterns), "x.bak"));
        assert!(!is_dockerfile(Some(&patterns), "Dockerfile"));
    }
}
