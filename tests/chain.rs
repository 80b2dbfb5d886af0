//! From an archive to its packages, before archives and a snapshot service on loopback: what is
//! proved, what is refused, what is asked again, and what is not asked again.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read as _;
use std::time::Duration;

use dubo_pin::lock::{Entry, Evidence, Value};
use dubo_pin::model::{Class, Standing, Time, Token};
use dubo_pin::remote::git::GitOptions;
use dubo_pin::remote::{Http, Limits, Mirrors, Options, Remote};
use dubo_pin::source::deb::chain::{self, Candidate, Opened, Settings, Wanted, certificates, deb, open};
use dubo_pin::source::deb::{Keyring, Repository, Snapshot, snapshot};
use dubo_pin::source::resolve::Fault;
use dubo_pin::trust::openpgp::Certificates;

use crate::support::debian::{Archive, Deb, Key, Served, at, sha1, sha256};
use crate::support::http::{Answer, Server};

/// A machine with its own store.
struct Machine {
    dir: tempfile::TempDir,
    remote: Remote,
}

impl Machine {
    fn new() -> Self {
        Self::with("")
    }

    /// …with mirrors, as `DUBO_PIN_MIRRORS` has them.
    fn with(mirrors: &str) -> Self {
        let limits = Limits { back_off: Duration::from_millis(2), ..Limits::default() };
        let http = Http::new(Options { limits, ..Options::default() });
        let mirrors = Mirrors::none().and_environment(mirrors).unwrap();
        let dir = tempfile::tempdir().unwrap();
        let remote = Remote::new(http, mirrors, GitOptions::default());
        Self { remote: remote.with_store(Some(dir.path().join("store"))), dir }
    }

    /// Where an entry of the store lies.
    fn entry(&self, digest: &str) -> std::path::PathBuf {
        self.dir.path().join("store/sha256").join(&digest[..2]).join(digest)
    }
}

fn repository(uri: &str, suites: &[&str]) -> Repository {
    Repository {
        uri: uri.to_owned(),
        snapshot: uri.contains("{snapshot}").then_some(Snapshot::Latest),
        suites: suites.iter().map(|s| s.parse().unwrap()).collect(),
        components: vec!["main".parse().unwrap()],
        signed_by: Vec::new(),
    }
}

fn up_to(uri: &str, time: &str) -> Repository {
    Repository { snapshot: Some(Snapshot::UpTo(time.to_owned())), ..repository(uri, &["bookworm"]) }
}

fn settings() -> Settings<'static> {
    Settings {
        archive: "debian",
        request: "uri=x",
        now: "2024-05-10T00:00:00Z".parse().unwrap(),
        max_age: None,
        architectures: &[],
        prove: false,
        ripe: None,
        min_age: None,
    }
}

fn trusted(keys: &[&Key]) -> Certificates {
    let all = keys.iter().map(|k| Certificates::read(&k.certificate()).unwrap());
    all.reduce(Certificates::and).unwrap()
}

fn suite(key: &Key) -> Archive {
    let curl = Deb::new("curl", "7.88.1-10+deb12u5");
    Archive::new("bookworm").with(curl).with(Deb::new("tzdata", "2024a-0+deb12u1").arch("all")).sign([key])
}

fn locked(opened: &Opened) -> Entry {
    let token = |text: &str| Token::new(text).unwrap();
    let stamp = opened.snapshot.map(Time::stamp);
    Entry {
        request: "uri=x".to_owned(),
        values: stamp.iter().map(|s| (token("snapshot"), Value::One(token(s)))).collect(),
        artifacts: Vec::new(),
        evidence: opened.evidence(),
        first_seen: "2024-05-10".parse().unwrap(),
        seen: BTreeMap::new(),
    }
}

fn versions(found: &[Candidate]) -> Vec<String> {
    found.iter().map(|c| format!("{}={}", c.stanza.package, c.stanza.version)).collect()
}

