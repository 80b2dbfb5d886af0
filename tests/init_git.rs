//! `init` of git repositories, with the real git behind a server: what is written, what is told, and
//! that `refresh --keep` then leaves the Dockerfile as it is.

use crate::support::git_http::{self, GitHttp, git};
use crate::support::have;
use crate::support::program::Work;

/// A server of three repositories, and the commits that a Dockerfile pins of them.
struct Bench {
    server: GitHttp,
    work: Work,
    /// `coredns.git` at the annotated tag `v1.11.1`, and the commit before it.
    coredns: String,
    older: String,
    /// `goello.git` at `release-1.0.4`.
    goello: String,
    /// `loose.git`, whose `main` has gone on since; it has no tag.
    loose: String,
    _root: tempfile::TempDir,
}

impl Bench {
    fn new() -> Option<Self> {
        if !have("git") {
            return None;
        }
        let root = tempfile::tempdir().unwrap();
        let make = |name: &str| {
            let repository = git_http::init(root.path(), name, "sha1");
            let one = git_http::commit(&repository, "one", &[]);
            let two = git_http::commit(&repository, "two", &[&one]);
            let three = git_http::commit(&repository, "three", &[&two]);
            git(&repository, &["branch", "main", &three]);
            (repository, one, two)
        };
        let (repository, older, coredns) = make("coredns.git");
        git(&repository, &["tag", "-a", "-m", "m", "v1.11.1", &coredns]);
        let (repository, _, goello) = make("goello.git");
        git(&repository, &["tag", "release-1.0.4", &goello]);
        let (_, _, loose) = make("loose.git");
        let server = GitHttp::serve(root.path(), true);
        Some(Self { server, work: Work::new(), coredns, older, goello, loose, _root: root })
    }

    fn dockerfile(&self) -> String {
        let url = |name| self.server.url(name);
        let stage = |name: &str| {
            format!(
                "FROM scratch AS {name}\nARG GIT_REPO={}\nARG GIT_VERSION=v1.11.1\nARG GIT_COMMIT={}\n\
                 RUN git clone \"$GIT_REPO\" . && git checkout \"$GIT_COMMIT\"\n\n",
                url("coredns.git"),
                self.coredns
            )
        };
        format!(
            "{}{}FROM scratch\n# goello 1.0.4\n#ARG GOELLO_VERSION=1.0.3\nARG GOELLO_VERSION={}\n\
             RUN git clone {} /g && git -C /g checkout $GOELLO_VERSION\nENV LOOSE_REV {}\n\
             RUN git clone {} /l; cd /l; git checkout ${{LOOSE_REV}}\n",
            stage("fetcher"),
            stage("builder"),
            self.goello,
            url("goello.git"),
            self.loose,
            url("loose.git"),
        )
    }

    /// The pins that are written, with URLs as paths.
    fn pins(&self) -> String {
        let text = self.work.read("pins.toml");
        let at = text.find("[pins.").unwrap_or(text.len());
        let head = text.get(..at).unwrap();
        let comment = head.rfind("\n\n").map_or(at, |i| i + 2);
        text.get(comment..).unwrap().replace(&self.server.http.url(), "http://server")
    }
}

const SITES: &str = "into = [
    { stage = \"fetcher\", arg = \"GIT_COMMIT\" },
    { stage = \"builder\", arg = \"GIT_COMMIT\" },
    { stage = \"fetcher\", arg = \"GIT_VERSION\", value = \"tag\" },
    { stage = \"builder\", arg = \"GIT_VERSION\", value = \"tag\" },
]
";

#[test]
fn init_then_keep_leaves_the_dockerfile_as_it_is() {
    let Some(bench) = Bench::new() else { return };
    let text = bench.dockerfile();
    bench.work.write("Dockerfile", &text);
    bench.work.run(&["init"]).code(0);
    let expected = format!(
        "[pins.coredns]\ngit = \"http://server/coredns.git\"\nversion = \"^1.11\"\n{SITES}\n\
         [pins.goello]\ngit = \"http://server/goello.git\"\nversion = \"^1.0\"\ntag = \"release-{{version}}\"\n\
         into = [{{ arg = \"GOELLO_VERSION\" }}]\n\n\
         [pins.loose]\ngit = \"http://server/loose.git\"\nbranch = \"main\"\ninto = [{{ env = \"LOOSE_REV\" }}]\n"
    );
    assert_eq!(bench.pins(), expected);
    assert_eq!(bench.work.read("Dockerfile"), text);
    bench.work.run(&["refresh", "--keep"]).code(0);
    assert_eq!(bench.work.read("Dockerfile"), text);
    bench.work.run(&["verify"]).code(0);
    // A second time there is nothing new.
    let before = bench.work.tree();
    bench.work.run(&["init"]).code(0);
    assert!(before == bench.work.tree());
    bench.work.run(&["init", "--check"]).code(0);
}

#[test]
fn what_nobody_was_asked_about_is_told_as_unproved() {
    let Some(bench) = Bench::new() else { return };
    bench.work.write("Dockerfile", bench.dockerfile());
    bench.work.run(&["init", "--offline"]).code(0).says("unproved").says("offline");
    let expected = format!(
        "# unproved: offline: that the commit is `v1.11.1` was not proved\n\
         [pins.coredns]\ngit = \"http://server/coredns.git\"\nversion = \"^1.11\"\n{SITES}\n\
         # unproved: offline: that the commit is `1.0.4` was not proved\n\
         [pins.goello]\ngit = \"http://server/goello.git\"\nversion = \"^1.0\"\n\
         into = [{{ arg = \"GOELLO_VERSION\" }}]\n\n\
         # unproved: offline: what is followed is the branch that HEAD names\n\
         [pins.loose]\ngit = \"http://server/loose.git\"\ninto = [{{ env = \"LOOSE_REV\" }}]\n"
    );
    assert_eq!(bench.pins(), expected);
    assert_eq!(bench.server.http.log().len(), 0);
}

#[test]
fn a_tag_at_another_commit_is_told() {
    let Some(bench) = Bench::new() else { return };
    let text = bench.dockerfile().replace(&bench.coredns, &bench.older);
    bench.work.write("Dockerfile", &text);
    let why = format!("upstream the tag `v1.11.1` is at {}, not at the commit that stands here", bench.coredns);
    bench.work.run(&["init"]).code(0).says(&why);
    assert!(bench.pins().starts_with(&format!(
        "# unproved: {why}\n[pins.coredns]\ngit = \"http://server/coredns.git\"\nbranch = \"main\"\n"
    )));
    bench.work.run(&["refresh", "--keep"]).code(0);
    assert_eq!(bench.work.read("Dockerfile"), text);
}

#[test]
fn a_server_that_is_down_stops_nothing() {
    let Some(bench) = Bench::new() else { return };
    bench.work.write("Dockerfile", bench.dockerfile().replace(&bench.server.http.url(), "http://127.0.0.1:1"));
    bench.work.run(&["init"]).code(0).says("unproved").says("127.0.0.1");
    assert!(bench.work.read("pins.toml").contains("version = \"^1.11\"\n"));
}

#[test]
fn a_commit_or_branch_in_the_command_is_told_with_the_line_to_write() {
    let Some(bench) = Bench::new() else { return };
    let url = bench.server.url("loose.git");
    let text = format!("FROM scratch\nRUN git clone {url} . && git checkout {}\n", bench.loose);
    bench.work.write("Dockerfile", text);
    bench.work.run(&["init"]).code(0).says(&format!("ARG LOOSE_COMMIT={}", bench.loose));
}
