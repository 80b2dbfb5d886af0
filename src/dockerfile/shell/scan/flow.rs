//! How far an assignment surely holds: lists, branches and subshells.
//!
//! For the scanner. In doubt an assignment holds nowhere; it is one value more then, beside the one
//! from before.

use std::ops::Range;

/// What joins a command to the one before it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Join {
    /// It begins a list.
    #[default]
    First,
    And,
    Or,
}

/// What a frame is closed by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// The end of the text, or of a substitution.
    Text,
    /// `)`.
    Paren,
    /// `fi`, `done`, `esac`, `}`.
    Word,
}

/// What stands between the begin and the end of a compound command.
#[derive(Debug)]
struct Frame {
    kind: Kind,
    join: Join,
    /// Whether a pipe is before or behind the command.
    piped: bool,
    /// Whether nothing stands behind `&&`, `||` or `|` yet.
    waits: bool,
    /// What the command assigns.
    current: Vec<usize>,
    /// What the loop assigns before each turn.
    each: Option<usize>,
    /// What holds to the end of the frame, and of that what the list set.
    live: Vec<usize>,
    listed: usize,
    /// What holds while `&&` goes on.
    chain: Vec<usize>,
    /// The files that were read in, among `lost`.
    lost: Vec<usize>,
}

impl Frame {
    fn new(kind: Kind) -> Self {
        Self {
            kind,
            join: Join::First,
            piped: false,
            waits: false,
            current: Vec::new(),
            each: None,
            live: Vec::new(),
            listed: 0,
            chain: Vec::new(),
            lost: Vec::new(),
        }
    }
}

/// What holds where, as far as the text was read.
#[derive(Debug, Default)]
pub(super) struct Flow {
    frames: Vec<Frame>,
    /// Which assignment surely gives its name the value, and where; by start.
    pub(super) sure: Vec<(usize, Range<usize>)>,
    /// Where any name may have any value; by start.
    pub(super) lost: Vec<Range<usize>>,
}

fn end(all: &mut [(usize, Range<usize>)], which: impl IntoIterator<Item = usize>, at: usize) {
    for index in which {
        if let Some((_, range)) = all.get_mut(index) {
            range.end = at;
        }
    }
}

impl Flow {
    /// Opens a frame; how many were open.
    pub(super) fn open(&mut self, kind: Kind) -> usize {
        if let Some(outer) = self.frames.last_mut() {
            outer.waits = false;
        }
        self.frames.push(Frame::new(kind));
        self.frames.len() - 1
    }

    /// Closes all frames behind the first `left`.
    pub(super) fn close_to(&mut self, left: usize, at: usize) {
        while self.frames.len() > left {
            self.pop(at);
        }
    }

    /// Closes the frame of a keyword or of a parenthesis, if it is the one.
    pub(super) fn close(&mut self, kind: Kind, at: usize) {
        match kind {
            Kind::Text => {}
            Kind::Word => {
                if self.frames.last().is_some_and(|f| f.kind == Kind::Word) {
                    self.pop(at);
                }
            }
            Kind::Paren => {
                let inner = self.frames.iter().rev().take_while(|f| f.kind == Kind::Word).count();
                let index = self.frames.len().saturating_sub(inner + 1);
                if self.frames.get(index).is_some_and(|f| f.kind == Kind::Paren) {
                    self.close_to(index, at);
                }
            }
        }
    }

    fn pop(&mut self, at: usize) {
        let Some(frame) = self.frames.pop() else { return };
        end(&mut self.sure, frame.live.into_iter().chain(frame.chain), at);
        match self.frames.last_mut() {
            Some(outer) if frame.kind == Kind::Word => outer.lost.extend(frame.lost),
            Some(_) => {
                for index in frame.lost {
                    if let Some(range) = self.lost.get_mut(index) {
                        range.end = at;
                    }
                }
            }
            None => {}
        }
    }

    /// `then`, `else`, `do`, `;;`: what was set before may not have been.
    pub(super) fn branch(&mut self, at: usize, body: bool) {
        let Some(frame) = self.frames.last_mut() else { return };
        let all = std::mem::take(&mut frame.live).into_iter().chain(std::mem::take(&mut frame.chain));
        end(&mut self.sure, all, at);
        (frame.join, frame.piped, frame.waits, frame.listed) = (Join::First, false, false, 0);
        if let Some(assign) = frame.each.take().filter(|_| body) {
            frame.live.push(self.sure.len());
            self.sure.push((assign, at..usize::MAX));
            frame.listed = frame.live.len();
        }
    }

    /// The command assigns.
    pub(super) fn assign(&mut self, assign: usize) {
        if let Some(frame) = self.frames.last_mut() {
            frame.current.push(assign);
        }
    }

    /// The loop assigns.
    pub(super) fn each(&mut self, assign: usize) {
        if let Some(frame) = self.frames.last_mut() {
            frame.each = Some(assign);
        }
    }

    /// A command ends. `sets`: what it assigns stays; `loses`: it may have set anything.
    pub(super) fn command(&mut self, at: usize, sets: bool, loses: bool) {
        let Some(frame) = self.frames.last_mut() else { return };
        frame.waits = false;
        let current = std::mem::take(&mut frame.current);
        if sets && !frame.piped && frame.join != Join::Or {
            for assign in current {
                let holds = if frame.join == Join::First { &mut frame.live } else { &mut frame.chain };
                holds.push(self.sure.len());
                self.sure.push((assign, at..usize::MAX));
            }
        }
        if loses {
            frame.lost.push(self.lost.len());
            self.lost.push(at..usize::MAX);
        }
    }

    /// `&&` or `||`.
    pub(super) fn join(&mut self, at: usize, join: Join) {
        let Some(frame) = self.frames.last_mut() else { return };
        if join == Join::Or {
            end(&mut self.sure, std::mem::take(&mut frame.chain), at);
        }
        (frame.join, frame.piped, frame.waits) = (join, false, true);
    }

    /// `|`, before the command before it ends.
    pub(super) fn pipe(&mut self) {
        if let Some(frame) = self.frames.last_mut() {
            frame.piped = true;
        }
    }

    /// `|`, behind that.
    pub(super) fn piped(&mut self) {
        if let Some(frame) = self.frames.last_mut() {
            frame.waits = true;
        }
    }

    /// `;`, an end of line, or `&`, which makes a subshell of the list.
    pub(super) fn list(&mut self, at: usize, background: bool) {
        let Some(frame) = self.frames.last_mut() else { return };
        if frame.waits {
            return;
        }
        end(&mut self.sure, std::mem::take(&mut frame.chain), at);
        if background {
            end(&mut self.sure, frame.live.drain(frame.listed.min(frame.live.len())..), at);
        }
        (frame.join, frame.piped, frame.listed) = (Join::First, false, frame.live.len());
    }
}
