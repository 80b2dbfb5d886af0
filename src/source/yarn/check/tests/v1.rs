//! The holes of yarn 1.

use super::*;

const IS_ODD: &str = "https://registry.example/is-odd/-/is-odd-3.0.1.tgz#65101baf3727d728b66fa62f50cda7f2d3989601";
const IS_ODD_SHA512: &str =
    "sha512-CQpnWPrDwmP1+SMHXZhtLtJv90yiyVfluGsX5iNCVkrhQtU3TQHsUWPG9wkdk9Lgd5yNpAg9jQEo90CBaXgWMA==";
const PLUGIN_URL: &str = "git+https://git.example/own/plugin.git#a1b28b94afc41bf23ac17678f8c51cbf26221355";

#[test]
fn stale_dependencies_of_a_git_entry() {
    v1().unvendored()
        .lock("    is-odd \"^3.0.1\"\n    plugin", "    is-number \"^6.0.0\"\n    is-odd \"^3.0.1\"\n    plugin")
        .says(
            "YARN010 yarn.lock:14:5: the entry of `homebridge` is not what its package.json says at the locked commit",
        );
}

#[test]
fn a_stale_version_of_a_git_entry() {
    v1().unvendored().lock("version \"1.3.0\"", "version \"1.2.0\"").says(
        "YARN010 yarn.lock:11:3: the entry of `homebridge` is not what its package.json says at the locked commit",
    );
}

#[test]
fn a_dependency_that_was_taken_out_of_a_git_entry() {
    let errors = v1().unvendored().lock("    is-odd \"^3.0.1\"\n    plugin", "    plugin").errors();
    assert_eq!(
        errors,
        [
            "YARN006 yarn.lock:18:1: nothing needs the entry `is-number@^6.0.0`",
            "YARN006 yarn.lock:23:1: nothing needs the entry `is-odd@^3.0.1`",
            "YARN010 yarn.lock:13:3: the entry of `homebridge` is not what its package.json says at the locked commit",
        ]
    );
}

#[test]
fn a_transitive_entry_that_is_absent_floats() {
    let block = "ms@^2.1.0:\n  version \"2.1.3\"\n  resolved \"https://registry.example/ms/-/ms-2.1.3.tgz#574c8138ce1d2b5861f0b44579dbadd60c6615b2\"\n  integrity sha512-6FlzubTLZG3J2a/NVCAleEhjzq5oxgHyaCU9yYXvcLsvoVaHJq/s5xXI6/XXP6tz7R9xAOtHnSO/tXtF3WRTlA==\n\n";
    let errors = v1().unvendored().lock(block, "").errors();
    assert_eq!(errors.len(), 2, "{errors:?}");
    for error in errors {
        assert!(error.starts_with("YARN005 yarn.lock:"), "{error}");
        assert!(error.ends_with("`ms@^2.1.0` has no entry in yarn.lock, so what is newest would be taken"), "{error}");
    }
}

#[test]
fn an_entry_that_nothing_needs() {
    v1().unvendored()
        .lock("ms@^2.1.0:\n", "ms@2.0.0:\n  version \"2.0.0\"\n  resolved \"https://registry.example/ms/-/ms-2.0.0.tgz#574c8138ce1d2b5861f0b44579dbadd60c6615b2\"\n  integrity sha512-6FlzubTLZG3J2a/NVCAleEhjzq5oxgHyaCU9yYXvcLsvoVaHJq/s5xXI6/XXP6tz7R9xAOtHnSO/tXtF3WRTlA==\n\nms@^2.1.0:\n")
        .says("YARN006 yarn.lock:31:1: nothing needs the entry `ms@2.0.0`");
}

#[test]
fn an_entry_without_resolved_floats() {
    v1().unvendored()
        .lock(&format!("  resolved \"{IS_ODD}\"\n"), "")
        .says("YARN005 yarn.lock:24:1: the entry `is-odd@^3.0.1` does not say what it was resolved to, so yarn resolves it anew");
}

