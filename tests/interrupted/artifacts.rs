//! A refresh of files by URL, a git tar and a Dockerfile with two sites, broken off anywhere: killed
//! at random moments, killed at each call that changes the disk, and failed at each of them.
//!
//! After each: the exit is honest, `verify` tells the truth, the next refresh completes, and what is
//! the user's own is untouched. Not here: the same for git pins that vendor nothing (`killed`).

use std::collections::{BTreeMap, BTreeSet};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Stdio;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use crate::artifacts::{Files, change, files};
use crate::bad_input::Upstream;
use crate::support::http::Server;
use crate::support::program::{Ran, Work, ended, ran};
use crate::support::traces;

/// Every file by its path with its execute bit and bytes, and every folder; `.dubo-pin` by names alone.
type Tree = BTreeMap<String, Option<(bool, Vec<u8>)>>;

fn tree(work: &Work) -> Tree {
    fn walk(folder: &Path, above: &str, out: &mut Tree) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let entry = entry.unwrap();
            let path = format!("{above}{}", entry.file_name().to_str().unwrap());
            if entry.file_type().unwrap().is_dir() {
                walk(&entry.path(), &format!("{path}/"), out);
                out.insert(path + "/", None);
            } else if path.starts_with(".dubo-pin/") && !path.ends_with(".gitignore") {
                out.insert(path, None);
            } else {
                let execute = entry.metadata().unwrap().permissions().mode() & 0o111 != 0;
                out.insert(path, Some((execute, std::fs::read(entry.path()).unwrap())));
            }
        }
    }
    let mut out = Tree::new();
    walk(&work.image(), "", &mut out);
    out
}

/// The files at their places: what the user's tools see.
fn places(tree: &Tree) -> Tree {
    let ours = |path: &str| path.starts_with(".dubo-pin/") || path.ends_with(".dubo-pin-new");
    tree.iter().filter(|(path, what)| what.is_some() && !ours(path)).map(|(p, w)| (p.clone(), w.clone())).collect()
}

/// The folder before and after the refresh, and the servers that it asks.
struct Scene {
    _git: Upstream,
    _http: (Server, Files),
    /// As a fresh clone has it: without `.dubo-pin`.
    old: Tree,
    /// As a refresh leaves it.
    new: Tree,
    /// As a refresh leaves the places if one pin fails and the other goes on: an honest exit 4.
    one_alone: Vec<Tree>,
}

const PLACES: [(&str, &str); 3] = [("linux/amd64", "x64"), ("linux/arm64", "armv8"), ("linux/arm/v7", "armv7hf")];

