//! deb pins of what is not covered, and the archives that they draw from.
//!
//! For `init`. Which Debian a stage is, is read off the tag of the image that it builds on; what is no
//! Debian, or cannot be told, gets no pin but a word of what to write.

use std::collections::{BTreeMap, BTreeSet};

use super::{Case, Draft, Drafts, Names, floating};
use crate::check::cover::Uncovered;
use crate::dockerfile::images::{Reference, Role};
use crate::dockerfile::shell::{Install, Operand};
use crate::dockerfile::{Dockerfile, Intake};
use crate::manifest::edit::{Literal, NewArchive, NewPin};
use crate::model::{Place, Trouble, quoted};
use crate::source::Source;

/// Debian's releases by number.
const RELEASES: [(&str, &str); 7] = [
    ("9", "stretch"),
    ("10", "buster"),
    ("11", "bullseye"),
    ("12", "bookworm"),
    ("13", "trixie"),
    ("14", "forky"),
    ("unstable", "sid"),
];

/// Words in a tag or name that are another distribution's.
const OTHERS: [&str; 15] = [
    "ubuntu",
    "focal",
    "jammy",
    "noble",
    "alpine",
    "fedora",
    "rockylinux",
    "almalinux",
    "centos",
    "archlinux",
    "opensuse",
    "busybox",
    "wolfi",
    "amazonlinux",
    "raspbian",
];

/// What a stage is built on.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Base {
    Debian(&'static str),
    Other(String),
    Unknown(String),
}

/// An install that a pin can be made of.
struct Found<'a> {
    uncovered: &'a Uncovered<'a>,
    install: &'a Install,
    codename: &'static str,
}

pub(super) fn draft(case: &Case<'_>, names: &mut Names, out: &mut Drafts) {
    let mut found: Vec<Found<'_>> = Vec::new();
    let mut odd = false;
    for uncovered in case.uncovered {
        let Intake::Install(install) = uncovered.intake else { continue };
        let file = uncovered.file;
        for word in &install.not_understood {
            let message = format!("{} is installed with {}: {}", quoted(&word.text(file)), install.program, word.why);
            let help = "write each package out, as name=version";
            out.not_understood.push(Trouble::new(message).at(word.place(file)).help(help));
        }
        if install.operands.is_empty() {
            continue;
        }
        match base(file, install.stage) {
            Base::Debian(codename) => found.push(Found { uncovered, install, codename }),
            Base::Other(image) => {
                odd = true;
                let message =
                    format!("packages are installed on {}, which is no Debian that is known here", quoted(&image));
                out.not_understood.push(unfounded(message, install.place(file)));
            }
            Base::Unknown(image) => {
                odd = true;
                let message = format!("nobody can tell which Debian {} is", quoted(&image));
                out.not_understood.push(unfounded(message, install.place(file)));
            }
        }
    }
    let mut codenames: Vec<&'static str> = Vec::new();
    for one in &found {
        if !codenames.contains(&one.codename) {
            codenames.push(one.codename);
        }
    }
    let has_pin = case.manifest.pins.values().any(|pin| matches!(pin.source, Source::Deb(_)));
    let narrow = odd || has_pin || codenames.len() > 1;
    for (index, codename) in codenames.iter().enumerate() {
        let archives = archives(case, codename, index == 0, codenames.len() > 1, out);
        let own: Vec<&Found<'_>> = found.iter().filter(|one| one.codename == *codename).collect();
        let mut files: BTreeMap<&str, Vec<&Found<'_>>> = BTreeMap::new();
        for one in own {
            let file = if narrow { one.uncovered.file.file() } else { "" };
            files.entry(file).or_default().push(one);
        }
        for group in files.values() {
            pin(case, group, narrow, &archives, names, out);
        }
    }
}

fn unfounded(message: String, place: Place) -> Trouble {
    Trouble::new(message).at(place).help(
        "say where its packages come from: [archives.NAME] with `uri`, `suites` and `signed-by`, and \
         [pins.packages] with deb = \"dockerfile\"",
    )
}

