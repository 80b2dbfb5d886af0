//! The real tools as an oracle: apt with a folder of its own, dpkg-deb over one file.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::{Command, Output};

use super::Key;
use crate::support::have;

/// apt as if on another machine: nothing of this one's is read or written.
pub struct Apt {
    folder: tempfile::TempDir,
    architectures: Vec<String>,
}

impl Apt {
    /// None where the machine has no apt, which is told. The first architecture is the own one.
    pub fn new<const N: usize>(architectures: [&str; N]) -> Option<Self> {
        if !(have("apt-get") && have("apt-cache")) {
            return None;
        }
        let folder = tempfile::tempdir().unwrap();
        for name in
            ["etc/apt.conf.d", "etc/preferences.d", "etc/trusted.gpg.d", "lists/partial", "cache/archives/partial"]
        {
            std::fs::create_dir_all(folder.path().join(name)).unwrap();
        }
        std::fs::write(folder.path().join("status"), "").unwrap();
        Some(Self { folder, architectures: architectures.map(str::to_owned).to_vec() })
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Trusts these keys, and draws from these: `http://… suite component…`.
    pub fn sources(&self, keys: &[&Key], lines: &[&str]) {
        let armored: String = keys.iter().map(|k| k.armored()).collect();
        std::fs::write(self.path("etc/key.asc"), armored).unwrap();
        let key = self.path("etc/key.asc");
        let text: String = lines.iter().map(|l| format!("deb [signed-by={}] {l}\n", key.display())).collect();
        std::fs::write(self.path("etc/sources.list"), text).unwrap();
    }

    /// Draws from these lines as they are.
    pub fn plain(&self, lines: &[&str]) {
        std::fs::write(self.path("etc/sources.list"), lines.join("\n") + "\n").unwrap();
    }

    /// A file in its folder, such as `etc/sources.list.d/x.sources`.
    pub fn put(&self, name: &str, bytes: &[u8]) {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }

    /// Its configuration, for `APT_CONFIG`, with more lines of it.
    pub fn configured(&self, more: &str) -> PathBuf {
        let list: String = self.architectures.iter().map(|a| format!("APT::Architectures {{ \"{a}\"; }};\n")).collect();
        let root = self.folder.path().display();
        let config = format!(
            "Dir \"{root}\";\nDir::Etc \"{root}/etc\";\nDir::State \"{root}\";\nDir::State::status \"{root}/status\";\nDir::State::lists \"{root}/lists\";\nDir::Cache \"{root}/cache\";\nDir::Log \"{root}\";\n#clear APT::Architectures;\nAPT::Architecture \"{}\";\n{list}APT::Sandbox::User \"root\";\nAcquire::Languages \"none\";\nAcquire::Retries \"0\";\nAcquire::http::Proxy \"DIRECT\";\nAcquire::AllowInsecureRepositories \"false\";\n{more}",
            self.architectures[0]
        );
        self.put("apt.conf", config.as_bytes());
        self.path("apt.conf")
    }

    fn run(&self, program: &str, arguments: &[&str]) -> Output {
        let mut command = Command::new(program);
        command.args(arguments).env("APT_CONFIG", self.configured("")).env("LC_ALL", "C.UTF-8");
        command.env_remove("http_proxy").env_remove("HTTP_PROXY").env_remove("all_proxy").output().unwrap()
    }

    /// `apt-get update`: everything it said, and whether every source was believed.
    pub fn update(&self) -> (bool, String) {
        let out = self.run("apt-get", &["update", "-o", "APT::Update::Error-Mode=any"]);
        let said = format!("{}{}", String::from_utf8_lossy(&out.stdout), String::from_utf8_lossy(&out.stderr));
        (out.status.success(), said)
    }

    /// The Packages indices that it draws from, unpacked, in its order.
    pub fn indices(&self) -> Vec<String> {
        let listed = self.run("apt-get", &["indextargets", "--format", "$(FILENAME)", "Created-By: Packages"]);
        let files = String::from_utf8(listed.stdout).unwrap();
        let read = |file: &str| {
            let out = self.run("/usr/lib/apt/apt-helper", &["cat-file", file]);
            String::from_utf8(out.stdout).unwrap()
        };
        files.lines().map(read).collect()
    }

    /// What `apt-cache` prints.
    pub fn cache(&self, arguments: &[&str]) -> String {
        String::from_utf8(self.run("apt-cache", arguments).stdout).unwrap()
    }

    /// The candidate of `apt-cache policy`.
    pub fn candidate(&self, package: &str) -> Option<String> {
        self.candidates(&[package.to_owned()]).remove(package)
    }

    /// The same of many at once; those without one are left out.
    pub fn candidates(&self, packages: &[String]) -> BTreeMap<String, String> {
        let mut arguments = vec!["policy"];
        arguments.extend(packages.iter().map(String::as_str));
        let (mut out, mut name) = (BTreeMap::new(), "");
        for line in self.cache(&arguments).lines() {
            if let Some(head) = line.strip_suffix(':').filter(|l| !l.starts_with(' ')) {
                name = head;
            }
            if let Some(version) = line.trim().strip_prefix("Candidate: ").filter(|v| *v != "(none)") {
                out.insert(name.to_owned(), version.to_owned());
            }
        }
        out
    }

    /// The SHA256 that `apt-cache show` gives for exactly this version.
    pub fn sha256(&self, package: &str, version: &str) -> Option<String> {
        let text = self.cache(&["show", &format!("{package}={version}")]);
        text.lines().find_map(|l| l.strip_prefix("SHA256: ")).map(str::to_owned)
    }

    /// The .deb as apt fetches and checks it.
    pub fn download(&self, package: &str) -> Option<Vec<u8>> {
        let to = self.path("got");
        std::fs::create_dir_all(&to).unwrap();
        let list = self.run("apt-get", &["download", "--print-uris", package]);
        let line = String::from_utf8(list.stdout).unwrap();
        let name = line.split_whitespace().nth(1)?.to_owned();
        let here = format!("cd '{}' && exec apt-get download '{package}'", to.display());
        let out = self.run("sh", &["-c", &here]);
        out.status.success().then(|| std::fs::read(to.join(name)).unwrap())
    }
}

/// `dpkg-deb` over a .deb: what it prints, or why not.
pub fn dpkg_deb(option: &str, deb: &[u8]) -> Result<String, String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.deb");
    std::fs::write(&path, deb).unwrap();
    let out = Command::new("dpkg-deb").arg(option).arg(&path).output().unwrap();
    if out.status.success() {
        Ok(String::from_utf8(out.stdout).unwrap())
    } else {
        Err(String::from_utf8_lossy(&out.stderr).into_owned())
    }
}
