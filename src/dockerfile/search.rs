//! Finds a site among all Dockerfiles of an image.
//!
//! For `refresh` and `verify`. Within one Dockerfile, [`locate`] does it.

use super::fault::SiteError;
use super::locate::{Located, locate};
use super::parse::Dockerfile;
use super::site::Site;
use crate::model::{Id, Place, Trouble};

/// Why a site was not found, or not found once; `file` is the Dockerfile that the site names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SearchError {
    /// The image has no Dockerfile of this name.
    NoFile(String),
    /// There is no Dockerfile at all.
    NoDockerfile,
    /// In one Dockerfile.
    Site(Box<SiteError>),
    /// In several Dockerfiles: the site, and the place of each match.
    Several(String, Vec<Place>),
}

/// All places of a site, each with its Dockerfile: exactly one, unless the site says `all`.
///
/// # Errors
/// See [`SearchError`].
pub fn search<'a>(files: &'a [Dockerfile], site: &Site) -> Result<Vec<(&'a Dockerfile, Located)>, SearchError> {
    let meant: Vec<&Dockerfile> = match &site.file {
        Some(path) => files.iter().filter(|f| f.file() == path.as_str()).collect(),
        None => files.iter().collect(),
    };
    if meant.is_empty() {
        return Err(site.file.as_ref().map_or(SearchError::NoDockerfile, |path| SearchError::NoFile(path.to_string())));
    }
    let (mut found, mut missed) = (Vec::new(), None);
    for file in meant {
        match locate(file, site) {
            Ok(located) => found.extend(located.into_iter().map(|at| (file, at))),
            Err(error @ (SiteError::NotFound { .. } | SiteError::NoStage { .. })) => {
                missed.get_or_insert(error);
            }
            Err(error) => return Err(SearchError::Site(Box::new(error))),
        }
    }
    match (found.len(), missed) {
        (0, Some(error)) => Err(SearchError::Site(Box::new(error))),
        (2.., _) if !site.all => {
            let places = found.into_iter().map(|(_, at)| at.place).collect();
            Err(SearchError::Several(site.to_string(), places))
        }
        _ => Ok(found),
    }
}

impl SearchError {
    /// The id that a finding of it bears.
    #[must_use]
    pub fn id(&self) -> Id {
        match self {
            Self::Site(error) => error.id(),
            Self::Several(..) => Id::DOC004,
            Self::NoFile(_) | Self::NoDockerfile => Id::DOC003,
        }
    }

    /// As a message; it points at the Dockerfile where there is a line to point at, else at the site
    /// in the manifest.
    #[must_use]
    pub fn trouble(&self, manifest: &Place) -> Trouble {
        let in_manifest = format!("{}:{}", manifest.file, manifest.line);
        match self {
            Self::NoFile(path) => {
                Trouble::new(format!("the image has no Dockerfile {path}")).at(manifest.clone()).help("`[image] dockerfiles` says which files are Dockerfiles")
            }
            Self::NoDockerfile => Trouble::new("there is no Dockerfile to find the site in")
                .at(manifest.clone())
                .help("Dockerfile, Dockerfile.*, *.Dockerfile and Containerfile* are looked for; `[image] dockerfiles` names others"),
            Self::Several(site, places) => {
                let all: Vec<String> = places.iter().map(|p| format!("{}:{}", p.file, p.line)).collect();
                Trouble::new(format!("{} instructions match the site {site}", places.len()))
                    .at(manifest.clone())
                    .expected("one")
                    .found(all.join(", "))
                    .help("name the `file` or the `stage`, or say `all = true`")
            }
            Self::Site(error) => {
                let trouble = error.trouble();
                match &**error {
                    SiteError::NotFound { .. } | SiteError::NoStage { .. } => {
                        let found = trouble.place.as_ref().map_or_else(String::new, |p| format!("nothing such in {}", p.file));
                        trouble.at(manifest.clone()).found(found)
                    }
                    _ if trouble.help.is_none() => trouble.help(format!("the site is named in {in_manifest}")),
                    _ => trouble,
                }
            }
        }
    }
}
