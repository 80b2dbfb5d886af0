//! Colours, and how wide text is on a terminal.
//!
//! For the renderers for people. Colour only adds: without it every word is still there.

use anstyle::{AnsiColor, Style};

/// What a piece of text is.
#[derive(Clone, Copy)]
pub(super) enum Ink {
    /// Something is wrong.
    Bad,
    /// Worth knowing.
    Note,
    /// A file and a line, a frame.
    Place,
    /// The name of a pin, a heading.
    Strong,
    /// What is right, or new.
    Good,
    /// What matters least.
    Faint,
}

/// The text in its colour, or as it is.
pub(super) fn paint(ink: Ink, text: &str, color: bool) -> String {
    if !color {
        return text.to_owned();
    }
    let of = |c: AnsiColor| Style::new().fg_color(Some(c.into()));
    let style = match ink {
        Ink::Bad => of(AnsiColor::Red).bold(),
        Ink::Note => of(AnsiColor::Yellow).bold(),
        Ink::Place => of(AnsiColor::Blue).bold(),
        Ink::Strong => Style::new().bold(),
        Ink::Good => of(AnsiColor::Green),
        Ink::Faint => Style::new().dimmed(),
    };
    format!("{style}{text}{style:#}")
}

/// How many columns a character takes: 2 for the wide ones of East Asia and emoji, 0 for marks
/// that join the letter before (Unicode UAX #11 and general category Mn, the main blocks).
fn columns_of(c: char) -> usize {
    match c {
        '\u{0300}'..='\u{036F}'
        | '\u{0483}'..='\u{0489}'
        | '\u{0591}'..='\u{05BD}'
        | '\u{064B}'..='\u{065F}'
        | '\u{1AB0}'..='\u{1AFF}'
        | '\u{1DC0}'..='\u{1DFF}'
        | '\u{20D0}'..='\u{20FF}'
        | '\u{FE00}'..='\u{FE0F}'
        | '\u{FE20}'..='\u{FE2F}' => 0,
        '\u{1100}'..='\u{115F}'
        | '\u{2E80}'..='\u{303E}'
        | '\u{3041}'..='\u{A4CF}'
        | '\u{A960}'..='\u{A97C}'
        | '\u{AC00}'..='\u{D7A3}'
        | '\u{F900}'..='\u{FAFF}'
        | '\u{FE30}'..='\u{FE6F}'
        | '\u{FF00}'..='\u{FF60}'
        | '\u{FFE0}'..='\u{FFE6}'
        | '\u{1F300}'..='\u{1F64F}'
        | '\u{1F680}'..='\u{1F6FF}'
        | '\u{1F900}'..='\u{1F9FF}'
        | '\u{20000}'..='\u{3FFFD}' => 2,
        _ => 1,
    }
}

/// How many columns a text takes.
pub(super) fn columns(text: &str) -> usize {
    text.chars().map(columns_of).sum()
}

/// The text, cut to so many columns with `…` at the end where it was longer.
pub(super) fn cut(text: &str, width: usize) -> String {
    if columns(text) <= width {
        return text.to_owned();
    }
    let mut left = width.saturating_sub(1);
    let kept = text.chars().take_while(|c| {
        let wide = columns_of(*c);
        let fits = wide <= left;
        left = if fits { left - wide } else { 0 };
        fits
    });
    let mut out: String = kept.collect();
    out.push('…');
    out
}

/// The text, cut in its middle to so many columns, so that its end is still told: `bookwo…1f1f1f)`.
pub(super) fn cut_middle(text: &str, width: usize) -> String {
    if columns(text) <= width {
        return text.to_owned();
    }
    let head = cut(text, width.div_ceil(2));
    format!("{head}{}", tail(text, width.saturating_sub(columns(&head))))
}

/// The text, cut at its start to so many columns: of a path what tells it from others.
pub(super) fn cut_start(text: &str, width: usize) -> String {
    if columns(text) <= width {
        return text.to_owned();
    }
    format!("…{}", tail(text, width.saturating_sub(1)))
}

/// The last so many columns of a text.
fn tail(text: &str, mut left: usize) -> String {
    let mut kept: Vec<char> = Vec::new();
    for c in text.chars().rev() {
        let wide = columns_of(c);
        if wide > left {
            break;
        }
        left -= wide;
        kept.push(c);
    }
    kept.iter().rev().collect()
}

/// The text with blanks behind it up to so many columns.
pub(super) fn pad(text: &str, width: usize) -> String {
    let missing = width.saturating_sub(columns(text));
    format!("{text}{}", " ".repeat(missing))
}

