//! README.md played as a new user would: its files laid, its commands typed in their order, and what they
//! say held against what it shows.
//!
//! The addresses of README.md stay as they are: mirrors of the machine lead them to servers on loopback, as
//! they may anywhere. Nothing else is put in between, so that what is compared is compared whole. With
//! `UPDATE_README=1` what was said is written into README.md in place of what it shows.

mod page;
mod session;
mod upstream;

use std::path::{Path, PathBuf};

use page::{Page, Part};
use session::Session;
use upstream::Upstream;

fn readme() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")
}

/// The sections that are played, in one repository and in this order, and what is done before each that is
/// not its reader's doing.
const PLAYED: [(&str, &str); 4] = [
    ("From a refresh.sh", ""),
    // A clone of the same repository as it was before anything newer was taken, without a hook.
    (
        "The hook",
        "cd .. && rm -rf images && git clone -q https://git.example/images.git && cd images && git reset -q --hard ':/Pins are kept'",
    ),
    ("In CI", "git checkout -q . && sed -i s/deb12u15/deb12u14/ tools/Dockerfile"),
    ("What is pinned where", "git checkout -q ."),
];

#[test]
#[allow(clippy::disallowed_methods, reason = "a test's own environment")]
fn what_the_readme_shows_is_what_happens() {
    let text = std::fs::read_to_string(readme()).unwrap();
    let page = Page::read(&text);
    let up = Upstream::start(&page.first_files(PLAYED[0].0));
    up.is_pinned_in(&text);
    let mut session = Session::new(&up);
    for (section, before) in PLAYED {
        session.silently(before);
        for part in page.section(section) {
            match part {
                Part::File { path, content, .. } if !up.has(path) => session.lay(path, content),
                Part::File { .. } => (),
                Part::Typed { command, shown, line } => session.typed(command, shown, *line),
            }
        }
    }
    let mut said = session.run();
    said.sort_by_key(|said| said.line);
    if std::env::var_os("UPDATE_README").is_some() {
        std::fs::write(readme(), page.with(&said)).unwrap();
        return;
    }
    let mut wrong = String::new();
    for said in &said {
        if said.shown != said.really {
            wrong += &format!("README.md:{}: $ {}\n{}\n", said.line, said.command, apart(&said.shown, &said.really));
        }
    }
    assert!(wrong.is_empty(), "UPDATE_README=1 writes what is said now.\n\n{wrong}");
    assert!(said.len() > 20, "only {} commands were found", said.len());
}

/// What was shown and what was said, as a diff without context.
fn apart(shown: &str, really: &str) -> String {
    let lines = |text: &str, others: &str, mark: &str| -> String {
        let others: Vec<&str> = others.lines().collect();
        text.lines().filter(|l| !others.contains(l)).map(|l| format!("{mark}{l}\n")).collect()
    };
    format!("{}{}", lines(shown, really, "-"), lines(really, shown, "+"))
}

/// What the CI recipe runs is what the section has its reader run as CI.
#[test]
fn what_ci_runs_is_what_was_played() {
    let text = std::fs::read_to_string(readme()).unwrap();
    let workflow = text.split_once("# .github/workflows/pins.yml\n").unwrap().1.split_once("\n```").unwrap().0;
    let run = workflow.lines().filter_map(|l| l.trim().strip_prefix("- run: ")).next_back().unwrap();
    let page = Page::read(&text);
    let typed = |part: &&Part| matches!(part, Part::Typed { command, .. } if command.starts_with(run));
    assert_eq!(run, "dubo-pin verify --format github");
    assert_eq!(page.section(PLAYED[0].0).iter().filter(typed).count(), 2);
}
