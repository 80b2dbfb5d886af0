//! `dubo-pin gc`.

use std::path::{Path, PathBuf};

use super::common::{Common, failed, finish, store_folder, undone};
use super::environment::Environment;
use crate::lock;
use crate::manifest::{Size, SizeError, Workspace};
use crate::model::{Trouble, quoted};
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
    /// How much may stay, such as 500MiB or 2GiB; 0 for nothing but what is locked
    #[arg(long, value_name = "SIZE", default_value = "5GiB", value_parser = most)]
    max: u64,
    /// A folder whose pins.lock is heeded too: what it lists stays (may be repeated)
    #[arg(long, value_name = "DIR")]
    keep: Vec<PathBuf>,
    /// Say what would go; remove nothing
    #[arg(long, short = 'n')]
    dry_run: bool,
}

/// A size, which may be nothing at all.
fn most(text: &str) -> Result<u64, SizeError> {
    let zeros = text.bytes().take_while(|b| *b == b'0').count();
    match text.split_at_checked(zeros) {
        Some((zeros, unit)) if !zeros.is_empty() && (unit.is_empty() || format!("1{unit}").parse::<Size>().is_ok()) => {
            // `010B` is no zero.
            if unit.starts_with(|c: char| c.is_ascii_digit()) { text.parse().map(Size::bytes) } else { Ok(0) }
        }
        _ => text.parse().map(Size::bytes),
    }
}

/// Whether a folder that is there has neither a lock nor a workspace: nothing stays because of it.
fn keeps_nothing(folder: &Path) -> bool {
    let manifest = || std::fs::read(folder.join(ops::MANIFEST)).ok();
    folder.is_dir()
        && std::fs::symlink_metadata(folder.join(lock::FILE)).is_err()
        && manifest().is_none_or(|bytes| matches!(Workspace::peek(ops::MANIFEST, &bytes), Ok(None)))
}

pub(super) fn run(args: &Args, common: &Common, environment: &Environment, shell: &Shell) -> u8 {
    let Some(store) = store_folder(environment) else {
        return failed(shell, VERB, &undone(Trouble::new("there is no home folder, so there is no store")));
    };
    let keep: Vec<PathBuf> = std::iter::once(&common.directory).chain(&args.keep).cloned().collect();
    for folder in keep.iter().filter(|folder| keeps_nothing(folder)) {
        let folder = quoted(&folder.display().to_string());
        shell.note(&Trouble::new(format!("there is no {} in {folder}: nothing stays because of it", lock::FILE)));
    }
    let options = ops::gc::Options { store, most: args.max, keep, dry_run: args.dry_run };
    match ops::gc::run(&options) {
        Ok(done) => finish(shell, &Report::new(VERB, Outcome::Collected(&done), &[])),
        Err(failures) => failed(shell, VERB, &failures),
    }
}
