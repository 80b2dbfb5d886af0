//! `dubo-pin export`.

use std::path::PathBuf;

use super::common::{Common, failed, store_folder, undone, wrong_usage};
use super::environment::Environment;
use crate::disk::Store;
use crate::model::{Class, Failure, RelPath, Trouble};
use crate::ops;
use crate::ops::export::Exported;
use crate::ui::Shell;

const VERB: &str = "export";

const EXAMPLES: &str = "\
Examples:
  dubo-pin export env > pins.env
  dubo-pin export sha256sums | sha256sum -c --quiet
  dubo-pin export buildkit-policy > policy.json
  dubo-pin export apt-snippet
  dubo-pin export store /srv/dubo-pin";

/// Give what is locked to other programs
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// Copy every locked file into a folder, each under its hash: a second store for others
    #[command(after_help = "\
Examples:
  dubo-pin export store /srv/dubo-pin
  DUBO_PIN_STORE=/srv/dubo-pin dubo-pin fetch
  DUBO_PIN_STORE='https://files.example.com/{sha256}' dubo-pin fetch")]
    Store {
        /// The folder; served over https it is a second store: DUBO_PIN_STORE=https://…/{sha256}
        #[arg(value_name = "DIR")]
        folder: PathBuf,
    },
    /// Print the RUN block that installs exactly the locked packages of a deb pin
    #[command(after_help = "\
Examples:
  dubo-pin export apt-snippet                      of the only deb pin
  dubo-pin export apt-snippet tools --context ctx  where the build's context is ctx/, not .
  dubo-pin export apt-snippet --network            for a builder without --network=none")]
    AptSnippet {
        /// The pin; may be left out if there is one deb pin
        #[arg(value_name = "NAME")]
        name: Option<String>,
        /// The folder that the build is given as its context
        #[arg(long, value_name = "DIR")]
        context: Option<String>,
        /// Leave out --network=none, for a builder that does not know it
        #[arg(long)]
        network: bool,
    },
    /// Print a source policy with which BuildKit takes in what is locked, and nothing else
    #[command(after_help = "\
Examples:
  dubo-pin export buildkit-policy > policy.json
  EXPERIMENTAL_BUILDKIT_SOURCE_POLICY=policy.json docker buildx build .
  buildctl build --source-policy-file policy.json …

What a RUN step fetches is not covered: no builder sees that as a source.")]
    BuildkitPolicy,
    /// Print every locked value as a line for a shell: COREDNS_COMMIT=…
    #[command(after_help = "\
Examples:
  dubo-pin export env > pins.env && (set -a; . ./pins.env; ./build.sh)
  dubo-pin export env --pin coredns --pin 'node*'

The name is pin, value and platform in upper case, `_` for all but letters and digits:
NODE_SHA256_LINUX_ARM64.")]
    Env {
        /// Of these pins alone; a glob means several; may be given again
        #[arg(long = "pin", value_name = "NAME")]
        pins: Vec<String>,
    },
    /// Print the hashes of all vendored files, as sha256sum -c reads them in the folder of pins.toml
    #[command(after_help = "\
Examples:
  dubo-pin export sha256sums > SHA256SUMS
  dubo-pin export sha256sums | sha256sum -c --quiet
  dubo-pin -C images/dns export sha256sums")]
    Sha256sums,
}

fn printed(exported: Result<Exported, Vec<Failure>>, shell: &Shell) -> u8 {
    match exported {
        Ok(exported) => {
            exported.notes.iter().for_each(|note| shell.note(note));
            shell.raw(&exported.text).map_or(Class::Undone.code(), |()| 0)
        }
        Err(failures) => failed(shell, VERB, &failures),
    }
}

fn apt_snippet(name: Option<String>, context: Option<&str>, network: bool, common: &Common, shell: &Shell) -> u8 {
    let context = context.map(|c| c.trim_end_matches('/')).filter(|c| *c != ".");
    let context = match context.map(str::parse::<RelPath>).transpose() {
        Ok(context) => context,
        Err(error) => return wrong_usage(shell, VERB, &format!("--context: {error}")),
    };
    let options = ops::apt_snippet::Options { name, context, no_network: !network };
    match ops::apt_snippet::run(&common.directory, &options) {
        Ok(text) => shell.say(text.trim_end()).map_or(Class::Undone.code(), |()| 0),
        Err(failures) => failed(shell, VERB, &failures),
    }
}

pub(super) fn run(args: &Args, common: &Common, environment: &Environment, shell: &Shell) -> u8 {
    let folder = match &args.what {
        What::Store { folder } => folder,
        What::AptSnippet { name, context, network } => {
            return apt_snippet(name.clone(), context.as_deref(), *network, common, shell);
        }
        What::BuildkitPolicy => return printed(ops::export::buildkit_policy(&common.directory), shell),
        What::Env { pins } => return printed(ops::export::env(&common.directory, pins), shell),
        What::Sha256sums => return printed(ops::export::sha256sums(&common.directory), shell),
    };
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
