//! Placements, ownership and refusals over locks made by hand.

use super::*;
use crate::disk::{Before, DiskError, Found, Looked};
use proptest::prelude::*;

const MANIFEST: &str = r#"
version = 1

[image]
platforms = ["linux/amd64", "linux/arm64"]

[pins.tool]
url = "https://example.org/{version}/tool-{arch}.tar"
version = "1.2.3"
arch = { "linux/amd64" = "x64", "linux/arm64" = "armv8" }
vendor = "context/{platform}/tool-{version}.tar"
executable = true

[pins.site]
url = "https://example.org/site.tar"
vendor = "site.tar"
track = false
"#;

fn manifest(text: &str) -> Manifest {
    Manifest::parse("pins.toml", text.as_bytes()).unwrap()
}

fn artifact(path: &str, bytes: &str, platforms: &[&str]) -> Artifact {
    Artifact {
        platforms: platforms.iter().map(|p| p.parse().unwrap()).collect(),
        path: Some(path.parse().unwrap()),
        package: None,
        version: None,
        url: None,
        size: bytes.len() as u64,
        sha256: Sha256::of(bytes.as_bytes()),
    }
}

fn entry(version: Option<&str>, artifacts: Vec<Artifact>) -> Entry {
    let values = version.map(|v| ("version".parse().unwrap(), crate::lock::Value::One(v.parse().unwrap())));
    Entry {
        request: String::new(),
        values: values.into_iter().collect(),
        artifacts,
        evidence: BTreeMap::new(),
        first_seen: "2026-11-23".parse().unwrap(),
        seen: BTreeMap::new(),
    }
}

fn lock(pins: Vec<(&str, Entry)>) -> Lock {
    let pins = pins.into_iter().map(|(name, entry)| (name.parse().unwrap(), entry));
    let mut lock = Lock::default();
    lock.pins = pins.collect();
    lock
}

fn tool(version: &str, bytes: &str) -> Entry {
    let path = |platform: &str| format!("context/{platform}/tool-{version}.tar");
    let one = |platform: &str| artifact(&path(platform), &format!("{bytes} {platform}"), &[platform]);
    entry(Some(version), vec![one("linux/amd64"), one("linux/arm64")])
}

fn site(bytes: &str) -> Entry {
    entry(None, vec![artifact("site.tar", bytes, &["linux/amd64", "linux/arm64"])])
}

fn stands(all: &[(&str, &str)]) -> BTreeMap<RelPath, Looked> {
    let found = |(path, bytes): &(&str, &str)| {
        let found = Found {
            size: bytes.len() as u64,
            sha256: Some(Sha256::of(bytes.as_bytes())),
            executable: path.starts_with("context"),
        };
        (path.parse().unwrap(), Ok(Some(found)))
    };
    all.iter().map(found).collect()
}

fn was(bytes: &str) -> Before {
    Before::Digest { sha256: Sha256::of(bytes.as_bytes()), size: bytes.len() as u64 }
}

/// What is decided, in words.
fn told(decided: &Decided) -> Vec<String> {
    let step = |step: &Step| match step {
        Step::Write(p, Before::Absent) => format!("new {}", p.path),
        Step::Write(p, _) => format!("write {}", p.path),
        Step::Mode(p) => format!("mode {}", p.path),
        Step::Remove(path, _) => format!("remove {path}"),
    };
    let refused = decided.refusals.iter().map(|r| format!("refuse {}", r.path));
    let left = decided.left.iter().map(|(_, path)| format!("leave {path}"));
    decided.steps.iter().map(step).chain(refused).chain(left).collect()
}

fn go(manifest: &Manifest, old: &Lock, new: &Lock, listed: &Listed, now: &[(&str, &str)], force: bool) -> Vec<String> {
    told(&decide(manifest, old, new, listed, &stands(now), force))
}

#[test]
fn each_platform_has_its_place_and_what_is_shared_has_one() {
    let lock = lock(vec![("site", site("s")), ("tool", tool("1.2.3", "t")), ("gone", site("x"))]);
    let all = placed(&manifest(MANIFEST), &lock);
    let shown: Vec<String> = all
        .placements
        .iter()
        .map(|p| format!("{} {} {} {} {}", p.pin, p.path, p.executable, p.track, p.platforms.len()))
        .collect();
    assert_eq!(
        shown,
        [
            "tool context/linux/amd64/tool-1.2.3.tar true true 1",
            "tool context/linux/arm64/tool-1.2.3.tar true true 1",
            "site site.tar false false 2"
        ]
    );
    assert_eq!(all.strays, []);
}

