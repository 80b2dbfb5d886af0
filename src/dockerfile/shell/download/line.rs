//! The command lines of curl, wget, aria2c and httpie: URLs, and where they go.
//!
//! For [`downloads`](super::downloads()). After the manuals of curl 8, GNU wget 1.25 and aria2 1.37.

use super::super::apt::hole;
use super::super::fields::{Field, Fields, Source};
use super::super::{NotUnderstood, Why};
use super::powershell::{self, is_cmdlet};

/// What a command line says.
#[derive(Default)]
pub(super) struct Line {
    pub(super) urls: Vec<Field>,
    /// Where they go, in the order of the URLs.
    pub(super) outputs: Vec<Field>,
    /// Whether what has no output is named by its URL.
    pub(super) remote: bool,
    /// The algorithm and the digest of aria2's own check.
    pub(super) checksum: Option<(String, Field)>,
    pub(super) not_understood: Vec<NotUnderstood>,
}

const CURL: &[&str] = &[
    "abstract-unix-socket",
    "alt-svc",
    "aws-sigv4",
    "cacert",
    "capath",
    "cert",
    "cert-type",
    "ciphers",
    "config",
    "connect-timeout",
    "connect-to",
    "continue-at",
    "cookie",
    "cookie-jar",
    "create-file-mode",
    "crlfile",
    "curves",
    "data",
    "data-ascii",
    "data-binary",
    "data-raw",
    "data-urlencode",
    "delegation",
    "dns-interface",
    "dns-ipv4-addr",
    "dns-ipv6-addr",
    "dns-servers",
    "doh-url",
    "dump-header",
    "ech",
    "egd-file",
    "engine",
    "etag-compare",
    "etag-save",
    "expect100-timeout",
    "form",
    "form-string",
    "ftp-account",
    "ftp-alternative-to-user",
    "ftp-method",
    "ftp-port",
    "ftp-ssl-ccc-mode",
    "happy-eyeballs-timeout-ms",
    "haproxy-clientip",
    "header",
    "hostpubmd5",
    "hostpubsha256",
    "hsts",
    "interface",
    "ip-tos",
    "ipfs-gateway",
    "json",
    "keepalive-cnt",
    "keepalive-time",
    "key",
    "key-type",
    "krb",
    "libcurl",
    "limit-rate",
    "local-port",
    "login-options",
    "mail-auth",
    "mail-from",
    "mail-rcpt",
    "max-filesize",
    "max-redirs",
    "max-time",
    "netrc-file",
    "noproxy",
    "oauth2-bearer",
    "output",
    "output-dir",
    "parallel-max",
    "parallel-max-host",
    "pass",
    "pinnedpubkey",
    "preproxy",
    "proto",
    "proto-default",
    "proto-redir",
    "proxy",
    "proxy-cacert",
    "proxy-capath",
    "proxy-cert",
    "proxy-cert-type",
    "proxy-ciphers",
    "proxy-crlfile",
    "proxy-header",
    "proxy-key",
    "proxy-key-type",
    "proxy-pass",
    "proxy-pinnedpubkey",
    "proxy-service-name",
    "proxy-tls13-ciphers",
    "proxy-tlsauthtype",
    "proxy-tlspassword",
    "proxy-tlsuser",
    "proxy-user",
    "proxy1.0",
    "pubkey",
    "quote",
    "random-file",
    "range",
    "rate",
    "referer",
    "request",
    "request-target",
    "resolve",
    "retry",
    "retry-delay",
    "retry-max-time",
    "sasl-authzid",
    "service-name",
    "sigalgs",
    "socks4",
    "socks4a",
    "socks5",
    "socks5-gssapi-service",
    "socks5-hostname",
    "speed-limit",
    "speed-time",
    "ssl-sessions",
    "stderr",
    "telnet-option",
    "tftp-blksize",
    "time-cond",
    "tls-max",
    "tls13-ciphers",
    "tlsauthtype",
    "tlspassword",
    "tlsuser",
    "trace",
    "trace-ascii",
    "trace-config",
    "unix-socket",
    "upload-file",
    "upload-flags",
    "url",
    "url-query",
    "user",
    "user-agent",
    "variable",
    "vlan-priority",
    "write-out",
];
const CURL_LETTERS: &str = "AbcCdDeEFhHKmoPQrtTuUwxXyYz";

