//! The newest commit that rule and policy allow, after the locked one was found to stand.
//!
//! For `resolve` and `outlook`. What a listing means is `survey`'s; whether a moved tag has the same
//! content, `moved`'s.
//!
//! What `min-age` holds back of a git pin: newer versions, each as `TAG@COMMIT`; heads of a branch,
//! each as its commit; a tag that is told to move. Until one of them was seen long enough ago, the
//! pin stays at what is locked. A branch goes on to the newest head that is old enough and is proved
//! to lie between the locked commit and the head of today: one that a force-push took away is none.
//! Where nothing is locked that the manifest allows, there is nothing to stay at: then the newest that
//! was seen long enough ago is taken; if there is none, the newest at once, which a note says.
//! What was locked of another repository is stayed at where this one has it too (`elsewhere`).

use super::keys::{Follow, Keys};
use super::locked::commit_of;
use super::moved;
use super::survey::{self, Candidate, Locked, short};
use crate::lock::Entry;
use crate::model::{CommitId, Standing, Token, Trouble, quoted};
use crate::remote::git::{self, Git, Listing, Relation};
use crate::source::cooldown::{Cooldown, ELSEWHERE, FORBIDDEN};
use crate::source::resolve::{Fault, Want};
use crate::source::version::order;

/// How many commits are walked at most to tell how two of them stand.
pub(super) const DEPTH: u32 = 65_536;

/// How many versions that no refresh saw before are taken note of at once.
const FRESH: usize = 100;

/// What is asked of one repository for one pin.
#[derive(Clone, Copy)]
pub(super) struct Asking<'a> {
    pub(super) keys: &'a Keys,
    /// With what is locked, if this repository has it.
    pub(super) want: &'a Want<'a>,
    /// Whether what is locked is of another repository.
    pub(super) edited: bool,
    pub(super) listing: &'a Listing,
    pub(super) git: &'a Git<'a>,
}

/// A chosen commit.
pub(super) struct Choice {
    pub(super) found: Candidate,
    /// What lies between the locked one and it, where that had to be asked for.
    pub(super) between: Option<git::Between>,
    /// What of the locked one stands elsewhere, with the same content.
    pub(super) moved: Option<Trouble>,
}

/// How the locked value stands upstream.
#[derive(Default)]
struct Stand {
    /// What the pin can stay at: as it is locked, or where that stands now.
    stay: Option<Candidate>,
    moved: Option<Trouble>,
    /// A note, if the pin does not stay at the locked commit.
    left: Option<String>,
}

/// The newest allowed commit, after the locked one was found to stand.
pub(super) fn choose(
    asking: &Asking<'_>,
    cooldown: &mut Cooldown<'_>,
    notes: &mut Vec<String>,
) -> Result<Choice, Fault> {
    let Asking { keys, want, listing, .. } = *asking;
    let Stand { stay, moved, left } = stand(asking, notes)?;
    let same = want.old.filter(|old| old.request == keys.request().finish(&[]));
    let newest = survey::newest(keys, listing).map_err(|fault| vanished(fault, same))?;
    let at_once = |why: &str| {
        format!(
            "{why}: {} is taken at once, min-age or not; dubo-pin refresh {} --to sets another",
            newest.said(),
            want.pin
        )
    };
    let Some((old, was)) = want.old.and_then(|old| Some((old, commit_of(old)?))) else {
        let first = Cooldown::is_first(want) && want.records && (want.moving == Some(true) || !keys.follow.is_fixed());
        let why = if asking.edited { ELSEWHERE } else { "nothing was locked before" };
        notes.extend(first.then(|| at_once(why)));
        return Ok(Choice { found: newest, between: None, moved });
    };
    let stay = stay.filter(|stay| keys.allows(&stay.commit, stay.tag()));
    let at = stay.as_ref().map_or(was, |stay| stay.commit);
    vet(asking, old, &newest, at, same.is_some())?;
    let (found, between) = match &keys.follow {
        Follow::Head | Follow::Branch(_) if newest.commit != was => {
            branch(asking, cooldown, (old, was), newest.clone(), same.is_some(), notes)?
        }
        Follow::Version { .. } | Follow::Tag(_) if cooldown.is_on() => match stay {
            Some(stay) => (tag(asking, cooldown, stay, newest), None),
            None => match ripe(asking, cooldown, &newest) {
                Some(ripe) => (ripe, None),
                None => {
                    let told = want.records && !keys.follow.is_fixed();
                    notes.extend(told.then(|| at_once(FORBIDDEN)));
                    (newest, None)
                }
            },
        },
        _ => (newest, None),
    };
    notes.extend(left.filter(|_| found.commit != was));
    Ok(Choice { found, between, moved })
}

