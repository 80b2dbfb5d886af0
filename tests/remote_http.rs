//! The HTTP client before servers that redirect, cut, stall, drip and send too much.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use dubo_pin::remote::{Fault, Http, Length, Limits, Method, Options, Proxies, RemoteError, Request};
use url::Url;

use crate::support::have;
use crate::support::http::{Answer, Framing, Server};

fn limits() -> Limits {
    Limits {
        idle: Duration::from_millis(400),
        rate_bytes: 1_000,
        rate_window: Duration::from_millis(300),
        back_off: Duration::from_millis(2),
        ..Limits::default()
    }
}

fn http(limits: Limits) -> Http {
    Http::new(Options { limits, ..Options::default() })
}

fn get(http: &Http, url: &str) -> Result<Vec<u8>, RemoteError> {
    let url = Url::parse(url).unwrap();
    http.send(&Request::get(&url, 1 << 20))?.body.bytes()
}

fn fault(answer: impl Fn() -> Answer + Send + Sync + 'static) -> Fault {
    let server = Server::start(move |_| answer());
    let begun = Instant::now();
    let error = get(&http(limits()), &server.url()).unwrap_err();
    assert!(begun.elapsed() < Duration::from_secs(5), "{error}");
    error.fault()
}

#[test]
fn bodies_come_whole_in_both_framings() {
    for framing in [Framing::Length, Framing::Chunked] {
        let server = Server::start(move |_| Answer { framing, ..Answer::new(200, vec![7; 100_000]) });
        assert_eq!(get(&http(limits()), &server.url()).unwrap(), vec![7; 100_000]);
    }
}

#[test]
fn a_cut_body_is_never_the_whole() {
    for framing in [Framing::Length, Framing::Chunked] {
        for at in [0, 1, 500, 999] {
            let cut = move || Answer { framing, cut: Some(at), ..Answer::new(200, vec![7; 1_000]) };
            assert_eq!(fault(cut), Fault::Unreachable, "{framing:?} {at}");
        }
    }
    // Without a length a cut would not be seen.
    assert_eq!(fault(|| Answer { framing: Framing::Close, ..Answer::new(200, "x") }), Fault::Refused);
}

#[test]
fn a_body_without_a_length_is_taken_where_it_carries_its_own_end() {
    let server = Server::start(|_| Answer { framing: Framing::Close, ..Answer::new(200, "x") });
    let (http, url) = (http(limits()), Url::parse(&server.url()).unwrap());
    let request = Request { length: Length::Free, ..Request::get(&url, 9) };
    assert_eq!(http.send(&request).unwrap().body.bytes().unwrap(), b"x");
}

#[test]
fn stalls_and_drips_end_within_the_limits() {
    for at in [0, 20, 200] {
        let stall = move || Answer { stall: Some(at), ..Answer::new(200, vec![7; 1_000]) };
        assert_eq!(fault(stall), Fault::Unreachable, "{at}");
    }
    let pause = Duration::from_millis(50);
    let drip = move || Answer { drip: Some((10, pause)), ..Answer::new(200, vec![7; 600]) };
    assert_eq!(fault(drip), Fault::Unreachable);
}

#[test]
fn a_steady_trickle_ends_at_the_deadline() {
    let pause = Duration::from_millis(20);
    let server = Server::start(move |_| Answer { drip: Some((5_000, pause)), ..Answer::new(200, vec![7; 900_000]) });
    let http = http(Limits { total: Duration::from_millis(500), ..limits() });
    let begun = Instant::now();
    let error = get(&http, &server.url()).unwrap_err();
    assert_eq!(error.fault(), Fault::Unreachable, "{error}");
    assert!(error.to_string().contains("time limit"), "{error}");
    assert!(begun.elapsed() < Duration::from_secs(2));
}

#[test]
fn too_much_is_refused_announced_or_not() {
    for framing in [Framing::Length, Framing::Chunked] {
        let large = move || Answer { framing, ..Answer::new(200, vec![7; (1 << 20) + 1]) };
        assert_eq!(fault(large), Fault::Refused, "{framing:?}");
    }
    let server = Server::start(|_| Answer::new(200, vec![7; 1 << 20]));
    assert_eq!(get(&http(limits()), &server.url()).unwrap().len(), 1 << 20);
}

