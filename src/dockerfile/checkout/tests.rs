//! What is taken in by git, with literal expectations.

use proptest::prelude::*;

use super::super::Dockerfile;
use super::*;

/// Each checkout on a line: where, repository, reference, what else was said, and in brackets the lines
/// of the assignments that give the reference and the repository.
fn said(text: &str) -> Vec<String> {
    let file = Dockerfile::parse("Dockerfile", text.as_bytes().to_vec()).unwrap();
    let line = |c: &Checkout| {
        let word = |w: &Option<Spelled>| w.as_ref().map_or_else(|| "-".to_owned(), Spelled::text);
        let name = |a: Option<usize>| {
            a.map_or_else(
                || "-".to_owned(),
                |a| {
                    let assignment = &file.assignments()[a];
                    format!("{}@{}", assignment.name, assignment.instruction)
                },
            )
        };
        let also: Vec<String> = c.also.iter().map(Spelled::text).collect();
        let recursive = if c.recursive { " recursive" } else { "" };
        let also = if also.is_empty() { String::new() } else { format!(" also {}", also.join(",")) };
        format!(
            "{} {} {}{also}{recursive} [{} {}]",
            c.instruction,
            word(&c.repository),
            word(&c.reference),
            name(c.assignment),
            name(c.repository_assignment)
        )
    };
    checkouts(&file).iter().map(line).collect()
}

#[track_caller]
fn finds(rest: &str, found: &[&str]) {
    assert_eq!(said(&format!("FROM a\n{rest}\n")), found, "{rest}");
}

#[test]
fn a_clone_and_its_checkout_are_one() {
    finds("RUN git clone https://h/o/r d && cd d && git checkout v1", &["1 https://h/o/r v1 [- -]"]);
    finds("RUN git clone https://h/o/r", &["1 https://h/o/r - [- -]"]);
    finds("RUN git clone https://h/o/r\nRUN git -C r checkout -q --detach v1", &["1 https://h/o/r v1 [- -]"]);
    finds(
        "ARG C=abc\nRUN git clone -b v1 https://h/r && cd r && git reset --hard $C",
        &["2 https://h/r ${C} also v1 [C@1 -]"],
    );
    finds("ARG V=v1\nRUN git clone --depth 1 --branch=$V https://h/r", &["2 https://h/r ${V} [V@1 -]"]);
    finds("ARG V=v1\nRUN git clone -b$V https://h/r", &["2 https://h/r ${V} [V@1 -]"]);
    finds("ARG V=1\nRUN git clone -b v$V https://h/r", &["2 https://h/r v${V} [- -]"]);
    finds(
        "ARG GIT_REPO=h/o/r\nARG GIT_COMMIT=abc\nRUN git clone --recurse-submodules \"https://$GIT_REPO\" . \\\n  && git checkout \"$GIT_COMMIT\"",
        &["3 https://${GIT_REPO} ${GIT_COMMIT} recursive [GIT_COMMIT@2 GIT_REPO@1]"],
    );
    finds(
        "ENV OWNER=o C='abc'\nRUN git clone https://github.com/\"$OWNER\"/x && git -C x checkout \"$C\"",
        &["2 https://github.com/${OWNER}/x ${C} [C@1 OWNER@1]"],
    );
}

#[test]
fn what_is_fetched_is_what_is_checked_out() {
    let init = "git init; git remote add origin https://h/r; git fetch --depth 1 origin";
    finds(&format!("ARG C=abc\nRUN {init} $C; git checkout FETCH_HEAD"), &["2 https://h/r ${C} [C@1 -]"]);
    finds(&format!("ARG C=abc\nRUN {init} \"+$C:refs/heads/x\"; git checkout x"), &["2 https://h/r x also ${C} [- -]"]);
    finds(&format!("ARG C=abc\nRUN {init} $C"), &["2 https://h/r ${C} [C@1 -]"]);
    finds(
        &format!("ARG C=abc\nRUN {init} $C +refs/tags/*:refs/tags/* && git checkout -q FETCH_HEAD"),
        &["2 https://h/r ${C} [C@1 -]"],
    );
    finds("RUN git fetch https://h/r v1 && git checkout FETCH_HEAD", &["1 https://h/r v1 [- -]"]);
    finds("RUN git clone https://h/r . && git fetch origin && git checkout origin/main", &["1 https://h/r main [- -]"]);
    finds("RUN git clone https://h/r . && git checkout tags/v1", &["1 https://h/r v1 [- -]"]);
    finds("RUN git clone https://h/r . && git pull origin dev", &["1 https://h/r dev [- -]"]);
    finds("RUN cd /src && git fetch origin v1 && git checkout FETCH_HEAD", &["1 - v1 [- -]"]);
}

