//! What the addresses of README.md stand for: repositories at git.example, images at registry.example,
//! packages at deb.example. Everything has a fixed date, so that every id and digest is always the same.

use std::path::Path;

use crate::remote_registry::answer;
use crate::support::debian::{Archive, Deb, Key, Served};
use crate::support::git_http::{GitHttp, commit, git, init};
use crate::support::http::{Answer, Server};
use crate::support::oci::{Image, Packing, layer};

pub struct Upstream {
    _folder: tempfile::TempDir,
    git: GitHttp,
    registry: Server,
    deb: Served,
    files: Vec<String>,
    /// The older commit of widget and the older digest of nginx.
    old: [String; 2],
}

impl Upstream {
    /// Everything newer is there from the beginning; the repository `images` holds these files and the
    /// archive's key.
    pub fn start(files: &[(String, String)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let commit = widget(folder.path());
        let (registry, digest) = registry();
        let key = Key::new("deb.example").with_subkey();
        let all = [files, &[("keys/deb.asc".to_owned(), key.armored())]].concat();
        images(folder.path(), &all);
        let archive = Archive::new("bookworm")
            .sign([&key])
            .with(Deb::new("ca-certificates", "20230311+deb12u1").arch("all"))
            .with(Deb::new("curl", "7.88.1-10+deb12u15"));
        Self {
            git: GitHttp::serve(folder.path(), true),
            registry,
            deb: Served::of(&archive),
            files: all.into_iter().map(|(path, _)| path).collect(),
            old: [commit, digest],
            _folder: folder,
        }
    }

    /// Whether the repository came with this file.
    pub fn has(&self, path: &str) -> bool {
        self.files.iter().any(|p| p == path)
    }

    /// What a text must pin, to have something pinned that is there and has something newer.
    #[track_caller]
    pub fn is_pinned_in(&self, text: &str) {
        for value in &self.old {
            assert!(text.contains(value), "the Dockerfiles of README.md do not have {value}");
        }
    }

    pub fn git_url(&self) -> String {
        self.git.url("")
    }

    /// `DUBO_PIN_MIRRORS`.
    pub fn mirrors(&self) -> String {
        format!(
            "https://git.example/={};resolve https://registry.example/={}/;resolve https://deb.example/={};resolve",
            self.git_url(),
            self.registry.url(),
            self.deb.uri("")
        )
    }
}

/// Releases of a program. Gives the commit of the last but one.
fn widget(below: &Path) -> String {
    let repository = init(below, "widget.git", "sha1");
    let mut parent = commit(&repository, "first", &[]);
    for version in ["1.0.2", "1.0.3", "1.0.4"] {
        parent = commit(&repository, &format!("release {version}"), &[&parent]);
        git(&repository, &["tag", &format!("v{version}"), &parent]);
    }
    git(&repository, &["branch", "main", &parent]);
    git(&repository, &["rev-parse", "v1.0.3"])
}

/// The reader's own repository.
fn images(below: &Path, files: &[(String, String)]) {
    let repository = init(below, "images.git", "sha1");
    git(&repository, &["config", "http.receivepack", "true"]);
    let work = tempfile::tempdir().unwrap();
    git(work.path(), &["init", "-q", "-b", "main"]);
    for (path, content) in files {
        let path = work.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }
    git(work.path(), &["add", "-A"]);
    git(work.path(), &["commit", "-q", "-m", "Three images"]);
    git(work.path(), &["push", "-q", repository.to_str().unwrap(), "main"]);
}

/// nginx 1.27 as it is now, and as it was; the digest of this.
fn registry() -> (Server, String) {
    let image = |what: &str| {
        let files = layer(&[("etc/", None), ("etc/nginx", Some(what))], Packing::Plain);
        Image::default().one("linux/amd64", &[files], false).index(false)
    };
    let (old, new) = (image("1.27.0"), image("1.27.1"));
    let digest = old.root().digest().to_string();
    let server = Server::start(move |asked| {
        let mut asked = asked.clone();
        if let Some(path) = asked.path.strip_suffix("/manifests/1.27") {
            asked.path = format!("{path}/manifests/1");
            return answer(&new, &asked);
        }
        let found: Answer = answer(&new, &asked);
        if found.status == 404 { answer(&old, &asked) } else { found }
    });
    (server, digest)
}
