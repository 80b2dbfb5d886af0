//! The text around signatures and keys: ASCII armor and the cleartext framework.
//!
//! For [`super::verify`] and [`super::certificate`]. Stricter than RFC 9580 (sections 6.2 and 7):
//! nothing may stand before, between or after the blocks, so that no reader can take unsigned text
//! for signed text. Each function is linear in its input. It verifies nothing.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::OpenPgpError;
use super::OpenPgpError::Unreadable;

/// The two halves of a clearsigned file.
pub(super) struct Cleartext {
    /// What is signed: lines without blanks at their ends, dashes unescaped, joined by `\n`,
    /// without the end of the last line.
    pub(super) text: String,
    /// The packets of the signatures.
    pub(super) signatures: Vec<u8>,
}

/// Which block of armor is wanted.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Block {
    /// `PGP SIGNATURE`
    Signature,
    /// `PGP PUBLIC KEY BLOCK`
    Keys,
}

impl Block {
    fn begin(self) -> &'static str {
        match self {
            Self::Signature => "-----BEGIN PGP SIGNATURE-----",
            Self::Keys => "-----BEGIN PGP PUBLIC KEY BLOCK-----",
        }
    }

    fn end(self) -> &'static str {
        match self {
            Self::Signature => "-----END PGP SIGNATURE-----",
            Self::Keys => "-----END PGP PUBLIC KEY BLOCK-----",
        }
    }
}

/// Takes a clearsigned file apart.
///
/// # Errors
/// [`OpenPgpError::Unreadable`] for whatever is not exactly one clearsigned message.
pub(super) fn cleartext(file: &str) -> Result<Cleartext, OpenPgpError> {
    if file.contains(['\r', '\0']) {
        return Err(Unreadable("the signed file holds a carriage return or a NUL byte"));
    }
    let mut lines = file.split('\n');
    if lines.next() != Some("-----BEGIN PGP SIGNED MESSAGE-----") {
        return Err(Unreadable("the file does not begin as a clearsigned file does"));
    }
    loop {
        match lines.next() {
            Some("") => break,
            Some(line) if line.strip_prefix("Hash: ").is_some_and(names_hashes) => {}
            _ => return Err(Unreadable("the head of the signed file holds more than Hash lines")),
        }
    }
    let mut text = String::with_capacity(file.len());
    let mut first = true;
    loop {
        let Some(line) = lines.next() else {
            return Err(Unreadable("the signed file ends before its signature"));
        };
        if line == Block::Signature.begin() {
            break;
        }
        let line = match line.strip_prefix("- ") {
            Some(escaped) => escaped,
            None if line.starts_with('-') => {
                return Err(Unreadable("a line of the signed text begins with a dash that is not escaped"));
            }
            None => line,
        };
        if !first {
            text.push('\n');
        }
        first = false;
        text.push_str(line.trim_end_matches([' ', '\t']));
    }
    let mut signatures = Vec::new();
    block(&mut lines, Block::Signature, &mut signatures)?;
    if lines.all(str::is_empty) {
        Ok(Cleartext { text, signatures })
    } else {
        Err(Unreadable("something stands after the signature"))
    }
}

/// Whether these are names of hashes, and nothing that a reader could take for text.
fn names_hashes(value: &str) -> bool {
    value.split(',').map(str::trim).all(|name| {
        !name.is_empty() && name.len() <= 12 && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
    })
}

/// The packets of a file, armored in one or more blocks, or bare.
///
/// # Errors
/// [`OpenPgpError::Unreadable`] for text that is not blocks of this kind and nothing else.
pub(super) fn packets(file: &[u8], kind: Block) -> Result<Vec<u8>, OpenPgpError> {
    // Every packet begins with this bit (RFC 9580, section 4.2); no text in ASCII does.
    if file.first().is_some_and(|b| b & 0x80 != 0) {
        return Ok(file.to_vec());
    }
    let text = std::str::from_utf8(file).map_err(|_| Unreadable("it is neither OpenPGP packets nor their armor"))?;
    let mut lines = text.lines();
    let mut out = Vec::new();
    while let Some(line) = lines.next() {
        if line.is_empty() {
            continue;
        }
        if line == "-----BEGIN PGP PRIVATE KEY BLOCK-----" {
            return Err(OpenPgpError::Secret);
        }
        if line != kind.begin() {
            return Err(match kind {
                Block::Signature => Unreadable("the signature file holds more than signatures"),
                Block::Keys => Unreadable("the key file holds more than public keys"),
            });
        }
        block(&mut lines, kind, &mut out)?;
    }
    Ok(out)
}

