use std::io::Write as _;

use proptest::prelude::*;

use super::*;

const CONTROL: &str = "Package: a0\nVersion: 1:2-1\nArchitecture: all\nDescription: x\n";

/// An ar archive, by ar(5).
fn ar(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut out = b"!<arch>\n".to_vec();
    for (name, bytes) in members {
        writeln!(out, "{name:<16}{:<12}{:<6}{:<6}{:<8}{:<10}`", 0, 0, 0, "100644", bytes.len()).unwrap();
        out.extend_from_slice(bytes);
        if bytes.len() % 2 == 1 {
            out.push(b'\n');
        }
    }
    out
}

/// A tar archive whose names nobody vetted.
fn tar(members: &[(&str, tar::EntryType, &[u8])]) -> Vec<u8> {
    let mut out = tar::Builder::new(Vec::new());
    for (name, kind, bytes) in members {
        let mut header = tar::Header::new_gnu();
        header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
        header.set_entry_type(*kind);
        header.set_mode(0o644);
        header.set_size(bytes.len() as u64);
        if kind.is_symlink() {
            header.set_link_name("/etc/passwd").unwrap();
        }
        header.set_cksum();
        out.append(&header, *bytes).unwrap();
    }
    out.into_inner().unwrap()
}

fn plain(name: &str, bytes: &[u8]) -> Vec<u8> {
    tar(&[("./", tar::EntryType::Directory, b""), (name, tar::EntryType::Regular, bytes)])
}

fn gz(bytes: &[u8]) -> Vec<u8> {
    let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    out.write_all(bytes).unwrap();
    out.finish().unwrap()
}

fn xz(bytes: &[u8]) -> Vec<u8> {
    let mut out = liblzma::write::XzEncoder::new(Vec::new(), 1);
    out.write_all(bytes).unwrap();
    out.finish().unwrap()
}

fn zst(bytes: &[u8]) -> Vec<u8> {
    ruzstd::encoding::compress_to_vec(bytes, ruzstd::encoding::CompressionLevel::Fastest)
}

fn deb(control: &str, packed: &[u8]) -> Vec<u8> {
    ar(&[("debian-binary", b"2.0\n"), (control, packed), ("data.tar.xz", b"the data of it")])
}

fn says(bytes: &[u8]) -> String {
    read("a0.deb", bytes).map_or_else(|e| e.to_string(), |c| format!("{} {}", c.package(), c.version()))
}

#[test]
fn every_compression_that_dpkg_writes_is_read() {
    let tar = plain("./control", CONTROL.as_bytes());
    for (name, packed) in [
        ("control.tar", tar.clone()),
        ("control.tar/", tar.clone()),
        ("control.tar.gz", gz(&tar)),
        ("control.tar.xz", xz(&tar)),
        ("control.tar.zst", zst(&tar)),
    ] {
        assert_eq!(says(&deb(name, &packed)), "a0 1:2-1", "{name}");
    }
    assert_eq!(says(&deb("control.tar", &plain("control", CONTROL.as_bytes()))), "a0 1:2-1");
    let more: [(&str, &[u8]); 5] = [
        ("debian-binary", b"2.1\nmore\n"),
        ("_note", b"1"),
        ("control.tar", &tar),
        ("data.tar", b"x"),
        ("later", b"1"),
    ];
    assert_eq!(says(&ar(&more)), "a0 1:2-1");
}

#[test]
fn a_package_cut_anywhere_is_an_error() {
    let tar = plain("./control", CONTROL.as_bytes());
    for (name, packed) in [
        ("control.tar", tar.clone()),
        ("control.tar.gz", gz(&tar)),
        ("control.tar.xz", xz(&tar)),
        ("control.tar.zst", zst(&tar)),
    ] {
        let whole = deb(name, &packed);
        let step = if name == "control.tar" { 37 } else { 1 };
        for cut in (0..whole.len()).step_by(step) {
            assert!(read("a0.deb", &whole[..cut]).is_err(), "{name} cut at {cut}");
        }
        // The control.tar itself, cut inside a package that is whole.
        let end = if name == "control.tar" { 1024 + CONTROL.len() } else { packed.len() };
        for cut in (0..end).step_by(7) {
            assert!(read("a0.deb", deb(name, &packed[..cut]).as_slice()).is_err(), "{name} holds {cut} bytes");
        }
    }
}

