//! A git server in memory: smart HTTP, protocol v2, no git binary, ready at once.
//!
//! For tests that need a server that misbehaves at the level of git: refuses wants, lacks
//! capabilities, moves refs in between, forges objects. Faults of HTTP are those of
//! [`super::http::Server`].

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use gix::objs::Kind;
use gix::{ObjectId, hash};

use super::http::{Answer, Asked, Server};

/// A repository that is being made.
#[derive(Clone)]
pub struct Repo {
    format: hash::Kind,
    objects: BTreeMap<ObjectId, (Kind, Vec<u8>)>,
    refs: BTreeMap<String, ObjectId>,
    head: String,
    clock: i64,
}

impl Default for Repo {
    fn default() -> Self {
        Self::new(hash::Kind::Sha1)
    }
}

impl Repo {
    pub fn new(format: hash::Kind) -> Self {
        Self {
            format,
            objects: BTreeMap::new(),
            refs: BTreeMap::new(),
            head: "refs/heads/main".to_owned(),
            clock: 1_700_000_000,
        }
    }

    /// Stores an object of any content.
    pub fn put(&mut self, kind: Kind, bytes: &[u8]) -> ObjectId {
        let id = gix::objs::compute_hash(self.format, kind, bytes).unwrap();
        self.objects.insert(id, (kind, bytes.to_vec()));
        id
    }

    pub fn blob(&mut self, bytes: &[u8]) -> ObjectId {
        self.put(Kind::Blob, bytes)
    }

    /// A tree of plain files, without folders.
    pub fn tree(&mut self, files: &[(&str, &str)]) -> ObjectId {
        let mut all: Vec<_> = files.to_vec();
        all.sort_unstable();
        let mut bytes = Vec::new();
        for (name, content) in all {
            let id = self.blob(content.as_bytes());
            bytes.extend_from_slice(format!("100644 {name}\0").as_bytes());
            bytes.extend_from_slice(id.as_bytes());
        }
        self.put(Kind::Tree, &bytes)
    }

    /// A commit a minute after the last one.
    pub fn commit(&mut self, message: &str, parents: &[ObjectId]) -> ObjectId {
        self.commit_of(&[("file", message)], message, parents)
    }

    /// …of these files.
    pub fn commit_of(&mut self, files: &[(&str, &str)], message: &str, parents: &[ObjectId]) -> ObjectId {
        let tree = self.tree(files);
        self.clock += 60;
        let time = self.clock;
        let mut text = format!("tree {tree}\n");
        for parent in parents {
            text += &format!("parent {parent}\n");
        }
        text += &format!("author T <t@example> {time} +0000\ncommitter T <t@example> {time} +0000\n\n{message}\n");
        self.put(Kind::Commit, text.as_bytes())
    }

    /// An annotated tag object; no ref yet.
    pub fn tag(&mut self, name: &str, target: ObjectId) -> ObjectId {
        let kind = self.objects[&target].0;
        let text = format!("object {target}\ntype {kind}\ntag {name}\ntagger T <t@example> 1 +0000\n\nm\n");
        self.put(Kind::Tag, text.as_bytes())
    }

    /// Points a full ref name at an object.
    pub fn set(&mut self, name: &str, id: ObjectId) {
        self.refs.insert(name.to_owned(), id);
    }

    pub fn remove(&mut self, name: &str) {
        self.refs.remove(name);
    }

    /// The branch that HEAD names.
    pub fn head(&mut self, name: &str) {
        name.clone_into(&mut self.head);
    }

    /// The bytes of an object.
    pub fn raw(&self, id: &ObjectId) -> &[u8] {
        &self.objects[id].1
    }

    fn peel(&self, id: ObjectId) -> ObjectId {
        let mut id = id;
        while let Some((Kind::Tag, raw)) = self.objects.get(&id) {
            id = target(raw);
        }
        id
    }

    /// Objects that a fetch comes to, and the commits where the depth cut.
    fn reach(&self, ask: &Fetch) -> (Vec<ObjectId>, Vec<ObjectId>) {
        let old = self.ancestors(&ask.haves);
        let (mut out, mut seen, mut cut) = (Vec::new(), BTreeSet::new(), Vec::new());
        let mut queue: std::collections::VecDeque<_> = ask.wants.iter().map(|w| (*w, 1)).collect();
        while let Some((id, depth)) = queue.pop_front() {
            let Some((kind, raw)) = self.objects.get(&id) else {
                continue;
            };
            if old.contains(&id) || !seen.insert(id) {
                continue;
            }
            out.push(id);
            match kind {
                Kind::Commit => {
                    let parents = parents(raw);
                    let deeper = ask.depth.is_none_or(|d| depth < d);
                    if !deeper && !parents.is_empty() {
                        cut.push(id);
                    } else {
                        queue.extend(parents.into_iter().map(|p| (p, depth + 1)));
                    }
                    if !ask.commits_only {
                        queue.push_back((tree_of(raw), depth));
                    }
                }
                Kind::Tag => queue.push_back((target(raw), depth)),
                Kind::Tree => {
                    let blobs = gix::objs::TreeRefIter::from_bytes(raw, self.format);
                    queue.extend(blobs.map(|e| (e.unwrap().oid.to_owned(), depth)));
                }
                Kind::Blob => {}
            }
        }
        (out, cut)
    }

