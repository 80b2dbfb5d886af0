//! Checks of hashes and signatures in one RUN: what they hold, by the names of files.
//!
//! For [`downloads`](super::downloads()). A check counts only if the RUN fails with it.

use std::collections::HashMap;
use std::ops::Range;

use super::super::super::logical::Logical;
use super::super::fields::{Field, Fields};
use super::super::program::named;
use super::super::scan::{self, Atom, Kind};
use super::super::spelled::Spelled;
use super::super::text::copy;
use super::line::{behind, part};
use super::text::Text;
use super::{HashCheck, LONGEST, key};

/// No more files of one list are read.
const LISTED: usize = 1000;

/// A check, and what it holds.
pub(super) struct Check {
    pub(super) said: HashCheck,
    /// The files that it names, each with its digest.
    pub(super) files: Vec<(String, Option<Spelled>)>,
    /// Whether it may hold others too.
    pub(super) any: bool,
    /// Where it stands in the RUN.
    pub(super) start: usize,
}

/// A digest that is computed and not compared yet.
struct Computed {
    algorithm: String,
    files: Vec<String>,
    script: usize,
    at: usize,
}

/// A line of a list: the digest, and the file if that is known.
type Listed = (Spelled, Option<String>);

/// The algorithm of a tool's name, such as `sha256sum`.
fn algorithm(tool: &str) -> Option<&'static str> {
    let plain = tool.strip_prefix('g').filter(|t| t.ends_with("sum")).unwrap_or(tool);
    Some(match plain {
        "sha256sum" | "sha256" => "sha256",
        "sha512sum" | "sha512" => "sha512",
        "sha384sum" | "sha384" => "sha384",
        "sha224sum" | "sha224" => "sha224",
        "sha1sum" | "sha1" => "sha1",
        "md5sum" | "md5" => "md5",
        "b2sum" => "blake2b",
        "b3sum" => "blake3",
        "shasum" => "sha1",
        "cksum" => "crc",
        _ => return None,
    })
}

/// The options and the files of a tool.
struct Tool {
    algorithm: String,
    checks: bool,
    files: Vec<Field>,
}

fn tool(name: &str, words: &[Field]) -> Option<Tool> {
    let mut out = Tool { algorithm: String::new(), checks: false, files: Vec::new() };
    if name == "openssl" {
        let verb = words.first().and_then(Field::known)?;
        if verb != "dgst" {
            out.algorithm = Some(verb).filter(|v| v.starts_with("sha") || v == "md5")?;
        }
    } else {
        out.algorithm = algorithm(name)?.to_owned();
    }
    let openssl = name == "openssl";
    let mut words = words.iter().skip(usize::from(openssl));
    while let Some(field) = words.next() {
        let word = field.known().unwrap_or_default();
        if !word.starts_with('-') || word == "-" {
            out.files.push(field.clone());
        } else if openssl {
            match word.trim_start_matches('-') {
                "verify" | "sign" | "prverify" | "signature" | "out" | "hmac" | "macopt" | "engine" => {
                    let _ = words.next();
                }
                name if name.starts_with("sha") || name.starts_with("md5") || name.starts_with("blake2") => {
                    out.algorithm = name.to_owned();
                }
                _ => {}
            }
        } else if let Some(value) = word.strip_prefix("--algorithm=") {
            out.algorithm = bits(name, value);
        } else if word == "--algorithm" {
            out.algorithm = bits(name, &words.next().and_then(Field::known).unwrap_or_default());
        } else if !word.starts_with("--") && word.contains('a') && matches!(name, "shasum" | "cksum") {
            let (before, value) = word.split_once('a').unwrap_or_default();
            out.checks |= before.contains('c');
            let value = if value.is_empty() {
                words.next().and_then(Field::known).unwrap_or_default()
            } else {
                value.to_owned()
            };
            out.algorithm = bits(name, &value);
        } else if word == "--check" || (!word.starts_with("--") && word.contains('c')) {
            out.checks = true;
        }
    }
    if openssl && out.algorithm.is_empty() {
        out.algorithm = "sha256".to_owned();
    }
    Some(out)
}

