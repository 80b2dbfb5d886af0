//! What a plan is about to rename, written down before it begins: `.dubo-pin/journal`.
//!
//! For `apply`, which writes it, and for `recover` and `verify`, which read it. Beside it,
//! `.dubo-pin/staging` names the temporaries of a plan whose journal is not written yet.
//!
//! ```json
//! {"version": 1, "files": [{"path": "Dockerfile", "before": "<sha256>", "after": "<sha256>", "staged": ".Dockerfile.dubo-pin-new"}]}
//! ```
//!
//! `before` is null for a file that is new, `after` and `staged` for one that goes away. The order
//! is that of the renames. A repository could bring a journal of its own: so each staged name must
//! be the one that its path gives, and a file is touched only if its bytes are those named.

use serde::{Deserialize, Serialize};

use crate::model::{RelPath, Sha256};

use super::lock::STATE;

/// The name of the journal in `.dubo-pin/`.
pub(super) const JOURNAL: &str = "journal";
/// The name of the list of temporaries in `.dubo-pin/`.
pub(super) const STAGING: &str = "staging";

const ENDING: &str = ".dubo-pin-new";

/// One file of a plan, by digest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Item {
    pub(super) path: RelPath,
    pub(super) before: Option<Sha256>,
    pub(super) after: Option<Sha256>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Journal {
    version: u32,
    files: Vec<Entry>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    path: String,
    before: Option<String>,
    after: Option<String>,
    staged: Option<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Staging {
    version: u32,
    paths: Vec<String>,
}

/// The name under which a file's new bytes wait beside it: `.NAME.dubo-pin-new`, and for a very
/// long name its digest instead.
pub(super) fn staged_name(name: &str) -> String {
    if name.len() + ENDING.len() < 255 {
        return format!(".{name}{ENDING}");
    }
    let digest = Sha256::of(name.as_bytes()).to_string();
    format!(".{digest}{ENDING}")
}

/// Whether a name is one that [`staged_name`] gives.
pub(super) fn is_staged_name(name: &str) -> bool {
    name.starts_with('.') && name.ends_with(ENDING) && name.len() > ENDING.len() + 1
}

/// Whether dubo-pin's own folder holds the path.
pub(super) fn is_own(path: &RelPath) -> bool {
    path.as_str().split('/').next().is_some_and(|head| head.eq_ignore_ascii_case(STATE))
}

fn name_of(path: &RelPath) -> &str {
    path.as_str().rsplit('/').next().unwrap_or_default()
}

fn json(value: &impl Serialize) -> Vec<u8> {
    let mut bytes = serde_json::to_vec(value).unwrap_or_default();
    bytes.push(b'\n');
    bytes
}

/// The journal's bytes.
pub(super) fn write(items: &[Item]) -> Vec<u8> {
    let files = items.iter().map(|item| Entry {
        path: item.path.to_string(),
        before: item.before.map(|h| h.to_string()),
        after: item.after.map(|h| h.to_string()),
        staged: item.after.map(|_| staged_name(name_of(&item.path))),
    });
    json(&Journal { version: 1, files: files.collect() })
}

/// Reads a journal; `None` if it is not one that [`write`] makes.
pub(super) fn read(bytes: &[u8]) -> Option<Vec<Item>> {
    let journal: Journal = serde_json::from_slice(bytes).ok()?;
    if journal.version != 1 {
        return None;
    }
    let hash = |text: Option<String>| text.map(|t| t.parse::<Sha256>()).transpose().ok();
    journal
        .files
        .into_iter()
        .map(|entry| {
            let path: RelPath = entry.path.parse().ok()?;
            let (before, after) = (hash(entry.before)?, hash(entry.after)?);
            let staged = after.map(|_| staged_name(name_of(&path)));
            let sound = staged == entry.staged && before != after && !is_own(&path);
            sound.then_some(Item { path, before, after })
        })
        .collect()
}

/// The bytes of the list of temporaries, named by the paths they are for.
pub(super) fn write_staging(items: &[Item]) -> Vec<u8> {
    json(&Staging { version: 1, paths: items.iter().map(|i| i.path.to_string()).collect() })
}

/// Reads the list of temporaries. One that is torn names none: it is written before the first.
pub(super) fn read_staging(bytes: &[u8]) -> Vec<RelPath> {
    let Ok(Staging { version: 1, paths }) = serde_json::from_slice(bytes) else {
        return Vec::new();
    };
    paths.iter().filter_map(|p| p.parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_journal_reads_as_it_was_written_and_is_this() {
        let items = vec![
            Item { path: "a/Dockerfile".parse().unwrap(), before: None, after: Some(Sha256::of(b"abc")) },
            Item { path: "old".parse().unwrap(), before: Some(Sha256::of(b"abc")), after: None },
        ];
        let bytes = write(&items);
        let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        let expected = format!(
            "{{\"version\":1,\"files\":[{{\"path\":\"a/Dockerfile\",\"before\":null,\"after\":\"{abc}\",\
             \"staged\":\".Dockerfile.dubo-pin-new\"}},{{\"path\":\"old\",\"before\":\"{abc}\",\"after\":null,\
             \"staged\":null}}]}}\n"
        );
        assert_eq!(String::from_utf8(bytes.clone()).unwrap(), expected);
        assert_eq!(read(&bytes), Some(items));
    }

    #[test]
    fn a_journal_that_would_move_other_files_is_none() {
        let bytes = write(&[Item { path: "d/x".parse().unwrap(), before: None, after: Some(Sha256::of(b"abc")) }]);
        let text = String::from_utf8(bytes).unwrap();
        assert!(read(text.as_bytes()).is_some());
        for (from, to) in [
            (".x.dubo-pin-new", "../x"),
            (".x.dubo-pin-new", ".y.dubo-pin-new"),
            ("d/x", "../x"),
            ("d/x", ".dubo-pin/x"),
            ("\"version\":1", "\"version\":2"),
            ("\"before\":null", "\"before\":\"\""),
            ("}]}", "}]"),
        ] {
            assert_eq!(read(text.replace(from, to).as_bytes()), None, "{to}");
        }
    }

    #[test]
    fn staged_names_fit_a_file_system() {
        assert_eq!(staged_name("Dockerfile"), ".Dockerfile.dubo-pin-new");
        let long = staged_name(&"x".repeat(255));
        assert!(long.len() <= 255 && is_staged_name(&long));
        assert_eq!(staged_name(&"x".repeat(240)).len(), 254);
    }
}
