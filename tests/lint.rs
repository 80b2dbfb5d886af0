//! `lint` as a user runs it: what it says in each format, what `--fix` writes and what it never touches.

use super::support::program::{Work, ran};
use super::support::traces;

const BASE: &str = "FROM debian:12@sha256:0000000000000000000000000000000000000000000000000000000000000000\n";

fn work(run: &str) -> Work {
    let work = Work::new();
    work.write("Dockerfile", format!("{BASE}{run}\n"));
    work
}

fn json(work: &Work, arguments: &[&str]) -> serde_json::Value {
    let ran = work.run(&[arguments, &["--format", "json"]].concat());
    serde_json::from_str(&ran.out).unwrap_or_else(|e| panic!("{e}: {}", ran.all()))
}

fn ids(report: &serde_json::Value) -> Vec<&str> {
    report["findings"].as_array().unwrap().iter().map(|f| f["id"].as_str().unwrap()).collect()
}

const TWICE: &str = "RUN apt-get install -y curl=1 git=2 curl=1";
const FIXED: &str = "RUN apt-get install --no-install-recommends -y curl=1 git=2";

#[test]
fn without_pins_toml_the_usual_dockerfiles_are_looked_at_and_nothing_is_written() {
    let work = work("RUN apt-get install --no-install-recommends -y curl");
    work.write("web.Dockerfile", BASE).write("Dockerfile.bak", "not one").write(".sub/Dockerfile", "nor this");
    let before = work.tree();
    let ran = work.run(&["lint"]).code(1);
    let expected = "\
APT001 `curl` is installed without an exact version
  --> Dockerfile:2:48
   |
 2 | RUN apt-get install --no-install-recommends -y curl
   |                                                ^^^^
   expected  curl=VERSION
   help      dubo-pin init makes a pin of the packages, dubo-pin refresh NAME writes their versions (why: dubo-pin lint --explain APT001)

1 error in 2 Dockerfiles
";
    assert_eq!(ran.out, expected);
    assert_eq!(ran.err, "");
    assert_eq!(work.tree(), before);
    assert!(!work.image().join(".dubo-pin").exists());
}

#[test]
fn what_is_clean_is_said_so_and_notes_change_no_exit_code() {
    let clean = work("RUN apt-get install --no-install-recommends -y curl=1");
    let ran = clean.run(&["lint"]).code(0);
    assert_eq!(ran.out, "1 Dockerfile, nothing to tell\n");
    assert_eq!(clean.run(&["lint", "-q"]).code(0).all(), "");
    let notes = work(TWICE);
    let ran = notes.run(&["lint"]).code(0).says("APT009 note:").says("APT008 note:");
    assert!(ran.out.ends_with("\n\n2 notes in 1 Dockerfile, 2 can be fixed by --fix\n"), "{}", ran.out);
    assert_eq!(notes.run(&["lint", "-q"]).code(0).all(), "");
}

#[test]
fn a_folder_without_dockerfiles_and_wrong_words_are_usage() {
    let work = Work::new();
    work.run(&["lint"]).code(2).says("there is no Dockerfile in").says("-C DIR");
    work.run(&["lint", "-n"]).code(2).says("--fix");
    work.run(&["lint", "member"]).code(2).says("this is none");
    work.write("pins.toml", "version = 1\nnonsense = 1\n").write("Dockerfile", BASE);
    work.run(&["lint"]).code(2).says("nonsense");
    work.run(&["-C", "nowhere", "lint"]).code(2).says("there is no folder");
}

#[test]
fn without_a_manifest_the_folders_below_are_read_as_init_would() {
    let work = Work::new();
    work.write("dns/Dockerfile", BASE)
        .write("web/x/Dockerfile", "FROM debian\n")
        .write("node_modules/m/Dockerfile", "FROM a\n");
    let ran = work.run(&["lint"]).code(1).says("--> web/x/Dockerfile:1:6");
    assert!(ran.out.ends_with("in 2 Dockerfiles\n"), "{}", ran.out);
    // a folder with pins.toml is judged by that
    work.write("web/pins.toml", "version = 1\n");
    work.run(&["lint"])
        .code(0)
        .says("`web` has a pins.toml of its own")
        .says("dubo-pin -C web lint")
        .says("1 Dockerfile,");
    // as soon as there is a manifest, it alone says which Dockerfiles count
    work.write("pins.toml", "version = 1\n");
    let ran = work.run(&["lint"]).code(0);
    assert_eq!(ran.out, "0 Dockerfiles, nothing to tell\n");
}

