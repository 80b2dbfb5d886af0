//! An archive as it is drawn from: what `[archives.NAME]` says, with the `.sources` or `.list` file
//! that it may name read in.
//!
//! For every verb: `verify` compares its canonical line with the lock's without network; `refresh`
//! opens it. Not here: what the archive answers (see `chain`).

use std::collections::BTreeSet;

use super::archive::{Archive, Keyring, Origin, Repository, Snapshot};
use super::snapshot;
use super::sources::{self, Described, SignedBy};
use super::vendored::base_name;
use crate::model::{Age, PinName, Place, RelPath, Sha256, Time, Trouble, quoted};
use crate::source::request::Request;

/// An archive whose repositories are all known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Effective {
    /// Its name in the manifest.
    pub name: PinName,
    /// Where the manifest names it.
    pub place: Place,
    /// One, or as many as the file describes.
    pub repositories: Vec<Repository>,
    /// The architectures to take, in Debian's words; empty: those of the platforms.
    pub architectures: Vec<String>,
    /// How old its Release may be.
    pub max_age: Option<Age>,
}

/// Where Debian's own packages put Debian's own keys: the program carries these itself.
const DEBIANS: [&str; 3] = [
    "/usr/share/keyrings/debian-archive-",
    "/etc/apt/trusted.gpg.d/debian-archive-",
    "/etc/apt/keyrings/debian-archive-",
];

impl Effective {
    /// Completes an archive; `read` gives a file's bytes by its path below pins.toml.
    ///
    /// # Errors
    /// The file cannot be read, or describes something that is not followed.
    pub fn new(
        name: &PinName,
        place: &Place,
        archive: &Archive,
        read: &dyn Fn(&RelPath) -> Result<Vec<u8>, Trouble>,
    ) -> Result<Self, Vec<Trouble>> {
        let mut architectures = archive.architectures.clone();
        let repositories = match &archive.origin {
            Origin::Here(repository) => vec![repository.clone()],
            Origin::Sources(path) => {
                let bytes = read(path).map_err(|t| vec![t.at(place.clone())])?;
                let text = std::str::from_utf8(&bytes)
                    .map_err(|_| vec![Trouble::new("the file is not UTF-8").at(Place::file(path.as_str()))])?;
                let described = sources::parse(path.as_str(), text)?;
                if architectures.is_empty() {
                    architectures = of_file(path, &described).map_err(|t| vec![t])?;
                }
                described.into_iter().map(repository).collect::<Result<_, _>>().map_err(|t| vec![t])?
            }
        };
        let mut seen = BTreeSet::new();
        for suite in repositories.iter().flat_map(|r| &r.suites) {
            if !seen.insert(suite) {
                let trouble = Trouble::new(format!("archive {name} has the suite {} twice", quoted(suite.as_str())));
                let help = "make an archive of its own for each place that it is drawn from";
                return Err(vec![trouble.at(place.clone()).help(help)]);
            }
        }
        Ok(Self { name: name.clone(), place: place.clone(), repositories, architectures, max_age: archive.max_age })
    }

    /// The canonical line of what it is: another line is another archive.
    #[must_use]
    pub fn request(&self) -> String {
        let one = |repository: &Repository| {
            let word = |key: &Keyring| match key {
                Keyring::Debian => "debian".to_owned(),
                Keyring::Path(path) => path.to_string(),
                Keyring::Fingerprint(text) => text.clone(),
                Keyring::Embedded(armor) => format!("sha256:{}", Sha256::of(armor.as_bytes())),
            };
            let snapshot = repository.snapshot.as_ref().map(|s| match s {
                Snapshot::Latest => "latest",
                Snapshot::UpTo(stamp) => stamp,
            });
            let line = Request::default()
                .put("uri", &repository.uri)
                .put_some("snapshot", snapshot)
                .put_list("suites", repository.suites.iter().map(super::Suite::as_str))
                .put_list("components", repository.components.iter().map(super::Component::as_str))
                .put_list("architectures", &self.architectures)
                .put_list("signed-by", repository.signed_by.iter().map(word));
            line.finish(&[])
        };
        self.repositories.iter().map(one).collect::<Vec<_>>().join(" + ")
    }

    /// The snapshots that it may be at differ from run to run.
    #[must_use]
    pub fn has_snapshots(&self) -> bool {
        self.repositories.iter().any(|r| r.snapshot.is_some())
    }
}

impl Repository {
    /// The part of a URL below the repository, at whichever snapshot if it has snapshots: a path that
    /// leads nowhere else, however it is decoded.
    #[must_use]
    pub fn path_of<'u>(&self, url: &'u str) -> Option<&'u str> {
        self.parts(url).map(|(_, path)| path)
    }

    /// The snapshot that a URL within the repository is at; `Some(None)` if the repository has none.
    #[must_use]
    pub fn moment_of(&self, url: &str) -> Option<Option<Time>> {
        self.parts(url).map(|(moment, _)| moment)
    }

    fn parts<'u>(&self, url: &'u str) -> Option<(Option<Time>, &'u str)> {
        let (moment, path) = match self.uri.split_once("{snapshot}") {
            None => (None, url.strip_prefix(&self.uri)?),
            Some((before, after)) => {
                let (stamp, rest) = url.strip_prefix(before)?.split_at_checked(16)?;
                (Some(stamp.parse().ok()?), rest.strip_prefix(after)?)
            }
        };
        let path = path.strip_prefix('/')?;
        path.split('/').all(stays).then_some((moment, path))
    }
}

