//! The grammar of a url pin: `url` with places for platform and version, the words that stand
//! for each platform, where versions and checksums are found, and who signed them.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use crate::model::{Platform, RelPath, Trouble, quoted, visible};
use crate::source::request::Request;
use crate::source::template::{Filling, PathTemplate, Slot, Template, TemplateError};
use crate::source::version::Versions;
use crate::table::Table;

/// What a url pin asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keys {
    /// Where the file is.
    pub url: UrlTemplate,
    /// What stands for `{arch}`, for each platform of the pin; empty: `$TARGETARCH`.
    pub arch: BTreeMap<Platform, String>,
    /// Which versions are admitted, where the URL has a `{version}`.
    pub versions: Option<Versions>,
    /// Where versions are listed.
    pub releases: Option<Releases>,
    /// A checksum file that names the file.
    pub checksums: Option<UrlTemplate>,
    /// Who must have signed.
    pub signed_by: Option<Signer>,
    /// Whether SHA-512 is kept beside SHA-256.
    pub sha512: bool,
    /// Hosts that the lock's URLs may name beside that of `url`; sorted.
    pub hosts: Vec<Host>,
}

/// Where versions are listed, and how they are taken out of the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Releases {
    /// A JSON document.
    pub url: UrlTemplate,
    /// A jq filter that gives one version after another.
    pub jq: String,
}

/// Who must have signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Signer {
    /// A file with OpenPGP certificates.
    OpenPgp(RelPath),
    /// A minisign public key, 56 characters of base64.
    Minisign(String),
    /// A file in the form of ssh's `allowed_signers`.
    Ssh(RelPath),
}

/// A host name with an optional port, in lower case.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Host(String);

/// Why a text is no [`Host`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{} is not a host name such as example.org", quoted(.0))]
pub struct HostError(String);

impl Host {
    /// The host as it is compared: in lower case, with its port if one is given.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Reads `hosts`.
    pub(in crate::source) fn read(table: &Table<'_>) -> Vec<Self> {
        let hosts = table.list::<Self>("hosts").into_iter().flatten();
        let mut hosts: Vec<Self> = hosts.map(|h| h.value).collect();
        hosts.sort();
        hosts
    }
}

impl FromStr for Host {
    type Err = HostError;
    fn from_str(text: &str) -> Result<Self, HostError> {
        let error = || HostError(text.to_owned());
        let url = url::Url::parse(&format!("https://{text}/")).map_err(|_| error())?;
        let plain = url.path() == "/" && url.username().is_empty() && url.password().is_none();
        let same = visible(text) == text && !text.contains(['/', '\\', '?', '#', '@', '%', ' ', '*']);
        let host = url.host_str().ok_or_else(error)?;
        if !plain || !same || text.ends_with(':') {
            return Err(error());
        }
        Ok(Self(match url.port() {
            Some(port) => format!("{host}:{port}"),
            None => host.to_owned(),
        }))
    }
}

/// A URL with slots behind its host, which nothing that fills them can change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UrlTemplate {
    template: Template,
    host: String,
}

/// Why a text is no [`UrlTemplate`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UrlTemplateError {
    /// Not a URL that is followed.
    #[error("{} is refused: {reason}", quoted(.text))]
    Refused {
        /// What was read.
        text: String,
        /// Why.
        reason: String,
    },
    /// Its slots are wrong.
    #[error(transparent)]
    Template(#[from] TemplateError),
}

impl UrlTemplate {
    /// The URL with its slots.
    #[must_use]
    pub fn template(&self) -> &Template {
        &self.template
    }

    /// The host, with its port if one is written that is not the scheme's; empty for `file:`.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }
}

impl FromStr for UrlTemplate {
    type Err = UrlTemplateError;
    fn from_str(text: &str) -> Result<Self, UrlTemplateError> {
        let refused = |reason: &str| UrlTemplateError::Refused { text: text.to_owned(), reason: reason.to_owned() };
        if text.len() > 2048 {
            return Err(refused("it is longer than 2,048 bytes"));
        }
        if visible(text) != text || text.contains([' ', '\\', '"', '<', '>', '`', '^', '|']) {
            return Err(refused("it holds a blank, a quote or a control character"));
        }
        let (scheme, rest) =
            text.split_once("://").ok_or_else(|| refused("it has no scheme: https://… is expected"))?;
        if !matches!(scheme, "https" | "http" | "file") {
            return Err(refused("only https, and http or file where written out, are followed"));
        }
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        if authority.contains(['{', '}']) {
            return Err(refused("its host must stand there as it is, without {…}"));
        }
        let template: Template = text.parse()?;
        let url = url::Url::parse(&template.sample()).map_err(|e| refused(&visible(&e.to_string())))?;
        if authority.contains('@') {
            return Err(refused("credentials do not belong into a manifest: use netrc"));
        }
        if url.fragment().is_some() {
            return Err(refused("a fragment is never sent"));
        }
        let host = url.host_str().unwrap_or_default();
        if scheme == "file" && !host.is_empty() {
            return Err(refused("file:// takes an absolute path: file:///srv/x"));
        }
        let host = match url.port() {
            Some(port) => format!("{host}:{port}"),
            None => host.to_owned(),
        };
        Ok(Self { template, host })
    }
}

