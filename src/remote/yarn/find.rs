//! Which yarn is the project's own.
//!
//! As yarn's launchers choose: what the folder itself brings, then what `packageManager` names, then
//! the one on the path. Nothing is downloaded for it.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::disk::Root;
use crate::model::{RelPath, quoted, visible};
use crate::remote::process;

use super::{YarnError, YarnOptions, Yarns, executable};

/// How long a program may take to say its version. Node on a busy machine takes seconds.
const PATIENCE: Duration = Duration::from_secs(60);
/// The largest yarn.js that is taken: bytes. Those of berry have 3 MB.
const RELEASE: u64 = 64 << 20;

/// Which of the two programs called yarn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Line {
    /// yarn 1.
    Classic,
    /// berry, by the `__metadata.version` of its yarn.lock: up to 6 is yarn 2 and 3, from 7 on yarn 4.
    Berry(u32),
}

impl Line {
    fn takes(self, major: u64) -> bool {
        match self {
            Self::Classic => major == 1,
            Self::Berry(metadata) if metadata < 7 => matches!(major, 2 | 3),
            Self::Berry(_) => major >= 4,
        }
    }

    fn wanted(self) -> &'static str {
        match self {
            Self::Classic => "yarn 1",
            Self::Berry(metadata) if metadata < 7 => "yarn 3",
            Self::Berry(_) => "yarn 4",
        }
    }

    fn lock(self) -> String {
        match self {
            Self::Classic => "yarn.lock is of yarn 1".to_owned(),
            Self::Berry(metadata) => format!("yarn.lock (metadata version {metadata}) is of {}", self.wanted()),
        }
    }

    fn help(self) -> String {
        match self {
            Self::Classic => "npm install --global yarn@1, or name its yarn.js in DUBO_PIN_YARN".to_owned(),
            Self::Berry(_) => {
                "yarn set version, committed with the folder (yarnPath); or `corepack prepare yarn@VERSION`; or DUBO_PIN_YARN"
                    .to_owned()
            }
        }
    }
}

/// What the folder says of its yarn.
#[derive(Clone, Copy, Debug)]
pub struct Project<'a> {
    /// Which yarn wrote yarn.lock.
    pub line: Line,
    /// The folder of pins.toml.
    pub root: &'a Root,
    /// The project's folder below it; `None` is that one itself.
    pub folder: Option<&'a RelPath>,
    /// `yarnPath` or `yarn-path`, as written.
    pub yarn_path: Option<&'a str>,
    /// `packageManager` of package.json, as written.
    pub package_manager: Option<&'a str>,
}

/// A yarn that can be run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Yarn {
    /// Which of the two.
    pub line: Line,
    /// `4.18.1`.
    pub version: String,
    /// What the user would call it: a path, or `corepack`.
    pub shown: String,
    program: PathBuf,
    first: Vec<OsString>,
}

impl Yarn {
    /// The command, without the arguments of what is to be done.
    pub(super) fn argv(&self) -> impl Iterator<Item = OsString> + '_ {
        std::iter::once(self.program.clone().into_os_string()).chain(self.first.iter().cloned())
    }

    /// Major and minor of its version.
    pub(super) fn release(&self) -> (u64, u64) {
        let mut parts = self.version.split('.').map(|p| p.parse().unwrap_or_default());
        (parts.next().unwrap_or_default(), parts.next().unwrap_or_default())
    }
}