#[test]
fn a_package_that_is_not_as_deb_5_says_is_refused_with_the_reason() {
    use tar::EntryType::{Directory, Link, Regular, Symlink};
    let text = CONTROL.as_bytes();
    let good = plain("./control", text);
    let head: (&str, &[u8]) = ("debian-binary", b"2.0\n");
    let control: (&str, &[u8]) = ("control.tar", &good);
    let data: (&str, &[u8]) = ("data.tar", b"");
    let large = vec![b'x'; CONTROL_CAP + 1];
    let within = |members: &[(&str, tar::EntryType, &[u8])]| deb("control.tar", &tar(members));
    for (bytes, reason) in [
        (b"PK\x03\x04 no package".to_vec(), "it is not a Debian package"),
        (Vec::new(), "it is not a Debian package"),
        (ar(&[]), "it holds no debian-binary"),
        (ar(&[control, data]), "it holds `control.tar` where debian-binary belongs"),
        (ar(&[("debian-binary", b"3.0\n"), control, data]), "its debian-binary holds `3.0`, not a line `2.0`"),
        (ar(&[("debian-binary", b"2.0"), control, data]), "its debian-binary holds `2.0`, not a line `2.0`"),
        (ar(&[head, data, control]), "it holds `data.tar` where control.tar belongs"),
        (ar(&[head, control, control, data]), "it holds `control.tar` where data.tar belongs"),
        (ar(&[head, control, data, control]), "it holds `control.tar` where nothing more belongs"),
        (ar(&[head, control, data, data]), "it holds `data.tar` where nothing more belongs"),
        (ar(&[head, ("evil\x1b[2J", b""), control]), "it holds `evil\\u{1b}[2J` where control.tar belongs"),
        (ar(&[head, control]), "it holds no data.tar"),
        (ar(&[head]), "it holds no control.tar"),
        (deb("control.tar.bz2", &good), "`control.tar.bz2` is compressed in a way that is not known"),
        (deb("control.tar.gz", &good), "its control.tar is garbled"),
        (deb("control.tar.xz", &good), "its control.tar is garbled"),
        (deb("control.tar.zst", &good), "its control.tar is garbled"),
        (within(&[]), "it holds no control file"),
        (within(&[("./md5sums", Regular, b"x")]), "it holds no control file"),
        (
            within(&[("./control", Regular, text), ("control", Regular, text)]),
            "its control.tar holds two control files",
        ),
        (within(&[("./control", Symlink, b"")]), "its control file is no plain file"),
        (within(&[("./control", Link, b"")]), "its control file is no plain file"),
        (within(&[("./control/", Directory, b"")]), "its control file is no plain file"),
        (within(&[("../control", Regular, text)]), "its control.tar names `../control`"),
        (within(&[("./x/../control", Regular, text)]), "its control.tar names `./x/../control`"),
        (within(&[("/control", Regular, text)]), "its control.tar names `/control`"),
        (within(&[("a\u{1b}[2J", Regular, text)]), "its control.tar names `a\\u{1b}[2J`"),
        (within(&[("./x/control", Regular, text)]), "it holds no control file"),
        (within(&[("./control", Regular, &large)]), "its control file is larger than 1 MiB"),
        (within(&[("./control", Regular, b"Package: a0\n")]), "its control file gives no Version"),
    ] {
        assert_eq!(says(&bytes), format!("`a0.deb` is no package that can be used: {reason}"));
    }
}

#[test]
fn a_bomb_is_refused_before_it_is_unpacked() {
    let mut tar = plain("./control", CONTROL.as_bytes());
    tar.truncate(tar.len() - 1024);
    tar.extend(plain("./postinst", &vec![0; 33 << 20]));
    let reason = "`a0.deb` is no package that can be used: its control.tar unpacked is larger than 32 MiB";
    for (name, packed) in [("control.tar.gz", gz(&tar)), ("control.tar.xz", xz(&tar))] {
        assert!(packed.len() < 1_000_000);
        assert_eq!(says(&deb(name, &packed)), reason, "{name}");
    }
    let mut vast = deb("control.tar", b"");
    // A size that the file does not have costs no memory.
    let size = 8 + 60 + 4 + 48;
    vast[size..size + 10].copy_from_slice(b"9999999999");
    assert!(says(&vast).ends_with("its control.tar is larger than 16 MiB"), "{}", says(&vast));
    for size in [&b"-1        "[..], b"+1        ", b"          ", b"1e3       ", b"\xff         "] {
        vast[8 + 60 + 4 + 48..8 + 60 + 4 + 58].copy_from_slice(size);
        assert!(says(&vast).ends_with("the header of a member is garbled"), "{}", says(&vast));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]
    #[test]
    fn a_flipped_byte_is_read_or_refused(kind in 0..4usize, flips in prop::collection::vec((any::<u16>(), 1..=255u8), 1..4)) {
        let tar = plain("./control", CONTROL.as_bytes());
        let mut bytes = match kind {
            0 => deb("control.tar", &tar),
            1 => deb("control.tar.gz", &gz(&tar)),
            2 => deb("control.tar.xz", &xz(&tar)),
            _ => deb("control.tar.zst", &zst(&tar)),
        };
        for (at, mask) in flips {
            let at = usize::from(at) % bytes.len();
            bytes[at] ^= mask;
        }
        let _ = read("a0.deb", bytes.as_slice());
    }
}