#[test]
fn a_version_that_was_not_asked_for_is_passed_over() {
    let errors = v1()
        .unvendored()
        .lock("version \"3.0.1\"", "version \"4.0.1\"")
        .lock("is-odd-3.0.1.tgz", "is-odd-4.0.1.tgz")
        .errors();
    assert_eq!(
        errors,
        ["YARN005 yarn.lock:14:1: yarn passes over the entry of `is-odd@^3.0.1`, so what is newest would be taken"]
    );
}

#[test]
fn an_alias_at_a_version_that_was_not_asked_for() {
    let from = "\"number@npm:is-number@^6.0.0\":\n  version \"6.0.0\"\n  resolved \"https://registry.example/is-number/-/is-number-6.0.0.tgz";
    let to = "\"number@npm:is-number@^6.0.0\":\n  version \"7.0.0\"\n  resolved \"https://registry.example/is-number/-/is-number-7.0.0.tgz";
    v1().unvendored().lock(from, to).says(
        "YARN007 yarn.lock:37:12: the entry of `number@npm:is-number@^6.0.0` has a version that was not asked for",
    );
}

#[test]
fn resolved_at_another_repository() {
    // yarnpkg/yarn#6291, #8513
    let errors = v1().unvendored().lock(PLUGIN_URL, &PLUGIN_URL.replace("/own/", "/evil/")).errors();
    assert_eq!(
        errors,
        [
            "YARN007 yarn.lock:43:13: `plugin` is resolved to another repository than its key names",
            "YARN007 yarn.lock:43:13: yarn.lock takes `plugin` from another repository than the locked one",
        ]
    );
}

#[test]
fn resolved_at_another_commit() {
    v1().unvendored()
        .lock(&format!("#{PLUGIN}"), &format!("#{OTHER}"))
        .says("YARN004 yarn.lock:43:52: yarn.lock has `plugin` at another commit than pins.lock");
}

#[test]
fn resolved_at_another_commit_than_the_key_names() {
    let errors = v1().unvendored().lock(&format!("#{HOMEBRIDGE}\"\n  dep"), &format!("#{OTHER}\"\n  dep")).errors();
    assert_eq!(
        errors,
        [
            "YARN004 yarn.lock:12:56: `homebridge` is resolved to another commit than its key names",
            "YARN004 yarn.lock:12:56: yarn.lock has `homebridge` at another commit than pins.lock",
        ]
    );
}

#[test]
fn resolved_without_a_full_commit() {
    let errors = v1().unvendored().lock(&format!("#{PLUGIN}"), "#a1b28b9").errors();
    assert_eq!(
        errors,
        [
            "YARN004 pins.lock: pins.lock has `plugin`, which is no git package of yarn.lock",
            "YARN014 yarn.lock:43:13: `git+https://git.example/own/plugin.git#a1b28b9` does not end in a full commit id",
        ]
    );
}

#[test]
fn a_git_package_that_is_a_tarball_of_a_host_now() {
    let errors = v1().unvendored().lock(PLUGIN_URL, "https://registry.example/plugin/-/plugin-1.0.0.tgz").errors();
    assert_eq!(
        errors,
        [
            "YARN004 pins.lock: pins.lock has `plugin`, which is no git package of yarn.lock",
            "YARN007 yarn.lock:43:13: `plugin@git+https://git.example/own/plugin.git#v1.0.0` asks for a git repository, but is resolved to something else",
            "YARN009 yarn.lock:43:13: `plugin@git+https://git.example/own/plugin.git#v1.0.0` has no integrity, so that yarn accepts any bytes",
        ]
    );
}

#[test]
fn a_registry_package_that_is_a_repository_now() {
    let errors = v1().unvendored().lock(IS_ODD, PLUGIN_URL).errors();
    assert_eq!(
        errors,
        [
            "YARN004 yarn.lock:24:1: `is-odd@^3.0.1` comes from git, but is not in pins.lock",
            "YARN007 yarn.lock:26:13: `is-odd@^3.0.1` asks for a registry, but is resolved to something else",
        ]
    );
}

