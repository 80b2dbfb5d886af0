//! `list`, `gc` and `completions` through the program: what is pinned where, what a filter cannot
//! tell, what the store keeps.

use std::process::{Command, Stdio};
use std::time::{Duration, SystemTime};

use dubo_pin::disk::{Expect, Store};
use dubo_pin::lock;
use dubo_pin::model::Sha256;
use serde_json::Value;

use super::images::Shop;
use super::support::have;
use super::support::oci::{Image, Packing, layer};
use super::support::program::{Ran, Work};

const MANIFEST: &str = include_str!("data/lock/homebridge/pins.toml");
const LOCK: &[u8] = include_bytes!("data/lock/homebridge/pins.lock");

/// An image with every kind of pin.
fn homebridge() -> Work {
    let work = Work::new();
    work.write("pins.toml", MANIFEST).write("pins.lock", LOCK);
    work
}

fn json(ran: &Ran) -> Value {
    serde_json::from_str(&ran.out).unwrap()
}

/// `pin what version` of each row.
fn rows(of: &Value) -> Vec<String> {
    let text = |v: &Value| v.as_str().unwrap_or("-").to_owned();
    let row = |r: &Value| format!("{} {} {}", text(&r["pin"]), text(&r["what"]), text(&r["version"]));
    of.as_array().unwrap().iter().map(row).collect()
}

#[test]
fn every_kind_is_listed_without_network_and_nothing_is_written() {
    let work = homebridge();
    let before = work.tree();
    let ran = work.run(&["list"]).code(0);
    assert_eq!(
        ran.out,
        "pin             kind   what                                                            version                     platforms\n\
         avahi           deb    avahi-daemon                                                    0.8-10+deb12u1              amd64, arm64\n\
         avahi           deb    avahi-daemon                                                    0.8-10+deb12u1+b1           arm/v7\n\
         avahi           deb    libnss-mdns                                                     0.15.1-3                    all\n\
         base            image  docker.io/library/debian                                        bookworm-slim@4c61e07f35a8  all\n\
         healthcheckers  git    github.com/dubo-dubon-duponey/healthcheckers                    51ebf8c                     all\n\
         homebridge      yarn   homebridge                                                      1.3.4 (2f9ad6b)             all\n\
         homebridge      yarn   homebridge-roku                                                 3.0.1 (84e5c1b)             all\n\
         node            url    nodejs.org/dist/v{version}/node-v{version}-linux-{arch}.tar.xz  20.18.1                     all\n\
         \n\
         5 pins: 5 locked\n"
    );
    assert_eq!(work.tree(), before);
}

#[test]
fn filters_compare_in_the_order_of_each_kind() {
    let work = homebridge();
    let found = |filter: &str, code| {
        let ran = work.run(&["list", "--format", "json", filter]).code(code);
        (rows(&json(&ran)["rows"]), rows(&json(&ran)["unknown"]))
    };
    let none: Vec<String> = Vec::new();
    // dpkg --compare-versions 0.8-10+deb12u1 lt 0.8-10+deb12u1+b1
    let (older, _) = found("avahi-daemon<0.8-10+deb12u1+b1", 0);
    assert_eq!(older, ["avahi avahi-daemon 0.8-10+deb12u1"; 2]);
    assert_eq!(found("avahi-daemon>=0.8-10+deb12u1+b1", 0).0, ["avahi avahi-daemon 0.8-10+deb12u1+b1"]);
    assert_eq!(found("node>=20,<20.19", 0).0.len(), 1);
    assert_eq!(found("node<20", 1), (none.clone(), none.clone()));
    assert_eq!(found("homebridge-*=3.0.1", 0).0, ["homebridge homebridge-roku 3.0.1"]);
    assert_eq!(found("debian=bookworm-slim", 0).0, ["base docker.io/library/debian bookworm-slim"]);
    assert_eq!(found("healthcheckers=51ebf8c", 0).0.len(), 1);
    assert_eq!(found("debian<13", 4), (none.clone(), vec!["base docker.io/library/debian bookworm-slim".to_owned()]));
    assert_eq!(found("healthcheckers<2", 4).1.len(), 1);
    assert_eq!(found("nothing-like-it", 1), (none.clone(), none));
    // Any of several may match, and -q says only what went wrong.
    assert_eq!(work.run(&["list", "-q", "node<20", "node>=20"]).code(0).all(), "");
    assert_eq!(work.run(&["list", "-q", "node<20"]).code(1).all(), "");
    work.run(&["list", "debain"]).code(1).says("nothing here has the name of the filter debain");
    work.run(&["list", "node<<20"]).code(2).says("is no filter");
}

