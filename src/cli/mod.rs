//! The command line: one file a verb, each its arguments and one call into `ops`.
//!
//! For `main`. Parses, hands down, shows what came back through `ui`, and gives the exit code. What
//! a signal does meanwhile is [`Interrupt`]'s matter: `main` makes it, and the shell heeds it.

mod add;
mod common;
mod completions;
mod environment;
mod export;
mod fetch;
mod gc;
mod hook;
mod init;
mod lint;
mod list;
mod outdated;
mod refresh;
mod remove;
mod rename;
mod verify;

use std::ffi::OsString;

use clap::{Parser, Subcommand};

use common::Common;
use environment::Environment;

pub use crate::ui::Interrupt;

const AFTER: &str = "\
Start with:
  dubo-pin init                           write pins.toml for the Dockerfiles that are there
  dubo-pin refresh --keep                 lock what the Dockerfiles bear
  dubo-pin verify                         in CI, offline

Then, day by day:
  dubo-pin outdated                       what is behind, and what is alarming
  dubo-pin list 'libssl3<3.0.15'          which image pins what
  dubo-pin hook install                   verify before each commit
  dubo-pin completions bash               complete verbs and options

dubo-pin VERB --help says more of each, with examples.

Exit codes: 0 clean; 1 differs, or something newer is there; 2 usage, manifest or lock not readable; 3 alarm: what \
was fixed upstream has changed or is gone; 4 could not be done: network, disk, a tool; 130 interrupted.";

/// Locks what a Docker image takes in: resolve, rewrite, verify.
#[derive(Debug, Parser)]
#[command(name = "dubo-pin", version, about, after_help = AFTER, max_term_width = 100)]
struct Cli {
    #[command(flatten)]
    common: Common,
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Write pins.toml for the Dockerfiles that are there
    Init(init::Args),
    /// Follow upstream, write the lock and the Dockerfiles, say what changed
    Refresh(refresh::Args),
    /// Prove, offline, that manifest, lock and Dockerfiles agree
    Verify(verify::Args),
    /// Say what is wrong with Dockerfiles, offline, and mend what text alone can mend
    Lint(lint::Args),
    /// Say what is newer upstream, what is gone, and what is alarming
    Outdated(outdated::Args),
    /// Say which image pins what, at which version and platform
    List(list::Args),
    /// Put back exactly what the lock says, by hash
    Fetch(fetch::Args),
    /// Add a pin to pins.toml
    Add(add::Args),
    /// Remove a pin from pins.toml
    Remove(remove::Args),
    /// Rename a pin in pins.toml and pins.lock
    Rename(rename::Args),
    /// Give what is locked to other programs
    Export(export::Args),
    /// Judge what is staged before it is committed: git's pre-commit hook
    Hook(hook::Args),
    /// Bound this machine's store
    Gc(gc::Args),
    /// Print completions for a shell
    Completions(completions::Args),
}

/// Runs the command line that was given and returns the exit code.
#[must_use]
pub fn run(args: impl IntoIterator<Item = OsString>) -> u8 {
    run_heeding(args, &Interrupt::new(|_| ()), || ())
}

/// As [`run`]; a signal that the interrupt is told of ends the program before it returns. `arm` is
/// called once the command line is understood: help and version need no handler of signals.
#[must_use]
pub fn run_heeding(args: impl IntoIterator<Item = OsString>, interrupt: &Interrupt, arm: impl FnOnce()) -> u8 {
    let environment = Environment::read();
    let cli = match Cli::try_parse_from(args) {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version go to stdout and are no error.
            let _ = error.print();
            return if error.use_stderr() { 2 } else { 0 };
        }
    };
    arm();
    let common = &cli.common;
    let shell = &common.shell(&environment).heeding(interrupt);
    match &cli.verb {
        Verb::Init(args) => init::run(args, common, &environment, shell),
        Verb::Refresh(args) => refresh::run(args, common, &environment, shell),
        Verb::Verify(args) => verify::run(args, common, &environment, shell),
        Verb::Lint(args) => lint::run(args, common, shell),
        Verb::Outdated(args) => outdated::run(args, common, &environment, shell),
        Verb::Fetch(args) => fetch::run(args, common, &environment, shell),
        Verb::Export(args) => export::run(args, common, &environment, shell),
        Verb::List(args) => list::run(args, common, &environment, shell),
        Verb::Gc(args) => gc::run(args, common, &environment, shell),
        Verb::Completions(args) => completions::run(args, shell),
        Verb::Hook(args) => hook::run(args, common, &environment, shell),
        Verb::Add(args) => add::run(args, common, shell),
        Verb::Remove(args) => remove::run(args, common, shell),
        Verb::Rename(args) => rename::run(args, common, shell),
    }
}