fn bits(name: &str, value: &str) -> String {
    if name == "shasum" { format!("sha{value}") } else { value.to_owned() }
}

/// All checks of a RUN, in the order of the file.
pub(super) fn checks(text: &Text<'_>) -> Vec<Check> {
    let mut out = Vec::new();
    let mut computed: Vec<Computed> = Vec::new();
    let lists = written(text);
    for (index, seen) in text.seen.iter().enumerate() {
        let Some(at) = text.program(index) else { continue };
        let (all, fields) = (&seen.fields.all, seen.fields);
        let Some(name) = all.get(at).and_then(named) else { continue };
        let words = all.get(at + 1..).unwrap_or_default();
        let span = all.get(at).map_or(0..0, |f| f.cover.clone());
        if matches!(name.as_str(), "gpg" | "gpg2" | "gpgv") {
            if name == "gpgv" || words.iter().any(|w| w.known().is_some_and(|w| w == "--verify")) {
                gpg(text, index, words, fields, span, &mut out);
            }
            continue;
        }
        let Some(tool) = tool(&name, words) else { continue };
        if tool.checks {
            if text.void(index) {
                continue;
            }
            let (listed, any) = listed(text, index, &tool, &lists);
            out.push(check(tool.algorithm, listed, any, span));
            continue;
        }
        let files: Vec<String> = tool.files.iter().filter_map(|f| key(&Spelled::new(fields, f))).collect();
        if let Some((digest, last)) = grepped(text, index) {
            if !text.void(last) {
                let any = files.is_empty();
                let digests = files.into_iter().map(|f| (digest.clone(), Some(f))).collect();
                out.push(Check { any, ..check(tool.algorithm, digests, any, span) });
            }
            continue;
        }
        computed.push(Computed { algorithm: tool.algorithm, files, script: seen.number, at: text.start(index) });
    }
    compared(text, &computed, &mut out);
    out.sort_by_key(|c| c.start);
    out
}

fn check(algorithm: String, listed: Vec<Listed>, any: bool, span: Range<usize>) -> Check {
    // `$(…)` comes from a file
    let told = |d: &Spelled| !d.variables().any(|v| v.starts_with('$'));
    let digest = listed.first().map(|(d, _)| d.clone()).filter(&told);
    let any = any || listed.is_empty() || listed.iter().any(|(_, f)| f.is_none());
    let files = listed.into_iter().filter_map(|(d, f)| Some((f?, Some(d).filter(&told)))).collect();
    let start = span.start;
    Check { said: HashCheck { algorithm, digest, span }, files, any, start }
}

fn gpg(text: &Text<'_>, index: usize, words: &[Field], fields: &Fields, span: Range<usize>, out: &mut Vec<Check>) {
    if text.void(index) {
        return;
    }
    let mut files = Vec::new();
    for file in words.iter().filter_map(|w| key(&Spelled::new(fields, w))).filter(|w| !w.starts_with('-')).take(LISTED)
    {
        let plain = [".asc", ".sig", ".sign", ".gpg"].iter().find_map(|end| file.strip_suffix(end));
        files.extend(plain.map(|p| (p.to_owned(), None)));
        files.push((file, None));
    }
    let (any, start) = (files.is_empty(), span.start);
    let said = HashCheck { algorithm: "gpg".to_owned(), digest: None, span };
    out.push(Check { said, files, any, start });
}

