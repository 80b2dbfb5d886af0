//! Forged locks, each found without network and without bytes.

use super::super::vendored::base_name;
use super::*;
use crate::lock::{Evidence, Lock, Value};
use crate::manifest::Manifest;
use crate::model::PinName;
use crate::source::deb::Effective;

const MANIFEST: &[u8] = include_bytes!("../../../../tests/data/lock/homebridge/pins.toml");
const LOCK: &[u8] = include_bytes!("../../../../tests/data/lock/homebridge/pins.lock");

/// The manifest and the lock that were written by hand, each after a change: what is found of the
/// deb pin, and what of its archive.
fn forged(manifest: impl FnOnce(&str) -> String, change: impl FnOnce(&mut Lock)) -> (Vec<String>, Vec<String>) {
    let manifest = manifest(std::str::from_utf8(MANIFEST).unwrap());
    let manifest = Manifest::parse("pins.toml", manifest.as_bytes()).unwrap();
    let mut lock = crate::lock::open(LOCK).unwrap().lock;
    change(&mut lock);
    let pin = manifest.pins.values().find(|p| p.name.as_str() == "avahi").unwrap();
    let crate::source::Source::Deb(keys) = &pin.source else { panic!("avahi is a deb pin") };
    let of = |(name, a): (&PinName, &crate::manifest::Archive)| {
        let read = |_: &crate::model::RelPath| Err(Trouble::new("no file is read"));
        (name.clone(), Effective::new(name, &a.place, &a.keys, &read).unwrap())
    };
    let archives: BTreeMap<PinName, Effective> = manifest.archives.iter().map(of).collect();
    let given = Offline {
        platforms: &pin.platforms,
        archives: &archives,
        locked: &lock.archives,
        bases: &[],
        dockerfiles: &[],
    };
    let faults = check(keys, &lock.pins[&pin.name], &given);
    let line =
        |t: Trouble| format!("{}: {} | {}", t.message, t.expected.unwrap_or_default(), t.found.unwrap_or_default());
    let of_archives = archives.iter().flat_map(|(name, archive)| archive.check(&lock.archives[name]));
    let of_archives = of_archives.map(|(id, t)| format!("{id} {}", line(t))).collect();
    (faults.into_iter().map(|(_, _, t)| line(t)).collect(), of_archives)
}

/// What is found of the deb pin after a change of its entry.
fn told(change: impl FnOnce(&mut Entry)) -> Vec<String> {
    let (pin, archive) = forged(str::to_owned, |lock| change(lock.pins.get_mut("avahi").unwrap()));
    assert_eq!(archive, Vec::<String>::new());
    pin
}

/// What is found of the archive after a change of its entry.
fn of_archive(change: impl FnOnce(&mut Entry)) -> Vec<String> {
    forged(str::to_owned, |lock| change(lock.archives.get_mut("debian").unwrap())).1
}

fn token(text: &str) -> Token {
    Token::new(text).unwrap()
}

fn deb<'a>(entry: &'a mut Entry, name: &str) -> &'a mut Artifact {
    entry.artifacts.iter_mut().find(|a| a.url.as_deref().is_some_and(|u| u.ends_with(name))).unwrap()
}

#[test]
fn a_lock_that_was_written_by_hand_holds() {
    assert_eq!(told(|_| {}), Vec::<String>::new());
}

#[test]
fn two_swapped_files_are_both_named() {
    let told = told(|entry| {
        let amd64 = deb(entry, "libnss-mdns_0.15.1-3_amd64.deb").clone();
        let arm64 = deb(entry, "libnss-mdns_0.15.1-3_arm64.deb").clone();
        deb(entry, "libnss-mdns_0.15.1-3_amd64.deb").platforms = arm64.platforms;
        deb(entry, "libnss-mdns_0.15.1-3_arm64.deb").platforms = amd64.platforms;
    });
    let said = |platform: &str, file: &str| {
        format!(
            "the locked file is named after another package than the lock says: libnss-mdns 0.15.1-3 for {platform} | `{file}`"
        )
    };
    assert!(told.contains(&said("linux/arm64", "libnss-mdns_0.15.1-3_amd64.deb")), "{told:#?}");
    assert!(told.contains(&said("linux/amd64", "libnss-mdns_0.15.1-3_arm64.deb")), "{told:#?}");
}