#[test]
fn what_cannot_be_told_is_said_and_makes_four() {
    let work = homebridge();
    let ran = work.run(&["list", "debian<13"]).code(4);
    assert_eq!(ran.out, "no match\n");
    assert_eq!(
        ran.err,
        "error: debian<13 cannot be told for 1 row:\n  base: docker.io/library/debian bookworm-slim@4c61e07f35a8 (all): `bookworm-slim` is no version\n\
         note: not looked into: 1 base image (--base), what apt pulls in beside what is named, registry packages of yarn pins\n"
    );
    for format in ["sarif", "github"] {
        work.run(&["list", "--format", format, "debian<13"]).code(4).says("is no version");
    }
}

#[test]
fn an_altered_entry_is_never_listed_as_if_it_were_sound() {
    let work = homebridge();
    work.write("pins.lock", work.read("pins.lock").replace("\"0.15.1-3\"", "\"0.99.1-3\""));
    let ran = work.run(&["list"]).code(0).never_says("0.99").never_says("0.15.1");
    assert!(ran.out.contains("ALTERED") && ran.out.contains("note: avahi: its entry in pins.lock was altered"));
    // Neither a yes nor a no.
    work.run(&["list", "libnss-mdns<0.5"]).code(4).says("its entry in pins.lock was altered");
    work.run(&["list", "libnss-mdns"]).code(0).says("ALTERED");
}

#[test]
fn what_is_not_locked_is_listed_with_its_reason_and_what_was_edited_says_so() {
    let work = homebridge();
    let manifest = MANIFEST.replace("version = \"20.18.1\"", "version = \"20.19.0\"");
    let more = "\n[pins.packages]\ndeb = \"dockerfile\"\nunlocked = \"no archive yet\"\n";
    work.write("pins.toml", manifest + more);
    let ran = work.run(&["list"]).code(0);
    assert!(ran.out.contains("note: packages: unlocked: no archive yet"), "{}", ran.out);
    assert!(ran.out.contains("note: node: pins.toml was edited since it was locked"), "{}", ran.out);
    assert!(ran.out.ends_with("6 pins: 4 locked, 1 edited, 1 unlocked\n"), "{}", ran.out);
    // Its packages are not known: whether libssl3 is one cannot be told.
    work.run(&["list", "libssl3<3.0.15"]).code(4).says("packages: dockerfile (all): it is not locked");
    work.run(&["list", "libssl3"]).code(4);
    // A pin's own name without bounds asks for that pin.
    work.run(&["list", "node"]).code(0);
    work.run(&["list", "packages"]).code(0);
}

