//! Which of a repository's refs a git pin means, and whether what was locked still stands.
//!
//! For `resolve`, which asks the remote. Pure: a listing in, a candidate or a fault out.

use super::keys::{Follow, Keys};
use super::locked::commit_of;
use crate::lock::Entry;
use crate::model::{CommitId, Token, Trouble, quoted, suggest};
use crate::remote::git::{Ask, Listing, RefIds};
use crate::source::resolve::Fault;

/// A commit, and the ref that names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Candidate {
    pub(super) commit: CommitId,
    /// The full name of the ref, such as `refs/tags/v1.2.3`; none for a commit that nothing names.
    pub(super) refname: Option<String>,
    /// The annotated tag object, if the ref is one.
    pub(super) tag_object: Option<CommitId>,
    /// The version in a tag's name, as it is spelt there and as it is ordered.
    pub(super) version: Option<(String, semver::Version)>,
}

impl Candidate {
    fn of(refname: &str, ids: &RefIds) -> Self {
        Self {
            commit: ids.target(),
            refname: Some(refname.to_owned()),
            tag_object: ids.peeled.map(|_| ids.object),
            version: None,
        }
    }

    /// The tag's name, if a tag names the commit.
    pub(super) fn tag(&self) -> Option<&str> {
        self.refname.as_deref()?.strip_prefix("refs/tags/")
    }

    /// What the lock keeps of it while it is held back: its content is part of the name, so that what
    /// is replaced meanwhile waits anew. A tag that cannot stand there leaves the commit alone.
    pub(super) fn token(&self) -> Option<Token> {
        let commit = self.commit.to_string();
        let tagged = self.tag().and_then(|tag| Token::new(&format!("{tag}@{commit}")).ok());
        tagged.or_else(|| Token::new(&commit).ok())
    }

    /// What is locked, as it stands in the listing now.
    pub(super) fn locked(keys: &Keys, old: &Entry, listing: &Listing) -> Option<Self> {
        let commit = commit_of(old)?;
        let refname = old.proof("ref").map(str::to_owned);
        let ids = refname.as_ref().and_then(|name| listing.refs.get(name)).filter(|ids| ids.target() == commit);
        let tag_object = match ids {
            Some(ids) => ids.peeled.map(|_| ids.object),
            None => old.proof("tag-object").and_then(|o| o.parse().ok()),
        };
        let mut locked = Self { commit, refname, tag_object, version: None };
        locked.version = locked.tag().and_then(|tag| keys.version_in(tag));
        Some(locked)
    }

    /// Whether both are the same version, however it is spelt.
    pub(super) fn same_version(&self, other: &Self) -> bool {
        self.order().is_some() && self.order() == other.order()
    }

    /// Its version as it is ordered.
    pub(super) fn order(&self) -> Option<&semver::Version> {
        self.version.as_ref().map(|(_, version)| version)
    }

    /// As a person would say it.
    pub(super) fn said(&self) -> String {
        self.tag().map_or_else(|| short(&self.commit), str::to_owned)
    }
}

/// The first twelve digits of an id.
pub(super) fn short(id: &CommitId) -> String {
    id.to_string().chars().take(12).collect()
}

/// Which refs have to be listed for a pin to be resolved and its old entry to be judged.
pub(super) fn ask(keys: &Keys) -> Ask<'_> {
    match &keys.follow {
        Follow::Head => Ask::Head,
        Follow::Branch(name) => Ask::Branch(name.as_str()),
        Follow::Tag(name) => Ask::Tag(name.as_str()),
        Follow::Version { .. } => Ask::Tags,
        // All, to see whether a ref leads there.
        Follow::Commit(_) => Ask::All,
    }
}

/// The newest commit that the manifest allows.
pub(super) fn newest(keys: &Keys, listing: &Listing) -> Result<Candidate, Fault> {
    match &keys.follow {
        Follow::Head => {
            let head = listing.head.as_ref().ok_or_else(|| {
                Fault::usage(
                    Trouble::new(format!("{} has no commit yet: its HEAD is unborn", keys.url))
                        .help("name a branch, a tag or a commit"),
                )
            })?;
            Ok(Candidate {
                commit: head.id,
                refname: Some(head.target.clone().unwrap_or_else(|| "HEAD".to_owned())),
                tag_object: None,
                version: None,
            })
        }
        Follow::Branch(name) => named(listing, "refs/heads/", name.as_str())
            .ok_or_else(|| Fault::usage(absent(keys, listing, "branch", "refs/heads/", name.as_str()))),
        Follow::Tag(name) => {
            let mut found = named(listing, "refs/tags/", name.as_str())
                .ok_or_else(|| Fault::usage(absent(keys, listing, "tag", "refs/tags/", name.as_str())))?;
            found.version = keys.version_in(name.as_str());
            Ok(found)
        }
        Follow::Commit(id) => Ok(naming(keys, listing, id)),
        Follow::Version { .. } => {
            let all = versions(keys, listing)?;
            all.into_iter().next_back().ok_or_else(|| {
                let some: Vec<_> = tags(listing).map(|(name, _)| quoted(name)).collect();
                let shown = if some.is_empty() {
                    "no tag at all".to_owned()
                } else {
                    some.iter().rev().take(8).cloned().collect::<Vec<_>>().join(", ")
                };
                Fault::usage(
                    Trouble::new(format!("no tag of {} satisfies the version", keys.url))
                        .expected(keys.follow.to_string())
                        .found(shown)
                        .help(
                            "widen the range, allow pre-releases, or name the tags' form: tag = \"release-{version}\"",
                        ),
                )
            })
        }
    }
}

