//! Where a file asks for which variable, so that no edit of one breaks what else it is for.
//!
//! For [`installs`](super::installs) and [`adds`](super::yarn::adds). Whatever is no operand of the
//! one that asks counts, whatever it does.

use std::collections::{BTreeSet, HashMap};

use super::super::instruction::Command;
use super::super::parse::Dockerfile;
use super::rewrite::Hold;

/// Where variables are asked for: name, instruction, place in the file.
#[derive(Debug, Default)]
pub(super) struct Uses {
    all: Vec<(String, usize, usize)>,
}

impl Uses {
    pub(super) fn add(&mut self, name: &[u8], instruction: usize, at: usize) {
        self.all.push((String::from_utf8_lossy(name).into_owned(), instruction, at));
    }

    /// What instructions other than RUN ask for.
    pub(super) fn of_others(&mut self, file: &Dockerfile) {
        for (index, instruction) in file.instructions().iter().enumerate() {
            if instruction.effective().command == Command::Run {
                continue;
            }
            let text = instruction.line.text();
            for (at, _) in text.iter().enumerate().filter(|(_, b)| **b == b'$') {
                let brace = usize::from(text.get(at + 1) == Some(&b'{'));
                let rest = text.get(at + 1 + brace..).unwrap_or_default();
                let length = rest.iter().take_while(|b| b.is_ascii_alphanumeric() || **b == b'_').count();
                if let Some(name) = rest.get(..length).filter(|n| !n.is_empty()) {
                    self.add(name, index, instruction.line.cover(at..at + 1).start);
                }
            }
        }
    }

    /// Tells each operand who else asks for its variables. `holds`: where each one stands, with its
    /// instruction.
    pub(super) fn tell(&self, holds: Vec<(usize, &mut Hold)>) {
        let mine: BTreeSet<usize> = holds.iter().flat_map(|(_, hold)| hold.uses.iter().copied()).collect();
        let (mut anywhere, mut inside) = (HashMap::new(), HashMap::new());
        for (name, instruction, at) in self.all.iter().filter(|(_, _, at)| !mine.contains(at)) {
            anywhere.entry(name.as_str()).or_insert(*at);
            inside.entry((name.as_str(), *instruction)).or_insert(*at);
        }
        for (instruction, hold) in holds {
            hold.other = hold.path.iter().find_map(|(name, shell)| {
                let at = if *shell { inside.get(&(name.as_str(), instruction)) } else { anywhere.get(name.as_str()) };
                at.map(|at| (name.clone(), *at))
            });
        }
    }
}