const WGET: &[&str] = &[
    "accept",
    "accept-regex",
    "append-output",
    "base",
    "bind-address",
    "body-data",
    "body-file",
    "ca-certificate",
    "ca-directory",
    "certificate",
    "certificate-type",
    "ciphers",
    "compression",
    "config",
    "connect-timeout",
    "crl-file",
    "cut-dirs",
    "default-page",
    "directory-prefix",
    "dns-timeout",
    "domains",
    "egd-file",
    "exclude-directories",
    "exclude-domains",
    "execute",
    "follow-tags",
    "ftp-password",
    "ftp-user",
    "header",
    "hsts-file",
    "http-passwd",
    "http-password",
    "http-user",
    "ignore-tags",
    "include-directories",
    "input-file",
    "level",
    "limit-rate",
    "load-cookies",
    "local-encoding",
    "max-redirect",
    "method",
    "output-document",
    "output-file",
    "password",
    "pinnedpubkey",
    "post-data",
    "post-file",
    "prefer-family",
    "private-key",
    "private-key-type",
    "progress",
    "proxy-password",
    "proxy-user",
    "quota",
    "random-file",
    "read-timeout",
    "referer",
    "regex-type",
    "reject",
    "reject-regex",
    "rejected-log",
    "remote-encoding",
    "report-speed",
    "restrict-file-names",
    "retry-on-http-error",
    "save-cookies",
    "secure-protocol",
    "start-pos",
    "timeout",
    "tries",
    "user",
    "user-agent",
    "wait",
    "waitretry",
    "warc-file",
];
const WGET_LETTERS: &str = "aABDeGIilnoOPQRtTUwX";

const ARIA: &[&str] = &[
    "allow-overwrite",
    "async-dns",
    "auto-file-renaming",
    "ca-certificate",
    "check-certificate",
    "checksum",
    "conf-path",
    "connect-timeout",
    "continue",
    "dir",
    "file-allocation",
    "header",
    "http-passwd",
    "http-user",
    "input-file",
    "log",
    "log-level",
    "max-concurrent-downloads",
    "max-connection-per-server",
    "max-tries",
    "min-split-size",
    "out",
    "retry-wait",
    "save-session",
    "split",
    "timeout",
    "user-agent",
];
const ARIA_LETTERS: &str = "diIjklmoOsStUxZ";

const HTTPIE: &[&str] =
    &["auth", "auth-type", "body", "output", "print", "proxy", "session", "timeout", "verify", "max-redirects"];
const HTTPIE_LETTERS: &str = "aAops";

/// A field without its first units.
pub(super) fn behind(field: &Field, from: usize) -> Field {
    part(field, from, field.units.len())
}

/// A part of a field, which stands where its units do.
pub(super) fn part(field: &Field, from: usize, to: usize) -> Field {
    let units = field.units.get(from..to).unwrap_or_default().to_vec();
    let own = units.iter().all(|u| u.from == 0);
    let cover = match (units.first(), units.last()) {
        (Some(first), Some(last)) if own && first.at <= last.at && last.at < field.tail => first.at..last.at + 1,
        _ => field.cover.clone(),
    };
    let tail = if to == field.units.len() { field.tail } else { cover.end };
    Field { units, tail, cover, word: field.word }
}

/// The text before the first hole.
pub(super) fn start(field: &Field) -> String {
    let known = field.units.iter().take_while(|u| !u.hole).map(|u| u.byte);
    String::from_utf8_lossy(&known.collect::<Vec<u8>>()).into_owned()
}

/// Whether a URL names this machine, or a file of it.
fn is_own(field: &Field) -> bool {
    let text = start(field).to_ascii_lowercase();
    let rest = match text.split_once("://") {
        Some(("file" | "unix", _)) => return true,
        Some((_, rest)) => rest,
        None => &text,
    };
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = host.rsplit('@').next().unwrap_or_default();
    let whole = rest.len() > host.len() || field.known().is_some();
    let name = if host.starts_with('[') { host } else { host.split(':').next().unwrap_or_default() };
    let ends = whole || name.len() < host.len();
    host.starts_with("127.") || (ends && matches!(name, "localhost" | "0.0.0.0")) || name.starts_with("[::1]")
}

