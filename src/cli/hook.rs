//! `dubo-pin hook`: install, uninstall, run. It is handed no network.

use std::path::Path;

use super::common::{Common, conclude, failed, finish};
use super::environment::{Environment, GitEnvironment};
use super::verify::key;
use crate::model::{Class, Failure, Trouble, Verdict, quoted};
use crate::ops::hook::{self, Judged, Placed};
use crate::ops::verify;
use crate::repository::{Given, Repository};
use crate::ui::{Format, Outcome, Report, Shell};

/// Judge what is staged before it is committed: git's pre-commit hook
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  dubo-pin hook install                   once for each clone
  dubo-pin hook run                       what the hook runs: is what is staged whole?

What is staged is judged, not the work tree: each folder with a pins.toml below which the commit
changes something. A hook that is not dubo-pin's own is never edited.")]
pub(super) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// Write pre-commit and pre-merge-commit into git's hooks folder
    #[command(after_help = "\
Examples:
  dubo-pin hook install                   once for each clone
  dubo-pin -C images/dns hook install     from a member too: one hook serves the repository

A hook that is there already is never edited: the line to add is told, and the exit code is 1.")]
    Install,
    /// Remove the hooks that install wrote
    #[command(after_help = "\
Examples:
  dubo-pin hook uninstall                 ours alone; an edited hook stays
  dubo-pin -C images/dns hook uninstall   of the repository of that folder")]
    Uninstall,
    /// Judge what is staged, as verify would judge a checkout of the commit
    Run(Run),
}

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  dubo-pin hook run                       is what is staged whole?
  dubo-pin hook run --strict              unlocked pins are findings too
  dubo-pin hook run --format json         for a program

Exit codes are those of verify: 0, 1, 2, 4.")]
struct Run {
    /// Unlocked pins are findings too
    #[arg(long)]
    strict: bool,
}

pub(super) fn run(args: &Args, common: &Common, environment: &Environment, shell: &Shell) -> u8 {
    let verb = match args.what {
        What::Install => "hook install",
        What::Uninstall => "hook uninstall",
        What::Run(_) => "hook run",
    };
    let git = GitEnvironment::read();
    let given = given(git, environment);
    let repository = match Repository::find(&common.directory, &given) {
        Ok(Some(repository)) => repository,
        Ok(None) => {
            let folder = quoted(&common.directory.display().to_string());
            let trouble = Trouble::new(format!("there is no git repository at or above {folder}"));
            return failed(shell, verb, &[usage(trouble.help("git init makes one; -C DIR names another folder"))]);
        }
        Err(error) => {
            let failure = Failure { pin: None, class: error.class(), trouble: error.to_trouble() };
            return failed(shell, verb, &[failure]);
        }
    };
    match &args.what {
        What::Run(run) => judge(run, verb, &repository, common, environment, shell),
        What::Install => place(verb, &repository, environment, shell),
        What::Uninstall => place(verb, &repository, environment, shell),
    }
}

fn usage(trouble: Trouble) -> Failure {
    Failure { pin: None, class: Class::Usage, trouble }
}

/// Git's variables, and where the configuration is in which `core.hooksPath` may stand.
fn given(git: GitEnvironment, environment: &Environment) -> Given {
    let mut config_files = vec![];
    config_files.extend(git.config_system);
    match git.config_global {
        Some(file) => config_files.push(file),
        None => {
            config_files.extend(environment.config_home.as_ref().map(|c| c.join("git").join("config")));
            config_files.extend(environment.home.as_ref().map(|h| h.join(".gitconfig")));
        }
    }
    Given {
        git_dir: git.git_dir,
        work_tree: git.work_tree,
        index_file: git.index_file,
        object_directory: git.object_directory,
        alternate_object_directories: git.alternates,
        config_files,
        home: environment.home.clone(),
    }
}

