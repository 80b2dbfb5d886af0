//! Which locked image a stage is built on: for packages that are chosen for what a base already has.
//!
//! For `refresh`, which hands it to the resolver of deb pins, and for `verify`, which holds the lock
//! against it. Stages that are built on others have the base of those.

use std::collections::BTreeMap;

use super::{Source, image};
use crate::dockerfile::Dockerfile;
use crate::dockerfile::images::Role;
use crate::lock::Entry;
use crate::model::{PinName, Platform, Sha256};

/// The base of a stage whose FROM names an image of a pin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Based {
    /// The Dockerfile.
    pub file: String,
    /// The stage.
    pub stage: usize,
    /// The pin of the image.
    pub pin: PinName,
    /// Where the image is.
    pub repository: image::Repository,
    /// The image of each platform; one without platforms is for all.
    pub images: Vec<(Sha256, Vec<Platform>)>,
}

impl Based {
    /// The image of a platform.
    #[must_use]
    pub fn on(&self, platform: &Platform) -> Option<Sha256> {
        let fits = |(_, platforms): &&(Sha256, Vec<Platform>)| platforms.is_empty() || platforms.contains(platform);
        self.images.iter().find(fits).map(|(image, _)| *image)
    }
}

/// The bases of all stages, as far as locked image pins tell them.
#[must_use]
pub fn based<'a>(pins: impl Iterator<Item = (&'a PinName, &'a Source, &'a Entry)>, files: &[Dockerfile]) -> Vec<Based> {
    let mut out: BTreeMap<(String, usize), Based> = BTreeMap::new();
    for (name, source, entry) in pins {
        let Source::Image(keys) = source else { continue };
        let digest = entry.value("digest").map(|d| d.as_str().to_owned());
        let claims = source.implied(files);
        for file in files {
            for (index, found) in file.images().found.iter().enumerate() {
                let Some(stage) = found.stage.filter(|_| found.role == Role::From && !found.onbuild) else { continue };
                let own = found.reference.repository == keys.repository.to_string();
                let same = own && digest.is_some() && found.reference.digest == digest;
                if same || claims.sites.iter().any(|site| site.is_image(file, index)) {
                    let based = Based {
                        file: file.file().to_owned(),
                        stage,
                        pin: name.clone(),
                        repository: keys.repository.clone(),
                        images: source.bases(entry),
                    };
                    out.entry((based.file.clone(), stage)).or_insert(based);
                }
            }
        }
    }
    out.into_values().collect()
}
