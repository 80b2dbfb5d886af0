//! Every renderer against literal text: plain, narrow, and with hostile values.

use super::*;
use crate::model::{Between, Excerpt, FileChange, Finding, Held, HeldBy, Id, PinName, Place, Standing, Trouble};

fn pin(text: &str) -> PinName {
    text.parse().unwrap()
}

fn place(file: &str, line: usize, column: usize, text: &str, width: usize) -> Place {
    Place { excerpt: Some(Excerpt { text: text.to_owned(), width, skipped: 0 }), column, ..Place::line(file, line) }
}

fn verdict() -> Verdict {
    let differs = Trouble::new("Dockerfile and lock differ")
        .at(place("Dockerfile", 12, 16, "ARG GIT_COMMIT=0123456", 7))
        .expected("1a2b3c4")
        .found("0123456")
        .help("dubo-pin refresh coredns");
    let comment = Trouble::new("the comment says v1.0").at(Place::line("web/Docker file", 3));
    Verdict {
        findings: vec![
            Finding::error(Id::LOCK001, Some(&pin("coredns")), differs),
            Finding::note(Id::GIT003, None, comment),
        ],
        verified: 2,
        unlocked: vec![(pin("unbound"), "no mirror yet".to_owned())],
        suppressed: 0,
        linted: None,
    }
}

/// What every field may bring from outside: a control sequence, a reordering, a return, commands.
const HOSTILE: &str = "a\u{1b}[2J\u{202e}b\rc\n::error::%0A,d";
const TAMED: &str = "a\\u{1b}[2J\\u{202e}b\\u{d}c\\u{a}::error::%0A,d";

fn hostile() -> Verdict {
    let trouble =
        Trouble::new(HOSTILE).at(place(HOSTILE, 1, 3, HOSTILE, 1)).expected(HOSTILE).found(HOSTILE).help(HOSTILE);
    Verdict { findings: vec![Finding::error(Id::LOCK001, None, trouble)], ..Verdict::default() }
}

fn refreshed(applied: bool) -> Refreshed {
    let value = |k: &str, a: &str, b: &str| (k.to_owned(), a.to_owned(), b.to_owned());
    let (old, new) = ("1a2b3c4".repeat(6), "9f8e7d6".repeat(6));
    let id = |text: &str| text.get(..40).unwrap().to_owned();
    let subjects = (1..=7).map(|n| (format!("000000{n}"), format!("subject {n}")));
    Refreshed {
        held: std::collections::BTreeMap::new(),
        remotes: std::collections::BTreeMap::new(),
        pins: vec![
            PinOutcome::Moved {
                pin: pin("coredns"),
                values: vec![value("tag", "v1.11.1", "v1.11.3"), value("commit", &id(&old), &id(&new))],
                between: Some(Between { count: 35, more: false, subjects: subjects.collect() }),
                notes: vec!["the tag is signed now".to_owned()],
            },
            PinOutcome::New {
                pin: pin("lego"),
                values: vec![("tag".to_owned(), "v4.0".to_owned()), ("commit".to_owned(), id(&new))],
                notes: Vec::new(),
            },
            PinOutcome::Unchanged(pin("caddy")),
            PinOutcome::Skipped(pin("alac"), "unlocked = \"no mirror\"".to_owned()),
            PinOutcome::Pruned(pin("old")),
            PinOutcome::Failed(Failure {
                pin: Some(pin("beats")),
                class: Class::Alarm,
                trouble: Trouble::new("tag v1 was moved").help("--accept-changed beats"),
            }),
        ],
        files: vec![FileChange {
            path: "Dockerfile".to_owned(),
            diff: "--- a/Dockerfile\n+++ b/Dockerfile\n@@ -1 +1 @@\n-ARG A=1\r\n+ARG A=2\u{1b}[2J\r\n".to_owned(),
        }],
        notes: vec![Trouble::new("http: is not encrypted").at(Place::line("pins.toml", 4))],
        applied,
    }
}

