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
use gix::protocol::transport::client::blocking_io::Transport;
use gix::protocol::transport::{Protocol, Service};
use gix::protocol::{Command, Handshake, LsRefsCommand};

use super::listing::{Raw, RefIds};
use super::wire::Slot;
use crate::model::CommitId;
use crate::remote::error::{Fault, RemoteError, flat, said};

/// A conversation that was begun.
pub(super) struct Session<T> {
    transport: T,
    greeting: Handshake,
    host: String,
    slot: Slot,
}

/// What is fetched.
#[derive(Debug, Clone, Copy)]
pub(super) struct Fetch<'a> {
    pub(super) want: CommitId,
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

pub(super) fn to_gix(id: &CommitId) -> gix::ObjectId {
    match id {
        CommitId::Sha1(bytes) => gix::ObjectId::Sha1(*bytes),
        CommitId::Sha256(bytes) => gix::ObjectId::Sha256(*bytes),
    }
}

pub(super) fn of_gix(id: &gix::oid) -> Option<CommitId> {
    CommitId::from_bytes(id.as_bytes())
}

impl<T: Transport> Session<T> {
    /// Greets the server.
    pub(super) fn open(mut transport: T, host: &str, slot: Slot) -> Result<Self, RemoteError> {
        let greeting = gix::protocol::handshake(
            &mut transport,
            Service::UploadPack,
            // Credentials are the transport's matter.
            |_| Ok(None),
            Vec::new(),
            &mut gix::progress::Discard,
        )
        .map_err(|e| explain(host, &slot, &e, None))?;
        Ok(Self { transport, greeting, host: host.to_owned(), slot })
    }

    fn error(&self, error: &(dyn std::error::Error + 'static), want: Option<CommitId>) -> RemoteError {
        explain(&self.host, &self.slot, error, want)
    }

    /// All refs that begin with one of the prefixes; more of them where the server cannot filter.
    pub(super) fn refs(&mut self, prefixes: &[String]) -> Result<Vec<Raw>, RemoteError> {
        let found = match self.greeting.refs.clone() {
            Some(refs) => refs,
            None => {
                let mut asked = RefPrefixes::new();
                asked.extend(prefixes.iter().map(|p| p.as_str().into()));
                LsRefsCommand::new(Some(asked), &self.greeting.capabilities, agent())
                    .invoke_blocking(&mut self.transport, &mut gix::progress::Discard, false)
                    .map_err(|e| self.error(&e, None))?
            }
        };
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
        let version = self.greeting.server_protocol_version;
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
        let version = self.greeting.server_protocol_version;
        let format = self.format();
        let want = to_gix(&fetch.want);
        if want.kind() != format {
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
        arguments.want(want);
        if let Some(have) = fetch.have {
            arguments.have(to_gix(&have));
        }
        if let Some(depth) = fetch.depth {
            arguments.deepen(depth as usize);
        }
        let (host, slot) = (self.host.clone(), self.slot.clone());
        let failed = |e: &(dyn std::error::Error + 'static)| explain(&host, &slot, e, Some(fetch.want));
        let mut reader = arguments.send(&mut self.transport, true).map_err(|e| failed(&e))?;
        let response =
            Response::from_line_reader(version, &mut reader, true, fetch.have.is_some()).map_err(|e| failed(&e))?;
        let broken = |detail: String| RemoteError::new(Fault::Broken, &host, detail);
        if !response.has_pack() {
            return Err(broken("it sent no pack".to_owned()));
        }
        // On v0 a refusal comes where the pack would begin.
        let refusal = match reader.peek_data_line() {
            Some(Ok(Ok(line))) => line.strip_prefix(b"ERR ").map(<[u8]>::to_vec),
            _ => None,
        };
        if let Some(text) = refusal {
            let text = said(&String::from_utf8_lossy(&text));
            return Err(refused(&host, &text, Some(fetch.want)).unwrap_or_else(|| broken(text)));
        }
        let mut shallow = Vec::new();
        for update in response.shallow_updates() {
            if let gix::protocol::fetch::response::ShallowUpdate::Shallow(id) = update {
                let id = of_gix(id);
                shallow.push(id.ok_or_else(|| broken("a shallow id of unknown length".to_owned()))?);
            }
        }
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
                return Err(broken(format!("it broke off and said: {}", spoken.borrow())));
            }
            Err(e) => return Err(failed(&e)),
        };
        let bundle = written.to_bundle().transpose().map_err(|e| failed(&e))?;
        Ok(Fetched { bundle, shallow })
    }
}

/// What gix's error means. The transport's own error, kept on the way, says more than gix's.
fn explain(host: &str, slot: &Slot, error: &(dyn std::error::Error + 'static), want: Option<CommitId>) -> RemoteError {
    if let Some(kept) = slot.borrow().clone() {
        return kept;
    }
    let text = flat(error);
    if let Some(error) = refused(host, &text, want) {
        return error;
    }
    if text.contains("'smart' protocol") {
        let detail = "its answer is not that of a git server";
        return RemoteError::new(Fault::Broken, host, detail).help("check the URL");
    }
    let io = causes(error).find_map(|e| e.downcast_ref::<std::io::Error>());
    if let Some(io) = io {
        let fault = match io.kind() {
            std::io::ErrorKind::StorageFull | std::io::ErrorKind::ReadOnlyFilesystem => Fault::Local,
            _ => Fault::Broken,
        };
        return RemoteError::new(fault, host, text);
    }
    RemoteError::new(Fault::Broken, host, text)
}

/// Whether a text is a server's refusal to hand out an object; servers word it in their own ways.
fn refused(host: &str, text: &str, want: Option<CommitId>) -> Option<RemoteError> {
    let words = ["not our ref", "not valid", "unadvertised object", "no such remote ref"];
    let want = want.filter(|_| words.iter().any(|w| text.contains(w)))?;
    let detail = format!("{want} is not there, or no branch or tag leads to it");
    Some(RemoteError::new(Fault::NoSuchCommit, host, detail))
}

fn causes<'a>(
    error: &'a (dyn std::error::Error + 'static),
) -> impl Iterator<Item = &'a (dyn std::error::Error + 'static)> {
    std::iter::successors(Some(error), |e| e.source())
}
