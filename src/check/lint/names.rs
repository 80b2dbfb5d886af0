//! Which ARG or ENV gives a name its value, looked up by name.
//!
//! For the rules that speak of an ARG. What it is worth is told by the dockerfile floor.

use std::collections::BTreeMap;

use crate::dockerfile::{Assignment, Dockerfile};

/// No more assignments of one name than this are looked through.
const SAME: usize = 64;

/// The assignments of a file by name.
pub(super) struct Names<'a> {
    file: &'a Dockerfile,
    by_name: BTreeMap<&'a str, Vec<usize>>,
    /// Whether some name is known to the build alone.
    open: bool,
}

impl<'a> Names<'a> {
    pub(super) fn of(file: &'a Dockerfile) -> Self {
        let mut by_name: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (index, a) in file.assignments().iter().enumerate() {
            by_name.entry(&a.name).or_default().push(index);
        }
        let odd = |name: &&str| name.contains(|c: char| !c.is_ascii_alphanumeric() && c != '_');
        let open = by_name.keys().any(odd);
        Self { file, by_name, open }
    }

    /// Whether anything else may set the name of an assignment.
    pub(super) fn again(&self, assignment: usize) -> bool {
        let name = self.file.assignments().get(assignment).map_or("", |a| a.name.as_str());
        self.open || self.by_name.get(name).is_some_and(|all| all.len() > 1)
    }

    /// The assignment of a name that an instruction of a stage is meant to see: the last ARG of the
    /// stage with a value, else its ENV, else an ARG before the first FROM.
    pub(super) fn giver(&self, stage: Option<usize>, before: usize, name: &str) -> Option<usize> {
        let all = self.by_name.get(name)?;
        let get = |index: &usize| self.file.assignments().get(*index);
        let behind = all.partition_point(|i| get(i).is_some_and(|a| a.instruction < before));
        let near = || all.get(..behind).unwrap_or_default().iter().rev().take(SAME);
        let own = |a: &Assignment, env: bool| a.stage == stage && a.env == env && a.value.is_some();
        let last = |env: bool| near().find(|i| get(i).is_some_and(|a| own(a, env))).copied();
        let global = all.iter().take(SAME).take_while(|i| get(i).is_some_and(|a| a.stage.is_none()));
        last(false).or_else(|| last(true)).or_else(|| global.last().copied())
    }
}
