//! Archives and snapshots under one server on loopback, and what goes wrong after signing:
//! tampered bytes, vanished files, a mirror of which only half is new.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use super::snapshot::Snapshots;
use super::{Archive, sha256};
use crate::support::http::{Answer, Asked, Server};

/// A server of archives. Paths are absolute: `/debian/dists/bookworm/InRelease`.
pub struct Served {
    server: Server,
    state: Arc<State>,
}

/// What is answered in place of a file, and how often: bytes, or that it is not there.
type Stale = (usize, Option<Vec<u8>>);

#[derive(Default)]
struct State {
    files: Mutex<BTreeMap<String, Vec<u8>>>,
    stale: Mutex<BTreeMap<String, Stale>>,
    /// Paths whose body was sent, in order.
    sent: Mutex<Vec<String>>,
    snapshots: Snapshots,
}

impl Served {
    /// An empty server.
    pub fn start() -> Self {
        let state = Arc::new(State::default());
        let serving = state.clone();
        Self { server: Server::start(move |asked| serving.answer(asked)), state }
    }

    /// One suite at `/debian`.
    pub fn of(archive: &Archive) -> Self {
        let served = Self::start();
        served.publish("debian", archive);
        served
    }

    /// `http://127.0.0.1:port/name`.
    pub fn uri(&self, name: &str) -> String {
        format!("{}/{name}", self.server.url())
    }

    /// The uri of the snapshots of an archive, with its `{snapshot}`.
    pub fn snapshot_uri(&self, name: &str) -> String {
        self.uri(&format!("archive/{name}/{{snapshot}}"))
    }

    /// Serves a suite of an archive, in place of what stood there for it. Old files of the pool stay.
    pub fn publish(&self, name: &str, archive: &Archive) {
        let folder = format!("/{name}/{}", archive.folder());
        let mut files = self.state.files.lock().unwrap();
        files.retain(|path, _| !path.starts_with(&folder));
        files.extend(archive.files().into_iter().map(|(path, bytes)| (format!("/{name}/{path}"), bytes)));
    }

    /// A snapshot of an archive as it stands now, taken at this time (`20240504T080000Z`).
    pub fn snapshot(&self, name: &str, time: &str) {
        let root = format!("/{name}/");
        let files = self.state.files.lock().unwrap();
        let here = files.iter().filter_map(|(p, b)| Some((p.strip_prefix(&root)?.to_owned(), b.clone())));
        self.state.snapshots.import(name, time, here.collect());
    }

    /// The snapshot service, for its faults.
    pub fn snapshots(&self) -> &Snapshots {
        &self.state.snapshots
    }

    /// Changes the bytes of a file that stands there.
    #[track_caller]
    pub fn edit(&self, path: &str, edit: impl FnOnce(&mut Vec<u8>)) {
        let mut files = self.state.files.lock().unwrap();
        edit(files.get_mut(path).unwrap_or_else(|| panic!("{path} does not stand there")));
    }

    /// Replaces a text in a file that holds it.
    #[track_caller]
    pub fn replace(&self, path: &str, old: &str, new: &str) {
        self.edit(path, |bytes| {
            let text = String::from_utf8(bytes.clone()).unwrap();
            assert!(text.contains(old), "{path} does not hold {old:?}");
            *bytes = text.replacen(old, new, 1).into_bytes();
        });
    }

    /// Flips one bit in the middle of each form of an index, by-hash too: a mirror that lies.
    pub fn tamper_with_indices(&self, name: &str, suite: &str) {
        let root = format!("/{name}/dists/{suite}/");
        let mut files = self.state.files.lock().unwrap();
        for (path, bytes) in files.iter_mut().filter(|(p, _)| p.starts_with(&root)) {
            if path.contains("Packages") || path.contains("by-hash") {
                let middle = bytes.len() / 2;
                if let Some(byte) = bytes.get_mut(middle) {
                    *byte ^= 1;
                }
            }
        }
    }

    /// A file is gone.
    #[track_caller]
    pub fn remove(&self, path: &str) {
        assert!(self.state.files.lock().unwrap().remove(path).is_some(), "{path} does not stand there");
    }

    /// What stands there.
    #[track_caller]
    pub fn file(&self, path: &str) -> Vec<u8> {
        self.state.files.lock().unwrap().get(path).unwrap_or_else(|| panic!("{path} does not stand there")).clone()
    }

    /// Every path that is served.
    pub fn paths(&self) -> Vec<String> {
        self.state.files.lock().unwrap().keys().cloned().collect()
    }

    /// The mirror is half old: InRelease is that of `new`, each index that of `old` for so many
    /// requests of each, and by-hash does not know the new ones for as long.
    pub fn skew(&self, name: &str, old: &Archive, new: &Archive, requests: usize) {
        let before = old.files();
        self.publish(name, new);
        let mut stale = self.state.stale.lock().unwrap();
        for path in new.files().into_keys().filter(|p| p.starts_with("dists/") && !p.ends_with("Release")) {
            stale.insert(format!("/{name}/{path}"), (requests, before.get(&path).cloned()));
        }
    }

    /// What was asked, as it was asked.
    pub fn log(&self) -> Vec<Asked> {
        self.server.log()
    }

    /// The paths whose body was sent since [`Served::forget`], in order.
    pub fn sent(&self) -> Vec<String> {
        self.state.sent.lock().unwrap().clone()
    }

    /// Forgets what was sent.
    pub fn forget(&self) {
        self.state.sent.lock().unwrap().clear();
    }

    /// The server itself, for what any server can do wrong.
    pub fn server(&self) -> &Server {
        &self.server
    }
}

impl State {
    fn answer(&self, asked: &Asked) -> Answer {
        let path = decoded(&asked.path);
        let found = match self.snapshots.answer(&path) {
            Some(answer) => answer,
            None => match self.found(&path) {
                Some(bytes) => Answer::new(200, bytes),
                None => Answer::new(404, "not here\n"),
            },
        };
        if found.status != 200 {
            return found;
        }
        let tag = format!("\"{}\"", sha256(&found.body));
        if asked.header("if-none-match") == Some(&tag) {
            return Answer::new(304, "").with("ETag", &tag);
        }
        self.sent.lock().unwrap().push(path);
        found.with("ETag", &tag)
    }

    fn found(&self, path: &str) -> Option<Vec<u8>> {
        if let Some((left, bytes)) = self.stale.lock().unwrap().get_mut(path)
            && *left > 0
        {
            *left -= 1;
            return bytes.clone();
        }
        self.files.lock().unwrap().get(path).cloned()
    }
}

/// A path without its percents.
fn decoded(path: &str) -> String {
    let mut out = Vec::new();
    let mut rest = path.as_bytes();
    while let Some((&first, tail)) = rest.split_first() {
        let two = tail.get(..2).and_then(|t| u8::from_str_radix(std::str::from_utf8(t).ok()?, 16).ok());
        match two {
            Some(byte) if first == b'%' => {
                out.push(byte);
                rest = &tail[2..];
            }
            _ => {
                out.push(first);
                rest = tail;
            }
        }
    }
    String::from_utf8(out).unwrap()
}
