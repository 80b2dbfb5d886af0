//! The archive beside the Dockerfile: the locked .debs, and the files that are made of them.
//!
//! For the resolver, which adds them to an entry, and for `fetch`, which puts each of them back: the
//! made files come out of the .debs alone, so that nothing else is needed. What they hold is `pool`'s
//! matter.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read as _;

use sha1::Digest as _;

use super::chain::{self, Wanted};
use super::package;
use super::pool::{self, FORMAT, Generated, Member, Root};
use super::snapshot;
use crate::disk::{Expect, Store, Stored};
use crate::lock::{Artifact, Entry, Evidence};
use crate::model::{Class, PathError, Platform, RelPath, Sha256, Token, TokenError, Trouble};
use crate::remote::Remote;
use crate::source::resolve::{Fault, Resolved, Want};
use crate::source::template::Filling;

/// How many files are fetched at once; a snapshot archive is asked for fewer.
const AT_ONCE: usize = 8;

/// One package file, as an archive offers it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct File {
    /// Under which key its version stands in the lock.
    pub(super) key: String,
    pub(super) package: String,
    pub(super) version: String,
    /// The architecture that it is for, or `all`.
    pub(super) architecture: String,
    /// The platforms that take it, each with its architecture in Debian's words.
    pub(super) platforms: Vec<(Platform, String)>,
    /// Canonical, whichever mirror served it.
    pub(super) url: String,
    pub(super) size: u64,
    pub(super) sha256: Sha256,
    pub(super) sha1: Option<String>,
    pub(super) suite: String,
    pub(super) security: bool,
    /// Whether it is of a snapshot.
    pub(super) dated: bool,
    /// Who needs it, where it came along; `None`: it was asked for.
    pub(super) by: Option<String>,
}

impl File {
    /// The last part of its path in the pool, as it is called in a folder.
    pub(super) fn base_name(&self) -> String {
        base_name(&self.url)
    }
}

/// The last part of a URL, as a file is called.
pub(super) fn base_name(url: &str) -> String {
    let last = url.rsplit('/').next().unwrap_or_default();
    percent_decoded(last)
}