impl Yarns<'_> {
    /// Finds the project's own yarn: `DUBO_PIN_YARN`, the file of `yarnPath`, `packageManager`
    /// through corepack, the first fitting one on the path.
    ///
    /// # Errors
    /// node, git or a fitting yarn is missing; the one that is named is of another major version, or
    /// lies outside the folder.
    pub fn find(&self, project: &Project<'_>) -> Result<Yarn, YarnError> {
        let options = self.options;
        let node = options.on_path("node").ok_or_else(|| YarnError::Missing {
            what: "node".to_owned(),
            why: "yarn needs it",
            help: "install nodejs, or run this where the project is built".to_owned(),
        })?;
        if options.on_path("git").is_none() {
            return Err(YarnError::Missing {
                what: "git".to_owned(),
                why: "yarn fetches git packages with it",
                help: "install git".to_owned(),
            });
        }
        if let Some(program) = &options.program {
            return of_program(options, &node, program, project.line);
        }
        if let Some(path) = project.yarn_path {
            return of_program(options, &node, &in_folder(project, path)?, project.line);
        }
        let named = project.package_manager.and_then(|text| text.strip_prefix("yarn@"));
        // `4.1.0+sha224.…`: corepack checks the digest.
        let bare = named.map(|n| n.split('+').next().unwrap_or(n));
        if let Some(version) = bare
            && !project.line.takes(major(version))
        {
            return Err(YarnError::Other {
                program: "packageManager".to_owned(),
                version: visible(version).into_owned(),
                lock: project.line.lock(),
                help: "run `yarn install` with the yarn that package.json names, and look at what it changes"
                    .to_owned(),
            });
        }
        if let (Some(version), Some(corepack)) = (named, options.on_path("corepack"))
            && version.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-+".contains(&b))
        {
            let first = vec![OsString::from(format!("yarn@{version}"))];
            let shown = format!("corepack yarn@{version}");
            if let Ok(yarn) = asked(options, corepack, first, shown, project.line) {
                return Ok(yarn);
            }
        }
        self.on_the_path(project, bare)
    }

    fn on_the_path(&self, project: &Project<'_>, version: Option<&str>) -> Result<Yarn, YarnError> {
        let names: &[&str] = match project.line {
            Line::Classic => &["yarn", "yarnpkg", "yarnv1", "yarn1"],
            Line::Berry(_) => &["yarn", "yarnpkg"],
        };
        let mut other = None;
        for name in names {
            let found = self.options.path.iter().filter(|p| p.is_absolute()).map(|p| p.join(name));
            for program in found.filter(|p| executable(p)) {
                let shown = program.display().to_string();
                match asked(self.options, program, Vec::new(), shown, project.line) {
                    Ok(yarn) if version.is_none_or(|v| major(v) == yarn.release().0) => return Ok(yarn),
                    Ok(_) => {}
                    Err(e) => other = other.or(Some(e)),
                }
            }
        }
        let wanted = version.map_or_else(|| project.line.wanted().to_owned(), |v| format!("yarn {}", visible(v)));
        Err(other.filter(|e| matches!(e, YarnError::Other { .. })).unwrap_or(YarnError::Missing {
            what: wanted,
            why: "only the project's own yarn writes its yarn.lock",
            help: project.line.help(),
        }))
    }
}

/// The file that the folder names, if it is one of its own.
fn in_folder(project: &Project<'_>, written: &str) -> Result<PathBuf, YarnError> {
    let refused = |why: String| YarnError::Refused(format!("yarnPath {} cannot be run: {why}", quoted(written)));
    let below = written.strip_prefix("./").unwrap_or(written);
    let path = match project.folder {
        Some(folder) => format!("{folder}/{below}"),
        None => below.to_owned(),
    };
    let path: RelPath = path.parse().map_err(|_| refused("it is not a file of the folder".to_owned()))?;
    match project.root.read(&path, RELEASE) {
        Ok(Some(_)) => {
            let dir = project.root.dir();
            let dir = if dir.as_os_str().is_empty() { Path::new(".") } else { dir };
            dir.canonicalize().map(|dir| path.under(&dir)).map_err(|e| refused(e.to_string()))
        }
        Ok(None) => Err(refused("it is not there".to_owned())),
        Err(e) => Err(refused(e.to_string())),
    }
}

fn of_program(options: &YarnOptions, node: &Path, program: &Path, line: Line) -> Result<Yarn, YarnError> {
    let shown = program.display().to_string();
    let script = program.extension().is_some_and(|e| ["js", "cjs", "mjs"].iter().any(|x| e == *x));
    if !program.is_file() {
        return Err(YarnError::Missing {
            what: quoted(&shown),
            why: "it is named as the yarn to run",
            help: "DUBO_PIN_YARN is the path of a yarn program, or of its yarn.js".to_owned(),
        });
    }
    let program = std::path::absolute(program).map_err(|e| YarnError::local("looking for yarn", e))?;
    if script {
        return asked(options, node.to_owned(), vec![program.into_os_string()], shown, line);
    }
    asked(options, program, Vec::new(), shown, line)
}

/// Asks a program for its version, in an empty folder, where no setting of a project's counts.
fn asked(
    options: &YarnOptions,
    program: PathBuf,
    first: Vec<OsString>,
    shown: String,
    line: Line,
) -> Result<Yarn, YarnError> {
    let empty = tempfile::tempdir().map_err(|e| YarnError::local("making a temporary folder", e))?;
    let mut command = Command::new(&program);
    command.args(&first).arg("--version").current_dir(empty.path()).env_clear();
    command.envs(super::environment::plain(options, empty.path()));
    let silent = |why: String| YarnError::Silent { program: shown.clone(), why };
    let output = process::run(command, b"", 64 * 1024, PATIENCE).map_err(silent)?;
    let text = String::from_utf8_lossy(&output);
    let version = text.trim().to_owned();
    if version.is_empty() || version.len() > 64 || !version.starts_with(|c: char| c.is_ascii_digit()) {
        return Err(silent(format!("it says {}", quoted(&version))));
    }
    let version = visible(&version).into_owned();
    if line.takes(major(&version)) {
        return Ok(Yarn { line, version, shown, program, first });
    }
    Err(YarnError::Other { program: shown, version, lock: line.lock(), help: line.help() })
}

fn major(version: &str) -> u64 {
    version.split('.').next().and_then(|m| m.parse().ok()).unwrap_or_default()
}
