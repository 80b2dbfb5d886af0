//! Which files of the context were put there by a tool, and their paths as patterns.
//!
//! For [`added`](super::added()). The context itself is not looked at.

use super::HOLE;

/// Stands for a platform that a word changes, as in `${TARGETPLATFORM//\//-}`.
pub(super) const OTHER: char = '\u{2}';

/// What of a platform a variable gives.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Slot {
    Platform,
    Arch,
    Os,
    Variant,
}

const SLOTS: [(Slot, &str, char, &str); 4] = [
    (Slot::Platform, "PLATFORM", '\u{3}', "{platform}"),
    (Slot::Arch, "ARCH", '\u{4}', "{arch}"),
    (Slot::Os, "OS", '\u{5}', "{os}"),
    (Slot::Variant, "VARIANT", '\u{6}', "{variant}"),
];

impl Slot {
    /// What stands for it while a word is read.
    pub(super) fn mark(self) -> char {
        SLOTS.iter().find(|s| s.0 == self).map_or(OTHER, |s| s.2)
    }
}

/// What of a platform a variable gives, by its name.
pub(super) fn slot(name: &str) -> Option<Slot> {
    let rest = name.strip_prefix("TARGET").or_else(|| name.strip_prefix("BUILD"))?;
    SLOTS.iter().find(|s| s.1 == rest).map(|s| s.0)
}

/// Endings of files that hold what others have built.
const ARCHIVES: [&str; 21] = [
    ".7z", ".apk", ".bz2", ".deb", ".egg", ".gem", ".gz", ".jar", ".lz4", ".rpm", ".tar", ".tbz", ".tbz2", ".tgz",
    ".tlz", ".txz", ".tzst", ".whl", ".xz", ".zip", ".zst",
];

/// The pattern of a path, and whether it differs by platform; `None` if it is neither an archive nor
/// differs by platform.
pub(super) fn pattern(marked: &str) -> Option<(String, bool)> {
    let mut out = String::new();
    let mut by_platform = false;
    let mut chars = marked.chars();
    while let Some(c) = chars.next() {
        if let Some((.., text)) = SLOTS.iter().find(|s| s.2 == c) {
            by_platform = true;
            out.push_str(text);
            continue;
        }
        by_platform |= c == OTHER;
        match c {
            '[' => {
                // to its end, if it has one
                let rest = chars.as_str();
                if let Some((_, behind)) = rest.split_once(']').filter(|(inside, _)| !inside.contains('/')) {
                    chars = behind.chars();
                }
                star(&mut out);
            }
            '*' | '?' | '{' | '}' | '\\' | OTHER | HOLE => star(&mut out),
            c => out.push(c),
        }
    }
    let path = tidy(&out);
    let last = path.rsplit('/').next().unwrap_or_default().to_ascii_lowercase();
    // `.tar.*` too
    let archive = ARCHIVES.iter().any(|end| last.ends_with(end) && last.len() > end.len())
        || last.contains(".tar.")
        || last.ends_with(".tar*");
    (archive || by_platform).then_some((path, by_platform))
}

fn star(out: &mut String) {
    if !out.ends_with('*') {
        out.push('*');
    }
}

/// A path without empty steps and `.`; `..` takes a step back, as in the context, which has no way
/// out.
fn tidy(path: &str) -> String {
    let mut steps: Vec<&str> = Vec::new();
    for step in path.split('/') {
        match step {
            "" | "." => {}
            ".." => drop(steps.pop()),
            step => steps.push(step),
        }
    }
    steps.join("/")
}
