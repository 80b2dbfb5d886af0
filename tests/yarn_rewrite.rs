//! package.json and yarn.lock rewritten by the real yarns, and taken by them without a change.

use std::path::{Path, PathBuf};
use std::time::Duration;

use dubo_pin::disk::Root;
use dubo_pin::model::{Class, RelPath};
use dubo_pin::remote::git::GitOptions;
use dubo_pin::remote::yarn::YarnOptions;
use dubo_pin::remote::{Http, Mirrors, Remote};
use dubo_pin::source::resolve::Fault;
use dubo_pin::source::yarn::folder::Folder;
use dubo_pin::source::yarn::rewrite::{Asked, Rewritten, Wanted, rewrite};
use dubo_pin::source::yarn::spec::Spec;

use crate::support::yarn::{self, Fault as Tampered, Hub, Package, Repository, Yarn};

/// A project that takes `homebridge` from git, and what it talks to.
struct Site {
    hub: Hub,
    work: tempfile::TempDir,
    first: String,
    second: String,
}

impl Site {
    /// `homebridge` has two commits: the second needs one package more. The registry has a newer
    /// `left-a` than the one that is locked.
    fn new(yarn: Yarn) -> Self {
        let hub = Hub::start();
        hub.registry.publish_all(&[("left-a", "1.0.0"), ("left-b", "1.0.0"), ("left-z", "1.0.0")]);
        let repository = hub.repository("own/homebridge");
        let first = repository.commit("main", &Package::new("homebridge", "1.0.0").needs("left-a", "^1.0.0"));
        let second = Package::new("homebridge", "1.1.0").needs("left-a", "^1.0.0").needs("left-b", "^1.0.0");
        let second = repository.commit("main", &second);
        let site = Self { hub, work: tempfile::tempdir().unwrap(), first, second };
        let dependencies = [("homebridge", site.spec(&repository, &site.first)), ("left-z", "^1.0.0".to_owned())];
        let dependencies: Vec<(&str, &str)> = dependencies.iter().map(|(n, r)| (*n, r.as_str())).collect();
        yarn.write_project(&site.app(), &site.hub.registry.url(), &dependencies);
        yarn.install(&site.hub, &site.app(), &[]).code(0);
        site.hub.registry.publish_all(&[("left-a", "1.1.0"), ("left-z", "1.1.0")]);
        site
    }

    fn spec(&self, repository: &Repository, commit: &str) -> String {
        format!("git+{}#{commit}", repository.url())
    }

    fn app(&self) -> PathBuf {
        self.work.path().join("app")
    }

    fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.app().join(name)).unwrap()
    }

    fn remote(&self, program: Option<PathBuf>) -> Remote {
        let mirrors = Mirrors::default().and_environment(&self.hub.mirrors()).unwrap();
        let options =
            YarnOptions { program, path: path(), patience: Some(Duration::from_secs(300)), ..YarnOptions::default() };
        let remote = Remote::new(Http::default(), mirrors, GitOptions::default()).with_yarn(options);
        remote.with_store(Some(self.work.path().join("store")))
    }

    fn rewrite(&self, commit: &str, program: Option<PathBuf>) -> Result<Rewritten, Fault> {
        let root = Root::open(self.work.path()).unwrap();
        let path: RelPath = "app".parse().unwrap();
        let folder = Folder::read(&root, Some(&path)).unwrap();
        let at = folder.package.dependencies.iter().position(|d| d.name == "homebridge").unwrap();
        let spec = Spec::parse(&folder.lock.format, &folder.package.dependencies[at].range).unwrap();
        let wanted = Wanted {
            workspace: None,
            dependency: at,
            git: spec.git().unwrap().clone(),
            commit: commit.parse().unwrap(),
        };
        let asked = Asked { root: &root, folder: &folder, wanted: &[wanted], distrusted: &[], vendor: None };
        rewrite(&asked, &self.remote(program))
    }

    fn write(&self, rewritten: &Rewritten) {
        for (path, bytes) in &rewritten.package_json {
            std::fs::write(path.under(self.work.path()), bytes).unwrap();
        }
        std::fs::write(self.app().join("yarn.lock"), &rewritten.yarn_lock).unwrap();
    }
}

#[allow(clippy::disallowed_methods, reason = "a test's own environment")]
fn path() -> Vec<PathBuf> {
    std::env::var_os("PATH").map(|p| std::env::split_paths(&p).collect()).unwrap_or_default()
}

fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap().flatten();
    entries.map(|e| e.file_name().into_string().unwrap()).collect()
}

