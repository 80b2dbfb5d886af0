//! How many answers of one host are under way at once.
//!
//! For `http`: snapshot archives throttle whoever opens many connections, with 429, 503 and
//! resets. Only requests that ask for it are counted; all others pass. A permit is held until the
//! answer's body has ended, whichever way.

use std::collections::HashMap;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use url::Url;

/// The counts of all hosts. Clones share them.
#[derive(Debug, Clone, Default)]
pub(super) struct Gate(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    open: Mutex<HashMap<String, usize>>,
    freed: Condvar,
}

/// The right to one answer; given back when dropped.
#[derive(Debug)]
pub(super) struct Permit {
    gate: Gate,
    host: String,
}

impl Gate {
    fn open(&self) -> MutexGuard<'_, HashMap<String, usize>> {
        self.0.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until fewer than `most` answers of the URL's host are under way; `None` if that does
    /// not come before `until`. `most` of 0 counts as 1.
    pub(super) fn enter(&self, url: &Url, most: usize, until: Instant) -> Option<Permit> {
        let host = key(url);
        let mut open = self.open();
        loop {
            let count = open.entry(host.clone()).or_default();
            if *count < most.max(1) {
                *count += 1;
                return Some(Permit { gate: self.clone(), host });
            }
            let left = until.checked_duration_since(Instant::now()).filter(|left| !left.is_zero())?;
            open = self.0.freed.wait_timeout(open, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        let mut open = self.gate.open();
        if let Some(count) = open.get_mut(&self.host) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                open.remove(&self.host);
            }
        }
        drop(open);
        self.gate.0.freed.notify_all();
    }
}

/// A host over http and over https is the same one, unless a port is written.
fn key(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    match url.port() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    fn soon() -> Instant {
        Instant::now() + Duration::from_millis(20)
    }

    #[test]
    fn a_third_waits_for_one_of_two_and_other_hosts_do_not() {
        let gate = Gate::default();
        let first = gate.enter(&url("https://h.example/a"), 2, soon()).unwrap();
        let _second = gate.enter(&url("http://h.example/b"), 2, soon()).unwrap();
        assert!(gate.enter(&url("https://h.example/c"), 2, soon()).is_none());
        assert!(gate.enter(&url("https://other.example/c"), 2, soon()).is_some());
        assert!(gate.enter(&url("https://h.example:8443/c"), 2, soon()).is_some());
        drop(first);
        assert!(gate.enter(&url("https://h.example/c"), 2, soon()).is_some());
    }

    #[test]
    fn a_waiting_one_is_let_in_by_another_thread() {
        let gate = Gate::default();
        let held = gate.enter(&url("https://h.example/"), 1, soon()).unwrap();
        std::thread::scope(|scope| {
            let late = Instant::now() + Duration::from_secs(10);
            let gate = &gate;
            let waiting = scope.spawn(move || gate.enter(&url("https://h.example/"), 1, late).is_some());
            std::thread::sleep(Duration::from_millis(20));
            drop(held);
            assert!(waiting.join().unwrap());
        });
        assert!(gate.open().is_empty());
    }
}
