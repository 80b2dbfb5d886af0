//! Workspaces: one command over all members, results by member, what is inherited.

use super::join::releases;
use super::support::git_memory::GitMemory;
use super::support::program::Work;

const ROOT: &str = "version = 1\n[workspace]\nmembers = [\"*\", \"images/*\"]\nexclude = [\"old\"]\n";

fn manifest(url: &str, pin: &str, more: &str) -> String {
    format!("version = 1\n[pins.{pin}]\ngit = \"{url}\"\nversion = \"^1\"\ninto = [{{ arg = \"X\" }}]\n{more}")
}

/// Three members, each with one pin at the older of two releases, locked.
fn three() -> (GitMemory, Work, Vec<String>) {
    let (repo, ids) = releases(2);
    let server = GitMemory::serve(repo);
    let work = Work::new();
    work.write("pins.toml", ROOT);
    for (member, pin) in [("caddy", "web"), ("images/dns", "dns"), ("images/base", "web")] {
        work.write(&format!("{member}/Dockerfile"), format!("FROM scratch\nARG X={}\n", ids[0]));
        work.write(&format!("{member}/pins.toml"), manifest(&server.url(), pin, ""));
    }
    // Neither has a say: one is excluded, one has no manifest, one stands deeper.
    work.write("old/pins.toml", "not toml at all").write("notes/README", "x").write("a/b/c/pins.toml", "nor this");
    work.run(&["refresh", "--keep"]).code(0);
    (server, work, ids)
}

fn json(work: &Work, arguments: &[&str]) -> serde_json::Value {
    let ran = work.run(&[arguments, &["--format", "json"]].concat());
    serde_json::from_str(&ran.out).unwrap_or_else(|e| panic!("{e}: {}", ran.all()))
}

fn members(report: &serde_json::Value) -> Vec<(String, u64)> {
    let of = |m: &serde_json::Value| (m["member"].as_str().unwrap().to_owned(), m["exit"].as_u64().unwrap());
    report["members"].as_array().unwrap().iter().map(of).collect()
}

#[test]
fn one_command_over_all_members_names_and_globs() {
    let (_server, work, ids) = three();
    work.run(&["verify"]).code(0).says("3 verified");
    for member in ["caddy", "images/dns", "images/base"] {
        assert!(work.read(&format!("{member}/Dockerfile")).contains(&ids[0]), "--keep moved {member}");
        work.run(&["-C", member, "verify"]).code(0).says("1 verified");
    }
    assert!(!work.image().join("pins.lock").exists());
    work.run(&["verify", "images/*"]).code(0).says("2 verified");
    work.run(&["verify", "caddy/", "images/dns"]).code(0).says("2 verified");
    work.run(&["verify", "cady"]).code(2).says("no member of the workspace is called `cady`");
    work.run(&["-C", "caddy", "verify", "caddy"]).code(2).says("this is none");
    let moved = |member: &str| work.read(&format!("{member}/Dockerfile")).contains(&ids[1]);
    work.run(&["refresh", "images/*/dns"]).code(0);
    assert_eq!([moved("caddy"), moved("images/dns"), moved("images/base")], [false, true, false]);
    work.run(&["refresh", "caddy/*"]).code(0);
    assert_eq!([moved("caddy"), moved("images/dns"), moved("images/base")], [true, true, false]);
    work.run(&["outdated", "web"]).code(1).never_says("dns");
    work.run(&["refresh", "w*"]).code(0);
    assert!(moved("images/base"));
    work.run(&["outdated"]).code(0);
    work.run(&["refresh", "caddi/web"])
        .code(2)
        .says("no pin of any member is called `caddi/web`")
        .says("did you mean caddy/web?");
    work.run(&["refresh", "nothing"]).code(2);
    work.run(&["refresh", "web", "--to", "v1.0.0"]).code(2).says("--to sets one pin");
    work.run(&["refresh", "caddy/web", "--to", "v1.0.0"]).code(0);
    assert!(work.read("caddy/Dockerfile").contains(&ids[0]));
}

