//! All integration tests in one binary: it links once. Lowest floor first.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test stops at once: that is how it fails"
)]
#![allow(unreachable_pub, reason = "a module of tests is nobody's library")]

mod support;

mod remote_git;
mod remote_git_faults;
mod remote_git_garbled;
mod remote_http;