/// What a tool checks: the lines of its list, and whether it may check others.
fn listed(text: &Text<'_>, index: usize, tool: &Tool, lists: &HashMap<String, Vec<Listed>>) -> (Vec<Listed>, bool) {
    let Some(seen) = text.seen.get(index) else { return (Vec::new(), true) };
    let named: Vec<String> = tool
        .files
        .iter()
        .filter(|f| f.known().is_none_or(|w| w != "-" && w != "/dev/stdin"))
        .filter_map(|f| key(&Spelled::new(seen.fields, f)))
        .collect();
    if let Some(file) = named.first() {
        if let Some(list) = lists.get(file) {
            return (list.clone(), false);
        }
        return (Vec::new(), true);
    }
    let own = given(text, index);
    if !own.is_empty() {
        return (own, false);
    }
    match text.previous(index) {
        Some(before) => {
            let said = said(text, before);
            let any = said.is_empty();
            (said, any)
        }
        None => (Vec::new(), true),
    }
}

/// The list that `echo`, `printf` or `cat` writes.
fn said(text: &Text<'_>, index: usize) -> Vec<Listed> {
    let Some((seen, at)) = text.seen.get(index).zip(text.program(index)) else { return Vec::new() };
    let all = &seen.fields.all;
    let name = all.get(at).and_then(named).unwrap_or_default();
    let words = all.get(at + 1..).unwrap_or_default();
    let lines = match name.as_str() {
        "echo" => {
            let options = words
                .iter()
                .take_while(|w| w.known().is_some_and(|w| matches!(w.as_str(), "-n" | "-e" | "-ne" | "-en" | "-E")));
            let count = options.count();
            tokens(words.get(count..).unwrap_or_default())
        }
        "printf" => printf(words),
        "cat" | "tee" => return given(text, index),
        _ => return Vec::new(),
    };
    pairs(seen.fields, &lines)
}

/// What stands in the heredocs and behind the `<<<` of a command.
fn given(text: &Text<'_>, index: usize) -> Vec<Listed> {
    let Some(seen) = text.seen.get(index) else { return Vec::new() };
    let line = &seen.script.line;
    let strings = seen.command.strings.iter().map(|w| (w.range.clone(), seen.script.scan.atoms(w)));
    let mut out = Vec::new();
    if !seen.command.strings.is_empty() {
        let fields = text.run.expand(seen.number, strings);
        out.extend(pairs(&fields, &tokens(&fields.all)));
    }
    for document in &seen.command.documents {
        let mut inside = Logical::default();
        copy(line, document.clone(), &mut inside);
        let scan = scan::scan(&inside);
        let shift = |a: &Atom| Atom {
            kind: shifted(&a.kind, document.start),
            range: moved(&a.range, document.start),
            ..a.clone()
        };
        for command in scan.commands.iter().take(LISTED) {
            let words: Vec<(Range<usize>, Vec<Atom>)> = command
                .words
                .iter()
                .map(|w| (moved(&w.range, document.start), scan.atoms(w).iter().map(shift).collect()))
                .collect();
            let fields = text.run.expand(seen.number, words.iter().map(|(r, a)| (r.clone(), a.as_slice())));
            out.extend(pairs(&fields, &tokens(&fields.all)));
        }
    }
    out
}

fn moved(range: &Range<usize>, by: usize) -> Range<usize> {
    range.start + by..range.end + by
}

fn shifted(kind: &Kind, by: usize) -> Kind {
    match kind {
        Kind::Variable(name, form) => Kind::Variable(moved(name, by), *form),
        other => other.clone(),
    }
}

/// The lists that the RUN writes into files, by the file's name.
fn written(text: &Text<'_>) -> HashMap<String, Vec<Listed>> {
    let mut out: HashMap<String, Vec<Listed>> = HashMap::new();
    for (index, seen) in text.seen.iter().enumerate() {
        if seen.command.outputs.is_empty() && !seen.command.piped {
            continue;
        }
        let Some(file) = text.output(index).and_then(|o| key(&o)) else { continue };
        let list = out.entry(file).or_default();
        let room = LISTED.saturating_sub(list.len());
        list.extend(said(text, index).into_iter().take(room));
    }
    out.retain(|_, list| !list.is_empty());
    out
}

