//! A list of what is pinned: a table for people, all of it for programs.
//!
//! For people, rows that differ by platform alone are one, and a column that says nothing is left out.
//! What a filter cannot tell goes to stderr: a question without an answer is never left out silently.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::Serialize;

use crate::model::{Aside, Class, Listed, Listing, LockState, Platform, Trouble, Unknown, visible};

use super::super::look::Look;
use super::super::style::{Ink, columns, cut, pad, paint, wrap};
use super::many;

/// How many questions without an answer are shown without `-v`.
const OPEN: usize = 20;

const HEADS: [&str; 9] = ["member", "pin", "kind", "what", "version", "platforms", "from", "state", "needed by"];
const WHAT: usize = 3;
/// How narrow a column may become where the table is too wide: first all but the version, which says
/// most.
const NARROWEST: [[usize; 9]; 2] = [[8, 8, 5, 10, usize::MAX, 6, 6, 8, 10], [8, 8, 5, 10, 6, 6, 6, 8, 10]];

type Cells = [String; 9];

/// How it weighs: what cannot be told could not be done; that nothing matches differs.
pub(super) fn class(listing: &Listing) -> Option<Class> {
    match (listing.unknown.is_empty(), listing.rows.is_empty() && listing.filtered) {
        (false, _) => Some(Class::Undone),
        (true, true) => Some(Class::Differs),
        (true, false) => None,
    }
}

/// What goes to stdout.
pub(super) fn human(out: &mut String, listing: &Listing, look: &Look) {
    if look.quiet {
        return;
    }
    let lines = table(out, listing, look);
    if !listing.rows.is_empty() {
        out.push('\n');
    }
    for (pin, text) in reasons(listing) {
        let label = paint(Ink::Note, "note:", look.color_out);
        let _ = writeln!(out, "{label} {}", wrap(&format!("{pin}: {text}"), look.width, 6, 6));
    }
    let _ = writeln!(out, "{}", paint(Ink::Strong, &summary(listing, lines), look.color_out));
}

/// Rows of several platforms as one, in the order of the first. Gives how many lines there are.
fn table(out: &mut String, listing: &Listing, look: &Look) -> usize {
    let mut lines: Vec<(Cells, Vec<&Listed>)> = Vec::new();
    let mut at: BTreeMap<Cells, usize> = BTreeMap::new();
    for row in &listing.rows {
        let cells = cells(row, look.verbose, listing.why);
        let index = *at.entry(cells.clone()).or_insert(lines.len());
        match lines.get_mut(index) {
            Some((_, rows)) => rows.push(row),
            None => lines.push((cells, vec![row])),
        }
    }
    let mut lines: Vec<(Cells, bool)> = lines
        .into_iter()
        .map(|(mut cells, rows)| {
            let bad = rows.iter().any(|r| !matches!(r.state, LockState::Locked));
            cells[5] = platforms(&rows, look.verbose);
            (cells, bad)
        })
        .collect();
    let count = lines.len();
    if count == 0 {
        return count;
    }
    let idle = |column: usize, text: &str| match column {
        7 => text == "locked",
        _ => text.is_empty(),
    };
    let shown: Vec<usize> = (0..HEADS.len())
        .filter(|c| !lines.iter().all(|(cells, _)| cells.get(*c).is_none_or(|t| idle(*c, t))))
        .collect();
    lines.insert(0, (HEADS.map(str::to_owned), false));
    let mut widths: Vec<usize> = shown
        .iter()
        .map(|c| lines.iter().filter_map(|(cells, _)| cells.get(*c)).map(|t| columns(t)).max().unwrap_or(0))
        .collect();
    narrow(&mut widths, &shown, look.width);
    for (at, (cells, bad)) in lines.iter().enumerate() {
        let parts = shown.iter().zip(&widths).filter_map(|(column, width)| {
            let text = cells.get(*column)?;
            // Of an address its end says most.
            let text = if *column == WHAT && text.contains('/') { cut_front(text, *width) } else { cut(text, *width) };
            Some(pad(&text, *width))
        });
        let line = parts.collect::<Vec<_>>().join("  ");
        let ink = match (at, bad) {
            (0, _) => Some(Ink::Faint),
            (_, true) => Some(Ink::Note),
            _ => None,
        };
        let line = line.trim_end();
        let _ = match ink {
            Some(ink) => writeln!(out, "{}", paint(ink, line, look.color_out)),
            None => writeln!(out, "{line}"),
        };
    }
    count
}