#[test]
fn a_file_that_is_no_dockerfile_is_a_finding_beside_the_others() {
    let work = work("RUN apt-get install --no-install-recommends curl");
    work.write("Dockerfile.broken", "FRM a\n");
    let report = json(&work, &["lint"]);
    assert_eq!(ids(&report), ["APT001", "DOC002"]);
    assert_eq!(report["exit"], 1);
    assert_eq!(report["dockerfiles"], 2);
    work.run(&["lint"]).code(1).says("Dockerfile.broken:1:1").says("2 errors in 2 Dockerfiles");
    // and the others are mended beside it
    work.write("Dockerfile", format!("{BASE}{TWICE}\n"));
    work.run(&["lint", "--fix"]).code(1);
    assert_eq!(work.read("Dockerfile"), format!("{BASE}{FIXED}\n"));
    assert_eq!(work.read("Dockerfile.broken"), "FRM a\n");
}

#[test]
fn pins_toml_says_which_dockerfiles_which_findings_and_what_is_covered() {
    let work = work(TWICE);
    work.write("build/x", format!("{BASE}RUN apt-get install --no-install-recommends a=1\n"));
    let head = "version = 1\n[image]\ndockerfiles = [\"Dockerfile\", \"build/x\"]\n";
    work.write("pins.toml", head);
    let report = json(&work, &["lint"]);
    let covered = |report: &serde_json::Value| ids(report).iter().filter(|id| **id == "COV001").count();
    // two images, two installs
    assert_eq!(covered(&report), 4, "{report}");
    assert_eq!(report["exit"], 1);
    let lint = "[lint]\nignore = [\"APT009\", \"COV001\"]\nseverity = { APT008 = \"error\" }\n";
    work.write("pins.toml", format!("{head}{lint}"));
    let report = json(&work, &["lint"]);
    assert_eq!(ids(&report), ["APT008"]);
    assert_eq!((report["exit"].as_u64(), &report["findings"][0]["severity"]), (Some(1), &"error".into()));
    // what is not told is not mended
    work.run(&["lint", "--fix"]).code(0);
    assert_eq!(
        work.read("Dockerfile"),
        format!("{BASE}{}\n", TWICE.replace(" curl=1\n", "").replace("git=2 curl=1", "git=2"))
    );
}

#[test]
fn what_a_rule_says_is_not_said_again_as_uncovered() {
    let work = Work::new();
    work.write("Dockerfile", "FROM debian:12\nRUN apt-get install --no-install-recommends curl\n");
    work.write("pins.toml", "version = 1\n");
    assert_eq!(ids(&json(&work, &["lint"])), ["IMG001", "APT001"]);
    // silenced, the rule says nothing: then no pin covers it still
    let judged = "FROM debian:12\n# dubo-pin: ignore=APT001 the base image has it\nRUN apt-get install --no-install-recommends curl\n";
    work.write("Dockerfile", judged);
    let report = json(&work, &["lint"]);
    assert_eq!((ids(&report), &report["suppressed"]), (vec!["IMG001", "COV001"], &1.into()));
}

#[test]
fn suppressed_findings_are_counted_and_never_mended() {
    let text = format!("{BASE}# dubo-pin: ignore=APT008,APT009 wanted so\n{TWICE}\n{TWICE}\n");
    let work = Work::new();
    work.write("Dockerfile", &text);
    work.run(&["lint"]).code(0).says("2 notes in 1 Dockerfile, 2 can be fixed by --fix, 2 suppressed");
    work.run(&["lint", "--fix"]).code(0).says("2 fixed in 1 file, 2 suppressed");
    assert_eq!(work.read("Dockerfile"), text.replacen(&format!("{TWICE}\n{TWICE}"), &format!("{TWICE}\n{FIXED}"), 1));
}

