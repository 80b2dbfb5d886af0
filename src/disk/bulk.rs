//! Many files hashed at once, and what stands in a folder.
//!
//! For `verify`, which hashes all vendored bytes each time, and for `refresh`, which asks what
//! stands where it would write. Only reads. Each folder is opened once, relative to the root, and
//! no symlink is followed; names and digests are compared by others.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use rustix::fs::FileType;
use sha2::Digest as _;

use crate::model::{RelPath, Sha256};

use super::DiskError;
use super::held::{Folder, Plain};
use super::root::Root;

/// How much is read at once: bytes. Measured: more is not faster.
const BLOCK: usize = 128 * 1024;

/// From this size on, a file is a job of its own: bytes.
const LARGE: u64 = 1024 * 1024;

/// This many small files of one folder are one job.
const BATCH: usize = 64;

/// So many large files are read at once: two cores hash faster than that many disks deliver.
const LARGE_WORKERS: usize = 4;

/// A file that grew past what is expected is read so far at most: bytes.
const EXCESS: u64 = 256 * 1024 * 1024;

/// How many entries of a folder are looked at.
const ENTRIES: usize = 1_000_000;

/// A plain file as it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Found {
    /// How many bytes.
    pub size: u64,
    /// Their digest; `None` if there are far more than expected, so that they were not read.
    pub sha256: Option<Sha256>,
    /// Whether its owner may execute it: the one bit that git keeps.
    pub executable: bool,
}

/// What a file is, `None` if it or a folder on the way is missing, or why that cannot be told.
pub type Looked = Result<Option<Found>, DiskError>;

/// Something in a folder.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Inside {
    /// Its path below the root; bytes that are not UTF-8 are replaced.
    pub path: String,
    /// What it is, such as `a file`, `a symlink`, `an empty folder`.
    pub what: &'static str,
}

struct Job<'a> {
    folder: &'a str,
    files: Vec<usize>,
    size: u64,
}

/// Large files first and alone, then the small ones by folder, in batches.
fn jobs(files: &[(RelPath, u64)]) -> (Vec<Job<'_>>, usize) {
    let mut large = Vec::new();
    let mut small: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (at, (path, size)) in files.iter().enumerate() {
        let folder = path.as_str().rsplit_once('/').map_or("", |(folder, _)| folder);
        if *size >= LARGE {
            large.push(Job { folder, files: vec![at], size: *size });
        } else {
            small.entry(folder).or_default().push(at);
        }
    }
    large.sort_by_key(|job| std::cmp::Reverse(job.size));
    let count = large.len();
    let batches = small.into_iter().flat_map(|(folder, all)| {
        let batch = move |files: &[usize]| Job { folder, files: files.to_vec(), size: 0 };
        all.chunks(BATCH).map(batch).collect::<Vec<_>>()
    });
    large.extend(batches);
    (large, count)
}

fn workers(jobs: usize, large: usize, held: bool) -> usize {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    // A held file is unpacked whole, in memory, by the processor: more workers only take more of it.
    if held {
        return cores.clamp(1, LARGE_WORKERS).min(jobs.div_ceil(2)).max(1);
    }
    let many = if jobs > large { (4 * cores).max(8) } else { LARGE_WORKERS };
    many.min(jobs).max(1)
}

impl Root {
    /// What each of these files is, in their order. The number beside each is the size that it
    /// should have: the largest are begun first, and what is far larger is not read.
    #[must_use]
    pub fn hash_all(&self, files: &[(RelPath, u64)]) -> Vec<Looked> {
        let (jobs, large) = jobs(files);
        let next = AtomicUsize::new(0);
        let done = Mutex::new(Vec::with_capacity(files.len()));
        let work = || {
            let mut block = vec![0; BLOCK];
            while let Some(job) = jobs.get(next.fetch_add(1, Ordering::Relaxed)) {
                let answers = self.run(job, files, &mut block);
                done.lock().unwrap_or_else(std::sync::PoisonError::into_inner).extend(answers);
            }
        };
        match workers(jobs.len(), large, self.is_held()) {
            1 => work(),
            workers => std::thread::scope(|scope| {
                for _ in 0..workers {
                    scope.spawn(work);
                }
            }),
        }
        let mut done = done.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
        done.sort_by_key(|(at, _)| *at);
        done.into_iter().map(|(_, looked)| looked).collect()
    }

    fn run(&self, job: &Job<'_>, files: &[(RelPath, u64)], block: &mut [u8]) -> Vec<(usize, Looked)> {
        let mut folder: Option<Folder<'_>> = None;
        let mut answers = Vec::with_capacity(job.files.len());
        for at in &job.files {
            let Some((path, size)) = files.get(*at) else { continue };
            if folder.is_none() {
                match self.open_folder(job.folder) {
                    Ok(Some(opened)) => folder = Some(opened),
                    // Asked again for the next file, since an error is not to be copied.
                    missing_or_not => {
                        answers.push((*at, missing_or_not.map(|_| None)));
                        continue;
                    }
                }
            }
            let name = path.as_str().rsplit('/').next().unwrap_or_default();
            if let Some(folder) = &folder {
                answers.push((*at, found(folder, name, path.as_str(), *size, block)));
            }
        }
        answers
    }