/// The widest of the columns that may give way does so, until the table fits or none can any more.
fn narrow(widths: &mut [usize], shown: &[usize], most: Option<usize>) {
    let Some(most) = most else { return };
    let gaps = shown.len().saturating_sub(1) * 2;
    for narrowest in NARROWEST {
        while widths.iter().sum::<usize>() + gaps > most {
            let may =
                widths.iter_mut().zip(shown).filter(|(w, c)| narrowest.get(**c).is_some_and(|least| **w > *least));
            match may.max_by_key(|(w, _)| **w) {
                Some((widest, _)) => *widest -= 1,
                None => break,
            }
        }
    }
}

/// The text, cut to so many columns with `…` in front where it was longer.
fn cut_front(text: &str, width: usize) -> String {
    if columns(text) <= width {
        return text.to_owned();
    }
    let back: String = text.chars().rev().collect();
    cut(&back, width).chars().rev().collect()
}

/// What a line says, but for its platforms.
fn cells(row: &Listed, verbose: bool, why: bool) -> Cells {
    let from = row.suite.as_deref().or(row.archive.as_deref()).filter(|_| verbose);
    [
        row.member.as_deref().map(|m| visible(m).into_owned()).unwrap_or_default(),
        row.pin.to_string(),
        row.kind.to_owned(),
        short_address(&visible(&row.what)),
        version(row),
        String::new(),
        from.map(|f| visible(f).into_owned()).unwrap_or_default(),
        row.state.word().to_owned(),
        because(row).filter(|_| why).unwrap_or_default(),
    ]
}

/// Who needs a Debian package, from what was asked for on.
fn because(row: &Listed) -> Option<String> {
    let said =
        || if row.why.is_empty() { "(asked for)".to_owned() } else { visible(&row.why.join(" > ")).into_owned() };
    (row.kind == "deb").then(said)
}

/// An address without what every one has.
fn short_address(text: &str) -> String {
    let text = text.strip_prefix("https://").unwrap_or(text);
    text.strip_suffix(".git").filter(|t| t.contains('/')).unwrap_or(text).to_owned()
}

/// What is locked, as short as a person wants it.
fn version(row: &Listed) -> String {
    let head = |text: &str, count: usize| text.chars().take(count).collect::<String>();
    let version = row.version.as_deref().map(|v| visible(v).into_owned());
    let id = row.id.as_deref().map(|id| visible(id.strip_prefix("sha256:").unwrap_or(id)).into_owned());
    match (row.kind, version, id) {
        ("git" | "yarn", Some(version), Some(id)) => format!("{version} ({})", head(&id, 7)),
        ("git" | "yarn", None, Some(id)) => head(&id, 7),
        ("image", Some(version), Some(id)) => format!("{version}@{}", head(&id, 12)),
        (_, Some(version), _) => version,
        (_, None, Some(id)) => format!("sha256:{}", head(&id, 12)),
        (_, None, None) => "-".to_owned(),
    }
}

/// The platforms of some rows that are one line: `all` where they are all of the pin's.
fn platforms(rows: &[&Listed], verbose: bool) -> String {
    let mut all: Vec<&str> = rows.iter().flat_map(|r| &r.platforms).map(Platform::as_str).collect();
    all.sort_unstable();
    all.dedup();
    let whole = rows.iter().all(|r| r.all.len() > 1 && r.all.len() == all.len());
    if whole && !verbose {
        return "all".to_owned();
    }
    all.into_iter().map(|p| p.strip_prefix("linux/").unwrap_or(p)).collect::<Vec<_>>().join(", ")
}

/// A pin as it is called: in a workspace with its member.
fn called(row: &Listed) -> String {
    row.member.as_ref().map_or_else(|| row.pin.to_string(), |m| format!("{}/{}", visible(m), row.pin))
}