/// Words fallen into pieces at blanks, line by line.
fn tokens(words: &[Field]) -> Vec<Vec<Field>> {
    let mut lines = vec![Vec::new()];
    for field in words.iter().take(LISTED) {
        pieces(field, &mut lines);
    }
    lines
}

fn pieces(field: &Field, lines: &mut Vec<Vec<Field>>) {
    let units = &field.units;
    let is = |at: usize, bytes: &[u8]| units.get(at).is_some_and(|u| !u.hole && bytes.contains(&u.byte));
    let (mut from, mut at) = (0, 0);
    while at <= units.len() {
        let escape = is(at, b"\\") && is(at + 1, b"nt");
        let end = is(at, b"\n") || (escape && is(at + 1, b"n"));
        if at == units.len() || escape || is(at, b" \t\r\n") {
            if let Some(line) = lines.last_mut().filter(|l| from < at && l.len() < 2 * LISTED) {
                line.push(part(field, from, at));
            }
            if end && lines.len() < LISTED {
                lines.push(Vec::new());
            }
            from = at + 1 + usize::from(escape);
            at = from;
        } else {
            at += 1;
        }
    }
}

/// What printf writes: each `%s` of its format is the next word.
fn printf(words: &[Field]) -> Vec<Vec<Field>> {
    let Some((format, words)) = words.split_first() else { return Vec::new() };
    let mut shape = vec![Vec::new()];
    pieces(format, &mut shape);
    let mut words = words.iter().peekable();
    let mut out = Vec::new();
    for _ in 0..LISTED {
        let mut took = false;
        for line in &shape {
            let mut said = Vec::new();
            for token in line {
                let text = token.known().unwrap_or_default();
                match text.strip_prefix('*').unwrap_or(&text) {
                    "%s" | "%b" => {
                        took = true;
                        if let Some(word) = words.next() {
                            let mut inside = vec![Vec::new()];
                            pieces(word, &mut inside);
                            said.extend(inside.into_iter().flatten());
                        }
                    }
                    _ => said.push(token.clone()),
                }
            }
            out.push(said);
        }
        if !took || words.peek().is_none() {
            break;
        }
    }
    out
}

/// The digest and the file of each line: `abc  x`, `abc *x`, `SHA256 (x) = abc`.
fn pairs(fields: &Fields, lines: &[Vec<Field>]) -> Vec<Listed> {
    let spell = |f: &Field| Spelled::new(fields, f);
    let is = |f: &Field, sign: &str| f.known().is_some_and(|t| t == sign);
    let mut out = Vec::new();
    for line in lines {
        match line.as_slice() {
            [_, file, sign, digest, ..] if is(sign, "=") && digest.units.len() <= LONGEST => {
                let name = key(&spell(file)).map(|n| n.trim_matches(|c| c == '(' || c == ')').to_owned());
                out.push((spell(digest), name));
            }
            // a variable may hold both
            all => {
                for pair in all.chunks(2).take(LISTED) {
                    let Some(digest) = pair.first().filter(|d| d.units.len() <= LONGEST && !is(d, "-")) else {
                        continue;
                    };
                    let file = pair.get(1).filter(|f| !is(f, "-")).map(|f| {
                        let star = f.units.len() > 1 && f.units.first().is_some_and(|u| !u.hole && u.byte == b'*');
                        if star { behind(f, 1) } else { f.clone() }
                    });
                    out.push((spell(digest), file.and_then(|f| key(&spell(&f)))));
                }
            }
        }
        if out.len() >= LISTED {
            break;
        }
    }
    out
}

