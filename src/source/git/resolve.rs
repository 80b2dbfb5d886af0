//! Resolves a git pin: lists, chooses, fetches the commit object, and says what changed.
//!
//! For `source`, which calls it for git pins. The choice itself is `choose`'s.

use std::collections::BTreeMap;

use base64::Engine as _;

use super::choose::{Asking, DEPTH, choose, retagged, vanished};
use super::elsewhere::{Before, before};
use super::impostor;
use super::keys::{Follow, Keys};
use super::locked::{commit_of, stored_object};
use super::outlook::MOST;
use super::proof::Expected;
use super::survey::{self, Candidate, Locked, Satisfies, Wanted};
use crate::lock::{Artifact, Entry, Evidence, Value};
use crate::model::{Between, Day, Token, Trouble, quoted};
use crate::remote::git::{self, Ask, CommitObject, Git, Listing, Origin, Relation};
use crate::remote::{self, Remote, RemoteError};
use crate::source::cooldown::Cooldown;
use crate::source::resolve::{Aim, Fault, Resolved, Want};
use crate::source::template::{Filling, PathTemplate};

/// How many digits `short` has where the site does not say.
const SHORT: usize = 12;

/// Resolves one pin.
pub(in crate::source) fn resolve(keys: &Keys, want: &Want<'_>, remote: &Remote) -> Result<Resolved, Fault> {
    let git = &remote.git();
    let listing = list(keys, git)?;
    let mut notes = Vec::new();
    let Before { old, edited } = before(keys, want, &listing);
    let old = old.as_deref();
    let own = Want { old, ..want.clone() };
    let mut cooldown = Cooldown::of(&own);
    let mut walked = None;
    let found = match &want.aim {
        Aim::Newest => {
            let asking = Asking { keys, want: &own, edited, listing: &listing, git };
            let choice = choose(&asking, &mut cooldown, &mut notes)?;
            walked = choice.between;
            choice.found
        }
        Aim::At(token) => {
            let wanted = Wanted::parse(keys, token);
            held(keys, &wanted, &listing, git)?.map_err(|why| not_allowed(keys, &wanted, &why))?
        }
        Aim::Keep(values) => {
            let wanted = kept(values);
            held(keys, &wanted, &listing, git)?.map_err(|why| not_allowed(keys, &wanted, &why))?
        }
        Aim::Prove => {
            let old = want
                .old
                .ok_or_else(|| Fault::usage(Trouble::new("the pin is not locked yet, so nothing can be proved")))?;
            prove(keys, old, &listing, git, &mut notes)?
        }
    };
    let prove = want.aim == Aim::Prove;
    let object = object(keys, &found, old.filter(|_| !prove), git)?;
    let old_commit = old.and_then(commit_of);
    let between = old_commit
        .filter(|was| *was != found.commit && !prove)
        .and_then(|was| walked.or_else(|| git.between(&keys.url, &was, &found.commit, DEPTH).ok()))
        .and_then(told);
    let (seen, mut held) = cooldown.end();
    held.truncate(MOST);
    let mut entry = entry(keys, &found, &object, listing.origin, old, want.today)?;
    entry.seen = match (&want.aim, old) {
        (Aim::Newest, _) => seen,
        // What is set or kept by hand asks for no other: what was seen, was seen.
        (_, Some(old)) => {
            old.seen.iter().filter(|(t, _)| Some(*t) != found.token().as_ref()).map(|(t, d)| (t.clone(), *d)).collect()
        }
        (_, None) => BTreeMap::new(),
    };
    if let Follow::Commit(_) = keys.follow {
        of_its_own(keys, want, old, &listing, git, &mut entry, &mut notes);
    }
    if let Some(vendor) = want.vendor {
        vendored(keys, want, vendor, &object, remote, &mut entry, &mut notes)?;
    }
    if prove && let Some(old) = want.old {
        unchanged(old, &entry, &mut notes)?;
    }
    Ok(Resolved { entry, between, files: Vec::new(), held, notes })
}

