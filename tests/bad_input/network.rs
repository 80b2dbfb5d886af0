//! Servers that refuse, send away or break off, and a run that may ask nobody.
//!
//! Not here: a server that stalls before or within its answer, since the program waits half a minute
//! for it: that is tested on the library, with small limits.

use std::time::{Duration, Instant};

use super::{Upstream, folder, idle, one_error, pin};
use crate::support::http::{Answer, Server};
use crate::support::program::{Work, ran};
use crate::support::traces;

/// A pin that is locked, and one that is not, both of this upstream.
fn both(up: &Upstream) -> [Work; 2] {
    let locked = folder(&[("widget", up.pin("widget", "version = \"^1\""))]);
    locked.run(&["refresh"]).code(0);
    [locked, folder(&[("widget", up.pin("widget", "version = \"^1\""))])]
}

#[test]
fn a_server_that_refuses_is_never_clean_and_never_gone() {
    for (answer, said) in [
        (Answer::new(404, "no"), "does not have it"),
        (Answer::new(403, "no"), "denies access"),
        (Answer::new(401, "no").with("WWW-Authenticate", "Basic realm=\"r\""), "denies access"),
        (Answer::new(500, "no"), "is busy"),
        (Answer::new(429, "no").with("Retry-After", "3600"), "is busy"),
        (Answer::new(200, "<html>hello\u{1b}[2J</html>"), "127.0.0.1"),
        (Answer::hang_up(), "cannot be reached"),
        (Answer { cut: Some(10), ..Answer::new(200, "0123456789012345678901234567890") }, "127.0.0.1"),
    ] {
        let up = Upstream::new(1);
        // Those that are asked again cost seconds: the locked one alone.
        let transient = answer.status == 500 || answer.hang_up;
        for work in both(&up).into_iter().take(if transient { 1 } else { 2 }) {
            let text = answer.clone();
            up.server.http.twist(move |_, _| text.clone());
            let ran = one_error(idle(&work, &["refresh"]).code(4).says(said));
            assert!(!ran.err.contains('\u{1b}'), "{:?}", ran.err);
            let standing = if work.image().join("pins.lock").exists() { 0 } else { 1 };
            idle(&work, &["verify"]).code(standing);
            up.server.http.twist(|_, answer| answer);
        }
    }
}

#[test]
fn outdated_says_unreachable_and_exits_4() {
    let up = Upstream::new(1);
    let [work, _] = both(&up);
    up.server.http.twist(|_, _| Answer::new(404, "no"));
    idle(&work, &["outdated"]).code(4).says("unreachable").never_says("gone");
    idle(&work, &["refresh", "--locked"]).code(4);
}

#[test]
fn a_busy_server_is_asked_again_after_the_time_it_names() {
    let up = Upstream::new(1);
    let work = folder(&[("widget", up.pin("widget", "tag = \"v1.0.0\""))]);
    up.server.http.first([Answer::new(429, "").with("Retry-After", "1"), Answer::new(503, "")]);
    let begun = Instant::now();
    work.run(&["refresh"]).code(0);
    assert!(begun.elapsed() >= Duration::from_secs(1));
    work.run(&["verify"]).code(0);
}

#[test]
fn nobody_listening_and_no_such_host_are_unreachable() {
    for url in ["http://127.0.0.1:1/r.git", "https://127.0.0.1:1/r.git", "https://no-such-host.invalid/r.git"] {
        let work = folder(&[("widget", pin("widget", url, "tag = \"v1.0.0\""))]);
        one_error(idle(&work, &["refresh"]).code(4).says("cannot be reached"));
    }
}

#[test]
fn passwords_come_from_the_user_alone_and_wrong_ones_are_never_shown() {
    let up = Upstream::new(1);
    up.server.http.want("user:sesame");
    let work = folder(&[("widget", up.pin("widget", "tag = \"v1.0.0\""))]);
    one_error(idle(&work, &["refresh"]).code(4).says("denies access").says("netrc"));
    let netrc = |password: &str| {
        let path = work.home().join(".netrc");
        std::fs::write(&path, format!("machine 127.0.0.1 login user password {password}\n")).unwrap();
        let private = std::os::unix::fs::PermissionsExt::from_mode(0o600);
        std::fs::set_permissions(&path, private).unwrap();
    };
    netrc("open-barley");
    one_error(idle(&work, &["refresh"]).code(4).says("denies access").never_says("barley"));
    netrc("sesame");
    work.run(&["refresh", "-v"]).code(0).never_says("sesame");
    assert!(!work.read("pins.lock").contains("sesame"));
}

