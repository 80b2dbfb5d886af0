//! `dubo-pin remove`.

use super::common::{Common, edited};
use crate::model::PinName;
use crate::ops;
use crate::ui::Shell;

const EXAMPLES: &str = "\
Examples:
  dubo-pin remove coredns
  dubo-pin remove coredns --dry-run       show the diff; write nothing
  dubo-pin -C images/dns remove coredns   in another folder";

const MORE: &str = "\
Its lock entry goes too; if it has vendored files, dubo-pin refresh --keep removes both. The Dockerfile keeps the \
value that it bears.";

/// Remove a pin from pins.toml and pins.lock
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES, after_long_help = format!("{EXAMPLES}\n\n{MORE}"))]
pub(super) struct Args {
    /// The pin's name
    #[arg(value_name = "NAME")]
    name: PinName,
    /// Show what would change as a diff; write nothing
    #[arg(long, short = 'n')]
    dry_run: bool,
}

pub(super) fn run(args: &Args, common: &Common, shell: &Shell) -> u8 {
    edited(shell, "remove", ops::edit::remove(&common.directory, &args.name, args.dry_run, &shell.progress()))
}
