//! .dockerignore, read by the rules of Docker: which files a build never sees.
//!
//! For COV002: a vendored file that is not sent to the builder. The rules are those of Docker's
//! reference (https://docs.docker.com/build/concepts/context/#dockerignore-files) and of the
//! library that Docker and BuildKit share (moby/patternmatcher): they are not git's. A pattern
//! names a path from the context's root; `**` crosses folders; a `!` takes back; the last one
//! that says something wins; what excludes a folder excludes all in it.

/// One file of patterns.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Dockerignore {
    patterns: Vec<Pattern>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Pattern {
    takes_back: bool,
    form: Form,
}

/// How a pattern is compared; Docker itself tells these apart, and they differ.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Form {
    Exact(String),
    /// `x**`: whatever begins so.
    Prefix(String),
    /// `**x`: whatever ends so.
    Suffix(String),
    Parts(Vec<Part>),
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Char(char),
    /// `?`
    One,
    /// `*`
    Star,
    /// `**` and more: nothing, or anything up to a `/`.
    Folders,
    /// `**` at the end.
    Rest,
    /// `[a-c]`, `[^a-c]`
    Class(bool, Vec<(char, char)>),
}

impl Dockerignore {
    /// Reads the file. A pattern that Docker refuses excludes nothing here: the build itself says
    /// so.
    #[must_use]
    pub fn parse(bytes: &[u8]) -> Self {
        let text = String::from_utf8_lossy(bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes));
        Self { patterns: text.split('\n').filter_map(Pattern::parse).collect() }
    }

    /// Whether a build does not see the file, given by its path from the context's root.
    #[must_use]
    pub fn excludes(&self, path: &str) -> bool {
        let mut excluded = false;
        for pattern in &self.patterns {
            if pattern.takes_back == excluded && super::prefixes(path).any(|p| pattern.form.matches(p)) {
                excluded = !pattern.takes_back;
            }
        }
        excluded
    }
}

/// A path without `.`, `..` and doubled `/`, by its text alone.
fn clean(path: &str) -> String {
    let rooted = path.starts_with('/');
    let mut out: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if out.last().is_some_and(|last| *last != "..") => {
                out.pop();
            }
            ".." if rooted => {}
            part => out.push(part),
        }
    }
    match (rooted, out.join("/")) {
        (true, path) => format!("/{path}"),
        (false, path) if path.is_empty() => ".".to_owned(),
        (false, path) => path,
    }
}

impl Pattern {
    fn parse(line: &str) -> Option<Self> {
        if line.starts_with('#') {
            return None;
        }
        let line = line.trim();
        let (takes_back, text) = match line.strip_prefix('!') {
            Some(rest) => (true, rest.trim()),
            None => (false, line),
        };
        if text.is_empty() {
            return None;
        }
        let path = clean(text);
        let path = if path.len() > 1 { path.strip_prefix('/').unwrap_or(&path) } else { &path };
        Some(Self { takes_back, form: Form::parse(path)? })
    }
}

impl Form {
    fn parse(text: &str) -> Option<Self> {
        let mut chars = text.chars().peekable();
        let mut parts = Vec::new();
        let mut form = 'e';
        let mut first = true;
        while let Some(c) = chars.next() {
            match c {
                '*' if chars.next_if_eq(&'*').is_some() => {
                    let _ = chars.next_if_eq(&'/');
                    if chars.peek().is_some() {
                        parts.push(Part::Folders);
                        form = 'r';
                    } else if form == 'e' {
                        form = 'p';
                    } else {
                        parts.push(Part::Rest);
                        form = 'r';
                    }
                    if first {
                        form = 's';
                    }
                }
                '*' => {
                    parts.push(Part::Star);
                    form = 'r';
                }
                '?' => {
                    parts.push(Part::One);
                    form = 'r';
                }
                '\\' => {
                    parts.push(Part::Char(chars.next()?));
                    form = 'r';
                }
                '[' => {
                    parts.push(class(&mut chars)?);
                    form = 'r';
                }
                c => parts.push(Part::Char(c)),
            }
            first = false;
        }
        Some(match form {
            'p' => Self::Prefix(text.strip_suffix("**").unwrap_or(text).to_owned()),
            's' => Self::Suffix(text.strip_prefix("**").unwrap_or(text).to_owned()),
            'e' => Self::Exact(text.to_owned()),
            _ => Self::Parts(parts),
        })
    }

    fn matches(&self, path: &str) -> bool {
        match self {
            Self::Exact(text) => path == text,
            Self::Prefix(text) => path.starts_with(text.as_str()),
            Self::Suffix(text) => path.ends_with(text.as_str()) || text.strip_prefix('/') == Some(path),
            Self::Parts(parts) => matches(parts, path),
        }
    }
}

/// What stands behind `[`; `None` if it is not closed or says nothing.
fn class(chars: &mut std::iter::Peekable<std::str::Chars<'_>>) -> Option<Part> {
    let negated = chars.next_if_eq(&'^').is_some();
    let mut ranges = Vec::new();
    loop {
        let one = |chars: &mut std::iter::Peekable<std::str::Chars<'_>>| match chars.next()? {
            '\\' => chars.next(),
            '-' | ']' => None,
            c => Some(c),
        };
        if !ranges.is_empty() && chars.next_if_eq(&']').is_some() {
            return Some(Part::Class(negated, ranges));
        }
        let low = one(chars)?;
        let high = if chars.next_if_eq(&'-').is_some() { one(chars)? } else { low };
        ranges.push((low, high));
    }
}