fn rows() -> Vec<Row> {
    let row = |name: &str, standing, current: Option<&str>, newest: Option<&str>| Row {
        pin: pin(name),
        kind: "git",
        standing,
        current: current.map(str::to_owned),
        allowed: newest.map(str::to_owned),
        newest: None,
        age: None,
        held: Vec::new(),
        warnings: Vec::new(),
        trouble: None,
    };
    vec![
        row("caddy", Standing::Current, Some("v2.8.4"), Some("v2.8.4")),
        row("coredns", Standing::Newer, Some("v1.11.1"), Some("v1.11.3")),
        Row {
            trouble: Some(Trouble::new("no answer within 30 s").help("run again later")),
            ..row("unbound", Standing::Unreachable, Some(&"ab".repeat(20)), None)
        },
    ]
}

fn look() -> Look {
    Look::default()
}

fn of(outcome: Outcome<'_>, format: Format, look: &Look) -> Rendered {
    let verb = match outcome {
        Outcome::Verdict(_) => "verify",
        Outcome::Refreshed(_) => "refresh",
        _ => "outdated",
    };
    let report = Report::new(verb, outcome, &[]);
    render(&report, format, look)
}

fn human(outcome: Outcome<'_>, look: &Look) -> String {
    of(outcome, Format::Human, look).out
}

fn json_of(text: &str) -> serde_json::Value {
    serde_json::from_str(text).unwrap()
}

/// A table of terms that no report may bring onto a terminal.
fn is_harmless(text: &str) -> bool {
    text.lines().all(|line| crate::model::visible(line) == line)
}

#[test]
fn verify_for_people() {
    let expected = "\
LOCK001 coredns: Dockerfile and lock differ
  --> Dockerfile:12:16
   |
12 | ARG GIT_COMMIT=0123456
   |                ^^^^^^^
   expected  1a2b3c4
   found     0123456
   help      dubo-pin refresh coredns

GIT003 note: the comment says v1.0
  --> web/Docker file:3:1

2 verified, 1 UNLOCKED, 0 suppressed, 1 finding, 1 note
";
    assert_eq!(human(Outcome::Verdict(&verdict()), &look()), expected);
    let verbose = Look { verbose: true, ..look() };
    let text = human(Outcome::Verdict(&verdict()), &verbose);
    assert!(text.contains("\n\nUNLOCKED  unbound: no mirror yet\n\n2 verified"), "{text}");
    let quiet = Look { quiet: true, ..look() };
    let text = human(Outcome::Verdict(&verdict()), &quiet);
    assert!(text.ends_with("   help      dubo-pin refresh coredns\n"), "{text}");
    assert_eq!(human(Outcome::Verdict(&Verdict::default()), &quiet), "");
}

#[test]
fn sixty_columns_hold_every_line() {
    let narrow = Look { width: Some(60), ..look() };
    let line = format!("RUN git clone {} && git checkout 0123456 {}", "x".repeat(90), "y".repeat(90));
    let trouble = Trouble::new("the instruction holds a commit that the lock does not know of, and more words")
        .at(place("context/images/coredns/Dockerfile", 1234, 122, &line, 7))
        .expected("one of the values that pins.lock holds for this pin, such as its commit")
        .help("dubo-pin refresh coredns");
    let verdict =
        Verdict { findings: vec![Finding::error(Id::LOCK001, Some(&pin("coredns")), trouble)], ..Verdict::default() };
    let expected = "\
LOCK001 coredns: the instruction holds a commit that the
  lock does not know of, and more words
    --> context/images/coredns/Dockerfile:1234:122
     |
1234 | …xxxxx && git checkout 0123456 yyyyyyyyyyyyyyyyyyyyy…
     |                        ^^^^^^^
     expected  one of the values that pins.lock holds for
               this pin, such as its commit
     help      dubo-pin refresh coredns

0 verified, 0 UNLOCKED, 0 suppressed, 1 finding
";
    assert_eq!(human(Outcome::Verdict(&verdict), &narrow), expected);
    assert!(expected.lines().all(|line| line.chars().count() <= 60));
}

