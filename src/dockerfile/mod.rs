//! Dockerfiles, lossless: parse to byte spans, expand, find sites, edit.
//!
//! | file | what it is for |
//! |---|---|
//! | `lines`, `logical` | physical lines, continuations, directives; the way back to the file |
//! | `words`, `heredoc`, `instruction` | one logical line as keyword, flags, words, heredocs |
//! | `parse` | [`Dockerfile`]: the whole file |
//! | `lex`, `pattern`, `expand` | quotes, escapes, variables of one word |
//! | `names` | what a name behind variables may be |
//! | `scope` | [`Variables`]: what a variable is worth where |
//! | `site`, `locate`, `reference` | from a manifest's [`Site`] to the bytes that hold its value |
//! | `fault` | [`SiteError`]: why a site cannot be found or edited |
//! | `edit` | [`Edit`]: a change as data, and [`apply`] |
//! | `comment` | the version that a comment above a pin tells |
//! | [`images`] | every image that is taken in, and the edits that pin it |
//! | `shadow` | what makes the build use another value than the pinned one |
//! | [`shell`] | what the commands of RUN take in: apt, yarn, git, curl, other managers |
//! | [`checkout`] | the git repositories that a stage takes in, and what holds each |
//! | [`added`] | what ADD and COPY take in |
//! | [`intake`] | [`Intake`]: all of what is taken in, in one list |
//! | [`suppress`] | `# dubo-pin: ignore=ID reason` |
//!
//! Nothing here opens a file or writes one, and nothing is run.

pub mod added;
pub mod checkout;
mod comment;
mod edit;
mod expand;
mod fault;
mod heredoc;
pub mod images;
mod instruction;
pub mod intake;
mod lex;
mod lines;
mod locate;
mod logical;
mod names;
mod parse;
mod pattern;
mod reference;
mod roundtrip;
mod scope;
mod search;
mod shadow;
pub mod shell;
mod site;
pub mod suppress;
mod words;

#[cfg(test)]
mod tests;

pub use comment::{Said, claims, retell};
pub use edit::{Edit, EditError, apply, undo};
pub use expand::expand;
pub use fault::SiteError;
pub use instruction::{Body, Command, Comment, Flag, Heredoc, Instruction, Stage};
pub use intake::Intake;
pub use lex::{ExpandError, Var};
pub use locate::{Located, assigned, locate};
pub use logical::Logical;
pub use parse::{Dockerfile, MAX_SIZE};
pub use reference::{is_git, repository};
#[doc(hidden)]
pub use roundtrip::roundtrip;
pub use scope::{Assignment, Variables};
pub use search::{SearchError, search};
pub use shadow::shadows;
pub use site::{Site, StageSel, Target};
