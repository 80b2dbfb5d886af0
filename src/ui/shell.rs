//! Where words go: two streams, a format, and how much is said.
//!
//! For `cli`. The environment is not read here: whether there is a terminal, and whether it wants
//! colour, is handed in.

use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};

use crate::model::{Trouble, visible};

use super::interrupt::{Interrupt, soon};
use super::progress::{Bars, Progress};
use super::report::{self, Report};

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

/// What the renderers need to know.
pub(super) type Look = ShellOptions;

/// A stream that several threads may write to.
pub(super) type Stream = Arc<Mutex<Box<dyn Write + Send>>>;

/// Both streams, and how to speak on them.
pub struct Shell {
    screen: Screen,
    interrupt: Option<Interrupt>,
}

/// All that shows something to the user: whoever holds it can take the last word.
#[derive(Clone)]
pub(super) struct Screen {
    options: ShellOptions,
    out: Stream,
    err: Stream,
    bars: Arc<Mutex<Option<Arc<Mutex<Bars>>>>>,
}

impl Screen {
    pub(super) fn options(&self) -> &ShellOptions {
        &self.options
    }

    pub(super) fn err(&self) -> &Stream {
        &self.err
    }

    /// Says what ends the program, on a line of its own; nothing is shown after it. Lines of
    /// others are whole; one that hangs, as in a stopped terminal, is not waited for.
    pub(super) fn last_words(&self, trouble: &Trouble) {
        let bars = soon(&self.bars).and_then(|bars| bars.clone());
        if let Some(mut bars) = bars.as_ref().and_then(|bars| soon(bars)) {
            bars.vanish();
        }
        let Some(mut err) = soon(&self.err) else { return };
        let _ = err.write_all(report::error(trouble, &self.options).as_bytes()).and_then(|()| err.flush());
        *err = Box::new(io::sink());
        if let Some(mut out) = soon(&self.out) {
            *out = Box::new(io::sink());
        }
    }
}

/// Writes and flushes. A reader that has gone away is no failure of ours.
pub(super) fn write(stream: &Stream, text: &str) -> io::Result<()> {
    let mut stream = stream.lock().unwrap_or_else(PoisonError::into_inner);
    let done = stream.write_all(text.as_bytes()).and_then(|()| stream.flush());
    match done {
        Err(e) if e.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        done => done,
    }
}

impl Shell {
    /// A shell on this process's stdout and stderr.
    #[must_use]
    pub fn new(options: ShellOptions) -> Self {
        Self::with(options, Box::new(io::stdout()), Box::new(io::stderr()))
    }

    /// A shell on other streams.
    #[must_use]
    pub fn with(options: ShellOptions, out: Box<dyn Write + Send>, err: Box<dyn Write + Send>) -> Self {
        let shared = |stream| Arc::new(Mutex::new(stream));
        let screen = Screen { options, out: shared(out), err: shared(err), bars: Arc::default() };
        Self { screen, interrupt: None }
    }

    /// The same shell, on which an interrupt has the last word, and whose listeners tell it when
    /// files are written.
    #[must_use]
    pub fn heeding(mut self, interrupt: &Interrupt) -> Self {
        interrupt.attach(self.screen.clone());
        self.interrupt = Some(interrupt.clone());
        self
    }

    pub(super) fn screen(&self) -> &Screen {
        &self.screen
    }

    /// How it speaks.
    #[must_use]
    pub fn options(&self) -> &ShellOptions {
        &self.screen.options
    }

    /// Says what a run came to: the report on stdout, what stopped it on stderr.
    ///
    /// # Errors
    /// Stdout cannot be written, as on a full disk. That nobody reads it is no error.
    pub fn report(&self, report: &Report<'_>) -> io::Result<()> {
        let rendered = report::render(report, self.screen.options.format, &self.screen.options);
        let _ = write(&self.screen.err, &rendered.err);
        write(&self.screen.out, &rendered.out)
    }