/// What is locked, if it is of the repository that is asked.
pub(super) fn of_repository<'a>(keys: &Keys, want: &Want<'a>) -> Option<&'a Entry> {
    want.old.filter(|old| old.request.split(' ').next() == Some(keys.asked().as_str()))
}

/// Says on which ref a commit was found that the manifest names; a note, if on none. What is locked
/// already is left as it is; what is proved anew, is asked for again.
fn of_its_own(
    keys: &Keys,
    want: &Want<'_>,
    old: Option<&Entry>,
    listing: &Listing,
    git: &Git<'_>,
    entry: &mut Entry,
    notes: &mut Vec<String>,
) {
    let locked = old.filter(|old| commit_of(old) == commit_of(entry));
    let known = locked.and_then(|old| old.evidence.get(impostor::EVIDENCE)).cloned();
    entry.evidence.extend(known.map(|proof| (impostor::EVIDENCE.to_owned(), proof)));
    if locked.is_some() && want.aim != Aim::Prove {
        return;
    }
    let Some(id) = commit_of(entry) else { return };
    match impostor::shown(&keys.url, listing, &id, git) {
        Ok(name) if locked.is_none() => {
            entry.evidence.insert(impostor::EVIDENCE.to_owned(), Evidence::One(name));
        }
        Ok(_) => {}
        Err(trouble) => notes.push(trouble.message),
    }
}

/// Adds the tree as a tar. One that the lock already proves, at the same place, is not made again.
fn vendored(
    keys: &Keys,
    want: &Want<'_>,
    vendor: &PathTemplate,
    object: &CommitObject,
    remote: &Remote,
    entry: &mut Entry,
    notes: &mut Vec<String>,
) -> Result<(), Fault> {
    let version = entry.value("version").map(|t| t.as_str().to_owned());
    let filling = Filling { version: version.as_deref(), ..Filling::default() };
    let path = vendor.fill(&filling).map_err(|e| Fault::usage(Trouble::new(e.to_string())))?;
    let path = path.ok_or_else(|| Fault::usage(Trouble::new("`vendor` has a slot that nothing fills")))?;
    let proofs = ["tar-format", "tree-sha256", "gitlinks"];
    let kept = want.old.filter(|old| want.aim != Aim::Prove && commit_of(old) == commit_of(entry));
    if let Some(old) = kept
        && let [artifact] = old.artifacts.as_slice()
        && Expected::of(old).is_ok()
    {
        let url = Some(keys.url.to_string());
        entry.artifacts = vec![Artifact { path: Some(path), url, ..artifact.clone() }];
        let same = proofs.iter().filter_map(|key| Some(((*key).to_owned(), old.evidence.get(*key)?.clone())));
        entry.evidence.extend(same);
        return Ok(());
    }
    let refname = entry.proof("ref").map(str::to_owned);
    let (stored, archive) = super::vendor::tar(keys, object, refname.as_deref(), want.size_limit, remote, None)?;
    notes.extend(archive.notes.iter().cloned());
    entry.evidence.extend(Expected::evidence(&archive));
    entry.artifacts = vec![Artifact {
        platforms: Vec::new(),
        path: Some(path),
        package: None,
        version: None,
        url: Some(keys.url.to_string()),
        size: stored.size,
        sha256: stored.sha256,
    }];
    Ok(())
}

/// The refs that the pin needs; where its branch or tag is not there, all of them, so that the error
/// can say what was perhaps meant.
pub(super) fn list(keys: &Keys, git: &Git<'_>) -> Result<Listing, Fault> {
    let listing = git.refs(&keys.url, survey::ask(keys)).map_err(fault)?;
    match &keys.follow {
        Follow::Branch(_) | Follow::Tag(_) if listing.refs.is_empty() => git.refs(&keys.url, Ask::All).map_err(fault),
        _ => Ok(listing),
    }
}

/// What the Dockerfile bears, as a git pin reads it.
fn kept(values: &BTreeMap<String, Token>) -> Wanted {
    let text = |key: &str| values.get(key).map(|t| t.as_str().to_owned());
    Wanted {
        commit: values.get("commit").and_then(|t| t.as_str().parse().ok()),
        short: text("short"),
        tag: text("tag"),
        version: text("version"),
    }
}

