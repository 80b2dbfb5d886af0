//! What a checkout of the commit would hold other than the index: files that git converts.
//!
//! For [`super::run`]. verify itself sees the bytes as they are; here they are not checked out yet.

use super::super::project::{CAP, MANIFEST, Project};
use super::super::stand::Ground;
use crate::lock;
use crate::model::{Finding, Id, Place, RelPath, Trouble};
use crate::repository::{Attributes, Conversion};

/// The most that is read of a vendored file to see whether it is converted: bytes.
const MOST: u64 = 4 << 30;

/// Findings on the files of a member that verify reads; `folder` is the member's, from the top.
pub(super) fn findings(attributes: &Attributes, folder: &str, ground: &Ground) -> Vec<Finding> {
    let Ok(project) = Project::of(ground) else { return Vec::new() };
    let at = |path: &str| if folder.is_empty() { path.to_owned() } else { format!("{folder}/{path}") };
    let bytes = |path: &str, most: u64| project.root.read(&path.parse().ok()?, most).ok().flatten();
    let mut findings = Vec::new();
    let dockerfiles = project.dockerfiles.iter().map(|d| d.file().to_owned());
    for path in dockerfiles.chain([MANIFEST.to_owned()]) {
        // Line ends mean nothing there.
        let conversion = Conversion { encoding: attributes.conversion(&at(&path)).encoding, ..Conversion::default() };
        findings.extend(conversion.encoding.is_some().then(|| told(Id::DOC002, &path, &conversion)));
    }
    let conversion = attributes.conversion(&at(lock::FILE));
    if bytes(lock::FILE, CAP).is_some_and(|bytes| conversion.changes(&bytes)) {
        findings.push(told(Id::LOCK006, lock::FILE, &conversion));
    }
    let Ok(opened) = &project.lock else { return findings };
    let vendored = opened.lock.pins.values().flat_map(|entry| &entry.artifacts).filter_map(|a| a.path.as_ref());
    for path in vendored.map(RelPath::as_str) {
        let conversion = attributes.conversion(&at(path));
        if conversion != Conversion::default() && bytes(path, MOST).is_some_and(|bytes| conversion.changes(&bytes)) {
            findings.push(told(Id::VEND006, path, &conversion));
        }
    }
    findings
}

fn told(id: Id, path: &str, conversion: &Conversion) -> Finding {
    let how = match &conversion.encoding {
        Some(name) => format!("working-tree-encoding={name}"),
        None if conversion.crlf => "eol=crlf".to_owned(),
        None => "ident".to_owned(),
    };
    let name = path.rsplit('/').next().unwrap_or(path);
    let trouble = Trouble::new("git gives this file other bytes on a checkout, by an attribute")
        .at(Place::file(path))
        .expected("no attribute that converts it")
        .found(how)
        .help(format!(
            "say in a .gitattributes beside it: {name} -text -ident -working-tree-encoding; or mend the rule that says so"
        ));
    Finding::error(id, None, trouble)
}
