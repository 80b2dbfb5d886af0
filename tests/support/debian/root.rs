//! A root folder without network, made of the machine's own dpkg and apt: what a RUN instruction
//! does is tried in it.
//!
//! For the tests of vendored archives. It is no container: only mounts and the network are its own.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::support::have;

/// Whether this machine has all of dpkg and apt, and lets us have a root without network.
pub fn ready() -> bool {
    if !["dpkg-deb", "dpkg", "apt-get", "unshare", "ldd", "sha256sum"].into_iter().all(have) {
        return false;
    }
    let ok = isolated("true").output().is_ok_and(|o| o.status.success());
    if !ok {
        println!("skipped: this user may not enter a namespace of its own");
    }
    ok
}

/// A script of the shell in namespaces of its own: no network, mounts that nobody else sees.
pub fn isolated(script: &str) -> Command {
    let mut command = Command::new("unshare");
    if !is_root() {
        command.arg("--map-root-user");
    }
    command.args(["--net", "--mount", "sh", "-euc", script]);
    command
}

/// Whether this user is root.
pub fn is_root() -> bool {
    run(Command::new("id").arg("-u")) == "0\n"
}

/// Both streams.
pub fn text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// Runs it, which must do.
pub fn run(command: &mut Command) -> String {
    let done = command.output().unwrap();
    assert!(done.status.success(), "{command:?}: {}", text(&done));
    String::from_utf8(done.stdout).unwrap()
}

/// What is installed: name, version and architecture, one a line.
pub const QUERY: &str = "dpkg-query -W -f '${Package} ${Version} ${Architecture}\\n'";

/// A root folder with dpkg, apt, a shell and what these need, out of the machine's own.
pub fn rootfs(root: &Path) {
    let programs = [
        "sh",
        "cat",
        "cp",
        "mkdir",
        "mktemp",
        "rm",
        "grep",
        "sha256sum",
        "tar",
        "diff",
        "apt-get",
        "dpkg",
        "dpkg-deb",
        "dpkg-query",
        "dpkg-split",
        "ldconfig",
        "start-stop-daemon",
    ];
    // Where `/bin` is `/usr/bin`, it is so in the root.
    fs::create_dir_all(root.join("usr")).unwrap();
    for name in ["bin", "sbin", "lib", "lib32", "lib64", "libx32"] {
        if let Ok(to) = fs::read_link(Path::new("/").join(name)) {
            fs::create_dir_all(root.join("usr").join(name)).unwrap();
            std::os::unix::fs::symlink(to, root.join(name)).unwrap();
        }
    }
    let mut files: BTreeSet<PathBuf> = BTreeSet::new();
    let folders = ["/usr/bin", "/usr/sbin", "/bin", "/sbin"];
    for program in programs {
        let found = folders.iter().map(|f| Path::new(f).join(program)).find(|p| p.is_file());
        files.insert(found.unwrap_or_else(|| panic!("{program} is missing")));
    }
    for method in ["file", "copy", "store"] {
        files.insert(Path::new("/usr/lib/apt/methods").join(method));
    }
    let linked = Command::new("ldd").args(&files).output().unwrap();
    for line in String::from_utf8_lossy(&linked.stdout).lines() {
        files.extend(line.split_whitespace().find(|w| w.starts_with('/') && !w.ends_with(':')).map(PathBuf::from));
    }
    for file in &files {
        let to = root.join(file.strip_prefix("/").unwrap());
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        fs::copy(file, to).unwrap();
    }
    for folder in [
        "dev",
        "tmp",
        "proc",
        "vendor/apt",
        "etc/apt/apt.conf.d",
        "etc/apt/preferences.d",
        "var/lib/apt/lists/partial",
        "var/cache/apt/archives/partial",
        "var/log/apt",
        "var/lib/dpkg/info",
        "var/lib/dpkg/updates",
        "var/lib/dpkg/triggers",
    ] {
        fs::create_dir_all(root.join(folder)).unwrap();
    }
    fs::create_dir_all(root.join("usr/share/dpkg")).unwrap();
    for table in ["cputable", "ostable", "tupletable"] {
        let table = Path::new("usr/share/dpkg").join(table);
        fs::copy(Path::new("/").join(&table), root.join(&table)).unwrap();
    }
    fs::write(root.join("var/lib/dpkg/status"), "").unwrap();
    fs::write(root.join("etc/passwd"), "root:x:0:0:root:/:/bin/sh\n").unwrap();
    fs::write(root.join("etc/group"), "root:x:0:\n").unwrap();
    // A source that must never be asked: without network it would fail.
    fs::write(root.join("etc/apt/sources.list"), "deb http://archive.invalid/ sid main\n").unwrap();
}

/// Runs a script in the root, where the folder stands at `/vendor/apt` and there is no network.
pub fn in_root(root: &Path, folder: &Path, script: &str) -> Output {
    let enter =
        "mount --rbind /dev \"$1/dev\"; mount --bind \"$2\" \"$1/vendor/apt\"; exec chroot \"$1\" /bin/sh -c \"$3\"";
    let mut command = isolated(enter);
    command.arg("sh").arg(root).arg(folder).arg(script);
    command.env_clear().env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin").env("LC_ALL", "C");
    command.output().unwrap()
}

/// The commands of a RUN instruction without its flags, as the builder hands them to the shell.
pub fn commands(block: &str) -> String {
    let mut lines = block.lines().skip_while(|l| l.starts_with("RUN --") || l.trim_start().starts_with("--"));
    lines.by_ref().fold(String::new(), |mut all, line| {
        let _ = writeln!(all, "{line}");
        all
    })
}

/// Builds a RUN instruction by buildah without network, in a context that has the root in `root/`: what
/// [`QUERY`] says then. None where buildah cannot be had, which is told.
pub fn built(context: &Path, block: &str) -> Option<String> {
    // Not every Debian machine has it, so its absence fails nowhere.
    let there = Command::new("buildah").arg("--version").output().is_ok_and(|o| o.status.success());
    if !there || !is_root() {
        println!("skipped: no build with buildah");
        return None;
    }
    let own = tempfile::tempdir().unwrap();
    let syntax = dubo_pin::source::deb::snippet::SYNTAX;
    let path = "/usr/sbin:/usr/bin:/sbin:/bin";
    let file =
        format!("{syntax}\nFROM scratch\nENV PATH={path}\nCOPY root/ /\n{block}RUN echo begin; {QUERY}; echo end\n");
    fs::write(own.path().join("Dockerfile"), file).unwrap();
    let build = "cd \"$1\"; exec buildah --root \"$2/store\" --runroot \"$2/run\" --storage-driver vfs build --isolation chroot -f \"$2/Dockerfile\" .";
    // Its RUN may not know `--network`; the namespace around it has none either way.
    let done = isolated(build).arg("sh").arg(context).arg(own.path()).output().unwrap();
    let said = text(&done);
    assert!(done.status.success(), "{said}");
    let (_, after) = said.split_once("\nbegin\n").unwrap_or_else(|| panic!("{said}"));
    Some(after.split_once("end\n").unwrap_or_else(|| panic!("{said}")).0.to_owned())
}
