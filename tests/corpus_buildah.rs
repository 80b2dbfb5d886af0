//! Another builder as oracle: which image, stage and number of instructions buildah reads in the
//! fixtures of the corpus, against ours.
//!
//! It is asked without network and with an empty store: before it looks for the first base, it prints
//! `[stage/stages] STEP 1/count: FROM image`, variables expanded. Only that is compared: what lies
//! behind a base that it does not have cannot be asked. BuildKit is what we follow; where buildah
//! reads otherwise, [`OTHERWISE`] names why.

use std::path::Path;
use std::process::Command;

use dubo_pin::dockerfile::Dockerfile;
use dubo_pin::dockerfile::images::Role;

/// Fixtures that buildah 1.28 reads in another way than BuildKit, and what it does.
const OTHERWISE: &[(&str, &str)] = &[
    ("from-prefix-and-suffix-cut", "knows no `#`, `%` and `/` in a variable"),
    ("from-in-a-heredoc", "reads the text of heredocs as instructions"),
    ("urls-that-no-reader-takes", "reads the text of heredocs as instructions"),
    ("apt-in-a-heredoc", "reads the text of heredocs as instructions"),
    ("comment-ends-a-command-in-a-heredoc", "reads the text of heredocs as instructions"),
    ("two-backslashes-continue-nothing", "continues a line behind two backslashes"),
];

/// What buildah says of a Dockerfile: stage, stages, instructions of the stage, image.
fn asked(buildah: &Path, file: &Path) -> Option<(usize, usize, usize, String)> {
    let context = tempfile::tempdir().unwrap();
    let script = "exec unshare -n buildah --root \"$1/store\" --runroot \"$1/run\" --storage-driver vfs \
        build --pull-never --layers=false --isolation chroot -f \"$2\" \"$3\"";
    let done =
        Command::new("sh").args(["-c", script, "-"]).arg(buildah).arg(file).arg(context.path()).output().unwrap();
    let said = String::from_utf8_lossy(&done.stdout).into_owned();
    let line = said.lines().find(|l| l.contains("STEP 1/") && l.contains(": FROM "))?;
    let (head, image) = line.split_once(": FROM ")?;
    let (stage, step) = head.split_once("STEP 1/")?;
    let (stage, stages) = match stage.trim().trim_matches(['[', ']']).split_once('/') {
        Some((stage, stages)) => (stage.parse().ok()?, stages.parse().ok()?),
        None => (1, 1),
    };
    Some((stage, stages, step.parse().ok()?, image.split(' ').next()?.to_owned()))
}

#[test]
fn buildah_reads_the_same_first_stage_of_every_fixture_where_it_can_be_asked() {
    let root = Command::new("id").arg("-u").output().is_ok_and(|o| o.stdout == b"0\n");
    let there = |program: &str| Command::new(program).arg("--version").output().is_ok_and(|o| o.status.success());
    if !root || !there("buildah") || !there("unshare") {
        println!("skipped: no buildah to ask");
        return;
    }
    let store = tempfile::tempdir().unwrap();
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/corpus");
    let (mut compared, mut silent, mut wrong) = (0, Vec::new(), Vec::new());
    let mut names: Vec<_> =
        std::fs::read_dir(&corpus).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    for name in names {
        let path = corpus.join(&name).join("Dockerfile");
        let file = Dockerfile::parse("Dockerfile", std::fs::read(&path).unwrap()).unwrap();
        // without a clear base there is nothing to compare; a scratch base would be built on
        let first = file.stages().iter().position(|s| s.base != "scratch");
        let image = file.images().found.iter().find(|i| i.role == Role::From && i.stage == first);
        let (Some(_), Some(image)) = (first, image) else {
            silent.push(name);
            continue;
        };
        let found = asked(store.path(), &path);
        let ours = image.stage.map(|stage| {
            let own = file.instructions().iter().filter(|i| i.stage == Some(stage)).count();
            (stage + 1, file.stages().len(), own, image.reference.to_string())
        });
        match (&found, OTHERWISE.iter().any(|(n, _)| *n == name)) {
            (Some((stage, stages, own, image)), false) => {
                let stage = *stage - 1;
                let count = file.instructions().iter().filter(|i| i.stage == Some(stage)).count();
                let base = file.images().found.iter().find(|i| i.role == Role::From && i.stage == Some(stage));
                let scratch = || file.stages().get(stage).map(|s| s.base.clone()).filter(|b| b == "scratch");
                let base = base.map(|i| i.reference.to_string()).or_else(scratch);
                if (*stages, *own, Some(image)) != (file.stages().len(), count, base.as_ref()) {
                    wrong.push(format!("{name}: buildah {found:?}, ours {ours:?}"));
                }
                compared += 1;
            }
            (_, true) if found == ours => wrong.push(format!("{name}: is read the same by now")),
            (_, true) => {}
            (None, false) => silent.push(name),
        }
    }
    println!("compared {compared}; could not be asked: {}", silent.join(", "));
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
    assert!(compared >= 40, "only {compared} could be compared; silent: {silent:?}");
}
