//! The control fields of one binary package: the stanza that a .deb carries.
//!
//! For whoever reads a .deb or generates a Packages index. Not a reader of whole indices: that is
//! `index`. The form is that of Debian policy 5.1 and 5.3, taken strictly.

use std::collections::HashSet;

use super::keys::{is_architecture, is_name};
use crate::model::quoted;

/// The fields of a package in the order in which they stand.
///
/// At most 1 MiB of UTF-8 in one stanza; no field stands twice, whatever its letters' case;
/// package, version and architecture are there and are plain words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Control {
    fields: Vec<(String, String)>,
    package: String,
    version: String,
    architecture: String,
}

/// The most that a control file may weigh, in bytes; the largest of bookworm has about 50,000.
pub const CONTROL_CAP: usize = 1 << 20;

/// Why a text is no [`Control`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ControlError {
    /// More than [`CONTROL_CAP`].
    #[error("its control file is larger than 1 MiB")]
    Large,
    /// Not text.
    #[error("its control file is not UTF-8")]
    Encoding,
    /// A control character, such as a carriage return.
    #[error("line {0} of its control file holds a control character")]
    Character(usize),
    /// No stanza, or more than one.
    #[error("its control file is not one stanza")]
    Stanza,
    /// Neither `Name: value` nor the continuation of a value.
    #[error("line {0} of its control file is no field")]
    Line(usize),
    /// The same field again.
    #[error("its control file gives {} twice", quoted(.0))]
    Twice(String),
    /// A field that every package has.
    #[error("its control file gives no {0}")]
    Missing(&'static str),
    /// A field whose value cannot be one.
    #[error("its control file gives {} as {name}", quoted(.value))]
    Value {
        /// The field.
        name: &'static str,
        /// What it says.
        value: String,
    },
}

/// A version's letters (policy 5.6.12), up to 256: it starts with a letter or digit.
pub(super) fn is_exact_version(text: &str) -> bool {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b".+-:~".contains(&b);
    text.len() <= 256
        && text.bytes().next().is_some_and(|b| b.is_ascii_alphanumeric())
        && text.bytes().all(plain)
        && text.split_once(':').is_none_or(|(epoch, rest)| {
            !rest.is_empty() && !epoch.is_empty() && epoch.bytes().all(|b| b.is_ascii_digit())
        })
}

/// A field's name (policy 5.1): printable ASCII but blank and colon, not starting with `#` or `-`.
fn is_field_name(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= 128
        && !name.starts_with(['#', '-'])
        && name.bytes().all(|b| b.is_ascii_graphic() && b != b':')
}

impl Control {
    /// Reads the text of a control file.
    ///
    /// # Errors
    /// [`ControlError`]: for whatever dpkg or apt could read in another way than we do.
    pub fn parse(bytes: &[u8]) -> Result<Self, ControlError> {
        if bytes.len() > CONTROL_CAP {
            return Err(ControlError::Large);
        }
        let text = std::str::from_utf8(bytes).map_err(|_| ControlError::Encoding)?;
        let fields = read_fields(text.trim_matches('\n'))?;
        let mut seen = HashSet::new();
        for (name, _) in &fields {
            if !seen.insert(name.to_ascii_lowercase()) {
                return Err(ControlError::Twice(name.clone()));
            }
        }
        let word = |name: &'static str, is: fn(&str) -> bool| {
            let value = find(&fields, name).ok_or(ControlError::Missing(name))?;
            if is(value) { Ok(value.to_owned()) } else { Err(ControlError::Value { name, value: value.to_owned() }) }
        };
        let package = word("Package", is_name)?;
        let version = word("Version", is_exact_version)?;
        let architecture = word("Architecture", is_architecture)?;
        Ok(Self { package, version, architecture, fields })
    }

    /// The package's name.
    #[must_use]
    pub fn package(&self) -> &str {
        &self.package
    }

    /// Its version, with epoch, as text.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.version
    }

    /// Its architecture in Debian's words, or `all`.
    #[must_use]
    pub fn architecture(&self) -> &str {
        &self.architecture
    }

    /// The value of a field, whatever the case of its name: the lines after the first keep the
    /// blank that they start with.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&str> {
        find(&self.fields, name)
    }

    /// Every field, name and value, in their order.
    pub fn fields(&self) -> impl Iterator<Item = (&str, &str)> {
        self.fields.iter().map(|(n, v)| (n.as_str(), v.as_str()))
    }

    /// The name that a pool gives the file: `name_version_architecture.deb`, without the epoch.
    #[must_use]
    pub fn pool_name(&self) -> String {
        let version = self.version.split_once(':').map_or(self.version.as_str(), |(_, rest)| rest);
        format!("{}_{version}_{}.deb", self.package, self.architecture)
    }
}

