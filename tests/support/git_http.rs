//! Real repositories, made by git with fixed dates, and the real `git http-backend` before them.
//!
//! For tests that hold this git client against git itself. Git runs with a home of its own and
//! without the system's configuration.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use super::http::{Answer, Asked, Server};

/// A git command in a folder, apart from the user's own configuration.
pub fn git_in(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new("git");
    command.arg("-C").arg(folder).args(arguments).env_clear();
    if let Some(path) = path() {
        command.env("PATH", path);
    }
    command
        .env("HOME", folder)
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_AUTHOR_NAME", "T")
        .env("GIT_AUTHOR_EMAIL", "t@example")
        .env("GIT_COMMITTER_NAME", "T")
        .env("GIT_COMMITTER_EMAIL", "t@example")
        .env("GIT_AUTHOR_DATE", "1700000000 +0000")
        .env("GIT_COMMITTER_DATE", "1700000000 +0000");
    command
}

#[allow(clippy::disallowed_methods, reason = "a test's own environment")]
fn path() -> Option<std::ffi::OsString> {
    std::env::var_os("PATH")
}

/// Runs git and gives its output without the final line end.
pub fn git(folder: &Path, arguments: &[&str]) -> String {
    feed(folder, arguments, b"")
}

/// Runs git with an input.
pub fn feed(folder: &Path, arguments: &[&str], input: &[u8]) -> String {
    let mut command = git_in(folder, arguments);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(input).unwrap();
    let output = child.wait_with_output().unwrap();
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "git {arguments:?}: {complaint}");
    String::from_utf8(output.stdout).unwrap().trim_end().to_owned()
}

/// Makes a bare repository `name` below a folder; `format` is `sha1` or `sha256`.
pub fn init(below: &Path, name: &str, format: &str) -> PathBuf {
    std::fs::create_dir_all(below).unwrap();
    let format = format!("--object-format={format}");
    git(below, &["init", "-q", "--bare", "-b", "main", &format, name]);
    let repository = below.join(name);
    git(&repository, &["config", "uploadpack.allowFilter", "true"]);
    repository
}

/// An empty commit on some parents; no ref yet.
pub fn commit(repository: &Path, message: &str, parents: &[&str]) -> String {
    let tree = feed(repository, &["mktree"], b"");
    let mut arguments = vec!["commit-tree", &tree, "-m", message];
    for parent in parents {
        arguments.extend(["-p", parent]);
    }
    git(repository, &arguments)
}

/// How many commits and version tags [`large`] has.
pub const COMMITS: usize = 10_100;
pub const TAGS: usize = 80;

/// A folder with `large.git`: over ten thousand commits, eighty version tags, half of them
/// annotated, and every odd kind of ref. It is made once and kept beside the build's output.
pub fn large() -> &'static Path {
    static MADE: OnceLock<PathBuf> = OnceLock::new();
    MADE.get_or_init(|| {
        let stream = stream();
        let sum = stream
            .iter()
            .fold(0xcbf2_9ce4_8422_2325_u64, |sum, byte| (sum ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3));
        let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("large-1-{sum:016x}"));
        if root.is_dir() {
            return root;
        }
        let making = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        let repository = init(making.path(), "large.git", "sha1");
        feed(&repository, &["fast-import", "--quiet"], &stream);
        odd_refs(&repository);
        git(&repository, &["pack-refs", "--all"]);
        // Another run may have been faster; then its repository is as good.
        if std::fs::rename(making.path(), &root).is_err() {
            assert!(root.is_dir());
        }
        root
    })
}

