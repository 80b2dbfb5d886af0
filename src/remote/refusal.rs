//! What a status that is no answer means: gone, denied, busy, broken.
//!
//! For the client. Only 404 and 410 say that something is not there; all else may pass.

use std::time::Duration;

use reqwest::StatusCode;
use reqwest::header::{self, HeaderMap};
use url::Url;

use super::error::{Fault, RemoteError, said, shown};

/// A status that is no answer.
pub(super) fn failure(host: &str, url: &Url, status: StatusCode, headers: &HeaderMap) -> RemoteError {
    let retry_after = headers.get(header::RETRY_AFTER).and_then(|v| wait_of(v.to_str().ok()?));
    let exhausted = headers.get("x-ratelimit-remaining").is_some_and(|v| v.as_bytes() == b"0");
    let code = status.as_u16();
    let detail = match status.canonical_reason() {
        Some(reason) => format!("HTTP {code} {reason} for {}", shown(url)),
        None => format!("HTTP {code} for {}", said(&shown(url))),
    };
    let detail = match rate_limit(headers).filter(|_| code == 429) {
        Some(limit) => format!("{detail}; {limit}"),
        None => detail,
    };
    let fault = match code {
        403 if retry_after.is_some() || exhausted => Fault::Busy,
        401 | 403 | 407 => Fault::Denied,
        404 | 410 => Fault::NotThere,
        408 | 425 | 429 | 500..=599 => Fault::Busy,
        _ => Fault::Broken,
    };
    let mut error = RemoteError::new(fault, host, detail);
    error.transient = matches!(code, 429 | 502 | 503 | 504);
    error.retry_after = retry_after;
    if code == 407 {
        return error.help("the proxy asks for credentials");
    }
    match retry_after {
        Some(wait) if fault == Fault::Busy => error.help(format!("it asks to wait {} s", wait.as_secs())),
        _ => error,
    }
}

/// What a server says about how often it may be asked, as registries say it:
/// `ratelimit-limit: 100;w=21600`, `ratelimit-remaining: 0;w=21600` (requests; seconds).
fn rate_limit(headers: &HeaderMap) -> Option<String> {
    let read = |name: &str| {
        let (count, window) = headers.get(name)?.to_str().ok()?.split_once(";w=").unzip();
        let count = count.or_else(|| headers.get(name)?.to_str().ok())?.trim().parse::<u64>().ok()?;
        Some((count, window.and_then(|w| w.trim().parse::<u64>().ok())))
    };
    let (limit, left) = (read("ratelimit-limit"), read("ratelimit-remaining"));
    let limit = limit.map(|(count, window)| match window {
        Some(seconds) => format!("its limit is {count} requests in {seconds} s"),
        None => format!("its limit is {count} requests"),
    });
    let left = left.map(|(count, _)| format!("{count} are left"));
    let all: Vec<String> = limit.into_iter().chain(left).collect();
    (!all.is_empty()).then(|| all.join(", "))
}

/// Retry-After (RFC 9110, 10.2.3): seconds, or a date.
fn wait_of(text: &str) -> Option<Duration> {
    if let Ok(seconds) = text.trim().parse::<u32>() {
        return Some(Duration::from_secs(seconds.into()));
    }
    let then = jiff::fmt::rfc2822::parse(text.trim()).ok()?.timestamp();
    let seconds = then.as_second() - jiff::Timestamp::now().as_second();
    Some(Duration::from_secs(u64::try_from(seconds).unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault_of(code: u16, headers: &[(&'static str, &str)]) -> Fault {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.insert(*name, value.parse().unwrap());
        }
        let url = Url::parse("https://h.example/x").unwrap();
        failure("h.example", &url, StatusCode::from_u16(code).unwrap(), &map).fault()
    }

    #[test]
    fn only_404_and_410_are_told_as_not_there() {
        for code in 400..600 {
            let gone = fault_of(code, &[]) == Fault::NotThere;
            assert_eq!(gone, code == 404 || code == 410, "{code}");
        }
        assert_eq!(fault_of(401, &[]), Fault::Denied);
        assert_eq!(fault_of(429, &[]), Fault::Busy);
        assert_eq!(fault_of(503, &[]), Fault::Busy);
    }

    #[test]
    fn an_exhausted_rate_limit_is_busy_and_not_denied() {
        assert_eq!(fault_of(403, &[]), Fault::Denied);
        assert_eq!(fault_of(403, &[("x-ratelimit-remaining", "0")]), Fault::Busy);
        assert_eq!(fault_of(403, &[("retry-after", "60")]), Fault::Busy);
    }

    #[test]
    fn retry_after_is_read_in_both_forms() {
        assert_eq!(wait_of("7"), Some(Duration::from_secs(7)));
        assert_eq!(wait_of("Wed, 21 Oct 2015 07:28:00 GMT"), Some(Duration::ZERO));
        assert!(wait_of("Fri, 31 Dec 2100 23:59:59 GMT").unwrap() > Duration::from_secs(1 << 20));
        assert_eq!(wait_of("soon"), None);
        assert_eq!(wait_of("-1"), None);
    }
}
