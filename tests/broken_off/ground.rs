//! Five pins of four kinds, each before a server of its own, locked and vendored; upstream has moved
//! on by a release of each. For the tables beside this file.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use super::Upstream as Has;
use crate::artifacts::{Files, change, files};
use crate::bad_input::Upstream;
use crate::images::base;
use crate::support::debian::{Archive, Deb, Key, Served, at};
use crate::support::http::{Answer, Asked, Server};
use crate::support::oci::Image;
use crate::support::program::{Ran, Work, ran};

pub type Tree = BTreeMap<PathBuf, Vec<u8>>;

/// Where the network breaks: what is asked of which server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum At {
    /// git: the list of refs.
    GitRefs,
    /// git: the pack.
    GitPack,
    /// The file of a `url` pin.
    UrlBody,
    /// deb: the signed index of the archive.
    DebRelease,
    /// deb: the list of packages.
    DebPackages,
    /// deb: a package.
    DebFile,
    /// image: the service that gives tokens.
    ImageToken,
    /// image: a manifest.
    ImageManifest,
}

impl At {
    pub const ALL: [Self; 8] = [
        Self::GitRefs,
        Self::GitPack,
        Self::UrlBody,
        Self::DebRelease,
        Self::DebPackages,
        Self::DebFile,
        Self::ImageToken,
        Self::ImageManifest,
    ];

    /// The pin that asks there.
    pub fn pin(self) -> &'static str {
        match self {
            Self::GitRefs | Self::GitPack => "widget",
            Self::UrlBody => "file",
            Self::DebRelease | Self::DebPackages | Self::DebFile => "packages",
            Self::ImageToken | Self::ImageManifest => "base",
        }
    }

    fn meets(self, asked: &Asked) -> bool {
        match self {
            Self::GitRefs => !Self::GitPack.meets(asked),
            Self::GitPack => asked.body.windows(13).any(|w| w == b"command=fetch"),
            Self::UrlBody | Self::ImageToken => true,
            Self::DebRelease => asked.path.ends_with("Release"),
            Self::DebPackages => asked.path.contains("Packages") || asked.path.contains("by-hash"),
            Self::DebFile => asked.path.ends_with(".deb"),
            Self::ImageManifest => asked.path.contains("/manifests/"),
        }
    }
}

/// The folder and its servers. Every run has a copy of the folder.
pub struct Ground {
    pub widget: Upstream,
    pub steady: Upstream,
    files: (Server, Files),
    debian: Served,
    image: Arc<Mutex<Image>>,
    registry: Server,
    tokens: Server,
    releases: Vec<gix::ObjectId>,
    /// Locked at the first release of each.
    pub old: Tree,
    /// The store that this left.
    store: Tree,
    /// What a verb makes of `old` when nothing is broken.
    done: RefCell<BTreeMap<String, Tree>>,
}

pub const PINS: [&str; 5] = ["base", "file", "packages", "steady", "widget"];

fn archive(has: Has) -> Archive {
    let key = Key::new("Test Archive");
    let (date, version) = match has {
        Has::Locked => ("2024-05-04T08:15:30Z", "7.88.1-10+deb12u8"),
        Has::Newer => ("2024-05-05T08:15:30Z", "7.88.1-10+deb12u9"),
    };
    Archive::new("bookworm").sign([&key]).date(at(date)).with(Deb::new("curl", version))
}

/// A registry that gives `base:1` to who brings a token.
fn registry(image: &Arc<Mutex<Image>>, tokens: &Server) -> Server {
    let (image, realm) = (image.clone(), format!("{}/token", tokens.url()));
    Server::start(move |asked| {
        if asked.header("authorization") != Some("Bearer opens") {
            let challenge = format!("Bearer realm=\"{realm}\",service=\"shop\",scope=\"repository:base:pull\"");
            return Answer::new(401, "{}").with("WWW-Authenticate", &challenge);
        }
        let found = crate::remote_registry::answer(&image.lock().unwrap(), asked);
        // What a tag left is still there by its digest.
        if found.status == 404 { crate::remote_registry::answer(&base("one"), asked) } else { found }
    })
}

/// Every file below a folder, links and folders left out.
fn below(folder: &std::path::Path) -> Tree {
    let mut out = Tree::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        let Ok(all) = std::fs::read_dir(&next) else { continue };
        for entry in all.map(Result::unwrap) {
            if entry.file_type().unwrap().is_dir() {
                folders.push(entry.path());
            } else {
                let bytes = std::fs::read(entry.path()).unwrap();
                out.insert(entry.path().strip_prefix(folder).unwrap().to_owned(), bytes);
            }
        }
    }
    out
}

