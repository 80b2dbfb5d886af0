//! A bare repository that holds a package, changed as its upstream would change it.

use std::cell::Cell;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use super::super::git_http::{feed, git, init};
use super::Package;

/// One repository, `owner/name`.
pub struct Repository {
    pub path: PathBuf,
    /// `owner/name`.
    pub slug: String,
    /// Each commit is a minute later than the one before.
    minutes: Cell<u64>,
}

impl Repository {
    /// An empty one below a folder; its first branch is `main`.
    pub fn make(root: &Path, slug: &str) -> Self {
        let (owner, name) = slug.rsplit_once('/').unwrap();
        let path = init(&root.join(owner), &format!("{name}.git"), "sha1");
        Self { path, slug: slug.to_owned(), minutes: Cell::new(0) }
    }

    /// `https://github.com/owner/name.git`.
    pub fn url(&self) -> String {
        format!("https://github.com/{}.git", self.slug)
    }

    /// Commits a package's files as the whole tree, on top of a branch, and moves the branch there.
    /// Gives the commit's id.
    pub fn commit(&self, branch: &str, package: &Package) -> String {
        let files: Vec<_> = package.all().into_iter().map(|(path, bytes)| (path, "100644", bytes)).collect();
        self.commit_files(branch, &format!("{} {}", package.name, package.version), &files)
    }

    /// …any files: path, mode (`100644`, `100755`, `120000`), bytes.
    pub fn commit_files(&self, branch: &str, message: &str, files: &[(String, &str, Vec<u8>)]) -> String {
        let parent = self.tip(branch);
        self.put(branch, message, parent.as_deref(), files)
    }

    /// Rewrites a branch: a commit on another parent, or on none.
    pub fn force(&self, branch: &str, parent: Option<&str>, package: &Package) -> String {
        let files: Vec<_> = package.all().into_iter().map(|(path, bytes)| (path, "100644", bytes)).collect();
        self.put(branch, "Rewritten", parent, &files)
    }

    fn put(&self, branch: &str, message: &str, parent: Option<&str>, files: &[(String, &str, Vec<u8>)]) -> String {
        self.minutes.set(self.minutes.get() + 1);
        let time = 1_700_000_000 + 60 * self.minutes.get();
        let mut stream = format!("commit refs/heads/{branch}\ncommitter T <t@example> {time} +0000\n").into_bytes();
        stream.extend(format!("data {}\n{message}\n", message.len()).bytes());
        if let Some(parent) = parent {
            stream.extend(format!("from {parent}\n").bytes());
        }
        stream.extend(b"deleteall\n");
        for (path, mode, bytes) in files {
            stream.extend(format!("M {mode} inline {path}\ndata {}\n", bytes.len()).bytes());
            stream.extend(bytes);
            stream.push(b'\n');
        }
        stream.extend(b"done\n");
        feed(&self.path, &["fast-import", "--quiet", "--force", "--done"], &stream);
        self.tip(branch).unwrap()
    }

    /// Where a branch stands.
    pub fn tip(&self, branch: &str) -> Option<String> {
        let refs = git(&self.path, &["for-each-ref", "--format=%(objectname)", &format!("refs/heads/{branch}")]);
        Some(refs).filter(|id| !id.is_empty())
    }

    /// A light tag; one that is there is moved.
    pub fn tag(&self, name: &str, at: &str) {
        git(&self.path, &["update-ref", &format!("refs/tags/{name}"), at]);
    }

    /// An annotated tag; one that is there is moved. Gives the tag object's id.
    pub fn annotated(&self, name: &str, at: &str) -> String {
        git(&self.path, &["tag", "-f", "-a", "-m", name, name, at]);
        git(&self.path, &["rev-parse", &format!("refs/tags/{name}")])
    }

    /// A branch at a commit; one that is there is moved.
    pub fn branch(&self, name: &str, at: &str) {
        git(&self.path, &["update-ref", &format!("refs/heads/{name}"), at]);
    }

    /// A ref goes away, such as `refs/tags/v1.0.0`.
    pub fn delete(&self, name: &str) {
        git(&self.path, &["update-ref", "-d", name]);
    }

    /// `git archive` of a commit: the tar that yarn 1 keeps in its mirror.
    pub fn archive(&self, commit: &str) -> Vec<u8> {
        let output = super::super::git_http::git_in(&self.path, &["archive", "--format=tar", commit]).output().unwrap();
        assert!(output.status.success());
        output.stdout
    }

    /// Everything that can be named, for messages of tests.
    pub fn told(&self) -> String {
        let mut out = String::new();
        writeln!(out, "{}", git(&self.path, &["show-ref", "--dereference"])).unwrap();
        out
    }
}