#[test]
fn a_url_outside_of_the_archives_is_seen() {
    for url in [
        "https://evil.example/archive/debian/20261120T023456Z/pool/main/n/nss-mdns/libnss-mdns_0.15.1-3_amd64.deb",
        "https://snapshot.debian.org/archive/debian/latest/pool/main/n/nss-mdns/libnss-mdns_0.15.1-3_amd64.deb",
        "https://snapshot.debian.org/archive/debian-security/20261120T023456Z/pool/libnss-mdns_0.15.1-3_amd64.deb",
    ] {
        let told = told(|entry| deb(entry, "libnss-mdns_0.15.1-3_amd64.deb").url = Some(url.to_owned()));
        assert_eq!(told, [format!("the URL of `libnss-mdns` is in no archive of the pin: a file of debian | `{url}`")]);
    }
}

#[test]
fn a_package_without_its_one_file_is_seen() {
    let gone = told(|entry| entry.artifacts.retain(|a| !a.url.as_deref().is_some_and(|u| u.ends_with("-3_amd64.deb"))));
    assert_eq!(
        gone,
        ["the lock does not have one file of `libnss-mdns` for linux/amd64: one file of version 0.15.1-3 | none"]
    );
    let other =
        told(|entry| deb(entry, "libnss-mdns_0.15.1-3_amd64.deb").version = Some(Token::new("0.15.1-4").unwrap()));
    assert!(other.iter().any(|t| t.contains("one file of version 0.15.1-3 | 0.15.1-4")), "{other:#?}");
    let lost = told(|entry| drop(entry.values.remove(&Token::new("libnss-mdns").unwrap())));
    assert!(
        lost.contains(
            &"the locked packages are not those that pins.toml names: `avahi-daemon`, `libnss-mdns` | `avahi-daemon`"
                .to_owned()
        )
    );
    assert!(lost.contains(&"the lock has a file of `libnss-mdns`, which is no package of the pin:  | ".to_owned()));
}

#[test]
fn a_vendored_archive_without_its_index_is_not_whole() {
    let told =
        told(|entry| entry.artifacts.retain(|a| !a.path.as_ref().is_some_and(|p| p.as_str().ends_with("/Packages"))));
    let wanted = "Packages, Release, install.list.amd64, install.list.arm64, install.list.armhf";
    let found = "Release, install.list.amd64, install.list.arm64, install.list.armhf";
    assert_eq!(told, [format!("the vendored archive is not whole: {wanted} | {found}")]);
}

const LIBNSS: &str = "libnss-mdns_0.15.1-3_amd64.deb";
const SNAPSHOT: &str = "https://snapshot.debian.org/archive/debian/20261120T023456Z";

#[test]
fn a_file_of_another_snapshot_than_the_locked_one_is_seen() {
    let other = format!("https://snapshot.debian.org/archive/debian/20200101T000000Z/pool/main/n/nss-mdns/{LIBNSS}");
    let told = told(|entry| deb(entry, LIBNSS).url = Some(other.clone()));
    let message = "the URL of `libnss-mdns` is not at the snapshot that is locked";
    assert_eq!(told, [format!("{message}: 20261120T023456Z | `{other}`")]);
    // The same the other way round: the archive's moment is forged.
    let value = Value::One(token("20260101T000000Z"));
    let (pin, archive) = forged(str::to_owned, |lock| {
        drop(lock.archives.get_mut("debian").unwrap().values.insert(token("snapshot"), value));
    });
    assert_eq!(archive, Vec::<String>::new());
    assert_eq!(pin.len(), 6, "{pin:#?}");
    assert!(pin.iter().all(|t| t.contains("is not at the snapshot that is locked: 20260101T000000Z | ")), "{pin:#?}");
}

#[test]
fn a_snapshot_that_is_no_moment_or_none_is_seen() {
    for (values, found) in [
        (vec![("snapshot", "nonsense")], "`snapshot`: `nonsense`"),
        (vec![("snapshot", "2026-11-20T02:34:56Z")], "`snapshot`: `2026-11-20T02:34:56Z`"),
        (vec![("snapshot", "20261120T023456Z"), ("other", "1")], "`other`: `1`, `snapshot`: `20261120T023456Z`"),
        (vec![], "none"),
    ] {
        let told = of_archive(|entry| {
            entry.values = values.into_iter().map(|(k, v)| (token(k), Value::One(token(v)))).collect();
        });
        let expected = "a moment such as 20260901T000000Z, under the key snapshot";
        assert_eq!(told, [format!("APT013 the lock has no snapshot of the archive debian: {expected} | {found}")]);
    }
    let plain = |text: &str| text.replace("/{snapshot}", "");
    assert_eq!(
        forged(plain, |_| {}).1,
        [
            "APT013 the lock has values of the archive debian, which has no snapshots: none | `snapshot`: `20261120T023456Z`"
        ]
    );
}

