//! The goals of speed, measured against the tools that people use now: `cargo bench --bench goals`.
//!
//! For whoever changes what a start or a refresh costs. Each goal is a ratio: ours and the peer run
//! in turn, each pair gives one ratio, and the median of the ratios is judged, so that the machine
//! and its load weigh on both alike. A hundred repositories are served from this process's memory
//! on loopback; its CPU time is not counted.
//!
//! `--quick` runs one pair of each, to see that it works; it judges nothing. `--program PATH` measures
//! another dubo-pin. Exit code 1: a goal is not met; 2: it could not be measured.
//!
//! Not a profiler, and no measure of the network: loopback has no round trip worth the name.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "the table is what it is for")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "the test server stops at once")]
#![allow(dead_code, unreachable_pub, reason = "the test server can do more than is measured")]

#[path = "../tests/support"]
mod support {
    pub mod git_memory;
    pub mod http;
}

use std::error::Error;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

use support::git_memory::{GitMemory, Repo};

/// How many repositories there are, each under a URL of its own.
const REPOSITORIES: usize = 100;
/// How many version tags each has; every second one is annotated.
const TAGS: usize = 80;
/// How many pairs are measured.
const PAIRS: usize = 7;
/// How many starts make one sample: a single one is too short for a clock.
const STARTS: usize = 200;
/// How many runs of verify make one sample.
const VERIFIES: usize = 50;

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
    program: PathBuf,
}

impl Wish {
    fn read() -> Result<Self> {
        let mut wish = Self { pairs: PAIRS, program: PathBuf::from(env!("CARGO_BIN_EXE_dubo-pin")) };
        let mut arguments = std::env::args_os().skip(1);
        while let Some(argument) = arguments.next() {
            match argument.to_str() {
                // Cargo says it to every bench.
                Some("--bench") => {}
                Some("--quick") => wish.pairs = 1,
                Some("--program") => {
                    let path = arguments.next().ok_or("--program wants a path")?;
                    wish.program = Path::new(&path).canonicalize()?;
                }
                _ => return Err(format!("unknown argument {argument:?}; known are --quick and --program PATH").into()),
            }
        }
        Ok(wish)
    }
}

fn measure(wish: &Wish) -> Result<bool> {
    let ground = Ground::make(&wish.program)?;
    let judged = wish.pairs > 1 && !cfg!(debug_assertions);
    let cores = std::thread::available_parallelism()?;
    println!("{} against {}", ground.said("\"$DUBO_PIN\" --version")?, ground.said("git --version")?);
    println!("{} pair(s) each, {cores} cores, {REPOSITORIES} repositories of {TAGS} tags on loopback", wish.pairs);
    if !judged {
        println!("a trial: the figures below judge nothing");
    }
    println!(
        "\ngoal  what                      against                    ours ms   peer ms  wanted  median (min–max)"
    );

    let starts = |command: &str| format!("for ((i = 0; i < {STARTS}; i++)); do {command} || exit 1; done");
    let verifies = |command: &str| format!("for ((i = 0; i < {VERIFIES}; i++)); do {command} || exit 1; done");
    let one_by_one = r#"while read -r url; do git ls-remote --tags "$url" || exit 1; done <urls"#;
    let eight = "xargs -n1 -P8 git ls-remote --tags <urls";
    let refresh = r#""$DUBO_PIN" -C image refresh"#;
    let first = format!("cp start image/Dockerfile; rm -rf image/pins.lock image/.dubo-pin; {refresh}");

    let mut met = true;
    let mut row = |goal: &str, what: &str, against: &str, runs: usize, pairs: &[Pair], of: fn(&Sample) -> f64, most| {
        met &= show(&Row { goal, what, against, runs, pairs, of, most });
    };

    let pairs = ground.pairs(wish.pairs, &starts("\"$DUBO_PIN\" --version"), &starts("git --version"))?;
    row("G7", "start (--version)", "git --version", STARTS, &pairs, Sample::wall, Some(1.1));

    let pairs = ground.pairs(wish.pairs, &first, one_by_one)?;
    row("", "first refresh, wall", "git ls-remote, a loop", 1, &pairs, Sample::wall, None);
    row("", "first refresh, CPU", "git ls-remote, a loop", 1, &pairs, Sample::cpu, None);

    ground.said(&first)?;
    let settled = ground.state()?;
    let pairs = ground.pairs(wish.pairs, refresh, one_by_one)?;
    row("G8", "refresh unchanged, wall", "git ls-remote, a loop", 1, &pairs, Sample::wall, Some(0.12));
    row("G8", "refresh unchanged, CPU", "git ls-remote, a loop", 1, &pairs, Sample::cpu, Some(0.03));
    let pairs = ground.pairs(wish.pairs, refresh, eight)?;
    row("G8", "refresh unchanged, wall", "git ls-remote, xargs -P8", 1, &pairs, Sample::wall, Some(0.3));
    if ground.state()? != settled {
        return Err("a refresh of what had not changed wrote something".into());
    }

    let pairs = ground.pairs(wish.pairs, &verifies("\"$DUBO_PIN\" -C image verify"), &verifies("git --version"))?;
    row("", "verify, 100 pins", "git --version", VERIFIES, &pairs, Sample::wall, None);
    Ok(met || !judged)
}