#[test]
fn an_edited_pin_and_what_a_dockerfile_installs_since_leave_a_bound_open() {
    let work = homebridge();
    work.write("pins.toml", MANIFEST.replace("\"libnss-mdns\"]", "\"libnss-mdns\", \"openssl\"]"));
    work.run(&["list", "openssl<3"]).code(4).says("avahi: openssl (all): it is not locked");
    // What is locked may be shown, but it is not what the pin asks for.
    work.run(&["list", "libnss-mdns<0.16"]).code(4).says("0.15.1-3").says("was edited since it was locked");
    work.run(&["list", "zlib1g<3"]).code(1);
    let work = homebridge();
    work.write("Dockerfile", "FROM debian\nRUN apt-get install -y openssl=3.0.1-1 libnss-mdns=0.15.1-3 avahi-daemon\n");
    let manifest = MANIFEST.replace("[\"avahi-daemon\", \"libnss-mdns\"]", "\"dockerfile\"");
    let lock = String::from_utf8(LOCK.to_vec()).unwrap();
    let mut lock = lock::open(lock.as_bytes()).unwrap().lock;
    let entry = lock.pins.iter_mut().find(|(name, _)| name.as_str() == "avahi").unwrap().1;
    entry.request = "deb=dockerfile closure=none platforms=linux/amd64,linux/arm/v7,linux/arm64".to_owned();
    work.write("pins.toml", manifest).write("pins.lock", lock.to_bytes());
    work.run(&["list", "openssl<3.5"]).code(4).says("avahi: openssl 3.0.1-1 (all): it is not locked");
    work.run(&["list", "zlib1g<3"]).code(1);
    work.run(&["list"]).code(0).says("openssl is not locked yet").says("5 pins: 4 locked, 1 unlocked");
}

#[test]
fn a_name_may_have_its_architecture_and_merged_rows_count_once() {
    let work = homebridge();
    let ran = work.run(&["list", "libnss-mdns:amd64<0.16"]).code(0);
    assert!(ran.out.ends_with("\n1 match\n") && ran.out.contains("  amd64\n"), "{}", ran.out);
    work.run(&["list", "libnss-mdns:i386<0.16"]).code(1);
    let ran = work.run(&["list", "libnss-mdns<0.16"]).code(0);
    assert!(ran.out.ends_with("\n1 match\n"), "{}", ran.out);
}

#[test]
fn what_was_not_looked_into_is_named_where_a_bound_asks() {
    let work = homebridge();
    let ran = work.run(&["list", "--format", "json", "libssl3<3"]).code(1);
    let expected = serde_json::json!({"apt-dependencies": 1, "base-images": 1, "registry-packages": 1});
    assert_eq!(json(&ran)["aside"], expected);
    work.run(&["list", "libssl3"]).code(1).never_says("not looked into");
    // A yarn.lock that is the locked one is looked into.
    let yarn = "# yarn lockfile v1\n\n\n\"@a/b@^1.0.0\", \"@a/b@^1.2.0\":\n  version \"1.2.3\"\n  resolved \"https://example.org/b-1.2.3.tgz#0123456789012345678901234567890123456789\"\n";
    let mut lock = lock::open(LOCK).unwrap().lock;
    let entry = lock.pins.iter_mut().find(|(name, _)| name.as_str() == "homebridge").unwrap().1;
    let digest = lock::Evidence::One(Sha256::of(yarn.as_bytes()).to_string());
    entry.evidence.insert("yarn-lock-sha256".to_owned(), digest);
    work.write("pins.lock", lock.to_bytes()).write("app/yarn.lock", yarn);
    work.run(&["list", "@a/b<2"]).code(0).says("1.2.3").never_says("registry packages");
    work.run(&["list", "@a/b<1"]).code(1);
    work.write("app/yarn.lock", yarn.replace("1.2.3", "2.2.3"));
    work.run(&["list", "@a/b<3"]).code(1).says("registry packages of yarn pins");
}

#[test]
fn a_lock_that_cannot_be_read_is_usage() {
    let work = homebridge();
    work.write("pins.lock", "{");
    work.run(&["list"]).code(2);
}

#[test]
fn a_narrow_terminal_gets_lines_that_fit() {
    if !have("script") {
        println!("skipped: no `script`");
        return;
    }
    let work = homebridge();
    let program = work.command(&["list"]);
    let line = format!("COLUMNS=60 NO_COLOR=1 TERM=xterm {} list", program.get_program().to_str().unwrap());
    let envs = program.get_envs().filter_map(|(k, v)| Some((k, v?)));
    let mut command = Command::new("script");
    command.args(["-qec", &line, "/dev/null"]).current_dir(work.image()).env_clear().envs(envs);
    let output = command.stdin(Stdio::null()).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("5 pins: 5 locked"), "{text}");
    assert!(text.lines().all(|l| l.trim_end().chars().count() <= 60), "{text}");
}

