//! One suite's Release: fetched, its signature proved, and judged by the time it is for.
//!
//! For `open`. Not here: what the lock says of it.

use super::super::archive::Suite;
use super::super::index::url_path;
use super::super::release::Release;
use super::super::snapshot::Taken;
use super::{OpenSuite, Settings, locked, of, unreachable};
use crate::disk::Expect;
use crate::lock::Entry;
use crate::model::{Class, Sha256, Time, Trouble, quoted};
use crate::remote::{Fault as Failing, Fetch, Origin, Remote, RemoteError};
use crate::source::resolve::Fault;
use crate::trust::openpgp::{Certificates, OpenPgpError, Signer, clearsigned, detached};

/// The most bytes of a Release file. Debian's have 150 KB.
const RELEASE_CAP: u64 = 16 << 20;

/// The most bytes of a signature beside one.
const SIGNATURE_CAP: u64 = 1 << 20;

/// What all suites of one archive are opened with.
pub(super) struct Opening<'a> {
    pub(super) taken: &'a Taken,
    /// Whether the newest snapshot is asked for.
    pub(super) newest: bool,
    pub(super) certificates: &'a Certificates,
    pub(super) settings: &'a Settings<'a>,
    pub(super) locked: Option<&'a Entry>,
    pub(super) fetch: &'a Fetch<'a>,
    pub(super) remote: &'a Remote,
}

/// A Release file whose signature is proved.
struct Proved {
    text: String,
    sha256: Sha256,
    signers: Vec<Signer>,
    mirrored: bool,
}

