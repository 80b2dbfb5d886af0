//! Ctrl-C: one line is said, and the program ends with 130; but never between two files.
//!
//! For `main`, which hands in how the program ends and calls [`Interrupt::signal`] from a thread of
//! its own when SIGINT, SIGTERM or SIGHUP came. While a verb reads or asks, nothing was changed and
//! the program ends at once. While files are written, which takes milliseconds, it ends when they
//! are; a second signal does not wait, and leaves what the next `refresh` completes. What is said
//! last is said through the shell, which is silent from then on: bars are cleared before it, and no
//! line comes after it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};
use std::time::Duration;

use crate::model::Trouble;

use super::shell::{Screen, Shell, ShellOptions};

/// What a shell says of a program that SIGINT ended: 128 and the signal's number.
const CODE: u8 = 130;

/// The way out of a run that the user breaks off.
#[derive(Clone)]
pub struct Interrupt(Arc<Inner>);

struct Inner {
    exit: Box<dyn Fn(u8) + Send + Sync>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    screen: Option<Screen>,
    writing: bool,
    /// Files were written in this run.
    wrote: bool,
    /// A signal came while files were written.
    asked: bool,
}

impl Interrupt {
    /// With the way in which the program ends; it gets the exit code and does not return.
    #[must_use]
    pub fn new(exit: impl Fn(u8) + Send + Sync + 'static) -> Self {
        Self(Arc::new(Inner { exit: Box::new(exit), state: Mutex::default() }))
    }

    /// Where the last words are said, once there is a shell.
    pub(super) fn attach(&self, screen: Screen) {
        self.state().screen = Some(screen);
    }

    /// A signal came.
    pub fn signal(&self) {
        // Held until the program has ended: whoever wants to write waits here for ever.
        let mut state = self.state();
        if state.writing && !state.asked {
            state.asked = true;
            return;
        }
        self.end(&state);
    }

    /// Files will be written now.
    pub(super) fn writing(&self) {
        self.state().writing = true;
    }

    /// Files are written, all of them; `changed` if any was.
    pub(super) fn written(&self, changed: bool) {
        let mut state = self.state();
        state.writing = false;
        state.wrote |= changed;
        if state.asked {
            self.end(&state);
        }
    }

    fn end(&self, state: &State) {
        let trouble = if state.writing {
            Trouble::new("interrupted while files were written").help("dubo-pin refresh completes it")
        } else if state.wrote {
            Trouble::new("interrupted after files were written, each of them whole").help("git diff shows what changed")
        } else {
            Trouble::new("interrupted; no file was changed")
        };
        match &state.screen {
            Some(screen) => screen.last_words(&trouble),
            None => Shell::new(ShellOptions::default()).screen().last_words(&trouble),
        }
        (self.0.exit)(CODE);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for Interrupt {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Interrupt")
    }
}

/// Takes a lock that is free within a moment: who hangs on a stopped terminal holds his for ever.
pub(super) fn soon<T>(lock: &Mutex<T>) -> Option<MutexGuard<'_, T>> {
    for _ in 0..20 {
        match lock.try_lock() {
            Ok(guard) => return Some(guard),
            Err(TryLockError::Poisoned(broken)) => return Some(broken.into_inner()),
            Err(TryLockError::WouldBlock) => std::thread::sleep(Duration::from_millis(10)),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::super::shell::tests::Kept;
    use super::*;
    use crate::model::{Event, Events as _};

    /// A shell with its error stream, and how often the program would have ended.
    fn shell() -> (Interrupt, Shell, Kept, Arc<AtomicUsize>) {
        let (err, ends) = (Kept::default(), Arc::new(AtomicUsize::new(0)));
        let count = ends.clone();
        let interrupt = Interrupt::new(move |code| {
            assert_eq!(code, 130);
            count.fetch_add(1, Ordering::SeqCst);
        });
        let shell = Shell::with(ShellOptions::default(), Box::new(std::io::sink()), Box::new(err.clone()));
        (interrupt.clone(), shell.heeding(&interrupt), err, ends)
    }

    #[test]
    fn before_anything_is_written_the_program_ends_at_once_and_is_silent_then() {
        let (interrupt, shell, err, ends) = shell();
        interrupt.signal();
        assert_eq!(ends.load(Ordering::SeqCst), 1);
        shell.note(&Trouble::new("too late"));
        shell.progress().emit(Event::Note("too late as well".to_owned()));
        assert_eq!(err.text(), "error: interrupted; no file was changed\n");
    }

    #[test]
    fn while_files_are_written_the_first_signal_waits_for_them() {
        let (interrupt, shell, err, ends) = shell();
        let progress = shell.progress();
        progress.emit(Event::Writing);
        interrupt.signal();
        assert_eq!((ends.load(Ordering::SeqCst), err.text().as_str()), (0, ""));
        progress.emit(Event::Written(true));
        assert_eq!(ends.load(Ordering::SeqCst), 1);
        assert!(err.text().starts_with("error: interrupted after files were written, each of them whole\n"));
    }

    #[test]
    fn a_second_signal_does_not_wait() {
        let (interrupt, shell, err, ends) = shell();
        shell.progress().emit(Event::Writing);
        interrupt.signal();
        interrupt.signal();
        assert_eq!(ends.load(Ordering::SeqCst), 1);
        assert!(err.text().starts_with("error: interrupted while files were written\n"));
        assert!(err.text().ends_with("dubo-pin refresh completes it\n"));
    }

    #[test]
    fn a_terminal_that_stands_still_does_not_keep_the_program_from_ending() {
        let (interrupt, shell, _, ends) = shell();
        let screen = shell.screen();
        let held = screen.err().lock().unwrap();
        interrupt.signal();
        assert_eq!(ends.load(Ordering::SeqCst), 1);
        drop(held);
    }
}
