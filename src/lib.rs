//! dubo-pin: a lockfile manager for what a Docker image takes in.
//!
//! This page is the map of the house; it holds no logic. An arrow goes only downwards.
//!
//! | floor | what it is for | it may use |
//! |---|---|---|
//! | `main.rs` | parse the command line, run it, exit | cli |
//! | [`cli`] | one file a verb: its arguments and one call into ops; the environment is read here | ops, ui, remote |
//! | [`ui`] | the only voice: shell, colours, progress bars, errors with help, reports | model |
//! | [`ops`] | one verb each, a straight line | all below |
//! | [`adopt`] | the pins that a person would have written for what Dockerfiles take in | check, manifest, source, dockerfile |
//! | [`check`] | comparison of manifest, lock, Dockerfile, vendored files: one file a rule family; what no pin covers; what can be said without a lock | manifest, lock, vendor, dockerfile, disk, source |
//! | [`vendor`] | which files are vendored, where, and whose they are | manifest, lock, disk |
//! | [`manifest`] | pins.toml: read into types, every error at once; edited losslessly | source, lock, dockerfile::site, table |
//! | [`source`] | the only place that knows the kinds of pins: git, url, deb, image, yarn | remote, trust, lock, dockerfile, disk, table |
//! | [`trust`] | who says that these are the bytes: minisign, OpenPGP | model |
//! | [`remote`] | the only place that opens a socket or lets a program open one: http, git, registries, downloads, yarn, mirrors, credentials, limits | disk, model |
//! | [`repository`] | the user's own git repository, only read: where it is, its index as a tree, HEAD's, its hooks | disk, model |
//! | [`lock`] | pins.lock: canonical, sealed, one frozen file a version | model |
//! | [`dockerfile`] | Dockerfiles, lossless: parse to spans, expand, find sites, apt lines and images, edit | model |
//! | [`disk`] | files as they stand, a plan of changes applied crash-safely, the store by digest | model |
//! | [`table`] | typed reading of TOML tables with a place for every error | model |
//! | [`model`] | values parsed once that cannot be wrong | nothing |
//!
//! How one pin flows through `refresh`: [`manifest`] reads it, [`dockerfile`] finds its sites,
//! [`source`] resolves it through [`remote`] to values and evidence, [`lock`] holds these, the
//! sites become edits of the [`dockerfile`], and [`disk`] applies edits and lock as one plan.
//! Through `verify` it flows without [`remote`]: [`check`] compares what stands on the disk.

pub mod adopt;
pub mod check;
pub mod cli;
pub mod disk;
pub mod dockerfile;
pub mod lock;
pub mod manifest;
pub mod model;
pub mod ops;
pub mod remote;
pub mod repository;
pub mod source;
pub mod table;
pub mod trust;
pub mod ui;
pub mod vendor;
