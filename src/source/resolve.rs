//! What a kind is asked, and what it answers: the vocabulary between `ops` and the kinds.
//!
//! For `ops`, which asks, and for each kind's resolver. Knows no kind.

use std::collections::BTreeMap;

use super::based::Based;
use super::deb::Archives;
use super::template::PathTemplate;
use crate::disk::{Change, Root};
use crate::dockerfile::Dockerfile;
use crate::lock::{Entry, Evidence};
use crate::model::{Age, Between, Class, Day, Failure, Held, PinName, Platform, Standing, Token, Trouble};

/// Which value is wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Aim {
    /// The newest that the manifest allows.
    Newest,
    /// The one that the Dockerfile bears, by the value keys of its sites; a site of one platform as
    /// `sha256 linux/arm64`.
    Keep(BTreeMap<String, Token>),
    /// Exactly this one, named on the command line.
    At(Token),
    /// The one that is locked, proved anew from upstream.
    Prove,
}

/// What is asked of a kind for one pin.
#[derive(Clone, Debug)]
pub struct Want<'a> {
    /// Which pin.
    pub pin: &'a PinName,
    /// Which value.
    pub aim: Aim,
    /// What the lock holds for it, if it holds something that can be relied on.
    pub old: Option<&'a Entry>,
    /// Evidence that both sides of a merge agree on, where the entry itself was lost to its conflict.
    pub agreed: Option<&'a BTreeMap<String, Evidence>>,
    /// The manifest's `moving`, where it overrides what the source is by itself.
    pub moving: Option<bool>,
    /// The pin's platforms, sorted.
    pub platforms: &'a [Platform],
    /// Where the pin's files are vendored, if they are.
    pub vendor: Option<&'a PathTemplate>,
    /// The most bytes of one file, if the pin says so.
    pub size_limit: Option<u64>,
    /// The values that the pin's sites ask for.
    pub asked: Vec<&'a str>,
    /// Whether an older version may replace a newer one.
    pub allow_downgrade: bool,
    /// How long a refresh must have known a newer value before it is taken.
    pub min_age: Option<Age>,
    /// Whether what is seen now is written into the lock: not so for `outdated`.
    pub records: bool,
    /// Whether new content under a fixed source is accepted, by name, on the command line.
    pub accept_changed: bool,
    /// The archives that packages are drawn from, for kinds that have such.
    pub archives: Option<&'a Archives>,
    /// The Dockerfiles, for kinds that read what is asked for there.
    pub dockerfiles: &'a [Dockerfile],
    /// The bases of the stages, for kinds that depend on them.
    pub bases: &'a [Based],
    /// The folder of pins.toml, for kinds that read files of it.
    pub root: Option<&'a Root>,
    /// Today, in UTC.
    pub today: Day,
}

/// What a kind answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resolved {
    /// The pin's new entry.
    pub entry: Entry,
    /// What lies between the old value and the new one.
    pub between: Option<Between>,
    /// Files of the user that follow the entry, such as package.json; written with it or not at all.
    pub files: Vec<Change>,
    /// Newer values that are not taken, and why.
    pub held: Vec<Held>,
    /// Things worth knowing.
    pub notes: Vec<String>,
}

/// Why a pin could not be resolved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Where the pin stands, for `outdated`.
    pub standing: Standing,
    /// How it weighs.
    pub class: Class,
    /// What happened. Boxed: errors are rare.
    pub trouble: Box<Trouble>,
}

impl Fault {
    /// Upstream changed what was fixed.
    #[must_use]
    pub fn alarm(trouble: Trouble) -> Self {
        Self { standing: Standing::Alarm, class: Class::Alarm, trouble: Box::new(trouble) }
    }

    /// Upstream took away what was fixed.
    #[must_use]
    pub fn gone(trouble: Trouble) -> Self {
        Self { standing: Standing::Gone, class: Class::Alarm, trouble: Box::new(trouble) }
    }

    /// What the manifest asks for is not there, and never was locked.
    #[must_use]
    pub fn usage(trouble: Trouble) -> Self {
        Self { standing: Standing::Unlocked, class: Class::Usage, trouble: Box::new(trouble) }
    }

    /// The wanted value is not one that the manifest allows.
    #[must_use]
    pub fn differs(trouble: Trouble) -> Self {
        Self { standing: Standing::Newer, class: Class::Differs, trouble: Box::new(trouble) }
    }

    /// Upstream could not be asked.
    #[must_use]
    pub fn unreachable(class: Class, trouble: Trouble) -> Self {
        let standing = if class == Class::Alarm { Standing::Alarm } else { Standing::Unreachable };
        Self { standing, class, trouble: Box::new(trouble) }
    }

    /// As a failure of one pin.
    #[must_use]
    pub fn of(self, pin: &PinName) -> Failure {
        Failure { pin: Some(pin.clone()), class: self.class, trouble: *self.trouble }
    }
}

/// What `outdated` wants to know of one pin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outlook {
    /// Where it stands.
    pub standing: Standing,
    /// The newest value that manifest and policy allow now, as a person would say it.
    pub allowed: Option<String>,
    /// The newest value that there is, whatever holds it back; `None` where nothing is known beyond
    /// what is allowed.
    pub newest: Option<String>,
    /// Newer values that are not taken, and why.
    pub held: Vec<Held>,
    /// Warnings that change no class, such as a commit that is on no ref of its repository.
    pub warnings: Vec<Trouble>,
    /// What happened, for what moved, an alarm or something gone.
    pub trouble: Option<Trouble>,
}

impl Outlook {
    /// Where a pin stands, with nothing else known of it.
    #[must_use]
    pub fn at(standing: Standing) -> Self {
        Self { standing, allowed: None, newest: None, held: Vec::new(), warnings: Vec::new(), trouble: None }
    }
}