/// Whether what was locked still stands; what a fixed thing may not do is a fault.
fn stand(asking: &Asking<'_>, notes: &mut Vec<String>) -> Result<Stand, Fault> {
    let Asking { keys, want, listing, .. } = *asking;
    let Some(old) = want.old else { return Ok(Stand::default()) };
    let covered = match &keys.follow {
        Follow::Tag(name) => old.proof("ref") == Some(&format!("refs/tags/{}", name.as_str())),
        Follow::Version { .. } | Follow::Commit(_) => true,
        Follow::Head | Follow::Branch(_) => false,
    };
    let locked = Candidate::locked(keys, old, listing);
    let fixed = want.moving != Some(true) && !want.accept_changed;
    let help = || {
        let pin = want.pin;
        format!("find out why; if the change is right: dubo-pin refresh {pin} --accept-changed {pin}")
    };
    match if covered { survey::locked(old, listing) } else { Locked::Stands } {
        Locked::Stands => Ok(Stand { stay: locked, ..Stand::default() }),
        Locked::Retagged { was, is } => {
            notes.extend((!asking.edited).then(|| retagged(was, is)));
            Ok(Stand { stay: locked, ..Stand::default() })
        }
        Locked::Moved { tag, was, is } => {
            let name = quoted(&tag);
            let now = survey::tag(keys, listing, &tag);
            if !fixed {
                // What is accepted by name waits for nothing.
                let stay = if want.accept_changed { now } else { locked };
                let left = format!("the tag {name} was moved to {}", short(&is));
                return Ok(Stand { stay, left: Some(left), moved: None });
            }
            let alarm = Trouble::new(format!("the tag {name} of {} was moved to another commit", keys.url))
                .expected(was.to_string())
                .found(is.to_string());
            match moved::tree(asking, old, &format!("refs/tags/{tag}"), &is) {
                moved::Same::Proved(tree) => {
                    let proof = format!("its tree is the same, proved by the SHA-256 id {}", short(&tree));
                    notes.push(format!(
                        "the tag {name}, which should stand still, was moved from {} to {}: {proof}; find out why",
                        short(&was),
                        short(&is)
                    ));
                    let trouble = Trouble::new(format!("the tag {name} of {} was moved: {proof}", keys.url))
                        .expected(was.to_string())
                        .found(is.to_string())
                        .help(format!("find out why; dubo-pin refresh {} follows it", want.pin));
                    Ok(Stand { stay: now, moved: Some(trouble), left: None })
                }
                moved::Same::Sha1 => Err(Fault::alarm(
                    alarm.help(format!("its tree has the same SHA-1 id, which alone decides nothing: {}", help())),
                )),
                moved::Same::No => Err(Fault::alarm(alarm.help(help()))),
            }
        }
        Locked::Deleted { tag } if fixed => Err(Fault::gone(
            Trouble::new(format!("the tag {} of {}, which is locked, is no longer there", quoted(&tag), keys.url))
                .expected(commit_of(old).map(|c| format!("{tag} at {c}")).unwrap_or_default())
                .found("no such tag")
                .help(format!(
                    "find out why; to follow what is there now: dubo-pin refresh {0} --accept-changed {0}",
                    want.pin
                )),
        )),
        Locked::Deleted { tag } => {
            let stay = locked.filter(|_| !want.accept_changed);
            let left = format!("the tag {} is no longer there", quoted(&tag));
            Ok(Stand { stay, left: Some(left), moved: None })
        }
    }
}

