//! A response's bytes on their way in, under a size limit, a rate limit and a deadline.
//!
//! For whoever reads a [`super::Response`]. Every error it gives carries a [`RemoteError`] inside,
//! to be had by [`RemoteError::of_io`].

use std::io::{self, Read};
use std::time::{Duration, Instant};

use super::error::{Fault, RemoteError, flat};
use super::gate::Permit;
use super::limits::Limits;

/// The bytes of a response. An error ends it: the bytes before are not the whole.
#[derive(Debug)]
pub struct Body {
    inner: reqwest::blocking::Response,
    host: String,
    limit: u64,
    read: u64,
    until: Instant,
    limits: Limits,
    waited: Duration,
    in_window: u64,
    /// Given back when the body has ended, not only when it is dropped.
    permit: Option<Permit>,
}

impl Body {
    pub(super) fn new(
        inner: reqwest::blocking::Response,
        host: &str,
        limit: u64,
        until: Instant,
        limits: Limits,
    ) -> Self {
        Self {
            inner,
            host: host.to_owned(),
            limit,
            read: 0,
            until,
            limits,
            waited: Duration::ZERO,
            in_window: 0,
            permit: None,
        }
    }

    /// …with the right to it, which is given back at its end.
    pub(super) fn holding(mut self, permit: Option<Permit>) -> Self {
        self.permit = permit;
        self
    }

    /// All of it.
    ///
    /// # Errors
    /// What [`Read::read`] of this gives.
    pub fn bytes(mut self) -> Result<Vec<u8>, RemoteError> {
        let mut bytes = Vec::new();
        match self.read_to_end(&mut bytes) {
            Ok(_) => Ok(bytes),
            Err(e) => Err(RemoteError::of_io(&e)
                .cloned()
                .unwrap_or_else(|| RemoteError::new(Fault::Broken, &self.host, flat(&e)).midway())),
        }
    }

    fn error(&self, fault: Fault, detail: String) -> RemoteError {
        RemoteError::new(fault, &self.host, detail).midway()
    }

    /// Too slow is told by the time spent waiting for the server, not by how busy we are.
    fn keeps_pace(&mut self, waited: Duration, bytes: u64) -> Result<(), RemoteError> {
        self.waited += waited;
        self.in_window += bytes;
        if self.waited < self.limits.rate_window {
            return Ok(());
        }
        if self.in_window < self.limits.rate_bytes {
            let seconds = self.waited.as_secs_f64();
            let detail = format!("too slow: {} bytes in {seconds:.1} s", self.in_window);
            return Err(self.error(Fault::Unreachable, detail));
        }
        self.waited = Duration::ZERO;
        self.in_window = 0;
        Ok(())
    }
}

impl Read for Body {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let result = self.read_on(buffer);
        let ended = match &result {
            Ok(count) => *count == 0 && !buffer.is_empty(),
            Err(e) => e.kind() != io::ErrorKind::Interrupted,
        };
        if ended {
            // Whoever goes on after a dropped connection needs it for the next answer.
            self.permit = None;
        }
        result
    }
}

impl Body {
    fn read_on(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let before = Instant::now();
        if before >= self.until {
            let detail = "the time limit passed before the answer was complete".to_owned();
            return Err(self.error(Fault::Unreachable, detail).into());
        }
        let count = match self.inner.read(buffer) {
            Ok(count) => count as u64,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => return Err(e),
            Err(e) => return Err(self.explain(&e).into()),
        };
        self.read += count;
        if self.read > self.limit {
            let detail = format!("it is larger than {} bytes", self.limit);
            return Err(self.error(Fault::Refused, detail).into());
        }
        if count > 0 {
            self.keeps_pace(before.elapsed(), count)?;
        }
        Ok(usize::try_from(count).unwrap_or(usize::MAX))
    }

    fn explain(&self, error: &io::Error) -> RemoteError {
        let inner = error.get_ref().and_then(|e| e.downcast_ref::<reqwest::Error>());
        if inner.is_some_and(reqwest::Error::is_timeout) || error.kind() == io::ErrorKind::TimedOut {
            let seconds = self.limits.idle.as_secs_f64();
            let detail = format!("stalled: nothing came for {seconds:.1} s after {} bytes", self.read);
            return self.error(Fault::Unreachable, detail);
        }
        let detail = format!("the connection dropped after {} bytes: {}", self.read, flat(error));
        self.error(Fault::Unreachable, detail).transient()
    }
}
