//! Which Debian packages an image holds: dpkg's status, read out of its layers.
//!
//! For whoever needs the base of a build: the closure of packages that are still to be installed.
//! Layers are read from the top down, each to its end, so that its digest and that of its unpacked
//! bytes are proved. What was found is kept in the store under the manifest's digest. Nothing is
//! unpacked to a folder, and nothing of an image is run.
//!
//! | file | what it is for |
//! |---|---|
//! | `layer` | what one layer has, and what it hides (OCI image-spec, "Whiteouts") |
//! | `tar` | the entries of an archive, as a stream |
//! | `unpack` | gzip, Zstandard, with an end |
//! | `status` | dpkg's status file, and distroless' folder of them |
//! | `record` | what was found before |

mod layer;
mod record;
mod status;
mod tar;
mod unpack;

use std::io::Read;

use super::keys::Repository;
use crate::disk::{Expect, Store};
use crate::model::{Class, Sha256, Trouble, quoted};
use crate::remote::registry::{Descriptor, Kind, Name, Reference, Registry};
use crate::remote::{Fault, RemoteError};

use layer::Layer;
use record::Record;

pub use status::Package;

/// The most that is kept of an image's status, in bytes.
const LARGEST: u64 = 64 << 20;

/// Where an image keeps what it knows about its packages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Layout {
    /// Nowhere that dpkg would look: an image of another distribution, or from scratch.
    None,
    /// In `var/lib/dpkg/status`.
    Status,
    /// In `var/lib/dpkg/status.d/*`, as distroless images do.
    Pieces,
}

/// The packages of an image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Packages {
    /// The image's manifest.
    pub manifest: Sha256,
    /// Where they were found.
    pub layout: Layout,
    /// Those that are installed (`… ok installed`), by name, then architecture.
    pub installed: Vec<Package>,
    /// The status file itself, with all states. Pieces are joined by empty lines, by name; one that
    /// names no state gets `Status: install ok installed` in front.
    pub text: Vec<u8>,
    /// The digest of `text`, under which the store keeps it.
    pub sha256: Sha256,
}

/// Why the packages of an image are not known.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PackagesError {
    /// The registry's answer is not at hand.
    #[error(transparent)]
    Remote(#[from] RemoteError),
    /// The digest is one of several images.
    #[error("sha256:{0} is an index of images, not one image")]
    Index(Sha256),
    /// The layers are not those that the configuration names.
    #[error("the image sha256:{manifest} has {layers} layers, and its configuration names {named}")]
    Layers {
        /// The image.
        manifest: Sha256,
        /// The layers that the manifest names.
        layers: usize,
        /// The layers that the configuration names.
        named: usize,
    },
    /// A layer has its digest, but does not unpack to what the configuration says.
    #[error("the layer sha256:{layer} unpacks to other bytes than the image's configuration says")]
    Unpacked {
        /// The layer.
        layer: Sha256,
        /// The digest that the configuration names.
        expected: Sha256,
        /// The digest that the unpacked bytes have.
        found: Sha256,
    },
    /// A layer cannot be read.
    #[error("the layer sha256:{layer} cannot be read: {flaw}")]
    Layer {
        /// The layer.
        layer: Sha256,
        /// What is wrong with it.
        flaw: Flaw,
    },
    /// The status is not as dpkg writes it.
    #[error("the package list of the image sha256:{manifest} cannot be read: line {line}: {reason}")]
    Status {
        /// The image.
        manifest: Sha256,
        /// The line, from 1.
        line: usize,
        /// What is wrong with it.
        reason: String,
    },
}

/// What is wrong with a layer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Flaw {
    /// Its packing or its archive is not sound.
    #[error("{0}")]
    Broken(String),
    /// It is packed in a way that is not read here.
    #[error("{0}")]
    Unsupported(String),
    /// It unpacks to more than it may.
    #[error("it unpacks to more than {0} bytes, which a layer of its size does not")]
    Bomb(u64),
    /// The package list within is too large.
    #[error("its package list is larger than {0} bytes")]
    Large(u64),
    /// The package list, or a folder on the way to it, is a link.
    #[error("{} in it is no plain file or folder", quoted(.0))]
    Linked(String),
}

impl PackagesError {
    /// How it weighs: forged bytes are an alarm; all else could not be done.
    #[must_use]
    pub fn class(&self) -> Class {
        match self {
            Self::Remote(error) => error.class(),
            _ => Class::Undone,
        }
    }

