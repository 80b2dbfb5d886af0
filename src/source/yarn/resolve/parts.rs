//! The packages of one yarn pin, each resolved as a git pin of its own: so moved tags, force-pushed
//! branches and downgrades weigh here as they do there.
//!
//! For the two forms of a yarn pin, the folder and the Dockerfile. It reads no file.

use super::super::package;
use crate::lock::Entry;
use crate::model::{CommitId, GitUrl, Held, Place, Standing, Token, Trouble, quoted};
use crate::remote::Remote;
use crate::remote::git::Ask;
use crate::source::git;
use crate::source::resolve::{Aim, Fault, Outlook, Resolved, Want};

/// How many packages are resolved at once.
const JOBS: usize = 4;

/// One package that comes from git.
#[derive(Clone, Debug)]
pub(super) struct Part {
    /// Its key among the values of the lock.
    pub(super) key: String,
    /// Its repository, and what of it is followed.
    pub(super) keys: git::Keys,
    /// What the lock holds of it, as a git pin's entry.
    pub(super) old: Option<Entry>,
    /// The commit that stands for it now, beside the lock: in yarn.lock, or in the Dockerfile.
    pub(super) bears: Option<CommitId>,
    /// Where it is asked for.
    pub(super) place: Place,
}

impl Part {
    /// What this package aims at when the pin aims so; and whether the newest will do where that is
    /// not allowed any more.
    fn aim(&self, want: &Want<'_>, alone: bool) -> Result<(Aim, bool), Fault> {
        let keep =
            |commit: &str| Aim::Keep([("commit".to_owned(), commit.to_owned())].into_iter().filter_map(pair).collect());
        let stays = |or_newest: bool| match (&self.old, &self.bears) {
            (Some(old), _) if old.value("commit").is_some() => {
                (keep(old.value("commit").map_or("", Token::as_str)), or_newest)
            }
            (_, Some(commit)) => (keep(&commit.to_string()), or_newest),
            _ => (Aim::Newest, false),
        };
        Ok(match &want.aim {
            Aim::Prove => (Aim::Prove, false),
            Aim::Keep(_) => stays(false),
            // What is not locked yet stays where it is, if the rule allows it: adoption moves nothing.
            Aim::Newest if self.old.is_none() => stays(true),
            Aim::Newest => (Aim::Newest, false),
            Aim::At(token) => match token.as_str().split_once('=') {
                Some((name, value)) if name == self.key => {
                    let value = Token::new(value).map_err(|e| Fault::usage(Trouble::new(e.to_string())))?;
                    (Aim::At(value), false)
                }
                Some(_) => stays(true),
                None if alone => (Aim::At(token.clone()), false),
                None => {
                    let trouble = Trouble::new("the pin has several packages, and --to does not say which is meant");
                    let help = format!("name it: --to {}={token}", self.key);
                    return Err(Fault::usage(trouble.help(help)));
                }
            },
        })
    }

    fn resolve(&self, want: &Want<'_>, alone: bool, remote: &Remote) -> Result<Resolved, Fault> {
        let (aim, or_newest) = self.aim(want, alone)?;
        // The tar is the folder's matter.
        let old = self.old.clone().map(|old| Entry { artifacts: Vec::new(), ..old });
        let own = |aim: Aim| Want { aim, old: old.as_ref(), vendor: None, asked: Vec::new(), ..want.clone() };
        let answer = match git::resolve(&self.keys, &own(aim), remote) {
            Err(fault) if or_newest && fault.class == crate::model::Class::Differs => {
                let note = format!("what stands there was not kept: {}", fault.trouble.message);
                git::resolve(&self.keys, &own(Aim::Newest), remote).map(|mut resolved| {
                    resolved.notes.insert(0, note);
                    resolved
                })
            }
            other => other,
        };
        answer.map_err(|fault| self.at(fault))
    }

