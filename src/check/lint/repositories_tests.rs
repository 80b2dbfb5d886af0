use super::super::lint;
use super::super::tests::{C1, C2, clean, has, lines, parse};
use super::{kind, one_name};
use crate::dockerfile::apply;
use crate::model::Id;

const BRANCH: &str = "the repository is taken at a branch or a tag, which moves";
const TAG: &str = "the repository is taken at a tag, which may be moved";
const SHORT: &str = "the repository is taken at a short id, which another commit may come to share";
const NEWEST: &str = "the repository is cloned and nothing is checked out: its newest commit is taken";
const DEAD: &str = "git:// is not authenticated: whoever is on the way may answer";

#[test]
fn a_checkout_of_anything_but_a_full_commit() {
    has("FROM scratch\nRUN git clone --branch v1.2.0 https://h/o/r\n", &[&format!("Dockerfile:2:24 GIT001 {TAG}")]);
    has(
        "FROM scratch\nRUN git clone https://h/o/r && cd r && git checkout main\n",
        &[&format!("Dockerfile:2:53 GIT001 {BRANCH}")],
    );
    has(
        "FROM scratch\nARG C=1234567\nRUN git clone https://h/o/r && git -C r checkout $C\n",
        &[&format!("Dockerfile:2:7 GIT001 {SHORT}")],
    );
    has(
        "FROM scratch\nARG C\nRUN git clone https://h/o/r && git -C r checkout $C\n",
        &["Dockerfile:3:50 GIT001 which commit is taken is not known before the build (note)"],
    );
    has("FROM scratch\nRUN git clone https://h/o/r\n", &[&format!("Dockerfile:2:5 GIT002 {NEWEST}")]);
    clean(&format!("FROM scratch\nRUN git clone https://h/o/r && git -C r checkout {C1}\n"));
    clean(&format!("FROM scratch\nRUN git clone --branch v1.2.0 https://h/o/r && git -C r checkout {C1}\n"));
    clean(&format!("FROM scratch\nARG C={C1}\nRUN git clone https://h/o/r && git -C r checkout $C^{{commit}}\n"));
    clean(&format!("FROM scratch\nARG C={}\nRUN git clone https://h/o/r && git -C r checkout $C\n", "1".repeat(64)));
}

#[test]
fn an_add_of_a_repository_that_names_no_commit() {
    has(
        "FROM scratch\nADD https://h/o/r.git /x\n",
        &["Dockerfile:2:5 URL002 ADD takes whatever commit of the repository is the newest"],
    );
    has(
        "FROM scratch\nADD https://h/o/r.git#v1.0:sub /x\n",
        &["Dockerfile:2:5 URL002 ADD takes the repository at a tag, which may be moved"],
    );
    has(
        "FROM scratch\nARG C\nADD https://h/o/r.git#$C /x\n",
        &["Dockerfile:3:5 URL002 which commit ADD takes depends on `C`, which has no value here (note)"],
    );
    clean(&format!("FROM scratch\nADD https://h/o/r.git#{C1}:sub /x\n"));
    clean(&format!("FROM scratch\nARG C={C1}\nADD --checksum=$C https://h/o/r.git#v1.0 /x\n"));
}

/// The file after the fix of its only GIT005.
fn fixed(text: &str) -> String {
    let file = parse("Dockerfile", text);
    let all = lint(std::slice::from_ref(&file));
    let dead: Vec<_> = all.iter().filter(|l| l.finding.id == Id::GIT005).collect();
    assert_eq!(dead.len(), 1, "{text}");
    String::from_utf8(apply(file.bytes(), &dead[0].fix).unwrap()).unwrap()
}

