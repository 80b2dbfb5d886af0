//! package.json: strict, and every byte kept.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::super::lockfile::Entry;
use super::*;

fn package(text: &str) -> Package {
    Package::parse("package.json", text.as_bytes().to_vec()).unwrap()
}

fn faults(bytes: impl Into<Vec<u8>>) -> Vec<String> {
    let troubles = Package::parse("app/package.json", bytes.into()).unwrap_err();
    let shown = |t: &Trouble| {
        let place = t.place.as_ref().unwrap();
        format!("{}:{}:{} {}", place.file, place.line, place.column, t.message)
    };
    troubles.iter().map(shown).collect()
}

#[test]
fn all_that_yarn_takes_packages_from_is_read_with_its_place() {
    let text = "{\n  \"name\": \"app\", \"version\": \"1.2.3\", \"private\": true,\r\n\t\"dependencies\": {\"a\": \"^1\", \"\\u0068omebridge\": \"own\\/homebridge#v1\"},\n  \"devDependencies\": {\"d\": \"1\"}, \"optionalDependencies\": {}, \"peerDependencies\": {\"p\": \"*\"},\n  \"resolutions\": {\"**/a\": \"1.0.0\"}, \"workspaces\": {\"packages\": [\"packages/*\"], \"nohoist\": [\"x\"]},\n  \"packageManager\": \"yarn@4.1.0\", \"dependenciesMeta\": {\"a\": {\"optional\": true}, \"b\": {\"built\": false}},\n  \"bundledDependencies\": [\"a\"], \"scripts\": {\"prepare\": \"x\", \"test\": \"y\"}}";
    let read = package(text);
    assert_eq!((read.name.as_deref(), read.version.as_deref(), read.private), (Some("app"), Some("1.2.3"), true));
    let items: Vec<_> =
        read.dependencies.iter().map(|d| (d.section.key(), d.name.as_str(), d.range.as_str())).collect();
    assert_eq!(
        items,
        [
            ("dependencies", "a", "^1"),
            ("dependencies", "homebridge", "own/homebridge#v1"),
            ("devDependencies", "d", "1"),
            ("peerDependencies", "p", "*")
        ]
    );
    let place = &read.dependencies[1].place;
    assert_eq!((place.file.as_str(), place.line, place.column), ("package.json", 3, 49));
    assert_eq!(text.get(read.dependencies[1].span.clone()), Some("\"own\\/homebridge#v1\""));
    assert_eq!((read.resolutions[0].pattern.as_str(), read.resolutions[0].range.as_str()), ("**/a", "1.0.0"));
    assert_eq!((read.workspaces, read.package_manager.as_deref()), (vec!["packages/*".to_owned()], Some("yarn@4.1.0")));
    assert_eq!((read.optional_meta, read.bundled), (vec!["a".to_owned()], vec!["a".to_owned()]));
    assert_eq!(read.lifecycle, ["prepare"]);
    assert_eq!(package("{\"workspaces\": [\"a\", \"b\"]}").workspaces, ["a", "b"]);
    assert_eq!(package("{\"name\": \"\\ud83d\\ude00\"}").name.as_deref(), Some("\u{1f600}"));
}

#[test]
fn a_key_that_stands_twice_is_refused_wherever_it_is_with_both_places() {
    let text = "{\n\"dependencies\": {\"a\": \"1\",\n \"\\u0061\": \"2\"},\n\"x\": [{\"y\": 1,\n\"y\": 2}],\n\"dependencies\": {}}";
    let mut found = faults(text);
    found.sort();
    assert_eq!(
        found,
        [
            "app/package.json:3:2 `a` stands twice in one object, first on line 2",
            "app/package.json:5:1 `y` stands twice in one object, first on line 4",
            "app/package.json:6:1 `dependencies` stands twice in one object, first on line 2",
        ]
    );
}

