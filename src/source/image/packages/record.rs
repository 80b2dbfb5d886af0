//! What an image's packages came to when they were read: one small file an image.
//!
//! For the reader of an image, so that layers are read once. A record that cannot be read, or is
//! not exactly what this program writes, is no record. The text itself is in the store, under its
//! digest.

use std::io::{Read as _, Write as _};
use std::path::PathBuf;

use serde_json::Value as Json;

use super::Layout;
use crate::model::Sha256;

/// The most that is read of a record, in bytes.
const CAP: u64 = 4096;

/// Records in a folder.
pub(super) struct Records {
    dir: PathBuf,
}

/// One image's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Record {
    /// The image's manifest.
    pub(super) manifest: Sha256,
    pub(super) layout: Layout,
    /// The digest of the status text.
    pub(super) sha256: Sha256,
}

impl Layout {
    fn word(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Status => "status",
            Self::Pieces => "status.d",
        }
    }
}

impl Record {
    /// One line of JSON with sorted keys, and a seal that finds accidents.
    fn text(&self) -> String {
        let mut fields = serde_json::Map::new();
        fields.insert("layout".to_owned(), self.layout.word().into());
        fields.insert("manifest".to_owned(), self.manifest.to_string().into());
        fields.insert("sha256".to_owned(), self.sha256.to_string().into());
        let seal = Sha256::of(Json::Object(fields.clone()).to_string().as_bytes());
        fields.insert("seal".to_owned(), seal.to_string().into());
        Json::Object(fields).to_string() + "\n"
    }

    fn read(text: &str) -> Option<Self> {
        let json: Json = serde_json::from_str(text).ok()?;
        let field = |key: &str| json.get(key)?.as_str();
        let layouts = [Layout::None, Layout::Status, Layout::Pieces];
        let layout = layouts.into_iter().find(|l| field("layout") == Some(l.word()))?;
        let record =
            Self { manifest: field("manifest")?.parse().ok()?, layout, sha256: field("sha256")?.parse().ok()? };
        (record.text() == text).then_some(record)
    }
}

impl Records {
    pub(super) fn new(dir: PathBuf) -> Self {
        Self { dir }
    }

    fn path(&self, manifest: &Sha256) -> PathBuf {
        self.dir.join(format!("{manifest}.json"))
    }

    /// The record of an image, if there is a sound one.
    pub(super) fn get(&self, manifest: &Sha256) -> Option<Record> {
        let path = self.path(manifest);
        if !path.symlink_metadata().ok()?.is_file() {
            return None;
        }
        let mut text = String::new();
        std::fs::File::open(path).ok()?.take(CAP).read_to_string(&mut text).ok()?;
        Record::read(&text).filter(|r| r.manifest == *manifest)
    }

    /// Keeps a record. One that cannot be kept costs a reading later, no more.
    pub(super) fn keep(&self, record: &Record) {
        let write = || -> std::io::Result<()> {
            std::fs::create_dir_all(&self.dir)?;
            let mut file = tempfile::Builder::new().prefix("new-").tempfile_in(&self.dir)?;
            file.write_all(record.text().as_bytes())?;
            file.persist(self.path(&record.manifest))?;
            Ok(())
        };
        let _ = write();
    }
}
