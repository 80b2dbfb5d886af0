//! A Debian archive as large as the real one: its index, cold and at hand (G14), and twenty
//! packages locked again.
//!
//! The archive is signed here and served from this process; making it packs 50 MB with xz, which
//! takes most of a minute. Cold ends with a durable index in the store, the peer with nothing.

use crate::Result;
use crate::ground::{Ground, Sample};
use crate::index;
use crate::support::debian::apt::Apt;
use crate::support::debian::{Archive, Key, Packing, Served};
use crate::support::have;
use crate::support::http::Answer;
use crate::table::{Row, Table};
use crate::wanted::Wanted;

/// How many packages are locked at once.
const PACKAGES: usize = 20;
/// When the archive was changed last, as far as anybody is told.
const MODIFIED: &str = "Sat, 04 May 2024 08:15:30 GMT";
/// What Debian's images tell apt: lists stay packed, and no cache is kept of them.
const IMAGE: &str = "Acquire::GzipIndexes \"true\";\nDir::Cache::pkgcache \"\";\nDir::Cache::srcpkgcache \"\";\n";

pub fn measure(ground: &Ground, wanted: &Wanted, table: &mut Table) -> Result<()> {
    if wanted.has("G21") {
        closed(ground, table)?;
    }
    if !wanted.has("G14") {
        return Ok(());
    }
    for tool in ["xz", "apt-get", "apt-cache"] {
        if !have(tool) {
            table.skip("G14", &format!("{tool} is missing"));
            return Ok(());
        }
    }
    let stanzas = if ground.quick { 600 } else { index::STANZAS };
    let key = Key::new("Archive of the bench").with_subkey();
    let archive = Archive::new("bookworm").sign([&key]).packings([Packing::Plain, Packing::Xz]);
    let served = Served::of(&archive.bare(index::text(stanzas)));
    served.server().twist(|asked, answer| match asked.header("if-modified-since") {
        Some(MODIFIED) if answer.status == 200 => Answer::new(304, "").with("Last-Modified", MODIFIED),
        _ => answer.with("Last-Modified", MODIFIED),
    });
    let names: Vec<String> = (0..PACKAGES).map(|n| index::name(stanzas / PACKAGES * n + stanzas / 40)).collect();
    image(ground, "one", &served, &key, &names[PACKAGES / 2..=PACKAGES / 2])?;
    image(ground, "twenty", &served, &key, &names)?;
    cold(ground, table, &served)?;
    at_hand(ground, table, &served, &key, &names)
}

fn cold(ground: &Ground, table: &mut Table, served: &Served) -> Result<()> {
    let packed = served.file("/debian/dists/bookworm/main/binary-amd64/Packages.xz");
    let what = format!("index, cold ({} KB of xz)", packed.len() / 1000);
    ground.write("Packages.xz", packed)?;
    let ours = "\"$DUBO_PIN\" -C one refresh";
    let before = || ground.said("rm -rf home/.cache one/pins.lock; sync -f .").map(drop);
    let pairs = ground.pairs_after(ground.count, ours, "xz -dc Packages.xz", before)?;
    let mut row = |goal, what: &str, of: fn(&Sample) -> f64, most| {
        table.row(&Row { goal, what, against: "xz -dc >/dev/null", runs: 1, pairs: &pairs, of, most });
    };
    row("G14", &what, Sample::wall, Some(0.6));
    row("", "  the same, CPU", Sample::cpu, None);
    Ok(())
}

fn at_hand(ground: &Ground, table: &mut Table, served: &Served, key: &Key, names: &[String]) -> Result<()> {
    let apts = [("as in images", IMAGE), ("its cache warm", "")];
    let one = "\"$DUBO_PIN\" -C one refresh";
    let twenty = "\"$DUBO_PIN\" -C twenty refresh";
    ground.said(&format!("{one} && {twenty}"))?;
    let settled = ground.state("twenty")?;
    for (how, more) in apts {
        let Some(apt) = Apt::new(["amd64"]) else { return Ok(()) };
        apt.sources(&[key], &[&format!("{} bookworm main", served.uri("debian"))]);
        let apt_config = format!("export APT_CONFIG='{}'", apt.configured(more).display());
        // Makes apt's own cache, where it has one.
        ground.said(&format!("{apt_config}; apt-get update && apt-cache show {} >/dev/null", names[0]))?;
        let mut row = |goal, what: &str, against: &str, pairs: &[_], of: fn(&Sample) -> f64, most| {
            let against = format!("{against}, {how}");
            table.row(&Row { goal, what, against: &against, runs: 1, pairs, of, most });
        };
        let peer = format!("{apt_config}; apt-cache show {}", names[PACKAGES / 2]);
        let pairs = ground.pairs(ground.count, one, &peer)?;
        let in_image = !more.is_empty();
        let (goal, most) = if in_image { ("G14", Some(0.12)) } else { ("", None) };
        row(goal, "index at hand, 1 package", "apt-cache show", &pairs, Sample::wall, most);
        row("", "  the same, CPU", "apt-cache show", &pairs, Sample::cpu, None);
        let peer = format!("{apt_config}; apt-cache show {}", names.join(" "));
        let pairs = ground.pairs(ground.count, twenty, &peer)?;
        row("", "refresh 20 packages, warm", "show ×20", &pairs, Sample::wall, None);
        let peer = format!("{apt_config}; apt-get update && apt-cache show {}", names.join(" "));
        let pairs = ground.pairs(ground.count, twenty, &peer)?;
        row("", "refresh 20 packages, warm", "update, show ×20", &pairs, Sample::wall, None);
        row("", "  the same, CPU", "update, show ×20", &pairs, Sample::cpu, None);
        if !in_image {
            let each = |of: fn(&Sample) -> f64| -> Vec<f64> { pairs.iter().map(|p| of(&p.ours) * 1000.0).collect() };
            table.limit("G14", "refresh 20 packages, warm, ms", &each(Sample::wall), 100.0);
            table.limit("", "  the same, CPU", &each(Sample::cpu), 100.0);
        }
    }
    if ground.state("twenty")? != settled {
        return Err("a refresh of what had not changed wrote something".into());
    }
    memory(ground, table)
}

