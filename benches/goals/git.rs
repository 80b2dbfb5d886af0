//! A start, and a hundred git pins: near (G7, G8) and at 30 ms of round trip (G9).
//!
//! The repositories are served from this process's memory; its CPU time is not counted.

use std::fmt::Write as _;

use crate::Result;
use crate::far::Far;
use crate::ground::{Ground, Sample};
use crate::support::git_memory::{GitMemory, Repo};
use crate::table::{Row, Table};
use crate::wanted::Wanted;

/// How many version tags each repository has; every second one is annotated.
const TAGS: usize = 80;
/// How many starts make one sample: a single one is too short for a clock.
const STARTS: usize = 200;
/// How many runs of verify make one sample.
const VERIFIES: usize = 50;

const LOOP: &str = r#"while read -r url; do git ls-remote --tags "$url" || exit 1; done"#;

pub fn measure(ground: &Ground, wanted: &Wanted, table: &mut Table) -> Result<()> {
    if wanted.has("G7") {
        starts(ground, table)?;
    }
    if !wanted.any(&["G8", "G9"]) {
        return Ok(());
    }
    let repositories = if ground.quick { 10 } else { 100 };
    let server = GitMemory::serve(repository());
    let urls: Vec<String> = (0..repositories).map(|n| server.url_of(&format!("p{n:03}"))).collect();
    if wanted.has("G8") {
        near(ground, table, &urls)?;
    }
    if wanted.has("G9") {
        far(ground, table, &urls)?;
    }
    Ok(())
}

fn starts(ground: &Ground, table: &mut Table) -> Result<()> {
    let starts = |command: &str| format!("for ((i = 0; i < {STARTS}; i++)); do {command} || exit 1; done");
    let pairs = ground.pairs(ground.count, &starts("\"$DUBO_PIN\" --version"), &starts("git --version"))?;
    let (what, against) = ("start (--version)", "git --version");
    table.row(&Row { goal: "G7", what, against, runs: STARTS, pairs: &pairs, of: Sample::wall, most: Some(1.1) });
    Ok(())
}

fn near(ground: &Ground, table: &mut Table, urls: &[String]) -> Result<()> {
    image(ground, "image", urls)?;
    let verifies = |command: &str| format!("for ((i = 0; i < {VERIFIES}; i++)); do {command} || exit 1; done");
    let one_by_one = format!("{LOOP} <image/urls");
    let eight = "xargs -n1 -P8 git ls-remote --tags <image/urls";
    let refresh = r#""$DUBO_PIN" -C image refresh"#;
    let first = format!("cp image/start image/Dockerfile; rm -rf image/pins.lock image/.dubo-pin; {refresh}");
    let mut row = |goal: &str, what: &str, against: &str, runs: usize, pairs: &[_], of: fn(&Sample) -> f64, most| {
        table.row(&Row { goal, what, against, runs, pairs, of, most });
    };

    let pairs = ground.pairs(ground.count, &first, &one_by_one)?;
    row("", "first refresh, wall", "git ls-remote, a loop", 1, &pairs, Sample::wall, None);
    row("", "first refresh, CPU", "git ls-remote, a loop", 1, &pairs, Sample::cpu, None);

    ground.said(&first)?;
    let settled = ground.state("image")?;
    let pairs = ground.pairs(ground.count, refresh, &one_by_one)?;
    row("G8", "refresh unchanged, wall", "git ls-remote, a loop", 1, &pairs, Sample::wall, Some(0.12));
    row("G8", "refresh unchanged, CPU", "git ls-remote, a loop", 1, &pairs, Sample::cpu, Some(0.03));
    let pairs = ground.pairs(ground.count, refresh, eight)?;
    row("G8", "refresh unchanged, wall", "git ls-remote, xargs -P8", 1, &pairs, Sample::wall, Some(0.3));
    if ground.state("image")? != settled {
        return Err("a refresh of what had not changed wrote something".into());
    }

    let pairs = ground.pairs(ground.count, &verifies("\"$DUBO_PIN\" -C image verify"), &verifies("git --version"))?;
    row("", "verify, all git pins", "git --version", VERIFIES, &pairs, Sample::wall, None);
    Ok(())
}

fn far(ground: &Ground, table: &mut Table, urls: &[String]) -> Result<()> {
    let first = urls.first().ok_or("no repository")?;
    let far = Far::before(first)?;
    let urls: Vec<String> = urls.iter().map(|url| far.url(url)).collect::<Result<_>>()?;
    image(ground, "far", &urls)?;
    let refresh = r#""$DUBO_PIN" -C far refresh"#;
    ground.said(refresh)?;
    let pairs = ground.pairs(ground.few(), refresh, &format!("{LOOP} <far/urls"))?;
    let (what, against) = ("refresh unchanged, 30 ms RTT", "git ls-remote, a loop");
    table.row(&Row { goal: "G9", what, against, runs: 1, pairs: &pairs, of: Sample::wall, most: Some(0.04) });
    Ok(())
}

fn repository() -> Repo {
    let mut repo = Repo::default();
    let mut last = repo.commit("Begin", &[]);
    for n in 0..TAGS {
        last = repo.commit(&format!("Change {n}"), &[last]);
        let name = format!("v1.{}.{}", n / 10, n % 10);
        let id = if n % 2 == 0 { last } else { repo.tag(&name, last) };
        repo.set(&format!("refs/tags/{name}"), id);
    }
    repo.set("refs/heads/main", last);
    repo
}

/// An image that pins all of them.
fn image(ground: &Ground, name: &str, urls: &[String]) -> Result<()> {
    let mut dockerfile = "FROM docker.io/library/debian:bookworm-slim AS builder\n".to_owned();
    let mut manifest = "version = 1\n".to_owned();
    for (n, url) in urls.iter().enumerate() {
        writeln!(dockerfile, "ARG P{n:03}_COMMIT=")?;
        write!(manifest, "\n[pins.p{n:03}]\ngit = \"{url}\"\nversion = \"^1\"\n")?;
        writeln!(manifest, "into = [{{ stage = \"builder\", arg = \"P{n:03}_COMMIT\" }}]")?;
    }
    ground.write(&format!("{name}/pins.toml"), manifest)?;
    ground.write(&format!("{name}/start"), &dockerfile)?;
    ground.write(&format!("{name}/Dockerfile"), dockerfile)?;
    ground.write(&format!("{name}/urls"), urls.join("\n") + "\n")
}
