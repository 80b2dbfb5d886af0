//! The work as it goes on: bars on a terminal, plain lines with `-v` elsewhere, nothing with `-q`.
//!
//! Always on stderr. The bars are gone before a report is written: [`crate::model::Event::End`], or
//! the drop of the listener, clears them.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::model::{Event, Events, visible};

use super::interrupt::Interrupt;
use super::look::{ShellOptions, Stream, write};

/// How many pins have a line of their own at a time.
const SHOWN: usize = 8;
/// How often a spinner turns.
const TURN: Duration = Duration::from_millis(120);

/// A listener that shows what it hears, and tells an interrupt when files are written.
pub struct Progress(Mode, Option<Interrupt>);

enum Mode {
    Silent,
    /// Steps only with `verbose`; notes always.
    Lines {
        err: Stream,
        verbose: bool,
    },
    Bars(Arc<Mutex<Bars>>),
}

/// What is on the terminal.
pub(super) struct Bars {
    screen: MultiProgress,
    overall: ProgressBar,
    /// Pins with a line.
    shown: BTreeMap<String, ProgressBar>,
    /// Pins at work without one, with what they do.
    waiting: BTreeMap<String, String>,
    turning: bool,
}

impl Progress {
    /// The listener, and its bars, if it has any.
    pub(super) fn new(
        options: &ShellOptions,
        err: &Stream,
        interrupt: Option<Interrupt>,
    ) -> (Self, Option<Arc<Mutex<Bars>>>) {
        let mut shown = None;
        let mode = if options.quiet {
            Mode::Silent
        } else if options.err_terminal {
            let bars = Arc::new(Mutex::new(Bars::new(ProgressDrawTarget::stderr(), true)));
            shown = Some(bars.clone());
            Mode::Bars(bars)
        } else {
            Mode::Lines { err: err.clone(), verbose: options.verbose }
        };
        (Self(mode, interrupt), shown)
    }
}

impl Events for Progress {
    fn emit(&self, event: Event) {
        match (&event, &self.1) {
            (Event::Writing, Some(interrupt)) => interrupt.writing(),
            (Event::Written(changed), Some(interrupt)) => interrupt.written(*changed),
            _ => {}
        }
        match &self.0 {
            Mode::Silent => {}
            Mode::Lines { err, verbose } => {
                if let Some(line) = line(&event, *verbose) {
                    let _ = write(err, &line);
                }
            }
            Mode::Bars(bars) => bars.lock().unwrap_or_else(PoisonError::into_inner).hear(event),
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Mode::Bars(bars) = &self.0 {
            bars.lock().unwrap_or_else(PoisonError::into_inner).hear(Event::End);
        }
    }
}

fn line(event: &Event, verbose: bool) -> Option<String> {
    match event {
        Event::Note(text) => Some(format!("note: {}\n", visible(text))),
        Event::Step(pin, what) if verbose => Some(format!("{pin}: {}\n", visible(what))),
        Event::Done(pin) if verbose => Some(format!("{pin}: done\n")),
        _ => None,
    }
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_spinner())
}

impl Bars {
    fn new(target: ProgressDrawTarget, turning: bool) -> Self {
        let screen = MultiProgress::with_draw_target(target);
        // Not on the screen before there is something to count.
        let overall = ProgressBar::hidden();
        Self { screen, overall, shown: BTreeMap::new(), waiting: BTreeMap::new(), turning }
    }