    fn ancestors(&self, from: &[ObjectId]) -> BTreeSet<ObjectId> {
        let (mut all, mut queue) = (BTreeSet::new(), from.to_vec());
        while let Some(id) = queue.pop() {
            if let Some((Kind::Commit, raw)) = self.objects.get(&id)
                && all.insert(id)
            {
                queue.extend(parents(raw));
            }
        }
        all
    }

    fn pack(&self, ids: &[ObjectId], forge: bool) -> Vec<u8> {
        let mut pack = b"PACK\0\0\0\x02".to_vec();
        pack.extend_from_slice(&u32::try_from(ids.len()).unwrap().to_be_bytes());
        for id in ids {
            let (kind, raw) = &self.objects[id];
            let mut raw = raw.clone();
            if forge && *kind == Kind::Commit {
                raw.extend_from_slice(b"forged\n");
            }
            let code = match kind {
                Kind::Commit => 1,
                Kind::Tree => 2,
                Kind::Blob => 3,
                Kind::Tag => 4,
            };
            let mut rest = raw.len() >> 4;
            let low = u8::try_from(raw.len() & 15).unwrap();
            pack.push((code << 4) | low | if rest > 0 { 0x80 } else { 0 });
            while rest > 0 {
                let low = u8::try_from(rest & 127).unwrap();
                rest >>= 7;
                pack.push(low | if rest > 0 { 0x80 } else { 0 });
            }
            pack.extend(stored(&raw));
        }
        let mut hasher = hash::hasher(self.format);
        hasher.update(&pack);
        pack.extend_from_slice(hasher.try_finalize().unwrap().as_bytes());
        pack
    }
}

fn field(raw: &[u8], name: &str) -> Vec<ObjectId> {
    let text = String::from_utf8_lossy(raw);
    let head = text.split("\n\n").next().unwrap_or_default();
    let values = head.lines().filter_map(|l| l.strip_prefix(name));
    values.map(|hex| ObjectId::from_hex(hex.trim().as_bytes()).unwrap()).collect()
}

fn parents(raw: &[u8]) -> Vec<ObjectId> {
    field(raw, "parent ")
}

fn tree_of(raw: &[u8]) -> ObjectId {
    field(raw, "tree ")[0]
}

fn target(raw: &[u8]) -> ObjectId {
    field(raw, "object ")[0]
}

/// A zlib stream that stores and does not compress (RFC 1950, RFC 1951 3.2.4).
fn stored(raw: &[u8]) -> Vec<u8> {
    let mut out = vec![0x78, 0x01];
    let mut pieces = raw.chunks(0xffff).peekable();
    if raw.is_empty() {
        out.extend_from_slice(&[1, 0, 0, 0xff, 0xff]);
    }
    while let Some(piece) = pieces.next() {
        let length = u16::try_from(piece.len()).unwrap();
        out.push(u8::from(pieces.peek().is_none()));
        out.extend_from_slice(&length.to_le_bytes());
        out.extend_from_slice(&(!length).to_le_bytes());
        out.extend_from_slice(piece);
    }
    let (mut a, mut b) = (1_u32, 0_u32);
    for byte in raw {
        a = (a + u32::from(*byte)) % 65_521;
        b = (b + a) % 65_521;
    }
    out.extend_from_slice(&((b << 16) | a).to_be_bytes());
    out
}

/// What goes wrong at the level of git.
#[derive(Clone, Debug)]
pub struct Faults {
    /// Wants that no ref points at are served.
    pub any_want: bool,
    pub filter: bool,
    pub shallow: bool,
    /// Commits come with other bytes.
    pub forge: bool,
    /// Haves are not known here.
    pub forget_haves: bool,
    /// After the next list of refs, this ref points there.
    pub move_after_list: Option<(String, ObjectId)>,
}

impl Default for Faults {
    fn default() -> Self {
        Self { any_want: true, filter: true, shallow: true, forge: false, forget_haves: false, move_after_list: None }
    }
}

struct State {
    repo: Repo,
    faults: Faults,
}

/// A running git server.
pub struct GitMemory {
    /// Its HTTP side, for scripts, twists, credentials and the log.
    pub http: Server,
    state: Arc<Mutex<State>>,
}

impl GitMemory {
    pub fn serve(repo: Repo) -> Self {
        let state = Arc::new(Mutex::new(State { repo, faults: Faults::default() }));
        let shared = state.clone();
        let http = Server::start(move |asked| answer(&mut shared.lock().unwrap(), asked));
        Self { http, state }
    }

    /// The repository's URL.
    pub fn url(&self) -> String {
        self.url_of("repo")
    }

    /// The same repository under another name: every path that has `.git/` in it leads to it.
    pub fn url_of(&self, name: &str) -> String {
        format!("{}/{name}.git", self.http.url())
    }