/// A part of a path that is a plain name: letters, digits and what else stands in names of pools, also
/// once it is decoded; nor does it mean a folder, also for those who decode it twice.
fn stays(part: &str) -> bool {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b".+-_~:%@,=".contains(&b);
    let leads = |text: &str| matches!(text, "" | "." | "..") || text.contains(['/', '\\']);
    let once = base_name(part);
    part.bytes().all(plain) && once.bytes().all(plain) && !leads(&once) && !leads(&base_name(&once))
}

/// The architectures that a file's entries name, which must agree: they are the archive's.
fn of_file(path: &RelPath, all: &[Described]) -> Result<Vec<String>, Trouble> {
    let first = all.first().map(|d| d.architectures.clone()).unwrap_or_default();
    match all.iter().find(|d| d.architectures != first) {
        None => Ok(first),
        Some(other) => Err(Trouble::new(format!("the entries of {path} name different architectures"))
            .at(other.place.clone())
            .help("say them in pins.toml: `architectures` under the archive")),
    }
}

fn repository(described: Described) -> Result<Repository, Trouble> {
    let at = |trouble: Trouble| trouble.at(described.place.clone());
    if described.check_valid_until == Some(false) && snapshot::time_of(&described.uri).is_none() {
        let trouble = Trouble::new("the file switches off the end of what the archive signed (Check-Valid-Until)");
        let help = "remove the line: a snapshot is judged at its own time, a plain mirror now";
        return Err(at(trouble.help(help)));
    }
    let mut signed_by = Vec::new();
    for key in &described.signed_by {
        signed_by.push(match key {
            SignedBy::Embedded(armor) => Keyring::Embedded(armor.clone()),
            SignedBy::Fingerprint { text, .. } => Keyring::Fingerprint(text.clone()),
            SignedBy::Path(path) if DEBIANS.iter().any(|own| path.starts_with(own)) => Keyring::Debian,
            SignedBy::Path(path) if path.starts_with('/') => {
                let trouble = Trouble::new(format!("the key {} lies on this machine alone", quoted(path)));
                let help =
                    "copy it beside pins.toml and name it by its path from there, so that every machine judges alike";
                return Err(at(trouble.help(help)));
            }
            SignedBy::Path(path) => {
                Keyring::Path(path.parse().map_err(|e: crate::model::PathError| at(Trouble::new(e.to_string())))?)
            }
        });
    }
    signed_by.dedup();
    Ok(Repository {
        uri: described.uri.trim_end_matches('/').to_owned(),
        snapshot: None,
        suites: described.suites,
        components: described.components,
        signed_by,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn repository(uri: &str) -> Repository {
        Repository {
            uri: uri.to_owned(),
            snapshot: uri.contains("{snapshot}").then_some(Snapshot::Latest),
            suites: vec!["bookworm".parse().unwrap()],
            components: vec!["main".parse().unwrap()],
            signed_by: Vec::new(),
        }
    }

    fn archive(origin: Origin) -> Archive {
        Archive { origin, architectures: Vec::new(), max_age: None }
    }

    fn effective(file: &str, text: &str) -> Result<Effective, Vec<Trouble>> {
        let archive = archive(Origin::Sources(file.parse().unwrap()));
        let read = |_: &RelPath| Ok(text.as_bytes().to_vec());
        Effective::new(&"debian".parse().unwrap(), &Place::file("pins.toml"), &archive, &read)
    }

    #[test]
    fn a_url_lies_in_an_archive_at_whichever_snapshot() {
        let snapshots = repository("https://s.example/archive/debian/{snapshot}");
        let plain = repository("https://s.example/debian");
        assert_eq!(
            snapshots.path_of("https://s.example/archive/debian/20260901T000000Z/pool/a.deb"),
            Some("pool/a.deb")
        );
        assert_eq!(plain.path_of("https://s.example/debian/pool/a.deb"), Some("pool/a.deb"));
        for outside in [
            "https://s.example/archive/debian/pool/a.deb",
            "https://s.example/archive/debian/20260901T000000Zx/pool/a.deb",
            "https://s.example/archive/debian/20261301T000000Z/pool/a.deb",
            "https://s.example/archive/debian-x/20260901T000000Z/pool/a.deb",
            "https://e.example/archive/debian/20260901T000000Z/pool/a.deb",
            "https://s.example/archive/debian/é",
        ] {
            assert_eq!(snapshots.path_of(outside), None, "{outside}");
        }
        assert_eq!(plain.path_of("https://s.example/debian-security/pool/a.deb"), None);
    }

    #[test]
    fn the_files_of_a_machine_name_debians_keys_by_their_path() {
        let text = "Types: deb\nURIs: http://m.example/debian\nSuites: bookworm bookworm-updates\nComponents: main\n\
                    Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg\n";
        let of_file = effective("debian.sources", text).unwrap();
        assert_eq!(
            of_file.request(),
            "uri=http://m.example/debian suites=bookworm,bookworm-updates components=main signed-by=debian"
        );
        let text = "deb [arch=amd64 signed-by=/usr/share/keyrings/vendor.gpg] https://v.example/apt stable main\n";
        let refused = effective("vendor.list", text).unwrap_err();
        assert_eq!(refused.len(), 1);
        assert_eq!(refused[0].message, "the key `/usr/share/keyrings/vendor.gpg` lies on this machine alone");
        let twice = "deb http://a.example/debian bookworm main\ndeb http://b.example/debian bookworm main\n";
        assert_eq!(
            effective("two.list", twice).unwrap_err()[0].message,
            "archive debian has the suite `bookworm` twice"
        );
    }
}