/// Reads the words behind the name of a program, which stands in `handed` if it takes more of them from
/// its input. `None`: it takes nothing in.
pub(super) fn read(program: &str, fields: &Fields, words: &[Field], handed: Option<&Field>) -> Option<Line> {
    let (long, letters) = match program {
        "curl" => (CURL, CURL_LETTERS),
        "wget" | "wget2" => (WGET, WGET_LETTERS),
        "aria2c" => (ARIA, ARIA_LETTERS),
        "http" | "https" | "xh" => (HTTPIE, HTTPIE_LETTERS),
        name if is_cmdlet(name) => return Some(powershell::read(words)).filter(|line| !line.urls.is_empty()),
        _ => return None,
    };
    let mut reader =
        Reader { program, fields, out: Line::default(), globs: program == "curl", reads: None, sends: false };
    reader.out.remote = matches!(program, "wget" | "wget2" | "aria2c");
    let mut words = words.iter();
    let mut options = true;
    while let Some(field) = words.next() {
        let text = start(field);
        if !options || !text.starts_with('-') || text.len() < 2 {
            reader.operand(field);
        } else if text == "--" && field.units.len() == 2 {
            options = false;
        } else if let Some(rest) = text.strip_prefix("--") {
            let name = rest.split('=').next().unwrap_or_default().to_owned();
            let joined = rest.contains('=').then(|| behind(field, name.len() + 3));
            let value = match joined {
                Some(value) => Some(value),
                None if long.contains(&name.as_str()) => words.next().cloned(),
                None => None,
            };
            reader.option(&name, value)?;
        } else {
            for (at, letter) in text.char_indices().skip(1) {
                let takes = letters.contains(letter);
                let last = at + letter.len_utf8() >= field.units.len();
                let value = match (takes, last) {
                    (false, _) => None,
                    (true, false) => Some(behind(field, at + letter.len_utf8())),
                    (true, true) => words.next().cloned(),
                };
                // wget's `-nv`, `-nc`
                reader.option(long_name(program, letter), value)?;
                if takes || (letter == 'n' && program.starts_with("wget")) {
                    break;
                }
            }
        }
    }
    if let Some(field) = handed.filter(|_| reader.out.urls.is_empty()) {
        reader.tell(field, Why::Input("xargs".to_owned()));
    }
    reader.finish()
}

/// The long name of an option that counts.
fn long_name(program: &str, letter: char) -> &'static str {
    match (program, letter) {
        ("curl", 'o') => "output",
        ("curl", 'O') => "remote-name",
        ("curl", 'I') => "head",
        ("curl", 'K') => "config",
        ("curl", 'X') => "request",
        ("curl", 'V') => "version",
        ("curl", 'h') => "help",
        ("curl", 'd') => "data",
        ("curl", 'F') => "form",
        ("curl", 'T') => "upload-file",
        ("curl", 'G') => "get",
        ("curl", 'g') => "globoff",
        ("wget" | "wget2", 'O') => "output-document",
        ("wget" | "wget2" | "aria2c", 'i') => "input-file",
        ("wget" | "wget2", 'V') | ("aria2c", 'v') => "version",
        ("wget" | "wget2" | "aria2c", 'h') => "help",
        ("aria2c" | "http" | "https" | "xh", 'o') => "out",
        ("http" | "https" | "xh", 'd') => "download",
        _ => "",
    }
}

struct Reader<'a> {
    program: &'a str,
    fields: &'a Fields,
    out: Line,
    /// Whether `{a,b}` and `[1-9]` in a URL are patterns.
    globs: bool,
    /// Whether it says that it reads.
    reads: Option<bool>,
    /// Whether it sends something.
    sends: bool,
}