#[test]
fn a_path_that_the_manifest_does_not_give_is_a_stray() {
    let manifest = manifest(MANIFEST);
    let mut swapped = tool("1.2.3", "t");
    for (artifact, platform) in swapped.artifacts.iter_mut().zip(["linux/arm64", "linux/amd64"]) {
        artifact.platforms = vec![platform.parse().unwrap()];
    }
    let evil = entry(None, vec![artifact("Dockerfile", "x", &[])]);
    let bare = entry(None, vec![]);
    let all = placed(&manifest, &lock(vec![("tool", swapped), ("site", evil)]));
    assert_eq!((all.placements.len(), all.strays.len()), (0, 3));
    let all = placed(&manifest, &lock(vec![("site", bare)]));
    assert_eq!(all.strays, [Stray::None("site".parse().unwrap())]);
}

#[test]
fn only_dubo_pins_own_file_is_overwritten() {
    let m = manifest(MANIFEST);
    let (old, new) = (lock(vec![("site", site("old"))]), lock(vec![("site", site("new"))]));
    let none = Listed::default();
    for (now, force, expected) in [
        (&[][..], false, "new site.tar"),
        (&[("site.tar", "old")], false, "write site.tar"),
        (&[("site.tar", "edited")], false, "refuse site.tar"),
        (&[("site.tar", "edited")], true, "write site.tar"),
    ] {
        assert_eq!(go(&m, &old, &new, &none, now, force), [expected]);
    }
    // The very bytes are adopted, whoever put them there.
    for old in [&old, &Lock::default()] {
        assert_eq!(go(&m, old, &new, &none, &[("site.tar", "new")], false), Vec::<String>::new());
    }
    // Not in the old lock: somebody else's, even with bytes that the lock knows elsewhere.
    let decided = decide(&m, &Lock::default(), &new, &none, &stands(&[("site.tar", "old")]), false);
    let trouble = decided.refusals[0].to_trouble();
    assert_eq!(trouble.message, "`site.tar` is not overwritten, since dubo-pin did not write it");
    assert_eq!(trouble.place.unwrap().file, "site.tar");
    assert!(trouble.help.unwrap().contains("--force"));
    // A symlink is refused, by force too.
    let link = BTreeMap::from([("site.tar".parse().unwrap(), Err(DiskError::Symlink("site.tar".to_owned())))]);
    for force in [false, true] {
        assert_eq!(told(&decide(&m, &old, &new, &none, &link, force)), ["refuse site.tar"]);
    }
}

#[test]
fn only_the_execute_bit_is_set_where_the_bytes_are_right() {
    let m = manifest(MANIFEST);
    let all = lock(vec![("tool", tool("1.2.3", "t"))]);
    let (amd, arm) = ("context/linux/amd64/tool-1.2.3.tar", "context/linux/arm64/tool-1.2.3.tar");
    let mut now = stands(&[(amd, "t linux/amd64"), (arm, "t linux/arm64")]);
    assert_eq!(told(&decide(&m, &all, &all, &Listed::default(), &now, false)), Vec::<String>::new());
    if let Some(Ok(Some(found))) = now.get_mut(&arm.parse().unwrap()) {
        found.executable = false;
    }
    assert_eq!(told(&decide(&m, &all, &all, &Listed::default(), &now, false)), [format!("mode {arm}")]);
}

#[test]
fn files_of_an_old_version_go_and_edited_ones_do_not() {
    let m = manifest(MANIFEST);
    let (old, new) = (lock(vec![("tool", tool("1.2.2", "t"))]), lock(vec![("tool", tool("1.2.3", "u"))]));
    let at = |platform: &str, version: &str| format!("context/{platform}/tool-{version}.tar");
    let (amd, arm) = (at("linux/amd64", "1.2.2"), at("linux/arm64", "1.2.2"));
    let now = [(amd.as_str(), "t linux/amd64"), (arm.as_str(), "edited")];
    let added = [format!("new {}", at("linux/amd64", "1.2.3")), format!("new {}", at("linux/arm64", "1.2.3"))];
    let mut expected = added.to_vec();
    expected.extend([format!("remove {amd}"), format!("refuse {arm}")]);
    assert_eq!(go(&m, &old, &new, &Listed::default(), &now, false), expected);
    let decided = decide(&m, &old, &new, &Listed::default(), &stands(&now), false);
    assert!(decided.steps.contains(&Step::Remove(amd.parse().unwrap(), was("t linux/amd64"))));
    let mut forced = added.to_vec();
    forced.extend([format!("remove {amd}"), format!("remove {arm}")]);
    assert_eq!(go(&m, &old, &new, &Listed::default(), &now, true), forced);
}