impl Scene {
    fn new() -> Self {
        let bytes = |age: &str, arch: &str| format!("{age} {arch}\r\n").repeat(3000).into_bytes();
        let (server, served) = files(&[]);
        for (_, arch) in PLACES {
            change(&served, &format!("/bridge_{arch}"), &bytes("old", arch));
        }
        let mut git = Upstream::new(1);
        let work = Work::new();
        let archs: Vec<String> = PLACES.iter().map(|(p, a)| format!("\"{p}\" = \"{a}\"")).collect();
        let platforms: Vec<String> = PLACES.iter().map(|(p, _)| format!("\"{p}\"")).collect();
        let manifest = format!(
            "version = 1\n\n[image]\nplatforms = [{}]\n\n[pins.bridge]\nurl = \"{}/bridge_{{arch}}\"\narch = {{ {} }}\n\
             vendor = \"context/cache/{{platform}}/bridge\"\nexecutable = true\n\
             into = [{{ arg = \"BRIDGE\", value = \"sha256\", platform = \"linux/arm64\" }}]\n\n[pins.widget]\n\
             git = \"{}\"\nversion = \"^1\"\nvendor = \"src/{{version}}/widget.tar\"\ninto = [{{ arg = \"WIDGET\" }}]\n",
            platforms.join(", "),
            server.url(),
            archs.join(", "),
            git.url()
        );
        work.write("pins.toml", manifest)
            .write("Dockerfile", "FROM scratch\n# of mine: \u{e9}dited by hand\nARG BRIDGE=\nARG WIDGET=\nRUN mine\n")
            .write("context/cache/linux/arm64/mine.txt", "nobody tracks this\n")
            .write("context/cache/mine.sh", "#!/bin/sh\n");
        work.run(&["refresh"]).code(0);
        work.run(&["verify"]).code(0);
        let mut old = tree(&work);
        old.retain(|path, _| !path.starts_with(".dubo-pin"));
        for (_, arch) in PLACES {
            change(&served, &format!("/bridge_{arch}"), &bytes("new", arch));
        }
        git.go_on();
        let scene = Self { _git: git, _http: (server, served), old, new: Tree::new(), one_alone: Vec::new() };
        let work = scene.work();
        work.run(&["refresh"]).code(0);
        work.run(&["verify"]).code(0);
        let new = tree(&work);
        let moved = |path: &str| scene.old.get(path) != new.get(path);
        for path in
            ["Dockerfile", "pins.lock", "context/cache/linux/arm/v7/bridge", "src/1.1.0/widget.tar", ".gitattributes"]
        {
            assert!(moved(path), "{path}");
        }
        assert!(!new.contains_key("src/1.0.0/"));
        for path in ["context/cache/linux/arm64/mine.txt", "context/cache/mine.sh"] {
            assert!(!moved(path), "{path}");
        }
        let notes: Vec<_> = new.keys().filter(|p| p.starts_with(".dubo-pin")).collect();
        assert_eq!(notes, [".dubo-pin/", ".dubo-pin/.gitignore", ".dubo-pin/lock"]);
        let alone = |name: &&str| {
            let work = scene.work();
            work.run(&["refresh", name]).code(0);
            places(&tree(&work))
        };
        let one_alone = ["bridge", "widget"].iter().map(alone).collect();
        Self { new, one_alone, ..scene }
    }

    /// A fresh copy of the old folder, with an empty home.
    fn work(&self) -> Work {
        let work = Work::new();
        for (path, what) in &self.old {
            if let Some((execute, bytes)) = what {
                work.write(path, bytes);
                let mode = std::fs::Permissions::from_mode(if *execute { 0o755 } else { 0o644 });
                std::fs::set_permissions(work.image().join(path), mode).unwrap();
            }
        }
        work
    }

    /// What a broken-off run left: told truthfully, and completed by the next one.
    fn judge(&self, work: &Work, broken: &Ran) -> Result<Stood, String> {
        let stands = places(&tree(work));
        let (old, new) = (stands == places(&self.old), stands == places(&self.new));
        let settled = old || new || broken.code == Some(4) && self.one_alone.contains(&stands);
        let said = format!("{:?}\n{}{}", broken.code, broken.out, broken.err);
        match broken.code {
            Some(0) if !new => return Err(format!("LIE: exit 0 with another tree: {said}")),
            Some(0 | 4) | None => {}
            _ => return Err(format!("it ended with {said}")),
        }
        let heads = broken.err.lines().filter(|l| l.starts_with("error: ") || l.starts_with("alarm: ")).count();
        // One, or one for each pin that failed.
        let each_pin = ["bridge", "widget"].iter().all(|p| said.matches(&format!("error: {p}: ")).count() == 1);
        let clear = heads == 1 || heads == 2 && each_pin;
        if broken.code == Some(4) && !clear || said.contains("panicked") {
            return Err(format!("not one clear message: {said}"));
        }
        let verdict = work.run(&["verify"]);
        let half = verdict.out.contains("LOCK008");
        match verdict.code {
            Some(0) if !settled => return Err(format!("LIE: verify is content with a half; the run: {said}")),
            Some(0) => {}
            Some(1) if half => {}
            Some(1) if !settled => {}
            Some(1) => return Err(format!("LIE: verify is not content: {}\nthe run: {said}", verdict.all())),
            _ => return Err(format!("verify could not tell: {}\nthe run: {said}", verdict.all())),
        }
        let next = work.run(&["refresh"]);
        let mut now = tree(work);
        if broken.code == Some(0) {
            // A folder that was left empty, and that the system did not let go, harms nobody.
            now.remove("src/1.0.0/");
        }
        if next.code != Some(0) || now != self.new {
            let other: Vec<_> = now.iter().filter(|(p, w)| self.new.get(*p) != Some(*w)).map(|(p, _)| p).collect();
            let gone: Vec<_> = self.new.keys().filter(|p| !now.contains_key(*p)).collect();
            return Err(format!("not completed: {other:?} {gone:?} {next:?}\nthe run: {said}"));
        }
        let verdict = work.run(&["verify"]);
        if verdict.code != Some(0) {
            return Err(format!("completed, but: {}\nthe run: {said}", verdict.all()));
        }
        Ok(match (half, old, new) {
            (true, ..) => Stood::Half,
            (_, true, _) => Stood::Old,
            (_, _, true) => Stood::New,
            _ if settled => Stood::OnePin,
            _ => Stood::Part,
        })
    }
}

