//! A comment behind a continued line of shell text: it ends the command there.
//!
//! For the scanner. Where builders take comment lines out, as between the lines of an instruction, the
//! scanner never sees them; in the text of a heredoc they stay.

use super::{Scanner, blank};

impl Scanner<'_> {
    /// Notes a comment, read to its end, if it stands first on its line within a command, and what
    /// follows it was meant for that command: a blank line, a closing word, or a line that stands
    /// further left than the continued one begins something else.
    pub(super) fn cut(&mut self, start: usize) {
        let before = self.slice(0..start);
        let lead = before.iter().rev().take_while(|b| blank(**b)).count();
        let Some(above) = before.get(..start - lead).and_then(|b| b.strip_suffix(b"\n")) else { return };
        let from = above.iter().rposition(|b| *b == b'\n').map_or(0, |i| i + 1);
        let deep = indent(above.get(from..).unwrap_or_default());
        let rest = self.rest().strip_prefix(b"\n").unwrap_or_default();
        let comment = |line: &&[u8]| line.trim_ascii_start().starts_with(b"#");
        let Some(next) = rest.split(|b| *b == b'\n').find(|line| !comment(line)) else { return };
        if goes_on(next.trim_ascii(), indent(next) >= deep) {
            let end = self.slice(start..self.at).trim_ascii_end().len();
            self.out.cuts.push(start..start + end);
        }
    }
}

fn indent(line: &[u8]) -> usize {
    line.iter().take_while(|b| matches!(b, b' ' | b'\t')).count()
}

/// Whether a line goes on with a command, which it does if it stands as far right.
fn goes_on(line: &[u8], within: bool) -> bool {
    let closing: [&[u8]; 7] = [b"fi", b"done", b"esac", b"else", b"elif", b"then", b"do"];
    let first = line.split(|b| b.is_ascii_whitespace() || *b == b';').next().unwrap_or_default();
    match line.first() {
        None | Some(b')' | b'}' | b';') => false,
        Some(b'&' | b'|') => true,
        _ => within && !closing.contains(&first),
    }
}
