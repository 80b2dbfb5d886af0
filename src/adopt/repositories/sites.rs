//! The `into` of an assignment: as short as it can be and still mean that one alone.
//!
//! For the git pins that are drafted; each site is searched as `refresh` will search it.

use crate::dockerfile::{Dockerfile, SearchError, Site, StageSel, Target, search};
use crate::model::RelPath;

/// The site of an assignment of one of the files.
///
/// # Errors
/// Why no site means it alone, or why its value cannot be edited.
pub(in crate::adopt) fn of(
    files: &[Dockerfile],
    file: &Dockerfile,
    assignment: usize,
    value: Option<&str>,
) -> Result<Site, Option<SearchError>> {
    let a = file.assignments().get(assignment).ok_or(None)?;
    let target = if a.env { Target::Env(a.name.clone()) } else { Target::Arg(a.name.clone()) };
    let is_it = |found: &Dockerfile, at: Option<usize>| found.file() == file.file() && at == Some(assignment);
    short(files, file, a.stage, target, value, is_it)
}

/// The site of an ADD of a repository.
///
/// # Errors
/// As [`of`].
pub(super) fn add(
    files: &[Dockerfile],
    file: &Dockerfile,
    stage: Option<usize>,
    url: &str,
) -> Result<Site, Option<SearchError>> {
    short(files, file, stage, Target::Add(url.to_owned()), None, |found, _| found.file() == file.file())
}

/// The site of the checksum of an ADD.
///
/// # Errors
/// As [`of`].
pub(in crate::adopt) fn checksum(
    files: &[Dockerfile],
    file: &Dockerfile,
    stage: Option<usize>,
    url: &str,
) -> Result<Site, Option<SearchError>> {
    short(files, file, stage, Target::Checksum(url.to_owned()), None, |found, _| found.file() == file.file())
}

fn short(
    files: &[Dockerfile],
    file: &Dockerfile,
    stage: Option<usize>,
    target: Target,
    value: Option<&str>,
    is_it: impl Fn(&Dockerfile, Option<usize>) -> bool,
) -> Result<Site, Option<SearchError>> {
    let named = stage.and_then(|s| file.stages().get(s)).and_then(|s| s.name.clone()).map(StageSel::Name);
    let whole = stage.map_or(StageSel::Global, StageSel::Index);
    let stages = [None, named, Some(whole)];
    let path: Option<RelPath> = file.file().parse().ok();
    let mut last = None;
    for file in [None, path] {
        for (index, stage) in stages.iter().enumerate() {
            if index > 0 && stage.is_none() {
                continue;
            }
            let site = Site {
                file: file.clone(),
                stage: stage.clone(),
                platform: None,
                target: target.clone(),
                value: value.map(str::to_owned),
                all: false,
            };
            match search(files, &site) {
                Ok(found) => {
                    if let [(file, located)] = found.as_slice()
                        && is_it(file, located.assignment)
                    {
                        return Ok(site);
                    }
                }
                Err(error) => last = Some(error),
            }
        }
    }
    Err(last)
}
