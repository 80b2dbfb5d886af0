//! The git client: refs, commit objects, their trees, what lies between two commits, whether a ref leads to one. Only here is
//! gix known.
//!
//! For `source::git`, and [`CommitObject`] for `verify` as well. It asks little and proves what it
//! gets: an object is hashed again before it is believed. The user's and the repository's git
//! configuration and `GIT_*` variables are not obeyed.

mod answer;
mod between;
mod ids;
mod listing;
mod local;
mod object;
mod pack;
mod reach;
mod session;
mod ssh;
mod tree;
mod wire;

use std::cell::RefCell;
use std::path::PathBuf;
use std::rc::Rc;

use gix::protocol::transport::Protocol;
use gix::protocol::transport::client::blocking_io::Transport;
use gix::protocol::transport::client::blocking_io::http::Transport as HttpTransport;
use url::Url;

use super::error::{Fault, RemoteError, flat};
use super::http::Http;
use super::mirrors::Mirrors;
use crate::model::{CommitId, GitUrl, Scheme};

pub use between::{Between, Relation};
pub use listing::{Ask, Head, Listing, Origin, RefIds};
use local::Local;
pub use object::{CommitObject, ObjectError, hash};
pub use reach::Reach;
use session::{Fetch, Fetched, Session};
pub use tree::{ObjectHasher, Objects, Tree, tree_name};
use wire::{Greeting, Wire};

/// Sizes and programs of the git client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GitOptions {
    /// The `ssh` program, for ssh:// alone.
    pub ssh: PathBuf,
    /// Most bytes of a list of refs.
    pub refs_limit: u64,
    /// Most bytes of a pack.
    pub pack_limit: u64,
    /// The largest object that is unpacked, in bytes.
    pub object_limit: usize,
}

impl Default for GitOptions {
    fn default() -> Self {
        Self { ssh: PathBuf::from("ssh"), refs_limit: 256 << 20, pack_limit: 1 << 30, object_limit: 512 << 20 }
    }
}

/// The git client.
#[derive(Debug, Clone)]
pub struct Git<'a> {
    http: &'a Http,
    mirrors: &'a Mirrors,
    options: GitOptions,
}

type AnySession<'a> = Session<Box<dyn Transport + 'a>>;

/// A fetched pack, and the commit that it was fetched for.
struct Exact {
    commit: CommitObject,
    // The pack's files go away with the folder, after their last use.
    bundle: gix::odb::pack::Bundle,
    folder: tempfile::TempDir,
}

/// How deep a ref's history is fetched, step by step, where a server refuses a bare id.
const LADDER: [Option<u32>; 4] = [Some(50), Some(500), Some(5_000), None];

/// How deep history is fetched between two commits.
const STEPS: [u32; 3] = [256, 4_096, 65_536];

impl<'a> Git<'a> {
    /// A client over these.
    #[must_use]
    pub fn new(http: &'a Http, mirrors: &'a Mirrors, options: GitOptions) -> Self {
        Self { http, mirrors, options }
    }

    /// The refs that are asked for. A mirror answers only if it may decide (`resolve = true`);
    /// then it alone is asked.
    ///
    /// # Errors
    /// All but [`Fault::NoSuchCommit`], [`Fault::NotACommit`] and [`Fault::Forged`].
    pub fn refs(&self, url: &GitUrl, ask: Ask<'_>) -> Result<Listing, RemoteError> {
        let (url, origin) = match self.mirrors.for_url(url.as_str()).filter(|m| m.resolve) {
            Some(mirrored) => (mirror_url(&mirrored.url)?, Origin::Mirror),
            None => (url.clone(), Origin::Upstream),
        };
        let raw = if url.scheme() == Scheme::File {
            Local::open(&url, self.options.object_limit)?.refs(ask)?
        } else {
            self.again(|| self.listed(&url, &ask.prefixes()))?
        };
        listing::listing(ask, origin, raw).map_err(|why| RemoteError::new(Fault::Broken, url.host(), why))
    }