#[test]
fn unencrypted_git() {
    v1().unvendored().lock(PLUGIN_URL, &PLUGIN_URL.replace("git+https", "git")).says(
        "YARN008 yarn.lock:43:13: `plugin@git+https://git.example/own/plugin.git#v1.0.0` is fetched without encryption",
    );
}

#[test]
fn integrity_removed() {
    v1().unvendored()
        .lock(&format!("  integrity {IS_ODD_SHA512}\n"), "")
        .says("YARN009 yarn.lock:26:13: `is-odd@^3.0.1` is held to a SHA-1 alone, which can be forged");
}

#[test]
fn both_hashes_removed() {
    v1().unvendored()
        .lock(&format!("#65101baf3727d728b66fa62f50cda7f2d3989601\"\n  integrity {IS_ODD_SHA512}\n"), "\"\n")
        .says("YARN009 yarn.lock:26:13: `is-odd@^3.0.1` has no integrity, so that yarn accepts any bytes");
}

#[test]
fn weak_malformed_and_ambiguous_integrity() {
    let said = |integrity: &str| {
        let errors = v1().unvendored().lock(IS_ODD_SHA512, integrity).errors();
        assert_eq!(errors.len(), 1, "{integrity}: {errors:?}");
        assert!(errors[0].starts_with("YARN009 yarn.lock:27:"), "{errors:?}");
        errors[0].split(": ").nth(1).unwrap().to_owned()
    };
    let malformed = "the integrity of `is-odd@^3.0.1` is malformed";
    assert_eq!(said("sha512-CQpnWPrDwmP1"), malformed);
    assert_eq!(said("sha999-CQpnWPrD"), malformed);
    assert_eq!(said("\"sha512-!!\""), malformed);
    assert_eq!(said("\"\""), malformed);
    assert_eq!(
        said("sha1-VB65jmjEa7cmeKTXsUM1DDEjxVo="),
        "the integrity of `is-odd@^3.0.1` is a SHA-1, which can be forged"
    );
    let two = format!("\"{IS_ODD_SHA512} {}\"", IS_ODD_SHA512.replace("CQpn", "DQpn"));
    assert_eq!(said(&two), "the integrity of `is-odd@^3.0.1` allows more than one content");
    for good in [
        format!("\"sha1-VB65jmjEa7cmeKTXsUM1DDEjxVo= {IS_ODD_SHA512}\""),
        format!("\"{IS_ODD_SHA512} {IS_ODD_SHA512}\""),
        "sha384-OLBgp1GsljhM2TJ+sbHjaiH9txEUvgdDTAzHv2P24donTt6/529l+9Ua0vFImLlb".to_owned(),
    ] {
        assert_eq!(v1().unvendored().lock(IS_ODD_SHA512, &good).errors(), Vec::<String>::new(), "{good}");
    }
}

#[test]
fn a_prebuilt_variant() {
    v1().unvendored()
        .lock(
            &format!("{IS_ODD_SHA512}\n"),
            &format!(
                "{IS_ODD_SHA512}\n  prebuiltVariants:\n    linux-x64 \"574c8138ce1d2b5861f0b44579dbadd60c6615b2\"\n"
            ),
        )
        .says("YARN009 yarn.lock:24:1: `is-odd@^3.0.1` has prebuilt variants, which yarn installs instead of it");
}

#[test]
fn the_url_of_another_package_or_version() {
    let wrong = "YARN007 yarn.lock:26:13: the URL of `is-odd@^3.0.1` does not name version `3.0.1` of that package";
    for url in [
        "https://registry.example/is-even/-/is-even-3.0.1.tgz",
        "https://registry.example/is-odd/-/is-odd-3.0.2.tgz",
        "https://registry.example/is-odd/-/is-even-3.0.1.tgz",
        "https://registry.example/@evil/is-odd/-/is-odd-3.0.1.tgz",
        "https://registry.example/%40evil/is-odd/-/is-odd-3.0.1.tgz",
        "https://registry.example/@evil%2fis-odd/-/is-odd-3.0.1.tgz",
        "https://registry.example/evil/-/is-odd-3.0.1.tgz",
        "https://registry.example/evil/-/evil-1.tgz?/is-odd/-/is-odd-3.0.1.tgz",
        "https://registry.example/download/is-odd/3.0.2/0123abcd",
        "https://registry.example/is-odd-3.0.1.tgz",
    ] {
        let case = v1().unvendored().lock(IS_ODD, url);
        assert_eq!(case.errors(), [wrong], "{url}");
    }
}

