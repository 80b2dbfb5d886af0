//! Generated Dockerfiles in every variant, and arbitrary bytes.

use proptest::prelude::*;

use super::super::*;
use super::site;

/// One instruction with the names and values it must be found to set.
#[derive(Clone, Debug)]
struct Case {
    lines: Vec<&'static str>,
    sets: Vec<(&'static str, &'static str)>,
}

fn case(lines: &[&'static str], sets: &[(&'static str, &'static str)]) -> Case {
    Case { lines: lines.to_vec(), sets: sets.to_vec() }
}

fn cases() -> Vec<Case> {
    vec![
        case(&["# 1.0.4", "ARG A=1"], &[("A", "1")]),
        case(&["ARG A=\"x y\" B='z' C= D"], &[("A", "x y"), ("B", "z"), ("C", "")]),
        case(&["ARG A=1 \\", "    B=2 \\", "    C=3"], &[("A", "1"), ("B", "2"), ("C", "3")]),
        case(&["ENV A x  y"], &[("A", "x  y")]),
        case(&["ENV A=x\\ y \\", "  B=\"q\""], &[("A", "x y"), ("B", "q")]),
        case(&["ONBUILD ARG A=1"], &[("A", "1")]),
        case(&["#ARG A=0", "ENV A=1 B=$A"], &[("A", "1")]),
        case(&["RUN set -e; \\", "  echo ARG A=1 && \\", "  echo done"], &[]),
        case(&["RUN <<EOF cat", "FROM nowhere", "ARG A=1", "EOF"], &[]),
        case(&["COPY --from=b:1 /x /y"], &[]),
        case(&["CMD [\"a\", \"b\\\\\"]"], &[]),
        case(&["FROM scratch AS s1"], &[]),
        case(&["LABEL a=b c=\"d e\""], &[]),
        case(&["MAINTAINER Some One <a@b>"], &[]),
        case(&["HEALTHCHECK CMD true"], &[]),
    ]
}

/// The variants that BuildKit reads as the same file.
#[derive(Clone, Copy, Debug, Default)]
struct Variant {
    crlf: bool,
    bom: bool,
    tabs: bool,
    no_eol: bool,
    gap: Option<&'static str>,
    trailing: bool,
    lower: bool,
}

fn written(cases: &[Case], v: Variant) -> Vec<u8> {
    let mut lines: Vec<String> = vec!["FROM debian:12 AS base".to_owned()];
    for case in cases {
        let (mut heredoc, mut continued) = (false, false);
        for line in &case.lines {
            let mut line = (*line).to_owned();
            let comment = line.starts_with('#');
            if !heredoc && !continued && !comment {
                if let Some((word, rest)) = line.split_once(' ') {
                    let word = if v.lower { word.to_lowercase() } else { word.to_owned() };
                    let blank = if v.tabs { "\t " } else { " " };
                    line = format!("{word}{blank}{rest}");
                }
                if v.tabs {
                    line = format!("\t{line}");
                }
            }
            heredoc |= line.contains("<<");
            continued = !heredoc && line.ends_with('\\');
            if continued && v.trailing {
                line.push_str(" \t");
            }
            lines.push(line);
            if continued {
                lines.extend(v.gap.map(str::to_owned));
            }
        }
        lines.push(String::new());
    }
    lines.pop_if(|l| l.is_empty());
    let eol = if v.crlf { "\r\n" } else { "\n" };
    let mut text = lines.join(eol);
    if !v.no_eol {
        text.push_str(eol);
    }
    let mut out = if v.bom { b"\xEF\xBB\xBF".to_vec() } else { Vec::new() };
    out.extend(text.into_bytes());
    out
}

fn variant() -> impl Strategy<Value = Variant> {
    let gap = prop_oneof![Just(None), Just(Some("")), Just(Some("  # ARG A=9 \\")), Just(Some("#")),];
    (any::<[bool; 6]>(), gap).prop_map(|([crlf, bom, tabs, no_eol, trailing, lower], gap)| Variant {
        crlf,
        bom,
        tabs,
        no_eol,
        gap,
        trailing,
        lower,
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_variant_reads_the_same_and_comes_back_to_the_byte(
        cases in proptest::collection::vec(proptest::sample::select(cases()), 0..12),
        v in variant(),
    ) {
        let bytes = written(&cases, v);
        let file = Dockerfile::parse("Dockerfile", bytes.clone()).unwrap();
        prop_assert_eq!(file.instructions().len(), cases.len() + 1);
        let wanted: Vec<(String, String)> = cases
            .iter()
            .flat_map(|c| c.sets.iter())
            .map(|(n, v)| ((*n).to_owned(), (*v).to_owned()))
            .collect();
        let found: Vec<(String, String)> = (0..file.assignments().len())
            .filter_map(|i| Some((file.assignments()[i].name.clone(), assigned(&file, i).ok()?.value)))
            .collect();
        prop_assert_eq!(found, wanted);
        prop_assert_eq!(roundtrip(&bytes), Ok(()));
    }

    #[test]
    fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        prop_assert_eq!(roundtrip(&bytes), Ok(()));
    }

    #[test]
    fn arbitrary_dockerfiles_come_back_to_the_byte(
        parts in proptest::collection::vec(proptest::sample::select(PARTS), 0..40),
    ) {
        let mut text = b"FROM a\n".to_vec();
        text.extend(parts.concat().bytes());
        prop_assert_eq!(roundtrip(&text), Ok(()));
        let mut all = site(Target::From(None));
        all.all = true;
        if let Ok(file) = Dockerfile::parse("Dockerfile", text) {
            for target in [
                Target::From(None), Target::CopyFrom(None), Target::Mount(None), Target::Syntax,
                Target::Add("u".to_owned()), Target::Checksum("u".to_owned()),
            ] {
                all.target = target;
                for located in locate(&file, &all).unwrap_or_default() {
                    let _ = claims(&file, &located);
                    let _ = shadows(&file, &located);
                }
            }
        }
    }
}

const PARTS: &[&str] = &[
    "ARG ",
    "ENV ",
    "ADD ",
    "RUN ",
    "COPY ",
    "FROM ",
    "ONBUILD ",
    "A=",
    "B=",
    "=",
    "$A",
    "${A",
    "}",
    ":-",
    "##",
    "/",
    "\"",
    "'",
    "\\",
    "\\\n",
    "\n",
    "\r\n",
    " ",
    "\t",
    "#",
    "x",
    "1.0",
    "<<E",
    "E\n",
    "--from=",
    "--mount=from=",
    "--checksum=",
    "u#",
    "[\"",
    "\"]",
    ",",
    "é",
    "\u{a0}",
    "`",
    "\n# 1.0\nARG A=",
];
