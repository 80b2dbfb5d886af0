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
    for word in text.split(' ') {
        let wide = columns(word);
        if !out.is_empty() {
            if column + 1 + wide > width {
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

#[cfg(test)]
mod tests {
    use super::*;

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
        assert_eq!(wrap("aa bb cc", None, 3, 2), "aa bb cc");
    }

    #[test]
    fn colour_only_adds() {
        assert_eq!(paint(Ink::Bad, "x", false), "x");
        assert_eq!(paint(Ink::Bad, "x", true), "\u{1b}[1m\u{1b}[31mx\u{1b}[0m");
    }
}
