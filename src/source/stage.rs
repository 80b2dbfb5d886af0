//! How a manifest names a stage of a Dockerfile: for sites, and for pins that keep to a stage.

use crate::dockerfile::StageSel;
use crate::model::{Trouble, quoted};

/// A stage by its name or its index, as it stands in TOML.
///
/// # Errors
/// No name that `FROM … AS` takes, or an index below 0 or past 65,535.
pub fn stage(given: Result<&str, i64>) -> Result<StageSel, Trouble> {
    match given {
        Ok("global") => Ok(StageSel::Global),
        Ok(name) => {
            let plain = |b: u8| b.is_ascii_alphanumeric() || b"_.-".contains(&b);
            let first = name.bytes().next().is_some_and(|b| b.is_ascii_alphabetic());
            if first && name.len() <= 255 && name.bytes().all(plain) {
                return Ok(StageSel::Name(name.to_owned()));
            }
            let trouble = Trouble::new(format!("{} is not the name of a stage", quoted(name)));
            if !name.is_empty() && name.bytes().all(|b| b.is_ascii_digit()) {
                return Err(trouble.help(format!("write an index without quotes: {name}")));
            }
            Err(trouble.expected("a name as in FROM … AS name, an index, or \"global\""))
        }
        Err(index) => u16::try_from(index)
            .map(|i| StageSel::Index(usize::from(i)))
            .map_err(|_| Trouble::new(format!("{index} is not the index of a stage"))),
    }
}
