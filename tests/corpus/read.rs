//! The fixtures as they stand on the disk.

use std::path::Path;

/// One of them.
pub struct Fixture {
    pub name: String,
    pub bytes: Vec<u8>,
    pub intakes: Vec<String>,
    pub lint: Vec<String>,
    pub pinned: Option<Vec<String>>,
    pub fixed: Vec<String>,
}

/// All of them, by name.
pub fn fixtures() -> Vec<Fixture> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/corpus");
    let mut names: Vec<_> = std::fs::read_dir(&root).unwrap().map(|e| e.unwrap().file_name()).collect();
    names.sort();
    assert!(names.len() >= 80, "the corpus is not whole");
    names.into_iter().map(|name| fixture(&root.join(&name), name.to_str().unwrap())).collect()
}

fn fixture(folder: &Path, name: &str) -> Fixture {
    let expected = std::fs::read_to_string(folder.join("expected")).unwrap();
    let section = |wanted: &str| {
        let mut lines = expected.split('\n').skip_while(|l| *l != format!("[{wanted}]"));
        lines.next()?;
        let own = lines.take_while(|l| !matches!(*l, "[intakes]" | "[lint]" | "[pinned]" | "[fixed]"));
        Some(own.filter(|l| !l.is_empty()).map(str::to_owned).collect::<Vec<_>>())
    };
    Fixture {
        name: name.to_owned(),
        bytes: std::fs::read(folder.join("Dockerfile")).unwrap(),
        intakes: section("intakes").unwrap(),
        lint: section("lint").unwrap(),
        pinned: section("pinned"),
        fixed: section("fixed").unwrap_or_default(),
    }
}

impl Fixture {
    /// The lines of an edited file that are not the old ones, each with its number.
    pub fn changed(&self, after: &[u8]) -> Vec<String> {
        let text = String::from_utf8_lossy(after)
            .replace(&format!("@{}", super::told::digest()), "@PIN")
            .replace(&super::told::digest(), "PIN")
            .replace(super::told::VERSION, "VERSION")
            .replace(&super::told::commit(), "COMMIT");
        let old = String::from_utf8_lossy(&self.bytes).into_owned();
        let before: Vec<&str> = old.split('\n').collect();
        let lines = text.split('\n').enumerate().filter(|(n, line)| before.get(*n) != Some(line));
        lines.map(|(n, line)| format!("{} {line}", n + 1)).collect()
    }
}
