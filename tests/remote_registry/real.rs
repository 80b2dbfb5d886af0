//! Before a real registry: digests, kinds, platforms, tags, blobs, Basic logins.

use std::process::Command;

use base64::Engine as _;
use dubo_pin::model::Sha256;
use dubo_pin::remote::registry::{Kind, Logins, Reference};
use dubo_pin::remote::{Fault, Origin};

use super::{name, plain, remote, several};
use crate::support::have;
use crate::support::oci::{DOCKER_LIST, Image, Packing, layer};
use crate::support::registry::Real;

/// What skopeo says the digest of a reference is.
fn by_skopeo(reference: &str) -> Sha256 {
    let raw = Command::new("skopeo")
        .args(["inspect", "--tls-verify=false", "--raw", &format!("docker://{reference}")])
        .output()
        .unwrap();
    assert!(raw.status.success(), "{}", String::from_utf8_lossy(&raw.stderr));
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("raw"), raw.stdout).unwrap();
    let sum = Command::new("sha256sum").arg(dir.path().join("raw")).output().unwrap().stdout;
    String::from_utf8(sum).unwrap()[..64].parse().unwrap()
}

#[test]
fn an_index_has_the_digest_that_skopeo_sees_and_its_platforms_in_normal_form() {
    if !have("docker-registry") || !have("skopeo") {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let registry = Real::start(dir.path(), None);
    several().push(registry.address, "team/base", "1.0");
    let (host, remote) = (registry.host(), plain(dir.path()));
    let (client, at) = (remote.registry(), name(&host, "team/base"));

    let expected = by_skopeo(&format!("{host}/team/base:1.0"));
    let index = client.manifest(at, Reference::Tag("1.0")).unwrap();
    assert_eq!((index.digest, index.kind, index.origin), (expected, Kind::Index, Origin::Upstream));
    assert_eq!(Sha256::of(&index.bytes), expected);
    assert_eq!(client.head(at, Reference::Tag("1.0")).unwrap(), Some(expected));
    let platforms: Vec<_> = index.children.iter().map(|c| c.platform.as_ref().unwrap().as_str()).collect();
    assert_eq!(platforms, ["linux/amd64", "linux/arm64", "linux/arm/v7"]);
    assert_eq!(index.attestations.len(), 2);
    let about = &index.attestations[0].annotations["vnd.docker.reference.digest"];
    assert_eq!(*about, format!("sha256:{}", index.children[0].digest));

    for (child, layers) in index.children.iter().zip([1, 2, 1]) {
        let image = client.manifest(at, Reference::Digest(&child.digest)).unwrap();
        assert_eq!((image.kind, image.digest, image.layers.len()), (Kind::Manifest, child.digest, layers));
        let config = client.config(at, &image).unwrap();
        assert_eq!(config.platform, child.platform);
        assert_eq!(config.diff_ids.len(), layers);
        let stored = client.store_blob(at, &image.layers[0]).unwrap();
        assert_eq!((stored.sha256, stored.size), (image.layers[0].digest, image.layers[0].size));
    }
}

#[test]
fn an_image_pushed_by_skopeo_from_a_layout_keeps_every_byte() {
    if !have("docker-registry") || !have("skopeo") {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let registry = Real::start(dir.path(), None);
    let image = several();
    image.write(&dir.path().join("layout"), "x");
    let (from, host) = (format!("oci:{}:x", dir.path().join("layout").display()), registry.host());
    let copy = Command::new("skopeo")
        .args(["--insecure-policy", "copy", "--all", "--preserve-digests", "--dest-tls-verify=false", &from])
        .arg(format!("docker://{host}/base:x"))
        .output()
        .unwrap();
    assert!(copy.status.success(), "{}", String::from_utf8_lossy(&copy.stderr));
    let remote = plain(dir.path());
    let found = remote.registry().manifest(name(&host, "base"), Reference::Tag("x")).unwrap();
    assert_eq!(found.digest, image.root().digest());
}

#[test]
fn dockers_own_lists_are_found_by_the_same_request() {
    if !have("docker-registry") || !have("skopeo") {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let registry = Real::start(dir.path(), None);
    let gzip = layer(&[("a", Some("a"))], Packing::Gzip);
    let image =
        Image::default().one("linux/amd64", std::slice::from_ref(&gzip), true).one("linux/arm64", &[gzip], true);
    image.index(true).push(registry.address, "old", "latest");
    let (host, remote) = (registry.host(), plain(dir.path()));
    let found = remote.registry().manifest(name(&host, "old"), Reference::Tag("latest")).unwrap();
    assert_eq!((found.kind, found.media_type.as_str(), found.children.len()), (Kind::Index, DOCKER_LIST, 2));
    assert_eq!(found.digest, by_skopeo(&format!("{host}/old:latest")));
}

#[test]
fn all_tags_come_over_several_pages() {
    if !have("docker-registry") {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let registry = Real::start(dir.path(), None);
    let image = several();
    image.push(registry.address, "many", "a");
    let mut expected = vec!["a".to_owned()];
    let tags = dir.path().join("data/docker/registry/v2/repositories/many/_manifests/tags");
    // One more than a page has; written as the registry keeps them.
    for at in 0..1_001 {
        let tag = format!("v{at:04}");
        std::fs::create_dir_all(tags.join(&tag).join("current")).unwrap();
        std::fs::copy(tags.join("a/current/link"), tags.join(&tag).join("current/link")).unwrap();
        expected.push(tag);
    }
    let (host, remote) = (registry.host(), plain(dir.path()));
    assert_eq!(remote.registry().tags(name(&host, "many")).unwrap(), expected);
}

#[test]
fn an_ipv6_address_and_a_name_of_this_machine_are_hosts() {
    if !have("docker-registry") {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let image = several();
    let registry = Real::start(dir.path(), None);
    image.push(registry.address, "base", "1");
    let mut hosts = vec![format!("localhost:{}", registry.address.port())];
    let six = std::net::TcpListener::bind("[::1]:0").is_ok().then(|| Real::start_on("[::1]:0", dir.path(), None));
    hosts.extend(six.as_ref().map(Real::host));
    if hosts.len() == 1 {
        println!("skipped: there is no IPv6 here");
    }
    for host in hosts {
        let remote = plain(dir.path());
        let found = remote.registry().manifest(name(&host, "base"), Reference::Tag("1")).unwrap();
        assert_eq!((found.digest, found.origin), (image.root().digest(), Origin::Upstream), "{host}");
    }
}

#[test]
fn what_is_not_there_is_told_apart() {
    if !have("docker-registry") {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let registry = Real::start(dir.path(), None);
    several().push(registry.address, "base", "1");
    let (host, remote) = (registry.host(), plain(dir.path()));
    let client = remote.registry();
    let digest = Sha256::of(b"nothing");
    let tag = client.manifest(name(&host, "base"), Reference::Tag("2")).unwrap_err();
    assert_eq!(tag.fault(), Fault::NotThere);
    assert!(tag.to_string().contains(&format!("`{host}/base` has no `2` (HTTP 404)")), "{tag}");
    let gone = client.manifest(name(&host, "base"), Reference::Digest(&digest)).unwrap_err();
    assert_eq!(gone.fault(), Fault::NotThere);
    assert!(gone.to_string().contains(&digest.to_string()), "{gone}");
    assert_eq!(client.head(name(&host, "base"), Reference::Tag("2")).unwrap_err().fault(), Fault::NotThere);
    let nobody = client.tags(name(&host, "nobody")).unwrap_err();
    assert_eq!(nobody.fault(), Fault::NotThere);
    assert!(nobody.to_string().contains("there is no repository"), "{nobody}");
}

/// `crypt(3)` of `geheim`, by perl.
const HTPASSWD: &str = "anna:$2b$05$abcdefghijklmnopqrstuuVWu8RjbNovPZWAMRdd7iqaaG0mI53Uu\n";

#[test]
fn a_password_opens_and_a_wrong_one_or_none_is_told_as_such() {
    if !have("docker-registry") {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let image = several();
    image.push(Real::start(dir.path(), None).address, "base", "1");
    let passwords = dir.path().join("htpasswd");
    std::fs::write(&passwords, HTPASSWD).unwrap();
    let auth = format!("  htpasswd:\n    realm: test\n    path: {}\n", passwords.display());
    let registry = Real::start(dir.path(), Some(&auth));
    let host = registry.host();
    let with = |pair: Option<&str>| {
        let config = dir.path().join("config.json");
        let entry = pair.map(|p| {
            let auth = base64::engine::general_purpose::STANDARD.encode(p);
            format!(r#""{host}": {{"auth": "{auth}"}}"#)
        });
        std::fs::write(&config, format!(r#"{{"auths": {{{}}}}}"#, entry.unwrap_or_default())).unwrap();
        let logins = Logins { files: vec![config], programs: Vec::new() };
        let remote = remote(dir.path(), "", logins);
        remote.registry().manifest(name(&host, "base"), Reference::Tag("1")).map(|m| m.digest)
    };
    assert_eq!(with(Some("anna:geheim")).unwrap(), image.root().digest());
    let wrong = with(Some("anna:falsch")).unwrap_err();
    assert_eq!(wrong.fault(), Fault::Denied);
    assert!(wrong.to_string().contains("the login from config.json was not accepted"), "{wrong}");
    assert!(!format!("{wrong} {:?}", wrong.trouble()).contains("falsch"));
    let none = with(None).unwrap_err();
    assert_eq!(none.fault(), Fault::Denied);
    assert!(none.to_string().contains("config.json has no login for it"), "{none}");
    assert!(none.trouble().help.unwrap().contains(&format!("docker login {host}")));
}

#[test]
fn a_tampered_blob_is_an_alarm_and_a_registry_that_trips_over_its_own_manifest_is_busy() {
    if !have("docker-registry") {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let registry = Real::start(dir.path(), None);
    let image = several();
    image.push(registry.address, "base", "1");
    let (host, remote) = (registry.host(), plain(dir.path()));
    let (client, at) = (remote.registry(), name(&host, "base"));
    let child = client.manifest(at, Reference::Tag("1")).unwrap().children[0].clone();
    let layer = client.manifest(at, Reference::Digest(&child.digest)).unwrap().layers[0].clone();
    // The registry's own files, behind its back.
    let stored = |digest: &Sha256| {
        let hex = digest.to_string();
        dir.path().join(format!("data/docker/registry/v2/blobs/sha256/{}/{hex}/data", &hex[..2]))
    };
    let other = client.manifest(at, Reference::Tag("1")).unwrap().children[1].digest;
    for digest in [layer.digest, other] {
        let mut bytes = std::fs::read(stored(&digest)).unwrap();
        *bytes.last_mut().unwrap() ^= 1;
        std::fs::write(stored(&digest), bytes).unwrap();
    }
    let error = client.blob(at, &layer, &mut |source| std::io::copy(source, &mut std::io::sink()).ok()).unwrap_err();
    assert_eq!((error.fault(), error.class().code()), (Fault::Forged, 3), "{error}");
    assert_eq!(error.trouble().expected, Some(format!("sha256:{}", layer.digest)));
    // It reads its own manifests before it sends them: HTTP 500.
    let error = client.manifest(at, Reference::Digest(&other)).unwrap_err();
    assert_eq!(error.fault(), Fault::Busy, "{error}");
    assert_eq!(client.store_blob(at, &layer).unwrap_err().fault(), Fault::Forged);
}