#[test]
fn results_are_told_by_member_as_seen_from_the_workspace() {
    let (_server, work, ids) = three();
    let wrong = work.read("images/dns/Dockerfile").replace(&ids[0], &ids[1]);
    work.write("images/dns/Dockerfile", wrong);
    let ran = work.run(&["verify"]).code(1).says("images/dns/Dockerfile:2").says("LOCK001");
    assert!(ran.all().contains("dubo-pin -C images/dns refresh"), "{}", ran.all());
    let report = json(&work, &["verify"]);
    let expected = [("caddy", 0), ("images/base", 0), ("images/dns", 1)];
    assert_eq!(members(&report), expected.map(|(name, exit)| (name.to_owned(), exit)));
    assert_eq!(report["exit"], 1);
    assert_eq!(report["members"][2]["findings"][0]["file"], "images/dns/Dockerfile");
    work.run(&["verify", "--format", "github"]).code(1).says("file=images/dns/Dockerfile");
    // One that cannot be read does not keep the others from being judged, and weighs most.
    work.write("caddy/pins.toml", "version = 1\nnonsense = 1\n");
    let report = json(&work, &["verify"]);
    assert_eq!(members(&report).iter().map(|m| m.1).collect::<Vec<_>>(), [2, 0, 1]);
    assert_eq!(report["exit"], 2);
    assert_eq!(report["members"][0]["failures"][0]["file"], "caddy/pins.toml");
}

#[test]
fn a_member_that_fails_keeps_its_state_and_the_others_move() {
    let (server, work, ids) = three();
    let (repo, _) = releases(1);
    let gone = GitMemory::serve(repo).url();
    work.write("caddy/pins.toml", manifest(&gone, "web", ""));
    let before = work.read("caddy/pins.lock");
    work.run(&["refresh"]).code(4).says("web");
    assert_eq!(work.read("caddy/pins.lock"), before);
    assert!(work.read("images/dns/Dockerfile").contains(&ids[1]));
    drop(server);
}

#[test]
fn members_inherit_by_table_entry_and_their_own_wins() {
    let (repo, ids) = releases(2);
    let server = GitMemory::serve(repo);
    let work = Work::new();
    let root = "version = 1\n[workspace]\nmembers = [\"*\"]\n[image]\nplatforms = [\"linux/amd64\"]\n[policy]\nfreeze = { reason = \"holidays\", until = \"2999-12-31\" }\n";
    work.write("pins.toml", root);
    for (member, more) in [("a", ""), ("b", "freeze = { reason = \"over\", until = \"2001-01-01\" }\n")] {
        work.write(&format!("{member}/Dockerfile"), format!("FROM scratch\nARG X={}\n", ids[0]));
        work.write(&format!("{member}/pins.toml"), manifest(&server.url(), "p", more));
    }
    work.run(&["refresh", "--keep"]).code(0);
    work.run(&["refresh"]).code(0).says("holidays");
    assert!(work.read("a/Dockerfile").contains(&ids[0]));
    assert!(work.read("b/Dockerfile").contains(&ids[1]));
    // The same where the member is refreshed by itself, from wherever it is named.
    work.run(&["-C", "a", "refresh"]).code(0).says("holidays");
    assert!(work.read("a/Dockerfile").contains(&ids[0]));
    // What the workspace says wrongly is told with its place, as seen from the member.
    work.write("pins.toml", root.replace("holidays\", until = \"2999-12-31\"", "x\", until = \"soon\""));
    work.run(&["-C", "a", "verify"]).code(2).says("../pins.toml:7");
    work.run(&["verify"]).code(2).says("pins.toml:7").never_says("../");
    // A member that is excluded inherits nothing.
    work.write("pins.toml", root.replace("[\"*\"]", "[\"*\"]\nexclude = [\"a\"]"));
    work.run(&["-C", "a", "refresh"]).code(0).never_says("holidays");
    assert!(work.read("a/Dockerfile").contains(&ids[1]));
}