    /// Over http a single request, at first: a server that speaks v2 needs no greeting before it
    /// lists its refs. Whatever is not a list of some refs is asked for again in the full form,
    /// whose answer then counts.
    fn listed(&self, url: &GitUrl, prefixes: &[String]) -> Result<Vec<listing::Raw>, RemoteError> {
        if matches!(url.scheme(), Scheme::Https | Scheme::Http) {
            let short = self.begin(url, self.options.refs_limit, Greeting::Assumed);
            match short.and_then(|mut session| session.refs(prefixes)) {
                Ok(found) if !found.is_empty() => return Ok(found),
                // These are no matter of the form.
                Err(e) if e.transient || matches!(e.fault(), Fault::Unreachable | Fault::Denied) => return Err(e),
                _ => {}
            }
        }
        self.session(url, self.options.refs_limit)?.refs(prefixes)
    }

    /// Exactly the commit of an id, proved by its hash; never another one. `hint` is a full ref
    /// name (`refs/tags/v1`) that may lead to it, for servers that refuse a bare id.
    ///
    /// # Errors
    /// [`Fault::NoSuchCommit`] if it is not there or not handed out, [`Fault::NotACommit`],
    /// [`Fault::Forged`], and all others.
    pub fn commit(&self, url: &GitUrl, id: &CommitId, hint: Option<&str>) -> Result<CommitObject, RemoteError> {
        self.known(url, |url| {
            if url.scheme() == Scheme::File {
                return Local::open(url, self.options.object_limit)?.commit(id);
            }
            let fetched = self.exact(url, id, hint, true)?;
            Ok(fetched.commit)
        })
    }

    /// All trees and blobs of a commit: one fetch of exactly this commit, without its history.
    /// `hint` is as for [`Git::commit`].
    ///
    /// # Errors
    /// As for [`Git::commit`].
    pub fn tree(&self, url: &GitUrl, commit: &CommitObject, hint: Option<&str>) -> Result<Tree, RemoteError> {
        self.known(url, |url| {
            if url.scheme() == Scheme::File {
                let local = Local::open(url, self.options.object_limit)?;
                local.commit(&commit.id)?;
                return Ok(Tree::local(local, url.host()));
            }
            let fetched = self.exact(url, &commit.id, hint, false)?;
            Ok(Tree::fetched(fetched.folder, fetched.bundle, url.host()))
        })
    }

    /// Fetches a pack that holds the commit of an id, and if need be climbs the ladder for it.
    fn exact(&self, url: &GitUrl, id: &CommitId, hint: Option<&str>, alone: bool) -> Result<Exact, RemoteError> {
        match self.again(|| self.fetched(url, *id, *id, Some(1), alone)) {
            Ok(Some(found)) => Ok(found),
            Ok(None) => {
                let detail = format!("asked for {id}, it sent other objects");
                Err(RemoteError::new(Fault::Forged, url.host(), detail))
            }
            Err(e) if e.fault() == Fault::NoSuchCommit => match hint {
                Some(hint) => self.climb(url, id, hint, alone, e),
                None => Err(e),
            },
            Err(e) => Err(e),
        }
    }

    /// The ladder: the ref's tip, then its history deeper and deeper.
    fn climb(
        &self,
        url: &GitUrl,
        id: &CommitId,
        hint: &str,
        alone: bool,
        refused: RemoteError,
    ) -> Result<Exact, RemoteError> {
        let raw = self.again(|| self.session(url, self.options.refs_limit)?.refs(&[hint.to_owned()]))?;
        let found = raw.into_iter().find(|r| r.name == hint.as_bytes()).and_then(|r| r.ids);
        let Some(tip) = found else {
            return Err(refused);
        };
        if tip.target() == *id {
            // The tag object brings its commit along.
            if let Some(found) = self.again(|| self.fetched(url, tip.object, *id, Some(1), alone))? {
                return Ok(found);
            }
        }
        let deepens = self.again(|| Ok(self.session(url, self.options.refs_limit)?.deepens()))?;
        for depth in LADDER.into_iter().filter(|depth| deepens || depth.is_none()) {
            let found = self.again(|| self.fetched(url, tip.object, *id, depth, alone))?;
            if let Some(found) = found {
                return Ok(found);
            }
        }
        let detail = format!(
            "{id} is not in the history of {hint}, and a bare id is refused \
             (uploadpack.allowReachableSHA1InWant)"
        );
        Err(RemoteError::new(Fault::NoSuchCommit, url.host(), detail))
    }