#[test]
fn what_is_not_strict_json_is_refused_where_it_stands() {
    for (text, place) in [
        ("", "1:1"),
        ("{\n// c\n}", "2:1"),
        ("{\"a\": 1,}", "1:9"),
        ("{'a': 1}", "1:2"),
        ("{\"a\": 01}", "1:8"),
        ("{\"a\": \"x\ny\"}", "2:1"),
        ("{\"a\": NaN}", "1:7"),
        ("{} {}", "1:4"),
        ("{\"a\": \"\\ud800\"}", "1:"),
    ] {
        let found = faults(text);
        assert_eq!(found.len(), 1, "{text:?}");
        assert!(found[0].starts_with(&format!("app/package.json:{place}")), "{text:?}: {}", found[0]);
        assert!(found[0].contains("it is not JSON"), "{text:?}: {}", found[0]);
    }
    assert_eq!(faults("[1]"), ["app/package.json:1:1 it is no JSON object"]);
    assert_eq!(faults(b"{\"a\": \"\xff\"}".to_vec()), ["app/package.json:1:8 it is not UTF-8"]);
    assert_eq!(
        faults("{\"dependencies\": {\"a\": 1, \"b\": null}, \"devDependencies\": [], \"workspaces\": [1]}"),
        [
            "app/package.json:1:24 the range of `a` in `dependencies` is no string",
            "app/package.json:1:32 the range of `b` in `dependencies` is no string",
            "app/package.json:1:58 `devDependencies` is no object",
            "app/package.json:1:77 a glob of `workspaces` is no string",
        ]
    );
}

#[test]
fn hostile_sizes_are_refused_at_once() {
    let deep = "[".repeat(1_000_000);
    assert!(faults(format!("{{\"a\": {deep}"))[0].contains("more than 100 deep"));
    assert!(faults(" ".repeat(CAP + 1))[0].contains("larger than 16777216 bytes"));
    let many: Vec<String> = (0..DEPENDENCIES + 1).map(|n| format!("\"a{n}\":\"1\"")).collect();
    assert!(faults(format!("{{\"dependencies\":{{{}}}}}", many.join(",")))[0].contains("more items than are read"));
    // One key a hundred thousand times, on one line: told in time, and not a hundred thousand times.
    let twice = "\"a\":1,".repeat(100_000);
    assert_eq!(faults(format!("{{{twice}\"b\":1}}")).len(), 50);
}

#[test]
fn a_byte_order_mark_is_passed_over_and_kept() {
    let read = package("\u{feff}{\"dependencies\": {\"a\": \"1\"}}");
    assert_eq!(read.dependencies[0].place.column, 25);
    let edited = read.with_ranges(&[(0, "2".to_owned())]);
    assert_eq!(edited, "\u{feff}{\"dependencies\": {\"a\": \"2\"}}".as_bytes());
}

#[test]
fn an_edit_changes_the_range_alone_and_escapes_it() {
    let text =
        "{\r\n\t\"dependencies\" : {\"a\":\"1\" ,\t\"b\": \"\\u0031\"},\r\n \"n\": 1.50e+1, \"s\": \"\\/\" }\r\n\r\n";
    let read = package(text);
    let edited = read.with_ranges(&[(1, "x\"\\\n".to_owned()), (9, "gone".to_owned()), (0, "2".to_owned())]);
    let expected = "{\r\n\t\"dependencies\" : {\"a\":\"2\" ,\t\"b\": \"x\\\"\\\\\\n\"},\r\n \"n\": 1.50e+1, \"s\": \"\\/\" }\r\n\r\n";
    assert_eq!(String::from_utf8(edited).unwrap(), expected);
    assert_eq!(read.with_ranges(&[]), text.as_bytes());
}

fn berry() -> Format {
    Format::Berry { metadata: 8, cache_key: None }
}

#[test]
fn where_a_name_stands_twice_each_yarn_takes_its_own() {
    // What both wrote into yarn.lock for this package.json.
    let read = package(
        "{\"dependencies\":{\"ms\":\"2.0.0\",\"isarray\":\"1.0.0\",\"wrappy\":\"1.0.1\"},\
         \"devDependencies\":{\"ms\":\"2.1.0\",\"isarray\":\"2.0.0\"},\
         \"optionalDependencies\":{\"isarray\":\"2.0.5\",\"wrappy\":\"*\"}}",
    );
    let taken = |format: &Format| -> Vec<(String, String, bool)> {
        read.wanted(format, true).iter().map(|w| (w.name.to_owned(), w.range.to_owned(), w.optional)).collect()
    };
    let of =
        |all: &[(&str, &str, bool)]| all.iter().map(|(n, r, o)| ((*n).into(), (*r).into(), *o)).collect::<Vec<_>>();
    assert_eq!(taken(&berry()), of(&[("isarray", "2.0.0", true), ("ms", "2.1.0", false), ("wrappy", "*", true)]));
    assert_eq!(
        taken(&Format::V1),
        of(&[("isarray", "2.0.5", true), ("ms", "2.0.0", false), ("wrappy", "1.0.1", true)])
    );
}

