//! `dubo-pin outdated`.

use super::common::{Common, failed, finish, warn};
use super::environment::Environment;
use crate::model::{Day, Time};
use crate::ops;
use crate::ui::{Outcome, Report, Shell};

const VERB: &str = "outdated";

/// Say what is newer upstream, what is gone, and what is alarming
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  dubo-pin outdated                       every pin
  dubo-pin outdated 'core*'               these alone
  dubo-pin outdated --format json         for a program

Exit codes: 0 all current; 1 something is newer; 3 alarm or gone; 4 not all could be asked.")]
pub(super) struct Args {
    /// Pins by name or glob; all if none is named
    #[arg(value_name = "NAME")]
    names: Vec<String>,
}

pub(super) fn run(args: &Args, common: &Common, environment: &Environment, shell: &Shell) -> u8 {
    let remote = match common.remote(environment) {
        Ok(remote) => remote,
        Err(failures) => return failed(shell, VERB, &failures),
    };
    let options = ops::outdated::Options {
        names: args.names.clone(),
        jobs: common.jobs(),
        today: Day::today(),
        now: Time::now(),
    };
    let progress = shell.progress();
    let result = ops::outdated::run(&common.directory, &options, remote.as_ref(), &progress);
    drop(progress);
    warn(shell, remote.as_ref());
    match result {
        Ok(rows) => finish(shell, &Report::new(VERB, Outcome::Rows(&rows), &[])),
        Err(failures) => failed(shell, VERB, &failures),
    }
}
