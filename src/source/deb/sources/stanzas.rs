//! The deb822 form: stanzas of `Types`, `URIs`, `Suites`, `Components`, and options.

use std::ops::Range;

use crate::model::{Trouble, quoted, visible};

use super::super::deb822::{self, Field, Flaw};
use super::options::yes_or_no;
use super::{Entry, Reader};

impl<'a> Reader<'a> {
    /// Reads the whole file.
    pub(super) fn stanzas(&mut self) {
        let mut begin = 0;
        let mut at = 0;
        for line in self.content.split_inclusive('\n') {
            let start = at;
            at += line.len();
            if line.trim_end_matches(['\r', '\n']).is_empty() {
                self.stanza(begin..start);
                begin = at;
            }
            if self.is_full() {
                return;
            }
        }
        self.stanza(begin..at);
    }

    fn stanza(&mut self, at: Range<usize>) {
        let text = self.content.get(at.clone()).unwrap_or_default();
        if text.lines().all(|line| line.starts_with('#')) {
            return;
        }
        let moved = |range: Range<usize>| range.start + at.start..range.end + at.start;
        let fields = match deb822::fields(text, true) {
            Ok(fields) => fields,
            Err(Flaw::Line { at, reason, .. }) => {
                return self.report(Trouble::new(format!("the line cannot be read: {reason}")), moved(at));
            }
            Err(Flaw::Twice { at, name, .. }) => {
                return self.report(Trouble::new(format!("the field {} stands there twice", quoted(&name))), moved(at));
            }
        };
        let get = |name: &str| fields.iter().find(|f| f.is(name));
        if let Some(enabled) = get("Enabled") {
            match yes_or_no(enabled.value) {
                Ok(true) => {}
                Ok(false) => return,
                Err(trouble) => return self.report(trouble, moved(enabled.value_at.clone())),
            }
        }
        let words = |reader: &Self, field: Option<&Field<'_>>| match field {
            Some(field) => reader.words(moved(field.value_at.clone()), &[]),
            None => Vec::new(),
        };
        let types = words(self, get("Types"));
        let first = fields.first().map(|f| moved(f.name_at.clone())).unwrap_or_default();
        if types.is_empty() {
            return self.report(Trouble::new("the entry has no `Types`").expected("`Types: deb`"), first);
        }
        for (word, at) in &types {
            if !matches!(*word, "deb" | "deb-src") {
                let trouble = Trouble::new(format!("{} is no type of archive", quoted(word)));
                self.report(trouble.expected("`deb` or `deb-src`"), at.clone());
            }
        }
        if !types.iter().any(|(word, _)| *word == "deb") {
            return;
        }
        let mut entry = Entry {
            at: get("URIs").map_or(first, |f| moved(f.value_at.clone())),
            uris: words(self, get("URIs")),
            suites: words(self, get("Suites")),
            components: words(self, get("Components")),
            ..Entry::default()
        };
        for field in &fields {
            self.option(&mut entry.options, &visible(field.name), moved(field.value_at.clone()), &[]);
        }
        self.finish(entry);
    }
}