#[test]
fn text_from_outside_never_moves_the_cursor() {
    let expected = format!(
        "LOCK001 {TAMED}\n  --> {TAMED}:1:3\n   |\n 1 | {TAMED}\n   |        ^\n   expected  {TAMED}\n   found     {TAMED}\n   help      {TAMED}\n\n0 verified, 0 UNLOCKED, 0 suppressed, 1 finding\n"
    );
    let verdict = hostile();
    assert_eq!(human(Outcome::Verdict(&verdict), &look()), expected);
    let mut refreshed = refreshed(false);
    refreshed.pins.push(PinOutcome::Moved {
        pin: pin("x"),
        values: vec![(HOSTILE.into(), HOSTILE.into(), HOSTILE.into()); 2],
        between: Some(Between { count: 1, more: true, subjects: vec![(HOSTILE.into(), HOSTILE.into())] }),
        notes: vec![HOSTILE.into()],
    });
    refreshed.pins.push(PinOutcome::Skipped(pin("y"), HOSTILE.into()));
    refreshed.files.push(FileChange { path: HOSTILE.into(), diff: HOSTILE.into() });
    let mut rows = rows();
    for row in &mut rows {
        row.current = Some(HOSTILE.into());
        row.trouble = Some(Trouble::new(HOSTILE));
    }
    for verbose in [false, true] {
        let look = Look { verbose, ..look() };
        for format in [Format::Human, Format::Json, Format::Sarif, Format::Github] {
            for outcome in [Outcome::Verdict(&verdict), Outcome::Refreshed(&refreshed), Outcome::Rows(&rows)] {
                let shown = of(outcome, format, &look);
                assert!(is_harmless(&shown.out), "{format:?} {}", shown.out);
                assert!(is_harmless(&shown.err), "{format:?} {}", shown.err);
            }
        }
    }
}

#[test]
fn refresh_for_people() {
    let expected = "\
coredns  v1.11.1 -> v1.11.3  (1a2b3c4 -> 9f8e7d6, 35 commits)
    0000001 subject 1
    0000002 subject 2
    0000003 subject 3
    0000004 subject 4
    0000005 subject 5
    and 30 more
    note: the tag is signed now
lego     new at v4.0  (9f8e7d6)
alac     skipped: unlocked = \"no mirror\"
old      pruned: it is no longer in pins.toml

note: http: is not encrypted
  --> pins.toml:4:1

1 file written:
    Dockerfile
1 moved, 1 new, 1 unchanged, 1 skipped, 1 pruned, 1 FAILED
";
    let done = refreshed(true);
    let shown = of(Outcome::Refreshed(&done), Format::Human, &look());
    assert_eq!(shown.out, expected);
    let failed = "alarm: beats: tag v1 was moved\n   help      --accept-changed beats\n";
    assert_eq!(shown.err, failed);
    let verbose = Look { verbose: true, ..look() };
    let text = human(Outcome::Refreshed(&done), &verbose);
    assert!(text.contains("    0000007 subject 7\n    and 28 more\n"), "{text}");
    assert!(text.contains("caddy    unchanged\n"), "{text}");
    assert!(text.contains("    commit  1a2b3c41a2b3c4"), "{text}");
    let quiet = Look { quiet: true, ..look() };
    assert_eq!(human(Outcome::Refreshed(&done), &quiet), "");
}

