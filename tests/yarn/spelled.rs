//! How package.json may spell a git dependency, and what each spelling follows and becomes.

use crate::support::yarn::Yarn;

use super::{Desk, desk, desks};

const REPOSITORY: &str = "https://github.com/dubo/homebridge.git";

/// A desk whose repository has every kind of ref. `v1.0.0` is annotated, `v1.2.0` light; `main` is
/// ahead of both; `feature/x` is a branch, `deadbee` a tag that looks like a commit.
fn refs(desk: &Desk) -> Vec<(&'static str, String)> {
    let repository = &desk.homebridge;
    let second = repository.commit("main", &super::homebridge("1.2.0"));
    repository.tag("v1.2.0", &second);
    repository.branch("feature/x", &desk.first);
    repository.tag("deadbee", &desk.first);
    let tip = repository.commit("main", &super::homebridge("1.3.0"));
    vec![("first", desk.first.clone()), ("second", second), ("tip", tip)]
}

/// Each spelling: its commit, and what it follows.
fn spellings(yarn: Yarn) -> Vec<(String, &'static str, &'static str)> {
    let both = [
        ("git+https://github.com/dubo/homebridge.git", "tip", "head"),
        ("git+https://github.com/dubo/homebridge.git#main", "tip", "branch main"),
        ("git+https://github.com/dubo/homebridge.git#feature/x", "first", "branch feature/x"),
        ("git+https://github.com/dubo/homebridge.git#v1.0.0", "first", "tag v1.0.0"),
        ("git+https://github.com/dubo/homebridge.git#v1.2.0", "second", "tag v1.2.0"),
        ("git+https://github.com/dubo/homebridge.git#semver:^1", "second", "semver ^1"),
        ("git://github.com/dubo/homebridge.git#v1.0.0", "first", "tag v1.0.0"),
        ("https://github.com/dubo/homebridge.git#v1.0.0", "first", "tag v1.0.0"),
    ];
    let own: &[(&str, &str, &str)] = match yarn {
        Yarn::V1 => &[
            ("git+https://github.com/dubo/homebridge.git#refs/tags/v1.0.0", "first", "tag v1.0.0"),
            ("git+https://github.com/dubo/homebridge.git#^1", "second", "semver ^1"),
        ],
        Yarn::V3 | Yarn::V4 => &[
            ("dubo/homebridge#v1.0.0", "first", "tag v1.0.0"),
            ("github:dubo/homebridge#main", "tip", "branch main"),
            ("https://github.com/dubo/homebridge.git#tag=v1.2.0", "second", "tag v1.2.0"),
            ("https://github.com/dubo/homebridge.git#head=feature/x", "first", "branch feature/x"),
            ("https://github.com/dubo/homebridge.git#semver=^1", "second", "semver ^1"),
        ],
    };
    both.iter().chain(own).map(|(spec, at, follow)| ((*spec).to_owned(), *at, *follow)).collect()
}

/// All of them in one project, each under a name of its own.
fn every_spelling(yarn: Yarn) {
    let Some(desk) = desk(yarn) else { return };
    let refs = refs(&desk);
    let spellings = spellings(yarn);
    let names: Vec<String> = (0..spellings.len()).map(|n| format!("d{n:02}")).collect();
    let dependencies: Vec<(&str, &str)> =
        names.iter().zip(&spellings).map(|(name, (spec, ..))| (name.as_str(), spec.as_str())).collect();
    desk.project(&dependencies);
    let mut package = desk.read("package.json");
    let ran = desk.run(&["refresh"]).code(0);
    assert!(ran.all().contains("git://"), "no note about git://: {}", ran.all());
    let (values, after) = (desk.values(), desk.read("package.json"));
    for (name, (spec, at, follow)) in names.iter().zip(&spellings) {
        let id = &refs.iter().find(|(n, _)| n == at).unwrap().1;
        package =
            package.replace(&format!("\"{name}\": \"{spec}\""), &format!("\"{name}\": \"git+{REPOSITORY}#{id}\""));
        assert!(values.contains(&(name.clone(), id.clone())), "{yarn:?} {spec}: {values:?}");
        assert_eq!(desk.proof("follow", name), *follow, "{yarn:?} {spec}");
        assert_eq!(desk.proof("repository", name), REPOSITORY, "{yarn:?} {spec}");
    }
    assert_eq!(after, package);
    assert_eq!(values.len(), names.len());
    desk.verify().code(0);
    desk.idle(&["refresh"]).code(0);
    let says: Vec<String> = spellings.iter().map(|(_, at, _)| says(at)).collect();
    let installed: Vec<(&str, &str)> = names.iter().zip(&says).map(|(n, s)| (n.as_str(), s.as_str())).collect();
    desk.installs(&installed);
}

#[test]
fn every_spelling_that_yarn_1_takes_becomes_a_full_commit_over_https() {
    every_spelling(Yarn::V1);
}

