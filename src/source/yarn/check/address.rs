//! URLs of yarn.lock: https, without logins, of hosts that were reviewed.
//!
//! For `check`. A host is reviewed if it was locked (evidence `hosts`) or stands in the pin's `hosts`.
//! http is for loopback alone. Repositories are bound by `git`, so of these only the scheme counts.
//! What could be read as another host by another reader of URLs is refused.

use std::collections::BTreeSet;

use super::Case;
use super::item::{From, Item, is_web};
use super::report::Report;
use crate::model::{Id, Scheme, Trouble, quoted};
use crate::source::url::Host;

pub(super) fn check(case: &Case<'_>, report: &mut Report<'_>) {
    let hosts = hosts(case, report);
    for item in &case.items {
        let url = match &item.from {
            From::Tarball(url) | From::Moving { url, .. } => (*url).to_owned(),
            From::Git { tarball: true, .. } => item.source().split('#').next().unwrap_or_default().to_owned(),
            From::Registry { archive: Some(url), .. } => url.clone(),
            From::Git { url, .. } => {
                let insecure = url.scheme() == Scheme::Http && !is_loopback(url.host());
                if insecure || item.source().starts_with("git:") {
                    plain(item, item.source(), report);
                }
                continue;
            }
            _ => continue,
        };
        let reviewed = match &item.from {
            // Bound to the locked repository, which is on that host.
            From::Git { .. } => None,
            _ => Some(&hosts),
        };
        one(item, &url, reviewed, report);
    }
}

/// The hosts that were reviewed.
fn hosts(case: &Case<'_>, report: &mut Report<'_>) -> BTreeSet<String> {
    let mut all: BTreeSet<String> = case.keys.hosts.iter().map(|h| h.as_str().to_owned()).collect();
    for text in case.entry.proof("hosts").unwrap_or_default().split(',').filter(|t| !t.is_empty()) {
        match text.parse::<Host>() {
            Ok(host) if host.as_str() == text => {
                all.insert(text.to_owned());
            }
            _ => report.pins(Id::YARN017, || {
                Trouble::new(format!("the locked `hosts` name {}, which is no host", quoted(text)))
            }),
        }
    }
    all
}

/// The hosts that tarballs of yarn.lock are taken from.
pub(super) fn named(items: &[Item<'_>]) -> BTreeSet<String> {
    let url = |item: &Item<'_>| match &item.from {
        From::Tarball(url) | From::Moving { url, .. } => Some((*url).to_owned()),
        From::Registry { archive: Some(url), .. } => Some(url.clone()),
        _ => None,
    };
    let authority = |url: String| {
        let rest = url.split_once("://").map(|(_, rest)| rest)?;
        host(rest.split(['/', '?', '#']).next().unwrap_or_default())
    };
    items.iter().filter_map(url).filter_map(authority).collect()
}

fn one(item: &Item<'_>, url: &str, reviewed: Option<&BTreeSet<String>>, report: &mut Report<'_>) {
    let line = item.source_line();
    let rest = url.split_once("://").map_or("", |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if authority.contains('@') {
        return report.lock(Id::YARN008, line, url, || {
            Trouble::new(format!("the URL of {} holds a login", quoted(item.said())))
                .expected("a URL without one")
                .found(quoted(url))
                .help("logins belong into .npmrc of the machine or its netrc, never into yarn.lock: change them too")
        });
    }
    let plain_bytes = url.bytes().all(|b| b.is_ascii_graphic() && !b"\\\"'`<>^{|}".contains(&b));
    let Some(host) = host(authority).filter(|_| plain_bytes && is_web(url)) else {
        return report.lock(Id::YARN008, line, url, || {
            Trouble::new(format!("the URL of {} can be read in two ways", quoted(item.said())))
                .expected("https, a host name and a path in plain characters")
                .found(quoted(url))
        });
    };
    let name = host.rsplit_once(':').filter(|(_, port)| !port.contains(']')).map_or(host.as_str(), |(name, _)| name);
    if !url.starts_with("https://") && !is_loopback(name) {
        plain(item, url, report);
    }
    let unseen = reviewed.is_some_and(|hosts| !hosts.contains(&host));
    if unseen {
        report.lock(Id::YARN008, line, authority, || {
            let known: Vec<String> = reviewed.into_iter().flatten().take(20).map(|h| quoted(h)).collect();
            Trouble::new(format!("the URL of {} names a host that was not reviewed", quoted(item.said())))
                .expected(if known.is_empty() { "a host in pins.lock".to_owned() } else { known.join(", ") })
                .found(quoted(&host))
                .help(format!(
                    "if it is right: hosts = [\"{}\"] in the pin, then dubo-pin refresh",
                    crate::model::visible(&host)
                ))
        });
    }
}

fn plain(item: &Item<'_>, url: &str, report: &mut Report<'_>) {
    report.lock(Id::YARN008, item.source_line(), url, || {
        Trouble::new(format!("{} is fetched without encryption", quoted(item.said())))
            .expected("https")
            .found(quoted(url))
            .help("take it from an https host, then dubo-pin refresh")
    });
}

/// A host as `hosts` has it, with a port other than the scheme's; `None` for what is no plain one.
fn host(authority: &str) -> Option<String> {
    let host: Host = authority.parse().ok()?;
    // The parser of URLs must have read no other host than what stands there.
    let stands = authority.to_ascii_lowercase();
    let same = host.as_str() == stands || stands.strip_suffix(":443") == Some(host.as_str());
    same.then(|| host.as_str().to_owned())
}

fn is_loopback(host: &str) -> bool {
    let bare = host.strip_prefix('[').and_then(|h| h.strip_suffix(']')).unwrap_or(host);
    host == "localhost" || bare.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
}