#[test]
fn a_redirect_to_another_scheme_is_refused() {
    let up = Upstream::new(1);
    let work = folder(&[("widget", up.pin("widget", "tag = \"v1.0.0\""))]);
    for to in ["file:///etc/passwd", "ftp://127.0.0.1/r.git", "ssh://127.0.0.1/r.git"] {
        let target = to.to_owned();
        up.server.http.twist(move |_, _| Answer::redirect(301, &target));
        one_error(idle(&work, &["refresh"]).code(4).says("is refused").says("redirect"));
    }
    // Round and round.
    up.server.http.twist(|asked, _| Answer::redirect(302, &asked.path));
    one_error(idle(&work, &["refresh"]).code(4).says("redirect"));
}

#[test]
fn a_redirect_to_another_host_takes_no_password_along() {
    let elsewhere = Server::start(|_| Answer::new(404, ""));
    let up = Upstream::new(1);
    up.server.http.want("user:sesame");
    let work = folder(&[("widget", up.pin("widget", "tag = \"v1.0.0\""))]);
    let netrc = work.home().join(".netrc");
    std::fs::write(&netrc, "machine 127.0.0.1 login user password sesame\n").unwrap();
    std::fs::set_permissions(&netrc, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    let target = elsewhere.url();
    up.server.http.twist(move |asked, _| Answer::redirect(301, &format!("{target}{}", asked.path)));
    one_error(idle(&work, &["refresh"]).code(4));
    assert!(up.server.http.log().iter().any(|a| a.header("authorization").is_some()));
    assert!(elsewhere.log().iter().all(|a| a.header("authorization").is_none()));
}

#[test]
fn offline_asks_nobody() {
    let up = Upstream::new(2);
    let [locked, fresh] = both(&up);
    let asked = up.server.http.log().len();
    for verb in [&["refresh", "--offline"][..], &["refresh", "--keep", "--offline"], &["verify", "--offline"]] {
        idle(&locked, verb).code(0);
    }
    for verb in [&["refresh", "--offline"][..], &["refresh", "--locked", "--offline"]] {
        idle(&fresh, verb);
    }
    idle(&locked, &["outdated", "--offline"]).code(4).says("--offline asks nobody");
    one_error(idle(&fresh, &["refresh", "--offline"]).code(4).says("--offline asks nobody"));
    one_error(idle(&locked, &["refresh", "--locked", "--offline"]).code(4).says("--offline asks nobody"));
    one_error(
        idle(&locked, &["refresh", "widget", "--to", "v1.0.0", "--offline"]).code(4).says("--offline asks nobody"),
    );
    assert_eq!(up.server.http.log().len(), asked);
}

#[test]
fn verify_opens_no_socket_starts_nothing_and_writes_nothing() {
    if !traces() {
        return;
    }
    let up = Upstream::new(1);
    for work in both(&up) {
        let log = work.home().join("trace");
        let strace = ["strace", "-f", "-qq", "-e", "trace=network,process,file,desc", "-o", log.to_str().unwrap()];
        let before = work.tree();
        let state = work.image().join(".dubo-pin").exists();
        ran(&mut work.under(&strace, &["verify"]));
        let trace = std::fs::read_to_string(&log).unwrap();
        assert!(trace.contains("pins.toml"), "{trace}");
        for line in trace.lines().filter_map(|l| Some(l.split_once(' ')?.1.trim_start())) {
            let name = line.split('(').next().unwrap_or_default();
            let opens = ["socket", "connect", "bind", "fork", "vfork"].contains(&name)
                || name == "execve" && !line.contains("dubo-pin");
            let makes = ["mkdir", "rename", "unlink", "symlink", "link", "truncate", "fsync", "fchmod", "utime"];
            let makes = makes.iter().any(|m| name.trim_start_matches('f').starts_with(m));
            let flags = ["O_WRONLY", "O_RDWR", "O_CREAT"].iter().any(|f| line.contains(f));
            let writes = name.starts_with("open") && flags && !line.contains("/dev/");
            assert!(!opens && !makes && !writes, "{line}");
        }
        assert!(work.tree() == before && work.image().join(".dubo-pin").exists() == state);
    }
}