    /// A folder below the root, or the root for the empty path; `None` where nothing is.
    fn open_folder(&self, path: &str) -> Result<Option<Folder<'_>>, DiskError> {
        if path.is_empty() {
            return self.top().map(Some);
        }
        match self.way(path)? {
            Some((above, name)) => above.enter(name, path),
            None => Ok(None),
        }
    }

    /// Everything in a folder and below it that is no folder, and the empty folders; sorted. Empty
    /// if it is not there.
    ///
    /// # Errors
    /// A symlink or a file in its place, a folder that cannot be read, or far too many entries.
    pub fn inside(&self, folder: &RelPath) -> Result<Vec<Inside>, DiskError> {
        let mut out = Vec::new();
        let mut left = ENTRIES;
        if let Some(opened) = self.open_folder(folder.as_str())? {
            walk(&opened, folder.as_str(), &mut left, &mut out)?;
        }
        out.sort();
        Ok(out)
    }

    /// The digests of a file as it stands, with CRLF as LF and with LF as CRLF: what git makes of
    /// text on its way. For a file whose digest is not the expected one.
    ///
    /// # Errors
    /// As [`Root::hash`].
    pub fn hash_without_line_ends(&self, path: &RelPath) -> Result<Option<(Sha256, Sha256)>, DiskError> {
        let Some(mut file) = self.open_file(path)? else { return Ok(None) };
        let (mut lf, mut crlf) = (sha2::Sha256::new(), sha2::Sha256::new());
        let mut block = vec![0; BLOCK];
        let mut held = false;
        let mut left = EXCESS;
        loop {
            let n = read(&mut file, &mut block, path.as_str())?;
            left = left.saturating_sub(n as u64);
            if n == 0 || left == 0 {
                break;
            }
            // A CR at a block's end waits for what follows it.
            let bytes = block.get(..n).unwrap_or_default();
            let mut plain = Vec::with_capacity(n + 1);
            let mut dos = Vec::with_capacity(n + n / 8);
            for byte in bytes {
                if held && *byte != b'\n' {
                    plain.push(b'\r');
                    dos.push(b'\r');
                }
                held = *byte == b'\r';
                match byte {
                    b'\r' => {}
                    b'\n' => {
                        plain.push(b'\n');
                        dos.extend(b"\r\n");
                    }
                    other => {
                        plain.push(*other);
                        dos.push(*other);
                    }
                }
            }
            lf.update(&plain);
            crlf.update(&dos);
        }
        if held {
            lf.update(b"\r");
            crlf.update(b"\r");
        }
        Ok(Some((Sha256::from_bytes(lf.finalize().into()), Sha256::from_bytes(crlf.finalize().into()))))
    }
}

fn read(file: &mut Plain<'_>, block: &mut [u8], path: &str) -> Result<usize, DiskError> {
    loop {
        match file.read(block) {
            Err(e) if e.kind() == std::io::ErrorKind::Interrupted => {}
            read => return read.map_err(|e| DiskError::io(path, "read", e)),
        }
    }
}

fn found(folder: &Folder<'_>, name: &str, path: &str, expected: u64, block: &mut [u8]) -> Looked {
    let Some(mut file) = folder.open_plain(name, path)? else { return Ok(None) };
    let (executable, claimed) = (file.executable(), file.size());
    let most = expected.saturating_add(EXCESS);
    if claimed > most {
        return Ok(Some(Found { size: claimed, sha256: None, executable }));
    }
    let mut hasher = sha2::Sha256::new();
    let mut size = 0_u64;
    loop {
        let n = read(&mut file, block, path)?;
        if n == 0 {
            break;
        }
        size = size.saturating_add(n as u64);
        if size > most {
            return Ok(Some(Found { size, sha256: None, executable }));
        }
        hasher.update(block.get(..n).unwrap_or_default());
    }
    Ok(Some(Found { size, sha256: Some(Sha256::from_bytes(hasher.finalize().into())), executable }))
}

