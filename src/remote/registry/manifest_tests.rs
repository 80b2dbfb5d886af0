//! Manifests as registries serve them, and as they should not.

use super::*;

const A: &str = "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

fn read(text: &str, said: Option<&str>) -> Result<Manifest, RemoteError> {
    Manifest::read("h.example", text.as_bytes().to_vec(), said, Origin::Upstream)
}

fn platform_of(os: &str, arch: &str, variant: &str) -> Option<String> {
    let mut fields = Map::new();
    for (key, value) in [("os", os), ("architecture", arch), ("variant", variant)] {
        fields.insert(key.to_owned(), value.into());
    }
    platform(&fields).map(|p| p.to_string())
}

#[test]
fn platforms_are_told_in_their_normal_form() {
    for (os, arch, variant, expected) in [
        ("linux", "arm64", "v8", Some("linux/arm64")),
        ("linux", "arm64", "", Some("linux/arm64")),
        ("linux", "arm", "v7", Some("linux/arm/v7")),
        ("linux", "arm", "", Some("linux/arm/v7")),
        ("linux", "arm", "v5", Some("linux/arm/v5")),
        ("linux", "amd64", "v1", Some("linux/amd64")),
        ("linux", "mips64le", "", Some("linux/mips64le")),
        ("windows", "amd64", "", Some("windows/amd64")),
        ("unknown", "unknown", "", None),
        ("linux", "", "", None),
        ("linux", "a b", "", None),
    ] {
        assert_eq!(platform_of(os, arch, variant).as_deref(), expected, "{os} {arch} {variant}");
    }
}

#[test]
fn an_index_without_a_media_type_is_known_by_its_form() {
    let text = format!(r#"{{"schemaVersion":2,"manifests":[{{"mediaType":"x","digest":"{A}","size":7}}]}}"#);
    let index = read(&text, None).unwrap();
    assert_eq!((index.kind, index.media_type.as_str()), (Kind::Index, MEDIA[0]));
    assert_eq!((index.children[0].size, index.children[0].platform.as_ref()), (7, None));
    assert_eq!(read(&text, Some("text/plain")).unwrap().media_type, MEDIA[0]);
    assert_eq!(read(&text, Some(MEDIA[1])).unwrap().media_type, MEDIA[1]);
    let wide = format!("{}; charset=utf-8", MEDIA[1]);
    assert_eq!(read(&text, Some(&wide)).unwrap().media_type, MEDIA[1]);
}

#[test]
fn attestations_are_no_platforms() {
    let entry = |more: &str| format!(r#"{{"mediaType":"x","digest":"{A}","size":1{more}}}"#);
    let all = [
        entry(r#","platform":{"os":"linux","architecture":"amd64"}"#),
        entry(r#","platform":{"os":"unknown","architecture":"unknown"}"#),
        entry(r#","annotations":{"vnd.docker.reference.type":"attestation-manifest","other":"x"}"#),
    ];
    let index = read(&format!(r#"{{"manifests":[{}]}}"#, all.join(",")), None).unwrap();
    assert_eq!((index.children.len(), index.attestations.len()), (1, 2));
    assert_eq!(index.attestations[1].annotations.len(), 1);
}

#[test]
fn a_configuration_without_layers_or_with_a_wrong_id_is_told_apart() {
    let config = Config::read("h", br#"{"os":"linux","architecture":"arm64","variant":"v8"}"#).unwrap();
    assert_eq!((config.platform.unwrap().as_str(), config.diff_ids.len()), ("linux/arm64", 0));
    let text = format!(r#"{{"rootfs":{{"diff_ids":["{A}","sha256:x"]}}}}"#);
    assert_eq!(Config::read("h", text.as_bytes()).unwrap_err().fault(), Fault::Broken);
    assert_eq!(Config::read("h", b"[]").unwrap_err().fault(), Fault::Broken);
}

#[test]
fn more_entries_than_an_index_has_are_refused() {
    let entry = format!(r#"{{"digest":"{A}","size":1}}"#);
    let many = vec![entry; MOST + 1].join(",");
    assert_eq!(read(&format!(r#"{{"manifests":[{many}]}}"#), None).unwrap_err().fault(), Fault::Refused);
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(256))]
    #[test]
    fn no_bytes_make_it_panic(text in r#"(\{|\}|\[|\]|"manifests":|"layers":|"config":|"digest":"sha256:|,|.){0,20}"#) {
        let _ = read(&text, None);
        let _ = Config::read("h", text.as_bytes());
    }
}