impl fmt::Display for UrlTemplate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.template.fmt(f)
    }
}

impl Keys {
    /// The keys of a url pin beside the common ones.
    pub const KNOWN: &'static [&'static str] = &[
        "url",
        "arch",
        "version",
        "exclude",
        "pre-releases",
        "releases",
        "checksums",
        "signed-by",
        "sha512",
        "hosts",
        "vendor",
        "track",
        "executable",
        "size-limit",
    ];

    pub(in crate::source) fn read(table: &Table<'_>, platforms: &[Platform]) -> Option<Self> {
        let url = table.parsed::<UrlTemplate>("url");
        let versions = Versions::read(table);
        let checksums = table.parsed::<UrlTemplate>("checksums");
        let releases = Releases::read(table);
        let signed_by = Signer::read(table);
        let sha512 = table.flag("sha512").unwrap_or(false);
        let hosts = Host::read(table);
        let arch = read_arch(table, platforms);
        let url = url?.value;
        let has_version = url.template.has(Slot::Version);
        if has_version && !table.has("version") {
            let trouble = Trouble::new("the URL has a {version}, but the pin has no `version`");
            table.report(trouble.at(table.value_place("url")).help("add `version = \"…\"`, full or a range"));
        }
        if table.has("version") && !has_version {
            let trouble = Trouble::new("`version` changes nothing: the URL has no {version}");
            table.report(trouble.at(table.key_place("version")));
        }
        if versions.as_ref().is_some_and(|v| !v.rule.is_exact()) && !table.has("releases") {
            let trouble = Trouble::new("a range of versions needs a list to choose from");
            table.report(
                trouble
                    .at(table.value_place("version"))
                    .help("add `releases = { url = \"…\", jq = \"…\" }`, or write one full version"),
            );
        }
        if table.has("arch") && !url.template.has(Slot::Arch) {
            let trouble = Trouble::new("`arch` changes nothing: the URL has no {arch}");
            table.report(trouble.at(table.key_place("arch")));
        }
        if url.template.has_platform() && platforms.is_empty() {
            let trouble = Trouble::new("the URL differs by platform, but no platform is given");
            table.report(
                trouble
                    .at(table.value_place("url"))
                    .help("add `platforms = [\"linux/amd64\"]` to the pin or under [image]"),
            );
        }
        Some(Self { url, arch, versions, releases, checksums: checksums.map(|c| c.value), signed_by, sha512, hosts })
    }

    /// What fills the templates of this pin for one platform and version.
    #[must_use]
    pub fn filling<'a>(&'a self, platform: Option<&'a Platform>, version: Option<&'a str>) -> Filling<'a> {
        let arch = platform.and_then(|p| self.arch.get(p)).map(String::as_str);
        Filling { platform, arch, version }
    }

    /// Each platform's file needs a path of its own, unless the file is the same.
    pub(in crate::source) fn vet_vendor(&self, vendor: &PathTemplate, platforms: &[Platform]) -> Result<(), Trouble> {
        if vendor.template().has_platform() && platforms.is_empty() {
            return Err(Trouble::new("the path differs by platform, but no platform is given")
                .help("add `platforms = [\"linux/amd64\"]` to the pin or under [image]"));
        }
        let mut paths: BTreeMap<String, (&Platform, String)> = BTreeMap::new();
        for platform in platforms {
            let filling = self.filling(Some(platform), Some("1.2.3"));
            let path = vendor.template().fill(&filling).unwrap_or_default();
            let url = self.url.template.fill(&filling).unwrap_or_default();
            if let Some((other, first)) = paths.get(&path)
                && *first != url
            {
                let message = format!("{other} and {platform} would be vendored at one path");
                return Err(Trouble::new(message).found(path).help("add {platform} or {arch} to the path"));
            }
            paths.insert(path, (platform, url));
        }
        Ok(())
    }

    pub(in crate::source) fn request(&self) -> Request {
        let arch = self.arch.iter().map(|(p, word)| format!("{p}={word}"));
        let releases = self.releases.as_ref();
        let signer = self.signed_by.as_ref().map(|s| match s {
            Signer::OpenPgp(path) => format!("openpgp:{path}"),
            Signer::Minisign(key) => format!("minisign:{key}"),
            Signer::Ssh(path) => format!("ssh:{path}"),
        });
        Request::default()
            .put("url", self.url.template.as_str())
            .put_list("arch", arch)
            .put_versions(self.versions.as_ref())
            .put_some("releases", releases.map(|r| r.url.template.as_str()))
            .put_some("jq", releases.map(|r| r.jq.as_str()))
            .put_some("checksums", self.checksums.as_ref().map(|c| c.template.as_str()))
            .put_some("signed-by", signer.as_deref())
            .put_flag("sha512", self.sha512)
    }
}

