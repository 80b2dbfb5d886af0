//! The whole floor on small files: what is refused, how lines are read, what a site finds.

mod fixtures;
mod variants;

use super::*;
use crate::model::{Id, Token, Trouble};

fn parse(text: &str) -> Dockerfile {
    Dockerfile::parse("Dockerfile", text.as_bytes().to_vec()).unwrap()
}

fn refused(text: &str) -> Trouble {
    Dockerfile::parse("Dockerfile", text.as_bytes().to_vec()).unwrap_err()
}

fn site(target: Target) -> Site {
    Site { file: None, stage: None, platform: None, target, value: None, all: false }
}

fn arg(name: &str) -> Site {
    site(Target::Arg(name.to_owned()))
}

fn token(text: &str) -> Token {
    Token::new(text).unwrap()
}

/// The file with one site rewritten.
fn rewritten(text: &str, site: &Site, new: &str) -> String {
    let file = parse(text);
    let edits: Vec<Edit> = locate(&file, site).unwrap().iter().map(|l| l.edit(&file, &token(new)).unwrap()).collect();
    String::from_utf8(apply(file.bytes(), &edits).unwrap()).unwrap()
}

// --- what BuildKit refuses -------------------------------------------------------------------

#[test]
fn what_buildkit_refuses_is_refused_with_its_place() {
    for (text, message, line, column) in [
        ("", "the Dockerfile has no instructions", 1, 1),
        ("# only\n\n", "the Dockerfile has no instructions", 1, 1),
        ("ARG A=1\n", "the Dockerfile has no FROM", 1, 1),
        ("\nRUN x\nFROM a\n", "only ARG may stand before the first FROM", 2, 1),
        ("FROM a\n  FORM b\n", "unknown instruction `FORM`", 2, 3),
        ("FROM a b\n", "FROM requires either one or three arguments", 1, 6),
        ("FROM a as\n", "FROM requires either one or three arguments", 1, 6),
        ("FROM\n", "FROM requires at least one argument", 1, 1),
        ("FROM a AS 1x\n", "invalid name for a build stage", 1, 11),
        ("FROM a\nRUN <<EOF\nx\n", "unterminated heredoc", 2, 5),
        ("FROM a\nENV A\n", "ENV must have two arguments", 2, 5),
        ("FROM a\nENV A=1 B\n", "ENV lacks a `=`", 2, 9),
        ("FROM a\nARG =1\n", "ARG names cannot be blank", 2, 5),
        ("FROM a\nONBUILD FROM b\n", "FROM is not allowed in an ONBUILD", 2, 9),
        ("FROM a\nCOPY x\n", "COPY requires a source and a destination, and there is one argument", 2, 6),
        ("# escape=x\nFROM a\n", "invalid escape character", 1, 10),
        ("# escape=`\n# Escape=`\nFROM a\n", "only one `escape` parser directive can be used", 2, 1),
        ("{\"syntax\": \"x\"}", "unknown instruction `{\"syntax\":`", 1, 1),
    ] {
        let trouble = refused(text);
        let place = trouble.place.unwrap();
        assert_eq!((trouble.message.as_str(), place.line, place.column), (message, line, column), "{text}");
    }
    let help = refused("FROM a\nfrmo b\n").help;
    assert_eq!(help.as_deref(), Some("did you mean `FROM`?"));
    let large = Dockerfile::parse("f", vec![b'#'; MAX_SIZE + 1]).unwrap_err();
    assert_eq!(large.message, "the Dockerfile is too large");
}

// --- lines, directives, heredocs -------------------------------------------------------------

#[test]
fn directives_count_only_at_the_very_top() {
    let syntax = |text: &str| {
        let file = parse(text);
        let span = file.syntax()?;
        Some(String::from_utf8_lossy(&file.bytes()[span]).into_owned())
    };
    for (text, said) in [
        ("# syntax=a/b:1\nFROM a\n", Some("a/b:1")),
        ("\u{feff}#Syntax = a/b:1 more\r\nFROM a\r\n", Some("a/b:1")),
        ("# escape=\\\n# syntax=a\nFROM a\n", Some("a")),
        ("#!/usr/bin/env docker\n# syntax=a\nFROM a\n", Some("a")),
        ("// syntax=a\nFROM a\n", Some("a")),
        ("# a comment\n# syntax=a\nFROM a\n", None),
        ("\n# syntax=a\nFROM a\n", None),
        ("FROM a\n# syntax=a\n", None),
    ] {
        assert_eq!(syntax(text).as_deref(), said, "{text}");
    }
    assert_eq!(parse("# escape=`\nFROM a\n").escape(), b'`');
    assert_eq!(parse("# x\n# escape=`\nFROM a\n").escape(), b'\\');
    assert_eq!(parse("#!/x\n# escape=`\nFROM a\n").escape(), b'\\');
}

