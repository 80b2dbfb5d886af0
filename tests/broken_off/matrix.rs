//! Every verb in every broken surrounding: one line a verb, one column a breakage, the exit code in
//! each cell. Beside the code each cell asserts that there is no panic, that the reason is named, and
//! that the folder is as before or as after a whole run.
//!
//! `–` (NO) is a cell that cannot be: the verb is over before, or asks nobody.

use std::path::Path;
use std::process::Stdio;

use rustix::fs::{FlockOperation, flock};

use super::ground::{Ground, calm, same};
use super::{Args, Upstream, each};
use crate::interrupted::disks::unshared;
use crate::interrupted::until;
use crate::support::http::Answer;
use crate::support::program::{Work, ended};
use crate::support::{have, traces};

/// What is broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Broken {
    /// Every server hangs up.
    NoNetwork,
    /// The folder is read-only.
    ReadOnly,
    /// The folder's disk has no byte left.
    Full,
    /// No file may grow (`ulimit -f 0`).
    NoGrowth,
    /// Where the store should be is a file.
    NoStore,
    /// There is no `$HOME`.
    NoHome,
    /// The folder that it runs in was deleted.
    NoFolder,
    /// Another one is at work.
    Busy,
    /// Another one was killed while it wrote.
    Journal,
    /// Who reads its output is gone.
    NoReader,
    /// What it says goes to a full disk.
    NoOutput,
    /// Ctrl-C while it waits for the network.
    Signal,
}

use Broken::*;

const COLUMNS: [Broken; 12] =
    [NoNetwork, ReadOnly, Full, NoGrowth, NoStore, NoHome, NoFolder, Busy, Journal, NoReader, NoOutput, Signal];

/// No such cell.
const NO: i32 = -1;

const ADD: Args = &["add", "extra", "--git", "https://h.example/x", "--tag", "v1"];

#[rustfmt::skip]
const TABLE: &[(Args, [i32; 12])] = &[
    //                                         network   full      store     folder    journal   output
    //                                           | ro      | grow    | home    | busy    | reader   | signal
    (ADD,                                      [ 0,  4,    4,  4,    0,  0,    4,  4,    0,  0,     4, NO]),
    (&["remove", "steady"],                    [ 0,  4,    4,  4,    0,  0,    2,  4,    0,  0,     4, NO]),
    (&["rename", "steady", "still"],           [ 0,  4,    4,  4,    0,  0,    2,  4,    0,  0,     4, NO]),
    (&["refresh"],                             [ 4,  4,    4,  4,    4,  4,    2,  4,    0,  0,     4, 130]),
    (&["refresh", "--keep"],                   [ 0,  4,    4,  4,    0,  0,    2,  4,    0,  0,     4, NO]),
    (&["refresh", "--locked"],                 [ 4,  0,    0,  4,    4,  4,    2,  0,    0,  0,     4, 130]),
    (&["refresh", "--dry-run"],                [ 4,  0,    0,  4,    4,  4,    2,  0,    0,  0,     4, 130]),
    (&["outdated"],                            [ 4,  1,    1,  4,    4,  4,    2,  1,    1,  1,     4, 130]),
    (&["fetch"],                               [ 4,  4,    4,  4,    4,  4,    2,  4,    0,  0,     4, 130]),
    (&["verify"],                              [ 0,  0,    0,  0,    0,  0,    2,  0,    1,  0,     4, NO]),
    (&["verify", "--strict"],                  [ 0,  0,    0,  0,    0,  0,    2,  0,    1,  0,     4, NO]),
    (&["list"],                                [ 0,  0,    0,  0,    0,  0,    2,  0,    0,  0,     4, NO]),
    (&["completions", "bash"],                 [ 0,  0,    0,  0,    0,  0,    0,  0,    0,  0,     4, NO]),
    (&["export", "env"],                       [ 0,  0,    0,  0,    0,  0,    2,  0,    0,  0,     4, NO]),
    (&["export", "sha256sums"],                [ 0,  0,    0,  0,    0,  0,    2,  0,    0,  0,     4, NO]),
    (&["export", "buildkit-policy"],           [ 0,  0,    0,  0,    0,  0,    2,  0,    0,  0,     4, NO]),
    (&["export", "apt-snippet"],               [ 0,  0,    0,  0,    0,  0,    2,  0,    0,  0,     4, NO]),
    (&["export", "store", "../home/out"],      [ 0,  0,    0,  4,    4,  4,    2,  0,    0,  0,     4, NO]),
    (&["gc"],                                  [ 0,  0,    0,  0,    4,  4,    0,  0,    0,  0,     4, NO]),
];

