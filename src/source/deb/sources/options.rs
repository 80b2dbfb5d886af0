//! What an entry says beside its address: `Signed-By: …`, or `[signed-by=…]` in the one-line form.

use std::ops::Range;

use crate::model::{Trouble, quoted, visible};

use super::super::keys::is_architecture;
use super::{Reader, SignedBy, WORDS};

/// The options of one entry.
#[derive(Default)]
pub(super) struct Options {
    pub(super) architectures: Vec<String>,
    pub(super) signed_by: Vec<SignedBy>,
    pub(super) check_valid_until: Option<bool>,
    pub(super) by_hash: Option<bool>,
    pub(super) valid_until_max: Option<u64>,
}

/// What would make apt take packages without a sound signature.
const UNSIGNED: [&str; 4] = ["trusted", "allow-insecure", "allow-weak", "allow-downgrade-to-insecure"];

/// What changes which packages there are, and is not followed here: passing over it would lock others than apt takes.
const NOT_FOLLOWED: [&str; 6] =
    ["architectures-add", "architectures-remove", "snapshot", "inrelease-path", "include", "exclude"];

/// apt's words for yes and no.
pub(super) fn yes_or_no(text: &str) -> Result<bool, Trouble> {
    match text.to_ascii_lowercase().as_str() {
        "yes" | "true" | "with" | "on" | "enable" | "1" => Ok(true),
        "no" | "false" | "without" | "off" | "disable" | "0" => Ok(false),
        _ => Err(Trouble::new(format!("{} is neither `yes` nor `no`", quoted(text)))),
    }
}

impl Reader<'_> {
    /// Takes an option by its name in the deb822 form; one that is not known is passed over, as apt does it.
    pub(super) fn option(&mut self, options: &mut Options, name: &str, at: Range<usize>, separators: &[char]) {
        let Some(value) = self.content.get(at.clone()) else { return };
        let lower = name.to_ascii_lowercase();
        match lower.as_str() {
            "architectures" => {
                let words = self.words(at, separators);
                if let Some((_, at)) = words.get(WORDS) {
                    self.report(Trouble::new(format!("more than {WORDS} architectures")), at.clone());
                    return;
                }
                options.architectures = self.vet(&words, architecture);
            }
            "signed-by" if value.starts_with("-----") => match embedded(value) {
                Ok(key) => options.signed_by = vec![SignedBy::Embedded(key)],
                Err(trouble) => self.report(trouble, at),
            },
            "signed-by" => {
                let words = self.words(at.clone(), &[',']);
                if let Some((_, at)) = words.get(WORDS) {
                    self.report(Trouble::new(format!("more than {WORDS} keys")), at.clone());
                    return;
                }
                if words.is_empty() {
                    self.report(Trouble::new("`Signed-By` names no keys"), at);
                }
                options.signed_by = self.vet(&words, signed_by);
            }
            "check-valid-until" => options.check_valid_until = self.flag(value, at),
            // `force` asks for it even where the Release does not offer it.
            "by-hash" if value.eq_ignore_ascii_case("force") => options.by_hash = Some(true),
            "by-hash" => options.by_hash = self.flag(value, at),
            "valid-until-max" => match value.parse() {
                Ok(seconds) => options.valid_until_max = Some(seconds),
                Err(_) => self.report(Trouble::new(format!("{} is no number of seconds", quoted(value))), at),
            },
            known if UNSIGNED.contains(&known) => self.refuse_unsigned(name, value, at),
            known if NOT_FOLLOWED.contains(&known) => {
                let trouble = Trouble::new(format!("`{}` is not followed here", visible(name)));
                self.report(trouble.help("describe the archive in pins.toml instead"), at);
            }
            _ => {}
        }
    }

    fn refuse_unsigned(&mut self, name: &str, value: &str, at: Range<usize>) {
        if self.flag(value, at.clone()) == Some(true) {
            let trouble = Trouble::new(format!("`{}` is refused", visible(name)));
            let trouble = trouble.found("an archive that is taken without a sound signature");
            self.report(trouble.help("remove it, and say with `Signed-By` whose signature counts"), at);
        }
    }

    fn flag(&mut self, text: &str, at: Range<usize>) -> Option<bool> {
        match yes_or_no(text) {
            Ok(flag) => Some(flag),
            Err(trouble) => {
                self.report(trouble, at);
                None
            }
        }
    }
}

fn architecture(text: &str) -> Result<String, Trouble> {
    if is_architecture(text) {
        return Ok(text.to_owned());
    }
    Err(Trouble::new(format!("{} is not an architecture", quoted(text)))
        .expected("Debian's word for it, such as `amd64` or `armhf`"))
}

fn signed_by(text: &str) -> Result<SignedBy, Trouble> {
    let (digits, exact) = text.strip_suffix('!').map_or((text, false), |digits| (digits, true));
    let hex = digits.bytes().all(|b| b.is_ascii_hexdigit());
    if hex && matches!(digits.len(), 40 | 64) {
        return Ok(SignedBy::Fingerprint { text: digits.to_ascii_uppercase(), exact });
    }
    if hex {
        return Err(Trouble::new(format!("{} is a short key id", quoted(text)))
            .expected("the full fingerprint, 40 (or 64) hexadecimal digits")
            .found(digits.len().to_string()));
    }
    if text.contains(['/', '.']) && visible(text) == text && !text.split('/').any(|part| part == "..") {
        return Ok(SignedBy::Path(text.to_owned()));
    }
    Err(Trouble::new(format!("{} names no keys", quoted(text)))
        .expected("the path of a keyring, a full fingerprint, or an embedded key"))
}

/// Takes an embedded certificate out: blanks before its lines go, and `.` is an empty line.
fn embedded(value: &str) -> Result<String, Trouble> {
    let lines = value.split('\n').filter(|line| !line.starts_with('#')).map(str::trim);
    let lines: Vec<&str> = lines.map(|line| if line == "." { "" } else { line }).collect();
    let (first, last) = ("-----BEGIN PGP PUBLIC KEY BLOCK-----", "-----END PGP PUBLIC KEY BLOCK-----");
    if lines.first() == Some(&first) && lines.last() == Some(&last) {
        return Ok(lines.join("\n") + "\n");
    }
    Err(Trouble::new("the embedded key is not whole").expected(format!("`{first}` … `{last}`")))
}
