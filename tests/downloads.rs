//! Downloads into the store before servers that cut, stall, lie, redirect and change their minds.
//!
//! Each threat of the network that concerns downloads has a test of its name. After every failure
//! the store must be empty: `Desk::failed` looks.

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use dubo_pin::disk::{Expect, Store};
use dubo_pin::model::{Sha256, Sha512};
use dubo_pin::remote::git::GitOptions;
use dubo_pin::remote::{Fault, Fetched, Http, Limits, Mirrors, Options, Origin, Remote, RemoteError, SecondStore};

use crate::support::http::{Answer, Asked, Framing, Server};

mod resumed;

const LIMIT: u64 = 1 << 20;
const FRAMINGS: [Framing; 3] = [Framing::Length, Framing::Chunked, Framing::Close];

fn limits() -> Limits {
    Limits {
        idle: Duration::from_millis(400),
        rate_bytes: 1_000,
        rate_window: Duration::from_millis(300),
        back_off: Duration::from_millis(2),
        longest_wait: Duration::from_millis(1_200),
        ..Limits::default()
    }
}

/// A machine: its store, its mirrors, its client.
struct Desk {
    dir: tempfile::TempDir,
    store: Store,
    remote: Remote,
}

impl Desk {
    fn with(limits: Limits, mirrors: &str, second: Option<&str>) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(&dir.path().join("store")).unwrap();
        let http = Http::new(Options { limits, ..Options::default() });
        let mirrors = Mirrors::none().and_environment(mirrors).unwrap();
        let second = second.map(|s| SecondStore::parse(s).unwrap());
        let remote = Remote::new(http, mirrors, GitOptions::default()).with_second(second);
        Self { dir, store, remote }
    }

    fn new() -> Self {
        Self::with(limits(), "", None)
    }

    fn ask(&self, url: &str, expect: Expect) -> Result<Fetched, RemoteError> {
        let result = self.remote.fetch(&self.store).artifact(url, expect, None);
        if let Ok(fetched) = &result {
            assert_eq!(self.bytes(&fetched.stored.sha256).len() as u64, fetched.stored.size);
        }
        result
    }

    /// What stands there now.
    fn now(&self, url: &str) -> Fetched {
        self.ask(url, Expect::at_most(LIMIT)).unwrap()
    }

    /// A failure, which leaves nothing and ends in time.
    fn failed(&self, url: &str, expect: Expect) -> RemoteError {
        let begun = Instant::now();
        let error = self.ask(url, expect).unwrap_err();
        assert!(begun.elapsed() < Duration::from_secs(5), "{error}");
        assert_eq!(entries(self.store.dir()), 0, "{error}");
        error
    }

    fn bytes(&self, digest: &Sha256) -> Vec<u8> {
        let mut bytes = Vec::new();
        self.store.copy_to(digest, &mut bytes).unwrap();
        bytes
    }

    fn empty_store(&self) {
        self.store.gc(0, &|_| false).unwrap();
    }
}

/// Files below `sha256/` and `new/`.
fn entries(dir: &Path) -> usize {
    let Ok(all) = std::fs::read_dir(dir) else { return 0 };
    all.map(|e| e.unwrap())
        .filter(|e| e.file_name() != "answers")
        .map(|e| if e.file_type().unwrap().is_dir() { entries(&e.path()) } else { 1 })
        .sum()
}

fn fault(expect: Expect, answer: impl Fn() -> Answer + Send + Sync + 'static) -> Fault {
    let server = Server::start(move |_| answer());
    Desk::new().failed(&server.url(), expect).fault()
}

fn any() -> Expect {
    Expect::at_most(LIMIT)
}

fn exactly(bytes: &[u8]) -> Expect {
    Expect::exactly(Sha256::of(bytes), bytes.len() as u64)
}

/// Bytes that differ everywhere.
fn sample(len: usize) -> Vec<u8> {
    (0..len).map(|n| u8::try_from((n * 7 + n / 251) % 256).unwrap()).collect()
}

