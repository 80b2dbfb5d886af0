//! A snapshot service as snapshot.debian.org is one: archives at points in time, its machine API,
//! files by their SHA-1, and a throttle.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use super::{Files, sha1};
use crate::support::http::Answer;

/// All snapshots of all archives.
#[derive(Default)]
pub struct Snapshots {
    imports: Mutex<BTreeMap<(String, String), Files>>,
    /// Paths that no snapshot gives.
    lost: Mutex<BTreeSet<String>>,
    /// More requests at once are answered with 429; 0: no limit.
    limit: AtomicUsize,
    now: AtomicUsize,
    peak: AtomicUsize,
    refused: AtomicUsize,
}

impl Snapshots {
    pub(super) fn import(&self, name: &str, time: &str, files: Files) {
        self.imports.lock().unwrap().insert((name.to_owned(), time.to_owned()), files);
    }

    /// From now on more than so many requests at once are refused, and each takes a while.
    pub fn throttle(&self, limit: usize) {
        self.limit.store(limit, Ordering::SeqCst);
    }

    /// The most requests that were under way at once.
    pub fn peak(&self) -> usize {
        self.peak.load(Ordering::SeqCst)
    }

    /// How many were answered with 429.
    pub fn refused(&self) -> usize {
        self.refused.load(Ordering::SeqCst)
    }

    /// A file is found by its SHA-1 alone.
    pub fn lose(&self, path: &str) {
        self.lost.lock().unwrap().insert(path.to_owned());
    }

    /// The answer, if the path is one of the service's.
    pub(super) fn answer(&self, path: &str) -> Option<Answer> {
        let of_it = ["/archive/", "/mr/", "/file/"].iter().any(|p| path.starts_with(p));
        if !of_it {
            return None;
        }
        let under_way = self.now.fetch_add(1, Ordering::SeqCst) + 1;
        self.peak.fetch_max(under_way, Ordering::SeqCst);
        let limit = self.limit.load(Ordering::SeqCst);
        let answer = if limit > 0 && under_way > limit {
            self.refused.fetch_add(1, Ordering::SeqCst);
            Answer::new(429, "too many\n").with("Retry-After", "1")
        } else {
            if limit > 0 {
                std::thread::sleep(Duration::from_millis(30));
            }
            self.find(path).unwrap_or_else(|| Answer::new(404, "not here\n"))
        };
        self.now.fetch_sub(1, Ordering::SeqCst);
        Some(answer)
    }

    fn find(&self, path: &str) -> Option<Answer> {
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let parts: Vec<&str> = path.trim_start_matches('/').split('/').collect();
        match parts[..] {
            ["archive", name, ""] => Some(self.months(name, query)),
            ["archive", name, time, ..] => {
                let rest = path.trim_start_matches('/').splitn(4, '/').nth(3)?;
                self.file(name, time, rest)
            }
            ["mr", "timestamp" | "timestamp.json", ..] => Some(self.times(query)),
            ["mr", "binary", binary, ""] => self.binary(binary),
            ["mr", "package", source, version, "binfiles", binary, binary_version] => {
                self.binfiles(Some((source, version)), (binary, binary_version))
            }
            ["mr", "binary", binary, version, "binfiles"] => self.binfiles(None, (binary, version)),
            ["file", digest] => {
                let all = self.imports.lock().unwrap();
                let found = all.values().flat_map(|f| f.values()).find(|b| sha1(b) == digest);
                found.map(|bytes| Answer::new(200, bytes.clone()))
            }
            _ => None,
        }
    }

    /// A file of a snapshot. A time between two imports is sent to the earlier one.
    fn file(&self, name: &str, time: &str, rest: &str) -> Option<Answer> {
        if self.lost.lock().unwrap().contains(rest) {
            return None;
        }
        let all = self.imports.lock().unwrap();
        if let Some(files) = all.get(&(name.to_owned(), time.to_owned())) {
            return match rest {
                "" => Some(Answer::new(200, "<html>the root of a snapshot</html>\n")),
                _ => files.get(rest).map(|bytes| Answer::new(200, bytes.clone())),
            };
        }
        let (_, nearest) = all.keys().rfind(|(n, t)| n == name && t.as_str() < time)?;
        Some(Answer::redirect(302, &format!("/archive/{name}/{nearest}/{rest}")))
    }

    /// The listing of a month, `?year=2024&month=5`, or of all months.
    fn months(&self, name: &str, query: &str) -> Answer {
        let value = |key: &str| query.split('&').find_map(|p| p.strip_prefix(key)?.strip_prefix('='));
        let all = self.imports.lock().unwrap();
        let times = all.keys().filter(|(n, _)| n == name).map(|(_, t)| t);
        let mut out = "<html><body>\n".to_owned();
        match (value("year"), value("month")) {
            (Some(year), Some(month)) => {
                let head = format!("{year}{month:0>2}");
                for time in times.filter(|t| t.starts_with(&head)) {
                    out += &format!("<a href=\"{time}/\">{time}</a><br />\n");
                }
            }
            _ => {
                let mut months: Vec<(&str, &str)> = times.map(|t| (&t[..4], t[4..6].trim_start_matches('0'))).collect();
                months.dedup();
                for (year, month) in months {
                    out += &format!("<a href=\"./?year={year}&amp;month={month}\">{month}</a>\n");
                }
            }
        }
        Answer::new(200, out + "</body></html>\n").with("Content-Type", "text/html")
    }

