//! yarn 1: whether a pattern of `resolutions` holds somewhere on the ways to a dependency.
//!
//! For `v1`. A pattern is a glob over the names on the way from package.json, joined by `/`: `a/b`,
//! `a/**/b`, `**/a/b`, with `*` and `?` within a name. What else globs know (`{a,b}`, `[ab]`, `!a`)
//! is taken to match nothing, so that nothing is excused by it. In a folder with workspaces every way
//! begins with a name that yarn makes up.

use std::collections::HashSet;

use super::{By, Edge};

/// So many letters of patterns are looked at for one folder; then nothing matches.
const MOST: usize = 10_000_000;

/// The steps of a graph, to be gone along with a pattern.
pub(super) struct Ways<'a> {
    /// Of each entry: the names it wants, and the entries that it gets.
    of: Vec<Vec<(&'a str, usize)>>,
    /// The same of package.json and the workspaces.
    first: Vec<(Option<&'a str>, &'a str, usize)>,
    /// Names of the workspaces, if there are any.
    workspaces: Option<Vec<&'a str>>,
    looked_at: usize,
}

impl<'a> Ways<'a> {
    /// `names`: those of the workspaces by their index; `None` for a folder without any.
    pub(super) fn new(edges: impl Iterator<Item = &'a Edge>, entries: usize, names: Option<Vec<&'a str>>) -> Self {
        let mut of = vec![Vec::new(); entries];
        let mut first = Vec::new();
        for edge in edges {
            let step = (edge.wanted.name.as_str(), edge.to);
            match edge.by {
                By::Entry(at) => {
                    if let Some(all) = of.get_mut(at) {
                        all.push(step);
                    }
                }
                By::Root => first.push((None, step.0, step.1)),
                By::Workspace(at) => {
                    let name = names.as_ref().and_then(|names| names.get(at)).copied();
                    first.push((Some(name.unwrap_or_default()), step.0, step.1));
                }
                By::Resolutions => {}
            }
        }
        Self { of, first, workspaces: names, looked_at: 0 }
    }

    /// Those who want something at the end of a way that `way` matches: `a`, `a/**`, `**/a` for the
    /// patterns `a/b`, `a/**/b`, `**/a/b`.
    pub(super) fn ends(&mut self, way: &str) -> HashSet<By> {
        let pattern: Vec<&str> = way.split('/').collect();
        let mut ends = HashSet::new();
        if way.contains(['{', '[', '!', '(', '#', '\\']) || way.len() > 256 {
            return ends;
        }
        self.looked_at += way.len() * (1 + self.first.len());
        if self.looked_at > MOST {
            return ends;
        }
        let mut start = open(&pattern, 0);
        let has_workspaces = self.workspaces.is_some();
        if has_workspaces {
            // What stands for the made-up name is matched by nothing but globs.
            start = step(&pattern, &start, "workspace-aggregator-\u{0}");
        }
        let mut seen: HashSet<(usize, usize)> = HashSet::new();
        let mut next: Vec<(usize, usize)> = Vec::new();
        let is_end = |at: &usize| *at == pattern.len();
        if start.iter().any(is_end) {
            ends.insert(By::Root);
        }
        for (at, name) in self.workspaces.iter().flatten().enumerate() {
            if step(&pattern, &start, name).iter().any(is_end) {
                ends.insert(By::Workspace(at));
            }
        }
        for (workspace, name, to) in &self.first {
            let states = match workspace {
                Some(workspace) => step(&pattern, &start, workspace),
                None => start.clone(),
            };
            let states = step(&pattern, &states, name);
            next.extend(states.into_iter().map(|state| (*to, state)));
        }
        while let Some((at, state)) = next.pop() {
            if !seen.insert((at, state)) {
                continue;
            }
            if state == pattern.len() {
                ends.insert(By::Entry(at));
            }
            for (name, to) in self.of.get(at).into_iter().flatten() {
                self.looked_at += way.len();
                if self.looked_at > MOST {
                    return HashSet::new();
                }
                next.extend(step(&pattern, &[state], name).into_iter().map(|state| (*to, state)));
            }
        }
        ends
    }
}

/// Where in the pattern one is, having gone along to `at`: `**` may match nothing.
fn open(pattern: &[&str], at: usize) -> Vec<usize> {
    let mut all = vec![at];
    let mut at = at;
    while pattern.get(at) == Some(&"**") {
        at += 1;
        all.push(at);
    }
    all
}

/// Where in the pattern one may be behind a further name, which has a `/` in it if it has a scope.
fn step(pattern: &[&str], states: &[usize], name: &str) -> Vec<usize> {
    let mut states = states.to_vec();
    for part in name.split('/') {
        let mut after: Vec<usize> = Vec::new();
        for state in states {
            match pattern.get(state) {
                // `**` does not match what begins with a dot.
                Some(&"**") if !part.starts_with('.') => after.extend(open(pattern, state)),
                Some(&"**") | None => {}
                Some(glob) if is_like(glob, part) => after.extend(open(pattern, state + 1)),
                Some(_) => {}
            }
        }
        after.sort_unstable();
        after.dedup();
        states = after;
    }
    states
}

/// Whether a name is like a glob with `*` and `?`.
fn is_like(glob: &str, name: &str) -> bool {
    if !glob.contains(['*', '?']) {
        return glob == name;
    }
    let (glob, name): (Vec<char>, Vec<char>) = (glob.chars().collect(), name.chars().collect());
    if glob.len().saturating_mul(name.len()) > 65_536 || name.first() == Some(&'.') {
        return false;
    }
    // Where in the name one may be.
    let mut at = vec![false; name.len() + 1];
    if let Some(first) = at.first_mut() {
        *first = true;
    }
    for c in glob {
        let mut after = vec![false; name.len() + 1];
        let mut any = false;
        for (n, to) in after.iter_mut().enumerate() {
            let here = at.get(n).copied().unwrap_or_default();
            let before = n.checked_sub(1);
            let from = before.and_then(|b| at.get(b)).copied().unwrap_or_default();
            let same = before.and_then(|b| name.get(b)).is_some_and(|found| c == '?' || *found == c);
            any |= here;
            *to = if c == '*' { any } else { from && same };
        }
        at = after;
    }
    at.last().copied().unwrap_or_default()
}
