//! The machine's own places for well-known URLs: prefix to prefix.
//!
//! For every kind of source. From the user's config file and `DUBO_PIN_MIRRORS`, never from a
//! repository. What a mirror may decide is the caller's matter: it serves known hashes freely, a
//! new value only with `resolve`.

use crate::model::{Place, Trouble, quoted, suggest};

/// Known mirrors.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Mirrors(Vec<Mirror>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Mirror {
    prefix: String,
    url: String,
    resolve: bool,
    /// 1 for the environment, which wins over 0, the file.
    rank: u8,
}

/// A URL as a mirror has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mirrored {
    /// Where the mirror has it.
    pub url: String,
    /// Whether it may decide a new value.
    pub resolve: bool,
}

/// Why mirrors cannot be read: each with its place.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", .0.message)]
pub struct MirrorError(pub Box<Trouble>);

impl Mirrors {
    /// No mirrors.
    #[must_use]
    pub const fn none() -> Self {
        Self(Vec::new())
    }

    /// Reads the user's config file (TOML; `[[mirrors]]` with `prefix`, `url`, `resolve`).
    /// `name` is how messages call the file.
    ///
    /// # Errors
    /// No TOML, an unknown key, a missing or wrong value: the first of them, with its line.
    pub fn from_file(name: &str, text: &str) -> Result<Self, MirrorError> {
        let fail = |span: Option<std::ops::Range<usize>>, trouble: Trouble| {
            let place = match span {
                Some(span) => Place::of(name, text.as_bytes(), span),
                None => Place::file(name),
            };
            Err(MirrorError(Box::new(trouble.at(place))))
        };
        let document = match toml_edit::Document::parse(text) {
            Ok(document) => document,
            Err(e) => return fail(e.span(), Trouble::new(e.message().trim().to_owned())),
        };
        let mut found = Self::default();
        for (key, item) in document.iter() {
            let span = document.key(key).and_then(toml_edit::Key::span);
            if key != "mirrors" {
                return fail(span, unknown(key, &["mirrors"]));
            }
            let Some(tables) = item.as_array_of_tables() else {
                let trouble = Trouble::new("`mirrors` is not a list of tables");
                return fail(span, trouble.expected("[[mirrors]]"));
            };
            for table in tables {
                match mirror_of(table) {
                    Ok(mirror) => found.0.push(mirror),
                    Err(misread) => return fail(misread.span.or(table.span()), misread.trouble),
                }
            }
        }
        Ok(found)
    }

    /// Adds what `DUBO_PIN_MIRRORS` says: `PREFIX=URL` or `PREFIX=URL;resolve`, separated by
    /// blanks. The prefix ends at the first `=http`, `=ssh` or `=file`.
    ///
    /// # Errors
    /// An entry of another form.
    pub fn and_environment(mut self, text: &str) -> Result<Self, MirrorError> {
        for entry in text.split_whitespace() {
            let fail = |message: String| {
                let trouble = Trouble::new(message).found(quoted(entry));
                let trouble = trouble.expected("PREFIX=URL or PREFIX=URL;resolve");
                Err(MirrorError(Box::new(trouble)))
            };
            let (rest, resolve) = match entry.rsplit_once(';') {
                Some((rest, "resolve")) => (rest, true),
                Some(_) => return fail("DUBO_PIN_MIRRORS knows only `;resolve`".to_owned()),
                None => (entry, false),
            };
            let cut = ["=https://", "=http://", "=ssh://", "=file://"].iter().filter_map(|mark| rest.find(mark)).min();
            let Some((prefix, url)) = cut.and_then(|at| rest.split_at_checked(at)) else {
                return fail("DUBO_PIN_MIRRORS holds an entry without a URL".to_owned());
            };
            let url = url.trim_start_matches('=');
            match checked(prefix, url, resolve, 1) {
                Ok(mirror) => self.0.push(mirror),
                Err(why) => return fail(format!("DUBO_PIN_MIRRORS: {why}")),
            }
        }
        Ok(self)
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Each prefix once with the URL that counts for it: for a program that has rules of its own.
    pub(super) fn rules(&self) -> impl Iterator<Item = (&str, &str)> {
        let counts = |m: &&Mirror| self.for_url(&m.prefix).is_some_and(|best| best.url == m.url);
        let mut seen = std::collections::BTreeSet::new();
        self.0.iter().filter(counts).map(|m| (&*m.prefix, &*m.url)).filter(move |rule| seen.insert(*rule))
    }

    /// Where a mirror has a URL: the longest prefix wins, the environment over the file, the later
    /// over the earlier.
    #[must_use]
    pub fn for_url(&self, url: &str) -> Option<Mirrored> {
        let fits = self.0.iter().filter_map(|m| Some((m, rest_of(url, &m.prefix)?)));
        let (mirror, rest) = fits.max_by_key(|(m, _)| (m.prefix.len(), m.rank))?;
        let base = mirror.url.trim_end_matches('/');
        let url = match rest {
            "" => mirror.url.clone(),
            rest => format!("{base}/{rest}"),
        };
        Some(Mirrored { url, resolve: mirror.resolve })
    }
}

/// What follows a prefix that ends at a path boundary, without the `/` between.
fn rest_of<'a>(url: &'a str, prefix: &str) -> Option<&'a str> {
    let rest = url.strip_prefix(prefix)?;
    if rest.is_empty() || prefix.ends_with('/') {
        return Some(rest);
    }
    rest.strip_prefix('/')
}