/// What the newest allowed commit may not be, whatever holds it back.
fn vet(asking: &Asking<'_>, old: &Entry, newest: &Candidate, at: CommitId, same: bool) -> Result<(), Fault> {
    let Asking { keys, want, .. } = *asking;
    if newest.commit == at {
        return Ok(());
    }
    if let (Some(old_version), Some((text, new))) = (old_version(keys, old), &newest.version)
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
    if want.moving == Some(false) && same && !want.accept_changed {
        return Err(Fault::alarm(
            Trouble::new(format!("{} changed, though the pin says `moving = false`", keys.url))
                .expected(at.to_string())
                .found(newest.commit.to_string())
                .help(format!("if the change is right: dubo-pin refresh {} --accept-changed {}", want.pin, want.pin)),
        ));
    }
    Ok(())
}

/// The newest version that was seen long enough ago, or what the pin stays at.
fn tag(asking: &Asking<'_>, cooldown: &mut Cooldown<'_>, stay: Candidate, newest: Candidate) -> Candidate {
    let keys = asking.keys;
    let older = matches!((newest.order(), stay.order()), (Some(new), Some(at)) if new < at);
    if matches!(keys.follow, Follow::Tag(_)) || older {
        let waits = |token: &Token| newest.commit != stay.commit && !cooldown.passes(token, &newest.said());
        return if newest.token().as_ref().is_none_or(waits) { stay } else { newest };
    }
    let all = survey::tagged(keys, asking.listing, |version| keys.admits_version(version));
    let is_newer = |c: &Candidate| match (c.order(), stay.order()) {
        (Some(new), Some(at)) if new == at => c.tag() == stay.tag() && c.commit != stay.commit,
        (Some(new), Some(at)) => new > at,
        _ => false,
    };
    if let Some(found) = passing(&all, is_newer, cooldown) {
        return found;
    }
    // Nothing newer, but perhaps another spelling of the same.
    if newest.commit == stay.commit && newest.same_version(&stay) { newest } else { stay }
}

/// The newest of some candidates that passes; `all` are sorted, oldest first.
fn passing(all: &[Candidate], wanted: impl Fn(&Candidate) -> bool, cooldown: &mut Cooldown<'_>) -> Option<Candidate> {
    let mut fresh = 0;
    for candidate in all.iter().rev().filter(|c| wanted(c)) {
        let Some(token) = candidate.token() else { continue };
        fresh += usize::from(cooldown.day(&token).is_none());
        // Two spellings of one version at two commits: neither of them is meant.
        let twin = |other: &Candidate| other.same_version(candidate) && other.commit != candidate.commit;
        if fresh > FRESH && cooldown.day(&token).is_none() || all.iter().any(twin) {
            continue;
        }
        if cooldown.passes(&token, &candidate.said()) {
            return Some(candidate.clone());
        }
    }
    None
}

/// The newest allowed one that was seen long enough ago, if there is one: then newer ones wait.
fn ripe(asking: &Asking<'_>, cooldown: &mut Cooldown<'_>, newest: &Candidate) -> Option<Candidate> {
    let keys = asking.keys;
    let all = match &keys.follow {
        Follow::Version { .. } => survey::tagged(keys, asking.listing, |version| keys.admits_version(version)),
        _ => vec![newest.clone()],
    };
    let alone = |c: &Candidate| !all.iter().any(|other| other.same_version(c) && other.commit != c.commit);
    let is_ripe = |c: &&Candidate| c.token().is_some_and(|token| cooldown.is_ripe(&token)) && alone(c);
    let oldest = all.iter().rev().find(is_ripe)?;
    passing(&all, |c| c.order() >= oldest.order(), cooldown)
}