const STATUS: &str = "var/lib/dpkg/status";

fn with_packages(version: &str) -> Image {
    let status = |arch: &str| {
        format!("Package: libssl3\nStatus: install ok installed\nArchitecture: {arch}\nVersion: {version}\n")
    };
    let (amd64, arm64) = (status("amd64"), status("arm64"));
    let one = |text: &str| [layer(&[(STATUS, Some(text))], Packing::Gzip)];
    Image::default().one("linux/amd64", &one(&amd64), false).one("linux/arm64", &one(&arm64), false).index(false)
}

#[test]
fn packages_of_the_base_are_listed_from_the_registry_then_from_the_store() {
    let Some(mut shop) = Shop::open() else {
        println!("skipped: no docker-registry");
        return;
    };
    shop.push("base", "1", &with_packages("3.0.11-1~deb12u2"));
    shop.lay("FROM HOST/base:1\n", "image = \"HOST/base:1\"");
    shop.work.run(&["refresh"]).code(0);
    // Nothing of it is known offline, and without --base nobody is asked.
    shop.work.run(&["list", "--base", "--offline", "libssl3<3.0.15"]).code(4).says("are not in the store");
    shop.work.run(&["list", "libssl3<3.0.15"]).code(1);
    let ran = shop.work.run(&["list", "--base", "--format", "json", "libssl3<3.0.15"]).code(0);
    let rows = json(&ran)["rows"].clone();
    assert_eq!(rows.as_array().unwrap().len(), 2);
    assert_eq!(
        (&rows[0]["kind"], &rows[0]["pin"], &rows[0]["architecture"]),
        (&"base".into(), &"base".into(), &"amd64".into())
    );
    assert_eq!(rows[1]["platforms"], serde_json::json!(["linux/arm64"]));
    shop.work.run(&["list", "--base", "libssl3>=3.0.15"]).code(1);
    drop(shop.registry.take());
    shop.work.run(&["list", "--base", "--offline", "libssl3<3.0.15"]).code(0).says("3.0.11-1~deb12u2");
}

/// A store with three entries, the first the longest unused, and a leftover of each age.
fn store(work: &Work) -> (Store, Vec<Sha256>) {
    let store = Store::open(&work.home().join(".cache/dubo-pin/store")).unwrap();
    let all: Vec<Sha256> =
        (0..3_u8).map(|n| store.put(&mut [n; 1 << 20].as_slice(), Expect::at_most(1 << 21)).unwrap().sha256).collect();
    for (age, digest) in [30_u64, 20, 10].iter().zip(&all) {
        let path = store.get(digest).unwrap();
        let file = std::fs::File::open(path).unwrap();
        file.set_modified(SystemTime::now() - Duration::from_secs(age * 3600)).unwrap();
    }
    for (name, age) in [("part-1-1", 25), ("part-1-2", 1)] {
        let path = store.dir().join("new").join(name);
        std::fs::write(&path, [0; 2048]).unwrap();
        let file = std::fs::File::open(path).unwrap();
        file.set_modified(SystemTime::now() - Duration::from_secs(age * 3600)).unwrap();
    }
    (store, all)
}

/// A lock that lists one file of the store.
fn listing(digest: Sha256) -> Vec<u8> {
    let mut lock = lock::open(LOCK).unwrap().lock;
    lock.pins.retain(|name, _| name.as_str() == "node");
    let entry = lock.pins.values_mut().next().unwrap();
    entry.artifacts.truncate(1);
    entry.artifacts[0].sha256 = digest;
    lock.to_bytes()
}

