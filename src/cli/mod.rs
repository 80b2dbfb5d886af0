//! The command line: one file a verb, each its arguments and one call into `ops`.
//!
//! For `main`. Parses, hands down, shows what came back through `ui`, and gives the exit code. What
//! a signal does meanwhile is [`Interrupt`]'s matter: `main` makes it, and the shell heeds it.

mod add;
mod common;
mod environment;
mod export;
mod fetch;
mod gc;
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
Exit codes: 0 clean; 1 differs, or something newer is there; 2 usage, manifest or lock not readable;
3 alarm: what was fixed upstream has changed or is gone; 4 could not be done: network, disk, a tool;
130 interrupted.

Start with: dubo-pin add NAME --git URL --version ^1 --into STAGE:ARG, then dubo-pin refresh --keep.";

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
    /// Follow upstream, write the lock and the Dockerfiles, say what changed
    Refresh(refresh::Args),
    /// Prove, offline, that manifest, lock and Dockerfiles agree
    Verify(verify::Args),
    /// Say what is newer upstream, what is gone, and what is alarming
    Outdated(outdated::Args),
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
    /// Bound this machine's store
    Gc(gc::Args),
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
        Verb::Refresh(args) => refresh::run(args, common, &environment, shell),
        Verb::Verify(args) => verify::run(args, common, &environment, shell),
        Verb::Outdated(args) => outdated::run(args, common, &environment, shell),
        Verb::Fetch(args) => fetch::run(args, common, &environment, shell),
        Verb::Export(args) => export::run(args, common, &environment, shell),
        Verb::Gc(args) => gc::run(args, &environment, shell),
        Verb::Add(args) => add::run(args, common, shell),
        Verb::Remove(args) => remove::run(args, common, shell),
        Verb::Rename(args) => rename::run(args, common, shell),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_is_consistent() {
        super::Cli::command().debug_assert();
    }
}
