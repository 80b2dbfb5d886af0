//! Token services and logins: a real JWT before a real registry, and services that misbehave.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use dubo_pin::remote::registry::{Logins, Reference};
use dubo_pin::remote::{Fault, Remote, RemoteError};

use super::{answer, host, name, plain, remote, several};
use crate::support::have;
use crate::support::http::{Answer, Asked, Server};
use crate::support::registry::Real;

fn logins(dir: &Path, config: &str) -> Logins {
    let file = dir.join("config.json");
    std::fs::write(&file, config).unwrap();
    Logins { files: vec![file], programs: vec![PathBuf::from("relative"), dir.to_owned()] }
}

fn basic(pair: &str) -> String {
    format!("Basic {}", STANDARD.encode(pair))
}

fn openssl(dir: &Path, arguments: &[&str], input: &[u8]) -> Vec<u8> {
    use std::io::Write as _;
    let mut child = Command::new("openssl")
        .args(arguments)
        .current_dir(dir)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input).unwrap();
    let done = child.wait_with_output().unwrap();
    assert!(done.status.success(), "openssl {arguments:?}");
    done.stdout
}

/// A JSON Web Token that opens one repository, signed with `key.pem` (RFC 7519, RS256).
fn jwt(dir: &Path, repository: &str) -> String {
    let certificate = openssl(dir, &["x509", "-in", "cert.pem", "-outform", "DER"], b"");
    let head = format!(r#"{{"typ":"JWT","alg":"RS256","x5c":["{}"]}}"#, STANDARD.encode(certificate));
    let now = jiff::Timestamp::now().as_second();
    let body = format!(
        r#"{{"iss":"issuer","sub":"","aud":"reg","exp":{},"nbf":{},"iat":{now},"jti":"1","access":[{{"type":"repository","name":"{repository}","actions":["pull"]}}]}}"#,
        now + 300,
        now - 60,
    );
    let signed = format!("{}.{}", URL_SAFE_NO_PAD.encode(head), URL_SAFE_NO_PAD.encode(body));
    let signature = openssl(dir, &["dgst", "-sha256", "-sign", "key.pem"], signed.as_bytes());
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
}

#[test]
fn a_real_registry_is_opened_by_a_real_token() {
    if !have("docker-registry") || !have("openssl") {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let image = several();
    image.push(Real::start(dir.path(), None).address, "team/base", "1");
    let made =
        ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "key.pem", "-out", "cert.pem", "-days", "2"];
    openssl(dir.path(), &[&made[..], &["-subj", "/CN=issuer"]].concat(), b"");
    let folder = dir.path().to_owned();
    // It hands out what was asked for only to anna.
    let service = Server::start(move |asked| {
        let wanted = asked.path.contains("scope=repository%3Ateam%2Fbase%3Apull") && asked.path.contains("service=reg");
        match asked.header("authorization") {
            Some(login) if login == basic("anna:geheim") && wanted => {
                Answer::new(200, format!(r#"{{"token":"{}"}}"#, jwt(&folder, "team/base")))
            }
            None if wanted => Answer::new(200, format!(r#"{{"access_token":"{}"}}"#, jwt(&folder, "other"))),
            _ => Answer::new(401, ""),
        }
    });
    let auth = format!(
        "  token:\n    realm: {}/token\n    service: reg\n    issuer: issuer\n    rootcertbundle: {}\n",
        service.url(),
        dir.path().join("cert.pem").display()
    );
    let registry = Real::start(dir.path(), Some(&auth));
    let host = registry.host();
    let config = |pair: &str| format!(r#"{{"auths":{{"{host}":{{"auth":"{}"}}}}}}"#, STANDARD.encode(pair));
    let ask = |config: &str| {
        let remote = remote(dir.path(), "", logins(dir.path(), config));
        remote.registry().manifest(name(&host, "team/base"), Reference::Tag("1")).map(|m| m.digest)
    };
    assert_eq!(ask(&config("anna:geheim")).unwrap(), image.root().digest());
    let wrong = ask(&config("anna:falsch")).unwrap_err();
    assert_eq!(wrong.fault(), Fault::Denied);
    assert!(wrong.to_string().contains("the login from config.json was not accepted by 127.0.0.1"), "{wrong}");
    // A token for something else: the registry's own check refuses it.
    let none = ask("{}").unwrap_err();
    assert_eq!(none.fault(), Fault::Denied);
    assert!(none.to_string().contains("without a login"), "{none}");
}

/// A registry with a token service, both in one; the token is what `give` says.
fn guarded(
    realm: Option<String>,
    give: impl Fn(&Asked) -> Answer + Send + Sync + 'static,
    token: &'static str,
) -> Server {
    let image = several();
    Server::start(move |asked| {
        if asked.path.starts_with("/token") {
            return give(asked);
        }
        if asked.header("authorization") == Some(&format!("Bearer {token}")) {
            return answer(&image, asked);
        }
        let realm = realm.clone().unwrap_or_else(|| format!("http://{}/token", asked.header("host").unwrap()));
        Answer::new(401, "").with("WWW-Authenticate", &format!("Bearer realm=\"{realm}\",service=\"a, b\""))
    })
}

fn ask(remote: &Remote, server: &Server, path: &str) -> Result<(), RemoteError> {
    remote.registry().manifest(name(&host(server), path), Reference::Tag("1")).map(drop)
}

fn tokens(server: &Server) -> Vec<Asked> {
    server.log().into_iter().filter(|a| a.path.starts_with("/token")).collect()
}

#[test]
fn one_token_serves_a_repository_for_the_run_and_another_one_follows_when_it_expires() {
    let given = Arc::new(AtomicUsize::new(0));
    let valid = Arc::new(Mutex::new("t1".to_owned()));
    let (count, current, image) = (given.clone(), valid.clone(), several());
    let server = Server::start(move |asked| {
        if asked.path.starts_with("/token") {
            count.fetch_add(1, Ordering::SeqCst);
            return Answer::new(200, format!(r#"{{"token":"{}"}}"#, current.lock().unwrap()));
        }
        if asked.header("authorization") == Some(&format!("Bearer {}", current.lock().unwrap())) {
            return answer(&image, asked);
        }
        let realm = format!("http://{}/token", asked.header("host").unwrap());
        Answer::new(401, "").with("WWW-Authenticate", &format!("Basic realm=\"x\", Bearer realm=\"{realm}\""))
    });
    let dir = tempfile::tempdir().unwrap();
    let remote = plain(dir.path());
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| ask(&remote, &server, "base").unwrap());
        }
    });
    assert_eq!(given.load(Ordering::SeqCst), 1);
    assert_eq!(tokens(&server)[0].path, "/token?scope=repository%3Abase%3Apull");
    *valid.lock().unwrap() = "t2".to_owned();
    ask(&remote, &server, "base").unwrap();
    assert_eq!(given.load(Ordering::SeqCst), 2);
}

#[test]
fn a_login_goes_to_the_token_service_alone() {
    let server = guarded(
        None,
        |asked| match asked.header("authorization") {
            Some(login) if login == basic("anna:geheim") => Answer::new(200, r#"{"token":"t"}"#),
            _ => Answer::new(403, r#"{"errors":[{"code":"DENIED"}]}"#),
        },
        "t",
    );
    let dir = tempfile::tempdir().unwrap();
    let entry = |pair: &str| format!(r#"{{"auths":{{"{}":{{"auth":"{}"}}}}}}"#, host(&server), STANDARD.encode(pair));
    let with = remote(dir.path(), "", logins(dir.path(), &entry("anna:geheim")));
    ask(&with, &server, "base").unwrap();
    for asked in server.log() {
        let to_service = asked.path.starts_with("/token");
        assert_eq!(asked.header("authorization") == Some(&basic("anna:geheim")), to_service, "{asked:?}");
    }
    assert!(tokens(&server)[0].path.contains("service=a%2C+b"));

    // One that was not accepted is not tried again, for no repository.
    let before = tokens(&server).len();
    let with = remote(dir.path(), "", logins(dir.path(), &entry("anna:falsch")));
    for path in ["base", "base", "other"] {
        let error = ask(&with, &server, path).unwrap_err();
        assert_eq!(error.fault(), Fault::Denied, "{error}");
        assert!(error.to_string().contains("was not accepted"), "{error}");
    }
    assert_eq!(tokens(&server).len(), before + 1);
}

#[test]
fn an_identity_token_is_posted_and_a_helper_is_asked() {
    let dir = tempfile::tempdir().unwrap();
    let give = |asked: &Asked| {
        let form = String::from_utf8(asked.body.clone()).unwrap();
        match asked.method.as_str() {
            "POST" if form.contains("grant_type=refresh_token") && form.contains("refresh_token=r%2Ft") => {
                Answer::new(200, r#"{"access_token":"t"}"#)
            }
            _ => Answer::new(401, ""),
        }
    };
    let server = guarded(None, give, "t");
    let inline = format!(r#"{{"auths":{{"{}":{{"identitytoken":"r/t"}}}}}}"#, host(&server));
    ask(&remote(dir.path(), "", logins(dir.path(), &inline)), &server, "base").unwrap();

    let helper = dir.path().join("docker-credential-test");
    let script = format!(
        "#!/bin/sh\n[ \"$1\" = get ] && [ \"$(cat)\" = {} ] || exit 1\necho '{{\"Username\":\"<token>\",\"Secret\":\"r/t\"}}'\n",
        host(&server)
    );
    std::fs::write(&helper, script).unwrap();
    std::fs::set_permissions(&helper, std::fs::Permissions::from_mode(0o755)).unwrap();
    ask(&remote(dir.path(), "", logins(dir.path(), r#"{"credsStore":"test"}"#)), &server, "base").unwrap();
    let own = format!(r#"{{"credHelpers":{{"{}":"test"}},"credsStore":"missing"}}"#, host(&server));
    ask(&remote(dir.path(), "", logins(dir.path(), &own)), &server, "base").unwrap();

    for (config, part) in [
        (r#"{"credsStore":"missing"}"#, "`docker-credential-missing`: it is not installed"),
        (r#"{"credsStore":"../test"}"#, "it is no name of a helper"),
        (r#"{"credHelpers":{"other.example":"test"}}"#, "config.json has no login for it"),
        ("not json", "config.json cannot be read (no JSON, line 1)"),
    ] {
        let error = ask(&remote(dir.path(), "", logins(dir.path(), config)), &server, "base").unwrap_err();
        assert_eq!(error.fault(), Fault::Denied);
        assert!(error.to_string().contains(part), "{error}");
    }
}

#[test]
fn a_token_service_that_is_not_there_says_nothing_about_the_image() {
    let dir = tempfile::tempdir().unwrap();
    for (reply, fault, part) in [
        (Answer::new(404, "{}"), Fault::Broken, "its token service is not there"),
        (Answer::new(500, ""), Fault::Busy, "HTTP 500"),
        (Answer::new(429, ""), Fault::Busy, "HTTP 429"),
        (Answer::new(200, "<html>"), Fault::Broken, "no JSON"),
        (Answer::new(200, "{}"), Fault::Broken, "without a token"),
        (Answer::new(200, "{\"token\":\"a\\r\\nX: y\"}"), Fault::Broken, "cannot be sent"),
        (Answer::new(401, ""), Fault::Denied, "without a login"),
        (Answer::new(200, r#"{"token":"wrong"}"#), Fault::Denied, "without a login"),
    ] {
        let server = guarded(None, move |_| reply.clone(), "right");
        let error = ask(&plain(dir.path()), &server, "base").unwrap_err();
        assert_eq!(error.fault(), fault, "{error}");
        assert!(error.to_string().contains(part), "{error}");
    }
}

#[test]
fn a_realm_over_http_or_with_a_user_is_not_asked() {
    let dir = tempfile::tempdir().unwrap();
    let elsewhere = Server::start(|_| Answer::new(200, r#"{"token":"t"}"#));
    let user = elsewhere.url().replace("http://", "http://u:p@");
    for realm in ["http://10.0.0.1/token", "file:///etc/passwd", "token", "", &user] {
        let server = guarded(Some(realm.to_owned()), |_| Answer::new(200, "{}"), "t");
        let error = ask(&plain(dir.path()), &server, "base").unwrap_err();
        assert_eq!(error.fault(), Fault::Refused, "{realm}: {error}");
    }
    assert!(elsewhere.log().is_empty());
    let server = Server::start(|_| Answer::new(401, "").with("WWW-Authenticate", "Bearer realm=\"x"));
    assert_eq!(ask(&plain(dir.path()), &server, "base").unwrap_err().fault(), Fault::Broken);
    let server = Server::start(|_| Answer::new(401, "").with("WWW-Authenticate", "Negotiate"));
    assert_eq!(ask(&plain(dir.path()), &server, "base").unwrap_err().fault(), Fault::Denied);
}
