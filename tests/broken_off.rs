//! Each verb, with the network, the clock, the disk or another process broken in the middle of it:
//! the exit code of the design, the pin or file named, and files that are old or new, never between.
//!
//! Tables: one line a cell, or one line a verb. A verb that is added gets a line in [`VERBS`] and in
//! the tables of `matrix`. What one breakage does at every single system call is `interrupted`'s.

mod addresses;
mod clock;
mod ground;
mod matrix;
mod network;
mod others;

/// A verb with its arguments, as a table names it.
pub type Args = &'static [&'static str];

/// What upstream has when a verb is run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Upstream {
    /// What is locked.
    Locked,
    /// A release more of each pin.
    Newer,
}

static POOL: std::sync::Mutex<Vec<ground::Ground>> = std::sync::Mutex::new(Vec::new());

/// Runs each job on a few threads, each with a ground of its own; most of the time is waiting. Fails
/// with all that was not as it should be.
pub fn each<J: Sync + std::fmt::Debug>(jobs: &[J], threads: usize, one: impl Fn(&ground::Ground, &J) + Sync) {
    use std::sync::Mutex;
    use std::sync::atomic::{AtomicUsize, Ordering};
    let (next, wrong) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..threads.min(jobs.len()) {
            scope.spawn(|| {
                // One that is well is handed on: to make one takes longer than a cell.
                let mut ground = POOL.lock().unwrap().pop();
                while let Some(job) = jobs.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let here = ground.get_or_insert_with(ground::Ground::new);
                    let done = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| one(here, job)));
                    if let Err(panic) = done {
                        let text = panic.downcast_ref::<String>().cloned();
                        let text = text.or_else(|| panic.downcast_ref::<&str>().map(|t| (*t).to_owned()));
                        wrong.lock().unwrap().push(format!("{job:?}: {}", text.unwrap_or_default()));
                        // Whatever it left is not the next one's.
                        ground = None;
                    }
                }
                POOL.lock().unwrap().extend(ground);
            });
        }
    });
    let wrong = wrong.into_inner().unwrap();
    assert!(wrong.is_empty(), "{} of {} cells are wrong:\n{}", wrong.len(), jobs.len(), wrong.join("\n---\n"));
    println!("{} cells", jobs.len());
}
