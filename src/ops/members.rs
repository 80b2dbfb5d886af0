//! One verb over a folder, or over all members of a workspace.
//!
//! For the verbs that work on workspaces: which pins of which member are meant, the members side by
//! side, and what they come to as seen from the workspace's folder.

use std::path::Path;

use super::project::failure;
use super::stand::{Ground, Stand, stand};
use crate::manifest::Manifest;
use crate::model::{
    Adopted, Class, Failure, FileChange, PinName, PinOutcome, Place, Refreshed, Row, Trouble, Verdict, glob, quoted,
};

/// What a verb came to.
#[derive(Clone, Debug)]
pub enum Answer<T> {
    /// Of the one folder.
    One(T),
    /// Of a workspace: of each member by name, and what is wrong with the workspace itself.
    Members(Vec<Member<T>>, Vec<Failure>),
}

/// What a verb came to in one member.
#[derive(Clone, Debug)]
pub struct Member<T> {
    /// Its folder from that of the workspace; `.` for the workspace's own.
    pub name: String,
    /// Places in it are seen from the workspace's folder.
    pub result: Result<T, Vec<Failure>>,
}

/// Runs a verb in a folder, or side by side in the members of a workspace: in all, or in those whose
/// folders are named.
pub(super) fn each<T: Seen + Send>(
    dir: &Path,
    folders: &[String],
    verb: impl Fn(&Ground) -> Result<T, Vec<Failure>> + Sync,
) -> Result<Answer<T>, Vec<Failure>> {
    let (mut meant, whole) = meant(dir, &[])?;
    if let Some(pattern) = folders.iter().find(|p| !meant.iter().any(|(g, _)| folders_match(p, &g.name()))) {
        let trouble = match whole {
            Some(_) => Trouble::new(format!("no member of the workspace is called {}", quoted(pattern))),
            None => Trouble::new(format!("{} would be a member of a workspace, and this is none", quoted(pattern))),
        };
        return Err(vec![failure(
            Class::Usage,
            trouble.help("members are named by their folders, or by globs of such"),
        )]);
    }
    meant.retain(|(ground, _)| folders.is_empty() || folders.iter().any(|p| folders_match(p, &ground.name())));
    let jobs = std::thread::available_parallelism().map_or(2, usize::from);
    let results = crate::remote::each(&meant, jobs, |(ground, _)| verb(ground));
    answer(meant.iter().map(|(ground, _)| ground.name()).zip(results), whole)
}

/// Where a verb works: each folder with the names that are meant there.
pub(super) type Meant = Vec<(Ground, Vec<String>)>;

/// The folders in which a verb works. For a workspace, also what is wrong with it.
pub(super) fn meant(dir: &Path, names: &[String]) -> Result<(Meant, Option<Vec<Failure>>), Vec<Failure>> {
    match stand(dir)? {
        Stand::One(ground) => Ok((vec![(ground, names.to_vec())], None)),
        Stand::Workspace(grounds, failures) => Ok((of_members(grounds, names)?, Some(failures))),
    }
}

/// Puts together what a verb came to in each folder.
pub(super) fn answer<T: Seen>(
    results: impl Iterator<Item = (String, Result<T, Vec<Failure>>)>,
    whole: Option<Vec<Failure>>,
) -> Result<Answer<T>, Vec<Failure>> {
    let mut results = results;
    match whole {
        None => results.next().map_or_else(|| Err(Vec::new()), |(_, result)| result.map(Answer::One)),
        Some(failures) => {
            let member = |(name, result): (String, Result<T, Vec<Failure>>)| {
                let result = rise(&name, result);
                Member { name, result }
            };
            Ok(Answer::Members(results.map(member).collect(), failures))
        }
    }
}