#[cfg(test)]
mod tests {
    use clap::{Command, CommandFactory as _};

    #[test]
    fn the_command_line_is_consistent() {
        super::Cli::command().debug_assert();
    }

    /// A verb and those below it, each with its words.
    fn all(command: &Command, words: &[String], out: &mut Vec<(Vec<String>, Command)>) {
        out.push((words.to_vec(), command.clone()));
        for verb in command.get_subcommands().filter(|v| v.get_name() != "help") {
            let words: Vec<String> = words.iter().cloned().chain([verb.get_name().to_owned()]).collect();
            all(verb, &words, out);
        }
    }

    fn verbs() -> Vec<(Vec<String>, Command)> {
        let mut out = Vec::new();
        all(&super::Cli::command(), &[], &mut out);
        out
    }

    /// The words of an example, as a shell parts them: up to a redirection, a pipe or the explanation
    /// behind two or more blanks; variables in front are not the program's.
    fn words(line: &str) -> Vec<String> {
        let line = line.trim();
        let line = line.split("  ").next().unwrap_or(line);
        let (mut words, mut word, mut quoted, mut any) = (Vec::new(), String::new(), false, false);
        for c in line.chars() {
            match c {
                '\'' => (quoted, any) = (!quoted, true),
                '|' | '>' | '&' | ';' if !quoted => break,
                ' ' if !quoted => {
                    if any {
                        words.push(std::mem::take(&mut word));
                    }
                    any = false;
                }
                c => {
                    word.push(c);
                    any = true;
                }
            }
        }
        assert!(!quoted, "{line}");
        words.extend(any.then_some(word));
        words.into_iter().skip_while(|w| w.contains('=')).collect()
    }

    #[test]
    fn every_verb_has_examples_that_its_command_line_takes() {
        let known: Vec<String> = super::Cli::command().get_subcommands().map(|v| v.get_name().to_owned()).collect();
        let mut seen = 0;
        for (verb, command) in verbs() {
            let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
            let lines: Vec<&str> = help.lines().filter(|l| l.starts_with("  ")).collect();
            let own = lines.iter().filter(|l| l.contains("dubo-pin ")).count();
            assert!(help.contains("Examples:\n") || verb.is_empty(), "{verb:?} has no examples");
            assert!(own >= 1 && lines.len() >= 2, "{verb:?} has too few examples");
            for line in lines {
                let words = words(line);
                if words.first().is_none_or(|w| w != "dubo-pin") {
                    continue;
                }
                // The hook may not be there yet.
                if words.get(1).is_some_and(|w| w == "hook") && !known.contains(&"hook".to_owned()) {
                    continue;
                }
                if let Err(error) = super::Cli::command().try_get_matches_from(&words) {
                    panic!("{line}: {error}");
                }
                seen += 1;
            }
        }
        assert!(seen > 40, "{seen}");
    }

    #[test]
    fn help_fits_its_terminal_and_the_short_one_is_short() {
        for (verb, command) in verbs() {
            for (width, most) in [(60, 60), (100, 100)] {
                let command = command.clone().term_width(width).max_term_width(100);
                let long = command.clone().render_long_help().to_string();
                let short = command.clone().render_help().to_string();
                for line in long.lines().chain(short.lines()) {
                    let length = line.chars().count();
                    // A word alone is not broken.
                    let is_word = line.trim().split(' ').filter(|w| !w.is_empty()).count() < 2;
                    assert!(length <= most || is_word, "{verb:?} at {width}: {length}: {line}");
                }
                assert!(short.lines().count() <= long.lines().count(), "{verb:?}");
            }
        }
    }
}