#[test]
fn a_snapshot_after_the_ceiling_is_seen() {
    let ceiling =
        |time: &'static str| move |t: &str| t.replace("suites     =", &format!("snapshot = \"{time}\"\nsuites     ="));
    for time in ["20261120T023456Z", "20261120T023457Z"] {
        assert_eq!(forged(ceiling(time), |_| {}), (Vec::new(), Vec::new()));
    }
    let said = "APT013 the locked snapshot of the archive debian is later than pins.toml allows";
    assert_eq!(
        forged(ceiling("20261120T023455Z"), |_| {}).1,
        [format!("{said}: 20261120T023455Z or earlier | 20261120T023456Z")]
    );
}

#[test]
fn an_archive_without_its_evidence_is_seen() {
    let missing = |word: &str, suite: &str| {
        format!("APT014 the lock has no {word} of the suite `{suite}` of the archive debian: {} | none", form(word))
    };
    for word in ["date", "inrelease-sha256", "key"] {
        let all = [missing(word, "bookworm"), missing(word, "bookworm-updates")];
        assert_eq!(of_archive(|entry| drop(entry.evidence.remove(word))), all);
        let one = Evidence::One("x".to_owned());
        assert_eq!(of_archive(|entry| drop(entry.evidence.insert(word.to_owned(), one))), all);
        assert_eq!(of_archive(|entry| drop(each(entry, word).remove("bookworm"))), all[..1]);
    }
}

fn form(word: &str) -> &'static str {
    match word {
        "date" => "a moment such as 2026-09-01T00:00:00Z",
        "inrelease-sha256" => "64 lower-case hexadecimal digits",
        _ => "full fingerprints, sorted, a blank between",
    }
}

fn each<'a>(entry: &'a mut Entry, word: &str) -> &'a mut BTreeMap<String, String> {
    match entry.evidence.get_mut(word).unwrap() {
        Evidence::Each(each) => each,
        Evidence::One(text) => panic!("{text}"),
    }
}

#[test]
fn evidence_that_cannot_be_or_is_of_another_suite_is_seen() {
    let zero = "0".repeat(39);
    let two = format!("{0}1 {0}1", zero);
    for (word, bad) in [
        ("date", "2026-11-15"),
        ("date", ""),
        ("inrelease-sha256", "00"),
        ("inrelease-sha256", &"g".repeat(64)),
        ("key", ""),
        ("key", &zero),
        ("key", "4d64fec119c2029067d6e791f8d2585b8783d481"),
        ("key", &two),
        ("key", " "),
    ] {
        let told = of_archive(|entry| drop(each(entry, word).insert("bookworm".to_owned(), bad.to_owned())));
        let message = format!("APT014 the {word} of the suite `bookworm` of the archive debian cannot be one");
        assert_eq!(told, [format!("{message}: {} | `{bad}`", form(word))]);
    }
    for word in ["date", "inrelease-sha256", "key"] {
        let told = of_archive(|entry| {
            let good = each(entry, word)["bookworm"].clone();
            each(entry, word).insert("trixie".to_owned(), good);
        });
        let message = format!("APT014 the lock has the {word} of a suite that the archive debian does not have");
        assert_eq!(told, [format!("{message}: bookworm, bookworm-updates | `trixie`")]);
    }
}

#[test]
fn a_url_that_leads_out_of_its_archive_is_seen() {
    for path in [
        format!("../../../x/pool/{LIBNSS}"),
        format!("./pool/{LIBNSS}"),
        format!("pool//{LIBNSS}"),
        format!("%2e%2e/%2E%2e/evil/{LIBNSS}"),
        format!("%252e%252e/evil/{LIBNSS}"),
        format!("pool/..%2f..%2Fx/{LIBNSS}"),
        format!("pool/..%5c..%5Cx/{LIBNSS}"),
        format!("pool\\x/{LIBNSS}"),
        format!("pool/{LIBNSS}?x=1_2_3.deb"),
        format!("pool/{LIBNSS}#x"),
        format!("pool/x?y/{LIBNSS}"),
        format!("pool/x%3fy/{LIBNSS}"),
        format!("pool/x%00y/{LIBNSS}"),
    ] {
        let url = format!("{SNAPSHOT}/{path}");
        let told = told(|entry| deb(entry, LIBNSS).url = Some(url.clone()));
        let said = "the URL of `libnss-mdns` is in no archive of the pin: a file of debian | ";
        assert!(told.iter().any(|t| t.starts_with(said)), "{url}: {told:#?}");
    }
}

