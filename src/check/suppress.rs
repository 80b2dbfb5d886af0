//! What is left of findings once suppressions and `[lint]` are heeded. SUP001, LINT001.
//!
//! For `verify` and `lint`. The join cannot be silenced: only what [`Id::is_suppressible`] names. A
//! suppression holds for what is told of the lines of its instruction; of an operand that an ARG gives
//! as a whole, that is the ARG's.

use std::collections::{BTreeMap, BTreeSet};

use crate::dockerfile::Dockerfile;
use crate::dockerfile::suppress::{Suppression, suppressions};
use crate::manifest::Lint;
use crate::model::{Finding, Id, Place, Trouble, quoted, suggest};

/// Findings, judged.
#[derive(Clone, Debug, Default)]
pub struct Settled {
    /// Those that are left, with SUP001 and LINT001; by place, id and pin.
    pub findings: Vec<Finding>,
    /// How many a suppression with a reason silenced, or `[lint] ignore`.
    pub suppressed: usize,
}

/// Heeds suppressions and settings. `unseen`: findings of rules that are not told in this run, which a
/// suppression may be meant for.
#[must_use]
pub fn settle(files: &[Dockerfile], lint: &Lint, findings: Vec<Finding>, unseen: &[Finding]) -> Settled {
    let mut all = Comments::read(files);
    let ignored: BTreeSet<&str> = lint.ignore.iter().map(|id| id.value.as_str()).collect();
    let mut out = Settled::default();
    for finding in unseen {
        all.silences(finding);
    }
    for mut finding in findings {
        if finding.id.is_suppressible() && (all.silences(&finding) || ignored.contains(finding.id.as_str())) {
            out.suppressed += 1;
            continue;
        }
        let weight = lint.severity.iter().find(|(id, _)| id.as_str() == finding.id.as_str());
        if let Some((_, weight)) = weight.filter(|_| finding.id.is_suppressible()) {
            finding.severity = *weight;
        }
        out.findings.push(finding);
    }
    out.findings.extend(all.faults());
    out.findings.extend(settings(lint));
    out.findings.sort_by(|a, b| (&a.trouble.place, a.id, &a.pin).cmp(&(&b.trouble.place, b.id, &b.pin)));
    out
}

/// The suppressions of some Dockerfiles, and what they silence.
struct Comments {
    all: Vec<(String, Suppression)>,
    /// The lines that some hold for: where they end, by file and beginning. They do not overlap, but
    /// for those that begin with the directives.
    lines: BTreeMap<(String, usize), BTreeSet<usize>>,
    /// Whether an id is found in such lines.
    used: BTreeMap<Key, bool>,
}

/// A file, the lines from and to, an id.
type Key = (String, usize, usize, String);

impl Comments {
    fn read(files: &[Dockerfile]) -> Self {
        let mut out = Self { all: Vec::new(), lines: BTreeMap::new(), used: BTreeMap::new() };
        for file in files {
            for suppression in suppressions(file) {
                for key in keys(file.file(), &suppression) {
                    out.lines.entry((key.0.clone(), key.1)).or_default().insert(key.2);
                    out.used.insert(key, false);
                }
                out.all.push((file.file().to_owned(), suppression));
            }
        }
        out
    }

    /// Whether one of them silences a finding; all that do are used.
    fn silences(&mut self, finding: &Finding) -> bool {
        let Some(place) = finding.trouble.place.as_ref().filter(|_| finding.id.is_suppressible()) else { return false };
        let (file, line) = (place.file.as_str(), place.line);
        let from = |line: usize| (file.to_owned(), line);
        let near = self.lines.range(from(0)..=from(line)).next_back();
        let near = near.into_iter().chain(self.lines.get_key_value(&from(1)));
        let ends = near.flat_map(|((_, start), ends)| ends.range(line..).map(|end| (*start, *end)));
        let mut silent = false;
        for (start, end) in ends {
            let key = (file.to_owned(), start, end, finding.id.as_str().to_owned());
            if let Some(used) = self.used.get_mut(&key).filter(|_| start <= line) {
                *used = true;
                silent = true;
            }
        }
        silent
    }

    fn faults(&self) -> Vec<Finding> {
        let mut out = Vec::new();
        for (file, suppression) in &self.all {
            let mut tell = |place: &Place, trouble: Trouble| {
                out.push(Finding::error(Id::SUP001, None, trouble.at(place.clone())));
            };
            if let Some(wrong) = &suppression.wrong {
                tell(&suppression.place, Trouble::new(format!("this suppresses nothing: {wrong}")));
                continue;
            }
            for (id, place) in &suppression.ids {
                match Id::read(id) {
                    None => {
                        let known = Id::ALL.iter().filter(|id| id.is_suppressible()).map(|id| id.as_str());
                        let near = suggest(&id.to_ascii_uppercase(), known);
                        let trouble = Trouble::new(format!("{} is not the id of a finding", quoted(id)));
                        tell(
                            place,
                            match near {
                                Some(near) => trouble.help(format!("did you mean {near}?")),
                                None => trouble.help("remove it, or write the reason behind the ids"),
                            },
                        );
                    }
                    Some(id) if !id.is_suppressible() => tell(
                        place,
                        Trouble::new(format!("{id} cannot be suppressed: {}", id.title()))
                            .help("mend what it tells, then remove the comment"),
                    ),
                    Some(_) => {}
                }
            }
            if suppression.reason.is_empty() {
                let trouble = Trouble::new("the suppression gives no reason, and so suppresses nothing");
                tell(&suppression.place, trouble.help("write behind the ids why this is as it should be"));
                continue;
            }
            let used = |key: &Key| self.used.get(key).copied().unwrap_or_default();
            let each = suppression.ids.iter().zip(keys(file, suppression));
            let idle = each.filter(|((id, _), key)| !used(key) && Id::read(id).is_some_and(Id::is_suppressible));
            let idle: Vec<&(String, Place)> = idle.map(|(id, _)| id).collect();
            if let Some((_, place)) = idle.first() {
                let ids: Vec<&str> = idle.iter().map(|(id, _)| id.as_str()).collect();
                let help = if idle.len() == suppression.ids.len() { "remove the comment" } else { "remove the id" };
                let trouble = Trouble::new(format!("nothing is found here that this suppresses: {}", ids.join(", ")));
                tell(place, trouble.help(help));
            }
        }
        out
    }
}