#[test]
fn what_is_wrong_with_a_workspace_is_told() {
    let work = Work::new();
    work.write("pins.toml", "version = 1\n[workspace]\nmembers = [\"a\", \"b/*\"]\n");
    work.run(&["verify"]).code(2).says("there is no pins.toml in the member `a`").says("pins.toml:3");
    work.write("pins.toml", "version = 1\n[workspace]\nmembers = [\"*\"]\n");
    work.run(&["verify"]).code(2).says("the workspace has no members");
    work.write("pins.toml", "version = 1\n[workspace]\nmembers = [\"**\"]\n");
    work.run(&["verify"]).code(2).says("`**` is not understood");
    work.write("pins.toml", "version = 1\n[workspace]\nmembers = [\"*\"]\n")
        .write("a/pins.toml", "version = 1\n[workspace]\nmembers = [\"*\"]\n");
    work.run(&["verify"]).code(2).says("a member of a workspace cannot be a workspace").says("a/pins.toml");
    work.run(&["export", "env"]).code(2).says("-C MEMBER");
    // A folder that is a symlink is no member, and is told if it would be one.
    let outside = Work::new();
    outside.write("pins.toml", "version = 1\n");
    std::fs::remove_file(work.image().join("a/pins.toml")).unwrap();
    std::os::unix::fs::symlink(outside.image(), work.image().join("link")).unwrap();
    work.write("m/pins.toml", "version = 1\n");
    work.run(&["verify"]).code(2).says("the member `link` is a symlink");
}

#[test]
fn the_pins_of_a_group_move_together_or_not_at_all() {
    let (repo, ids) = releases(2);
    let server = GitMemory::serve(repo);
    let work = Work::new();
    work.write("Dockerfile", format!("FROM scratch\nARG A={}\nARG B={}\n", ids[0], ids[0]));
    let pins = |b: &str| {
        format!(
            "version = 1\n[pins.a]\ngit = \"{0}\"\nversion = \"^1\"\ngroup = \"g\"\ninto = [{{ arg = \"A\" }}]\n[pins.b]\ngit = \"{0}\"\nversion = \"^1\"\ngroup = \"g\"\n{b}into = [{{ arg = \"B\" }}]\n",
            server.url()
        )
    };
    work.write("pins.toml", pins(""));
    work.run(&["refresh", "--keep"]).code(0);
    let frozen = pins("freeze = { reason = \"audit\", until = \"2999-12-31\" }\n");
    work.write("pins.toml", &frozen);
    let before = work.tree();
    work.run(&["refresh"]).code(0).says("group: b stays");
    assert_eq!(work.tree(), before);
    work.run(&["outdated"]).code(0).says("group: b stays").says("audit");
    work.run(&["outdated", "--fail-on", "alarm"]).code(0);
    // Who names one names all: both move.
    work.write("pins.toml", pins(""));
    work.run(&["outdated"]).code(1);
    work.run(&["outdated", "--fail-on", "alarm,gone"]).code(0);
    work.run(&["outdated", "--fail-on", "curent"]).code(2).says("newer");
    work.run(&["refresh", "a"]).code(0);
    assert_eq!(work.read("Dockerfile"), format!("FROM scratch\nARG A={}\nARG B={}\n", ids[1], ids[1]));
    // What is set by hand is no matter of groups.
    work.run(&["refresh", "a", "--to", "v1.0.0"]).code(0);
    assert_eq!(work.read("Dockerfile"), format!("FROM scratch\nARG A={}\nARG B={}\n", ids[0], ids[1]));
}

