//! A folder that is locked, read-only, full, or edited by somebody while dubo-pin works.

use std::path::Path;
use std::process::Command;

use rustix::fs::{FlockOperation, flock};

use super::{Upstream, behind};
use crate::bad_input::{idle, one_error};
use crate::support::have;
use crate::support::program::ran;

#[test]
fn a_lock_that_somebody_holds_is_told_at_once() {
    let up = Upstream::new(2);
    let work = behind(&up);
    let lock = std::fs::File::options().write(true).open(work.image().join(".dubo-pin/lock")).unwrap();
    lock.set_len(0).unwrap();
    flock(&lock, FlockOperation::NonBlockingLockExclusive).unwrap();
    let asked = up.server.http.log().len();
    one_error(idle(&work, &["refresh"]).code(4).says("another dubo-pin is at work in this folder"));
    assert_eq!(up.server.http.log().len(), asked, "nobody is asked for nothing");
    idle(&work, &["verify"]).code(0);
    idle(&work, &["outdated"]).code(1);
    idle(&work, &["refresh", "--dry-run"]).code(0);
    drop(lock);
    work.run(&["refresh"]).code(0);
}

#[test]
fn an_edit_that_lands_while_upstream_is_asked_is_kept_and_nothing_is_written() {
    for name in ["Dockerfile", "web.Dockerfile", "pins.lock"] {
        let up = Upstream::new(2);
        let work = behind(&up);
        let path = work.image().join(name);
        let edited = work.read(name) + if name == "pins.lock" { "\n" } else { "RUN something else\n" };
        let (text, place) = (edited.clone(), path.clone());
        up.server.http.twist(move |_, answer| {
            std::fs::write(&place, &text).unwrap();
            answer
        });
        let mut before = work.tree();
        let ran = one_error(work.run(&["refresh"]).code(4).says(&format!("`{name}` changed while dubo-pin worked")));
        ran.says("your edit is kept");
        before.insert(name.into(), edited.into_bytes());
        assert!(work.tree() == before, "{name}");
        up.server.http.twist(|_, answer| answer);
        work.run(&["refresh"]).code(0);
        work.run(&["verify"]).code(0);
        assert_eq!(work.read("Dockerfile").contains("something else"), name == "Dockerfile");
    }
}

/// Runs a shell script in a mount namespace of its own; none where that is not allowed.
pub fn unshared(script: &str, arguments: &[&Path]) -> Option<Command> {
    if !have("unshare") {
        return None;
    }
    let ways: [&[&str]; 2] = [&["--mount"], &["--mount", "--map-root-user"]];
    let probe = |way: &&&[&str]| {
        let mut command = Command::new("unshare");
        command.args(way.iter()).args(["sh", "-c", "mount -t tmpfs -o size=64k none /mnt"]);
        command.output().is_ok_and(|o| o.status.success())
    };
    let Some(way) = ways.iter().find(probe) else {
        println!("skipped: mounting is not allowed here");
        return None;
    };
    let mut command = Command::new("unshare");
    command.args(way.iter()).args(["sh", "-euc", script, "sh"]).args(arguments);
    Some(command)
}

#[test]
fn a_read_only_folder_is_told_and_verify_does_not_mind() {
    let up = Upstream::new(2);
    let work = behind(&up);
    let script = "mount --bind \"$1\" \"$1\"\nmount -o remount,bind,ro \"$1\"\ncd \"$1\"\nshift\nexec \"$@\"";
    let before = work.tree();
    for (verb, code) in [("refresh", 4), ("verify", 0), ("outdated", 1)] {
        let program = work.command(&[]).get_program().to_owned();
        let Some(mut command) = unshared(script, &[&work.image(), Path::new(&program), Path::new(verb)]) else {
            return;
        };
        let ran = ran(command.env("HOME", work.home())).code(code);
        if code == 4 {
            one_error(ran.says("the file system is read-only").says("no file was changed"));
        }
    }
    assert!(work.tree() == before);
}

#[test]
fn a_full_disk_leaves_the_old_files_or_the_new_ones() {
    let up = Upstream::new(2);
    let script = "mount -t tmpfs -o size=256k none \"$1\"\ncp -a \"$2\"/. \"$1\"\ncd \"$1\"\n\
        head -c 300000 /dev/zero >fill 2>/dev/null || true\ntruncate -s -\"$3\" fill\n\
        \"$4\" refresh && code=0 || code=$?\nrm fill\ncp -a \"$1\"/. \"$2\"\nexit $code";
    let (mut full, mut fits) = (0, 0);
    for pages in [0, 1, 2, 4, 6, 8, 12] {
        let work = behind(&up);
        let before = work.tree();
        let program = work.command(&[]).get_program().to_owned();
        let mount = work.home().join("mount");
        std::fs::create_dir(&mount).unwrap();
        let room = (pages * 4096).to_string();
        let all = [mount.as_path(), &work.image(), Path::new(&room), Path::new(&program)];
        let Some(mut command) = unshared(script, &all) else { return };
        let ran = ran(command.env("HOME", work.home()));
        if ran.code == Some(0) {
            fits += 1;
            assert!(work.tree() != before, "{pages} pages");
        } else {
            full += 1;
            one_error(ran.code(4).says("no space left"));
            assert!(work.tree() == before, "{pages} pages");
        }
        work.run(&["verify"]).code(0);
        idle(&work, &["refresh", "--offline"]).code(0);
    }
    assert!(full >= 2 && fits >= 2, "{full} {fits}");
}