    /// Fetches `want`, and finds the commit `id` in what came. `alone` leaves out trees and blobs,
    /// where the server can.
    fn fetched(
        &self,
        url: &GitUrl,
        want: CommitId,
        id: CommitId,
        depth: Option<u32>,
        alone: bool,
    ) -> Result<Option<Exact>, RemoteError> {
        let mut session = self.session(url, self.options.pack_limit)?;
        let depth = depth.filter(|_| session.deepens());
        let commits_only = alone && session.filters();
        let (folder, fetched) = self.fetch(&mut session, url, &[want], None, depth, commits_only)?;
        let Some(bundle) = fetched.bundle else {
            return Ok(None);
        };
        let commit = pack::commit(&bundle, &id, url.host())?;
        Ok(commit.map(|commit| Exact { commit, bundle, folder }))
    }

    fn fetch(
        &self,
        session: &mut AnySession<'_>,
        url: &GitUrl,
        wants: &[CommitId],
        have: Option<CommitId>,
        depth: Option<u32>,
        commits_only: bool,
    ) -> Result<(tempfile::TempDir, Fetched), RemoteError> {
        let folder = tempfile::Builder::new().prefix("dubo-pin-").tempdir().map_err(|e| {
            let detail = format!("a temporary folder cannot be made: {}", flat(&e));
            RemoteError::new(Fault::Local, url.host(), detail)
        })?;
        let largest = self.options.object_limit;
        let fetch = Fetch { wants, have, depth, commits_only, folder: folder.path(), largest };
        let fetched = session.fetch(&fetch)?;
        Ok((folder, fetched))
    }

    /// What lies between two commits, at most `cap` deep. It costs little: commits alone are
    /// fetched, and [`Relation::Unknown`] is said where a server cannot leave out the rest.
    ///
    /// # Errors
    /// Network and protocol. A commit that the server does not hand out is no error but
    /// [`Relation::Unknown`].
    pub fn between(&self, url: &GitUrl, old: &CommitId, new: &CommitId, cap: u32) -> Result<Between, RemoteError> {
        self.along(url, old, new, &[], cap).map(|(between, _)| between)
    }

    /// [`Git::between`], and which of some known commits are proved to lie on the way: ancestors of
    /// the new one and descendants of the old one, the nearest to the new one first. One that does
    /// not come back may lie there all the same, if [`Between::more`].
    ///
    /// # Errors
    /// As for [`Git::between`].
    pub fn along(
        &self,
        url: &GitUrl,
        old: &CommitId,
        new: &CommitId,
        known: &[CommitId],
        cap: u32,
    ) -> Result<(Between, Vec<CommitId>), RemoteError> {
        if old == new {
            return Ok((Between::nothing(Relation::Descendant), Vec::new()));
        }
        let result = self.known(url, |url| {
            if url.scheme() == Scheme::File {
                let local = Local::open(url, self.options.object_limit)?;
                return local.between(old, new, known, cap as usize);
            }
            self.along_remote(url, (old, new), known, cap)
        });
        match result {
            Err(e) if matches!(e.fault(), Fault::NoSuchCommit | Fault::Unsupported) => {
                Ok((Between::unknown(), Vec::new()))
            }
            other => other,
        }
    }

