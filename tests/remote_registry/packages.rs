//! The packages of a base, read from layers of a registry.

use dubo_pin::model::Sha256;
use dubo_pin::remote::registry::Reference;
use dubo_pin::source::image::Repository;
use dubo_pin::source::image::packages::{Flaw, Layout, Packages, PackagesError, packages};

use super::{host, plain, serve};
use crate::support::have;
use crate::support::oci::{Entry, Image, Layer, Packing, layer, layer_of, pack, tar_of};
use crate::support::registry::Real;

const BASE: &str = "Package: libc6\nStatus: install ok installed\nArchitecture: amd64\nMulti-Arch: same\nVersion: 2.36-9+deb12u4\nDescription: GNU C Library\n long text\n .\n more\n\nPackage: gone\nStatus: deinstall ok config-files\nArchitecture: all\nVersion: 1\n\nPackage: held\nStatus: hold ok installed\nArchitecture: all\nVersion: 1:2~rc1-1\n";
const LATER: &str = "Package: curl\nStatus: install ok installed\nArchitecture: amd64\nVersion: 7.88.1-10+deb12u5\n";
const STATUS: &str = "var/lib/dpkg/status";

fn images(layers: &[Layer]) -> Image {
    Image::default().one("linux/amd64", layers, false)
}

fn of(layers: &[Layer]) -> Result<Packages, PackagesError> {
    let image = images(layers);
    let digest = image.root().digest();
    let server = serve(image);
    let dir = tempfile::tempdir().unwrap();
    let repository: Repository = format!("{}/base", host(&server)).parse().unwrap();
    packages(&plain(dir.path()).registry(), &repository, &digest)
}

fn names(found: &Packages) -> Vec<String> {
    found.installed.iter().map(|p| format!("{}={}:{}", p.name, p.version, p.architecture)).collect()
}

