//! What is wrong, where, what was expected, what was found, and what mends it.
//!
//! For checks, parsers and verbs, which make them, and for `ui`, which alone shows them.

use super::name::PinName;
use super::place::Place;

/// One thing that is wrong, as a person wants to hear it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Trouble {
    /// Where, if it has a place.
    pub place: Option<Place>,
    /// What is wrong, in one sentence without a final stop.
    pub message: String,
    /// What would have been right.
    pub expected: Option<String>,
    /// What is there.
    pub found: Option<String>,
    /// What to do, often a command.
    pub help: Option<String>,
}

impl Trouble {
    /// Something wrong that has no place yet.
    #[must_use]
    pub fn new(message: impl Into<String>) -> Self {
        Self { place: None, message: message.into(), expected: None, found: None, help: None }
    }

    /// …and where.
    #[must_use]
    pub fn at(mut self, place: Place) -> Self {
        self.place = Some(place);
        self
    }

    /// …and where, unless it has a place already.
    #[must_use]
    pub fn at_or(mut self, place: &Place) -> Self {
        self.place.get_or_insert_with(|| place.clone());
        self
    }

    /// …and what would have been right.
    #[must_use]
    pub fn expected(mut self, text: impl Into<String>) -> Self {
        self.expected = Some(text.into());
        self
    }

    /// …and what is there.
    #[must_use]
    pub fn found(mut self, text: impl Into<String>) -> Self {
        self.found = Some(text.into());
        self
    }

    /// …and what to do.
    #[must_use]
    pub fn help(mut self, text: impl Into<String>) -> Self {
        self.help = Some(text.into());
        self
    }
}

/// How much a finding weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The join does not hold: exit 1.
    Error,
    /// Worth knowing; changes no exit code.
    Note,
}

macro_rules! ids {
    ($($name:ident $title:literal,)+) => {
        /// A finding's public id: never reused, never renumbered.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[allow(clippy::upper_case_acronyms, reason = "the ids are written so")]
        pub enum Id { $(#[doc = $title] $name,)+ }

        impl Id {
            /// All ids, in order.
            pub const ALL: &[Self] = &[$(Self::$name,)+];

            /// The id as it is written, such as `LOCK001`.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => stringify!($name),)+ }
            }

            /// The id of a text such as `APT009`.
            #[must_use]
            pub fn read(text: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|id| id.as_str() == text)
            }

            /// What the id stands for, in a few words.
            #[must_use]
            pub fn title(self) -> &'static str {
                match self { $(Self::$name => $title,)+ }
            }
        }
    };
}

