//! yarn pins through the program, on git and registry servers of the test, held against the real
//! yarns: what dubo-pin wrote must be what they install, and they must change no byte of it.
//!
//! Each test runs for each yarn that is here; `.ci/run` brings them.

mod berry;
mod first;
mod ground;
mod hostile;
mod hostile_berry;
mod hostile_v1;
mod locked;
mod moved;
mod operands;
mod outdated;
mod spelled;
mod v1;
mod vendored;
mod vendored_berry;
mod workspaces;

use std::path::PathBuf;
use std::process::Command;

use dubo_pin::lock::{Entry, Value, open};

use super::support::have;
use super::support::program::{Ran, Work, ran};
use super::support::yarn::{Hub, Package, Repository, Yarn, usual};

/// What package.json takes most of the time.
const TAG: &str = "git+https://github.com/dubo/homebridge.git#v1.0.0";
const BRANCH: &str = "git+https://github.com/dubo/homebridge.git#main";

/// The servers, one git package with a release, and a project in `app/` with one yarn.
pub struct Desk {
    pub hub: Hub,
    pub work: Work,
    pub yarn: Yarn,
    /// `dubo/homebridge`: `main`, and the annotated tag `v1.0.0` at its first commit.
    pub homebridge: Repository,
    /// Its first commit.
    pub first: String,
    /// The tag object of `v1.0.0`.
    pub object: String,
}

/// homebridge as it is released.
pub fn homebridge(version: &str) -> Package {
    Package::new("homebridge", version).needs("left-a", "^1.0.0")
}

/// A desk for each yarn that is here.
pub fn desks() -> impl Iterator<Item = Desk> {
    usual().into_iter().map(Desk::new)
}

/// A desk with one yarn, if it is here.
pub fn desk(yarn: Yarn) -> Option<Desk> {
    yarn.available().then(|| Desk::new(yarn))
}

impl Desk {
    pub fn new(yarn: Yarn) -> Self {
        let hub = Hub::start();
        hub.registry.publish_all(&[
            ("left-a", "1.0.0"),
            ("left-a", "1.1.0"),
            ("left-b", "1.0.0"),
            ("@scope/c", "2.0.1"),
        ]);
        let repository = hub.repository("dubo/homebridge");
        let first = repository.commit("main", &homebridge("1.0.0"));
        let object = repository.annotated("v1.0.0", &first);
        let desk = Self { hub, work: Work::new(), yarn, homebridge: repository, first, object };
        desk.work.write("Dockerfile", "FROM scratch\nCOPY app /app\n");
        desk.pins("");
        desk
    }

    /// A desk whose project takes homebridge so, locked and verified.
    pub fn locked(yarn: Yarn, spec: &str) -> Self {
        let desk = Self::new(yarn);
        desk.project(&[("homebridge", spec), ("left-b", "^1.0.0")]);
        desk.run(&["refresh"]).code(0);
        desk
    }

    /// pins.toml with the one pin `app`, and more lines of it. `registry.example` is a host that it
    /// may name too.
    pub fn pins(&self, more: &str) -> &Self {
        let hosts = [&self.hub.registry.url(), &self.hub.codeload.http.url(), "registry.example"];
        let hosts = hosts.map(|url| format!("\"{}\"", url.trim_start_matches("http://"))).join(", ");
        self.work.write("pins.toml", format!("version = 1\n\n[pins.app]\nyarn = \"app\"\nhosts = [{hosts}]\n{more}"));
        self
    }

    /// Where the project is.
    pub fn app(&self) -> PathBuf {
        self.work.image().join("app")
    }

    /// Writes the project and lets its yarn lock it, as its author would have.
    pub fn project(&self, dependencies: &[(&str, &str)]) -> &Self {
        self.yarn.write_project(&self.app(), &self.hub.registry.url(), dependencies);
        self.author()
    }

    /// Lets the project's yarn install, as its author would, and takes away what is not committed.
    #[track_caller]
    pub fn author(&self) -> &Self {
        self.yarn.install(&self.hub, &self.app(), &[]).code(0);
        self.tidy();
        self
    }

    /// Takes away what yarn makes beside the lock.
    pub fn tidy(&self) {
        let vendored = self.work.read("pins.toml").contains("vendor");
        for folder in ["node_modules", ".yarn/unplugged", ".yarn/cache"] {
            if !(vendored && folder == ".yarn/cache") {
                drop(std::fs::remove_dir_all(self.app().join(folder)));
            }
        }
        for file in [".yarn/install-state.gz", ".yarn/build-state.yml", ".yarn/cache/.gitignore"] {
            drop(std::fs::remove_file(self.app().join(file)));
        }
        // Only an empty one goes.
        drop(std::fs::remove_dir(self.app().join(".yarn")));
    }

