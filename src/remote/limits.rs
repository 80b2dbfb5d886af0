//! How long, how slow, how often: the numbers that every request keeps to.
//!
//! For `Http` and the git client; fields so that tests can make them small. Sizes are not here:
//! each request brings its own.

use std::time::Duration;

/// Time limits and tries of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// For a connection with its TLS handshake.
    pub connect: Duration,
    /// For a response's head, and for each pause within its body.
    pub idle: Duration,
    /// Fewer bytes than this within `rate_window` of waiting are too slow.
    pub rate_bytes: u64,
    /// See `rate_bytes`.
    pub rate_window: Duration,
    /// For a request with all its tries, redirects and its body.
    pub total: Duration,
    /// How often a request is sent at most, at least 1.
    pub tries: u32,
    /// The first wait between tries; it doubles.
    pub back_off: Duration,
    /// The longest wait that a server may ask for (Retry-After).
    pub longest_wait: Duration,
    /// How many redirects are followed.
    pub redirects: u32,
}

impl Default for Limits {
    /// What suits people's networks: seconds to connect, minutes for large files.
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            idle: Duration::from_secs(30),
            rate_bytes: 1024 * 30,
            rate_window: Duration::from_secs(30),
            total: Duration::from_secs(1800),
            tries: 3,
            back_off: Duration::from_millis(500),
            longest_wait: Duration::from_secs(30),
            redirects: 5,
        }
    }
}