fn checked(prefix: &str, url: &str, resolve: bool, rank: u8) -> Result<Mirror, String> {
    for (what, text) in [("prefix", prefix), ("url", url)] {
        let Ok(parsed) = url::Url::parse(text) else {
            return Err(format!("the {what} {} is no URL", quoted(text)));
        };
        if !matches!(parsed.scheme(), "https" | "http" | "ssh" | "file") {
            return Err(format!("the {what} {} is neither https, http, ssh nor file", quoted(text)));
        }
        if parsed.password().is_some() {
            return Err(format!("the {what} holds a password: use netrc or a credential helper"));
        }
        if parsed.query().is_some() || parsed.fragment().is_some() {
            return Err(format!("the {what} {} has a query or a fragment", quoted(text)));
        }
        if parsed.scheme() != "file" && !text.split_once("://").is_some_and(|(_, r)| r.contains('/')) {
            return Err(format!("the {what} {} lacks the `/` after its host", quoted(text)));
        }
    }
    Ok(Mirror { prefix: prefix.to_owned(), url: url.to_owned(), resolve, rank })
}

/// What is wrong with an entry, and where.
struct Misread {
    span: Option<std::ops::Range<usize>>,
    trouble: Trouble,
}

impl Misread {
    fn new(span: Option<std::ops::Range<usize>>, trouble: Trouble) -> Box<Self> {
        Box::new(Self { span, trouble })
    }
}

fn mirror_of(table: &toml_edit::Table) -> Result<Mirror, Box<Misread>> {
    const KEYS: [&str; 3] = ["prefix", "url", "resolve"];
    for (key, _) in table {
        if !KEYS.contains(&key) {
            let span = table.key(key).and_then(toml_edit::Key::span);
            return Err(Misread::new(span, unknown(key, &KEYS)));
        }
    }
    let wrong = |item: &toml_edit::Item, text: String| Misread::new(item.span(), Trouble::new(text));
    let text = |key: &str| match table.get(key) {
        Some(item) => item.as_str().ok_or_else(|| wrong(item, format!("`{key}` is not a string"))),
        None => Err(Misread::new(None, Trouble::new(format!("a mirror lacks `{key}`")))),
    };
    let resolve = match table.get("resolve") {
        None => false,
        Some(item) => item.as_bool().ok_or_else(|| wrong(item, "`resolve` is neither true nor false".to_owned()))?,
    };
    let (prefix, url) = (text("prefix")?, text("url")?);
    checked(prefix, url, resolve, 0).map_err(|why| Misread::new(table.span(), Trouble::new(why)))
}