/// A good server of one file: conditions and ranges as RFC 9110 has them.
fn serve(asked: &Asked, bytes: &[u8], etag: &str) -> Answer {
    if asked.header("if-none-match") == Some(etag) {
        return Answer::new(304, "").with("ETag", etag);
    }
    let from = asked.header("range").and_then(|r| r.strip_prefix("bytes=")?.strip_suffix('-')?.parse::<usize>().ok());
    match from {
        Some(from) if asked.header("if-range") == Some(etag) && from < bytes.len() => {
            let range = format!("bytes {from}-{}/{}", bytes.len() - 1, bytes.len());
            Answer::new(206, &bytes[from..]).with("ETag", etag).with("Content-Range", &range)
        }
        _ => Answer::new(200, bytes).with("ETag", etag),
    }
}

#[test]
fn a_download_is_stored_with_its_digests_in_every_framing() {
    let bytes = sample(700_001);
    for framing in [Framing::Length, Framing::Chunked] {
        let body = bytes.clone();
        let server = Server::start(move |_| Answer { framing, ..Answer::new(200, body.clone()) });
        let desk = Desk::new();
        let found = desk.ask(&server.url(), Expect { sha512: true, ..any() }).unwrap();
        assert_eq!((found.stored.sha256, found.stored.size), (Sha256::of(&bytes), 700_001));
        assert_eq!(found.stored.sha512, Some(Sha512::of(&bytes)));
        assert_eq!((found.origin, found.unchanged, found.moved), (Origin::Upstream, false, 700_001));
        assert_eq!(desk.bytes(&found.stored.sha256), bytes);
        assert_eq!(server.log()[0].header("accept-encoding"), Some("identity"));
    }
}

#[test]
fn a_body_cut_at_every_byte_in_every_framing_is_never_kept() {
    let bytes = sample(300);
    let body = bytes.clone();
    // The path is FRAMING/CUT.
    let server = Server::start(move |asked| {
        let (framing, cut) = asked.path[1..].split_once('/').unwrap();
        let framing = FRAMINGS[framing.parse::<usize>().unwrap()];
        Answer { framing, cut: cut.parse().ok(), ..Answer::new(200, body.clone()) }
    });
    let desk = Desk::with(Limits { tries: 1, ..limits() }, "", None);
    for (n, framing) in FRAMINGS.into_iter().enumerate() {
        for cut in 0..bytes.len() {
            let url = format!("{}/{n}/{cut}", server.url());
            let error = desk.failed(&url, exactly(&bytes));
            assert_eq!(error.fault(), Fault::Unreachable, "{framing:?} {cut}: {error}");
            let error = desk.failed(&url, any());
            let right = if framing == Framing::Close { Fault::Refused } else { Fault::Unreachable };
            assert_eq!(error.fault(), right, "{framing:?} {cut}: {error}");
        }
        let found = desk.ask(&format!("{}/{n}/whole", server.url()), exactly(&bytes)).unwrap();
        assert_eq!(found.stored.sha256, Sha256::of(&bytes));
        desk.empty_store();
    }
}

#[test]
fn a_body_without_a_length_is_refused_where_no_size_is_known() {
    let close = || Answer { framing: Framing::Close, ..Answer::new(200, "abc") };
    assert_eq!(fault(any(), close), Fault::Refused);
    let server = Server::start(move |_| close());
    assert!(Desk::new().ask(&server.url(), exactly(b"abc")).is_ok());
    // A digest without a size would tell a cut as forged bytes.
    assert_eq!(fault(Expect { size: None, ..exactly(b"abc") }, close), Fault::Refused);
}