#[test]
fn an_alias_that_is_another_package() {
    let from = "npm:is-number@^6.0.0\":\n  version \"6.0.0\"\n  resolved \"https://registry.example/is-number/-/is-number-6.0.0.tgz";
    let to =
        "npm:is-number@^6.0.0\":\n  version \"6.0.0\"\n  resolved \"https://registry.example/number/-/number-6.0.0.tgz";
    v1().unvendored().lock(from, to).says(
        "YARN007 yarn.lock:38:13: the URL of `number@npm:is-number@^6.0.0` does not name version `6.0.0` of that package",
    );
}

#[test]
fn a_changed_host() {
    v1().unvendored()
        .lock("https://registry.example/is-odd", "https://evil.example/is-odd")
        .says("YARN008 yarn.lock:26:21: the URL of `is-odd@^3.0.1` names a host that was not reviewed");
    let mut allowed = v1().unvendored().lock("https://registry.example/is-odd", "https://evil.example/is-odd");
    allowed.keys.hosts = vec!["evil.example".parse().unwrap()];
    assert_eq!(allowed.errors(), Vec::<String>::new());
    v1().unvendored()
        .lock("https://registry.example/is-odd", "https://registry.example:8443/is-odd")
        .says("YARN008 yarn.lock:26:21: the URL of `is-odd@^3.0.1` names a host that was not reviewed");
}

#[test]
fn http() {
    v1().unvendored()
        .lock("https://registry.example/is-odd", "http://registry.example/is-odd")
        .says("YARN008 yarn.lock:26:13: `is-odd@^3.0.1` is fetched without encryption");
    let mut loopback = v1().unvendored().lock("https://registry.example/is-odd", "http://127.0.0.1:4873/is-odd");
    loopback.keys.hosts = vec!["127.0.0.1:4873".parse().unwrap()];
    assert_eq!(loopback.errors(), Vec::<String>::new());
}

#[test]
fn logins_and_urls_that_can_be_read_in_two_ways() {
    for (url, message) in [
        ("https://me:secret@registry.example/is-odd", "the URL of `is-odd@^3.0.1` holds a login"),
        ("https://registry.example@evil.example/is-odd", "the URL of `is-odd@^3.0.1` holds a login"),
        ("https://registry.example\\\\@evil.example/is-odd", "the URL of `is-odd@^3.0.1` holds a login"),
        ("https://evil.example\\\\.registry.example/is-odd", "the URL of `is-odd@^3.0.1` can be read in two ways"),
        ("https://registry。example/is-odd", "the URL of `is-odd@^3.0.1` can be read in two ways"),
        ("https:///registry.example/is-odd", "the URL of `is-odd@^3.0.1` can be read in two ways"),
        ("https://0x7f.1/is-odd", "the URL of `is-odd@^3.0.1` can be read in two ways"),
    ] {
        let errors = v1().unvendored().lock("https://registry.example/is-odd", url).errors();
        assert_eq!(errors.len(), 1, "{url}: {errors:?}");
        assert!(errors[0].starts_with("YARN008 yarn.lock:26:") && errors[0].ends_with(message), "{url}: {errors:?}");
        assert!(
            !format!("{:?}", v1().unvendored().lock("https://registry.example/is-odd", url).run()).contains("secret")
        );
    }
}

