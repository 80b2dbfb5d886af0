//! `dubo-pin export`.

use std::path::PathBuf;

use super::common::{Common, failed, store_folder, undone};
use super::environment::Environment;
use crate::disk::Store;
use crate::model::{Class, Trouble};
use crate::ops;
use crate::ui::Shell;

const VERB: &str = "export";

/// Give what is locked to other programs
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// Copy every locked file into a folder, each under its hash: a second store for others
    Store {
        /// The folder; served over https it is a second store: DUBO_PIN_STORE=https://…/{sha256}
        #[arg(value_name = "DIR")]
        folder: PathBuf,
    },
}

pub(super) fn run(args: &Args, common: &Common, environment: &Environment, shell: &Shell) -> u8 {
    let What::Store { folder } = &args.what;
    let locked = match ops::fetch::locked(&common.directory) {
        Ok(locked) => locked,
        Err(failures) => return failed(shell, VERB, &failures),
    };
    let Some(store) = store_folder(environment) else {
        return failed(shell, VERB, &undone(Trouble::new("there is no home folder, so there is no store")));
    };
    match Store::open(&store).and_then(|store| store.export(&locked, folder)) {
        Ok(written) => {
            let text = format!("{} files in {}, {written} of them new", locked.len(), folder.display());
            shell.say(&text).map_or(Class::Undone.code(), |()| 0)
        }
        Err(error) => {
            let trouble = error.to_trouble();
            let help = trouble.help.clone().unwrap_or_else(|| "dubo-pin fetch brings it back".to_owned());
            failed(shell, VERB, &undone(trouble.help(help)))
        }
    }
}