/// The members that names mean, each with what is meant there. A name is a pin's, or a glob of such, in
/// any member; with a slash, what stands before the last one is a member's folder, or a glob of such.
fn of_members(grounds: Vec<Ground>, names: &[String]) -> Result<Meant, Vec<Failure>> {
    if names.is_empty() {
        return Ok(grounds.into_iter().map(|g| (g, Vec::new())).collect());
    }
    let mut found = vec![false; names.len()];
    let mut known: Vec<String> = Vec::new();
    let mut out = Vec::new();
    for ground in grounds {
        let member = ground.name();
        // One that cannot be read is told by the verb, if it is meant by its folder.
        let pins = pins(&ground);
        let mut here = Vec::new();
        for (name, found) in names.iter().zip(&mut found) {
            let (folder, pin) = name.rsplit_once('/').map_or((None, name.as_str()), |(f, p)| (Some(f), p));
            if !folder.is_none_or(|folder| folders_match(folder, &member)) {
                continue;
            }
            let has = match &pins {
                Some(pins) => pins.iter().any(|own| glob(pin, own.as_str())),
                None => folder.is_some(),
            };
            if has {
                *found = true;
                here.push(pin.to_owned());
            }
        }
        known.extend(pins.iter().flatten().map(|pin| format!("{member}/{pin}")));
        if !here.is_empty() {
            out.push((ground, here));
        }
    }
    let missing = |(name, _): (&String, &bool)| {
        let trouble = Trouble::new(format!("no pin of any member is called {}", quoted(name)));
        let near = crate::model::suggest(name, known.iter().map(String::as_str));
        let help = near.map_or_else(
            || "dubo-pin list says what there is; a member's pin is MEMBER/PIN".to_owned(),
            |near| format!("did you mean {near}?"),
        );
        failure(Class::Usage, trouble.help(help))
    };
    let failures: Vec<Failure> = names.iter().zip(&found).filter(|(_, found)| !**found).map(missing).collect();
    if failures.is_empty() { Ok(out) } else { Err(failures) }
}

/// Component by component.
fn folders_match(pattern: &str, folder: &str) -> bool {
    let (patterns, parts): (Vec<&str>, Vec<&str>) = (pattern.split('/').collect(), folder.split('/').collect());
    let patterns: Vec<&str> = patterns.into_iter().filter(|p| !p.is_empty()).collect();
    patterns.len() == parts.len() && patterns.iter().zip(parts).all(|(p, part)| glob(p, part))
}

/// The pins of a folder, if its manifest can be read.
fn pins(ground: &Ground) -> Option<Vec<PinName>> {
    let root = ground.root().ok()?;
    let bytes = root.read(&super::project::MANIFEST.parse().ok()?, super::project::CAP).ok()??;
    let none = crate::manifest::Inherited::default();
    let inherited = ground.above.as_ref().map_or(&none, |above| &above.inherited);
    let manifest = Manifest::parse_under(super::project::MANIFEST, &bytes, inherited).ok()?;
    Some(manifest.pins.into_keys().collect())
}

/// Whatever names places in a member's folder, and commands to be run there.
pub(crate) trait Seen {
    /// Names them as seen from the workspace's folder; `.` is that itself.
    fn rise(&mut self, member: &str);
}

/// What a verb came to in a member, as seen from the workspace's folder.
pub(super) fn rise<T: Seen>(member: &str, result: Result<T, Vec<Failure>>) -> Result<T, Vec<Failure>> {
    if member == "." {
        return result;
    }
    match result {
        Ok(mut made) => {
            made.rise(member);
            Ok(made)
        }
        Err(mut failures) => {
            failures.iter_mut().for_each(|f| f.trouble.rise(member));
            Err(failures)
        }
    }
}

impl Seen for Trouble {
    fn rise(&mut self, member: &str) {
        if member == "." {
            return;
        }
        if let Some(place) = &mut self.place {
            place.rise(member);
        }
        if let Some(help) = &mut self.help {
            *help = commands(help, member);
        }
    }
}

impl Seen for Place {
    fn rise(&mut self, member: &str) {
        self.file = joined(member, &self.file);
    }
}

impl Seen for Verdict {
    fn rise(&mut self, member: &str) {
        self.findings.iter_mut().for_each(|f| f.trouble.rise(member));
        let Some(linted) = &mut self.linted else { return };
        linted.fixed.iter_mut().for_each(|f| f.trouble.rise(member));
        linted.notes.iter_mut().for_each(|t| t.rise(member));
        linted.files.iter_mut().for_each(|f| f.rise(member));
        for replacement in linted.fixes.values_mut().flatten() {
            replacement.file = joined(member, &replacement.file);
        }
    }
}

