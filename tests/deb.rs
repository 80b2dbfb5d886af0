//! Deb pins through the program, before an archive of the test's own; and that archive itself
//! before the real tools.

use crate::support::debian::{Archive, Deb, Key, Served};
use crate::support::program::{Ran, Work};

pub use super::bad_input::{idle, one_error};

mod archive;
mod asked;
mod cases;
mod chosen;
mod closure;
mod closure_base;
mod closure_built;
mod closure_live;
mod distrust;
mod found;
mod installed;
mod live;
mod locked;
mod moved;
mod snapshots;

/// An image before an archive.
pub struct Desk {
    pub served: Served,
    pub work: Work,
}

/// The key that every image here trusts.
pub fn key() -> Key {
    Key::new("Test Archive").with_subkey()
}

/// curl and ca-certificates, for amd64, as Debian has them.
pub fn bookworm() -> Archive {
    Archive::new("bookworm")
        .sign([&key()])
        .with(Deb::new("curl", "7.88.1-10+deb12u8").depends("libc6 (>= 2.34)"))
        .with(Deb::new("ca-certificates", "20230311").arch("all"))
}

/// An image that installs them.
pub const CURL: &str = "FROM scratch\nRUN apt-get update && apt-get install -y --no-install-recommends curl ca-certificates && rm -rf /var/lib/apt/lists/*\n";

/// The same with the versions of [`bookworm`].
pub const CURL_PINNED: &str = "FROM scratch\nRUN apt-get update && apt-get install -y --no-install-recommends curl=7.88.1-10+deb12u8 ca-certificates=20230311 && rm -rf /var/lib/apt/lists/*\n";

/// Every package of the Dockerfile, in a folder beside it.
pub const ALL: &str = "[pins.packages]\ndeb = \"dockerfile\"\nvendor = \"debs/\"\n";

impl Desk {
    /// The archive at `/debian`, and an image for amd64 that installs curl and ca-certificates.
    pub fn new(archive: &Archive) -> Self {
        Self::serving(Served::of(archive))
    }

    /// The same before a server that stands already.
    pub fn serving(served: Served) -> Self {
        let desk = Self { served, work: Work::new() };
        desk.work.write("keys/test.asc", key().armored()).write("Dockerfile", CURL);
        desk.manifest("\"linux/amd64\"", "suites = [\"bookworm\"]", ALL);
        desk
    }

    /// An image that is locked.
    pub fn locked(archive: &Archive) -> Self {
        let desk = Self::new(archive);
        desk.work.run(&["refresh"]).code(0);
        desk
    }

    /// pins.toml with one archive: its platforms, further keys of the archive, its pins.
    pub fn manifest(&self, platforms: &str, archive: &str, pins: &str) -> &Self {
        let uri = if archive.contains("uri = ") {
            String::new()
        } else {
            format!("uri = \"{}\"\n", self.served.uri("debian"))
        };
        let signed = if archive.contains("signed-by") { "" } else { "signed-by = \"keys/test.asc\"\n" };
        self.work.write(
            "pins.toml",
            format!(
                "version = 1\n\n[image]\nplatforms = [{platforms}]\n\n[archives.debian]\n{uri}{archive}\n{signed}\n{pins}"
            ),
        );
        self
    }

    /// pins.toml with a text replaced.
    #[track_caller]
    pub fn edit(&self, old: &str, new: &str) -> &Self {
        let text = self.work.read("pins.toml");
        assert!(text.contains(old), "{old:?} is not in\n{text}");
        self.work.write("pins.toml", text.replacen(old, new, 1));
        self
    }

    #[track_caller]
    pub fn run(&self, arguments: &[&str]) -> Ran {
        self.work.run(arguments)
    }

    /// A run that writes nothing and says exactly one error or alarm.
    #[track_caller]
    pub fn refused(&self, arguments: &[&str], code: i32, says: &[&str]) {
        let ran = one_error(idle(&self.work, arguments).code(code));
        says.iter().fold(ran, |ran, text| ran.says(text));
    }

    /// The lock as JSON.
    pub fn lock(&self) -> serde_json::Value {
        serde_json::from_slice(&self.work.bytes("pins.lock")).unwrap()
    }

    /// The values of a pin in the lock.
    pub fn values(&self, pin: &str) -> serde_json::Value {
        self.lock()["pins"][pin]["values"].clone()
    }

    /// The artifact of a package file in the lock.
    #[track_caller]
    pub fn artifact(&self, pin: &str, file: &str) -> serde_json::Value {
        let lock = self.lock();
        let all = lock["pins"][pin]["artifacts"].as_array().unwrap().clone();
        let ends = |a: &&serde_json::Value| {
            [&a["url"], &a["path"]].iter().any(|t| t.as_str().is_some_and(|t| t.replace("%2B", "+").ends_with(file)))
        };
        all.iter().find(ends).unwrap_or_else(|| panic!("no {file} in {all:#?}")).clone()
    }

    /// The names of the files in a folder of the image.
    pub fn folder(&self, name: &str) -> Vec<String> {
        let mut all: Vec<String> = std::fs::read_dir(self.work.image().join(name))
            .unwrap()
            .map(|e| e.unwrap().file_name().into_string().unwrap())
            .collect();
        all.sort();
        all
    }
}