/// One line of the table.
struct Row<'a> {
    goal: &'a str,
    what: &'a str,
    against: &'a str,
    /// How many runs one sample holds.
    runs: usize,
    pairs: &'a [Pair],
    of: fn(&Sample) -> f64,
    /// The largest ratio that is good enough; none if nothing is judged.
    most: Option<f64>,
}

/// Prints a line and says whether its goal is met.
fn show(row: &Row<'_>) -> bool {
    let each = |pick: fn(&Pair) -> &Sample| -> Vec<f64> { row.pairs.iter().map(|p| (row.of)(pick(p))).collect() };
    let (ours, peers) = (each(|p| &p.ours), each(|p| &p.peer));
    let ratios: Vec<f64> = ours.iter().zip(&peers).map(|(ours, peer)| ours / peer).collect();
    let ratio = median(&ratios);
    let (least, most) = ratios.iter().fold((f64::MAX, 0.0_f64), |(l, m), r| (l.min(*r), m.max(*r)));
    let milliseconds = |all: &[f64]| format!("{:.2}", median(all) * 1000.0 / row.runs as f64);
    let met = row.most.is_none_or(|most| ratio <= most);
    let wanted = row.most.map_or_else(String::new, |most| format!("≤ {most}"));
    let verdict = match row.most {
        None => "",
        Some(_) if met => "met",
        Some(_) => "NOT met",
    };
    println!(
        "{:4}  {:24}  {:24}  {:>8}  {:>8}  {wanted:6}  {ratio:.3} ({least:.3}–{most:.3})  {verdict}",
        row.goal,
        row.what,
        row.against,
        milliseconds(&ours),
        milliseconds(&peers)
    );
    met
}

/// The middle one; of an even number the lower of the two. There is at least one.
fn median(all: &[f64]) -> f64 {
    let mut sorted = all.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted[(sorted.len() - 1) / 2]
}

/// What one run of a script took, in seconds.
struct Sample {
    wall: f64,
    /// User and system time of everything the script ran.
    cpu: f64,
}

impl Sample {
    fn wall(&self) -> f64 {
        self.wall
    }

    fn cpu(&self) -> f64 {
        self.cpu
    }
}

struct Pair {
    ours: Sample,
    peer: Sample,
}

/// A hundred repositories, an image that pins them all, and a home in which nothing is configured.
struct Ground {
    folder: tempfile::TempDir,
    program: PathBuf,
    /// Keeps the repositories served.
    _server: GitMemory,
}

