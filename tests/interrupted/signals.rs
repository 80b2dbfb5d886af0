//! Ctrl-C and its like: one line, exit 130, nothing half done, no torn progress.

use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::{Upstream, behind, until};
use crate::support::http::Answer;
use crate::support::program::{Ran, Work, ended, ran};
use crate::support::{have, traces};

/// From now on the server takes requests and says nothing.
fn silence(up: &Upstream) {
    up.server.http.twist(|_, answer| Answer { stall: Some(0), ..answer });
}

fn start(mut command: Command) -> Child {
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

fn kill(signal: &str, process: impl std::fmt::Display) {
    let done = Command::new("sh").args(["-c", &format!("kill -{signal} {process}")]).status().unwrap();
    assert!(done.success());
}

/// Starts a verb, waits until the server was asked, sends a signal, and waits for the end.
fn broken_off(work: &Work, up: &Upstream, verb: &[&str], signal: &str) -> Ran {
    let asked = up.server.http.log().len();
    let child = start(work.command(verb));
    until("a request", || up.server.http.log().len() > asked);
    kill(signal, child.id());
    let begun = Instant::now();
    let ran = ended(child);
    assert!(begun.elapsed() < Duration::from_secs(5));
    ran
}

#[test]
fn a_signal_while_the_network_is_slow_ends_with_one_line_and_130() {
    let up = Upstream::new(2);
    let work = behind(&up);
    let before = work.tree();
    silence(&up);
    for (verb, signal) in [
        (&["refresh"][..], "INT"),
        (&["refresh"], "TERM"),
        (&["refresh", "--quiet"], "INT"),
        (&["refresh", "--dry-run", "--format", "json"], "INT"),
        (&["refresh", "--locked"], "HUP"),
        (&["outdated"], "INT"),
    ] {
        let ran = broken_off(&work, &up, verb, signal).code(130);
        assert_eq!((ran.out.as_str(), ran.err.as_str()), ("", "error: interrupted; no file was changed\n"), "{verb:?}");
        assert!(work.tree() == before, "{verb:?}");
        work.run(&["verify"]).code(0);
    }
    // What was held is free again.
    up.server.http.twist(|_, answer| answer);
    work.run(&["refresh"]).code(0).says("v1.0.0 -> v1.1.0");
    work.run(&["verify"]).code(0);
}

#[test]
fn a_caller_that_ignores_signals_has_them_ignored() {
    let up = Upstream::new(2);
    let work = behind(&up);
    silence(&up);
    let asked = up.server.http.log().len();
    let child = start(work.under(&["sh", "-c", "trap '' INT; exec \"$0\" \"$@\""], &["refresh"]));
    until("a request", || up.server.http.log().len() > asked);
    kill("INT", child.id());
    std::thread::sleep(Duration::from_millis(150));
    kill("KILL", child.id());
    assert_eq!(ended(child).code, None, "it ended by SIGKILL alone");
}

#[test]
fn on_a_terminal_the_bars_are_gone_before_the_line_and_nothing_comes_after_it() {
    if !have("script") {
        return;
    }
    let up = Upstream::new(2);
    let work = behind(&up);
    silence(&up);
    let asked = up.server.http.log().len();
    let line = format!("{} refresh", work.command(&[]).get_program().to_string_lossy());
    let mut command = Command::new("script");
    command.args(["-qec", &line, "/dev/null"]).current_dir(work.image()).env("TERM", "xterm").env("HOME", work.home());
    let mut child = start({
        command.stdin(Stdio::piped());
        command
    });
    until("a request", || up.server.http.log().len() > asked);
    // Long enough for a bar to be drawn.
    std::thread::sleep(Duration::from_millis(300));
    let mut keys = child.stdin.take().unwrap();
    std::io::Write::write_all(&mut keys, &[3]).unwrap();
    let ran = ended(child).code(130);
    drop(keys);
    assert!(ran.out.contains("widget"), "no bar was drawn: {:?}", ran.out);
    assert_eq!(screen(&ran.out), ["error: interrupted; no file was changed"], "{:?}", ran.out);
}

/// What a terminal shows in the end: the few movements that the bars make, nothing else.
fn screen(bytes: &str) -> Vec<String> {
    let (mut lines, mut row, mut column) = (vec![Vec::new()], 0_usize, 0_usize);
    let mut chars = bytes.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\n' => row += 1,
            '\r' => column = 0,
            '\u{8}' => column = column.saturating_sub(1),
            '\u{1b}' => {
                chars.next();
                let mut number = String::new();
                while let Some(c) = chars.next_if(|c| !c.is_ascii_alphabetic()) {
                    number.push(c);
                }
                let count = number.parse().unwrap_or(1);
                match chars.next() {
                    Some('A') => row = row.saturating_sub(count),
                    Some('B') => row += count,
                    Some('K') => lines[row].clear(),
                    Some('J') => lines.truncate(row),
                    _ => {}
                }
            }
            c => {
                let line: &mut Vec<char> = &mut lines[row];
                line.resize(line.len().max(column + 1), ' ');
                line[column] = c;
                column += 1;
            }
        }
        while lines.len() <= row {
            lines.push(Vec::new());
        }
    }
    // The terminal's own echo of the key is no word of ours.
    let text = lines.into_iter().map(|l| l.into_iter().collect::<String>().replace("^C", "").trim().to_owned());
    text.filter(|l| !l.is_empty()).collect()
}

