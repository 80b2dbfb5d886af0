//! A Dockerfile in the ways in which builders read it as the same.

use dubo_pin::dockerfile::Dockerfile;

const BOM: &[u8] = b"\xEF\xBB\xBF";

/// Each with its name.
pub fn of(bytes: &[u8]) -> Vec<(&'static str, Vec<u8>)> {
    let plain: Vec<u8> = bytes.strip_prefix(BOM).unwrap_or(bytes).iter().copied().filter(|b| *b != b'\r').collect();
    let mut out = vec![("as it is", bytes.to_vec()), ("with a BOM", [BOM, &plain].concat())];
    let text = String::from_utf8(plain.clone()).unwrap();
    out.push(("without a final newline", text.trim_end_matches('\n').as_bytes().to_vec()));
    out.push(("in lower case", keywords(&plain, |word| word.to_ascii_lowercase())));
    out.push(("behind tabs", keywords(&plain, |word| [b"\t", word].concat())));
    // a shell sees the CR of a heredoc's lines
    if !text.contains("<<") {
        out.push(("with CRLF", text.replace('\n', "\r\n").into_bytes()));
        out.push(("with CRLF and a BOM", [BOM, text.replace('\n', "\r\n").as_bytes()].concat()));
        if !text.contains('`') && !text.contains("\\\\\n") {
            out.push(("with blank lines in continuations", text.replace("\\\n", "\\\n\n").into_bytes()));
            out.push(("with comments in continuations", text.replace("\\\n", "\\\n  # FROM x:1 \\\n").into_bytes()));
        }
    }
    out
}

/// The file with each keyword changed.
fn keywords(bytes: &[u8], change: impl Fn(&[u8]) -> Vec<u8>) -> Vec<u8> {
    let file = Dockerfile::parse("Dockerfile", bytes.to_vec()).unwrap();
    let (mut out, mut done) = (Vec::new(), 0);
    for instruction in file.instructions() {
        let at = instruction.line.cover(instruction.body.keyword.clone());
        out.extend_from_slice(&bytes[done..at.start]);
        out.extend(change(&bytes[at.clone()]));
        done = at.end;
    }
    out.extend_from_slice(&bytes[done..]);
    out
}