#[test]
fn the_summary_of_a_package_is_that_of_its_entry() {
    // The package at the commit, and the entries that 3.8 and 4.18 wrote for it.
    let read = package(
        "{\"name\":\"hbreal\",\"version\":\"2.0.0\",\"dependencies\":{\"wrappy\":\"^1.0.2\",\"ms\":\"npm:^2.1.1\"},\
         \"optionalDependencies\":{\"isarray\":\"1.0.0\"},\"devDependencies\":{\"x\":\"1\"},\"peerDependencies\":{\"p\":\"1\"}}",
    );
    let line = "version=2.0.0 ms=^2.1.1 wrappy=^1.0.2 optional:isarray=1.0.0";
    assert_eq!((read.summary(&berry()), read.summary(&Format::V1)), (line.to_owned(), line.to_owned()));
    let map = |all: &[(&str, &str)]| -> BTreeMap<String, String> {
        all.iter().map(|(n, r)| ((*n).to_owned(), (*r).to_owned())).collect()
    };
    let entry = |prefix: &str| Entry {
        version: Some("2.0.0".to_owned()),
        dependencies: map(&[
            ("isarray", &format!("{prefix}1.0.0")),
            ("ms", &format!("{prefix}^2.1.1")),
            ("wrappy", &format!("{prefix}^1.0.2")),
        ]),
        optional_names: vec!["isarray".to_owned()],
        ..Entry::default()
    };
    assert_eq!(
        (entry_summary(&berry(), &entry("npm:")), entry_summary(&berry(), &entry(""))),
        (line.into(), line.into())
    );
    let v1 = Entry {
        version: Some("2.0.0".to_owned()),
        dependencies: map(&[("wrappy", "^1.0.2"), ("ms", "^2.1.1")]),
        optional: map(&[("isarray", "1.0.0")]),
        ..Entry::default()
    };
    assert_eq!(entry_summary(&Format::V1, &v1), line);
    let alias = Entry { dependencies: map(&[("al", "npm:inherits@2.0.4"), ("a b=c", "1")]), ..Entry::default() };
    assert_eq!(entry_summary(&berry(), &alias), "version=0.0.0 a%20b%3Dc=1 al=npm:inherits@2.0.4");
}

fn json_string() -> impl Strategy<Value = String> {
    "\\PC{0,12}".prop_map(|text| json::quote(&text))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn an_edit_keeps_every_other_byte_and_reads_back(
        blanks in proptest::collection::vec("[ \t\r\n]{0,3}", 8),
        ranges in proptest::collection::vec(json_string(), 1..6),
        other in json_string(),
        new in "\\PC{0,20}",
        pick in any::<prop::sample::Index>(),
    ) {
        let b = |n: usize| blanks[n % blanks.len()].as_str();
        let items: Vec<String> =
            ranges.iter().enumerate().map(|(n, r)| format!("{}\"\\u0061{n}\"{}:{}{r}{}", b(n), b(n + 1), b(n + 2), b(n + 3))).collect();
        let text = format!("{}{{\"o\":{other},{}\"dependencies\":{{{}}}{},\"z\":[1e2,{other}]}}{}", b(0), b(1), items.join(","), b(2), b(3));
        let read = package(&text);
        prop_assert_eq!(read.dependencies.len(), ranges.len());
        let at = pick.index(ranges.len());
        let span = read.dependencies[at].span.clone();
        let edited = String::from_utf8(read.with_ranges(&[(at, new.clone())])).unwrap();
        prop_assert_eq!(edited.get(..span.start), text.get(..span.start));
        prop_assert!(edited.ends_with(text.get(span.end..).unwrap()));
        let again = package(&edited);
        for (n, dependency) in again.dependencies.iter().enumerate() {
            let expected = if n == at { &new } else { &read.dependencies[n].range };
            prop_assert_eq!(&dependency.range, expected);
            prop_assert_eq!(&dependency.name, &format!("a{n}"));
        }
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in proptest::collection::vec(prop_oneof![Just(b'"'), Just(b'{'), Just(b'}'), Just(b':'), Just(b'\\'), any::<u8>()], 0..60)) {
        let _ = Package::parse("f", bytes);
    }
}
