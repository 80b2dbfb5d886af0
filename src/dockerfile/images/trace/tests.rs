//! The walk against the judge, and the way back.

use proptest::prelude::*;

use super::*;

const ARGS: &str = "ARG A=a:1 E= Q=\"q u\" S='s'\\x\nARG B=${A}b C=$B$E\nARG N=${C##*:} U\n";

/// The walk and the judge over one word.
fn both(word: &str) -> Option<(Vec<u8>, Vec<u8>)> {
    let file = Dockerfile::parse("f", format!("{ARGS}ARG W={word}\nFROM a\n").into_bytes()).ok()?;
    let tracer = Tracer::new(&file);
    let a = file.assignments().iter().find(|a| a.name == "W")?;
    let raw = a.value.clone()?;
    let look = |name: &str| tracer.look(name);
    let line = file.instructions()[a.instruction].line.get(raw.clone());
    let said = expand_bytes(line, b'\\', &look, &file.variables().steps).ok()?;
    Some((tracer.scan(a.instruction, raw, None, true).text, said.into_bytes()))
}

#[test]
fn each_byte_is_traced_to_where_it_stands() {
    let text = "ARG A=x \\\n B='y:'$A\nFROM ${B}${N:-\"z\"}\n";
    let file = Dockerfile::parse("f", text.as_bytes().to_vec()).unwrap();
    let traced = Tracer::new(&file).word(1, 5..18).unwrap();
    assert_eq!(traced.text, b"y:xz");
    let at: Vec<_> = (0..4).map(|i| text.as_bytes()[traced.offset(i).unwrap()]).collect();
    assert_eq!(at, b"y:xz");
    assert_eq!(traced.runs(0..4).len(), 3);
}

#[test]
fn the_walk_reads_each_form_as_the_judge_does() {
    for (word, said) in [
        ("$A", "a:1"),
        ("${C}x", "a:1bx"),
        ("\"${Q}\"'$A'", "q u$A"),
        ("$S\\$A", "sx$A"),
        ("${E:-${U:-\"d\"}}", "d"),
        ("${E-d}${A:+$B}${E+x}", "a:1bx"),
        ("${A%:*}${A/a/c}$N", "ac:11b"),
        ("$.$A.", "$.a:1."),
        ("\"a\\\"b\\c\"", "a\"b\\c"),
        ("${U:-'}'}${A:?\\}}", "}a:1"),
    ] {
        let (walk, judge) = both(word).unwrap();
        assert_eq!(String::from_utf8(walk).unwrap(), said, "{word}");
        assert_eq!(String::from_utf8(judge).unwrap(), said, "{word}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_walk_reads_any_word_as_the_judge_does(parts in proptest::collection::vec(proptest::sample::select(PARTS), 0..12)) {
        if let Some((walk, judge)) = both(&parts.concat()) {
            prop_assert_eq!(walk, judge);
        }
    }
}

const PARTS: &[&str] = &[
    "$A", "${A}", "$E", "$U", "$N", "${A:-", "${U-", "${E:-", "${B:+", "${E+", "${A#", "${A%%", "${A/", "/", "}", "}",
    "\"", "'", "\\", "x", ":", "é", "$", "<<", "$@",
];
