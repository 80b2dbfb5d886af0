//! The goals of speed, measured against the tools that people use now: `cargo bench --bench goals`.
//!
//! For whoever changes what a start, a refresh or a verify costs. Each goal is a ratio: ours and the
//! peer run in turn, each pair gives one ratio, and the median of the ratios is judged, so that the
//! machine and its load weigh on both alike. Everything is served from this process on loopback;
//! its CPU time is not counted. Up to 3 GiB are written below the folder for temporary files.
//!
//! `--only G1,G9` measures those alone. `--quick` runs one pair of each, small, to see that it
//! works; it judges nothing. `--pairs N` is for another number of pairs. `--program PATH` measures
//! another dubo-pin. Exit code 1: a goal is not met; 2: it could not be measured.
//!
//! Not a profiler, and no measure of the network: loopback has no round trip worth the name but
//! where a line says so.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "the table is what it is for")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "the test server stops at once")]
#![allow(dead_code, unreachable_pub, reason = "the test server can do more than is measured")]
#![allow(missing_docs, reason = "a bench has no users but its reader")]

#[path = "goals/debian.rs"]
mod debian;
#[path = "goals/downloads.rs"]
mod downloads;
#[path = "goals/far.rs"]
mod far;
#[path = "goals/front.rs"]
mod front;
#[path = "goals/git.rs"]
mod git;
#[path = "goals/ground.rs"]
mod ground;
#[path = "goals/images.rs"]
mod images;
#[path = "goals/index.rs"]
mod index;
#[path = "goals/shelf.rs"]
mod shelf;
#[path = "goals/table.rs"]
mod table;
#[path = "goals/vendored.rs"]
mod vendored;
#[path = "goals/wanted.rs"]
mod wanted;
#[path = "goals/workspace.rs"]
mod workspace;
#[path = "goals/yarn.rs"]
mod yarn;

#[path = "../tests/support"]
mod support {
    #[allow(unused_imports, clippy::string_slice, reason = "made for tests, which take more of it")]
    pub mod debian;
    pub mod git_http;
    pub mod git_memory;
    pub mod http;
    #[allow(clippy::disallowed_methods, reason = "made for tests, which have an environment of their own")]
    pub mod program;
    pub mod yarn;

    /// Whether a program is there.
    pub fn have(program: &str) -> bool {
        std::process::Command::new(program).arg("--version").output().is_ok()
    }
}

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use ground::Ground;
use table::Table;
use wanted::Wanted;

/// How many pairs are measured.
const PAIRS: usize = 7;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

fn main() -> ExitCode {
    match Wish::read().and_then(|wish| measure(&wish)) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("not measured: {error}");
            ExitCode::from(2)
        }
    }
}

/// What the command line asks for.
struct Wish {
    pairs: usize,
    quick: bool,
    wanted: Wanted,
    /// Another program than the one that was built with this.
    program: Option<PathBuf>,
}

impl Wish {
    fn read() -> Result<Self> {
        let mut wish = Self { pairs: PAIRS, quick: false, wanted: Wanted::default(), program: None };
        let mut arguments = std::env::args().skip(1);
        while let Some(argument) = arguments.next() {
            let mut value = || arguments.next().ok_or_else(|| format!("{argument} wants a value"));
            match argument.as_str() {
                // Cargo says it to every bench.
                "--bench" => {}
                "--quick" => (wish.quick, wish.pairs) = (true, 1),
                "--pairs" => wish.pairs = value()?.parse::<usize>()?.max(1),
                "--only" => wish.wanted = Wanted::parse(&value()?)?,
                "--program" => wish.program = Some(Path::new(&value()?).canonicalize()?),
                _ => {
                    let known = "--quick, --pairs N, --only G1,G2 and --program PATH";
                    return Err(format!("unknown argument {argument:?}; known are {known}").into());
                }
            }
        }
        Ok(wish)
    }
}

fn measure(wish: &Wish) -> Result<bool> {
    let built = PathBuf::from(env!("CARGO_BIN_EXE_dubo-pin"));
    let ground = Ground::make(wish.program.as_deref().unwrap_or(&built), wish.pairs, wish.quick)?;
    // A debug build of the program is no measure; another program is what its builder made of it.
    let judged = !wish.quick && wish.pairs > 1 && (wish.program.is_some() || !cfg!(debug_assertions));
    let cores = std::thread::available_parallelism()?;
    println!("{} against {}", ground.said("\"$DUBO_PIN\" --version")?, ground.said("git --version")?);
    println!("{} pair(s) each, {} where one takes long, {cores} cores, loopback", wish.pairs, ground.few());
    if !judged {
        println!("a trial: the figures below judge nothing");
    }
    let mut table = Table::new(judged);
    vendored::measure(&ground, &wish.wanted, &mut table)?;
    git::measure(&ground, &wish.wanted, &mut table)?;
    downloads::measure(&ground, &wish.wanted, &mut table)?;
    debian::measure(&ground, &wish.wanted, &mut table)?;
    images::measure(&ground, &wish.wanted, &mut table)?;
    yarn::measure(&ground, &wish.wanted, &mut table)?;
    workspace::measure(&ground, &wish.wanted, &mut table)?;
    front::measure(&ground, &wish.wanted, &mut table)?;
    Ok(table.met())
}
