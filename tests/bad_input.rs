//! Bad input through the program: one clear message, the right exit code, nothing lost.
//!
//! Not here: what comes while it works, such as a signal or a full disk: that is `interrupted`.

mod confused;
mod edits;
mod files;
mod merges;
mod network;
mod sites;
mod upstream;

use gix::ObjectId;

use super::support::git_memory::{GitMemory, Repo};
use super::support::program::{Ran, Work};

/// A server with `v1.0.0`, `v1.1.0` … on one line of commits, and `main` at the last of them.
pub struct Upstream {
    pub server: GitMemory,
    pub ids: Vec<ObjectId>,
}

impl Upstream {
    pub fn new(releases: usize) -> Self {
        let mut repo = Repo::default();
        let mut ids: Vec<ObjectId> = Vec::new();
        for n in 0..releases {
            let id = release(&mut repo, n, ids.last().copied());
            ids.push(id);
        }
        Self { server: GitMemory::serve(repo), ids }
    }

    /// One release more.
    pub fn go_on(&mut self) {
        let (n, parent) = (self.ids.len(), self.ids.last().copied());
        self.server.change(|repo| self.ids.push(release(repo, n, parent)));
    }

    pub fn url(&self) -> String {
        self.server.url()
    }

    /// One pin of this repository, named and written into an ARG of the same name in capitals.
    pub fn pin(&self, name: &str, rule: &str) -> String {
        pin(name, &self.url(), rule)
    }
}

fn release(repo: &mut Repo, n: usize, parent: Option<ObjectId>) -> ObjectId {
    let parents: Vec<ObjectId> = parent.into_iter().collect();
    let id = repo.commit(&format!("release 1.{n}.0"), &parents);
    repo.set(&format!("refs/tags/v1.{n}.0"), id);
    repo.set("refs/heads/main", id);
    id
}

/// A pin of a manifest.
pub fn pin(name: &str, url: &str, rule: &str) -> String {
    format!("\n[pins.{name}]\ngit = \"{url}\"\n{rule}\ninto = [{{ arg = \"{}\" }}]\n", name.to_uppercase())
}

/// A folder with pins that each stand in an ARG of the only stage; the ARGs are empty.
pub fn folder(pins: &[(&str, String)]) -> Work {
    let work = Work::new();
    let (mut manifest, mut file) = ("version = 1\n".to_owned(), "FROM scratch\n".to_owned());
    for (name, text) in pins {
        manifest += text;
        file += &format!("ARG {}=\n", name.to_uppercase());
    }
    work.write("pins.toml", manifest).write("Dockerfile", file);
    work
}

/// Runs it and sees that no file changed.
#[track_caller]
pub fn idle(work: &Work, arguments: &[&str]) -> Ran {
    let before = work.tree();
    let ran = work.run(arguments);
    let after = work.tree();
    assert!(before == after, "{arguments:?} changed files.\nstdout:\n{}\nstderr:\n{}", ran.out, ran.err);
    ran
}

/// The one error of a run, and that it is one.
#[track_caller]
pub fn one_error(ran: Ran) -> Ran {
    let heads = ran.err.lines().filter(|l| l.starts_with("error: ") || l.starts_with("alarm: ")).count();
    assert_eq!(heads, 1, "stdout:\n{}\nstderr:\n{}", ran.out, ran.err);
    assert!(!ran.all().contains("panicked"), "{}", ran.err);
    ran
}
