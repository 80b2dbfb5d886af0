//! What stands in the place of another package: names, URLs, fields, resolutions.

use super::*;

const IS_ODD: &str = "https://registry.example/is-odd/-/is-odd-3.0.1.tgz#65101baf3727d728b66fa62f50cda7f2d3989601";
const ONCE: &str = "https://registry.example/@tootallnate/once/-/once-2.0.1.tgz";

#[test]
fn a_name_field_makes_yarn_1_install_elsewhere() {
    for name in ["../../evilplace", "ms", "is-number"] {
        v1().unvendored()
            .lock("is-odd@^3.0.1:\n", &format!("is-odd@^3.0.1:\n  name \"{name}\"\n"))
            .says("YARN007 yarn.lock:25:3: yarn installs `is-odd@^3.0.1` under another name than its key says");
    }
    // What yarn 1.22.22 writes for an alias.
    for name in ["number", "is-number"] {
        let to = format!("\"number@npm:is-number@^6.0.0\":\n  name {name}\n");
        let case = v1().unvendored().lock("\"number@npm:is-number@^6.0.0\":\n", &to);
        assert_eq!(case.errors(), Vec::<String>::new(), "{name}");
    }
}

#[test]
fn fields_that_no_yarn_writes() {
    let with = |field: &str| v1().unvendored().lock("is-odd@^3.0.1:\n", &format!("is-odd@^3.0.1:\n  {field}\n"));
    with("foo bar").says("YARN001 yarn.lock:25:3: no yarn writes the field `foo`");
    with("registry evil").says("YARN007 yarn.lock:25:3: `is-odd@^3.0.1` is of another sort of registry");
    with("uid evil").says("YARN007 yarn.lock:25:3: `is-odd@^3.0.1` has a `uid` that yarn does not write");
    with("registry npm").says_nothing();
    let plugin = |uid: &str| {
        let key = "\"plugin@git+https://git.example/own/plugin.git#v1.0.0\":\n";
        v1().unvendored().lock(key, &format!("{key}  uid {uid}\n"))
    };
    plugin(PLUGIN).says_nothing();
    plugin(OTHER).says(
        "YARN007 yarn.lock:42:3: `plugin@git+https://git.example/own/plugin.git#v1.0.0` has a `uid` that yarn does not write",
    );
}

#[test]
fn a_path_that_a_server_reads_otherwise() {
    let wrong = "YARN007 yarn.lock:26:13: the URL of `is-odd@^3.0.1` does not name version `3.0.1` of that package";
    for url in [
        "https://registry.example/is-odd/-/../../@types/is-odd/-/is-odd-3.0.1.tgz",
        "https://registry.example/is-odd/-/./is-odd-3.0.1.tgz",
        "https://registry.example//is-odd/-/is-odd-3.0.1.tgz",
        "https://registry.example/is-odd/-//is-odd-3.0.1.tgz",
        "https://registry.example/evil/%2e%2e/is-odd/-/is-odd-3.0.1.tgz",
        "https://registry.example/evil/..%2fis-odd/-/is-odd-3.0.1.tgz",
        "https://registry.example/is%2dodd/-/is-odd-3.0.1.tgz",
        "https://registry.example/is-odd/-/evil/is-odd-3.0.1.tgz",
        "https://registry.example/is-odd/-/is-odd-3.0.1.tgz/-/is-odd/-/is-odd-3.0.1.tgz",
        "https://registry.example/evil/-/is-odd/-/is-odd-3.0.1.tgz",
        "https://registry.example/is-odd/-/is-odd-3.0.1.tgz?x=/is-odd-3.0.1.tgz",
        "https://registry.example/is-odd/-/is-odd-3.0.1.tgz?cache=0",
        "https://registry.example/download/is-odd/3.0.1/0",
        "https://registry.example/download/is-odd/3.0.1/574c8138ce1d2b5861f0b44579dbadd60c6615b2",
        "https://registry.example/is-odd/download/is-odd-3.0.1.tgz?evil=1",
        "https://registry.example/evil/download/is-odd-3.0.1.tgz",
        "https://registry.example/is-odd/is-odd-3.0.1.tgz",
        "https://registry.example/repository/npm/evil/is-odd-3.0.1.tgz",
    ] {
        assert_eq!(v1().unvendored().lock(IS_ODD, url).errors(), [wrong], "{url}");
    }
    let scoped =
        "YARN007 yarn.lock:7:13: the URL of `@tootallnate/once@^2.0.0` does not name version `2.0.1` of that package";
    for url in [
        "https://registry.example/%40tootallnate/once/-/once-2.0.1.tgz",
        "https://registry.example/once/-/once-2.0.1.tgz",
        "https://registry.example/@tootallnate/once/-/@evil/once-2.0.1.tgz",
        "https://registry.example/download/@tootallnate/once/2.0.1/0",
    ] {
        assert_eq!(v1().unvendored().lock(ONCE, url).errors(), [scoped], "{url}");
    }
}

