//! What a URL answered last: its validators, and the digest of what came with them.
//!
//! For `fetch`, which asks the same URL again with a condition, so that an unchanged upstream
//! costs no body. One small file a URL, replaced whole. A record that cannot be read, or is not
//! exactly what this program writes, is no record. Nothing here decides a value.

use std::io::{Read as _, Write as _};
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use serde_json::Value as Json;

use super::http::Response;
use crate::model::Sha256;

/// The most that is read of a record.
const CAP: u64 = 64 * 1024;

/// The longest validator that is kept.
const LONGEST: usize = 4096;

/// Records in a folder.
#[derive(Debug, Clone)]
pub struct Cache {
    dir: PathBuf,
}

/// One URL's last answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// The URL that was asked, without a password.
    pub url: String,
    /// Where the answer came from after redirects: who gave the validators is sent them, nobody else.
    pub origin: String,
    /// The entity tag as it came, weak ones too (RFC 9110, 8.8.3).
    pub etag: Option<String>,
    /// `Last-Modified` as it came.
    pub modified: Option<String>,
    /// The digest of the body.
    pub sha256: Sha256,
    /// Its length in bytes.
    pub size: u64,
}

/// An entity tag as RFC 9110 writes it; other forms are not kept.
pub(super) fn etag(text: &str) -> Option<&str> {
    let opaque = text.strip_prefix("W/").unwrap_or(text).strip_prefix('"')?.strip_suffix('"')?;
    let plain = opaque.bytes().all(|b| b.is_ascii_graphic() && b != b'"');
    (plain && text.len() <= LONGEST).then_some(text)
}

/// An entity tag that vouches for every byte.
pub(super) fn strong(text: &str) -> Option<&str> {
    etag(text).filter(|t| !t.starts_with("W/"))
}

/// A date that vouches for a content: one that was at least two seconds old when it was told
/// (RFC 9110, 8.8.2.2), since a file may change twice within one second.
fn settled<'a>(modified: &'a str, date: &str) -> Option<&'a str> {
    let read = |text: &str| Some(jiff::fmt::rfc2822::parse(text.trim()).ok()?.timestamp().as_second());
    (read(date)?.checked_sub(read(modified)?)? >= 2).then_some(modified)
}

impl Record {
    /// The record of an answer; `None` where it has no validator.
    pub(super) fn of(url: &str, response: &Response, sha256: Sha256, size: u64) -> Option<Self> {
        let etag = response.header("etag").and_then(etag).map(str::to_owned);
        let date = response.header("date").unwrap_or_default();
        let modified = response.header("last-modified").and_then(|m| settled(m, date)).map(str::to_owned);
        if etag.is_none() && modified.is_none() {
            return None;
        }
        let origin = response.url.origin().ascii_serialization();
        Some(Self { url: url.to_owned(), origin, etag, modified, sha256, size })
    }

    /// The conditions to ask with.
    pub(super) fn conditions(&self) -> Vec<(&str, &str)> {
        let etag = self.etag.as_deref().map(|t| ("If-None-Match", t));
        let modified = self.modified.as_deref().map(|m| ("If-Modified-Since", m));
        etag.into_iter().chain(modified).collect()
    }

    /// Whether a 304 is about what is recorded: it must not name another entity tag.
    pub(super) fn confirmed_by(&self, response: &Response) -> bool {
        let opaque = |tag: &str| tag.strip_prefix("W/").unwrap_or(tag).to_owned();
        match (response.header("etag"), &self.etag) {
            (Some(told), Some(known)) => opaque(told) == opaque(known),
            _ => true,
        }
    }

    /// One line of JSON with sorted keys. The seal, as in the lock, finds accidents.
    fn text(&self) -> String {
        let mut fields = serde_json::Map::new();
        let mut put = |key: &str, value: Json| drop(fields.insert(key.to_owned(), value));
        put("etag", self.etag.clone().into());
        put("modified", self.modified.clone().into());
        put("origin", self.origin.clone().into());
        put("sha256", self.sha256.to_string().into());
        put("size", self.size.into());
        put("url", self.url.clone().into());
        let seal = Sha256::of(Json::Object(fields.clone()).to_string().as_bytes());
        fields.insert("seal".to_owned(), seal.to_string().into());
        Json::Object(fields).to_string() + "\n"
    }

    fn read(text: &str) -> Option<Self> {
        let json: Json = serde_json::from_str(text).ok()?;
        let field = |key: &str| Some(json.get(key)?.as_str()?.to_owned());
        let record = Self {
            url: field("url")?,
            origin: field("origin")?,
            etag: field("etag"),
            modified: field("modified"),
            sha256: field("sha256")?.parse().ok()?,
            size: json.get("size")?.as_u64()?,
        };
        (record.text() == text).then_some(record)
    }
}

impl Cache {
    /// Records in a folder, which is made when the first is kept.
    #[must_use]
    pub fn new(dir: PathBuf) -> Self {
        Self { dir }
    }

    fn path(&self, url: &str) -> PathBuf {
        self.dir.join(format!("{}.json", Sha256::of(url.as_bytes())))
    }

