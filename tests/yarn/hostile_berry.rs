//! The holes of berry: what `yarn install --immutable` installs without a word, and verify finds.

use crate::support::yarn::{Package, Yarn};

use super::hostile::{finds, wrong};
use super::{BRANCH, Desk};

fn sound() -> impl Iterator<Item = Desk> {
    crate::support::yarn::berries().into_iter().map(|yarn| {
        let desk = Desk::new(yarn);
        desk.hub.registry.publish(&Package::new("left-evil", "1.1.0").says("evil"));
        desk.project(&[("homebridge", BRANCH), ("left-b", "^1.0.0")]);
        desk.run(&["refresh"]).code(0);
        desk.verify().code(0);
        desk
    })
}

/// The block of an entry, by the beginning of its key.
fn block(desk: &Desk, begin: &str) -> String {
    desk.blocks().iter().find(|(key, _)| key.starts_with(begin)).unwrap().1.clone()
}

/// A field of a block, with its line end.
fn field(block: &str, name: &str) -> String {
    block.lines().find(|l| l.trim_start().starts_with(&format!("{name}:"))).unwrap().to_owned() + "\n"
}

#[test]
fn a_resolution_that_was_injected() {
    for desk in sound() {
        let before = desk.read("yarn.lock");
        let resolution = field(&block(&desk, "\"left-a@"), "resolution");
        assert_eq!(resolution, "  resolution: \"left-a@npm:1.1.0\"\n");
        wrong(
            &desk,
            "another package",
            "yarn.lock",
            (&resolution, "  resolution: \"left-evil@npm:1.1.0\"\n"),
            "YARN007",
            "\"left-a@",
        );
        wrong(
            &desk,
            "another version",
            "yarn.lock",
            (&resolution, "  resolution: \"left-a@npm:1.0.0\"\n"),
            "YARN007",
            "\"left-a@",
        );
        // A version that the range does not hold.
        let old = block(&desk, "\"left-b@");
        let new = old.replace("left-b@npm:1.0.0", "left-b@npm:3.0.0").replace("version: 1.0.0", "version: 3.0.0");
        wrong(&desk, "outside its range", "yarn.lock", (&old, &new), "YARN007", "\"left-b@");
        let git = field(&block(&desk, "\"homebridge@"), "resolution");
        for (what, to, id) in [
            ("another repository", git.replace("dubo/", "evil/"), "YARN007"),
            ("another host", git.replace("github.com", "gitlab.com"), "YARN007"),
            ("another commit", git.replace(&desk.first, "0123456789abcdef0123456789abcdef01234567"), "YARN004"),
            ("a branch", git.replace(&format!("commit={}", desk.first), "main"), "YARN003|YARN004|YARN014"),
            ("the registry", "  resolution: \"homebridge@npm:1.0.0\"\n".to_owned(), "YARN007"),
            ("another name", git.replace("\"homebridge@", "\"left-evil@"), "YARN007"),
        ] {
            wrong(&desk, what, "yarn.lock", (&git, &to), id, "\"homebridge@");
        }
        assert_eq!(desk.read("yarn.lock"), before);
        desk.verify().code(0);
    }
}

#[test]
fn a_checksum_that_is_missing_or_malformed() {
    for desk in sound() {
        let checksum = field(&block(&desk, "\"left-a@"), "checksum");
        let before = desk.read("yarn.lock");
        // Real yarn tolerates that it is missing, and says no word of it.
        desk.edit("yarn.lock", &checksum, "");
        finds(&desk, "missing", "YARN009", "yarn.lock", "\"left-a@");
        desk.work.write("app/yarn.lock", before);
        let digits = checksum.trim().rsplit(['/', ' ']).next().unwrap().to_owned();
        for (what, to) in [("cut", &digits[..64]), ("no hex", &"z".repeat(128)), ("empty", "")] {
            let to = checksum.replace(&digits, to);
            // Yarn 3 writes no prefix: then nothing is left, which is no value at all.
            wrong(&desk, what, "yarn.lock", (&checksum, &to), "YARN009|YARN001", "\"left-a@");
        }
        let git = field(&block(&desk, "\"homebridge@"), "checksum");
        wrong(&desk, "missing of a git package", "yarn.lock", (&git, ""), "YARN009", "\"homebridge@");
        desk.verify().code(0);
    }
}

#[test]
fn an_entry_that_is_stale_absent_or_orphaned() {
    for desk in sound() {
        let git = block(&desk, "\"homebridge@");
        let dependency = field(&git, "left-a");
        let section = format!("  dependencies:\n{dependency}");
        for (what, from, to) in [
            ("without its dependencies", &section, String::new()),
            ("another range", &section, section.replace("^1.0.0", "^1.1.0")),
            ("a dependency more", &section, format!("{section}{}", dependency.replace("left-a", "left-b"))),
            ("another version", &git, git.replace("version: 1.0.0", "version: 1.0.1")),
        ] {
            wrong(&desk, what, "yarn.lock", (from, &to), "YARN010", "\"homebridge@");
        }
        let left = block(&desk, "\"left-a@");
        wrong(&desk, "absent", "yarn.lock", (&format!("{left}\n\n"), ""), "YARN005", "\"homebridge@");
        let orphan = left.replace("left-a", "left-evil");
        let more = format!("{left}\n\n{orphan}");
        wrong(&desk, "an orphan", "yarn.lock", (&left, &more), "YARN006", "\"left-evil@");
        desk.verify().code(0);
    }
}

#[test]
fn the_entry_of_the_project_itself_is_held_to_package_json() {
    for desk in sound() {
        let root = block(&desk, "\"app@workspace:");
        let line = field(&root, "left-b");
        let before = desk.read("yarn.lock");
        let without = root.replace(&line, "");
        desk.work.write("app/yarn.lock", before.replace(&root, &without));
        let found = super::hostile::findings(&desk);
        assert!(
            found.iter().any(|(id, f, ..)| matches!(id.as_str(), "YARN005" | "YARN006" | "YARN010" | "YARN011")
                && f.starts_with("app/")),
            "{found:?}"
        );
        desk.work.write("app/yarn.lock", before);
        desk.verify().code(0);
    }
}

#[test]
fn a_metadata_that_this_version_does_not_know_is_told() {
    for desk in sound() {
        let line = desk.read("yarn.lock").lines().find(|l| l.starts_with("  version: ")).unwrap().to_owned();
        let known = if desk.yarn == Yarn::V3 { "  version: 6" } else { "  version: 10" };
        assert_eq!(line, known, "the facts");
        wrong(
            &desk,
            "of the future",
            "yarn.lock",
            (&format!("{line}\n  cacheKey"), "  version: 999\n  cacheKey"),
            "YARN001",
            "999",
        );
        desk.verify().code(0);
    }
}

/// berry#6759: what is for another system alone has no checksum; that alone is no finding.
#[test]
fn a_package_for_another_system_has_no_checksum_and_is_not_found() {
    for yarn in crate::support::yarn::berries().into_iter() {
        let desk = Desk::new(yarn);
        desk.hub.registry.publish(&Package::new("only-mac", "1.0.0").field("os", serde_json::json!(["darwin"])));
        desk.homebridge.commit("main", &super::homebridge("1.1.0").under("optionalDependencies", "only-mac", "^1.0.0"));
        desk.project(&[("homebridge", BRANCH)]);
        let entry = block(&desk, "\"only-mac@");
        assert!(entry.contains("conditions: os=darwin") && !entry.contains("checksum"), "{entry}");
        desk.run(&["refresh"]).code(0);
        desk.verify().code(0);
        desk.installs(&[("homebridge", "homebridge 1.1.0")]);
    }
}
