//! `dubo-pin remove`.

use super::common::{Common, edited};
use crate::model::PinName;
use crate::ops;
use crate::ui::Shell;

/// Remove a pin from pins.toml and pins.lock
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Its lock entry goes too; if it has vendored files, `dubo-pin refresh --keep` removes both.
The Dockerfile keeps the value that it bears.")]
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