#[test]
fn what_was_not_asked_for_is_nonsense() {
    assert_eq!(fault(|| Answer::new(206, "x")), Fault::Broken);
    assert_eq!(fault(|| Answer::new(304, "")), Fault::Broken);
    assert_eq!(fault(|| Answer::new(200, "x").with("Content-Encoding", "gzip")), Fault::Broken);
    let both = || Answer { framing: Framing::Chunked, ..Answer::new(200, "x").with("Content-Length", "1") };
    let server = Server::start(move |_| both());
    assert!(get(&http(limits()), &server.url()).is_err());
}

#[test]
fn a_condition_makes_304_an_answer() {
    let server = Server::start(|asked| match asked.header("if-none-match") {
        Some("\"a\"") => Answer::new(304, "").with("ETag", "\"a\""),
        _ => Answer::new(200, "x"),
    });
    let (http, url) = (http(limits()), Url::parse(&server.url()).unwrap());
    let request = Request { headers: &[("If-None-Match", "\"a\"")], ..Request::get(&url, 9) };
    let response = http.send(&request).unwrap();
    assert_eq!((response.status, response.header("etag")), (304, Some("\"a\"")));
}

#[test]
fn dropped_connections_are_tried_again_but_not_for_ever() {
    let server = Server::start(|_| Answer::new(200, "x"));
    server.first([Answer::hang_up(), Answer::hang_up()]);
    assert_eq!(get(&http(limits()), &server.url()).unwrap(), b"x");
    assert_eq!(fault(Answer::hang_up), Fault::Unreachable);
}

#[test]
fn a_closed_port_and_an_unknown_name_are_unreachable() {
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    for url in [format!("http://{closed}/"), "http://no-such-host.invalid/".to_owned()] {
        let error = get(&http(limits()), &url).unwrap_err();
        assert_eq!(error.fault(), Fault::Unreachable, "{error}");
    }
}

#[test]
fn our_headers_stay_within_their_origin() {
    let other = Server::start(|_| Answer::new(200, "x"));
    let to = other.url();
    let first = Server::start(move |asked| match asked.path.as_str() {
        "/same" => Answer::redirect(302, "/end"),
        "/away" => Answer::redirect(302, &to),
        _ => Answer::new(200, "x"),
    });
    let http = http(limits());
    let ask = |path: &str| {
        let url = Url::parse(&format!("{}{path}", first.url())).unwrap();
        let headers = &[("X-Api-Key", "secret"), ("Cookie", "secret"), ("Authorization", "secret"), ("Accept", "*/*")];
        http.send(&Request { headers, ..Request::get(&url, 9) }).unwrap();
    };
    ask("/same");
    assert!(first.log().iter().all(|a| a.header("x-api-key") == Some("secret")));
    ask("/away");
    let log = other.log();
    let names: Vec<_> = log[0].headers.iter().map(|(n, _)| n.as_str()).collect();
    assert_eq!(log[0].header("accept"), Some("*/*"));
    assert!(log[0].headers.iter().all(|(_, v)| v != "secret"), "{names:?}");
    assert!(!names.contains(&"referer"), "{names:?}");
    let agent = concat!("dubo-pin/", env!("CARGO_PKG_VERSION"));
    assert_eq!(log[0].header("user-agent"), Some(agent));
}

#[test]
fn what_left_its_origin_does_not_come_back_with_headers() {
    let home = Server::start(|asked| match asked.path.as_str() {
        "/go" => Answer::redirect(302, asked.header("x-via").unwrap()),
        _ => Answer::new(200, "x"),
    });
    let back = format!("{}/back", home.url());
    let away = Server::start(move |_| Answer::redirect(302, &back));
    let (http, url, via) = (http(limits()), Url::parse(&format!("{}/go", home.url())).unwrap(), away.url());
    http.send(&Request { headers: &[("X-Via", &via)], ..Request::get(&url, 9) }).unwrap();
    assert_eq!(home.log()[1].header("x-via"), None);
}