/// What a suppression is for, a key for each id; none if it means nothing.
fn keys(file: &str, suppression: &Suppression) -> Vec<Key> {
    let Some(lines) = suppression.lines.as_ref().filter(|_| !suppression.reason.is_empty()) else { return Vec::new() };
    let key = |(id, _): &(String, Place)| (file.to_owned(), *lines.start(), *lines.end(), id.clone());
    suppression.ids.iter().map(key).collect()
}

/// LINT001: settings that change nothing.
fn settings(lint: &Lint) -> Vec<Finding> {
    let ignored = lint.ignore.iter().map(|id| (&id.value, id.place.clone()));
    let weighed = lint.severity.keys().map(|id| (id, Place::file("pins.toml")));
    let mut out = Vec::new();
    for (id, place) in ignored.chain(weighed) {
        let trouble = match Id::read(id.as_str()) {
            None => {
                Trouble::new(format!("[lint] names {}, which no finding of this program bears", quoted(id.as_str())))
                    .help("mend the id, or remove it; a newer dubo-pin may know it")
            }
            Some(id) if !id.is_suppressible() => {
                Trouble::new(format!("[lint] cannot change {id}: {}", id.title())).help("remove it from [lint]")
            }
            Some(_) => continue,
        };
        out.push(Finding::error(Id::LINT001, None, trouble.at(place)));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::Manifest;

    const FILE: &str = "FROM scratch\n# dubo-pin: ignore=COV001,APT001 ours\nRUN \\\n  apt install x\nRUN true\n";

    fn at(id: Id, line: usize) -> Finding {
        Finding::error(id, None, Trouble::new("x").at(Place::line("Dockerfile", line)))
    }

    fn settled(file: &str, lint: &str, findings: Vec<Finding>, unseen: &[Finding]) -> (Vec<(Id, usize)>, usize) {
        let manifest = Manifest::parse("pins.toml", format!("version = 1\n{lint}").as_bytes()).unwrap();
        let files = [Dockerfile::parse("Dockerfile", file.as_bytes().to_vec()).unwrap()];
        let out = settle(&files, &manifest.lint, findings, unseen);
        let place = |f: &Finding| f.trouble.place.as_ref().map_or(0, |p| p.line);
        (out.findings.iter().map(|f| (f.id, place(f))).collect(), out.suppressed)
    }

    #[test]
    fn what_is_judged_is_silent_and_counted_and_only_there() {
        let unseen = [at(Id::APT001, 4)];
        assert_eq!(settled(FILE, "", vec![at(Id::COV001, 4)], &unseen), (vec![], 1));
        let two = vec![at(Id::COV001, 3), at(Id::COV001, 5)];
        assert_eq!(settled(FILE, "", two, &unseen), (vec![(Id::COV001, 5)], 1));
    }

    #[test]
    fn an_id_that_silences_nothing_is_told() {
        assert_eq!(settled(FILE, "", vec![at(Id::COV001, 4)], &[]), (vec![(Id::SUP001, 2)], 1));
        assert_eq!(settled(FILE, "", vec![], &[]), (vec![(Id::SUP001, 2)], 0));
    }

    #[test]
    fn without_a_reason_or_of_a_proof_it_silences_nothing() {
        let file = "FROM scratch\n# dubo-pin: ignore=COV001\nRUN true\n";
        assert_eq!(settled(file, "", vec![at(Id::COV001, 3)], &[]), (vec![(Id::SUP001, 2), (Id::COV001, 3)], 0));
        for id in ["LOCK001", "COV01", "cov001"] {
            let file = format!("FROM scratch\n# dubo-pin: ignore={id} ours\nRUN true\n");
            let found = vec![at(Id::LOCK001, 3)];
            assert_eq!(settled(&file, "", found, &[]), (vec![(Id::SUP001, 2), (Id::LOCK001, 3)], 0), "{id}");
        }
    }

    #[test]
    fn settings_silence_weigh_and_are_vetted() {
        let found = || vec![at(Id::COV001, 5), at(Id::LOCK001, 5)];
        assert_eq!(
            settled("FROM scratch\n", "[lint]\nignore = [\"COV001\"]\n", found(), &[]),
            (vec![(Id::LOCK001, 5)], 1)
        );
        let (left, _) = settled("FROM scratch\n", "[lint]\nignore = [\"LOCK001\", \"APT999\"]\n", found(), &[]);
        assert_eq!(left, [(Id::COV001, 5), (Id::LOCK001, 5), (Id::LINT001, 3), (Id::LINT001, 3)]);
        let manifest =
            Manifest::parse("pins.toml", b"version = 1\n[lint]\nseverity = { COV001 = \"note\" }\n").unwrap();
        let out = settle(&[], &manifest.lint, found(), &[]);
        let weights: Vec<_> = out.findings.iter().map(|f| (f.id, f.severity)).collect();
        assert_eq!(weights, [(Id::COV001, crate::model::Severity::Note), (Id::LOCK001, crate::model::Severity::Error)]);
    }
}
