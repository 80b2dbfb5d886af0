//! `dubo-pin outdated`.

use super::common::{Common, names};
use super::environment::Environment;
use crate::model::{Class, Day};
use crate::ops;

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

pub(super) fn run(args: &Args, common: &Common, environment: &Environment) -> u8 {
    let shell = common.shell(environment, "outdated");
    let remote = match common.remote(environment) {
        Ok(remote) => remote,
        Err(failures) => return shell.failed(&failures),
    };
    let options = ops::outdated::Options { names: names(&args.names), jobs: common.jobs(), today: Day::today() };
    let progress = common.progress(environment);
    match ops::outdated::run(&common.directory, &options, remote.as_ref(), progress.as_ref()) {
        Ok(rows) => {
            let exit = Class::exit(rows.iter().filter_map(|row| row.standing.class()));
            shell.warn(remote.as_ref());
            shell.rows(&rows, exit)
        }
        Err(failures) => shell.failed(&failures),
    }
}