    fn hear(&mut self, event: Event) {
        match event {
            Event::Begin(count) => {
                self.clear();
                let bar = ProgressBar::new(u64::try_from(count).unwrap_or(u64::MAX));
                self.overall = self.screen.add(bar);
                self.overall.set_style(style("[{bar:24}] {pos}/{len} pins").progress_chars("=> "));
                self.overall.tick();
            }
            Event::Start(pin) => self.place(pin, String::new()),
            Event::Step(pin, what) => {
                let what = visible(&what).into_owned();
                match self.shown.get(&pin) {
                    Some(bar) => bar.set_message(what),
                    None => {
                        if let Some(old) = self.waiting.get_mut(&pin) {
                            *old = what;
                        }
                    }
                }
            }
            Event::Done(pin) => {
                self.waiting.remove(&pin);
                if let Some(bar) = self.shown.remove(&pin) {
                    bar.finish_and_clear();
                    self.screen.remove(&bar);
                }
                if let Some((next, what)) = self.waiting.pop_first() {
                    self.place(next, what);
                }
                self.overall.inc(1);
            }
            Event::Note(text) => {
                let _ = self.screen.println(format!("note: {}", visible(&text)));
            }
            Event::Writing | Event::Written(_) => {}
            Event::End => self.clear(),
        }
    }

    fn place(&mut self, pin: String, what: String) {
        if self.shown.len() >= SHOWN {
            self.waiting.insert(pin, what);
            return;
        }
        let bar = self.screen.insert_before(&self.overall, ProgressBar::new_spinner());
        bar.set_style(style("{spinner} {prefix}  {wide_msg}"));
        bar.set_prefix(pin.to_string());
        bar.set_message(what);
        if self.turning {
            bar.enable_steady_tick(TURN);
        }
        self.shown.insert(pin, bar);
    }

    /// Takes all bars off the screen; none comes back.
    pub(super) fn vanish(&mut self) {
        self.clear();
        self.screen.set_draw_target(ProgressDrawTarget::hidden());
    }

    /// Takes all bars off the screen.
    fn clear(&mut self) {
        self.waiting.clear();
        for (_, bar) in std::mem::take(&mut self.shown) {
            bar.finish_and_clear();
            self.screen.remove(&bar);
        }
        self.overall.finish_and_clear();
        let _ = self.screen.clear();
    }
}

impl std::fmt::Debug for Progress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self.0 {
            Mode::Silent => "Progress(silent)",
            Mode::Lines { .. } => "Progress(lines)",
            Mode::Bars(_) => "Progress(bars)",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::shell::tests::Kept;
    use super::*;
    use crate::ui::{Format, Shell, ShellOptions};
    use std::io;
    use std::sync::Arc;

    fn pin(text: &str) -> String {
        text.parse().unwrap()
    }

    fn heard(quiet: bool, verbose: bool) -> String {
        let err = Kept::default();
        let options = ShellOptions { quiet, verbose, format: Format::Json, ..ShellOptions::default() };
        let shell = Shell::with(options, Box::new(io::sink()), Box::new(err.clone()));
        let progress = shell.progress();
        progress.emit(Event::Begin(1));
        progress.emit(Event::Start(pin("a")));
        progress.emit(Event::Step(pin("a"), "asking h\u{1b}[2J".to_owned()));
        progress.emit(Event::Done(pin("a")));
        progress.emit(Event::Note("slow".to_owned()));
        progress.emit(Event::End);
        err.text()
    }

    #[test]
    fn without_a_terminal_there_are_plain_lines_and_only_when_asked() {
        assert_eq!(heard(true, true), "");
        assert_eq!(heard(false, false), "note: slow\n");
        assert_eq!(heard(false, true), "a: asking h\\u{1b}[2J\na: done\nnote: slow\n");
    }

    const WIDTH: usize = 40;

    /// A terminal as a grid of lines, with its cursor.
    #[derive(Debug, Default)]
    struct Screen {
        lines: Vec<String>,
        row: usize,
        column: usize,
        most: usize,
    }

    #[derive(Debug, Clone, Default)]
    struct Fake(Arc<Mutex<Screen>>);