/// A folder with a package that GitHub packs: `o/r` as yarn 1 resolves it.
fn codeload(key: &str, reference: &str, integrity: &str) -> Case {
    let mut case = v1().unvendored();
    case.package = V1_PACKAGE.replace("    \"number\"", &format!("    \"hb\": \"{key}\",\n    \"number\""));
    let block = format!(
        "\"hb@{key}\":\n  version \"1.0.0\"\n  resolved \"https://codeload.github.com/o/r/tar.gz/{reference}\"\n{integrity}\n"
    );
    case.lock("\"homebridge@", &format!("{block}\"homebridge@"))
}

#[test]
fn codeload_without_integrity() {
    let mut case =
        codeload("https://codeload.github.com/o/r/tar.gz/v1", "v1#574c8138ce1d2b5861f0b44579dbadd60c6615b2", "");
    case.keys.hosts = vec!["codeload.github.com".parse().unwrap()];
    assert_eq!(
        case.errors(),
        [
            "YARN003 package.json:7:11: the tarball is of `v1`, which can move",
            "YARN003 yarn.lock:12:52: `hb@https://codeload.github.com/o/r/tar.gz/v1` is a host's tarball of `v1`, which can move",
            "YARN009 yarn.lock:12:13: `hb@https://codeload.github.com/o/r/tar.gz/v1` is held to a SHA-1 alone, which can be forged",
        ]
    );
}

#[test]
fn a_shorthand_at_a_commit_is_held_to_an_integrity_and_a_locked_commit() {
    let case = codeload(&format!("o/r#{OTHER}"), OTHER, "");
    assert_eq!(
        case.errors(),
        [
            format!(
                "YARN014 package.json:7:11: `o/r#{OTHER}` is a shorthand, for which a host packs a tarball that git does not prove"
            ),
            "YARN004 package.json:7:11: `hb` comes from git, but is not in pins.lock".to_owned(),
            format!("YARN004 yarn.lock:10:2: `hb@o/r#{OTHER}` comes from git, but is not in pins.lock"),
            format!("YARN009 yarn.lock:12:13: `hb@o/r#{OTHER}` has no integrity, so that yarn accepts any bytes"),
        ]
    );
}

#[test]
fn collision_of_basenames() {
    // yarnpkg/yarn#2646
    let two = |host: &str| {
        let mut case = v1();
        case.package = V1_PACKAGE
            .replace("    \"number\"", "    \"hb\": \"https://HOST/b/is-odd-3.0.1.tgz\",\n    \"number\"")
            .replace("HOST", host);
        let block = format!(
            "\"hb@https://{host}/b/is-odd-3.0.1.tgz\":\n  version \"1.0.0\"\n  resolved \"https://{host}/b/is-odd-3.0.1.tgz\"\n  integrity {}\n\n",
            IS_ODD_SHA512.replace("CQpn", "DQpn")
        );
        case.lock("\"homebridge@", &format!("{block}\"homebridge@"))
    };
    two("registry.example")
        .says("YARN012 yarn.lock:29:1: two packages would be the file `is-odd-3.0.1.tgz` of the offline mirror");
}

#[test]
fn the_mirror_lacks_a_file_or_has_another() {
    let mut case = v1();
    case.entry.artifacts.retain(|a| a.package != Some(token("ms")));
    case.says("YARN012 yarn.lock:33:43: the offline mirror lacks `ms-2.1.3.tgz`");
    let mut case = v1();
    case.entry.artifacts.push(artifact(
        Some("app/mirror/evil-1.0.0.tgz"),
        "evil",
        "1.0.0",
        Some("https://registry.example/evil"),
    ));
    case.says("YARN012 pins.lock: pins.lock has the file `app/mirror/evil-1.0.0.tgz`, which yarn.lock does not need");
    let mut case = v1();
    case.entry.artifacts[4].version = Some(token("2.1.2"));
    case.says("YARN012 yarn.lock:33:43: pins.lock has `app/mirror/ms-2.1.3.tgz` as the file of another package");
    let mut case = v1();
    case.entry.artifacts[4].url = Some("https://evil.example/ms/-/ms-2.1.3.tgz".to_owned());
    case.says("YARN012 yarn.lock:33:43: pins.lock has `app/mirror/ms-2.1.3.tgz` as the file of another package");
    let mut case = v1().unvendored();
    case.entry.artifacts.push(artifact(Some("app/mirror/evil-1.0.0.tgz"), "evil", "1.0.0", None));
    case.says("YARN012 pins.lock: pins.lock has the file `app/mirror/evil-1.0.0.tgz`, which yarn.lock does not need");
}