#[test]
fn a_dry_run_prints_the_diffs() {
    let expected = "\
--- a/Dockerfile
+++ b/Dockerfile
@@ -1 +1 @@
-ARG A=1␍
+ARG A=2\\u{1b}[2J␍
1 file would change, nothing was written
";
    let text = human(Outcome::Refreshed(&refreshed(false)), &look());
    assert!(text.contains(expected), "{text}");
    let none = Refreshed::default();
    assert_eq!(human(Outcome::Refreshed(&none), &look()), "nothing to do\n");
}

#[test]
fn outdated_for_people() {
    let expected = "\
pin      kind  current  allowed  standing
coredns  git   v1.11.1  v1.11.3  newer
unbound  git   abababa  -        unreachable

error: unbound: no answer within 30 s
   help      run again later

1 unreachable, 1 newer, 1 current
";
    assert_eq!(human(Outcome::Rows(&rows()), &look()), expected);
    let text = human(Outcome::Rows(&rows()[..2]), &Look { verbose: true, ..look() });
    assert!(text.contains("\ncaddy    git   v2.8.4   v2.8.4   current\n"), "{text}");
    assert_eq!(human(Outcome::Rows(&rows()[..1]), &look()), "1 current\n");
    assert_eq!(human(Outcome::Rows(&rows()[..1]), &Look { quiet: true, ..look() }), "");
}

#[test]
fn a_narrow_table_loses_kind_then_age_then_newest_and_only_then_cuts_a_value() {
    let mut rows = rows();
    rows.truncate(2);
    rows[1].newest = Some("v1.12.0".to_owned());
    rows[1].age = Some(40);
    let table = |width| {
        let narrow = Look { width: Some(width), quiet: true, ..look() };
        human(Outcome::Rows(&rows), &narrow)
    };
    let whole = "pin      kind  current  allowed  newest   age  standing\ncoredns  git   v1.11.1  v1.11.3  v1.12.0  40d  newer\n";
    assert_eq!(table(80), whole);
    assert_eq!(table(55), whole);
    let kind = "pin      current  allowed  newest   age  standing\ncoredns  v1.11.1  v1.11.3  v1.12.0  40d  newer\n";
    assert_eq!(table(54), kind);
    let age = "pin      current  allowed  newest   standing\ncoredns  v1.11.1  v1.11.3  v1.12.0  newer\n";
    assert_eq!(table(48), age);
    let newest = "pin      current  allowed  standing\ncoredns  v1.11.1  v1.11.3  newer\n";
    assert_eq!(table(40), newest);
    assert_eq!(table(10), newest);
    rows[1].allowed = Some("v1.11.3-a-very-long-prerelease".to_owned());
    let text = human(Outcome::Rows(&rows), &Look { width: Some(40), quiet: true, ..look() });
    assert_eq!(text, "pin      current  allowed       standing\ncoredns  v1.11.1  v1.11…elease  newer\n");
}

#[test]
fn verify_for_programs() {
    let version = env!("CARGO_PKG_VERSION");
    let expected = format!(
        r#"{{
  "dubo-pin": {{
    "version": "{version}",
    "schema": 2
  }},
  "verb": "verify",
  "exit": 1,
  "findings": [
    {{
      "id": "LOCK001",
      "severity": "error",
      "pin": "coredns",
      "file": "Dockerfile",
      "line": 12,
      "column": 16,
      "message": "Dockerfile and lock differ",
      "expected": "1a2b3c4",
      "found": "0123456",
      "help": "dubo-pin refresh coredns"
    }},
    {{
      "id": "GIT003",
      "severity": "note",
      "pin": null,
      "file": "web/Docker file",
      "line": 3,
      "column": 1,
      "message": "the comment says v1.0",
      "expected": null,
      "found": null,
      "help": null
    }}
  ],
  "verified": 2,
  "unlocked": [
    {{
      "pin": "unbound",
      "reason": "no mirror yet"
    }}
  ],
  "suppressed": 0,
  "failures": []
}}
"#
    );
    let shown = of(Outcome::Verdict(&verdict()), Format::Json, &look());
    assert_eq!(shown.out, expected);
    assert_eq!(shown.err, "");
}

#[test]
fn json_keeps_what_it_escapes() {
    let text = of(Outcome::Verdict(&hostile()), Format::Json, &look()).out;
    let escaped = r#""message": "a\u001b[2J\u202eb\rc\n::error::%0A,d""#;
    assert!(text.contains(escaped), "{text}");
    assert_eq!(json_of(&text)["findings"][0]["message"], HOSTILE);
}

