//! A workspace of two hundred images in one repository: one command against a loop (G17), and the hook,
//! where one image changed, against git's own look at its files (G18).

use std::fmt::Write as _;

use crate::Result;
use crate::ground::{Ground, Sample};
use crate::support::git_memory::{GitMemory, Repo};
use crate::table::{Row, Table};
use crate::wanted::Wanted;

const GIT: &str = "git -C all -c user.name=bench -c user.email=bench@host.example";

pub fn measure(ground: &Ground, wanted: &Wanted, table: &mut Table) -> Result<()> {
    if !wanted.any(&["G17", "G18"]) {
        return Ok(());
    }
    let members = if ground.quick { 10 } else { 200 };
    let mut repo = Repo::default();
    let first = repo.commit("release", &[]);
    repo.set("refs/tags/v1.0.0", first);
    repo.set("refs/heads/main", first);
    let server = GitMemory::serve(repo);
    ground.write("all/pins.toml", "version = 1\n[workspace]\nmembers = [\"*\"]\n")?;
    for n in 0..members {
        image(ground, &server, &format!("all/m{n:03}"))?;
    }
    ground.said("\"$DUBO_PIN\" -C all refresh")?;
    let each = |verb: &str| format!("for m in all/m*; do \"$DUBO_PIN\" -C $m {verb} || exit 1; done");
    let mut row = |goal: &str, what: &str, against: &str, pairs: &[_], most| {
        table.row(&Row { goal, what, against, runs: 1, pairs, of: Sample::wall, most });
    };
    if wanted.has("G17") {
        let pairs = ground.pairs(ground.count, "\"$DUBO_PIN\" -C all verify", &each("verify"))?;
        row("G17", "verify of 200 members", "verify of each, a loop", &pairs, Some(0.25));
        let pairs = ground.pairs(ground.count, "\"$DUBO_PIN\" -C all refresh", &each("refresh"))?;
        row("G17", "refresh of 200 members, unchanged", "refresh of each, a loop", &pairs, Some(0.25));
    }
    if wanted.has("G18") {
        ground.said(&format!("git init -q all && {GIT} add -A && {GIT} commit -q -m all"))?;
        ground.said(&format!("echo '# one changed' >> all/m003/Dockerfile && {GIT} add -A"))?;
        let pairs = ground.pairs(ground.count, "\"$DUBO_PIN\" -C all hook run", &format!("{GIT} status"))?;
        row("G18", "the hook, one member of 200 staged", "git status", &pairs, Some(1.5));
    }
    Ok(())
}

/// One image with four pins.
fn image(ground: &Ground, server: &GitMemory, name: &str) -> Result<()> {
    let (mut dockerfile, mut manifest) = ("FROM scratch\n".to_owned(), "version = 1\n".to_owned());
    for n in 0..4 {
        writeln!(dockerfile, "ARG P{n}=")?;
        writeln!(manifest, "[pins.p{n}]\ngit = \"{}\"\nversion = \"^1\"", server.url())?;
        writeln!(manifest, "into = [{{ arg = \"P{n}\" }}]")?;
    }
    ground.write(&format!("{name}/Dockerfile"), dockerfile)?;
    ground.write(&format!("{name}/pins.toml"), manifest)
}
