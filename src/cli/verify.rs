//! `dubo-pin verify`. It is handed no network.

use super::common::{Common, conclude, failed};
use super::environment::Environment;
use crate::model::{Class, Failure};
use crate::ops;
use crate::trust::TrustedKey;
use crate::ui::{Outcome, Shell};

const VERB: &str = "verify";

const EXAMPLES: &str = "\
Examples:
  dubo-pin verify                         in CI and before a commit
  dubo-pin verify --strict                pins that are not locked yet are findings
  dubo-pin verify --format sarif          for a code scanning service
  dubo-pin verify --format github         as annotations of a pull request
  dubo-pin verify --trusted-key team.pub  pins.lock.minisig must be by this key";

const MORE: &str = "\
It opens no socket and writes nothing.

Exit codes: 0 all agrees; 1 findings; 2 usage, manifest or lock not readable; 4 a file could not be read.";

/// Prove, offline, that manifest, lock and Dockerfiles agree
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES, after_long_help = format!("{EXAMPLES}\n\n{MORE}"))]
pub(super) struct Args {
    /// Unlocked pins are findings too
    #[arg(long)]
    strict: bool,
    /// Members of the workspace, by folder or glob; all if none is named
    #[arg(value_name = "MEMBER")]
    members: Vec<String>,
    /// A minisign public key, or its file, from outside the repository, that must have signed
    /// pins.lock (also: DUBO_PIN_TRUSTED_KEY)
    #[arg(long, value_name = "KEY")]
    trusted_key: Option<String>,
}

pub(super) fn run(args: &Args, common: &Common, environment: &Environment, shell: &Shell) -> u8 {
    let text = args.trusted_key.as_ref().or(environment.trusted_key.as_ref());
    let trusted_key = match text.map(|t| key(t)).transpose() {
        Ok(key) => key,
        Err(failure) => return failed(shell, VERB, &[failure]),
    };
    let options = ops::verify::Options { strict: args.strict, members: args.members.clone(), trusted_key };
    let result = ops::verify::run(&common.directory, &options);
    conclude(shell, VERB, &result, |verdict| Outcome::Verdict(verdict), None)
}

/// A key as text, or as the file that holds it.
pub(super) fn key(text: &str) -> Result<TrustedKey, Failure> {
    let content = std::fs::read_to_string(text).unwrap_or_else(|_| text.to_owned());
    TrustedKey::parse(&content).map_err(|e| Failure { pin: None, class: Class::Usage, trouble: e.to_trouble() })
}