impl Reader<'_> {
    fn tell(&mut self, field: &Field, why: Why) {
        self.out.not_understood.push(NotUnderstood { why, span: field.span() });
    }

    fn option(&mut self, name: &str, value: Option<Field>) -> Option<()> {
        match (name, value) {
            ("version" | "help" | "head" | "manual" | "spider" | "unix-socket" | "abstract-unix-socket", _) => {
                return None;
            }
            ("request" | "method", Some(value)) => {
                let method = value.known().unwrap_or_default().to_ascii_uppercase();
                self.reads = Some(method.is_empty() || method == "GET");
            }
            ("get", _) => self.reads = Some(true),
            (
                "data" | "data-raw" | "data-binary" | "data-ascii" | "data-urlencode" | "form" | "form-string" | "json"
                | "upload-file" | "post-data" | "post-file" | "body-data" | "body-file",
                _,
            ) => self.sends = true,
            ("globoff", _) => self.globs = false,
            ("url", Some(value)) => self.operand(&value),
            ("output" | "output-document" | "out", Some(value)) => self.out.outputs.push(value),
            ("remote-name" | "remote-name-all" | "download", _) => self.out.remote = true,
            ("config" | "input-file", Some(value)) if !(self.program != "curl" && name == "config") => {
                self.tell(&value, Why::Input(self.program.to_owned()));
            }
            ("checksum", Some(value)) => {
                let text = start(&value);
                if let Some((algorithm, _)) = text.split_once('=') {
                    let digest = behind(&value, algorithm.len() + 1);
                    self.out.checksum = Some((algorithm.replace('-', "").to_ascii_lowercase(), digest));
                }
            }
            _ => {}
        }
        Some(())
    }

    fn operand(&mut self, field: &Field) {
        if field.units.is_empty() {
            return;
        }
        if matches!(self.program, "http" | "https" | "xh") {
            let text = start(field);
            let method = !text.is_empty() && text.chars().all(|c| c.is_ascii_uppercase()) && self.out.urls.is_empty();
            if method {
                self.reads = Some(text == "GET");
                return;
            }
            // what follows the URL is sent
            if !self.out.urls.is_empty() {
                return;
            }
        }
        self.out.urls.push(field.clone());
    }

    fn finish(mut self) -> Option<Line> {
        if self.reads == Some(false) || (self.sends && self.reads.is_none()) {
            return None;
        }
        let count = self.out.urls.len();
        let mut urls = std::mem::take(&mut self.out.urls);
        urls.retain(|f| !is_own(f));
        if urls.is_empty() && (count > 0 || self.out.not_understood.is_empty()) {
            return None;
        }
        // `curl $OPTIONS https://…`
        let clear = urls.iter().any(|f| f.units.first().is_some_and(|u| !u.hole));
        if clear {
            urls.retain(|f| f.units.iter().any(|u| !u.hole));
        }
        for field in &urls {
            if field.units.first().is_some_and(|u| u.hole) {
                let why = hole(self.fields, &field.units).map_or(Why::Name, Source::why);
                self.tell(field, why);
            } else if self.globs && field.units.iter().any(|u| !u.hole && matches!(u.byte, b'{' | b'[')) && !ipv6(field)
            {
                self.tell(field, Why::Pattern);
            }
        }
        self.out.urls = urls;
        Some(self.out)
    }
}

fn ipv6(field: &Field) -> bool {
    start(field).contains("://[")
}

/// Whether a program of ours stands before something that is a URL.
pub(super) fn is_url_of(name: &str, rest: &[Field]) -> bool {
    is_known(name) && rest.iter().take(64).any(|f| start(f).contains("://") || f.units.first().is_some_and(|u| u.hole))
}

/// Whether a program is one of those that are read here.
pub(super) fn is_known(name: &str) -> bool {
    matches!(name, "curl" | "wget" | "wget2" | "aria2c" | "http" | "https" | "xh") || is_cmdlet(name)
}

/// Whether an interpreter with these words reads a script from its input.
pub(super) fn reads_input(name: &str, words: &[Field]) -> bool {
    let shell = super::super::text::is_shell(name);
    for field in words {
        let word = field.known().unwrap_or_default();
        match word.as_str() {
            "-" | "/dev/stdin" | "--" => return true,
            "-s" if shell => return true,
            _ if shell && word.starts_with('-') && !word.starts_with("--") && word.contains('c') => return false,
            _ if shell && word.starts_with('-') && word.contains('s') && !word.starts_with("--") => return true,
            "-o" | "pipefail" | "errexit" if shell => {}
            _ if !shell && word.starts_with('-') => {
                let takes = word.trim_start_matches('-').contains(['c', 'm', 'e', 'n', 'p', 'r']);
                if takes {
                    return false;
                }
            }
            _ if word.starts_with(['-', '+']) => {}
            _ => return false,
        }
    }
    true
}