/// All tags that the version rule allows, oldest first; of several spellings of one version the
/// fullest, but only if they mean the same commit.
pub(super) fn versions(keys: &Keys, listing: &Listing) -> Result<Vec<Candidate>, Fault> {
    let all = tagged(keys, listing, |version| keys.admits_version(version));
    if let [.., a, b] = all.as_slice()
        && a.same_version(b)
        && a.commit != b.commit
    {
        let (a, b) = (a.tag().unwrap_or_default(), b.tag().unwrap_or_default());
        return Err(Fault::usage(
            Trouble::new(format!(
                "the tags {} and {} of {} are the same version at different commits",
                quoted(a),
                quoted(b),
                keys.url
            ))
            .help("name the form of the tags that you mean: tag = \"v{version}\""),
        ));
    }
    Ok(all)
}

/// All tags whose name has a version of some sort, oldest first.
pub(super) fn tagged(keys: &Keys, listing: &Listing, wanted: impl Fn(&semver::Version) -> bool) -> Vec<Candidate> {
    let mut all: Vec<Candidate> = tags(listing)
        .filter_map(|(name, ids)| {
            let version = keys.version_in(name).filter(|(_, v)| wanted(v))?;
            Some(Candidate { version: Some(version), ..Candidate::of(&format!("refs/tags/{name}"), ids) })
        })
        .collect();
    all.sort_by_cached_key(|c| c.version.as_ref().map(|(text, v)| (v.clone(), text.len(), c.refname.clone())));
    all
}

fn tags(listing: &Listing) -> impl Iterator<Item = (&str, &RefIds)> {
    listing.refs.iter().filter_map(|(name, ids)| Some((name.strip_prefix("refs/tags/")?, ids)))
}

/// A tag of the listing, with the version in its name.
pub(super) fn tag(keys: &Keys, listing: &Listing, name: &str) -> Option<Candidate> {
    let found = named(listing, "refs/tags/", name)?;
    Some(Candidate { version: keys.version_in(name), ..found })
}

fn named(listing: &Listing, prefix: &str, name: &str) -> Option<Candidate> {
    let full = format!("{prefix}{name}");
    listing.refs.get(&full).map(|ids| Candidate::of(&full, ids))
}

/// A commit, with the tag that names it best, if one does.
fn naming(keys: &Keys, listing: &Listing, id: &CommitId) -> Candidate {
    let mut all: Vec<Candidate> = tags(listing)
        .filter(|(_, ids)| ids.target() == *id)
        .map(|(name, ids)| Candidate {
            version: keys.version_in(name),
            ..Candidate::of(&format!("refs/tags/{name}"), ids)
        })
        .collect();
    all.sort_by_cached_key(|c| (c.version.as_ref().map(|(_, v)| v.clone()), c.refname.clone()));
    all.pop().unwrap_or(Candidate { commit: *id, refname: None, tag_object: None, version: None })
}

fn absent(keys: &Keys, listing: &Listing, what: &str, prefix: &str, name: &str) -> Trouble {
    let known: Vec<&str> = listing.refs.keys().filter_map(|r| r.strip_prefix(prefix)).collect();
    let trouble = Trouble::new(format!("{} has no {what} {}", keys.url, quoted(name)));
    match suggest(name, known.iter().copied()) {
        Some(near) => trouble.help(format!("did you mean {}?", quoted(near))),
        None => trouble.help(format!("look at `git ls-remote {}` for what is there", keys.url)),
    }
}

/// Whether a value satisfies the manifest as far as a listing tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Satisfies {
    /// It does.
    Yes(Candidate),
    /// It does if the commit is an ancestor of this tip.
    IfBehind(Candidate, CommitId),
    /// It does not, and why.
    No(String),
}

