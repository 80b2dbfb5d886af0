//! `dubo-pin lint`. It is handed no network.

use super::common::{Common, finish, reported, wrong_usage};
use crate::check::explain::explain;
use crate::check::lint::severity;
use crate::model::{Class, Id, Severity, quoted, suggest};
use crate::ops;
use crate::ui::{Explained, Format, Outcome, Report, Shell, explained};

const VERB: &str = "lint";

const EXAMPLES: &str = "\
Examples:
  dubo-pin lint                           the Dockerfiles of this folder; without pins.toml, those below too
  dubo-pin lint --fix --dry-run           show what text alone can mend; write nothing
  dubo-pin lint --fix                     and mend it
  dubo-pin lint --explain APT009          what a finding means, and what mends it
  dubo-pin lint --explain all             every finding by its id
  dubo-pin -C images/dns lint --format github";

const MORE: &str = "\
It opens no socket, needs no lock, and writes nothing without --fix. With a pins.toml it also says what no pin \
covers, and heeds [lint]:

  [lint]
  ignore = [\"APT009\"]                     not told
  severity = { PKG001 = \"error\" }         told, and weighs

One finding of one instruction is silenced above it, with a reason:

  # dubo-pin: ignore=APT001 the base image has it

--fix changes these and nothing else: git:// becomes https:// (GIT005), a package that is named twice in one install \
goes (APT008), installs get --no-install-recommends (APT009). Other findings want upstream: refresh and outdated \
know it.

Exit codes: 0 no errors, notes at most; 1 errors; 2 usage, pins.toml not readable, no Dockerfile; 4 a file could not \
be read or written. After --fix what is left counts.";

/// Say what is wrong with Dockerfiles, offline, and mend what text alone can mend
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES, after_long_help = format!("{EXAMPLES}\n\n{MORE}"))]
pub(super) struct Args {
    /// Members of the workspace, by folder or glob; all if none is named
    #[arg(value_name = "MEMBER")]
    members: Vec<String>,
    /// Mend what text alone can mend
    #[arg(long)]
    fix: bool,
    /// With --fix: show what would change as a diff; write nothing
    #[arg(long, short = 'n', requires = "fix")]
    dry_run: bool,
    /// Explain a finding, such as APT009; `all` lists them
    #[arg(long, value_name = "ID", conflicts_with_all = ["fix", "members"])]
    explain: Option<String>,
}

pub(super) fn run(args: &Args, common: &Common, shell: &Shell) -> u8 {
    if let Some(id) = &args.explain {
        return told(id, shell);
    }
    let options = ops::lint::Options { members: args.members.clone(), fix: args.fix, dry_run: args.dry_run };
    let progress = shell.progress();
    let result = ops::lint::run(&common.directory, &options, &progress);
    drop(progress);
    reported(
        VERB,
        &result,
        |verdict| Outcome::Verdict(verdict),
        None,
        |report| finish(shell, &Report { help: Some(page), ..*report }),
    )
}

/// What a finding means, as one text.
fn page(id: Id) -> String {
    let told = explain(id);
    let parts = [told.why, told.mend].into_iter().filter(|part| !part.is_empty());
    parts.collect::<Vec<_>>().join("\n\n")
}

/// Says what a finding means.
fn told(text: &str, shell: &Shell) -> u8 {
    if shell.options().format != Format::Human {
        return wrong_usage(shell, VERB, "--explain speaks to people: it has no --format; SARIF holds the same texts");
    }
    let upper = text.to_ascii_uppercase();
    let said = if upper == "ALL" {
        let lines = Id::ALL.iter().map(|id| format!("{id:<9} {}\n", id.title()));
        lines.collect()
    } else if let Some(id) = Id::read(&upper) {
        let told = explain(id);
        let weight = match severity(id) {
            Severity::Error => "As a rule an error: the exit code is 1.",
            Severity::Note => "As a rule a note: it changes no exit code.",
        };
        let judged = format!("# dubo-pin: ignore={id} REASON");
        let setting = format!("[lint]\nignore = [\"{id}\"]");
        let silenced = |text| if id.is_suppressible() { text } else { "" };
        let parts = [
            Explained::Text(weight),
            Explained::Text(told.why),
            Explained::Lines("Wrong:", told.wrong),
            Explained::Lines("Right:", told.right),
            Explained::Text(told.mend),
            Explained::Lines("Let one instruction be, in a comment above it:", silenced(&judged)),
            Explained::Lines("Tell it nowhere, in pins.toml:", silenced(&setting)),
        ];
        explained(id, &parts, shell.options())
    } else {
        let near = suggest(&upper, Id::ALL.iter().map(|id| id.as_str()));
        let near = near.map_or_else(String::new, |near| format!("; did you mean {near}?"));
        return wrong_usage(shell, VERB, &format!("{} is no finding{near}", quoted(text)));
    };
    shell.raw(&said).map_or(Class::Undone.code(), |()| 0)
}