fn judge(
    run: &Run,
    verb: &str,
    repository: &Repository,
    common: &Common,
    environment: &Environment,
    shell: &Shell,
) -> u8 {
    let trusted_key = match environment.trusted_key.as_ref().map(|text| key(text)).transpose() {
        Ok(key) => key,
        Err(failure) => return failed(shell, verb, &[failure]),
    };
    let options = verify::Options { strict: run.strict, trusted_key, ..verify::Options::default() };
    let judged = match hook::run(repository, &common.directory, &options) {
        Ok(judged) => judged,
        Err(failures) => return failed(shell, verb, &failures),
    };
    let options = shell.options();
    if let (Format::Human, false, Some(line)) = (options.format, options.verbose, calm(&judged)) {
        return if line.is_empty() { 0 } else { shell.say(&line).map_or(Class::Undone.code(), |()| 0) };
    }
    if judged.members.len() > 1 {
        let answer = Ok(crate::ops::Answer::Members(judged.members, judged.failures));
        let code = conclude(shell, verb, &answer, |verdict| Outcome::Verdict(verdict), None);
        if let Some(hint) = &judged.hint {
            shell.note(hint);
        }
        return code;
    }
    // One report of all: each place names its member, since it is told from where the user stands.
    let mut whole = Verdict::default();
    let any = judged.failures.is_empty() || judged.members.iter().any(|member| member.result.is_ok());
    let mut failures = judged.failures;
    for member in judged.members {
        match member.result {
            Ok(verdict) => {
                whole.findings.extend(verdict.findings);
                whole.unlocked.extend(verdict.unlocked);
                whole.verified += verdict.verified;
                whole.suppressed += verdict.suppressed;
            }
            Err(more) => failures.extend(more),
        }
    }
    let outcome = if any { Outcome::Verdict(&whole) } else { Outcome::Nothing };
    let code = finish(shell, &Report::new(verb, outcome, &failures));
    if let Some(hint) = &judged.hint {
        shell.note(hint);
    }
    code
}

/// The one line of a run that found nothing, empty if nothing was judged; `None` if something is to
/// be told.
fn calm(judged: &Judged) -> Option<String> {
    let verdicts: Vec<_> = judged.members.iter().filter_map(|m| m.result.as_ref().ok()).collect();
    let clean = verdicts.iter().all(|verdict| verdict.is_clean());
    if !judged.failures.is_empty() || verdicts.len() != judged.members.len() || !clean {
        return None;
    }
    if verdicts.is_empty() {
        return Some(String::new());
    }
    let verified: usize = verdicts.iter().map(|v| v.verified).sum();
    let unlocked: usize = verdicts.iter().map(|v| v.unlocked.len()).sum();
    Some(format!("dubo-pin: what is staged agrees: {verified} verified, {unlocked} UNLOCKED"))
}

fn place(verb: &str, repository: &Repository, environment: &Environment, shell: &Shell) -> u8 {
    let failure = |trouble: Trouble, class: Class| failed(shell, verb, &[Failure { pin: None, class, trouble }]);
    let folder = match repository.hooks_dir() {
        Ok(folder) => folder,
        Err(error) => return failure(error.to_trouble(), error.class()),
    };
    let shown = folder.path.strip_prefix(repository.top()).unwrap_or(&folder.path);
    let installs = verb == "hook install";
    let act = if installs { hook::install } else { hook::uninstall };
    let Placed { lines, failures } = match act(&folder.path, shown) {
        Ok(placed) => placed,
        Err(failures) => return failed(shell, verb, &failures),
    };
    let said = shell.say(&lines.join("\n"));
    if installs {
        if folder.configured {
            let message = format!("core.hooksPath names {}", quoted(&folder.path.display().to_string()));
            shell.note(&Trouble::new(message).help("other repositories may share these hooks"));
        }
        if !environment.programs.iter().any(|folder| is_program(&folder.join("dubo-pin"))) {
            let trouble = Trouble::new("dubo-pin is not on PATH: until it is, the hook stops every commit");
            shell.note(&trouble.help("add the folder of this program to PATH, or link it into one that is"));
        }
    }
    let code = if failures.is_empty() { 0 } else { failed(shell, verb, &failures) };
    if said.is_ok() { code } else { Class::Undone.code() }
}

fn is_program(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    path.metadata().is_ok_and(|about| about.is_file() && about.permissions().mode() & 0o111 != 0)
}