    impl Fake {
        fn with(&self, act: impl FnOnce(&mut Screen)) -> io::Result<()> {
            let mut screen = self.0.lock().unwrap();
            act(&mut screen);
            let used = screen.lines.iter().filter(|l| !l.trim().is_empty()).count();
            screen.most = screen.most.max(used);
            Ok(())
        }
        fn shown(&self) -> Vec<String> {
            let screen = self.0.lock().unwrap();
            let lines = screen.lines.iter().map(|l| l.trim_end().to_owned());
            lines.filter(|l| !l.is_empty()).collect()
        }
    }

    impl Screen {
        fn put(&mut self, text: &str) {
            for c in text.chars() {
                // A full line wraps when one more character comes, as terminals do.
                if c == '\n' || c != '\r' && self.column == WIDTH {
                    self.row += 1;
                    self.column = 0;
                }
                if c == '\r' {
                    self.column = 0;
                }
                if c.is_control() {
                    continue;
                }
                while self.lines.len() <= self.row {
                    self.lines.push(" ".repeat(WIDTH));
                }
                let line = &self.lines[self.row];
                let at = self.column;
                let changed = line.chars().enumerate().map(|(i, old)| if i == at { c } else { old });
                self.lines[self.row] = changed.collect();
                self.column += 1;
            }
        }
    }

    impl indicatif::TermLike for Fake {
        fn width(&self) -> u16 {
            WIDTH as u16
        }
        fn move_cursor_up(&self, n: usize) -> io::Result<()> {
            self.with(|s| s.row = s.row.saturating_sub(n))
        }
        fn move_cursor_down(&self, n: usize) -> io::Result<()> {
            self.with(|s| s.row += n)
        }
        fn move_cursor_right(&self, _: usize) -> io::Result<()> {
            Ok(())
        }
        fn move_cursor_left(&self, _: usize) -> io::Result<()> {
            Ok(())
        }
        fn write_line(&self, text: &str) -> io::Result<()> {
            self.with(|s| s.put(&format!("{text}\n")))
        }
        fn write_str(&self, text: &str) -> io::Result<()> {
            self.with(|s| s.put(text))
        }
        fn clear_line(&self) -> io::Result<()> {
            self.with(|s| {
                s.column = 0;
                if let Some(line) = s.lines.get_mut(s.row) {
                    *line = " ".repeat(WIDTH);
                }
            })
        }
        fn flush(&self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn on_a_terminal_eight_pins_have_a_line_and_the_end_leaves_nothing() {
        let fake = Fake::default();
        let target = ProgressDrawTarget::term_like_with_hz(Box::new(fake.clone()), 255);
        let progress = Progress(Mode::Bars(Arc::new(Mutex::new(Bars::new(target, false)))), None);
        progress.emit(Event::Begin(12));
        let pause = || std::thread::sleep(Duration::from_millis(6));
        for n in 0..12 {
            progress.emit(Event::Start(pin(&format!("p{n:02}"))));
            pause();
        }
        progress.emit(Event::Step(pin("p00"), "x\u{1b}[2J".repeat(20)));
        pause();
        progress.emit(Event::Step(pin("p11"), "asking".to_owned()));
        progress.emit(Event::Note("worth a line".to_owned()));
        pause();
        let shown = fake.shown();
        assert!(shown.iter().any(|l| l == "note: worth a line"), "{shown:?}");
        assert!(shown.iter().any(|l| l.contains("p00  x\\u{1b}[2Jx")), "{shown:?}");
        assert!(shown.iter().all(|l| l.chars().count() <= 40), "{shown:?}");
        for n in 0..4 {
            progress.emit(Event::Done(pin(&format!("p{n:02}"))));
            pause();
        }
        let shown = fake.shown();
        assert!(shown.iter().any(|l| l.contains("p11  asking")), "{shown:?}");
        assert!(shown.iter().any(|l| l.contains("4/12 pins")), "{shown:?}");
        progress.emit(Event::End);
        assert_eq!(fake.shown(), ["note: worth a line"]);
        // Eight pins, the overall bar, the note.
        assert_eq!(fake.0.lock().unwrap().most, 10);
    }
}