#[test]
fn refresh_outdated_and_failures_for_programs() {
    let done = refreshed(true);
    let value = json_of(&of(Outcome::Refreshed(&done), Format::Json, &look()).out);
    assert_eq!(value["exit"], 3);
    assert_eq!(value["applied"], true);
    assert_eq!(value["pins"][0]["outcome"], "moved");
    assert_eq!(value["pins"][0]["values"][0]["new"], "v1.11.3");
    assert_eq!(value["pins"][0]["between"]["subjects"][6]["id"], "0000007");
    assert_eq!(value["pins"][1]["values"][0]["old"], serde_json::Value::Null);
    assert_eq!(value["pins"][5]["outcome"], "failed");
    assert_eq!(value["failures"][0]["class"], "alarm");
    assert_eq!(value["failures"][0]["pin"], "beats");
    assert_eq!(value["files"][0]["diff"], done.files[0].diff.as_str());
    assert_eq!(value["notes"][0]["line"], 4);
    let value = json_of(&of(Outcome::Rows(&rows()), Format::Json, &look()).out);
    assert_eq!(value["exit"], 4);
    assert_eq!(value["pins"][1]["standing"], "newer");
    assert_eq!(value["pins"][2]["trouble"]["help"], "run again later");
    assert_eq!(value["pins"][0]["trouble"], serde_json::Value::Null);
}

#[test]
fn verify_for_code_scanning() {
    let look = Look { prefix: "images/dns/".to_owned(), ..look() };
    let shown = of(Outcome::Verdict(&verdict()), Format::Sarif, &look);
    let log = json_of(&shown.out);
    assert_eq!(log["version"], "2.1.0");
    assert!(log["$schema"].as_str().unwrap().ends_with("sarif-schema-2.1.0.json"));
    let run = &log["runs"][0];
    let driver = &run["tool"]["driver"];
    assert_eq!(driver["name"], "dubo-pin");
    assert_eq!(driver["version"], env!("CARGO_PKG_VERSION"));
    assert!(driver.get("informationUri").is_none());
    assert_eq!(run["columnKind"], "unicodeCodePoints");
    assert_eq!(run["invocations"][0]["executionSuccessful"], true);
    assert_eq!(run["invocations"][0]["exitCode"], 1);
    let ids: Vec<&str> = driver["rules"]
        .as_array()
        .unwrap()
        .iter()
        .map(|r| {
            assert!(!r["shortDescription"]["text"].as_str().unwrap().is_empty());
            r["id"].as_str().unwrap()
        })
        .collect();
    let expected = serde_json::json!({
        "ruleId": "LOCK001",
        "level": "error",
        "message": {"text": "coredns: Dockerfile and lock differ\nexpected: 1a2b3c4\nfound: 0123456\nhelp: dubo-pin refresh coredns"},
        "locations": [{"physicalLocation": {
            "artifactLocation": {"uri": "images/dns/Dockerfile"},
            "region": {"startLine": 12, "startColumn": 16, "endColumn": 23},
        }}],
        "partialFingerprints": {"duboPin/v1": "54ab8db3b47403b6:1"},
    });
    assert_eq!(run["results"][0], expected);
    let second = &run["results"][1]["locations"][0]["physicalLocation"];
    assert_eq!(second["artifactLocation"]["uri"], "images/dns/web/Docker%20file");
    assert_eq!(second["region"], serde_json::json!({"startLine": 3}));
    assert_eq!(run["results"][1]["level"], "note");
    for result in run["results"].as_array().unwrap() {
        assert!(ids.contains(&result["ruleId"].as_str().unwrap()));
    }
    assert_eq!(shown.err, "2 verified, 1 UNLOCKED, 0 suppressed, 1 finding, 1 note\n");
}

#[test]
fn what_stopped_a_run_is_a_notification_of_it() {
    let done = refreshed(true);
    let log = json_of(&of(Outcome::Refreshed(&done), Format::Sarif, &look()).out);
    let run = &log["runs"][0];
    assert_eq!(run["results"], serde_json::json!([]));
    let invocation = &run["invocations"][0];
    assert_eq!(invocation["executionSuccessful"], false);
    assert_eq!(
        invocation["toolExecutionNotifications"][0],
        serde_json::json!({"level": "error", "message": {"text": "beats: tag v1 was moved\nhelp: --accept-changed beats"}})
    );
    let log = json_of(&of(Outcome::Rows(&rows()), Format::Sarif, &look()).out);
    let run = &log["runs"][0];
    assert_eq!(
        run["results"],
        serde_json::json!([{
            "ruleId": "outdated/newer",
            "level": "warning",
            "message": {"text": "coredns: v1.11.1 -> v1.11.3"},
            "locations": [{"physicalLocation": {"artifactLocation": {"uri": "pins.toml"}, "region": {"startLine": 1}}}],
            "partialFingerprints": {"duboPin/v1": "625f6158eb70174e:1"},
        }])
    );
    assert_eq!(run["invocations"][0]["executionSuccessful"], false);
}