fn lookup(
    opened: &Opened,
    repository: &Repository,
    architecture: &str,
    names: &BTreeSet<&str>,
    remote: &Remote,
) -> Result<Vec<Candidate>, Fault> {
    chain::lookup(opened, repository, architecture, names, remote).map_err(|problem| problem.fault)
}

fn curl(opened: &Opened, repository: &Repository, machine: &Machine) -> Result<Vec<String>, Fault> {
    let names = BTreeSet::from(["curl"]);
    lookup(opened, repository, "amd64", &names, &machine.remote).map(|found| versions(&found))
}

fn says(fault: &Fault) -> String {
    let t = &fault.trouble;
    [Some(&t.message), t.expected.as_ref(), t.found.as_ref(), t.help.as_ref()]
        .into_iter()
        .flatten()
        .cloned()
        .collect::<Vec<_>>()
        .join(" | ")
}

#[test]
fn packages_come_with_their_suite_and_url_and_a_second_time_from_the_store() {
    let key = Key::new("Test Archive").with_subkey();
    let security = Archive::new("bookworm-security")
        .says_components("updates/main")
        .with(Deb::new("curl", "1:8.0~rc1-1"))
        .sign([&key]);
    let served = Served::of(&suite(&key));
    served.publish("debian", &security);
    let (machine, repository) = (Machine::new(), repository(&served.uri("debian"), &["bookworm", "bookworm-security"]));
    let opened = open(&repository, &trusted(&[&key]), None, &settings(), &machine.remote).unwrap();
    assert_eq!((opened.snapshot, opened.mirrored), (None, false));
    assert_eq!(opened.suites[0].keys(), key.fingerprint());
    assert_eq!(opened.suites[0].sha256.to_string(), sha256(&served.file("/debian/dists/bookworm/InRelease")));
    let names = BTreeSet::from(["curl", "tzdata", "nothing"]);
    let found = lookup(&opened, &repository, "amd64", &names, &machine.remote).unwrap();
    assert_eq!(versions(&found), ["curl=7.88.1-10+deb12u5", "tzdata=2024a-0+deb12u1", "curl=1:8.0~rc1-1"]);
    assert_eq!(found.iter().map(|c| c.security).collect::<Vec<_>>(), [false, false, true]);
    assert_eq!(found[2].url, format!("{}/{}", served.uri("debian"), "pool/main/c/curl/curl_8.0~rc1-1_amd64.deb"));
    assert!(served.sent().iter().any(|p| p.contains("/by-hash/SHA256/")));
    served.forget();
    let again = open(&repository, &trusted(&[&key]), Some(&locked(&opened)), &settings(), &machine.remote).unwrap();
    assert_eq!(again, opened);
    assert_eq!(lookup(&again, &repository, "amd64", &names, &machine.remote).unwrap(), found);
    assert_eq!(served.sent(), Vec::<String>::new());
}

#[test]
fn a_damaged_index_in_the_store_decides_nothing() {
    let key = Key::new("Test Archive");
    let served = Served::of(&suite(&key));
    let (machine, repository) = (Machine::new(), repository(&served.uri("debian"), &["bookworm"]));
    let opened = open(&repository, &trusted(&[&key]), None, &settings(), &machine.remote).unwrap();
    assert_eq!(curl(&opened, &repository, &machine).unwrap(), ["curl=7.88.1-10+deb12u5"]);
    let packed = served.file("/debian/dists/bookworm/main/binary-amd64/Packages.xz");
    let mut plain = Vec::new();
    liblzma::read::XzDecoder::new(&packed[..]).read_to_end(&mut plain).unwrap();
    let path = machine.entry(&sha256(&plain));
    let forged = String::from_utf8(plain).unwrap().replace("7.88.1-10+deb12u5", "7.88.1-10+deb12u4");
    for bytes in [forged.as_bytes(), b"no index\r\n", b""] {
        std::fs::remove_file(&path).unwrap();
        std::fs::write(&path, bytes).unwrap();
        assert_eq!(curl(&opened, &repository, &machine).unwrap(), ["curl=7.88.1-10+deb12u5"]);
    }
}

