//! All integration tests in one binary: it links once. Lowest floor first.

#![allow(unreachable_pub, reason = "a module of tests is nobody's library")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::unreachable,
    clippy::print_stdout,
    clippy::string_slice,
    reason = "a test stops at the first thing that is not as it should be, and says what it skips"
)]

mod support;

mod archive_hosts;
mod artifacts;
mod bad_input;
mod broken_off;
mod chain;
mod corpus;
mod corpus_buildah;
mod coverage;
mod deb;
mod deb_vendored_apt;
mod downloads;
mod exports;
mod git_archive;
mod git_archive_evil;
mod groups;
mod hook;
mod images;
mod init;
mod init_git;
mod interrupted;
mod join;
mod lint;
mod listing;
mod lock_by_hand;
mod lock_versions;
mod policy;
mod promises;
mod readme;
mod real_ssh;
mod remote_git;
mod remote_git_faults;
mod remote_git_garbled;
mod remote_http;
mod remote_registry;
mod reports;
mod vendored;
mod workspace;
mod yarn;
mod yarn_mirror;
mod yarn_rewrite;
