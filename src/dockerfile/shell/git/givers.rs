//! Which ARG or ENV gives a word: as a whole, or a part of it.
//!
//! For [`checkouts`](super::super::super::checkout::checkouts).

use std::ops::Range;

use super::super::super::parse::Dockerfile;
use super::super::BUDGET;
use super::super::spelled::Spelled;
use super::super::variables::{Declared, Scope};

/// The values of a file's assignments, by where they stand.
pub(in crate::dockerfile) struct Givers<'a> {
    file: &'a Dockerfile,
    declared: Declared<'a>,
    /// Each value with its assignment, by start.
    values: Vec<(Range<usize>, usize)>,
}

impl<'a> Givers<'a> {
    pub(in crate::dockerfile) fn new(file: &'a Dockerfile) -> Self {
        let mut values = Vec::new();
        for (index, assignment) in file.assignments().iter().enumerate() {
            let line = file.instructions().get(assignment.instruction).map(|i| &i.line);
            if let (Some(line), Some(value)) = (line, assignment.value.clone()) {
                values.push((line.cover(value), index));
            }
        }
        values.sort_by_key(|(range, _)| range.start);
        Self { file, declared: Declared::new(file, BUDGET), values }
    }

    /// The assignment whose value is all of a word, and a word that is all of that value.
    pub(in crate::dockerfile) fn whole(&self, word: &Spelled, instruction: usize) -> Option<usize> {
        word.variable()?;
        if word.value.is_none() {
            return self.trigger(word.variable()?, instruction);
        }
        let span = word.span();
        let (range, index) = self.holding(&span)?;
        let quotes = |range: Range<usize>| {
            self.file.bytes().get(range).is_some_and(|b| b.iter().all(|b| matches!(b, b'"' | b'\'')))
        };
        (quotes(range.start..span.start) && quotes(span.end..range.end)).then_some(index)
    }

    /// The assignment that gives a word or a part of it.
    pub(in crate::dockerfile) fn part(&self, word: &Spelled, instruction: usize) -> Option<usize> {
        if let Some((_, index)) = word.variable().and_then(|_| self.holding(&word.span())) {
            return Some(index);
        }
        let holder = self.file.instructions().get(instruction)?;
        let scope = Scope { stage: holder.stage, before: instruction, onbuild: holder.is_onbuild() };
        word.variables().find_map(|name| self.declared.value(scope, name).or_else(|| self.trigger(name, instruction)))
    }

    /// The value that a range stands in.
    fn holding(&self, span: &Range<usize>) -> Option<(Range<usize>, usize)> {
        let before = self.values.partition_point(|(range, _)| range.start <= span.start);
        let (range, index) = self.values.get(before.checked_sub(1)?)?;
        (span.end <= range.end).then_some((range.clone(), *index))
    }

    /// Of an instruction in an ONBUILD: what an ONBUILD before it gives a name.
    fn trigger(&self, name: &str, instruction: usize) -> Option<usize> {
        let holder = self.file.instructions().get(instruction)?;
        if !holder.is_onbuild() {
            return None;
        }
        let all = self.file.assignments();
        let end = all.partition_point(|a| a.instruction < instruction);
        let (index, last) = all
            .iter()
            .enumerate()
            .take(end)
            .rev()
            .take_while(|(_, a)| a.stage == holder.stage)
            .take(MOST)
            .find(|(_, a)| a.onbuild && a.name == name)?;
        last.value.as_ref().filter(|v| !v.is_empty()).map(|_| index)
    }
}

/// No more assignments than this are looked through.
const MOST: usize = 1000;