#[test]
fn an_endless_body_ends_at_the_limit() {
    for framing in FRAMINGS {
        let endless = move || Answer { framing, endless: true, ..Answer::new(200, vec![7; 60_000]) };
        assert_eq!(fault(any(), endless), Fault::Refused, "{framing:?}");
        let right = if framing == Framing::Length { Fault::Refused } else { Fault::Forged };
        let sized = Expect { size: Some(LIMIT / 2), ..any() };
        assert_eq!(fault(sized, endless), right, "{framing:?}");
    }
}

#[test]
fn a_body_of_another_length_than_the_known_one_is_refused_before_it_is_read() {
    let long = || Answer::new(200, vec![7; 500_000]);
    let server = Server::start(move |_| long());
    let desk = Desk::new();
    let error = desk.failed(&server.url(), exactly(b"abc"));
    assert_eq!(error.fault(), Fault::Refused, "{error}");
    let error = desk.failed(&server.url(), Expect { limit: LIMIT, ..exactly(b"abc") });
    assert_eq!(error.fault(), Fault::Forged, "{error}");
    let trouble = error.trouble();
    assert_eq!((trouble.expected.as_deref(), trouble.found.as_deref()), (Some("3 bytes"), Some("500000 bytes")));
    let chunked = || Answer { framing: Framing::Chunked, ..Answer::new(200, "ab") };
    assert_eq!(fault(exactly(b"abc"), chunked), Fault::Forged);
}

#[test]
fn a_slow_body_ends_by_its_rate_a_steady_one_by_the_deadline_a_stalled_one_by_its_pause() {
    let pause = Duration::from_millis(40);
    let drip = move || Answer { drip: Some((10, pause)), ..Answer::new(200, vec![7; 100_000]) };
    assert_eq!(fault(any(), drip), Fault::Unreachable);
    assert_eq!(fault(any(), || Answer { stall: Some(300), ..Answer::new(200, vec![7; 1_000]) }), Fault::Unreachable);
    let server = Server::start(move |_| Answer { drip: Some((5_000, pause)), ..Answer::new(200, vec![7; 900_000]) });
    let desk = Desk::with(Limits { total: Duration::from_millis(500), ..limits() }, "", None);
    let error = desk.failed(&server.url(), any());
    assert!(error.to_string().contains("time limit"), "{error}");
}

#[test]
fn the_deadline_spans_all_tries_and_resumes() {
    let bytes = sample(200_000);
    let server = Server::start(move |asked| {
        let pause = Duration::from_millis(20);
        let mut answer = serve(asked, &bytes, "\"a\"");
        (answer.cut, answer.drip) = (Some(answer.body.len() / 4), Some((1_000, pause)));
        answer
    });
    let desk = Desk::with(Limits { total: Duration::from_millis(700), tries: 50, ..limits() }, "", None);
    let begun = Instant::now();
    let error = desk.failed(&server.url(), any());
    assert_eq!(error.fault(), Fault::Unreachable);
    assert!(begun.elapsed() < Duration::from_millis(1_500), "{error}");
}

#[test]
fn too_many_redirects_and_redirects_to_another_scheme_are_refused() {
    assert_eq!(fault(any(), || Answer::redirect(302, "/")), Fault::Refused);
    for to in ["file:///etc/hostname", "ftp://127.0.0.1/", "http://u:p@127.0.0.1/", "data:,x"] {
        assert_eq!(fault(any(), move || Answer::redirect(302, to)), Fault::Refused, "{to}");
    }
}

