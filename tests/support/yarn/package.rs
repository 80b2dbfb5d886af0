//! A small npm package: its package.json, its files, and the tarball that a registry serves.
//!
//! The same input gives the same bytes. Not npm's packer: nothing is left out or added.

use std::io::Write as _;

use serde_json::{Map, Value, json};

/// A package at one version.
#[derive(Debug, Clone)]
pub struct Package {
    pub name: String,
    pub version: String,
    /// What package.json holds beside name and version, in order.
    pub fields: Map<String, Value>,
    /// Files beside package.json: path, bytes.
    pub files: Vec<(String, Vec<u8>)>,
}

impl Package {
    /// A package whose `index.js` says its name and version.
    pub fn new(name: &str, version: &str) -> Self {
        let (fields, says) = (Map::new(), format!("{name} {version}"));
        let package = Self { name: name.to_owned(), version: version.to_owned(), fields, files: Vec::new() };
        package.says(&says)
    }

    /// What `index.js` exports: tells two commits of one version apart.
    pub fn says(self, what: &str) -> Self {
        self.file("index.js", format!("module.exports = {};\n", json!(what)))
    }

    /// A dependency.
    pub fn needs(self, name: &str, range: &str) -> Self {
        self.under("dependencies", name, range)
    }

    /// An entry of an object of package.json, such as `optionalDependencies` or `scripts`.
    pub fn under(mut self, section: &str, name: &str, value: &str) -> Self {
        let object = self.fields.entry(section).or_insert_with(|| Value::Object(Map::new()));
        object.as_object_mut().unwrap().insert(name.to_owned(), value.into());
        self
    }

    /// Any field of package.json.
    pub fn field(mut self, name: &str, value: Value) -> Self {
        self.fields.insert(name.to_owned(), value);
        self
    }

    /// A file; one of the same path is replaced.
    pub fn file(mut self, path: &str, bytes: impl AsRef<[u8]>) -> Self {
        self.files.retain(|(p, _)| p != path);
        self.files.push((path.to_owned(), bytes.as_ref().to_vec()));
        self
    }

    /// package.json as a value.
    pub fn manifest(&self) -> Value {
        let mut all = Map::new();
        all.insert("name".to_owned(), self.name.clone().into());
        all.insert("version".to_owned(), self.version.clone().into());
        all.extend(self.fields.clone());
        Value::Object(all)
    }

    /// Every file, package.json first.
    pub fn all(&self) -> Vec<(String, Vec<u8>)> {
        let manifest = serde_json::to_string_pretty(&self.manifest()).unwrap() + "\n";
        let mut files = vec![("package.json".to_owned(), manifest.into_bytes())];
        files.extend(self.files.iter().cloned());
        files
    }

    /// The tarball of a registry: everything below `package/`.
    pub fn tgz(&self) -> Vec<u8> {
        tgz("package/", &self.all())
    }
}

/// A tar of plain files below a prefix, in the order given.
pub fn tar(prefix: &str, files: &[(String, Vec<u8>)]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (path, bytes) in files {
        let mut header = tar::Header::new_ustar();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        // The date that npm gives to every file.
        header.set_mtime(499_162_500);
        builder.append_data(&mut header, format!("{prefix}{path}"), &bytes[..]).unwrap();
    }
    builder.into_inner().unwrap()
}

/// The same, packed.
pub fn tgz(prefix: &str, files: &[(String, Vec<u8>)]) -> Vec<u8> {
    let mut packer = flate2::GzBuilder::new().write(Vec::new(), flate2::Compression::fast());
    packer.write_all(&tar(prefix, files)).unwrap();
    packer.finish().unwrap()
}