    /// dubo-pin with the hub's hosts and the project's yarn, not yet run.
    #[allow(clippy::disallowed_methods, reason = "a test's own environment")]
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.hub.command(&self.work, arguments);
        let mut path = vec![self.yarn.shim(&self.work.home())];
        path.extend(std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default()));
        command.env("PATH", std::env::join_paths(path).unwrap());
        command
    }

    /// …run.
    #[track_caller]
    pub fn run(&self, arguments: &[&str]) -> Ran {
        ran(&mut self.command(arguments))
    }

    /// …seen to change no file.
    #[track_caller]
    pub fn idle(&self, arguments: &[&str]) -> Ran {
        let before = self.work.tree();
        let ran = self.run(arguments);
        let after = self.work.tree();
        assert!(before == after, "{arguments:?} changed files.\nstdout:\n{}\nstderr:\n{}", ran.out, ran.err);
        ran
    }

    /// verify, with a PATH on which there is neither node nor yarn nor git.
    #[track_caller]
    pub fn verify(&self) -> Ran {
        verify(&self.work)
    }

    /// How often yarn itself was run by dubo-pin.
    pub fn yarn_runs(&self) -> usize {
        let log = self.work.home().join(format!("bin-{:?}", self.yarn)).join("log");
        std::fs::read_to_string(log).map_or(0, |text| text.lines().count())
    }

    /// The project's package.json, or another file of it.
    #[track_caller]
    pub fn read(&self, name: &str) -> String {
        self.work.read(&format!("app/{name}"))
    }

    /// Replaces the one occurrence of a text in a file of the project.
    #[track_caller]
    pub fn edit(&self, name: &str, from: &str, to: &str) -> &Self {
        replace(&self.work, &format!("app/{name}"), from, to);
        self
    }

    /// The entry of the pin.
    #[track_caller]
    pub fn entry(&self) -> Entry {
        open(&self.work.bytes("pins.lock")).unwrap().lock.pins["app"].clone()
    }

    /// Values of the lock that are the same everywhere, by package.
    #[track_caller]
    pub fn values(&self) -> Vec<(String, String)> {
        let one = |value: &Value| match value {
            Value::One(token) => token.as_str().to_owned(),
            Value::Each(_) => panic!("a value for each platform"),
        };
        self.entry().values.iter().map(|(key, value)| (key.as_str().to_owned(), one(value))).collect()
    }

    /// A text of the lock's evidence about a package.
    #[track_caller]
    pub fn proof(&self, key: &str, package: &str) -> String {
        match &self.entry().evidence[key] {
            dubo_pin::lock::Evidence::Each(each) => each[package].clone(),
            dubo_pin::lock::Evidence::One(one) => panic!("{key} is one text: {one}"),
        }
    }

    /// The real yarn accepts what stands there without a change, from a fresh cache, and puts these
    /// packages into node_modules: name, what its `index.js` says.
    #[track_caller]
    pub fn installs(&self, packages: &[(&str, &str)]) -> &Self {
        let before = self.work.tree();
        self.yarn.install(&self.hub, &self.app(), self.yarn.frozen()).code(0);
        for (package, says) in packages {
            assert_eq!(self.yarn.says(&self.app(), package), *says, "{package}");
        }
        self.tidy();
        assert!(before == self.work.tree(), "the install changed files");
        self
    }

    /// Blocks of yarn.lock by their first line.
    pub fn blocks(&self) -> std::collections::BTreeMap<String, String> {
        let text = self.read("yarn.lock");
        let blocks = text.split("\n\n").map(|b| b.trim_matches('\n')).filter(|b| !b.is_empty());
        blocks
            .map(|block| (block.lines().find(|l| !l.starts_with('#')).unwrap_or_default().to_owned(), block.to_owned()))
            .collect()
    }
}

/// verify, with a PATH on which there is nothing.
#[track_caller]
pub fn verify(work: &Work) -> Ran {
    let nothing = work.home().join("nothing");
    std::fs::create_dir_all(&nothing).unwrap();
    ran(work.command(&["verify"]).env("PATH", &nothing))
}

/// Replaces the one occurrence of a text in a file.
#[track_caller]
pub fn replace(work: &Work, file: &str, from: &str, to: &str) {
    let text = work.read(file);
    assert_eq!(text.matches(from).count(), 1, "{from:?} in {file}:\n{text}");
    work.write(file, text.replace(from, to));
}

/// Whether there is a git for the servers.
pub fn git() -> bool {
    have("git")
}