#[test]
fn without_by_hash_or_without_the_file_there_the_canonical_path_serves() {
    let key = Key::new("Test Archive");
    for (archive, gone) in [(suite(&key).no_by_hash(), false), (suite(&key), true), (suite(&key).detached(), false)] {
        let served = Served::of(&archive);
        for path in served.paths().into_iter().filter(|p| gone && p.contains("by-hash")) {
            served.remove(&path);
        }
        let (machine, repository) = (Machine::new(), repository(&served.uri("debian"), &["bookworm"]));
        let opened = open(&repository, &trusted(&[&key]), None, &settings(), &machine.remote).unwrap();
        assert_eq!(curl(&opened, &repository, &machine).unwrap(), ["curl=7.88.1-10+deb12u5"]);
    }
}

#[test]
fn an_index_of_another_state_of_the_archive_is_told_as_skew_until_it_fits() {
    let key = Key::new("Test Archive");
    let old = suite(&key);
    let new = suite(&key).without("curl").with(Deb::new("curl", "7.88.1-10+deb12u6")).date(at("2024-05-05T00:00:00Z"));
    let names = BTreeSet::from(["curl"]);
    let served = Served::start();
    served.skew("debian", &old, &new, 1);
    let (machine, repository) = (Machine::new(), repository_of(&served));
    let opened = open(&repository, &trusted(&[&key]), None, &settings(), &machine.remote).unwrap();
    let problem = chain::lookup(&opened, &repository, "amd64", &names, &machine.remote).unwrap_err();
    assert_eq!((problem.fault.class, problem.skew), (Class::Alarm, true), "{}", says(&problem.fault));
    let text = says(&problem.fault);
    assert!(text.contains("archive `debian`, suite `bookworm`: the index"), "{text}");
    assert!(text.contains("is not the one that the Release names"), "{text}");
    // An architecture that is not there stays away: no use to ask again.
    let problem = chain::lookup(&opened, &repository, "armel", &names, &machine.remote).unwrap_err();
    assert!(!problem.skew);
    assert_eq!(curl(&opened, &repository, &machine).unwrap(), ["curl=7.88.1-10+deb12u6"]);
}

#[test]
fn what_nobody_trusted_signed_or_what_is_stale_is_an_alarm() {
    let (key, foreign) = (Key::new("Test Archive"), Key::new("Foreign"));
    for (archive, words) in [
        (suite(&foreign), "InRelease is refused: no trusted key signed it"),
        (suite(&key).valid_until(at("2024-05-09T00:00:00Z")), "the Release file has expired"),
        (suite(&key).date(at("2024-05-12T00:00:00Z")), "in the future"),
        (suite(&key).codename("trixie"), "the archive serves another suite than `bookworm`"),
        (suite(&key).detached().sign([&foreign]), "Release is refused: no trusted key signed it"),
    ] {
        let served = Served::of(&archive);
        let (machine, repository) = (Machine::new(), repository(&served.uri("debian"), &["bookworm"]));
        let fault = open(&repository, &trusted(&[&key]), None, &settings(), &machine.remote).unwrap_err();
        assert_eq!(fault.class, Class::Alarm, "{}", says(&fault));
        assert!(says(&fault).contains(words), "{} -- {words}", says(&fault));
        assert!(says(&fault).starts_with("archive `debian`, suite `bookworm`: "), "{}", says(&fault));
    }
    let served = Served::of(&suite(&key));
    served.edit("/debian/dists/bookworm/InRelease", |bytes| bytes.truncate(0));
    let (machine, repository) = (Machine::new(), repository(&served.uri("debian"), &["bookworm"]));
    let fault = open(&repository, &trusted(&[&key]), None, &settings(), &machine.remote).unwrap_err();
    assert_eq!(fault.class, Class::Alarm, "{}", says(&fault));
    let max_age = Some("2d".parse().unwrap());
    let served = Served::of(&suite(&key));
    let repository = repository_of(&served);
    let old = Settings { max_age, ..settings() };
    let fault = open(&repository, &trusted(&[&key]), None, &old, &machine.remote).unwrap_err();
    assert!(says(&fault).contains("older than 2d"), "{}", says(&fault));
}