/// Whether the manifest allows a value; the inner error says why not.
fn held(keys: &Keys, wanted: &Wanted, listing: &Listing, git: &Git<'_>) -> Result<Result<Candidate, String>, Fault> {
    match survey::judge(keys, listing, wanted)? {
        Satisfies::Yes(found) => Ok(Ok(found)),
        Satisfies::No(why) => Ok(Err(why)),
        Satisfies::IfBehind(found, tip) => {
            match git.between(&keys.url, &found.commit, &tip, DEPTH).map_err(fault)?.relation {
                Relation::Descendant => Ok(Ok(found)),
                Relation::NotDescendant => Ok(Err(format!(
                    "{} is no ancestor of {}",
                    found.commit,
                    found.refname.as_deref().unwrap_or("HEAD")
                ))),
                Relation::Unknown => Ok(Err(format!(
                    "the remote did not tell whether {} is an ancestor of {}",
                    found.commit,
                    found.refname.as_deref().unwrap_or("HEAD")
                ))),
            }
        }
    }
}

fn not_allowed(keys: &Keys, wanted: &Wanted, why: &str) -> Fault {
    if let Some(short) = wanted.short_id() {
        let trouble = Trouble::new(format!("a short commit id is not taken: {}", quoted(short)));
        return Fault::differs(
            trouble.expected(format!("all 40 digits of a commit, or what else satisfies {}", keys.follow)).found(short),
        );
    }
    Fault::differs(
        Trouble::new(why.to_owned())
            .expected(format!("a value that satisfies {} of {}", keys.follow, keys.url))
            .found(wanted.to_string())
            .help("change the pin's keys in pins.toml, or refresh it without --keep and --to"),
    )
}

/// Proves that upstream still means the locked commit.
fn prove(
    keys: &Keys,
    old: &Entry,
    listing: &Listing,
    git: &Git<'_>,
    notes: &mut Vec<String>,
) -> Result<Candidate, Fault> {
    let commit = commit_of(old).ok_or_else(|| Fault::usage(Trouble::new("the lock's entry has no commit")))?;
    match survey::locked(old, listing) {
        Locked::Moved { tag, was, is } => {
            return Err(Fault::alarm(
                Trouble::new(format!(
                    "the tag {} of {} is at another commit than the locked one",
                    quoted(&tag),
                    keys.url
                ))
                .expected(was.to_string())
                .found(is.to_string()),
            ));
        }
        Locked::Deleted { tag } => {
            return Err(Fault::gone(Trouble::new(format!(
                "the tag {} of {}, which is locked, is no longer there",
                quoted(&tag),
                keys.url
            ))));
        }
        Locked::Retagged { was, is } => notes.push(retagged(was, is)),
        Locked::Stands => {}
    }
    let tag = old.value("tag").map(|t| t.as_str().to_owned());
    let wanted = Wanted { commit: Some(commit), tag, ..Wanted::default() };
    let found = held(keys, &wanted, listing, git).map_err(|fault| vanished(fault, Some(old)))?;
    found.map_err(|why| {
        Fault::alarm(
            Trouble::new(format!("the locked value is not what {} has: {why}", keys.url))
                .expected(wanted.to_string())
                .found(why.clone()),
        )
    })
}

/// What was proved now must be what the lock says.
fn unchanged(old: &Entry, new: &Entry, notes: &mut Vec<String>) -> Result<(), Fault> {
    for (key, value) in &old.values {
        if new.values.get(key) != Some(value) {
            let show = |e: &Entry| e.value(key.as_str()).map_or_else(|| "nothing".to_owned(), |t| quoted(t.as_str()));
            return Err(Fault::alarm(
                Trouble::new(format!("the locked {key} is not what upstream gives"))
                    .expected(show(new))
                    .found(show(old))
                    .help("the lock was changed by hand or forged: git log -p pins.lock"),
            ));
        }
    }
    for key in ["commit-object", "commit-object-base64", "tree"] {
        if old.evidence.get(key) != new.evidence.get(key) {
            return Err(Fault::alarm(
                Trouble::new(format!("the locked {key} is not the one of the commit"))
                    .help("the lock was changed by hand or forged: git log -p pins.lock"),
            ));
        }
    }
    if old.artifacts.iter().map(|a| a.sha256).ne(new.artifacts.iter().map(|a| a.sha256)) {
        return Err(Fault::alarm(
            Trouble::new("the locked tar is not the one of the commit")
                .help("the lock was changed by hand or forged: git log -p pins.lock"),
        ));
    }
    if old.request != new.request {
        notes.push("the pin was edited since it was locked: dubo-pin refresh".to_owned());
    }
    Ok(())
}

