//! The floor below any yarn: what is found, copied, ended. A shell script stands for yarn.

use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::*;
use crate::disk::Root;
use crate::model::Class;

/// Programs named node, git and yarn; yarn says a version, or does what a script says.
struct Machine {
    dir: tempfile::TempDir,
}

impl Machine {
    fn new(version: &str, script: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(dir.path().join("bin")).unwrap();
        std::fs::create_dir_all(dir.path().join("work/app")).unwrap();
        let machine = Self { dir };
        machine.program("node", "exit 1");
        machine.program("git", "exit 1");
        machine.program("yarn", &format!("[ \"$1\" = --version ] && {{ echo {version}; exit; }}\n{script}"));
        machine
    }

    fn program(&self, name: &str, script: &str) {
        let path = self.dir.path().join("bin").join(name);
        std::fs::write(&path, format!("#!/bin/sh\nPATH=/usr/bin:/bin\n{script}\n")).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    }

    fn work(&self) -> PathBuf {
        self.dir.path().join("work")
    }

    fn options(&self) -> YarnOptions {
        YarnOptions {
            path: vec![self.dir.path().join("bin")],
            patience: Some(Duration::from_secs(20)),
            ..YarnOptions::default()
        }
    }

    fn find(&self, options: &YarnOptions, line: Line, manager: Option<&str>) -> Result<Yarn, YarnError> {
        let root = Root::open(&self.work()).unwrap();
        let mirrors = Mirrors::none();
        let project = Project { line, root: &root, folder: None, yarn_path: None, package_manager: manager };
        Yarns::new(options, &mirrors).find(&project)
    }

    /// Runs it in a copy of the folder `app`; the copy is kept for the test to look at.
    fn run(&self, options: &YarnOptions) -> (Copied, Result<Ran, YarnError>) {
        let yarn = self.find(options, Line::Classic, None).unwrap();
        let (root, mirrors) = (Root::open(&self.work()).unwrap(), Mirrors::none());
        let yarns = Yarns::new(options, &mirrors);
        let folder = "app".parse().unwrap();
        let copying = Copying { root: &root, folder: Some(&folder), without: &[], instead: &[] };
        let copied = yarns.copy(&copying).unwrap();
        let ran = yarns.install(&yarn, &copied, &[], false);
        (copied, ran)
    }
}

#[test]
fn the_yarn_of_the_locks_own_line_is_taken_and_no_other() {
    let one = Machine::new("1.22.22", "");
    assert_eq!(one.find(&one.options(), Line::Classic, None).unwrap().version, "1.22.22");
    let error = one.find(&one.options(), Line::Berry(8), None).unwrap_err();
    assert_eq!(error.class(), Class::Undone);
    assert!(error.to_string().ends_with("is yarn 1.22.22, and yarn.lock (metadata version 8) is of yarn 4"), "{error}");
    let four = Machine::new("4.18.1", "");
    assert!(four.find(&four.options(), Line::Berry(10), Some("yarn@4.2.0")).is_ok());
    assert!(four.find(&four.options(), Line::Berry(6), None).is_err());
    let error = four.find(&four.options(), Line::Berry(10), Some("yarn@3.8.7")).unwrap_err();
    assert!(error.to_string().starts_with("`packageManager` is yarn 3.8.7"), "{error}");
}

#[test]
fn what_is_missing_is_named_with_how_it_is_had() {
    let machine = Machine::new("1.22.22", "");
    for name in ["yarn", "git", "node"] {
        std::fs::remove_file(machine.dir.path().join("bin").join(name)).unwrap();
        let error = machine.find(&machine.options(), Line::Classic, None).unwrap_err();
        assert_eq!(error.class(), Class::Undone);
        let wanted = if name == "yarn" { "yarn 1 is not there" } else { name };
        assert!(error.to_string().starts_with(wanted), "{error}");
        assert!(error.to_trouble().help.is_some());
    }
}

#[test]
fn a_yarn_path_that_leads_out_of_the_folder_is_not_run() {
    let machine = Machine::new("4.18.1", "");
    let root = Root::open(&machine.work()).unwrap();
    let (options, mirrors) = (machine.options(), Mirrors::none());
    symlink("/bin/sh", machine.work().join("link.cjs")).unwrap();
    for path in ["../bin/yarn", "/bin/sh", "link.cjs", "gone.cjs"] {
        let project =
            Project { line: Line::Berry(8), root: &root, folder: None, yarn_path: Some(path), package_manager: None };
        let error = Yarns::new(&options, &mirrors).find(&project).unwrap_err();
        assert!(matches!(error, YarnError::Refused(_)), "{path}: {error}");
    }
}

