//! What comes while dubo-pin works: another one, a full or read-only disk, an edit, a signal.
//!
//! Through the program; each step of an application killed or failed is also tested beside it, on
//! the library. A machine that cannot bring one of these about says so in a line.

mod artifacts;
pub mod disks;
mod killed;
mod signals;

use super::bad_input::{Upstream, folder};
use super::support::program::Work;

/// A pin that is locked at the first release and stands in two Dockerfiles; a refresh changes these
/// and the lock.
pub fn behind(up: &Upstream) -> Work {
    let pin = up.pin("widget", "version = \"^1\"").replace("{ arg", "{ all = true, arg");
    let work = folder(&[("widget", pin)]);
    for name in ["Dockerfile", "web.Dockerfile"] {
        work.write(name, format!("FROM scratch\nARG WIDGET={}\n", up.ids[0]));
    }
    work.run(&["refresh", "--keep"]).code(0);
    work
}

/// Waits until something is so.
#[track_caller]
pub fn until(what: &str, so: impl Fn() -> bool) {
    let begun = std::time::Instant::now();
    while !so() {
        assert!(begun.elapsed() < std::time::Duration::from_secs(30), "in vain: {what}");
        std::thread::sleep(std::time::Duration::from_millis(2));
    }
}
