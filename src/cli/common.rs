//! What every verb's command line shares, and how a run ends.
//!
//! For the verbs. It makes the shell and the way to the network from options and environment, and
//! knows no verb.

use std::io::IsTerminal as _;
use std::path::PathBuf;

use clap::ValueEnum;

use super::environment::Environment;
use crate::model::{Class, Failure, Standing, Trouble, quoted};
use crate::ops::Answer;
use crate::remote::git::GitOptions;
use crate::remote::registry::Logins;
use crate::remote::yarn::YarnOptions;
use crate::remote::{CredentialSources, Credentials, Http, Limits, Mirrors, Options, Proxies, Remote, SecondStore};
use crate::ui::{Format, Outcome, Report, Shell, ShellOptions, colors, terminal_width};

/// How many pins are resolved at once, unless told otherwise.
const JOBS: usize = 32;

/// Over options that put aside what otherwise protects the user's files or pins.
pub(super) const OVERRIDES: &str = "Overrides";

/// No file of the user's own configuration is larger: bytes.
const CAP: u64 = 1 << 20;

#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Common options")]
pub(super) struct Common {
    /// The folder of pins.toml
    #[arg(short = 'C', value_name = "DIR", default_value = ".", global = true)]
    pub(super) directory: PathBuf,
    /// For whom the report is: human, json, sarif or github
    #[arg(long, value_enum, default_value = "human", global = true, hide_possible_values = true)]
    format: Reader,
    /// Findings and errors alone
    #[arg(short, long, global = true)]
    quiet: bool,
    /// Say more: each step, each commit, each unlocked pin
    #[arg(short, long, global = true, conflicts_with = "quiet")]
    verbose: bool,
    /// Ask nobody: only what the lock already holds
    #[arg(long, global = true)]
    offline: bool,
    /// How many pins are resolved at once (1 to 256)
    #[arg(long, value_name = "N", global = true, value_parser = clap::value_parser!(u16).range(1..=256))]
    jobs: Option<u16>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Reader {
    /// People
    Human,
    /// Programs
    Json,
    /// Code scanning services (SARIF 2.1.0)
    Sarif,
    /// Annotations of GitHub Actions
    Github,
}

impl Common {
    pub(super) fn shell(&self, environment: &Environment) -> Shell {
        let format = match self.format {
            Reader::Human => Format::Human,
            Reader::Json => Format::Json,
            Reader::Sarif => Format::Sarif,
            Reader::Github => Format::Github,
        };
        let (out, err) = (std::io::stdout().is_terminal(), std::io::stderr().is_terminal());
        let color = |terminal| colors(terminal, environment.no_color.as_deref(), environment.term.as_deref());
        Shell::new(ShellOptions {
            format,
            quiet: self.quiet,
            verbose: self.verbose,
            color_out: color(out),
            color_err: color(err),
            err_terminal: err && environment.term.as_deref() != Some("dumb"),
            width: if out { environment.columns.or_else(terminal_width) } else { None },
            prefix: prefix(&self.directory),
        })
    }

    pub(super) fn jobs(&self) -> usize {
        self.jobs.map_or(JOBS, usize::from)
    }

