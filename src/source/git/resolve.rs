//! Resolves a git pin: lists, chooses, fetches the commit object, and says what changed.
//!
//! For `source`, which calls it for git pins. The choice itself is `survey`'s.

use std::collections::BTreeMap;

use base64::Engine as _;

use super::keys::{Follow, Keys};
use super::locked::{commit_of, stored_object};
use super::proof::Expected;
use super::survey::{self, Candidate, Locked, Satisfies, Wanted, short};
use crate::lock::{Artifact, Entry, Evidence, Value};
use crate::model::{Between, CommitId, Day, Standing, Token, Trouble, quoted};
use crate::remote::git::{self, Ask, CommitObject, Git, Listing, Origin, Relation};
use crate::remote::{self, Remote, RemoteError};
use crate::source::resolve::{Aim, Fault, Outlook, Resolved, Want};
use crate::source::template::{Filling, PathTemplate};
use crate::source::version::order;

/// How many digits `short` has where the site does not say.
const SHORT: usize = 12;

/// How many commits are walked at most to tell how two of them stand.
const DEPTH: u32 = 65_536;

/// Resolves one pin.
pub(in crate::source) fn resolve(keys: &Keys, want: &Want<'_>, remote: &Remote) -> Result<Resolved, Fault> {
    let git = &remote.git();
    let listing = list(keys, git)?;
    let mut notes = Vec::new();
    let old = want.old.filter(|old| old.request.split(' ').next() == Some(keys.asked().as_str()));
    let mut walked = None;
    let found = match &want.aim {
        Aim::Newest => {
            let choice = choose(keys, want, old, &listing, git, &mut notes)?;
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
    let mut entry = entry(keys, &found, &object, listing.origin, old, want.today)?;
    if let Some(vendor) = want.vendor {
        vendored(keys, want, vendor, &object, remote, &mut entry, &mut notes)?;
    }
    if prove && let Some(old) = want.old {
        unchanged(old, &entry, &mut notes)?;
    }
    Ok(Resolved { entry, between, files: Vec::new(), held: Vec::new(), notes })
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
        entry.artifacts = vec![Artifact { path: Some(path), ..artifact.clone() }];
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
fn list(keys: &Keys, git: &Git<'_>) -> Result<Listing, Fault> {
    let listing = git.refs(&keys.url, survey::ask(keys)).map_err(fault)?;
    match &keys.follow {
        Follow::Branch(_) | Follow::Tag(_) if listing.refs.is_empty() => git.refs(&keys.url, Ask::All).map_err(fault),
        _ => Ok(listing),
    }
}

/// Says where a locked pin stands, without fetching an object unless a branch moved.
pub(in crate::source) fn outlook(keys: &Keys, want: &Want<'_>, git: &Git<'_>) -> Result<Outlook, Fault> {
    let listing = list(keys, git)?;
    let mut notes = Vec::new();
    let old = want.old.filter(|old| old.request.split(' ').next() == Some(keys.asked().as_str()));
    let found = choose(keys, want, old, &listing, git, &mut notes)?.found;
    let standing = if old.and_then(commit_of) == Some(found.commit) { Standing::Current } else { Standing::Newer };
    Ok(Outlook {
        allowed: Some(found.said()),
        trouble: notes.into_iter().next().map(Trouble::new),
        ..Outlook::at(standing)
    })
}

/// A chosen commit, and what lies between the locked one and it, where that had to be asked for.
struct Choice {
    found: Candidate,
    between: Option<git::Between>,
}

/// The newest allowed commit, after the locked one was found to stand.
fn choose(
    keys: &Keys,
    want: &Want<'_>,
    old: Option<&Entry>,
    listing: &Listing,
    git: &Git<'_>,
    notes: &mut Vec<String>,
) -> Result<Choice, Fault> {
    let covered = |old: &&Entry| match &keys.follow {
        Follow::Tag(name) => old.proof("ref") == Some(&format!("refs/tags/{}", name.as_str())),
        Follow::Version { .. } | Follow::Commit(_) => true,
        Follow::Head | Follow::Branch(_) => false,
    };
    let stands = old.filter(covered).map_or(Locked::Stands, |old| survey::locked(old, listing));
    let fixed = want.moving != Some(true);
    match stands {
        Locked::Stands => {}
        Locked::Retagged { was, is } => notes.push(retagged(was, is)),
        Locked::Moved { tag, was, is } if fixed && !want.accept_changed => {
            return Err(Fault::alarm(
                Trouble::new(format!("the tag {} of {} was moved to another commit", quoted(&tag), keys.url))
                    .expected(was.to_string())
                    .found(is.to_string())
                    .help(format!(
                        "find out why; if the change is right: dubo-pin refresh {} --accept-changed {}",
                        want.pin, want.pin
                    )),
            ));
        }
        Locked::Moved { tag, is, .. } => notes.push(format!("the tag {} was moved to {}", quoted(&tag), short(&is))),
        Locked::Deleted { tag } if fixed && !want.accept_changed => {
            return Err(Fault::gone(
                Trouble::new(format!("the tag {} of {}, which is locked, is no longer there", quoted(&tag), keys.url))
                    .expected(old.and_then(commit_of).map(|c| format!("{tag} at {c}")).unwrap_or_default())
                    .found("no such tag")
                    .help(format!(
                        "find out why; to follow what is there now: dubo-pin refresh {} --accept-changed {}",
                        want.pin, want.pin
                    )),
            ));
        }
        Locked::Deleted { tag } => notes.push(format!("the tag {} is no longer there", quoted(&tag))),
    }
    let same = old.filter(|old| old.request == keys.request().finish(&[]));
    let found = survey::newest(keys, listing).map_err(|fault| vanished(fault, same))?;
    let Some(old) = old else { return Ok(Choice { found, between: None }) };
    let Some(was) = commit_of(old).filter(|was| *was != found.commit) else {
        return Ok(Choice { found, between: None });
    };
    if let (Some(old_version), Some((text, new))) = (old_version(keys, old), &found.version)
        && *new < old_version
        && !want.allow_downgrade
    {
        return Err(Fault::alarm(
            Trouble::new(format!("the newest allowed version of {} is older than the locked one", keys.url))
                .expected(format!("{old_version} or newer"))
                .found(text.clone())
                .help("allow it with `allow-downgrade = true`, or set it with --to"),
        ));
    }
    if want.moving == Some(false) && same.is_some() && !want.accept_changed {
        return Err(not_moving(keys, want, &was, &found));
    }
    let between = match &keys.follow {
        Follow::Head | Follow::Branch(_) if same.is_some() && !want.accept_changed => {
            Some(moved_branch(keys, want, &was, &found, git, notes)?)
        }
        _ => None,
    };
    Ok(Choice { found, between })
}

/// A branch that moved must contain the locked commit.
fn moved_branch(
    keys: &Keys,
    want: &Want<'_>,
    was: &CommitId,
    found: &Candidate,
    git: &Git<'_>,
    notes: &mut Vec<String>,
) -> Result<git::Between, Fault> {
    let between = git.between(&keys.url, was, &found.commit, DEPTH).map_err(fault)?;
    match between.relation {
        Relation::Descendant => Ok(between),
        Relation::Unknown => {
            notes.push(format!(
                "the remote did not tell whether {} descends from {}",
                short(&found.commit),
                short(was)
            ));
            Ok(between)
        }
        Relation::NotDescendant => Err(Fault::alarm(
            Trouble::new(format!(
                "{} of {} was force-pushed: it no longer contains the locked commit",
                found.refname.as_deref().unwrap_or("HEAD"),
                keys.url
            ))
            .expected(format!("a descendant of {was}"))
            .found(found.commit.to_string())
            .help(format!(
                "find out why; if the change is right: dubo-pin refresh {} --accept-changed {}",
                want.pin, want.pin
            )),
        )),
    }
}

fn not_moving(keys: &Keys, want: &Want<'_>, was: &CommitId, found: &Candidate) -> Fault {
    Fault::alarm(
        Trouble::new(format!("{} changed, though the pin says `moving = false`", keys.url))
            .expected(was.to_string())
            .found(found.commit.to_string())
            .help(format!("if the change is right: dubo-pin refresh {} --accept-changed {}", want.pin, want.pin)),
    )
}

/// A ref that was locked and is no longer there is gone; one that never was is a mistake.
fn vanished(fault: Fault, old: Option<&Entry>) -> Fault {
    match old {
        Some(_) if fault.standing == Standing::Unlocked => Fault::gone(*fault.trouble),
        _ => fault,
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

fn retagged(was: Option<CommitId>, is: Option<CommitId>) -> String {
    let said = |id: Option<CommitId>| {
        id.map_or_else(|| "a lightweight tag".to_owned(), |id| format!("tag object {}", short(&id)))
    };
    format!("the tag was made anew at the same commit: {} became {}", said(was), said(is))
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

/// The locked version, if the manifest still allows it: who forbids it wants to leave it.
fn old_version(keys: &Keys, old: &Entry) -> Option<semver::Version> {
    order(old.value("version")?.as_str()).filter(|version| keys.admits_version(version))
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

fn fault(error: RemoteError) -> Fault {
    match error.fault() {
        // Not the network's matter: the manifest names something that can never be pinned.
        remote::Fault::NotACommit(_) => Fault::usage(error.trouble()),
        _ => Fault::unreachable(error.class(), error.trouble()),
    }
}
