use std::io::{self, Write as _};

use proptest::prelude::*;

use super::*;

const A: &str = "68b182badae4ace7d472f1393c559d3532a95a2d70817498b10bb481d2627251";
const B: &str = "3016e62cb4b7cd8038822870601f5ed131befe942774d0f745622cc77d8a88f7";
const SHA1: &str = "0123456789abcdef0123456789abcdef01234567";

/// A small index in the form of Debian's, with its special cases.
fn mini() -> String {
    format!(
        "Package: g++-12
Source: gcc-12
Version: 12.2.0-14+deb12u1
Architecture: amd64
Depends: gcc-12 (= 12.2.0-14+deb12u1),
 libc6-dev
Provides: c++-compiler, g++:any (= 12), c++abi2-dev
Description: GNU C++ compiler
 This is the compiler.
 .
 It compiles.
Section: devel
Filename: pool/main/g/gcc-12/g++-12_12.2.0-14+deb12u1_amd64.deb
Size: 10694076
SHA1: {SHA1}
SHA256: {A}

Package: gcc
Source: gcc-defaults (1.203)
Version: 4:12.2.0-3
Architecture: amd64
Multi-Arch: allowed
Provides: c-compiler,
 c++-compiler
Filename: pool/main/g/gcc-defaults/gcc_12.2.0-3_amd64.deb
Size: 5216
SHA256: {B}

Architecture: all
Essential: yes
package:tzdata
Version: 2024a-0~rc1
Filename: ./tzdata_2024a-0~rc1_all.deb
Size: 1
SHA256: {A}


Package: gcc
Version: 4:13.2.0-1+b1
Architecture: amd64
Filename: pool/main/g/gcc-defaults/gcc_13.2.0-1+b1_amd64.deb
Size: 5217
SHA256: {A}
"
    )
}

fn names<'a>(list: &[&'a str]) -> BTreeSet<&'a str> {
    list.iter().copied().collect()
}

fn find(text: &str, list: &[&str]) -> Result<Vec<Stanza>, IndexError> {
    scan(text.as_bytes(), &names(list))
}

#[test]
fn packages_are_found_with_what_a_lock_holds() {
    let all = find(&mini(), &["g++-12"]).unwrap();
    assert_eq!(all.len(), 1);
    let it = &all[0];
    assert_eq!((it.package.as_str(), it.version.as_str()), ("g++-12", "12.2.0-14+deb12u1"));
    assert_eq!(it.source, ("gcc-12".to_owned(), it.version.clone()));
    assert_eq!(it.filename, "pool/main/g/gcc-12/g++-12_12.2.0-14+deb12u1_amd64.deb");
    assert_eq!((it.size, it.sha256), (10_694_076, A.parse().unwrap()));
    assert_eq!(it.sha1.as_deref(), Some(SHA1));
    assert_eq!((it.section(), it.is_essential(), &it.multi_arch), (Some("devel"), false, &None));
    assert_eq!(it.field("depends"), Some("gcc-12 (= 12.2.0-14+deb12u1),\n libc6-dev"));
    assert!(it.text().starts_with("Package: g++-12\n") && it.text().ends_with(A));
}

#[test]
fn one_index_may_hold_two_versions_of_a_package() {
    let all = find(&mini(), &["gcc", "absent"]).unwrap();
    let versions: Vec<&str> = all.iter().map(|s| s.version.as_str()).collect();
    assert_eq!(versions, ["4:12.2.0-3", "4:13.2.0-1+b1"]);
    assert!(all[0].version < all[1].version);
}

#[test]
fn the_version_of_the_source_may_differ() {
    let all = find(&mini(), &["gcc"]).unwrap();
    assert_eq!(all[0].source, ("gcc-defaults".to_owned(), "1.203".parse().unwrap()));
    assert_eq!(all[0].multi_arch.as_deref(), Some("allowed"));
    assert_eq!(all[1].source, ("gcc".to_owned(), "4:13.2.0-1+b1".parse().unwrap()));
}

#[test]
fn the_name_need_not_stand_first() {
    let all = find(&mini(), &["tzdata"]).unwrap();
    assert_eq!(all[0].filename, "tzdata_2024a-0~rc1_all.deb");
    assert!(all[0].is_essential());
    assert_eq!(all[0].architecture, "all");
}

