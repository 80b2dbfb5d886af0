//! The one-line form: `deb [options] uri suite component…`.

use std::ops::Range;

use crate::model::{Trouble, quoted};

use super::{Entry, Reader};

/// Whether a file whose name does not tell looks like one of this form: by its first line that says anything.
pub(super) fn is_such(content: &str) -> bool {
    let mut lines = content.lines().map(str::trim_start).filter(|l| !l.is_empty() && !l.starts_with('#'));
    lines.next().is_some_and(|line| {
        let word = line.split([' ', '\t', '[']).next();
        matches!(word, Some("deb" | "deb-src"))
    })
}

impl<'a> Reader<'a> {
    /// Reads the whole file.
    pub(super) fn lines(&mut self) {
        let mut at = 0;
        for raw in self.content.split_inclusive('\n') {
            let begin = at;
            at += raw.len();
            let line = raw.split(['#', '\r', '\n']).next().unwrap_or_default();
            let blank = line.len() - line.trim_start().len();
            let end = begin + line.trim_end().len();
            if begin + blank < end {
                self.line(begin + blank..end);
            }
            if self.is_full() {
                return;
            }
        }
    }

    fn line(&mut self, at: Range<usize>) {
        let line = self.content.get(at.clone()).unwrap_or_default();
        let kind = line.split([' ', '\t', '[']).next().unwrap_or_default();
        match kind {
            "deb" => {}
            "deb-src" => return,
            other => {
                let trouble = Trouble::new(format!("{} is no type of archive", quoted(other)));
                return self.report(trouble.expected("`deb` or `deb-src`"), at.start..at.start + other.len().max(1));
            }
        }
        if line.bytes().any(|b| b.is_ascii_control() && b != b'\t') {
            return self.report(Trouble::new("a control character stands in the line"), at);
        }
        let mut entry = Entry { at: at.clone(), ..Entry::default() };
        let rest = line.get(kind.len()..).unwrap_or_default();
        let mut start = at.end - rest.trim_start().len();
        if let Some(options) = rest.trim_start().strip_prefix('[') {
            let Some((options, _)) = options.split_once(']') else {
                return self.report(Trouble::new("the `[` is not closed"), start..start + 1);
            };
            let inside = start + 1..start + 1 + options.len();
            start = inside.end + 1;
            for (word, at) in self.words(inside, &[]) {
                self.line_option(&mut entry, word, at);
            }
        }
        // Such an address holds blanks.
        let rest = self.content.get(start..at.end).unwrap_or_default();
        if rest.trim_start().starts_with("cdrom:") {
            let begin = at.end - rest.trim_start().len();
            return self
                .report(Trouble::new("`cdrom:` is refused: only https, http and file are followed"), begin..at.end);
        }
        let mut words = self.words(start..at.end, &[]).into_iter();
        entry.uris = words.next().into_iter().collect();
        entry.suites = words.next().into_iter().collect();
        entry.components = words.collect();
        self.finish(entry);
    }

    fn line_option(&mut self, entry: &mut Entry<'a>, word: &'a str, at: Range<usize>) {
        let Some((key, value)) = word.split_once('=') else {
            let trouble = Trouble::new(format!("{} is no option such as `arch=amd64`", quoted(word)));
            return self.report(trouble, at);
        };
        let name = match key.to_ascii_lowercase().as_str() {
            "arch" => "architectures".to_owned(),
            "arch+" => "architectures-add".to_owned(),
            "arch-" => "architectures-remove".to_owned(),
            other => other.to_owned(),
        };
        self.option(&mut entry.options, &name, at.end - value.len()..at.end, &[',']);
    }
}
