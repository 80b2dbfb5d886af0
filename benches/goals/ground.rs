//! Where everything is measured: a folder that goes away, a home in which nothing is configured, and
//! a bash that takes the time.
//!
//! For all groups of goals.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::Result;

/// What one run of a script took, in seconds.
pub struct Sample {
    pub wall: f64,
    /// User and system time of everything the script ran.
    pub cpu: f64,
}

impl Sample {
    pub fn wall(&self) -> f64 {
        self.wall
    }

    pub fn cpu(&self) -> f64 {
        self.cpu
    }
}

/// Ours and the peer's, one after the other.
pub struct Pair {
    pub ours: Sample,
    pub peer: Sample,
}

/// The folder, and the program that is measured.
pub struct Ground {
    folder: tempfile::TempDir,
    program: PathBuf,
    /// How many pairs are measured where a pair takes no more than a few seconds.
    pub count: usize,
    /// Everything small: to see that it works.
    pub quick: bool,
}

impl Ground {
    pub fn make(program: &Path, count: usize, quick: bool) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        std::fs::create_dir(folder.path().join("home"))?;
        Ok(Self { folder, program: program.to_owned(), count, quick })
    }

    /// How many pairs are measured where one takes long.
    pub fn few(&self) -> usize {
        self.count.min(3)
    }

    /// A path in the folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a file, and the folders above it.
    pub fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> Result<()> {
        let path = self.path(name);
        if let Some(above) = path.parent() {
            std::fs::create_dir_all(above)?;
        }
        Ok(std::fs::write(path, bytes)?)
    }

    /// What a refresh wrote into an image's folder.
    pub fn state(&self, image: &str) -> Result<(Vec<u8>, Vec<u8>)> {
        let read = |name: &str| std::fs::read(self.path(image).join(name));
        Ok((read("pins.lock")?, read("Dockerfile")?))
    }

    /// How many MiB may still be written here.
    pub fn room(&self) -> Result<u64> {
        Ok(self.said("df -Pm . | awk 'NR == 2 { print $4 }'")?.parse()?)
    }

    /// A bash that knows nothing of the machine's configuration.
    #[allow(clippy::disallowed_methods, reason = "a bench's own environment")]
    pub fn bash(&self, script: &str) -> Command {
        let mut command = Command::new("bash");
        command
            .args(["--noprofile", "--norc", "-c", script])
            .current_dir(self.folder.path())
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.folder.path().join("home"))
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("LC_ALL", "C")
            .env("DUBO_PIN", &self.program)
            .stdin(Stdio::null());
        command
    }

    /// Runs a script and gives what it says.
    pub fn said(&self, script: &str) -> Result<String> {
        let output = self.bash(script).output()?;
        let said = String::from_utf8_lossy(&output.stdout).trim_end().to_owned();
        if output.status.success() {
            return Ok(said);
        }
        let complaint = String::from_utf8_lossy(&output.stderr);
        Err(format!("`{script}` ended with {}:\n{said}\n{complaint}", output.status).into())
    }

    /// Runs a script and takes its time: bash's own, which sees all that the script waited for.
    pub fn time(&self, script: &str) -> Result<Sample> {
        let timed = format!("TIMEFORMAT='%3R %3U %3S'\ntime {{ {script}\n}} >/dev/null 2>errors");
        let output = self.bash(&timed).output()?;
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        if !output.status.success() {
            let complaint = std::fs::read_to_string(self.folder.path().join("errors")).unwrap_or_default();
            return Err(format!("`{script}` ended with {}: {complaint}{said}", output.status).into());
        }
        let seconds: Vec<f64> = said.split_whitespace().map(str::parse).collect::<std::result::Result<_, _>>()?;
        match *seconds.as_slice() {
            [wall, user, system] => Ok(Sample { wall, cpu: user + system }),
            _ => Err(format!("bash gave no times but {said:?}").into()),
        }
    }

    /// Both scripts in turn, the first one first in every second pair.
    pub fn pairs(&self, count: usize, ours: &str, peer: &str) -> Result<Vec<Pair>> {
        self.pairs_after(count, ours, peer, || Ok(()))
    }

    /// The same, with something done before each script, whose time is not taken.
    pub fn pairs_after(
        &self,
        count: usize,
        ours: &str,
        peer: &str,
        before: impl Fn() -> Result<()>,
    ) -> Result<Vec<Pair>> {
        let time = |script: &str| {
            before()?;
            self.time(script)
        };
        // Once each beforehand: whatever is read from disk then is in memory for both.
        if !self.quick {
            time(ours)?;
            time(peer)?;
        }
        let mut pairs = Vec::with_capacity(count);
        for n in 0..count {
            let pair = if n % 2 == 0 {
                let ours = time(ours)?;
                Pair { ours, peer: time(peer)? }
            } else {
                let peer = time(peer)?;
                Pair { ours: time(ours)?, peer }
            };
            pairs.push(pair);
        }
        Ok(pairs)
    }
}