#[test]
fn a_file_of_debians_that_is_not_named_as_debian_names_files_is_seen() {
    for name in ["evil.deb", "libnss-mdns_0.15.1-3.deb", "libnss-mdns_0.15.1-3_amd64.udeb", "a_b_c_d.deb", ""] {
        let url = format!("{SNAPSHOT}/pool/{name}");
        let told = told(|entry| {
            let deb = deb(entry, LIBNSS);
            deb.url = Some(url.clone());
            deb.path = Some("context/debs/x".parse().unwrap());
        });
        let said = "the file of `libnss-mdns` is not named as Debian names packages: name_version_architecture.deb | ";
        assert!(told.iter().any(|t| t.starts_with(said)), "{name}: {told:#?}");
    }
}

#[test]
fn an_archive_of_others_names_its_files_as_it_likes() {
    let others = |text: &str| {
        text.replace("/{snapshot}", "").replace("signed-by  = \"debian\"", "signed-by = \"keys/vendor.asc\"")
    };
    let (pin, _) = forged(others, |lock| {
        for artifact in &mut lock.pins.get_mut("avahi").unwrap().artifacts {
            let Some(url) = &artifact.url else { continue };
            let url = url.replace("/20261120T023456Z", "").replace("_0.", "-0.");
            artifact.path = Some(format!("context/debs/{}", base_name(&url)).parse().unwrap());
            artifact.url = Some(url);
        }
    });
    assert_eq!(pin, Vec::<String>::new());
}

#[test]
fn a_version_for_all_architectures_and_for_some_at_once_is_seen() {
    let all = |entry: &mut Entry, names: &[&str]| {
        for name in names {
            let deb = deb(entry, &format!("libnss-mdns_0.15.1-3_{name}.deb"));
            let swap = |text: &str| text.replace(&format!("_{name}.deb"), "_all.deb");
            deb.url = deb.url.as_deref().map(swap);
            deb.path = deb.path.as_ref().map(|p| swap(p.as_str()).parse().unwrap());
        }
    };
    let said = "one version of `libnss-mdns` has files of different sorts: one file for all architectures, or a file of each | ";
    for names in [&["amd64"][..], &["amd64", "arm64"], &["amd64", "arm64", "armhf"]] {
        let told = told(|entry| all(entry, names));
        assert!(told.iter().any(|t| t.starts_with(said)), "{names:?}: {told:#?}");
    }
}

#[test]
fn a_version_of_each_platform_that_is_everywhere_the_same_is_never_written() {
    let with = |platforms: &[(&str, &str)]| {
        let each = platforms.iter().map(|(p, v)| (p.parse().unwrap(), token(v))).collect();
        told(|entry| drop(entry.values.insert(token("libnss-mdns"), Value::Each(each))))
    };
    let (v, w) = ("0.15.1-3", "0.15.1-4");
    let said =
        "the versions of `libnss-mdns` are told apart although they are the same: `0.15.1-3` | one for each platform";
    assert_eq!(with(&[("linux/amd64", v), ("linux/arm64", v), ("linux/arm/v7", v)]), [said]);
    let told = with(&[("linux/amd64", v), ("linux/arm64", v), ("linux/arm/v7", v), ("linux/s390x", w)]);
    let said = "the lock has a version of `libnss-mdns` for linux/s390x, which is no platform of the pin:  | ";
    assert_eq!(told, [said]);
}

#[test]
fn a_file_for_no_platform_is_seen() {
    let told = told(|entry| {
        let mut more = deb(entry, LIBNSS).clone();
        more.platforms.clear();
        entry.artifacts.push(more);
    });
    assert_eq!(told, ["the lock has a file of `libnss-mdns` for no platform:  | "]);
}