fn stack(layers: &[&[Entry<'_>]]) -> Result<Packages, PackagesError> {
    let packings = [Packing::Gzip, Packing::Zstd, Packing::Plain];
    let layers: Vec<Layer> = layers.iter().zip(packings.into_iter().cycle()).map(|(l, p)| layer(l, p)).collect();
    of(&layers)
}

const IN_BASE: [&str; 2] = ["held=1:2~rc1-1:all", "libc6=2.36-9+deb12u4:amd64"];

#[test]
fn the_top_status_wins_and_only_what_is_installed_counts() {
    let base: &[Entry<'_>] = &[("var/", None), ("var/lib/dpkg/", None), (STATUS, Some(BASE))];
    let found = stack(&[base]).unwrap();
    assert_eq!((names(&found), found.layout), (IN_BASE.map(String::from).to_vec(), Layout::Status));
    assert_eq!(found.text, BASE.as_bytes());
    let found = stack(&[base, &[("./var/lib/dpkg/status", Some(LATER))], &[("etc/x", Some("x"))]]).unwrap();
    assert_eq!(names(&found), ["curl=7.88.1-10+deb12u5:amd64"]);
}

#[test]
fn whiteouts_hide_what_lies_below_and_nothing_of_their_own_layer() {
    let base: &[Entry<'_>] = &[(STATUS, Some(BASE))];
    for hiding in [
        "var/lib/dpkg/.wh.status",
        "var/lib/.wh.dpkg",
        "var/.wh.lib",
        ".wh.var",
        "var/lib/dpkg/.wh..wh..opq",
        "var/lib/.wh..wh..opq",
        ".wh..wh..opq",
        "var/lib/dpkg",
    ] {
        let found = stack(&[base, &[(hiding, Some(""))]]).unwrap();
        assert_eq!((found.layout, found.installed.len()), (Layout::None, 0), "{hiding}");
    }
    for hiding in [".wh..wh..opq", "var/lib/dpkg/.wh.status", "var/lib/dpkg/.wh..wh..opq"] {
        let found = stack(&[base, &[(STATUS, Some(LATER)), (hiding, Some(""))]]).unwrap();
        assert_eq!(names(&found), ["curl=7.88.1-10+deb12u5:amd64"], "{hiding}");
    }
    for other in [
        "var/lib/dpkg/.wh.status-old",
        "var/lib/.wh.apt",
        "etc/.wh..wh..opq",
        "var/lib/dpkg/x/.wh.status",
        ".wh..wh.plnk",
    ] {
        assert_eq!(names(&stack(&[base, &[(other, Some(""))]]).unwrap()), IN_BASE, "{other}");
    }
}

#[test]
fn distroless_pieces_come_together_from_all_layers() {
    let piece = |name: &str| format!("Package: {name}\nVersion: 1\nArchitecture: amd64\n");
    let (a, b, c) = (piece("a"), piece("b"), piece("c"));
    let newer = b.replace("Version: 1", "Version: 2");
    let found = stack(&[
        &[("var/lib/dpkg/status.d/a", Some(&a)), ("var/lib/dpkg/status.d/a.md5sums", Some("x  y\n"))],
        &[("var/lib/dpkg/status.d/b", Some(&b)), ("var/lib/dpkg/status.d/c", Some(&c))],
        &[("var/lib/dpkg/status.d/b", Some(&newer)), ("var/lib/dpkg/status.d/.wh.c", Some(""))],
    ])
    .unwrap();
    assert_eq!((names(&found), found.layout), (vec!["a=1:amd64".to_owned(), "b=2:amd64".to_owned()], Layout::Pieces));
    let text = String::from_utf8(found.text).unwrap();
    assert!(text.starts_with("Status: install ok installed\nPackage: a\n"), "{text}");
    let hidden: &[Entry<'_>] = &[("var/lib/dpkg/.wh.status.d", Some(""))];
    assert_eq!(stack(&[&[("var/lib/dpkg/status.d/a", Some(&a))], hidden]).unwrap().layout, Layout::None);
}

#[test]
fn several_members_frames_and_skippable_frames_are_one_stream() {
    let tar = tar_of(&[("etc/x", Some("x")), (STATUS, Some(BASE))]);
    let (first, second) = tar.split_at(700);
    let skippable = [&[0x5a, 0x2a, 0x4d, 0x18, 3, 0, 0, 0][..], b"abc"].concat();
    for (packing, between) in [(Packing::Gzip, &[][..]), (Packing::Zstd, &[]), (Packing::Zstd, &skippable)] {
        let bytes = [between, &pack(first, packing), between, &pack(second, packing), between].concat();
        let layer = Layer { bytes, ..layer_of(&tar, packing) };
        assert_eq!(names(&of(&[layer]).unwrap()), IN_BASE, "{packing:?} {}", between.len());
    }
}

#[test]
fn a_layer_that_contradicts_its_image_is_told() {
    let good = layer(&[(STATUS, Some(BASE))], Packing::Gzip);
    let other = Layer { diff_id: Sha256::of(b"other"), ..good.clone() };
    assert!(matches!(of(&[other]), Err(PackagesError::Unpacked { .. })));
    let index = images(std::slice::from_ref(&good)).index(false);
    let digest = index.root().digest();
    let server = serve(index);
    let dir = tempfile::tempdir().unwrap();
    let repository: Repository = format!("{}/base", host(&server)).parse().unwrap();
    let error = packages(&plain(dir.path()).registry(), &repository, &digest).unwrap_err();
    assert_eq!(error, PackagesError::Index(digest));
}

#[test]
fn broken_layers_are_no_packages() {
    let tar = tar_of(&[(STATUS, Some(BASE))]);
    let flaw = |bytes: Vec<u8>| match of(&[Layer { bytes, ..layer_of(&tar, Packing::Gzip) }]) {
        Err(PackagesError::Layer { flaw, .. }) => flaw,
        other => panic!("{other:?}"),
    };
    let gzip = pack(&tar, Packing::Gzip);
    let zstd = pack(&tar, Packing::Zstd);
    assert!(matches!(flaw(gzip[..gzip.len() / 2].to_vec()), Flaw::Broken(_)));
    assert!(matches!(flaw(zstd[..zstd.len() / 2].to_vec()), Flaw::Broken(_)));
    assert!(matches!(flaw(tar[..700].to_vec()), Flaw::Broken(_)));
    assert!(matches!(flaw([&tar[..100], b"x", &tar[101..]].concat()), Flaw::Broken(_)));
    assert!(matches!(flaw(b"\xfd7zXZ\0rest".to_vec()), Flaw::Unsupported(_)));
    assert!(matches!(flaw([&zstd[..], b"tail"].concat()), Flaw::Broken(_)));
    // A link where the list should be: where it leads is not followed.
    let mut linked = tar::Builder::new(Vec::new());
    let mut header = tar::Header::new_gnu();
    header.set_entry_type(tar::EntryType::Symlink);
    header.set_size(0);
    linked.append_link(&mut header, STATUS, "/etc/passwd").unwrap();
    assert_eq!(flaw(linked.into_inner().unwrap()), Flaw::Linked(STATUS.to_owned()));
    // 64 MiB of a name.
    let mut long = tar::Header::new_gnu();
    long.set_entry_type(tar::EntryType::GNULongName);
    long.set_size(64 << 20);
    long.set_cksum();
    assert!(matches!(flaw(long.as_bytes().to_vec()), Flaw::Broken(_)));
    let broken = stack(&[&[(STATUS, Some("Package: a\nnonsense\n"))]]).unwrap_err();
    assert!(matches!(broken, PackagesError::Status { line: 2, .. }), "{broken}");
}

#[test]
fn what_was_read_once_is_not_asked_again_and_a_damaged_record_is_none() {
    if !have("docker-registry") {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let registry = Real::start(dir.path(), None);
    let image = images(&[layer(&[(STATUS, Some(BASE))], Packing::Gzip), layer(&[("x", Some("x"))], Packing::Zstd)]);
    image.push(registry.address, "team/base", "1");
    let digest = image.root().digest();
    let repository: Repository = format!("{}/team/base", registry.host()).parse().unwrap();
    let ask = || packages(&plain(dir.path()).registry(), &repository, &digest);
    let first = ask().unwrap();
    assert_eq!((names(&first), first.manifest), (IN_BASE.map(String::from).to_vec(), digest));
    let record = dir.path().join(format!("store/bases/{digest}.json"));
    let text = std::fs::read_to_string(&record).unwrap();
    std::fs::write(&record, text.replace("\"status\"", "\"none\"")).unwrap();
    assert_eq!(ask().unwrap(), first);
    assert_eq!(std::fs::read_to_string(&record).unwrap(), text);
    drop(registry);
    assert_eq!(ask().unwrap(), first);
    // Without the record the layers are needed, and nobody has them.
    std::fs::remove_file(&record).unwrap();
    assert!(matches!(ask(), Err(PackagesError::Remote(_))));
}

#[test]
fn the_packages_are_those_that_dpkg_query_lists() {
    let status = std::fs::read("/var/lib/dpkg/status").unwrap_or_default();
    if !have("dpkg-query") || status.is_empty() {
        return;
    }
    let format = "${Package}\t${Version}\t${Architecture}\t${Status}\n";
    let listed = std::process::Command::new("dpkg-query").args(["-W", "-f", format]).output().unwrap();
    let mut expected: Vec<String> = String::from_utf8(listed.stdout)
        .unwrap()
        .lines()
        .map(|l| l.split('\t').collect::<Vec<_>>())
        .filter(|w| w[3].ends_with(" ok installed"))
        .map(|w| format!("{}={}:{}", w[0], w[1], w[2]))
        .collect();
    expected.sort();
    assert!(!expected.is_empty());
    let text = String::from_utf8_lossy(&status).into_owned();
    let mut found = names(&stack(&[&[(STATUS, Some(&text))]]).unwrap());
    found.sort();
    assert_eq!(found, expected);
}

#[test]
fn layers_that_skopeo_packed_anew_are_read() {
    if !have("docker-registry") || !have("skopeo") {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let registry = Real::start(dir.path(), None);
    for format in ["gzip", "zstd", "zstd:chunked"] {
        // A content of its own: skopeo takes a blob that it pushed before in any packing.
        let filler = format.repeat(40_000);
        let image = images(&[layer(&[("filler", Some(&filler)), (STATUS, Some(BASE))], Packing::Plain)]);
        let layout = dir.path().join(format.replace(':', "-"));
        image.write(&layout, "x");
        let to = format!("{}/{}", registry.host(), format.replace(':', "-"));
        let copy = std::process::Command::new("skopeo")
            .args(["--insecure-policy", "copy", "--dest-tls-verify=false", "--dest-compress", "--dest-compress-format"])
            .args([format, &format!("oci:{}:x", layout.display()), &format!("docker://{to}:1")])
            .output()
            .unwrap();
        assert!(copy.status.success(), "{}", String::from_utf8_lossy(&copy.stderr));
        let repository: Repository = to.parse().unwrap();
        let remote = plain(dir.path());
        let at = super::name(repository.host(), repository.path());
        let manifest = remote.registry().manifest(at, Reference::Tag("1")).unwrap();
        let packed = &manifest.layers[0].media_type;
        assert!(packed.ends_with(if format == "gzip" { "gzip" } else { "zstd" }), "{packed}");
        assert_eq!(names(&packages(&remote.registry(), &repository, &manifest.digest).unwrap()), IN_BASE, "{format}");
    }
}