#[test]
fn annotations_for_github() {
    let look = Look { prefix: "dns/".to_owned(), ..look() };
    let shown = of(Outcome::Verdict(&verdict()), Format::Github, &look);
    let expected = "\
::error file=dns/Dockerfile,line=12,col=16,endColumn=23,title=LOCK001 coredns::Dockerfile and lock differ%0Aexpected: 1a2b3c4%0Afound: 0123456%0Ahelp: dubo-pin refresh coredns
::notice file=dns/web/Docker file,line=3,title=GIT003::the comment says v1.0
";
    assert_eq!(shown.out, expected);
    let text = of(Outcome::Verdict(&hostile()), Format::Github, &Look::default()).out;
    let name = "a\\u{1b}[2J\\u{202e}b\\u{d}c\\u{a}%3A%3Aerror%3A%3A%250A%2Cd";
    let tamed = TAMED.replace('%', "%25");
    let expected = format!(
        "::error file={name},line=1,col=3,endColumn=4,title=LOCK001::{tamed}%0Aexpected: {tamed}%0Afound: {tamed}%0Ahelp: {tamed}\n"
    );
    assert_eq!(text, expected);
    let text = of(Outcome::Rows(&rows()), Format::Github, &Look::default()).out;
    let expected = "\
::warning title=coredns newer::v1.11.1 -> v1.11.3
::error title=unbound unreachable::no answer within 30 s%0Ahelp: run again later
";
    assert_eq!(text, expected);
    let text = of(Outcome::Refreshed(&refreshed(true)), Format::Github, &Look::default()).out;
    assert!(text.starts_with("::notice title=coredns::tag v1.11.1 -> v1.11.3, commit 1a2b"), "{text}");
    assert!(text.contains("\n::notice file=pins.toml,line=4,title=dubo-pin::http: is not encrypted\n"), "{text}");
    assert!(
        text.ends_with("\n::error title=dubo-pin refresh::beats: tag v1 was moved%0Ahelp: --accept-changed beats\n"),
        "{text}"
    );
}

#[test]
fn colours_do_not_change_a_word() {
    let colored = Look { color_out: true, color_err: true, ..look() };
    let (verdict, refreshed, rows) = (verdict(), refreshed(false), rows());
    for outcome in [Outcome::Verdict(&verdict), Outcome::Refreshed(&refreshed), Outcome::Rows(&rows)] {
        let plain = of(outcome, Format::Human, &look());
        let shown = of(outcome, Format::Human, &colored);
        assert!(shown.out.contains("\u{1b}["));
        let bare = |text: &str| {
            let mut out = String::new();
            for (at, part) in text.split("\u{1b}[").enumerate() {
                out.push_str(if at == 0 { part } else { part.split_once('m').unwrap().1 });
            }
            out
        };
        assert_eq!(bare(&shown.out), plain.out);
        assert_eq!(bare(&shown.err), plain.err);
    }
}

