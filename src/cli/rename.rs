//! `dubo-pin rename`.

use super::common::{Common, edited};
use crate::model::PinName;
use crate::ops;
use crate::ui::Shell;

/// Rename a pin in pins.toml and pins.lock
#[derive(Debug, clap::Args)]
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
