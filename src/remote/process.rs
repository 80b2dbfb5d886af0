//! The few programs that run for git: credential helpers, and `ssh` for ssh:// remotes.
//!
//! For `helper` and `ssh`. Each runs with a time limit and without what could make it prompt or
//! follow a `GIT_*` variable.

use std::io::{Read as _, Write as _};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

/// Takes away what could make a program prompt or obey another repository.
pub(super) fn tame(command: &mut Command) {
    for name in [
        "GIT_ASKPASS",
        "SSH_ASKPASS",
        "GIT_DIR",
        "GIT_WORK_TREE",
        "GIT_COMMON_DIR",
        "GIT_INDEX_FILE",
        "GIT_CONFIG",
        "GIT_CONFIG_PARAMETERS",
        "GIT_CONFIG_COUNT",
        "GIT_SSH",
        "GIT_SSH_COMMAND",
        "GIT_OBJECT_DIRECTORY",
        "GIT_ALTERNATE_OBJECT_DIRECTORIES",
        "GIT_PROTOCOL",
        "GIT_TRACE",
        "GIT_EXEC_PATH",
        "GIT_PROXY_COMMAND",
    ] {
        command.env_remove(name);
    }
    command.env("GIT_TERMINAL_PROMPT", "0").env("SSH_ASKPASS_REQUIRE", "never").env("LC_ALL", "C").env("LANG", "C");
}

/// Runs a program to its end: its input, at most so many bytes of its output, so much time.
pub(super) fn run(mut command: Command, input: &[u8], limit: u64, patience: Duration) -> Result<Vec<u8>, String> {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.spawn().map_err(|e| format!("it does not start: {e}"))?;
    let (Some(mut stdin), Some(stdout)) = (child.stdin.take(), child.stdout.take()) else {
        end(&mut child);
        return Err("it has no input or output".to_owned());
    };
    // One that does not read its input may still answer.
    let _ = stdin.write_all(input);
    drop(stdin);
    let (send, receive) = mpsc::channel();
    // Left alone on a time-out: a grandchild may hold the pipe open.
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        let read = stdout.take(limit + 1).read_to_end(&mut bytes);
        let _ = send.send(read.map(|_| bytes));
    });
    let until = Instant::now() + patience;
    let output = receive.recv_timeout(patience);
    let bytes = match output {
        Ok(Ok(bytes)) if bytes.len() as u64 <= limit => bytes,
        Ok(Ok(_)) => {
            end(&mut child);
            return Err(format!("it says more than {limit} bytes"));
        }
        Ok(Err(e)) => {
            end(&mut child);
            return Err(e.to_string());
        }
        Err(_) => {
            end(&mut child);
            return Err(format!("it did not answer within {} s", patience.as_secs()));
        }
    };
    while Instant::now() < until {
        match child.try_wait() {
            Ok(Some(status)) if status.success() => return Ok(bytes),
            Ok(Some(status)) => return Err(status.to_string()),
            Ok(None) => std::thread::sleep(Duration::from_millis(2)),
            Err(e) => return Err(e.to_string()),
        }
    }
    end(&mut child);
    Err(format!("it did not end within {} s", patience.as_secs()))
}

/// Ends a program; that it is gone already is fine.
pub(super) fn end(child: &mut Child) {
    let _ = child.kill();
    let _ = child.wait();
}
