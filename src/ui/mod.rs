//! The only voice: what a run came to, said to a person or to a program.
//!
//! For `cli`, which hands over data of [`crate::model`], and for the threads of a verb, which emit
//! events. It decides nothing, and nobody else writes to stdout or stderr. Text from outside never
//! moves the cursor: it goes through [`crate::model::visible`].

mod excerpt;
mod interrupt;
mod look;
mod progress;
pub mod report;
mod shell;
mod style;

pub use interrupt::Interrupt;
pub use look::{Format, ShellOptions, colors, terminal_width};
pub use progress::Progress;
pub use report::{Explained, Member, Outcome, Report, explained, summary};
pub use shell::Shell;
