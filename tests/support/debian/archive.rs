//! One suite: its Release, its indices and its signatures, and everything that can be wrong with
//! them before they are signed. What is spoiled afterwards is spoiled on the server.

use jiff::Timestamp;

use super::key::{Signer, in_release, release_gpg};
use super::{Deb, Files, Key, Packing, at, md5, rfc_2822, sha256};

/// One suite of an archive.
#[derive(Clone)]
pub struct Archive {
    /// Below `dists/`; ends in `/` if the archive is flat.
    path: String,
    suite: Option<String>,
    codename: Option<String>,
    components: Vec<String>,
    /// What Release says of the components, if something else.
    said_components: Option<String>,
    architectures: Vec<String>,
    date: Timestamp,
    valid_until: Option<Timestamp>,
    signers: Vec<Signer>,
    debs: Vec<Deb>,
    hashes: Hashes,
    packings: Vec<Packing>,
    by_hash: bool,
    detached: bool,
    all_apart: bool,
    fields: Vec<(String, String)>,
    /// Stanzas of packages that stand nowhere.
    bare: String,
}

/// Which lists of digests Release has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hashes {
    /// MD5 and SHA-256, as Debian.
    Both,
    /// MD5 alone, which nobody should believe.
    Md5,
}

impl Archive {
    /// A suite of that path and codename: main, amd64, of May 2024, unsigned.
    pub fn new(path: &str) -> Self {
        Self {
            path: path.to_owned(),
            suite: None,
            codename: Some(path.to_owned()),
            components: vec!["main".to_owned()],
            said_components: None,
            architectures: vec!["amd64".to_owned()],
            date: at("2024-05-04T08:15:30Z"),
            valid_until: None,
            signers: Vec::new(),
            debs: Vec::new(),
            hashes: Hashes::Both,
            packings: vec![Packing::Plain, Packing::Xz, Packing::Gz],
            by_hash: true,
            detached: false,
            all_apart: false,
            fields: Vec::new(),
            bare: String::new(),
        }
    }

    /// A flat archive: Packages and Release stand beside the packages, in this folder.
    pub fn flat(folder: &str) -> Self {
        assert!(folder.ends_with('/'));
        Self { codename: None, components: Vec::new(), by_hash: false, ..Self::new(folder) }
    }

    pub fn suite(mut self, suite: &str) -> Self {
        self.suite = Some(suite.to_owned());
        self
    }

    /// The codename that it says, whatever its path.
    pub fn codename(mut self, codename: &str) -> Self {
        self.codename = Some(codename.to_owned());
        self
    }

    pub fn components<const N: usize>(mut self, components: [&str; N]) -> Self {
        self.components = components.map(str::to_owned).to_vec();
        self
    }

    /// `Components:` as it is said, such as `updates/main` while the paths say `main`.
    pub fn says_components(mut self, text: &str) -> Self {
        self.said_components = Some(text.to_owned());
        self
    }

    pub fn architectures<const N: usize>(mut self, architectures: [&str; N]) -> Self {
        self.architectures = architectures.map(str::to_owned).to_vec();
        self
    }

    pub fn date(mut self, date: Timestamp) -> Self {
        self.date = date;
        self
    }

    pub fn valid_until(mut self, when: Timestamp) -> Self {
        self.valid_until = Some(when);
        self
    }

    /// Signed by these keys; those before are forgotten.
    pub fn sign<const N: usize>(self, keys: [&Key; N]) -> Self {
        self.signers(keys.map(Key::signer))
    }

    /// The same, with more to say about how.
    pub fn signers<const N: usize>(mut self, signers: [Signer; N]) -> Self {
        self.signers = signers.to_vec();
        self
    }

    pub fn hashes(mut self, hashes: Hashes) -> Self {
        self.hashes = hashes;
        self
    }

    /// In which forms Packages stands there; all are named in Release.
    pub fn packings<const N: usize>(mut self, packings: [Packing; N]) -> Self {
        self.packings = packings.to_vec();
        self
    }

    pub fn no_by_hash(mut self) -> Self {
        self.by_hash = false;
        self
    }

    /// Release and Release.gpg in place of InRelease.
    pub fn detached(mut self) -> Self {
        self.detached = true;
        self
    }

    /// Packages of every architecture stand in `binary-all` alone.
    pub fn all_apart(mut self) -> Self {
        self.all_apart = true;
        self
    }