#[test]
fn fixes_are_to_the_byte_whatever_ends_lines_and_stands_between() {
    let text = "\u{feff}# a  comment\t\n\
        FROM debian:12@sha256:0000000000000000000000000000000000000000000000000000000000000000\n\
        \n\
        run\tapt-get update && \\\n\
        \t# kept\n\
        \n\
        \tapt-get   install -y \\\n\
        \t\tcurl=1 \\\n\
        \t\tgit=2 \\\n\
        \t\tcurl=1 \\\n\
        \t&& true\n\
        RUN git clone git://git.example/x.git /x && git -C /x checkout 0123456789012345678901234567890123456789\n\
        RUN <<EOF\n\
        apt install -y a=1 a=1 \\\n\
        \x20 b=1\n\
        EOF\n\
        LABEL a=b";
    let expected = text
        .replace("apt-get   install -y", "apt-get   install --no-install-recommends -y")
        .replace("\t\tgit=2 \\\n\t\tcurl=1 \\\n", "\t\tgit=2 \\\n")
        .replace("git://", "https://")
        .replace("apt install -y a=1 a=1", "apt install --no-install-recommends -y a=1");
    for ends in ["\n", "\r\n"] {
        let work = Work::new();
        // a heredoc with carriage returns is another shell text: bash would read them
        let (text, expected) = match ends {
            "\n" => (text.to_owned(), expected.clone()),
            _ => {
                let cut = |t: &str| {
                    let (before, rest) = t.split_once("RUN <<EOF").unwrap();
                    format!("{before}{}", rest.split_once("EOF\n").unwrap().1)
                };
                (cut(text).replace('\n', ends), cut(&expected).replace('\n', ends))
            }
        };
        work.write("Dockerfile", &text).write("other", &text);
        let before = work.tree();
        let dry = work.run(&["lint", "--fix", "--dry-run"]);
        assert!(dry.out.contains("--- a/Dockerfile") && dry.out.contains("nothing was written"), "{}", dry.all());
        assert!(dry.out.contains("+RUN git clone https://git.example"), "{}", dry.all());
        assert_eq!(work.tree(), before);
        assert!(!work.image().join(".dubo-pin").exists());
        work.run(&["lint", "--fix"]).says("fixed").says("GIT005").says("APT008").says("APT009");
        assert_eq!(work.read("Dockerfile"), expected, "{ends:?}");
        assert_eq!(work.read("other"), text);
        assert!(!work.image().join(".dubo-pin").exists());
        let after = work.tree();
        work.run(&["lint", "--fix"]).never_says("fixed").never_says("can be fixed");
        assert_eq!(work.tree(), after);
    }
}

#[test]
fn a_dry_run_exits_as_lint_would_and_a_fix_by_what_is_left() {
    let work = Work::new();
    work.write(
        "Dockerfile",
        format!("{BASE}ADD git://git.example/x.git#0123456789012345678901234567890123456789 /x\n"),
    );
    work.run(&["lint"]).code(1).says("GIT005");
    work.run(&["lint", "--fix", "-n"]).code(1).says("1 would be fixed in 1 file, nothing was written");
    work.run(&["lint", "--fix"]).code(0).says("fixed  Dockerfile:2: GIT005");
    assert!(work.read("Dockerfile").contains("ADD https://git.example/x.git#0123"));
}