/// Where a broken-off run left the files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Stood {
    Old,
    New,
    /// One pin was refreshed, the other one failed.
    OnePin,
    /// `verify` says that a run was interrupted.
    Half,
    /// `verify` has findings, and no run was interrupted.
    Part,
}

type Tally = BTreeMap<Stood, usize>;

/// Does each job on a thread for each core and one more; fails with all that was not as it should be.
fn each<J: Sync + std::fmt::Debug>(jobs: &[J], one: impl Fn(&J) -> Result<Option<Stood>, String> + Sync) -> Tally {
    let (next, tally, wrong) = (AtomicUsize::new(0), Mutex::new(Tally::new()), Mutex::new(Vec::new()));
    let threads = std::thread::available_parallelism().map_or(2, usize::from).min(8) + 1;
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some(job) = jobs.get(next.fetch_add(1, Ordering::Relaxed)) {
                    match one(job) {
                        Ok(Some(stood)) => *tally.lock().unwrap().entry(stood).or_default() += 1,
                        Ok(None) => {}
                        Err(text) => wrong.lock().unwrap().push(format!("{job:?}: {text}")),
                    }
                }
            });
        }
    });
    let wrong = wrong.into_inner().unwrap();
    let lies = wrong.iter().filter(|w| w.contains("LIE")).count();
    let shown = wrong.iter().take(8).map(String::as_str).collect::<Vec<_>>().join("\n---\n");
    assert!(wrong.is_empty(), "{} of {} went wrong, {lies} lies:\n{shown}", wrong.len(), jobs.len());
    tally.into_inner().unwrap()
}

fn tell(what: &str, begun: Instant, tally: &Tally) {
    let all: usize = tally.values().sum();
    println!("{what}: {all} broken off, {all} completed, 0 lies, {:.1} s: {tally:?}", begun.elapsed().as_secs_f32());
}

/// Numbers that look random and are the same in each run (Marsaglia's xorshift).
fn random(seed: &mut u64) -> u64 {
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    *seed
}

/// When a run is killed, in thousandths of the time that such a run takes.
#[derive(Debug)]
enum Moment {
    /// After its start.
    Start(u64),
    /// After its first note of what it is about to write.
    Writing(u64),
}

