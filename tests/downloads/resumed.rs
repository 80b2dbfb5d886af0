//! Downloads whose connection drops: joined where that is safe, begun anew where it is not.

use super::*;

/// Serves `bytes` and cuts the first answer at `cut`; what comes after is `then`'s.
fn cut_once(
    bytes: &[u8],
    etag: &'static str,
    cut: usize,
    then: impl Fn(&Asked) -> Answer + Send + Sync + 'static,
) -> Server {
    let server = Server::start(then);
    server.first([Answer { cut: Some(cut), ..Answer::new(200, bytes).with("ETag", etag) }]);
    server
}

#[test]
fn a_dropped_download_goes_on_where_it_was_with_a_strong_validator() {
    let bytes = sample(400_000);
    let body = bytes.clone();
    let server = cut_once(&bytes, "\"a\"", 150_000, move |asked| serve(asked, &body, "\"a\""));
    let found = Desk::new().now(&server.url());
    assert_eq!((found.stored.sha256, found.moved), (Sha256::of(&bytes), 400_000));
    let log = server.log();
    assert_eq!((log.len(), log[0].header("range")), (2, None));
    let from = log[1].header("range").unwrap().trim_start_matches("bytes=").trim_end_matches('-').to_owned();
    assert!(from.parse::<usize>().unwrap() > 0);
    assert_eq!(log[1].header("if-range"), Some("\"a\""));
}

#[test]
fn a_weak_validator_or_none_starts_anew() {
    let bytes = sample(400_000);
    for etag in ["W/\"a\"", "unquoted"] {
        let body = bytes.clone();
        let server = cut_once(&bytes, etag, 150_000, move |asked| serve(asked, &body, etag));
        assert_eq!(Desk::new().now(&server.url()).stored.sha256, Sha256::of(&bytes));
        assert!(server.log().iter().all(|a| a.header("range").is_none()), "{etag}");
    }
}

#[test]
fn a_changed_validator_starts_anew_and_bytes_of_two_contents_are_never_joined() {
    let (old, new) = (sample(400_000), vec![9; 300_000]);
    let body = new.clone();
    let server = cut_once(&old, "\"old\"", 150_000, move |asked| serve(asked, &body, "\"new\""));
    let desk = Desk::new();
    assert_eq!(desk.now(&server.url()).stored.sha256, Sha256::of(&new));
    // The whole that came in place of the part was used: it was not asked for twice.
    assert_eq!(server.log().len(), 2);
    assert_eq!(desk.now(&server.url()).moved, 0);
}

#[test]
fn a_part_that_does_not_fit_to_the_byte_is_not_joined() {
    let bytes = sample(400_000);
    type Bend = fn(usize, usize) -> String;
    let bends: [Bend; 6] = [
        |from, all| format!("bytes {}-{}/{all}", from + 1, all - 1),
        |from, all| format!("bytes {from}-{}/{all}", all - 2),
        |from, all| format!("bytes {from}-{}/{}", all, all + 1),
        |from, all| format!("bytes {from}-{}/*", all - 1),
        |_, all| format!("bytes 0-{}/{all}", all - 1),
        |_, _| "nonsense".to_owned(),
    ];
    let bend_etag: Bend = |from, all| format!("bytes {from}-{}/{all}", all - 1);
    for (n, bend) in bends.into_iter().chain([bend_etag]).enumerate() {
        let body = bytes.clone();
        let server = cut_once(&bytes, "\"a\"", 150_000, move |asked| {
            let mut answer = serve(asked, &body, "\"a\"");
            if answer.status == 206 {
                let range = bend(body.len() - answer.body.len(), body.len());
                let etag = if n == 6 { "\"b\"" } else { "\"a\"" };
                answer.headers = vec![("ETag".into(), etag.into()), ("Content-Range".into(), range)];
            }
            answer
        });
        let found = Desk::new().now(&server.url());
        assert_eq!(found.stored.sha256, Sha256::of(&bytes), "{n}");
        assert!(server.log().last().unwrap().header("range").is_none(), "{n}");
    }
}

#[test]
fn a_refused_range_starts_anew() {
    let bytes = sample(400_000);
    let body = bytes.clone();
    let server = cut_once(&bytes, "\"a\"", 150_000, move |asked| match asked.header("range") {
        Some(_) => Answer::new(416, ""),
        None => serve(asked, &body, "\"a\""),
    });
    assert_eq!(Desk::new().now(&server.url()).stored.sha256, Sha256::of(&bytes));
}

#[test]
fn a_validator_that_lies_about_two_halves_is_found_out_by_the_digest() {
    let (old, new) = (sample(400_000), vec![9; 400_000]);
    let body = new.clone();
    let server = cut_once(&old, "\"a\"", 150_000, move |asked| serve(asked, &body, "\"a\""));
    let found = Desk::new().ask(&server.url(), Expect { limit: LIMIT, ..exactly(&new) }).unwrap();
    assert_eq!(found.stored.sha256, Sha256::of(&new));
    assert!(server.log().last().unwrap().header("range").is_none());
}

#[test]
fn a_server_that_always_cuts_is_given_up() {
    let bytes = sample(400_000);
    let server = Server::start(move |asked| Answer { cut: Some(10), ..serve(asked, &bytes, "\"a\"") });
    assert_eq!(Desk::new().failed(&server.url(), any()).fault(), Fault::Unreachable);
    assert_eq!(server.log().len(), 3);
}