#[test]
fn in_a_workspace_each_member_is_linted_and_mended_and_places_are_seen_from_above() {
    let work = Work::new();
    work.write("pins.toml", "version = 1\n[workspace]\nmembers = [\"*\"]\n[lint]\nignore = [\"COV001\"]\n");
    for member in ["a", "b", "c"] {
        work.write(&format!("{member}/pins.toml"), "version = 1\n");
        work.write(&format!("{member}/Dockerfile"), format!("{BASE}{TWICE}\n"));
    }
    work.write("c/Dockerfile", format!("{BASE}RUN apt-get install --no-install-recommends curl\n"));
    let ran = work.run(&["lint"]).code(1);
    assert!(ran.out.contains("[a]\n") && ran.out.contains("a/Dockerfile:2:"), "{}", ran.out);
    assert!(
        ran.out.ends_with("3 members: 1 error, 4 notes in 3 Dockerfiles, 4 can be fixed by --fix, 6 suppressed\n"),
        "{}",
        ran.out
    );
    work.run(&["lint", "a", "b"]).code(0).never_says("c/Dockerfile");
    work.run(&["lint", "--fix", "-n", "a"]).code(0).says("--- a/a/Dockerfile");
    work.run(&["lint", "--fix", "a"]).code(0).says("fixed  a/Dockerfile:2: APT");
    assert_eq!(work.read("a/Dockerfile"), format!("{BASE}{FIXED}\n"));
    assert_eq!(work.read("b/Dockerfile"), format!("{BASE}{TWICE}\n"));
    work.run(&["-C", "b", "lint", "--fix"]).code(0);
    assert_eq!(work.read("b/Dockerfile"), format!("{BASE}{FIXED}\n"));
    let report = json(&work, &["lint"]);
    let exits: Vec<u64> = report["members"].as_array().unwrap().iter().map(|m| m["exit"].as_u64().unwrap()).collect();
    assert_eq!(exits, [0, 0, 1]);
}

#[test]
fn the_formats_for_programs_hold_findings_and_fixes_and_their_schemas() {
    let work = work(TWICE);
    let report = json(&work, &["lint"]);
    let schema: serde_json::Value = serde_json::from_str(dubo_pin::ui::report::schema()).unwrap();
    let schema = jsonschema::validator_for(&schema).unwrap();
    assert!(schema.is_valid(&report), "{:?}", schema.iter_errors(&report).map(|e| e.to_string()).collect::<Vec<_>>());
    assert_eq!(ids(&report), ["APT009", "APT008"]);
    let fix = &report["findings"][0]["fix"][0];
    assert_eq!((fix["line"].as_u64(), fix["column"].as_u64()), (Some(2), Some(20)));
    assert_eq!((fix["end_column"].as_u64(), fix["text"].as_str()), (Some(20), Some(" --no-install-recommends")));
    let dry = json(&work, &["lint", "--fix", "-n"]);
    assert!(schema.is_valid(&dry));
    assert_eq!((dry["fixed"].as_array().unwrap().len(), &dry["applied"]), (2, &false.into()));
    assert!(dry["files"][0]["diff"].as_str().unwrap().contains(FIXED));

    let sarif = work.run(&["lint", "--format", "sarif"]).code(0);
    let log: serde_json::Value = serde_json::from_str(&sarif.out).unwrap();
    let run = &log["runs"][0];
    let change = &run["results"][1]["fixes"][0]["artifactChanges"][0];
    assert_eq!(change["artifactLocation"]["uri"], "Dockerfile");
    let region = &change["replacements"][0]["deletedRegion"];
    assert_eq!((region["startLine"].as_u64(), region["startColumn"].as_u64()), (Some(2), Some(36)));
    assert_eq!((region["endLine"].as_u64(), region["endColumn"].as_u64()), (Some(2), Some(43)));
    let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
    let rule = rules.iter().find(|r| r["id"] == "APT009").unwrap();
    assert!(rule["help"]["text"].as_str().unwrap().contains("--no-install-recommends"), "{rule}");
    assert!(sarif.err.contains("2 notes in 1 Dockerfile"), "{}", sarif.err);

    let github = work.run(&["lint", "--format", "github"]).code(0);
    assert!(
        github.out.starts_with("::notice file=Dockerfile,line=2,col=5,endColumn=12,title=APT009::"),
        "{}",
        github.out
    );
    assert_eq!(github.out.lines().count(), 2);
}

