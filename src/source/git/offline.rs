//! What can be proved of a locked git pin without network.
//!
//! For `check`. The lock's form and seals are the lock floor's; here is what the values mean.

use super::keys::Keys;
use super::locked::{commit_of, stored_object};
use crate::lock::Entry;
use crate::model::{Day, Id, Trouble, quoted};

/// Each fault: its id, the field of the entry that it concerns, and what is wrong.
pub(in crate::source) fn check(keys: &Keys, entry: &Entry) -> Vec<(Id, &'static str, Trouble)> {
    let mut faults = Vec::new();
    let Some(commit) = commit_of(entry) else {
        return vec![(
            Id::GIT007,
            "values",
            Trouble::new("the entry has no full commit id").expected("40 or 64 hexadecimal digits"),
        )];
    };
    match stored_object(entry) {
        None => faults.push((
            Id::GIT007,
            "evidence",
            Trouble::new("the stored commit object is not that of the locked commit")
                .expected(commit.to_string())
                .found("no object, or one with another id"),
        )),
        Some(object) => {
            if entry.proof("tree") != Some(object.tree.to_string().as_str()) {
                let found = entry.proof("tree").map_or_else(|| "nothing".to_owned(), quoted);
                faults.push((
                    Id::GIT007,
                    "tree",
                    Trouble::new("the locked tree is not that of the commit")
                        .expected(object.tree.to_string())
                        .found(found),
                ));
            }
            let day = Day::of_unix(object.committer_time).map(|d| d.to_string());
            let locked = entry.value("date").map(|t| t.as_str().to_owned());
            if day != locked {
                faults.push((
                    Id::GIT007,
                    "date",
                    Trouble::new("the locked date is not that of the commit")
                        .expected(day.unwrap_or_default())
                        .found(locked.unwrap_or_default()),
                ));
            }
        }
    }
    let tag = entry.value("tag").map(crate::model::Token::as_str);
    let named = entry.proof("ref").and_then(|r| r.strip_prefix("refs/tags/"));
    if tag != named {
        let said = |t: Option<&str>| t.map_or_else(|| "no tag".to_owned(), quoted);
        faults.push((
            Id::GIT008,
            "tag",
            Trouble::new("the locked tag is not the one that the evidence names")
                .expected(said(named))
                .found(said(tag)),
        ));
    }
    let version = tag.and_then(|t| keys.version_in(t)).map(|(text, _)| text);
    let locked = entry.value("version").map(|t| t.as_str().to_owned());
    if version != locked {
        let said = |t: Option<String>| t.map_or_else(|| "no version".to_owned(), |t| quoted(&t));
        faults.push((
            Id::GIT008,
            "version",
            Trouble::new("the locked version is not the one in the tag's name")
                .expected(said(version))
                .found(said(locked)),
        ));
    }
    if !keys.allows(&commit, tag) {
        let found = tag.map_or_else(|| commit.to_string(), quoted);
        faults.push((
            Id::GIT008,
            "values",
            Trouble::new("the locked value is none that pins.toml allows")
                .expected(keys.follow.to_string())
                .found(found),
        ));
    }
    faults
}
