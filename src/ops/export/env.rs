//! `export env`: every locked value as a line that a shell reads: `COREDNS_COMMIT=…`.
//!
//! `set -a; . ./pins.env` in any POSIX shell gives exactly these values: nothing in them is expanded
//! (POSIX.1-2024, Shell Command Language, 2.2 and 2.6). Not for `docker --env-file`, which keeps quotes.

use std::collections::BTreeMap;
use std::path::Path;

use super::{Exported, locked, of};
use crate::lock::Value;
use crate::model::{Failure, PinName, Trouble};

/// A value, and whose it is.
struct Line {
    pin: PinName,
    said: String,
    value: String,
}

/// The lines of the pins that names and globs mean, or of all, sorted by name.
///
/// # Errors
/// What kept the manifest or the lock from being read; a pin that is not locked as pins.toml has it;
/// two values that would have one name.
pub fn run(dir: &Path, names: &[String]) -> Result<Exported, Vec<Failure>> {
    let locked = locked(dir, names)?;
    let mut lines: BTreeMap<String, Line> = BTreeMap::new();
    let mut failures = Vec::new();
    let mut put = |name: String, line: Line| {
        if acted_on(&name) {
            let trouble = Trouble::new(format!("{name} would be the name of {}: programs act on it", line.said));
            failures.push(of(&line.pin, trouble.help("rename the pin: dubo-pin rename NAME NEW")));
        } else if let Some(other) = lines.get(&name) {
            let trouble = Trouble::new(format!("{name} would be the name of two values"))
                .found(format!("{}, and {}", other.said, line.said))
                .help("rename one of the pins, or take some alone: dubo-pin export env --pin NAME");
            failures.push(of(&line.pin, trouble));
        } else {
            lines.insert(name, line);
        }
    };
    for (pin, entry) in &locked.pins {
        let pin = &pin.name;
        for (key, value) in &entry.values {
            let said = format!("`{}` of {pin}", key.as_str());
            let name = format!("{}_{}", upper(pin.as_str()), upper(key.as_str()));
            match value {
                Value::One(token) => put(name, Line { pin: pin.clone(), said, value: token.as_str().to_owned() }),
                Value::Each(each) => {
                    for (platform, token) in each {
                        let said = format!("{said} on {platform}");
                        let name = format!("{name}_{}", upper(platform.as_str()));
                        put(name, Line { pin: pin.clone(), said, value: token.as_str().to_owned() });
                    }
                }
            }
        }
    }
    if !failures.is_empty() {
        return Err(failures);
    }
    let line = |(name, line): (String, Line)| {
        // A name must not begin with a digit.
        let low = if name.starts_with(|c: char| c.is_ascii_digit()) { "_" } else { "" };
        format!("{low}{name}={}\n", shell_word(&line.value))
    };
    Ok(Exported { text: lines.into_iter().map(line).collect(), notes: locked.notes })
}

/// Letters and digits, upper case; all else is `_`.
fn upper(text: &str) -> String {
    text.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' }).collect()
}

/// Whether the dynamic linker or a shell acts on a variable of this name.
fn acted_on(name: &str) -> bool {
    name.starts_with("LD_") || name.starts_with("DYLD_") || name == "BASH_ENV"
}

/// A value as one word of a shell, in single quotes where it needs them.
fn shell_word(value: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"@%_+=:,./-".contains(&b);
    if !value.is_empty() && value.bytes().all(plain) {
        value.to_owned()
    } else {
        format!("'{}'", value.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_quoted_where_a_shell_would_read_it_otherwise() {
        for plain in ["v1.11.1", "1:2.0+dfsg-1", "docker.io/a/b:c@sha256:00", "a=b,c%_"] {
            assert_eq!(shell_word(plain), plain);
        }
        for (value, word) in [("1.0~rc1", "'1.0~rc1'"), ("a;id", "'a;id'"), ("*", "'*'"), ("#a", "'#a'"), ("", "''")] {
            assert_eq!(shell_word(value), word);
        }
        assert_eq!(shell_word("a'b"), r"'a'\''b'");
    }
}
