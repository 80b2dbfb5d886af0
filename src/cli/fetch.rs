//! `dubo-pin fetch`.

use super::common::{Common, OVERRIDES, conclude, failed, store_folder, warn};
use super::environment::Environment;
use crate::ops;
use crate::ui::{Outcome, Shell};

const VERB: &str = "fetch";

const EXAMPLES: &str = "\
Examples:
  dubo-pin fetch                          every vendored file that is missing or damaged
  dubo-pin fetch bridge 'node*'           of these pins alone
  dubo-pin fetch --offline                from this machine's store alone
  dubo-pin fetch --dry-run                say what would be written";

const MORE: &str = "\
Vendored files come from this machine's store, then from a second store (DUBO_PIN_STORE: a folder, or a URL with \
{sha256}), then from a mirror, then from upstream. Nothing is accepted but the locked bytes; the lock is never \
changed.

Exit codes: 0 all is there; 2 usage, manifest or lock not readable; 3 alarm: upstream has other bytes, or none; \
4 could not be done: network, disk.";

/// Put back exactly what the lock says, by hash
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES, after_long_help = format!("{EXAMPLES}\n\n{MORE}"))]
pub(super) struct Args {
    /// Pins by name or glob; all if none is named
    #[arg(value_name = "NAME")]
    names: Vec<String>,
    /// Show what would change; write nothing
    #[arg(long, short = 'n')]
    dry_run: bool,
    /// Overwrite files that are not as dubo-pin wrote them
    #[arg(long, help_heading = OVERRIDES)]
    force: bool,
}

pub(super) fn run(args: &Args, common: &Common, environment: &Environment, shell: &Shell) -> u8 {
    let remote = match common.remote(environment) {
        Ok(remote) => remote,
        Err(failures) => return failed(shell, VERB, &failures),
    };
    let store = store_folder(environment);
    let from = ops::From { remote: remote.as_ref(), store: store.as_deref() };
    let options = ops::fetch::Options { names: args.names.clone(), dry_run: args.dry_run, force: args.force };
    let progress = shell.progress();
    let result = ops::fetch::run(&common.directory, &options, &from, &progress);
    drop(progress);
    warn(shell, remote.as_ref());
    conclude(shell, VERB, &result, |made| Outcome::Refreshed(made), None)
}
