use std::collections::BTreeMap;
use std::io::Write as _;
use std::process::{Command, Stdio};

use super::*;

fn sums() -> BTreeMap<String, Sha256> {
    ["Packages", "Release", "install.list.amd64", "install.list.arm64"]
        .into_iter()
        .map(|name| (name.to_owned(), Sha256::of(name.as_bytes())))
        .collect()
}

fn operands_of(list: &[(&str, &[&str])]) -> BTreeMap<String, Vec<Operand>> {
    list.iter().map(|(arch, list)| ((*arch).to_owned(), list.iter().map(|o| o.parse().unwrap()).collect())).collect()
}

/// Whether the shell takes the commands of a block as they stand.
fn parses(block: &str) {
    let body: String =
        block.lines().filter(|l| !l.contains("RUN --") && !l.contains("--network")).map(|l| format!("{l}\n")).collect();
    let body = body.strip_prefix("RUN ").unwrap_or(&body);
    let mut sh = Command::new("sh").arg("-n").stdin(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    sh.stdin.take().unwrap().write_all(body.as_bytes()).unwrap();
    let done = sh.wait_with_output().unwrap();
    assert!(done.status.success(), "{block}\n{}", String::from_utf8_lossy(&done.stderr));
}

#[test]
fn the_block_for_the_vendored_archive_is_this_text() {
    let folder: RelPath = "vendor/debs".parse().unwrap();
    let sums = sums();
    let foreign = ["i386".to_owned()];
    let input = Vendored { folder: Some(&folder), sums: &sums, foreign: &foreign, no_network: true };
    let block = vendored(&input).unwrap();
    let expected = r#"RUN --mount=type=bind,source=vendor/debs,target=/vendor/apt \
    --network=none \
    set -eu; cd /vendor/apt; \
    echo 'SUM_PACKAGES  Packages' | sha256sum -c -; \
    echo 'SUM_RELEASE  Release' | sha256sum -c -; \
    arch="$(dpkg --print-architecture)"; \
    case "$arch" in \
      amd64) sum=SUM_AMD64 ;; \
      arm64) sum=SUM_ARM64 ;; \
      *) echo "no packages are vendored for $arch" >&2; exit 1 ;; \
    esac; \
    echo "$sum  install.list.$arch" | sha256sum -c -; \
    if grep -q ':i386=' "install.list.$arch"; then dpkg --add-architecture i386; fi; \
    dir="$(mktemp -d)"; mkdir -p "$dir/lists/partial"; \
    echo 'deb [trusted=yes] file:/vendor/apt ./' > "$dir/sources.list"; \
    apt_get() { DEBIAN_FRONTEND=noninteractive apt-get \
      -o Dir::Etc::SourceList="$dir/sources.list" \
      -o Dir::Etc::SourceParts=/dev/null \
      -o Dir::Etc::Preferences=/dev/null \
      -o Dir::Etc::PreferencesParts=/dev/null \
      -o Dir::State::Lists="$dir/lists" \
      -o Dir::Cache::pkgcache= \
      -o Dir::Cache::srcpkgcache= \
      -o APT::Sandbox::User=root \
      -o Acquire::Languages=none \
      -o APT::Update::Error-Mode=any \
      "$@"; }; \
    apt_get update; \
    apt_get install -y --no-install-recommends -- $(cat "install.list.$arch"); \
    rm -rf "$dir"
"#
    .replace("SUM_PACKAGES", &sums["Packages"].to_string())
    .replace("SUM_RELEASE", &sums["Release"].to_string())
    .replace("SUM_AMD64", &sums["install.list.amd64"].to_string())
    .replace("SUM_ARM64", &sums["install.list.arm64"].to_string());
    assert_eq!(block, expected);
    parses(&block);
    let block = vendored(&Vendored { folder: None, no_network: false, ..input }).unwrap();
    assert!(block.starts_with("RUN --mount=type=bind,source=.,target=/vendor/apt \\\n    set -eu; "), "{block}");
}

#[test]
fn a_folder_that_would_mean_more_than_a_folder_is_refused() {
    let sums = sums();
    for bad in ["a b", "a,target=/etc", "$HOME", "a\"b", "a'b", "a`b`", "-x", "ä", "a;b", "a#b"] {
        let folder: RelPath = bad.parse().unwrap();
        let input = Vendored { folder: Some(&folder), sums: &sums, foreign: &[], no_network: true };
        let error = vendored(&input).unwrap_err();
        assert_eq!(error, SnippetError::Text { what: "folder", text: bad.to_owned() });
    }
    let foreign = ["i386; x".to_owned()];
    let input = Vendored { folder: None, sums: &sums, foreign: &foreign, no_network: true };
    assert!(vendored(&input).is_err());
    for gone in ["Packages", "Release", "install"] {
        let sums: BTreeMap<_, _> = sums.clone().into_iter().filter(|(n, _)| !n.starts_with(gone)).collect();
        let input = Vendored { folder: None, sums: &sums, foreign: &[], no_network: true };
        assert!(matches!(vendored(&input), Err(SnippetError::Nothing(_))), "{gone}");
    }
}

const KEYRING: &str = "/usr/share/keyrings/debian-archive-keyring.gpg";

