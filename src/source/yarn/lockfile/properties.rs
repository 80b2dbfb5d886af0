//! What holds for every yarn.lock: what is written is read again, hostile bytes never panic, and
//! another parser reads the same.

use proptest::collection::{btree_map, vec};
use proptest::prelude::*;

use super::tests::{BERRY, ODD_V1, V1};
use super::*;

/// Texts, from plain to what only quotes can hold. Not what yarn 1 itself cannot read again, and no
/// tabs and controls but line ends, which berry writes bare and this refuses.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => "[a-z@/^~.:0-9-]{0,12}",
        1 => "(true|false|null|[0-9]{1,3}|-|\\?|: |#|<<<<<<<|=======)[a-z ]{0,3}",
        1 => "[\\PC\n\u{feff}]{0,6}",
    ]
    .prop_filter("yarn 1 cannot read what it writes", |t| !t.contains("\\\""))
}

fn texts() -> impl Strategy<Value = BTreeMap<String, String>> {
    btree_map(text().prop_filter("a key", |k| !k.is_empty()), text(), 0..4)
}

fn maybe() -> impl Strategy<Value = Option<String>> {
    proptest::option::of(text())
}

fn map(texts: BTreeMap<String, String>) -> Option<Node> {
    (!texts.is_empty()).then(|| Node::Map(texts.into_iter().map(|(k, v)| (k, Node::Text(v))).collect()))
}

fn entry(v1: bool) -> impl Strategy<Value = Entry> {
    let fields = (text(), maybe(), maybe(), maybe(), texts(), texts(), texts(), any::<u32>(), "[a-z]{1,6}");
    fields.prop_map(move |(version, a, b, c, dependencies, some, more, number, name)| {
        let mut entry = Entry { version: Some(version), dependencies, ..Entry::default() };
        if v1 {
            (entry.resolved, entry.integrity, entry.optional) = (a, b, some);
            entry.more.extend(c.map(|text| ("uid".to_owned(), Node::Text(text))));
            entry.more.extend(map(more).map(|node| ("prebuiltVariants".to_owned(), node)));
            entry.more.insert("permissions".to_owned(), Node::Number(u64::from(number)));
            entry.more.insert("registry".to_owned(), Node::Flag(number % 2 == 0));
        } else {
            (entry.resolution, entry.checksum, entry.conditions, entry.peers) = (a, b, c, some);
            entry.more.extend(map(more).map(|node| ("bin".to_owned(), node)));
            let mark = |key: &str, node| Node::Map(BTreeMap::from([(key.to_owned(), node)]));
            let optional = mark("optional", Node::Text((number % 2 == 0).to_string()));
            entry.more.insert("dependenciesMeta".to_owned(), mark(&name, optional));
            entry.optional_names = if number % 2 == 0 { vec![name] } else { Vec::new() };
        }
        entry
    })
}

/// A lockfile whose keys are all different, as the reader would give it but for the lines.
fn lockfile() -> impl Strategy<Value = Lockfile> {
    let entries = |v1| vec((vec(text(), 1..4), entry(v1)), 0..5);
    let some = any::<bool>().prop_flat_map(move |v1| (Just(v1), entries(v1), any::<bool>(), maybe()));
    some.prop_map(|(v1, entries, crlf, cache_key)| {
        let format = if v1 { Format::V1 } else { Format::Berry { metadata: 8, cache_key } };
        let mut entries: Vec<Entry> = entries.into_iter().map(|(keys, entry)| Entry { keys, ..entry }).collect();
        for (at, entry) in entries.iter_mut().enumerate() {
            for (nth, key) in entry.keys.iter_mut().enumerate() {
                *key = format!("{key}@{at}.{nth}");
                if !v1 {
                    // berry would write these bare, and every git would take them for a conflict
                    *key = key.replace("<<<<<<<", "").replace("=======", "");
                    *key = key.replace(',', "").trim_matches(' ').to_owned();
                }
            }
        }
        let none = BTreeMap::new();
        Lockfile { format, entries, canonical: true, crlf, bom: false, versions: vec![], more: none, unknown: vec![] }
    })
}

/// The entries without order and lines.
fn bare(lock: &Lockfile) -> BTreeMap<Vec<String>, Entry> {
    let plain = |entry: &Entry| {
        let mut entry = Entry { line: 0, lines: BTreeMap::new(), ..entry.clone() };
        entry.keys.sort();
        (entry.keys.clone(), entry)
    };
    lock.entries.iter().map(plain).collect()
}