    fn along_remote(
        &self,
        url: &GitUrl,
        ends: (&CommitId, &CommitId),
        known: &[CommitId],
        cap: u32,
    ) -> Result<(Between, Vec<CommitId>), RemoteError> {
        let mut found = (Between::unknown(), Vec::new());
        for depth in depths(cap) {
            // Some servers send deltas against commits of the old side; then without it.
            found = match self.again(|| self.span(url, ends, known, Some(*ends.0), depth)) {
                Err(e) if e.fault() == Fault::Broken => self.again(|| self.span(url, ends, known, None, depth))?,
                other => other?,
            };
            if found.0.relation != Relation::Unknown {
                break;
            }
        }
        Ok(found)
    }

    /// Whether a commit is one of the tips that refs point at, or lies in the history of one, at most
    /// `cap` deep: so a commit of a fork, which a forge hands out under the parent's URL, is told from
    /// one of the repository itself. It costs little: nothing where it is a tip, else commits alone.
    ///
    /// # Errors
    /// Network and protocol. A server that cannot tell is no error but [`Reach::Untold`].
    pub fn reach(&self, url: &GitUrl, tips: &[RefIds], id: &CommitId, cap: u32) -> Result<Reach, RemoteError> {
        if tips.iter().any(|tip| tip.target() == *id) {
            return Ok(Reach::From(*id));
        }
        let objects: Vec<CommitId> = tips.iter().map(|tip| tip.object).collect();
        let targets: Vec<CommitId> = tips.iter().map(RefIds::target).collect();
        if tips.is_empty() {
            return Ok(Reach::Nowhere);
        }
        let result = self.known(url, |url| {
            if url.scheme() == Scheme::File {
                return Local::open(url, self.options.object_limit)?.reach(&targets, id, cap as usize);
            }
            let mut found = Reach::Untold;
            for depth in depths(cap) {
                found = match self.again(|| self.reached(url, (&objects, &targets), id, Some(*id), depth)) {
                    Err(e) if e.fault() == Fault::Broken => {
                        self.again(|| self.reached(url, (&objects, &targets), id, None, depth))?
                    }
                    other => other?,
                };
                if !matches!(found, Reach::Further(_)) {
                    break;
                }
            }
            Ok(found)
        });
        match result {
            Err(e) if matches!(e.fault(), Fault::NoSuchCommit | Fault::Unsupported) => Ok(Reach::Untold),
            other => other,
        }
    }

    fn reached(
        &self,
        url: &GitUrl,
        (objects, targets): (&[CommitId], &[CommitId]),
        id: &CommitId,
        have: Option<CommitId>,
        depth: u32,
    ) -> Result<Reach, RemoteError> {
        let mut session = self.session(url, self.options.pack_limit)?;
        if !session.filters() || !session.deepens() {
            return Ok(Reach::Untold);
        }
        let (folder, fetched) = self.fetch(&mut session, url, objects, have, Some(depth), true)?;
        let walked = match &fetched.bundle {
            // All that the tips have, the commit has as well, and is none of them.
            None if have.is_some() => Ok(Reach::Nowhere),
            None => Ok(Reach::Untold),
            Some(bundle) => reach::reach(targets, *id, usize::MAX, |id| step(bundle, &fetched.shallow, id, url)),
        };
        drop(fetched);
        drop(folder);
        walked
    }

    fn span(
        &self,
        url: &GitUrl,
        (old, new): (&CommitId, &CommitId),
        known: &[CommitId],
        have: Option<CommitId>,
        depth: u32,
    ) -> Result<(Between, Vec<CommitId>), RemoteError> {
        let mut session = self.session(url, self.options.pack_limit)?;
        let only = |between| Ok((between, Vec::new()));
        if !session.filters() || !session.deepens() {
            return only(Between::unknown());
        }
        let (folder, fetched) = self.fetch(&mut session, url, &[*new], have, Some(depth), true)?;
        let walked = match &fetched.bundle {
            // All that the new commit has, the old one has as well.
            None if have.is_some() => only(Between::nothing(Relation::NotDescendant)),
            None => only(Between::unknown()),
            Some(bundle) => between::walk(*new, *old, known, usize::MAX, |id| step(bundle, &fetched.shallow, id, url)),
        };
        drop(fetched);
        drop(folder);
        walked
    }