fn stream() -> Vec<u8> {
    let mut out = Vec::new();
    for n in 1..=COMMITS {
        let time = 1_500_000_000 + n * 600;
        let message = format!("Change {n}");
        write!(out, "commit refs/heads/main\nmark :{n}\ncommitter T <t@example> {time} +0000\n").unwrap();
        write!(out, "data {}\n{message}\n", message.len()).unwrap();
        if n > 1 {
            writeln!(out, "from :{}", n - 1).unwrap();
        }
        if n > 50 && n % 50 == 0 {
            writeln!(out, "merge :{}", n - 40).unwrap();
        }
        let content = format!("{n}");
        write!(out, "M 100644 inline file{}\ndata {}\n{content}\n\n", n % 10, content.len()).unwrap();
    }
    for n in 0..TAGS {
        let (name, from) = (format!("v1.{}.{}", n / 10, n % 10), 100 + n * 125);
        if n % 2 == 0 {
            write!(out, "reset refs/tags/{name}\nfrom :{from}\n\n").unwrap();
        } else {
            write!(out, "tag {name}\nfrom :{from}\ntagger T <t@example> 1600000000 +0000\ndata 1\nm\n").unwrap();
        }
    }
    out.extend_from_slice(b"done\n");
    out
}

fn odd_refs(repository: &Path) {
    let run = |arguments: &[&str]| git(repository, arguments);
    run(&["tag", "-a", "inner", "-m", "m", "main~5"]);
    run(&["tag", "-a", "nested", "-m", "m", "inner"]);
    run(&["tag", "-a", "to-tree", "-m", "m", "main^{tree}"]);
    run(&["tag", "to-blob", "main:file1"]);
    run(&["tag", "both", "main~7"]);
    run(&["branch", "both", "main~8"]);
    run(&["branch", "v1.0.0", "main~9"]);
    run(&["tag", "v1", "main~10"]);
    run(&["branch", "feature/x", "main~11"]);
    let tree = run(&["rev-parse", "main^{tree}"]);
    let rewritten = run(&["commit-tree", &tree, "-p", "main~3", "-m", "Rewritten"]);
    run(&["branch", "rewritten", &rewritten]);
}

/// The real server.
pub struct GitHttp {
    /// Its HTTP side.
    pub http: Server,
}

impl GitHttp {
    /// Serves all repositories below a folder. Without `v2` the client's wish for it is dropped,
    /// as an old server would.
    pub fn serve(root: &Path, v2: bool) -> Self {
        let root = root.to_owned();
        Self { http: Server::start(move |asked| backend(&root, v2, asked)) }
    }

    /// A repository's URL.
    pub fn url(&self, name: &str) -> String {
        format!("{}/{name}", self.http.url())
    }
}

fn backend(root: &Path, v2: bool, asked: &Asked) -> Answer {
    let (path, query) = asked.path.split_once('?').unwrap_or((&asked.path, ""));
    let mut command = git_in(root, &["http-backend"]);
    command
        .env("GIT_PROJECT_ROOT", root)
        .env("GIT_HTTP_EXPORT_ALL", "1")
        .env("PATH_INFO", path)
        .env("QUERY_STRING", query)
        .env("REQUEST_METHOD", &asked.method)
        .env("REMOTE_ADDR", "127.0.0.1")
        .env("CONTENT_LENGTH", asked.body.len().to_string())
        .env("CONTENT_TYPE", asked.header("content-type").unwrap_or_default());
    if let Some(protocol) = asked.header("git-protocol").filter(|_| v2) {
        command.env("GIT_PROTOCOL", protocol);
    }
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.spawn().unwrap();
    // It may answer before it has read all.
    drop(child.stdin.take().unwrap().write_all(&asked.body));
    let output = child.wait_with_output().unwrap().stdout;
    let end = output.windows(4).position(|w| w == b"\r\n\r\n").unwrap();
    let mut answer = Answer::new(200, &output[end + 4..]);
    for line in String::from_utf8_lossy(&output[..end]).lines() {
        let (name, value) = line.split_once(':').unwrap();
        if name.eq_ignore_ascii_case("status") {
            answer.status = value.split_whitespace().next().unwrap().parse().unwrap();
        } else {
            answer = answer.with(name, value.trim());
        }
    }
    answer
}
