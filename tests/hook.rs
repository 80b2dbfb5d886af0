//! The hook, through git itself: what is staged is judged before it is committed, whatever way git
//! takes there.
//!
//! Each test has a repository with three members, a home and a PATH of its own. What `hook run`
//! judges is the index; that its verdict is that of `verify` on the commit is the last module's.

mod attributes;
mod committed;
mod deleted;
mod elsewhere;
mod generated;
mod ground;
mod installed;
mod joined;
mod staged;
mod workspace;
