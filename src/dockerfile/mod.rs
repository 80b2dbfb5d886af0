//! Dockerfiles, lossless: parse to byte spans, expand, find sites, edit.

mod site;

pub use site::{Site, StageSel, Target};
