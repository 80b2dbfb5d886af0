//! `into`: where the values of a pin stand in Dockerfiles.

use crate::dockerfile::{Site, StageSel, Target, is_git};
use crate::model::{Platform, RelPath, Trouble, quoted, suggest};
use crate::source::{self, Source};
use crate::table::{Placed, Table};

const TARGETS: [&str; 8] = ["arg", "env", "from", "copy-from", "mount", "syntax", "add", "checksum"];

const KNOWN: [&str; 13] = [
    "file",
    "stage",
    "platform",
    "arg",
    "env",
    "from",
    "copy-from",
    "mount",
    "syntax",
    "add",
    "checksum",
    "value",
    "all",
];

/// What may stand at the sites that are read.
pub(super) enum Bears<'a> {
    /// Values of a pin, which may differ by platform; its source, if it could be read.
    Pin(Option<&'a Source>, &'a [Platform]),
    /// The snapshot of an archive.
    Snapshot,
}

/// Reads `into`, if it is there.
pub(super) fn read_all(table: &Table<'_>, bears: &Bears<'_>) -> Vec<Placed<Site>> {
    let sites = table.tables("into").into_iter().flatten();
    sites.filter_map(|site| read(&site, bears)).collect()
}

fn read(table: &Table<'_>, bears: &Bears<'_>) -> Option<Placed<Site>> {
    table.only("in `into`", &KNOWN, |_| None);
    let file = table.parsed::<RelPath>("file").map(|f| f.value);
    let stage = read_stage(table);
    let platform = read_platform(table, bears);
    let value = read_value(table, bears);
    let all = table.flag("all").unwrap_or(false);
    let given: Vec<&str> = TARGETS.into_iter().filter(|key| table.has(key)).collect();
    let key = match given.as_slice() {
        [one] => *one,
        [] => {
            let trouble = Trouble::new("the site does not say what is pinned there");
            let expected = format!("one of {}", TARGETS.join(", "));
            table.report(trouble.at(table.place()).expected(expected));
            return None;
        }
        [first, second, ..] => {
            let message = format!("a site is one thing: `{first}` and `{second}` are two");
            let trouble = Trouble::new(message).at(table.key_place(second));
            table.report(trouble.help("make two sites of it"));
            return None;
        }
    };
    let target = read_target(table, key)?;
    if let Bears::Pin(Some(source), _) = bears
        && !source.fits(&target)
    {
        let message = format!("`{key}` cannot bear a value of a {} pin", source.kind());
        let trouble = Trouble::new(message).at(table.key_place(key));
        table.report(trouble.help("`arg` and `env` bear values of every kind"));
    }
    Some(Placed { value: Site { file, stage, platform, target, value, all }, place: table.place() })
}

fn read_stage(table: &Table<'_>) -> Option<StageSel> {
    if table.is_number("stage") {
        let index = table.number("stage")?;
        return match source::stage(Err(index.value)) {
            Ok(stage) => Some(stage),
            Err(trouble) => {
                table.report(trouble.at(index.place));
                None
            }
        };
    }
    if !table.is_text("stage") {
        table.mistyped("stage", "a stage's name or index");
        return None;
    }
    let stage = table.read("stage", |name| source::stage(Ok(name)));
    stage.map(|s| s.value)
}

fn read_platform(table: &Table<'_>, bears: &Bears<'_>) -> Option<Platform> {
    let platform = table.parsed::<Platform>("platform")?;
    let known: &[Platform] = match bears {
        Bears::Pin(_, platforms) => platforms,
        Bears::Snapshot => &[],
    };
    if !known.contains(&platform.value) {
        let message = format!("{} is no platform of this pin", platform.value);
        let mut trouble = Trouble::new(message).at(platform.place);
        if !known.is_empty() {
            let known: Vec<&str> = known.iter().map(Platform::as_str).collect();
            trouble = trouble.expected(format!("one of {}", known.join(", ")));
        }
        table.report(trouble);
    }
    Some(platform.value)
}

fn read_value(table: &Table<'_>, bears: &Bears<'_>) -> Option<String> {
    let (keys, needed): (&[&str], bool) = match bears {
        Bears::Pin(None, _) => (&[], false),
        Bears::Pin(Some(source), _) => (source.value_keys(), source.default_value_key().is_none()),
        Bears::Snapshot => (&["snapshot"], false),
    };
    if needed && !table.has("value") {
        let trouble = Trouble::new("the site does not say which package's value stands there");
        table.report(trouble.at(table.place()).help("add `value = \"<package>\"`"));
    }
    let value = table.words("value")?;
    if !keys.is_empty() && !keys.contains(&value.value) {
        let message = format!("this pin has no value {}", quoted(value.value));
        let mut trouble = Trouble::new(message).at(value.place).expected(format!("one of {}", keys.join(", ")));
        if let Some(near) = suggest(value.value, keys.iter().copied()) {
            trouble = trouble.help(format!("did you mean `{near}`?"));
        }
        table.report(trouble);
        return None;
    }
    Some(value.value.to_owned())
}

fn read_target(table: &Table<'_>, key: &str) -> Option<Target> {
    if table.is_flag(key) && matches!(key, "from" | "copy-from" | "mount" | "syntax") {
        if table.flag(key) == Some(false) {
            let trouble = Trouble::new(format!("`{key} = false` says nothing"));
            table.report(trouble.at(table.value_place(key)).help("remove the key"));
            return None;
        }
        return Some(match key {
            "from" => Target::From(None),
            "copy-from" => Target::CopyFrom(None),
            "mount" => Target::Mount(None),
            _ => Target::Syntax,
        });
    }
    if key == "syntax" {
        let trouble = Trouble::new("`syntax` names nothing").at(table.value_place(key));
        table.report(trouble.expected("syntax = true"));
        return None;
    }
    let text = table.words(key)?;
    let name = text.value.to_owned();
    let variable = |name: &str| {
        let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
        name.bytes().all(plain) && !name.starts_with(|c: char| c.is_ascii_digit())
    };
    let fault = match key {
        "arg" | "env" if !variable(&name) => Some("is not the name of a variable"),
        "add" if name.contains('#') => Some("has a fragment: write the URL without its ref"),
        "add" if !is_git(name.as_bytes()) => Some("is no git URL to BuildKit: an http one must end in `.git`"),
        "from" | "copy-from" | "mount" if name.contains('@') => Some("names a digest: write the repository alone"),
        _ if name.contains([' ', '"', '\'', '\\']) => Some("holds a blank, quote or backslash"),
        _ => None,
    };
    if let Some(fault) = fault {
        table.report(Trouble::new(format!("{} {fault}", quoted(&name))).at(text.place));
        return None;
    }
    Some(match key {
        "arg" => Target::Arg(name),
        "env" => Target::Env(name),
        "from" => Target::From(Some(name)),
        "copy-from" => Target::CopyFrom(Some(name)),
        "mount" => Target::Mount(Some(name)),
        "add" => Target::Add(name),
        _ => Target::Checksum(name),
    })
}

/// The site without what does not tell where it is, for comparison.
pub(super) fn spot(site: &Site) -> String {
    let stage = match &site.stage {
        Some(StageSel::Name(name)) => Some(StageSel::Name(name.to_ascii_lowercase())),
        other => other.clone(),
    };
    Site { stage, value: None, all: false, ..site.clone() }.to_string()
}