    /// Asks for something whose hash is known: a mirror first, then upstream.
    fn known<R>(&self, url: &GitUrl, ask: impl Fn(&GitUrl) -> Result<R, RemoteError>) -> Result<R, RemoteError> {
        let Some(mirrored) = self.mirrors.for_url(url.as_str()) else {
            return ask(url);
        };
        let first = match ask(&mirror_url(&mirrored.url)?) {
            Ok(found) => return Ok(found),
            Err(e) if e.fault() == Fault::Forged => return Err(e),
            Err(e) => e,
        };
        match ask(url) {
            // Behind a mirror the upstream is often out of reach: then the mirror's word counts.
            Err(e) if e.fault() == Fault::Unreachable => Err(first),
            other => other,
        }
    }

    /// Once more after a connection that dropped in the middle of an answer.
    fn again<R>(&self, ask: impl Fn() -> Result<R, RemoteError>) -> Result<R, RemoteError> {
        let limits = self.http.limits();
        let mut wait = limits.back_off;
        for _ in 1..limits.tries {
            match ask() {
                Err(e) if e.transient && e.midway => std::thread::sleep(wait),
                other => return other,
            }
            wait *= 2;
        }
        ask()
    }

    fn session(&self, url: &GitUrl, limit: u64) -> Result<AnySession<'_>, RemoteError> {
        self.begin(url, limit, Greeting::Asked)
    }

    fn begin(&self, url: &GitUrl, limit: u64, greeting: Greeting) -> Result<AnySession<'_>, RemoteError> {
        let host = url.host();
        let slot = Rc::new(RefCell::new(None));
        let refused = |why: String| RemoteError::new(Fault::Refused, host, why);
        let transport: Box<dyn Transport + '_> = match url.scheme() {
            Scheme::Https | Scheme::Http => {
                let asked = Url::parse(url.as_str()).map_err(|e| refused(flat(&e)))?;
                let parsed = gix::url::parse(url.as_str()).map_err(|e| refused(flat(&e)))?;
                let wire = Wire::new(self.http, asked, limit, slot.clone(), greeting);
                Box::new(HttpTransport::new_http(wire, parsed, Protocol::V2, false))
            }
            Scheme::Ssh => {
                let limits = self.http.limits();
                Box::new(ssh::connect(url, &self.options.ssh, limits, limit, &slot)?)
            }
            Scheme::File => return Err(refused("file:// is read without a session".to_owned())),
        };
        Session::open(transport, host, slot)
    }
}

/// How deep history is fetched, step by step, up to a limit.
fn depths(cap: u32) -> impl Iterator<Item = u32> {
    STEPS.into_iter().filter(move |step| *step < cap).chain([cap.max(1)]).take(STEPS.len())
}

/// What a walk needs of a commit in a pack; `None` for what is none, or is not there.
fn step(
    bundle: &gix::odb::pack::Bundle,
    shallow: &[CommitId],
    id: &CommitId,
    url: &GitUrl,
) -> Result<Option<between::Step>, RemoteError> {
    let commit = match pack::commit(bundle, id, url.host()) {
        Err(e) if matches!(e.fault(), Fault::NotACommit(_)) => return Ok(None),
        other => other?,
    };
    Ok(commit.map(|commit| between::Step {
        cut: shallow.contains(&commit.id),
        parents: commit.parents,
        time: commit.committer_time,
        subject: commit.subject,
    }))
}

fn mirror_url(text: &str) -> Result<GitUrl, RemoteError> {
    text.parse().map_err(|e: crate::model::GitUrlError| {
        RemoteError::new(Fault::Refused, text, format!("the mirror's URL: {e}"))
    })
}