/// Starts a refresh that stands still between its renames, and the process that does so.
fn standing_still(work: &Work) -> (Child, String) {
    // The main thread alone. Its first two renames are notes of dubo-pin's own; the journal is the second.
    let slow = "inject=renameat,renameat2,rename:delay_enter=1500000:when=3";
    let child = start(work.under(&["strace", "-qq", "-o", "/dev/null", "-e", slow], &["refresh"]));
    until("a journal", || work.image().join(".dubo-pin/journal").exists());
    (child, work.read(".dubo-pin/lock").trim().to_owned())
}

#[test]
fn a_signal_while_files_are_written_lets_all_of_them_be_written() {
    if !traces() {
        return;
    }
    let up = Upstream::new(2);
    let work = behind(&up);
    let (child, process) = standing_still(&work);
    kill("INT", process);
    let ran = ended(child).code(130);
    assert!(ran.err.starts_with("error: interrupted after files were written, each of them whole\n"), "{}", ran.err);
    assert_eq!(ran.out, "");
    work.run(&["verify"]).code(0);
    for name in ["Dockerfile", "web.Dockerfile"] {
        assert_eq!(work.read(name), format!("FROM scratch\nARG WIDGET={}\n", up.ids[1]));
    }
}

#[test]
fn a_second_signal_ends_at_once_and_the_next_refresh_completes() {
    if !traces() {
        return;
    }
    let up = Upstream::new(2);
    let work = behind(&up);
    let (child, process) = standing_still(&work);
    kill("INT", &process);
    std::thread::sleep(Duration::from_millis(100));
    kill("TERM", &process);
    let ran = ended(child).code(130);
    assert!(ran.err.starts_with("error: interrupted while files were written\n"), "{}", ran.err);
    work.run(&["verify"]).code(1).says("LOCK008").says("dubo-pin refresh completes it");
    work.run(&["refresh"]).code(0).says("an interrupted run was completed");
    work.run(&["verify"]).code(0);
}

#[test]
fn who_comes_second_is_told_who_is_at_work_and_who_only_reads_is_not_kept() {
    let up = Upstream::new(2);
    let work = behind(&up);
    let before = work.tree();
    silence(&up);
    let asked = up.server.http.log().len();
    let first = start(work.command(&["refresh"]));
    until("a request", || up.server.http.log().len() > asked);
    for verb in [&["refresh"][..], &["refresh", "--keep"], &["remove", "widget"], &["rename", "widget", "w"]] {
        let busy = format!("error: another dubo-pin (process {}) is at work in this folder\n", first.id());
        let ran = ran(&mut work.command(verb)).code(4);
        assert!(ran.err.starts_with(&busy) && ran.err.contains("wait until it has ended"), "{}", ran.err);
    }
    work.run(&["verify"]).code(0);
    work.run(&["remove", "widget", "--dry-run"]).code(0);
    kill("KILL", first.id());
    ended(first);
    assert!(work.tree() == before);
    // Killed, it holds nothing.
    up.server.http.twist(|_, answer| answer);
    work.run(&["refresh"]).code(0);
    work.run(&["verify"]).code(0);
}