    /// `/mr/timestamp`: every import of every archive, or of `archive=`.
    fn times(&self, query: &str) -> Answer {
        let value = |key: &str| query.split('&').find_map(|p| p.strip_prefix(key)?.strip_prefix('='));
        let mut out: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        let all = self.imports.lock().unwrap();
        for (name, time) in all.keys() {
            let within = value("archive").is_none_or(|a| a == name)
                && value("after").is_none_or(|a| time.as_str() >= a)
                && value("before").is_none_or(|b| time.as_str() <= b);
            if within {
                out.entry(name).or_default().push(time);
            }
        }
        json(&serde_json::json!({ "_api": "0.3", "_comment": "foo", "result": out }))
    }

    /// `/mr/binary/NAME/`: the versions of a package.
    fn binary(&self, binary: &str) -> Option<Answer> {
        let mut out: Vec<serde_json::Value> = Vec::new();
        for (stanza, _, _) in self.stanzas().iter().filter(|(s, _, _)| s.name == binary) {
            let (source, version) = stanza.source();
            let one = serde_json::json!({
                "binary_version": stanza.version, "name": binary, "source": source, "version": version,
            });
            if !out.contains(&one) {
                out.push(one);
            }
        }
        (!out.is_empty())
            .then(|| json(&serde_json::json!({ "_api": "0.3", "_comment": "foo", "binary": binary, "result": out })))
    }

    /// `/mr/package/SRC/VER/binfiles/BIN/BINVER?fileinfo=1` and `/mr/binary/BIN/BINVER/binfiles`: the
    /// files of a version, by SHA-1.
    fn binfiles(&self, source: Option<(&str, &str)>, binary: (&str, &str)) -> Option<Answer> {
        let (mut files, mut info) = (Vec::new(), serde_json::Map::new());
        for (stanza, archive, time) in self.stanzas() {
            let (name, version) = stanza.source();
            if source.is_some_and(|s| s != (name, version)) || (&stanza.name[..], &stanza.version[..]) != binary {
                continue;
            }
            let all = self.imports.lock().unwrap();
            let Some(bytes) = all[&(archive.clone(), time.clone())].get(&stanza.path) else { continue };
            let digest = sha1(bytes);
            let (folder, base) = stanza.path.rsplit_once('/').unwrap_or(("", &stanza.path));
            let one = serde_json::json!({ "architecture": stanza.architecture, "hash": digest });
            if !files.contains(&one) {
                files.push(one);
            }
            let about = serde_json::json!([{
                "archive_name": archive, "first_seen": time, "name": base,
                "path": format!("/{folder}"), "size": bytes.len(),
            }]);
            info.entry(digest).or_insert(about);
        }
        (!files.is_empty()).then(|| {
            json(&serde_json::json!({
                "_api": "0.3", "_comment": "foo", "binary": binary.0, "binary_version": binary.1,
                "fileinfo": info, "result": files,
            }))
        })
    }

    /// Every package of every snapshot, with the archive and the time.
    fn stanzas(&self) -> Vec<(Stanza, String, String)> {
        let all = self.imports.lock().unwrap();
        let mut out = Vec::new();
        for ((name, time), files) in all.iter() {
            for (path, bytes) in files {
                let text = match path.rsplit('/').next() {
                    Some("Packages") => String::from_utf8(bytes.clone()).unwrap(),
                    Some("Packages.xz") => std::io::read_to_string(liblzma::read::XzDecoder::new(&bytes[..])).unwrap(),
                    _ => continue,
                };
                out.extend(text.split("\n\n").filter_map(Stanza::read).map(|s| (s, name.clone(), time.clone())));
            }
        }
        out
    }
}

/// What the service knows of a package.
struct Stanza {
    name: String,
    version: String,
    architecture: String,
    source: Option<String>,
    path: String,
}

impl Stanza {
    fn read(text: &str) -> Option<Self> {
        let field = |name: &str| text.lines().find_map(|l| l.strip_prefix(name)?.strip_prefix(": ")).map(str::to_owned);
        Some(Self {
            name: field("Package")?,
            version: field("Version")?,
            architecture: field("Architecture")?,
            source: field("Source"),
            path: field("Filename")?,
        })
    }

    /// Name and version of its source.
    fn source(&self) -> (&str, &str) {
        match &self.source {
            None => (&self.name, &self.version),
            Some(source) => match source.split_once(" (") {
                Some((name, version)) => (name, version.trim_end_matches(')')),
                None => (source, &self.version),
            },
        }
    }
}

fn json(value: &serde_json::Value) -> Answer {
    Answer::new(200, value.to_string()).with("Content-Type", "application/json")
}