fn pin(case: &Case<'_>, group: &[&Found<'_>], narrow: bool, archives: &[String], names: &mut Names, out: &mut Drafts) {
    let Some(first) = group.first() else { return };
    let file = first.uncovered.file;
    let partial =
        |one: &&&Found<'_>| !one.uncovered.parts.is_empty() && one.uncovered.parts.len() < one.install.operands.len();
    let mut keys = Vec::new();
    if group.iter().any(|one| partial(&one)) {
        // Others of the same command are pinned already.
        let parts: BTreeSet<String> = group.iter().flat_map(|one| parts(one)).collect();
        keys.push(("deb".to_owned(), Literal::Texts(parts.into_iter().collect())));
    } else {
        keys.push(("deb".to_owned(), Literal::Text("dockerfile".to_owned())));
        if narrow {
            let (stages, unnamed) = stages(file, group);
            if let Some(place) = unnamed {
                let message = "packages are installed in a stage without a name, beside stages of another kind";
                let help = "give it one, `FROM … AS name`, so that a pin can say which stage it is for";
                out.not_understood.push(Trouble::new(message).at(place).help(help));
            }
            if stages.is_empty() {
                return;
            }
            keys.push(("stages".to_owned(), Literal::Texts(stages)));
            if case.files.len() > 1 {
                keys.push(("file".to_owned(), Literal::Text(file.file().to_owned())));
            }
        }
    }
    let stage = first.install.stage.and_then(|s| file.stages().get(s)).and_then(|s| s.name.clone());
    let staged = format!("packages-{}", stage.as_deref().unwrap_or(first.codename));
    let Some(name) = names.take(&["packages", &staged, &format!("packages-{}", first.codename)]) else { return };
    if !archives.is_empty() {
        keys.push(("archives".to_owned(), Literal::Texts(archives.to_vec())));
    }
    let mut comment = Vec::new();
    if case.manifest.image.platforms.is_empty() {
        keys.push(("platforms".to_owned(), Literal::Texts(vec!["linux/amd64".to_owned()])));
        comment.push("The Dockerfile does not say for which platforms it is built: name them all.".to_owned());
    }
    if !group.iter().all(|one| one.install.operands.iter().all(is_exact)) {
        keys.push(("unlocked".to_owned(), Literal::Text(floating(&name))));
    }
    let pin = NewPin { name, keys, into: Vec::new(), comment };
    out.pins.push(Draft { pin, place: first.install.place(file), unproved: None });
}

/// The packages of an install that no pin covers.
fn parts(one: &Found<'_>) -> Vec<String> {
    if one.uncovered.parts.is_empty() {
        return one.install.operands.iter().map(|o| o.name.clone()).collect();
    }
    one.uncovered.parts.clone()
}