#[test]
fn a_dead_scheme_is_told_and_mended_where_it_stands() {
    has(&format!("FROM scratch\nADD git://h/o/r.git#{C1} /x\n"), &[&format!("Dockerfile:2:5 GIT005 {DEAD}")]);
    has(
        &format!("FROM scratch\nARG R=git://h/o/r\nRUN git clone $R r && git -C r checkout {C1}\n"),
        &[&format!("Dockerfile:2:7 GIT005 {DEAD}")],
    );
    for (text, after) in [
        ("ADD git://h/o/r.git#v1 /x", "ADD https://h/o/r.git#v1 /x"),
        ("ADD [\"git://h/o/r.git\", \"/x\"]", "ADD [\"https://h/o/r.git\", \"/x\"]"),
        ("ADD \"git://h/o/r.git\" \\\n  /x", "ADD \"https://h/o/r.git\" \\\n  /x"),
        ("ARG R='git://h/o/r.git'\nADD $R#v1 /x", "ARG R='https://h/o/r.git'\nADD $R#v1 /x"),
        ("ADD git://h/o/r#v1 /x", "ADD git://h/o/r#v1 /x"),
        ("RUN git clone GIT://h/o/r && x", "RUN git clone https://h/o/r && x"),
        ("RUN git clone 'git://h/o/r' r && x", "RUN git clone 'https://h/o/r' r && x"),
        ("ARG R=\"git://h/o/r\"\nRUN git clone \"$R\"", "ARG R=\"https://h/o/r\"\nRUN git clone \"$R\""),
        ("ARG R=git://h/o\nRUN git clone $R/r", "ARG R=https://h/o\nRUN git clone $R/r"),
    ] {
        let (text, after) = (format!("FROM scratch\n{text}\n"), format!("FROM scratch\n{after}\n"));
        assert_eq!(fixed(&text), after);
    }
    let run = format!("RUN git fetch git://h/o/r {C1}\n");
    has(
        &format!("FROM scratch\n{run}{run}"),
        &[&format!("Dockerfile:2:15 GIT005 {DEAD}"), &format!("Dockerfile:3:15 GIT005 {DEAD}")],
    );
    clean(&format!("FROM scratch\n# git://h/r\nRUN echo git://h/r\nARG X=git://h/r\nADD https://h/r.git#{C1} /x\n"));
}

#[test]
fn one_repository_at_two_commits_in_a_folder() {
    let one = parse("a/Dockerfile", &format!("FROM scratch\nADD https://h/o/r.git#{C1} /x\nADD git@h:o/r#{C1} /y\n"));
    let two =
        parse("b/Dockerfile", &format!("FROM scratch\nADD https://H/o/r.git#{C2} /x\nADD https://h/o/s.git#{C2} /y\n"));
    assert_eq!(lines(&[one, two]), ["b/Dockerfile:2:5 GIT006 the repository is taken at another commit elsewhere"]);
    let run = |c: &str| format!("RUN git clone https://h/o/r && git -C r checkout {c}\n");
    has(
        &format!("FROM scratch\n{}{}{}", run(C1), run(C2), run(C2)),
        &["Dockerfile:3:50 GIT006 the repository is taken at another commit elsewhere"],
    );
}

#[test]
fn spellings_of_one_repository() {
    for url in ["https://h/o/r", "https://u:p@H/o/r.git", "git@h:o/r.git", "ssh://git@h/o/r/", "git://h/o/r"] {
        assert_eq!(one_name(url), "h/o/r", "{url}");
    }
    assert_ne!(one_name("https://h/o/R"), one_name("https://h/o/r"));
    assert_eq!(one_name("x"), "x/");
}

#[test]
fn what_a_ref_looks_like() {
    for (reference, said) in [
        ("main", "a branch or a tag, which moves"),
        ("origin/master", "a branch or a tag, which moves"),
        ("release-1", "a branch or a tag, which moves"),
        ("deadbeef", "a branch or a tag, which moves"),
        ("v1.2", "a tag, which may be moved"),
        ("refs/tags/release-1.2.3", "a tag, which may be moved"),
        ("1234567", "a short id, which another commit may come to share"),
        ("111111111111111111111111111111111111111", "a short id, which another commit may come to share"),
        ("123", "a branch or a tag, which moves"),
    ] {
        assert_eq!(kind(reference), said, "{reference}");
    }
}