#[test]
fn comments_belong_to_what_stands_right_below_them() {
    let file = parse("# syntax=x\n# one\n# two\nFROM a\n# three\n\n# four\nRUN a \\\n\n # five\n b\n");
    let said: Vec<Vec<&str>> = file
        .instructions()
        .iter()
        .map(|i| {
            let text = |c: &Comment| std::str::from_utf8(&file.bytes()[c.span.clone()]).unwrap();
            i.comments.iter().chain(&i.inner_comments).map(text).collect()
        })
        .collect();
    assert_eq!(said, [vec!["# one", "# two"], vec!["# four", "# five"]]);
    assert_eq!(file.instructions()[1].line.text(), b"RUN a  b");
}

#[test]
fn heredoc_texts_are_no_instructions() {
    let file = parse(
        "FROM a\nRUN <<A cat <<-\"B C\"\nFROM x\nARG V=1\nA\n\tFROM y\n\tB C\nCOPY <<X /x\nFROM z\nX\nONBUILD RUN <<O\nARG V=2\nO\nRUN [\"x\", \"<<J\"]\nRUN echo \"<<Q\"\nARG V=3\n",
    );
    let commands: Vec<_> = file.instructions().iter().map(|i| i.effective().command).collect();
    use Command::{Arg, Copy, From, Run};
    assert_eq!(commands, [From, Run, Copy, Run, Run, Run, Arg]);
    let run = &file.instructions()[1];
    assert_eq!(&file.bytes()[run.heredocs[0].body.clone()], b"FROM x\nARG V=1\n");
    assert!(run.heredocs[0].expand && !run.heredocs[0].chomp);
    assert_eq!(run.heredocs[1].name, b"B C");
    assert!(!run.heredocs[1].expand && run.heredocs[1].chomp);
    let found = locate(&file, &arg("V")).unwrap();
    assert_eq!(found[0].value, "3");
}

// --- sites -----------------------------------------------------------------------------------