/// `sha256sum x | grep -q "$SHA"`: the pattern, and which command looks for it.
fn grepped(text: &Text<'_>, index: usize) -> Option<(Spelled, usize)> {
    let mut at = index;
    for _ in 0..4 {
        at = text.next(at)?;
        let seen = text.seen.get(at)?;
        let program = text.program(at)?;
        let name = seen.fields.all.get(program).and_then(named)?;
        if matches!(name.as_str(), "grep" | "egrep" | "fgrep") {
            let words = seen.fields.all.get(program + 1..)?;
            let pattern = words.iter().find(|w| w.units.first().is_some_and(|u| u.hole || u.byte != b'-'))?;
            let pattern = Some(pattern).filter(|p| p.units.len() <= LONGEST)?;
            return Some((Spelled::new(seen.fields, pattern), at));
        }
    }
    None
}

/// `[ "$(sha256sum x | cut …)" = "$SHA" ]`.
fn compared(text: &Text<'_>, computed: &[Computed], out: &mut Vec<Check>) {
    if computed.is_empty() {
        return;
    }
    let mut places: Vec<(usize, usize, usize)> =
        computed.iter().enumerate().map(|(i, c)| (c.script, c.at, i)).collect();
    places.sort_unstable();
    let inside = |script: usize, range: &Range<usize>| {
        let first = places.partition_point(|p| (p.0, p.1) < (script, range.start));
        places.get(first).filter(|p| p.0 == script && p.1 < range.end).map(|p| p.2)
    };
    // backquotes are scripts of their own
    let mut quoted: HashMap<(usize, usize), usize> = HashMap::new();
    for (index, c) in computed.iter().enumerate() {
        if let Some(parent) = text.run.scripts().get(c.script).and_then(|s| s.parent) {
            quoted.insert(parent, index);
        }
    }
    let gives = |script: usize, atoms: &[Atom]| {
        let commands = atoms.iter().filter(|a| a.kind == Kind::Command);
        commands
            .into_iter()
            .find_map(|a| inside(script, &a.range).or_else(|| quoted.get(&(script, a.range.start)).copied()))
    };
    let mut variables: HashMap<Vec<u8>, usize> = HashMap::new();
    for (number, script) in text.run.scripts().iter().enumerate() {
        for assign in &script.scan.assigns {
            if let Some(found) = assign.words.first().and_then(|w| gives(number, script.scan.atoms(w))) {
                variables.insert(script.line.get(assign.name.clone()).to_vec(), found);
            }
        }
    }
    for (index, seen) in text.seen.iter().enumerate() {
        let Some(name) = seen.fields.all.first().and_then(named) else { continue };
        if !matches!(name.as_str(), "[" | "[[" | "test") || seen.command.words.len() > 6 || text.void(index) {
            continue;
        }
        let found = seen.command.words.iter().enumerate().find_map(|(nth, word)| {
            let atoms = seen.script.scan.atoms(word);
            let named = |a: &Atom| match &a.kind {
                Kind::Variable(name, _) => variables.get(seen.script.line.get(name.clone())).copied(),
                _ => None,
            };
            let found = gives(seen.number, atoms).or_else(|| atoms.iter().find_map(named))?;
            Some((nth, found))
        });
        let Some((nth, computed)) = found.and_then(|(n, c)| Some((n, computed.get(c)?))) else { continue };
        let other = seen.fields.all.iter().find(|f| {
            let sign =
                f.known().is_some_and(|w| matches!(w.as_str(), "=" | "==" | "[" | "[[" | "]" | "]]" | "test" | "!="));
            f.word != nth && !sign && f.units.len() <= LONGEST
        });
        let Some(other) = other else { continue };
        let digest = Spelled::new(seen.fields, other);
        let files: Vec<Listed> = computed.files.iter().map(|f| (digest.clone(), Some(f.clone()))).collect();
        let span = seen.fields.all.first().map_or(0..0, |f| f.cover.clone());
        let any = files.is_empty();
        let listed = if any { vec![(digest, None)] } else { files };
        out.push(check(computed.algorithm.clone(), listed, any, span));
    }
}
