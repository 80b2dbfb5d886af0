//! `dubo-pin gc`.

use super::common::{failed, store_folder, undone};
use super::environment::Environment;
use crate::disk::Store;
use crate::manifest::Size;
use crate::model::{Class, Trouble};
use crate::ui::Shell;

const VERB: &str = "gc";

/// Bound this machine's store
#[derive(Debug, clap::Args)]
#[command(after_help = "\
The store keeps what was downloaded, by its hash, under ~/.cache/dubo-pin/store. What was not used for
longest goes first; nothing in a repository is touched.")]
pub(super) struct Args {
    /// How much may stay
    #[arg(long, value_name = "SIZE", default_value = "5GiB")]
    max: Size,
}

pub(super) fn run(args: &Args, environment: &Environment, shell: &Shell) -> u8 {
    let Some(folder) = store_folder(environment) else {
        return failed(shell, VERB, &undone(Trouble::new("there is no home folder, so there is no store")));
    };
    let freed = Store::open(&folder).and_then(|store| store.gc(args.max.bytes(), &|_| false));
    match freed {
        Ok(freed) => {
            let text = format!("{} files gone, {} bytes freed, {} bytes kept", freed.entries, freed.bytes, freed.left);
            shell.say(&text).map_or(Class::Undone.code(), |()| 0)
        }
        Err(error) => failed(shell, VERB, &undone(error.to_trouble())),
    }
}