#[test]
fn a_validator_is_sent_to_the_origin_that_gave_it_and_to_no_other() {
    let (turned, bytes) = (Arc::new(AtomicUsize::new(0)), sample(1_000));
    let body = bytes.clone();
    let cdn = Server::start(move |asked| serve(asked, &body, "\"of-the-cdn\""));
    let elsewhere = Server::start(|_| Answer::new(200, "other").with("ETag", "\"x\""));
    let (near, far, turn) = (cdn.url(), elsewhere.url(), turned.clone());
    let first = Server::start(move |_| {
        let to = if turn.load(Ordering::SeqCst) == 0 { &near } else { &far };
        Answer::redirect(302, &format!("{to}/file"))
    });
    let desk = Desk::new();
    let url = format!("{}/latest", first.url());
    assert_eq!(desk.now(&url).moved, 1_000);
    let again = desk.now(&url);
    assert_eq!((again.moved, again.stored.sha256), (0, Sha256::of(&bytes)));
    assert_eq!(cdn.log()[1].header("if-none-match"), Some("\"of-the-cdn\""));
    turned.store(1, Ordering::SeqCst);
    assert_eq!(desk.now(&url).stored.sha256, Sha256::of(b"other"));
    let told = |server: &Server| server.log().iter().any(|a| a.header("if-none-match").is_some());
    assert!(!told(&first) && !told(&elsewhere));
}

#[test]
fn an_answer_of_304_that_was_not_asked_for_is_nonsense() {
    assert_eq!(fault(any(), || Answer::new(304, "")), Fault::Broken);
    assert_eq!(fault(exactly(b"abc"), || Answer::new(304, "")), Fault::Broken);
    // A condition was made, but for another origin.
    let bad = Server::start(|_| Answer::new(304, ""));
    let (turned, to) = (Arc::new(AtomicUsize::new(0)), bad.url());
    let turn = turned.clone();
    let server = Server::start(move |_| match turn.load(Ordering::SeqCst) {
        0 => Answer::new(200, "abc").with("ETag", "\"a\""),
        _ => Answer::redirect(302, &to),
    });
    let desk = Desk::new();
    desk.now(&server.url());
    turned.store(1, Ordering::SeqCst);
    assert_eq!(desk.ask(&server.url(), any()).unwrap_err().fault(), Fault::Broken);
}

#[test]
fn a_server_that_asks_to_wait_is_waited_for_within_reason() {
    for status in [429, 503] {
        let server = Server::start(|_| Answer::new(200, "abc"));
        server.first([Answer::new(status, "").with("Retry-After", "1")]);
        let begun = Instant::now();
        assert_eq!(Desk::new().now(&server.url()).stored.size, 3);
        assert!(begun.elapsed() >= Duration::from_secs(1));
        // Longer than anybody waits, and for ever.
        assert_eq!(fault(any(), move || Answer::new(status, "").with("Retry-After", "3600")), Fault::Busy);
        assert_eq!(fault(any(), move || Answer::new(status, "")), Fault::Busy);
    }
    let server = Server::start(|_| Answer::new(200, "abc"));
    server.first([Answer::new(503, ""), Answer::new(502, "")]);
    assert_eq!(Desk::new().now(&server.url()).stored.size, 3);
    assert_eq!(server.log().len(), 3);
}

#[test]
fn a_missing_file_is_not_there_and_an_error_page_is_no_file() {
    assert_eq!(fault(any(), || Answer::new(404, "<html>")), Fault::NotThere);
    assert_eq!(fault(any(), || Answer::new(500, "<html>")), Fault::Busy);
    assert_eq!(fault(any(), || Answer::new(403, "<html>")), Fault::Denied);
    assert_eq!(fault(any(), || Answer::new(202, "come again")), Fault::Broken);
    assert_eq!(fault(exactly(b"abc"), || Answer::new(200, "404")), Fault::Forged);
}

#[test]
fn heads_that_contradict_themselves_are_nonsense() {
    assert_eq!(fault(any(), || Answer::new(206, "abc").with("Content-Range", "bytes 0-2/3")), Fault::Broken);
    assert_eq!(fault(any(), || Answer::new(200, "abc").with("Content-Length", "4")), Fault::Broken);
    for length in ["-3", "+3", "3, 4", "3x", "18446744073709551615", "99999999999999999999999"] {
        let odd = move || Answer::new(200, "abc").with("Content-Length", length);
        assert_eq!(fault(any(), odd), Fault::Broken, "{length}");
    }
    assert_eq!(fault(any(), || Answer::new(200, "abc").with("Bad Name", "x")), Fault::Broken);
    let both = || Answer { framing: Framing::Chunked, ..Answer::new(200, "abc").with("Content-Length", "3") };
    assert_eq!(fault(any(), both), Fault::Broken);
    // Not chunks: it would end where the connection does.
    for coding in ["gzip", "identity", "chunked, gzip"] {
        let other =
            move || Answer { framing: Framing::Close, ..Answer::new(200, "abc").with("Transfer-Encoding", coding) };
        assert_eq!(fault(any(), other), Fault::Broken, "{coding}");
    }
}