#[test]
fn settings_that_do_not_lead_to_the_mirror() {
    let with = |settings: Settings| Case { settings, ..v1() };
    with(Settings::default()).says("YARN012 .yarnrc:1:1: yarn is not told to install from the vendored folder");
    let elsewhere = Settings { mirror: said("../mirror".to_owned(), "app/.yarnrc"), ..Settings::default() };
    with(elsewhere).says("YARN012 .yarnrc:3:1: yarn is not told to install from the vendored folder");
    let mirror = said("mirror/".to_owned(), "app/.yarnrc");
    let pruning = Settings { mirror: mirror.clone(), pruning: said(true, "app/.yarnrc"), ..Settings::default() };
    with(pruning).says(
        "YARN012 .yarnrc:3:1: pruning makes yarn delete files of the offline mirror that it does not know to need",
    );
    let case = Case { settings: Settings { mirror, ..Settings::default() }, ..v1().unvendored() };
    case.says("YARN012 .yarnrc:3:1: yarn installs from an offline mirror that the pin does not vendor, so nothing proves its files");
}

/// A folder whose `resolutions` replace a package, as yarn 1.22.22 locked it.
fn resolutions() -> Case {
    let mut case = v1().unvendored();
    case.package =
        V1_PACKAGE.replace("\n  }\n}", "\n  },\n  \"resolutions\": {\n    \"**/is-odd/is-number\": \"7.0.0\"\n  }\n}");
    case.lock(
        "is-number@^6.0.0:\n  version \"6.0.0\"\n  resolved \"https://registry.example/is-number/-/is-number-6.0.0.tgz#e6d15ad31fc262887cccf217ae5f9316f81b1995\"",
        "is-number@7.0.0, is-number@^6.0.0:\n  version \"7.0.0\"\n  resolved \"https://registry.example/is-number/-/is-number-7.0.0.tgz#7535345b896734d5f80c4d06c50955527a14f12b\"",
    )
}

#[test]
fn resolutions_of_package_json_are_obeyed() {
    assert_eq!(resolutions().errors(), Vec::<String>::new());
    resolutions()
        .lock("is-number/-/is-number-7.0.0", "evil/-/evil-7.0.0")
        .says("YARN007 yarn.lock:21:13: the URL of `is-number@7.0.0` does not name version `7.0.0` of that package");
}

const LOC: (&str, &[u8]) = ("app/loc/package.json", b"{\"name\":\"loc\",\"version\":\"1.0.0\"}");

/// A folder with a tarball and a folder of its own.
fn local() -> Case {
    let mut case = v1().unvendored();
    case.package = V1_PACKAGE.replace(
        "    \"number\"",
        "    \"ln\": \"link:./ln\",\n    \"loc\": \"file:./loc\",\n    \"tb\": \"file:./tb.tgz\",\n    \"number\"",
    );
    let ours = "\"ln@link:./ln\":\n  version \"0.0.0\"\n  uid \"\"\n\n\"loc@file:./loc\":\n  version \"1.0.0\"\n\n";
    let tarball = "\n\"tb@file:./tb.tgz\":\n  version \"1.0.0\"\n  resolved \"file:./tb.tgz#6cb47cee0942d4c06ccc078de119092c5f0302c7\"\n";
    case = case.lock("ms@^2.1.0:", &format!("{ours}ms@^2.1.0:"));
    case.lock += tarball;
    case.files = vec![LOC, ("app/tb.tgz", b"tarball")];
    let digest = Sha256::of(b"tarball").to_string();
    case.entry.evidence.insert("file-sha256".to_owned(), each(&[("app/tb.tgz", &digest)]));
    case.locked()
}

