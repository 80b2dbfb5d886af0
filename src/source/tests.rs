//! The canonical line: one for each request, whatever its spelling.

use proptest::prelude::*;

use super::*;
use crate::table;

const PLATFORMS: [&str; 3] = ["linux/amd64", "linux/arm64", "linux/arm/v7"];

/// A pin's keys, each with its value as TOML; a list is its items.
#[derive(Clone, Debug)]
struct Written {
    keys: Vec<(&'static str, Item)>,
    platforms: Vec<Platform>,
}

#[derive(Clone, Debug)]
enum Item {
    Plain(String),
    List(Vec<String>),
}

impl Written {
    fn read(&self) -> Source {
        let lines: Vec<String> = self
            .keys
            .iter()
            .map(|(key, item)| match item {
                Item::Plain(value) => format!("{key} = {value}\n"),
                Item::List(items) => format!("{key} = [{}]\n", items.join(", ")),
            })
            .collect();
        let text = lines.concat();
        let document = table::parse("f", text.as_bytes()).unwrap();
        let source = Source::read(&document.root(), &self.platforms);
        let troubles = document.troubles();
        assert!(troubles.is_empty(), "{text}\n{troubles:?}");
        source.unwrap()
    }

    fn request(&self) -> String {
        self.read().request(&self.platforms)
    }

    /// The same request with keys, items and platforms turned round, and blanks in its ranges.
    fn respelt(&self) -> Self {
        let mut keys: Vec<_> = self
            .keys
            .iter()
            .map(|(key, item)| {
                let item = match item {
                    Item::Plain(value) if *key == "version" => {
                        Item::Plain(value.replace(',', " , ").replace('=', "= "))
                    }
                    Item::Plain(value) => Item::Plain(value.clone()),
                    Item::List(items) => Item::List(items.iter().rev().cloned().collect()),
                };
                (*key, item)
            })
            .collect();
        keys.reverse();
        let platforms = self.platforms.iter().rev().cloned().collect();
        Self { keys, platforms }
    }
}

fn pick(values: &'static [&'static str]) -> impl Strategy<Value = String> {
    (0..values.len()).prop_map(move |i| format!("{:?}", values[i]))
}

fn some(
    key: &'static str,
    value: impl Strategy<Value = String>,
) -> impl Strategy<Value = Option<(&'static str, Item)>> {
    proptest::option::of(value.prop_map(move |v| (key, Item::Plain(v))))
}

fn list(
    key: &'static str,
    values: &'static [&'static str],
    least: usize,
) -> impl Strategy<Value = Option<(&'static str, Item)>> {
    let some = proptest::sample::subsequence(values, least..=values.len());
    some.prop_map(move |v| {
        let items: Vec<String> = v.into_iter().map(|v| format!("{v:?}")).collect();
        (!items.is_empty()).then_some((key, Item::List(items)))
    })
}

