//! Why a server's answer is not at hand: one type for http and git, sorted by what to do about it.
//!
//! For `source`, which maps it to an outcome, and for `ui` by way of [`Trouble`]. Never a
//! credential in it, never a raw text of a server that could move the cursor.

use std::fmt;
use std::io::Read;
use std::time::Duration;

use crate::model::{Class, Trouble, quoted, visible};

/// The most that is kept of an error's body, in bytes.
const SAID: u64 = 16 * 1024;

/// What went wrong, by what a person can do about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// No name, no connection, dropped, stalled or too slow. Never means "gone".
    Unreachable,
    /// 401 or 403: credentials wrong, missing or not enough.
    Denied,
    /// 429 or 5xx: later.
    Busy,
    /// 404 or 410. A private repository answers so as well.
    NotThere,
    /// The repository answers, but not with this commit: gone, never there, or not handed out.
    NoSuchCommit,
    /// The object is there, and is no commit.
    NotACommit(ObjectKind),
    /// Our own rules: redirect, scheme, size, missing length, certificate.
    Refused,
    /// The protocol was not kept: truncated, garbled, something else than asked.
    Broken,
    /// The bytes do not hash to the id that they were asked by.
    Forged,
    /// The server lacks a capability, which the text names.
    Unsupported,
    /// This machine: temporary folder, missing program.
    Local,
}

/// The kinds of objects in a git repository.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ObjectKind {
    /// A commit.
    Commit,
    /// A folder.
    Tree,
    /// A file.
    Blob,
    /// An annotated tag.
    Tag,
}

impl fmt::Display for ObjectKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Commit => "commit",
            Self::Tree => "tree",
            Self::Blob => "blob",
            Self::Tag => "tag",
        })
    }
}

/// The beginning of an error's body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Said {
    /// The status it came with.
    pub(super) status: u16,
    /// Its media type, as it came.
    pub(super) media: String,
    /// At most 16 KiB.
    pub(super) bytes: Vec<u8>,
}

/// A failed request: which host, what fault, in which words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RemoteError {
    fault: Fault,
    host: String,
    detail: String,
    help: Option<String>,
    /// What was expected, and what came instead.
    differs: Option<Box<(String, String)>>,
    /// What the server said with it, where the caller wants to know.
    said: Option<Box<Said>>,
    /// Whether the same request may do better a little later.
    pub(super) transient: bool,
    /// How long the server asks to wait.
    pub(super) retry_after: Option<Duration>,
    /// The fault came after the response's head: the http floor did not retry it.
    pub(super) midway: bool,
}

impl RemoteError {
    /// A fault at a host (or a path, for `file://`), with the details in plain words.
    #[must_use]
    pub fn new(fault: Fault, host: &str, detail: impl Into<String>) -> Self {
        Self {
            fault,
            host: host.to_owned(),
            detail: detail.into(),
            help: None,
            differs: None,
            said: None,
            transient: false,
            retry_after: None,
            midway: false,
        }
    }

    /// …and what to do about it.
    #[must_use]
    pub fn help(mut self, text: impl Into<String>) -> Self {
        self.help = Some(text.into());
        self
    }

    /// …and what was expected, and what came instead.
    #[must_use]
    pub fn differs(mut self, expected: impl fmt::Display, found: impl fmt::Display) -> Self {
        self.differs = Some(Box::new((expected.to_string(), found.to_string())));
        self
    }

    pub(super) fn transient(mut self) -> Self {
        self.transient = true;
        self
    }

    pub(super) fn midway(mut self) -> Self {
        self.midway = true;
        self
    }

    /// …and the beginning of what the server said with it.
    pub(super) fn saying(mut self, status: u16, media: String, body: impl Read) -> Self {
        let mut bytes = Vec::new();
        // What cannot be read is not told.
        let _ = body.take(SAID).read_to_end(&mut bytes);
        self.said = Some(Box::new(Said { status, media, bytes }));
        self
    }

    /// What the server said, if it was kept.
    pub(super) fn said(&self) -> Option<&Said> {
        self.said.as_deref()
    }

    /// …in other words, as another fault.
    pub(super) fn but(mut self, fault: Fault, detail: impl Into<String>) -> Self {
        self.fault = fault;
        self.detail = detail.into();
        self
    }

    /// The details, without the host.
    pub(super) fn detail(&self) -> &str {
        &self.detail
    }

    /// What kind of failure it is.
    #[must_use]
    pub fn fault(&self) -> Fault {
        self.fault
    }

    /// The host that was asked; a path for `file://`.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// How it weighs: forged bytes are an alarm; all else could not be done.
    ///
    /// Whether something that is not there is an alarm depends on what was locked: the caller knows.
    #[must_use]
    pub fn class(&self) -> Class {
        match self.fault {
            Fault::Forged => Class::Alarm,
            _ => Class::Undone,
        }
    }

