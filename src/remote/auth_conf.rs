//! apt's auth.conf: which login and password a place of an archive gets (apt_auth.conf(5)).
//!
//! For `credentials`. Like netrc, but `machine` names `[scheme://]host[:port][/path]`: without a
//! scheme https is meant, the path holds for what lies below it, and the longest path wins. An
//! error is told with its line alone, so that no password ends up in a message.

use url::Url;

use super::netrc::Login;

/// One machine's entry.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Entry {
    /// `https`, unless another one is written.
    scheme: String,
    host: String,
    port: Option<u16>,
    /// Begins with `/`, and does not end with one unless it is the root.
    path: String,
    pub(super) login: Login,
}

/// Why an auth.conf cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("auth.conf, line {line}: {reason}")]
pub(super) struct AuthConfError {
    line: usize,
    reason: &'static str,
}

impl Entry {
    /// Whether it is for a URL.
    fn fits(&self, url: &Url) -> bool {
        let host = url.host_str().unwrap_or_default();
        let below = match self.path.as_str() {
            "/" => true,
            path => url.path().strip_prefix(path).is_some_and(|rest| rest.is_empty() || rest.starts_with('/')),
        };
        url.scheme() == self.scheme && host.eq_ignore_ascii_case(&self.host) && url.port() == self.port && below
    }
}

/// The best entry for a URL, and its place among all: that of the longest path, of several the
/// first.
pub(super) fn best<'a>(entries: &'a [Entry], url: &Url) -> Option<(usize, &'a Entry)> {
    let mut best: Option<(usize, &Entry)> = None;
    for (at, entry) in entries.iter().enumerate().filter(|(_, e)| e.fits(url)) {
        if best.is_none_or(|(_, b)| entry.path.len() > b.path.len()) {
            best = Some((at, entry));
        }
    }
    best
}

/// Reads the entries of one file, in its order. One without a password is none.
pub(super) fn read(text: &str) -> Result<Vec<Entry>, AuthConfError> {
    let mut all = Vec::new();
    let mut open: Option<(Option<Machine>, Option<String>, Option<String>)> = None;
    let mut words = words(text).peekable();
    let mut close = |open: &mut Option<(Option<Machine>, Option<String>, Option<String>)>| {
        if let Some((Some(machine), login, Some(password))) = open.take() {
            let login = Login { login: login.unwrap_or_default(), password };
            let Machine { scheme, host, port, path } = machine;
            all.push(Entry { scheme, host, port, path, login });
        }
    };
    while let Some((line, word, first)) = words.next() {
        // A comment has a line of its own; a password may well begin with the sign.
        if first && word.starts_with('#') {
            while words.next_if(|(l, _, _)| *l == line).is_some() {}
            continue;
        }
        let fail = |reason| AuthConfError { line, reason };
        let mut value = |reason| words.next().map(|(_, word, _)| word).ok_or(fail(reason));
        match (word, &mut open) {
            ("machine", _) => {
                close(&mut open);
                let name = value("`machine` without a name")?;
                open = Some((machine(name), None, None));
            }
            ("login", Some((_, login, _))) => *login = Some(value("`login` without a name")?.to_owned()),
            ("password", Some((_, _, password))) => {
                *password = Some(value("`password` without a value")?.to_owned());
            }
            _ => return Err(fail("a word that auth.conf does not know, or out of place")),
        }
    }
    close(&mut open);
    Ok(all)
}

struct Machine {
    scheme: String,
    host: String,
    port: Option<u16>,
    path: String,
}

/// `None` for what no URL of ours can be, such as `tor+https://…`: it fits nothing.
fn machine(text: &str) -> Option<Machine> {
    let (scheme, rest) = text.split_once("://").unwrap_or(("https", text));
    let scheme = scheme.to_ascii_lowercase();
    if !matches!(scheme.as_str(), "https" | "http") {
        return None;
    }
    let url = Url::parse(&format!("{scheme}://{rest}")).ok()?;
    if !url.username().is_empty() || url.password().is_some() || url.query().is_some() || url.fragment().is_some() {
        return None;
    }
    let path = match url.path().trim_end_matches('/') {
        "" => "/",
        path => path,
    };
    Some(Machine { scheme, host: url.host_str()?.to_owned(), port: url.port(), path: path.to_owned() })
}

/// Words with their line, from 1, and whether each is the first of its line.
fn words(text: &str) -> impl Iterator<Item = (usize, &str, bool)> {
    text.lines()
        .enumerate()
        .flat_map(|(at, line)| line.split_whitespace().enumerate().map(move |(nth, word)| (at + 1, word, nth == 0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "# of this machine\n\
        machine example.org login all password #1\n\
        machine example.org/deb login deb password p2\n\
        machine example.org/deb/internal\nlogin inner\npassword p3\n\
        machine example.org/deb login second password p4\n\
        machine http://plain.example:8080/x/ login plain password p5\n\
        machine tor+https://t.example login tor password p6\n\
        machine nothing.example login nobody\n";

    fn login(url: &str) -> Option<String> {
        let entries = read(TEXT).unwrap();
        best(&entries, &Url::parse(url).unwrap()).map(|(_, e)| format!("{}:{}", e.login.login, e.login.password))
    }

    #[test]
    fn the_longest_path_wins_and_of_equals_the_first() {
        for (url, expected) in [
            ("https://example.org/", Some("all:#1")),
            ("https://example.org/debian/x", Some("all:#1")),
            ("https://EXAMPLE.org/deb", Some("deb:p2")),
            ("https://example.org/deb/dists/x", Some("deb:p2")),
            ("https://example.org/deb/internal/x", Some("inner:p3")),
            ("https://example.org:8443/deb", None),
            ("https://sub.example.org/deb", None),
            ("https://t.example/", None),
            ("https://nothing.example/", None),
        ] {
            assert_eq!(login(url).as_deref(), expected, "{url}");
        }
    }

    #[test]
    fn http_is_served_only_where_it_is_written() {
        assert_eq!(login("http://example.org/deb"), None);
        assert_eq!(login("http://plain.example:8080/x/y").as_deref(), Some("plain:p5"));
        assert_eq!(login("https://plain.example:8080/x/y"), None);
        assert_eq!(login("http://plain.example:8080/xy"), None);
    }

    #[test]
    fn errors_name_the_line_and_not_the_password() {
        for (text, line) in [
            ("machine a\nlogin u\nsecret x", 3),
            ("login u", 1),
            ("machine", 1),
            ("machine a login u\n\npassword", 3),
            ("machine a password secret secret2", 1),
        ] {
            let error = read(text).err().unwrap();
            assert_eq!(error.line, line, "{text:?}");
            assert!(!error.to_string().contains("secret"), "{error}");
        }
    }

    proptest::proptest! {
        #![proptest_config(proptest::prelude::ProptestConfig::with_cases(256))]
        #[test]
        fn no_text_makes_it_panic(text in "(machine |login |password |http://|[a#/:@ \n]|.){0,30}") {
            if let Ok(entries) = read(&text) {
                let _ = best(&entries, &Url::parse("https://a/a").unwrap());
            }
        }
    }
}