#[test]
fn what_a_pin_covers_is_not_told_again_as_bare() {
    let work = Work::new();
    work.write("Dockerfile", "FROM debian:12\nRUN apt-get install --no-install-recommends curl\n");
    assert_eq!(ids(&json(&work, &["lint"])), ["IMG001", "APT001"]);
    let base = "version = 1\n[pins.base]\nimage = \"debian:12\"\nunlocked = \"until the registry is back\"\n";
    work.write("pins.toml", base);
    assert_eq!(ids(&json(&work, &["lint"])), ["APT001"]);
    // of two in one instruction that no pin covers both of, both are told
    work.write(
        "Dockerfile",
        "FROM debian:12\nRUN --mount=from=a/b:1,target=/b --mount=from=debian:12,target=/d true\n",
    );
    assert_eq!(ids(&json(&work, &["lint"])), ["IMG009"]);
    // an upgrade is one fault
    work.write("Dockerfile", "FROM debian:12\nRUN apt-get upgrade -y\n");
    assert_eq!(ids(&json(&work, &["lint"])), ["COV001"]);
}

#[test]
fn no_colour_stands_in_a_pipe_or_under_no_color() {
    let work = work(TWICE);
    let ran = ran(work.command(&["lint"]).env("NO_COLOR", "1"));
    assert!(!ran.all().contains('\x1b'), "{}", ran.all());
    assert!(!work.run(&["lint", "--explain", "APT009"]).code(0).all().contains('\x1b'));
}

#[test]
fn every_finding_is_explained_and_a_typo_is_told() {
    let work = Work::new();
    for id in dubo_pin::model::Id::ALL {
        let ran = work.run(&["lint", "--explain", id.as_str()]).code(0);
        assert!(ran.out.starts_with(&format!("{id}: {}\n", id.title())), "{}", ran.out);
        assert!(ran.out.lines().count() > 4, "{}", ran.out);
        // the faults of suppressions show how one is written
        if !matches!(id.as_str(), "SUP001" | "LINT001") {
            assert_eq!(ran.out.contains("# dubo-pin: ignore="), id.is_suppressible(), "{}", ran.out);
        }
    }
    work.run(&["lint", "--explain", "apt009"]).code(0).says("Wrong:").says("Right:");
    work.run(&["lint", "--explain", "APT09"]).code(2).says("`APT09` is no finding; did you mean APT009?");
    work.run(&["lint", "--explain", "zzz"]).code(2).never_says("did you mean");
    work.run(&["lint", "--explain", "APT009", "--fix"]).code(2);
    let all = work.run(&["lint", "--explain", "all"]).code(0);
    assert_eq!(all.out.lines().count(), dubo_pin::model::Id::ALL.len());
    work.run(&["lint", "--explain", "APT009", "--format", "json"]).code(2).says("--explain speaks to people");
}

#[test]
fn killed_half_way_the_next_fix_completes_it() {
    if !traces() {
        return;
    }
    let fresh = || {
        let work = work(TWICE);
        work.write("b.Dockerfile", format!("{BASE}{TWICE}\n"));
        work
    };
    let (old, new) = (format!("{BASE}{TWICE}\n"), format!("{BASE}{FIXED}\n"));
    let (mut killed, mut half) = (0, 0);
    for n in 1.. {
        let work = fresh();
        let inject = format!("inject=renameat:signal=KILL:when={n}");
        let run = ran(&mut work.under(&["strace", "-f", "-qq", "-o", "/dev/null", "-e", &inject], &["lint", "--fix"]));
        let all = || [work.read("Dockerfile"), work.read("b.Dockerfile")];
        if run.code == Some(0) {
            assert_eq!(all(), [new.clone(), new.clone()]);
            break;
        }
        killed += 1;
        assert!(all().iter().all(|t| *t == old || *t == new), "{n}: {:?}", all());
        if work.image().join(".dubo-pin/journal").exists() {
            half += 1;
            work.run(&["lint"]).code(1).says("LOCK008").says("dubo-pin lint --fix completes it");
        }
        work.run(&["lint", "--fix"]).code(0);
        assert_eq!(all(), [new.clone(), new.clone()], "{n}");
    }
    assert!(killed >= 3 && half >= 2, "{killed} {half}");
}
