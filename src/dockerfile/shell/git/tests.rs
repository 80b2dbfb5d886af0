//! git's command lines, with literal expectations.

use super::super::super::Dockerfile;
use super::*;

/// Each command on a line: verb, folder that it runs in, repository, references, folder, marks.
#[track_caller]
fn finds(run: &str, found: &[&str]) {
    let file = Dockerfile::parse("Dockerfile", format!("FROM a\nRUN {run}\n").into_bytes()).unwrap();
    let line = |c: &GitCommand| {
        let mut out = vec![format!("{:?}", c.verb)];
        out.extend(c.repository.iter().map(Spelled::text));
        out.extend(c.remote.iter().map(|r| format!("as {}", r.text())));
        out.extend(c.references.iter().map(|r| format!("@{}", r.text())));
        out.extend(c.folder.iter().map(|f| format!("in {}", f.text())));
        out.extend(c.recursive.then(|| "recursive".to_owned()));
        out.extend(Some(format!("from {}", c.standing)).filter(|_| !c.standing.is_empty()));
        out.join(" ")
    };
    let all: Vec<String> = file.commands().git.iter().map(line).collect();
    assert_eq!(all, found, "{run}");
}

#[test]
fn options_that_take_a_value_are_no_operands() {
    finds("git clone --depth 1 -j 4 --filter blob:none U:x d", &["Clone U:x in d"]);
    finds("git clone -qb v1 --reference /m U:x", &["Clone U:x @v1"]);
    finds("git clone --origin up --shallow-since 2020-01-01 U:x", &["Clone U:x as up"]);
    finds("git clone --revision abc --template t U:x", &["Clone U:x @abc"]);
    finds("git -c a=b -C /d --git-dir /g/.git fetch --depth 5 -q origin v1", &["Fetch origin @v1 in /d from /g"]);
    finds("git --work-tree=/w checkout -f v1", &["Checkout @v1 in /w from /w"]);
    finds("git fetch origin tag v1 +a:b c:d", &["Fetch origin @v1 @a @c"]);
    finds("git fetch --all --tags", &["Fetch"]);
    finds("git fetch -j 4 --negotiation-tip x", &["Fetch"]);
    finds("git checkout -b here v1", &["Checkout @v1"]);
    finds("git checkout --orphan here", &[]);
    finds("git checkout v1 --", &["Checkout @v1"]);
    finds("git checkout v1 -- a", &[]);
    finds("git checkout --track origin/x", &["Checkout @origin/x"]);
    finds("git switch -c here v1", &["Checkout @v1"]);
    finds("git switch --detach v1", &["Checkout @v1"]);
    finds("git reset v1", &[]);
    finds("git reset --hard v1", &["Checkout @v1"]);
    finds("git reset --hard HEAD~1", &[]);
    finds("git worktree add -b here ../w v1", &["Checkout @v1"]);
    finds("git remote add -t main -f up U:x", &["Remote U:x as up", "Fetch up @main"]);
    finds("git remote set-url origin U:x", &["Remote U:x as origin"]);
    finds("git remote set-url --push origin U:x", &[]);
    finds("git remote -v update up", &["Fetch up"]);
    finds("git submodule --quiet add -b main --depth 1 U:x d", &["Submodule U:x @main in d"]);
    finds("git submodule update --init --recursive -j 4", &["Submodule recursive"]);
    finds("git archive --remote=U:x v1 d", &["Clone U:x @v1"]);
    finds("git pull --rebase origin v1", &["Fetch origin @v1", "Checkout @v1"]);
    finds("git status; git log; git config a b; git init; git; git clone -h", &[]);
}

#[test]
fn the_folder_follows_the_text() {
    finds(
        "cd /a && git fetch; cd b; git fetch; cd ../..; git fetch",
        &["Fetch from /a", "Fetch from /a/b", "Fetch from /"],
    );
    finds("pushd a; git fetch; popd; git fetch", &["Fetch from a", "Fetch"]);
    finds("cd a; cd b; cd -; git fetch", &["Fetch from a"]);
    finds("cd \"$D\"; git -C x fetch", &["Fetch in x from ${D}/x"]);
    finds("cd a && sh -c 'cd b; git fetch'", &["Fetch from a/b"]);
}

#[test]
fn words_of_one_variable_are_values_or_words() {
    finds("o='--depth 1 -b v1'; git clone $o U:x", &["Clone U:x @${o}"]);
    finds("o=(--depth 1); git clone \"${o[@]}\" U:x", &["Clone U:x"]);
    finds("for v in v1 v2; do git checkout $v; done", &["Checkout @${v} @${v}"]);
}

#[test]
fn hostile_text_costs_linear_time() {
    let big = |part: &str| part.repeat(300_000 / part.len());
    let texts = [
        format!("x {}", big("git ")),
        format!("git clone {}", big("-b x ")),
        format!("git fetch origin {}", big("a:b ")),
        format!("v='{}'; git checkout $v", big("v1 ")),
        format!("for v in {}; do git checkout $v; done", big("v1 ")),
        big("cd aaaa; git fetch; "),
        big("pushd a; "),
        big("git remote add $a U:x; git fetch U:y; "),
        big("git clone -q . x; "),
        big("$GIT clone a; "),
    ];
    for text in texts {
        let start: String = text.chars().take(20).collect();
        let file = Dockerfile::parse("Dockerfile", format!("FROM a\nRUN {text}\n").into_bytes()).unwrap();
        let began = std::time::Instant::now();
        assert!(crate::dockerfile::checkout::checkouts(&file).len() < 100_000, "{start}");
        assert!(began.elapsed() < std::time::Duration::from_secs(20), "{start}: {:?}", began.elapsed());
    }
}

#[test]
fn what_only_speaks_of_git_is_none() {
    finds("sudo apt-get install -y git fetch", &[]);
    finds("echo git clone U:x; printf 'git clone U:x'", &[]);
    finds("git commit -m 'git clone U:x'", &[]);
    finds("$(command -v git) clone U:x; \"$GIT\" clone U:y; $(git x) clone U:z", &["Clone U:x", "Clone U:y"]);
}