/// The closure of twenty packages, warm: refreshed again, and simulated by apt.
fn closed(ground: &Ground, table: &mut Table) -> Result<()> {
    if !have("apt-get") {
        table.skip("G21", "apt-get is missing");
        return Ok(());
    }
    let stanzas = if ground.quick { 600 } else { index::STANZAS };
    let key = Key::new("Archive of the bench").with_subkey();
    let archive = Archive::new("bookworm").sign([&key]).packings([Packing::Plain]);
    let served = Served::of(&archive.bare(index::closed(stanzas)));
    let names: Vec<String> = (0..PACKAGES).map(|n| index::name(stanzas / PACKAGES * n + stanzas / 40)).collect();
    image(ground, "closed", &served, &key, &names)?;
    let full = "sed -i 's/^deb = /closure = \"full\"\\ndeb = /' closed/pins.toml";
    let ours = "\"$DUBO_PIN\" -C closed refresh";
    ground.said(&format!("{full} && {ours}"))?;
    let count = ground.said("grep -c _amd64.deb closed/pins.lock")?;
    for (how, more) in [("as in images", IMAGE), ("its cache warm", "")] {
        let Some(apt) = Apt::new(["amd64"]) else { return Ok(()) };
        apt.sources(&[&key], &[&format!("{} bookworm main", served.uri("debian"))]);
        let apt_config = format!("export APT_CONFIG='{}'", apt.configured(more).display());
        let simulate = format!("apt-get -s install --no-install-recommends {} >/dev/null", names.join(" "));
        ground.said(&format!("{apt_config}; apt-get update && {simulate}"))?;
        let pairs = ground.pairs(ground.count, ours, &format!("{apt_config}; {simulate}"))?;
        let against = format!("apt-get -s install, {how}");
        let what = format!("closure of {PACKAGES} packages, warm ({} files)", count.trim());
        table.row(&Row {
            goal: "G21",
            what: &what,
            against: &against,
            runs: 1,
            pairs: &pairs,
            of: Sample::wall,
            most: None,
        });
        table.row(&Row {
            goal: "",
            what: "  the same, CPU",
            against: &against,
            runs: 1,
            pairs: &pairs,
            of: Sample::cpu,
            most: None,
        });
    }
    Ok(())
}

/// The most memory that a warm refresh has at once.
fn memory(ground: &Ground, table: &mut Table) -> Result<()> {
    let what = "  its peak memory, MB";
    if !have("/usr/bin/time") {
        table.skip("G14", "/usr/bin/time is missing, which tells peak memory");
        return Ok(());
    }
    let mut peaks = Vec::new();
    for _ in 0..ground.count {
        let kib = ground.said("/usr/bin/time -f %M \"$DUBO_PIN\" -C twenty refresh 2>&1 >/dev/null | tail -n 1")?;
        peaks.push(kib.parse::<f64>()? * 1024.0 / 1e6);
    }
    table.limit("G14", what, &peaks, 40.0);
    Ok(())
}

/// An image that locks these packages, by name, for amd64.
fn image(ground: &Ground, name: &str, served: &Served, key: &Key, packages: &[String]) -> Result<()> {
    let uri = served.uri("debian");
    let manifest = format!(
        "version = 1\n\n[image]\nplatforms = [\"linux/amd64\"]\n\n[archives.debian]\nuri = \"{uri}\"\nsuites = [\"bookworm\"]\nsigned-by = \"bench.asc\"\n\n[pins.packages]\ndeb = {packages:?}\n"
    );
    ground.write(&format!("{name}/bench.asc"), key.armored())?;
    ground.write(&format!("{name}/pins.toml"), manifest)?;
    ground.write(&format!("{name}/Dockerfile"), "FROM scratch\n")
}
