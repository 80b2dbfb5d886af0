//! The canonical one line of what a pin asks for.
//!
//! The lock keeps it, so that a manifest that was edited and not refreshed is seen without
//! network. Equal requests give equal lines, different ones different lines.

use std::fmt::{self, Write as _};

use super::version::Versions;
use crate::model::Platform;

/// `key=value` items with one blank between them, in the order in which they were put.
#[derive(Debug, Default)]
pub(super) struct Request(String);

/// Blanks, commas, `%` and all that is not printable ASCII, percent-encoded.
struct Encoded<'a>(&'a str);

impl fmt::Display for Encoded<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.bytes().try_for_each(|b| match b {
            b',' | b'%' => write!(f, "%{b:02X}"),
            b if b.is_ascii_graphic() => f.write_char(char::from(b)),
            b => write!(f, "%{b:02X}"),
        })
    }
}

impl Request {
    /// One value.
    pub(super) fn put(self, key: &str, value: &str) -> Self {
        self.put_list(key, [value])
    }

    /// One value, if it is there.
    pub(super) fn put_some(self, key: &str, value: Option<&str>) -> Self {
        match value {
            Some(value) => self.put(key, value),
            None => self,
        }
    }

    /// `key=true`, if it is.
    pub(super) fn put_flag(self, key: &str, value: bool) -> Self {
        self.put_some(key, value.then_some("true"))
    }

    /// Values with commas between them, in the order given; nothing if there are none.
    pub(super) fn put_list<T: AsRef<str>>(mut self, key: &str, values: impl IntoIterator<Item = T>) -> Self {
        let encode = |v: T| Encoded(v.as_ref()).to_string();
        let values: Vec<String> = values.into_iter().map(encode).collect();
        if !values.is_empty() {
            let blank = if self.0.is_empty() { "" } else { " " };
            self.0 += &format!("{blank}{key}={}", values.join(","));
        }
        self
    }

    /// `version`, `exclude` and `pre-releases`, if versions are followed.
    pub(super) fn put_versions(self, versions: Option<&Versions>) -> Self {
        let Some(versions) = versions else {
            return self;
        };
        let rule = versions.rule.to_string();
        self.put_list("version", rule.split(','))
            .put_list("exclude", versions.exclude.iter().map(ToString::to_string))
            .put_flag("pre-releases", versions.pre_releases)
    }

    /// The platforms, sorted: the last item.
    pub(super) fn finish(self, platforms: &[Platform]) -> String {
        let mut platforms: Vec<&str> = platforms.iter().map(Platform::as_str).collect();
        platforms.sort_unstable();
        self.put_list("platforms", platforms).0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_cannot_pose_as_another_item() {
        let line = Request::default()
            .put("a", "x b=%20,é")
            .put_list("c", ["1", "2,3"])
            .put_list("none", Vec::<&str>::new())
            .finish(&[]);
        assert_eq!(line, "a=x%20b=%2520%2C%C3%A9 c=1,2%2C3");
    }
}
