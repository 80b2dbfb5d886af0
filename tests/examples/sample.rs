//! The main job, shown: a Dockerfile with two git pins, followed, proved, and guarded.
//!
//! For whoever wants to see it before reading on: `cargo run --example sample`. It needs no network
//! and no git: upstream is a git server in this process, on loopback, and what it releases is
//! made up here. Every step says what it shows, runs the program's own command line, and is held
//! to its exit code and to the Dockerfile's bytes; the first that differs ends the sample with 1.
//!
//! Not a test of details, and not the way to use the library.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "it is there to be read on a terminal")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "the test server stops at once")]
#![allow(dead_code, unreachable_pub, reason = "the test server can do more than is shown")]

#[path = "../support"]
mod support {
    pub mod git_memory;
    pub mod http;
}

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use support::git_memory::{GitMemory, Repo};

/// As the first argument: what follows is a command line of dubo-pin.
const PROGRAM: &str = "dubo-pin";

fn main() -> ExitCode {
    // The sample starts itself for each step, so that the program runs in an environment of the
    // sample's making: no mirror, proxy or credential of the user's takes part.
    if std::env::args_os().nth(1).is_some_and(|first| first == PROGRAM) {
        return ExitCode::from(dubo_pin::cli::run(std::env::args_os().skip(1)));
    }
    match show() {
        Ok(()) => {
            println!("\nEvery step came out as it should.");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("\nThe sample failed: {error}");
            ExitCode::FAILURE
        }
    }
}

fn show() -> Result<(), Box<dyn Error>> {
    let upstream = Upstream::start();
    let image = Image::make(&upstream)?;
    let before = image.dockerfile()?;
    println!("An image takes in a release of widget and the tip of a branch of themes, pinned by hand:\n");
    println!("{}", indented(&before));
    println!("This is pins.toml, which says what to follow:\n");
    println!("{}", indented(&std::fs::read_to_string(image.path("pins.toml"))?));

    say("Adoption locks what the Dockerfile bears and changes none of its bytes.");
    image.run(&["refresh", "--keep"], 0)?;
    image.bears(&before, "after refresh --keep")?;

    let (released, moved) = upstream.moves_on();
    say("Upstream releases v1.1.0 and its branch moves on. What is newer? (Exit code 1: something is.)");
    image.run(&["outdated"], 1)?;

    say("Follow it.");
    image.run(&["refresh"], 0)?;
    let after = before
        .replace("widget 1.0.0", "widget 1.1.0")
        .replace("v1.0.0", "v1.1.0")
        .replace(&upstream.widget_1_0_0, &released)
        .replace(&upstream.themes_tip, &moved);
    image.bears(&after, "after refresh")?;

    say("This is what there is to review. Only the pinned values and their version comment differ:");
    println!();
    let diff = similar::TextDiff::from_lines(&before, &after);
    println!("{}", indented(&diff.unified_diff().context_radius(0).header("Dockerfile", "Dockerfile").to_string()));

    say("On every build: prove, without network, that manifest, lock and Dockerfile agree.");
    image.run(&["verify"], 0)?;

    say("Somebody sets the commit back by hand. (Exit code 1: it differs.)");
    std::fs::write(image.path("Dockerfile"), after.replace(&released, &upstream.widget_1_0_0))?;
    image.run(&["verify"], 1)?;

    say("The finding says what mends it.");
    image.run(&["refresh", "--keep", "widget"], 0)?;
    image.bears(&after, "after it was mended")?;

    upstream.forges_the_release();
    say("Upstream now moves the tag v1.1.0 to other code. (Exit code 3: an alarm.)");
    let lock = std::fs::read(image.path("pins.lock"))?;
    image.run(&["refresh"], 3)?;
    image.bears(&after, "after the alarm")?;
    if std::fs::read(image.path("pins.lock"))? != lock {
        return Err("the alarm changed the lock".into());
    }

    say("What was reviewed still stands.");
    image.run(&["verify"], 0)
}

fn say(sentence: &str) {
    println!("\n{sentence}");
}

fn indented(text: &str) -> String {
    text.lines().map(|line| format!("    {line}\n")).collect()
}

/// The git server, and what it had at first.
struct Upstream {
    widget: GitMemory,
    themes: GitMemory,
    widget_1_0_0: String,
    themes_tip: String,
}

impl Upstream {
    fn start() -> Self {
        let mut widget = Repo::default();
        let first = widget.commit("Begin", &[]);
        let release = widget.commit("Release 1.0.0", &[first]);
        let tag = widget.tag("v1.0.0", release);
        widget.set("refs/tags/v1.0.0", tag);
        widget.set("refs/heads/main", release);
        let mut themes = Repo::default();
        let tip = themes.commit("A dark theme", &[]);
        themes.set("refs/heads/stable", tip);
        Self {
            widget: GitMemory::serve(widget),
            themes: GitMemory::serve(themes),
            widget_1_0_0: release.to_string(),
            themes_tip: tip.to_string(),
        }
    }