    /// As a person wants to hear it.
    #[must_use]
    pub fn to_trouble(&self) -> Trouble {
        let trouble = Trouble::new(self.to_string());
        match self {
            Self::Remote(error) => error.trouble(),
            Self::Unpacked { expected, found, .. } => trouble
                .expected(format!("sha256:{expected}"))
                .found(format!("sha256:{found}"))
                .help("the image contradicts itself: have it built again"),
            Self::Index(_) => trouble.help("name the digest of one platform's image"),
            Self::Layer { flaw: Flaw::Unsupported(_), .. } => {
                trouble.help("have the image built with gzip or zstd layers")
            }
            Self::Layers { .. } | Self::Layer { .. } | Self::Status { .. } => trouble,
        }
    }
}

/// The packages of one platform's image, from the store if they were read before.
///
/// # Errors
/// [`PackagesError`]: the registry's answers, an image that contradicts itself, a layer or a package
/// list that cannot be read. An image without dpkg is no error: [`Layout::None`].
pub fn packages(
    registry: &Registry<'_>,
    repository: &Repository,
    manifest: &Sha256,
) -> Result<Packages, PackagesError> {
    let store = registry.remote().store()?;
    let records = record::Records::new(store.dir().join("bases"));
    if let Some(record) = records.get(manifest) {
        let mut text = Vec::new();
        if store.copy_to(&record.sha256, &mut text).is_ok() {
            return read(*manifest, record.layout, text);
        }
    }
    let (layout, text) = find(registry, repository, manifest)?;
    let mut source = text.as_slice();
    let stored = store.put(&mut source, Expect::at_most(LARGEST * 2));
    let packages = read(*manifest, layout, text)?;
    // What cannot be kept is read again the next time.
    if stored.is_ok() {
        records.keep(&Record { manifest: *manifest, layout, sha256: packages.sha256 });
    }
    Ok(packages)
}

/// The packages of an image that were read before, from the store alone; `None` where they were not.
#[must_use]
pub fn known(store: &Store, manifest: &Sha256) -> Option<Packages> {
    let record = record::Records::new(store.dir().join("bases")).get(manifest)?;
    let mut text = Vec::new();
    store.copy_to(&record.sha256, &mut text).ok()?;
    read(*manifest, record.layout, text).ok()
}

fn read(manifest: Sha256, layout: Layout, text: Vec<u8>) -> Result<Packages, PackagesError> {
    let installed = status::installed(&text).map_err(|e| PackagesError::Status {
        manifest,
        line: e.line,
        reason: e.reason.to_owned(),
    })?;
    let sha256 = Sha256::of(&text);
    Ok(Packages { manifest, layout, installed, text, sha256 })
}

/// Reads layers from the top down until the status is settled.
fn find(
    registry: &Registry<'_>,
    repository: &Repository,
    manifest: &Sha256,
) -> Result<(Layout, Vec<u8>), PackagesError> {
    let name = Name { host: repository.host(), path: repository.path() };
    let image = registry.manifest(name, Reference::Digest(manifest))?;
    if image.kind == Kind::Index {
        return Err(PackagesError::Index(*manifest));
    }
    let config = registry.config(name, &image)?;
    if config.diff_ids.len() != image.layers.len() {
        let (layers, named) = (image.layers.len(), config.diff_ids.len());
        return Err(PackagesError::Layers { manifest: *manifest, layers, named });
    }
    let mut found = layer::Found::default();
    for (what, diff_id) in image.layers.iter().zip(&config.diff_ids).rev() {
        let layer = read_layer(registry, name, what, diff_id)?;
        found.below(layer).map_err(|flaw| PackagesError::Layer { layer: what.digest, flaw })?;
        if found.is_settled() {
            break;
        }
    }
    Ok(found.text())
}

fn read_layer(
    registry: &Registry<'_>,
    name: Name<'_>,
    what: &Descriptor,
    diff_id: &Sha256,
) -> Result<Layer, PackagesError> {
    let failed = |flaw| PackagesError::Layer { layer: what.digest, flaw };
    if what.media_type.ends_with("+encrypted") {
        return Err(failed(Flaw::Unsupported("it is encrypted".to_owned())));
    }
    let read = &mut |source: &mut dyn Read| layer::read(source, what.size);
    let layer = registry.blob(name, what, read).map_err(|e| match e.fault() {
        // The manifest stands there, so that its layer has to.
        Fault::NotThere => PackagesError::Remote(e.help("the registry has lost a layer of this image")),
        _ => e.into(),
    })?;
    let (layer, found) = layer.map_err(failed)?;
    if found != *diff_id {
        return Err(PackagesError::Unpacked { layer: what.digest, expected: *diff_id, found });
    }
    Ok(layer)
}

#[cfg(test)]
mod tests;
