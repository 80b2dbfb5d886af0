//! The URLs in a text, wherever they stand in it.
//!
//! For [`fetched`](super::fetched()). Not a parser of URLs: what begins as one and has a host.

use super::super::fields::Field;

const SCHEMES: [&str; 14] =
    ["http", "https", "ftp", "ftps", "sftp", "git", "ssh", "svn", "rsync", "s3", "gs", "oci", "docker", "tftp"];
/// No more of one URL is told.
const LONGEST: usize = 200;

/// Those in a word; `…` stands for what cannot be known.
pub(super) fn urls_of(field: &Field) -> Vec<String> {
    let mut text = Vec::new();
    for unit in &field.units {
        if unit.hole { text.extend_from_slice("…".as_bytes()) } else { text.push(unit.byte) }
    }
    urls(&text)
}

/// Those in a script, whose comments begin with `#`.
pub(super) fn urls_of_script(text: &[u8]) -> Vec<String> {
    let code = text.split(|b| *b == b'\n').filter(|line| !line.trim_ascii_start().starts_with(b"#"));
    urls(&code.collect::<Vec<_>>().join(&b'\n'))
}

/// Those in a text, in order, each once, none of this machine itself.
pub(super) fn urls(text: &[u8]) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    let mut behind = 0;
    for at in memchr::memmem::find_iter(text, b"://") {
        if at < behind {
            continue;
        }
        let letters = text.get(behind..at).unwrap_or_default().iter().rev().take_while(|b| b.is_ascii_alphanumeric());
        let start = at - letters.count();
        let scheme = String::from_utf8_lossy(text.get(start..at).unwrap_or_default()).to_ascii_lowercase();
        let rest = text.get(at + 3..).unwrap_or_default();
        let ends = |b: &&u8| b.is_ascii_whitespace() || b"\"'`()<>|;,\\^".contains(b);
        let length = rest.iter().position(|b| ends(&b)).unwrap_or(rest.len());
        behind = at + 3;
        let host = String::from_utf8_lossy(rest.get(..length.min(LONGEST)).unwrap_or_default()).into_owned();
        if !SCHEMES.contains(&scheme.as_str()) || is_none(&host) {
            continue;
        }
        let url = format!("{scheme}://{}", host.trim_end_matches(['.', ':']));
        if !out.contains(&url) && out.len() < 100 {
            out.push(url);
        }
    }
    out
}

/// Whether what stands behind `://` names no other machine.
fn is_none(rest: &str) -> bool {
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = authority.rsplit('@').next().unwrap_or_default();
    let name = host.split(':').next().unwrap_or_default();
    let begins = host.starts_with(|c: char| c.is_alphanumeric() || matches!(c, '…' | '$' | '['));
    !begins || name.starts_with("127.") || matches!(name, "localhost" | "0.0.0.0") || host.starts_with("[::1]")
}
