//! Archives and status files that are nobody's image.

use super::status::{Package, installed, joined};
use super::tar::{Entry, walk};
use super::*;

fn paths(tar: &[u8]) -> Result<Vec<(String, u64)>, Flaw> {
    let mut all = Vec::new();
    let mut source = tar;
    let see = &mut |entry: &Entry, _: &mut dyn Read| {
        let path = entry.path.as_ref().map(|p| String::from_utf8_lossy(&p.join(&b'/')).into_owned());
        all.push((path.unwrap_or_else(|| "upwards".to_owned()), entry.size));
        Ok(())
    };
    walk(&mut source, see)?;
    Ok(all)
}

fn entry(kind: u8, path: &[u8], content: &[u8]) -> Vec<u8> {
    let mut header = ::tar::Header::new_gnu();
    header.as_mut_bytes()[..path.len()].copy_from_slice(path);
    header.as_mut_bytes()[156] = kind;
    header.set_size(content.len() as u64);
    header.set_cksum();
    let mut out = [header.as_bytes(), content].concat();
    out.resize(out.len().div_ceil(512) * 512, 0);
    out
}

fn end() -> Vec<u8> {
    vec![0; 1024]
}

#[test]
fn long_names_come_from_gnu_entries_and_pax_records() {
    let long = "d/".repeat(90) + "name";
    let gnu = [entry(b'L', b"././@LongLink", &[long.as_bytes(), b"\0"].concat()), entry(b'0', b"short", b"ab"), end()];
    assert_eq!(paths(&gnu.concat()).unwrap(), [(long, 2)]);
    let pax = [entry(b'x', b"pax", b""), entry(b'0', b"./x/../y", b""), end()];
    assert_eq!(paths(&pax.concat()).unwrap(), [("upwards".to_owned(), 0)]);
    let pax =
        [entry(b'x', b"pax", b"14 path=a/./b\n"), entry(b'0', b"short", b"abc"), entry(b'0', b"/next", b""), end()];
    assert_eq!(paths(&pax.concat()).unwrap(), [("a/b".to_owned(), 3), ("next".to_owned(), 0)]);
}

#[test]
fn pax_records_that_lie_about_their_length_are_no_archive() {
    for bad in [
        "8 path=a\n",
        "11 path=a\n",
        "path=a\n",
        "99999999999999999999 path=a\n",
        "7 path\n",
        "0 a=b\n",
        "-1 a=b\n",
        "3 =\n",
    ] {
        let all = [entry(b'x', b"pax", bad.as_bytes()), entry(b'0', b"a", b""), end()];
        assert!(matches!(paths(&all.concat()), Err(Flaw::Broken(_))), "{bad:?}");
    }
}

#[test]
fn a_link_has_no_content_whatever_it_says() {
    let mut link = entry(b'1', b"link", b"");
    let mut header = ::tar::Header::new_gnu();
    header.as_mut_bytes().copy_from_slice(&link[..512]);
    header.set_size(512);
    header.set_cksum();
    link[..512].copy_from_slice(header.as_bytes());
    let all = [link, entry(b'0', b"var/lib/dpkg/status", b"x"), end()].concat();
    assert_eq!(paths(&all).unwrap(), [("link".to_owned(), 0), ("var/lib/dpkg/status".to_owned(), 1)]);
}

#[test]
fn an_archive_may_end_without_zeros_but_not_within_an_entry() {
    let one = entry(b'0', b"a", b"abc");
    assert_eq!(paths(&one).unwrap().len(), 1);
    assert_eq!(paths(&[one.clone(), vec![0; 512]].concat()).unwrap().len(), 1);
    assert!(paths(&one[..513]).is_err());
    assert!(paths(&one[..300]).is_err());
    assert!(paths(&[one.clone(), vec![0; 512], one].concat()).is_err());
}

