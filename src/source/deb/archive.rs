//! The grammar of `[archives.NAME]`: where packages come from and who signs for them.

use std::fmt;
use std::str::FromStr;

use super::keys::is_architecture;
use crate::model::{Age, RelPath, Trouble, quoted, visible};
use crate::table::Table;

/// What `deb` pins draw from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Archive {
    /// Where it is described.
    pub origin: Origin,
    /// The architectures to take, in Debian's words; empty: those of the platforms, or of the file.
    pub architectures: Vec<String>,
    /// How old its Release may be.
    pub max_age: Option<Age>,
}

/// Where an archive is described.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// In the manifest.
    Here(Repository),
    /// In a `.sources` (deb822) or `.list` file.
    Sources(RelPath),
}

/// An archive described in the manifest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repository {
    /// The URL without a slash at its end; holds `{snapshot}` exactly if `snapshot` is given.
    pub uri: String,
    /// Which snapshot.
    pub snapshot: Option<Snapshot>,
    /// The suites, in the order of the manifest.
    pub suites: Vec<Suite>,
    /// The components, `main` if none are given; empty for a flat archive.
    pub components: Vec<Component>,
    /// The keys that may sign; empty: not said.
    pub signed_by: Vec<Keyring>,
}

impl Archive {
    /// The files that it names, beside the manifest.
    #[must_use]
    pub fn files(&self) -> Vec<RelPath> {
        match &self.origin {
            Origin::Sources(path) => vec![path.clone()],
            Origin::Here(repository) => {
                let path = |key: &'_ Keyring| match key {
                    Keyring::Path(path) => Some(path.clone()),
                    _ => None,
                };
                repository.signed_by.iter().filter_map(path).collect()
            }
        }
    }
}

/// Which snapshot of an archive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Snapshot {
    /// The newest.
    Latest,
    /// The newest not after this time, `YYYYMMDDTHHMMSSZ`.
    UpTo(String),
}

/// Keys that may sign.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Keyring {
    /// The keys that the program carries for Debian.
    Debian,
    /// A file with certificates.
    Path(RelPath),
    /// A full fingerprint, 40 or 64 upper-case hexadecimal digits.
    Fingerprint(String),
    /// A certificate in ASCII armour, as a `.sources` file may hold it.
    Embedded(String),
}

/// Parts of letters, digits, `.`, `_`, `+`, `-` with `/` between them, none of which leads upwards.
fn is_path(text: &str) -> bool {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"._+-".contains(&b);
    let part = |p: &str| !p.is_empty() && p != "." && p != ".." && !p.starts_with('-') && p.bytes().all(plain);
    text.len() <= 255 && text.split('/').all(part)
}