    /// A trouble says which package it concerns.
    fn told(&self, mut trouble: Trouble) -> Trouble {
        trouble.place.get_or_insert_with(|| self.place.clone());
        if !trouble.message.contains(self.key.as_str()) {
            trouble.message = format!("{}: {}", self.key, trouble.message);
        }
        trouble
    }

    /// A fault says which package it concerns.
    fn at(&self, mut fault: Fault) -> Fault {
        if fault.trouble.help.as_deref().is_some_and(|help| help.starts_with("change the pin's keys")) {
            fault.trouble.help = Some(format!(
                "say in pins.toml, under `packages` of the pin, what it follows: {} = {{ tag = \"…\" }}; or refresh it without --keep and --to",
                toml_key(&self.key)
            ));
        }
        fault.trouble = Box::new(self.told(*fault.trouble));
        fault
    }
}

fn pair((key, value): (String, String)) -> Option<(String, Token)> {
    Some((key, Token::new(&value).ok()?))
}

/// A name as a key of TOML: `@scope/name` needs its quotes.
fn toml_key(name: &str) -> String {
    let bare = name.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-".contains(&b));
    if bare { name.to_owned() } else { format!("\"{name}\"") }
}

/// A note on a package that stays at the commit that it bears, since nothing says what it follows.
pub(super) fn stays(part: &Part, file: &str) -> Option<String> {
    let Part { key, keys, .. } = part;
    matches!(keys.follow, git::Follow::Commit(_)).then(|| {
        format!(
            "{key}: {file} has a full commit, so it stays there; to follow something, say it in pins.toml, under \
             `packages` of the pin: {} = {{ branch = \"…\" }}",
            toml_key(key)
        )
    })
}

/// Resolves all packages; of several faults the gravest, with the others named.
pub(super) fn resolve(parts: &[Part], want: &Want<'_>, remote: &Remote) -> Result<Vec<Resolved>, Fault> {
    if let Aim::At(token) = &want.aim
        && let Some((name, _)) = token.as_str().split_once('=')
        && !parts.iter().any(|part| part.key == name)
    {
        let known: Vec<&str> = parts.iter().map(|part| part.key.as_str()).collect();
        let trouble = Trouble::new(format!("the pin has no package {} from git", quoted(name)));
        return Err(Fault::usage(trouble.expected(known.join(", "))));
    }
    let alone = parts.len() == 1;
    let (mut all, mut faults) = (Vec::new(), Vec::new());
    for answer in crate::remote::each(parts, JOBS, |part| part.resolve(want, alone, remote)) {
        match answer {
            Ok(resolved) => all.push(resolved),
            Err(fault) => faults.push(fault),
        }
    }
    let rank = |fault: &Fault| {
        use crate::model::Class;
        [Class::Usage, Class::Alarm, Class::Undone, Class::Differs].iter().position(|c| *c == fault.class)
    };
    faults.sort_by_key(rank);
    let mut faults = faults.into_iter();
    let Some(mut first) = faults.next() else { return Ok(all) };
    // Whoever accepts one of them accepts all.
    let others: Vec<String> = faults.map(|fault| fault.trouble.message.clone()).collect();
    if !others.is_empty() {
        first.trouble.message = format!("{}; and also: {}", first.trouble.message, others.join("; "));
    }
    Err(first)
}