#[test]
fn a_remote_that_joins_another_takes_its_place() {
    finds(
        "RUN git clone https://h/a . && git remote add fork https://h/b && git fetch fork && git checkout v1",
        &["1 https://h/b v1 [- -]"],
    );
    finds(
        "RUN git clone -b v1 https://h/a . && git fetch https://h/b v2 && git cherry-pick FETCH_HEAD",
        &["1 https://h/a v1 [- -]", "1 https://h/b v2 [- -]"],
    );
    finds(
        "RUN for u in https://h/a https://h/b; do git clone $u s && git -C s checkout v1; done",
        &["1 ${u} v1 [- -]", "1 ${u} v1 [- -]"],
    );
}

#[test]
fn each_folder_has_its_repository() {
    finds(
        "RUN git clone https://h/a && git clone https://h/b && cd a && git checkout v1 && cd ../b && git checkout v2",
        &["1 https://h/a v1 [- -]", "1 https://h/b v2 [- -]"],
    );
    finds(
        "RUN git clone https://h/a\nRUN git clone https://h/b\nRUN (cd a && git checkout v1); (cd b && git checkout v2)",
        &["1 https://h/a v1 [- -]", "2 https://h/b v2 [- -]"],
    );
    finds(
        "RUN git clone https://h/a /src/x\nWORKDIR /src\nRUN git clone https://h/b\nWORKDIR x\nRUN git checkout v1",
        &["1 https://h/a v1 [- -]", "3 https://h/b - [- -]"],
    );
    finds(
        "RUN git clone --mirror https://h/a /m && git clone /m /s && cd /s && git checkout v1",
        &["1 https://h/a v1 [- -]"],
    );
}

#[test]
fn a_later_stage_goes_on_with_what_an_earlier_one_cloned() {
    let head = "FROM a AS src\nRUN git clone https://h/r /r\nFROM";
    assert_eq!(said(&format!("{head} src\nARG C=abc\nRUN cd /r && git checkout $C\n")), ["4 https://h/r ${C} [C@3 -]"]);
    assert_eq!(said(&format!("{head} b\nRUN git checkout v1\n")), ["1 https://h/r - [- -]"]);
    assert_eq!(said(&format!("{head} b\nCOPY --from=src /r .\nRUN git checkout v1\n")), ["4 https://h/r v1 [- -]"]);
    assert_eq!(
        said("ARG C=abc\nFROM a AS p\nARG C\nFROM p\nARG C\nRUN git clone https://h/r . && git checkout $C\n"),
        ["5 https://h/r ${C} [C@0 -]"]
    );
}

#[test]
fn an_onbuild_has_its_own_arguments() {
    finds("ONBUILD ARG C=abc\nONBUILD RUN git clone https://h/r . && git checkout $C", &["2 https://h/r ${C} [C@1 -]"]);
}

#[test]
fn what_is_no_repository_from_outside_is_left_out() {
    for text in [
        "echo \"git clone https://h/r\"",
        "true # git clone https://h/r",
        "git config --global url.https://h/.insteadOf git://h/",
        "apt-get install -y git clone",
        "git clone /src/r && cd r && git checkout v1",
        "git clone file:///src/r",
        "git clone ../r x",
        "git init && git add . && git checkout -b x",
        "git checkout v1",
        "git remote add origin https://h/r",
        "git --help clone; git clone --help",
    ] {
        finds(&format!("RUN {text}"), &[]);
    }
    finds(
        "RUN git clone https://h/r . && git checkout -- f && git checkout v1 f && git checkout .",
        &["1 https://h/r - [- -]"],
    );
    finds("RUN git clone https://h/r . && git checkout -b x && git reset --hard HEAD", &["1 https://h/r - [- -]"]);
}