/// Adds what is below a folder; whether there was anything.
fn walk(folder: &Folder<'_>, path: &str, left: &mut usize, out: &mut Vec<Inside>) -> Result<(), DiskError> {
    let before = out.len();
    let too_many = || DiskError::TooMany { pattern: format!("{path}/**"), cap: ENTRIES };
    for (name, kind) in folder.names(path, left, &too_many)? {
        let below = format!("{path}/{}", String::from_utf8_lossy(&name));
        let Ok(name) = std::str::from_utf8(&name) else {
            out.push(Inside { path: below, what: "something whose name is not UTF-8" });
            continue;
        };
        let kind = match kind {
            FileType::Unknown => match folder.look(name, &below)? {
                Some(kind) => kind,
                None => continue,
            },
            known => known,
        };
        let what = match kind {
            FileType::Directory => {
                if let Some(next) = folder.enter(name, &below)? {
                    walk(&next, &below, left, out)?;
                }
                continue;
            }
            FileType::RegularFile => "a file",
            FileType::Symlink => "a symlink",
            FileType::Fifo => "a fifo",
            FileType::Socket => "a socket",
            _ => "a device",
        };
        out.push(Inside { path: below, what });
    }
    if out.len() == before {
        out.push(Inside { path: path.to_owned(), what: "an empty folder" });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    fn put(dir: &std::path::Path, name: &str, bytes: &[u8]) {
        let path = dir.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }

    #[test]
    fn many_small_and_large_files_are_answered_in_the_order_of_the_question() {
        let dir = tempfile::tempdir().unwrap();
        let large = vec![7_u8; 3 << 20];
        put(dir.path(), "a/large", &large);
        let mut asked = Vec::new();
        for i in 0..300 {
            let name = format!("d{}/f{i}", i % 3);
            put(dir.path(), &name, name.as_bytes());
            asked.push((name.parse::<RelPath>().unwrap(), 5));
        }
        asked.insert(150, ("a/large".parse().unwrap(), 3 << 20));
        asked.insert(10, ("none/at/all".parse().unwrap(), 1));
        asked.push(("a/nothing".parse().unwrap(), 2 << 20));
        std::fs::set_permissions(dir.path().join("a/large"), std::fs::Permissions::from_mode(0o755)).unwrap();
        let root = Root::open(dir.path()).unwrap();
        for ((path, _), looked) in asked.iter().zip(root.hash_all(&asked)) {
            let expected = std::fs::read(dir.path().join(path.as_str())).ok().map(|bytes| Found {
                size: bytes.len() as u64,
                sha256: Some(Sha256::of(&bytes)),
                executable: path.as_str() == "a/large",
            });
            assert_eq!(looked.unwrap(), expected, "{path}");
        }
    }

    #[test]
    fn a_symlink_on_the_way_or_at_the_end_is_never_read() {
        let dir = tempfile::tempdir().unwrap();
        put(dir.path(), "real/f", b"x");
        symlink("real", dir.path().join("way")).unwrap();
        symlink("real/f", dir.path().join("f")).unwrap();
        let root = Root::open(dir.path()).unwrap();
        let asked = ["way/f", "way/g", "f", "real"].map(|p| (p.parse::<RelPath>().unwrap(), 1));
        let said: Vec<String> = root.hash_all(&asked).into_iter().map(|l| l.unwrap_err().to_string()).collect();
        let link = |name: &str| format!("`{name}` is a symlink, which dubo-pin does not follow");
        assert_eq!(
            said,
            [link("way"), link("way"), link("f"), "`real` is a folder, where a file is expected".to_owned()]
        );
    }

    #[test]
    fn a_sparse_monster_is_told_by_its_size_and_not_read() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::File::create(dir.path().join("m")).unwrap().set_len(100 << 40).unwrap_or_default();
        let root = Root::open(dir.path()).unwrap();
        let size = std::fs::metadata(dir.path().join("m")).unwrap().len();
        if size > EXCESS {
            let looked = root.hash_all(&[("m".parse().unwrap(), 1)]).pop().unwrap().unwrap();
            assert_eq!(looked, Some(Found { size, sha256: None, executable: false }));
        }
    }

    #[test]
    fn a_folder_tells_all_that_is_in_it_and_what_is_empty() {
        let dir = tempfile::tempdir().unwrap();
        put(dir.path(), "v/a", b"");
        put(dir.path(), "v/d/b", b"");
        std::fs::create_dir_all(dir.path().join("v/e/e")).unwrap();
        symlink("/", dir.path().join("v/root")).unwrap();
        let root = Root::open(dir.path()).unwrap();
        let all = root.inside(&"v".parse().unwrap()).unwrap();
        let all: Vec<(&str, &str)> = all.iter().map(|i| (i.path.as_str(), i.what)).collect();
        assert_eq!(
            all,
            [("v/a", "a file"), ("v/d/b", "a file"), ("v/e/e", "an empty folder"), ("v/root", "a symlink")]
        );
        assert_eq!(root.inside(&"none".parse().unwrap()).unwrap(), []);
        symlink("v", dir.path().join("w")).unwrap();
        assert!(matches!(root.inside(&"w".parse().unwrap()), Err(DiskError::Symlink(_))));
    }

    #[test]
    fn line_ends_are_told_apart_over_blocks() {
        let dir = tempfile::tempdir().unwrap();
        let root = Root::open(dir.path()).unwrap();
        // A CR at the very end of a block, one that stands alone, one at the end.
        let head = "x".repeat(BLOCK - 1);
        let text = format!("{head}\r\na\rb\r\r\n\n\r");
        put(dir.path(), "f", text.as_bytes());
        let (lf, crlf) = root.hash_without_line_ends(&"f".parse().unwrap()).unwrap().unwrap();
        assert_eq!(lf, Sha256::of(format!("{head}\na\rb\r\n\n\r").as_bytes()));
        assert_eq!(crlf, Sha256::of(format!("{head}\r\na\rb\r\r\n\r\n\r").as_bytes()));
    }
}
