//! Where pins stand, for people: one table over all members, of the rows that say something; then
//! what is held back and why; then warnings and troubles.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::model::{Row, Standing, Trouble, visible};
use crate::ui::look::Look;
use crate::ui::style::{Ink, columns, cut_middle, cut_start, flow, pad, paint};

use super::super::totals::passes;
use super::super::{Outcome, Report, label_of};
use super::value::short;
use super::{Told, blocks, placeless};

/// How many reasons are shown of a pin without `-v`.
const REASONS: usize = 3;
/// A value that is cut to so much can still be told from another.
const TOLD: usize = 18;
/// A value is never cut to less.
const LEAST: usize = 8;
/// So many pins with one trouble are not listed one by one.
const CROWD: usize = 8;

/// A row, called by its pin, in a workspace by `member/pin`.
type Named<'a> = (String, &'a Row);

/// The table and what belongs to it. Empty where there is nothing to say.
pub(super) fn body(report: &Report<'_>, look: &Look) -> String {
    let all = report.parts().flat_map(|(member, part)| {
        let rows = match part.outcome {
            Outcome::Rows(rows) => rows,
            _ => &[],
        };
        rows.iter().map(move |r| (label_of(member, Some(r.pin.as_str())).unwrap_or_default(), r))
    });
    let rows: Vec<Named<'_>> = all.filter(|(_, row)| is_shown(row, look)).collect();
    let mut out = table(&without_crowds(&rows, look), look);
    if !look.quiet {
        held(&mut out, &rows, look);
    }
    let told = rows.iter().flat_map(|(name, row)| {
        let warned = row.warnings.iter().filter(|_| !look.quiet);
        let warned = warned.map(|t| Told { label: "warning:", ink: Ink::Note, of: Some(name), trouble: t });
        let (label, ink) = match row.standing {
            Standing::Alarm | Standing::Gone => ("alarm:", Ink::Bad),
            Standing::Unreachable => ("error:", Ink::Bad),
            Standing::Current | Standing::Newer | Standing::Moved | Standing::Unlocked => ("note:", Ink::Note),
        };
        // Why a pin is unlocked stands in pins.toml; what to do about it is worth saying.
        let told =
            row.trouble.iter().filter(|t| row.standing != Standing::Unlocked || look.verbose || t.help.is_some());
        warned.chain(told.map(move |t| Told { label, ink, of: Some(name), trouble: t }))
    });
    blocks(&mut out, &told.collect::<Vec<_>>(), look, look.color_out);
    out
}

/// What is current is counted, and not shown, unless time alone holds something newer back.
fn is_shown(row: &Row, look: &Look) -> bool {
    if look.quiet {
        return row.standing.class().is_some();
    }
    let says = row.held.iter().any(|h| passes(&h.by)) || !row.warnings.is_empty() || row.trouble.is_some();
    look.verbose || row.standing != Standing::Current || says
}

/// Without the rows of pins that one trouble has befallen together, as when there is no network: the
/// trouble names them, and the table would say nothing more. All with `-v`.
fn without_crowds<'a>(rows: &[Named<'a>], look: &Look) -> Vec<Named<'a>> {
    let trouble = |row: &Row| {
        let unreachable = row.standing == Standing::Unreachable && !look.verbose;
        row.trouble.as_ref().filter(|_| unreachable).map(placeless)
    };
    let mut crowds: BTreeMap<Trouble, usize> = BTreeMap::new();
    for (_, row) in rows {
        if let Some(trouble) = trouble(row) {
            *crowds.entry(trouble).or_default() += 1;
        }
    }
    let crowded = |row: &Row| trouble(row).and_then(|t| crowds.get(&t)).is_some_and(|count| *count >= CROWD);
    rows.iter().filter(|(_, row)| !crowded(row)).cloned().collect()
}

