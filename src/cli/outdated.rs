//! `dubo-pin outdated`.

use super::common::{Common, conclude, failed, warn};
use super::environment::Environment;
use crate::model::{Day, Standing, Time};
use crate::ops;
use crate::ui::{Outcome, Shell};

const VERB: &str = "outdated";

const EXAMPLES: &str = "\
Examples:
  dubo-pin outdated                       every pin
  dubo-pin outdated 'core*'               these alone
  dubo-pin outdated --format json         for a program";

const MORE: &str = "\
It writes nothing: what it shows, `refresh` takes.

Exit codes: 0 all current; 1 something is newer; 3 alarm or gone; 4 not all could be asked.";

/// Say what is newer upstream, what is gone, and what is alarming
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES, after_long_help = format!("{EXAMPLES}\n\n{MORE}"))]
pub(super) struct Args {
    /// Pins by name or glob; all if none is named
    #[arg(value_name = "NAME")]
    names: Vec<String>,
    /// Standings that make the exit code other than 0, such as alarm,gone: all but current and
    /// unlocked, unless some are given; unreachable always does
    #[arg(long, value_name = "STANDING,…", value_delimiter = ',', value_parser = standing)]
    fail_on: Vec<Standing>,
}

/// A standing by its word.
fn standing(word: &str) -> Result<Standing, String> {
    let all = Standing::ALL.iter().filter(|s| s.class().is_some());
    all.clone().find(|s| s.word() == word).copied().ok_or_else(|| {
        let words: Vec<&str> = all.map(|s| s.word()).collect();
        format!("the standings that can weigh are {}", words.join(", "))
    })
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
    let fail_on = Some(args.fail_on.as_slice()).filter(|some| !some.is_empty());
    conclude(shell, VERB, &result, |rows| Outcome::Rows(rows), fail_on)
}