#[test]
fn every_spelling_that_yarn_3_takes_becomes_a_full_commit_over_https() {
    every_spelling(Yarn::V3);
}

#[test]
fn every_spelling_that_yarn_4_takes_becomes_a_full_commit_over_https() {
    every_spelling(Yarn::V4);
}

fn says(at: &str) -> String {
    let version = match at {
        "first" => "1.0.0",
        "second" => "1.2.0",
        _ => "1.3.0",
    };
    format!("homebridge {version}")
}

#[test]
fn a_full_commit_stays_as_it_is_and_follows_nothing() {
    for desk in desks() {
        refs(&desk);
        let spec = format!("git+{REPOSITORY}#{}", desk.first);
        desk.project(&[("homebridge", &spec)]);
        let (package, lock) = (desk.read("package.json"), desk.read("yarn.lock"));
        desk.run(&["refresh"]).code(0);
        assert_eq!((desk.read("package.json"), desk.read("yarn.lock")), (package, lock));
        assert_eq!(desk.proof("follow", "homebridge"), "commit");
        desk.verify().code(0);
        desk.run(&["outdated"]).code(0).says("current");
        desk.installs(&[("homebridge", "homebridge 1.0.0")]);
    }
}

#[test]
fn a_tag_that_looks_like_a_commit_is_a_tag_and_a_short_commit_is_refused() {
    for desk in desks() {
        refs(&desk);
        let spec = |fragment: &str| format!("git+{REPOSITORY}#{fragment}");
        desk.project(&[("homebridge", &spec("v1.0.0"))]);
        let short = desk.first[..9].to_owned();
        for file in ["package.json", "yarn.lock"] {
            let text = desk.read(file).replace("#v1.0.0", &format!("#{short}"));
            desk.work.write(&format!("app/{file}"), text);
        }
        let ran = desk.idle(&["refresh"]);
        assert!(ran.code == Some(1) || ran.code == Some(2), "{ran:?}");
        ran.says("short commit id").says("app/package.json:").says(&short);
        if desk.yarn == Yarn::V1 {
            let desk = Desk::new(Yarn::V1);
            refs(&desk);
            desk.project(&[("homebridge", &spec("deadbee"))]);
            desk.run(&["refresh"]).code(0);
            assert_eq!(desk.proof("follow", "homebridge"), "tag deadbee");
            assert_eq!(desk.values(), [("homebridge".to_owned(), desk.first.clone())]);
        }
    }
}

/// What yarn 1 writes for `owner/name#tag`: its lock names codeload, which no test can be.
#[test]
fn a_hosted_shorthand_of_yarn_1_becomes_git_over_https() {
    let Some(desk) = desk(Yarn::V1) else { return };
    desk.project(&[("homebridge", &format!("git+{REPOSITORY}#v1.0.0")), ("left-b", "^1.0.0")]);
    let first = desk.first.clone();
    desk.edit("package.json", &format!("git+{REPOSITORY}#v1.0.0"), "dubo/homebridge#v1.0.0");
    desk.edit("yarn.lock", &format!("\"homebridge@git+{REPOSITORY}#v1.0.0\":"), "homebridge@dubo/homebridge#v1.0.0:");
    desk.edit(
        "yarn.lock",
        &format!("git+{REPOSITORY}#{first}"),
        &format!("https://codeload.github.com/dubo/homebridge/tar.gz/{first}"),
    );
    desk.run(&["refresh"]).code(0);
    assert!(desk.read("package.json").contains(&format!("\"git+{REPOSITORY}#{first}\"")));
    let lock = desk.read("yarn.lock");
    assert!(!lock.contains("codeload"), "{lock}");
    assert!(lock.contains(&format!("  resolved \"git+{REPOSITORY}#{first}\"\n")), "{lock}");
    assert_eq!(desk.proof("follow", "homebridge"), "tag v1.0.0");
    desk.verify().code(0);
    desk.installs(&[("homebridge", "homebridge 1.0.0")]);
}

#[test]
fn a_branch_and_a_tag_of_one_name_are_taken_as_yarn_takes_them() {
    for desk in desks() {
        let repository = &desk.homebridge;
        let second = repository.commit("main", &super::homebridge("1.2.0"));
        repository.tag("both", &desk.first);
        repository.branch("both", &second);
        desk.project(&[("homebridge", &format!("git+{REPOSITORY}#both"))]);
        // What yarn itself took.
        let lock = desk.read("yarn.lock");
        let (id, says) =
            if lock.contains(&second) { (&second, "homebridge 1.2.0") } else { (&desk.first, "homebridge 1.0.0") };
        assert!(lock.contains(id.as_str()), "{lock}");
        desk.run(&["refresh"]).code(0);
        assert_eq!(desk.values(), [("homebridge".to_owned(), id.clone())], "{:?}", desk.yarn);
        desk.installs(&[("homebridge", says)]);
    }
}