/// Breaks a text at blanks so that lines fit; no word is broken. Later lines begin with `indent`
/// blanks, the first is taken to begin at column `at`.
pub(super) fn wrap(text: &str, width: Option<usize>, at: usize, indent: usize) -> String {
    let Some(width) = width else {
        return text.to_owned();
    };
    let mut out = String::new();
    let mut column = at;
    for (at, word) in text.split(' ').enumerate() {
        let wide = columns(word);
        if at > 0 {
            if column + 1 + wide > width {
                // of a run of blanks nothing is left where a line ends
                if word.is_empty() {
                    continue;
                }
                out.truncate(out.trim_end_matches(' ').len());
                out.push('\n');
                out.push_str(&" ".repeat(indent));
                column = indent;
            } else {
                out.push(' ');
                column += 1;
            }
        }
        out.push_str(word);
        column += wide;
    }
    out
}

/// Pieces of text, each in its ink, two blanks apart, that flow over lines of the width; later
/// lines begin with `indent` blanks.
pub(super) fn flow(pieces: &[(Option<Ink>, &str)], width: Option<usize>, indent: usize, color: bool) -> String {
    let mut out = String::new();
    let mut column = 0;
    for (ink, text) in pieces {
        if !out.is_empty() {
            let (first, whole) = (text.split(' ').next().map_or(0, columns), columns(text));
            // What fits on a line of its own is not broken for the rest of this one.
            let breaks = |width: usize| {
                let own = indent < column && indent + whole <= width;
                column + 2 + if own { whole } else { first } > width
            };
            if width.is_some_and(breaks) {
                out.push('\n');
                out.push_str(&" ".repeat(indent));
                column = indent;
            } else {
                out.push_str("  ");
                column += 2;
            }
        }
        let text = wrap(text, width, column, indent);
        column = match text.rsplit_once('\n') {
            Some((_, last)) => columns(last),
            None => column + columns(&text),
        };
        out.push_str(&ink.map_or_else(|| text.clone(), |ink| paint(ink, &text, color)));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_flow_over_lines_each_in_its_ink() {
        let pieces = [(Some(Ink::Strong), "coredns"), (None, "v1 -> v2"), (None, "(35 commits)")];
        assert_eq!(flow(&pieces, None, 4, false), "coredns  v1 -> v2  (35 commits)");
        assert_eq!(flow(&pieces, Some(20), 4, false), "coredns  v1 -> v2\n    (35 commits)");
        assert_eq!(flow(&pieces, Some(26), 4, false), "coredns  v1 -> v2\n    (35 commits)");
        assert_eq!(flow(&[(None, "    a"), (None, "b c d")], Some(8), 7, false), "    a  b\n       c\n       d");
        assert_eq!(flow(&pieces[..1], Some(4), 4, true), "\u{1b}[1mcoredns\u{1b}[0m");
    }

    #[test]
    fn text_is_measured_cut_and_wrapped_in_columns() {
        assert_eq!(columns("aé日e\u{301}"), 5);
        assert_eq!(cut("日本語", 4), "日…");
        assert_eq!(cut("abcd", 4), "abcd");
        assert_eq!(cut("abcde", 4), "abc…");
        assert_eq!(cut("abc", 0), "…");
        assert_eq!(pad("日", 4), "日  ");
        assert_eq!(wrap("aa bb cc", Some(8), 3, 2), "aa bb\n  cc");
        assert_eq!(wrap("aaaaaaaaaaaa b", Some(4), 0, 1), "aaaaaaaaaaaa\n b");
        assert_eq!(wrap("aa  bb", Some(4), 0, 0), "aa\nbb");
        assert_eq!(wrap("  aa bb", Some(4), 0, 0), "  aa\nbb");
        assert_eq!(cut_middle("bookworm-slim (1f1f1f1f1f1f)", 18), "bookworm…1f1f1f1f)");
        assert_eq!(cut_middle("日本語日本語", 7), "日…本語");
        assert_eq!(cut_middle("abc", 3), "abc");
        assert_eq!(cut_start("images/image017/coredns", 12), "…017/coredns");
        assert_eq!(wrap("aa bb cc", None, 3, 2), "aa bb cc");
    }

    #[test]
    fn colour_only_adds() {
        assert_eq!(paint(Ink::Bad, "x", false), "x");
        assert_eq!(paint(Ink::Bad, "x", true), "\u{1b}[1m\u{1b}[31mx\u{1b}[0m");
    }
}