/// Where the packages stand, as one: the gravest standing, and what is newer by name.
pub(super) fn outlook(parts: &[Part], want: &Want<'_>, remote: &Remote) -> Result<Outlook, Fault> {
    let one = |part: &Part| {
        let own = Want { old: part.old.as_ref(), vendor: None, asked: Vec::new(), ..want.clone() };
        git::outlook(&part.keys, &own, &remote.git()).map_err(|fault| part.at(fault))
    };
    let answers = crate::remote::each(parts, JOBS, one);
    let mut sum = Outlook::at(Standing::Current);
    let (mut newer, mut newest, mut held) = (Vec::new(), Vec::new(), Vec::new());
    for (part, answer) in parts.iter().zip(answers) {
        let outlook =
            answer.unwrap_or_else(|fault| Outlook { trouble: Some(*fault.trouble), ..Outlook::at(fault.standing) });
        let (standing, trouble) = (outlook.standing, outlook.trouble.map(|trouble| part.told(trouble)));
        let said = |value: String| format!("{} {value}", part.key);
        if matches!(standing, Standing::Newer | Standing::Moved) {
            newer.extend(outlook.allowed.map(said));
        }
        newest.extend(outlook.newest.map(said));
        held.push(outlook.held.into_iter().map(|h| Held { value: said(h.value), by: h.by }).collect());
        sum.warnings.extend(outlook.warnings.into_iter().map(|warning| part.told(warning)));
        let also = |first: Trouble, other: Option<Trouble>| match other {
            Some(other) => {
                let message = format!("{}; and also: {}", first.message, other.message);
                Trouble { message, ..first }
            }
            None => first,
        };
        sum.trouble = match (sum.trouble.take(), trouble) {
            (first, Some(trouble)) if gravity(standing) > gravity(sum.standing) => Some(also(trouble, first)),
            (Some(first), other) => Some(also(first, other)),
            (None, other) => other,
        };
        if gravity(standing) > gravity(sum.standing) {
            sum.standing = standing;
        }
    }
    let all = |said: Vec<String>| Some(said.join(", ")).filter(|s| !s.is_empty());
    sum.allowed = all(newer);
    sum.newest = all(newest);
    sum.held = in_turn(held);
    Ok(sum)
}

/// Warnings of packages that other packages take, each at the commit that is locked: one that is on
/// no branch or tag of its repository. Those that are followed are asked for in [`outlook`].
pub(super) fn impostors(parts: &[Part], want: &Want<'_>, remote: &Remote) -> Vec<Trouble> {
    let Some(old) = want.old else { return Vec::new() };
    let others: Vec<&str> =
        old.values.keys().map(Token::as_str).filter(|key| !parts.iter().any(|part| part.key == *key)).collect();
    let one = |key: &&str| -> Option<(String, Trouble)> {
        let url: GitUrl = package::proof(old, "repository", key)?.parse().ok()?;
        let commit = package::commit_of(old, key)?;
        let listing = match remote.git().refs(&url, Ask::All) {
            Ok(listing) => listing,
            Err(error) => return Some(((*key).to_owned(), error.trouble())),
        };
        Some(((*key).to_owned(), git::shown(&url, &listing, &commit, &remote.git()).err()?))
    };
    let told =
        |(key, trouble): (String, Trouble)| Trouble { message: format!("{key}: {}", trouble.message), ..trouble };
    crate::remote::each(&others, JOBS, one).into_iter().flatten().map(told).collect()
}

/// Newer values of all packages that are not taken, and why.
pub(super) fn held(parts: &[Part], answers: &[Resolved]) -> Vec<Held> {
    let one = |(part, answer): (&Part, &Resolved)| {
        let held = answer.held.iter();
        held.map(|held| Held { value: format!("{} {}", part.key, held.value), by: held.by.clone() }).collect()
    };
    in_turn(parts.iter().zip(answers).map(one).collect())
}

/// The newest of each package, then the next newest of each, so that a limit cuts off the oldest.
fn in_turn(all: Vec<Vec<Held>>) -> Vec<Held> {
    let mut ranked: Vec<(usize, Held)> = all.into_iter().flat_map(|held| held.into_iter().enumerate()).collect();
    ranked.sort_by_key(|(rank, _)| *rank);
    ranked.into_iter().map(|(_, held)| held).take(git::HELD).collect()
}

fn gravity(standing: Standing) -> u8 {
    match standing {
        Standing::Current => 0,
        Standing::Newer => 1,
        Standing::Moved => 2,
        Standing::Unlocked => 3,
        Standing::Unreachable => 4,
        Standing::Gone => 5,
        Standing::Alarm => 6,
    }
}