macro_rules! words {
    ($($(#[$doc:meta])* $name:ident, $is:expr, $such:literal;)+) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(String);

        impl $name {
            /// As written.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = String;
            fn from_str(text: &str) -> Result<Self, String> {
                let is: fn(&str) -> bool = $is;
                if is(text) {
                    Ok(Self(text.to_owned()))
                } else {
                    Err(format!("{} is not a name such as {}", quoted(text), $such))
                }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    )+};
}

words! {
    /// A suite, such as `bookworm-updates`; one that ends in `/` is a flat archive.
    Suite, |t| matches!(t, "/" | "./") || is_path(t.strip_suffix('/').unwrap_or(t)), "bookworm-updates";
    /// A component, such as `main` or `updates/main`.
    Component, is_path, "main";
}

impl Suite {
    /// Whether it is a flat archive, which has no components.
    #[must_use]
    pub fn is_flat(&self) -> bool {
        self.0.ends_with('/')
    }
}

impl Archive {
    /// Every key of `[archives.NAME]` but `into`, which the manifest reads.
    pub const KNOWN: &'static [&'static str] =
        &["uri", "snapshot", "suites", "components", "signed-by", "sources", "architectures", "max-age"];

    /// Reads an archive's keys.
    #[must_use]
    pub fn read(table: &Table<'_>) -> Option<Self> {
        let max_age = table.parsed::<Age>("max-age").map(|a| a.value);
        let architectures = table.list_by("architectures", |text| {
            if is_architecture(text) {
                Ok(text.to_owned())
            } else {
                Err(Trouble::new(format!("{} is not an architecture", quoted(text)))
                    .expected("Debian's word for it, such as \"amd64\" or \"armhf\""))
            }
        });
        let origin = if table.has("sources") {
            for key in ["uri", "snapshot", "suites", "components", "signed-by"] {
                if table.has(key) {
                    table.report(
                        Trouble::new(format!("`{key}` is given beside `sources`"))
                            .at(table.key_place(key))
                            .help("the file says it: keep one of the two"),
                    );
                }
            }
            table.parsed::<RelPath>("sources").map(|path| Origin::Sources(path.value))
        } else {
            Repository::read(table).map(Origin::Here)
        };
        Some(Self {
            origin: origin?,
            architectures: architectures.into_iter().flatten().map(|a| a.value).collect(),
            max_age,
        })
    }
}

impl Repository {
    fn read(table: &Table<'_>) -> Option<Self> {
        let uri = table.read("uri", uri);
        let snapshot = table.read("snapshot", snapshot);
        let suites = table.list::<Suite>("suites");
        let components = table.list::<Component>("components");
        let signed_by = read_keyrings(table);
        for key in ["uri", "suites"] {
            if !table.has(key) {
                let trouble = Trouble::new(format!("the archive has no `{key}`"));
                let help = "give `uri` and `suites`, or `sources = \"file\"`";
                table.report(trouble.at(table.place()).help(help));
            }
        }
        let (uri, suites) = (uri?, suites?);
        if suites.is_empty() {
            let trouble = Trouble::new("the archive names no suite");
            table.report(trouble.at(table.value_place("suites")));
        }
        let flat = suites.iter().filter(|s| s.value.is_flat()).count();
        if flat > 0 && (flat < suites.len() || components.is_some()) {
            let trouble = Trouble::new("a flat archive, whose suite ends in `/`, stands alone");
            let help = "remove `components`, and the suites that are not flat";
            table.report(trouble.at(table.value_place("suites")).help(help));
        }
        let has_slot = uri.value.contains("{snapshot}");
        if snapshot.is_some() && !has_slot {
            let trouble = Trouble::new("`snapshot` changes nothing: `uri` has no {snapshot}");
            table.report(trouble.at(table.key_place("snapshot")));
        }
        let components = match components {
            Some(list) => list.into_iter().map(|c| c.value).collect(),
            None if flat > 0 => Vec::new(),
            None => vec![Component("main".to_owned())],
        };
        Some(Self {
            uri: uri.value,
            snapshot: has_slot.then(|| snapshot.map_or(Snapshot::Latest, |s| s.value)),
            suites: suites.into_iter().map(|s| s.value).collect(),
            components,
            signed_by,
        })
    }
}

/// Vets the address of an archive; the slash at its end is dropped.
pub(super) fn uri(text: &str) -> Result<String, Trouble> {
    let refused = |reason: &str| Trouble::new(format!("{} is refused: {reason}", quoted(text)));
    if visible(text) != text || text.contains([' ', '\\', '"', '<', '>', '`']) {
        return Err(refused("it holds a blank, a quote or a control character"));
    }
    let (_, rest) = text.split_once("://").ok_or_else(|| refused("it has no scheme: https://… is expected"))?;
    let authority = rest.split('/').next().unwrap_or_default();
    if authority.contains(['{', '@']) {
        return Err(refused("its host must stand there as it is, without user"));
    }
    let sample = text.replacen("{snapshot}", "20260901T000000Z", 1);
    if sample.contains(['{', '}']) {
        return Err(refused("only {snapshot} can stand in it, once"));
    }
    let url = url::Url::parse(&sample).map_err(|e| refused(&visible(&e.to_string())))?;
    if !matches!(url.scheme(), "https" | "http" | "file") {
        return Err(refused("only https, http and file are followed"));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(refused("it has a query or a fragment"));
    }
    Ok(text.trim_end_matches('/').to_owned())
}

fn snapshot(text: &str) -> Result<Snapshot, Trouble> {
    if text == "latest" {
        return Ok(Snapshot::Latest);
    }
    let form = text.len() == 16
        && text.bytes().enumerate().all(|(i, b)| match i {
            8 => b == b'T',
            15 => b == b'Z',
            _ => b.is_ascii_digit(),
        });
    let number = |range: std::ops::Range<usize>| text.get(range).and_then(|t| t.parse::<u8>().ok());
    let within = |range, low, high| number(range).is_some_and(|n| n >= low && n <= high);
    if form
        && within(4..6, 1, 12)
        && within(6..8, 1, 31)
        && within(9..11, 0, 23)
        && within(11..13, 0, 59)
        && within(13..15, 0, 60)
    {
        return Ok(Snapshot::UpTo(text.to_owned()));
    }
    Err(Trouble::new(format!("{} is not a snapshot", quoted(text)))
        .expected("\"latest\" or a time such as \"20260901T000000Z\""))
}

fn keyring(text: &str) -> Result<Keyring, Trouble> {
    let digits: String = text.chars().filter(|c| *c != ' ').collect();
    let hex = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_hexdigit());
    if text == "debian" {
        return Ok(Keyring::Debian);
    }
    if hex && matches!(digits.len(), 40 | 64) {
        return Ok(Keyring::Fingerprint(digits.to_ascii_uppercase()));
    }
    if hex {
        return Err(Trouble::new(format!("{} is a short key id", quoted(text)))
            .expected("the full fingerprint, 40 (or 64) hexadecimal digits")
            .found(digits.len().to_string()));
    }
    if text.contains(['/', '.']) {
        let path = text.parse().map_err(|e| Trouble::new(format!("{e}")))?;
        return Ok(Keyring::Path(path));
    }
    Err(Trouble::new(format!("{} names no keys", quoted(text)))
        .expected("\"debian\", the path of a keyring, or full fingerprints"))
}

fn read_keyrings(table: &Table<'_>) -> Vec<Keyring> {
    if table.is_text("signed-by") {
        let one = table.read("signed-by", keyring);
        return one.into_iter().map(|k| k.value).collect();
    }
    let list = table.list_by("signed-by", keyring);
    if list.as_ref().is_some_and(Vec::is_empty) {
        let trouble = Trouble::new("`signed-by` names no keys");
        table.report(trouble.at(table.value_place("signed-by")));
    }
    list.into_iter().flatten().map(|k| k.value).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_suites_and_components_stay_below_the_archive() {
        for good in ["bookworm", "bookworm-updates", "stable/updates", "./", "/", "flat/"] {
            assert!(good.parse::<Suite>().is_ok(), "{good}");
        }
        for bad in ["", "..", "../x", "a//b", "-a", "a b", "a\n", "a?", "/a"] {
            assert!(bad.parse::<Suite>().is_err(), "{bad:?}");
            assert!(bad.parse::<Component>().is_err(), "{bad:?}");
        }
        assert!("main/".parse::<Component>().is_err());
        assert!("updates/main".parse::<Component>().is_ok());
    }

    #[test]
    fn snapshots_and_keys_are_told_apart() {
        assert_eq!(snapshot("latest"), Ok(Snapshot::Latest));
        assert!(snapshot("20260901T000000Z").is_ok());
        for bad in ["", "2026-09-01", "20261301T000000Z", "20260901T000000", "20260901T250000Z"] {
            assert!(snapshot(bad).is_err(), "{bad}");
        }
        assert_eq!(keyring("debian"), Ok(Keyring::Debian));
        assert!(matches!(keyring("keys/x.asc"), Ok(Keyring::Path(_))));
        let spaced = "0123 4567 89ab cdef 0123 4567 89AB CDEF 0123 4567";
        assert_eq!(keyring(spaced), Ok(Keyring::Fingerprint("0123456789ABCDEF0123456789ABCDEF01234567".to_owned())));
        for bad in ["", "89ABCDEF", "ubuntu", "/etc/x.gpg", "../x.gpg"] {
            assert!(keyring(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn the_uri_of_an_archive_keeps_its_host() {
        for bad in [
            "",
            "x",
            "https://{snapshot}/x",
            "https://u:p@h/x",
            "ftp://h/x",
            "https://h/{other}",
            "https://h/{snapshot}/{snapshot}",
            "https://h/?x",
            "https://h/#x",
            "https://h/a b",
        ] {
            assert!(uri(bad).is_err(), "{bad}");
        }
        assert_eq!(uri("http://h/debian/"), Ok("http://h/debian".to_owned()));
    }
}