#[test]
fn a_content_encoding_that_was_not_asked_for_is_refused() {
    for coding in ["gzip", "br", "gzip, identity"] {
        let coded = move || Answer::new(200, "abc").with("Content-Encoding", coding);
        assert_eq!(fault(any(), coded), Fault::Broken, "{coding}");
    }
}

#[test]
fn an_unchanged_upstream_costs_no_body() {
    let dated = |asked: &Asked| {
        let modified = "Wed, 21 Oct 2015 07:28:00 GMT";
        match asked.header("if-modified-since") {
            Some(since) if since == modified => Answer::new(304, ""),
            _ => Answer::new(200, "abc").with("Last-Modified", modified).with("Date", "Thu, 22 Oct 2015 07:28:00 GMT"),
        }
    };
    for server in [
        Server::start(|a| serve(a, b"abc", "\"a\"")),
        Server::start(|a| serve(a, b"abc", "W/\"a\"")),
        Server::start(dated),
    ] {
        let desk = Desk::new();
        let known = Some(Sha256::of(b"abc"));
        let ask = || desk.remote.fetch(&desk.store).artifact(&server.url(), any(), known).unwrap();
        let (first, second) = (ask(), ask());
        assert_eq!((first.moved, second.moved), (3, 0));
        assert_eq!((first.unchanged, second.unchanged, second.origin), (true, true, Origin::Upstream));
        assert_eq!((server.log().len(), first.stored), (2, second.stored));
        // The digest that was not asked for at first is there as well.
        let found = desk.ask(&server.url(), Expect { sha512: true, ..any() }).unwrap();
        assert_eq!((found.moved, found.stored.sha512), (0, Some(Sha512::of(b"abc"))));
    }
}

#[test]
fn news_after_a_record_is_news() {
    let bytes: Arc<Mutex<Vec<u8>>> = Arc::new(Mutex::new(b"old".to_vec()));
    let body = bytes.clone();
    let server = Server::start(move |asked| {
        let bytes = body.lock().unwrap().clone();
        serve(asked, &bytes, &format!("\"{}\"", Sha256::of(&bytes)))
    });
    let desk = Desk::new();
    let known = desk.now(&server.url()).stored.sha256;
    *bytes.lock().unwrap() = b"newer".to_vec();
    let found = desk.remote.fetch(&desk.store).artifact(&server.url(), any(), Some(known)).unwrap();
    assert_eq!((found.stored.sha256, found.unchanged), (Sha256::of(b"newer"), false));
    assert_eq!(desk.now(&server.url()).moved, 0);
}

#[test]
fn an_answer_of_304_without_the_bytes_gets_them_again() {
    let server = Server::start(|asked| serve(asked, b"abc", "\"a\""));
    let desk = Desk::new();
    let stored = desk.now(&server.url()).stored;
    desk.empty_store();
    assert_eq!(desk.now(&server.url()).moved, 3);
    // Altered in the store: the same, with a warning.
    let path = desk.store.get(&stored.sha256).unwrap();
    std::fs::remove_file(&path).unwrap();
    std::fs::write(&path, "abd").unwrap();
    assert_eq!(desk.now(&server.url()).moved, 3);
    assert!(desk.remote.warnings()[0].contains("was altered"), "{:?}", desk.remote.warnings());
    assert_eq!(desk.bytes(&stored.sha256), b"abc");
}