ids! {
    APT001 "package is installed without its locked version",
    APT002 "version of a package is not the locked one",
    APT003 "package is pinned by a pattern or a suite",
    APT004 "version of a package differs between platforms",
    APT005 "packages that cannot be known",
    APT006 "one package is installed at two versions in one chain of stages",
    APT007 "packages were chosen for another base image",
    APT008 "package is named twice in one install",
    APT009 "packages are installed with their recommended ones",
    APT010 "all packages are upgraded to whatever is there",
    APT011 "packages are not vendored, so that a build is not held to them",
    APT012 "locked package is installed nowhere",
    APT013 "locked package is not one that the pin allows",
    APT014 "archive's evidence is not whole",
    APT015 "vendored archive does not say what the lock says",
    ARG001 "pinned ARG is overridden or shadowed",
    COV001 "what is taken in has no pin",
    COV002 "vendored path is excluded by .dockerignore",
    DOC001 "comment ends the continued command of a heredoc",
    DOC002 "Dockerfile cannot be read",
    DOC003 "site not found",
    DOC004 "site matches more than one instruction",
    DOC005 "pinned value is split by a continuation",
    GIT001 "repository is taken at a branch, a tag or a short id",
    GIT002 "repository is cloned and nothing is checked out",
    GIT003 "version comment or version ARG is not the tag of the commit",
    GIT005 "git:// is not authenticated",
    GIT006 "one repository is taken at two commits",
    GIT007 "commit object is not the one that is pinned",
    GIT008 "locked value is not one that the pin allows",
    IMG001 "image is taken in without its digest",
    IMG002 "image has no tag, or `latest`",
    IMG003 "image has a digest and no readable tag",
    IMG008 "image is taken in with another digest than the locked one",
    IMG009 "image of COPY, a mount or ONBUILD has no digest",
    IMG010 "image of # syntax= has no digest",
    IMG011 "name is no stage to FROM, though a stage bears it in other letters",
    IMG012 "image cannot be known before the build",
    IMG013 "digest stands behind a tag that a variable gives",
    IMG014 "locked image is not one that the pin follows",
    IMG015 "malformed image reference",
    IMG016 "no Dockerfile takes in the image of the pin",
    LINT001 "setting of [lint] names no finding that it can change",
    LOCK001 "Dockerfile and lock differ",
    LOCK002 "pin is not in the lock",
    LOCK003 "lock entry without a pin",
    LOCK004 "pin was edited since it was locked",
    LOCK005 "lock entry was altered",
    LOCK006 "lock is not in its canonical form",
    LOCK007 "lock entry lacks the value that a site asks for",
    LOCK008 "a refresh was interrupted",
    LOCK009 "signature of the lock does not hold",
    LOCK010 "member of a workspace is judged without it",
    PIN001 "pin is not locked yet",
    PIN002 "kind of pin is not built yet",
    PKG001 "packages of a manager that dubo-pin does not pin",
    SUP001 "suppression without a reason, unused, or not understood",
    GIT009 "vendored tar is not the tree of the locked commit",
    URL001 "ADD of a URL has no checksum",
    URL002 "ADD of a git repository names no commit",
    URL003 "file is fetched and no hash of it is checked",
    URL004 "file is fetched straight into a shell",
    URL005 "URL names whatever is newest",
    URL006 "vendored file is missing",
    URL007 "locked file is not the one that the pin names",
    VEND001 "vendored file has other bytes",
    VEND002 "extra file in a vendored folder",
    VEND003 "vendored path is no plain file",
    VEND004 "execute bit of a vendored file differs",
    VEND005 "vendored file is an LFS pointer that is not fetched",
    VEND006 "marked block of .gitattributes or .gitignore differs",
    VEND007 "vendored path and manifest differ",
    YARN001 "yarn.lock cannot be read",
    YARN002 "package.json cannot be read",
    YARN003 "git dependency is not written as a full commit",
    YARN004 "commit in package.json or yarn.lock is not the locked one",
    YARN005 "dependency has no entry in yarn.lock",
    YARN006 "entry of yarn.lock that nothing needs",
    YARN007 "entry resolves to another package or repository than its name says",
    YARN008 "URL of yarn.lock is not https or names a host that is not allowed",
    YARN009 "integrity is missing, weak or malformed",
    YARN010 "entry is not what the package says at its commit",
    YARN011 "yarn.lock was changed since it was locked",
    YARN012 "offline mirror cannot serve yarn.lock",
    YARN013 "vendored package is not what yarn.lock says",
    YARN014 "spelling that cannot be pinned",
    YARN015 "yarn add takes a package that is not pinned",
    YARN016 "what yarn add takes cannot be known",
    YARN017 "locked entry of a folder is not whole",
    YARN018 "locked package is added by no yarn add",
}

impl Id {
    /// Whether a suppression or `[lint]` may silence it: what is said of a Dockerfile's own text. What
    /// the lock proves cannot be silenced.
    #[must_use]
    pub fn is_suppressible(self) -> bool {
        matches!(
            self,
            Self::APT001
                | Self::APT003
                | Self::APT005
                | Self::APT006
                | Self::APT008
                | Self::APT009
                | Self::APT010
                | Self::ARG001
                | Self::COV001
                | Self::DOC001
                | Self::GIT001
                | Self::GIT002
                | Self::GIT005
                | Self::GIT006
                | Self::IMG001
                | Self::IMG002
                | Self::IMG003
                | Self::IMG009
                | Self::IMG010
                | Self::IMG011
                | Self::IMG012
                | Self::IMG013
                | Self::PKG001
                | Self::URL001
                | Self::URL002
                | Self::URL003
                | Self::URL004
                | Self::URL005
        )
    }
}

impl std::fmt::Display for Id {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What `verify` or `lint` found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Which rule.
    pub id: Id,
    /// How much it weighs.
    pub severity: Severity,
    /// Which pin it concerns, if one.
    pub pin: Option<PinName>,
    /// What is wrong.
    pub trouble: Trouble,
}

impl Finding {
    /// A finding that makes the verdict red.
    #[must_use]
    pub fn error(id: Id, pin: Option<&PinName>, trouble: Trouble) -> Self {
        Self { id, severity: Severity::Error, pin: pin.cloned(), trouble }
    }

    /// A finding that is only told.
    #[must_use]
    pub fn note(id: Id, pin: Option<&PinName>, trouble: Trouble) -> Self {
        Self { id, severity: Severity::Note, pin: pin.cloned(), trouble }
    }
}
