use proptest::prelude::*;

use super::*;

fn read(file: &str, content: &str) -> Vec<Described> {
    parse(file, content).unwrap_or_else(|e| panic!("{e:?}"))
}

fn words<T: ToString>(list: &[T]) -> String {
    list.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
}

/// The only trouble, as `file:line:column: message`, and what is marked.
fn told(file: &str, content: &str) -> (String, String) {
    let troubles = parse(file, content).unwrap_err();
    assert_eq!(troubles.len(), 1, "{troubles:?}");
    let place = troubles[0].place.clone().unwrap();
    let excerpt = place.excerpt.map(|e| e.text.chars().skip(place.column - 1).take(e.width).collect::<String>());
    (format!("{}:{}:{}: {}", place.file, place.line, place.column, troubles[0].message), excerpt.unwrap_or_default())
}

const DEBIAN: &str = "\
# a comment

Types: deb deb-src
# http://snapshot.example.org/archive/debian/20250520T000000Z
URIs: http://deb.example.org/debian/ https://other.example.org/debian
Suites: bookworm
# in between
 bookworm-updates
Components: main contrib
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg
Check-Valid-Until: no
Valid-Until-Max: 604800
By-Hash: force
X-Repolib-Name: whatever

Types: deb-src
URIs: cdrom:x
Suites: x

Enabled: no
Types: deb

# only
# comments

Types: deb
URIs: file:/srv/debs
Suites: ./
Architectures: amd64 armhf
";

#[test]
fn stanzas_as_apt_takes_them() {
    let all = read("debian.sources", DEBIAN);
    let uris: Vec<&str> = all.iter().map(|d| d.uri.as_str()).collect();
    assert_eq!(uris, ["http://deb.example.org/debian", "https://other.example.org/debian", "file:///srv/debs"]);
    assert_eq!(words(&all[0].suites), "bookworm bookworm-updates");
    assert_eq!(words(&all[1].components), "main contrib");
    assert_eq!(all[0].signed_by, [SignedBy::Path("/usr/share/keyrings/debian-archive-keyring.gpg".to_owned())]);
    assert_eq!(
        (all[0].check_valid_until, all[0].by_hash, all[0].valid_until_max),
        (Some(false), Some(true), Some(604_800))
    );
    assert_eq!((all[0].place.line, all[0].place.column), (5, 7));
    assert!(all[2].suites[0].is_flat() && all[2].components.is_empty());
    assert_eq!(words(&all[2].architectures), "amd64 armhf");
    assert_eq!((all[2].check_valid_until, all[2].by_hash, all[2].valid_until_max), (None, None, None));
    assert_eq!(read("debian.sources", &DEBIAN.replace('\n', "\r\n")).len(), 3);
}

const LIST: &str = "\
# comment
deb http://deb.example.org/debian bookworm main contrib # the rest
deb-src http://deb.example.org/debian bookworm main

deb [arch=amd64,arm64 signed-by=/k/a.gpg,0123456789abcdef0123456789ABCDEF01234567! lang=en] https://x.example.org/apt stable/updates main
  deb\t[ by-hash=no ] file:///srv ./
";

#[test]
fn lines_as_apt_takes_them() {
    let all = read("x.list", LIST);
    let uris: Vec<&str> = all.iter().map(|d| d.uri.as_str()).collect();
    assert_eq!(uris, ["http://deb.example.org/debian", "https://x.example.org/apt", "file:///srv"]);
    assert_eq!(words(&all[0].components), "main contrib");
    assert_eq!(words(&all[1].architectures), "amd64 arm64");
    assert_eq!(words(&all[1].suites), "stable/updates");
    assert_eq!(
        all[1].signed_by,
        [
            SignedBy::Path("/k/a.gpg".to_owned()),
            SignedBy::Fingerprint { text: "0123456789ABCDEF0123456789ABCDEF01234567".to_owned(), exact: true },
        ]
    );
    assert_eq!((all[2].by_hash, words(&all[2].suites)), (Some(false), "./".to_owned()));
    assert_eq!(all.iter().map(|d| d.place.line).collect::<Vec<_>>(), [2, 5, 6]);
}