#[test]
fn each_target_is_found_and_rewritten_in_place() {
    let some = |t: &str| Some(t.to_owned());
    for (target, before, new, after) in [
        (Target::Arg("X".into()), "FROM a\nARG W X=\"1 2\" Y=3", "n", "FROM a\nARG W X=\"n\" Y=3"),
        (Target::Arg("X".into()), "FROM a\nARG X=", "n", "FROM a\nARG X=n"),
        (Target::Arg("X".into()), "FROM a\nARG X='' Y=", "n", "FROM a\nARG X='n' Y="),
        (Target::Arg("X".into()), "FROM a\nONBUILD arg X=1", "n", "FROM a\nONBUILD arg X=n"),
        (
            Target::Arg("X".into()),
            "FROM a\nARG \\\n # X=0\n\n X=1\\\n Y=2",
            "n",
            "FROM a\nARG \\\n # X=0\n\n X=n\\\n Y=2",
        ),
        (Target::Env("X".into()), "FROM a\nenv X  old value ", "n", "FROM a\nenv X  n "),
        (Target::Env("X".into()), "FROM a\nENV W=1 X=2", "n", "FROM a\nENV W=1 X=n"),
        (
            Target::From(None),
            "FROM --platform=$BUILDPLATFORM \"a:1\" AS x",
            "b@sha256:00",
            "FROM --platform=$BUILDPLATFORM \"b@sha256:00\" AS x",
        ),
        (
            Target::From(some("docker.io/library/debian")),
            "FROM a\nFROM debian:12\nFROM scratch",
            "n",
            "FROM a\nFROM n\nFROM scratch",
        ),
        (
            Target::From(some("debian")),
            "FROM docker.io/library/debian@sha256:00 AS debian\nFROM debian",
            "n",
            "FROM n AS debian\nFROM debian",
        ),
        (
            Target::CopyFrom(None),
            "FROM a AS b\nCOPY --from=0 x y\nCOPY --from=B x y\nCOPY --link --from=\"i:1\" x y",
            "n",
            "FROM a AS b\nCOPY --from=0 x y\nCOPY --from=B x y\nCOPY --link --from=\"n\" x y",
        ),
        (
            Target::CopyFrom(some("i")),
            "FROM a\nONBUILD COPY --from=i:1 x y\nCOPY --from=j x y",
            "n",
            "FROM a\nONBUILD COPY --from=n x y\nCOPY --from=j x y",
        ),
        (
            Target::Mount(some("i")),
            "FROM a AS s\nRUN --mount=type=bind,from=s,target=/s --mount=from=i:1,target=/x y",
            "n",
            "FROM a AS s\nRUN --mount=type=bind,from=s,target=/s --mount=from=n,target=/x y",
        ),
        (Target::Syntax, "# syntax=d/f:1\nFROM a", "n", "# syntax=n\nFROM a"),
        (
            Target::Add("https://h/r.git".into()),
            "FROM a\nADD https://h/r.git#v1:sub /x",
            "n",
            "FROM a\nADD https://h/r.git#n:sub /x",
        ),
        (
            Target::Add("https://h/r.git".into()),
            "FROM a\nADD [\"https://h/r.git#\", \"/x\"]",
            "n",
            "FROM a\nADD [\"https://h/r.git#n\", \"/x\"]",
        ),
        (
            Target::Add("https://h/r.git".into()),
            "FROM a\nADD https://h/r.git?subdir=s&ref=v1 /x",
            "n",
            "FROM a\nADD https://h/r.git?subdir=s&ref=n /x",
        ),
        (
            Target::Add("https://h/r.git".into()),
            "FROM a\nARG R=r\nADD https://h/r.git#v1:$R /x",
            "n",
            "FROM a\nARG R=r\nADD https://h/r.git#n:$R /x",
        ),
        (
            Target::Checksum("https://h/f".into()),
            "FROM a\nADD --checksum=sha256:00 https://h/f /x",
            "n",
            "FROM a\nADD --checksum=sha256:n https://h/f /x",
        ),
        (
            Target::Checksum("https://h/f".into()),
            "FROM a\nADD --checksum= https://h/f /x",
            "n",
            "FROM a\nADD --checksum=sha256:n https://h/f /x",
        ),
        (
            Target::Checksum("https://h/f".into()),
            "FROM a\nADD --checksum=sha256: https://h/f /x",
            "n",
            "FROM a\nADD --checksum=sha256:n https://h/f /x",
        ),
        (
            Target::Checksum("https://h/r.git".into()),
            "FROM a\nADD --checksum= https://h/r.git#v1 /x",
            "n",
            "FROM a\nADD --checksum=n https://h/r.git#v1 /x",
        ),
    ] {
        assert_eq!(rewritten(before, &site(target), new), after, "{before}");
    }
}

#[test]
fn a_located_value_knows_where_it_stands() {
    let file = parse("ARG X=0\nFROM a AS One\nARG X\nFROM b\n\tARG X=\"v 1\"\n");
    let mut site = arg("X");
    site.stage = Some(StageSel::Index(1));
    let found = locate(&file, &site).unwrap().remove(0);
    assert_eq!(found.value, "v 1");
    assert_eq!((found.place.line, found.place.column), (5, 9));
    for at in 0..=file.bytes().len() + 1 {
        let slow = crate::model::Place::of("Dockerfile", file.bytes(), at..at + 2);
        assert_eq!(file.place(at..at + 2), slow);
    }
    assert_eq!((found.instruction, found.stage), (Some(4), Some(1)));
    site.stage = Some(StageSel::Global);
    assert_eq!(locate(&file, &site).unwrap()[0].value, "0");
    site.stage = Some(StageSel::Name("ONE".to_owned()));
    let error = locate(&file, &site).unwrap_err();
    assert!(matches!(error, SiteError::NoValue { ref place, .. } if place.line == 3), "{error:?}");
}

