//! Resolves a yarn pin: each package that comes from git to its commit, then the folder, or the
//! Dockerfile, as a whole to an entry of the lock.
//!
//! | file | what it is for |
//! |---|---|
//! | `parts` | the packages, each as a git pin of its own |
//! | `intent` | which packages of a folder come from git, and what each follows |
//! | `entry` | the entry, folded of the packages' |
//! | `folder` | the whole of a folder: rewrite, packages, what is vendored, all verified again |
//! | `dockerfile` | the `yarn add` lines of Dockerfiles |

mod dockerfile;
mod entry;
mod folder;
mod intent;
mod parts;

use super::keys::{Keys, What};
use crate::remote::Remote;
use crate::source::resolve::{Fault, Outlook, Resolved, Want};

/// Resolves one pin.
pub(in crate::source) fn resolve(keys: &Keys, want: &Want<'_>, remote: &Remote) -> Result<Resolved, Fault> {
    match &keys.what {
        What::Folder(path) => folder::resolve(keys, path.as_ref(), want, remote),
        What::Dockerfile => dockerfile::resolve(keys, want, remote),
    }
}

/// Says where a locked pin stands: its packages as one.
pub(in crate::source) fn outlook(keys: &Keys, want: &Want<'_>, remote: &Remote) -> Result<Outlook, Fault> {
    let parts = match &keys.what {
        What::Folder(path) => folder::parts(keys, path.as_ref(), want, remote)?,
        What::Dockerfile => dockerfile::parts(keys, want, remote)?,
    };
    let mut outlook = parts::outlook(&parts, want, remote)?;
    outlook.warnings.extend(parts::impostors(&parts, want, remote));
    Ok(outlook)
}