/// The names of the stages of some installs; and where one stands in a stage without one.
fn stages(file: &Dockerfile, group: &[&Found<'_>]) -> (Vec<String>, Option<Place>) {
    let (mut names, mut unnamed) = (Vec::new(), None);
    for one in group {
        let stage = one.install.stage.and_then(|s| file.stages().get(s)).and_then(|s| s.name.clone());
        match stage {
            Some(name) if names.contains(&name) => {}
            Some(name) => names.push(name),
            None => drop(unnamed.get_or_insert_with(|| one.install.place(file))),
        }
    }
    (names, unnamed)
}

/// Whether one version alone is named.
fn is_exact(operand: &Operand) -> bool {
    let version = operand.version.as_ref().and_then(|v| v.known());
    operand.suite.is_none() && version.is_some_and(|v| !v.is_empty() && !v.contains(['*', '?']))
}

/// The image that a stage is built on at last.
fn base(file: &Dockerfile, stage: Option<usize>) -> Base {
    let mut stage = stage;
    for _ in 0..1_000 {
        let Some(parent) = stage.and_then(|s| file.stages().get(s)).and_then(|s| s.parent) else { break };
        stage = Some(parent);
    }
    let is_base = |role: Role, at: Option<usize>| role == Role::From && at == stage;
    match file.images().found.iter().find(|i| is_base(i.role, i.stage)) {
        Some(image) => debian(&image.reference),
        None => {
            let written = stage.and_then(|s| file.stages().get(s)).map(|s| s.base.clone());
            Base::Unknown(written.unwrap_or_default())
        }
    }
}

/// Which Debian an image is, by its name and tag.
fn debian(reference: &Reference) -> Base {
    let said = match &reference.tag {
        Some(tag) => format!("{}:{tag}", reference.name),
        None => reference.name.clone(),
    };
    let tag = reference.tag.as_deref().unwrap_or_default().to_ascii_lowercase();
    let words = |text: &str| -> Vec<String> { text.split(['-', '_', '.', '+']).map(str::to_owned).collect() };
    let last = reference.repository.rsplit('/').next().unwrap_or_default();
    let tagged = words(&tag);
    let by_name = |word: &String| RELEASES.iter().find(|(_, name)| name == word).map(|(_, name)| *name);
    if let Some(name) = tagged.iter().find_map(by_name) {
        return Base::Debian(name);
    }
    let other = |word: &String| OTHERS.iter().any(|o| word.trim_end_matches(|c: char| c.is_ascii_digit()) == *o);
    if tagged.iter().chain(&words(last)).any(other) {
        return Base::Other(said);
    }
    if let Some(name) = words(last).iter().find_map(by_name) {
        return Base::Debian(name);
    }
    // `debian:12`, `debian:12.5-slim`, `node:20-debian12`
    let number = match last {
        "debian" => tagged.first().cloned(),
        _ => words(last).iter().chain(&tagged).find_map(|w| w.strip_prefix("debian").map(str::to_owned)),
    };
    let found = number.and_then(|n| RELEASES.iter().find(|(number, _)| *number == n));
    found.map_or(Base::Unknown(said), |(_, name)| Base::Debian(name))
}

/// The archives of a release, by name, as far as a pin has to name them. A manifest that has some is
/// left as it is.
fn archives(case: &Case<'_>, codename: &str, first: bool, several: bool, out: &mut Drafts) -> Vec<String> {
    if !case.manifest.archives.is_empty() {
        return Vec::new();
    }
    let named = |name: &str| if first { name.to_owned() } else { format!("{name}-{codename}") };
    let main = match codename {
        "sid" => vec!["sid".to_owned()],
        _ => vec![codename.to_owned(), format!("{codename}-updates")],
    };
    let security = match codename {
        "sid" => None,
        "stretch" | "buster" => Some(format!("{codename}/updates")),
        _ => Some(format!("{codename}-security")),
    };
    let mut all = vec![(named("debian"), "debian", main)];
    all.extend(security.map(|suite| (named("security"), "debian-security", vec![suite])));
    let mut given = Vec::new();
    for (name, folder, suites) in all {
        let Ok(parsed) = name.parse() else { continue };
        let text = |t: &str| Literal::Text(t.to_owned());
        let keys = [
            ("uri", Literal::Text(format!("https://snapshot.debian.org/archive/{folder}/{{snapshot}}"))),
            ("snapshot", text("latest")),
            ("suites", Literal::Texts(suites)),
            ("components", Literal::Texts(vec!["main".to_owned()])),
            ("signed-by", text("debian")),
        ];
        let keys = keys.map(|(key, value)| (key.to_owned(), value)).to_vec();
        out.archives.push(NewArchive { name: parsed, keys, comment: Vec::new() });
        given.push(name);
    }
    if several { given } else { Vec::new() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn which_debian_an_image_is() {
        for (image, codename) in [
            ("debian:bookworm-slim", "bookworm"),
            ("debian:12", "bookworm"),
            ("debian:12.5-slim", "bookworm"),
            ("python:3.12-bookworm", "bookworm"),
            ("buildpack-deps:trixie", "trixie"),
            ("ghcr.io/x/debian:bullseye-2021-07-01", "bullseye"),
            ("gcr.io/distroless/base-debian12:nonroot", "bookworm"),
            ("debian:sid", "sid"),
            ("debian:unstable", "sid"),
        ] {
            assert_eq!(debian(&image.parse().unwrap()), Base::Debian(codename), "{image}");
        }
        for image in ["ubuntu:22.04", "x:jammy", "node:20-alpine3.19", "fedora:40"] {
            assert!(matches!(debian(&image.parse().unwrap()), Base::Other(_)), "{image}");
        }
        for image in ["debian", "debian:stable", "debian:latest", "node:20", "x/y:12"] {
            assert!(matches!(debian(&image.parse().unwrap()), Base::Unknown(_)), "{image}");
        }
    }

    use crate::adopt::{Refs, Upstream};
    use crate::manifest::Manifest;
    use crate::manifest::edit::add;
    use crate::model::{Finding, GitUrl, Id};

    struct Nobody;

    impl Upstream for Nobody {
        fn refs(&self, _: &GitUrl) -> Result<Option<Refs>, Trouble> {
            Ok(None)
        }
    }

    const HEAD: &str = "version = 1\n\n[image]\nplatforms = [\"linux/amd64\"]\n";

    /// The pins as they are written, the archives' names and suites, and what was told.
    fn drafted(text: &str) -> (String, Vec<String>, Vec<String>) {
        let file = Dockerfile::parse("Dockerfile", text.as_bytes().to_vec()).unwrap();
        let files = [file];
        let uncovered = |intake: Intake<'_>| matches!(intake, Intake::Install(_));
        let all: Vec<Uncovered<'_>> = files[0]
            .intakes()
            .into_iter()
            .filter(|i| uncovered(*i))
            .map(|intake| Uncovered {
                file: &files[0],
                intake,
                parts: Vec::new(),
                finding: Finding::error(Id::COV001, None, Trouble::new("")),
            })
            .collect();
        let manifest = Manifest::parse("pins.toml", HEAD.as_bytes()).unwrap();
        let case = Case { files: &files, manifest: &manifest, uncovered: &all, upstream: &Nobody };
        let (mut names, mut out) = (Names::of(&manifest), Drafts::default());
        draft(&case, &mut names, &mut out);
        let text = out.pins.iter().fold(HEAD.to_owned(), |text, one| add(&text, &one.pin).unwrap());
        let suites = |a: &NewArchive| match &a.keys[2].1 {
            Literal::Texts(all) => format!("{}: {}", a.name, all.join(" ")),
            _ => String::new(),
        };
        let told = out.not_understood.into_iter().map(|t| t.message).collect();
        (text.strip_prefix(HEAD).unwrap().to_owned(), out.archives.iter().map(suites).collect(), told)
    }

    #[test]
    fn exact_versions_give_a_plain_pin_and_others_an_unlocked_one() {
        let (pins, archives, told) = drafted("FROM debian:bookworm AS a\nRUN apt-get install -y curl=7.88.1-10\n");
        assert_eq!(pins, "\n[pins.packages]\ndeb = \"dockerfile\"\n");
        assert_eq!(archives, ["debian: bookworm bookworm-updates", "security: bookworm-security"]);
        assert_eq!(told, [""; 0]);
        let (pins, ..) = drafted("FROM debian:bookworm AS a\nFROM a\nRUN apt-get install -y curl=7.88*\n");
        assert_eq!(
            pins,
            "\n[pins.packages]\ndeb = \"dockerfile\"\nunlocked = \"not pinned in the Dockerfile yet: dubo-pin \
             refresh packages pins it; then remove this line\"\n"
        );
    }

    #[test]
    fn stages_of_two_releases_get_a_pin_each() {
        let text =
            "FROM debian:bookworm AS a\nRUN apt-get install x1=1\nFROM debian:13 AS b\nRUN apt-get install x2=1\n";
        let (pins, archives, _) = drafted(text);
        assert_eq!(
            pins,
            "\n[pins.packages]\ndeb = \"dockerfile\"\nstages = [\"a\"]\narchives = [\"debian\", \"security\"]\n\n\
             [pins.packages-b]\ndeb = \"dockerfile\"\nstages = [\"b\"]\narchives = [\"debian-trixie\", \
             \"security-trixie\"]\n"
        );
        assert_eq!(
            archives,
            [
                "debian: bookworm bookworm-updates",
                "security: bookworm-security",
                "debian-trixie: trixie trixie-updates",
                "security-trixie: trixie-security"
            ]
        );
    }

    #[test]
    fn what_is_no_debian_is_told() {
        let (pins, archives, told) = drafted("FROM ubuntu:22.04\nRUN apt-get install -y curl $X\n");
        assert_eq!((pins.as_str(), archives.len(), told.len()), ("", 0, 2), "{told:?}");
    }
}
