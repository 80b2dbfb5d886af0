//! `dubo-pin rename`.

use super::common::{Common, edited};
use crate::model::PinName;
use crate::ops;
use crate::ui::Shell;

const EXAMPLES: &str = "\
Examples:
  dubo-pin rename coredns dns
  dubo-pin rename coredns dns --dry-run       show the diff; write nothing
  dubo-pin -C images/dns rename coredns dns   in another folder";

const MORE: &str = "\
What is locked stays as it is, and so does every Dockerfile.";

/// Rename a pin in pins.toml and pins.lock
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES, after_long_help = format!("{EXAMPLES}\n\n{MORE}"))]
pub(super) struct Args {
    /// The pin's name now
    #[arg(value_name = "OLD")]
    old: PinName,
    /// The name it gets
    #[arg(value_name = "NEW")]
    new: PinName,
    /// Show what would change as a diff; write nothing
    #[arg(long, short = 'n')]
    dry_run: bool,
}

pub(super) fn run(args: &Args, common: &Common, shell: &Shell) -> u8 {
    edited(shell, "rename", ops::edit::rename(&common.directory, &args.old, &args.new, args.dry_run, &shell.progress()))
}
