//! Generated RUNs in every variant, arbitrary bytes, and hostile ones.

use std::time::{Duration, Instant};

use proptest::prelude::*;

use super::super::super::{Dockerfile, apply, undo};
use super::super::*;
use super::{parse, said};

/// Rewrites what can be, reads it again, and undoes it.
fn roundtrip(bytes: &[u8]) -> Result<(), String> {
    let Ok(file) = Dockerfile::parse("Dockerfile", bytes.to_vec()) else { return Ok(()) };
    let version = "1:9.8~x+y-1";
    let found = installs(&file);
    let (mut edits, mut edited) = (Vec::new(), Vec::new());
    for operand in found.iter().flat_map(|i| &i.operands) {
        let edit = operand.edit(&file, version);
        edited.push(edit.is_ok());
        edits.extend(edit.ok().flatten());
    }
    let after = apply(bytes, &edits).map_err(|e| e.to_string())?;
    let again = Dockerfile::parse("Dockerfile", after.clone()).map_err(|t| t.message)?;
    let back = installs(&again);
    let names = |all: &[Install]| -> Vec<_> {
        all.iter().flat_map(|i| &i.operands).map(|o| (o.name.clone(), o.architecture.clone())).collect()
    };
    let shape =
        |all: &[Install]| -> Vec<_> { all.iter().map(|i| (i.operands.len(), i.not_understood.len())).collect() };
    if names(&found) != names(&back) || shape(&found) != shape(&back) {
        return Err(format!("{:?}\nbecame\n{:?}", said(&file), said(&again)));
    }
    for (operand, edited) in back.iter().flat_map(|i| &i.operands).zip(edited) {
        if edited && operand.version.as_ref().and_then(Written::known) != Some(version) {
            return Err(format!("{operand:?} reads back"));
        }
        if edited && operand.edit(&again, version) != Ok(None) {
            return Err(format!("{operand:?} is edited again"));
        }
    }
    if apply(&after, &undo(&edits)).map_err(|e| e.to_string())? != bytes {
        return Err("undone edits left other bytes".to_owned());
    }
    Ok(())
}

/// RUNs with the packages that they install.
const CASES: &[(&[&str], &[&str])] = &[
    (&["RUN apt-get update && apt-get install -y \\", "    curl \\", "    git=1.2 \\", " && true"], &["curl", "git"]),
    (&["RUN set -e; \\", "  p='aa bb'; \\", "  apt-get install $p \"cc=1\""], &["aa", "bb", "cc"]),
    (&["RUN for p in aa bb; do \\", "  apt-get install $p; \\", "  done"], &["aa", "bb"]),
    (&["RUN if x; then \\", "  sh -c 'apt-get install aa'; \\", "  else xx-apt install bb; fi"], &["aa", "bb"]),
    (&["RUN <<EOF", "apt-get install -y \\", "  aa \\", "  bb:arm64", "EOF"], &["aa", "bb"]),
    (&["RUN [\"apt-get\", \"install\", \\", " \"aa\"]"], &["aa"]),
    (&["ARG P=\"aa bb\"", "RUN apt-get install $P cc"], &["aa", "bb", "cc"]),
    (&["RUN echo apt-get install aa; \\", "  apt-get remove bb"], &[]),
    (&["RUN (apt-get install aa) && \\", "  x=$(apt-get install \\", "bb)"], &["aa", "bb"]),
];

fn written(cases: &[usize], [crlf, bom, tabs, trailing, comment]: [bool; 5]) -> Vec<u8> {
    let mut lines = vec!["FROM debian:12".to_owned()];
    for case in cases.iter().filter_map(|c| CASES.get(*c)) {
        let mut heredoc = false;
        for line in case.0 {
            let mut line = (*line).to_owned();
            heredoc |= line.contains("<<");
            let continued = line.ends_with('\\') && !heredoc;
            if tabs && !heredoc {
                line = format!("\t{}", line.replace("  ", "\t"));
            }
            if continued && trailing {
                line.push_str(" \t");
            }
            lines.push(line);
            if continued && comment {
                lines.push("  # apt-get install zz \\".to_owned());
            }
        }
    }
    lines.push(String::new());
    let text = lines.join(if crlf { "\r\n" } else { "\n" });
    let mut out = if bom { b"\xEF\xBB\xBF".to_vec() } else { Vec::new() };
    out.extend(text.into_bytes());
    out
}

