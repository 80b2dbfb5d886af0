//! The real yarns, as npm has them: 1.22, 3.8 and 4.18, each in a home and with a cache of its own.
//!
//! `.ci/run` installs them and says where they are: `YARN1_JS`, `YARN3_JS`, `YARN4_JS`, the paths
//! of their `yarn.js`.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::super::have;
use super::super::program::{Ran, ran};
use super::Hub;

/// Which yarn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Yarn {
    V1,
    V3,
    V4,
}

/// Those of all three that are here, each missing one told in a line.
pub fn installed() -> Vec<Yarn> {
    [Yarn::V1, Yarn::V3, Yarn::V4].into_iter().filter(|yarn| yarn.available()).collect()
}

/// Whether every scenario is played with every yarn: `DUBO_PIN_YARNS=all`. Packing a git package takes
/// berry seconds, so that this takes long; .ci/run says that it does not.
#[allow(clippy::disallowed_methods, reason = "a test's own environment")]
fn each_with_all() -> bool {
    std::env::var("DUBO_PIN_YARNS").is_ok_and(|v| v == "all")
}

fn some(yarns: &[Yarn]) -> Vec<Yarn> {
    let yarns = if each_with_all() { &[Yarn::V1, Yarn::V3, Yarn::V4] } else { yarns };
    yarns.iter().copied().filter(|yarn| yarn.available()).collect()
}

/// Yarn 1: for what no yarn does differently.
pub fn usual() -> Vec<Yarn> {
    some(&[Yarn::V1])
}

/// Yarn 1 and the newest berry: for what the two do in ways of their own.
pub fn pair() -> Vec<Yarn> {
    some(&[Yarn::V1, Yarn::V4])
}

/// The newest berry: for what all berries do alike.
pub fn berries() -> Vec<Yarn> {
    some(&[Yarn::V4]).into_iter().filter(|yarn| yarn.berry()).collect()
}

impl Yarn {
    /// Its `yarn.js`, if the environment names it.
    #[allow(clippy::disallowed_methods, reason = "a test's own environment")]
    pub fn js(self) -> Option<PathBuf> {
        std::env::var_os(self.variable()).map(PathBuf::from).filter(|path| path.is_file())
    }