#[test]
fn a_package_moves_nothing_else_does_and_yarn_takes_it_without_a_change() {
    for yarn in yarn::pair() {
        let site = Site::new(yarn);
        let before = site.read("yarn.lock");
        let rewritten = site.rewrite(&site.second, yarn.js()).unwrap();
        // The user's own folder is not touched before it is written.
        assert_eq!(site.read("yarn.lock"), before);
        assert_eq!(rewritten.package_json.len(), 1, "{yarn:?}");
        site.write(&rewritten);
        let (package, lock) = (site.read("package.json"), site.read("yarn.lock"));
        assert!(package.contains(&site.second) && !package.contains(&site.first), "{yarn:?}\n{package}");
        assert!(lock.contains(&site.second) && !lock.contains(&site.first), "{yarn:?}\n{lock}");
        assert!(lock.contains("left-b") && !lock.contains("1.1.0.tgz"), "{yarn:?}\n{lock}");
        for (name, version) in [("left-a", "1.0.0"), ("left-b", "1.0.0"), ("left-z", "1.0.0"), ("homebridge", "1.1.0")]
        {
            let entry = rewritten.folder.lock.entries.iter().find(|e| e.keys[0].starts_with(&format!("{name}@")));
            assert_eq!(entry.unwrap().version.as_deref(), Some(version), "{yarn:?} {name}");
        }
        let packages = names(&rewritten.copied.as_ref().unwrap().packages());
        assert!(packages.iter().any(|n| n.contains("left-b")), "{yarn:?} {packages:?}");
        yarn.install(&site.hub, &site.app(), yarn.frozen()).code(0);
        assert_eq!((site.read("package.json"), site.read("yarn.lock")), (package, lock), "{yarn:?}");
        assert_eq!(yarn.says(&site.app(), "homebridge"), "homebridge 1.1.0", "{yarn:?}");
    }
}

#[test]
fn where_nothing_has_to_change_no_yarn_is_even_looked_for() {
    for yarn in yarn::pair() {
        let site = Site::new(yarn);
        let rewritten = site.rewrite(&site.first, Some("/nowhere/yarn.js".into())).unwrap();
        assert!(rewritten.package_json.is_empty() && rewritten.copied.is_none(), "{yarn:?}");
        assert_eq!(rewritten.yarn_lock, site.read("yarn.lock").into_bytes(), "{yarn:?}");
        let fault = site.rewrite(&site.second, Some("/nowhere/yarn.js".into())).unwrap_err();
        assert_eq!(fault.class, Class::Undone);
        assert!(fault.trouble.message.starts_with("`/nowhere/yarn.js` is not there"), "{}", fault.trouble.message);
    }
}

#[test]
fn an_entry_whose_resolved_names_another_commit_than_its_key_is_made_anew() {
    for yarn in yarn::pair() {
        let site = Site::new(yarn);
        let good = site.read("yarn.lock");
        let (mark, end) = if yarn.berry() { ("resolution: ", "\"\n") } else { ("resolved ", "\"\n") };
        let forged: String = good
            .split_inclusive('\n')
            .map(|line| match line.trim_start().starts_with(mark) && line.ends_with(end) {
                true => line.replace(&site.first, &site.second),
                false => line.to_owned(),
            })
            .collect();
        assert_ne!(forged, good);
        std::fs::write(site.app().join("yarn.lock"), forged).unwrap();
        let rewritten = site.rewrite(&site.first, yarn.js()).unwrap();
        assert!(rewritten.package_json.is_empty());
        assert_eq!(String::from_utf8(rewritten.yarn_lock).unwrap(), good, "{yarn:?}");
    }
}

#[test]
fn other_bytes_under_a_locked_version_are_an_alarm() {
    // berry fetches nothing that yarn.lock has already: its next install alarms.
    let yarn = Yarn::V1;
    if !yarn.available() {
        return;
    }
    let site = Site::new(yarn);
    site.hub.registry.fault("left-a", "1.0.0", Tampered::Bytes(Package::new("left-a", "1.0.0").says("evil").tgz()));
    let fault = site.rewrite(&site.second, yarn.js()).unwrap_err();
    assert_eq!(fault.class, Class::Alarm, "{:?}", fault.trouble);
}

#[test]
fn a_yarn_of_another_line_is_refused_by_name() {
    for yarn in yarn::pair() {
        let other = if yarn == Yarn::V1 { Yarn::V4 } else { Yarn::V1 };
        if !other.available() {
            continue;
        }
        let site = Site::new(yarn);
        let fault = site.rewrite(&site.second, other.js()).unwrap_err();
        assert_eq!(fault.class, Class::Undone);
        assert!(fault.trouble.message.contains(&format!("is yarn {}", other.version())), "{}", fault.trouble.message);
    }
}

#[test]
fn a_repository_that_is_away_leaves_no_file_changed_and_says_what_yarn_said() {
    for yarn in yarn::pair() {
        let site = Site::new(yarn);
        let before = (site.read("package.json"), site.read("yarn.lock"));
        std::fs::remove_dir_all(site.hub.root().join("own/homebridge.git")).unwrap();
        let fault = site.rewrite(&site.second, yarn.js()).unwrap_err();
        assert_eq!(fault.class, Class::Undone);
        let said = fault.trouble.found.unwrap();
        assert!(said.contains("homebridge"), "{yarn:?}\n{said}");
        assert_eq!((site.read("package.json"), site.read("yarn.lock")), before);
    }
}