#[test]
fn redirects_are_followed_five_times_and_to_http_alone() {
    let hops = |count: u32| {
        let server = Server::start(move |asked| {
            let n: u32 = asked.path.trim_start_matches('/').parse().unwrap_or(0);
            if n == count { Answer::new(200, "x") } else { Answer::redirect(307, &format!("/{}", n + 1)) }
        });
        get(&http(limits()), &server.url())
    };
    assert!(hops(5).is_ok());
    assert_eq!(hops(6).unwrap_err().fault(), Fault::Refused);
    for to in ["file:///etc/passwd", "ftp://127.0.0.1/", "gopher://x/", "http://u:p@127.0.0.1/", "http://"] {
        assert_eq!(fault(move || Answer::redirect(302, to)), Fault::Refused, "{to}");
    }
    assert_eq!(fault(|| Answer::new(302, "")), Fault::Refused);
    assert_eq!(fault(|| Answer::redirect(300, "/x")), Fault::Refused);
}

#[test]
fn a_post_is_not_turned_into_a_get() {
    let server = Server::start(|asked| match asked.path.as_str() {
        "/302" => Answer::redirect(302, "/end"),
        "/307" => Answer::redirect(307, "/end"),
        _ => Answer::new(200, asked.body.clone()),
    });
    let http = http(limits());
    let post = |path: &str| {
        let url = Url::parse(&format!("{}{path}", server.url())).unwrap();
        let method = Method::Post(b"question");
        http.send(&Request { method, ..Request::get(&url, 99) }).and_then(|r| r.body.bytes())
    };
    assert_eq!(post("/307").unwrap(), b"question");
    assert_eq!(post("/302").unwrap_err().fault(), Fault::Refused);
}

#[test]
fn a_public_host_cannot_lead_to_a_private_one() {
    let server = Server::start(|_| Answer::new(200, "internal"));
    let (http, inside) = (http(limits()), Url::parse(&server.url()).unwrap());
    // As after a redirect from there.
    let asked = Url::parse("https://1.1.1.1/x").unwrap();
    let error = http.send(&Request { asked: &asked, ..Request::get(&inside, 99) }).unwrap_err();
    assert_eq!(error.fault(), Fault::Refused, "{error}");
    assert!(error.to_string().contains("private"), "{error}");
    assert!(server.log().is_empty());
}

#[test]
fn a_proxy_is_used_as_it_is_told_and_plain_http_is_warned_of() {
    let proxy = Server::start(|_| Answer::new(200, "by proxy"));
    let direct = Server::start(|_| Answer::new(200, "direct"));
    let proxies = Proxies { http: Some(proxy.url()), none: Some("127.0.0.1".to_owned()), ..Proxies::default() };
    let http = Http::new(Options { limits: limits(), proxies, ..Options::default() });
    assert_eq!(get(&http, "http://somewhere.invalid/a").unwrap(), b"by proxy");
    assert_eq!(proxy.log()[0].path, "http://somewhere.invalid/a");
    assert_eq!(get(&http, &direct.url()).unwrap(), b"direct");
    assert_eq!(http.warnings().len(), 1);
    assert!(http.warnings()[0].starts_with("somewhere.invalid is asked over http"));
}

#[test]
fn one_client_serves_many_threads() {
    let server = Server::start(|asked| Answer::new(200, asked.path.clone()));
    let http = http(limits());
    std::thread::scope(|scope| {
        for n in 0..32 {
            let (http, url) = (&http, format!("{}/{n}", server.url()));
            scope.spawn(move || assert_eq!(get(http, &url).unwrap(), format!("/{n}").as_bytes()));
        }
    });
}

#[test]
fn a_certificate_that_nobody_vouches_for_is_refused() {
    if !have("openssl") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let openssl = |arguments: &[&str]| {
        let mut command = Command::new("openssl");
        command.args(arguments).current_dir(folder.path());
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
    };
    let name = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"];
    let make = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "key", "-out", "cert"];
    assert!(openssl(&[&make[..], &name[..]].concat()).wait().unwrap().success());
    let address = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let port = address.port().to_string();
    let mut server = openssl(&["s_server", "-accept", &port, "-key", "key", "-cert", "cert", "-www"]);
    let until = Instant::now() + Duration::from_secs(10);
    while std::net::TcpStream::connect(address).is_err() && Instant::now() < until {
        std::thread::sleep(Duration::from_millis(10));
    }
    let result = get(&http(limits()), &format!("https://localhost:{port}/"));
    server.kill().unwrap();
    server.wait().unwrap();
    let error = result.unwrap_err();
    assert_eq!(error.fault(), Fault::Refused, "{error}");
    assert!(error.to_string().contains("certificate"), "{error}");
    assert!(error.trouble().help.unwrap().contains("SSL_CERT_FILE"));
}