/// The made files as they must be for the lock that was written by hand.
fn made(name: &str) -> String {
    match name {
        "install.list.amd64" => "avahi-daemon=0.8-10+deb12u1\nlibnss-mdns=0.15.1-3\n".to_owned(),
        "install.list.armhf" => "avahi-daemon=0.8-10+deb12u1+b1\nlibnss-mdns=0.15.1-3\n".to_owned(),
        "Release" => "Origin: dubo-pin\nLabel: dubo-pin\nSHA256:\n \
             9b2d4c61e07f35a8c4d91b6e2f7a0835d6c1e94b7f20a3586d9e1c4b7a3f0852 4211 Packages\n"
            .to_owned(),
        _ => {
            let lock = crate::lock::open(LOCK).unwrap().lock;
            let stanza = |a: &Artifact| {
                let name = base_name(a.url.as_deref()?);
                let architecture = name.strip_suffix(".deb")?.rsplit('_').next()?.to_owned();
                Some(format!(
                    "Package: {}\nVersion: {}\nArchitecture: {architecture}\nDescription: one\n two\n\
                     Filename: ./{name}\nSize: {}\nSHA256: {}\n",
                    a.package.as_ref()?,
                    a.version.as_ref()?,
                    a.size,
                    a.sha256
                ))
            };
            lock.pins["avahi"].artifacts.iter().filter_map(stanza).collect::<Vec<_>>().join("\n")
        }
    }
}

/// What a made file of these bytes is found to be.
fn proved(name: &str, bytes: &[u8], change: impl FnOnce(&mut Entry)) -> Result<(), String> {
    let mut lock = crate::lock::open(LOCK).unwrap().lock;
    let entry = lock.pins.get_mut("avahi").unwrap();
    change(entry);
    let path = format!("context/debs/{name}").parse().unwrap();
    let line =
        |t: Trouble| format!("{}: {} | {}", t.message, t.expected.unwrap_or_default(), t.found.unwrap_or_default());
    prove(entry, &path, &mut &bytes[..]).map_err(line)
}

#[test]
fn an_install_list_says_the_locked_versions_and_nothing_else() {
    let good = made("install.list.amd64");
    assert_eq!(proved("install.list.amd64", good.as_bytes(), |_| {}), Ok(()));
    assert_eq!(proved("install.list.armhf", made("install.list.armhf").as_bytes(), |_| {}), Ok(()));
    for (bad, line) in [
        ("avahi-daemon\nlibnss-mdns\n".to_owned(), "line 1: `avahi-daemon=0.8-10+deb12u1` | `avahi-daemon`"),
        (String::new(), "line 1: `avahi-daemon=0.8-10+deb12u1` | nothing"),
        (good.trim_end().to_owned(), "line 2: `libnss-mdns=0.15.1-3`, and the end of a line | no end of the line"),
        (
            format!("-o=APT::Update::Pre-Invoke::=x\n{good}"),
            "line 1: `avahi-daemon=0.8-10+deb12u1` | `-o=APT::Update::Pre-Invoke::=x`",
        ),
        (format!("{good}-o=x\n"), "line 3: nothing | `-o=x`"),
        (format!("{good}\n"), "line 3: nothing | an empty line"),
        (format!("{good}{good}"), "line 3: nothing | `avahi-daemon=0.8-10+deb12u1`"),
        (made("install.list.armhf"), "line 1: `avahi-daemon=0.8-10+deb12u1` | `avahi-daemon=0.8-10+deb12u1+b1`"),
        (good.replace('\n', "\r\n"), "line 1: `avahi-daemon=0.8-10+deb12u1` | `avahi-daemon=0.8-10+deb12u1\\u{d}`"),
    ] {
        let found = proved("install.list.amd64", bad.as_bytes(), |_| {}).unwrap_err();
        assert_eq!(found, format!("the install list is not what the lock says, {line}"));
    }
    assert!(proved("install.list.amd64", b"\xff", |_| {}).is_err());
}

