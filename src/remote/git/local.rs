//! Repositories on this machine (`file://`), read through their objects and refs.
//!
//! For the git client. No program is started, and nothing that the repository's configuration
//! names is run.

use std::path::PathBuf;

use url::Url;

use super::between::{Between, Step, walk};
use super::ids::{of_gix, to_gix};
use super::listing::{Ask, Raw, RefIds};
use super::object::{CommitObject, tag_target};
use super::pack::{kind_of, prove};
use super::reach::{Reach, reach};
use crate::model::{CommitId, GitUrl, quoted};
use crate::remote::error::{Fault, ObjectKind, RemoteError, flat};

/// A local repository that was opened.
pub(super) struct Local {
    repository: gix::Repository,
    name: String,
    largest: u64,
}

impl Local {
    /// Opens the repository of a `file://` URL.
    pub(super) fn open(url: &GitUrl, largest: usize) -> Result<Self, RemoteError> {
        let name = url.as_str().to_owned();
        let path: PathBuf = Url::parse(&name)
            .ok()
            .and_then(|u| u.to_file_path().ok())
            .ok_or_else(|| RemoteError::new(Fault::Refused, &name, "it is no path"))?;
        if !path.is_dir() {
            let detail = format!("{} is no folder", quoted(&path.to_string_lossy()));
            return Err(RemoteError::new(Fault::NotThere, &name, detail));
        }
        let repository = gix::open::Options::isolated()
            .open(path)
            .map_err(|e| RemoteError::new(Fault::NotThere, &name, flat(&e)))?
            .to_thread_local();
        Ok(Self { repository, name, largest: largest as u64 })
    }

    fn broken(&self, error: &gix::Error) -> RemoteError {
        RemoteError::new(Fault::Broken, &self.name, flat(error))
    }

    /// An object's kind and bytes, if it is there.
    pub(super) fn object(&self, id: &CommitId) -> Result<Option<(ObjectKind, Vec<u8>)>, RemoteError> {
        let id = to_gix(id);
        if id.kind() != self.repository.object_hash() {
            return Ok(None);
        }
        let header = self.repository.try_find_header(id).map_err(|e| self.broken(&e))?;
        let Some(header) = header else {
            return Ok(None);
        };
        if header.size() > self.largest {
            let detail = format!("the object {id} is larger than {} bytes", self.largest);
            return Err(RemoteError::new(Fault::Refused, &self.name, detail));
        }
        let found = self.repository.find_object(id).map_err(|e| self.broken(&e))?;
        Ok(Some((kind_of(found.kind), found.data.clone())))
    }

    /// The refs that were asked for.
    pub(super) fn refs(&self, ask: Ask<'_>) -> Result<Vec<Raw>, RemoteError> {
        let mut all = Vec::new();
        if ask.wants("HEAD") {
            let head = self.repository.head().map_err(|e| self.broken(&e))?;
            let symbolic = head.referent_name().map(|n| n.as_bstr().to_vec());
            let object = head.id().and_then(|id| of_gix(&id));
            let ids = object.map(|object| self.ids(object)).transpose()?;
            all.push(Raw { name: b"HEAD".to_vec(), symbolic, ids });
        }
        let platform = self.repository.references().map_err(|e| self.broken(&e))?;
        for found in platform.all().map_err(|e| self.broken(&e))? {
            let mut found = found.map_err(|e| self.broken(&e))?;
            let name = found.name().as_bstr().to_vec();
            if !std::str::from_utf8(&name).is_ok_and(|n| ask.wants(n)) {
                continue;
            }
            // A symbolic ref to nothing is none.
            let Ok(id) = found.follow_to_object() else {
                continue;
            };
            let Some(object) = of_gix(&id) else { continue };
            all.push(Raw { name, symbolic: None, ids: Some(self.ids(object)?) });
        }
        Ok(all)
    }

    fn ids(&self, object: CommitId) -> Result<RefIds, RemoteError> {
        let mut target = object;
        for _ in 0..16 {
            match self.object(&target)? {
                Some((ObjectKind::Tag, raw)) => match tag_target(&raw, &target) {
                    Some(next) => target = next,
                    None => break,
                },
                _ => break,
            }
        }
        Ok(RefIds { object, peeled: (target != object).then_some(target) })
    }

    /// A commit, proved.
    pub(super) fn commit(&self, id: &CommitId) -> Result<CommitObject, RemoteError> {
        match self.object(id)? {
            None => Err(RemoteError::new(Fault::NoSuchCommit, &self.name, format!("{id} is not there"))),
            Some((ObjectKind::Commit, raw)) => prove(*id, &raw, &self.name),
            Some((kind, _)) => {
                let detail = format!("the object {id}");
                Err(RemoteError::new(Fault::NotACommit(kind), &self.name, detail))
            }
        }
    }

    /// What lies between two commits, and which of the known ones lie on the way.
    pub(super) fn between(
        &self,
        old: &CommitId,
        new: &CommitId,
        known: &[CommitId],
        cap: usize,
    ) -> Result<(Between, Vec<CommitId>), RemoteError> {
        walk(*new, *old, known, cap, |id| self.step(id))
    }

    /// Whether a commit lies in the history of some others.
    pub(super) fn reach(&self, tips: &[CommitId], id: &CommitId, cap: usize) -> Result<Reach, RemoteError> {
        reach(tips, *id, cap, |id| self.step(id))
    }

    fn step(&self, id: &CommitId) -> Result<Option<Step>, RemoteError> {
        match self.commit(id) {
            Ok(commit) => Ok(Some(Step {
                parents: commit.parents,
                time: commit.committer_time,
                subject: commit.subject,
                cut: false,
            })),
            Err(e) if matches!(e.fault(), Fault::NoSuchCommit | Fault::NotACommit(_)) => Ok(None),
            Err(e) => Err(e),
        }
    }
}