/// What is said where a code is not 0.
fn reason(broken: Broken) -> &'static [&'static str] {
    match broken {
        NoNetwork => &["cannot be reached"],
        ReadOnly => &["read-only"],
        Full => &["no space left"],
        NoGrowth => &["no space left"],
        NoStore | NoHome => &["store", "home", "not a folder", "not a directory"],
        NoFolder => &["pins.toml", "no such file"],
        Busy => &["another dubo-pin (process 4242) is at work"],
        Journal => &["LOCK008"],
        Signal => &["error: interrupted; no file was changed\n"],
        NoReader | NoOutput => &[],
    }
}

#[derive(Debug)]
struct Cell(Args, Broken, i32);

/// What upstream has when this verb is run.
fn upstream(arguments: Args) -> Upstream {
    match arguments {
        ["refresh", "--locked"] | ["fetch"] => Upstream::Locked,
        _ => Upstream::Newer,
    }
}

fn cell(ground: &Ground, Cell(arguments, broken, code): &Cell) {
    let (arguments, broken) = (*arguments, *broken);
    let has = upstream(arguments);
    let expected = match (arguments, broken) {
        // Pins without files of their own need no store: they go on.
        (["refresh"], NoStore | NoHome) => ground.after(&["refresh", "base", "steady"], has),
        // What the killed one had begun is a whole refresh.
        (["refresh", "--keep"], Journal) => ground.after(&["refresh"], has),
        _ => ground.after(arguments, has),
    };
    // Who needs no network for its answer has the store; fetch has it not, and has to ask.
    let work = ground.work(matches!(arguments[0], "export" | "gc"));
    let mut before = ground.old.clone();
    if arguments == ["fetch"] {
        for name in ["cache/file", "src/widget.tar"] {
            std::fs::remove_file(work.image().join(name)).unwrap();
            before.remove(Path::new(name));
        }
    }
    if broken == Journal {
        ground.has(Upstream::Newer);
        half_done(&work);
        before = work.tree();
    }
    ground.has(has);
    let Some(ran) = run(ground, &work, arguments, broken) else { return };
    assert_eq!(ran.code, Some(*code), "{}", ran.all());
    let quiet = *code == 0 || arguments == ["outdated"] && *code == 1;
    let said = ran.all();
    assert!(quiet || reason(broken).is_empty() || reason(broken).iter().any(|r| said.contains(r)), "{said}");
    if broken == NoFolder {
        return same(&work, &before, &ran);
    }
    // A lock on a run that only reads, a reader that is gone: the work itself is done.
    let some = arguments == ["refresh"] && matches!(broken, NoStore | NoHome);
    let worked = *code == 0 || *code == 1 || broken == NoOutput || some;
    let reads = arguments.iter().any(|a| ["--dry-run", "--locked"].contains(a));
    let writes = matches!(arguments[0], "add" | "remove" | "rename" | "fetch" | "refresh") && !reads;
    if !worked || !writes {
        return same(&work, &before, &ran);
    }
    if broken == Journal && !arguments.starts_with(&["refresh"]) {
        // It completed what the killed one had begun, and then did its own.
        assert!(ran.all().contains("an interrupted run was completed"), "{}", ran.all());
        assert!(!work.image().join(".dubo-pin/journal").exists());
        return;
    }
    same(&work, &expected, &ran);
}

