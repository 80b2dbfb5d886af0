//! `hook install` and `hook uninstall`: our hook into git's folder, and out of it.
//!
//! A hook that is not ours is never written, renamed or removed: the line to add to it is told.
//! Each is written beside its place and then renamed, so that git never runs half of one.

use std::io::{ErrorKind, Read as _, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use super::super::project::failure;
use super::text::{LINE, Whose, text, whose};
use crate::model::{Class, Failure, Place, Trouble, quoted, visible};

/// The hooks that git runs before it commits: a commit, and a merge that needs no help. A merge that
/// was finished by hand is a commit to git.
const HOOKS: [&str; 2] = ["pre-commit", "pre-merge-commit"];

/// No hook is read further: bytes.
const CAP: u64 = 1 << 20;

/// What mends the hook of the pre-commit framework.
const FRAMEWORK: &str = "name dubo-pin's hook in .pre-commit-config.yaml instead";

/// What became of the hooks.
#[derive(Debug, Default)]
pub struct Placed {
    /// What was done, a line each.
    pub lines: Vec<String>,
    /// Hooks that are somebody else's, each with what to do.
    pub failures: Vec<Failure>,
}

/// What stands at a hook's place.
enum Stands {
    Nothing,
    Hook {
        whose: Whose,
        runs: bool,
    },
    /// A folder, a symlink that leads nowhere…
    Odd(&'static str),
}

/// Writes the hooks into a folder, which is made if need be. `shown` is the folder as the user
/// knows it.
///
/// # Errors
/// What the system says.
pub fn install(folder: &Path, shown: &Path) -> Result<Placed, Vec<Failure>> {
    std::fs::create_dir_all(folder).map_err(|e| vec![undone(shown, "made", &e)])?;
    each(folder, shown, |path, name, stands, placed| {
        match stands {
            Stands::Nothing => {
                write(path, false)?;
                placed.lines.push(format!("{name}: written"));
            }
            Stands::Hook { whose: Whose::Ours, runs: true } => placed.lines.push(format!("{name}: there already")),
            Stands::Hook { whose: Whose::Ours | Whose::Older, .. } => {
                write(path, true)?;
                placed.lines.push(format!("{name}: renewed"));
            }
            Stands::Hook { whose: Whose::Calls, runs: true } => {
                placed.lines.push(format!("{name}: somebody else's, which runs dubo-pin already"));
            }
            Stands::Hook { whose: Whose::Calls, runs: false } => {
                placed.failures.push(theirs(name, "it is not executable, so git does not run it", "chmod +x it"));
            }
            Stands::Hook { whose: Whose::Theirs, .. } => {
                let help = format!("add this line where it may still stop the commit: {LINE}");
                placed.failures.push(theirs(name, "it is left as it is", &help));
            }
            Stands::Hook { whose: Whose::Framework, .. } => {
                placed.failures.push(theirs(name, "it is the pre-commit framework's", FRAMEWORK));
            }
            Stands::Odd(what) => {
                placed.failures.push(theirs(name, &format!("it is {what}"), "take it away, then install again"));
            }
        }
        Ok(())
    })
}

/// Removes the hooks that this program wrote, and no other.
///
/// # Errors
/// What the system says.
pub fn uninstall(folder: &Path, shown: &Path) -> Result<Placed, Vec<Failure>> {
    each(folder, shown, |path, name, stands, placed| {
        match stands {
            Stands::Nothing => placed.lines.push(format!("{name}: not there")),
            Stands::Hook { whose: Whose::Ours | Whose::Older, .. } => {
                std::fs::remove_file(path)?;
                placed.lines.push(format!("{name}: removed"));
            }
            Stands::Hook { whose: Whose::Calls, .. } => {
                placed.failures.push(theirs(name, "it is left as it is", "take `dubo-pin hook run` out of it by hand"));
            }
            Stands::Hook { whose: Whose::Theirs | Whose::Framework, .. } | Stands::Odd(_) => {
                placed.lines.push(format!("{name}: somebody else's, left as it is"));
            }
        }
        Ok(())
    })
}

/// Looks at each hook, and does something about it.
fn each(
    folder: &Path,
    shown: &Path,
    mut act: impl FnMut(&Path, &str, Stands, &mut Placed) -> std::io::Result<()>,
) -> Result<Placed, Vec<Failure>> {
    let mut placed = Placed::default();
    for hook in HOOKS {
        let (path, name) = (folder.join(hook), shown.join(hook));
        let stands = look(&path).map_err(|e| vec![undone(&name, "read", &e)])?;
        let text = visible(&name.to_string_lossy()).into_owned();
        act(&path, &text, stands, &mut placed).map_err(|e| vec![undone(&name, "written", &e)])?;
    }
    Ok(placed)
}

fn look(path: &Path) -> std::io::Result<Stands> {
    let about = match std::fs::symlink_metadata(path) {
        Ok(about) => about,
        Err(e) if e.kind() == ErrorKind::NotFound => return Ok(Stands::Nothing),
        Err(e) => return Err(e),
    };
    let is_link = about.is_symlink();
    let about = match std::fs::metadata(path) {
        Ok(about) => about,
        Err(e) if is_link && e.kind() == ErrorKind::NotFound => return Ok(Stands::Odd("a symlink to nothing")),
        Err(e) => return Err(e),
    };
    if !about.is_file() {
        return Ok(Stands::Odd("no file"));
    }
    let mut bytes = Vec::new();
    std::fs::File::open(path)?.take(CAP).read_to_end(&mut bytes)?;
    let whose = match whose(&bytes) {
        // What a link leads to is shared with others.
        Whose::Ours | Whose::Older if is_link => Whose::Calls,
        whose => whose,
    };
    Ok(Stands::Hook { whose, runs: about.permissions().mode() & 0o100 != 0 })
}

/// Writes our hook; `over` one of ours, otherwise never over what somebody put there since.
fn write(path: &Path, over: bool) -> std::io::Result<()> {
    let folder = path.parent().map_or_else(PathBuf::new, Path::to_path_buf);
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(text().as_bytes())?;
    file.as_file().set_permissions(std::fs::Permissions::from_mode(0o755))?;
    file.as_file().sync_all()?;
    let kept = if over { file.persist(path) } else { file.persist_noclobber(path) };
    kept.map(drop).map_err(|e| e.error)
}

fn theirs(name: &str, why: &str, help: &str) -> Failure {
    let trouble = Trouble::new(format!("the hook is somebody else's: {why}")).at(Place::file(name));
    failure(Class::Differs, trouble.help(help))
}

fn undone(path: &Path, doing: &str, error: &std::io::Error) -> Failure {
    let shown = quoted(&path.to_string_lossy());
    failure(Class::Undone, Trouble::new(format!("{shown} cannot be {doing}: {error}")))
}