#[test]
fn the_block_for_snapshots_asks_for_the_locked_releases_in_place_of_valid_until() {
    let suites: Vec<Suite> = vec!["bookworm".parse().unwrap()];
    let moving: Vec<Suite> = vec!["stable".parse().unwrap()];
    let components: Vec<Component> = vec!["main".parse().unwrap(), "contrib".parse().unwrap()];
    let release = [Sha256::of(b"InRelease")];
    let sources = [
        Source {
            uri: "http://snapshot.debian.org/archive/debian/20260901T000000Z",
            suites: &suites,
            components: &components,
            signed_by: KEYRING,
            releases: &release,
        },
        Source {
            uri: "https://example.org/apt",
            suites: &moving,
            components: &components[..1],
            signed_by: "/etc/k.gpg",
            releases: &[],
        },
    ];
    let same = operands_of(&[
        ("amd64", &["curl=7.88.1-10", "a0=1:2~rc1+b1"]),
        ("arm64", &["a0=1:2~rc1+b1", "curl=7.88.1-10"]),
    ]);
    let block = snapshot(&Snapshot { sources: &sources, operands: &same }).unwrap();
    let expected = r#"RUN set -eu; \
    set -- a0=1:2~rc1+b1 curl=7.88.1-10; \
    dir="$(mktemp -d)"; mkdir -p "$dir/lists/partial"; \
    echo 'deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg check-valid-until=no] http://snapshot.debian.org/archive/debian/20260901T000000Z bookworm main contrib' >> "$dir/sources.list"; \
    echo 'deb [signed-by=/etc/k.gpg] https://example.org/apt stable main' >> "$dir/sources.list"; \
    apt_get() { DEBIAN_FRONTEND=noninteractive apt-get \
      -o Dir::Etc::SourceList="$dir/sources.list" \
      -o Dir::Etc::SourceParts=/dev/null \
      -o Dir::Etc::Preferences=/dev/null \
      -o Dir::Etc::PreferencesParts=/dev/null \
      -o Dir::State::Lists="$dir/lists" \
      -o Dir::Cache::pkgcache= \
      -o Dir::Cache::srcpkgcache= \
      -o APT::Sandbox::User=root \
      -o Acquire::Languages=none \
      -o APT::Update::Error-Mode=any \
      "$@"; }; \
    apt_get update; \
    sha256sum "$dir/lists/"*Release | grep -q '^RELEASE ' || \
      { echo 'a Release file is not the locked one' >&2; exit 1; }; \
    apt_get install -y --no-install-recommends -- "$@"; \
    rm -rf "$dir"
"#
    .replace("RELEASE", &release[0].to_string());
    assert_eq!(block, expected);
    parses(&block);
}

#[test]
fn versions_that_differ_between_architectures_are_chosen_by_architecture() {
    let suites: Vec<Suite> = vec!["bookworm".parse().unwrap()];
    let source = Source { uri: "http://h/x", suites: &suites, components: &[], signed_by: KEYRING, releases: &[] };
    let differ = operands_of(&[("amd64", &["curl=1"]), ("arm64", &["curl=1+b1", "libc6:armhf=2"])]);
    let block = snapshot(&Snapshot { sources: std::slice::from_ref(&source), operands: &differ }).unwrap();
    assert!(
        block.contains("      amd64) set -- curl=1 ;; \\\n      arm64) set -- curl=1+b1 libc6:armhf=2 ;; \\\n"),
        "{block}"
    );
    parses(&block);
    let sources = [source];
    for (operands, error) in [
        (operands_of(&[("amd64", &["curl"])]), SnippetError::NotExact("curl".to_owned())),
        (operands_of(&[("amd64", &["curl=7*"])]), SnippetError::NotExact("curl=7*".to_owned())),
        (operands_of(&[]), SnippetError::Nothing("package")),
    ] {
        assert_eq!(snapshot(&Snapshot { sources: &sources, operands: &operands }), Err(error));
    }
}

#[test]
fn a_source_line_takes_no_text_that_ends_it() {
    let suites: Vec<Suite> = vec!["bookworm".parse().unwrap()];
    let operands = operands_of(&[("amd64", &["curl=1"])]);
    let good = Source { uri: "http://h/x", suites: &suites, components: &[], signed_by: KEYRING, releases: &[] };
    let two = [Sha256::of(b"1"), Sha256::of(b"2")];
    for bad in [
        Source { uri: "http://h/x y", ..good.clone() },
        Source { uri: "http://h/'; x '", ..good.clone() },
        Source { uri: "http://h/[trusted=yes]", ..good.clone() },
        Source { uri: "http://h/#", ..good.clone() },
        Source { uri: "", ..good.clone() },
        Source { signed_by: "k.gpg", ..good.clone() },
        Source { signed_by: "/k.gpg trusted=yes", ..good.clone() },
        Source { signed_by: "/k.gpg]", ..good.clone() },
        Source { suites: &[], ..good.clone() },
        Source { releases: &two, ..good.clone() },
    ] {
        assert!(snapshot(&Snapshot { sources: std::slice::from_ref(&bad), operands: &operands }).is_err(), "{bad:?}");
    }
    assert!(snapshot(&Snapshot { sources: &[], operands: &operands }).is_err());
}
