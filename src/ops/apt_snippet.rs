//! `export apt-snippet`: the RUN block that installs what a deb pin has locked.
//!
//! Reads the manifest and the lock; writes nothing.

use std::path::Path;

use super::project::{Project, failure};
use super::select::select;
use crate::model::{Class, Failure, RelPath, Trouble};
use crate::source::deb::Block;

/// What the command line asks for.
#[derive(Debug)]
pub struct Options {
    /// The pin; none: the only deb pin.
    pub name: Option<String>,
    /// The folder that the build is given as its context, below the folder of pins.toml.
    pub context: Option<RelPath>,
    /// Whether `--network=none` is written.
    pub no_network: bool,
}

/// The text of the block.
///
/// # Errors
/// What kept the manifest, the lock or a Dockerfile from being read; no such pin, or one that is
/// not locked.
pub fn run(dir: &Path, options: &Options) -> Result<String, Vec<Failure>> {
    let project = Project::read(dir)?;
    let opened = project.lock.as_ref().map_err(|e| vec![failure(e.class(), e.trouble())])?;
    let usage = |trouble: Trouble| vec![failure(Class::Usage, trouble)];
    let names = match &options.name {
        Some(name) => select(&project.manifest, std::slice::from_ref(name))?.names,
        None => {
            let debs = project.manifest.pins.values().filter(|pin| pin.source.kind() == "deb");
            debs.map(|pin| pin.name.clone()).collect()
        }
    };
    let [name] = names.as_slice() else {
        let said: Vec<&str> = names.iter().map(crate::model::PinName::as_str).collect();
        let trouble =
            Trouble::new(if said.is_empty() { "pins.toml has no deb pin" } else { "the block is made for one pin" });
        return Err(usage(trouble.found(said.join(", ")).help("dubo-pin export apt-snippet NAME")));
    };
    let Some(pin) = project.manifest.pins.get(name) else { return Err(usage(project.manifest.no_pin(name.as_str()))) };
    let entry = opened.lock.pins.get(name).filter(|_| !opened.altered.contains(name));
    let Some(entry) = entry.filter(|e| e.request == pin.request()) else {
        let trouble = Trouble::new(format!("{name} is not locked as pins.toml has it")).at(pin.place.clone());
        return Err(usage(trouble.help(format!("dubo-pin refresh {name}"))));
    };
    let folder = crate::vendor::path_of(pin, entry, None);
    let block = Block {
        entry,
        platforms: &pin.platforms,
        archives: &project.archives,
        locked: &opened.lock.archives,
        folder: folder.as_ref(),
        context: options.context.as_ref(),
        no_network: options.no_network,
    };
    pin.source.apt_block(&block).map_err(|trouble| usage(trouble.at(pin.place.clone())))
}
