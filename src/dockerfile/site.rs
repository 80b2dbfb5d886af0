//! Where a pinned value stands in a Dockerfile, as a manifest names it.
//!
//! For the manifest, which reads it, and for [`locate`](super::locate()), which finds it.
//! Plain data: it knows no Dockerfile.

use std::fmt;

use crate::model::{Platform, RelPath, visible};

/// One entry of a pin's `into`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Site {
    /// The Dockerfile, if the pin names one; else every Dockerfile of the image is searched.
    pub file: Option<RelPath>,
    /// The stage, if named; else all stages and the part before the first FROM are searched.
    pub stage: Option<StageSel>,
    /// For a value that differs by platform: which one stands here.
    pub platform: Option<Platform>,
    /// What is pinned there.
    pub target: Target,
    /// Which of the lock's values stands here; the kind's default if not given.
    pub value: Option<String>,
    /// Whether the site may match more than one instruction.
    pub all: bool,
}

/// Which part of a Dockerfile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StageSel {
    /// `"global"`: before the first FROM.
    Global,
    /// A stage by its name, compared without regard to case.
    Name(String),
    /// A stage by its index, from 0.
    Index(usize),
}

/// What of an instruction is pinned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// The default of `ARG NAME=…`.
    Arg(String),
    /// The value of `ENV NAME=…` or `ENV NAME …`.
    Env(String),
    /// The image reference of FROM; of the given repository only, if one is named.
    From(Option<String>),
    /// The image reference of `COPY --from=`.
    CopyFrom(Option<String>),
    /// The image reference of `RUN --mount=…,from=`.
    Mount(Option<String>),
    /// The image reference of `# syntax=`.
    Syntax,
    /// The ref in the fragment of `ADD <git URL>#ref`, of the ADD with this URL (without fragment).
    Add(String),
    /// The `--checksum=sha256:…` of the ADD with this URL.
    Checksum(String),
}

impl fmt::Display for Site {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (key, name) = match &self.target {
            Target::Arg(n) => ("arg", Some(n)),
            Target::Env(n) => ("env", Some(n)),
            Target::From(n) => ("from", n.as_ref()),
            Target::CopyFrom(n) => ("copy-from", n.as_ref()),
            Target::Mount(n) => ("mount", n.as_ref()),
            Target::Syntax => ("syntax", None),
            Target::Add(n) => ("add", Some(n)),
            Target::Checksum(n) => ("checksum", Some(n)),
        };
        f.write_str("{ ")?;
        if let Some(file) = &self.file {
            write!(f, "file = \"{file}\", ")?;
        }
        match &self.stage {
            Some(StageSel::Global) => f.write_str("stage = \"global\", ")?,
            Some(StageSel::Name(name)) => write!(f, "stage = \"{}\", ", visible(name))?,
            Some(StageSel::Index(index)) => write!(f, "stage = {index}, ")?,
            None => {}
        }
        if let Some(platform) = &self.platform {
            write!(f, "platform = \"{platform}\", ")?;
        }
        match name {
            Some(name) => write!(f, "{key} = \"{}\" }}", visible(name)),
            None => write!(f, "{key} = true }}"),
        }
    }
}