/// What is to be said of each pin that is not simply locked.
fn reasons(listing: &Listing) -> Vec<(String, String)> {
    let mut all: Vec<(String, String)> = Vec::new();
    for row in &listing.rows {
        let text = match &row.state {
            LockState::Locked => continue,
            LockState::Edited => "pins.toml was edited since it was locked; listed is what the lock has".to_owned(),
            LockState::Unlocked(None)
                if listing.rows.iter().any(|r| called(r) == called(row) && r.state != row.state) =>
            {
                format!("{} is not locked yet", visible(&row.what))
            }
            LockState::Unlocked(None) => "not locked yet".to_owned(),
            LockState::Unlocked(Some(why)) => format!("unlocked: {}", visible(why)),
            LockState::Altered => "its entry in pins.lock was altered; dubo-pin verify tells more".to_owned(),
        };
        let pin = called(row);
        if all.last().is_none_or(|(last, _)| *last != pin) {
            all.push((pin, text));
        }
    }
    all
}

fn summary(listing: &Listing, lines: usize) -> String {
    let mut pins: Vec<(&Option<String>, &str, &LockState)> =
        listing.rows.iter().map(|r| (&r.member, r.pin.as_str(), &r.state)).collect();
    // Of a pin's rows the one that says most against it.
    let worst = |state: &LockState| match state {
        LockState::Altered => 0,
        LockState::Edited => 1,
        LockState::Unlocked(_) => 2,
        LockState::Locked => 3,
    };
    pins.sort_by_key(|(member, pin, state)| (*member, *pin, worst(state)));
    pins.dedup_by(|a, b| (a.0, a.1) == (b.0, b.1));
    if listing.filtered {
        return match lines {
            0 => "no match".to_owned(),
            1 => "1 match".to_owned(),
            several => format!("{several} matches in {}", many(pins.len(), "pin")),
        };
    }
    let words = ["locked", "edited", "unlocked", "ALTERED"].into_iter().filter_map(|word| {
        let count = pins.iter().filter(|(_, _, state)| state.word() == word).count();
        (count > 0).then(|| format!("{count} {word}"))
    });
    let words: Vec<String> = words.collect();
    format!("{}: {}", many(pins.len(), "pin"), if words.is_empty() { "nothing".to_owned() } else { words.join(", ") })
}

/// What goes to stderr: what no filter could tell, and names that nothing has.
pub(super) fn open(out: &mut String, listing: &Listing, look: &Look) {
    let mut by_filter: BTreeMap<String, Vec<&Unknown>> = BTreeMap::new();
    for unknown in &listing.unknown {
        by_filter.entry(unknown.filter.to_string()).or_default().push(unknown);
    }
    for (filter, all) in by_filter {
        let label = paint(Ink::Bad, "error:", look.color_err);
        let text = format!("{} cannot be told for {}:", visible(&filter), many(all.len(), "row"));
        let _ = writeln!(out, "{label} {}", paint(Ink::Strong, &text, look.color_err));
        let most = if look.verbose { usize::MAX } else { OPEN };
        for one in all.iter().take(most) {
            let text = unknown(one);
            let _ = writeln!(out, "  {}", wrap(&text, look.width, 2, 6));
        }
        if all.len() > most {
            let _ = writeln!(out, "  and {} more; -v shows all", all.len() - most);
        }
    }
    if !look.quiet {
        if let Some(text) = aside(listing) {
            let label = paint(Ink::Note, "note:", look.color_err);
            let _ = writeln!(out, "{label} {}", wrap(&text, look.width, 6, 6));
        }
        // Where something is open, it may well have the name.
        let open = |filter: &&String| listing.unknown.iter().any(|u| u.filter.to_string() == **filter);
        for filter in listing.unnamed.iter().filter(|f| !open(f)) {
            let label = paint(Ink::Note, "note:", look.color_err);
            let _ = writeln!(out, "{label} nothing here has the name of the filter {}", visible(filter));
        }
    }
}

