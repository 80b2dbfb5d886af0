//! The entry of pins.lock, and that yarn.lock is the locked one.

use super::*;
use crate::source::git::Follow;

fn case() -> Case {
    v1().unvendored()
}

#[test]
fn a_changed_yarn_lock_is_the_last_word() {
    let mut case = case();
    case.entry.evidence.insert("yarn-lock-sha256".to_owned(), Evidence::One("0".repeat(64)));
    let found = case.run();
    let [(Id::YARN011, Severity::Error, trouble)] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!(trouble.message, "yarn.lock was changed since it was locked, to something that is sound in itself");
    assert_eq!(trouble.expected, Some(format!("sha256 {}", "0".repeat(64))));
    case.entry.evidence.remove("yarn-lock-sha256");
    assert_eq!(case.run()[0].2.expected.as_deref(), Some("a digest in pins.lock"));
    let found = super::v1().unvendored().lock("version \"1.3.0\"", "version \"1.2.0\"").run();
    let ids: Vec<Id> = found.iter().map(|(id, _, _)| *id).collect();
    assert_eq!(ids, [Id::YARN010, Id::YARN011]);
}

#[test]
fn another_format_than_the_locked_one() {
    let mut case = case();
    case.entry.evidence.insert("lockfile".to_owned(), Evidence::One("berry 8".to_owned()));
    let found = case.run();
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].2.message, "yarn.lock is of another format than the one that was locked");
}

#[test]
fn a_package_that_yarn_lock_does_not_have() {
    let mut case = case();
    case.entry.values.insert(token("evil"), Value::One(token(OTHER)));
    assert_eq!(case.errors()[0], "YARN004 pins.lock: pins.lock has `evil`, which is no git package of yarn.lock");
}

#[test]
fn a_package_that_pins_lock_does_not_have() {
    let mut case = case();
    case.entry.values.remove(&token("plugin"));
    for word in ["commit-object", "follow", "manifest", "ref", "repository", "tar-format", "tree", "tree-sha256"] {
        case = case.evidence(word, "plugin", None);
    }
    case.entry.artifacts.pop();
    case.says("YARN004 yarn.lock:41:2: `plugin@git+https://git.example/own/plugin.git#v1.0.0` comes from git, but is not in pins.lock");
}

#[test]
fn two_commits_of_one_name_are_told_apart() {
    let two = case().package(
        "\n    \"number\"",
        &format!("\n    \"plugin\": \"git+https://git.example/own/plugin.git#{PLUGIN}\",\n    \"number\""),
    );
    let mut two = two;
    let block = format!(
        "\n\"plugin@git+https://git.example/own/plugin.git#{PLUGIN}\":\n  version \"1.0.0\"\n  resolved \"git+https://git.example/own/plugin.git#{PLUGIN}\"\n  dependencies:\n    ms \"^2.1.0\"\n"
    );
    two = two.lock(&format!("#{PLUGIN}\"\n  dep"), &format!("#{OTHER}\"\n  dep"));
    two.lock += &block;
    let errors = two.errors();
    assert_eq!(errors, ["YARN004 yarn.lock:43:52: yarn.lock has `plugin` at another commit than pins.lock"]);
}

#[test]
fn a_commit_object_that_is_not_that_of_the_commit() {
    let forged =
        "tree f5a0d415039c6aa16c11d6fd3fe43ab6536e543e\nauthor A <a@example> 1 +0\ncommitter A <a@example> 1 +0\n\nx\n";
    case()
        .evidence("commit-object", "plugin", Some(forged))
        .says("GIT007 pins.lock: the stored commit object of `plugin` is not that of its commit");
    case()
        .evidence("commit-object", "plugin", None)
        .says("GIT007 pins.lock: the stored commit object of `plugin` is not that of its commit");
}

#[test]
fn a_tree_that_is_not_that_of_the_commit() {
    case()
        .evidence("tree", "plugin", Some(TREES[0]))
        .says("GIT007 pins.lock: the locked tree of `plugin` is not that of its commit");
}

