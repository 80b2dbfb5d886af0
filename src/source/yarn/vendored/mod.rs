//! The packages of a yarn folder as files: the offline mirror of yarn 1, the cache of berry.
//!
//! For `resolve`, which locks them, for `fetch`, which puts each of them back, and for `verify`,
//! which proves them without network and without yarn. Which packages a folder needs is yarn.lock's
//! matter; nothing here changes one.
//!
//! | file | what it is for |
//! |---|---|
//! | [`git`] | a git package: its tar, made and proved as those of git pins, and its package.json |
//! | [`names`] | which file of an offline mirror yarn 1 looks for |
//! | [`integrity`] | what yarn.lock says of a tarball's bytes |
//! | [`fill`] | the files of an offline mirror, fetched and proved |
//! | [`cache`] | the zips of berry's cache, as yarn made them |
//! | [`obtain`] | a locked file, back into the store |
//! | [`prove`] | a vendored file, held against yarn.lock and its commit |

pub mod cache;
pub mod fill;
pub mod git;
pub mod integrity;
pub mod names;
pub mod obtain;
pub mod prove;

pub use cache::{CacheFile, CacheFiles, is_yarns_own, take_cache};
pub use fill::{Fill, GitTar, fill_mirror};
pub use git::{GitPackage, git_package};
pub use names::{MirrorFile, mirror_files, mirror_name};
pub use obtain::obtain;
pub use prove::Proofs;
