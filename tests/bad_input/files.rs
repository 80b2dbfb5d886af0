//! Files that are missing, torn, huge, hostile, or no files.

use rustix::fs::{CWD, Mode};

use super::{Upstream, folder, idle, one_error, pin};
use crate::support::program::Work;

const VERBS: [&[&str]; 4] = [&["verify"], &["refresh"], &["refresh", "--keep"], &["outdated"]];

/// A folder whose pin is locked.
fn locked(up: &Upstream) -> Work {
    let work = folder(&[("widget", up.pin("widget", "tag = \"v1.0.0\""))]);
    work.run(&["refresh"]).code(0);
    work.run(&["verify"]).code(0);
    work
}

#[test]
fn a_missing_manifest_is_named_and_nothing_is_made_beside_it() {
    let work = Work::new();
    work.write("Dockerfile", "FROM scratch\n");
    for verb in VERBS {
        one_error(idle(&work, verb).code(2).says("there is no pins.toml in `.`").says("-C DIR"));
    }
    assert!(!work.image().join(".dubo-pin").exists());
    one_error(work.run(&["verify", "-C", "nowhere"]).code(2).says("there is no folder `nowhere`"));
}

#[test]
fn a_manifest_that_cannot_be_read_is_exit_2_for_every_verb() {
    let up = Upstream::new(1);
    let work = locked(&up);
    let good = work.read("pins.toml");
    let deep = format!("version = 1\nx = {}", "[".repeat(100_000));
    let dotted = format!("version = 1\n{}x = 1\n", "a.".repeat(100_000));
    let huge = format!("{good}#{}\n", "x".repeat(16 << 20));
    let cases: [(&[u8], &str); 9] = [
        (b"version = \n", "pins.toml:1:"),
        (b"", "version"),
        (b"version = 1\n[pins.a\n", "pins.toml:2:"),
        (b"\xff\xfeversion = 1\n", "UTF-8"),
        (b"version = 1\n[pins.a]\ngit = \"https://h.example/a\"\nbranch = \"\xc3\x28\"\n", "UTF-8"),
        (deep.as_bytes(), "pins.toml:2:"),
        (dotted.as_bytes(), "pins.toml:2:"),
        (huge.as_bytes(), "`pins.toml` is larger than 16777216 bytes"),
        (b"version = 1\n<<<<<<< ours\n=======\n>>>>>>> theirs\n", "pins.toml:2:"),
    ];
    for (bytes, said) in cases {
        work.write("pins.toml", bytes);
        for verb in VERBS {
            one_error(idle(&work, verb).code(2).says(said).says("pins.toml"));
        }
    }
}

#[test]
fn a_lock_that_cannot_be_read_is_exit_2_and_stays() {
    let up = Upstream::new(1);
    let work = locked(&up);
    let good = work.read("pins.lock");
    let deep = format!("{{\"version\": 1, \"archives\": {}", "[".repeat(100_000));
    let half = &good[..good.len() / 2];
    let huge = format!("{good}{}", " ".repeat(16 << 20));
    let cases: [(&[u8], &str); 8] = [
        (
            b"{\n  \"version\": 99,\n  \"unheard-of\": {}\n}\n",
            "pins.lock has version 99, which this dubo-pin does not know",
        ),
        (b"", "pins.lock is not readable"),
        (b"[]\n", "pins.lock is not readable"),
        (b"{\"version\": -1}\n", "pins.lock is not readable"),
        (half.as_bytes(), "pins.lock is not readable"),
        (deep.as_bytes(), "pins.lock is not readable"),
        (b"\xff\xfe{}\n", "pins.lock is not readable"),
        (huge.as_bytes(), "`pins.lock` is larger than 16777216 bytes"),
    ];
    for (bytes, said) in cases {
        work.write("pins.lock", bytes);
        for verb in VERBS {
            one_error(idle(&work, verb).code(2).says(said));
        }
    }
}

#[test]
fn a_dockerfile_that_cannot_be_read_is_exit_2_and_names_the_line() {
    let up = Upstream::new(1);
    let work = locked(&up);
    let good = work.read("Dockerfile");
    let open = format!("{good}RUN <<EOF\nnever ended\n");
    let huge = format!("{good}#{}\n", "x".repeat(16 << 20));
    let cases: [(&[u8], &str); 4] = [
        (open.as_bytes(), "Dockerfile:3:"),
        (huge.as_bytes(), "`Dockerfile` is larger than 16777216 bytes"),
        (b"FROM scratch\n<<<<<<< ours\nARG WIDGET=1\n=======\nARG WIDGET=2\n>>>>>>> theirs\n", "Dockerfile:2:"),
        (b"FROM\n", "Dockerfile:1:"),
    ];
    for (bytes, said) in cases {
        work.write("Dockerfile", bytes);
        for verb in [&["verify"][..], &["refresh"], &["refresh", "--keep"]] {
            one_error(idle(&work, verb).code(2).says(said));
        }
    }
}