#[test]
fn a_member_is_judged_alone_too_by_what_the_lock_has_of_the_workspace() {
    let (repo, ids) = releases(1);
    let server = GitMemory::serve(repo);
    let work = Work::new();
    work.write(
        "pins.toml",
        "version = 1\n[workspace]\nmembers = [\"*\"]\n[image]\nplatforms = [\"linux/amd64\", \"linux/arm64\"]\n",
    );
    work.write("a/Dockerfile", format!("FROM scratch\nARG X={}\n", ids[0]))
        .write("a/pins.toml", manifest(&server.url(), "p", ""));
    work.run(&["refresh", "--keep"]).code(0);
    work.run(&["-C", "a", "verify"]).code(0).never_says("LOCK010");
    let lock = work.read("a/pins.lock");
    assert!(lock.contains(r#""inherited": "platforms = [\"linux/amd64\", \"linux/arm64\"]\n""#), "{lock}");
    work.run(&["refresh"]).code(0).says("1 unchanged");
    assert_eq!(work.read("a/pins.lock"), lock);
    let alone = Work::new();
    for file in ["Dockerfile", "pins.toml", "pins.lock"] {
        alone.write(file, work.read(&format!("a/{file}")));
    }
    alone.run(&["verify"]).code(0).says("LOCK010").says("1 verified");
    alone.write("Dockerfile", format!("FROM scratch\nARG X={}\n", "0".repeat(40)));
    alone.run(&["verify"]).code(1).says("LOCK001");
}

#[test]
fn each_folder_of_pins_verifies_alone() {
    let pins = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("pins");
    let mut seen = 0;
    for entry in std::fs::read_dir(&pins).unwrap().flatten().filter(|e| e.path().is_dir()) {
        let work = Work::new();
        copy(&entry.path(), &work.image());
        work.run(&["verify"]).code(0);
        seen += 1;
    }
    assert!(seen >= 8, "{seen}");
    let work = Work::new();
    copy(&pins, &work.image());
    work.run(&["verify"]).code(0);
}

fn copy(from: &std::path::Path, to: &std::path::Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap().flatten() {
        let (old, new) = (entry.path(), to.join(entry.file_name()));
        if old.is_dir() {
            copy(&old, &new);
        } else {
            std::fs::copy(old, new).unwrap();
        }
    }
}

#[test]
fn a_workspace_that_cannot_be_read_is_never_taken_for_none() {
    let (_server, work, _) = three();
    let good = work.read("pins.toml");
    for bad in ["x = [\n", "[workspace]\nmembers = \"*\"\n"] {
        work.write(
            "pins.toml",
            if bad.starts_with('x') { format!("{good}{bad}") } else { format!("version = 1\n{bad}") },
        );
        work.run(&["-C", "caddy", "verify"]).code(2).says("../pins.toml:");
        work.run(&["gc", "--max", "1B"]).code(2).says("pins.toml:");
    }
    work.write("pins.toml", good + "bogus = 1\n");
    work.run(&["gc", "--max", "1B"]).code(2).says("bogus");
}

#[test]
fn a_member_that_became_a_symlink_does_not_drop_out_silently() {
    let (_server, work, _) = three();
    let image = work.image();
    std::fs::create_dir(image.join(".away")).unwrap();
    std::fs::rename(image.join("caddy"), image.join(".away/caddy")).unwrap();
    std::os::unix::fs::symlink(".away/caddy", image.join("caddy")).unwrap();
    // A link without a pins.toml behind it is nothing.
    std::os::unix::fs::symlink("notes", image.join("papers")).unwrap();
    let ran = work.run(&["verify"]).code(2).says("the member `caddy` is a symlink");
    assert!(!ran.all().contains("papers"), "{}", ran.all());
    work.write("pins.toml", ROOT.replace("[\"old\"]", "[\"old\", \"caddy\"]"));
    work.run(&["verify"]).code(0).says("2 verified");
}

#[test]
fn a_summary_never_overwrites_what_is_none() {
    let (_server, work, _) = three();
    for file in ["caddy/Dockerfile", "caddy/pins.lock", "pins.toml"] {
        let before = work.tree();
        work.run(&["refresh", "--summary", file]).code(2).says("is no summary");
        assert_eq!(work.tree(), before);
    }
    work.run(&["refresh", "--summary", "no/folder/here.md"]).code(2);
    work.write("empty.md", "");
    for _ in 0..2 {
        work.run(&["refresh", "--summary", "empty.md"]).code(0);
        assert!(work.read("empty.md").starts_with("Refresh pins: "), "{}", work.read("empty.md"));
    }
}

#[test]
fn unreachable_is_never_clean_whatever_is_asked_for() {
    let (server, work, _) = three();
    work.run(&["outdated", "--fail-on", "alarm"]).code(0);
    drop(server);
    work.run(&["outdated", "--fail-on", "alarm"]).code(4);
    work.run(&["outdated", "--offline", "--fail-on", "newer"]).code(4);
}
