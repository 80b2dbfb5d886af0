//! What a git server says before refs and packs, and what its errors mean.
//!
//! For `session`. gix's own readers of protocol v0 panic on some answers, so those are read here;
//! v2 is left to gix.

use gix::protocol::fetch::Response;
use gix::protocol::fetch::response::ShallowUpdate;
use gix::protocol::transport::client::blocking_io::{ExtendedBufRead, Transport};
use gix::protocol::transport::client::{Capabilities, MessageKind};
use gix::protocol::transport::{Protocol, Service};

use super::ids::of_gix;
use super::listing::{self, Raw};
use super::wire::Slot;
use crate::model::CommitId;
use crate::remote::error::{Fault, RemoteError, flat, said};

type AnyError = dyn std::error::Error + 'static;

/// Whom a question went to, and for which object: what an error is told by.
#[derive(Clone, Copy)]
pub(super) struct Question<'a> {
    pub(super) host: &'a str,
    pub(super) slot: &'a Slot,
    pub(super) want: Option<CommitId>,
}

impl Question<'_> {
    /// The protocol was not kept.
    pub(super) fn broken(&self, detail: impl Into<String>) -> RemoteError {
        RemoteError::new(Fault::Broken, self.host, detail)
    }

    /// What gix's error means. The transport's own error, kept on the way, says more than gix's.
    pub(super) fn failed(&self, error: &AnyError) -> RemoteError {
        if let Some(kept) = self.slot.borrow().clone() {
            return kept;
        }
        let text = flat(error);
        if text.contains("'smart' protocol") {
            let detail = "its answer is not that of a git server";
            return self.broken(detail).help("check the URL");
        }
        use std::io::ErrorKind::{ReadOnlyFilesystem, StorageFull};
        let io = causes(error).find_map(|e| e.downcast_ref::<std::io::Error>());
        if io.is_some_and(|io| matches!(io.kind(), StorageFull | ReadOnlyFilesystem)) {
            return RemoteError::new(Fault::Local, self.host, text);
        }
        self.refused(&text)
    }

    /// What a server means by its own words, each server having its own.
    fn refused(&self, text: &str) -> RemoteError {
        let words = ["not our ref", "not valid", "unadvertised object", "no such remote ref"];
        match self.want.filter(|_| words.iter().any(|w| text.contains(w))) {
            Some(want) => {
                let detail = format!("{want} is not there, or no branch or tag leads to it");
                RemoteError::new(Fault::NoSuchCommit, self.host, detail)
            }
            None => self.broken(text),
        }
    }

    /// Greets a server.
    pub(super) fn greet(&self, transport: &mut impl Transport) -> Result<Greeting, RemoteError> {
        let answer = transport.handshake(Service::UploadPack, &[]).map_err(|e| self.failed(&e))?;
        let (capabilities, version) = (answer.capabilities, answer.actual_protocol);
        let Some(mut reader) = answer.refs else {
            return Ok(Greeting { capabilities, version, refs: None });
        };
        let mut lines = Vec::new();
        while let Some(line) = reader.readline() {
            let line = line.map_err(|e| self.failed(&e))?.map_err(|e| self.failed(&e))?;
            lines.push(line.as_slice().unwrap_or_default().to_vec());
        }
        let symrefs = capabilities.iter().filter(|c| c.name() == "symref");
        let symrefs: Vec<_> = symrefs.filter_map(|c| Some(c.value()?.to_vec())).collect();
        let refs = listing::advertised(&symrefs, &lines).map_err(|why| self.broken(why))?;
        Ok(Greeting { capabilities, version, refs: Some(refs) })
    }

    /// Reads up to where a pack begins; gives the commits whose parents were left out.
    pub(super) fn up_to_pack<'r>(
        &self,
        version: Protocol,
        reader: &mut (impl ExtendedBufRead<'r> + Unpin),
    ) -> Result<Vec<CommitId>, RemoteError> {
        if version != Protocol::V2 {
            return self.old_up_to_pack(reader);
        }
        let response = Response::from_line_reader(version, reader, true, false).map_err(|e| self.failed(&e))?;
        if !response.has_pack() {
            return Err(self.broken("it sent no pack"));
        }
        let cuts = response.shallow_updates().iter().filter_map(|update| match update {
            ShallowUpdate::Shallow(id) => Some(of_gix(id)),
            ShallowUpdate::Unshallow(_) => None,
        });
        let cuts: Option<Vec<_>> = cuts.collect();
        cuts.ok_or_else(|| self.broken("a shallow id of unknown length"))
    }

    /// On v0: shallow lines and a flush, if a depth was asked for; NAK or ACK; then the pack. A
    /// refusal comes instead of any of these.
    fn old_up_to_pack<'r>(
        &self,
        reader: &mut (impl ExtendedBufRead<'r> + Unpin),
    ) -> Result<Vec<CommitId>, RemoteError> {
        let mut cuts = Vec::new();
        let mut flushed = false;
        loop {
            let peeked = match reader.peek_data_line() {
                Some(line) => {
                    let line = line.map_err(|e| self.failed(&e))?;
                    Some(line.map_err(|e| self.failed(&e))?.to_vec())
                }
                None => None,
            };
            let Some(line) = peeked else {
                if flushed || reader.stopped_at() != Some(MessageKind::Flush) {
                    return Err(self.broken("it sent no pack"));
                }
                flushed = true;
                self.take_line(reader)?;
                reader.reset(Protocol::V1);
                continue;
            };
            if let Some(text) = line.strip_prefix(b"ERR ") {
                return Err(self.refused(&said(&String::from_utf8_lossy(text))));
            }
            if let Some(hex) = line.strip_prefix(b"shallow ") {
                let id = std::str::from_utf8(hex.trim_ascii_end()).ok().and_then(|h| h.parse().ok());
                cuts.push(id.ok_or_else(|| self.broken("a shallow line without an id"))?);
            } else if !["unshallow ", "NAK", "ACK "].iter().any(|w| line.starts_with(w.as_bytes())) {
                return Ok(cuts);
            }
            self.take_line(reader)?;
        }
    }

    fn take_line<'r>(&self, reader: &mut impl ExtendedBufRead<'r>) -> Result<(), RemoteError> {
        let mut line = String::new();
        reader.readline_str(&mut line).map_err(|e| self.failed(&e))?;
        Ok(())
    }
}

/// What a server says first.
pub(super) struct Greeting {
    pub(super) capabilities: Capabilities,
    pub(super) version: Protocol,
    /// What a server of v0 or v1 lists unasked.
    pub(super) refs: Option<Vec<Raw>>,
}

fn causes(error: &AnyError) -> impl Iterator<Item = &AnyError> {
    std::iter::successors(Some(error), |e| e.source())
}