    pub fn fault(&self, change: impl FnOnce(&mut Faults)) {
        change(&mut self.state.lock().unwrap().faults);
    }

    pub fn change(&self, change: impl FnOnce(&mut Repo)) {
        change(&mut self.state.lock().unwrap().repo);
    }
}

struct Fetch {
    wants: Vec<ObjectId>,
    haves: Vec<ObjectId>,
    depth: Option<u32>,
    commits_only: bool,
}

fn line(out: &mut Vec<u8>, text: impl AsRef<[u8]>) {
    let text = text.as_ref();
    out.extend_from_slice(format!("{:04x}", text.len() + 4).as_bytes());
    out.extend_from_slice(text);
}

fn lines(body: &[u8]) -> Vec<String> {
    let (mut at, mut all) = (0, Vec::new());
    while let Some(head) = body.get(at..at + 4) {
        let size = usize::from_str_radix(std::str::from_utf8(head).unwrap(), 16).unwrap();
        if size >= 4 {
            all.push(String::from_utf8_lossy(&body[at + 4..at + size]).trim_end().to_owned());
        }
        at += size.max(4);
    }
    all
}

fn answer(state: &mut State, asked: &Asked) -> Answer {
    let of = |kind: &str, body| {
        Answer::new(200, body).with("Content-Type", &format!("application/x-git-upload-pack-{kind}"))
    };
    if !asked.path.contains(".git/") {
        return Answer::new(404, "nothing here");
    }
    if asked.method == "GET" {
        let mut out = Vec::new();
        line(&mut out, "# service=git-upload-pack\n");
        out.extend_from_slice(b"0000");
        let features = match (state.faults.shallow, state.faults.filter) {
            (true, true) => "fetch=shallow filter\n",
            (true, false) => "fetch=shallow\n",
            (false, true) => "fetch=filter\n",
            (false, false) => "fetch\n",
        };
        let format = format!("object-format={}\n", state.repo.format);
        for text in ["version 2\n", "agent=memory/1\n", "ls-refs=unborn\n", features, &format] {
            line(&mut out, text);
        }
        out.extend_from_slice(b"0000");
        return of("advertisement", out);
    }
    let said = lines(&asked.body);
    if said.iter().any(|l| l == "command=ls-refs") {
        return of("result", list(state, &said));
    }
    of("result", fetch(state, &said))
}

fn list(state: &mut State, said: &[String]) -> Vec<u8> {
    let repo = &state.repo;
    let prefixes: Vec<_> = said.iter().filter_map(|l| l.strip_prefix("ref-prefix ")).collect();
    let wanted = |name: &str| prefixes.is_empty() || prefixes.iter().any(|p| name.starts_with(p));
    let mut out = Vec::new();
    if wanted("HEAD") {
        let head = match repo.refs.get(&repo.head) {
            Some(id) => format!("{id} HEAD symref-target:{}\n", repo.head),
            None => format!("unborn HEAD symref-target:{}\n", repo.head),
        };
        line(&mut out, head);
    }
    for (name, id) in repo.refs.iter().filter(|(name, _)| wanted(name)) {
        let end = repo.peel(*id);
        let peeled = if end == *id { String::new() } else { format!(" peeled:{end}") };
        line(&mut out, format!("{id} {name}{peeled}\n"));
    }
    out.extend_from_slice(b"0000");
    if let Some((name, id)) = state.faults.move_after_list.take() {
        state.repo.set(&name, id);
    }
    out
}

fn fetch(state: &State, said: &[String]) -> Vec<u8> {
    let (repo, faults) = (&state.repo, &state.faults);
    let ids = |prefix: &str| -> Vec<ObjectId> {
        let hex = said.iter().filter_map(|l| l.strip_prefix(prefix));
        hex.map(|h| ObjectId::from_hex(h.as_bytes()).unwrap()).collect()
    };
    let value = |prefix: &str| said.iter().find_map(|l| l.strip_prefix(prefix));
    let ask = Fetch {
        wants: ids("want "),
        haves: if faults.forget_haves { Vec::new() } else { ids("have ") },
        depth: value("deepen ").map(|d| d.parse().unwrap()),
        commits_only: value("filter ") == Some("tree:0"),
    };
    let mut out = Vec::new();
    for want in &ask.wants {
        let tip = repo.refs.values().any(|id| id == want);
        if !repo.objects.contains_key(want) || !(faults.any_want || tip) {
            line(&mut out, format!("ERR upload-pack: not our ref {want}"));
            return out;
        }
    }
    let (reached, cut) = repo.reach(&ask);
    if ask.depth.is_some() {
        line(&mut out, "shallow-info\n");
        for id in cut {
            line(&mut out, format!("shallow {id}\n"));
        }
        out.extend_from_slice(b"0001");
    }
    line(&mut out, "packfile\n");
    line(&mut out, b"\x02counting\n");
    for piece in repo.pack(&reached, faults.forge).chunks(60_000) {
        line(&mut out, [b"\x01", piece].concat());
    }
    out.extend_from_slice(b"0000");
    out
}
