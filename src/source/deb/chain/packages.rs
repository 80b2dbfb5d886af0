//! The indices of an archive, proved by its Releases, and packages found in them by name.
//!
//! For `lookup`. An unpacked index stays in the store under the digest that the Release gives it: who
//! asks again reads it from there, hashing on the way, and unpacks nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{self, Read};

use sha2::Digest as _;

use super::super::archive::{Component, Repository};
use super::super::index::{Compression, IndexError, Stanza, providers as provided, reader, reduced, scan, url_path};
use super::super::release::{IndexFile, Indices, Misfit};
use super::{Candidate, OpenSuite, Opened, Problem, downloads, in_parallel, of, unreachable};
use crate::disk::{Expect, StoreError};
use crate::model::{Class, Sha256, Trouble, quoted};
use crate::remote::{Fault as Failing, Fetch, Remote, RemoteError};
use crate::source::resolve::Fault;

/// The most bytes of an index, packed or not. Debian's largest has 50 million.
const CAP: u64 = 512 << 20;

/// One index to be read.
struct Task<'a> {
    suite: &'a OpenSuite,
    component: Option<&'a Component>,
    index: Indices,
}

/// What indices are read with.
struct Reading<'a> {
    opened: &'a Opened,
    remote: &'a Remote,
    fetch: Fetch<'a>,
}

pub(super) fn lookup(
    opened: &Opened,
    repository: &Repository,
    architecture: &str,
    names: &BTreeSet<&str>,
    remote: &Remote,
) -> Result<Vec<Candidate>, Problem> {
    let all = in_each(opened, repository, architecture, remote, |index| scan(index, names))?;
    let mut found = Vec::new();
    let mut seen = BTreeSet::new();
    for (task, stanzas) in all {
        for stanza in stanzas {
            let fits = stanza.architecture == architecture || stanza.architecture == "all";
            let suite = task.suite.suite.as_str();
            if fits && seen.insert((suite.to_owned(), stanza.filename.clone(), stanza.sha256)) {
                found.push(candidate(opened, &task, stanza));
            }
        }
    }
    Ok(found)
}

/// All stanzas with some fields alone, index by index, each with the priority of its suite.
pub(super) fn stanzas(
    opened: &Opened,
    repository: &Repository,
    architecture: &str,
    fields: &[&str],
    remote: &Remote,
) -> Result<Vec<(i32, String)>, Problem> {
    let all = in_each(opened, repository, architecture, remote, |index| reduced(index, fields))?;
    Ok(all.into_iter().map(|(task, text)| (task.suite.release.priority(), text)).collect())
}

/// Which packages provide virtual ones, over all suites and components.
pub(super) fn providers(
    opened: &Opened,
    repository: &Repository,
    architecture: &str,
    names: &BTreeSet<&str>,
    remote: &Remote,
) -> Result<BTreeMap<String, BTreeSet<String>>, Problem> {
    let all = in_each(opened, repository, architecture, remote, |index| provided(index, names))?;
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (name, by) in all.into_iter().flat_map(|(_, some)| some) {
        found.entry(name).or_default().extend(by);
    }
    Ok(found)
}

fn candidate(opened: &Opened, task: &Task<'_>, stanza: Stanza) -> Candidate {
    let release = &task.suite.release;
    let suite = task.suite.suite.as_str();
    let security = release.label.as_deref() == Some("Debian-Security")
        || suite.ends_with("-security")
        || suite.ends_with("/updates");
    Candidate {
        url: format!("{}/{}", opened.uri, url_path(&stanza.filename)),
        suite: task.suite.suite.clone(),
        component: task.component.cloned(),
        priority: release.priority(),
        security,
        stanza,
    }
}

