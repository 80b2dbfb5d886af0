//! Places in Dockerfiles that a pin claims by what it is, without an `into`: the packages of an apt
//! line.
//!
//! For `refresh`, which writes the locked values there, and for `verify`, which looks whether they
//! stand there. What a shell's text means is the dockerfile floor's.

use crate::dockerfile::shell::{Operand, Written};
use crate::dockerfile::{Dockerfile, Edit};
use crate::model::{Id, Place, Severity, Token, Trouble};

/// One such place.
#[derive(Clone, Debug)]
pub struct Implied<'a> {
    /// The Dockerfile.
    pub file: &'a Dockerfile,
    /// Which of the lock's values stands there.
    pub key: String,
    /// What stands there now; `None` for a name without a version, or one that only the build knows.
    pub bears: Option<String>,
    /// Whether a variable brings what stands there; an `into` may be where that is written.
    pub by_variable: bool,
    /// Where.
    pub place: Place,
    operand: Operand,
}

/// What a pin claims, and what it may claim but cannot be known.
#[derive(Clone, Debug, Default)]
pub struct Claims<'a> {
    /// The places, in the order of the files.
    pub sites: Vec<Implied<'a>>,
    /// What is not understood: never passed over.
    pub unclear: Vec<Unclear>,
}

/// What may be the pin's and cannot be known.
#[derive(Clone, Debug)]
pub struct Unclear {
    /// The id of its finding.
    pub id: Id,
    /// An error where it may well be the pin's.
    pub severity: Severity,
    /// What it is.
    pub trouble: Trouble,
}

impl<'a> Implied<'a> {
    pub(super) fn new(file: &'a Dockerfile, key: String, operand: Operand) -> Self {
        let version = operand.version.as_ref();
        Self {
            file,
            key,
            bears: version.and_then(Written::known).map(str::to_owned),
            by_variable: matches!(version, Some(Written::Variable { .. })),
            place: operand.place(file),
            operand,
        }
    }

    /// The change that writes a value there; `None` if it stands there already.
    ///
    /// # Errors
    /// The place cannot bear it.
    pub fn edit(&self, token: &Token) -> Result<Option<Edit>, Trouble> {
        if self.bears.as_deref() == Some(token.as_str()) {
            return Ok(None);
        }
        self.operand.edit(self.file, token.as_str()).map_err(|e| e.trouble())
    }
}