#[test]
fn an_answer_of_304_about_another_content_is_not_believed() {
    let server = Server::start(|asked| match asked.header("if-none-match") {
        Some(_) => Answer::new(304, "").with("ETag", "\"b\""),
        None => Answer::new(200, "abc").with("ETag", "\"a\""),
    });
    let desk = Desk::new();
    desk.now(&server.url());
    assert_eq!(desk.now(&server.url()).moved, 3);
    assert_eq!(server.log().len(), 3);
}

#[test]
fn a_corrupted_record_is_no_record() {
    let server = Server::start(|asked| serve(asked, b"abc", "\"a\""));
    let desk = Desk::new();
    desk.now(&server.url());
    for record in std::fs::read_dir(desk.store.dir().join("answers")).unwrap() {
        std::fs::write(record.unwrap().path(), "{}").unwrap();
    }
    assert_eq!(desk.now(&server.url()).moved, 3);
    assert_eq!(desk.now(&server.url()).moved, 0);
}

#[test]
fn an_etag_that_is_used_again_for_other_bytes_decides_nothing() {
    let count = AtomicUsize::new(0);
    let server = Server::start(move |_| {
        let body = format!("body {}", count.fetch_add(1, Ordering::SeqCst));
        Answer::new(200, body).with("ETag", "\"always\"")
    });
    let desk = Desk::new();
    assert_eq!(desk.now(&server.url()).stored.sha256, Sha256::of(b"body 0"));
    assert_eq!(desk.now(&server.url()).stored.sha256, Sha256::of(b"body 1"));
    desk.empty_store();
    let error = desk.failed(&server.url(), exactly(b"body 1"));
    assert_eq!((error.fault(), error.class().code()), (Fault::Forged, 3), "{error}");
}

#[test]
fn a_mirror_that_serves_other_bytes_is_passed_over_with_a_warning() {
    let upstream = Server::start(|_| Answer::new(200, "abc"));
    let mirror = Server::start(|_| Answer::new(200, "abd"));
    let desk = Desk::with(limits(), &format!("{}/={}/", upstream.url(), mirror.url()), None);
    let url = format!("{}/f", upstream.url());
    let found = desk.ask(&url, exactly(b"abc")).unwrap();
    assert_eq!((found.origin, found.stored.sha256), (Origin::Upstream, Sha256::of(b"abc")));
    assert!(desk.remote.warnings()[0].contains("passed over"), "{:?}", desk.remote.warnings());
    assert_eq!((mirror.log().len(), upstream.log().len()), (1, 1));
    assert_eq!(entries(desk.store.dir()), 1);
}

#[test]
fn a_mirror_decides_a_new_value_only_where_it_may() {
    let upstream = Server::start(|_| Answer::new(200, "of upstream"));
    let mirror = Server::start(|asked| serve(asked, b"of the mirror", "\"m\""));
    let url = format!("{}/f", upstream.url());
    let pair = format!("{}/={}/", upstream.url(), mirror.url());
    let desk = Desk::with(limits(), &pair, None);
    assert_eq!(desk.now(&url).stored.sha256, Sha256::of(b"of upstream"));
    assert!(mirror.log().is_empty());
    let desk = Desk::with(limits(), &format!("{pair};resolve"), None);
    for moved in [13, 0] {
        let found = desk.now(&url);
        assert_eq!((found.origin, found.moved), (Origin::Mirror, moved));
    }
    assert_eq!(upstream.log().len(), 1);
}