impl Seen for Vec<Row> {
    fn rise(&mut self, member: &str) {
        for row in self {
            row.trouble.iter_mut().chain(&mut row.warnings).for_each(|t| t.rise(member));
        }
    }
}

impl Seen for Refreshed {
    fn rise(&mut self, member: &str) {
        self.notes.iter_mut().for_each(|t| t.rise(member));
        for pin in &mut self.pins {
            if let PinOutcome::Failed(failure) = pin {
                failure.trouble.rise(member);
            }
        }
        self.files.iter_mut().for_each(|f| f.rise(member));
    }
}

impl Seen for FileChange {
    fn rise(&mut self, member: &str) {
        let (old, new) = (self.path.clone(), joined(member, &self.path));
        for head in ["--- a/", "+++ b/"] {
            self.diff = self.diff.replacen(&format!("{head}{old}\n"), &format!("{head}{new}\n"), 1);
        }
        self.path = new;
    }
}

impl Seen for Adopted {
    fn rise(&mut self, member: &str) {
        self.pins.iter_mut().for_each(|p| p.place.rise(member));
        self.not_understood.iter_mut().chain(&mut self.notes).for_each(|t| t.rise(member));
        self.files.iter_mut().for_each(|f| f.rise(member));
    }
}

/// A path from a member's folder, as it is from the workspace's: `../` leads out of it.
fn joined(member: &str, path: &str) -> String {
    let mut parts: Vec<&str> = member.split('/').collect();
    for part in path.split('/') {
        if part == ".." && parts.last().is_some_and(|p| *p != "..") {
            parts.pop();
        } else {
            parts.push(part);
        }
    }
    parts.join("/")
}

/// Our verbs, and git's that help names: only before these a folder is named.
const VERBS: [&str; 14] = [
    "dubo-pin add ",
    "dubo-pin export ",
    "dubo-pin fetch",
    "dubo-pin init",
    "dubo-pin lint",
    "dubo-pin list",
    "dubo-pin outdated",
    "dubo-pin refresh",
    "dubo-pin remove ",
    "dubo-pin rename ",
    "dubo-pin verify",
    "git checkout ",
    "git lfs ",
    "git log ",
];

/// Advice with its commands as they are given in the workspace's folder.
fn commands(help: &str, member: &str) -> String {
    let plain = member.bytes().all(|b| b.is_ascii_alphanumeric() || b"/._-+".contains(&b)) && !member.starts_with('-');
    let folder = if plain { member.to_owned() } else { format!("'{}'", member.replace('\'', "'\\''")) };
    let mut out = help.to_owned();
    for verb in VERBS {
        if let Some((program, rest)) = verb.split_once(' ') {
            out = out.replace(verb, &format!("{program} -C {folder} {rest}"));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_and_commands_are_told_as_seen_from_the_workspace() {
        assert_eq!(joined("a/b", "Dockerfile"), "a/b/Dockerfile");
        assert_eq!(joined("a/b", "../../pins.toml"), "pins.toml");
        assert_eq!(joined("a", "../../x"), "../x");
        let help = "dubo-pin fetch x, or git checkout -- context/x; dubo-pin did not write it";
        let said = "dubo-pin -C a/b fetch x, or git -C a/b checkout -- context/x; dubo-pin did not write it";
        assert_eq!(commands(help, "a/b"), said);
        assert_eq!(commands("dubo-pin refresh", "it's"), "dubo-pin -C 'it'\\''s' refresh");
    }

    #[test]
    fn folders_match_component_by_component() {
        for (pattern, folder, is) in [
            ("*", "a", true),
            ("*", "a/b", false),
            ("images/*", "images/b", true),
            ("a", "ab", false),
            (".", ".", true),
        ] {
            assert_eq!(folders_match(pattern, folder), is, "{pattern} {folder}");
        }
    }
}
