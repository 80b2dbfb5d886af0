//! Packages: what they say of themselves, and the .deb that says it (deb(5)).

use std::io::Write as _;

use super::{Files, md5, sha256};

/// A binary package of one architecture.
#[derive(Clone)]
pub struct Deb {
    pub name: String,
    pub version: String,
    pub arch: String,
    pub component: String,
    source: Option<String>,
    /// Further fields, in order.
    fields: Vec<(String, String)>,
    packing: Packing,
    /// What its one file says.
    content: String,
    /// Where it stands in the archive, if not where Debian would put it.
    filename: Option<String>,
}

/// How the members of a .deb are packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Packing {
    Xz,
    Gz,
    Zst,
    Plain,
}

impl Packing {
    /// As in `control.tar.xz`.
    pub fn suffix(self) -> &'static str {
        match self {
            Self::Xz => ".xz",
            Self::Gz => ".gz",
            Self::Zst => ".zst",
            Self::Plain => "",
        }
    }

    /// Packs.
    pub fn pack(self, bytes: &[u8]) -> Vec<u8> {
        match self {
            Self::Xz => {
                let mut out = liblzma::write::XzEncoder::new(Vec::new(), 6);
                out.write_all(bytes).unwrap();
                out.finish().unwrap()
            }
            Self::Gz => {
                let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
                out.write_all(bytes).unwrap();
                out.finish().unwrap()
            }
            Self::Zst => ruzstd::encoding::compress_to_vec(bytes, ruzstd::encoding::CompressionLevel::Fastest),
            Self::Plain => bytes.to_vec(),
        }
    }
}

impl Deb {
    /// A package for amd64, in main, packed with xz.
    pub fn new(name: &str, version: &str) -> Self {
        Self {
            name: name.to_owned(),
            version: version.to_owned(),
            arch: "amd64".to_owned(),
            component: "main".to_owned(),
            source: None,
            fields: Vec::new(),
            packing: Packing::Xz,
            content: format!("{name} {version}\n"),
            filename: None,
        }
    }

    /// Debian's word for the architecture, or `all`.
    pub fn arch(mut self, arch: &str) -> Self {
        self.arch = arch.to_owned();
        self
    }

    pub fn component(mut self, component: &str) -> Self {
        self.component = component.to_owned();
        self
    }

    /// The source package, as in the field: `curl`, or `gcc-defaults (1.203)`.
    pub fn source(mut self, source: &str) -> Self {
        self.source = Some(source.to_owned());
        self
    }

    /// Any field.
    pub fn field(mut self, name: &str, value: &str) -> Self {
        self.fields.push((name.to_owned(), value.to_owned()));
        self
    }

    pub fn depends(self, relations: &str) -> Self {
        self.field("Depends", relations)
    }

    pub fn provides(self, relations: &str) -> Self {
        self.field("Provides", relations)
    }

    /// `same`, `foreign` or `allowed`.
    pub fn multi_arch(self, value: &str) -> Self {
        self.field("Multi-Arch", value)
    }

    pub fn packing(mut self, packing: Packing) -> Self {
        self.packing = packing;
        self
    }

    /// Other bytes under the same name and version.
    pub fn content(mut self, content: &str) -> Self {
        content.clone_into(&mut self.content);
        self
    }

    /// Somewhere else in the archive.
    pub fn filename(mut self, path: &str) -> Self {
        self.filename = Some(path.to_owned());
        self
    }

    /// `name_version_arch.deb`, the version without epoch.
    pub fn basename(&self) -> String {
        let version = self.version.split_once(':').map_or(&self.version[..], |(_, v)| v);
        format!("{}_{version}_{}.deb", self.name, self.arch)
    }

    /// Where it stands below the archive's root.
    pub fn path(&self) -> String {
        if let Some(path) = &self.filename {
            return path.clone();
        }
        let source = self.source.as_deref().map_or(&self.name[..], |s| s.split(' ').next().unwrap());
        let letters = if source.starts_with("lib") { 4 } else { 1 };
        let folder = &source[..letters.min(source.len())];
        format!("pool/{}/{folder}/{source}/{}", self.component, self.basename())
    }

