//! What happens while a verb works, told to whoever listens. Logic emits; `ui` speaks.

/// A step of a long work.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// So many pins will be resolved.
    Begin(usize),
    /// A pin's work began; it is called by its name, in a workspace by `member/name`.
    Start(String),
    /// What is being done for a pin now, such as a host that is asked.
    Step(String, String),
    /// A pin is done with, well or not.
    Done(String),
    /// All is done.
    End,
    /// Files will be changed now: from here on nobody may break off.
    Writing,
    /// The files are changed, all of them; or there was nothing to change. Not told after a failure.
    Written(bool),
    /// Something worth a line of its own that is no failure.
    Note(String),
}

/// Who listens. Called from several threads.
pub trait Events: Sync {
    /// Takes one event.
    fn emit(&self, event: Event);
}

/// Nobody listens.
#[derive(Debug, Default, Clone, Copy)]
pub struct Silent;

impl Events for Silent {
    fn emit(&self, _: Event) {}
}
