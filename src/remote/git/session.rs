//! One conversation with a git server: greet, list refs, fetch objects. Protocol v2, v1 and v0.
//!
//! For the git client. It knows how gix's plumbing wants to be called and where it has to be kept
//! from harm; what the objects mean is not its matter.

use std::ops::ControlFlow;
use std::path::Path;
use std::sync::atomic::AtomicBool;

use gix::odb::pack::Bundle;
use gix::protocol::fetch::{Arguments, Response};
use gix::protocol::handshake::Ref;
use gix::protocol::ls_refs::RefPrefixes;
use gix::protocol::transport::Protocol;
use gix::protocol::transport::client::blocking_io::Transport;
use gix::protocol::{Command, LsRefsCommand};

use super::answer::{Greeting, Question};
use super::ids::{of_gix, to_gix};
use super::listing::{Raw, RefIds};
use super::wire::Slot;
use crate::model::CommitId;
use crate::remote::error::{Fault, RemoteError, flat, said};

/// A conversation that was begun.
pub(super) struct Session<T> {
    transport: T,
    greeting: Greeting,
    host: String,
    slot: Slot,
}

/// What is fetched.
#[derive(Debug, Clone, Copy)]
pub(super) struct Fetch<'a> {
    /// At least one, all of one object format.
    pub(super) wants: &'a [CommitId],
    pub(super) have: Option<CommitId>,
    /// Commits below a want, at least 1; none for all of them.
    pub(super) depth: Option<u32>,
    /// Leave out trees and blobs; only where [`Session::filters`].
    pub(super) commits_only: bool,
    /// An empty folder for the pack.
    pub(super) folder: &'a Path,
    /// The largest object that is unpacked, in bytes.
    pub(super) largest: usize,
}

/// Fetched objects.
pub(super) struct Fetched {
    /// None where the pack was empty.
    pub(super) bundle: Option<Bundle>,
    /// Commits whose parents were left out for the depth's sake.
    pub(super) shallow: Vec<CommitId>,
}

fn agent() -> (&'static str, Option<String>) {
    ("agent", Some(concat!("dubo-pin/", env!("CARGO_PKG_VERSION")).to_owned()))
}

impl<T: Transport> Session<T> {
    /// Greets the server. Credentials are the transport's matter.
    pub(super) fn open(mut transport: T, host: &str, slot: Slot) -> Result<Self, RemoteError> {
        let greeting = Question { host, slot: &slot, want: None }.greet(&mut transport)?;
        Ok(Self { transport, greeting, host: host.to_owned(), slot })
    }

    /// All refs that begin with one of the prefixes; more of them where the server cannot filter.
    pub(super) fn refs(&mut self, prefixes: &[String]) -> Result<Vec<Raw>, RemoteError> {
        if let Some(refs) = &self.greeting.refs {
            return Ok(refs.clone());
        }
        let question = Question { host: &self.host, slot: &self.slot, want: None };
        let mut asked = RefPrefixes::new();
        asked.extend(prefixes.iter().map(|p| p.as_str().into()));
        let found = LsRefsCommand::new(Some(asked), &self.greeting.capabilities, agent())
            .invoke_blocking(&mut self.transport, &mut gix::progress::Discard, false)
            .map_err(|e| question.failed(&e))?;
        found.into_iter().map(|r| self.raw(r)).collect()
    }

    fn raw(&self, found: Ref) -> Result<Raw, RemoteError> {
        let id = |id: &gix::oid| of_gix(id).ok_or_else(|| self.broken("an object id of unknown length".to_owned()));
        Ok(match found {
            Ref::Peeled { full_ref_name, tag, object } => Raw {
                name: full_ref_name.into(),
                symbolic: None,
                ids: Some(RefIds { object: id(&tag)?, peeled: Some(id(&object)?) }),
            },
            Ref::Direct { full_ref_name, object } => Raw {
                name: full_ref_name.into(),
                symbolic: None,
                ids: Some(RefIds { object: id(&object)?, peeled: None }),
            },
            Ref::Symbolic { full_ref_name, target, tag, object } => Raw {
                name: full_ref_name.into(),
                symbolic: Some(target.into()),
                ids: Some(match tag {
                    Some(tag) => RefIds { object: id(&tag)?, peeled: Some(id(&object)?) },
                    None => RefIds { object: id(&object)?, peeled: None },
                }),
            },
            Ref::Unborn { full_ref_name, target } => {
                Raw { name: full_ref_name.into(), symbolic: Some(target.into()), ids: None }
            }
        })
    }