/// Which beginnings of the path the parts so far match, part by part: time is their product.
fn matches(parts: &[Part], path: &str) -> bool {
    let path: Vec<char> = path.chars().collect();
    let mut reached = vec![false; path.len() + 1];
    if let Some(start) = reached.first_mut() {
        *start = true;
    }
    for part in parts {
        let mut next = Vec::with_capacity(reached.len());
        let mut any = false;
        for (n, now) in reached.iter().enumerate() {
            let last = n.checked_sub(1).and_then(|i| path.get(i)).copied();
            let before = n.checked_sub(1).and_then(|i| reached.get(i)).copied().unwrap_or(false);
            any |= *now;
            next.push(match (part, last) {
                (Part::Char(c), Some(last)) => before && *c == last,
                (Part::One, Some(last)) => before && last != '/',
                (Part::Class(negated, ranges), Some(last)) => {
                    before && ranges.iter().any(|(low, high)| (low..=high).contains(&&last)) != *negated
                }
                (Part::Star, Some(last)) => *now || last != '/' && next.last() == Some(&true),
                (Part::Folders, Some(last)) => *now || any && last == '/',
                (Part::Rest, _) => any,
                (Part::Star | Part::Folders, None) => *now,
                (_, None) => false,
            });
        }
        reached = next;
    }
    reached.last() == Some(&true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(file: &str, cases: &[(&str, bool)]) {
        let ignore = Dockerignore::parse(file.as_bytes());
        for (path, excluded) in cases {
            assert_eq!(ignore.excludes(path), *excluded, "{file:?} {path}");
        }
    }

    #[test]
    fn a_pattern_names_a_path_from_the_root_and_all_below_it() {
        check("cache", &[("cache", true), ("cache/a/b", true), ("x/cache", false), ("cachet", false)]);
        check("/cache/", &[("cache/a", true)]);
        check("./a/../cache//", &[("cache/a", true), ("a", false)]);
        check("*.tar", &[("x.tar", true), ("a/x.tar", false), ("x.tar.gz", false), ("x.tar/y", true)]);
        check("*/temp*", &[("a/temporary.txt", true), ("a/b/temp", false), ("temp", false)]);
        check("temp?", &[("tempa", true), ("temp", false), ("temp/", false)]);
        check("", &[("a", false)]);
        check(".", &[("a", false)]);
        check("../a", &[("a", false)]);
        check("/../a", &[("a", true)]);
    }

    #[test]
    fn two_stars_cross_folders_at_the_head_in_the_middle_and_at_the_end() {
        check("**/x.tar", &[("x.tar", true), ("a/x.tar", true), ("a/b/x.tar", true), ("a/y.tar", false)]);
        check("**", &[("a", true), ("a/b", true)]);
        check("**/*", &[("a", true), ("a/b", true)]);
        check("a/**", &[("a/b", true), ("a/b/c", true), ("a", false), ("ab", false)]);
        check("a**", &[("ab", true), ("a/b", true), ("b/a", false)]);
        check("a/**/z", &[("a/z", true), ("a/b/z", true), ("a/b/c/z", true), ("a/bz", false)]);
        check("**/a/*.c", &[("a/x.c", true), ("y/a/x.c", true), ("y/a/b/x.c", false)]);
        check("**tar", &[("x.tar", true), ("a/b.tar", true), ("tart", false)]);
        check("a*/**", &[("ab/c/d", true), ("ab", false)]);
    }

    #[test]
    fn the_last_that_says_something_wins() {
        check("*\n!context", &[("context/x.tar", false), ("other", true)]);
        check("context/*\n!context/x.tar", &[("context/x.tar", false), ("context/y.tar", true)]);
        check("*.md\n!README*.md\nREADME-secret.md", &[("README-secret.md", true), ("README.md", false)]);
        check("*.md\nREADME-secret.md\n!README*.md", &[("README-secret.md", false), ("x.md", true)]);
        check("!a\na", &[("a", true)]);
        check("a\n! a/b ", &[("a/b", false), ("a/c", true)]);
        check("a\n!\n", &[("a", true)]);
    }

    #[test]
    fn comments_blanks_a_byte_order_mark_and_crlf() {
        check("\u{feff}a\r\n  b  \r\n#c\n #d\r\n\r\n", &[("a", true), ("b", true), ("c", false), ("#d", true)]);
    }

    #[test]
    fn classes_and_escapes() {
        check("[a-c]x", &[("ax", true), ("dx", false)]);
        check("[^a-c]x", &[("ax", false), ("dx", true)]);
        check("a\\*b", &[("a*b", true), ("axb", false)]);
        check("a.b+(c)", &[("a.b+(c)", true), ("axb+(c)", false)]);
        check("a.*", &[("a.b", true), ("axb", false)]);
        for bad in ["[", "[]a]", "[a", "a\\", "[a-]"] {
            check(bad, &[("a", false), (bad, false)]);
        }
        check(&"*a".repeat(300), &[(&"a".repeat(299), false)]);
    }
}