fn repository_of(served: &Served) -> Repository {
    repository(&served.uri("debian"), &["bookworm"])
}

#[test]
fn a_suite_that_is_not_as_it_was_locked_is_an_alarm() {
    let (key, other) = (Key::new("Test Archive"), Key::new("Other"));
    let now = suite(&key).suite("stable");
    let served = Served::of(&now);
    let machine = Machine::new();
    let both = trusted(&[&key, &other]);
    let stable = Repository { suites: vec!["stable".parse().unwrap()], ..repository_of(&served) };
    let serve = |archive: &Archive| {
        served.publish("debian", archive);
        let release = served.file("/debian/dists/bookworm/InRelease");
        served.server().twist(move |asked, answer| match asked.path.ends_with("dists/stable/InRelease") {
            true => Answer::new(200, release.clone()),
            false => answer,
        });
    };
    serve(&now);
    let ask = |settings: &Settings<'_>, lock: Option<&Entry>| open(&stable, &both, lock, settings, &machine.remote);
    let lock = locked(&ask(&settings(), None).unwrap());
    assert!(ask(&settings(), Some(&lock)).unwrap().notes.is_empty());
    for (archive, words) in [
        (
            now.clone().date(at("2024-05-04T08:15:29Z")),
            "the archive was rolled back | a Date from 2024-05-04T08:15:30Z on, the locked one | Date 2024-05-04T08:15:29Z",
        ),
        (now.clone().with(Deb::new("new", "1")), "two different Release files are dated 2024-05-04T08:15:30Z"),
        (
            now.clone().date(at("2024-05-05T00:00:00Z")).codename("trixie"),
            "codename `bookworm`, which is locked | codename `trixie`",
        ),
        (
            now.clone().date(at("2024-05-05T00:00:00Z")).sign([&other]),
            "none of the locked keys signs the suite any more",
        ),
    ] {
        serve(&archive);
        let fault = ask(&settings(), Some(&lock)).unwrap_err();
        assert_eq!((fault.class, fault.standing), (Class::Alarm, Standing::Alarm), "{}", says(&fault));
        assert!(says(&fault).contains(words), "{} -- {words}", says(&fault));
        // Another request in the manifest frees from the lock.
        let changed = Settings { request: "uri=y", ..settings() };
        assert!(ask(&changed, Some(&lock)).is_ok(), "{words}");
    }
    serve(&now.date(at("2024-05-05T00:00:00Z")).sign([&key, &other]));
    let notes = ask(&settings(), Some(&lock)).unwrap().notes;
    assert_eq!(notes, [format!("`stable`: a new key signs: {}", other.fingerprint())]);
}

#[test]
fn an_architecture_that_a_suite_lacks_needs_a_word_in_the_manifest() {
    let key = Key::new("Test Archive");
    let served = Served::of(&suite(&key).architectures(["amd64", "arm64"]));
    let (machine, repository) = (Machine::new(), repository_of(&served));
    let opened = open(&repository, &trusted(&[&key]), None, &settings(), &machine.remote).unwrap();
    let names = BTreeSet::from(["curl"]);
    let fault = lookup(&opened, &repository, "armel", &names, &machine.remote).unwrap_err();
    assert_eq!(fault.class, Class::Usage);
    let text = says(&fault);
    assert!(text.contains("suite `bookworm`: the suite has no packages for `armel`"), "{text}");
    assert!(text.contains("under [archives.debian]: architectures = [\"amd64\", \"arm64\"]"), "{text}");
    let some = ["amd64".to_owned(), "arm64".to_owned()];
    let narrowed = Settings { architectures: &some, ..settings() };
    let opened = open(&repository, &trusted(&[&key]), None, &narrowed, &machine.remote).unwrap();
    assert_eq!(lookup(&opened, &repository, "armel", &names, &machine.remote).unwrap(), []);
    let other = Repository { components: vec!["contrib".parse().unwrap()], ..repository };
    assert_eq!(lookup(&opened, &other, "amd64", &names, &machine.remote).unwrap_err().class, Class::Usage);
    let missing = Repository { suites: vec!["sid".parse().unwrap()], ..other };
    let fault = open(&missing, &trusted(&[&key]), None, &settings(), &machine.remote).unwrap_err();
    assert_eq!((fault.class, fault.standing), (Class::Usage, Standing::Unlocked));
    assert!(says(&fault).contains("suite `sid`: there is no such suite"), "{}", says(&fault));
}