#[test]
#[allow(clippy::disallowed_methods, reason = "a test's own environment")]
fn killed_at_random_moments_a_refresh_of_artifacts_is_completed_by_the_next() {
    let long = std::env::var_os("DUBO_PIN_LONG").is_some_and(|v| v == "1");
    let count = if long { 500 } else { FEW };
    if !long {
        println!("skipped: {} of 500 moments; DUBO_PIN_LONG=1 tries them all", 500 - count);
    }
    let scene = Scene::new();
    let begun = Instant::now();
    let mut seed = 0x9e37_79b9_7f4a_7c15;
    let moment = |n: u64| {
        let at = random(&mut seed) % 1050;
        if n.is_multiple_of(2) { Moment::Start(at) } else { Moment::Writing(at) }
    };
    let moments: Vec<Moment> = (0..count).map(moment).collect();
    // How long it takes, and how much of that is writing, as measured under the same load.
    let measured = Mutex::new((Vec::new(), Vec::new()));
    each(&[(); 9], |()| {
        let work = scene.work();
        let start = Instant::now();
        let child = work.command(&["refresh"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let noted = wait_for_note(&work, start);
        let ran = ended(child).code(0);
        let mut all = measured.lock().unwrap();
        all.0.push(start.elapsed());
        all.1.push(start.elapsed().saturating_sub(noted));
        drop(all);
        scene.judge(&work, &ran).map(Some)
    });
    let (mut whole, mut writing) = measured.into_inner().unwrap();
    whole.sort();
    writing.sort();
    let (whole, writing) = (whole[whole.len() / 2], writing[writing.len() / 2]);
    let tally = each(&moments, |moment| {
        let work = scene.work();
        let start = Instant::now();
        let mut child = work.command(&["refresh"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let pause = |whole: Duration, at: u64| whole.mul_f64(f64::from(u32::try_from(at).unwrap()) / 1000.0);
        match moment {
            Moment::Start(at) => std::thread::sleep(pause(whole, *at)),
            Moment::Writing(at) => {
                wait_for_note(&work, start);
                std::thread::sleep(pause(writing, *at));
            }
        }
        // It may have ended.
        let _ = child.kill();
        scene.judge(&work, &ended(child)).map(Some)
    });
    tell("SIGKILL at random moments", begun, &tally);
    println!("a whole run took {whole:?} in the middle, its writing {writing:?}");
    let stood = |s: Stood| tally.get(&s).copied().unwrap_or_default();
    assert!(stood(Stood::Old) > 30 && stood(Stood::New) > 0 && stood(Stood::Half) > 5, "{tally:?}");
}

/// As many moments as fit into half a minute of a build that is not optimised.
const FEW: u64 = 200;

/// Waits until a run has begun to write, or has run for so long that it must have ended.
fn wait_for_note(work: &Work, start: Instant) -> Duration {
    let note = work.image().join(".dubo-pin/staging");
    while !note.exists() && start.elapsed() < Duration::from_secs(3) {
        std::thread::sleep(Duration::from_micros(300));
    }
    start.elapsed()
}

/// The calls that change a disk, as one system or another makes them.
const CALLS: [&str; 5] =
    ["rename,renameat,renameat2", "fsync,fdatasync", "write,pwrite64,writev", "unlink,unlinkat,rmdir", "mkdir,mkdirat"];

#[derive(Debug)]
struct Injection {
    calls: &'static str,
    what: &'static str,
    /// The how-manieth call, from 1; counted for each thread by itself.
    at: usize,
    /// All threads, or the one that writes the user's files.
    all: bool,
}

impl Injection {
    /// Runs a refresh so, and what was injected, as strace told it.
    fn run(&self, work: &Work) -> (Ran, Vec<String>) {
        let log = work.home().join("strace.log");
        let (trace, inject) =
            (format!("trace={}", self.calls), format!("inject={}:{}:when={}", self.calls, self.what, self.at));
        let mut outer = vec!["strace", "-qq", "-y", "-o", log.to_str().unwrap(), "-e", &trace, "-e", &inject];
        if self.all {
            outer.insert(1, "-f");
        }
        let ran = ran(&mut work.under(&outer, &["refresh", "--jobs", "1"]));
        let text = std::fs::read(&log).map(|b| String::from_utf8_lossy(&b).into_owned()).unwrap_or_default();
        (ran, text.lines().filter(|l| l.contains("(INJECTED)")).map(str::to_owned).collect())
    }
}

/// Whether a line of strace tells of a file: the runtime's wake-ups, sockets and the streams of a run
/// are no disk.
fn on_disk(line: &str) -> bool {
    line.contains("/image") || line.contains("/home")
}

/// Which calls of a kind, counted from 1 for each thread by itself, meet a file in a whole run: those
/// of the thread that writes the user's files, or those of the others.
fn counted(scene: &Scene, calls: &'static str, others: bool) -> BTreeSet<usize> {
    let work = scene.work();
    let log = work.home().join("strace.log");
    let trace = format!("trace={calls},exit_group");
    let outer = ["strace", "-f", "-qq", "-y", "-o", log.to_str().unwrap(), "-e", &trace];
    ran(&mut work.under(&outer, &["refresh", "--jobs", "1"])).code(0);
    let text = String::from_utf8_lossy(&std::fs::read(&log).unwrap()).into_owned();
    let lines = || text.lines().filter(|l| l.contains('(') && !l.contains("resumed>"));
    let thread = |line: &str| line.split(' ').next().unwrap_or_default().to_owned();
    // It alone ends the process.
    let main = lines().find(|l| l.contains("exit_group")).map(thread).unwrap();
    let (mut so_far, mut met) = (BTreeMap::<String, usize>::new(), BTreeSet::new());
    for line in lines().filter(|l| !l.contains("exit_group")) {
        let at = so_far.entry(thread(line)).or_default();
        *at += 1;
        if on_disk(line) && (thread(line) == main) != others {
            met.insert(*at);
        }
    }
    met
}

#[test]
fn killed_at_each_call_that_changes_the_disk_a_refresh_of_artifacts_is_completed_by_the_next() {
    if !traces() {
        return;
    }
    let scene = Scene::new();
    let begun = Instant::now();
    let of = |calls| {
        counted(&scene, calls, false).into_iter().map(move |at| Injection {
            calls,
            what: "signal=KILL",
            at,
            all: false,
        })
    };
    let all: Vec<Injection> = CALLS.into_iter().flat_map(of).collect();
    let tally = each(&all, |injection| {
        let work = scene.work();
        let (ran, _) = injection.run(&work);
        if ran.code.is_some() {
            return Err(format!("it was not killed: {ran:?}"));
        }
        scene.judge(&work, &ran).map(Some)
    });
    tell("SIGKILL at each call", begun, &tally);
    assert!(all.len() >= 50 && tally[&Stood::Half] >= 10, "{tally:?}");
}

#[test]
fn failed_at_each_call_that_changes_the_disk_a_refresh_of_artifacts_is_completed_by_the_next() {
    if !traces() {
        return;
    }
    let scene = Scene::new();
    let begun = Instant::now();
    let mut all = Vec::new();
    for threads in [false, true] {
        for calls in CALLS {
            if threads && calls.starts_with("write") {
                // The same number of another thread's writes wakes the network's runtime, which
                // cannot do without. A store that lost a write is another test's.
                continue;
            }
            let met = counted(&scene, calls, threads);
            for what in ["error=ENOSPC", "error=EIO", "retval=1"] {
                // Only a write has a length that can be short.
                let short = what == "retval=1";
                if short && !calls.starts_with("write") {
                    continue;
                }
                all.extend(met.iter().map(|&at| Injection { calls, what, at, all: threads }));
            }
        }
    }
    let beside = AtomicUsize::new(0);
    let tally = each(&all, |injection| {
        let work = scene.work();
        let (ran, injected) = injection.run(&work);
        if injected.is_empty() || !injected.iter().all(|l| on_disk(l)) {
            beside.fetch_add(1, Ordering::Relaxed);
            return Ok(None);
        }
        scene.judge(&work, &ran).map(Some).map_err(|e| format!("{e}\n{}", injected.join("\n")))
    });
    tell("ENOSPC, EIO and short writes", begun, &tally);
    println!("{} of {} met no file, and count for nothing", beside.into_inner(), all.len());
    assert!(tally.values().sum::<usize>() >= 150, "{tally:?}");
}