    /// The failure as a person wants to hear it.
    #[must_use]
    pub fn trouble(&self) -> Trouble {
        let trouble = Trouble::new(self.to_string());
        let trouble = match self.differs.as_deref() {
            Some((expected, found)) => trouble.expected(expected.clone()).found(found.clone()),
            None => trouble,
        };
        let general = match self.fault {
            Fault::Unreachable => "check the network and the proxy, then try again",
            Fault::Denied => {
                "put the credentials into ~/.netrc or a git credential helper; a repository that \
                 does not exist may also answer so"
            }
            Fault::Busy => "try again later",
            Fault::NotThere => "check the URL; a private repository may also answer so",
            Fault::NoSuchCommit => "check that the commit belongs to a branch or tag of this repository",
            Fault::NotACommit(_) => "name a commit, or a tag that leads to one",
            Fault::Forged => "do not use what this server sends; ask another mirror or the upstream itself",
            Fault::Refused | Fault::Broken | Fault::Unsupported | Fault::Local => "",
        };
        match (&self.help, general) {
            (Some(help), _) => trouble.help(help.clone()),
            (None, "") => trouble,
            (None, general) => trouble.help(general),
        }
    }

    /// The error inside an [`std::io::Error`] that a [`super::Body`] gave.
    #[must_use]
    pub fn of_io(error: &std::io::Error) -> Option<&Self> {
        error.get_ref()?.downcast_ref()
    }
}

impl fmt::Display for RemoteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let host = visible(&self.host);
        let detail = visible(&self.detail);
        match self.fault {
            Fault::Unreachable => write!(f, "{host} cannot be reached: {detail}"),
            Fault::Denied => write!(f, "{host} denies access: {detail}"),
            Fault::Busy => write!(f, "{host} is busy: {detail}"),
            Fault::NotThere => write!(f, "{host} does not have it: {detail}"),
            Fault::NoSuchCommit => write!(f, "{host} does not hand out the commit: {detail}"),
            Fault::NotACommit(kind) => write!(f, "{host}: {detail} is a {kind}, not a commit"),
            Fault::Refused => write!(f, "the answer of {host} is refused: {detail}"),
            Fault::Broken => write!(f, "{host} answers nonsense: {detail}"),
            Fault::Forged => write!(f, "{host} sent forged bytes: {detail}"),
            Fault::Unsupported => write!(f, "{host} cannot do it: {detail}"),
            Fault::Local => write!(f, "{detail}"),
        }
    }
}

impl std::error::Error for RemoteError {}

impl From<RemoteError> for std::io::Error {
    fn from(error: RemoteError) -> Self {
        let kind = match error.fault {
            Fault::Denied => std::io::ErrorKind::PermissionDenied,
            Fault::NotThere => std::io::ErrorKind::NotFound,
            _ => std::io::ErrorKind::Other,
        };
        Self::new(kind, error)
    }
}

/// An error and all its causes in one line, each text once, made visible and cut.
pub(super) fn flat(error: &(dyn std::error::Error + 'static)) -> String {
    let mut texts: Vec<String> = Vec::new();
    let mut next = Some(error);
    while let Some(error) = next {
        let text = error.to_string();
        if !text.is_empty() && !texts.iter().any(|t| t.contains(&text)) {
            texts.push(text);
        }
        next = error.source();
    }
    said(&texts.join(": "))
}

/// A text of a server or a library, fit for one line of a message.
pub(super) fn said(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let shown = visible(&line);
    if shown.chars().count() <= 300 {
        return shown.into_owned();
    }
    shown.chars().take(299).chain(['…']).collect()
}

/// A URL without user and password, in backticks.
pub(super) fn shown(url: &url::Url) -> String {
    let mut url = url.clone();
    // Both fail only where there is no authority, and then there is nothing to hide.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    quoted(url.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_forged_bytes_are_an_alarm_of_their_own() {
        let class = |fault| RemoteError::new(fault, "h", "x").class();
        assert_eq!(class(Fault::Forged), Class::Alarm);
        for fault in [Fault::Unreachable, Fault::Denied, Fault::Busy, Fault::NotThere] {
            assert_eq!(class(fault), Class::Undone, "{fault:?}");
        }
    }

    #[test]
    fn a_url_is_shown_without_its_password() {
        let url = url::Url::parse("https://user:secret@h.example/a").unwrap();
        assert_eq!(shown(&url), "`https://h.example/a`");
    }

    #[test]
    fn a_servers_text_is_one_line_without_escapes() {
        assert_eq!(said("a\n\u{1b}[2Jb   c"), "a \\u{1b}[2Jb c");
        assert_eq!(said(&"x".repeat(400)).chars().count(), 300);
    }
}