/// What the answer does not speak of, so that nobody takes it for more than it is.
fn aside(listing: &Listing) -> Option<String> {
    let said = |(kind, count): (&Aside, &usize)| match kind {
        Aside::Bases => format!("{} (--base)", many(*count, "base image")),
        Aside::Dependencies => "what apt pulls in beside what is named".to_owned(),
        Aside::Registry => "registry packages of yarn pins".to_owned(),
    };
    let all: Vec<String> = listing.aside.iter().map(said).collect();
    (!all.is_empty()).then(|| format!("not looked into: {}", all.join(", ")))
}

fn unknown(one: &Unknown) -> String {
    let row = &one.row;
    let platforms = platforms(&[row], false);
    let of = if platforms.is_empty() { String::new() } else { format!(" ({platforms})") };
    let version = if row.version.is_some() || row.id.is_some() { format!(" {}", version(row)) } else { String::new() };
    format!("{}: {}{version}{of}: {}", called(row), short_address(&visible(&row.what)), visible(&one.why))
}

/// Each question without an answer, as a trouble of its pin.
pub(super) fn troubles(listing: &Listing) -> Vec<(String, Trouble)> {
    let one =
        |u: &Unknown| (u.row.pin.to_string(), Trouble::new(format!("{} cannot be told: {}", u.filter, unknown(u))));
    listing.unknown.iter().map(one).collect()
}

/// `rows`: a line each of what is pinned; `unknown`: the same of what a filter cannot tell, and why;
/// `unnamed`: filters whose name nothing has; `aside`: what was not looked into, and of how many pins.
#[derive(Serialize)]
pub(super) struct Json<'a> {
    rows: Vec<Row<'a>>,
    unknown: Vec<Open<'a>>,
    unnamed: &'a [String],
    aside: BTreeMap<&'static str, usize>,
}

#[derive(Serialize)]
struct Row<'a> {
    member: Option<&'a str>,
    pin: &'a str,
    kind: &'a str,
    what: &'a str,
    version: Option<&'a str>,
    id: Option<&'a str>,
    architecture: Option<&'a str>,
    suite: Option<&'a str>,
    archive: Option<&'a str>,
    url: Option<&'a str>,
    platforms: Vec<&'a str>,
    each: Vec<Each<'a>>,
    state: String,
    reason: Option<&'a str>,
    why: &'a [String],
}

#[derive(Serialize)]
struct Each<'a> {
    platforms: Vec<&'a str>,
    id: &'a str,
    url: Option<&'a str>,
}

#[derive(Serialize)]
struct Open<'a> {
    filter: String,
    why: &'a str,
    #[serde(flatten)]
    row: Row<'a>,
}

fn json_row(row: &Listed) -> Row<'_> {
    Row {
        member: row.member.as_deref(),
        pin: row.pin.as_str(),
        kind: row.kind,
        what: &row.what,
        version: row.version.as_deref(),
        id: row.id.as_deref(),
        architecture: row.architecture.as_deref(),
        suite: row.suite.as_deref(),
        archive: row.archive.as_deref(),
        url: row.url.as_deref(),
        platforms: row.platforms.iter().map(Platform::as_str).collect(),
        each: row
            .each
            .iter()
            .map(|share| Each {
                platforms: share.platforms.iter().map(Platform::as_str).collect(),
                id: &share.id,
                url: share.url.as_deref(),
            })
            .collect(),
        state: row.state.word().to_ascii_lowercase(),
        reason: match &row.state {
            LockState::Unlocked(why) => why.as_deref(),
            _ => None,
        },
        why: &row.why,
    }
}

/// The list for programs.
pub(super) fn json(listing: &Listing) -> Json<'_> {
    Json {
        rows: listing.rows.iter().map(json_row).collect(),
        unknown: listing
            .unknown
            .iter()
            .map(|u| Open { filter: u.filter.to_string(), why: &u.why, row: json_row(&u.row) })
            .collect(),
        unnamed: &listing.unnamed,
        aside: listing.aside.iter().map(|(kind, count)| (kind.word(), *count)).collect(),
    }
}

#[cfg(test)]
#[path = "list_tests.rs"]
mod tests;