#[test]
fn a_pin_that_left_takes_along_only_what_the_block_names() {
    let m = manifest("version = 1\n");
    let listed = Listed::read(b"", &ignores(b"", &[Named::File("site.tar".parse().unwrap())]));
    let old = lock(vec![
        ("site", site("s")),
        ("evil", entry(None, vec![artifact("Dockerfile", "FROM x", &[]), artifact("src/main.c", "int", &[])])),
    ]);
    let now = [("site.tar", "s"), ("Dockerfile", "FROM x"), ("src/main.c", "int")];
    for force in [false, true] {
        let decided = go(&m, &old, &Lock::default(), &listed, &now, force);
        assert_eq!(decided, ["remove site.tar", "leave Dockerfile", "leave src/main.c"]);
    }
    // An entry that is not pruned yet keeps its files.
    assert_eq!(go(&m, &old, &old, &listed, &now, false), Vec::<String>::new());
    // A block that names what is the user's by its name changes nothing.
    let all = Listed::read(b"", &ignores(b"", &[Named::File("Dockerfile".parse().unwrap())]));
    assert!(go(&m, &old, &Lock::default(), &all, &now, true).contains(&"leave Dockerfile".to_owned()));
}

#[test]
fn twins_reserved_names_and_too_large_files_are_refused_beforehand() {
    let m = manifest(MANIFEST);
    let placement = |path: &str, size, track| Placement {
        pin: "site".parse().unwrap(),
        path: path.parse().unwrap(),
        sha256: Sha256::of(b""),
        size,
        executable: false,
        track,
        platforms: Vec::new(),
    };
    let said = |paths: &[&str], tree: &[&str]| {
        let all: Vec<Placement> = paths.iter().map(|p| placement(p, 1, true)).collect();
        let troubles = vet(&m, &all, tree.iter().copied());
        troubles.into_iter().map(|t| t.message).collect::<Vec<_>>()
    };
    assert_eq!(said(&["a/x", "a/y"], &["a/x", "b"]), Vec::<String>::new());
    assert_eq!(said(&["a/x", "a/X"], &[]), ["`a/X` and `a/x` are one file on some systems"]);
    assert_eq!(said(&["context/x"], &["Context/y"]), ["`context` and `Context` are one file on some systems"]);
    assert_eq!(said(&["\u{e9}"], &["e\u{301}"]), ["`\u{e9}` and `e\u{301}` are one file on some systems"]);
    assert_eq!(said(&["a", "a/b"], &[]), ["`a` would be a file and a folder"]);
    for reserved in ["pins.lock", ".gitattributes", "x/.dockerignore", "Dockerfile", ".dubo-pin/x", "a/Dockerfile.dev"]
    {
        assert_eq!(said(&[reserved], &[]), [format!("nothing can be vendored at `{reserved}`")]);
    }
    let troubles = vet(&m, &[placement("big", TRACKED + 1, true)], []);
    assert_eq!(troubles[0].found.as_deref(), Some("95000001 bytes"));
    assert!(troubles[0].help.as_ref().unwrap().contains("track = false"));
    assert_eq!(troubles[0].place.as_ref().unwrap().line, 16);
    assert!(vet(&m, &[placement("big", TRACKED + 1, false), placement("c", TRACKED, true)], []).is_empty());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]
    /// Without force no file is overwritten or removed whose bytes are not the old lock's.
    #[test]
    fn no_file_of_the_users_is_ever_touched(
        old in proptest::option::of("[ab]"), new in proptest::option::of("[ab]"), now in "[abc]",
        vendor in prop_oneof![Just("site.tar"), Just("other.tar")], listed in any::<bool>(),
    ) {
        let m = manifest(&MANIFEST.replace("\"site.tar\"", &format!("\"{vendor}\"")));
        let of = |bytes: &Option<String>| lock(bytes.iter().map(|b| ("site", site(b))).collect());
        let names = [Named::File("site.tar".parse().unwrap())];
        let listed = if listed { Listed::read(&attributes(b"", &names), b"") } else { Listed::default() };
        let decided = decide(&m, &of(&old), &of(&new), &listed, &stands(&[("site.tar", &now)]), false);
        for step in &decided.steps {
            match step {
                Step::Write(_, before) | Step::Remove(_, before) => {
                    prop_assert_eq!(before, &was(&now));
                    prop_assert_eq!(old.as_ref(), Some(&now));
                }
                Step::Mode(_) => prop_assert_eq!(new.as_ref(), Some(&now)),
            }
        }
    }
}
