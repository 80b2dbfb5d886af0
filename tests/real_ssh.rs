//! A pin over ssh, against the real sshd on loopback, with keys of the test's own.

use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::support::program::{Work, ran};
use super::support::{git_http, have};

struct Sshd(Child);

impl Drop for Sshd {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn keygen(path: &Path) {
    let done = Command::new("ssh-keygen").args(["-q", "-t", "ed25519", "-N", "", "-f"]).arg(path).status().unwrap();
    assert!(done.success());
}

/// Whether a real sshd can be started here; said in a line where not, and a failure in CI.
#[allow(clippy::disallowed_methods, reason = "a test's own environment")]
fn sshd() -> Option<&'static str> {
    let program = ["/usr/sbin/sshd", "/usr/bin/sshd"].into_iter().find(|p| Path::new(p).is_file());
    let ci = std::env::var("CI").is_ok_and(|v| v == "true");
    assert!(program.is_some() || !ci, "sshd is missing");
    if program.is_none() {
        println!("skipped: sshd is missing");
    }
    program
}

#[test]
fn a_pin_over_ssh_is_refreshed_and_a_host_that_is_not_known_is_refused() {
    let Some(sshd) = sshd() else { return };
    if !have("ssh") || !have("git") {
        return;
    }
    let work = Work::new();
    let home = work.home();
    let repository = git_http::init(&home, "widget.git", "sha1");
    let commit = git_http::commit(&repository, "first", &[]);
    git_http::git(&repository, &["update-ref", "refs/heads/main", &commit]);
    git_http::git(&repository, &["tag", "v1.0.0", &commit]);
    for key in ["host", "user", "stranger"] {
        keygen(&home.join(key));
    }
    std::fs::copy(home.join("user.pub"), home.join("authorized")).unwrap();
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let at = |name: &str| home.join(name).display().to_string();
    let server = format!(
        "Port {port}\nListenAddress 127.0.0.1\nHostKey {}\nAuthorizedKeysFile {}\nStrictModes no\nUsePAM no\nPidFile none\nPasswordAuthentication no\n",
        at("host"),
        at("authorized")
    );
    std::fs::write(home.join("sshd_config"), server).unwrap();
    // sshd as root wants this folder, which its service would make.
    let _ = std::fs::create_dir_all("/run/sshd");
    let log = std::fs::File::create(home.join("log")).unwrap();
    let child = Command::new(sshd)
        .args(["-D", "-e", "-f"])
        .arg(home.join("sshd_config"))
        .stdout(Stdio::null())
        .stderr(log)
        .spawn()
        .unwrap();
    let _sshd = Sshd(child);
    let begun = Instant::now();
    while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
        let log = || std::fs::read_to_string(home.join("log")).unwrap();
        assert!(begun.elapsed() < Duration::from_secs(10), "sshd did not come up: {}", log());
        std::thread::sleep(Duration::from_millis(20));
    }
    // The real ssh, with a configuration of the test's own: it does not look at $HOME.
    let host = std::fs::read_to_string(home.join("host.pub")).unwrap();
    std::fs::write(home.join("known"), format!("[127.0.0.1]:{port} {host}")).unwrap();
    let config = format!(
        "IdentityFile {}\nIdentitiesOnly yes\nUserKnownHostsFile {}\nGlobalKnownHostsFile none\n",
        at("user"),
        at("known")
    );
    std::fs::write(home.join("ssh_config"), config).unwrap();
    let bin = home.join("bin");
    std::fs::create_dir(&bin).unwrap();
    #[allow(clippy::disallowed_methods, reason = "a test's own environment")]
    let path = std::env::var("PATH").unwrap();
    let real = std::env::split_paths(&path).map(|p| p.join("ssh")).find(|p| p.is_file()).unwrap();
    std::fs::write(bin.join("ssh"), format!("#!/bin/sh\nexec {} -F {} \"$@\"\n", real.display(), at("ssh_config")))
        .unwrap();
    std::fs::set_permissions(bin.join("ssh"), std::fs::Permissions::from_mode(0o755)).unwrap();
    let path = format!("{}:{path}", bin.display());

    let user = String::from_utf8(Command::new("id").arg("-un").output().unwrap().stdout).unwrap();
    let url = format!("ssh://{}@127.0.0.1:{port}{}", user.trim(), repository.display());
    work.write("Dockerfile", "FROM scratch\nARG X=\n").write(
        "pins.toml",
        format!("version = 1\n[pins.p]\ngit = \"{url}\"\nversion = \"^1\"\ninto = [{{ arg = \"X\" }}]\n"),
    );
    let log = || std::fs::read_to_string(home.join("log")).unwrap();
    let refresh = || ran(work.command(&["refresh"]).env("PATH", &path));
    let done = refresh();
    assert_eq!(done.code, Some(0), "{done:?}\n{}", log());
    assert_eq!(work.read("Dockerfile"), format!("FROM scratch\nARG X={commit}\n"));
    ran(work.command(&["refresh", "--locked"]).env("PATH", &path)).code(0);

    // Another host key than the known one: refused, and never asked about.
    let stranger = std::fs::read_to_string(home.join("stranger.pub")).unwrap();
    std::fs::write(home.join("known"), format!("[127.0.0.1]:{port} {stranger}")).unwrap();
    let before = work.tree();
    refresh().code(4).says("127.0.0.1");
    assert_eq!(work.tree(), before);
}