/// One column of the table.
struct Column {
    head: &'static str,
    cells: Vec<String>,
    /// How its cells are aligned, and cut where there is no room.
    style: Cells,
    /// Which column goes first where there is no room; 0 stays.
    goes: u8,
    width: usize,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Cells {
    /// Names of pins, cut at their start.
    Name,
    /// Words, not cut.
    Word,
    /// Numbers, not cut, at the right side.
    Number,
    /// Values, cut in their middle.
    Value,
}

impl Column {
    fn new(head: &'static str, style: Cells, goes: u8, cells: Vec<String>) -> Self {
        let width = cells.iter().map(|c| columns(c)).max().unwrap_or(0).max(head.len());
        Self { head, cells, style, goes, width }
    }
}

fn table(rows: &[Named<'_>], look: &Look) -> String {
    let mut out = String::new();
    if rows.is_empty() {
        return out;
    }
    let value = |value: Option<&String>| value.map_or("-".to_owned(), |v| short(v));
    let cells = |of: &dyn Fn(&Row) -> String| rows.iter().map(|(_, row)| of(row)).collect::<Vec<_>>();
    let mut table = vec![
        Column::new("pin", Cells::Name, 0, rows.iter().map(|(name, _)| visible(name).into_owned()).collect()),
        Column::new("kind", Cells::Word, 3, cells(&|r| r.kind.to_owned())),
        Column::new("current", Cells::Value, 0, cells(&|r| value(r.current.as_ref()))),
        Column::new("allowed", Cells::Value, 0, cells(&|r| value(r.allowed.as_ref()))),
    ];
    // Columns that say nothing of their own are left out.
    if rows.iter().any(|(_, r)| r.newest.is_some() && r.newest != r.allowed) {
        table.push(Column::new("newest", Cells::Value, 1, cells(&|r| value(r.newest.as_ref().or(r.allowed.as_ref())))));
    }
    if rows.iter().any(|(_, r)| r.age.is_some()) {
        let days = cells(&|r| r.age.map_or("-".to_owned(), |days| format!("{days}d")));
        table.push(Column::new("age", Cells::Number, 2, days));
    }
    table.push(Column::new("standing", Cells::Word, 0, cells(&|r| r.standing.word().to_owned())));
    fit(&mut table, look.width);
    let heads: Vec<String> = table.iter().map(|c| aligned(c, c.head)).collect();
    let _ = writeln!(out, "{}", paint(Ink::Faint, heads.join("  ").trim_end(), look.color_out));
    for (at, (_, row)) in rows.iter().enumerate() {
        let mut line: Vec<String> =
            table.iter().map(|c| aligned(c, c.cells.get(at).map_or("", String::as_str))).collect();
        if let Some(last) = line.last_mut() {
            *last = last.trim_end().to_owned();
            if let Some(ink) = ink(row.standing) {
                *last = paint(ink, last, look.color_out);
            }
        }
        let _ = writeln!(out, "{}", line.join("  "));
    }
    out
}

fn ink(standing: Standing) -> Option<Ink> {
    match standing {
        Standing::Current => None,
        Standing::Newer => Some(Ink::Good),
        Standing::Unlocked | Standing::Moved => Some(Ink::Note),
        Standing::Alarm | Standing::Gone | Standing::Unreachable => Some(Ink::Bad),
    }
}

fn aligned(column: &Column, text: &str) -> String {
    match column.style {
        Cells::Name => pad(&cut_start(text, column.width), column.width),
        Cells::Word => pad(text, column.width),
        Cells::Number => " ".repeat(column.width.saturating_sub(columns(text))) + text,
        Cells::Value => pad(&cut_middle(text, column.width), column.width),
    }
}

/// Makes the table fit: values give way as long as they can be told, then whole columns go, then the
/// rest gives way as far as it can.
fn fit(table: &mut Vec<Column>, most: Option<usize>) {
    let Some(most) = most else { return };
    loop {
        let over = (table.iter().map(|c| c.width + 2).sum::<usize>()).saturating_sub(most + 2);
        let spare = table.iter().filter(|c| c.style == Cells::Value).map(|c| c.width.saturating_sub(TOLD));
        if over <= spare.sum() {
            shrink(table, over, Cells::Value, TOLD);
            return;
        }
        let next = table.iter().enumerate().filter(|(_, c)| c.goes > 0).max_by_key(|(_, c)| c.goes);
        match next.map(|(at, _)| at) {
            Some(at) => drop(table.remove(at)),
            None => {
                let left = shrink(table, over, Cells::Value, LEAST);
                shrink(table, left, Cells::Name, TOLD);
                return;
            }
        }
    }
}

/// Takes so many columns from the widest of a style, none below `least`; gives back what is left to
/// take.
fn shrink(table: &mut [Column], mut over: usize, style: Cells, least: usize) -> usize {
    while over > 0 {
        match table.iter_mut().filter(|c| c.style == style).max_by_key(|c| c.width) {
            Some(widest) if widest.width > least => widest.width -= 1,
            _ => break,
        }
        over -= 1;
    }
    over
}

/// What is not taken, and why: the same reason of a pin once, with the newest value it holds back.
fn held(out: &mut String, rows: &[Named<'_>], look: &Look) {
    // Name, whether it stands there for the first time, value, reason.
    let mut lines: Vec<(&str, bool, String, String)> = Vec::new();
    for (name, row) in rows {
        let mut reasons: Vec<(String, Vec<&str>)> = Vec::new();
        let mut known: BTreeMap<String, usize> = BTreeMap::new();
        for one in &row.held {
            let why = one.by.to_string();
            let fresh = reasons.len();
            let at = if look.verbose { fresh } else { *known.entry(why.clone()).or_insert(fresh) };
            match reasons.get_mut(at) {
                Some((_, values)) => values.push(&one.value),
                None => reasons.push((why, vec![&one.value])),
            }
        }
        let most = if look.verbose { usize::MAX } else { REASONS };
        for (at, (why, values)) in reasons.iter().enumerate().take(most) {
            let value = values.first().map(|v| short(v)).unwrap_or_default();
            let more = match values.len() {
                0 | 1 => String::new(),
                count => format!(" and {} more", count - 1),
            };
            lines.push((name.as_str(), at == 0, value + &more, visible(why).into_owned()));
        }
        if reasons.len() > most {
            lines.push((name.as_str(), false, format!("and {} more", reasons.len() - most), String::new()));
        }
    }
    if lines.is_empty() {
        return;
    }
    let names = lines.iter().map(|l| columns(&visible(l.0))).max().unwrap_or(0).min(32);
    let values = lines.iter().map(|l| columns(&l.2)).max().unwrap_or(0).min(32);
    if !out.is_empty() {
        out.push('\n');
    }
    let _ = writeln!(out, "{}", paint(Ink::Strong, "held back:", look.color_out));
    let left = 4 + names + 2 + values + 2;
    let narrow = look.width.is_some_and(|width| left * 2 > width);
    for (name, first, value, why) in &lines {
        let line = if narrow {
            let name = format!("    {}", visible(name));
            flow(&[(None, &name), (None, value), (None, why)], look.width, 8, false)
        } else {
            let name = if *first { visible(name) } else { "".into() };
            let (name, value) = (format!("    {}", pad(&name, names)), pad(value, values));
            flow(&[(None, &name), (None, &value), (None, why)], look.width, left, false)
        };
        let _ = writeln!(out, "{}", line.trim_end());
    }
}
