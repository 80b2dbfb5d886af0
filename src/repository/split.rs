//! An index that is only the difference to a shared one (`core.splitIndex`).
//!
//! For the index. The shared file lies in the repository's own folder, wherever the index is.

use super::parse::{Entry, PATHS, Parsed, places};

/// What an index with a link says, over the one that it shares. The paths of the result are both's.
pub(super) fn merged(own: Parsed, shared: Parsed) -> Result<Parsed, &'static str> {
    let Parsed { paths: own_paths, entries: own_entries, link, cached, checksum } = own;
    let bits = link.and_then(|link| link.bits).unwrap_or_default();
    let Parsed { mut paths, entries: mut base, .. } = shared;
    if paths.len() + own_paths.len() > PATHS {
        return Err("its paths are too long");
    }
    let shift = paths.len();
    paths.extend_from_slice(&own_paths);
    let (deleted, replaced) = bits;
    let mut own_entries = own_entries.into_iter().map(|mut entry| {
        entry.path = entry.path.start + shift..entry.path.end + shift;
        entry
    });
    let stray = "its bitmaps name entries that the shared index does not have";
    for place in places(&replaced) {
        let old = base.get_mut(place).ok_or(stray)?;
        // A replacement has no path of its own.
        let new = own_entries.next().filter(|new| new.path.is_empty()).ok_or(stray)?;
        let path = old.path.clone();
        *old = Entry { path, ..new };
    }
    let mut gone = vec![false; base.len()];
    for place in places(&deleted) {
        *gone.get_mut(place).ok_or(stray)? = true;
    }
    let mut gone = gone.into_iter();
    base.retain(|_| !gone.next().unwrap_or_default());
    base.extend(own_entries);
    let key = |entry: &Entry| (paths.get(entry.path.clone()).unwrap_or_default().to_vec(), entry.stage);
    base.sort_by_cached_key(key);
    Ok(Parsed { paths, entries: base, link: None, cached, checksum })
}