/// Neither reading nor telling of an error may panic.
fn survives(bytes: &[u8]) {
    match Lockfile::parse(bytes) {
        Ok(lock) => assert!(!lock.canonical || write(&lock).as_bytes() == bytes),
        Err(error) => assert!(error.trouble("yarn.lock", bytes).place.is_some()),
    }
}

/// A key as name and range.
fn descriptor(key: &str) -> (&str, &str) {
    key.rsplit_once('@').unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn what_is_written_is_read_again(lock in lockfile()) {
        let text = write(&lock);
        let read = Lockfile::parse(text.as_bytes()).map_err(|e| TestCaseError::fail(format!("{e}\n{text}")))?;
        prop_assert!(read.canonical, "{text}");
        prop_assert_eq!(bare(&read), bare(&lock));
        prop_assert_eq!((&read.format, read.crlf), (&lock.format, lock.crlf));
        prop_assert_eq!(write(&read), text);
    }

    #[test]
    fn one_other_byte_or_a_cut_never_panics(which in 0..3_usize, at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let mut bytes = [V1, ODD_V1, BERRY][which].as_bytes().to_vec();
        let at = at.index(bytes.len());
        survives(&bytes[..at]);
        survives(&bytes[at..]);
        bytes[at] = byte;
        survives(&bytes);
    }

    #[test]
    fn pieces_in_any_order_never_panic(v1 in any::<bool>(), pieces in vec(prop::sample::select(vec![
        "a", "@1", ":", " ", "  ", "\n", "\r\n", "\"", "\\", "'", "? ", ", ", "#", "true", "1", "version", "é", "\n  a \"", "\n  a:", "- ", "\n    b: ",
    ]), 0..40)) {
        let head = if v1 { "# yarn lockfile v1\n" } else { "__metadata:\n  version: 8\n" };
        survives(format!("{head}{}", pieces.concat()).as_bytes());
    }

    #[test]
    fn an_integrity_changes_nothing_else(lock in lockfile(), at in any::<prop::sample::Index>()) {
        prop_assume!(lock.format == Format::V1 && !lock.entries.is_empty());
        let text = write(&lock);
        let mut read = Lockfile::parse(text.as_bytes()).unwrap();
        let at = at.index(read.entries.len());
        let done = with_integrity(text.as_bytes(), &[(at, "sha512-AA==".to_owned())]).unwrap();
        read.entries[at].integrity = Some("sha512-AA==".to_owned());
        prop_assert_eq!(String::from_utf8(done).unwrap(), write(&read));
    }

    #[test]
    fn another_parser_reads_the_same(entries in btree_map("(@[a-z]{1,4}/)?[a-z][a-z-]{0,6}", (
        vec("[\\^~]?[0-9]\\.[0-9]{1,2}\\.[0-9]", 1..3), "[0-9]\\.[0-9]\\.[0-9]", btree_map("(@[a-z]{1,4}/)?[a-z]{1,6}", "[\\^~]?[0-9]\\.[0-9]", 0..4),
    ), 1..6)) {
        let entries = entries.into_iter().map(|(name, (mut ranges, version, dependencies))| {
            ranges.sort();
            ranges.dedup();
            let keys = ranges.iter().map(|range| format!("{name}@{range}")).collect();
            let resolved = Some(format!("https://registry.example/{name}/-/x-{version}.tgz#0123"));
            Entry { keys, resolved, version: Some(version), integrity: Some("sha512-AA==".to_owned()), dependencies, ..Entry::default() }
        }).collect();
        let lock = Lockfile { format: Format::V1, entries, canonical: true, crlf: false, bom: false, versions: vec![], more: BTreeMap::new(), unknown: vec![] };
        let text = write(&lock);
        let ours = Lockfile::parse(text.as_bytes()).unwrap();
        let theirs = yarn_lock_parser::parse_str(&text).unwrap();
        prop_assert_eq!(theirs.entries.len(), ours.entries.len());
        for (theirs, ours) in theirs.entries.iter().zip(&ours.entries) {
            prop_assert_eq!(Some(theirs.version), ours.version.as_deref());
            prop_assert_eq!(Some(theirs.resolved), ours.resolved.as_deref());
            prop_assert_eq!(Some(theirs.integrity), ours.integrity.as_deref());
            let keys: Vec<_> = ours.keys.iter().map(|key| descriptor(key)).collect();
            prop_assert_eq!(&theirs.descriptors, &keys);
            let dependencies: BTreeMap<String, String> = theirs.dependencies.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
            prop_assert_eq!(&dependencies, &ours.dependencies);
        }
    }
}