#[test]
fn a_tarball_of_the_folder_has_the_locked_bytes() {
    assert_eq!(local().run(), []);
    let mut case = local();
    case.files = vec![LOC, ("app/tb.tgz", b"Tarball")];
    case.says("YARN013 yarn.lock:54:2: `app/tb.tgz` is not the file that was locked");
    case.files = vec![LOC];
    case.says("YARN013 yarn.lock:54:2: `app/tb.tgz` is not the file that was locked");
    let mut case = local();
    case.entry.evidence.remove("file-sha256");
    case.says("YARN013 yarn.lock:54:2: `app/tb.tgz` is taken by yarn, but is not in pins.lock");
    let mut case = local();
    case.entry.evidence.insert(
        "file-sha256".to_owned(),
        each(&[("app/tb.tgz", &Sha256::of(b"tarball").to_string()), ("x", &"0".repeat(64))]),
    );
    case.says("YARN017 pins.lock: pins.lock has a digest of `x`, which neither yarn.lock nor yarn uses");
    let other = local().lock("resolved \"file:./tb.tgz#", "resolved \"file:./evil.tgz#");
    assert_eq!(other.errors(), ["YARN013 yarn.lock:54:2: `app/evil.tgz` is taken by yarn, but is not in pins.lock"]);
}

#[test]
fn paths_outside_the_folder_of_the_manifest() {
    let case = local().package("link:./ln", "link:../../ln").lock("link:./ln", "link:../../ln");
    assert_eq!(
        case.errors(),
        [
            "YARN014 package.json:7:11: `../../ln` lies outside the folder of pins.toml, so nobody can prove it",
            "YARN014 yarn.lock:31:10: `../../ln` lies outside the folder of pins.toml, so nobody can prove it",
        ]
    );
}

#[test]
fn a_file_that_yarn_runs_is_the_locked_one() {
    let mut case = v1();
    case.settings.code = said("./r.js".to_owned(), "app/.yarnrc").into_iter().collect();
    case.files.push(("app/r.js", b"run"));
    case.says("YARN013 .yarnrc:3:1: `app/r.js` is taken by yarn, but is not in pins.lock");
    let digest = Sha256::of(b"run").to_string();
    case.entry.evidence.insert("file-sha256".to_owned(), each(&[("app/r.js", &digest)]));
    assert_eq!(case.errors(), Vec::<String>::new());
    case.files = vec![("app/r.js", b"evil")];
    case.says("YARN013 .yarnrc:3:1: `app/r.js` is not the file that was locked");
    case.settings.code.clear();
    assert_eq!(case.errors().len(), 1);
    let mut case = v1();
    case.settings.code = said("../../r.js".to_owned(), "app/.yarnrc").into_iter().collect();
    case.says("YARN014 .yarnrc:3:1: `../../r.js` lies outside the folder of pins.toml, so nobody can prove it");
}

#[test]
fn a_package_manager_that_does_not_fit_yarn_lock_or_is_fetched_from_a_url() {
    let with = |said: &str| v1().package("\"private\"", &format!("\"packageManager\": \"{said}\",\n  \"private\""));
    for sound in ["yarn@1.22.22", "yarn@1.22.22+sha1.ac34549e6aa8e7ead463a7407e1c7390f61a6610"] {
        assert_eq!(with(sound).errors(), Vec::<String>::new(), "{sound}");
    }
    with("yarn@4.18.1")
        .says("YARN012 package.json:1:1: `packageManager` names a yarn that does not write this yarn.lock");
    for said in ["yarn@https://evil.example/yarn.js", "npm@10.0.0", "yarn@1", "yarn@1.22.22+x", "yarn@1.22.+2"] {
        with(said).says(
            "YARN012 package.json:1:1: `packageManager` is not a plain version of yarn, so what runs cannot be known",
        );
    }
}