#[test]
fn a_layer_that_unpacks_to_far_more_than_its_size_is_refused() {
    // A run of one byte: a frame of 4 GiB in 128 KiB blocks of 4 bytes each (RFC 8878, 3.1.1.2).
    let mut frame = vec![0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x38];
    for _ in 0..32_768 {
        let block: u32 = (131_072 << 3) | (1 << 1);
        frame.extend_from_slice(&block.to_le_bytes()[..3]);
        frame.push(0);
    }
    frame.extend_from_slice(&[1, 0, 0]);
    // First an entry that says it is as long, so that it is read.
    let mut header = ::tar::Header::new_gnu();
    header.as_mut_bytes()[..1].copy_from_slice(b"a");
    header.set_size(1 << 40);
    header.set_cksum();
    let mut first = vec![0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x38];
    first.extend_from_slice(&((512_u32 << 3) | 1).to_le_bytes()[..3]);
    first.extend_from_slice(header.as_bytes());
    let bomb = [first, frame].concat();
    // Told with a size that would be a thousandth of it.
    let flaw = super::layer::read(&mut bomb.as_slice(), 1_000).unwrap_err();
    assert_eq!(flaw, Flaw::Bomb((256 << 20) + 2_000_000));
}

fn package(name: &str, status: &str) -> Package {
    let (architecture, version) = ("amd64".to_owned(), "1".to_owned());
    Package { name: name.to_owned(), architecture, version, status: status.to_owned() }
}

#[test]
fn a_package_counts_by_its_state_alone() {
    let stanza = |name: &str, status: &str| {
        format!("Package: {name}\nStatus: {status}\nVersion: 1\nArchitecture: amd64\nX: \u{fc}\n more\n \n")
    };
    for (status, counts) in [
        ("install ok installed", true),
        ("hold ok installed", true),
        ("deinstall ok installed", true),
        ("deinstall ok config-files", false),
        ("install ok unpacked", false),
        ("install ok half-configured", false),
        ("install reinstreq installed", false),
        ("unknown ok not-installed", false),
    ] {
        let text = stanza("a", status);
        let expected = if counts { vec![package("a", status)] } else { Vec::new() };
        assert_eq!(installed(text.as_bytes()).unwrap(), expected, "{status}");
    }
    let text = [
        b"Package: b\nStatus: install ok installed\nVersion: 1\nArchitecture: amd64\nMaintainer: \xfc\n\n\n\n"
            .as_slice(),
        b"status: install ok installed\r\nPACKAGE:a\r\nVersion:  1\r\nArchitecture: amd64",
    ]
    .concat();
    assert_eq!(installed(&text).unwrap(), [package("a", "install ok installed"), package("b", "install ok installed")]);
}

#[test]
fn what_is_no_status_is_told_with_its_line() {
    let line = |text: &str| installed(text.as_bytes()).unwrap_err().line;
    assert_eq!(line("\n x\n"), 2);
    assert_eq!(line("Package: a\nnonsense\n"), 2);
    assert_eq!(line("Package: a\nPackage: b\n"), 2);
    assert_eq!(line("\n\nPackage: a\nVersion: 1\n"), 3);
    assert_eq!(line("Package: A B\nStatus: install ok installed\n"), 1);
    assert_eq!(line("Package: a\nStatus: install ok installed\nVersion: 1 2\n"), 1);
}

#[test]
fn pieces_get_a_state_where_they_name_none() {
    let pieces = [b"\nPackage: a\nVersion: 1\n\n\n".to_vec(), b"Package: b\nStatus: hold ok installed".to_vec()];
    let text = "Status: install ok installed\nPackage: a\nVersion: 1\n\nPackage: b\nStatus: hold ok installed\n\n";
    assert_eq!(String::from_utf8(joined(pieces.iter())).unwrap(), text);
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(256))]
    #[test]
    fn no_bytes_make_the_readers_panic(
        bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..2000),
        text in "(Package|Version|Status|: |\n|.){0,30}",
        at in 0_usize..1024,
        flip in 1_u8..,
    ) {
        let _ = paths(&bytes);
        let _ = super::layer::read(&mut bytes.as_slice(), bytes.len() as u64);
        let _ = installed(text.as_bytes());
        let _ = installed(&bytes);
        let mut tar = [entry(b'x', b"pax", b"14 path=a/./b\n"), entry(b'0', b"short", b"abc"), end()].concat();
        tar[at] ^= flip;
        let _ = paths(&tar);
    }
}