#[test]
fn an_install_list_names_the_architecture_of_a_package_for_another() {
    let foreign = |entry: &mut Entry| {
        drop(entry.values.insert(token("libc6:i386"), Value::One(token("2.36-9"))));
        let mut more = deb(entry, LIBNSS).clone();
        more.url = Some(format!("{SNAPSHOT}/pool/libc6_2.36-9_i386.deb"));
        (more.package, more.version) = (Some(token("libc6")), Some(token("2.36-9")));
        entry.artifacts.push(more);
        drop(entry.values.insert(token("tzdata:i386"), Value::One(token("1"))));
        let mut more = deb(entry, LIBNSS).clone();
        more.url = Some(format!("{SNAPSHOT}/pool/tzdata_1_all.deb"));
        (more.package, more.version) = (Some(token("tzdata")), Some(token("1")));
        entry.artifacts.push(more);
        drop(entry.values.insert(token("libx:amd64"), Value::One(token("1"))));
    };
    let good = "avahi-daemon=0.8-10+deb12u1\nlibc6:i386=2.36-9\nlibnss-mdns=0.15.1-3\nlibx=1\ntzdata=1\n";
    assert_eq!(proved("install.list.amd64", good.as_bytes(), foreign), Ok(()));
    assert!(proved("install.list.amd64", good.replace(":i386", "").as_bytes(), foreign).is_err());
}

#[test]
fn a_vendored_index_names_the_locked_files_and_nothing_else() {
    let good = made("Packages");
    assert_eq!(proved("Packages", good.as_bytes(), |_| {}), Ok(()));
    let swap = |old: &str, new: &str| {
        assert!(good.contains(old), "{old}");
        good.replacen(old, new, 1)
    };
    let (first, _) = good.split_once("\n\n").unwrap();
    for (bad, says) in [
        (
            swap("SHA256: c4", "SHA256: c5"),
            "the index says other than the lock of `avahi-daemon_0.8-10+deb12u1+b1_armhf.deb`: ",
        ),
        (
            swap("Size: 91204", "Size: 091204"),
            "the index says other than the lock of `avahi-daemon_0.8-10+deb12u1+b1_armhf.deb`: ",
        ),
        (
            swap("Version: 0.15.1-3", "Version: 0.15.1-4"),
            "the index says other than the lock of `libnss-mdns_0.15.1-3_amd64.deb`: ",
        ),
        (
            swap("Package: libnss-mdns", "Package: evil"),
            "the index says other than the lock of `libnss-mdns_0.15.1-3_amd64.deb`: ",
        ),
        (
            swap("Architecture: armhf", "Architecture: all"),
            "the index says other than the lock of `avahi-daemon_0.8-10+deb12u1+b1_armhf.deb`: ",
        ),
        (swap("Filename: ./", "Filename: ./../"), "the index names a file that is not locked: "),
        (swap("Filename: ./", "Filename: http://evil.example/"), "the index names a file that is not locked: "),
        (
            swap("Filename: ./avahi-daemon_0.8-10+deb12u1+b1_armhf.deb\n", ""),
            "the index names a file that is not locked: ",
        ),
        (format!("{good}\n{first}\n"), "the index names a file that is not locked: "),
        (
            good.replacen(&format!("{first}\n\n"), "", 1),
            "the index does not name every locked file: `avahi-daemon_0.8-10+deb12u1+b1_armhf.deb` | nothing of it",
        ),
        (String::new(), "the index does not name every locked file: "),
        (good.trim_end().to_owned(), "the index does not end with the end of a line: "),
        (swap("Size: 91204", "Size 91204"), "stanza 1 of the index cannot be read: "),
        (swap("Description: one", "size: 1\nDescription: one"), "stanza 1 of the index cannot be read: "),
    ] {
        let found = proved("Packages", bad.as_bytes(), |_| {}).unwrap_err();
        assert!(found.starts_with(says), "{found}");
    }
    assert!(proved("Packages", b"\xff\n", |_| {}).is_err());
}

#[test]
fn a_vendored_release_names_the_locked_index_and_no_other_digest() {
    let good = made("Release");
    assert_eq!(proved("Release", good.as_bytes(), |_| {}), Ok(()));
    for (old, new) in [
        (" 9b2d", " 9b2e"),
        ("4211", "4212"),
        ("Packages", "Packages.gz"),
        ("Packages\n", "Packages\n 00 0 Packages.xz\n"),
        ("SHA256:", "SHA512:"),
        ("SHA256:", "MD5Sum:\n 00 0 Packages\nSHA256:"),
        ("Label: dubo-pin\n", "\n"),
    ] {
        assert!(good.contains(old), "{old}");
        let found = proved("Release", good.replacen(old, new, 1).as_bytes(), |_| {}).unwrap_err();
        assert!(found.starts_with("Release is not what the lock says: "), "{found}");
    }
}
