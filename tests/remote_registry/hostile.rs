//! Before servers that lie, stall, redirect and refuse.

use std::io::Read;

use dubo_pin::model::Sha256;
use dubo_pin::remote::registry::{Logins, Reference};
use dubo_pin::remote::{Fault, Origin, RemoteError};

use super::{answer, host, name, plain, remote, serve, several};
use crate::support::http::{Answer, Server};

/// What a tag's manifest comes to before one answer.
fn of(reply: impl Fn() -> Answer + Send + Sync + 'static) -> RemoteError {
    let server = Server::start(move |_| reply());
    let dir = tempfile::tempdir().unwrap();
    let (host, remote) = (host(&server), plain(dir.path()));
    remote.registry().manifest(name(&host, "base"), Reference::Tag("1")).unwrap_err()
}

#[test]
fn every_request_for_a_manifest_names_all_four_media_types() {
    let server = serve(several());
    let dir = tempfile::tempdir().unwrap();
    let (host, remote) = (host(&server), plain(dir.path()));
    let client = remote.registry();
    client.head(name(&host, "base"), Reference::Tag("1")).unwrap();
    client.manifest(name(&host, "base"), Reference::Tag("1")).unwrap();
    let expected = "application/vnd.oci.image.index.v1+json, \
        application/vnd.docker.distribution.manifest.list.v2+json, \
        application/vnd.oci.image.manifest.v1+json, \
        application/vnd.docker.distribution.manifest.v2+json";
    let log = server.log();
    assert_eq!(log.iter().map(|a| a.method.as_str()).collect::<Vec<_>>(), ["HEAD", "GET"]);
    for asked in log {
        assert_eq!(asked.header("accept"), Some(expected));
        assert_eq!((asked.path.as_str(), asked.header("authorization")), ("/v2/base/manifests/1", None));
    }
}

#[test]
fn no_refusal_is_told_as_gone() {
    for (status, fault) in [
        (400, Fault::Broken),
        (401, Fault::Denied),
        (403, Fault::Denied),
        (429, Fault::Busy),
        (500, Fault::Busy),
        (502, Fault::Busy),
        (503, Fault::Busy),
        (504, Fault::Busy),
    ] {
        let server = Server::start(move |_| Answer::new(status, ""));
        let dir = tempfile::tempdir().unwrap();
        let (host, remote) = (host(&server), plain(dir.path()));
        let (client, at) = (remote.registry(), name(&host, "base"));
        let digest = Sha256::of(b"x");
        assert_eq!(client.head(at, Reference::Tag("1")).unwrap_err().fault(), fault, "{status}");
        // A door that stays shut is not tried again: another path for the next question.
        assert_eq!(
            client.manifest(name(&host, "b"), Reference::Digest(&digest)).unwrap_err().fault(),
            fault,
            "{status}"
        );
        assert_eq!(client.tags(name(&host, "c")).unwrap_err().fault(), fault, "{status}");
    }
}

