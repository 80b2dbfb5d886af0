//! A lexical walk over TOML text: strings and comments skipped, structure counted.
//!
//! For [`parse`](super::parse), which refuses hostile text before a parser that recurses sees it,
//! and for [`statements`](super::statements). Not a parser: it accepts what is no TOML.

/// Deepest nesting of brackets, and most parts of a dotted key. Real manifests have 4 and 4.
const DEPTH: usize = 32;
/// Most tables with a header of their own.
const HEADERS: usize = 40_000;
/// Most brackets, dots, commas and equals signs outside of strings.
const MARKS: usize = 1_000_000;

/// Longest line in bytes: every place keeps its line.
const LINE: usize = 16 * 1024;

/// What text must not have, and the byte where it has it.
pub(super) struct Excess {
    pub(super) at: usize,
    pub(super) what: &'static str,
}

fn rest(text: &[u8], at: usize) -> &[u8] {
    text.get(at..).unwrap_or_default()
}

/// The byte after the string that starts here (TOML 1.0, "String"); the end of the line or of the
/// text where it is not closed.
pub(super) fn after_string(text: &[u8], start: usize) -> usize {
    let Some(&quote) = text.get(start) else {
        return start;
    };
    let escapes = quote == b'"';
    let three = [quote; 3];
    let long = rest(text, start).starts_with(&three);
    let mut at = start + if long { 3 } else { 1 };
    while let Some(&byte) = text.get(at) {
        match byte {
            b'\\' if escapes => at += 2,
            b'\n' if !long => return at,
            _ if !long && byte == quote => return at + 1,
            _ if long && rest(text, at).starts_with(&three) => {
                at += 3;
                // up to two quotes may stand directly before the closing three
                let more = rest(text, at).iter().take(2).take_while(|b| **b == quote);
                return at + more.count();
            }
            _ => at += 1,
        }
    }
    text.len()
}

/// The byte of the end of this line, its `\n` not included.
pub(super) fn line_end(text: &[u8], at: usize) -> usize {
    rest(text, at).iter().position(|b| *b == b'\n').map_or(text.len(), |n| at + n)
}

/// Calls back for each byte that is neither in a string nor in a comment, until told to stop.
pub(super) fn bare<B>(text: &[u8], start: usize, mut each: impl FnMut(usize, u8) -> Option<B>) -> Option<B> {
    let mut at = start;
    while let Some(&byte) = text.get(at) {
        match byte {
            b'"' | b'\'' => at = after_string(text, at).max(at + 1),
            b'#' => at = line_end(text, at),
            _ => {
                if let Some(stop) = each(at, byte) {
                    return Some(stop);
                }
                at += 1;
            }
        }
    }
    None
}

/// The first excess of a text, if it has one.
pub(super) fn excess(text: &[u8]) -> Option<Excess> {
    let mut start = 0;
    for line in text.split(|b| *b == b'\n') {
        if line.len() > LINE {
            return Some(Excess { at: start, what: "a line is longer than 16,384 bytes" });
        }
        start += line.len() + 1;
    }
    let (mut depth, mut dots, mut headers, mut marks) = (0_usize, 0_usize, 0_usize, 0_usize);
    let mut fresh = true;
    bare(text, 0, |at, byte| {
        match byte {
            b'[' | b'{' => {
                if fresh && byte == b'[' && depth == 0 {
                    headers += 1;
                }
                depth += 1;
            }
            b']' | b'}' => depth = depth.saturating_sub(1),
            b'.' => dots += 1,
            b'\n' | b'=' | b',' => dots = 0,
            _ => {}
        }
        if matches!(byte, b'[' | b']' | b'{' | b'}' | b'.' | b'=' | b',') {
            marks += 1;
        }
        fresh = byte == b'\n' || fresh && matches!(byte, b' ' | b'\t' | b'\r');
        let what = if depth > DEPTH {
            "tables and lists are nested deeper than 32"
        } else if dots >= DEPTH {
            "a dotted key has more than 32 parts"
        } else if headers > HEADERS {
            "there are more than 40,000 tables"
        } else if marks > MARKS {
            "there are more than 1,000,000 keys and values"
        } else {
            return None;
        };
        Some(Excess { at, what })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brackets_and_dots_in_strings_and_comments_do_not_count() {
        let dots = ".".repeat(50);
        let open = "[".repeat(50);
        for text in [
            format!("a = \"{dots}{open}\""),
            format!("a = '{dots}{open}'"),
            format!("a = \"\"\"\n{dots}\n{open}\"\"\"\"\"\nb = 1"),
            format!("a = '''\n{open}'' \n'''"),
            format!("# {dots}{open}"),
            format!("a = \"\\\"{open}\""),
        ] {
            assert!(excess(text.as_bytes()).is_none(), "{text}");
        }
    }

    #[test]
    fn too_deep_is_seen_at_the_byte_that_is_too_deep() {
        assert_eq!(excess("[".repeat(100).as_bytes()).map(|e| e.at), Some(32));
        let deep = format!("a = {}", "{b=".repeat(100));
        assert_eq!(excess(deep.as_bytes()).map(|e| e.at), Some(4 + 3 * 32));
        assert_eq!(excess("a.".repeat(100).as_bytes()).map(|e| e.at), Some(63));
        assert!(excess("[a]\n".repeat(40_000).as_bytes()).is_none());
        assert!(excess("[a]\n".repeat(40_001).as_bytes()).is_some());
        assert!(excess("a=[1,1]\n".repeat(250_001).as_bytes()).is_some());
        assert!(excess("a".repeat(16_384).as_bytes()).is_none());
        let long = format!("x\n{}", "a".repeat(16_385));
        assert_eq!(excess(long.as_bytes()).map(|e| e.at), Some(2));
    }

    #[test]
    fn an_open_string_ends_with_its_line_or_with_the_text() {
        assert_eq!(after_string(b"\"abc\n[", 0), 4);
        assert_eq!(after_string(b"'''abc\n[", 0), 8);
        assert_eq!(after_string(b"\"a\\", 0), 3);
        assert_eq!(after_string(b"", 0), 0);
        // up to two quotes of its own stand before the closing three
        assert_eq!(after_string(b"\"\"\"x\"\"\"\"\"y", 0), 9);
        assert_eq!(after_string(b"'''x''''y", 0), 8);
    }
}