#[test]
fn flat_archives_and_folders_of_this_machine_are_archives_too() {
    let key = Key::new("Test Archive");
    let flat = Archive::flat("flat/").with(Deb::new("curl", "2-1")).sign([&key]);
    let dir = tempfile::tempdir().unwrap();
    for (path, bytes) in flat.files().into_iter().chain(suite(&key).files()) {
        let path = dir.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }
    let served = Served::of(&flat);
    let here = format!("file://{}", dir.path().display());
    let both = BTreeSet::from(["curl"]);
    for (uri, suite, version) in [
        (served.uri("debian"), "flat/", "2-1"),
        (here.clone(), "flat/", "2-1"),
        (here, "bookworm", "7.88.1-10+deb12u5"),
    ] {
        let (machine, repository) = (Machine::new(), repository(&uri, &[suite]));
        let opened = open(&repository, &trusted(&[&key]), None, &settings(), &machine.remote).unwrap();
        let found = lookup(&opened, &repository, "amd64", &both, &machine.remote).unwrap();
        assert_eq!(versions(&found), [format!("curl={version}")]);
        let stored = deb(&wanted(&found[0], None), &machine.remote).unwrap();
        assert_eq!(stored.sha256, found[0].stanza.sha256, "{uri} {suite}");
    }
}

/// Three snapshots; each holds the state of its day.
fn snapshots(key: &Key) -> Served {
    let served = Served::start();
    for (day, version) in [(4, "7.88.1-1"), (6, "7.88.1-2"), (8, "7.88.1-3")] {
        let date = at(&format!("2024-05-0{day}T00:00:00Z"));
        let archive = Archive::new("bookworm").with(Deb::new("curl", version)).date(date);
        // Valid for a day: at the snapshot's time it is, today it is not.
        served.publish("debian", &archive.valid_until(at(&format!("2024-05-0{}T00:00:00Z", day + 1))).sign([key]));
        served.snapshot("debian", &format!("2024050{day}T080000Z"));
    }
    served
}

#[test]
fn the_newest_import_not_after_the_ceiling_is_taken() {
    let key = Key::new("Test Archive");
    let served = snapshots(&key);
    let uri = served.snapshot_uri("debian");
    let machine = Machine::new();
    // The newest must be good now.
    let early = Settings { now: "2024-05-08T12:00:00Z".parse().unwrap(), ..settings() };
    let take = |repository: &Repository| {
        let opened = open(repository, &trusted(&[&key]), None, &early, &machine.remote)?;
        let found = curl(&opened, repository, &machine)?;
        Ok::<_, Fault>((opened.snapshot.unwrap().stamp(), found.concat(), opened.uri))
    };
    let latest = take(&repository(&uri, &["bookworm"])).unwrap();
    assert_eq!((&*latest.0, &*latest.1), ("20240508T080000Z", "curl=7.88.1-3"));
    assert_eq!(latest.2, served.uri("archive/debian/20240508T080000Z"));
    for (ceiling, expected, version) in [
        ("20240506T080000Z", "20240506T080000Z", "curl=7.88.1-2"),
        ("20240508T075959Z", "20240506T080000Z", "curl=7.88.1-2"),
        ("20240601T000000Z", "20240508T080000Z", "curl=7.88.1-3"),
    ] {
        let taken = take(&up_to(&uri, ceiling)).unwrap();
        assert_eq!((&*taken.0, &*taken.1), (expected, version), "{ceiling}");
    }
    let fault = take(&up_to(&uri, "20240504T075959Z")).unwrap_err();
    assert_eq!(fault.class, Class::Usage);
    assert!(says(&fault).contains("there is no snapshot as old as 20240504T075959Z"), "{}", says(&fault));
    // One list serves for all of it.
    assert!(served.log().iter().all(|a| !a.path.starts_with("/mr/") || a.path == "/mr/timestamp/?archive=debian"));
    // A time that stands in the URL is a snapshot's, too.
    let literal = repository(&served.uri("archive/debian/20240504T080000Z"), &["bookworm"]);
    assert_eq!(take(&literal).unwrap().1, "curl=7.88.1-1");
}

