//! `dubo-pin add`.

use super::common::{Common, edited};
use super::environment::Environment;
use crate::model::PinName;
use crate::ops;

/// Add a pin to pins.toml
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  dubo-pin add coredns --git https://github.com/coredns/coredns --version '^1.11' --into fetcher:GIT_COMMIT
  dubo-pin add alac --git https://github.com/mikebrady/alac --branch master --into ALAC_COMMIT

--into is ARG or STAGE:ARG, and may end in =VALUE: commit, tag, version, short or date.")]
pub(super) struct Args {
    /// The pin's name
    #[arg(value_name = "NAME")]
    name: PinName,
    /// The git repository
    #[arg(long, value_name = "URL", required = true)]
    git: String,
    /// Follow the newest tag in a version range, such as ^1.11; or a full version
    #[arg(long, value_name = "RANGE", conflicts_with_all = ["branch", "commit"])]
    version: Option<String>,
    /// A tag; with --version the form of the tags, such as 'release-{version}'
    #[arg(long, value_name = "TAG", conflicts_with_all = ["branch", "commit"])]
    tag: Option<String>,
    /// Follow a branch
    #[arg(long, value_name = "NAME", conflicts_with = "commit")]
    branch: Option<String>,
    /// Stay at a full commit id
    #[arg(long, value_name = "ID")]
    commit: Option<String>,
    /// Where the value stands (may be repeated)
    #[arg(long, value_name = "SITE")]
    into: Vec<String>,
    /// Show what would change as a diff; write nothing
    #[arg(long, short = 'n')]
    dry_run: bool,
}

pub(super) fn run(args: &Args, common: &Common, environment: &Environment) -> u8 {
    let shell = common.shell(environment);
    let keys = [
        ("git", Some(&args.git)),
        ("version", args.version.as_ref()),
        ("tag", args.tag.as_ref()),
        ("branch", args.branch.as_ref()),
        ("commit", args.commit.as_ref()),
    ];
    let pin = ops::edit::NewPin {
        name: args.name.clone(),
        keys: keys.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?.clone()))).collect(),
        into: args.into.iter().map(|text| site(text)).collect(),
    };
    edited(&shell, "add", ops::edit::add(&common.directory, &pin, args.dry_run), args.dry_run)
}

/// `[STAGE:]ARG[=VALUE]` as the keys of a site.
fn site(text: &str) -> Vec<(String, String)> {
    let (place, value) = text.split_once('=').map_or((text, None), |(p, v)| (p, Some(v)));
    let (stage, arg) = place.rsplit_once(':').map_or((None, place), |(s, a)| (Some(s), a));
    [("stage", stage), ("arg", Some(arg)), ("value", value)]
        .into_iter()
        .filter_map(|(k, v)| Some((k.to_owned(), v?.to_owned())))
        .collect()
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_site_on_the_command_line() {
        let pairs =
            |text: &str| super::site(text).into_iter().map(|(k, v)| format!("{k}={v}")).collect::<Vec<_>>().join(" ");
        assert_eq!(pairs("builder:GIT_VERSION=tag"), "stage=builder arg=GIT_VERSION value=tag");
        assert_eq!(pairs("GIT_COMMIT"), "arg=GIT_COMMIT");
    }
}
