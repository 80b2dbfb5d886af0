//! `dubo-pin remove`.

use super::common::{Common, edited};
use crate::model::PinName;
use crate::ops;
use crate::ui::Shell;

/// Remove a pin from pins.toml
#[derive(Debug, clap::Args)]
#[command(after_help = "\
The lock's entry goes with the next `dubo-pin refresh`; until then verify says so.
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
    edited(
        shell,
        "remove",
        ops::edit::remove(&common.directory, &args.name, args.dry_run, &shell.progress()),
        args.dry_run,
    )
}