#[test]
fn what_cannot_be_known_is_told() {
    finds("RUN git clone \"$URL\" x", &["1 ${URL} - [- -]"]);
    finds("RUN git clone $OPTIONS https://h/r", &["1 https://h/r - [- -]"]);
    finds("RUN git clone https://h/r && cd r && git checkout ${X:-v1}", &["1 https://h/r ${X} [- -]"]);
    finds("RUN git clone https://h/r && cd r && git checkout $(git tag | tail -1)", &["1 https://h/r $(…) [- -]"]);
    finds("RUN cat list | xargs -n1 git clone", &["1 - - [- -]"]);
    finds("RUN for u in https://h/a https://h/b; do git clone $u; done", &["1 ${u} - [- -]", "1 ${u} - [- -]"]);
    finds(
        "RUN git clone https://h/r . && git submodule update --init --remote",
        &["1 https://h/r - recursive [- -]", "1 - - recursive [- -]"],
    );
}

#[test]
fn wrappers_shells_and_heredocs_are_read() {
    let one = &["1 https://h/r v1 [- -]"][..];
    for text in [
        "sh -c 'git clone -b v1 https://h/r'",
        "retry 3 git clone -b v1 https://h/r",
        "gosu user git clone -b v1 https://h/r",
        "retry 'git clone -b v1 https://h/r'",
        "x=$(git clone -b v1 https://h/r)",
        "if x; then git -c http.sslVerify=false clone --config a=b -b v1 https://h/r; fi",
        "<<EOF\ngit clone -o up -j 4 https://h/r\ncd r\ngit checkout -B here up/v1\nEOF",
        "[\"git\", \"clone\", \"-b\", \"v1\", \"https://h/r\"]",
    ] {
        finds(&format!("RUN {text}"), one);
    }
    finds("RUN ${GIT:-git} clone -b v1 https://h/r", one);
}

const PARTS: &[&str] = &[
    "git ",
    "clone ",
    "fetch ",
    "checkout ",
    "remote add ",
    "submodule add ",
    "worktree add ",
    "https://h/r ",
    "origin ",
    "-b ",
    "-C ",
    "$C ",
    "\"$C\" ",
    "v1:",
    "+",
    "--",
    "cd ",
    "cd - ",
    "pushd x ",
    "popd ",
    "; ",
    "&& ",
    "\nRUN ",
    "\nFROM a\n",
    "\nARG C=abc\n",
    "\nONBUILD RUN ",
    "\\\n",
    "'",
    "\"",
    "$(",
    ")",
    "FETCH_HEAD ",
    "xargs ",
    "é",
    "pull ",
    "--branch=",
    "\nWORKDIR ../x\n",
    "\nCOPY --from=0 a b\n",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_read_and_all_that_is_found_lies_in_it(
        parts in proptest::collection::vec(proptest::sample::select(PARTS), 0..40),
    ) {
        let text = format!("FROM a\nRUN git clone {}", parts.concat());
        if let Ok(file) = Dockerfile::parse("Dockerfile", text.clone().into_bytes()) {
            for command in &file.commands().git {
                prop_assert!(command.span().end <= text.len() && command.span().start <= command.span().end);
                let words = command.repository.iter().chain(&command.references).chain(&command.folder);
                for word in words {
                    prop_assert!(word.span().start <= word.span().end && word.span().end <= text.len());
                }
            }
            for checkout in checkouts(&file) {
                prop_assert!(checkout.instruction < file.instructions().len());
                prop_assert!(checkout.assignment.is_none_or(|a| a < file.assignments().len()));
            }
        }
    }
}

#[test]
fn thousands_of_repositories_cost_linear_time() {
    let began = std::time::Instant::now();
    let run = "git clone https://h/r x && cd x && git checkout v1; ".repeat(2000);
    assert_eq!(said(&format!("FROM a\nRUN {run}\n")).len(), 2000);
    let stages = "FROM s AS s\nRUN git fetch origin && git checkout v2\n".repeat(500);
    said(&format!("FROM a AS s\nRUN git clone https://h/r\n{stages}"));
    assert!(began.elapsed() < std::time::Duration::from_secs(30), "{:?}", began.elapsed());
}