    /// The record of a URL, if there is a sound one.
    #[must_use]
    pub fn get(&self, url: &str) -> Option<Record> {
        let path = self.path(url);
        if !path.symlink_metadata().ok()?.is_file() {
            return None;
        }
        let mut text = String::new();
        std::fs::File::open(path).ok()?.take(CAP).read_to_string(&mut text).ok()?;
        Record::read(&text).filter(|r| r.url == url)
    }

    /// Keeps a record, replacing the last. A record that cannot be kept costs a download later, no more.
    pub fn keep(&self, record: &Record) {
        let write = || -> std::io::Result<()> {
            std::fs::create_dir_all(&self.dir)?;
            let mut file = tempfile::Builder::new().prefix("new-").tempfile_in(&self.dir)?;
            file.write_all(record.text().as_bytes())?;
            file.persist(self.path(&record.url))?;
            Ok(())
        };
        if write().is_err() {
            self.forget(&record.url);
        }
    }

    /// Drops the record of a URL.
    pub fn forget(&self, url: &str) {
        let _ = std::fs::remove_file(self.path(url));
    }

    /// Drops records that were not renewed for so long, and what was left half written. For `gc`.
    pub fn sweep(&self, older: Duration) {
        let Ok(all) = std::fs::read_dir(&self.dir) else {
            return;
        };
        let now = SystemTime::now();
        for file in all.flatten() {
            let age = file.metadata().ok().and_then(|m| now.duration_since(m.modified().ok()?).ok());
            if age.is_some_and(|age| age > older) {
                let _ = std::fs::remove_file(file.path());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record() -> Record {
        Record {
            url: "https://h.example/a".to_owned(),
            origin: "https://cdn.example".to_owned(),
            etag: Some("\"x\"".to_owned()),
            modified: None,
            sha256: Sha256::of(b"abc"),
            size: 3,
        }
    }

    #[test]
    fn a_record_with_any_byte_changed_is_none() {
        let dir = tempfile::tempdir().unwrap();
        let cache = Cache::new(dir.path().join("answers"));
        let record = record();
        assert_eq!(cache.get(&record.url), None);
        cache.keep(&record);
        assert_eq!(cache.get(&record.url), Some(record.clone()));
        let path = cache.path(&record.url);
        let good = std::fs::read(&path).unwrap();
        for at in 0..good.len() {
            let mut bad = good.clone();
            bad[at] ^= 1;
            std::fs::write(&path, &bad).unwrap();
            assert_eq!(cache.get(&record.url), None, "{at}");
            std::fs::write(&path, &good[..at]).unwrap();
            assert_eq!(cache.get(&record.url), None, "cut at {at}");
        }
        // The record of another URL under this one's name.
        let other = Record { url: "https://h.example/b".to_owned(), ..record.clone() };
        std::fs::write(&path, other.text()).unwrap();
        assert_eq!(cache.get(&record.url), None);
        cache.keep(&record);
        cache.forget(&record.url);
        assert_eq!(cache.get(&record.url), None);
    }

    #[test]
    fn a_record_that_is_a_symlink_is_none() {
        let dir = tempfile::tempdir().unwrap();
        let cache = Cache::new(dir.path().to_owned());
        let elsewhere = dir.path().join("elsewhere");
        std::fs::write(&elsewhere, record().text()).unwrap();
        std::os::unix::fs::symlink(&elsewhere, cache.path(&record().url)).unwrap();
        assert_eq!(cache.get(&record().url), None);
        cache.keep(&record());
        assert_eq!(cache.get(&record().url), Some(record()));
    }

    #[test]
    fn entity_tags_are_kept_as_rfc_9110_writes_them() {
        for good in ["\"\"", "\"a\"", "W/\"a\"", "\"a/b+c=\""] {
            assert_eq!(etag(good), Some(good));
        }
        for bad in ["", "a", "\"", "\"a", "w/\"a\"", "\"a\"b\"", "\"a b\"", "W/a", "\"\u{7f}\"", "\"é\""] {
            assert_eq!(etag(bad), None, "{bad}");
        }
        assert_eq!((strong("\"a\""), strong("W/\"a\"")), (Some("\"a\""), None));
        assert_eq!(etag(&format!("\"{}\"", "a".repeat(5_000))), None);
    }

    #[test]
    fn a_date_within_the_same_second_vouches_for_nothing() {
        let (early, late) = ("Wed, 21 Oct 2015 07:28:00 GMT", "Wed, 21 Oct 2015 07:28:01 GMT");
        assert_eq!(settled(early, "Wed, 21 Oct 2015 07:28:02 GMT"), Some(early));
        assert_eq!((settled(early, early), settled(early, late), settled(late, early)), (None, None, None));
        assert_eq!((settled(early, ""), settled("yesterday", late)), (None, None));
    }

    proptest::proptest! {
        #![proptest_config(proptest::prelude::ProptestConfig::with_cases(128))]
        #[test]
        fn no_text_makes_the_reader_panic(text in ".{0,200}") {
            proptest::prop_assert_eq!(Record::read(&text), None);
            let _ = (etag(&text), strong(&text), settled(&text, &text));
        }
    }
}
