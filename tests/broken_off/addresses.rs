//! Addresses behind which nobody is, or nobody who speaks as he should: a pin of each kind that is
//! not locked yet. Exit 4, the pin named, nothing written.

use std::io::Read as _;
use std::net::TcpListener;

use super::ground::calm;
use crate::bad_input::{idle, one_error};
use crate::support::debian::Key;
use crate::support::http::{Answer, Server};
use crate::support::program::Work;

/// A pin of each kind at the address `AT`.
const KINDS: [(&str, &str); 4] = [
    ("git", "[pins.it]\ngit = \"AT/r.git\"\nversion = \"^1\"\ninto = [{ arg = \"IT\" }]\n"),
    ("url", "[pins.it]\nurl = \"AT/file\"\ninto = [{ arg = \"IT\" }]\n"),
    (
        "deb",
        "[archives.debian]\nuri = \"AT/debian\"\nsuites = [\"bookworm\"]\nsigned-by = \"test.asc\"\n\
         [pins.it]\ndeb = [\"curl\"]\n",
    ),
    ("image", "[pins.it]\nimage = \"HOST/base:1\"\n"),
];

#[test]
fn nobody_listens_no_such_name_no_tls_and_a_tls_that_is_cut() {
    let plain = Server::start(|_| Answer::new(200, "no TLS here"));
    let cut = TcpListener::bind("127.0.0.1:0").unwrap();
    let cut_at = cut.local_addr().unwrap();
    std::thread::spawn(move || {
        for mut stream in cut.incoming().map_while(Result::ok) {
            // The client's greeting; then nothing more.
            let _ = stream.read(&mut [0; 64]);
        }
    });
    let plain = plain.url().replace("http://", "");
    let all = [
        ("nobody listens", "http://127.0.0.1:1".to_owned()),
        ("nobody listens for TLS", "https://127.0.0.1:1".to_owned()),
        ("no such name", "https://no-such-host.invalid".to_owned()),
        ("no TLS is spoken", format!("https://{plain}")),
        ("TLS is cut", format!("https://{cut_at}")),
    ];
    let cells: Vec<_> = KINDS.iter().flat_map(|kind| all.iter().map(move |at| (kind, at))).collect();
    std::thread::scope(|scope| {
        for ((kind, pin), (what, at)) in cells {
            // On loopback a registry is asked without TLS.
            if *kind == "image" && at.starts_with("https://127") {
                continue;
            }
            scope.spawn(move || {
                let host = at.split("//").nth(1).unwrap();
                let work = Work::new();
                let file = match *kind {
                    "deb" => "FROM scratch\nRUN apt-get install -y curl\n".to_owned(),
                    "image" => format!("FROM {host}/base:1\n"),
                    _ => "FROM scratch\nARG IT=\n".to_owned(),
                };
                let pin = pin.replace("AT", at).replace("HOST", host);
                work.write("test.asc", Key::new("Test Archive").armored())
                    .write("pins.toml", format!("version = 1\n\n[image]\nplatforms = [\"linux/amd64\"]\n\n{pin}"))
                    .write("Dockerfile", file);
                for arguments in [&["refresh"][..], &["outdated"]] {
                    let before = work.tree();
                    let ran = calm(&mut work.command(arguments));
                    assert_eq!(ran.code, Some(4), "{kind}, {what}: {}", ran.all());
                    assert!(ran.all().contains("error: it: "), "{kind}, {what}: {}", ran.all());
                    assert!(!ran.all().contains("gone"), "{kind}, {what}: {}", ran.all());
                    assert!(work.tree() == before, "{kind}, {what}");
                }
                one_error(idle(&work, &["refresh"]).code(4));
                idle(&work, &["verify"]).code(1).says("LOCK002");
            });
        }
    });
}
