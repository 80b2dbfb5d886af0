//! Where words go: two streams, a format, and how much is said.
//!
//! For `cli`. The environment is not read here: whether there is a terminal, and whether it wants
//! colour, is handed in.

use std::io::{self, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};
use std::time::Duration;

use crate::model::{Trouble, visible};

use super::interrupt::Interrupt;
use super::look::{Format, ShellOptions, Stream, write};
use super::progress::{Bars, Progress};
use super::report::{self, Report};

/// Both streams, and how to speak on them.
pub struct Shell {
    screen: Screen,
    interrupt: Option<Interrupt>,
}

/// All that shows something to the user: whoever holds it can take the last word.
#[derive(Clone)]
struct Screen {
    options: ShellOptions,
    out: Stream,
    err: Stream,
    bars: Arc<Mutex<Option<Arc<Mutex<Bars>>>>>,
}

impl Screen {
    /// Says what ends the program, on a line of its own; nothing is shown after it. Lines of
    /// others are whole; one that hangs, as in a stopped terminal, is not waited for.
    fn last_words(&self, trouble: &Trouble) {
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

/// Takes a lock that is free within a moment: who hangs on a stopped terminal holds his for ever.
fn soon<T>(lock: &Mutex<T>) -> Option<MutexGuard<'_, T>> {
    for _ in 0..20 {
        match lock.try_lock() {
            Ok(guard) => return Some(guard),
            Err(TryLockError::Poisoned(broken)) => return Some(broken.into_inner()),
            Err(TryLockError::WouldBlock) => std::thread::sleep(Duration::from_millis(10)),
        }
    }
    None
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
        let screen = self.screen.clone();
        interrupt.attach(move |trouble| screen.last_words(trouble));
        self.interrupt = Some(interrupt.clone());
        self
    }

    /// How it speaks.
    #[must_use]
    pub fn options(&self) -> &ShellOptions {
        &self.screen.options
    }

    /// Says what a run came to: the report on stdout, what stopped it on stderr. The counts, which beside a
    /// format for programs stand on stderr, come last, as they do for people.
    ///
    /// # Errors
    /// Stdout cannot be written, as on a full disk. That nobody reads it is no error.
    pub fn report(&self, report: &Report<'_>) -> io::Result<()> {
        let rendered = report::render(report, self.screen.options.format, &self.screen.options);
        if self.screen.options.format == Format::Human {
            let _ = write(&self.screen.err, &rendered.err);
            return write(&self.screen.out, &rendered.out);
        }
        let written = write(&self.screen.out, &rendered.out);
        let _ = write(&self.screen.err, &rendered.err);
        written
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
        let (progress, bars) = Progress::new(&self.screen.options, &self.screen.err, self.interrupt.clone());
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
    use crate::ui::colors;
    use std::io::Write;

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
            let report = Report::new("verify", Outcome::Verdict(&verdict), &failures);
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
    fn after_the_last_words_nothing_is_said() {
        use crate::model::{Event, Events as _};
        let (out, err) = (Kept::default(), Kept::default());
        let interrupt = Interrupt::new(|_| ());
        let shell =
            Shell::with(ShellOptions::default(), Box::new(out.clone()), Box::new(err.clone())).heeding(&interrupt);
        let progress = shell.progress();
        progress.emit(Event::Writing);
        interrupt.signal();
        progress.emit(Event::Note("in time".to_owned()));
        progress.emit(Event::Written(false));
        progress.emit(Event::Note("too late".to_owned()));
        shell.note(&Trouble::new("too late"));
        shell.say("too late").unwrap();
        assert_eq!(err.text(), "note: in time\nerror: interrupted; no file was changed\n");
        assert_eq!(out.text(), "");
    }

    #[test]
    fn a_terminal_that_stands_still_does_not_keep_the_program_from_ending() {
        let ended = Arc::new(Mutex::new(false));
        let end = ended.clone();
        let interrupt = Interrupt::new(move |_| *end.lock().unwrap() = true);
        let shell =
            Shell::with(ShellOptions::default(), Box::new(io::sink()), Box::new(io::sink())).heeding(&interrupt);
        let held = shell.screen.err.lock().unwrap();
        interrupt.signal();
        drop(held);
        assert!(*ended.lock().unwrap());
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
