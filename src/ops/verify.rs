//! `verify`: proves the join, offline by construction.
//!
//! It is handed no network, writes nothing, and shares no path that does.

use std::collections::BTreeSet;
use std::path::Path;

use super::members::{self, Answer};
use super::project::{Project, failure};
use super::stand::Ground;
use crate::check::{self, Join};
use crate::dockerfile::Intake;
use crate::lock::{self, LockError};
use crate::model::{Failure, Finding, Id, Severity, Trouble, Verdict};
use crate::source::is_elsewhere;
use crate::trust::{TrustedKey, verify as signed_by};

/// How strict, and whose signature must stand under the lock.
#[derive(Debug, Default)]
pub struct Options {
    /// Unlocked pins are findings.
    pub strict: bool,
    /// Members of the workspace, by folder or glob; none means all.
    pub members: Vec<String>,
    /// A key from outside the repository: its signature must stand in `pins.lock.minisig`.
    pub trusted_key: Option<TrustedKey>,
}

/// Verifies a folder, or all members of a workspace.
///
/// # Errors
/// What kept the manifest, the lock or a Dockerfile from being read.
pub fn run(dir: &Path, options: &Options) -> Result<Answer<Verdict>, Vec<Failure>> {
    members::each(dir, &options.members, |ground| judge(ground, options))
}

/// Verifies one folder, a member or one by itself.
///
/// # Errors
/// As [`run`]; a workspace without pins of its own.
pub fn folder(dir: &Path, options: &Options) -> Result<Verdict, Vec<Failure>> {
    verdict(&Project::read(dir)?, options)
}

/// Verifies one folder, on the disk or in a tree that git holds.
pub(super) fn judge(ground: &Ground, options: &Options) -> Result<Verdict, Vec<Failure>> {
    verdict(&Project::of(ground)?, options)
}

fn verdict(project: &Project, options: &Options) -> Result<Verdict, Vec<Failure>> {
    let opened = project.lock.as_ref().map_err(|e: &LockError| vec![failure(e.class(), e.trouble())])?;
    let mut vendored = check::vendored::check(&project.root, &project.manifest, opened, &project.dockerfiles);
    vendored.extend(proofs(project, opened, &vendored));
    let join = Join {
        manifest: &project.manifest,
        lock: opened,
        dockerfiles: &project.dockerfiles,
        archives: &project.archives,
        interrupted: project.interrupted.as_deref(),
        root: &project.root,
        vendored: &vendored,
    };
    let mut verdict = check::verify(&join, options.strict);
    settle(project, &mut verdict);
    if project.alone {
        let trouble = Trouble::new("no workspace is at hand: what this member inherited is as the lock has it")
            .at(crate::model::Place::file(lock::FILE));
        verdict.findings.push(crate::model::Finding::note(crate::model::Id::LOCK010, None, trouble));
    }
    if let Some(key) = &options.trusted_key {
        verdict.findings.extend(signature(project, key).map_err(|f| vec![f])?);
    }
    Ok(verdict)
}

