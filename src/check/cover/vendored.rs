//! Archives and files by platform that a Dockerfile takes from the context, and no pin has vendored.

use super::Told;
use crate::dockerfile::added::Local;
use crate::manifest::{Manifest, Pin};
use crate::model::{Platform, quoted};

pub(super) fn local(manifest: &Manifest, local: &Local) -> Option<Told> {
    if manifest.pins.values().any(|pin| covers(pin, &local.pattern)) {
        return None;
    }
    let message = format!("{} of the context is taken in, and no pin has vendored it", quoted(&local.written));
    let how = "pin what it was fetched from, with `vendor` at its path";
    Some(Told::rewrite(message, how))
}

/// Whether what a pin vendors lies where the pattern looks, on each platform of the pin.
fn covers(pin: &Pin, pattern: &str) -> bool {
    let Some(vendor) = &pin.vendor else { return false };
    let fits = |platform: Option<&Platform>| {
        let path = vendor.value.template().fill(&pin.source.filling(platform, Some("*")));
        path.is_some_and(|path| meets(&path, vendor.value.is_folder(), &on(pattern, platform)))
    };
    if vendor.value.template().has_platform() || pattern.contains('{') {
        !pin.platforms.is_empty() && pin.platforms.iter().all(|platform| fits(Some(platform)))
    } else {
        fits(None)
    }
}

fn on(pattern: &str, platform: Option<&Platform>) -> String {
    let Some(platform) = platform else { return pattern.to_owned() };
    pattern.replace("{platform}", platform.as_str()).replace("{arch}", platform.arch())
}

/// Whether a vendored path may lie where the pattern looks: the context may be any folder above it, and
/// the pattern a folder above it too.
fn meets(path: &str, folder: bool, pattern: &str) -> bool {
    fn parts(text: &str) -> Vec<&str> {
        text.split('/').filter(|part| !part.is_empty() && *part != ".").collect()
    }
    let (path, pattern) = (parts(path), parts(pattern));
    if pattern.iter().all(|part| part.bytes().all(|b| b == b'*')) {
        return false;
    }
    (0..path.len()).any(|from| {
        let rest = path.get(from..).unwrap_or_default();
        (rest.len() >= pattern.len() || folder) && rest.iter().zip(&pattern).all(|(a, b)| alike(a, b))
    })
}

/// Whether some text fits both patterns.
fn alike(a: &str, b: &str) -> bool {
    // which prefixes of `b` fit the prefix of `a` so far
    let b = b.as_bytes();
    let spread = |row: &mut Vec<bool>| {
        for (at, byte) in b.iter().enumerate() {
            let open = row.get(at).copied().unwrap_or_default() && *byte == b'*';
            if let (true, Some(next)) = (open, row.get_mut(at + 1)) {
                *next = true;
            }
        }
    };
    let mut row = vec![false; b.len() + 1];
    if let Some(first) = row.first_mut() {
        *first = true;
    }
    spread(&mut row);
    for byte in a.bytes() {
        let old = |at: usize| row.get(at).copied().unwrap_or_default();
        let mut next = vec![false; b.len() + 1];
        let mut any = false;
        for (at, cell) in next.iter_mut().enumerate() {
            any |= old(at);
            let own = b.get(at).copied();
            *cell = if byte == b'*' {
                any
            } else {
                (own == Some(b'*') && old(at))
                    || (at > 0 && old(at - 1) && b.get(at - 1).is_some_and(|b| *b == byte || *b == b'?'))
            };
        }
        spread(&mut next);
        row = next;
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_meet_where_some_text_fits_both() {
        for (a, b, fits) in [
            ("tool.tar", "tool.tar", true),
            ("tool-*.tar", "tool-1.0.tar", true),
            ("tool-*.tar", "*.tar", true),
            ("tool-*.tar", "tool-*.zip", false),
            ("a*", "*b", true),
            ("ab", "a?", true),
            ("", "*", true),
            ("x", "", false),
        ] {
            assert_eq!((alike(a, b), alike(b, a) || a.contains('?') || b.contains('?')), (fits, fits), "{a} {b}");
        }
    }

    #[test]
    fn the_context_may_be_any_folder_above() {
        for (path, folder, pattern, fits) in [
            ("context/cache/linux/amd64/tool", false, "cache/linux/amd64/tool", true),
            ("context/cache/linux/amd64/tool", false, "./cache/linux/amd64/", true),
            ("cache/linux/amd64/tool", false, "cache/linux/arm64/tool", false),
            ("context/debs", true, "debs/*.deb", true),
            ("context/debs", false, "debs/*.deb", false),
            ("cache/tool", false, "*", false),
            ("cache/tool", false, "other/tool", false),
        ] {
            assert_eq!(meets(path, folder, pattern), fits, "{path} {pattern}");
        }
    }
}
