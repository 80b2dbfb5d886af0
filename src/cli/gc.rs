//! `dubo-pin gc`.

use std::path::PathBuf;

use super::common::{Common, failed, finish, store_folder, undone};
use super::environment::Environment;
use crate::manifest::Size;
use crate::model::Trouble;
use crate::ops;
use crate::ui::{Outcome, Report, Shell};

const VERB: &str = "gc";

const EXAMPLES: &str = "\
Examples:
  dubo-pin gc                             what is locked here stays; of the rest 5 GiB at most
  dubo-pin gc --dry-run                   say what would go
  dubo-pin gc --max 500MiB                less may stay
  dubo-pin gc --keep ../other --keep ~/images/coredns    what is locked there stays too";

const MORE: &str = "\
The store keeps what was downloaded, by its hash, under ~/.cache/dubo-pin/store. What was not used for longest goes \
first. What the pins.lock of -C DIR and of each --keep DIR lists stays, even beyond --max; if one of them cannot be \
read, nothing goes. What interrupted downloads left behind goes after a day. Nothing in a repository is touched, and \
whatever went is fetched again when it is needed.";

/// Bound this machine's store
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES, after_long_help = format!("{EXAMPLES}\n\n{MORE}"))]
pub(super) struct Args {
    /// How much may stay, such as 500MiB or 2GiB
    #[arg(long, value_name = "SIZE", default_value = "5GiB")]
    max: Size,
    /// A folder whose pins.lock is heeded too: what it lists stays (may be repeated)
    #[arg(long, value_name = "DIR")]
    keep: Vec<PathBuf>,
    /// Say what would go; remove nothing
    #[arg(long, short = 'n')]
    dry_run: bool,
}

pub(super) fn run(args: &Args, common: &Common, environment: &Environment, shell: &Shell) -> u8 {
    let Some(store) = store_folder(environment) else {
        return failed(shell, VERB, &undone(Trouble::new("there is no home folder, so there is no store")));
    };
    let keep = std::iter::once(&common.directory).chain(&args.keep).cloned().collect();
    let options = ops::gc::Options { store, most: args.max.bytes(), keep, dry_run: args.dry_run };
    match ops::gc::run(&options) {
        Ok(done) => finish(shell, &Report::new(VERB, Outcome::Collected(&done), &[])),
        Err(failures) => failed(shell, VERB, &failures),
    }
}
