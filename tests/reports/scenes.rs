//! Fixed scenes: what each verb may come to, as rich as a bad day.

use std::collections::BTreeMap;

use dubo_pin::model::{
    Adopted, AdoptedPin, Between, Class, Failure, FileChange, Finding, Held, HeldBy, Id, PinName, PinOutcome, Place,
    Refreshed, Row, Standing, Trouble, Verdict,
};
use dubo_pin::ui::report::Member;
use dubo_pin::ui::{Outcome, Report};

pub enum Made {
    Verdict(Verdict),
    Refreshed(Refreshed),
    Adopted(Adopted),
    Rows(Vec<Row>),
    Nothing,
}

impl Made {
    fn outcome(&self) -> Outcome<'_> {
        match self {
            Self::Verdict(verdict) => Outcome::Verdict(verdict),
            Self::Refreshed(refreshed) => Outcome::Refreshed(refreshed),
            Self::Adopted(adopted) => Outcome::Adopted(adopted),
            Self::Rows(rows) => Outcome::Rows(rows),
            Self::Nothing => Outcome::Nothing,
        }
    }
}

pub struct Scene {
    pub name: &'static str,
    pub verb: &'static str,
    pub verbose: bool,
    pub made: Made,
    pub failures: Vec<Failure>,
    pub workspace: bool,
    pub members: Vec<(String, Made, Vec<Failure>)>,
}

impl Scene {
    fn new(name: &'static str, verb: &'static str, made: Made) -> Self {
        Self { name, verb, verbose: false, made, failures: Vec::new(), workspace: false, members: Vec::new() }
    }

    fn of_members(name: &'static str, verb: &'static str, members: Vec<(String, Made, Vec<Failure>)>) -> Self {
        Self { workspace: true, members, ..Self::new(name, verb, Made::Nothing) }
    }

