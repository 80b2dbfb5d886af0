//! `dubo-pin add`.

use super::common::{Common, edited};
use crate::dockerfile::{Site, StageSel, Target};
use crate::manifest::edit::Literal;
use crate::model::PinName;
use crate::ops;
use crate::ui::Shell;

/// Over the keys of the source.
const FOLLOW: &str = "What to follow";

const EXAMPLES: &str = "\
Examples:
  dubo-pin add coredns --git https://github.com/coredns/coredns --version '^1.11' --into GIT_COMMIT
  dubo-pin add alac --git https://github.com/mikebrady/alac --branch master --into ALAC_COMMIT
  dubo-pin add lego --git https://github.com/go-acme/lego --tag v4.20.4 --into LEGO_VERSION=tag
  dubo-pin add --dry-run unbound --git https://github.com/NLnetLabs/unbound --version '~1.22'

--into is ARG or STAGE:ARG, and may end in =VALUE: commit, tag, version, short or date.";

const MORE: &str = "\
Pins of other kinds are written into pins.toml by hand: the README shows each. Then dubo-pin refresh --keep NAME \
locks the pin at what the Dockerfile bears.";

/// Add a pin to pins.toml
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES, after_long_help = format!("{EXAMPLES}\n\n{MORE}"))]
pub(super) struct Args {
    /// The pin's name
    #[arg(value_name = "NAME")]
    name: PinName,
    /// The git repository
    #[arg(long, value_name = "URL", help_heading = FOLLOW, required = true)]
    git: String,
    /// Follow the newest tag in a version range, such as ^1.11; or a full version
    #[arg(long, value_name = "RANGE", help_heading = FOLLOW, conflicts_with_all = ["branch", "commit"])]
    version: Option<String>,
    /// A tag; with --version the form of the tags, such as 'release-{version}'
    #[arg(long, value_name = "TAG", help_heading = FOLLOW, conflicts_with_all = ["branch", "commit"])]
    tag: Option<String>,
    /// Follow a branch
    #[arg(long, value_name = "NAME", help_heading = FOLLOW, conflicts_with = "commit")]
    branch: Option<String>,
    /// Stay at a full commit id
    #[arg(long, value_name = "ID", help_heading = FOLLOW)]
    commit: Option<String>,
    /// Where the value stands (may be repeated)
    #[arg(long, value_name = "SITE", value_parser = site)]
    into: Vec<Site>,
    /// Show what would change as a diff; write nothing
    #[arg(long, short = 'n')]
    dry_run: bool,
}

pub(super) fn run(args: &Args, common: &Common, shell: &Shell) -> u8 {
    let keys = [
        ("git", Some(&args.git)),
        ("version", args.version.as_ref()),
        ("tag", args.tag.as_ref()),
        ("branch", args.branch.as_ref()),
        ("commit", args.commit.as_ref()),
    ];
    let pin = ops::edit::NewPin {
        name: args.name.clone(),
        keys: keys
            .into_iter()
            .filter_map(|(key, value)| Some((key.to_owned(), Literal::Text(value?.clone()))))
            .collect(),
        into: args.into.clone(),
        comment: Vec::new(),
    };
    edited(shell, "add", ops::edit::add(&common.directory, &pin, args.dry_run, &shell.progress()))
}

/// `[STAGE:]ARG[=VALUE]`; the stage is a name, an index, or `global`.
fn site(text: &str) -> Result<Site, String> {
    let (place, value) = text.split_once('=').map_or((text, None), |(p, v)| (p, Some(v)));
    let (stage, arg) = place.rsplit_once(':').map_or((None, place), |(s, a)| (Some(s), a));
    let plain = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-.".contains(&b));
    if !plain(arg) || stage.is_some_and(|s| !plain(s)) || value.is_some_and(|v| !plain(v)) {
        return Err("ARG, STAGE:ARG or STAGE:ARG=VALUE is expected".to_owned());
    }
    let stage = stage.map(|stage| match stage.parse() {
        Ok(index) => StageSel::Index(index),
        Err(_) if stage == "global" => StageSel::Global,
        Err(_) => StageSel::Name(stage.to_owned()),
    });
    let target = Target::Arg(arg.to_owned());
    Ok(Site { file: None, stage, platform: None, target, value: value.map(str::to_owned), all: false })
}

#[cfg(test)]
mod tests {
    use super::site;

    #[test]
    fn a_site_on_the_command_line() {
        let said = |text: &str| site(text).unwrap().to_string();
        assert_eq!(said("builder:GIT_VERSION=tag"), "{ stage = \"builder\", arg = \"GIT_VERSION\" }");
        assert_eq!(site("builder:GIT_VERSION=tag").unwrap().value.as_deref(), Some("tag"));
        assert_eq!(said("GIT_COMMIT"), "{ arg = \"GIT_COMMIT\" }");
        assert_eq!(said("2:X"), "{ stage = 2, arg = \"X\" }");
        assert_eq!(said("global:X"), "{ stage = \"global\", arg = \"X\" }");
        for bad in ["", ":X", "a:", "X=", "a b:X", "X\"=commit"] {
            assert!(site(bad).is_err(), "{bad:?}");
        }
    }
}