/// Pool names are plain; what a URL encodes of them is written back.
fn percent_decoded(text: &str) -> String {
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        let mut ahead = bytes.clone();
        let digit = |b: Option<u8>| b.and_then(|b| char::from(b).to_digit(16)).and_then(|d| u8::try_from(d).ok());
        match (byte, digit(ahead.next()), digit(ahead.next())) {
            (b'%', Some(high), Some(low)) => {
                out.push(high * 16 + low);
                bytes = ahead;
            }
            _ => out.push(byte),
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// The files as artifacts of the lock: a file once, for all platforms that take it.
pub(super) fn artifacts(files: &[File], folder: Option<&RelPath>) -> Result<Vec<Artifact>, Fault> {
    let bad_token = |e: TokenError| Fault::usage(Trouble::new(e.to_string()));
    let mut all: BTreeMap<(String, Sha256), Artifact> = BTreeMap::new();
    for file in files {
        let name = file.base_name();
        let artifact = match all.entry((name.clone(), file.sha256)) {
            std::collections::btree_map::Entry::Occupied(held) => held.into_mut(),
            std::collections::btree_map::Entry::Vacant(free) => free.insert(Artifact {
                platforms: Vec::new(),
                path: folder.map(|folder| inside(folder, &name)).transpose()?,
                package: Some(Token::new(&file.package).map_err(bad_token)?),
                version: Some(Token::new(&file.version).map_err(bad_token)?),
                url: Some(file.url.clone()),
                size: file.size,
                sha256: file.sha256,
            }),
        };
        let platforms: BTreeSet<Platform> =
            artifact.platforms.iter().cloned().chain(file.platforms.iter().map(|(p, _)| p.clone())).collect();
        artifact.platforms = platforms.into_iter().collect();
    }
    let mut all: Vec<Artifact> = all.into_values().collect();
    Artifact::sort(&mut all);
    Ok(all)
}

fn inside(folder: &RelPath, name: &str) -> Result<RelPath, Fault> {
    format!("{folder}/{name}").parse().map_err(|e: PathError| Fault::usage(Trouble::new(e.to_string())))
}

/// The folder that the pin is vendored in, if it is.
pub(super) fn folder(want: &Want<'_>) -> Result<Option<RelPath>, Fault> {
    let Some(vendor) = want.vendor else { return Ok(None) };
    let filling = Filling { platform: None, version: None, arch: None };
    vendor.fill(&filling).map_err(|e| Fault::usage(Trouble::new(e.to_string())))
}

/// Fetches the files, makes the archive of them, and adds all of it to the entry.
pub(super) fn add(
    mut resolved: Resolved,
    files: &[File],
    folder: &RelPath,
    want: &Want<'_>,
    remote: &Remote,
) -> Result<Resolved, Fault> {
    let store = remote.store().map_err(|e| Fault::unreachable(e.class(), e.trouble()))?;
    let entry = &mut resolved.entry;
    entry.artifacts = artifacts(files, Some(folder))?;
    let sha1s: BTreeMap<String, String> = files.iter().filter_map(|f| Some((f.base_name(), f.sha1.clone()?))).collect();
    let debs: Vec<Artifact> = entry.artifacts.clone();
    let known = |name: &str| sha1s.get(name).map(String::as_str);
    let held = crate::remote::each(&debs, AT_ONCE, |artifact| {
        let name = artifact.url.as_deref().map(base_name).unwrap_or_default();
        held(artifact, known(&name), store, remote).map(|(member, sha1)| (name, member, sha1))
    });
    let mut members = Vec::new();
    let mut digests = BTreeMap::new();
    for held in held {
        let (name, member, sha1) = held?;
        digests.insert(name, sha1);
        members.push(member);
    }
    let roots = roots(files);
    let generated = pool::generate(&members, &roots).map_err(|e| Fault::usage(e.trouble()))?;
    let made = made(&generated, files, want.platforms);
    for (name, bytes, platforms) in made {
        let stored = keep(store, bytes)?;
        entry.artifacts.push(Artifact {
            platforms,
            path: Some(inside(folder, &name)?),
            package: None,
            version: None,
            url: None,
            size: stored.size,
            sha256: stored.sha256,
        });
    }
    Artifact::sort(&mut entry.artifacts);
    entry.evidence.insert("sha1".to_owned(), Evidence::Each(digests));
    entry.evidence.insert("apt-archive".to_owned(), Evidence::One(FORMAT.to_owned()));
    Ok(resolved)
}

/// The bytes of a .deb in the store, read: what the archive says of it, and the name that snapshots
/// know it by.
fn held(artifact: &Artifact, sha1: Option<&str>, store: &Store, remote: &Remote) -> Result<(Member, String), Fault> {
    let stored = fetched(artifact, sha1, false, remote)?;
    let name = artifact.url.as_deref().map(base_name).unwrap_or_default();
    let undone = |what: String| Fault::unreachable(Class::Undone, Trouble::new(what));
    let open = || {
        let path =
            store.get(&stored.sha256).ok_or_else(|| undone(format!("the store lost {name} while it was used")))?;
        std::fs::File::open(&path).map_err(|e| undone(format!("{name} cannot be read from the store: {e}")))
    };
    let control = package::read(&name, std::io::BufReader::new(open()?)).map_err(|e| Fault::alarm(e.trouble()))?;
    let said = |field: &Option<Token>| field.as_ref().map(|t| t.as_str().to_owned()).unwrap_or_default();
    for (what, is, should) in [
        ("package", control.package(), said(&artifact.package)),
        ("version", control.version(), said(&artifact.version)),
    ] {
        if is != should {
            return Err(Fault::alarm(
                Trouble::new(format!("the {what} that {name} names itself is not the one that the archive says"))
                    .expected(should)
                    .found(is),
            ));
        }
    }
    let mut hash = sha1::Sha1::new();
    let mut from = open()?;
    let mut piece = vec![0; 128 * 1024];
    loop {
        let n = from.read(&mut piece).map_err(|e| undone(format!("{name} cannot be read from the store: {e}")))?;
        if n == 0 {
            break;
        }
        hash.update(piece.get(..n).unwrap_or_default());
    }
    let sha1 = hash.finalize().iter().map(|b| format!("{b:02x}")).collect();
    Ok((Member { file_name: name, control, size: stored.size, sha256: stored.sha256 }, sha1))
}

/// The .deb of an artifact, in the store.
fn fetched(artifact: &Artifact, sha1: Option<&str>, locked: bool, remote: &Remote) -> Result<Stored, Fault> {
    let url = artifact.url.as_deref().unwrap_or_default();
    let name = base_name(url);
    let architecture = name.strip_suffix(".deb").and_then(|n| n.rsplit('_').next()).unwrap_or_default();
    // A private archive's packages are no matter of Debian's snapshot service.
    let debians = ["/debian/pool/", "/debian-security/pool/"].iter().any(|part| url.contains(part));
    let wanted = Wanted {
        url,
        size: artifact.size,
        sha256: artifact.sha256,
        sha1,
        package: artifact.package.as_ref().map(Token::as_str).unwrap_or_default(),
        version: artifact.version.as_ref().map(Token::as_str).unwrap_or_default(),
        architecture,
        service: debians.then_some(snapshot::SERVICE),
        locked,
    };
    chain::deb(&wanted, remote)
}

/// What each architecture's install list names.
fn roots(files: &[File]) -> BTreeMap<String, Vec<Root>> {
    let mut roots: BTreeMap<String, BTreeSet<Root>> = BTreeMap::new();
    for file in files.iter().filter(|file| file.by.is_none()) {
        for (platform, _) in &file.platforms {
            let Some(architecture) = super::choose::architecture(platform) else { continue };
            roots.entry(architecture.to_owned()).or_default().insert(Root {
                name: file.package.clone(),
                architecture: file.architecture.clone(),
                version: file.version.clone(),
            });
        }
    }
    roots.into_iter().map(|(architecture, roots)| (architecture, roots.into_iter().collect())).collect()
}

/// The made files, each with the platforms that it is for.
fn made(generated: &Generated, files: &[File], all: &[Platform]) -> Vec<(String, Vec<u8>, Vec<Platform>)> {
    let of = |architecture: &str| -> Vec<Platform> {
        all.iter().filter(|p| super::choose::architecture(p) == Some(architecture)).cloned().collect()
    };
    debug_assert!(!files.is_empty(), "an archive of nothing is never made");
    let lists: BTreeMap<String, String> =
        generated.install_lists.keys().map(|a| (pool::install_list(a), a.clone())).collect();
    let platforms = |name: &str| lists.get(name).map_or_else(|| all.to_vec(), |architecture| of(architecture));
    generated.files().into_iter().map(|(name, bytes)| (name.clone(), bytes.to_vec(), platforms(&name))).collect()
}

fn keep(store: &Store, bytes: Vec<u8>) -> Result<Stored, Fault> {
    let size = bytes.len() as u64;
    let expect = Expect { size: Some(size), ..Expect::at_most(size) };
    store.put(&mut bytes.as_slice(), expect).map_err(|e| Fault::unreachable(e.class(), e.to_trouble()))
}

/// Puts exactly a locked file back into the store: a .deb by its hash, a made one out of the .debs.
pub(in crate::source) fn obtain(entry: &Entry, artifact: &Artifact, remote: &Remote) -> Result<Stored, Fault> {
    let sha1 = |artifact: &Artifact| match entry.evidence.get("sha1") {
        Some(Evidence::Each(each)) => each.get(&artifact.url.as_deref().map(base_name)?).map(String::as_str),
        _ => None,
    };
    if artifact.url.is_some() {
        return fetched(artifact, sha1(artifact), true, remote);
    }
    if entry.proof("apt-archive") != Some(FORMAT) {
        let trouble = Trouble::new("the vendored archive was made by another version of dubo-pin")
            .expected(format!("format {FORMAT}"))
            .found(entry.proof("apt-archive").unwrap_or("none").to_owned());
        return Err(Fault::usage(trouble.help("dubo-pin refresh makes it anew, or install the version that made it")));
    }
    let store = remote.store().map_err(|e| Fault::unreachable(e.class(), e.trouble()))?;
    let debs: Vec<&Artifact> = entry.artifacts.iter().filter(|a| a.url.is_some()).collect();
    let held = crate::remote::each(&debs, AT_ONCE, |deb| held(deb, sha1(deb), store, remote).map(|(member, _)| member));
    let members: Vec<Member> = held.into_iter().collect::<Result<_, _>>()?;
    let generated = pool::generate(&members, &locked_roots(entry, &members)).map_err(|e| Fault::usage(e.trouble()))?;
    for bytes in generated.files().into_values() {
        if Sha256::of(bytes) == artifact.sha256 {
            return keep(store, bytes.to_vec());
        }
    }
    let what = artifact.path.as_ref().map(ToString::to_string).unwrap_or_default();
    Err(Fault::alarm(
        Trouble::new(format!("{what} is not what comes out of the locked packages"))
            .expected(artifact.sha256.to_string())
            .help("the lock was changed by hand or forged: git log -p pins.lock"),
    ))
}

/// The roots of a locked entry: the packages that its values name, on their platforms.
fn locked_roots(entry: &Entry, members: &[Member]) -> BTreeMap<String, Vec<Root>> {
    let mut roots: BTreeMap<String, BTreeSet<Root>> = BTreeMap::new();
    for artifact in entry.artifacts.iter().filter(|a| a.url.is_some()) {
        let Some(member) = members.iter().find(|m| m.sha256 == artifact.sha256) else { continue };
        for platform in &artifact.platforms {
            let Some(own) = super::choose::architecture(platform) else { continue };
            let named = entry.values.keys().any(|key| {
                let (name, architecture) = key.as_str().split_once(':').map_or((key.as_str(), own), |(n, a)| (n, a));
                let architecture = if matches!(architecture, "any" | "native") { own } else { architecture };
                name == member.control.package() && [architecture, "all"].contains(&member.control.architecture())
            });
            if named {
                roots.entry(own.to_owned()).or_default().insert(Root {
                    name: member.control.package().to_owned(),
                    architecture: member.control.architecture().to_owned(),
                    version: member.control.version().to_owned(),
                });
            }
        }
    }
    roots.into_iter().map(|(architecture, roots)| (architecture, roots.into_iter().collect())).collect()
}