#[test]
fn a_folder_that_needs_what_yarn_lock_does_not_have() {
    let mut case = local();
    case.files[0].1 = b"{\"version\":\"1.0.1\"}";
    assert_eq!(case.run(), []);
    case.files[0].1 = b"{\"dependencies\":{\"is-odd\":\"*\"}}";
    case.says("YARN010 yarn.lock:35:1: the entry of `loc@file:./loc` is not what `app/loc/package.json` says");
    case.files[0].1 = b"{\"dependencies\":";
    assert!(case.errors()[0].starts_with("YARN002 loc/package.json:"), "{:?}", case.errors());
    case.files.remove(0);
    case.says("YARN014 yarn.lock:35:2: `app/loc` has no package.json, so what it needs is not known");
}

#[test]
fn a_folder_of_yarn_1_names_another_from_where_it_lies() {
    let mut case = local();
    case.files[0].1 = b"{\"dependencies\":{\"tb\":\"file:../tb.tgz\",\"ms\":\"^2.1.0\"}}";
    let from = "\"loc@file:./loc\":\n  version \"1.0.0\"\n";
    let to = format!("{from}  dependencies:\n    ms \"^2.1.0\"\n    tb \"file:./tb.tgz\"\n");
    assert_eq!(case.lock(from, &to).locked().run(), []);
}

#[test]
fn a_linked_folder_that_needs_what_yarn_lock_does_not_have() {
    let mut case = local();
    case.files.push(("app/ln/package.json", b"{\"dependencies\":{\"is-odd\":\"^3.0.1\"}}"));
    assert_eq!(case.run(), []);
    case.files[2].1 = b"{\"dependencies\":{\"is-odd\":\"*\"}}";
    case.says("YARN005 ln/package.json:1:1: `is-odd@*` has no entry in yarn.lock, so what is newest would be taken");
    // An entry that nothing else leads to.
    let case = case.lock("is-odd@^3.0.1:", "is-odd@*, is-odd@^3.0.1:");
    assert_eq!(case.errors(), Vec::<String>::new());
    let alone = "\nalone@^1.0.0:\n  version \"1.0.0\"\n  resolved \"https://registry.example/alone/-/alone-1.0.0.tgz#35adc6222e3662fa2222ce123b961476a746b9ea\"\n  integrity sha512-HqmEUIGRJ5fSXchkVgR5F7qn48bDBzv0kWj/Kfu5e6uci4UlEeng4331LnBkWffb++Ei3FOVLxo8JJWMFBDMeQ==\n";
    let mut case = local();
    case.lock += alone;
    assert!(matches!(case.errors().as_slice(), [one] if one.starts_with("YARN006 ")), "{:?}", case.errors());
    case.files.push(("app/ln/package.json", b"{\"dependencies\":{\"alone\":\"^1.0.0\"}}"));
    assert_eq!(case.errors(), Vec::<String>::new());
}

#[test]
fn a_symlink_on_the_way_to_a_folder() {
    let mut case = local();
    case.links = vec![("app/loc", "../elsewhere"), ("app/ln", "/etc")];
    case.files[0] = ("elsewhere/package.json", LOC.1);
    assert_eq!(
        case.errors(),
        [
            "YARN014 yarn.lock:31:2: `app/ln` is a symlink, which dubo-pin does not follow",
            "YARN014 yarn.lock:35:2: `app/loc` is a symlink, which dubo-pin does not follow",
        ]
    );
}

#[test]
fn an_installed_folder_that_a_build_may_copy() {
    let mut case = v1();
    case.files = vec![("app/node_modules/.yarn-integrity", b"{}")];
    let found = case.run();
    let [(Id::YARN012, Severity::Note, trouble)] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!(
        trouble.message,
        "node_modules stands beside package.json: a build that copies it installs nothing of what was locked"
    );
    for (file, pattern, clean) in [
        ("app/.dockerignore", "node_modules\n", true),
        (".dockerignore", "**/node_modules\n", true),
        (".dockerignore", "node_modules\n", false),
    ] {
        case.files.truncate(1);
        case.files.push((file, pattern.as_bytes()));
        assert_eq!(case.run().is_empty(), clean, "{file} {pattern}");
    }
}