#[test]
fn a_stanza_that_lacks_something_is_told_by_its_package() {
    let told = |from: &str, to: &str| {
        assert!(mini().contains(from), "{from}");
        find(&mini().replace(from, to), &["g++-12"]).map(|_| ()).unwrap_err().trouble()
    };
    let said = |from: &str, to: &str| told(from, to).message;
    let lacks =
        |field: &str| format!("the package index describes `g++-12` wrongly: it has no field `{field}` of one line");
    assert_eq!(said("Size: 10694076\n", ""), lacks("Size"));
    assert_eq!(said(&format!("{SHA1}\nSHA256: {A}\n"), &format!("{SHA1}\n")), lacks("SHA256"));
    assert_eq!(said("Filename: pool/main/g/gcc-12", "X: y"), lacks("Filename"));
    assert_eq!(said("Version: 12.2.0-14+deb12u1\n", "Version: 12.2\n .0\n"), lacks("Version"));
    assert_eq!(said("Size: 10694076", "Size: +1"), "the package index describes `g++-12` wrongly: its `Size` is `+1`");
    assert_eq!(
        said("Source: gcc-12\n", "Version: 1\n"),
        "the package index describes `g++-12` wrongly: line 3: the field `Version` stands there twice"
    );
    assert_eq!(
        said("Version: 12.2.0-14+deb12u1\n", "Version: 12_2\n"),
        "the package index describes `g++-12` wrongly: `12_2` is no version of a package: \
         the upstream version has a character besides letters, digits and `.+-~`"
    );
    for path in ["/etc/passwd", "../x.deb", "pool/../x.deb", "pool//x.deb", "pool/a b.deb", "pool/é.deb", "pool/x?.deb"]
    {
        let trouble = told("pool/main/g/gcc-12/g++-12_12.2.0-14+deb12u1_amd64.deb", path);
        assert_eq!(
            trouble.message,
            format!("the package index describes `g++-12` wrongly: its `Filename` is `{path}`")
        );
        assert!(trouble.expected.is_some_and(|e| e.starts_with("a path below the archive")));
    }
    // Of others only the name is looked at.
    assert!(find(&mini().replace("Size: 10694076\n", ""), &["gcc"]).is_ok());
}

#[test]
fn bytes_that_do_not_belong_there_are_refused() {
    let told = |text: &str| find(text, &["gcc"]).map(|_| ()).unwrap_err().to_string();
    assert_eq!(told(&mini().replace('\n', "\r\n")), "the package index holds a carriage return in stanza 1");
    assert_eq!(told(&mini().replace("2024a", "20\0")), "the package index holds a NUL byte in stanza 3");
    assert_eq!(told(&mini().replace("package:tzdata\n", "")), "stanza 3 of the package index has no field `Package`");
    assert_eq!(told("<!DOCTYPE html>\n"), "stanza 1 of the package index has no field `Package`");
    let mut bytes = mini().into_bytes();
    let at = bytes.windows(7).position(|w| w == b"allowed").unwrap();
    bytes[at] = 0xff;
    let told = scan(&bytes[..], &names(&["gcc"])).map(|_| ()).unwrap_err().to_string();
    assert_eq!(told, "the package index describes `gcc` wrongly: it is not UTF-8");
}

#[test]
fn a_stanza_without_end_is_refused() {
    let endless = io::Read::chain(&b"Package: a\nX: "[..], io::repeat(b'x'));
    let told = scan(endless, &names(&["b"])).map(|_| ()).unwrap_err().to_string();
    assert_eq!(told, "stanza 1 of the package index is longer than 1 MiB");
    let long = format!("Package: a\nX: {}\n\nPackage: b\n", "x".repeat(LONGEST_STANZA));
    let told = find(&long, &["c"]).map(|_| ()).unwrap_err().to_string();
    assert_eq!(told, "stanza 1 of the package index is longer than 1 MiB");
    let fits = format!("Package: a\nX: {}\n\nPackage: b\n", "x".repeat(LONGEST_STANZA - 100));
    assert!(find(&fits, &["c"]).is_ok());
}

#[test]
fn who_provides_a_virtual_package() {
    let found =
        providers(mini().as_bytes(), &names(&["c++-compiler", "c++abi2-dev", "g++", "mail-transport-agent"])).unwrap();
    let shown: Vec<String> =
        found.iter().map(|(k, v)| format!("{k}: {}", v.iter().cloned().collect::<Vec<_>>().join(" "))).collect();
    assert_eq!(shown, ["c++-compiler: g++-12 gcc", "c++abi2-dev: g++-12", "g++: g++-12"]);
}

