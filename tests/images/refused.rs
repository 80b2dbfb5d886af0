//! Registries that are down, shut, busy or lying: each its own exit code, and nothing written.

use base64::Engine as _;

use super::{Shop, base, digest, each, put, said, serve};
use crate::support::have;
use crate::support::http::{Answer, Server};
use crate::support::oci::Image;
use crate::support::program::Work;
use crate::support::registry::Real;

#[test]
fn a_registry_that_is_down_is_unreachable_and_nothing_is_gone() {
    let Some(mut shop) = Shop::locked() else { return };
    drop(shop.registry.take());
    for verb in [&["outdated"][..], &["refresh"], &["refresh", "--locked"]] {
        shop.run(verb).code(4).never_says("gone").never_says("panicked");
    }
    shop.refused(&["refresh"], 4, &["127.0.0.1"]);
    shop.run(&["verify"]).code(0);
}

/// Every request is answered so, after the pin was locked: exit 4, and the words.
fn closed(answer: Answer, says: &[&str]) {
    let server = serve(&base("one"));
    let shop = Shop::before(&server);
    shop.lay("FROM HOST/base:1\n", "image = \"HOST/base:1\"");
    shop.run(&["refresh"]).code(0);
    shop.forget();
    server.twist(move |_, _| answer.clone());
    shop.refused(&["refresh"], 4, says);
    shop.run(&["outdated"]).code(4).never_says("gone");
    shop.run(&["refresh", "--locked"]).code(4).never_says("gone");
    shop.run(&["verify"]).code(0);
}

#[test]
fn no_refusal_is_told_as_gone() {
    let limits = |answer: Answer| answer.with("Retry-After", "3600").with("RateLimit-Limit", "100;w=21600");
    closed(limits(said(429, "TOOMANYREQUESTS")), &["127.0.0.1", "429", "100 requests in 21600 s", "3600 s"]);
    closed(said(401, "UNAUTHORIZED"), &["127.0.0.1", "denies access"]);
    closed(said(403, "DENIED"), &["127.0.0.1", "denies access"]);
    closed(said(500, "UNKNOWN"), &["127.0.0.1", "500"]);
    closed(said(503, "UNAVAILABLE"), &["127.0.0.1", "503"]);
    closed(Answer::new(200, "<html>Sign in</html>").with("Content-Type", "text/html"), &["a web page"]);
}

/// `crypt(3)` of `geheim`, by perl.
const HTPASSWD: &str = "anna:$2b$05$abcdefghijklmnopqrstuuVWu8RjbNovPZWAMRdd7iqaaG0mI53Uu\n";

#[test]
fn the_login_of_dockers_configuration_opens_and_a_wrong_one_does_not() {
    if !have("docker-registry") {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    base("one").push(Real::start(dir.path(), None).address, "base", "1");
    let passwords = dir.path().join("htpasswd");
    std::fs::write(&passwords, HTPASSWD).unwrap();
    let auth = format!("  htpasswd:\n    realm: test\n    path: {}\n", passwords.display());
    let registry = Real::start(dir.path(), Some(&auth));
    let (host, work) = (registry.host(), Work::new());
    let login = |pair: &str| {
        let auth = base64::engine::general_purpose::STANDARD.encode(pair);
        let config = work.home().join(".docker");
        std::fs::create_dir_all(&config).unwrap();
        std::fs::write(config.join("config.json"), format!(r#"{{"auths":{{"{host}":{{"auth":"{auth}"}}}}}}"#)).unwrap();
    };
    work.write("Dockerfile", format!("FROM {host}/base:1\n"));
    work.write("pins.toml", format!("version = 1\n[pins.base]\nimage = \"{host}/base:1\"\n"));
    super::one_error(super::idle(&work, &["refresh"]).code(4)).says(&format!("docker login {host}"));
    login("anna:falsch");
    let ran = super::one_error(super::idle(&work, &["refresh"]).code(4)).says("config.json");
    assert!(!ran.all().contains("falsch"));
    login("anna:geheim");
    work.run(&["refresh"]).code(0);
    assert_eq!(work.read("Dockerfile"), format!("FROM {host}/base:1@{}\n", digest(&base("one"))));
    login("anna:falsch");
    work.run(&["outdated"]).code(4).never_says("gone");
}

/// A locked image before a server, with nothing in the store.
fn bared(image: &Image) -> (Server, Shop) {
    let server = serve(image);
    let shop = Shop::before(&server);
    shop.lay("FROM HOST/base:1\n", "image = \"HOST/base:1\"");
    shop.run(&["refresh"]).code(0);
    shop.forget();
    (server, shop)
}

#[test]
fn a_tampered_manifest_is_an_alarm() {
    let (server, shop) = bared(&base("one"));
    server.twist(|asked, mut answer| {
        if asked.method == "GET" {
            answer.body.push(b'\n');
        }
        answer
    });
    shop.refused(&["refresh", "--locked"], 3, &["sha256:", &digest(&base("one"))]);
}

#[test]
fn a_digest_in_a_header_decides_nothing() {
    let (server, shop) = bared(&base("one"));
    let lie = digest(&base("lie"));
    server.twist(move |_, mut answer| {
        answer.headers.retain(|(name, _)| name != "Docker-Content-Digest");
        answer.with("Docker-Content-Digest", &lie)
    });
    shop.run(&["refresh"]).code(0).says("1 unchanged");
    shop.has(&format!("FROM HOST/base:1@{}\n", digest(&base("one"))));
}

#[test]
fn refresh_locked_proves_and_finds_what_was_forged() {
    let Some(shop) = Shop::locked() else { return };
    let before = shop.work.tree();
    shop.run(&["refresh", "--locked"]).code(0);
    assert!(shop.work.tree() == before);
    let one = digest(&base("one"));

    // Another digest in lock and Dockerfile: the registry does not have it.
    let none = digest(&base("nowhere"));
    let whole = |digest: &str| shop.text(&format!("HOST/base:1@{digest}"));
    shop.forge(|entry| {
        put(entry, "digest", &none);
        put(entry, "reference", &whole(&none));
    });
    shop.work.write("Dockerfile", format!("FROM {}\n", whole(&none)));
    shop.run(&["verify"]).code(0);
    shop.refused(&["refresh", "--locked"], 3, &[&none]);

    // One that the registry has, with the images of the one before.
    let two = shop.push("base", "2", &base("two"));
    shop.forge(|entry| {
        put(entry, "digest", &two);
        put(entry, "reference", &whole(&two));
    });
    shop.work.write("Dockerfile", format!("FROM {}\n", whole(&two)));
    shop.run(&["verify"]).code(0);
    shop.refused(&["refresh", "--locked"], 3, &["the locked values are not what the registry gives"]);

    // The right digest, and forged images.
    shop.forge(|entry| {
        put(entry, "digest", &one);
        put(entry, "reference", &whole(&one));
        let forged = each(&[("linux/amd64", &two), ("linux/arm64", &two)]);
        entry.evidence.insert("manifests".to_owned(), forged);
    });
    shop.work.write("Dockerfile", format!("FROM {}\n", whole(&one)));
    shop.run(&["verify"]).code(0);
    shop.refused(&["refresh", "--locked"], 3, &["the locked values are not what the registry gives"]);
}