    fn broken(&self, detail: String) -> RemoteError {
        RemoteError::new(Fault::Broken, &self.host, detail)
    }

    /// Whether the server can leave out trees and blobs.
    pub(super) fn filters(&self) -> bool {
        self.features().iter().any(|(name, _)| *name == "filter")
    }

    /// Whether the server can give a history of limited depth.
    pub(super) fn deepens(&self) -> bool {
        self.features().iter().any(|(name, _)| *name == "shallow")
    }

    fn features(&self) -> Vec<gix::protocol::command::Feature> {
        let version = self.greeting.version;
        let mut features = Command::Fetch.default_features(version, &self.greeting.capabilities);
        // Sent on v0 it would turn a depth of 1 into the full history.
        features.retain(|(name, _)| *name != "deepen-relative");
        if version != Protocol::V2 && self.format() == gix::hash::Kind::Sha256 {
            features.push(("object-format", Some("sha256".to_owned())));
        }
        features.push(agent());
        features
    }

    /// The server's object format.
    pub(super) fn format(&self) -> gix::hash::Kind {
        let format = self.greeting.capabilities.capability("object-format");
        match format.and_then(|c| Some(c.value()? == "sha256")) {
            Some(true) => gix::hash::Kind::Sha256,
            _ => gix::hash::Kind::Sha1,
        }
    }

    /// Fetches into a folder. Every object is hashed again while the pack is indexed.
    pub(super) fn fetch(&mut self, fetch: &Fetch<'_>) -> Result<Fetched, RemoteError> {
        let version = self.greeting.version;
        let format = self.format();
        if fetch.wants.iter().any(|want| to_gix(want).kind() != format) {
            let detail = format!("the repository's object format is {format}, the id's is not");
            return Err(RemoteError::new(Fault::NoSuchCommit, &self.host, detail));
        }
        let features = self.features();
        Response::check_required_features(version, &features)
            .map_err(|e| RemoteError::new(Fault::Unsupported, &self.host, flat(&e)))?;
        let mut arguments = Arguments::new(version, features, false);
        if fetch.commits_only {
            arguments.filter("tree:0");
        }
        for want in fetch.wants {
            arguments.want(to_gix(want));
        }
        if let Some(have) = fetch.have {
            arguments.have(to_gix(&have));
        }
        if let Some(depth) = fetch.depth {
            arguments.deepen(depth as usize);
        }
        let (host, slot) = (self.host.clone(), self.slot.clone());
        let question = Question { host: &host, slot: &slot, want: fetch.wants.first().copied() };
        let mut reader = arguments.send(&mut self.transport, true).map_err(|e| question.failed(&e))?;
        let shallow = question.up_to_pack(version, &mut reader)?;
        let spoken = std::rc::Rc::new(std::cell::RefCell::new(String::new()));
        let hears = spoken.clone();
        // Without a handler the pack's side bands are not taken apart.
        reader.set_progress_handler(Some(Box::new(move |is_error, text: &[u8]| {
            if is_error {
                *hears.borrow_mut() = said(&String::from_utf8_lossy(text));
            }
            ControlFlow::Continue(())
        })));
        let options = gix::odb::pack::bundle::write::Options {
            thread_limit: Some(1),
            alloc_limit_bytes: Some(fetch.largest),
            ..Default::default()
        };
        let written = Bundle::write_to_directory(
            &mut reader,
            Some(fetch.folder),
            &mut gix::progress::Discard,
            &AtomicBool::new(false),
            None::<gix::objs::find::Never>,
            format,
            options,
        );
        drop(reader);
        let written = match written {
            Ok(written) => written,
            Err(_) if !spoken.borrow().is_empty() => {
                let said = spoken.borrow();
                return Err(question.broken(format!("it broke off and said: {said}")));
            }
            Err(e) => return Err(question.failed(&e)),
        };
        let bundle = written.to_bundle().transpose().map_err(|e| question.failed(&e))?;
        Ok(Fetched { bundle, shallow })
    }
}
