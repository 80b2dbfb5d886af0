//! A thousand Dockerfiles in a hundred folders: lint (G19), and init without network that writes
//! nothing (G20), each under a second. No other tool reads them for what they take in; a search of
//! their text is the floor.

use std::path::Path;

use crate::Result;
use crate::ground::Ground;
use crate::table::{Row, Table};
use crate::wanted::Wanted;

pub fn measure(ground: &Ground, wanted: &Wanted, table: &mut Table) -> Result<()> {
    if !wanted.any(&["G19", "G20"]) {
        return Ok(());
    }
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/corpus");
    let mut texts = Vec::new();
    for entry in std::fs::read_dir(corpus)? {
        texts.push(std::fs::read(entry?.path().join("Dockerfile"))?);
    }
    texts.sort();
    let folders = if ground.quick { 5 } else { 100 };
    for n in 0..folders * 10 {
        let name = if n % 10 == 0 { "Dockerfile".to_owned() } else { format!("Dockerfile.{}", n % 10) };
        ground.write(&format!("front/f{:03}/{name}", n / 10), &texts[n % texts.len()])?;
    }
    let floor = "grep -rE '^(FROM|RUN|ADD|COPY|ARG)' front";
    for (goal, what, script) in [
        // it finds something: exit 1
        ("G19", "lint of 1,000 Dockerfiles", "\"$DUBO_PIN\" -C front lint || [ $? = 1 ]"),
        ("G20", "init of them, offline, dry run", "\"$DUBO_PIN\" -C front init --offline --dry-run"),
    ] {
        if !wanted.has(goal) {
            continue;
        }
        let pairs = ground.pairs(ground.count, script, floor)?;
        let seconds: Vec<f64> = pairs.iter().map(|p| p.ours.wall).collect();
        table.limit(goal, what, &seconds, 1.0);
        table.row(&Row {
            goal,
            what,
            against: "grep -rE, the floor",
            runs: 1,
            pairs: &pairs,
            of: |s| s.wall,
            most: None,
        });
    }
    Ok(())
}