/// The head of a branch that moved, or the newest commit on the way to it that was seen long enough
/// ago. The head must contain the locked commit.
fn branch(
    asking: &Asking<'_>,
    cooldown: &mut Cooldown<'_>,
    (old, was): (&Entry, CommitId),
    tip: Candidate,
    same: bool,
    notes: &mut Vec<String>,
) -> Result<(Candidate, Option<git::Between>), Fault> {
    let Asking { keys, want, listing, git, .. } = *asking;
    let on = cooldown.is_on() && !want.accept_changed;
    let judged = same && !want.accept_changed;
    if !on && !judged {
        return Ok((tip, None));
    }
    let is_other = |id: &CommitId| *id != was && *id != tip.commit;
    let known: Vec<CommitId> = match on {
        true => cooldown.known().filter_map(|(token, _)| token.as_str().parse().ok()).filter(is_other).collect(),
        false => Vec::new(),
    };
    let (between, on_way) = git.along(&keys.url, &was, &tip.commit, &known, DEPTH).map_err(super::resolve::fault)?;
    if judged && between.relation == Relation::NotDescendant {
        return Err(forced(asking, &was, &tip));
    }
    let untold = (between.relation == Relation::Unknown)
        .then(|| format!("the remote did not tell whether {} descends from {}", short(&tip.commit), short(&was)));
    if on && !same && between.relation != Relation::Descendant {
        let told = if asking.edited { ELSEWHERE } else { "what is locked is not known to be on the branch" };
        let note = format!("{told}: {} is taken at once, min-age or not", tip.said());
        notes.extend(want.records.then_some(note));
        return Ok((tip, Some(between)));
    }
    let token = |id: &CommitId| Token::new(&id.to_string()).ok();
    let passes =
        |cooldown: &mut Cooldown<'_>, id: &CommitId| token(id).is_some_and(|t| cooldown.passes(&t, &short(id)));
    if !on || passes(cooldown, &tip.commit) {
        notes.extend(untold);
        return Ok((tip, Some(between)));
    }
    let day = |cooldown: &Cooldown<'_>, id: &CommitId| token(id).and_then(|t| cooldown.day(&t));
    let today = day(cooldown, &tip.commit).unwrap_or(want.today);
    let mut ripe = None;
    for id in &on_way {
        if token(id).is_some_and(|t| cooldown.is_ripe(&t)) {
            ripe = Some(*id);
            break;
        }
        // One head of a day is enough: it is old enough when the head of today is.
        if day(cooldown, id) != Some(today) {
            passes(cooldown, id);
        }
    }
    if between.more {
        // What was not walked may lie on the way.
        let rest = known.iter().filter(|id| !on_way.contains(id) && day(cooldown, id) != Some(today));
        let rest: Vec<Token> = rest.filter_map(token).collect();
        rest.iter().for_each(|token| cooldown.keep(token));
    }
    if let Some(commit) = ripe {
        return Ok((Candidate { commit, ..tip }, None));
    }
    let stay = if same { Candidate::locked(keys, old, listing) } else { None };
    Ok((stay.unwrap_or(Candidate { commit: was, ..tip }), None))
}

fn forced(asking: &Asking<'_>, was: &CommitId, tip: &Candidate) -> Fault {
    let Asking { keys, want, .. } = *asking;
    Fault::alarm(
        Trouble::new(format!(
            "{} of {} was force-pushed: it no longer contains the locked commit",
            tip.refname.as_deref().unwrap_or("HEAD"),
            keys.url
        ))
        .expected(format!("a descendant of {was}"))
        .found(tip.commit.to_string())
        .help(format!(
            "find out why; if the change is right: dubo-pin refresh {} --accept-changed {}",
            want.pin, want.pin
        )),
    )
}

/// A ref that was locked and is no longer there is gone; one that never was is a mistake.
pub(super) fn vanished(fault: Fault, old: Option<&Entry>) -> Fault {
    match old {
        Some(_) if fault.standing == Standing::Unlocked => Fault::gone(*fault.trouble),
        _ => fault,
    }
}

/// The locked version, if the manifest still allows it: who forbids it wants to leave it.
fn old_version(keys: &Keys, old: &Entry) -> Option<semver::Version> {
    order(old.value("version")?.as_str()).filter(|version| keys.admits_version(version))
}

pub(super) fn retagged(was: Option<CommitId>, is: Option<CommitId>) -> String {
    let said = |id: Option<CommitId>| {
        id.map_or_else(|| "a lightweight tag".to_owned(), |id| format!("tag object {}", short(&id)))
    };
    format!("the tag was made anew at the same commit: {} became {}", said(was), said(is))
}
