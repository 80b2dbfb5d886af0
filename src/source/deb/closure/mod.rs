//! The closure of packages: all that an install brings, as apt would choose it, and why.
//!
//! For the resolver of deb pins. Pure: stanzas in, choices out; no archive is opened here and no file
//! read.
//!
//! | file | what it is for |
//! |---|---|
//! | `relation` | the fields that relate packages to each other |
//! | `universe` | all packages there are, and what each meets and refuses |
//! | `marks` | which version stands where, so far |
//! | `mark` | the marking itself |
//! | `sweep` | what nobody needs goes; who needs what stays |
//! | `check` | whether the outcome is whole, judged apart |
//! | `conflict` | why packages cannot be installed together |

mod check;
mod conflict;
mod mark;
mod marks;
mod relation;
mod sweep;
mod universe;

pub use conflict::Conflict;
pub use universe::{LOOKED_AT, Universe, Unreadable};

use mark::Marker;
use marks::Marks;
use universe::Pid;

/// A package that a command names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The package.
    pub name: String,
    /// Its architecture, if not the native one.
    pub architecture: Option<String>,
    /// Exactly this version; else the candidate.
    pub version: Option<String>,
}

/// A package that will be installed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Picked {
    /// The package.
    pub name: String,
    /// Its architecture, if not the native one.
    pub architecture: Option<String>,
    /// Its version.
    pub version: String,
    /// Who needs it: another that will be installed, or of the base; `None`: it was asked for.
    pub by: Option<String>,
}

/// What comes of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Closure {
    /// What is installed or brought to another version, by name.
    pub picked: Vec<Picked>,
    /// What of the base would have to go, as name and version.
    pub removed: Vec<String>,
}

/// Installs what each of the commands names, one command after the other, on what the base has. What
/// is to be kept at a version is taken at that one wherever there is a choice of versions.
///
/// # Errors
/// [`Conflict`]: a package that is not there, or what stands in its way.
pub fn solve(
    universe: &Universe,
    commands: &[Vec<Request>],
    kept: &[Request],
    recommends: bool,
) -> Result<Closure, Conflict> {
    let mut marks = Marks::new(universe);
    for request in kept {
        if let Ok(pid) = wanted(&marks, request) {
            marks.choose(pid);
        }
    }
    let mut marker = Marker::new(marks, recommends);
    let mut roots: Vec<Pid> = Vec::new();
    for command in commands {
        let mut named = Vec::new();
        for request in command {
            let pid = wanted(&marker.marks, request)?;
            if !named.contains(&pid) {
                named.push(pid);
            }
        }
        marker.command(&named)?;
        roots.extend(named);
        sweep::sweep(&mut marker.marks, &roots);
    }
    let standing: Vec<Pid> = marker.marks.standing().collect();
    check::check(universe, &standing)?;
    Ok(sweep::told(&marker.marks, &roots))
}

fn wanted(marks: &Marks<'_>, request: &Request) -> Result<Pid, Conflict> {
    let universe = marks.universe;
    let missing = || Conflict { said: vec![format!("no archive of the pin has {}", request.name)] };
    let slot = universe.find(&request.name, request.architecture.as_deref()).ok_or_else(missing)?;
    let found = match &request.version {
        None => marks.candidate(slot),
        Some(version) => {
            let all = universe.by_slot.get(slot as usize).into_iter().flatten().copied();
            all.into_iter().find(|pid| universe.version_of(universe.package(*pid).version) == version)
        }
    };
    let pid = found.ok_or_else(missing)?;
    // apt downgrades nothing unless it is told to
    match marks.installed(slot) {
        Some(base) if universe.later(pid, base).is_lt() => Err(Conflict {
            said: vec![format!(
                "the base has {}, newer than {}, which is asked for: apt would refuse to go back",
                universe.said(base),
                universe.said(pid)
            )],
        }),
        _ => Ok(pid),
    }
}