#[test]
fn the_copy_holds_the_project_and_no_link_and_nothing_that_yarn_makes() {
    let machine = Machine::new("1.22.22", "echo changed > package.json; echo made > new");
    let app = machine.work().join("app");
    let put = |name: &str| {
        std::fs::create_dir_all(app.join(name).parent().unwrap()).unwrap();
        std::fs::write(app.join(name), name).unwrap();
    };
    for name in
        ["package.json", "packages/a/package.json", "node_modules/x/i", "packages/a/node_modules/y/i", ".git/config"]
    {
        put(name);
    }
    for name in [".yarn/cache/a.zip", ".yarn/releases/yarn.cjs", ".pnp.cjs", "sub/.pnp.cjs"] {
        put(name);
    }
    symlink("/etc/passwd", app.join("passwd")).unwrap();
    let (copied, ran) = machine.run(&machine.options());
    ran.unwrap();
    let has = |name: &str| copied.project().join(name).symlink_metadata().is_ok();
    for name in ["package.json", "packages/a/package.json", ".yarn/releases/yarn.cjs", "sub/.pnp.cjs", "new"] {
        assert!(has(name), "{name}");
    }
    for name in ["node_modules", "packages/a/node_modules", ".git", ".yarn/cache", ".pnp.cjs", "passwd"] {
        assert!(!has(name), "{name}");
    }
    assert_eq!(copied.notes, ["`app/passwd` was left out of the copy for yarn: it is a symlink"]);
    assert_eq!(std::fs::read_to_string(app.join("package.json")).unwrap(), "package.json");
    assert!(!app.join("new").exists());
}

#[test]
fn yarn_gets_the_variables_that_are_meant_for_it_and_no_other() {
    let machine = Machine::new("1.22.22", "env > seen");
    let variables = [("npm_config_registry", "https://registry.example/"), ("AWS_SECRET", "s"), ("CI", "true")];
    let variables = variables.map(|(n, v)| (n.to_owned(), v.to_owned())).to_vec();
    let options = YarnOptions { variables, ..machine.options() };
    let (copied, ran) = machine.run(&options);
    ran.unwrap();
    let seen = std::fs::read_to_string(copied.project().join("seen")).unwrap();
    let has = |line: &str| seen.lines().any(|l| l == line);
    for line in ["npm_config_registry=https://registry.example/", "YARN_IGNORE_SCRIPTS=true", "GIT_TERMINAL_PROMPT=0"] {
        assert!(has(line), "{line}\n{seen}");
    }
    assert!(has(&format!("HOME={}", copied.home().display())), "{seen}");
    assert!(!seen.contains("AWS_SECRET") && !has("CI=true"), "{seen}");
}

#[test]
fn one_that_never_ends_is_ended_with_its_children() {
    let machine = Machine::new("1.22.22", "echo begun; sleep 300 & echo $! > \"${0%/*}/child\"; wait");
    let options = YarnOptions { patience: Some(Duration::from_secs(2)), ..machine.options() };
    let started = Instant::now();
    let (_, ran) = machine.run(&options);
    let error = ran.unwrap_err();
    assert!(matches!(&error, YarnError::Ended { said, .. } if said == "begun"), "{error:?}");
    assert!(started.elapsed() < Duration::from_secs(60));
    let child = std::fs::read_to_string(machine.dir.path().join("bin/child")).unwrap();
    assert!(gone(child.trim()), "the child {child} lives");
}

/// Whether a process is gone, or a zombie that nobody has waited for yet.
fn gone(id: &str) -> bool {
    let state = Path::new("/proc").join(id).join("stat");
    let until = Instant::now() + Duration::from_secs(5);
    while Instant::now() < until {
        match std::fs::read_to_string(&state) {
            Ok(text) if !text.rsplit(") ").next().unwrap().starts_with('Z') => {}
            _ => return true,
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    false
}

#[test]
fn what_it_said_last_is_told_when_it_fails() {
    let machine =
        Machine::new("1.22.22", "echo all well; echo 'error https://u:pw@h.example/x: Not Found' >&2; exit 7");
    let (_, ran) = machine.run(&machine.options());
    let error = ran.unwrap_err();
    assert_eq!(error.to_string(), "yarn 1.22.22 failed (exit status: 7)");
    assert_eq!(error.to_trouble().found.unwrap(), "all well | error https://…@h.example/x: Not Found");
}