impl Ground {
    fn make(program: &Path) -> Result<Self> {
        let mut repo = Repo::default();
        let mut last = repo.commit("Begin", &[]);
        for n in 0..TAGS {
            last = repo.commit(&format!("Change {n}"), &[last]);
            let name = format!("v1.{}.{}", n / 10, n % 10);
            let id = if n % 2 == 0 { last } else { repo.tag(&name, last) };
            repo.set(&format!("refs/tags/{name}"), id);
        }
        repo.set("refs/heads/main", last);
        let server = GitMemory::serve(repo);

        let folder = tempfile::tempdir()?;
        let mut dockerfile = "FROM docker.io/library/debian:bookworm-slim AS builder\n".to_owned();
        let mut manifest = "version = 1\n".to_owned();
        let mut urls = String::new();
        for n in 0..REPOSITORIES {
            let url = server.url_of(&format!("p{n:03}"));
            writeln!(dockerfile, "ARG P{n:03}_COMMIT=")?;
            write!(manifest, "\n[pins.p{n:03}]\ngit = \"{url}\"\nversion = \"^1\"\n")?;
            writeln!(manifest, "into = [{{ stage = \"builder\", arg = \"P{n:03}_COMMIT\" }}]")?;
            writeln!(urls, "{url}")?;
        }
        std::fs::create_dir(folder.path().join("home"))?;
        std::fs::create_dir(folder.path().join("image"))?;
        std::fs::write(folder.path().join("image/pins.toml"), manifest)?;
        std::fs::write(folder.path().join("start"), dockerfile)?;
        std::fs::write(folder.path().join("urls"), urls)?;
        Ok(Self { folder, program: program.to_owned(), _server: server })
    }

    /// What a refresh writes.
    fn state(&self) -> std::io::Result<(Vec<u8>, Vec<u8>)> {
        let read = |name: &str| std::fs::read(self.folder.path().join(name));
        Ok((read("image/pins.lock")?, read("image/Dockerfile")?))
    }

    /// A bash that knows nothing of the machine's configuration.
    #[allow(clippy::disallowed_methods, reason = "a bench's own environment")]
    fn bash(&self, script: &str) -> Command {
        let mut command = Command::new("bash");
        command
            .args(["--noprofile", "--norc", "-c", script])
            .current_dir(self.folder.path())
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.folder.path().join("home"))
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("LC_ALL", "C")
            .env("DUBO_PIN", &self.program)
            .stdin(Stdio::null());
        command
    }

    /// Runs a script and gives what it says.
    fn said(&self, script: &str) -> Result<String> {
        let output = self.bash(script).output()?;
        let said = String::from_utf8_lossy(&output.stdout).trim_end().to_owned();
        if output.status.success() {
            return Ok(said);
        }
        let complaint = String::from_utf8_lossy(&output.stderr);
        Err(format!("`{script}` ended with {}:\n{said}\n{complaint}", output.status).into())
    }

    /// Runs a script and takes its time: bash's own, which sees all that the script waited for.
    fn time(&self, script: &str) -> Result<Sample> {
        let timed = format!("TIMEFORMAT='%3R %3U %3S'\ntime {{ {script}\n}} >/dev/null 2>errors");
        let output = self.bash(&timed).output()?;
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        if !output.status.success() {
            let complaint = std::fs::read_to_string(self.folder.path().join("errors")).unwrap_or_default();
            return Err(format!("`{script}` ended with {}: {complaint}{said}", output.status).into());
        }
        let seconds: Vec<f64> = said.split_whitespace().map(str::parse).collect::<std::result::Result<_, _>>()?;
        match *seconds.as_slice() {
            [wall, user, system] => Ok(Sample { wall, cpu: user + system }),
            _ => Err(format!("bash gave no times but {said:?}").into()),
        }
    }

    /// Both scripts in turn, the first one first in every second pair.
    fn pairs(&self, count: usize, ours: &str, peer: &str) -> Result<Vec<Pair>> {
        // Once each beforehand: whatever is read from disk then is in memory for both.
        self.time(ours)?;
        self.time(peer)?;
        let mut pairs = Vec::with_capacity(count);
        for n in 0..count {
            let pair = if n % 2 == 0 {
                let ours = self.time(ours)?;
                Pair { ours, peer: self.time(peer)? }
            } else {
                let peer = self.time(peer)?;
                Pair { ours: self.time(ours)?, peer }
            };
            pairs.push(pair);
        }
        Ok(pairs)
    }
}
