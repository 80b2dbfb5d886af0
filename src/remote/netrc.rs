//! netrc: which login and password a host gets. A small, strict parser.
//!
//! For `credentials`. Tokens are `machine`, `default`, `login`, `password`, `account`, `macdef`;
//! a `#` at the start of a token ends the line. Anything else is an error, with its line alone, so
//! that no password ends up in a message.

/// One machine's entry.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Login {
    pub(super) login: String,
    pub(super) password: String,
}

/// Why a netrc cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("netrc, line {line}: {reason}")]
pub(super) struct NetrcError {
    line: usize,
    reason: &'static str,
}

/// The entry for a host: the first `machine` of that name, else `default`.
pub(super) fn look_up(text: &str, host: &str) -> Result<Option<Login>, NetrcError> {
    let mut tokens = Tokens { rest: text, line: 1 };
    let mut found: Option<Login> = None;
    let mut fallback: Option<Login> = None;
    let mut entry: Option<Entry> = None;
    loop {
        let token = tokens.next()?;
        let begins = matches!(token.as_deref(), None | Some("machine" | "default"));
        if begins && let Some(done) = entry.take() {
            let slot = if done.default { &mut fallback } else { &mut found };
            if (done.default || done.host.eq_ignore_ascii_case(host)) && slot.is_none() {
                *slot = done.complete();
            }
        }
        let Some(token) = token else { break };
        match (token.as_str(), &mut entry) {
            ("machine", _) => {
                let host = tokens.value("`machine` without a name")?;
                entry = Some(Entry { host, ..Entry::default() });
            }
            ("default", _) => entry = Some(Entry { default: true, ..Entry::default() }),
            ("login", Some(e)) => e.login = Some(tokens.value("`login` without a name")?),
            ("password", Some(e)) => e.password = Some(tokens.value("`password` without a value")?),
            ("account", Some(_)) => drop(tokens.value("`account` without a value")?),
            ("macdef", _) => tokens.skip_macro(),
            _ => return Err(tokens.error("a word that netrc does not know, or out of place")),
        }
    }
    Ok(found.or(fallback))
}

#[derive(Default)]
struct Entry {
    host: String,
    default: bool,
    login: Option<String>,
    password: Option<String>,
}

impl Entry {
    fn complete(self) -> Option<Login> {
        Some(Login { login: self.login.unwrap_or_default(), password: self.password? })
    }
}

struct Tokens<'a> {
    rest: &'a str,
    line: usize,
}

impl Tokens<'_> {
    fn error(&self, reason: &'static str) -> NetrcError {
        NetrcError { line: self.line, reason }
    }

    fn advance(&mut self) -> Option<char> {
        let c = self.rest.chars().next()?;
        self.rest = self.rest.strip_prefix(c).unwrap_or_default();
        if c == '\n' {
            self.line += 1;
        }
        Some(c)
    }

    fn value(&mut self, missing: &'static str) -> Result<String, NetrcError> {
        self.next()?.ok_or_else(|| self.error(missing))
    }

    /// The next token; one in double quotes may hold blanks, with `\` before a quote or itself.
    fn next(&mut self) -> Result<Option<String>, NetrcError> {
        loop {
            self.skip(char::is_whitespace);
            if !self.rest.starts_with('#') {
                break;
            }
            self.skip(|c| c != '\n');
        }
        if self.rest.is_empty() {
            return Ok(None);
        }
        let mut token = String::new();
        if !self.rest.starts_with('"') {
            while let Some(c) = self.rest.chars().next().filter(|c| !c.is_whitespace()) {
                token.push(c);
                self.advance();
            }
            return Ok(Some(token));
        }
        self.advance();
        loop {
            match self.advance() {
                Some('"') => return Ok(Some(token)),
                Some('\n') | None => return Err(self.error("a quote that does not end")),
                Some('\\') => token.extend(self.advance()),
                Some(c) => token.push(c),
            }
        }
    }

    fn skip(&mut self, while_: impl Fn(char) -> bool) {
        while self.rest.chars().next().is_some_and(&while_) {
            self.advance();
        }
    }

    /// A macro goes to the next empty line.
    fn skip_macro(&mut self) {
        self.skip(|c| c != '\n');
        self.advance();
        while !self.rest.is_empty() && !self.rest.starts_with('\n') && !self.rest.starts_with("\r\n") {
            self.skip(|c| c != '\n');
            self.advance();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair(text: &str, host: &str) -> Option<(String, String)> {
        look_up(text, host).unwrap().map(|l| (l.login, l.password))
    }

    fn some(login: &str, password: &str) -> Option<(String, String)> {
        Some((login.to_owned(), password.to_owned()))
    }

    const TEXT: &str = "# mine\nmachine a.example login u password p#1 # later\n\
        machine b.example\n\tlogin v\n\tpassword \"two words \\\" \\\\\"\n\
        macdef init\nmachine c.example login evil password evil\n\n\
        machine A.example login second password second\ndefault login anonymous password x\n";

    #[test]
    fn each_host_gets_its_own_and_the_first() {
        assert_eq!(pair(TEXT, "a.example"), some("u", "p#1"));
        assert_eq!(pair(TEXT, "B.example"), some("v", "two words \" \\"));
    }

    #[test]
    fn a_macro_is_no_machine() {
        assert_eq!(pair(TEXT, "c.example"), some("anonymous", "x"));
    }

    #[test]
    fn without_a_match_there_is_nothing() {
        assert_eq!(pair("machine a.example login u password p", "b.example"), None);
        assert_eq!(pair("machine a.example login u", "a.example"), None);
        assert_eq!(pair("", "a"), None);
    }

    #[test]
    fn errors_name_the_line_and_not_the_password() {
        for (text, line) in [
            ("machine a\nlogin u\nsecret", 3),
            ("login u", 1),
            ("machine a login u password \"open\n", 2),
            ("machine", 1),
            ("machine a password", 1),
        ] {
            let error = look_up(text, "a").err().unwrap();
            assert_eq!(error.line, line, "{text:?}");
            assert!(!error.to_string().contains("secret"));
        }
    }

    proptest::proptest! {
        #![proptest_config(proptest::prelude::ProptestConfig::with_cases(256))]
        #[test]
        fn no_text_makes_it_panic(text in "(machine|default|login|password|macdef|[a\"#\\\\ \n\r]|.){0,30}") {
            let _ = look_up(&text, "a");
        }
    }
}
