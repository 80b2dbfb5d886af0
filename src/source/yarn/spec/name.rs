//! What npm allows as the name of a package.

use super::SpecError;

/// Refuses what is no package name: npm's rules for new packages, but capitals, which old packages
/// bear (npm's documentation of package.json, "name").
///
/// # Errors
/// Longer than 214 bytes, a character that a URL would escape, a path that leaves node_modules, a
/// name that a program would take for an option.
pub fn vet(name: &str) -> Result<(), SpecError> {
    let error = |reason| Err(SpecError::Name { name: name.to_owned(), reason });
    if name.is_empty() {
        return error("it is empty");
    }
    if name.len() > 214 {
        return error("it is longer than 214 bytes");
    }
    let (scope, base) = match name.strip_prefix('@') {
        Some(scoped) => match scoped.split_once('/') {
            Some((scope, base)) => (Some(scope), base),
            None => return error("a scope without a package"),
        },
        None => (None, name),
    };
    for part in scope.into_iter().chain([base]) {
        if part.is_empty() {
            return error("a part of it is empty");
        }
        if part.starts_with(['.', '-']) || scope.is_none() && part.starts_with('_') {
            return error("it starts with a dot, a dash or an underscore");
        }
        if !part.bytes().all(|b| b.is_ascii_alphanumeric() || b"._~-".contains(&b)) {
            return error("only letters, digits and . _ ~ - may stand in it");
        }
    }
    match base.to_ascii_lowercase().as_str() {
        "node_modules" | "favicon.ico" => error("npm keeps that name for itself"),
        _ => Ok(()),
    }
}