#[test]
fn a_rate_limit_is_shown_with_its_numbers_and_a_short_one_waited_for() {
    let limited = |wait: &str| {
        Answer::new(429, r#"{"errors":[{"code":"TOOMANYREQUESTS","message":"You have reached your pull rate limit"}]}"#)
            .with("Retry-After", wait)
            .with("RateLimit-Limit", "100;w=21600")
            .with("RateLimit-Remaining", "0;w=21600")
    };
    let error = of(move || limited("3600"));
    assert_eq!(error.fault(), Fault::Busy);
    for text in ["its limit is 100 requests in 21600 s, 0 are left", "TOOMANYREQUESTS: You have reached"] {
        assert!(error.to_string().contains(text), "{error}");
    }
    assert_eq!(error.trouble().help.unwrap(), "it asks to wait 3600 s");

    let server = serve(several());
    server.first([limited("0"), limited("0")]);
    let dir = tempfile::tempdir().unwrap();
    let (host, remote) = (host(&server), plain(dir.path()));
    remote.registry().manifest(name(&host, "base"), Reference::Tag("1")).unwrap();
    assert_eq!(server.log().len(), 3);
}

#[test]
fn web_pages_are_nobodys_word() {
    for status in [200, 404] {
        let error =
            of(move || Answer::new(status, "<html>Sign in</html>").with("Content-Type", "text/html; charset=utf-8"));
        assert_eq!(error.fault(), Fault::Broken, "{error}");
        assert!(error.to_string().contains("a web page"), "{error}");
    }
}

#[test]
fn what_is_no_manifest_is_refused() {
    for (body, part) in [
        ("", "no JSON object"),
        ("[]", "no JSON object"),
        ("{}", "neither an index nor an image"),
        (r#"{"schemaVersion":1,"fsLayers":[]}"#, "schema 1"),
        (r#"{"manifests":[],"layers":[],"config":{}}"#, "both an index and an image"),
        (r#"{"manifests":[{"digest":"sha256:00","size":1}]}"#, "no SHA-256 digest"),
        (r#"{"manifests":{}}"#, "no list"),
        (r#"{"mediaType":"application/vnd.oci.image.manifest.v1+json","manifests":[]}"#, "an index by its form"),
        (r#"{"layers":[]}"#, "without a configuration"),
    ] {
        let error = of(move || Answer::new(200, body));
        assert!(error.to_string().contains(part), "{body}: {error}");
    }
    let other = || Answer::new(200, r#"{"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[]}"#);
    let error = of(move || other().with("Content-Type", "application/vnd.docker.distribution.manifest.list.v2+json"));
    assert!(error.to_string().contains("and came as"), "{error}");
    assert_eq!(of(|| Answer::new(200, vec![b' '; (4 << 20) + 1])).fault(), Fault::Refused);
    assert_eq!(of(|| Answer { cut: Some(5), ..Answer::new(200, "{\"manifests\":[]}") }).fault(), Fault::Unreachable);
}

#[test]
fn a_tampered_manifest_is_forged_and_a_lying_header_decides_nothing() {
    let image = several();
    let (root, lie) = (image.root().digest(), format!("sha256:{}", Sha256::of(b"lie")));
    let server = serve(image);
    server.twist(move |_, answer| {
        let mut answer = answer;
        answer.headers.retain(|(n, _)| n != "Docker-Content-Digest");
        answer.with("Docker-Content-Digest", &lie)
    });
    let dir = tempfile::tempdir().unwrap();
    let (at, remote) = (host(&server), plain(dir.path()));
    let found = remote.registry().manifest(name(&at, "base"), Reference::Tag("1")).unwrap();
    assert_eq!(found.digest, root);

    server.twist(|_, mut answer| {
        answer.body.push(b'\n');
        answer
    });
    let dir = tempfile::tempdir().unwrap();
    let remote = plain(dir.path());
    let error = remote.registry().manifest(name(&at, "base"), Reference::Digest(&root)).unwrap_err();
    assert_eq!((error.fault(), error.class().code()), (Fault::Forged, 3), "{error}");
    assert_eq!(error.trouble().expected, Some(format!("sha256:{root}")));
}

#[test]
fn a_blob_may_lie_elsewhere_and_no_token_goes_there() {
    let image = several();
    let layer = image.blobs[0].clone();
    let cdn = Server::start(move |_| Answer::new(200, layer.clone()));
    let (to, inner) = (cdn.url(), image.clone());
    let registry = Server::start(move |asked| {
        let open = asked.header("authorization") == Some("Bearer t0ken");
        match asked.path.as_str() {
            path if path.starts_with("/token") => Answer::new(200, r#"{"token":"t0ken"}"#),
            _ if !open => {
                let realm = format!("http://{}/token", asked.header("host").unwrap());
                Answer::new(401, "").with("WWW-Authenticate", &format!("Bearer realm=\"{realm}\""))
            }
            path if path.contains("/blobs/") => Answer::redirect(307, &format!("{to}/x?sig=1")),
            _ => answer(&inner, asked),
        }
    });
    let dir = tempfile::tempdir().unwrap();
    let (host, remote) = (host(&registry), plain(dir.path()));
    let (client, at) = (remote.registry(), name(&host, "base"));
    let child = client.manifest(at, Reference::Tag("1")).unwrap().children[0].clone();
    let image = client.manifest(at, Reference::Digest(&child.digest)).unwrap();
    client.store_blob(at, &image.layers[0]).unwrap();
    let asked = cdn.log();
    assert_eq!(asked.len(), 1);
    assert!(asked[0].headers.iter().all(|(n, v)| n != "authorization" && !v.contains("t0ken")), "{asked:?}");
}

#[test]
fn a_tampered_cut_or_long_blob_is_never_the_whole() {
    for (twist, fault) in [(0, Fault::Forged), (1, Fault::Unreachable), (2, Fault::Forged), (3, Fault::Forged)] {
        let server = serve(several());
        server.twist(move |asked, mut answer| {
            if asked.path.contains("/blobs/") {
                match twist {
                    0 => answer.body[3] ^= 1,
                    1 => answer.cut = Some(9),
                    2 => answer.body.push(0),
                    _ => drop(answer.body.pop()),
                }
            }
            answer
        });
        let dir = tempfile::tempdir().unwrap();
        let (host, remote) = (host(&server), plain(dir.path()));
        let (client, at) = (remote.registry(), name(&host, "base"));
        let child = client.manifest(at, Reference::Tag("1")).unwrap().children[0].clone();
        let image = client.manifest(at, Reference::Digest(&child.digest)).unwrap();
        let mut made = 0;
        let error = client.blob(at, &image.layers[0], &mut |_| made += 1).unwrap_err();
        assert_eq!(error.fault(), fault, "{twist}: {error}");
        let tries = server.log().iter().filter(|a| a.path.contains("/blobs/")).count();
        assert_eq!(tries, if twist == 1 { 3 } else { 1 });
    }
}

#[test]
fn a_list_of_tags_that_circles_or_leads_away_ends() {
    let elsewhere = serve(several());
    for (link, fault) in [
        ("</v2/base/tags/list?n=1000>; rel=\"next\"".to_owned(), Fault::Broken),
        ("</v2/base/tags/list?last=x>; rel=\"next\"".to_owned(), Fault::Broken),
        (format!("<{}/v2/base/tags/list?last=x>; rel=\"next\"", elsewhere.url()), Fault::Refused),
        ("<file:///etc/passwd>; rel=\"next\"".to_owned(), Fault::Refused),
    ] {
        let server = Server::start(move |_| Answer::new(200, r#"{"tags":["a","b"]}"#).with("Link", &link));
        let dir = tempfile::tempdir().unwrap();
        let (host, remote) = (host(&server), plain(dir.path()));
        assert_eq!(remote.registry().tags(name(&host, "base")).unwrap_err().fault(), fault);
        assert!(server.log().len() <= 2);
    }
    assert!(elsewhere.log().is_empty());
}

#[test]
fn a_mirror_serves_digests_and_says_what_a_tag_means_only_where_it_may() {
    let (upstream, mirror) = (serve(several()), serve(several()));
    let host = host(&upstream);
    let root = several().root().digest();
    for (more, by_tag) in [("", Origin::Upstream), (";resolve", Origin::Mirror)] {
        let dir = tempfile::tempdir().unwrap();
        let rules = format!("https://{host}/=http://{}/hub/{more}", super::host(&mirror));
        let remote = remote(dir.path(), &rules, Logins::default());
        let (client, at) = (remote.registry(), name(&host, "base"));
        assert_eq!(client.decides(at), by_tag);
        assert_eq!(client.manifest(at, Reference::Digest(&root)).unwrap().origin, Origin::Mirror);
        assert_eq!(mirror.log().last().unwrap().path, format!("/v2/hub/base/manifests/sha256:{root}"));
        assert_eq!(client.manifest(at, Reference::Tag("1")).unwrap().origin, by_tag);
        assert_eq!(client.manifest(at, Reference::Digest(&root)).unwrap().origin, Origin::Store);
    }
    assert_eq!(upstream.log().len(), 1);
}

#[test]
fn a_mirror_that_lies_or_has_it_not_is_passed_over() {
    let (upstream, mirror) = (serve(several()), serve(several()));
    let (host, root) = (host(&upstream), several().root().digest());
    let rules = format!("https://{host}/=http://{}/", super::host(&mirror));
    for status in [200, 404, 500] {
        mirror.twist(move |_, answer| Answer { status, body: [answer.body, b" ".to_vec()].concat(), ..answer });
        let dir = tempfile::tempdir().unwrap();
        let remote = remote(dir.path(), &rules, Logins::default());
        let found = remote.registry().manifest(name(&host, "base"), Reference::Digest(&root)).unwrap();
        assert_eq!(found.origin, Origin::Upstream);
        let warned = remote.warnings().iter().any(|w| w.contains("is passed over"));
        assert_eq!(warned, status == 200, "{:?}", remote.warnings());
    }
}

#[test]
fn a_dropped_connection_begins_again_and_a_reader_may_stop_early() {
    let server = serve(several());
    let dir = tempfile::tempdir().unwrap();
    let (host, remote) = (host(&server), plain(dir.path()));
    let (client, at) = (remote.registry(), name(&host, "base"));
    let child = client.manifest(at, Reference::Tag("1")).unwrap().children[0].clone();
    let image = client.manifest(at, Reference::Digest(&child.digest)).unwrap();
    let mut whole = several().blobs[0].clone();
    server.first([Answer { cut: Some(20), ..Answer::new(200, whole.clone()) }]);
    let mut begun = 0;
    let read = &mut |source: &mut dyn Read| {
        begun += 1;
        let mut first = [0; 10];
        source.read_exact(&mut first).map(|()| first)
    };
    let first = client.blob(at, &image.layers[0], read).unwrap().unwrap();
    whole.truncate(10);
    assert_eq!((first.to_vec(), begun), (whole, 2));
}