/// Runs it in its broken surrounding; `None` where this machine cannot bring that about.
fn run(ground: &Ground, work: &Work, arguments: Args, broken: Broken) -> Option<crate::support::program::Ran> {
    let mut command = work.command(arguments);
    let program = command.get_program().to_owned();
    match broken {
        NoNetwork => {
            for server in ground.servers() {
                server.twist(|_, _| Answer::hang_up());
            }
        }
        ReadOnly | Full => {
            let script = if broken == ReadOnly {
                "mount --bind \"$1\" \"$1\"\nmount -o remount,bind,ro \"$1\"\ncd \"$1\"\nshift 2\nexec \"$@\""
            } else {
                "mount -t tmpfs -o size=512k none \"$2\"\ncp -a \"$1\"/. \"$2\"\ncd \"$2\"\n\
                 cat /dev/zero >fill 2>/dev/null || true\ni=\"$1\"\nm=\"$2\"\nshift 2\n\"$@\" && code=0 || code=$?\n\
                 rm fill\ncp -a \"$m\"/. \"$i\"\nexit $code"
            };
            let mount = work.home().join("mount");
            std::fs::create_dir(&mount).unwrap();
            let words: Vec<&Path> = arguments.iter().map(Path::new).collect();
            let image = work.image();
            let all = [&[image.as_path(), &mount, Path::new(&program)][..], &words].concat();
            let outer = unshared(script, &all)?;
            command = outer;
            command.env("HOME", work.home()).env("TMPDIR", work.home());
            for (name, value) in work.command(&[]).get_envs().filter_map(|(n, v)| Some((n, v?))) {
                command.env(name, value);
            }
        }
        NoGrowth => command = work.under(&["sh", "-c", "trap '' XFSZ; ulimit -f 0; exec \"$0\" \"$@\""], arguments),
        NoStore => drop(command.env("XDG_CACHE_HOME", "/dev/null/store")),
        NoHome => drop(command.env_remove("HOME")),
        NoFolder => {
            let script = "d=$(mktemp -d) && cd \"$d\" && rmdir \"$d\" && exec \"$0\" \"$@\"";
            command = work.under(&["sh", "-c", script], arguments);
        }
        Busy => {
            work.write(".dubo-pin/lock", "4242\n");
            let lock = std::fs::File::open(work.image().join(".dubo-pin/lock")).unwrap();
            flock(&lock, FlockOperation::NonBlockingLockExclusive).unwrap();
            return Some(calm(&mut command));
        }
        Journal => {}
        NoReader => {
            let (reader, writer) = std::io::pipe().unwrap();
            drop(reader);
            command.stdout(writer.try_clone().unwrap()).stderr(writer);
            return Some(ended(command.spawn().unwrap()));
        }
        NoOutput => {
            let full = std::fs::File::options().write(true).open("/dev/full").ok()?;
            command.stdout(full).stderr(Stdio::piped());
            return Some(ended(command.spawn().unwrap()));
        }
        Signal => {
            for server in ground.servers() {
                server.twist(|_, answer| Answer { stall: Some(0), ..answer });
            }
            let asked = ground.asked();
            let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
            until("a request", || ground.asked() > asked);
            let id = child.id().to_string();
            let signal = if arguments.len() == 1 { "-INT" } else { "-TERM" };
            assert!(std::process::Command::new("kill").args([signal, &id]).status().unwrap().success());
            return Some(ended(child));
        }
    }
    Some(calm(&mut command))
}

/// Leaves the folder as a refresh that was killed between its files.
fn half_done(work: &Work) {
    let inject = "inject=renameat,renameat2,rename:signal=KILL:when=6";
    let outer = ["strace", "-qq", "-o", "/dev/null", "-e", inject];
    let ran = crate::support::program::ran(&mut work.under(&outer, &["refresh"]));
    assert_eq!(ran.code, None, "{}", ran.all());
    assert!(work.image().join(".dubo-pin/journal").exists());
}

#[test]
fn every_verb_in_every_broken_surrounding() {
    let traced = traces();
    if !have("kill") {
        return;
    }
    let mut cells = Vec::new();
    for (arguments, codes) in TABLE {
        for (broken, code) in COLUMNS.into_iter().zip(codes).filter(|(_, code)| **code != NO) {
            if broken != Journal || traced {
                cells.push(Cell(arguments, broken, *code));
            }
        }
    }
    // Cells of one column together: what a ground has learned is used again.
    each(&cells, 6, cell);
}
