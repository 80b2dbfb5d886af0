//! All integration tests in one binary: it links once. Lowest floor first.

#![allow(unreachable_pub, reason = "a module of tests is nobody's library")]

mod support;

mod bad_input;
mod interrupted;
mod join;
mod lock_by_hand;

mod remote_git;
mod remote_git_faults;
mod remote_http;