#[test]
fn bytes_that_are_no_utf8_are_kept_and_seen_where_a_pin_stands() {
    let up = Upstream::new(1);
    let work = locked(&up);
    let id = up.ids[0].to_string();
    work.write("Dockerfile", b"FROM scratch\n# \xe9t\xe9\nARG WIDGET=\xff\xfe\nRUN echo \xe9\n");
    let ran = idle(&work, &["verify"]).code(1).says("LOCK001").says("Dockerfile:3:12");
    ran.says(&id);
    work.run(&["refresh", "--keep"]).code(0);
    let after = [b"FROM scratch\n# \xe9t\xe9\nARG WIDGET=", id.as_bytes(), b"\nRUN echo \xe9\n"].concat();
    assert!(work.bytes("Dockerfile") == after);
    work.run(&["verify"]).code(0);
}

#[test]
fn what_is_no_plain_file_is_named_for_what_it_is_and_never_waited_for() {
    let up = Upstream::new(1);
    for name in ["pins.toml", "pins.lock", "Dockerfile"] {
        for (what, said) in [("folder", "is a folder"), ("fifo", "is a fifo"), ("symlink", "is a symlink")] {
            let work = locked(&up);
            let (path, aside) = (work.image().join(name), work.home().join(name));
            std::fs::rename(&path, &aside).unwrap();
            match what {
                "folder" => std::fs::create_dir(&path).unwrap(),
                "symlink" => std::os::unix::fs::symlink(&aside, &path).unwrap(),
                _ => rustix::fs::mkfifoat(CWD, &path, Mode::from_raw_mode(0o644)).unwrap(),
            }
            for verb in VERBS {
                // A folder of that name is no Dockerfile: then there is none.
                if (name, what) == ("Dockerfile", "folder") {
                    continue;
                }
                one_error(idle(&work, verb).code(2).says(&format!("`{name}` {said}")));
            }
            if what == "symlink" {
                assert!(aside.metadata().unwrap().is_file());
            }
        }
    }
}

#[test]
fn without_a_dockerfile_the_site_is_not_found() {
    let up = Upstream::new(1);
    let work = locked(&up);
    std::fs::remove_file(work.image().join("Dockerfile")).unwrap();
    idle(&work, &["verify"]).code(1).says("DOC003").says("there is no Dockerfile to find the site in");
    one_error(idle(&work, &["refresh"]).code(2).says("there is no Dockerfile to find the site in"));
    let named = format!(
        "version = 1\n[image]\ndockerfiles = [\"docker/Dockerfile\"]\n{}",
        up.pin("widget", "tag = \"v1.0.0\"")
    );
    work.write("pins.toml", named);
    one_error(idle(&work, &["verify"]).code(2).says("names `docker/Dockerfile`, but there is no such file"));
}

#[test]
fn line_ends_of_windows_are_kept_to_the_byte() {
    let up = Upstream::new(2);
    let work = folder(&[("widget", up.pin("widget", "version = \"^1\""))]);
    let file =
        |id: &str| format!("# escape=\\\r\nFROM scratch\r\n# widget\r\nARG WIDGET={id}\r\n\r\nRUN a \\\r\n  b\r\n");
    work.write("Dockerfile", file(&up.ids[0].to_string()));
    work.run(&["refresh", "--keep"]).code(0);
    assert_eq!(work.read("Dockerfile"), file(&up.ids[0].to_string()));
    work.run(&["refresh"]).code(0);
    assert_eq!(work.read("Dockerfile"), file(&up.ids[1].to_string()));
    work.run(&["verify"]).code(0);
    let manifest = work.read("pins.toml").replace('\n', "\r\n");
    work.write("pins.toml", &manifest);
    work.run(&["verify"]).code(0);
}

#[test]
fn every_error_of_a_manifest_is_told_at_once() {
    let work = Work::new();
    work.write("Dockerfile", "FROM scratch\n").write(
        "pins.toml",
        "version = 1\n[pins.a]\ngitt = \"https://h.example/a\"\n[pins.b]\ngit = \"git://h.example/b\"\n",
    );
    let ran = idle(&work, &["verify"]).code(2).says("pins.toml:3:").says("did you mean").says("pins.toml:5:");
    ran.says("https://h.example/b");
}

#[test]
fn control_and_bidi_characters_of_a_manifest_never_reach_the_terminal() {
    let work = Work::new();
    work.write("Dockerfile", "FROM scratch\n");
    for text in ["\\u001b[2J", "\\u202egpj", "\\u0007", "a\\u2066b", "\u{202e}gpj", "a\\r\\nb"] {
        for rule in ["branch", "tag", "version"] {
            let rule = format!("{rule} = \"{text}\"");
            work.write("pins.toml", format!("version = 1\n{}", pin("a", "https://h.example/a", &rule)));
            let ran = idle(&work, &["verify"]).code(2).says("pins.toml:5:");
            let bad = |c: char| {
                c.is_control() && c != '\n'
                    || ('\u{202a}'..='\u{202e}').contains(&c)
                    || ('\u{2066}'..='\u{2069}').contains(&c)
            };
            assert!(!ran.all().contains(bad), "{rule}: {:?}", ran.all());
        }
    }
}
