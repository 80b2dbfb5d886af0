//! Debian's docker-registry on loopback, a port of its own, stopped when dropped.

use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

/// A running registry over a folder.
pub struct Real {
    child: Child,
    pub address: SocketAddr,
}

impl Real {
    /// Starts one; `auth` is the YAML below `auth:`, if it wants logins. The caller asked
    /// [`super::have`] for `docker-registry` before.
    pub fn start(folder: &Path, auth: Option<&str>) -> Self {
        Self::start_on("127.0.0.1:0", folder, auth)
    }

    /// …on another address.
    pub fn start_on(address: &str, folder: &Path, auth: Option<&str>) -> Self {
        let data = folder.join("data");
        let mut config = format!(
            "version: 0.1\nlog:\n  level: info\nstorage:\n  filesystem:\n    rootdirectory: {}\n  delete:\n    enabled: true\nhttp:\n  addr: '{address}'\n  secret: test\n",
            data.display()
        );
        if let Some(auth) = auth {
            config += &format!("auth:\n{auth}");
        }
        let path = folder.join(if auth.is_some() { "locked.yml" } else { "open.yml" });
        std::fs::write(&path, config).unwrap();
        let mut command = Command::new("docker-registry");
        command.arg("serve").arg(&path).env("OTEL_TRACES_EXPORTER", "none");
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let stderr = child.stderr.take().unwrap();
        let (send, receive) = mpsc::channel();
        // Read to the end, so that it never waits for us.
        std::thread::spawn(move || {
            for line in BufReader::new(stderr).lines().map_while(Result::ok) {
                let at = line.split("listening on ").nth(1).map(|rest| rest.split(['"', ',', ' ']).next().unwrap());
                if let Some(Ok(address)) = at.map(str::parse) {
                    let _ = send.send(address);
                }
            }
        });
        let address = receive.recv_timeout(Duration::from_secs(20)).expect("docker-registry does not start");
        Self { child, address }
    }

    /// `127.0.0.1:port`: the host of references.
    pub fn host(&self) -> String {
        self.address.to_string()
    }
}

impl Drop for Real {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