#[test]
fn the_name_tells_the_form_and_else_the_content() {
    assert_eq!(read("sources", LIST).len(), 3);
    assert_eq!(read("sources.txt", DEBIAN).len(), 3);
    assert!(parse("x.sources", LIST).is_err());
    assert!(parse("x.list", DEBIAN).is_err());
}

#[test]
fn keys_by_fingerprint_and_embedded() {
    let entry = |signed: &str| {
        let text = format!("Types: deb\nURIs: https://h/x\nSuites: s\nComponents: main\nSigned-By:{signed}\n");
        read("x.sources", &text).swap_remove(0).signed_by
    };
    let print = "0123456789ABCDEF0123456789ABCDEF01234567";
    let key = |exact| SignedBy::Fingerprint { text: print.to_owned(), exact };
    assert_eq!(entry(&format!(" {print}, {print}!")), [key(false), key(true)]);
    assert_eq!(entry(&format!("\n keys/a.asc\n {print}")), [SignedBy::Path("keys/a.asc".to_owned()), key(false)]);
    let embedded = entry(
        "
 -----BEGIN PGP PUBLIC KEY BLOCK-----
 .
 mDMEYCQjIxYJKwYBBAHaRw8BAQdAD/P5Nvvnvk66SxBBHDbhRml9ORg1WV5CvzKY
# a comment
 =IE0r
 -----END PGP PUBLIC KEY BLOCK-----",
    );
    assert_eq!(
        embedded,
        [SignedBy::Embedded(
            "-----BEGIN PGP PUBLIC KEY BLOCK-----

mDMEYCQjIxYJKwYBBAHaRw8BAQdAD/P5Nvvnvk66SxBBHDbhRml9ORg1WV5CvzKY
=IE0r
-----END PGP PUBLIC KEY BLOCK-----
"
            .to_owned()
        )]
    );
}