/// Whether a line is as wide as it may be: prose fits, unless a word of it alone has no room. Lines
/// of files, paths and diffs are no prose.
fn fits(line: &str, width: usize) -> bool {
    use crate::ui::style::columns;
    let room = width.saturating_sub(20);
    columns(line) <= width || line.trim_start().starts_with("--> ") || line.split(' ').any(|w| columns(w) > room)
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(128))]
    #[test]
    fn no_line_of_prose_is_wider_than_the_terminal(
        texts in proptest::collection::vec("([a-z]{1,9}|日本|[.,:]| |v1\\.2){0,40}", 8), width in 60usize..130, verbose: bool,
    ) {
        let [a, b, c, d, e, f, g, h] = &texts.try_into().unwrap_or_else(|_| Default::default());
        let trouble = || Trouble::new(a.clone()).at(place("Dockerfile", 3, 2, b, 1)).expected(c.clone()).found(d.clone()).help(e.clone());
        let look = Look { width: Some(width), verbose, ..look() };
        let mut verdict = verdict();
        verdict.findings.push(Finding::error(Id::LOCK001, None, trouble()));
        verdict.unlocked.push((pin("x"), f.clone()));
        let mut refreshed = refreshed(true);
        let held = vec![Held { value: "v9".into(), by: HeldBy::Frozen { reason: g.clone(), until: "2027-01-01".parse().unwrap() } }];
        refreshed.held.insert(pin("coredns"), held.clone());
        refreshed.notes.push(trouble());
        refreshed.pins.push(PinOutcome::Skipped(pin("y"), h.clone()));
        refreshed.pins.push(PinOutcome::Moved {
            pin: pin("z"),
            values: vec![("tag".into(), "v1".into(), "v2".into())],
            between: Some(Between { count: 3, more: false, subjects: vec![("0123456".into(), a.clone())] }),
            notes: vec![b.clone()],
        });
        let mut rows = rows();
        rows[1].held = held;
        rows[1].warnings.push(trouble());
        rows[1].newest = Some("bookworm-slim (1f1f1f1f1f1f)".to_owned());
        for outcome in [Outcome::Verdict(&verdict), Outcome::Refreshed(&refreshed), Outcome::Rows(&rows)] {
            let shown = of(outcome, Format::Human, &look);
            for line in shown.out.lines().chain(shown.err.lines()) {
                proptest::prop_assert!(fits(line, width), "{width}: {line}");
            }
        }
    }
}

#[test]
fn one_trouble_of_many_pins_is_told_once() {
    let failure = |name: &str, message: &str| Failure {
        pin: Some(pin(name)),
        class: Class::Undone,
        trouble: Trouble::new(message).at(Place::line("pins.toml", 3)),
    };
    let all = ["a", "b", "c", "d"].map(|name| failure(name, "no network"));
    let mut failures = all.to_vec();
    failures.insert(1, failure("x", "disk full"));
    let report = Report::new("refresh", Outcome::Nothing, &failures);
    let text = human::failures(&report, &look());
    assert_eq!(text, "error: a, b, c, d: no network\n\nerror: x: disk full\n  --> pins.toml:3:1\n");
    let verbose = human::failures(&report, &Look { verbose: true, ..look() });
    assert_eq!(verbose.matches("no network").count(), 4);
    let two = Report::new("refresh", Outcome::Nothing, &failures[3..]);
    assert_eq!(human::failures(&two, &look()).matches("no network").count(), 2);
}

#[test]
fn what_does_not_weigh_is_told_softly_and_changes_no_exit_code() {
    let mut rows = rows();
    rows.retain(|row| row.standing != Standing::Unreachable);
    let only = [Standing::Alarm];
    let report = Report { fail_on: Some(&only), ..Report::new("outdated", Outcome::Rows(&rows), &[]) };
    assert_eq!(report.exit(), 0);
    assert_eq!(Report::new("outdated", Outcome::Rows(&rows), &[]).exit(), 1);
    let text = render(&report, Format::Github, &look()).out;
    assert!(text.starts_with("::notice title=coredns newer::"), "{text}");
    let log = json_of(&render(&report, Format::Sarif, &look()).out);
    assert_eq!(log["runs"][0]["results"][0]["level"], "note");
    assert_eq!(log["runs"][0]["invocations"][0]["executionSuccessful"], true);
}

#[test]
fn a_place_outside_the_folder_is_no_place_of_a_log() {
    let trouble = Trouble::new("not readable").at(Place::line("/home/me/config.toml", 3));
    let failures = [Failure { pin: None, class: Class::Usage, trouble }];
    let log = json_of(&render(&Report::new("verify", Outcome::Nothing, &failures), Format::Sarif, &look()).out);
    let notification = &log["runs"][0]["invocations"][0]["toolExecutionNotifications"][0];
    assert_eq!(notification, &serde_json::json!({"level": "error", "message": {"text": "not readable"}}));
}
