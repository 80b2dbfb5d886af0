//! What a remote says of its refs, filtered exactly and with tags peeled.
//!
//! For `source::git`. Pure: it turns what a session or a local repository gave into a [`Listing`].

use std::collections::BTreeMap;

use crate::model::CommitId;

/// Which refs are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ask<'a> {
    /// `HEAD` alone.
    Head,
    /// One branch, by its name without `refs/heads/`.
    Branch(&'a str),
    /// One tag, by its name without `refs/tags/`.
    Tag(&'a str),
    /// All tags.
    Tags,
    /// HEAD, all branches and all tags.
    All,
}

impl Ask<'_> {
    /// The prefixes that a server is asked for (protocol v2, `ref-prefix`).
    pub(super) fn prefixes(self) -> Vec<String> {
        match self {
            Self::Head => vec!["HEAD".to_owned()],
            Self::Branch(name) => vec![format!("refs/heads/{name}")],
            Self::Tag(name) => vec![format!("refs/tags/{name}")],
            Self::Tags => vec!["refs/tags/".to_owned()],
            Self::All => ["HEAD", "refs/heads/", "refs/tags/"].map(str::to_owned).to_vec(),
        }
    }

    /// Whether a full ref name is one of those that are wanted; a prefix alone does not do.
    pub(super) fn wants(self, name: &str) -> bool {
        match self {
            Self::Head => name == "HEAD",
            Self::Branch(branch) => name.strip_prefix("refs/heads/") == Some(branch),
            Self::Tag(tag) => name.strip_prefix("refs/tags/") == Some(tag),
            Self::Tags => name.starts_with("refs/tags/"),
            Self::All => name == "HEAD" || name.starts_with("refs/heads/") || name.starts_with("refs/tags/"),
        }
    }
}

/// What a ref points at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RefIds {
    /// The object itself: for an annotated tag the outermost tag object.
    pub object: CommitId,
    /// For an annotated tag what it comes to in the end, through all tags between. Usually a
    /// commit; a tag may lead to a tree or a blob, which only the object's fetch can tell.
    pub peeled: Option<CommitId>,
}

impl RefIds {
    /// What the ref comes to in the end.
    #[must_use]
    pub fn target(&self) -> CommitId {
        self.peeled.unwrap_or(self.object)
    }
}

/// Where HEAD stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// The branch that it names, in full (`refs/heads/main`); none if it is detached or the server
    /// does not tell.
    pub target: Option<String>,
    /// The commit.
    pub id: CommitId,
}

/// Who answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// The URL that was asked for.
    Upstream,
    /// A mirror that may decide (`resolve = true`).
    Mirror,
}

/// The refs that were asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listing {
    /// HEAD, if it was asked for and has a commit.
    pub head: Option<Head>,
    /// The branch that HEAD names although it has no commit yet, where the server tells.
    pub unborn: Option<String>,
    /// Branches and tags by full name. Names that are not UTF-8, or that git would not allow, are
    /// left out: nothing can name them.
    pub refs: BTreeMap<String, RefIds>,
    /// Who answered.
    pub origin: Origin,
}

/// One ref as a server or a repository gave it.
#[derive(Debug, Clone)]
pub(super) struct Raw {
    pub(super) name: Vec<u8>,
    pub(super) symbolic: Option<Vec<u8>>,
    pub(super) ids: Option<RefIds>,
}

/// Builds a listing; an error says in words how the refs contradict one another.
pub(super) fn listing(ask: Ask<'_>, origin: Origin, raw: impl IntoIterator<Item = Raw>) -> Result<Listing, String> {
    let mut listing = Listing { head: None, unborn: None, refs: BTreeMap::new(), origin };
    for found in raw {
        let Some(name) = plain(&found.name).filter(|n| ask.wants(n)) else {
            continue;
        };
        let target = found.symbolic.as_deref().and_then(plain);
        if name == "HEAD" {
            match found.ids {
                Some(ids) => listing.head = Some(Head { target, id: ids.target() }),
                None => listing.unborn = target,
            }
            continue;
        }
        let Some(ids) = found.ids else { continue };
        if listing.refs.insert(name.clone(), ids).is_some_and(|before| before != ids) {
            return Err(format!("it lists {name} twice, with different objects"));
        }
    }
    Ok(listing)
}

/// Reads the lines that a server of protocol v0 or v1 lists unasked (gitprotocol-pack, "Reference
/// Discovery"), each `<id> <name>`, a tag's end as `<id> <name>^{}` right after it. `symrefs` are
/// the values of its `symref` capabilities, each `<name>:<target>`.
pub(super) fn advertised(symrefs: &[Vec<u8>], lines: &[Vec<u8>]) -> Result<Vec<Raw>, String> {
    let mut all: Vec<Raw> = Vec::new();
    for line in lines {
        let line = line.trim_ascii_end();
        let split = line.iter().position(|b| *b == b' ').and_then(|at| line.split_at_checked(at));
        let Some((hex, name)) = split else {
            return Err("a ref without a name".to_owned());
        };
        let name = name.strip_prefix(b" ").unwrap_or(name);
        let id = std::str::from_utf8(hex).ok().and_then(|hex| hex.parse::<CommitId>().ok());
        let Some(object) = id else {
            // Where the server's own history is cut: no ref.
            if hex == b"shallow" {
                continue;
            }
            return Err("a ref without an id".to_owned());
        };
        match name.strip_suffix(b"^{}") {
            // An empty repository has this line, for the sake of its capabilities.
            Some(b"capabilities") if object.as_bytes().iter().all(|b| *b == 0) => {}
            Some(name) => match all.last_mut().filter(|last| last.name == name) {
                Some(Raw { ids: Some(ids), .. }) if ids.peeled.is_none() => ids.peeled = Some(object),
                _ => return Err("the end of a tag that is not there".to_owned()),
            },
            None => {
                let target = symrefs.iter().find_map(|s| {
                    let target = s.strip_prefix(name)?.strip_prefix(b":")?;
                    (!target.is_empty()).then(|| target.to_vec())
                });
                let ids = Some(RefIds { object, peeled: None });
                all.push(Raw { name: name.to_vec(), symbolic: target, ids });
            }
        }
    }
    Ok(all)
}