#[test]
fn what_cannot_be_relied_on_is_told_with_its_place() {
    let with = |line: &str| format!("Types: deb\nURIs: https://h/x\nSuites: s\nComponents: main\n{line}\n");
    let mark = |line: &str| told("x.sources", &with(line));
    let pair = |a: &str, b: &str| (a.to_owned(), b.to_owned());
    assert_eq!(mark("Trusted: yes"), pair("x.sources:5:10: `Trusted` is refused", "yes"));
    assert_eq!(mark("Allow-Insecure: 1"), pair("x.sources:5:17: `Allow-Insecure` is refused", "1"));
    assert_eq!(mark("Check-Valid-Until: maybe"), pair("x.sources:5:20: `maybe` is neither `yes` nor `no`", "maybe"));
    assert_eq!(mark("Signed-By: /a, 89ABCDEF"), pair("x.sources:5:16: `89ABCDEF` is a short key id", "89ABCDEF"));
    assert_eq!(mark("Signed-By: Debian"), pair("x.sources:5:12: `Debian` names no keys", "Debian"));
    assert_eq!(mark("Snapshot: enable"), pair("x.sources:5:11: `Snapshot` is not followed here", "enable"));
    assert_eq!(mark("Suites: t"), pair("x.sources:5:1: the field `Suites` stands there twice", "Suites"));
    assert_eq!(mark("oops"), pair("x.sources:5:1: the line cannot be read: it is no `Field: value`", "oops"));
    assert_eq!(mark("Architectures: amd64,arm64").0, "x.sources:5:16: `amd64,arm64` is not an architecture");
    assert_eq!(
        mark("Signed-By:\n -----BEGIN PGP PUBLIC KEY BLOCK-----\n x").0,
        "x.sources:6:2: the embedded key is not whole"
    );
    assert!(parse("x.sources", &with("Trusted: no")).is_ok());

    let line = |text: &str| told("x.list", text);
    assert_eq!(line("deb [trusted=yes] https://h/x s main"), pair("x.list:1:14: `trusted` is refused", "yes"));
    assert_eq!(line("deb [trusted] https://h/x s main").0, "x.list:1:6: `trusted` is no option such as `arch=amd64`");
    assert_eq!(line("deb [arch+=i386] https://h/x s main").0, "x.list:1:12: `architectures-add` is not followed here");
    assert_eq!(line("deb [arch=amd64 https://h/x s main").0, "x.list:1:5: the `[` is not closed");
    assert_eq!(line("rpm https://h/x s main"), pair("x.list:1:1: `rpm` is no type of archive", "rpm"));
    assert_eq!(
        line("deb cdrom:[Debian 12 X]/ s main").0,
        "x.list:1:5: `cdrom:` is refused: only https, http and file are followed"
    );
    assert_eq!(
        line("deb tor+http://h/x s main"),
        pair("x.list:1:5: `tor+http://h/x` is refused: only https, http and file are followed", "tor+http://h/x")
    );
    assert_eq!(
        line("deb https://h/x s/$(ARCH) main"),
        pair("x.list:1:17: `s/$(ARCH)` is refused: it would differ between architectures", "s/$(ARCH)")
    );
    assert_eq!(line("deb https://h/x s").0, "x.list:1:1: the archive names no component");
    assert_eq!(line("deb https://h/x").0, "x.list:1:1: the archive names no suite");
    assert_eq!(line("deb").0, "x.list:1:1: the archive has no URI");
    assert_eq!(line("deb https://h/x ./ main").0, "x.list:1:1: a flat archive, whose suite ends in `/`, stands alone");
    assert_eq!(line("deb https://h/x ../s main").0, "x.list:1:17: `../s` is not a name such as bookworm-updates");
    assert_eq!(line("# nothing\n").0, "x.list:1:1: the file describes no archive");
    assert!(line("deb https://user:secret@h/x s main").0.ends_with("its host must stand there as it is, without user"));
    assert!(!format!("{:?}", parse("x.list", "deb https://user:secret@h/x s main")).contains("secret"));
}

#[test]
fn every_error_is_told_at_once_up_to_a_limit() {
    assert_eq!(parse("x.list", "deb a b c\nrpm\ndeb-src x\nfoo\n").unwrap_err().len(), 3);
    assert_eq!(parse("x.list", &"rpm\n".repeat(10_000)).unwrap_err().len(), TOLD);
}

#[test]
fn a_file_may_not_describe_without_end() {
    let many = "deb https://h/x s main\n".repeat(ARCHIVES);
    assert_eq!(read("x.list", &many).len(), ARCHIVES);
    let told = |text: &str| parse("x.list", text).unwrap_err()[0].message.clone();
    assert_eq!(told(&(many + "deb https://h/x s main\n")), "the file describes more than 500 archives");
    assert_eq!(told(&format!("deb https://h/x s{}", " main".repeat(101))), "the entry has more than 100 components");
    assert_eq!(told(&"#".repeat(1024 * 1024 + 1)), "`x.list` is longer than 1 MiB");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn no_file_panics(
        text in "(Types: deb|URIs: https://h|Suites: s|Components: c|Signed-By:|-----BEGIN|deb |\\[|\\]|[\n\r\t #=,!:]|\\PC){0,40}",
        form in proptest::sample::select(vec!["x", "x.list", "x.sources"]),
    ) {
        let _ = parse(form, &text);
    }

    #[test]
    fn no_altered_file_panics(at in 0usize..10_000, c: char, list: bool) {
        let (form, text) = if list { ("x.list", LIST) } else { ("x.sources", DEBIAN) };
        let mut chars: Vec<char> = text.chars().collect();
        let at = at % chars.len();
        chars[at] = c;
        let _ = parse(form, &chars.into_iter().collect::<String>());
    }
}