/// Adds what no pin covers, and heeds suppressions and `[lint]`. How many pins hold stays as it is.
fn settle(project: &Project, verdict: &mut Verdict) {
    let files = project.dockerfiles.as_slice();
    let findings = std::mem::take(&mut verdict.findings);
    let uncovered = check::cover::uncovered(&project.manifest, files);
    let mut unseen: Vec<Finding> = check::lint::lint(files).into_iter().map(|linted| linted.finding).collect();
    // of an image, what the join tells as an error is not told again; and where it has a note that
    // nobody can know what is taken in, that says no more than that it is not covered
    let spot = |finding: &Finding| finding.trouble.place.as_ref().map(|p| (p.file.clone(), p.line, p.column));
    let is_image = |id: Id| id.as_str().starts_with("IMG");
    let wrong = findings.iter().filter(|f| f.severity == Severity::Error && is_image(f.id));
    let wrong: BTreeSet<_> = wrong.filter_map(spot).collect();
    let open = |u: &check::cover::Uncovered<'_>| matches!(u.intake, Intake::Image(..) | Intake::UnclearImage(_));
    let (twice, told): (Vec<_>, Vec<_>) =
        uncovered.into_iter().partition(|u| open(u) && spot(&u.finding).is_some_and(|spot| wrong.contains(&spot)));
    unseen.extend(twice.into_iter().map(|u| u.finding));
    let mut unclear: BTreeSet<_> = told.iter().filter(|u| open(u)).filter_map(|u| spot(&u.finding)).collect();
    for u in &told {
        if let (Intake::Install(install), true) = (&u.intake, u.parts.is_empty()) {
            let places = install.not_understood.iter().map(|n| n.place(u.file));
            unclear.extend(places.map(|p| (p.file, p.line, p.column)));
        }
    }
    let (notes, rest): (Vec<_>, Vec<_>) = findings.into_iter().partition(|f| {
        let note = matches!(f.id, Id::IMG012 | Id::APT005) && f.severity == Severity::Note;
        note && spot(f).is_some_and(|spot| unclear.contains(&spot))
    });
    unseen.extend(notes);
    let mut findings = rest;
    findings.extend(told.into_iter().map(|u| u.finding));
    let settled = check::suppress::settle(files, &project.manifest.lint, findings, &unseen);
    verdict.findings = settled.findings;
    verdict.suppressed = settled.suppressed;
}

/// GIT009, APT015: a vendored tar whose digest is the locked one must also be the tree of the locked
/// commit, and what was made of .debs must name the locked ones.
fn proofs(project: &Project, opened: &lock::Opened, found: &[crate::model::Finding]) -> Vec<crate::model::Finding> {
    let mut findings = Vec::new();
    for (name, entry) in &opened.lock.pins {
        let Some(pin) = project.manifest.pins.get(name) else { continue };
        if opened.altered.contains(name) || found.iter().any(|f| f.pin.as_ref() == Some(name)) {
            continue;
        }
        let help = format!("dubo-pin refresh {name} --locked asks upstream");
        for (id, trouble) in pin.source.check_vendored(entry, &project.root) {
            let trouble = if trouble.help.is_none() { trouble.help(help.clone()) } else { trouble };
            findings.push(crate::model::Finding::error(id, Some(name), trouble));
        }
        for artifact in &entry.artifacts {
            let (Some(path), Some(id)) = (&artifact.path, pin.source.proof(artifact)) else { continue };
            if is_elsewhere(&project.root, artifact, path) {
                continue;
            }
            let proved = match project.root.open_file(path) {
                Ok(Some(mut file)) => pin.source.prove(entry, path, &mut file),
                Ok(None) => Err(Trouble::new(format!("{path} cannot be read: there is no file"))),
                Err(error) => Err(error.to_trouble()),
            };
            if let Err(trouble) = proved {
                let trouble = trouble.at(crate::model::Place::file(path.as_str()));
                findings.push(crate::model::Finding::error(id, Some(name), trouble.help(help.clone())));
            }
        }
    }
    findings
}

/// LOCK009: the detached signature of the lock.
fn signature(project: &Project, key: &TrustedKey) -> Result<Option<crate::model::Finding>, Failure> {
    let file = format!("{}.minisig", lock::FILE);
    let signature = project.root.read(&super::project::known(&file)?, 4096).map_err(|e| super::project::disk(&e))?;
    let finding = |trouble: Trouble| crate::model::Finding::error(crate::model::Id::LOCK009, None, trouble);
    let place = crate::model::Place::file(&file);
    let Some(signature) = signature else {
        let trouble = Trouble::new("the lock is not signed")
            .at(place)
            .expected("a signature by the trusted key")
            .found("no file");
        return Ok(Some(finding(trouble.help(format!("minisign -S -m {} with the trusted key", lock::FILE)))));
    };
    let lock = project.lock_bytes.as_deref().unwrap_or_default();
    Ok(signed_by(key, lock, &signature).err().map(|e| {
        finding(
            Trouble::new(format!("the signature of the lock does not hold: {e}"))
                .at(place)
                .help("review pins.lock, then sign it anew"),
        )
    }))
}