    /// A release and a commit on the branch; gives the ids of both commits.
    fn moves_on(&self) -> (String, String) {
        let (mut released, mut moved) = (String::new(), String::new());
        self.widget.change(|repo| {
            let last = id(&self.widget_1_0_0);
            let fix = repo.commit("Close the file that was left open", &[last]);
            let release = repo.commit("Release 1.1.0", &[fix]);
            let tag = repo.tag("v1.1.0", release);
            repo.set("refs/tags/v1.1.0", tag);
            repo.set("refs/heads/main", release);
            released = release.to_string();
        });
        self.themes.change(|repo| {
            let next = repo.commit("A light theme", &[id(&self.themes_tip)]);
            repo.set("refs/heads/stable", next);
            moved = next.to_string();
        });
        (released, moved)
    }

    /// The tag v1.1.0 is made again, on a commit that nobody reviewed.
    fn forges_the_release(&self) {
        self.widget.change(|repo| {
            let other = repo.commit("Release 1.1.0, with a guest", &[id(&self.widget_1_0_0)]);
            let tag = repo.tag("v1.1.0", other);
            repo.set("refs/tags/v1.1.0", tag);
        });
    }
}

fn id(hex: &str) -> gix::ObjectId {
    gix::ObjectId::from_hex(hex.as_bytes()).unwrap()
}

/// A folder with a Dockerfile and a pins.toml, and a home in which nothing is configured.
struct Image {
    folder: tempfile::TempDir,
}

impl Image {
    fn make(upstream: &Upstream) -> std::io::Result<Self> {
        let image = Self { folder: tempfile::tempdir()? };
        std::fs::create_dir(image.folder.path().join("home"))?;
        std::fs::create_dir(image.root())?;
        let (widget, themes) = (upstream.widget.url_of("widget"), upstream.themes.url_of("themes"));
        let (release, tip) = (&upstream.widget_1_0_0, &upstream.themes_tip);
        let dockerfile = format!(
            r#"# dubo-pin: ignore=COV001,IMG001 the sample has no registry
FROM          docker.io/library/golang:1.23-bookworm AS builder

# widget 1.0.0
ARG           GIT_VERSION=v1.0.0
ARG           GIT_COMMIT={release}
RUN           git init -q /widget && git -C /widget fetch -q --depth 1 {widget} "$GIT_COMMIT" \
              && git -C /widget checkout -q FETCH_HEAD
# themes have no releases
ARG           THEMES_COMMIT={tip}
RUN           git init -q /themes && git -C /themes fetch -q --depth 1 {themes} "$THEMES_COMMIT" \
              && git -C /themes checkout -q FETCH_HEAD
RUN           cd /widget && go build -ldflags "-X main.version=$GIT_VERSION" -o /dist/widget .

# dubo-pin: ignore=COV001,IMG001 the sample has no registry
FROM          docker.io/library/debian:bookworm-slim
COPY          --from=builder /dist/widget /usr/local/bin/widget
COPY          --from=builder /themes /usr/share/widget/themes
ENTRYPOINT    ["/usr/local/bin/widget"]
"#
        );
        let manifest = format!(
            r#"version = 1

[pins.widget]
git     = "{widget}"
version = "^1"
into    = [{{ stage = "builder", arg = "GIT_COMMIT" }},
           {{ stage = "builder", arg = "GIT_VERSION", value = "tag" }}]

[pins.themes]
git    = "{themes}"
branch = "stable"
into   = [{{ stage = "builder", arg = "THEMES_COMMIT" }}]
"#
        );
        std::fs::write(image.path("Dockerfile"), dockerfile)?;
        std::fs::write(image.path("pins.toml"), manifest)?;
        Ok(image)
    }

    fn root(&self) -> PathBuf {
        self.folder.path().join("image")
    }

    fn path(&self, name: &str) -> PathBuf {
        self.root().join(name)
    }

    fn dockerfile(&self) -> std::io::Result<String> {
        std::fs::read_to_string(self.path("Dockerfile"))
    }

    /// Holds the Dockerfile to its expected bytes.
    fn bears(&self, expected: &str, when: &str) -> Result<(), Box<dyn Error>> {
        let found = self.dockerfile()?;
        if found == expected {
            return Ok(());
        }
        let diff = similar::TextDiff::from_lines(expected, found.as_str());
        let diff = diff.unified_diff().header("expected", "found").to_string();
        Err(format!("the Dockerfile {when} is not what it should be:\n{diff}").into())
    }

    /// Runs the program in the folder and holds it to an exit code.
    fn run(&self, arguments: &[&str], expected: i32) -> Result<(), Box<dyn Error>> {
        println!("\n$ {PROGRAM} {}", arguments.join(" "));
        let status = program(&self.root(), &self.folder.path().join("home"), arguments)?.status()?;
        if status.code() == Some(expected) {
            return Ok(());
        }
        Err(format!("`{PROGRAM} {}` ended with {status}; expected was {expected}", arguments.join(" ")).into())
    }
}

/// This sample as the program, in a folder, with a home and nothing else of the environment but
/// what says how to write to the terminal.
#[allow(clippy::disallowed_methods, reason = "handed on as it is, for colours alone")]
fn program(folder: &Path, home: &Path, arguments: &[&str]) -> std::io::Result<Command> {
    let mut command = Command::new(std::env::current_exe()?);
    command.arg(PROGRAM).args(arguments).current_dir(folder).env_clear().env("HOME", home);
    for name in ["TERM", "NO_COLOR"] {
        if let Some(value) = std::env::var_os(name) {
            command.env(name, value);
        }
    }
    Ok(command)
}