impl Ground {
    pub fn new() -> Self {
        let (widget, steady) = (Upstream::new(2), Upstream::new(2));
        let files = files(&[("/file", b"")]);
        let (debian, image) = (Served::start(), Arc::new(Mutex::new(base("one"))));
        let tokens = Server::start(|_| Answer::new(200, r#"{"token":"opens"}"#));
        let registry = registry(&image, &tokens);
        let releases = widget.ids.clone();
        let (old, store, done) = (Tree::new(), Tree::new(), RefCell::default());
        let ground = Self { widget, steady, files, debian, image, registry, tokens, releases, old, store, done };
        ground.has(Has::Locked);
        let work = Work::new();
        let host = ground.registry.url().replace("http://", "");
        work.write("keys/test.asc", Key::new("Test Archive").armored())
            .write("pins.toml", ground.manifest(&host))
            .write(
                "Dockerfile",
                format!(
                    "FROM {host}/base:1\nARG WIDGET=\nARG STEADY=\nARG FILE=\n\
                     RUN apt-get update && apt-get install -y curl\n"
                ),
            );
        work.run(&["refresh"]).code(0);
        work.run(&["verify"]).code(0).says("5 verified");
        let store = below(&work.home().join(".cache"));
        assert!(!store.is_empty());
        Self { old: work.tree(), store, ..ground }
    }

    fn manifest(&self, host: &str) -> String {
        format!(
            "version = 1\n\n[image]\nplatforms = [\"linux/amd64\"]\n\n\
             [archives.debian]\nuri = \"{}\"\nsuites = [\"bookworm\"]\nsigned-by = \"keys/test.asc\"\n\n\
             [pins.base]\nimage = \"{host}/base:1\"\n\n\
             [pins.file]\nurl = \"{}/file\"\nvendor = \"cache/file\"\ninto = [{{ arg = \"FILE\" }}]\n\n\
             [pins.packages]\ndeb = \"dockerfile\"\nvendor = \"debs/\"\n\n\
             [pins.steady]\ngit = \"{}\"\nversion = \"^1\"\ninto = [{{ arg = \"STEADY\" }}]\n\n\
             [pins.widget]\ngit = \"{}\"\nversion = \"^1\"\nvendor = \"src/widget.tar\"\ninto = [{{ arg = \"WIDGET\" }}]\n",
            self.debian.uri("debian"),
            self.files.0.url(),
            self.steady.url(),
            self.widget.url(),
        )
    }

    /// Lets upstream stand at what is locked, or a release further; all servers are well again.
    pub fn has(&self, has: Has) {
        for up in [&self.widget, &self.steady] {
            let tag = format!("refs/tags/{}", "v1.1.0");
            match has {
                Has::Newer => up.server.change(|repo| repo.set(&tag, self.releases[1])),
                Has::Locked => up.server.change(|repo| repo.remove(&tag)),
            }
        }
        change(&self.files.1, "/file", format!("{has:?}\r\n").repeat(4000).as_bytes());
        self.debian.publish("debian", &archive(has));
        *self.image.lock().unwrap() = base(if has == Has::Newer { "two" } else { "one" });
        for server in self.servers() {
            server.twist(|_, answer| answer);
        }
    }

    /// All of them, for what concerns each.
    pub fn servers(&self) -> [&Server; 6] {
        let git = [&self.widget.server.http, &self.steady.server.http];
        [git[0], git[1], &self.files.0, self.debian.server(), &self.registry, &self.tokens]
    }

    fn server(&self, at: At) -> &Server {
        match at {
            At::GitRefs | At::GitPack => &self.widget.server.http,
            At::UrlBody => &self.files.0,
            At::DebRelease | At::DebPackages | At::DebFile => self.debian.server(),
            At::ImageToken => &self.tokens,
            At::ImageManifest => &self.registry,
        }
    }

    /// How many requests were made of all servers.
    pub fn asked(&self) -> usize {
        self.servers().iter().map(|s| s.log().len()).sum()
    }

    /// Changes the answers at one place; how often that was met.
    pub fn spoil(&self, at: At, how: impl Fn(&Asked, Answer) -> Answer + Send + Sync + 'static) -> Arc<AtomicUsize> {
        let met = Arc::new(AtomicUsize::new(0));
        let count = met.clone();
        self.server(at).twist(move |asked, answer| {
            if !at.meets(asked) {
                return answer;
            }
            count.fetch_add(1, Ordering::SeqCst);
            how(asked, answer)
        });
        met
    }

    /// A fresh copy of the locked folder, with an empty home, or with the store that was filled.
    pub fn work(&self, store: bool) -> Work {
        let work = Work::new();
        for (path, bytes) in &self.old {
            work.write(path.to_str().unwrap(), bytes);
        }
        for (path, bytes) in self.store.iter().filter(|_| store) {
            let path = work.home().join(".cache").join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, bytes).unwrap();
        }
        work
    }

    /// What a verb leaves of the locked folder when nothing is broken.
    pub fn after(&self, arguments: &[&str], has: Has) -> Tree {
        let key = format!("{arguments:?} {has:?}");
        let known = self.done.borrow().get(&key).cloned();
        known.unwrap_or_else(|| {
            self.has(has);
            let work = self.work(true);
            let ran = work.run(arguments);
            assert!(matches!(ran.code, Some(0 | 1)), "{arguments:?}: {}", ran.all());
            let tree = work.tree();
            self.done.borrow_mut().insert(key, tree.clone());
            tree
        })
    }

    /// What a refresh leaves if one pin cannot be had.
    pub fn without(&self, pin: &str) -> Tree {
        let arguments: Vec<&str> =
            std::iter::once("refresh").chain(PINS.into_iter().filter(|name| *name != pin)).collect();
        self.after(&arguments, Has::Newer)
    }
}

/// Runs it, and sees that it does not panic.
#[track_caller]
pub fn calm(command: &mut std::process::Command) -> Ran {
    let ran = ran(command);
    assert!(!ran.all().contains("panicked"), "{}", ran.all());
    ran
}

/// Asserts that a folder is as it should be, and tells what is not.
#[track_caller]
pub fn same(work: &Work, expected: &Tree, ran: &Ran) {
    let now = work.tree();
    let names: std::collections::BTreeSet<_> = now.keys().chain(expected.keys()).collect();
    let other: Vec<_> = names.into_iter().filter(|n| now.get(*n) != expected.get(*n)).collect();
    assert!(other.is_empty(), "other than expected: {other:?}\nexit {:?}\n{}", ran.code, ran.all());
}
