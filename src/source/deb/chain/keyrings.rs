//! `signed-by`: which keys may sign for an archive.
//!
//! For the resolver, which hands in how files of the repository are read.

use super::super::archive::Keyring;
use crate::model::{RelPath, Trouble, quoted};
use crate::source::resolve::Fault;
use crate::trust::openpgp::{Certificates, Fingerprint, OpenPgpError};

/// The certificates that `signed-by` names. `read` gives the bytes of a file in the repository.
///
/// Debian's keys and the files' are joined. Fingerprints narrow these, or Debian's keys where
/// nothing else is named. Nothing at all means Debian's keys.
///
/// # Errors
/// Class usage: a file that cannot be read, or holds no public keys; a fingerprint that none has.
pub fn certificates(
    archive: &str,
    signed_by: &[Keyring],
    read: &dyn Fn(&RelPath) -> Result<Vec<u8>, Trouble>,
) -> Result<Certificates, Fault> {
    let named = |what: &str, trouble: Trouble| {
        let message = format!("archive {}: {what}{}", quoted(archive), trouble.message);
        Fault::usage(Trouble { message, ..trouble })
    };
    let refused = |e: &OpenPgpError| named("", e.trouble());
    let mut all: Option<Certificates> = None;
    let mut only: Vec<Fingerprint> = Vec::new();
    for keyring in signed_by {
        let some = match keyring {
            Keyring::Debian => Certificates::debian().map_err(|e| refused(&e))?,
            Keyring::Path(path) => {
                let what = format!("the keys in {}: ", quoted(path.as_str()));
                let bytes = read(path).map_err(|trouble| named(&what, trouble))?;
                Certificates::read(&bytes).map_err(|e| named(&what, e.trouble()))?
            }
            Keyring::Embedded(armor) => Certificates::read(armor.as_bytes()).map_err(|e| refused(&e))?,
            Keyring::Fingerprint(text) => {
                only.push(text.parse().map_err(|e| named("", Trouble::new(format!("{e}"))))?);
                continue;
            }
        };
        all = Some(match all {
            Some(all) => all.and(some),
            None => some,
        });
    }
    let all = match all {
        Some(all) => all,
        None => Certificates::debian().map_err(|e| refused(&e))?,
    };
    if only.is_empty() { Ok(all) } else { all.only(&only).map_err(|e| refused(&e)) }
}