const PARTS: &[&str] = &[
    "\nRUN ",
    "\nARG P=",
    "\nENV P ",
    "apt-get install ",
    "apt ",
    "install ",
    "curl",
    "curl=1",
    "p=",
    "p+=",
    "p=(",
    "$p",
    "${p}",
    "${p[@]}",
    "${p:-",
    "\"",
    "'",
    "`",
    "\\",
    "\\\n",
    "\n",
    "\r\n",
    " ",
    " ",
    " ",
    ";",
    "&&",
    "|",
    "(",
    ")",
    "$(",
    "{ ",
    "}",
    "#",
    " # ",
    "<<E\n",
    "\nE\n",
    "<<<",
    "<",
    ">",
    "=",
    ":",
    "/",
    "-",
    "+",
    "*",
    "$P",
    "for p in ",
    "do ",
    "case x in ",
    "esac",
    ";;",
    "if ",
    "sh -c ",
    "eval ",
    "[\"",
    "\",\"",
    "\"]",
    "é",
    "1.2",
    "((",
    "))",
    "xargs ",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_variant_reads_the_same_and_comes_back_to_the_byte(
        cases in proptest::collection::vec(0..CASES.len(), 0..8),
        variant in any::<[bool; 5]>(),
    ) {
        let bytes = written(&cases, variant);
        let file = Dockerfile::parse("Dockerfile", bytes.clone()).unwrap();
        let all = installs(&file);
        let found: Vec<&str> = all.iter().flat_map(|i| &i.operands).map(|o| o.name.as_str()).collect();
        let wanted: Vec<&str> = cases.iter().flat_map(|c| CASES[*c].1).copied().collect();
        prop_assert_eq!(found, wanted);
        prop_assert!(all.iter().all(|i| i.not_understood.is_empty()));
        prop_assert_eq!(roundtrip(&bytes), Ok(()));
    }

    #[test]
    fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let mut text = b"FROM a\nRUN apt-get install ".to_vec();
        text.extend(bytes);
        if let Ok(file) = Dockerfile::parse("Dockerfile", text) {
            said(&file);
        }
    }

    #[test]
    fn arbitrary_shell_text_never_panics_and_edits_apply(
        parts in proptest::collection::vec(proptest::sample::select(PARTS), 0..40),
    ) {
        let text = format!("FROM a\nRUN apt-get install {}", parts.concat());
        if let Ok(file) = Dockerfile::parse("Dockerfile", text.clone().into_bytes()) {
            let edits: Vec<_> = installs(&file)
                .iter()
                .flat_map(|i| &i.operands)
                .filter_map(|o| o.edit(&file, "9").ok().flatten())
                .collect();
            if let Ok(after) = apply(text.as_bytes(), &edits) {
                prop_assert_eq!(apply(&after, &undo(&edits)).unwrap(), text.into_bytes());
            }
        }
    }
}

#[test]
fn hostile_text_costs_linear_time() {
    let big = |part: &str| part.repeat(1_000_000 / part.len());
    let long = format!("p='{}'; {}", big("aa "), "apt-get install $p; ".repeat(200));
    let mut doubling = String::from("a0=xx; ");
    for i in 1..60 {
        doubling.push_str(&format!("a{i}=\"$a{0} $a{0}\"; ", i - 1));
    }
    doubling.push_str("apt-get install $a59");
    let texts = [
        big("$("),
        big("\"$("),
        big("`"),
        big("\\`"),
        big("${a:-"),
        big("(("),
        big("$(("),
        big("("),
        big("case x in "),
        format!("{}\n{}", big("<<E "), "E\n".repeat(250_000)),
        big("a=("),
        big("\"'"),
        big("{ "),
        big("x apt -a "),
        big("apt $a "),
        big("sh -c '"),
        big("eval "),
        format!("apt-get install {}", big("aa ")),
        format!("apt-get install {}", big("$a")),
        long,
        doubling,
        big("a=$a; "),
        big("\\\""),
        big("\\\\"),
        big("sh -c \"sh -c "),
        big("f() "),
    ];
    for text in texts {
        let start: String = text.chars().take(20).collect();
        let file = parse(&format!("FROM a\nRUN {text}\n"));
        let began = Instant::now();
        let found = installs(&file).len();
        let took = began.elapsed();
        // a second or two without optimisation; quadratic, it would be an hour
        assert!(took < Duration::from_secs(20), "{start}: {found} in {took:?}");
    }
}

#[test]
fn thousands_of_installs_on_one_line_have_their_places_in_a_moment() {
    for text in [format!("apt-get install {}", "curl ".repeat(4000)), vec!["apt-get install curl"; 4000].join(" && ")] {
        let file = parse(&format!("FROM a\nRUN {text}\n"));
        let began = Instant::now();
        let found = installs(&file);
        let places: Vec<_> = found.iter().flat_map(|i| &i.operands).map(|o| o.place(&file)).collect();
        assert_eq!(places.len(), 4000);
        assert!(places.iter().all(|p| p.excerpt.as_ref().is_some_and(|e| e.text.len() < 1000)));
        // less than a second without optimisation; with the whole line copied each time, ten
        assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
    }
}
