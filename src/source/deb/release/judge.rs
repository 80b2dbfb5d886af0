//! Whether a Release is the one that was asked for, is not stale, and what it lists for an architecture.
//!
//! Pure: the time is handed in, so that a snapshot is judged at its own time. Rollback against the lock is not
//! judged here.

use crate::model::{Age, Sha256, Time, Trouble, quoted};

use super::super::index::Compression;
use super::Release;

/// Why a Release is not what is needed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Misfit {
    /// It is that of another suite.
    #[error("the archive serves another suite than {}", quoted(.asked))]
    Named {
        /// The suite that was asked for.
        asked: String,
        /// The codename and suite that it gives itself.
        found: Vec<String>,
    },
    /// Its Valid-Until has passed.
    #[error("the Release file has expired")]
    Expired {
        /// Its Valid-Until.
        until: Time,
        /// When it was judged.
        at: Time,
    },
    /// It is older than it may be.
    #[error("the Release file is older than {max_age}")]
    Old {
        /// Its Date.
        date: Time,
        /// When it was judged.
        at: Time,
        /// How old it may be.
        max_age: Age,
    },
    /// It is dated more than a day ahead.
    #[error("the Release file is dated in the future")]
    Future {
        /// Its Date.
        date: Time,
        /// When it was judged.
        at: Time,
    },
    /// It has no such component.
    #[error("the suite has no component {}", quoted(.asked))]
    NoComponent {
        /// The component that was asked for.
        asked: String,
        /// Those that there are.
        found: Vec<String>,
    },
    /// It has no such architecture.
    #[error("the suite has no packages for {}", quoted(.asked))]
    NoArchitecture {
        /// The architecture that was asked for.
        asked: String,
        /// Those that there are.
        found: Vec<String>,
    },
    /// It lists no such index.
    #[error("the Release file lists no {}", quoted(.0))]
    NoIndex(String),
}

impl Misfit {
    /// As it is shown.
    #[must_use]
    pub fn trouble(&self) -> Trouble {
        let trouble = Trouble::new(self.to_string());
        let listed = |words: &[String]| if words.is_empty() { "none".to_owned() } else { quoted(&words.join(" ")) };
        match self {
            Self::Named { asked, found } => trouble
                .expected(quoted(asked))
                .found(listed(found))
                .help("`suites` takes the codename or the suite that the archive signs"),
            Self::Expired { until, at } => trouble
                .expected(format!("Valid-Until after {at}"))
                .found(format!("Valid-Until {until}"))
                .help("the mirror has stood still, or old files are being replayed: try another mirror"),
            Self::Old { date, at, .. } => trouble
                .found(format!("Date {date}, judged at {at}"))
                .help("raise `max-age` of the archive if it is seldom updated"),
            Self::Future { date, at } => trouble
                .expected(format!("a Date until a day after {at}"))
                .found(format!("Date {date}"))
                .help("look at the clock of this machine"),
            Self::NoComponent { found, .. } => trouble.found(listed(found)),
            Self::NoArchitecture { found, .. } => {
                trouble.found(listed(found)).help("narrow `platforms` of the pin, or `architectures` of the archive")
            }
            Self::NoIndex(_) => trouble,
        }
    }
}

/// How far ahead of the clock a Release may be dated, in seconds.
const DAY: i64 = 86_400;

/// One Packages index, in the forms in which the Release lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Indices {
    /// The architecture whose index it is; `all` for that of `binary-all`; empty for a flat archive's.
    pub architecture: String,
    /// Digest and size of the index as it is when unpacked. Debian always lists them, even where it does not serve that file.
    pub unpacked: Option<(Sha256, u64)>,
    /// The files, the best first: xz, zst, gz, plain. Never empty.
    pub files: Vec<IndexFile>,
}

/// A file that a Release lists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IndexFile {
    /// Its path below the folder of the Release file, such as `main/binary-amd64/Packages.xz`.
    pub path: String,
    /// How it is packed.
    pub compression: Compression,
    /// Its digest, as it is served.
    pub sha256: Sha256,
    /// Its size in bytes, as it is served.
    pub size: u64,
}

impl IndexFile {
    /// Where it lies by digest (`Acquire-By-Hash`), below the folder of the Release file.
    #[must_use]
    pub fn by_hash(&self) -> String {
        let folder = self.path.rsplit_once('/').map(|(folder, _)| format!("{folder}/")).unwrap_or_default();
        format!("{folder}by-hash/SHA256/{}", self.sha256)
    }
}

impl Release {
    /// Whether it is the Release of the suite that was asked for: by its codename or its suite. `buster/updates` is
    /// also one that calls itself `buster`, as the security archive did. A flat archive (`./`, `folder/`) has a path, not a
    /// name, and always fits.
    ///
    /// # Errors
    /// [`Misfit::Named`].
    pub fn is_named(&self, asked: &str) -> Result<(), Misfit> {
        let names: Vec<&String> = self.codename.iter().chain(&self.suite).collect();
        let short = asked.strip_suffix("/updates").unwrap_or(asked);
        if asked.ends_with('/') || names.iter().any(|n| *n == asked || *n == short) {
            return Ok(());
        }
        Err(Misfit::Named { asked: asked.to_owned(), found: names.into_iter().cloned().collect() })
    }

