//! Why a yarn.lock cannot be read, and where.
//!
//! For `folder`, which shows it as YARN001. Not for what an entry says: that is `check`'s.

use std::ops::Range;

use super::{MAX_DEPTH, MAX_KEYS, MAX_LINES};
use crate::model::{Place, Trouble, quoted};

/// The first thing that is wrong with a yarn.lock.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}: {fault}")]
pub struct LockfileError {
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
    /// The bytes that are meant.
    pub span: Range<usize>,
    /// What is wrong.
    pub fault: LockfileFault,
}

/// What is wrong. What is quoted comes from the file and is made visible.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LockfileFault {
    /// More than 16 MiB; nothing was read.
    #[error("it is too large")]
    TooLarge(usize),
    /// More keys than [`MAX_KEYS`].
    #[error("it has too many entries")]
    TooManyKeys,
    /// More lines than [`MAX_LINES`].
    #[error("it has too many lines")]
    TooManyLines,
    /// Fields within fields within fields.
    #[error("fields are nested too deep")]
    TooDeep,
    /// Bytes that are no UTF-8.
    #[error("it is not UTF-8")]
    NotUtf8,
    /// A control character, a tab or a CR that no LF follows.
    #[error("a control character stands here")]
    Control(char),
    /// A conflict that git left.
    #[error("a merge conflict was not resolved")]
    Conflict(&'static str),
    /// Neither `# yarn lockfile v1` nor `__metadata`.
    #[error("this is no yarn.lock")]
    NoHeader,
    /// `# yarn lockfile v2`, which nobody writes.
    #[error("this version of yarn.lock is not known")]
    Version(String),
    /// `__metadata.version` is none of [`super::METADATA`].
    #[error("this version of yarn.lock is not supported")]
    Metadata(String),
    /// `__metadata` has no `version`.
    #[error("`__metadata` has no version")]
    NoMetadataVersion,
    /// So many blanks, where so many are expected.
    #[error("the line is not indented as yarn does")]
    Indent {
        /// How many blanks there are.
        found: usize,
        /// How many there may be.
        expected: String,
    },
    /// A blank line or a comment, and then the entry goes on.
    #[error("an entry goes on behind a blank line or comment")]
    Gap,
    /// A key that was there before: within an entry, or in another.
    #[error("{} is there twice", quoted(key))]
    Duplicate {
        /// The key.
        key: String,
        /// The line it was on before.
        first: usize,
    },
    /// Something else than the grammar allows.
    #[error("{what}")]
    Syntax {
        /// What is wrong, in words.
        what: &'static str,
        /// What the grammar allows here.
        expected: &'static str,
    },
}

impl LockfileError {
    /// An error at these bytes of the file.
    pub(super) fn new(bytes: &[u8], span: Range<usize>, fault: LockfileFault) -> Self {
        let place = Place::of("", bytes, span.clone());
        Self { line: place.line, column: place.column, span, fault }
    }

    /// The error as it is shown, with the line it stands on; `bytes` are those that were read.
    #[must_use]
    pub fn trouble(&self, file: &str, bytes: &[u8]) -> Trouble {
        const AGAIN: &str = "take the file from git again, or let the project's own `yarn install` write it anew";
        let trouble = Trouble::new(format!("yarn.lock cannot be read: {}", self.fault));
        let place = match self.fault {
            LockfileFault::TooLarge(_) => Place::file(file),
            _ => Place::of(file, bytes, self.span.clone()),
        };
        let trouble = trouble.at(place);
        let found = || quoted(&String::from_utf8_lossy(bytes.get(self.span.clone()).unwrap_or_default()));
        match &self.fault {
            LockfileFault::TooLarge(size) => trouble.expected("at most 16 MiB").found(format!("{size} bytes")).help(AGAIN),
            LockfileFault::TooManyKeys => trouble.expected(format!("at most {MAX_KEYS} keys")).help(AGAIN),
            LockfileFault::TooManyLines => trouble.expected(format!("at most {MAX_LINES} lines")).help(AGAIN),
            LockfileFault::TooDeep => trouble.expected(format!("at most {MAX_DEPTH} levels")).help(AGAIN),
            LockfileFault::NotUtf8 => trouble.expected("UTF-8").help(AGAIN),
            LockfileFault::Control('\t') => trouble.expected("blanks").found("a tab").help(AGAIN),
            LockfileFault::Control('\r') => trouble.expected("lines that end in LF or CR LF").found("a CR alone").help(AGAIN),
            LockfileFault::Control(c) => trouble.found(format!("`{}`", c.escape_unicode())).help(AGAIN),
            LockfileFault::Conflict(marker) => trouble
                .expected("no conflict markers")
                .found(format!("`{marker}`"))
                .help("take one side's yarn.lock whole (`git checkout --ours yarn.lock`), then run the project's own `yarn install`"),
            LockfileFault::NoHeader => trouble
                .expected("a comment `# yarn lockfile v1`, or a block `__metadata:`")
                .help("let the project's own `yarn install` write it"),
            LockfileFault::Version(version) => {
                trouble.expected("`# yarn lockfile v1`").found(quoted(version)).help("let yarn 1.22 write it anew")
            }
            LockfileFault::Metadata(version) => trouble
                .expected("`__metadata` version 6 (yarn 3), 8, 9 or 10 (yarn 4)")
                .found(quoted(version))
                .help("let yarn 3 or 4 write it anew: `yarn install`"),
            LockfileFault::NoMetadataVersion => trouble.expected("`version: 6`, 8, 9 or 10").help(AGAIN),
            LockfileFault::Indent { found, expected } => trouble.expected(expected).found(format!("{found} blanks")).help(AGAIN),
            LockfileFault::Gap => trouble
                .expected("the fields of an entry on lines that follow each other")
                .found("an indented line behind a blank line or comment: yarn 1 would ignore the rest of the file")
                .help("take the blank line or comment out"),
            LockfileFault::Duplicate { first, .. } => trouble
                .expected("each key once: of two, yarn silently takes one")
                .found(format!("the same key on line {first}"))
                .help(AGAIN),
            LockfileFault::Syntax { expected, .. } if self.span.is_empty() => trouble.expected(*expected).help(AGAIN),
            LockfileFault::Syntax { expected, .. } => trouble.expected(*expected).found(found()).help(AGAIN),
        }
    }
}