#[test]
fn gc_keeps_what_is_locked_and_says_what_would_go() {
    let work = Work::new();
    let (store, all) = store(&work);
    work.write("pins.lock", listing(all[0]));
    let held = |store: &Store| all.iter().map(|d| store.holds(d)).collect::<Vec<_>>();
    let dry = work.run(&["gc", "--max", "1MiB", "--dry-run"]).code(0);
    assert_eq!(
        dry.out,
        "1 leftover of interrupted downloads would go, 2.0 KiB\n1 file that a lock lists stays\n2 files would go, 2.0 MiB would be free, 1.0 MiB kept\n"
    );
    assert_eq!((held(&store), store.dir().join("new/part-1-1").exists()), (vec![true; 3], true));
    let done = work.run(&["gc", "--max", "1MiB", "--format", "json"]).code(0);
    let said = json(&done);
    assert_eq!((&said["files"], &said["bytes"], &said["leftovers"]), (&2.into(), &(2 << 20).into(), &1.into()));
    assert_eq!(held(&store), [true, false, false]);
    assert!(!store.dir().join("new/part-1-1").exists() && store.dir().join("new/part-1-2").exists());
    // Beyond what may stay, what is locked stays all the same.
    work.run(&["gc", "--max", "1KiB"]).code(0).says("more than the 1.0 KiB of --max");
    assert_eq!(held(&store), [true, false, false]);
}

#[test]
fn gc_heeds_other_folders_and_removes_nothing_where_a_lock_cannot_be_read() {
    let work = Work::new();
    let (store, all) = store(&work);
    work.write("other/pins.lock", listing(all[1]));
    work.write("broken/pins.lock", "{");
    work.run(&["gc", "--max", "1B", "--keep", "broken"]).code(2);
    assert!(all.iter().all(|d| store.holds(d)));
    work.run(&["gc", "--max", "1B", "--keep", "other"]).code(0);
    assert_eq!(all.iter().map(|d| store.holds(d)).collect::<Vec<_>>(), [false, true, false]);
}

#[test]
fn gc_may_leave_nothing_and_says_where_no_lock_is_heeded() {
    for max in ["0", "0B"] {
        let work = Work::new();
        let (store, all) = store(&work);
        work.write("pins.lock", listing(all[0])).write("sub/x", "");
        work.run(&["gc", "--max", max, "--keep", "sub"]).code(0).says("there is no pins.lock in `sub`");
        assert_eq!(all.iter().map(|d| store.holds(d)).collect::<Vec<_>>(), [true, false, false]);
        work.run(&["gc", "--max", max]).code(0).never_says("there is no pins.lock");
    }
    let work = Work::new();
    work.run(&["gc", "--max", "0X"]).code(2);
}

#[test]
fn completions_are_what_their_shell_takes() {
    let work = Work::new();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let ran = work.run(&["completions", shell]).code(0);
        assert!(ran.out.contains("outdated") && ran.err.is_empty(), "{shell}");
        work.write(shell, &ran.out);
        if ["bash", "zsh", "fish"].contains(&shell) && have(shell) {
            let checked = Command::new(shell).arg("-n").arg(work.image().join(shell)).output().unwrap();
            assert!(checked.status.success(), "{shell}: {}", String::from_utf8_lossy(&checked.stderr));
        }
    }
    work.run(&["completions", "tcsh"]).code(2).says("bash, zsh, fish, elvish or powershell is expected");
    let complete = |words: &str, word: &str| {
        let count = words.split(' ').count();
        let before = words.rsplit(' ').next().unwrap();
        let script = format!(
            ". ./bash; complete -p dubo-pin >/dev/null; COMP_WORDS=({words} {word}); COMP_CWORD={count}; \"$(complete -p dubo-pin | sed 's/.*-F \\([^ ]*\\).*/\\1/')\" dubo-pin {word} {before}; printf '%s\\n' \"${{COMPREPLY[@]}}\""
        );
        let ran = Command::new("bash").args(["-c", &script]).current_dir(work.image()).output().unwrap();
        assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
        String::from_utf8(ran.stdout).unwrap()
    };
    assert_eq!(complete("dubo-pin", "outd"), "outdated\n");
    assert_eq!(complete("dubo-pin refresh", "--ke"), "--keep\n");
}
