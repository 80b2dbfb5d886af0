//! Ctrl-C: one line is said, and the program ends with 130; but never between two files.
//!
//! For `main`, which hands in how the program ends and calls [`Interrupt::signal`] from a thread of
//! its own when SIGINT, SIGTERM or SIGHUP came. While a verb reads or asks, nothing was changed and
//! the program ends at once. While files are written, which takes milliseconds, it ends when they
//! are; a second signal does not wait, and leaves what the next `refresh` completes. What is said
//! last is said through the shell, which is silent from then on: bars are cleared before it, and no
//! line comes after it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::model::Trouble;

/// What a shell says of a program that SIGINT ended: 128 and the signal's number.
const CODE: u8 = 130;

/// The way out of a run that the user breaks off.
#[derive(Clone)]
pub struct Interrupt(Arc<Inner>);

struct Inner {
    exit: Box<dyn Fn(u8) + Send + Sync>,
    state: Mutex<State>,
}

/// How something is said.
type Voice = dyn Fn(&Trouble) + Send;

#[derive(Default)]
struct State {
    say: Option<Box<Voice>>,
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

    /// How the last words are said, once there is a shell.
    pub(super) fn attach(&self, say: impl Fn(&Trouble) + Send + 'static) {
        self.state().say = Some(Box::new(say));
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
        if let Some(say) = &state.say {
            say(&trouble);
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

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    /// An interrupt, what it said, and how often the program would have ended.
    fn interrupt() -> (Interrupt, Arc<Mutex<Vec<String>>>, Arc<AtomicUsize>) {
        let (said, ends) = (Arc::new(Mutex::new(Vec::new())), Arc::new(AtomicUsize::new(0)));
        let (words, count) = (said.clone(), ends.clone());
        let interrupt = Interrupt::new(move |code| {
            assert_eq!(code, 130);
            count.fetch_add(1, Ordering::SeqCst);
        });
        interrupt.attach(move |trouble| words.lock().unwrap().push(trouble.message.clone()));
        (interrupt, said, ends)
    }

    #[test]
    fn before_anything_is_written_the_program_ends_at_once() {
        let (interrupt, said, ends) = interrupt();
        interrupt.signal();
        assert_eq!(ends.load(Ordering::SeqCst), 1);
        assert_eq!(*said.lock().unwrap(), ["interrupted; no file was changed"]);
    }

    #[test]
    fn while_files_are_written_the_first_signal_waits_for_them() {
        let (interrupt, said, ends) = interrupt();
        interrupt.writing();
        interrupt.signal();
        assert_eq!((ends.load(Ordering::SeqCst), said.lock().unwrap().len()), (0, 0));
        interrupt.written(true);
        assert_eq!(ends.load(Ordering::SeqCst), 1);
        assert_eq!(*said.lock().unwrap(), ["interrupted after files were written, each of them whole"]);
    }

    #[test]
    fn a_second_signal_does_not_wait() {
        let (interrupt, said, ends) = interrupt();
        interrupt.writing();
        interrupt.signal();
        interrupt.signal();
        assert_eq!(ends.load(Ordering::SeqCst), 1);
        assert_eq!(*said.lock().unwrap(), ["interrupted while files were written"]);
    }

    #[test]
    fn without_a_shell_it_ends_without_a_word() {
        let ends = Arc::new(AtomicUsize::new(0));
        let count = ends.clone();
        let interrupt = Interrupt::new(move |_| {
            count.fetch_add(1, Ordering::SeqCst);
        });
        interrupt.signal();
        assert_eq!(ends.load(Ordering::SeqCst), 1);
    }
}