#[test]
fn where_there_is_no_list_the_redirect_of_the_folder_tells() {
    let key = Key::new("Test Archive");
    let served = snapshots(&key);
    served.server().twist(|asked, answer| match asked.path.starts_with("/mr/") {
        true => Answer::new(404, ""),
        false => answer,
    });
    let machine = Machine::new();
    // The newest must be good now.
    let early = Settings { now: "2024-05-08T12:00:00Z".parse().unwrap(), ..settings() };
    let uri = served.snapshot_uri("debian");
    for repository in [repository(&uri, &["bookworm"]), up_to(&uri, "20240601T000000Z")] {
        let opened = open(&repository, &trusted(&[&key]), None, &early, &machine.remote).unwrap();
        assert_eq!(opened.snapshot.unwrap().stamp(), "20240508T080000Z");
    }
    // A redirect that leads elsewhere, or later, tells nothing.
    for to in ["/elsewhere/20240508T080000Z/", "/archive/debian/20300101T000000Z/", "/archive/other/20240508T080000Z/"]
    {
        let server = Server::start(move |asked| match asked.path.starts_with("/archive/debian/20240510") {
            true => Answer::redirect(302, to),
            false if asked.path.starts_with("/mr/") => Answer::new(404, ""),
            false => Answer::new(200, "x"),
        });
        let latest = repository(&format!("{}/archive/debian/{{snapshot}}", server.url()), &["bookworm"]);
        let fault = open(&latest, &trusted(&[&key]), None, &settings(), &machine.remote).unwrap_err();
        assert_eq!(fault.class, Class::Undone, "{to}");
        assert!(says(&fault).contains("snapshot = \"20240510T000000Z\""), "{}", says(&fault));
    }
}

#[test]
fn a_mirror_for_exactly_the_ceiling_is_the_snapshot_and_latest_needs_a_list() {
    let key = Key::new("Test Archive");
    let served = Served::of(&suite(&key));
    let canonical = "http://snapshot.invalid/archive/debian";
    let rule = format!("{canonical}/20240509T000000Z={};resolve", served.uri("debian"));
    let machine = Machine::with(&rule);
    let uri = format!("{canonical}/{{snapshot}}");
    let fixed = up_to(&uri, "20240509T000000Z");
    let opened = open(&fixed, &trusted(&[&key]), None, &settings(), &machine.remote).unwrap();
    assert_eq!((opened.snapshot.unwrap().stamp(), opened.mirrored), ("20240509T000000Z".to_owned(), true));
    assert_eq!(opened.evidence()["origin"], Evidence::One("mirror".to_owned()));
    let found = lookup(&opened, &fixed, "amd64", &BTreeSet::from(["curl"]), &machine.remote).unwrap();
    assert_eq!(
        found[0].url,
        "http://snapshot.invalid/archive/debian/20240509T000000Z/pool/main/c/curl/curl_7.88.1-10%2Bdeb12u5_amd64.deb"
    );
    let stored = deb(&wanted(&found[0], None), &machine.remote).unwrap();
    assert_eq!(stored.size, found[0].stanza.size);
    assert!(served.log().iter().all(|a| !a.path.contains("20240509")));
    let latest = repository(&uri, &["bookworm"]);
    let fault = open(&latest, &trusted(&[&key]), None, &settings(), &machine.remote).unwrap_err();
    assert_eq!(fault.class, Class::Undone);
    assert!(says(&fault).contains("nobody says which snapshot is the latest"), "{}", says(&fault));
    // What has moved on since is no snapshot of that time.
    let early = Machine::with(&rule.replace("20240509", "20240504"));
    let fault =
        open(&up_to(&uri, "20240504T000000Z"), &trusted(&[&key]), None, &settings(), &early.remote).unwrap_err();
    assert!(says(&fault).contains("the Release file is younger than its snapshot"), "{}", says(&fault));
}