type Keys = Vec<Option<(&'static str, Item)>>;

fn versions() -> impl Strategy<Value = Keys> {
    let rules = &["^1.11", "1.11.0", "=1.11.0", ">=1,<2", ">=1", "*"];
    let rule = pick(rules).prop_map(|v| Some(("version", Item::Plain(v))));
    let exclude = list("exclude", &["1.11.2", "1.11.3", "1.11.2-rc.1"], 0);
    let pre = some("pre-releases", Just("true".to_owned()));
    (rule, exclude, pre).prop_map(|(a, b, c)| vec![a, b, c])
}

fn keys() -> impl Strategy<Value = Keys> {
    let fixed = |key: &'static str, values| pick(values).prop_map(move |v| Some((key, Item::Plain(v))));
    let git = fixed("git", &["https://h/a", "https://h/a,b", "https://h/a%20tag=v1", "ssh://git@h/a"]);
    let follow = prop_oneof![
        Just(vec![]),
        fixed("tag", &["v1", "v1,v2", "v1%2C", "é", "version=1"]).prop_map(|k| vec![k]),
        fixed("branch", &["v1", "main", "a/b"]).prop_map(|k| vec![k]),
        fixed("commit", &["0123456789012345678901234567890123456789"]).prop_map(|k| vec![k]),
        (versions(), some("tag", pick(&["v{version}", "{version}"]))).prop_map(|(mut v, t)| {
            v.push(t);
            v
        }),
    ];
    let git = (git, follow).prop_map(|(git, mut rest)| {
        rest.insert(0, git);
        rest
    });
    let image = (fixed("image", &["debian:12", "debian:12-slim", "ghcr.io/o/r:12"])).prop_map(|k| vec![k]);
    let followed = (
        fixed("image", &["debian", "docker.io/library/debian", "ghcr.io/o/r"]),
        versions(),
        some("tag", pick(&["v{version}", "{version}-slim"])),
    );
    let followed = followed.prop_map(|(image, mut v, t)| {
        v.extend([image, t]);
        v
    });
    let stages = list("stages", &["a", "b", "global"], 0);
    let common = || {
        (
            some("closure", pick(&["none", "full", "minus-base"])),
            list("archives", &["debian", "security"], 0),
            some("recommends", Just("true".to_owned())),
        )
    };
    let deb = (fixed("deb", &["dockerfile"]), stages, some("file", pick(&["Dockerfile", "a b"])), common());
    let deb = deb.prop_map(|(deb, stages, file, (a, b, c))| vec![deb, stages, file, a, b, c]);
    let debs = (list("deb", &["dockerfile", "list", "curl", "curl:i386", "curl=7.88*"], 1), common());
    let debs = debs.prop_map(|(deb, (a, b, c))| vec![deb, a, b, c]);
    let releases = "{ url = \"https://h/list\", jq = \"JQ\" }";
    let url = (
        fixed("url", &["https://h/{version}", "https://h/{version}?a,b"]),
        versions(),
        (0..4_usize).prop_map(move |i| {
            let jq = [".[]", ".[] checksums=x", ".[],.[]", ".[]%20"][i];
            Some(("releases", Item::Plain(releases.replace("JQ", jq))))
        }),
        some("checksums", pick(&["https://h/{version}/sums", "https://h/sums"])),
        some("signed-by", (0..2_usize).prop_map(|i| ["{ openpgp = \"k\" }", "{ ssh = \"k\" }"][i].to_owned())),
        some("sha512", Just("true".to_owned())),
    );
    let url = url.prop_map(|(url, mut v, a, b, c, d)| {
        v.extend([url, a, b, c, d]);
        v
    });
    let yarn = fixed("yarn", &[".", "app", "app b", "a/b"]).prop_map(|k| vec![k]);
    prop_oneof![git, image, followed, deb, debs, url, yarn]
}

fn written() -> impl Strategy<Value = Written> {
    let platforms = proptest::sample::subsequence(&PLATFORMS[..], 1..=3);
    (keys(), platforms).prop_map(|(keys, platforms)| Written {
        keys: keys.into_iter().flatten().collect(),
        platforms: platforms.iter().map(|p| p.parse().unwrap()).collect(),
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn every_spelling_of_a_request_is_one_line(one in written()) {
        let line = one.request();
        prop_assert_eq!(one.respelt().request(), line.clone());
        prop_assert!(line.bytes().all(|b| b == b' ' || b.is_ascii_graphic()));
    }

    #[test]
    fn different_requests_are_different_lines(many in proptest::collection::vec(written(), 24)) {
        let read: Vec<(Source, String)> = many.iter().map(|w| (w.read(), w.request())).collect();
        for (a, first) in read.iter().zip(&many) {
            for (b, second) in read.iter().zip(&many) {
                let same = a.0 == b.0
                    && (matches!(a.0, Source::Git(_)) || first.platforms == second.platforms);
                prop_assert_eq!(same, a.1 == b.1, "{:?}\n{:?}", a, b);
            }
        }
    }
}

#[test]
fn a_git_request_does_not_depend_on_platforms_and_others_do() {
    let read = |keys: &[(&'static str, &str)], platforms: &[&str]| {
        let keys = keys.iter().map(|(k, v)| (*k, Item::Plain((*v).to_owned())));
        let written =
            Written { keys: keys.collect(), platforms: platforms.iter().map(|p| p.parse().unwrap()).collect() };
        written.request()
    };
    let git = [
        ("exclude", "[\"1.11.3\", \"1.11.2\"]"),
        ("version", "\"^1.11\""),
        ("git", "\"https://github.com/coredns/coredns\""),
    ];
    let line = "git=https://github.com/coredns/coredns version=^1.11 exclude=1.11.2,1.11.3";
    assert_eq!(read(&git, &[]), line);
    assert_eq!(read(&git, &["linux/amd64"]), line);
    assert_eq!(
        read(&[("image", "\"debian:bookworm\"")], &["linux/arm64", "linux/amd64"]),
        "image=docker.io/library/debian:bookworm platforms=linux/amd64,linux/arm64"
    );
    assert_eq!(
        read(&[("deb", "[\"jq\", \"curl\"]")], &["linux/amd64"]),
        "deb=list packages=curl,jq closure=none platforms=linux/amd64"
    );
    assert_eq!(read(&[("git", "\"https://h/a\""), ("tag", "\"a,b%é\"")], &[]), "git=https://h/a tag=a%2Cb%25%C3%A9");
}
