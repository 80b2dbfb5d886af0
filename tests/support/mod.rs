//! Loopback servers and repositories for the integration tests. Nothing here leaves the machine.

#![allow(dead_code, reason = "each test takes what it needs")]

pub mod debian;
pub mod git_http;
pub mod git_memory;
pub mod http;
pub mod oci;
pub mod program;
pub mod registry;
pub mod yarn;

/// Whether strace may trace here; if not, it is told in a line.
pub fn traces() -> bool {
    if !have("strace") {
        return false;
    }
    let ok = std::process::Command::new("strace").args(["-f", "-qq", "-o", "/dev/null", "true"]).output();
    let ok = ok.is_ok_and(|o| o.status.success());
    if !ok {
        println!("skipped: strace may not trace here");
    }
    ok
}

/// Whether a program is there. A missing one is told in a line; in CI it is a failure.
#[allow(clippy::disallowed_methods, reason = "a test's own environment")]
pub fn have(program: &str) -> bool {
    let found =
        std::env::var_os("PATH").is_some_and(|path| std::env::split_paths(&path).any(|p| p.join(program).is_file()));
    let ci = std::env::var("CI").is_ok_and(|v| v == "true");
    assert!(found || !ci, "{program} is missing");
    if !found {
        println!("skipped: {program} is missing");
    }
    found
}
