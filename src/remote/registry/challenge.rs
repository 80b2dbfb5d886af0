//! `WWW-Authenticate`: which kinds of credentials a registry takes (RFC 9110, 11.6.1).
//!
//! For `session`. A strict reader: several challenges in one value, quoted commas, escapes. What it
//! cannot read is no challenge at all, never half of one.

/// One challenge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Challenge {
    /// In lower case: `bearer`, `basic`.
    pub(super) scheme: String,
    /// Names in lower case, each once.
    params: Vec<(String, String)>,
}

impl Challenge {
    pub(super) fn param(&self, name: &str) -> Option<&str> {
        self.params.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
    }
}

/// The longest value that is read, in bytes.
const LONGEST: usize = 16 * 1024;

/// The challenges of one header value; `None` if it is not well formed.
pub(super) fn parse(value: &str) -> Option<Vec<Challenge>> {
    if value.len() > LONGEST {
        return None;
    }
    let mut rest = value;
    let mut all: Vec<Challenge> = Vec::new();
    loop {
        rest = rest.trim_start_matches([' ', '\t', ',']);
        if rest.is_empty() {
            return (!all.is_empty()).then_some(all);
        }
        let (word, after) = token(rest)?;
        if let Some((param, next)) = assigned(after) {
            // A parameter belongs to the challenge before it.
            let params = &mut all.last_mut()?.params;
            let name = word.to_ascii_lowercase();
            if params.iter().any(|(n, _)| *n == name) {
                return None;
            }
            params.push((name, param));
            rest = ended(next)?;
            continue;
        }
        all.push(Challenge { scheme: word.to_ascii_lowercase(), params: Vec::new() });
        let Some(inner) = after.strip_prefix(' ') else {
            rest = ended(after)?;
            continue;
        };
        let inner = inner.trim_start_matches(' ');
        rest = match token(inner) {
            Some((_, next)) if assigned(next).is_some() => inner,
            // token68: of no scheme that is known here.
            _ => ended(inner.trim_start_matches(|c: char| c.is_ascii_alphanumeric() || "-._~+/=".contains(c)))?,
        };
    }
}

/// What follows an element: a comma, or the end.
fn ended(text: &str) -> Option<&str> {
    let rest = text.trim_start_matches([' ', '\t']);
    (rest.is_empty() || rest.starts_with(',')).then_some(rest)
}

fn token(text: &str) -> Option<(&str, &str)> {
    let end = text.find(|c: char| !(c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c)));
    let (word, rest) = text.split_at_checked(end.unwrap_or(text.len()))?;
    (!word.is_empty()).then_some((word, rest))
}

/// `= value`, and what follows it.
fn assigned(text: &str) -> Option<(String, &str)> {
    let text = text.trim_start_matches([' ', '\t']).strip_prefix('=')?.trim_start_matches([' ', '\t']);
    let Some(quoted) = text.strip_prefix('"') else {
        let (word, rest) = token(text)?;
        return Some((word.to_owned(), rest));
    };
    let mut value = String::new();
    let mut escaped = false;
    for (at, c) in quoted.char_indices() {
        match c {
            _ if escaped => {
                value.push(c);
                escaped = false;
            }
            '\\' => escaped = true,
            '"' => return Some((value, quoted.get(at + 1..)?)),
            c => value.push(c),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(value: &str) -> Option<Vec<String>> {
        let one = |c: Challenge| {
            let params: Vec<String> = c.params.iter().map(|(n, v)| format!("{n}={v}")).collect();
            format!("{} {}", c.scheme, params.join(";")).trim().to_owned()
        };
        Some(parse(value)?.into_iter().map(one).collect())
    }

    #[test]
    fn realms_with_commas_and_several_challenges_are_told_apart() {
        for (value, expected) in [
            (
                r#"Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:a/b:pull,push""#,
                vec![
                    "bearer realm=https://auth.docker.io/token;service=registry.docker.io;scope=repository:a/b:pull,push",
                ],
            ),
            (
                r#"Basic realm="a, b", Bearer realm=x , service = "y" "#,
                vec!["basic realm=a, b", "bearer realm=x;service=y"],
            ),
            (r#"Negotiate, Basic realm="""#, vec!["negotiate", "basic realm="]),
            (r#"Negotiate YWJj==, Basic realm="x""#, vec!["negotiate", "basic realm=x"]),
            (r#"BEARER REALM="a\"b\\c""#, vec![r#"bearer realm=a"b\c"#]),
            ("Basic", vec!["basic"]),
            (r#",, Basic realm="x",,"#, vec!["basic realm=x"]),
        ] {
            assert_eq!(shown(value).unwrap(), expected, "{value}");
        }
    }

    #[test]
    fn what_is_not_well_formed_is_no_challenge() {
        for bad in [
            "",
            " , ",
            r#"realm="x""#,
            r#"Bearer realm="x"#,
            r#"Bearer realm="x" service="y""#,
            r#"Bearer realm="x",realm="y""#,
            r#"Bearer realm="x\"#,
            "Bearer (realm)",
            "\"Bearer\"",
            "Bearer realm=é",
        ] {
            assert_eq!(shown(bad), None, "{bad}");
        }
        assert_eq!(parse(&format!("Basic realm=\"{}\"", "x".repeat(LONGEST))), None);
    }

    proptest::proptest! {
        #![proptest_config(proptest::prelude::ProptestConfig::with_cases(256))]
        #[test]
        fn no_value_makes_it_panic(value in "(Bearer |Basic|realm|[=,\"\\\\ a]|.){0,30}") {
            let _ = parse(&value);
        }

        #[test]
        fn a_quoted_value_is_read_back(text in "[ -~]{0,40}") {
            let quoted = text.replace('\\', "\\\\").replace('"', "\\\"");
            let all = parse(&format!("Basic x=1, Bearer realm=\"{quoted}\", service=s")).unwrap();
            proptest::prop_assert_eq!(all[1].param("realm"), Some(text.as_str()));
            proptest::prop_assert_eq!(all[1].param("service"), Some("s"));
        }
    }
}