    /// What control and Packages have in common.
    fn head(&self) -> String {
        let mut out = format!("Package: {}\n", self.name);
        if let Some(source) = &self.source {
            out += &format!("Source: {source}\n");
        }
        out += &format!("Version: {}\nArchitecture: {}\n", self.version, self.arch);
        out += "Maintainer: Nobody <nobody@example.org>\nInstalled-Size: 1\n";
        for (name, value) in &self.fields {
            out += &format!("{name}: {value}\n");
        }
        for (name, value) in [("Section", "misc"), ("Priority", "optional")] {
            if !self.fields.iter().any(|(n, _)| n == name) {
                out += &format!("{name}: {value}\n");
            }
        }
        out
    }

    /// Its stanza in Packages, with an empty line at its end.
    pub fn stanza(&self) -> String {
        let bytes = self.bytes();
        format!(
            "{}Filename: {}\nSize: {}\nMD5sum: {}\nSHA256: {}\nDescription: {} of the test archive\n\n",
            self.head(),
            self.path(),
            bytes.len(),
            md5(&bytes),
            sha256(&bytes),
            self.name,
        )
    }

    /// The SHA-256 of the .deb.
    pub fn sha256(&self) -> String {
        sha256(&self.bytes())
    }

    /// The .deb.
    pub fn bytes(&self) -> Vec<u8> {
        let control = format!("{}Description: {} of the test archive\n", self.head(), self.name);
        let control = tar(&[("./control", control.as_bytes())]);
        let path = format!("./usr/share/doc/{}/copyright", self.name);
        let data = tar(&[(&path, self.content.as_bytes())]);
        let suffix = self.packing.suffix();
        let mut out = ar::Builder::new(Vec::new());
        for (name, bytes) in [
            ("debian-binary".to_owned(), b"2.0\n".to_vec()),
            (format!("control.tar{suffix}"), self.packing.pack(&control)),
            (format!("data.tar{suffix}"), self.packing.pack(&data)),
        ] {
            let mut header = ar::Header::new(name.into_bytes(), bytes.len() as u64);
            header.set_mode(0o100_644);
            header.set_mtime(1_700_000_000);
            out.append(&header, &bytes[..]).unwrap();
        }
        out.into_inner().unwrap()
    }

    /// Puts it where it stands.
    pub fn put(&self, files: &mut Files) {
        files.insert(self.path().trim_start_matches("./").to_owned(), self.bytes());
    }
}

/// A tar of files and of the folders above them, as `dpkg-deb` writes them: from `./` on.
fn tar(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut out = tar::Builder::new(Vec::new());
    let mut folders = Vec::new();
    let mut put = |path: &str, bytes: Option<&[u8]>| {
        let mut header = tar::Header::new_gnu();
        header.set_entry_type(if bytes.is_some() { tar::EntryType::Regular } else { tar::EntryType::Directory });
        header.set_mode(if bytes.is_some() { 0o644 } else { 0o755 });
        header.set_mtime(1_700_000_000);
        header.set_size(bytes.map_or(0, <[u8]>::len) as u64);
        header.set_uid(0);
        header.set_gid(0);
        header.set_username("root").unwrap();
        header.set_groupname("root").unwrap();
        // The crate drops the `./` of a path that it sets itself.
        header.as_mut_bytes()[..path.len()].copy_from_slice(path.as_bytes());
        header.set_cksum();
        out.append(&header, bytes.unwrap_or_default()).unwrap();
    };
    for (path, bytes) in files {
        for (at, _) in path.match_indices('/') {
            let folder = path[..=at].to_owned();
            if !folders.contains(&folder) {
                put(&folder, None);
                folders.push(folder);
            }
        }
        put(path, Some(bytes));
    }
    out.into_inner().unwrap()
}