impl Opening<'_> {
    /// Opens a suite.
    pub(super) fn suite(&self, suite: &Suite) -> Result<OpenSuite, Fault> {
        let name = self.settings.archive;
        let folder = folder(&self.taken.uri, suite);
        let proved = self.proved(suite, &folder)?;
        let alarm = |trouble: Trouble| Fault::alarm(of(name, suite, trouble));
        let release = Release::parse(&proved.text).map_err(|e| alarm(e.trouble()))?;
        release.is_named(suite.as_str()).map_err(|e| alarm(e.trouble()))?;
        self.timely(&release).map_err(alarm)?;
        Ok(OpenSuite {
            suite: suite.clone(),
            release,
            sha256: proved.sha256,
            signers: proved.signers,
            folder,
            mirrored: proved.mirrored,
        })
    }

    /// The time that signatures and dates are judged at: a snapshot's own, unless the newest is
    /// asked for: that must be good now.
    fn moment(&self) -> Time {
        match self.taken.time {
            Some(time) if !self.newest => time,
            _ => self.settings.now,
        }
    }

    fn timely(&self, release: &Release) -> Result<(), Trouble> {
        let at = self.moment();
        release.not_future(at).map_err(|e| e.trouble())?;
        if let Some(time) = self.taken.time
            && release.date > time
        {
            return Err(Trouble::new("the Release file is younger than its snapshot")
                .expected(format!("a Date not after {time}"))
                .found(format!("Date {}", release.date))
                .help("what serves it is no snapshot of that time: check the URL, or the mirror"));
        }
        release.not_expired(at).map_err(|e| e.trouble())?;
        match self.settings.max_age {
            Some(age) => release.not_older(at, age).map_err(|e| e.trouble()),
            None => Ok(()),
        }
    }

    fn proved(&self, suite: &Suite, folder: &str) -> Result<Proved, Fault> {
        let name = self.settings.archive;
        let failed = |e: &RemoteError| unreachable(name, suite, e);
        let unproved = |e: &OpenPgpError, file: &str| {
            let trouble = e.trouble();
            let message = format!("{file} is refused: {}", trouble.message);
            Fault::alarm(of(name, suite, Trouble { message, ..trouble }))
        };
        let missing = match self.get(&format!("{folder}InRelease"), RELEASE_CAP) {
            Ok((bytes, sha256, mirrored)) => {
                let signed = clearsigned(&bytes, self.certificates, self.moment());
                let signed = signed.map_err(|e| unproved(&e, "InRelease"))?;
                return Ok(Proved { text: signed.text, sha256, signers: signed.signers, mirrored });
            }
            Err(e) if e.fault() == Failing::NotThere => e,
            Err(e) => return Err(failed(&e)),
        };
        let (bytes, sha256, mirrored) = match self.get(&format!("{folder}Release"), RELEASE_CAP) {
            Ok(found) => found,
            Err(e) if e.fault() == Failing::NotThere => return Err(self.no_suite(suite, folder, &missing)),
            Err(e) => return Err(failed(&e)),
        };
        let signature = match self.get(&format!("{folder}Release.gpg"), SIGNATURE_CAP) {
            Ok((signature, _, _)) => signature,
            Err(e) if e.fault() == Failing::NotThere => {
                let trouble = Trouble::new("its Release file is not signed")
                    .expected("InRelease, or Release.gpg beside Release")
                    .help("nothing is taken from an archive that nobody signs for");
                return Err(Fault::alarm(of(name, suite, trouble)));
            }
            Err(e) => return Err(failed(&e)),
        };
        let signers = detached(&bytes, &signature, self.certificates, self.moment());
        let signers = signers.map_err(|e| unproved(&e, "Release"))?;
        let text = String::from_utf8(bytes)
            .map_err(|_| Fault::alarm(of(name, suite, Trouble::new("Release is refused: it is not UTF-8 text"))))?;
        Ok(Proved { text, sha256, signers, mirrored })
    }

    fn no_suite(&self, suite: &Suite, folder: &str, error: &RemoteError) -> Fault {
        if self.locked.is_some_and(|entry| locked::has(entry, suite)) {
            let trouble = Trouble::new("the locked suite is gone").found(error.to_string());
            if self.remote.mirrored(&format!("{folder}InRelease")).is_some_and(|m| m.resolve) {
                let trouble = Trouble::new("the mirror does not have the locked suite").found(error.to_string());
                let trouble = trouble.help("that says nothing of the archive itself: ask that, without `resolve`");
                return Fault::unreachable(Class::Undone, of(self.settings.archive, suite, trouble));
            }
            let trouble = trouble.help("old suites move to another archive: find it, and change `uri`");
            return Fault::gone(of(self.settings.archive, suite, trouble));
        }
        let trouble = Trouble::new("there is no such suite")
            .expected(format!("{} or Release", quoted(&format!("{folder}InRelease"))))
            .found(error.to_string());
        let trouble = match self.taken.time {
            Some(_) => {
                trouble.help("check `uri` and `suites`; at the time of this snapshot it may not have been there")
            }
            None => trouble.help("check `uri` and `suites`; old suites move to another archive"),
        };
        Fault::usage(of(self.settings.archive, suite, trouble))
    }

    /// The bytes that stand at a URL now, their digest, and whether a mirror decided them.
    fn get(&self, url: &str, cap: u64) -> Result<(Vec<u8>, Sha256, bool), RemoteError> {
        let fetched = self.fetch.artifact(url, Expect::at_most(cap), None)?;
        let mut bytes = Vec::new();
        let store = self.fetch.store();
        let read = store.copy_to(&fetched.stored.sha256, &mut bytes);
        read.map_err(|e| RemoteError::new(Failing::Local, "the store", e.to_string()))?;
        Ok((bytes, fetched.stored.sha256, fetched.origin == Origin::Mirror))
    }
}

/// The folder of a suite's Release: `URI/dists/SUITE/`, or for a flat archive `URI/SUITE`.
fn folder(uri: &str, suite: &Suite) -> String {
    let name = url_path(suite.as_str());
    if !suite.is_flat() {
        return format!("{uri}/dists/{name}/");
    }
    match name.trim_start_matches("./").trim_start_matches('/') {
        "" => format!("{uri}/"),
        path => format!("{uri}/{path}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flat_archive_lies_where_its_suite_says() {
        for (suite, expected) in [
            ("bookworm", "https://h/debian/dists/bookworm/"),
            ("stable/updates", "https://h/debian/dists/stable/updates/"),
            ("./", "https://h/debian/"),
            ("/", "https://h/debian/"),
            ("flat/x/", "https://h/debian/flat/x/"),
        ] {
            assert_eq!(folder("https://h/debian", &suite.parse().unwrap()), expected);
        }
    }
}
