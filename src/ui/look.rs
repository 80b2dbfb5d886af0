//! How a run speaks: its format, how much, in which colours, on which streams.
//!
//! For the shell, the progress bars and the renderers, which all heed it. It says nothing itself.

use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};

/// For whom a report is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// People.
    #[default]
    Human,
    /// Programs: see `report/json.rs`.
    Json,
    /// Code scanning: SARIF 2.1.0.
    Sarif,
    /// Annotations of GitHub Actions.
    Github,
}

/// How the shell speaks.
#[derive(Clone, Debug, Default)]
pub struct ShellOptions {
    /// The format of stdout.
    pub format: Format,
    /// `-q`: findings and errors alone.
    pub quiet: bool,
    /// `-v`: each step, each commit, each unlocked pin.
    pub verbose: bool,
    /// Whether stdout is coloured: see [`colors`].
    pub color_out: bool,
    /// Whether stderr is coloured.
    pub color_err: bool,
    /// Whether stderr is a terminal whose cursor can be moved: only there are progress bars.
    pub err_terminal: bool,
    /// The width of the terminal in columns; `None` where there is none: nothing is wrapped.
    pub width: Option<usize>,
    /// From the repository's root to the folder of pins.toml: empty, or ending in `/`. Code
    /// scanning and annotations name files from the root.
    pub prefix: String,
}

/// Whether a stream is coloured: a terminal, not a dumb one, and `NO_COLOR` unset or empty
/// (<https://no-color.org>).
#[must_use]
pub fn colors(is_terminal: bool, no_color: Option<&str>, term: Option<&str>) -> bool {
    is_terminal && no_color.is_none_or(str::is_empty) && term != Some("dumb")
}

/// The width in columns of the terminal that stdout is; `None` where it is none, or does not tell.
#[must_use]
pub fn terminal_width() -> Option<usize> {
    let size = rustix::termios::tcgetwinsize(io::stdout()).ok()?;
    Some(usize::from(size.ws_col)).filter(|columns| *columns > 0)
}

/// What the renderers need to know.
pub(super) type Look = ShellOptions;

/// A stream that several threads may write to.
pub(super) type Stream = Arc<Mutex<Box<dyn Write + Send>>>;

/// Writes and flushes. A reader that has gone away is no failure of ours.
pub(super) fn write(stream: &Stream, text: &str) -> io::Result<()> {
    let mut stream = stream.lock().unwrap_or_else(PoisonError::into_inner);
    let done = stream.write_all(text.as_bytes()).and_then(|()| stream.flush());
    match done {
        Err(e) if e.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        done => done,
    }
}