/// `arch = { "linux/amd64" = "x64" }`: each platform of the pin, and no other.
fn read_arch(table: &Table<'_>, platforms: &[Platform]) -> BTreeMap<Platform, String> {
    let mut words = BTreeMap::new();
    let Some(arch) = table.table("arch") else {
        return words;
    };
    for name in arch.names() {
        let word = arch.read(name, |text| {
            let plain = |b: u8| b.is_ascii_alphanumeric() || b"._+-".contains(&b);
            if text.is_empty() || !text.bytes().all(plain) {
                return Err(Trouble::new(format!("{} is no plain word", quoted(text)))
                    .expected("letters, digits, `.`, `_`, `+`, `-`"));
            }
            Ok(text.to_owned())
        });
        match name.parse::<Platform>() {
            Err(e) => arch.report(Trouble::new(e.to_string()).at(arch.key_place(name))),
            Ok(platform) if !platforms.contains(&platform) => arch.report(
                Trouble::new(format!("{platform} is no platform of this pin"))
                    .at(arch.key_place(name))
                    .help("`arch` names each platform of the pin exactly"),
            ),
            Ok(platform) => {
                words.extend(word.map(|w| (platform, w.value)));
            }
        }
    }
    let missing: Vec<&str> = platforms.iter().map(Platform::as_str).filter(|p| !arch.has(p)).collect();
    if !missing.is_empty() {
        let trouble = Trouble::new(format!("`arch` lacks {}", missing.join(", ")));
        let help = "`arch` names each platform of the pin exactly";
        table.report(trouble.at(table.key_place("arch")).help(help));
    }
    words
}

impl Releases {
    fn read(table: &Table<'_>) -> Option<Self> {
        let releases = table.table("releases")?;
        releases.only("in `releases`", &["url", "jq"], |_| None);
        let url = releases.parsed::<UrlTemplate>("url");
        let jq = releases.words("jq");
        if !releases.has("url") || !releases.has("jq") {
            let trouble = Trouble::new("`releases` needs `url` and `jq`");
            table.report(trouble.at(table.key_place("releases")));
        }
        let url = url?;
        if url.value.template.has_platform() || url.value.template.has(Slot::Version) {
            let trouble = Trouble::new("the list of releases is one: its URL has no {…}");
            table.report(trouble.at(url.place));
            return None;
        }
        Some(Self { url: url.value, jq: jq?.value.to_owned() })
    }
}

impl Signer {
    fn read(table: &Table<'_>) -> Option<Self> {
        let signer = table.table("signed-by")?;
        signer.only("in `signed-by`", &["openpgp", "minisign", "ssh"], |_| None);
        let openpgp = signer.parsed::<RelPath>("openpgp").map(|p| Self::OpenPgp(p.value));
        let ssh = signer.parsed::<RelPath>("ssh").map(|p| Self::Ssh(p.value));
        let minisign = signer.read("minisign", |text| {
            let base64 = |b: u8| b.is_ascii_alphanumeric() || b == b'+' || b == b'/';
            if text.len() == 56 && text.starts_with("RW") && text.bytes().all(base64) {
                return Ok(Self::Minisign(text.to_owned()));
            }
            Err(Trouble::new(format!("{} is not a minisign public key", quoted(text)))
                .expected("56 characters that start with RW"))
        });
        if signer.names().len() != 1 {
            let trouble = Trouble::new("`signed-by` names one kind of signature");
            let expected = "one of openpgp, minisign, ssh";
            table.report(trouble.at(table.key_place("signed-by")).expected(expected));
        }
        openpgp.or(minisign.map(|m| m.value)).or(ssh)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_that_could_lead_elsewhere_is_refused() {
        for bad in [
            "",
            "x",
            "ftp://h/x",
            "javascript://h/x",
            "https://",
            "https://{version}/x",
            "https://h{arch}/x",
            "https://h:{version}/x",
            "https://h{version}",
            "https://u:p@h/x",
            "https://u@h/x",
            "https://h/x#y",
            "https://h/a b",
            "https://h/\u{202e}",
            "https://h/{x}",
            "file://h/x",
            "https://h:99999/x",
            "https://h\\x/y",
        ] {
            assert!(bad.parse::<UrlTemplate>().is_err(), "{bad:?}");
        }
        for (good, host) in [
            ("https://h.x/{version}?a={arch}", "h.x"),
            ("http://127.0.0.1:8080/x", "127.0.0.1:8080"),
            ("https://H.X:443/x", "h.x"),
            ("file:///srv/x", ""),
        ] {
            assert_eq!(good.parse::<UrlTemplate>().map(|u| u.host), Ok(host.to_owned()));
        }
    }

    #[test]
    fn a_host_is_a_host_and_nothing_else() {
        for (good, host) in [("Example.org", "example.org"), ("h:8443", "h:8443"), ("[::1]:1", "[::1]:1")] {
            assert_eq!(good.parse::<Host>().map(|h| h.0), Ok(host.to_owned()));
        }
        for bad in ["", "https://h", "h/x", "u@h", "h?x", "h#x", "*.h", "h ", "h\n", "h:", "a%2eb"] {
            assert!(bad.parse::<Host>().is_err(), "{bad:?}");
        }
    }
}
