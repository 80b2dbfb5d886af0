//! Vendored files, hashed anew at each verify: eight large ones (G1 to G3), many small ones (G4, G5).
//!
//! The folders are made by the program itself. A lock has an entry for each url pin, so that many
//! small files are many pins here: reading those, not hashing, is most of what is measured, and a
//! line says how much. 20,000 files want a kind that vendors folders; here they are 2,000.

use std::fmt::Write as _;

use crate::Result;
use crate::ground::{Ground, Sample};
use crate::shelf::Shelf;
use crate::table::{Row, Table};
use crate::wanted::Wanted;

const MIB: u64 = 1024 * 1024;

pub fn measure(ground: &Ground, wanted: &Wanted, table: &mut Table) -> Result<()> {
    let shelf = Shelf::open()?;
    if wanted.any(&["G1", "G2", "G3"]) {
        large(ground, wanted, table, &shelf)?;
    }
    if wanted.any(&["G4", "G5"]) {
        small(ground, wanted, table, &shelf)?;
    }
    Ok(())
}

fn large(ground: &Ground, wanted: &Wanted, table: &mut Table, shelf: &Shelf) -> Result<()> {
    let each = if ground.quick { MIB } else { 128 * MIB };
    let (have, need) = (ground.room()?, 2 * 8 * each / MIB + 1024);
    if have < need {
        table.skip("G1–3", &format!("{need} MiB are needed, {have} are there"));
        return Ok(());
    }
    let mut manifest = "version = 1\n".to_owned();
    for n in 1..=8 {
        let url = shelf.url(&format!("f{n}"), each);
        // Files of this size are not for git.
        write!(manifest, "\n[pins.f{n}]\nurl = \"{url}\"\nvendor = \"f{n}\"\ntrack = false\n")?;
    }
    ground.write("large/Dockerfile", "FROM scratch\n")?;
    ground.write("large/pins.toml", manifest)?;
    ground.said("\"$DUBO_PIN\" -C large refresh && rm -rf home/.cache")?;
    ground.said("cd large && openssl dgst -r -sha256 f1 f2 f3 f4 f5 f6 f7 f8 >sums")?;
    let ours = "\"$DUBO_PIN\" -C large verify";
    let peers = [
        ("G1", "openssl dgst -sha256", "cd large && openssl dgst -sha256 f1 f2 f3 f4 f5 f6 f7 f8", 0.55),
        ("G2", "openssl dgst, xargs -P2", "cd large && printf '%s\\n' f? | xargs -n1 -P2 openssl dgst -sha256", 1.0),
        ("G3", "sha256sum -c", "cd large && sha256sum -c sums", 0.13),
    ];
    for (goal, against, peer, most) in peers {
        if wanted.has(goal) {
            let pairs = ground.pairs(if goal == "G3" { ground.few() } else { ground.count }, ours, peer)?;
            let what = format!("verify 8 × {} MiB", each / MIB);
            let what = &what;
            table.row(&Row { goal, what, against, runs: 1, pairs: &pairs, of: Sample::wall, most: Some(most) });
        }
    }
    Ok(std::fs::remove_dir_all(ground.path("large"))?)
}

fn small(ground: &Ground, wanted: &Wanted, table: &mut Table, shelf: &Shelf) -> Result<()> {
    let (count, runs) = if ground.quick { (200, 2) } else { (2_000, 10) };
    let (mut vendored, mut bare) = ("version = 1\n".to_owned(), "version = 1\n".to_owned());
    for n in 0..count {
        let pin = format!("\n[pins.s{n:04}]\nurl = \"{}\"\n", shelf.url(&format!("s{n:04}"), 4096));
        bare += &pin;
        writeln!(vendored, "{pin}vendor = \"tree/{:02}/s{n:04}\"", n / 100)?;
    }
    for (image, manifest) in [("many", vendored), ("bare", bare)] {
        ground.write(&format!("{image}/Dockerfile"), "FROM scratch\n")?;
        ground.write(&format!("{image}/pins.toml"), manifest)?;
        ground.said(&format!("\"$DUBO_PIN\" -C {image} refresh && rm -rf home/.cache"))?;
    }
    ground.said("cd many && find tree -type f -exec sha256sum {} + >sums")?;
    let times = |command: &str| format!("for ((i = 0; i < {runs}; i++)); do {command} || exit 1; done");
    let ours = times("\"$DUBO_PIN\" -C many verify");
    let find = "cd many; find tree -type f -print0 | xargs -0 -n500 -P2 openssl dgst -sha256";
    let peers = [
        ("G4", "sha256sum -c --quiet", "(cd many && sha256sum -c --quiet sums)".to_owned(), 0.25),
        ("G5", "openssl dgst, xargs -n500 -P2", format!("({find})"), 0.45),
    ];
    for (goal, against, peer, most) in peers {
        if wanted.has(goal) {
            let pairs = ground.pairs(ground.count, &ours, &times(&peer))?;
            let what = format!("verify {count} × 4 KB, a pin each");
            let what = &what;
            table.row(&Row { goal, what, against, runs, pairs: &pairs, of: Sample::wall, most: Some(most) });
        }
    }
    let pairs = ground.pairs(ground.count, &times("\"$DUBO_PIN\" -C bare verify"), &ours)?;
    let (what, against) = ("verify, the same pins, no files", "verify, with the files");
    table.row(&Row { goal: "", what, against, runs, pairs: &pairs, of: Sample::wall, most: None });
    Ok(())
}