#[test]
fn known_bytes_come_from_the_store_a_second_store_a_mirror_and_upstream_in_that_order() {
    let good = |asked: &Asked| serve(asked, b"abc", "\"a\"");
    let (upstream, mirror, second) = (Server::start(good), Server::start(good), Server::start(good));
    let url = format!("{}/f", upstream.url());
    let pair = format!("{}/={}/", upstream.url(), mirror.url());
    let template = format!("{}/by/{{sha256}}", second.url());
    let desk = Desk::with(limits(), &pair, Some(&template));
    let ask = || desk.ask(&url, exactly(b"abc")).unwrap().origin;
    assert_eq!(ask(), Origin::Second);
    assert_eq!(second.log()[0].path, format!("/by/{}", Sha256::of(b"abc")));
    assert_eq!(ask(), Origin::Store);
    let wrong = |server: &Server, answer: Answer| server.twist(move |_, _| answer.clone());
    wrong(&second, Answer::new(404, ""));
    desk.empty_store();
    assert_eq!(ask(), Origin::Mirror);
    assert!(desk.remote.warnings().is_empty(), "{:?}", desk.remote.warnings());
    wrong(&second, Answer::new(200, "abd"));
    wrong(&mirror, Answer::new(404, ""));
    desk.empty_store();
    assert_eq!(ask(), Origin::Upstream);
    assert_eq!(desk.remote.warnings().len(), 1);
    wrong(&upstream, Answer::new(404, ""));
    desk.empty_store();
    assert_eq!(desk.failed(&url, exactly(b"abc")).fault(), Fault::NotThere);
}

#[test]
fn a_second_store_can_be_a_folder_that_export_filled() {
    let server = Server::start(|_| Answer::new(200, "abc"));
    let (desk, folder) = (Desk::new(), tempfile::tempdir().unwrap());
    let digest = desk.now(&server.url()).stored.sha256;
    desk.store.export(&[digest], folder.path()).unwrap();
    let other = Desk::with(limits(), "", folder.path().to_str());
    let fetch = other.remote.fetch(&other.store);
    assert_eq!(fetch.by_hash(&digest, 3).map(|s| s.size), Some(3));
    assert_eq!(other.bytes(&digest), b"abc");
    assert_eq!(fetch.by_hash(&Sha256::of(b"other"), 5), None);
    std::fs::write(folder.path().join(digest.to_string()), "abd").unwrap();
    other.empty_store();
    assert_eq!(fetch.by_hash(&digest, 3), None);
    assert_eq!(entries(other.store.dir()), 0);
}

#[test]
fn file_urls_are_read_only_where_that_is_allowed() {
    let desk = Desk::new();
    let path = desk.dir.path().join("upstream");
    std::fs::write(&path, "abc").unwrap();
    let url = format!("file://{}", path.display());
    assert_eq!(desk.failed(&url, any()).fault(), Fault::Refused);
    let fetch = desk.remote.fetch(&desk.store).with_files(true);
    assert_eq!(fetch.artifact(&url, any(), None).unwrap().stored.sha256, Sha256::of(b"abc"));
    let fault = |url: &str| fetch.artifact(url, any(), None).unwrap_err().fault();
    assert_eq!(fault(&format!("{url}-gone")), Fault::NotThere);
    assert_eq!(fault(&format!("file://{}", desk.dir.path().display())), Fault::Refused);
    // A mirror is this machine's own word.
    let mirrored = Desk::with(limits(), &format!("https://h.example/={url}/../"), None);
    let found = mirrored.ask("https://h.example/upstream", exactly(b"abc")).unwrap();
    assert_eq!(found.origin, Origin::Mirror);
}

#[test]
fn many_threads_fetch_the_same_and_different_urls() {
    let server = Server::start(|asked| serve(asked, asked.path.as_bytes(), "\"a\""));
    let desk = Desk::new();
    std::thread::scope(|scope| {
        for n in 0..32 {
            let (desk, url) = (&desk, format!("{}/{}", server.url(), n % 8));
            scope.spawn(move || {
                let found = desk.now(&url).stored.sha256;
                assert_eq!(found, Sha256::of(format!("/{}", n % 8).as_bytes()));
            });
        }
    });
    assert_eq!(entries(desk.store.dir()), 8);
}
