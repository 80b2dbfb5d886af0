//! Image pins through the program, before Debian's docker-registry; where a registry must lie or
//! count what it is asked, before one of the test's own.

use std::collections::BTreeMap;

use crate::support::have;
use crate::support::http::{Answer, Asked, Server};
use crate::support::oci::{Image, Packing, call, layer};
use crate::support::program::{Ran, Work};
use crate::support::registry::Real;

use super::bad_input::{idle, one_error};

mod built;
mod locked;
mod moved;
mod placed;
mod refused;

/// A registry, and an image that is built from it.
pub struct Shop {
    folder: tempfile::TempDir,
    pub registry: Option<Real>,
    host: String,
    pub work: Work,
}

/// Two platforms and their attestations; `what` is in its one file.
pub fn base(what: &str) -> Image {
    let files = layer(&[("etc/", None), ("etc/what", Some(what))], Packing::Gzip);
    let files = std::slice::from_ref(&files);
    Image::default()
        .one("linux/amd64", files, false)
        .attested()
        .one("linux/arm64", files, false)
        .attested()
        .index(false)
}

/// One platform alone, without an index.
pub fn single(what: &str) -> Image {
    let files = layer(&[("etc/", None), ("etc/what", Some(what))], Packing::Gzip);
    Image::default().one("linux/amd64", &[files], false)
}

pub fn digest(image: &Image) -> String {
    format!("sha256:{}", image.root().digest())
}

impl Shop {
    /// An empty registry; `None` where Debian's is missing.
    pub fn open() -> Option<Self> {
        if !have("docker-registry") {
            return None;
        }
        let folder = tempfile::tempdir().unwrap();
        let registry = Real::start(folder.path(), None);
        let host = registry.host();
        Some(Self { folder, registry: Some(registry), host, work: Work::new() })
    }

    /// Before a server of the test's own.
    pub fn before(server: &Server) -> Self {
        let host = server.url().replace("http://", "");
        Self { folder: tempfile::tempdir().unwrap(), registry: None, host, work: Work::new() }
    }

    /// With `base:1` there, and an image that is built from it and is locked.
    pub fn locked() -> Option<Self> {
        let shop = Self::open()?;
        shop.push("base", "1", &base("one"));
        shop.lay("FROM HOST/base:1\n", "image = \"HOST/base:1\"");
        shop.work.run(&["refresh"]).code(0);
        Some(shop)
    }

    /// Pushes an image, and gives its digest.
    pub fn push(&self, repository: &str, tag: &str, image: &Image) -> String {
        image.push(self.registry.as_ref().unwrap().address, repository, tag);
        digest(image)
    }

    /// A text with the registry's host for `HOST`.
    pub fn text(&self, text: &str) -> String {
        text.replace("HOST", &self.host)
    }

    /// A Dockerfile, and the keys of the pin `base`.
    pub fn lay(&self, dockerfile: &str, pin: &str) -> &Self {
        self.work.write("Dockerfile", self.text(dockerfile));
        self.manifest("\"linux/amd64\", \"linux/arm64\"", pin)
    }

    /// pins.toml: its platforms, and the keys of the pin `base`.
    pub fn manifest(&self, platforms: &str, pin: &str) -> &Self {
        let text = format!("version = 1\n\n[image]\nplatforms = [{platforms}]\n\n[pins.base]\n{pin}\n");
        self.work.write("pins.toml", self.text(&text));
        self
    }

    #[track_caller]
    pub fn run(&self, arguments: &[&str]) -> Ran {
        self.work.run(arguments)
    }

    /// Asserts what the Dockerfile is.
    #[track_caller]
    pub fn has(&self, dockerfile: &str) -> &Self {
        assert_eq!(self.work.read("Dockerfile"), self.text(dockerfile));
        self
    }

    /// A run that writes nothing and says exactly one error or alarm.
    #[track_caller]
    pub fn refused(&self, arguments: &[&str], code: i32, says: &[&str]) {
        let ran = one_error(idle(&self.work, arguments).code(code));
        says.iter().fold(ran, |ran, text| ran.says(&self.text(text)));
    }

    /// Deletes a manifest by the registry's own API.
    pub fn delete(&self, repository: &str, digest: &str) {
        let path = format!("/v2/{repository}/manifests/{digest}");
        let done = call(self.registry.as_ref().unwrap().address, "DELETE", &path, &[], b"");
        assert_eq!(done.status, 202, "{done:?}");
    }

    /// Takes a tag away, behind the registry's back; its manifest stays.
    pub fn untag(&self, repository: &str, tag: &str) {
        let tags = format!("data/docker/registry/v2/repositories/{repository}/_manifests/tags/{tag}");
        std::fs::remove_dir_all(self.folder.path().join(tags)).unwrap();
    }

    /// Forgets what was downloaded.
    pub fn forget(&self) {
        let cache = self.work.home().join(".cache");
        if cache.exists() {
            std::fs::remove_dir_all(cache).unwrap();
        }
    }

    /// The lock with an entry changed and sealed anew, as somebody with the means would.
    pub fn forge(&self, change: impl FnOnce(&mut dubo_pin::lock::Entry)) {
        let mut lock = dubo_pin::lock::open(&self.work.bytes("pins.lock")).unwrap().lock;
        change(lock.pins.get_mut("base").unwrap());
        self.work.write("pins.lock", lock.to_bytes());
    }
}

/// A value of the lock, made by hand.
pub fn put(entry: &mut dubo_pin::lock::Entry, key: &str, text: &str) {
    entry.values.insert(key.parse().unwrap(), dubo_pin::lock::Value::One(text.parse().unwrap()));
}

/// The digests of platforms, made by hand.
pub fn each(of: &[(&str, &str)]) -> dubo_pin::lock::Evidence {
    dubo_pin::lock::Evidence::Each(
        of.iter().map(|(p, d)| ((*p).to_owned(), (*d).to_owned())).collect::<BTreeMap<_, _>>(),
    )
}

/// A registry in memory, whose `base:1` is this image.
pub fn serve(image: &Image) -> Server {
    let image = image.clone();
    Server::start(move |asked| super::remote_registry::answer(&image, asked))
}

/// What was asked, with the registry's answers left out: `HEAD /v2/base/manifests/1`.
pub fn asked(log: &[Asked]) -> Vec<String> {
    log.iter().map(|a| format!("{} {}", a.method, a.path)).collect()
}

/// An answer with a status, as registries give it.
pub fn said(status: u16, code: &str) -> Answer {
    Answer::new(status, format!(r#"{{"errors":[{{"code":"{code}","message":"no"}}]}}"#))
        .with("Content-Type", "application/json")
}
