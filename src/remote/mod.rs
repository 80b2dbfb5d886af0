//! The only place that opens a socket: http, git, mirrors, credentials, limits.
//!
//! For `source`, which asks, and for `cli`, which hands in what the environment says. It decides no
//! value and no exit code: it says what a server answered, or why it did not, as a [`RemoteError`].
//!
//! | file | what it is for |
//! |---|---|
//! | [`Remote`] | all of it in one value, handed to a verb or not |
//! | [`Http`] | one client for all kinds: limits, redirects, retries, credentials |
//! | `policy` | pure: where a redirect may lead |
//! | `gate` | at most so many answers of one host at once, where that is asked for |
//! | `body` | a response's bytes under size, rate and time limits |
//! | [`Fetch`] | a URL's bytes into the store: conditions, resuming, mirrors, a second store |
//! | [`Cache`] | what a URL answered last, so that an unchanged one costs no body |
//! | [`Mirrors`] | the machine's own places for well-known URLs |
//! | [`Credentials`] | netrc, apt's auth.conf and the user's git credential helpers, asked after a 401 |
//! | [`each`] | many questions at once |
//! | [`registry`] | tags, manifests and blobs of images, the logins of docker's configuration |
//! | [`yarn`] | the project's own yarn, run in a copy of its folder |
//! | [`git`] | refs, commits and what lies between, over http, ssh and files |

mod access;
mod auth_conf;
mod body;
mod cache;
mod client;
mod credentials;
mod error;
mod fetch;
mod gate;
pub mod git;
mod helpers;
mod http;
mod limits;
mod mirrors;
mod netrc;
mod policy;
mod process;
mod refusal;
pub mod registry;
mod resume;
mod sources;
mod work;
pub mod yarn;

pub use access::Remote;
pub use body::Body;
pub use cache::{Cache, Record};
pub use client::Proxies;
pub use credentials::Credentials;
pub use error::{Fault, ObjectKind, RemoteError};
pub use fetch::{Fetch, Fetched, Origin, SecondStore};
pub use http::{Access, Bound, Http, Length, Method, Options, Request, Response};
pub use limits::Limits;
pub use mirrors::{MirrorError, Mirrored, Mirrors};
pub use sources::CredentialSources;
pub use work::each;
