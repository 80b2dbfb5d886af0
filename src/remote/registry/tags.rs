//! The pages of a list of tags (distribution-spec, "Listing Tags"), and what leads from one to the
//! next (RFC 8288).
//!
//! For the client beside it. It asks nothing itself.

use std::collections::BTreeSet;

use serde_json::Value as Json;
use url::Url;

use super::place::Base;
use crate::remote::error::{Fault, RemoteError, shown};

/// Tags that one page is asked for.
pub(super) const PAGE: &str = "tags/list?n=1000";

/// The largest page, in bytes.
pub(super) const LARGEST: u64 = 4 << 20;

/// Pages and tags, at most.
const PAGES: usize = 1_000;
const TAGS: usize = 500_000;

/// Tags so far.
#[derive(Debug, Default)]
pub(super) struct Pages {
    tags: BTreeSet<String>,
    asked: BTreeSet<String>,
}

pub(super) fn is_tag(text: &str) -> bool {
    let word = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
    text.len() <= 128
        && text.bytes().next().is_some_and(word)
        && text.bytes().all(|b| word(b) || b == b'.' || b == b'-')
}

impl Pages {
    /// Takes a page in, and says which comes next, if one does.
    pub(super) fn add(
        &mut self,
        base: &Base,
        at: &Url,
        bytes: &[u8],
        links: &[&str],
    ) -> Result<Option<Url>, RemoteError> {
        let fail = |fault, detail: String| Err(RemoteError::new(fault, base.host(), detail));
        let Ok(Json::Object(page)) = serde_json::from_slice::<Json>(bytes) else {
            return fail(Fault::Broken, "its list of tags is no JSON object".to_owned());
        };
        let before = self.tags.len();
        match page.get("tags") {
            Some(Json::Array(all)) => {
                let all = all.iter().filter_map(Json::as_str).filter(|t| is_tag(t));
                self.tags.extend(all.map(str::to_owned));
            }
            // A repository whose tags are all gone.
            Some(Json::Null) => {}
            _ => return fail(Fault::Broken, "its list of tags has no tags".to_owned()),
        }
        self.asked.insert(at.as_str().to_owned());
        let Some(next) = links.iter().find_map(|l| next_of(l)) else {
            return Ok(None);
        };
        let Ok(next) = at.join(next) else {
            return fail(Fault::Broken, "its list of tags goes on at no URL".to_owned());
        };
        if next.origin() != base.root.origin() || !next.username().is_empty() || next.password().is_some() {
            return fail(Fault::Refused, format!("its list of tags goes on elsewhere, at {}", shown(&next)));
        }
        if self.asked.contains(next.as_str()) || self.tags.len() == before {
            return fail(Fault::Broken, "its list of tags goes round in a circle".to_owned());
        }
        if self.asked.len() >= PAGES || self.tags.len() > TAGS {
            return fail(Fault::Refused, format!("its list of tags does not end ({} so far)", self.tags.len()));
        }
        Ok(Some(next))
    }

    /// All of them, each once, sorted by bytes.
    pub(super) fn into_tags(self) -> Vec<String> {
        self.tags.into_iter().collect()
    }
}

/// The target of `<target>; rel="next"`, of all links of a value.
fn next_of(value: &str) -> Option<&str> {
    let mut rest = value.trim_start_matches([' ', '\t', ',']);
    while let Some((target, after)) = rest.strip_prefix('<').and_then(|r| r.split_once('>')) {
        let end = end_of(after);
        let (params, next) = after.split_at_checked(end)?;
        let rel = |param: &str| {
            let (name, value) = param.split_once('=')?;
            let words = value.trim().trim_matches('"');
            let next = words.split_ascii_whitespace().any(|w| w.eq_ignore_ascii_case("next"));
            (name.trim().eq_ignore_ascii_case("rel") && next).then_some(())
        };
        if params.split(';').find_map(rel).is_some() {
            return Some(target);
        }
        rest = next.trim_start_matches([' ', '\t', ',']);
    }
    None
}

/// Where a link's parameters end: at a comma outside quotes.
fn end_of(text: &str) -> usize {
    let mut quoted = false;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'"' => quoted = !quoted,
            b',' if !quoted => return at,
            _ => {}
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::remote::registry::Name;

    #[test]
    fn the_next_page_is_found_among_links() {
        for (value, expected) in [
            (r#"</v2/a/tags/list?last=b&n=2>; rel="next""#, Some("/v2/a/tags/list?last=b&n=2")),
            (r#"<x>;rel=next"#, Some("x")),
            (r#"<p>; rel="prev", <n>; title="a, <b>"; REL="Next""#, Some("n")),
            (r#"<p>; rel="prev""#, None),
            ("x; rel=next", None),
            ("<x", None),
            ("", None),
        ] {
            assert_eq!(next_of(value), expected, "{value}");
        }
    }

    #[test]
    fn circles_strangers_and_pages_without_news_end_it() {
        let base = Base::upstream(Name { host: "h.example", path: "a" }).unwrap();
        let at = base.url(PAGE).unwrap();
        let add = |pages: &mut Pages, bytes: &str, link: &str| pages.add(&base, &at, bytes.as_bytes(), &[link]);
        let mut pages = Pages::default();
        let next = add(&mut pages, r#"{"tags":["b","a",".x",7]}"#, "</v2/a/tags/list?last=b>; rel=next").unwrap();
        assert_eq!(next.unwrap().as_str(), "https://h.example/v2/a/tags/list?last=b");
        for (bytes, link, fault) in [
            (r#"{"tags":["c"]}"#, "<https://other.example/>; rel=next", Fault::Refused),
            (r#"{"tags":["d"]}"#, "<http://h.example/v2/>; rel=next", Fault::Refused),
            (r#"{"tags":["e"]}"#, "</v2/a/tags/list?n=1000>; rel=next", Fault::Broken),
            (r#"{"tags":["a"]}"#, "</v2/a/tags/list?last=c>; rel=next", Fault::Broken),
            ("<html>", "", Fault::Broken),
            ("{}", "", Fault::Broken),
        ] {
            assert_eq!(add(&mut pages, bytes, link).unwrap_err().fault(), fault, "{bytes} {link}");
        }
        assert_eq!(add(&mut pages, r#"{"tags":null}"#, "").unwrap(), None);
        assert_eq!(pages.into_tags(), ["a", "b", "c", "d", "e"]);
    }

    proptest::proptest! {
        #![proptest_config(proptest::prelude::ProptestConfig::with_cases(256))]
        #[test]
        fn no_link_makes_it_panic(value in "([<>;,\"= ]|rel|next|.){0,30}") {
            let _ = next_of(&value);
        }
    }
}