#[test]
fn paths_in_urls_never_have_an_encoded_tilde() {
    assert_eq!(
        url_path("pool/main/g/gcc-12/g++-12_12.2.0-14~rc1_amd64.deb"),
        "pool/main/g/gcc-12/g%2B%2B-12_12.2.0-14~rc1_amd64.deb"
    );
    assert_eq!(url_path("x_1%3a2 é#?.deb"), "x_1%253a2%20%C3%A9%23%3F.deb");
}

fn packed(kind: Compression, plain: &[u8]) -> Vec<u8> {
    match kind {
        Compression::Plain => plain.to_vec(),
        Compression::Xz => {
            let mut to = liblzma::write::XzEncoder::new(Vec::new(), 6);
            to.write_all(plain).unwrap();
            to.finish().unwrap()
        }
        Compression::Gzip => {
            let mut to = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
            to.write_all(plain).unwrap();
            to.finish().unwrap()
        }
        Compression::Zstd => ruzstd::encoding::compress_to_vec(plain, ruzstd::encoding::CompressionLevel::Fastest),
    }
}

const KINDS: [Compression; 4] = [Compression::Xz, Compression::Zstd, Compression::Gzip, Compression::Plain];

#[test]
fn every_kind_of_compression_is_read_to_its_exact_end() {
    let plain = mini().repeat(200);
    for kind in KINDS {
        let bytes = packed(kind, plain.as_bytes());
        assert_eq!(Compression::of_magic(&bytes), kind);
        assert_eq!(Compression::of_name(&format!("main/Packages{}", kind.suffix())), kind);
        let mut out = String::new();
        reader(kind, &bytes[..], plain.len() as u64).read_to_string(&mut out).unwrap();
        assert!(out == plain, "{kind:?}");
        let short = reader(kind, &bytes[..], plain.len() as u64 - 1).read_to_end(&mut Vec::new()).unwrap_err();
        assert_eq!(
            short.get_ref().and_then(|e| e.downcast_ref::<UnpackError>()),
            Some(&UnpackError::Long(plain.len() as u64 - 1)),
            "{kind:?}"
        );
    }
}

#[test]
fn a_stream_that_is_cut_or_altered_is_an_error() {
    let plain = mini().repeat(20);
    for kind in [Compression::Xz, Compression::Zstd, Compression::Gzip] {
        let bytes = packed(kind, plain.as_bytes());
        for cut in [0, 3, 5, 9, bytes.len() / 2, bytes.len() - 1] {
            let read = reader(kind, &bytes[..cut], 1 << 20).read_to_end(&mut Vec::new());
            // An empty gzip stream is an empty file.
            assert!(read.is_err() || (cut == 0 && kind == Compression::Gzip), "{kind:?} {cut}");
        }
        let behind = [&bytes[..], &[b'x'; 64][..]].concat();
        let error = reader(kind, &behind[..], 1 << 20).read_to_end(&mut Vec::new()).unwrap_err();
        assert_eq!(
            error.get_ref().and_then(|e| e.downcast_ref::<UnpackError>()),
            Some(&UnpackError::Broken(kind)),
            "{kind:?}: {error}"
        );
        let error =
            reader(kind, &b"<!DOCTYPE html><html></html>"[..], 1 << 20).read_to_end(&mut Vec::new()).unwrap_err();
        assert_eq!(error.to_string(), UnpackError::Broken(kind).to_string());
    }
}

#[test]
fn a_bomb_ends_at_its_limit() {
    // 64 MiB of zeros in a few kilobytes.
    let mut to = liblzma::write::XzEncoder::new(Vec::new(), 1);
    io::copy(&mut io::repeat(0).take(64 << 20), &mut to).unwrap();
    let bomb = to.finish().unwrap();
    assert!(bomb.len() < 20_000);
    let mut unpacked = reader(Compression::Xz, &bomb[..], 1 << 20);
    let error = io::copy(&mut unpacked, &mut io::sink()).unwrap_err();
    assert_eq!(error.to_string(), "it unpacks to more than the 1048576 bytes that it may have");
}

