//! Docker's configuration in the forms that docker, podman and their helpers write.

use super::*;

fn config(text: &str) -> Map<String, Json> {
    match serde_json::from_str(text).unwrap() {
        Json::Object(config) => config,
        other => panic!("{other}"),
    }
}

fn pair(text: &str, host: &str, path: &str) -> Option<String> {
    Some(match inline(&config(text), host, path)? {
        Ok(Secret::Pair(user, password)) => format!("{user}:{password}"),
        Ok(Secret::Refresh(token)) => format!("refresh {token}"),
        Ok(Secret::Bearer(token)) => format!("bearer {token}"),
        Err(why) => why.to_owned(),
    })
}

/// `YTpi` is `a:b`, `YTpiOmM=` is `a:b:c`, `YTpiAA==` is `a:b` and a NUL (by base64(1)).
const AUTHS: &str = r#"{"auths": {
    "https://index.docker.io/v1/": {"auth": "YTpi"},
    "ghcr.io": {"auth": "YTpiOmM="},
    "https://quay.io": {"username": "u", "password": "p"},
    "host.example:5000": {"auth": "YTpiAA=="},
    "h.example": {"auth": "b2xk", "identitytoken": "t"},
    "h.example/team": {"registrytoken": "r"},
    "h.example/team/app": {"auth": "YTpi"},
    "empty.example": {},
    "bad.example": {"auth": "!"}
}}"#;

#[test]
fn each_registry_gets_its_own_and_the_longest_part_of_a_path_wins() {
    for (host, path, expected) in [
        ("docker.io", "library/debian", Some("a:b")),
        ("ghcr.io", "o/r", Some("a:b:c")),
        ("quay.io", "o/r", Some("u:p")),
        ("host.example:5000", "x", Some("a:b")),
        ("host.example", "x", None),
        ("h.example", "x", Some("refresh t")),
        ("h.example", "team/x", Some("bearer r")),
        ("h.example", "teams", Some("refresh t")),
        ("h.example", "team/app", Some("a:b")),
        ("h.example", "team/app/x", Some("a:b")),
        ("empty.example", "x", None),
        ("bad.example", "x", Some("its `auth` cannot be read")),
        ("evil.example", "ghcr.io", None),
    ] {
        assert_eq!(pair(AUTHS, host, path).as_deref(), expected, "{host}/{path}");
    }
}

#[test]
fn an_own_helper_goes_before_the_common_one() {
    let text = r#"{"credHelpers": {"gcr.io": "gcr", "https://index.docker.io/v1/": "hub"}, "credsStore": "pass"}"#;
    let of = |host| helper_of(&config(text), host);
    assert_eq!(of("gcr.io").as_deref(), Some("gcr"));
    assert_eq!(of("docker.io").as_deref(), Some("hub"));
    assert_eq!(of("ghcr.io").as_deref(), Some("pass"));
    assert_eq!(helper_of(&config("{}"), "ghcr.io"), None);
}

#[test]
fn passwords_are_in_no_debug_text_and_no_error() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("auth.json");
    std::fs::write(&file, r#"{"auths": {"h.example": {"username": "u", "password": "hunter2"}}, hunter2"#).unwrap();
    let book = Book::new(Logins { files: vec![file.clone()], programs: Vec::new() });
    let why = book.find("h.example", "x").unwrap_err();
    assert!(why.starts_with("auth.json cannot be read") && !why.contains("hunter2"), "{why}");
    std::fs::write(&file, r#"{"auths": {"h.example": {"username": "u", "password": "hunter2"}}}"#).unwrap();
    let book = Book::new(Logins { files: vec![dir.path().join("none"), file], programs: Vec::new() });
    let login = book.find("h.example", "x").unwrap();
    assert!(!format!("{login:?} {book:?}").contains("hunter2"));
    assert_eq!(login.source, "auth.json");
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(256))]
    #[test]
    fn no_key_makes_it_panic(text in "(https://|docker.io|[/:a.]|.){0,12}") {
        let (host, path) = key(&text);
        let _ = (host, path);
    }
}