/// The commit's object: the one that the lock already proves, or the remote's.
fn object(keys: &Keys, found: &Candidate, old: Option<&Entry>, git: &Git<'_>) -> Result<CommitObject, Fault> {
    let locked = old.filter(|old| commit_of(old) == Some(found.commit)).and_then(stored_object);
    match locked {
        Some(object) => Ok(object),
        None => git.commit(&keys.url, &found.commit, found.refname.as_deref()).map_err(fault),
    }
}

fn entry(
    keys: &Keys,
    found: &Candidate,
    object: &CommitObject,
    origin: Origin,
    old: Option<&Entry>,
    today: Day,
) -> Result<Entry, Fault> {
    let mut values = BTreeMap::new();
    let mut put = |key: &str, text: &str| -> Result<(), Fault> {
        let bad = |e: crate::model::TokenError| {
            Fault::alarm(Trouble::new(format!("the {key} of {} cannot stand in a Dockerfile: {e}", keys.url)))
        };
        values.insert(Token::new(key).map_err(bad)?, Value::One(Token::new(text).map_err(bad)?));
        Ok(())
    };
    put("commit", &found.commit.to_string())?;
    if let Some(day) = Day::of_unix(object.committer_time) {
        put("date", &day.to_string())?;
    }
    if let Some(tag) = found.tag() {
        put("tag", tag)?;
    }
    if let Some((version, _)) = &found.version {
        put("version", version)?;
    }
    let mut evidence = BTreeMap::new();
    let mut proof = |key: &str, text: String| evidence.insert(key.to_owned(), Evidence::One(text));
    match std::str::from_utf8(&object.raw) {
        Ok(text) => proof("commit-object", text.to_owned()),
        Err(_) => proof("commit-object-base64", base64::engine::general_purpose::STANDARD.encode(&object.raw)),
    };
    if origin == Origin::Mirror {
        proof("origin", "mirror".to_owned());
    }
    if let Some(name) = &found.refname {
        proof("ref", name.clone());
    }
    if let Some(tag) = found.tag_object {
        proof("tag-object", tag.to_string());
    }
    proof("tree", object.tree.to_string());
    let first_seen = old.filter(|old| commit_of(old) == Some(found.commit)).map_or(today, |old| old.first_seen);
    Ok(Entry {
        request: keys.request().finish(&[]),
        values,
        artifacts: Vec::new(),
        evidence,
        first_seen,
        seen: BTreeMap::new(),
    })
}

/// What lies between two commits, for the summary: only where the one descends from the other.
fn told(between: git::Between) -> Option<Between> {
    let git::Between { relation, count, more, subjects } = between;
    (relation == Relation::Descendant).then_some(Between { count, more, subjects })
}

/// The value that a site should bear: `short` is as long as what the site bears now.
pub(in crate::source) fn site_value(entry: &Entry, key: &str, now: &str) -> Option<Token> {
    if key != "short" {
        return entry.value(key).cloned();
    }
    let commit = entry.value("commit")?.as_str();
    let hex = now.len() >= 7 && now.len() <= commit.len() && now.bytes().all(|b| b.is_ascii_hexdigit());
    let digits = if hex { now.len() } else { SHORT };
    Token::new(&commit.chars().take(digits).collect::<String>()).ok()
}

pub(super) fn fault(error: RemoteError) -> Fault {
    match error.fault() {
        // Not the network's matter: the manifest names something that can never be pinned.
        remote::Fault::NotACommit(_) => Fault::usage(error.trouble()),
        _ => Fault::unreachable(error.class(), error.trouble()),
    }
}