    /// Whether it can be relied on at a time: [`not_future`](Self::not_future), [`not_expired`](Self::not_expired) and
    /// [`not_older`](Self::not_older), in this order.
    ///
    /// # Errors
    /// The first of these that does not hold.
    pub fn fresh(&self, at: Time, max_age: Option<Age>) -> Result<(), Misfit> {
        self.not_future(at)?;
        self.not_expired(at)?;
        max_age.map_or(Ok(()), |age| self.not_older(at, age))
    }

    /// Whether it is dated at most a day after a time.
    ///
    /// # Errors
    /// [`Misfit::Future`].
    pub fn not_future(&self, at: Time) -> Result<(), Misfit> {
        if self.date > at.plus(DAY) { Err(Misfit::Future { date: self.date, at }) } else { Ok(()) }
    }

    /// Whether its Valid-Until, if it has one, has not passed at a time.
    ///
    /// # Errors
    /// [`Misfit::Expired`].
    pub fn not_expired(&self, at: Time) -> Result<(), Misfit> {
        match self.valid_until {
            Some(until) if until < at => Err(Misfit::Expired { until, at }),
            _ => Ok(()),
        }
    }

    /// Whether its Date lies at most so far back at a time.
    ///
    /// # Errors
    /// [`Misfit::Old`].
    pub fn not_older(&self, at: Time, max_age: Age) -> Result<(), Misfit> {
        if self.date.plus(i64::from(max_age.days()) * DAY) < at {
            return Err(Misfit::Old { date: self.date, at, max_age });
        }
        Ok(())
    }

    /// Whether it has a component. `updates/main`, as security suites write it, is `main`, too.
    #[must_use]
    pub fn has_component(&self, name: &str) -> bool {
        self.components.iter().any(|c| c == name || c.strip_suffix(name).is_some_and(|head| head.ends_with('/')))
    }

    /// Every Packages index that must be read for an architecture in Debian's words: its own, and that of `all` if the
    /// archive keeps one apart (it has the architecture `all`, lists the index, and does not say that it need not be read).
    ///
    /// # Errors
    /// [`Misfit::NoComponent`], [`Misfit::NoArchitecture`], [`Misfit::NoIndex`].
    pub fn indices(&self, component: &str, architecture: &str) -> Result<Vec<Indices>, Misfit> {
        if !self.has_component(component) {
            return Err(Misfit::NoComponent { asked: component.to_owned(), found: self.components.clone() });
        }
        if !self.architectures.iter().any(|a| a == architecture) {
            return Err(Misfit::NoArchitecture { asked: architecture.to_owned(), found: self.architectures.clone() });
        }
        let mut out = vec![self.index(component, architecture)?];
        let apart = architecture != "all" && !self.all_in_each && self.architectures.iter().any(|a| a == "all");
        if apart && let Ok(all) = self.index(component, "all") {
            out.push(all);
        }
        Ok(out)
    }

    /// The index of a flat archive, which holds all architectures and lies beside the Release file.
    ///
    /// # Errors
    /// [`Misfit::NoIndex`].
    pub fn flat_indices(&self) -> Result<Vec<Indices>, Misfit> {
        self.listed("Packages", "").map(|index| vec![index])
    }

    /// The component's own path comes first; where `updates/main` is asked for by its full name, its files lie below `main`.
    fn index(&self, component: &str, architecture: &str) -> Result<Indices, Misfit> {
        let path = |component: &str| format!("{component}/binary-{architecture}/Packages");
        let own = self.listed(&path(component), architecture);
        match component.rsplit_once('/') {
            Some((_, last)) if own.is_err() => self.listed(&path(last), architecture).or(own),
            _ => own,
        }
    }

    fn listed(&self, plain: &str, architecture: &str) -> Result<Indices, Misfit> {
        let order = [Compression::Xz, Compression::Zstd, Compression::Gzip, Compression::Plain];
        let file = |compression: Compression| {
            let path = format!("{plain}{}", compression.suffix());
            let (sha256, size) = self.file(&path).or_else(|| self.file(&format!("./{path}")))?;
            Some(IndexFile { path, compression, sha256, size })
        };
        let files: Vec<IndexFile> = order.into_iter().filter_map(file).collect();
        let unpacked = files.iter().find(|f| f.compression == Compression::Plain).map(|f| (f.sha256, f.size));
        if files.is_empty() {
            return Err(Misfit::NoIndex(plain.to_owned()));
        }
        Ok(Indices { architecture: architecture.to_owned(), unpacked, files })
    }
}