/// Reads every index of an architecture, two or more at once.
fn in_each<'a, T: Send>(
    opened: &'a Opened,
    repository: &'a Repository,
    architecture: &str,
    remote: &Remote,
    read: impl Fn(&mut dyn Read) -> Result<T, IndexError> + Sync,
) -> Result<Vec<(Task<'a>, T)>, Problem> {
    if !opened.architectures.is_empty() && !opened.architectures.iter().any(|a| a == architecture) {
        return Ok(Vec::new());
    }
    let mut tasks = Vec::new();
    for suite in &opened.suites {
        let misfit = |e: &Misfit| Fault::usage(of(&opened.archive, &suite.suite, advised(opened, e)));
        let mut put = |component, indices: Result<Vec<Indices>, Misfit>| -> Result<(), Fault> {
            let indices = indices.map_err(|e| misfit(&e))?;
            tasks.extend(indices.into_iter().map(|index| Task { suite, component, index }));
            Ok(())
        };
        if suite.suite.is_flat() {
            put(None, suite.release.flat_indices())?;
        }
        for component in repository.components.iter().filter(|_| !suite.suite.is_flat()) {
            put(Some(component), suite.release.indices(component.as_str(), architecture))?;
        }
    }
    let reading = Reading { opened, remote, fetch: downloads(&opened.uri, opened.snapshot, remote)? };
    let all = in_parallel(&tasks, |task| reading.index(task, &read))?;
    Ok(tasks.into_iter().zip(all).collect())
}

/// An architecture that a suite lacks is passed over only where the manifest says so.
fn advised(opened: &Opened, misfit: &Misfit) -> Trouble {
    let trouble = misfit.trouble();
    let Misfit::NoArchitecture { found, .. } = misfit else { return trouble };
    let words: Vec<String> = found.iter().filter(|a| *a != "all").map(|a| format!("\"{a}\"")).collect();
    let name = &opened.archive;
    trouble.help(format!(
        "to draw only these architectures from it, write under [archives.{name}]: architectures = [{}]",
        crate::model::visible(&words.join(", "))
    ))
}