#[test]
fn a_value_that_is_no_full_commit() {
    let mut case = case();
    case.entry.values.insert(token("plugin"), Value::One(token("a1b28b9")));
    let errors = case.errors();
    assert_eq!(errors[0], "YARN017 pins.lock: the locked value of `plugin` is no full commit id");
}

#[test]
fn evidence_that_is_missing_or_malformed() {
    for word in ["follow", "manifest", "tree-sha256", "tar-format"] {
        let errors = case().evidence(word, "plugin", None).errors();
        assert_eq!(
            errors[0],
            format!("YARN017 pins.lock: pins.lock does not say the `{word}` of `plugin`"),
            "{errors:?}"
        );
    }
    let errors = case().evidence("tar-format", "plugin", Some("99")).errors();
    assert!(errors.len() == 1 && errors[0].starts_with("YARN017 pins.lock: `plugin`: "), "{errors:?}");
    let errors = case().evidence("tree-sha256", "plugin", Some("00")).errors();
    assert!(errors.len() == 1 && errors[0].starts_with("YARN017 pins.lock: `plugin`: "), "{errors:?}");
    case()
        .evidence("manifest", "evil", Some("version=1.0.0"))
        .says("YARN017 pins.lock: pins.lock has a `manifest` of `evil`, which has no commit there");
}

#[test]
fn a_tar_that_is_missing_twice_or_of_another_repository() {
    let message = "YARN017 pins.lock: pins.lock does not have the tar of `plugin` once";
    let mut none = case();
    none.entry.artifacts.pop();
    none.says(message);
    let mut twice = case();
    twice.entry.artifacts.push(twice.entry.artifacts[1].clone());
    twice.says(message);
    let mut other = case();
    other.entry.artifacts[1].url = Some(REPOSITORIES[0].to_owned());
    other.says(message);
}

#[test]
fn what_is_followed_agrees_with_the_ref_and_with_the_manifest() {
    let leads = "GIT008 pins.lock: what was followed of `plugin` does not lead to the locked ref";
    for (follow, name) in [
        ("tag v1.0.0", "refs/heads/v1.0.0"),
        ("tag v1.0.0", "refs/tags/v1.0.1"),
        ("branch main", "refs/heads/master"),
        ("semver ^1", "refs/heads/master"),
        ("head", "refs/tags/v1.0.0"),
    ] {
        case().evidence("follow", "plugin", Some(follow)).evidence("ref", "plugin", Some(name)).says(leads);
    }
    let errors = case().evidence("follow", "plugin", Some("whatever")).errors();
    assert!(errors.len() == 1 && errors[0].starts_with("GIT008 pins.lock: "), "{errors:?}");
    let mut case = case();
    case.keys.packages = BTreeMap::from([(token("homebridge"), Follow::Branch("master".parse().unwrap()))]);
    assert_eq!(case.errors(), Vec::<String>::new());
    case.keys.packages = BTreeMap::from([(token("homebridge"), Follow::Branch("main".parse().unwrap()))]);
    case.says("GIT008 pins.lock: `homebridge` is not locked at what pins.toml follows");
    case.keys.packages = BTreeMap::from([(token("evil"), Follow::Head)]);
    case.says("GIT008 pins.lock: `evil` is not locked at what pins.toml follows");
    let mut case = super::v1().unvendored().evidence("follow", "homebridge", Some("commit"));
    case.keys.packages = BTreeMap::from([(token("homebridge"), Follow::Commit(OTHER.parse().unwrap()))]);
    case.says("GIT008 pins.lock: `homebridge` is not locked at what pins.toml follows");
}

#[test]
fn locked_hosts_that_are_none() {
    let mut case = case();
    case.entry.evidence.insert("hosts".to_owned(), Evidence::One("registry.example,a b".to_owned()));
    case.says("YARN017 pins.lock: the locked `hosts` name `a b`, which is no host");
}

#[test]
fn a_yarn_lock_that_yarn_would_write_in_another_way_is_told_alone() {
    let case = case().lock("# THIS IS AN AUTOGENERATED FILE. DO NOT EDIT THIS FILE DIRECTLY.\n", "").locked();
    let found = case.run();
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!((found[0].0, found[0].1), (Id::YARN001, Severity::Note));
}