/// One block after its first line, up to and with its last one.
fn block<'a>(lines: &mut impl Iterator<Item = &'a str>, kind: Block, out: &mut Vec<u8>) -> Result<(), OpenPgpError> {
    // Its head: `Comment: …`, unsigned and unread.
    loop {
        match lines.next() {
            Some("") => break,
            Some(line) if line.contains(": ") && !line.starts_with('-') => {}
            _ => return Err(Unreadable("the head of the armor is broken")),
        }
    }
    let mut body = String::new();
    loop {
        match lines.next() {
            Some(line) if line == kind.end() => break,
            // The checksum, which says nothing that the signature does not say (section 6.1).
            Some(line) if line.len() == 5 && line.starts_with('=') => {
                if lines.next() == Some(kind.end()) {
                    break;
                }
                return Err(Unreadable("the end of the armor is broken"));
            }
            Some(line) => body.push_str(line),
            None => return Err(Unreadable("the armor has no end")),
        }
    }
    out.extend(STANDARD.decode(body).map_err(|_| Unreadable("the armor is not base64"))?);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const HEAD: &str = "-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\n";
    const TAIL: &str = "\n-----BEGIN PGP SIGNATURE-----\n\nAAEC\n=abcd\n-----END PGP SIGNATURE-----\n";

    fn text(file: &str) -> Result<String, &'static str> {
        match cleartext(file) {
            Ok(cleartext) => Ok(cleartext.text),
            Err(Unreadable(why)) => Err(why),
            Err(other) => panic!("{other}"),
        }
    }

    #[test]
    fn only_what_is_signed_is_text() {
        let of = |body: &str| text(&format!("{HEAD}{body}{TAIL}")).unwrap();
        assert_eq!(of("a: b\n\nc"), "a: b\n\nc");
        assert_eq!(of("a"), "a");
        assert_eq!(of(""), "");
        assert_eq!(of("\n"), "\n");
        assert_eq!(of("a \t\nb\t "), "a\nb");
        assert_eq!(of("- -----BEGIN PGP SIGNATURE-----\n- - a\n- b"), "-----BEGIN PGP SIGNATURE-----\n- a\nb");
    }

    #[test]
    fn nothing_may_stand_around_the_block() {
        let good = format!("{HEAD}a{TAIL}");
        assert_eq!(text(&good), Ok("a".to_owned()));
        assert_eq!(text(&format!("{good}\n\n")), Ok("a".to_owned()));
        assert_eq!(text(good.trim_end()), Ok("a".to_owned()));
        let no_begin = Err("the file does not begin as a clearsigned file does");
        assert_eq!(text(&format!("\n{good}")), no_begin);
        assert_eq!(text(&format!("x\n{good}")), no_begin);
        assert_eq!(text(&format!(" {good}")), no_begin);
        assert_eq!(text(&good.replacen("-----\n", "----- \n", 1)), no_begin);
        let after = Err("something stands after the signature");
        assert_eq!(text(&format!("{good}x")), after);
        assert_eq!(text(&format!("{good} \n")), after);
        assert_eq!(text(&format!("{good}{good}")), after);
        let control = Err("the signed file holds a carriage return or a NUL byte");
        assert_eq!(text(&good.replace('\n', "\r\n")), control);
        assert_eq!(text(&good.replacen('a', "a\0", 1)), control);
        let dash = Err("a line of the signed text begins with a dash that is not escaped");
        assert_eq!(text(&format!("{HEAD}-a{TAIL}")), dash);
        assert_eq!(text(&format!("{HEAD}-----BEGIN PGP SIGNATURE----- {TAIL}")), dash);
        assert_eq!(text(&format!("{HEAD}{good}")), dash);
        assert_eq!(text(HEAD), Err("the signed file ends before its signature"));
    }

    #[test]
    fn the_head_holds_hash_lines_alone() {
        let with = |head: &str| text(&format!("-----BEGIN PGP SIGNED MESSAGE-----\n{head}a{TAIL}"));
        for good in ["\n", "Hash: SHA512\n\n", "Hash: SHA256, SHA3-512\nHash: SHA1\n\n"] {
            assert_eq!(with(good), Ok("a".to_owned()), "{good:?}");
        }
        let bad = Err("the head of the signed file holds more than Hash lines");
        for line in [" ", "Hash:", "Hash: ", "Hash: SHA256 ,", "hash: SHA256", "Version: 1", "Hash: a\u{b}b", "a", "\t"]
        {
            assert_eq!(with(&format!("{line}\n\n")), bad, "{line:?}");
        }
        // Without the blank line the text would be part of the head.
        assert_eq!(with(""), bad);
    }

    #[test]
    fn armor_is_blocks_and_nothing_else() {
        let of = |file: &str| packets(file.as_bytes(), Block::Signature);
        let one = TAIL.trim_start();
        assert_eq!(of(one), Ok(vec![0, 1, 2]));
        assert_eq!(of(&format!("\n{one}\n{one}")), Ok(vec![0, 1, 2, 0, 1, 2]));
        assert_eq!(of(&one.replace('\n', "\r\n")), Ok(vec![0, 1, 2]));
        assert_eq!(of(&one.replacen("\n\n", "\nVersion: x\n\n", 1)), Ok(vec![0, 1, 2]));
        assert_eq!(of(&one.replacen("=abcd\n", "", 1)), Ok(vec![0, 1, 2]));
        assert_eq!(of(""), Ok(Vec::new()));
        assert_eq!(packets(&[0xC2, 0], Block::Signature), Ok(vec![0xC2, 0]));
        assert_eq!(of("<html>"), Err(Unreadable("the signature file holds more than signatures")));
        assert_eq!(of(&one.replacen("\n\n", "\nx\n\n", 1)), Err(Unreadable("the head of the armor is broken")));
        assert_eq!(of(&one.replacen("AAEC", "A!EC", 1)), Err(Unreadable("the armor is not base64")));
        assert_eq!(of(&one.replacen("=abcd\n", "=abcd\nAAEC\n", 1)), Err(Unreadable("the end of the armor is broken")));
        assert_eq!(
            of(one.trim_end().strip_suffix("-----").unwrap()),
            Err(Unreadable("the end of the armor is broken"))
        );
        assert_eq!(packets(b"-----BEGIN PGP PRIVATE KEY BLOCK-----\n\n", Block::Keys), Err(OpenPgpError::Secret));
        assert_eq!(packets(one.as_bytes(), Block::Keys), Err(Unreadable("the key file holds more than public keys")));
        assert_eq!(packets(b"a\xff", Block::Keys), Err(Unreadable("it is neither OpenPGP packets nor their armor")));
    }

    proptest! {
        #[test]
        fn escaped_text_comes_back_as_it_was(lines in proptest::collection::vec("(- ?|-----BEGIN PGP SIGNATURE-----)?[ -~]{0,9}[!-~]|", 1..9)) {
            let escaped: Vec<String> =
                lines.iter().map(|l| if l.starts_with('-') { format!("- {l}") } else { l.clone() }).collect();
            prop_assert_eq!(text(&format!("{HEAD}{}{TAIL}", escaped.join("\n"))), Ok(lines.join("\n")));
        }

        #[test]
        fn no_text_makes_it_panic(file in "(-----BEGIN PGP SIGNED MESSAGE-----\n|Hash: SHA256\n|\n|- |-----BEGIN PGP SIGNATURE-----\n|AAEC|=abcd\n|-----END PGP SIGNATURE-----|x){0,12}") {
            let _ = cleartext(&file);
            let _ = packets(file.as_bytes(), Block::Signature);
        }
    }
}