/// A ref name that git would allow, as text.
fn plain(name: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(name).ok()?;
    if text == "HEAD" {
        return Some(text.to_owned());
    }
    gix::validate::reference::name(name.into()).ok()?;
    Some(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(n: u8) -> RefIds {
        RefIds { object: CommitId::Sha1([n; 20]), peeled: None }
    }

    fn raw(name: &str, n: u8) -> Raw {
        Raw { name: name.into(), symbolic: None, ids: Some(ids(n)) }
    }

    #[test]
    fn a_prefix_is_not_the_ref() {
        let all = || [raw("refs/tags/v1", 1), raw("refs/tags/v1.2", 2), raw("refs/heads/v1", 3)];
        let names = |ask| {
            let listing = listing(ask, Origin::Upstream, all()).unwrap();
            listing.refs.into_keys().collect::<Vec<_>>()
        };
        assert_eq!(names(Ask::Tag("v1")), ["refs/tags/v1"]);
        assert_eq!(names(Ask::Tag("v")), [""; 0]);
        assert_eq!(names(Ask::Branch("v1")), ["refs/heads/v1"]);
        assert_eq!(names(Ask::Tags), ["refs/tags/v1", "refs/tags/v1.2"]);
    }

    #[test]
    fn a_ref_listed_twice_with_different_objects_is_nonsense() {
        let twice = |n| listing(Ask::Tags, Origin::Upstream, [raw("refs/tags/a", 1), raw("refs/tags/a", n)]);
        assert!(twice(1).is_ok());
        assert!(twice(2).is_err());
    }

    #[test]
    fn names_that_git_would_not_allow_are_left_out() {
        let names = ["refs/tags/a b", "refs/tags/a\u{1b}[2J", "refs/tags/..", "refs/tags/x.lock", "refs/tags/"];
        let listing = listing(Ask::Tags, Origin::Upstream, names.map(|n| raw(n, 1))).unwrap();
        assert!(listing.refs.is_empty(), "{listing:?}");
    }

    fn old(symrefs: &[&str], lines: &[&str]) -> Result<Vec<(String, bool, bool)>, String> {
        let bytes = |all: &[&str]| all.iter().map(|l| l.as_bytes().to_vec()).collect::<Vec<_>>();
        let told = |r: Raw| {
            let peeled = r.ids.is_some_and(|ids| ids.peeled.is_some());
            (String::from_utf8(r.name).unwrap(), r.symbolic.is_some(), peeled)
        };
        let raw = advertised(&bytes(symrefs), &bytes(lines))?;
        Ok(raw.into_iter().map(told).collect())
    }

    const A: &str = "1111111111111111111111111111111111111111";

    #[test]
    fn an_old_servers_list_is_read_with_symrefs_and_ends_of_tags() {
        let lines = ["HEAD\n", "refs/heads/main\n", "refs/tags/v1\n", "refs/tags/v1^{}\n"];
        let lines = lines.map(|name| format!("{A} {name}"));
        let lines: Vec<_> = lines.iter().map(String::as_str).chain(["shallow x"]).collect();
        let is = |name: &str, symbolic, peeled| (name.to_owned(), symbolic, peeled);
        // One symref names a ref that is not listed.
        let found = old(&["refs/x:refs/y", "HEAD:refs/heads/main"], &lines).unwrap();
        let expected = [is("HEAD", true, false), is("refs/heads/main", false, false), is("refs/tags/v1", false, true)];
        assert_eq!(found, expected);
        let none = "0000000000000000000000000000000000000000 capabilities^{}\n";
        assert_eq!(old(&["HEAD:refs/heads/main"], &[none]).unwrap(), []);
    }

    #[test]
    fn an_old_servers_nonsense_is_told() {
        let (end, other) = (format!("{A} refs/tags/v1^{{}}"), format!("{A} refs/tags/v2"));
        for lines in [&["x"][..], &["x y"], &[&end], &[&other, &end], &[""], &[" a"]] {
            assert!(old(&[], lines).is_err(), "{lines:?}");
        }
    }

    #[test]
    fn an_unborn_head_is_no_head() {
        let head = Raw { name: b"HEAD".to_vec(), symbolic: Some(b"refs/heads/main".to_vec()), ids: None };
        let listing = listing(Ask::All, Origin::Upstream, [head]).unwrap();
        assert_eq!((listing.head, listing.unborn.as_deref()), (None, Some("refs/heads/main")));
    }
}