    /// Says lines that are a verb's result, such as `added coredns`: on stdout for people, on
    /// stderr otherwise; nothing with `-q`.
    ///
    /// # Errors
    /// As [`Shell::report`].
    pub fn say(&self, text: &str) -> io::Result<()> {
        if self.screen.options.quiet {
            return Ok(());
        }
        let lines: String = text.lines().map(|l| format!("{}\n", visible(l))).collect();
        match self.screen.options.format {
            Format::Human => write(&self.screen.out, &lines),
            _ => write(&self.screen.err, &lines),
        }
    }

    /// Says something worth knowing on stderr; nothing with `-q`.
    pub fn note(&self, trouble: &Trouble) {
        if !self.screen.options.quiet {
            let _ = write(&self.screen.err, &report::note(trouble, &self.screen.options));
        }
    }

    /// Writes bytes that are the very result, such as shell completions, to stdout as they are.
    ///
    /// # Errors
    /// As [`Shell::report`].
    pub fn raw(&self, text: &str) -> io::Result<()> {
        write(&self.screen.out, text)
    }

    /// A listener that shows the work as it goes on.
    #[must_use]
    pub fn progress(&self) -> Progress {
        let (progress, bars) = Progress::new(&self.screen, self.interrupt.clone());
        *self.screen.bars.lock().unwrap_or_else(PoisonError::into_inner) = bars;
        progress
    }
}

impl std::fmt::Debug for Shell {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shell").field("options", &self.screen.options).finish_non_exhaustive()
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::model::{Class, Failure, Verdict};
    use crate::ui::Outcome;

    /// A stream that remembers.
    #[derive(Clone, Default)]
    pub(in crate::ui) struct Kept(Arc<Mutex<Vec<u8>>>);

    impl Kept {
        pub(in crate::ui) fn text(&self) -> String {
            String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
        }
    }

    impl Write for Kept {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    struct Broken(io::ErrorKind);

    impl Write for Broken {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(self.0.into())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn failure() -> Failure {
        Failure { pin: None, class: Class::Usage, trouble: Trouble::new("pins.toml is not there") }
    }

    #[test]
    fn programs_get_their_format_alone_on_stdout() {
        let verdict = Verdict::default();
        for format in [Format::Json, Format::Sarif, Format::Github, Format::Human] {
            let (out, err) = (Kept::default(), Kept::default());
            let options = ShellOptions { format, ..ShellOptions::default() };
            let shell = Shell::with(options, Box::new(out.clone()), Box::new(err.clone()));
            let failures = [failure()];
            let report = Report { verb: "verify", outcome: Outcome::Verdict(&verdict), failures: &failures };
            assert_eq!(report.exit(), 2);
            shell.report(&report).unwrap();
            shell.say("said").unwrap();
            shell.note(&Trouble::new("noted"));
            match format {
                Format::Json | Format::Sarif => {
                    serde_json::from_str::<serde_json::Value>(&out.text()).unwrap();
                    assert!(err.text().starts_with("error: pins.toml is not there\n"));
                }
                Format::Github => assert_eq!(out.text(), "::error title=dubo-pin verify::pins.toml is not there\n"),
                Format::Human => {
                    assert_eq!(out.text(), "0 verified, 0 UNLOCKED, 0 suppressed\nsaid\n");
                    assert_eq!(err.text(), "error: pins.toml is not there\nnote: noted\n");
                }
            }
            assert_eq!(err.text().contains("said"), format != Format::Human);
        }
    }

    #[test]
    fn a_reader_that_has_gone_is_no_error_and_a_full_disk_is() {
        let shell = |kind| {
            let broken = Box::new(Broken(kind));
            Shell::with(ShellOptions::default(), broken, Box::new(io::sink()))
        };
        assert!(shell(io::ErrorKind::BrokenPipe).say("x").is_ok());
        assert!(shell(io::ErrorKind::StorageFull).say("x").is_err());
    }

    #[test]
    fn colour_is_for_terminals_that_want_it() {
        assert!(colors(true, None, Some("xterm")));
        assert!(colors(true, Some(""), None));
        assert!(!colors(true, Some("1"), Some("xterm")));
        assert!(!colors(true, None, Some("dumb")));
        assert!(!colors(false, None, Some("xterm")));
    }
}
