//! `dubo-pin list`.

use super::common::{Common, failed, finish, store_folder, warn};
use super::environment::Environment;
use crate::model::{Filter, FilterError};
use crate::ops;
use crate::ui::{Outcome, Report, Shell};

const VERB: &str = "list";

const EXAMPLES: &str = "\
Examples:
  dubo-pin list                           everything that is pinned
  dubo-pin list --base 'libssl3<3.0.15'   where libssl3 is older, base images too
  dubo-pin list --base 'libc6:arm64<2.36' on one architecture
  dubo-pin list --why libssl3             who needs it, from what was asked for on
  dubo-pin list 'coredns>=1.11,<1.12'     both bounds must hold
  dubo-pin list --format json debian      for a program

Quote `<` and `>`: a shell takes them for redirections.";

const MORE: &str = "\
A FILTER is NAME, or NAME with bounds: < <= = != >= >, a comma between, and all of them must hold. NAME is a pin, \
MEMBER/PIN of a workspace, a package, a repository, or the end of one: debian is docker.io/library/debian. It may \
have * and ?. Of several filters any may match.

Packages of deb pins and of base images stand in Debian's order, as dpkg compares; all else in semver's, a leading v \
and missing numbers tolerated. An image's tag that may move stands for all its versions: 12 is any 12.x. The text \
itself is always equal: base=bookworm-slim, coredns=ae2bbc2.

What cannot be compared, such as the commit of a branch, and pins that are not locked or were altered by hand, are \
told on stderr (JSON: unknown) and make exit code 4: a question without an answer is not answered with no. So are \
pins that were edited since, and packages that the Dockerfiles install and the lock lacks. What was not looked into, \
such as base images without --base and what apt pulls in beside a pin without a closure, is named on stderr (JSON: aside).

Exit codes: 0 something is listed, or no filter was given; 1 no filter matches anything; 2 usage, manifest or lock \
not readable; 4 not all could be told, or a base image could not be read. With -q nothing is printed but what went \
wrong.";

/// Say which image pins what, at which version and platform
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES, after_long_help = format!("{EXAMPLES}\n\n{MORE}"))]
pub(super) struct Args {
    /// What to list: NAME, or 'NAME<VERSION'; all if none is given
    #[arg(value_name = "FILTER", value_parser = filter)]
    filters: Vec<Filter>,
    /// Also the packages of each base image: from the store, else from its layers
    #[arg(long)]
    base: bool,
    /// Also who needs each package of a closure
    #[arg(long)]
    why: bool,
}

fn filter(text: &str) -> Result<Filter, FilterError> {
    text.parse()
}

pub(super) fn run(args: &Args, common: &Common, environment: &Environment, shell: &Shell) -> u8 {
    // Without --base nobody is asked, whatever is configured.
    let remote = match args.base.then(|| common.remote(environment)).transpose() {
        Ok(remote) => remote.flatten(),
        Err(failures) => return failed(shell, VERB, &failures),
    };
    let options =
        ops::list::Options { filters: args.filters.clone(), base: args.base, why: args.why, jobs: common.jobs() };
    let store = store_folder(environment);
    let from = ops::From { remote: remote.as_ref(), store: store.as_deref() };
    let progress = shell.progress();
    let result = ops::list::run(&common.directory, &options, &from, &progress);
    drop(progress);
    warn(shell, remote.as_ref());
    match result {
        Ok(listing) => finish(shell, &Report::new(VERB, Outcome::Listed(&listing), &listing.failures)),
        Err(failures) => failed(shell, VERB, &failures),
    }
}