#[test]
fn a_locked_snapshot_is_proved_at_its_own_time_and_digest() {
    let key = Key::new("Test Archive");
    let served = snapshots(&key);
    let machine = Machine::new();
    let latest = repository(&served.snapshot_uri("debian"), &["bookworm"]);
    let ceiling = up_to(&latest.uri, "20240504T080000Z");
    let old = open(&ceiling, &trusted(&[&key]), None, &settings(), &machine.remote).unwrap();
    let prove = Settings { prove: true, ..settings() };
    let mut lock = locked(&old);
    let proved = open(&latest, &trusted(&[&key]), Some(&lock), &prove, &machine.remote).unwrap();
    assert_eq!(proved.snapshot, old.snapshot);
    let digest = Evidence::Each(BTreeMap::from([("bookworm".to_owned(), "0".repeat(64))]));
    lock.evidence.insert("inrelease-sha256".to_owned(), digest);
    lock.evidence.remove("date");
    let fault = open(&latest, &trusted(&[&key]), Some(&lock), &prove, &machine.remote).unwrap_err();
    assert_eq!(fault.class, Class::Alarm);
    assert!(says(&fault).contains("the Release file of the locked snapshot is not the locked one"), "{}", says(&fault));
}

fn wanted<'a>(candidate: &'a Candidate, sha1: Option<&'a str>) -> Wanted<'a> {
    Wanted {
        url: &candidate.url,
        size: candidate.stanza.size,
        sha256: candidate.stanza.sha256,
        sha1,
        package: &candidate.stanza.package,
        version: candidate.stanza.version.as_str(),
        architecture: &candidate.stanza.architecture,
        service: None,
        locked: true,
    }
}

#[test]
fn a_vanished_file_is_found_by_its_sha1_and_proved_by_its_sha256() {
    let key = Key::new("Test Archive");
    let served = Served::of(&suite(&key));
    served.snapshot("debian", "20240505T000000Z");
    let (machine, repository) = (Machine::new(), repository_of(&served));
    let opened = open(&repository, &trusted(&[&key]), None, &settings(), &machine.remote).unwrap();
    let found = lookup(&opened, &repository, "amd64", &BTreeSet::from(["curl"]), &machine.remote).unwrap();
    let path = "/debian/pool/main/c/curl/curl_7.88.1-10+deb12u5_amd64.deb";
    let bytes = served.file(path);
    let digest = sha1(&bytes);
    served.remove(path);
    let service = served.uri("").trim_end_matches('/').to_owned();
    for known in [Some(digest.as_str()), None, Some("0000000000000000000000000000000000000000")] {
        let wanted = Wanted { service: Some(&service), ..wanted(&found[0], known) };
        let machine = Machine::new();
        let stored = deb(&wanted, &machine.remote).unwrap();
        assert_eq!(stored.sha256.to_string(), sha256(&bytes), "{known:?}");
    }
    let fault = deb(&wanted(&found[0], Some(&digest)), &machine.remote).unwrap_err();
    assert_eq!((fault.class, fault.standing), (Class::Alarm, Standing::Gone));
    let unless = |status| {
        served.server().twist(move |asked, answer| {
            match ["/mr/", "/file/"].iter().any(|p| asked.path.starts_with(p)) {
                true => Answer::new(status, ""),
                false => answer,
            }
        });
    };
    unless(404);
    let nowhere = Wanted { service: Some(&service), ..wanted(&found[0], Some(&digest)) };
    let fault = deb(&nowhere, &machine.remote).unwrap_err();
    assert_eq!((fault.class, fault.standing), (Class::Alarm, Standing::Gone), "{}", says(&fault));
    // A service that cannot be asked leaves it open.
    unless(500);
    assert_eq!(deb(&nowhere, &machine.remote).unwrap_err().class, Class::Undone);
    // Other bytes in the pool, and nowhere the right ones.
    let server = Server::start(|_| Answer::new(200, "forged"));
    let url = format!("{}/x.deb", server.url());
    let forged = Wanted { url: &url, size: 6, service: None, ..wanted(&found[0], None) };
    let fault = deb(&forged, &machine.remote).unwrap_err();
    assert_eq!((fault.class, fault.standing), (Class::Alarm, Standing::Alarm), "{}", says(&fault));
}