#[test]
fn a_stream_that_wants_much_memory_is_refused() {
    let error = reader(Compression::Xz, &LARGE_XZ[..], 1 << 20).read_to_end(&mut Vec::new()).unwrap_err();
    assert_eq!(error.to_string(), "unpacking it would need more than 80 MiB of memory");
    // Zstandard frames: a window of 128 MiB; one segment of 80 MiB, and of 2^63 bytes.
    let told =
        |head: &[u8]| reader(Compression::Zstd, head, 1 << 20).read_to_end(&mut Vec::new()).unwrap_err().to_string();
    assert_eq!(told(&[0x28, 0xb5, 0x2f, 0xfd, 0x00, 17 << 3, 1, 0, 0]), UnpackError::Memory.to_string());
    assert_eq!(told(&[0x28, 0xb5, 0x2f, 0xfd, 0xa0, 0, 0, 0, 5, 1, 0, 0]), UnpackError::Memory.to_string());
    assert_eq!(
        told(&[0x28, 0xb5, 0x2f, 0xfd, 0xe0, 0, 0, 0, 0, 0, 0, 0, 128, 1, 0, 0]),
        UnpackError::Memory.to_string()
    );
}

/// 64 times `x` with a dictionary of 256 MiB, as Python's lzma module packs it.
const LARGE_XZ: [u8; 64] = [
    0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00, 0x00, 0x01, 0x69, 0x22, 0xde, 0x36, 0x02, 0x00, 0x21, 0x01, 0x20, 0x00, 0x00,
    0x00, 0x09, 0x88, 0xa5, 0x76, 0xe0, 0x00, 0x3f, 0x00, 0x06, 0x5d, 0x00, 0x3c, 0x6e, 0x56, 0x00, 0x00, 0x00, 0x00,
    0x00, 0x00, 0x12, 0xac, 0xd2, 0x3a, 0x00, 0x01, 0x1e, 0x40, 0x64, 0xcb, 0x1b, 0x82, 0x90, 0x42, 0x99, 0x0d, 0x01,
    0x00, 0x00, 0x00, 0x00, 0x01, 0x59, 0x5a,
];

/// Gives at most so many bytes at once.
struct Dripping<'a>(&'a [u8], usize);

impl io::Read for Dripping<'_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let most = self.1.min(buf.len());
        self.0.read(&mut buf[..most])
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn exactly_the_wanted_are_found(
        chosen in proptest::collection::vec((0usize..6, 0usize..3, 0usize..2000), 0..400),
        step in proptest::sample::select(vec![1usize, 2, 7, 4096, 262_143, 262_144, 1 << 20]),
    ) {
        let pool = ["aa", "ab", "lib+", "x.y", "aa1", "zz"];
        let mut text = String::new();
        let mut expected = Vec::new();
        for (number, (which, gap, filler)) in chosen.iter().enumerate() {
            let package = pool[*which];
            let body = format!("Version: {number}\nArchitecture: all\nFilename: p/{number}.deb\nSize: 1\nSHA256: {A}\n");
            let filler = format!("X: {}\n Package: aa\n", "y".repeat(*filler));
            text += &match gap {
                0 => format!("Package: {package}\n{body}{filler}"),
                1 => format!("{body}PACKAGE:\t{package} \n{filler}"),
                _ => format!("{filler}Package: {package}\n{body}\n"),
            };
            text.push('\n');
            if matches!(package, "aa" | "lib+") {
                expected.push((package.to_owned(), number.to_string()));
            }
        }
        let found = scan(Dripping(text.as_bytes(), step), &names(&["aa", "lib+", "none"])).unwrap();
        let found: Vec<_> = found.into_iter().map(|s| (s.package, s.version.to_string())).collect();
        prop_assert_eq!(found, expected);
    }

    #[test]
    fn no_index_panics(text in "([\n \0\rA:]|Package: a|Provides: a|\n\n|\\PC){0,40}", kind in 0usize..4) {
        let _ = scan(text.as_bytes(), &names(&["a", "aa"])).map_err(|e| e.trouble());
        let _ = providers(text.as_bytes(), &names(&["a", "aa"]));
        let _ = io::copy(&mut reader(KINDS[kind], text.as_bytes(), 100), &mut io::sink());
    }

    #[test]
    fn no_altered_stream_panics(at in 0usize..100_000, byte: u8, kind in 0usize..4) {
        let mut bytes = packed(KINDS[kind], mini().as_bytes());
        let at = at % bytes.len();
        bytes[at] = byte;
        let mut out = Vec::new();
        let _ = reader(KINDS[kind], &bytes[..], 10_000).read_to_end(&mut out);
        prop_assert!(out.len() <= 10_000);
    }

    #[test]
    fn no_stanza_panics(at in 0usize..10_000, byte in 1u8..128) {
        let mut bytes = mini().into_bytes();
        let at = at % bytes.len();
        bytes[at] = byte;
        let _ = scan(&bytes[..], &names(&["gcc", "g++-12", "tzdata"]));
    }
}
