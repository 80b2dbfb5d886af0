//! One instruction as data: keyword, flags, words, heredocs, comments.
//!
//! For whoever reads a [`Dockerfile`](super::Dockerfile). Parsed in `words`; decides nothing.

use std::ops::Range;

use super::logical::Logical;

macro_rules! commands {
    ($($name:ident $word:literal,)+) => {
        /// The instructions that BuildKit knows.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Command { $(#[doc = $word] $name,)+ }

        impl Command {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$name,)+];

            /// The keyword in upper case.
            #[must_use]
            pub fn word(self) -> &'static str {
                match self { $(Self::$name => $word,)+ }
            }
        }
    };
}

commands! {
    Add "ADD",
    Arg "ARG",
    Cmd "CMD",
    Copy "COPY",
    Entrypoint "ENTRYPOINT",
    Env "ENV",
    Expose "EXPOSE",
    From "FROM",
    Healthcheck "HEALTHCHECK",
    Label "LABEL",
    Maintainer "MAINTAINER",
    Onbuild "ONBUILD",
    Run "RUN",
    Shell "SHELL",
    Stopsignal "STOPSIGNAL",
    User "USER",
    Volume "VOLUME",
    Workdir "WORKDIR",
}

impl Command {
    /// The instruction of a keyword, in any case.
    #[must_use]
    pub fn read(word: &[u8]) -> Option<Self> {
        Self::ALL.iter().copied().find(|c| word.eq_ignore_ascii_case(c.word().as_bytes()))
    }
}

/// `--name=value` between the keyword and the arguments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flag {
    /// The name without `--`.
    pub name: String,
    /// The whole flag in the logical text.
    pub range: Range<usize>,
    /// What stands behind `=`, with its quotes.
    pub value: Option<Range<usize>>,
}

/// A keyword with its flags and arguments; all ranges are of the logical text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Body {
    /// Which instruction.
    pub command: Command,
    /// The keyword as written.
    pub keyword: Range<usize>,
    /// Its flags.
    pub flags: Vec<Flag>,
    /// What follows the flags, without white space at both ends.
    pub args: Range<usize>,
    /// The arguments as BuildKit separates them for this instruction, with their quotes; the
    /// inside of the strings for the JSON form.
    pub words: Vec<Range<usize>>,
    /// Whether the arguments are a JSON array of strings.
    pub json: bool,
}

/// A heredoc of RUN, COPY or ADD.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heredoc {
    /// The word that ends it.
    pub name: Vec<u8>,
    /// Whether variables in it are expanded: no part of the sign is quoted.
    pub expand: bool,
    /// Whether leading tabs are cut: `<<-`.
    pub chomp: bool,
    /// Its text in the file, without the line that ends it.
    pub body: Range<usize>,
}

/// A comment line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comment {
    /// From `#` to the last byte before the end of line, in the file.
    pub span: Range<usize>,
    /// The whole line with its end, in the file.
    pub line: Range<usize>,
}

/// One instruction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Instruction {
    /// Its lines with their ends, heredocs and inner comments included, in the file.
    pub span: Range<usize>,
    /// Its text without continuations.
    pub line: Logical,
    /// Keyword, flags and arguments.
    pub body: Body,
    /// What an ONBUILD holds, if that is an instruction that BuildKit knows.
    pub trigger: Option<Body>,
    /// Its heredocs, in the order of their texts.
    pub heredocs: Vec<Heredoc>,
    /// The comment lines right above it, without a blank line between, from top to bottom.
    pub comments: Vec<Comment>,
    /// The comment lines between its continued lines.
    pub inner_comments: Vec<Comment>,
    /// The stage that it begins or stands in; `None` before the first FROM.
    pub stage: Option<usize>,
}

impl Instruction {
    /// What it does: for ONBUILD, what will be done.
    #[must_use]
    pub fn effective(&self) -> &Body {
        self.trigger.as_ref().unwrap_or(&self.body)
    }

    /// Whether it is an ONBUILD.
    #[must_use]
    pub fn is_onbuild(&self) -> bool {
        self.body.command == Command::Onbuild
    }
}

/// A build stage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stage {
    /// Its place among the stages, from 0.
    pub index: usize,
    /// The name after AS, in lower case, as BuildKit keeps it.
    pub name: Option<String>,
    /// Which instruction is its FROM.
    pub from: usize,
    /// The base image or stage as written, variables and quotes included.
    pub base: String,
    /// The value of `--platform`, as written.
    pub platform: Option<String>,
    /// The earlier stage that it builds on, if its base is one.
    pub parent: Option<usize>,
}
