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

/// Whether all packages of a universe have what they need among themselves.
///
/// # Errors
/// [`Conflict`]: the first that lacks something.
pub fn met(universe: &Universe) -> Result<(), Conflict> {
    check::met(universe)
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

#[cfg(test)]
mod tests {
    use super::*;

    fn universe(index: &str) -> Universe {
        let mut universe = Universe::new("amd64");
        universe.add(index, 500).unwrap();
        universe
    }

    fn stanza(name: &str, version: &str, more: &str) -> String {
        format!("Package: {name}\nVersion: {version}\nArchitecture: amd64\n{more}\n")
    }

    fn named(names: &[&str]) -> Vec<Request> {
        let one = |name: &&str| Request { name: (*name).to_owned(), architecture: None, version: None };
        names.iter().map(one).collect()
    }

    /// `name=version<who needs it`, one after the other.
    fn solved(universe: &Universe, commands: &[&[&str]], recommends: bool) -> Result<String, String> {
        let commands: Vec<Vec<Request>> = commands.iter().map(|names| named(names)).collect();
        let closure = solve(universe, &commands, &[], recommends).map_err(|e| e.said.join("; "))?;
        let one = |p: &Picked| {
            format!("{}={}{}", p.name, p.version, p.by.as_ref().map(|by| format!("<{by}")).unwrap_or_default())
        };
        let mut out: Vec<String> = closure.picked.iter().map(one).collect();
        out.extend(closure.removed.iter().map(|gone| format!("-{gone}")));
        Ok(out.join(" "))
    }

    #[test]
    fn recommended_packages_come_by_choice_alone() {
        let index = stanza("a", "1", "Recommends: b, missing\n") + &stanza("b", "1", "");
        let universe = universe(&index);
        assert_eq!(solved(&universe, &[&["a"]], false).unwrap(), "a=1");
        assert_eq!(solved(&universe, &[&["a"]], true).unwrap(), "a=1 b=1<a");
    }

    #[test]
    fn a_later_line_finds_what_an_earlier_one_installed() {
        let index = stanza("a", "1", "Depends: x | y\n") + &stanza("x", "1", "") + &stanza("y", "1", "");
        let universe = universe(&index);
        assert_eq!(solved(&universe, &[&["a"]], false).unwrap(), "a=1 x=1<a");
        assert_eq!(solved(&universe, &[&["y"], &["a"]], false).unwrap(), "a=1 y=1");
    }

    #[test]
    fn a_base_is_kept_moved_with_its_like_or_told_as_lost() {
        let index = stanza("new", "2", "Source: s (2)\n")
            + &stanza("old", "2", "Source: s (2)\n")
            + &stanza("other", "1", "Conflicts: old\n");
        let mut universe = universe(&index);
        universe
            .base("Package: old\nStatus: install ok installed\nVersion: 1\nArchitecture: amd64\nSource: s (1)\n")
            .unwrap();
        assert_eq!(solved(&universe, &[&["new"]], false).unwrap(), "new=2 old=2<new");
        assert_eq!(solved(&universe, &[&["other"]], false).unwrap(), "other=1 -old 1");
    }

    #[test]
    fn a_set_that_lacks_something_is_not_met() {
        let index = stanza("a", "1", "Depends: b (>= 2) | c\n") + &stanza("b", "1", "");
        let why = met(&universe(&index)).unwrap_err().said;
        assert_eq!(why, ["a 1 needs b (>= 2) | c, which nothing that would stand meets"]);
        assert_eq!(met(&universe(&(index + &stanza("c", "1", "")))), Ok(()));
    }

    #[test]
    fn a_relation_that_cannot_be_read_is_no_relation() {
        let error = Universe::new("amd64").add(&stanza("a", "1", "Depends: b c\n"), 500).unwrap_err();
        assert_eq!(error.to_string(), "the Depends of a cannot be read: `b c`");
    }
}