    /// The way to the network, which is opened on first use; none if the run is offline.
    pub(super) fn remote(&self, environment: &Environment) -> Result<Option<Remote>, Vec<Failure>> {
        if self.offline {
            return Ok(None);
        }
        let mut mirrors = Mirrors::default();
        if let Some(path) = environment.config_home.as_ref().map(|c| c.join("dubo-pin").join("config.toml"))
            && let Some(text) = small_file(&path)?
        {
            mirrors = Mirrors::from_file(&path.display().to_string(), &text).map_err(|e| usage_failure(*e.0))?;
        }
        if let Some(text) = &environment.mirrors {
            mirrors = mirrors.and_environment(text).map_err(|e| usage_failure(*e.0))?;
        }
        let netrc = match &environment.netrc {
            Some(path) => small_file(path)?,
            None => None,
        };
        let mut git_configs = vec![PathBuf::from("/etc/gitconfig")];
        git_configs.extend(environment.config_home.as_ref().map(|c| c.join("git").join("config")));
        git_configs.extend(environment.home.as_ref().map(|h| h.join(".gitconfig")));
        // Often for root alone: what cannot be read is not ours to use.
        let apt_auth = environment.apt_auth.iter().filter_map(|path| small_file(path).ok().flatten()).collect();
        let sources = CredentialSources { netrc, apt_auth, git_configs, home: environment.home.clone() };
        let proxies = Proxies {
            http: environment.http_proxy.clone(),
            https: environment.https_proxy.clone(),
            none: environment.no_proxy.clone(),
        };
        let options = Options { limits: Limits::default(), proxies, credentials: Credentials::new(sources) };
        let second = environment.second_store.as_deref().map(SecondStore::parse).transpose();
        let second = second.map_err(|why| usage_failure(Trouble::new(format!("DUBO_PIN_STORE: {why}"))))?;
        let logins = Logins { files: environment.registry_logins.clone(), programs: environment.programs.clone() };
        let remote = Remote::new(Http::new(options), mirrors, GitOptions::default());
        let yarn = YarnOptions {
            program: environment.yarn.clone(),
            path: environment.programs.clone(),
            home: environment.home.clone(),
            cache_home: environment.cache_home.clone(),
            variables: environment.all.clone(),
            patience: None,
        };
        let remote = remote.with_store(store_folder(environment)).with_second(second).with_logins(logins);
        Ok(Some(remote.with_yarn(yarn)))
    }
}

/// Where this user's store is.
pub(super) fn store_folder(environment: &Environment) -> Option<PathBuf> {
    environment.cache_home.as_ref().map(|c| c.join("dubo-pin").join("store"))
}

/// From the repository's root to a folder, with a final slash: code scanning names files so.
fn prefix(directory: &std::path::Path) -> String {
    let Ok(full) = directory.canonicalize() else { return String::new() };
    let root = full.ancestors().find(|a| a.join(".git").exists());
    let inner = root.and_then(|root| full.strip_prefix(root).ok()).and_then(|p| p.to_str());
    inner.filter(|p| !p.is_empty()).map_or_else(String::new, |p| format!("{p}/"))
}

/// A file of the user's; none if it is not there.
fn small_file(path: &std::path::Path) -> Result<Option<String>, Vec<Failure>> {
    let trouble = |why: &str| Trouble::new(format!("{} cannot be read: {why}", quoted(&path.display().to_string())));
    match std::fs::metadata(path) {
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(e) => return Err(undone(trouble(&e.to_string()))),
        Ok(about) if !about.is_file() => return Ok(None),
        Ok(about) if about.len() > CAP => return Err(undone(trouble("it is larger than 1 MiB"))),
        Ok(_) => {}
    }
    std::fs::read_to_string(path).map(Some).map_err(|e| undone(trouble(&e.to_string())))
}

pub(super) fn undone(trouble: Trouble) -> Vec<Failure> {
    vec![Failure { pin: None, class: Class::Undone, trouble }]
}

fn usage_failure(trouble: Trouble) -> Vec<Failure> {
    vec![Failure { pin: None, class: Class::Usage, trouble }]
}

/// Says what a run came to and gives its exit code; 4 if it could not be said.
pub(super) fn finish(shell: &Shell, report: &Report<'_>) -> u8 {
    match shell.report(report) {
        Ok(()) => report.exit(),
        Err(_) => Class::Undone.code(),
    }
}

/// Says what a verb came to in a folder, or in the members of a workspace, and gives the exit code.
pub(super) fn conclude<T>(
    shell: &Shell,
    verb: &str,
    result: &Result<Answer<T>, Vec<Failure>>,
    outcome: impl Fn(&T) -> Outcome<'_>,
    fail_on: Option<&[Standing]>,
) -> u8 {
    reported(verb, result, outcome, fail_on, |report| finish(shell, report))
}

/// What a verb came to, as a report that is handed on.
pub(super) fn reported<T, R>(
    verb: &str,
    result: &Result<Answer<T>, Vec<Failure>>,
    outcome: impl Fn(&T) -> Outcome<'_>,
    fail_on: Option<&[Standing]>,
    then: impl FnOnce(&Report<'_>) -> R,
) -> R {
    match result {
        Ok(Answer::One(made)) => then(&Report { fail_on, ..Report::new(verb, outcome(made), &[]) }),
        Ok(Answer::Members(members, failures)) => {
            let mut shown = Vec::with_capacity(members.len());
            for member in members {
                let (outcome, failures) = match &member.result {
                    Ok(made) => (outcome(made), &[][..]),
                    Err(failures) => (Outcome::Nothing, failures.as_slice()),
                };
                shown.push(crate::ui::Member { name: &member.name, outcome, failures });
            }
            then(&Report { fail_on, ..Report::of_workspace(verb, &shown, failures) })
        }
        Err(failures) => then(&Report::new(verb, Outcome::Nothing, failures)),
    }
}

/// Ends a run that came to nothing.
pub(super) fn failed(shell: &Shell, verb: &str, failures: &[Failure]) -> u8 {
    finish(shell, &Report::new(verb, Outcome::Nothing, failures))
}

/// Ends a run whose command line says something that it cannot mean.
pub(super) fn wrong_usage(shell: &Shell, verb: &str, message: &str) -> u8 {
    let help = format!("dubo-pin {verb} --help");
    failed(shell, verb, &usage_failure(Trouble::new(message).help(help)))
}

/// Ends a verb that edits pins.toml: says what it changed, or what stopped it.
pub(super) fn edited(shell: &Shell, verb: &str, result: crate::ops::edit::Edited) -> u8 {
    match result {
        Ok(refreshed) => finish(shell, &Report::new(verb, Outcome::Refreshed(&refreshed), &[])),
        Err(failures) => failed(shell, verb, &failures),
    }
}

/// Warnings of the network, after the report's own lines.
pub(super) fn warn(shell: &Shell, remote: Option<&Remote>) {
    for warning in remote.map(Remote::warnings).unwrap_or_default() {
        shell.note(&Trouble::new(warning));
    }
}