#[test]
fn a_snapshot_service_is_asked_two_things_at_once_at_most() {
    let key = Key::new("Test Archive");
    let served = Served::start();
    let names = ["bookworm", "bookworm-updates", "bookworm-backports", "bookworm-proposed"];
    for name in names {
        served.publish("debian", &Archive::new(name).with(Deb::new("curl", "1")).sign([&key]));
    }
    served.snapshot("debian", "20240505T000000Z");
    served.snapshots().throttle(2);
    let machine = Machine::new();
    let repository = repository(&served.snapshot_uri("debian"), &names);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let opened = open(&repository, &trusted(&[&key]), None, &settings(), &machine.remote).unwrap();
                assert_eq!(curl(&opened, &repository, &machine).unwrap().len(), 4);
            });
        }
    });
    assert_eq!((served.snapshots().peak(), served.snapshots().refused()), (2, 0));
}

#[test]
fn signed_by_joins_files_and_narrows_by_fingerprint() {
    let (one, two) = (Key::new("One"), Key::new("Two"));
    let read = |path: &dubo_pin::model::RelPath| match path.as_str() {
        "keys/one.asc" => Ok(one.armored().into_bytes()),
        "keys/two.gpg" => Ok(two.certificate()),
        _ => Err(dubo_pin::model::Trouble::new("it is not there")),
    };
    let path = |text: &str| Keyring::Path(text.parse().unwrap());
    let of = |all: &[Keyring]| certificates("debian", all, &read);
    let both = of(&[path("keys/one.asc"), path("keys/two.gpg")]).unwrap();
    assert_eq!(both.fingerprints().len(), 2);
    let narrowed = of(&[path("keys/one.asc"), path("keys/two.gpg"), Keyring::Fingerprint(two.fingerprint())]).unwrap();
    assert_eq!(narrowed.fingerprints().iter().map(ToString::to_string).collect::<Vec<_>>(), [two.fingerprint()]);
    let debian = of(&[]).unwrap().fingerprints();
    assert_eq!(debian, of(&[Keyring::Debian]).unwrap().fingerprints());
    let fault = of(&[Keyring::Fingerprint(one.fingerprint())]).unwrap_err();
    assert_eq!(fault.class, Class::Usage);
    let text = says(&of(&[path("keys/three.asc")]).unwrap_err());
    assert!(text.starts_with("archive `debian`: the keys in `keys/three.asc`: it is not there"), "{text}");
}

#[test]
fn the_service_and_time_of_a_url_are_read_off_its_path() {
    let at = |uri| (snapshot::service(uri), snapshot::time_of(uri).map(Time::stamp));
    let root = "https://snapshot.debian.org";
    assert_eq!(at("https://snapshot.debian.org/archive/debian/{snapshot}"), (Some((root, "debian")), None));
    assert_eq!(
        at("https://snapshot.debian.org/archive/debian-security/20240505T000000Z/pool/x.deb"),
        (Some((root, "debian-security")), Some("20240505T000000Z".to_owned()))
    );
    assert_eq!(at("https://deb.example/debian/pool/x.deb"), (None, None));
    assert_eq!(at("https://h/20240505T000000Z/x"), (None, Some("20240505T000000Z".to_owned())));
    assert_eq!(at("https://h/20241305T000000Z/x"), (None, None));
    for bad in ["", "../../mr", "ABCDEF0000000000000000000000000000000000", "00"] {
        assert_eq!(snapshot::by_sha1(root, bad), None);
    }
}