fn find<'a>(fields: &'a [(String, String)], name: &str) -> Option<&'a str> {
    fields.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v.as_str())
}

fn read_fields(text: &str) -> Result<Vec<(String, String)>, ControlError> {
    let mut fields: Vec<(String, String)> = Vec::new();
    for (index, line) in text.split('\n').enumerate() {
        let number = index + 1;
        if line.chars().any(|c| c.is_control() && c != '\t') {
            return Err(ControlError::Character(number));
        }
        let trimmed = line.trim_end_matches([' ', '\t']);
        if trimmed.is_empty() {
            return Err(ControlError::Stanza);
        }
        if trimmed.starts_with([' ', '\t']) {
            let (_, value) = fields.last_mut().ok_or(ControlError::Line(number))?;
            value.push('\n');
            value.push_str(trimmed);
            continue;
        }
        let (name, value) = trimmed.split_once(':').ok_or(ControlError::Line(number))?;
        if !is_field_name(name) {
            return Err(ControlError::Line(number));
        }
        fields.push((name.to_owned(), value.trim_start_matches([' ', '\t']).to_owned()));
    }
    Ok(fields)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const HEAD: &str = "Package: a0\nVersion: 1:2~rc1-1\nArchitecture: all\n";

    #[test]
    fn the_fields_keep_their_order_and_their_lines() {
        let text = format!("{HEAD}Conffiles:\n /etc/a x\nDescription: short  \n long\n .\n more\n\n");
        let control = Control::parse(text.as_bytes()).unwrap();
        let names: Vec<&str> = control.fields().map(|(n, _)| n).collect();
        assert_eq!(names, ["Package", "Version", "Architecture", "Conffiles", "Description"]);
        assert_eq!(control.field("description"), Some("short\n long\n .\n more"));
        assert_eq!(control.field("Conffiles"), Some("\n /etc/a x"));
        assert_eq!(control.field("Depends"), None);
        assert_eq!((control.package(), control.version(), control.architecture()), ("a0", "1:2~rc1-1", "all"));
        assert_eq!(control.pool_name(), "a0_2~rc1-1_all.deb");
    }

    #[test]
    fn what_could_be_read_in_two_ways_is_refused() {
        let large = format!("{HEAD}X: {}", "x".repeat(CONTROL_CAP));
        for (bad, message) in [
            (String::new(), "its control file is not one stanza"),
            (format!("{HEAD}\nPackage: b0\n"), "its control file is not one stanza"),
            (format!("{HEAD}Description: a\n \n b\n"), "its control file is not one stanza"),
            (format!("{HEAD}package: b0\n"), "its control file gives `package` twice"),
            (format!("{HEAD}Depends: x\r\n"), "line 4 of its control file holds a control character"),
            (format!("{HEAD}no field\n"), "line 4 of its control file is no field"),
            (format!("{HEAD}# a: comment\n"), "line 4 of its control file is no field"),
            (format!(" a\n{HEAD}"), "line 1 of its control file is no field"),
            (format!("{HEAD}: x\n"), "line 4 of its control file is no field"),
            ("Package: a0\nVersion: 1\n".to_owned(), "its control file gives no Architecture"),
            (HEAD.replace("a0", "../a"), "its control file gives `../a` as Package"),
            (HEAD.replace("1:2", "$(x)"), "its control file gives `$(x)~rc1-1` as Version"),
            (HEAD.replace("1:2", "x:2"), "its control file gives `x:2~rc1-1` as Version"),
            (HEAD.replace("all", "all\n i386"), "its control file gives `all\\u{a} i386` as Architecture"),
            (large, "its control file is larger than 1 MiB"),
        ] {
            assert_eq!(Control::parse(bad.as_bytes()).unwrap_err().to_string(), message);
        }
        assert_eq!(Control::parse(b"Package: \xff").unwrap_err(), ControlError::Encoding);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(256))]
        #[test]
        fn any_text_is_read_or_refused(text in "(Package|Version|Architecture|[A-Za-z#: \n\t.é\r-]{0,8}|: ?a1|\n){0,24}") {
            if let Ok(control) = Control::parse(text.as_bytes()) {
                prop_assert!(control.fields().count() >= 3);
            }
        }
    }
}