/// Judges a wanted commit or tag: the one of a Dockerfile, of the lock or of the command line.
pub(super) fn judge(keys: &Keys, listing: &Listing, wanted: &Wanted) -> Result<Satisfies, Fault> {
    let fits = |c: &Candidate| wanted.fits(c);
    match &keys.follow {
        Follow::Head | Follow::Branch(_) => {
            let tip = newest(keys, listing)?;
            let Some(commit) = wanted.commit else {
                return Ok(Satisfies::No("only a full commit can be kept on a branch".to_owned()));
            };
            if tip.commit == commit {
                return Ok(Satisfies::Yes(tip));
            }
            let behind = Candidate { commit, ..tip.clone() };
            Ok(if fits(&behind) {
                Satisfies::IfBehind(behind, tip.commit)
            } else {
                Satisfies::No(wanted.contradiction())
            })
        }
        Follow::Version { .. } => {
            let found = versions(keys, listing)?.into_iter().rev().find(fits);
            Ok(found.map_or_else(
                || Satisfies::No(format!("no tag of {} that satisfies {} is at {wanted}", keys.url, keys.follow)),
                Satisfies::Yes,
            ))
        }
        Follow::Tag(_) | Follow::Commit(_) => {
            let only = newest(keys, listing)?;
            Ok(if fits(&only) {
                Satisfies::Yes(only)
            } else {
                Satisfies::No(format!("{} is {}, not {wanted}", keys.follow, only.commit))
            })
        }
    }
}

/// A value that is to be kept or set: as much of it as is known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Wanted {
    pub(super) commit: Option<CommitId>,
    /// An abbreviation of at least seven digits.
    pub(super) short: Option<String>,
    pub(super) tag: Option<String>,
    pub(super) version: Option<String>,
}

impl Wanted {
    /// From the command line: a commit, a tag or a version.
    pub(super) fn parse(keys: &Keys, text: &Token) -> Self {
        let text = text.as_str();
        if let Ok(commit) = text.parse() {
            return Self { commit: Some(commit), ..Self::default() };
        }
        let version = keys.version_in(text).is_none() || text.starts_with(|c: char| c.is_ascii_digit());
        if version && matches!(keys.follow, Follow::Version { .. }) {
            Self { version: Some(text.to_owned()), ..Self::default() }
        } else {
            Self { tag: Some(text.to_owned()), ..Self::default() }
        }
    }

    fn fits(&self, c: &Candidate) -> bool {
        let version = c.version.as_ref().map(|(text, _)| text.as_str());
        // berry's locks name the object of an annotated tag where they mean its commit.
        self.commit.is_none_or(|id| id == c.commit || Some(id) == c.tag_object)
            && self.short.as_ref().is_none_or(|s| c.commit.to_string().starts_with(s.as_str()))
            && self.tag.as_ref().is_none_or(|t| Some(t.as_str()) == c.tag())
            && self.version.as_ref().is_none_or(|v| Some(v.as_str()) == version || Some(v.as_str()) == c.tag())
    }

    /// What was given as a tag or a version and reads as the start of a commit id.
    pub(super) fn short_id(&self) -> Option<&str> {
        let text = self.tag.as_deref().or(self.version.as_deref()).filter(|_| self.commit.is_none())?;
        let hex = text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        (hex && (7..40).contains(&text.len())).then_some(text)
    }

    fn contradiction(&self) -> String {
        format!("its values contradict each other or are none that a branch has: {self}")
    }
}

impl std::fmt::Display for Wanted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let commit = self.commit.map(|c| c.to_string());
        let parts = [
            ("commit", commit.as_ref()),
            ("commit", self.short.as_ref()),
            ("tag", self.tag.as_ref()),
            ("version", self.version.as_ref()),
        ];
        let said: Vec<String> = parts.iter().filter_map(|(k, v)| Some(format!("{k} {}", v.as_ref()?))).collect();
        f.write_str(&said.join(", "))
    }
}

/// What became of a ref that was locked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Locked {
    /// It stands as it was, or was no tag.
    Stands,
    /// The tag names the same commit through another tag object.
    Retagged { was: Option<CommitId>, is: Option<CommitId> },
    /// The tag names another commit.
    Moved { tag: String, was: CommitId, is: CommitId },
    /// The tag is no longer there.
    Deleted { tag: String },
}

/// Compares what was locked with a listing that covers the locked tag.
pub(super) fn locked(old: &Entry, listing: &Listing) -> Locked {
    let Some(tag) = old.proof("ref").and_then(|r| r.strip_prefix("refs/tags/")) else { return Locked::Stands };
    let Some(was) = old.value("commit").and_then(|c| c.as_str().parse::<CommitId>().ok()) else {
        return Locked::Stands;
    };
    let Some(now) = named(listing, "refs/tags/", tag) else { return Locked::Deleted { tag: tag.to_owned() } };
    let object = old.proof("tag-object").and_then(|o| o.parse::<CommitId>().ok());
    if now.commit != was {
        Locked::Moved { tag: tag.to_owned(), was, is: now.commit }
    } else if now.tag_object != object {
        Locked::Retagged { was: object, is: now.tag_object }
    } else {
        Locked::Stands
    }
}