    fn variable(self) -> &'static str {
        match self {
            Self::V1 => "YARN1_JS",
            Self::V3 => "YARN3_JS",
            Self::V4 => "YARN4_JS",
        }
    }

    /// The exact version.
    pub fn version(self) -> &'static str {
        match self {
            Self::V1 => "1.22.22",
            Self::V3 => "3.8.7",
            Self::V4 => "4.18.1",
        }
    }

    /// Whether it can be run here. A missing one is told in a line; in CI it is a failure.
    #[allow(clippy::disallowed_methods, reason = "a test's own environment")]
    pub fn available(self) -> bool {
        let found = have("node") && have("git") && self.js().is_some();
        let ci = std::env::var("CI").is_ok_and(|v| v == "true");
        assert!(found || !ci, "{} does not name the yarn.js of yarn {}", self.variable(), self.version());
        if !found {
            println!("skipped: yarn {} is missing ({} names it, see .ci/run)", self.version(), self.variable());
        }
        found
    }

    /// Whether it is one of those with `.yarnrc.yml`.
    pub fn berry(self) -> bool {
        self != Self::V1
    }

    /// The file of its settings.
    pub fn rc(self) -> &'static str {
        if self.berry() { ".yarnrc.yml" } else { ".yarnrc" }
    }

    /// Settings: the registry, `node_modules`, no telemetry, every git repository approved.
    pub fn settings(self, registry: &str) -> String {
        let common = format!(
            "enableGlobalCache: false\nenableTelemetry: false\nnodeLinker: node-modules\nnpmRegistryServer: \"{registry}\"\nunsafeHttpWhitelist:\n  - 127.0.0.1\n"
        );
        match self {
            Self::V1 => format!("registry \"{registry}/\"\n"),
            Self::V3 => common,
            Self::V4 => format!("approvedGitRepositories:\n  - \"**\"\n{common}"),
        }
    }

    /// A folder with package.json, its `packageManager`, and the settings; no yarn.lock yet. For
    /// berry an empty one, which makes the folder a project.
    pub fn write_project(self, folder: &Path, registry: &str, dependencies: &[(&str, &str)]) {
        let mut text = "{\n  \"name\": \"app\",\n  \"version\": \"1.0.0\",\n  \"private\": true,\n".to_owned();
        text += &format!("  \"packageManager\": \"yarn@{}\",\n  \"dependencies\": {{\n", self.version());
        let lines: Vec<String> = dependencies
            .iter()
            .map(|(n, r)| format!("    {}: {}", serde_json::json!(n), serde_json::json!(r)))
            .collect();
        text += &format!("{}\n  }}\n}}\n", lines.join(",\n"));
        std::fs::create_dir_all(folder).unwrap();
        std::fs::write(folder.join("package.json"), text).unwrap();
        std::fs::write(folder.join(self.rc()), self.settings(registry)).unwrap();
        if self.berry() {
            std::fs::write(folder.join("yarn.lock"), "").unwrap();
        }
    }

    /// A folder with a shim named `yarn` that is this yarn, for a PATH; `node` must be on it too. Each
    /// run leaves a line with its arguments in the file `log` beside it.
    pub fn shim(self, below: &Path) -> PathBuf {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = below.join(format!("bin-{self:?}"));
        std::fs::create_dir_all(&folder).unwrap();
        let js = self.js().unwrap();
        for name in ["yarn", "yarnpkg"] {
            let path = folder.join(name);
            if path.exists() {
                continue;
            }
            let log = folder.join("log");
            let text = format!("#!/bin/sh\necho \"$*\" >>'{}'\nexec node '{}' \"$@\"\n", log.display(), js.display());
            std::fs::write(&path, text).unwrap();
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        }
        folder
    }

    /// It with any arguments, not yet run: nothing of the environment but PATH, a home and a cache
    /// in a folder that the caller keeps; scripts off; HTTPS goes nowhere.
    #[allow(clippy::disallowed_methods, reason = "a test's own environment")]
    pub fn command(self, folder: &Path, home: &Path, arguments: &[&str]) -> Command {
        let mut command = Command::new("node");
        command.arg(self.js().unwrap()).args(arguments).current_dir(folder).env_clear();
        self.environment(&mut command, home);
        command
    }

    #[allow(clippy::disallowed_methods, reason = "a test's own environment")]
    fn environment(self, command: &mut Command, home: &Path) {
        command
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", home)
            .env("TMPDIR", home)
            .env("LC_ALL", "C")
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_TERMINAL_PROMPT", "0")
            .env("NO_UPDATE_NOTIFIER", "1")
            .stdin(Stdio::null());
        // Discard: whatever is not on loopback ends at once, whatever the machine can reach.
        let nowhere = "http://127.0.0.1:9";
        if self.berry() {
            command
                .env("YARN_ENABLE_TELEMETRY", "0")
                .env("YARN_ENABLE_SCRIPTS", "0")
                .env("YARN_IGNORE_PATH", "1")
                .env("YARN_GLOBAL_FOLDER", home.join("berry"))
                .env("YARN_HTTP_RETRY", "0")
                .env("YARN_HTTPS_PROXY", nowhere)
                // Otherwise CI, which the environment does not tell, would decide.
                .env("YARN_ENABLE_IMMUTABLE_INSTALLS", "0");
        } else {
            command
                .env("YARN_IGNORE_SCRIPTS", "true")
                .env("YARN_CACHE_FOLDER", home.join("cache"))
                .env("YARN_DISABLE_SELF_UPDATE_CHECK", "true")
                .env("HTTPS_PROXY", nowhere);
        }
    }

    /// `yarn install` with arguments, with the hub's hosts and a fresh home and cache.
    #[track_caller]
    pub fn install(self, hub: &Hub, folder: &Path, arguments: &[&str]) -> Ran {
        let home = tempfile::tempdir().unwrap();
        let mut command = self.command(folder, home.path(), &self.arguments(arguments));
        ran(command.envs(hub.git_environment()))
    }

    /// The same in a network namespace with nothing, not even loopback servers. None if the machine
    /// has no such namespaces, which is told in a line.
    #[track_caller]
    pub fn offline_install(self, folder: &Path, arguments: &[&str]) -> Option<Ran> {
        if !cut_off() {
            return None;
        }
        let home = tempfile::tempdir().unwrap();
        let mut command = Command::new("unshare");
        command.args(["-rn", "node"]).arg(self.js().unwrap()).args(self.arguments(arguments));
        command.current_dir(folder).env_clear();
        self.environment(&mut command, home.path());
        Some(ran(&mut command))
    }

    fn arguments<'a>(self, more: &[&'a str]) -> Vec<&'a str> {
        let own: &[&str] = if self.berry() { &["install"] } else { &["install", "--non-interactive", "--no-progress"] };
        [own, more].concat()
    }

    /// The arguments that forbid any change of yarn.lock.
    pub fn frozen(self) -> &'static [&'static str] {
        if self.berry() { &["--immutable"] } else { &["--frozen-lockfile"] }
    }

    /// What a package in `node_modules` says: the export of its `index.js`.
    #[track_caller]
    pub fn says(self, folder: &Path, package: &str) -> String {
        let text = std::fs::read_to_string(folder.join("node_modules").join(package).join("index.js")).unwrap();
        let text = text.trim_start_matches("module.exports = ").trim_end().trim_end_matches(';');
        serde_json::from_str(text).unwrap()
    }
}

/// Whether a network namespace can be made here.
#[allow(clippy::disallowed_methods, reason = "a test's own environment")]
fn cut_off() -> bool {
    let ok =
        have("unshare") && Command::new("unshare").args(["-rn", "true"]).output().is_ok_and(|o| o.status.success());
    let ci = std::env::var("CI").is_ok_and(|v| v == "true");
    assert!(ok || !ci, "no network namespace can be made here");
    if !ok {
        println!("skipped: no network namespace can be made here");
    }
    ok
}