    pub fn with<T>(&self, act: impl FnOnce(&Report<'_>) -> T) -> T {
        let members: Vec<Member<'_>> = self
            .members
            .iter()
            .map(|(name, made, failures)| Member { name, outcome: made.outcome(), failures })
            .collect();
        if self.workspace {
            act(&Report::of_workspace(self.verb, &members, &self.failures))
        } else {
            act(&Report::new(self.verb, self.made.outcome(), &self.failures))
        }
    }
}

pub fn pin(text: &str) -> PinName {
    text.parse().unwrap()
}

fn at(file: &str, number: usize, line: &str, meant: &str) -> Place {
    let start = line.find(meant).unwrap();
    Place::in_line(file, number, line.as_bytes(), start..start + meant.len())
}

const OLD: &str = "ae2bbc29be1aaae0b3ded5d188968a6c97bb3144";
const NEW: &str = "2fb0a4e61d7d8f0f5a6b3c9e1d4f7a8b0c2e5d61";

fn digest(of: &str) -> String {
    format!("sha256:{}", of.repeat(32))
}

pub fn findings(folder: &str) -> Vec<Finding> {
    let dockerfile = format!("{folder}Dockerfile");
    let arg = format!("ARG GIT_COMMIT={NEW}");
    let differs = Trouble::new("Dockerfile and lock differ")
        .at(at(&dockerfile, 12, &arg, NEW))
        .expected(OLD)
        .found(NEW)
        .help("dubo-pin refresh coredns, or put the locked value back");
    let line = "RUN apt-get update -qq && apt-get install -qq --no-install-recommends curl=8.5.0-2 ca-certificates jq=1.6-2.1 && rm -rf /var/lib/apt/lists/*";
    let open = Trouble::new("ca-certificates is installed without its locked version")
        .at(at(&dockerfile, 131, line, "ca-certificates"))
        .expected("ca-certificates=20230311")
        .help("dubo-pin refresh packages writes it there");
    let gone = Trouble::new("vendored file is not there")
        .at(Place::file(&format!("{folder}context/cache/linux/arm64/node-20.11.1-linux-arm64.tar.xz")))
        .expected(format!("25,403,264 bytes with {}", digest("5c")))
        .help("dubo-pin fetch node");
    let comment = Trouble::new("the comment above says v1.11.0, the locked tag is v1.11.1").at(at(
        &dockerfile,
        11,
        "# CoreDNS v1.11.0",
        "v1.11.0",
    ));
    vec![
        Finding::note(Id::GIT003, Some(&pin("coredns")), comment),
        Finding::error(Id::LOCK001, Some(&pin("coredns")), differs),
        Finding::error(Id::APT001, Some(&pin("packages")), open),
        Finding::error(Id::URL006, Some(&pin("node")), gone),
    ]
}

fn verdict(findings: Vec<Finding>, verified: usize, unlocked: usize) -> Verdict {
    let unlocked = (0..unlocked).map(|n| {
        (
            pin(&format!("vendor{n}")),
            "the vendor replaces the file in place, and is asked every month to stop".to_owned(),
        )
    });
    Verdict { findings, verified, unlocked: unlocked.collect(), suppressed: 0, linted: None }
}

fn min_age(value: &str) -> Held {
    let by = HeldBy::MinAge { seen: Some("2026-11-20".parse().unwrap()), from: "2026-11-27".parse().unwrap() };
    Held { value: value.to_owned(), by }
}

fn ruled(value: &str, rule: &str) -> Held {
    Held { value: value.to_owned(), by: HeldBy::Rule(rule.to_owned()) }
}

fn frozen(value: &str) -> Held {
    let reason = "the 2.x series drops linux/arm/v7, which two houses still run".to_owned();
    Held { value: value.to_owned(), by: HeldBy::Frozen { reason, until: "2027-01-31".parse().unwrap() } }
}

fn broken_tag(folder: &str) -> Trouble {
    let line = "git     = \"https://github.com/elastic/beats\"";
    Trouble::new("tag v7.17.9 was moved to another commit")
        .at(at(&format!("{folder}pins.toml"), 31, line, "https://github.com/elastic/beats"))
        .expected(OLD)
        .found(NEW)
        .help("look at what changed; dubo-pin refresh beats --accept-changed beats takes it")
}

fn refreshed(folder: &str, applied: bool) -> Refreshed {
    let value = |key: &str, old: &str, new: &str| (key.to_owned(), old.to_owned(), new.to_owned());
    let subjects = [
        ("2fb0a4e", "plugin/forward: fix a panic when @upstream answers with an empty message (fixes #6811)"),
        ("1d0c9e2", "[skip ci] Bump github.com/quic-go/quic-go from 0.40.1 to 0.42.0 <script>alert(1)</script>"),
        ("77ab310", "docs: `Corefile` of the example"),
        ("0e55d1c", "core: let the server drain"),
        ("9a1f7b4", "build: go 1.22"),
        ("c0ffee1", "not shown without -v"),
    ];
    Refreshed {
        pins: vec![
            PinOutcome::Moved {
                pin: pin("coredns"),
                values: vec![value("tag", "v1.11.1", "v1.11.3"), value("commit", OLD, NEW)],
                between: Some(Between {
                    count: 35,
                    more: false,
                    subjects: subjects.map(|(id, s)| (id.to_owned(), s.to_owned())).to_vec(),
                }),
                notes: vec![
                    "the tag is signed by a key that signed no tag of this pin before: ssh-ed25519 SHA256:Zk3nJ9"
                        .to_owned(),
                ],
            },
            PinOutcome::Moved {
                pin: pin("base"),
                values: vec![value("digest", &digest("1f"), &digest("e4"))],
                between: None,
                notes: Vec::new(),
            },
            PinOutcome::Moved {
                pin: pin("packages"),
                values: (1..=11)
                    .map(|n| value(&format!("libpackage{n}"), "1.0-1", &format!("1.0-{}+deb12u1", n + 1)))
                    .chain([value("gone-package", "1.0-1", ""), value("new-package", "", "2.0-1")])
                    .collect(),
                between: None,
                notes: Vec::new(),
            },
            PinOutcome::New {
                pin: pin("lego"),
                values: vec![("tag".to_owned(), "v4.16.1".to_owned()), ("commit".to_owned(), NEW.to_owned())],
                notes: Vec::new(),
            },
            PinOutcome::Unchanged(pin("caddy")),
            PinOutcome::Unchanged(pin("node")),
            PinOutcome::Skipped(
                pin("roon-bridge"),
                "unlocked: the vendor replaces the file in place, and is asked every month to stop".to_owned(),
            ),
            PinOutcome::Pruned(pin("old-thing")),
            PinOutcome::Failed(Failure { pin: Some(pin("beats")), class: Class::Alarm, trouble: broken_tag(folder) }),
            PinOutcome::Failed(Failure {
                pin: Some(pin("unbound")),
                class: Class::Undone,
                trouble: Trouble::new("git.example.org did not answer within 30 s")
                    .help("run again later; the other pins are refreshed"),
            }),
        ],
        files: vec![
            FileChange {
                path: format!("{folder}Dockerfile"),
                diff: format!(
                    "--- a/{folder}Dockerfile\n+++ b/{folder}Dockerfile\n@@ -11,2 +11,2 @@\n-# CoreDNS v1.11.1\n-ARG GIT_COMMIT={OLD}\n+# CoreDNS v1.11.3\n+ARG GIT_COMMIT={NEW}\n"
                ),
            },
            FileChange {
                path: format!("{folder}pins.lock"),
                diff: format!("--- a/{folder}pins.lock\n+++ b/{folder}pins.lock\n@@ -1 +1 @@\n-{{}}\n+{{ }}\n"),
            },
        ],
        held: BTreeMap::from([
            (pin("coredns"), vec![min_age("v1.11.4"), ruled("v1.12.0", "~1.11"), ruled("v2.0.0", "~1.11")]),
            (pin("node"), vec![frozen("21.7.1")]),
        ]),
        remotes: BTreeMap::from([
            (pin("coredns"), "https://github.com/coredns/coredns".parse().unwrap()),
            (pin("lego"), "https://github.com/go-acme/lego".parse().unwrap()),
        ]),
        notes: vec![Trouble::new("http: is not encrypted; the hash in the lock is all that protects this pin").at(at(
            &format!("{folder}pins.toml"),
            4,
            "url = \"http://downloads.example.org/RoonBridge.tar.bz2\"",
            "http:",
        ))],
        applied,
    }
}

fn row(name: &str, kind: &'static str, standing: Standing, current: &str, allowed: &str) -> Row {
    let text = |t: &str| Some(t.to_owned()).filter(|t| !t.is_empty());
    Row {
        pin: pin(name),
        kind,
        standing,
        current: text(current),
        allowed: text(allowed),
        newest: None,
        age: Some(40),
        held: Vec::new(),
        warnings: Vec::new(),
        trouble: None,
    }
}

fn rows(folder: &str) -> Vec<Row> {
    let unlocked = Trouble::new("it is not locked yet").help("dubo-pin refresh lego");
    let gone = Trouble::new("the tag v0.9 is gone from the repository")
        .at(at(&format!("{folder}pins.toml"), 44, "tag = \"v0.9\"", "v0.9"))
        .help("the vendored copy still verifies; look for where the project went");
    let impostor = Trouble::new(
        "the commit is on no branch and no tag of the repository: anybody who may fork it can have made it",
    )
    .help("pin a tag or a branch that contains it");
    vec![
        row("caddy", "git", Standing::Current, "v2.8.4", "v2.8.4"),
        Row {
            newest: Some("v2.0.0".to_owned()),
            held: vec![
                min_age("v1.11.4"),
                ruled("v2.0.0", "~1.11"),
                ruled("v1.12.1", "~1.11"),
                ruled("v1.12.0", "~1.11"),
            ],
            warnings: vec![impostor],
            ..row("coredns", "git", Standing::Newer, "v1.11.1", "v1.11.3")
        },
        Row {
            held: vec![frozen("21.7.1")],
            newest: Some("21.7.1".to_owned()),
            ..row("node", "url", Standing::Current, "20.11.1", "20.11.1")
        },
        Row {
            newest: Some("v3.1".to_owned()),
            held: vec![ruled("v3.1", "^2")],
            ..row("jq", "git", Standing::Current, "v2.4", "v2.4")
        },
        row("base", "image", Standing::Newer, "bookworm-slim (1f1f1f1f1f1f)", "bookworm-slim (e4e4e4e4e4e4)"),
        Row {
            trouble: Some(
                Trouble::new("the tag v0.107.43 stands at another commit with the same tree")
                    .expected(OLD)
                    .found(NEW)
                    .help("dubo-pin refresh adguard takes it"),
            ),
            ..row("adguard", "git", Standing::Moved, "v0.107.43", "v0.107.43")
        },
        Row {
            trouble: Some(broken_tag(folder)),
            age: Some(1204),
            ..row("beats", "git", Standing::Alarm, "v7.17.9", "")
        },
        Row { trouble: Some(gone), ..row("old-thing", "git", Standing::Gone, "v0.9", "") },
        Row {
            trouble: Some(Trouble::new("git.example.org did not answer within 30 s").help("run again later")),
            ..row("unbound", "git", Standing::Unreachable, OLD, "")
        },
        Row { age: None, trouble: Some(unlocked), ..row("lego", "git", Standing::Unlocked, "", "") },
        Row {
            age: None,
            trouble: Some(Trouble::new("the vendor replaces the file in place")),
            ..row("roon-bridge", "url", Standing::Unlocked, "", "")
        },
    ]
}

fn manifest(folder: &str) -> Vec<Failure> {
    let usage = |trouble| Failure { pin: None, class: Class::Usage, trouble };
    let file = format!("{folder}pins.toml");
    vec![
        usage(
            Trouble::new("unknown key `verison`")
                .at(at(&file, 9, "verison = \"^1.11\"", "verison"))
                .expected("one of git, url, deb, image, yarn and the keys of this kind: version, tag, branch, commit, exclude, into, vendor")
                .help("did you mean `version`?"),
        ),
        usage(
            Trouble::new("`git://github.com/coredns/coredns` is refused: git:// is neither encrypted nor authenticated")
                .at(at(&file, 14, "git = \"git://github.com/coredns/coredns\"", "git://github.com/coredns/coredns"))
                .help("https://github.com/coredns/coredns"),
        ),
    ]
}

fn none() -> Vec<Failure> {
    Vec::new()
}

fn images(count: usize) -> Vec<String> {
    (1..=count).map(|n| format!("images/image{n:03}")).collect()
}

/// Every scene.
fn adopted(folder: &str, applied: bool) -> Adopted {
    let dockerfile = format!("{folder}Dockerfile");
    let one = |name: &str, kind: &str, source: &str, line: &str| AdoptedPin {
        name: pin(name),
        kind: kind.to_owned(),
        source: source.to_owned(),
        place: at(&dockerfile, 7, line, source),
        unlocked: kind == "image",
        unproved: None,
    };
    let unproved = "the tag v1.0.4 is there, but comes to another commit: 2fb0a4e61d7d";
    Adopted {
        pins: vec![
            one("debian", "image", "debian:bookworm-slim", "FROM debian:bookworm-slim"),
            AdoptedPin {
                unproved: Some(unproved.to_owned()),
                ..one(
                    "coredns",
                    "git",
                    "https://github.com/coredns/coredns",
                    "RUN git clone https://github.com/coredns/coredns",
                )
            },
        ],
        not_understood: vec![
            Trouble::new("curl fetches `https://h.example/install.sh`, which no pin covers")
                .at(at(&dockerfile, 12, "RUN curl -fsSL https://h.example/install.sh | sh", "curl"))
                .help("check its hash in the same RUN from an ARG that a pin gives, or use ADD --checksum"),
        ],
        notes: vec![
            Trouble::new(format!("`{folder}old` is a workspace of its own: it is left alone"))
                .help(format!("dubo-pin -C {folder}old init")),
        ],
        files: vec![FileChange {
            path: format!("{folder}pins.toml"),
            diff: "--- /dev/null\n+++ b/pins.toml\n@@ -0,0 +1 @@\n+version = 1\n".to_owned(),
        }],
        applied,
    }
}

pub fn all() -> Vec<Scene> {
    let suppressed = Verdict { suppressed: 2, ..verdict(findings(""), 9, 2) };
    let verify: Vec<_> = images(200)
        .into_iter()
        .map(|name| match name.as_str() {
            "images/image007" => {
                let made = Made::Verdict(verdict(findings("images/image007/").split_off(2), 3, 1));
                (name, made, none())
            }
            "images/image041" => (name, Made::Nothing, manifest("images/image041/").split_off(1)),
            "images/image113" => {
                (name, Made::Verdict(verdict(findings("images/image113/")[..2].to_vec(), 4, 2)), none())
            }
            _ => (name, Made::Verdict(verdict(Vec::new(), 4, 0)), none()),
        })
        .collect();
    let few: Vec<_> = [".", "coredns", "images/unbound", "lego"]
        .into_iter()
        .map(|name| {
            let unlocked = usize::from(name == "lego");
            let findings = if name == "coredns" { findings("coredns/")[1..2].to_vec() } else { Vec::new() };
            (name.to_owned(), Made::Verdict(verdict(findings, 4, unlocked)), none())
        })
        .collect();
    let still = |name: &String| Refreshed {
        pins: vec![PinOutcome::Unchanged(pin("base")), PinOutcome::Unchanged(pin(&name.replace('/', "-")))],
        applied: true,
        ..Refreshed::default()
    };
    let refresh: Vec<_> = images(12)
        .into_iter()
        .map(|name| match name.as_str() {
            "images/image003" => (
                name,
                Made::Refreshed(Refreshed {
                    pins: refreshed("images/image003/", true).pins.split_off(1),
                    held: BTreeMap::new(),
                    ..refreshed("images/image003/", true)
                }),
                none(),
            ),
            "images/image009" => {
                let made = refreshed("images/image009/", true);
                let made = Refreshed { pins: made.pins[..1].to_vec(), notes: Vec::new(), ..made };
                (name, Made::Refreshed(made), none())
            }
            "images/image010" => (name, Made::Nothing, manifest("images/image010/").split_off(1)),
            _ => {
                let made = still(&name);
                (name, Made::Refreshed(made), none())
            }
        })
        .collect();
    let outdated: Vec<_> = images(100)
        .into_iter()
        .map(|name| {
            let mut made: Vec<Row> = (0..10)
                .map(|n| Row {
                    newest: Some("v3.0.0".to_owned()),
                    held: vec![ruled("v3.0.0", "^2")],
                    ..row(&format!("pin{n}"), "git", Standing::Current, "v2.8.4", "v2.8.4")
                })
                .collect();
            if name.ends_with('7') && name.starts_with("images/image01") {
                made = rows("images/image017/");
            } else if name.ends_with("55") {
                made[3] = row("pin3", "git", Standing::Newer, "v2.8.4", "v2.9.0");
            }
            (name, Made::Rows(made), none())
        })
        .collect();
    let offline: Vec<Row> = (0..30)
        .map(|n| {
            let place = at("pins.toml", 4 * n + 3, "git = \"https://github.com/o/r\"", "https://github.com/o/r");
            Row {
                trouble: Some(Trouble::new("--offline asks nobody").at(place)),
                ..row(&format!("pin{n}"), "git", Standing::Unreachable, "v2.8.4", "")
            }
        })
        .collect();
    let quiet_rows = || {
        vec![
            row("caddy", "git", Standing::Current, "v2.8.4", "v2.8.4"),
            row("coredns", "git", Standing::Current, "v1.11.3", "v1.11.3"),
        ]
    };
    vec![
        Scene::new("verify-clean", "verify", Made::Verdict(verdict(Vec::new(), 12, 0))),
        Scene::new("verify-findings", "verify", Made::Verdict(suppressed.clone())),
        Scene { verbose: true, ..Scene::new("verify-findings-verbose", "verify", Made::Verdict(suppressed)) },
        Scene::of_members("verify-workspace", "verify", verify),
        Scene { verbose: true, ..Scene::of_members("verify-workspace-verbose", "verify", few) },
        Scene::new("refresh", "refresh", Made::Refreshed(refreshed("", true))),
        Scene { verbose: true, ..Scene::new("refresh-verbose", "refresh", Made::Refreshed(refreshed("", true))) },
        Scene::new("refresh-dry-run", "refresh", Made::Refreshed(refreshed("", false))),
        Scene::new("refresh-still", "refresh", Made::Refreshed(still(&"x".to_owned()))),
        Scene::of_members("refresh-workspace", "refresh", refresh),
        Scene::new("init", "init", Made::Adopted(adopted("", true))),
        Scene::new("init-dry-run", "init", Made::Adopted(adopted("", false))),
        Scene::of_members(
            "init-workspace",
            "init",
            vec![
                (".".to_owned(), Made::Adopted(Adopted { applied: true, ..Adopted::default() }), none()),
                ("coredns".to_owned(), Made::Adopted(adopted("coredns/", true)), none()),
                ("images/image3".to_owned(), Made::Nothing, manifest("images/image3/").split_off(1)),
            ],
        ),
        Scene::new("outdated", "outdated", Made::Rows(rows(""))),
        Scene { verbose: true, ..Scene::new("outdated-verbose", "outdated", Made::Rows(rows(""))) },
        Scene::new("outdated-current", "outdated", Made::Rows(quiet_rows())),
        Scene::new("outdated-offline", "outdated", Made::Rows(offline)),
        Scene::of_members("outdated-workspace", "outdated", outdated),
        Scene { failures: manifest(""), ..Scene::new("manifest-cannot-be-read", "verify", Made::Nothing) },
    ]
}