#[test]
fn what_cannot_be_found_says_why() {
    let fault = |text: &str, site: &Site| locate(&parse(text), site).unwrap_err();
    let text = "FROM a AS build\nARG VERSION=1\nENV OTHER=2\nFROM b\nARG VERSION=1\n";
    let mut typo = arg("VERSOIN");
    assert_eq!(fault(text, &typo).trouble().help.as_deref(), Some("did you mean `VERSION`?"));
    assert_eq!(fault(text, &typo).id(), Id::DOC003);
    assert_eq!(fault(text, &arg("OTHER")).trouble().help.as_deref(), Some("line 3 has it as `env`"));
    typo.stage = Some(StageSel::Name("biuld".to_owned()));
    let error = fault(text, &typo);
    assert_eq!(error.trouble().help.as_deref(), Some("did you mean `build`?"));
    assert!(matches!(error, SiteError::NoStage { .. }));
    let mut elsewhere = site(Target::Env("OTHER".to_owned()));
    elsewhere.stage = Some(StageSel::Index(1));
    assert_eq!(fault(text, &elsewhere).trouble().help.as_deref(), Some("it stands in another stage, on line 3"));
    let twice = fault(text, &arg("VERSION"));
    assert_eq!(twice.id(), Id::DOC004);
    assert_eq!(twice.trouble().found.as_deref(), Some("lines 2, 5"));
    let mut all = arg("VERSION");
    all.all = true;
    assert_eq!(locate(&parse(text), &all).unwrap().len(), 2);
    let add = |url: &str| site(Target::Add(url.to_owned()));
    let no_ref = fault("FROM a\nADD https://h/r.git /x\n", &add("https://h/r.git"));
    assert!(matches!(no_ref, SiteError::NoValue { .. }));
    let sum = site(Target::Checksum("https://h/f".to_owned()));
    let no_sum = fault("FROM a\nADD https://h/f /x\n", &sum);
    assert!(matches!(no_sum, SiteError::MissingChecksum { ref place } if place.line == 2));
}

#[test]
fn a_value_behind_a_variable_names_the_variable() {
    let variable = |text: &str, target: Target| match locate(&parse(text), &site(target)) {
        Err(SiteError::Variable { variable, .. }) => Some(variable),
        _ => None,
    };
    let some = |t: &str| Some(t.to_owned());
    assert_eq!(variable("ARG I=debian:1\nFROM $I\n", Target::From(some("debian"))), some("I"));
    assert_eq!(variable("ARG T=1\nFROM debian:${T}\n", Target::From(None)), some("T"));
    assert_eq!(variable("FROM x:$TARGETARCH\n", Target::From(None)), some("TARGETARCH"));
    assert_eq!(variable("FROM a\nARG X=$Y\n", Target::Arg("X".into())), some("Y"));
    assert_eq!(variable("FROM a\nARG X=1${Y}\n", Target::Arg("X".into())), some("Y"));
    assert_eq!(variable("FROM a\nADD https://h/r.git#$V /x\n", Target::Add("https://h/r.git".into())), some("V"));
    for add in
        ["https://h/$R.git#v1", "$U#v1", "https://h/r.git$E#v1", "https://h/r.git?$E#v1", "https://h/r.git?ref=1$E"]
    {
        let text = format!("FROM a\nARG R=r\nARG U=https://h/r.git\nARG E=\nADD {add} /x\n");
        assert!(variable(&text, Target::Add("https://h/r.git".into())).is_some(), "{add}");
    }
    assert_eq!(
        variable("FROM a\nADD --checksum=sha256:$S https://h/f /x\n", Target::Checksum("https://h/f".into())),
        some("S")
    );
    assert_eq!(variable("FROM a\nARG X='$Y'\n", Target::Arg("X".into())), None);
}

#[test]
fn a_split_value_is_read_but_not_edited() {
    for (text, value) in
        [("FROM a\nARG X=ab\\\ncd\n", "abcd"), ("FROM a\nARG X=ab\"cd\"\n", "abcd"), ("FROM a\nARG X=ab\\cd\n", "abcd")]
    {
        let file = parse(text);
        let found = locate(&file, &arg("X")).unwrap().remove(0);
        assert_eq!(found.value, value);
        let error = found.edit(&file, &token("n")).unwrap_err();
        assert_eq!(error.id(), Id::DOC005, "{text}");
    }
}

#[test]
fn comments_heredocs_and_texts_of_commands_are_never_sites() {
    let text = "FROM a\n#ARG X=1\nRUN echo ARG X=1 \\\n && ENV X=2\nRUN <<EOF\nARG X=3\nEOF\nLABEL X=4\nRUN ADD https://h/f#1 /x\n";
    for target in [Target::Arg("X".into()), Target::Env("X".into()), Target::Add("https://h/f".into())] {
        let error = locate(&parse(text), &site(target)).unwrap_err();
        assert!(matches!(error, SiteError::NotFound { .. }), "{error:?}");
    }
}

