//! `dubo-pin init`.

use super::common::{Common, conclude, failed, warn};
use super::environment::Environment;
use crate::ops;
use crate::ui::{Outcome, Shell};

const VERB: &str = "init";

const EXAMPLES: &str = "\
Examples:
  dubo-pin init                           write pins.toml for the Dockerfiles here and below
  dubo-pin init --dry-run                 show what would be written; write nothing
  dubo-pin init --check                   exit 1 if a Dockerfile takes in what no pin covers
  dubo-pin init --offline                 ask nobody; what rests on a guess says so";

const MORE: &str = "\
No Dockerfile is changed: `init`, then `refresh --keep`, leaves them as they are. What is not understood is \
listed with its place. Run again, it adds what is new and keeps every other byte of pins.toml. Several folders \
with Dockerfiles become a workspace.

Exit codes: 0 done; 1 with --check, something is not covered; 2 usage, no Dockerfile, manifest not readable; 4 \
could not be done: disk.";

/// Write pins.toml for the Dockerfiles that are there, and list what was not understood
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES, after_long_help = format!("{EXAMPLES}\n\n{MORE}"))]
pub(super) struct Args {
    /// Say what no pin covers; ask nobody, write nothing
    #[arg(long, conflicts_with = "dry_run")]
    check: bool,
    /// Show what would be written as a diff; write nothing
    #[arg(long, short = 'n')]
    dry_run: bool,
}

pub(super) fn run(args: &Args, common: &Common, environment: &Environment, shell: &Shell) -> u8 {
    if args.check {
        let result = ops::init::check(&common.directory);
        return conclude(shell, VERB, &result, |verdict| Outcome::Verdict(verdict), None);
    }
    let remote = match common.remote(environment) {
        Ok(remote) => remote,
        Err(failures) => return failed(shell, VERB, &failures),
    };
    let options = ops::init::Options { dry_run: args.dry_run, jobs: common.jobs() };
    let progress = shell.progress();
    let result = ops::init::run(&common.directory, &options, remote.as_ref(), &progress);
    drop(progress);
    warn(shell, remote.as_ref());
    conclude(shell, VERB, &result, |made| Outcome::Adopted(made), None)
}