    /// Any field of Release, such as `NotAutomatic: yes`.
    pub fn field(mut self, name: &str, value: &str) -> Self {
        self.fields.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Further stanzas for each index of an architecture, as text with an empty line after each: for an
    /// index of any size, whose packages stand nowhere.
    pub fn bare(mut self, stanzas: String) -> Self {
        self.bare = stanzas;
        self
    }

    /// With one package more.
    pub fn with(mut self, deb: Deb) -> Self {
        self.debs.push(deb);
        self
    }

    /// With the same package for each architecture of the suite.
    pub fn with_each(self, deb: &Deb) -> Self {
        self.architectures.clone().iter().fold(self, |archive, arch| archive.with(deb.clone().arch(arch)))
    }

    /// Without the packages of this name.
    pub fn without(mut self, name: &str) -> Self {
        self.debs.retain(|d| d.name != name);
        self
    }

    /// Its packages.
    pub fn debs(&self) -> &[Deb] {
        &self.debs
    }

    /// The folder of Release, below the root, with a slash at its end unless it is the root.
    pub fn folder(&self) -> String {
        if self.is_flat() { self.path.trim_start_matches("./").to_owned() } else { format!("dists/{}/", self.path) }
    }

    fn is_flat(&self) -> bool {
        self.path.ends_with('/')
    }

    /// Packages of one index.
    fn packages(&self, component: Option<&str>, architecture: &str) -> String {
        let of_it = |deb: &&Deb| {
            let component = component.is_none_or(|c| c == deb.component);
            let all = deb.arch == "all" && (architecture == "all" || !self.all_apart);
            component && (deb.arch == architecture || all || self.is_flat())
        };
        let mut debs: Vec<&Deb> = self.debs.iter().filter(of_it).collect();
        debs.sort_by(|a, b| a.name.cmp(&b.name));
        let bare = if architecture == "all" { "" } else { &self.bare };
        debs.iter().map(|d| d.stanza()).collect::<String>() + bare
    }

    /// The indices, by their path beside Release.
    fn indices(&self) -> Files {
        let mut out = Files::new();
        let mut put = |folder: &str, text: &str| {
            for packing in &self.packings {
                out.insert(format!("{folder}Packages{}", packing.suffix()), packing.pack(text.as_bytes()));
            }
        };
        if self.is_flat() {
            put("", &self.packages(None, ""));
            return out;
        }
        for component in &self.components {
            for architecture in self.architectures.iter().map(String::as_str).chain(["all"]) {
                put(&format!("{component}/binary-{architecture}/"), &self.packages(Some(component), architecture));
            }
        }
        out
    }

    /// The text of Release.
    fn release(&self, indices: &Files) -> String {
        let mut out = "Origin: Test\nLabel: Test\n".to_owned();
        let mut say = |name: &str, value: &str| out += &format!("{name}: {value}\n");
        if let Some(suite) = &self.suite {
            say("Suite", suite);
        }
        if let Some(codename) = &self.codename {
            say("Codename", codename);
        }
        say("Date", &rfc_2822(self.date));
        if let Some(when) = self.valid_until {
            say("Valid-Until", &rfc_2822(when));
        }
        if self.by_hash {
            say("Acquire-By-Hash", "yes");
        }
        if !self.is_flat() {
            if !self.all_apart {
                say("No-Support-for-Architecture-all", "Packages");
            }
            say("Architectures", &format!("all {}", self.architectures.join(" ")));
            say("Components", &self.said_components.clone().unwrap_or_else(|| self.components.join(" ")));
        }
        for (name, value) in &self.fields {
            say(name, value);
        }
        let mut list = |name: &str, digest: &dyn Fn(&[u8]) -> String| {
            out += &format!("{name}:\n");
            for (path, bytes) in indices {
                out += &format!(" {} {:>8} {path}\n", digest(bytes), bytes.len());
            }
        };
        list("MD5Sum", &|b| md5(b));
        if self.hashes == Hashes::Both {
            list("SHA256", &|b| sha256(b));
        }
        out
    }

    /// Everything, by its path below the archive's root.
    pub fn files(&self) -> Files {
        let folder = self.folder();
        let indices = self.indices();
        let release = self.release(&indices);
        let mut out = Files::new();
        for (path, bytes) in indices {
            // Debian lists the plain index in Release but serves only the packed ones.
            let plain = path.ends_with("Packages");
            if plain && self.packings != [Packing::Plain] {
                continue;
            }
            if self.by_hash {
                let beside = path.rsplit_once('/').map_or(String::new(), |(folder, _)| format!("{folder}/"));
                out.insert(format!("{folder}{beside}by-hash/SHA256/{}", sha256(&bytes)), bytes.clone());
            }
            out.insert(format!("{folder}{path}"), bytes);
        }
        if self.detached {
            out.insert(format!("{folder}Release.gpg"), release_gpg(&release, self.date, &self.signers));
        } else if !self.signers.is_empty() {
            out.insert(format!("{folder}InRelease"), in_release(&release, self.date, &self.signers));
        }
        out.insert(format!("{folder}Release"), release.into_bytes());
        for deb in &self.debs {
            deb.put(&mut out);
        }
        out
    }
}