#[test]
fn an_add_that_buildkit_downloads_is_no_site_for_git() {
    let url = Target::Add("https://h/r".into());
    let error = locate(&parse("FROM a\nADD https://h/r#v1 /x\n"), &site(url)).unwrap_err();
    assert!(matches!(error, SiteError::Malformed { ref place, .. } if place.line == 2), "{error:?}");
    assert!(error.to_string().contains("only if its path ends in `.git`"), "{error}");
}

#[test]
fn a_backslash_in_the_json_form_is_never_read_as_an_escape() {
    for target in [Target::Add("https://h/r.git".into()), Target::Checksum("https://h/r.git".into())] {
        for word in
            [r"https://h/r.git#ae2\bbc", r"https:\/\/h/r.git#v1", r"https://h/\u0072.git#v1", r"https://h/\r.git#v1"]
        {
            let text = format!("FROM a\nADD --checksum=sha256:00 [\"{word}\", \"/\"]\n");
            let error = locate(&parse(&text), &site(target.clone())).unwrap_err();
            assert!(matches!(error, SiteError::Split { ref place, .. } if place.line == 2), "{word}: {error:?}");
        }
    }
}

#[test]
fn a_stage_name_that_two_stages_bear_is_ambiguous() {
    let mut twice = arg("V");
    twice.stage = Some(StageSel::Name("f".to_owned()));
    let file = parse("FROM a AS f\nARG V=1\nFROM b AS F\n");
    for all in [false, true] {
        twice.all = all;
        let error = locate(&file, &twice).unwrap_err();
        let trouble = error.trouble();
        assert_eq!(error.id(), Id::DOC004);
        assert_eq!(
            (trouble.message.as_str(), trouble.found.as_deref()),
            ("2 stages are named `f`", Some("lines 1, 3"))
        );
        assert!(trouble.help.unwrap().starts_with("use the index"));
    }
}

#[test]
fn an_arg_in_quotes_is_no_site() {
    for name in ["'V'", "\"V\"", "\\V", "V''"] {
        let error = locate(&parse(&format!("FROM a\nARG {name}=1\n")), &arg("V")).unwrap_err();
        assert!(matches!(error, SiteError::NotFound { .. }), "{name}: {error:?}");
    }
}

#[test]
fn patterns_cost_no_more_than_one_budget_for_a_whole_file() {
    let mut text = format!("FROM a\nARG P={}\n", "x".repeat(32_000));
    for i in 0..40 {
        text.push_str(&format!("ARG Q{i}=${{P##{}}}\n", "*x".repeat(250)));
    }
    let file = parse(&text);
    let at = |name: &str| file.variables().at(0, usize::MAX, name);
    assert_eq!((at("Q0"), at("Q39")), (Var::Set(String::new()), Var::Unknown));
}

#[test]
fn a_name_is_suggested_from_the_first_few_hundred() {
    let mut text = "FROM a\n".to_owned();
    for i in 0..3000 {
        text.push_str(&format!("ARG A{i}={i}\n"));
    }
    let help = |text: &str, name: &str| locate(&parse(text), &arg(name)).unwrap_err().trouble().help;
    assert_eq!(help(&text, "B7").as_deref(), Some("did you mean `A7`?"));
    assert_eq!(help("FROM a\nARG A=1\n", &"A".repeat(100)), None);
    assert_eq!(help(&format!("{text}ARG LATE_NAME=1\n"), "LATE_NAMES"), None);
}

#[test]
fn a_quote_in_the_key_of_an_old_form_env_is_not_edited_around() {
    // Found by the property: with a value that holds `=`, the whole would be read as KEY=value.
    let file = Dockerfile::parse("Dockerfile", b"FROM x\nENV \"A b\n".to_vec());
    if let Ok(file) = file {
        for index in 0..file.assignments().len() {
            let located = assigned(&file, index);
            assert!(located.is_err() || located.unwrap().edit(&file, &Token::new("=x").unwrap()).is_err());
        }
    }
    assert_eq!(roundtrip(b"ENV \"ARG ARG }"), Ok(()));
    assert_eq!(roundtrip(b"FROM x\nENV \"ARG ARG }"), Ok(()));
}
