//! Hosts of archives as they are: they throttle, drop connections, and ask apt's auth.conf for
//! credentials.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use dubo_pin::disk::{Expect, Store};
use dubo_pin::remote::{Cache, CredentialSources, Credentials, Fault, Fetch, Http, Limits, Mirrors, Options};

use crate::support::http::{Answer, Server};

fn options() -> Options {
    let (back_off, total) = (Duration::from_millis(2), Duration::from_secs(20));
    let limits = Limits { back_off, total, ..Limits::default() };
    Options { limits, ..Options::default() }
}

fn with_auth(text: &str) -> Http {
    let sources = CredentialSources { apt_auth: vec![text.to_owned()], ..CredentialSources::default() };
    Http::new(Options { credentials: Credentials::new(sources), ..options() })
}

struct Machine {
    _dir: tempfile::TempDir,
    store: Store,
    http: Http,
    mirrors: Mirrors,
}

impl Machine {
    fn new(http: Http) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path()).unwrap();
        Self { _dir: dir, store, http, mirrors: Mirrors::none() }
    }

    fn fetch(&self) -> Fetch<'_> {
        Fetch::new(&self.http, &self.mirrors, &self.store, Cache::new(self.store.dir().join("answers")))
    }
}

/// Fetches sixteen files on eight threads, and says how many answers were under way at most.
fn most_at_once(at_most: Option<usize>, answer: impl Fn(bool) -> Answer + Send + Sync + 'static) -> usize {
    let (open, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let known = Mutex::new(BTreeSet::new());
    let seen = most.clone();
    let server = Server::start(move |asked| {
        let now = open.fetch_add(1, Ordering::SeqCst) + 1;
        seen.fetch_max(now, Ordering::SeqCst);
        std::thread::sleep(Duration::from_millis(10));
        open.fetch_sub(1, Ordering::SeqCst);
        answer(known.lock().unwrap().insert(asked.path.clone()))
    });
    let machine = Machine::new(Http::new(options()));
    std::thread::scope(|scope| {
        for thread in 0..8 {
            let (machine, server) = (&machine, &server);
            scope.spawn(move || {
                for file in 0..2 {
                    let url = format!("{}/{thread}/{file}", server.url());
                    let fetch = machine.fetch().at_most(at_most);
                    let fetched = fetch.artifact(&url, Expect::at_most(1 << 20), None).unwrap();
                    assert_eq!(fetched.stored.size, 50_000);
                }
            });
        }
    });
    most.load(Ordering::SeqCst)
}

#[test]
fn never_more_than_two_answers_of_one_host_at_once_even_where_bodies_break_off() {
    let whole = |_| Answer::new(200, vec![7; 50_000]);
    assert_eq!(most_at_once(Some(2), whole), 2);
    assert!(most_at_once(None, whole) > 2);
    // The first body of each is cut, with a tag that lets it go on, or without; the permits come
    // back.
    let broken = move |first: bool| match first {
        true => Answer { cut: Some(20_000), ..whole(first) },
        false => whole(first),
    };
    assert_eq!(most_at_once(Some(2), broken), 2);
    let tagged = move |first: bool| broken(first).with("ETag", "\"one\"");
    assert_eq!(most_at_once(Some(2), tagged), 2);
}

#[test]
fn a_host_that_throttles_is_asked_again_after_the_time_it_names() {
    let server = Server::start(|_| Answer::new(200, "at last"));
    server.first([
        Answer::new(429, "").with("Retry-After", "1"),
        Answer::hang_up(),
        Answer::new(503, "").with("Retry-After", "0"),
        Answer::hang_up(),
    ]);
    let machine = Machine::new(Http::new(options()));
    let begun = Instant::now();
    let fetch = machine.fetch().at_most(Some(2));
    assert_eq!(fetch.artifact(&server.url(), Expect::at_most(99), None).unwrap().stored.size, 7);
    assert!(begun.elapsed() >= Duration::from_secs(1));
    assert!(server.log().len() >= 5);
    // It is not asked for ever.
    let down = Server::start(|_| Answer::new(503, ""));
    assert_eq!(fetch.artifact(&down.url(), Expect::at_most(99), None).unwrap_err().fault(), Fault::Busy);
    assert_eq!(down.log().len(), 6);
}

#[test]
fn a_password_of_auth_conf_goes_to_its_place_alone() {
    let server = Server::start(|_| Answer::new(200, "x"));
    server.want("me:of-the-archive");
    let text = format!(
        "machine 127.0.0.1 login https password not-asked\nmachine {0}/deb login me password of-the-archive\n",
        server.url()
    );
    let machine = Machine::new(with_auth(&text));
    let get = |path: &str| {
        let url = format!("{}{path}", server.url());
        machine.fetch().artifact(&url, Expect::at_most(9), None)
    };
    assert!(get("/deb/dists/InRelease").is_ok());
    assert!(get("/deb/pool/x.deb").is_ok());
    let sent: Vec<_> = server.log().iter().map(|a| a.header("authorization").is_some()).collect();
    assert_eq!(sent, [false, true, true]);
    let error = get("/other/x").unwrap_err();
    assert_eq!(error.fault(), Fault::Denied);
    assert!(error.to_string().contains("apt's auth.conf does not name it"), "{error}");
    assert!(server.log().last().unwrap().header("authorization").is_none());
    let all = format!("{error:?} {:?} {:?}", error.trouble(), machine.http);
    assert!(!all.contains("of-the-archive") && !all.contains("not-asked"), "{all}");
}

#[test]
fn a_password_of_auth_conf_crosses_no_redirect_and_a_wrong_one_is_sent_once() {
    let other = Server::start(|_| Answer::new(200, "x"));
    other.want("me:right-one");
    let to = other.url();
    let server = Server::start(move |_| Answer::redirect(302, &to));
    server.want("me:right-one");
    let machine = Machine::new(with_auth(&format!("machine {}/ login me password right-one", server.url())));
    let fetch = machine.fetch();
    assert_eq!(fetch.artifact(&server.url(), Expect::at_most(9), None).unwrap_err().fault(), Fault::Denied);
    assert!(server.log().iter().any(|a| a.header("authorization").is_some()));
    assert!(other.log().iter().all(|a| a.header("authorization").is_none()));
    let machine = Machine::new(with_auth(&format!("machine {} login me password wrong-one", other.url())));
    for _ in 0..2 {
        let error = machine.fetch().artifact(&other.url(), Expect::at_most(9), None).unwrap_err();
        assert!(error.to_string().contains("from apt's auth.conf were not accepted"), "{error}");
        assert!(!format!("{error:?}").contains("wrong-one"));
    }
    assert_eq!(other.log().iter().filter(|a| a.header("authorization").is_some()).count(), 1);
}