impl Reading<'_> {
    fn alarm(&self, task: &Task<'_>, trouble: Trouble) -> Problem {
        Fault::alarm(of(&self.opened.archive, &task.suite.suite, trouble)).into()
    }

    fn local(&self, task: &Task<'_>, error: &StoreError) -> Problem {
        Fault::unreachable(Class::Undone, of(&self.opened.archive, &task.suite.suite, error.to_trouble())).into()
    }

    /// One index, read through: from the store, or fetched and unpacked into it.
    fn index<T>(&self, task: &Task<'_>, read: &impl Fn(&mut dyn Read) -> Result<T, IndexError>) -> Result<T, Problem> {
        if let Some((digest, size)) = task.index.unpacked
            && let Some(done) = self.held(task, &digest, Compression::Plain, size, read)?
        {
            return Ok(done);
        }
        let file = self.packed(task)?;
        let done = match task.index.unpacked.filter(|_| file.compression != Compression::Plain) {
            Some((digest, size)) => {
                self.unpack(task, &file, digest, size)?;
                self.held(task, &digest, Compression::Plain, size, read)?
            }
            None => self.held(task, &file.sha256, file.compression, CAP, read)?,
        };
        let gone = || self.local(task, &StoreError::Missing(file.sha256));
        done.ok_or_else(gone)
    }

    /// Reads an entry of the store, if it is there and sound: what a damaged one says is dropped, be
    /// it an error.
    fn held<T>(
        &self,
        task: &Task<'_>,
        digest: &Sha256,
        compression: Compression,
        limit: u64,
        read: &impl Fn(&mut dyn Read) -> Result<T, IndexError>,
    ) -> Result<Option<T>, Problem> {
        let Some(file) = self.fetch.store().get(digest).and_then(|path| File::open(path).ok()) else {
            return Ok(None);
        };
        let mut hashing = Hashing { file, hasher: sha2::Sha256::new() };
        let result = read(&mut reader(compression, &mut hashing, limit));
        let rest = io::copy(&mut hashing, &mut io::sink());
        if rest.is_err() || Sha256::from_bytes(hashing.hasher.finalize().into()) != *digest {
            // Drops it, too.
            let _ = self.fetch.store().verify(digest, false);
            return Ok(None);
        }
        result.map(Some).map_err(|e| self.alarm(task, e.trouble()))
    }

    /// Unpacks an index within the store, as the bytes that the Release names.
    fn unpack(&self, task: &Task<'_>, file: &IndexFile, digest: Sha256, size: u64) -> Result<(), Problem> {
        let store = self.fetch.store();
        let missing = || self.local(task, &StoreError::Missing(file.sha256));
        let packed = store.get(&file.sha256).and_then(|path| File::open(path).ok()).ok_or_else(missing)?;
        let wrong = |trouble: Trouble| {
            let message =
                format!("{} does not unpack to what the Release names: {}", quoted(&file.path), trouble.message);
            self.alarm(task, Trouble { message, ..trouble })
        };
        match store.put(&mut reader(file.compression, packed, CAP), Expect::exactly(digest, size)) {
            Ok(_) => Ok(()),
            Err(e @ (StoreError::Differs { .. } | StoreError::Size { .. } | StoreError::TooLarge { .. })) => {
                Err(wrong(e.to_trouble()))
            }
            Err(StoreError::Source(e)) => Err(wrong(Trouble::new(e.to_string()))),
            Err(e) => Err(self.local(task, &e)),
        }
    }

    /// The index as it is served, by digest into the store: the best form that the archive has.
    fn packed(&self, task: &Task<'_>) -> Result<IndexFile, Problem> {
        let mut last = None;
        for file in &task.index.files {
            let largest = file.size.max(task.index.unpacked.map_or(0, |(_, size)| size));
            if largest > CAP {
                let trouble = Trouble::new(format!("the index {} is too large", quoted(&file.path)));
                let trouble = trouble.expected(format!("at most {CAP} bytes")).found(format!("{largest} bytes"));
                let fault = Fault::unreachable(Class::Undone, of(&self.opened.archive, &task.suite.suite, trouble));
                return Err(fault.into());
            }
            match self.served(task, file) {
                Ok(()) => return Ok(file.clone()),
                // Debian lists the plain index too, but serves the packed ones alone.
                Err(e) if e.fault() == Failing::NotThere => last = last.or(Some((file, e))),
                Err(e) => return Err(self.failed(task, file, &e)),
            }
        }
        match last {
            Some((file, error)) => Err(self.failed(task, file, &error)),
            None => Err(self.alarm(task, Trouble::new("the Release lists no index"))),
        }
    }

    /// Fetches a file by digest: from its place by hash, then from its canonical one.
    fn served(&self, task: &Task<'_>, file: &IndexFile) -> Result<(), RemoteError> {
        let mut paths = Vec::new();
        if task.suite.release.acquire_by_hash {
            paths.push(file.by_hash());
        }
        paths.push(file.path.clone());
        let mut worst: Option<RemoteError> = None;
        for path in paths {
            let url = format!("{}{}", task.suite.folder, url_path(&path));
            // Who decided the Release has what belongs to it.
            let mirror = self.remote.mirrored(&url).filter(|m| m.resolve && task.suite.mirrored);
            let fetch = self.fetch.clone().with_files(mirror.is_some() || url.starts_with("file:"));
            let url = mirror.map_or(url, |m| m.url);
            match fetch.artifact(&url, Expect::exactly(file.sha256, file.size), None) {
                Ok(_) => return Ok(()),
                // Who does not answer is not asked twice.
                Err(e) if !matches!(e.fault(), Failing::NotThere | Failing::Forged | Failing::Denied) => return Err(e),
                Err(e) => {
                    // Other bytes say more than none.
                    let forged = worst.as_ref().is_some_and(|w| w.fault() == Failing::Forged);
                    worst = if forged { worst } else { Some(e) };
                }
            }
        }
        worst.map_or(Ok(()), Err)
    }

    fn failed(&self, task: &Task<'_>, file: &IndexFile, error: &RemoteError) -> Problem {
        let (archive, suite) = (&self.opened.archive, &task.suite.suite);
        let skew = matches!(error.fault(), Failing::Forged | Failing::NotThere);
        let fault = match error.fault() {
            Failing::Forged => {
                let trouble = error.trouble();
                let message = format!("the index {} is not the one that the Release names", quoted(&file.path));
                let help = "the mirror is in the middle of an update, or its files were changed: try again in \
                            some minutes, then another mirror";
                Fault::alarm(of(archive, suite, Trouble { message, help: Some(help.to_owned()), ..trouble }))
            }
            _ => unreachable(archive, suite, error),
        };
        Problem { fault, skew }
    }
}

/// A file that is hashed as it is read.
struct Hashing {
    file: File,
    hasher: sha2::Sha256,
}

impl Read for Hashing {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.file.read(buffer)?;
        self.hasher.update(buffer.get(..count).unwrap_or_default());
        Ok(count)
    }
}
