//! Files by URL: unchanged ones at 30 ms of round trip (G10) and near (G11), changed ones (G12), and
//! a large one (G13).
//!
//! Ours ends with durable bytes in the store and a lock; the peers end with files that nobody
//! waited for. What the disk costs for that is part of ours.

use std::fmt::Write as _;

use crate::Result;
use crate::far::Far;
use crate::ground::{Ground, Sample};
use crate::shelf::{MODIFIED, Shelf};
use crate::table::{Row, Table};
use crate::wanted::Wanted;

const MIB: u64 = 1024 * 1024;

pub fn measure(ground: &Ground, wanted: &Wanted, table: &mut Table) -> Result<()> {
    if wanted.has("G10") {
        unchanged_far(ground, table)?;
    }
    if wanted.has("G11") {
        unchanged_near(ground, table)?;
    }
    if wanted.has("G12") {
        changed(ground, table)?;
    }
    if wanted.has("G13") {
        large(ground, table)?;
    }
    Ok(())
}

fn unchanged_far(ground: &Ground, table: &mut Table) -> Result<()> {
    let shelf = Shelf::open()?;
    let count = if ground.quick { 10 } else { 100 };
    let far = Far::before(&shelf.url("x", 0))?;
    let urls: Vec<String> =
        (0..count).map(|n| far.url(&shelf.url(&format!("u{n:03}"), 16_384))).collect::<Result<_>>()?;
    image(ground, "u", &urls, "")?;
    let ours = "\"$DUBO_PIN\" -C u refresh";
    let peer = format!("while read -r url; do curl -sf -z '{MODIFIED}' -o got \"$url\" || exit 1; done <u/urls");
    ground.said(ours)?;
    let before = shelf.sent();
    let pairs = ground.pairs(ground.few(), ours, &peer)?;
    let after = shelf.sent();
    if after.0 != before.0 || after.1 == before.1 {
        return Err(format!("{} bytes of bodies were sent for what had not changed", after.0 - before.0).into());
    }
    let (what, against) = ("URLs unchanged, 30 ms RTT", "curl -z, a loop");
    table.row(&Row { goal: "G10", what, against, runs: 1, pairs: &pairs, of: Sample::wall, most: Some(0.03) });
    Ok(())
}

fn unchanged_near(ground: &Ground, table: &mut Table) -> Result<()> {
    let shelf = Shelf::open()?;
    let (count, runs) = if ground.quick { (50, 2) } else { (500, 10) };
    let urls: Vec<String> = (0..count).map(|n| shelf.url(&format!("n{n:03}"), 4096)).collect();
    image(ground, "n", &urls, "")?;
    let times = |command: &str| format!("for ((i = 0; i < {runs}; i++)); do {command} || exit 1; done");
    let ours = times("\"$DUBO_PIN\" -C n --jobs 32 refresh");
    let peer = times("curl -sfZ --parallel-max 32 -H 'If-None-Match: \"0\"' -K n/curl");
    ground.said(&ours)?;
    let before = shelf.sent().0;
    let pairs = ground.pairs(ground.count, &ours, &peer)?;
    if shelf.sent().0 != before {
        return Err("bytes of bodies were sent for what had not changed".into());
    }
    let (what, against) = (format!("{count} URLs unchanged"), "curl -Z --parallel-max 32");
    let mut row = |goal, what: &str, of: fn(&Sample) -> f64, most| {
        table.row(&Row { goal, what, against, runs, pairs: &pairs, of, most });
    };
    row("G11", &format!("{what}, CPU"), Sample::cpu, Some(0.8));
    row("", &format!("{what}, wall"), Sample::wall, None);
    Ok(())
}

fn changed(ground: &Ground, table: &mut Table) -> Result<()> {
    let shelf = Shelf::open()?;
    let count = if ground.quick { 10 } else { 100 };
    let urls: Vec<String> = (0..count).map(|n| shelf.url(&format!("c{n:03}"), 1_000_000)).collect();
    image(ground, "c", &urls, "")?;
    image(ground, "v", &urls, "vendor = \"files/{name}\"\n")?;
    let peer = "curl -sfZ -K c/curl && sha256sum c/got-*";
    let before = || {
        shelf.change();
        ground.said("rm -rf home/.cache c/got-*").map(drop)
    };
    let goals =
        [("G12", "c", "1 MB changed, into the store", Some(0.4)), ("", "v", "1 MB changed, and vendored", None)];
    for (goal, image, what, most) in goals {
        let ours = format!("\"$DUBO_PIN\" -C {image} refresh");
        ground.said(&ours)?;
        let pairs = ground.pairs_after(ground.count, &ours, peer, before)?;
        let mut row = |goal: &str, what: &str, of: fn(&Sample) -> f64, most| {
            let against = "curl -Z; sha256sum";
            table.row(&Row { goal, what, against, runs: 1, pairs: &pairs, of, most });
        };
        row(goal, &format!("{count} × {what}"), Sample::wall, most);
        row("", "  the same, CPU", Sample::cpu, None);
    }
    ground.said("rm -rf home/.cache c/got-* v").map(drop)
}

fn large(ground: &Ground, table: &mut Table) -> Result<()> {
    let size = if ground.quick { 16 * MIB } else { 1024 * MIB };
    let (have, need) = (ground.room()?, 2 * size / MIB + 1024);
    if have < need {
        table.skip("G13", &format!("{need} MiB are needed, {have} are there"));
        return Ok(());
    }
    let shelf = Shelf::open()?;
    let url = shelf.url("large", size);
    image(ground, "g", std::slice::from_ref(&url), "")?;
    let ours = "\"$DUBO_PIN\" -C g refresh";
    let peer = format!("curl -sf -o got {url} && openssl dgst -sha256 got");
    let before = || {
        shelf.change();
        ground.said("rm -rf home/.cache got; sync -f .").map(drop)
    };
    let pairs = ground.pairs_after(ground.few(), ours, &peer, before)?;
    let durable = format!("{peer} && sync got");
    let synced = ground.pairs_after(ground.few(), ours, &durable, before)?;
    let what = format!("download of {} MiB", size / MIB);
    let mut row = |goal, what: &str, against, pairs: &[_], of: fn(&Sample) -> f64, most| {
        table.row(&Row { goal, what, against, runs: 1, pairs, of, most });
    };
    row("G13", &what, "curl -o; openssl dgst", &pairs, Sample::wall, Some(0.9));
    row("", &format!("{what}, CPU"), "curl -o; openssl dgst", &pairs, Sample::cpu, None);
    row("", &what, "curl -o; openssl dgst; sync", &synced, Sample::wall, None);
    ground.said("rm -rf home/.cache got g").map(drop)
}

/// An image with a pin for each URL, the URLs one a line, and curl's own list of them.
fn image(ground: &Ground, name: &str, urls: &[String], more: &str) -> Result<()> {
    let (mut manifest, mut curl) = ("version = 1\n".to_owned(), String::new());
    for (n, url) in urls.iter().enumerate() {
        let more = more.replace("{name}", &format!("p{n:03}"));
        write!(manifest, "\n[pins.p{n:03}]\nurl = \"{url}\"\n{more}")?;
        write!(curl, "url = \"{url}\"\noutput = \"{name}/got-{n:03}\"\n")?;
    }
    ground.write(&format!("{name}/Dockerfile"), "FROM scratch\n")?;
    ground.write(&format!("{name}/pins.toml"), manifest)?;
    ground.write(&format!("{name}/curl"), curl)?;
    ground.write(&format!("{name}/urls"), urls.join("\n") + "\n")
}
