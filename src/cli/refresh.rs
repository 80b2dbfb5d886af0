//! `dubo-pin refresh`.

use std::path::{Path, PathBuf};

use super::common::{Common, OVERRIDES, failed, finish, reported, store_folder, undone, warn, wrong_usage};
use super::environment::Environment;
use crate::model::{Day, Time, Token, Trouble, quoted};
use crate::ops;
use crate::ui::{Outcome, Shell, summary};

const VERB: &str = "refresh";

const EXAMPLES: &str = "\
Examples:
  dubo-pin refresh                        follow upstream with every pin
  dubo-pin refresh --keep                 lock what the Dockerfiles bear; move nothing
  dubo-pin refresh coredns 'go-*'         these pins alone
  dubo-pin refresh coredns --to v1.11.1   exactly this tag, version or commit
  dubo-pin refresh --dry-run              show the diff; write nothing
  dubo-pin refresh --summary msg.md       and say it for a commit or a pull request
  dubo-pin refresh --locked               prove from upstream what is locked; write nothing";

const MORE: &str = "\
A pin that fails does not stop the others: it keeps its entry and is reported. With `atomic = true` under \
[policy] nothing is written then. Killed at any moment, the next `verify` says what is half done and the next \
`refresh` completes it.

Exit codes: 0 done; 2 usage, manifest or lock not readable; 3 alarm: what was fixed upstream has changed or is \
gone; 4 could not be done: network, disk, a tool.";

/// Follow upstream, write the lock and the Dockerfiles, say what changed
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES, after_long_help = format!("{EXAMPLES}\n\n{MORE}"))]
pub(super) struct Args {
    /// Pins by name or glob; all if none is named
    #[arg(value_name = "NAME")]
    names: Vec<String>,
    /// Move nothing: lock the values that the Dockerfiles, or yarn.lock, bear
    #[arg(long, conflicts_with_all = ["to", "locked"])]
    keep: bool,
    /// Set exactly this value: a tag, a version, or a full commit; of a yarn pin PACKAGE=VALUE
    #[arg(long, value_name = "VALUE", conflicts_with = "locked")]
    to: Option<String>,
    /// Prove every locked value anew from upstream; write nothing
    #[arg(long, conflicts_with = "dry_run")]
    locked: bool,
    /// Show what would change as a diff; write nothing
    #[arg(long, short = 'n')]
    dry_run: bool,
    /// Write what was done as Markdown, for a commit's message or a pull request
    #[arg(long, value_name = "FILE")]
    summary: Option<PathBuf>,
    /// Overwrite and remove files at vendored places that dubo-pin did not write
    #[arg(long, help_heading = OVERRIDES)]
    force: bool,
    /// Accept new content under this pin's fixed source (may be repeated)
    #[arg(long, value_name = "NAME", help_heading = OVERRIDES)]
    accept_changed: Vec<String>,
}

pub(super) fn run(args: &Args, common: &Common, environment: &Environment, shell: &Shell) -> u8 {
    let to = match args.to.as_deref().map(Token::new).transpose() {
        Ok(to) => to,
        Err(error) => return wrong_usage(shell, VERB, &format!("--to: {error}")),
    };
    if to.is_some() && args.names.len() != 1 {
        return wrong_usage(shell, VERB, "--to sets one pin: name exactly one");
    }
    let folder = args.summary.as_deref().and_then(Path::parent).filter(|folder| !folder.as_os_str().is_empty());
    if let Some(folder) = folder.filter(|folder| !folder.is_dir()) {
        return wrong_usage(
            shell,
            VERB,
            &format!("--summary: there is no folder {}", quoted(&folder.display().to_string())),
        );
    }
    if let Some(file) = args.summary.as_deref().filter(|file| !may_be_written(file)) {
        let shown = quoted(&file.display().to_string());
        return wrong_usage(
            shell,
            VERB,
            &format!("--summary: {shown} is there, and is no summary: it is not overwritten"),
        );
    }
    let remote = match common.remote(environment) {
        Ok(remote) => remote,
        Err(failures) => return failed(shell, VERB, &failures),
    };
    let options = ops::refresh::Options {
        names: args.names.clone(),
        keep: args.keep,
        to,
        locked: args.locked,
        dry_run: args.dry_run,
        force: args.force,
        jobs: common.jobs(),
        accept_changed: args.accept_changed.clone(),
        today: Day::today(),
        now: Time::now(),
    };
    let store = store_folder(environment);
    let from = ops::From { remote: remote.as_ref(), store: store.as_deref() };
    let progress = shell.progress();
    let result = ops::refresh::run(&common.directory, &options, &from, &progress);
    drop(progress);
    warn(shell, remote.as_ref());
    reported(
        VERB,
        &result,
        |made| Outcome::Refreshed(made),
        None,
        |report| {
            let code = finish(shell, report);
            let Some(file) = args.summary.as_deref().filter(|_| result.is_ok()) else { return code };
            match std::fs::write(file, summary(report)) {
                Ok(()) => code,
                Err(error) => {
                    let message =
                        format!("the summary cannot be written to {}: {error}", quoted(&file.display().to_string()));
                    let told = failed(shell, VERB, &undone(Trouble::new(message)));
                    if code == 0 { told } else { code }
                }
            }
        },
    )
}

/// Whether nothing is lost: there is no such file, it is empty, a summary of before, or no plain file.
fn may_be_written(file: &Path) -> bool {
    let Ok(about) = file.metadata() else { return true };
    if !about.is_file() || about.len() == 0 {
        return true;
    }
    std::fs::read(file).is_ok_and(|bytes| bytes.starts_with(b"Refresh "))
}