#[test]
fn the_forms_that_registries_have() {
    for url in [
        "https://registry.example/is-odd/download/is-odd-3.0.1.tgz",
        "https://registry.example/is-odd/download/is-odd-3.0.1.tgz?cache=0&sync_timestamp=1602664000000&other_urls=https%3A%2F%2Fregistry.example%2Fis-odd%2Fdownload%2Fis-odd-3.0.1.tgz",
    ] {
        v1().unvendored().lock(IS_ODD, url).says_nothing();
    }
    for url in [
        "https://registry.example/@tootallnate%2fonce/-/once-2.0.1.tgz",
        "https://registry.example/@tootallnate%2Fonce/-/once-2.0.1.tgz",
        "https://registry.example/@tootallnate/once/-/@tootallnate/once-2.0.1.tgz",
        "https://registry.example/@tootallnate/once/download/@tootallnate/once-2.0.1.tgz?cache=0",
        "https://registry.example/download/@tootallnate/once/2.0.1/574c8138ce1d2b5861f0b44579dbadd60c6615b2",
    ] {
        v1().unvendored().lock(ONCE, url).says_nothing();
    }
    for prefix in
        ["repository/npm", "artifactory/api/npm/all", "_packaging/feed/npm/registry", "api/v4/projects/1/packages/npm"]
    {
        let mut case = v1().unvendored();
        case.lock = case.lock.replace("https://registry.example/", &format!("https://registry.example/{prefix}/"));
        case.says_nothing();
    }
    let mut case = v1().unvendored();
    for (name, file) in [("is-odd", "is-odd-3.0.1"), ("ms", "ms-2.1.3"), ("is-number", "is-number-6.0.0")] {
        case.lock = case.lock.replace(&format!("/{name}/-/{file}"), &format!("/repository/npm/{name}/{file}"));
    }
    case.says_nothing();
}

#[test]
fn another_registry_on_the_same_host() {
    v1().unvendored().lock("https://registry.example/is-odd", "https://registry.example/evil/is-odd").says(
        "YARN007 yarn.lock:26:13: the URL of `is-odd@^3.0.1` leads to another registry on that host than those of the other packages",
    );
    let mut case = v1().unvendored();
    case.lock = case.lock.replace("https://registry.example/", "https://registry.example/repository/npm/");
    case.lock("repository/npm/is-odd", "repository/evil/is-odd").says(
        "YARN007 yarn.lock:26:13: the URL of `is-odd@^3.0.1` leads to another registry on that host than those of the other packages",
    );
}

/// A folder whose `resolutions` have one item.
fn resolved(pattern: &str, range: &str) -> Case {
    let mut case = v1().unvendored();
    let item = format!("\n  }},\n  \"resolutions\": {{\n    \"{pattern}\": \"{range}\"\n  }}\n}}");
    case.package = V1_PACKAGE.replace("\n  }\n}", &item);
    case
}

#[test]
fn a_resolution_that_never_applies_does_not_excuse_an_entry_that_yarn_passes_over() {
    let older = |case: Case| {
        case.lock("is-odd@^3.0.1:\n  version \"3.0.1\"", "is-odd@1.0.0, is-odd@^3.0.1:\n  version \"1.0.0\"")
            .lock("is-odd-3.0.1.tgz", "is-odd-1.0.0.tgz")
    };
    older(resolved("nobody/is-odd", "1.0.0")).says(
        "YARN005 yarn.lock:14:1: yarn passes over the entry of `is-odd@^3.0.1`, so what is newest would be taken",
    );
    older(resolved("homebridge/is-odd", "1.0.0")).says_nothing();
}

#[test]
fn a_resolution_to_a_tag_is_none() {
    resolved("ms", "latest").says_nothing();
    let errors = resolved("ms", "latest").lock("ms@^2.1.0:", "ms@latest:").errors();
    assert!(errors.iter().any(|e| e.contains("`ms@^2.1.0` has no entry in yarn.lock")), "{errors:?}");
}

#[test]
fn a_range_that_another_reader_of_ranges_would_let_through() {
    for (range, sound) in [("~=2.1", false), (">X", false), (">*", false), ("^2.0.0 || ", true), ("||2.1.3", true)] {
        let mut case = v1().unvendored();
        case.package = V1_PACKAGE.replace("    \"number\"", &format!("    \"is-odd\": \"{range}\",\n    \"number\""));
        let lock = case.lock.clone();
        case.lock = lock.replace("is-odd@^3.0.1:\n", &format!("is-odd@^3.0.1, \"is-odd@{range}\":\n"));
        let errors = case.errors();
        assert_eq!(errors.is_empty(), sound, "{range} {errors:?}");
    }
}