fn unknown(key: &str, known: &[&str]) -> Trouble {
    let trouble = Trouble::new(format!("unknown key {}", quoted(key)));
    match suggest(key, known.iter().copied()) {
        Some(word) => trouble.help(format!("did you mean `{word}`?")),
        None => trouble.expected(known.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = r#"
[[mirrors]]
prefix = "https://github.com/"
url = "http://127.0.0.1:8080/"

[[mirrors]]
prefix = "https://github.com/coredns"
url = "https://mirror.example/c"
resolve = true
"#;

    fn at(mirrors: &Mirrors, url: &str) -> Option<(String, bool)> {
        mirrors.for_url(url).map(|m| (m.url, m.resolve))
    }

    #[test]
    fn the_longest_prefix_at_a_path_boundary_wins() {
        let mirrors = Mirrors::from_file("config.toml", FILE).unwrap();
        let yes = |url: &str, resolve| Some((url.to_owned(), resolve));
        assert_eq!(at(&mirrors, "https://github.com/a/b"), yes("http://127.0.0.1:8080/a/b", false));
        assert_eq!(at(&mirrors, "https://github.com/coredns/coredns"), yes("https://mirror.example/c/coredns", true));
        assert_eq!(at(&mirrors, "https://github.com/coredns"), yes("https://mirror.example/c", true));
        assert_eq!(at(&mirrors, "https://github.com/corednsx/y"), yes("http://127.0.0.1:8080/corednsx/y", false));
        assert_eq!(at(&mirrors, "https://github.community/x"), None);
        assert_eq!(at(&mirrors, "http://github.com/x"), None);
    }

    #[test]
    fn the_environment_wins_over_the_file_on_equal_length() {
        let mirrors = Mirrors::from_file("config.toml", FILE)
            .unwrap()
            .and_environment(" https://github.com/=http://localhost:1/;resolve\n https://b.example/=file:///srv/b/ ")
            .unwrap();
        assert_eq!(at(&mirrors, "https://github.com/a"), Some(("http://localhost:1/a".to_owned(), true)));
        assert_eq!(at(&mirrors, "https://b.example/r.git"), Some(("file:///srv/b/r.git".to_owned(), false)));
        assert_eq!(at(&mirrors, "https://github.com/coredns/x").unwrap().0, "https://mirror.example/c/x");
    }

    #[test]
    fn unknown_keys_are_errors_with_their_line() {
        let text = "[[mirrors]]\nprefix = \"https://a/\"\nurl = \"https://b/\"\nresovle = true\n";
        let MirrorError(trouble) = Mirrors::from_file("config.toml", text).unwrap_err();
        assert_eq!(trouble.place.unwrap().line, 4);
        assert_eq!(trouble.help.unwrap(), "did you mean `resolve`?");
        assert!(Mirrors::from_file("c", "mirror = 1\n").is_err());
        assert!(Mirrors::from_file("c", "mirrors = 1\n").is_err());
        assert!(Mirrors::from_file("c", "[[mirrors]]\nprefix = \"https://a/\"\n").is_err());
        assert!(Mirrors::from_file("c", "[[mirrors]\n").is_err());
        assert!(Mirrors::from_file("c", "").unwrap().is_empty());
    }

    #[test]
    fn wrong_entries_are_refused() {
        for bad in [
            "https://a/",
            "https://a/=https://b/;later",
            "nonsense=https://b/",
            "https://a/=ftp://b/",
            "ext::x=https://b/",
            "https://a/=https://u:p@b/",
            "https://a=https://b/",
            "https://a/=https://b",
            "https://a/=https://b/?x",
        ] {
            assert!(Mirrors::default().and_environment(bad).is_err(), "{bad}");
        }
    }

    proptest::proptest! {
        #![proptest_config(proptest::prelude::ProptestConfig::with_cases(256))]
        #[test]
        fn no_text_makes_the_parsers_panic(text in ".{0,80}") {
            let _ = Mirrors::from_file("c", &text);
            let _ = Mirrors::default().and_environment(&text);
        }
    }
}
