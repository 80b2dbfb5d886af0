//! Which word of a command is the program that runs, behind `sudo`, `env`, `timeout` and their like.
//!
//! For the readers of curl and of package managers: their names are often words of another command,
//! as in `apt-get install curl`, so that only the place of a program counts.

use std::collections::BTreeSet;

use super::command::name;
use super::fields::{Field, Fields, text};
use super::text::is_shell;

/// A command that runs the command behind it: the letters of its options that take a word, its long
/// ones, and how many words of its own it takes.
struct Wrapper {
    name: &'static str,
    letters: &'static str,
    long: &'static [&'static str],
    words: usize,
}

const fn plain(name: &'static str) -> Wrapper {
    Wrapper { name, letters: "", long: &[], words: 0 }
}

const WRAPPERS: [Wrapper; 47] = [
    Wrapper { name: "sudo", letters: "CDghpRrTtUu", long: &["user", "group", "host", "chdir"], words: 0 },
    Wrapper { name: "doas", letters: "Cu", long: &[], words: 0 },
    Wrapper { name: "env", letters: "uC", long: &["unset", "chdir"], words: 0 },
    Wrapper { name: "nice", letters: "n", long: &["adjustment"], words: 0 },
    Wrapper { name: "ionice", letters: "cnpPu", long: &["class", "classdata"], words: 0 },
    plain("eatmydata"),
    Wrapper { name: "timeout", letters: "sk", long: &["signal", "kill-after"], words: 1 },
    Wrapper { name: "chroot", letters: "", long: &[], words: 1 },
    Wrapper { name: "gosu", letters: "", long: &[], words: 1 },
    Wrapper { name: "su-exec", letters: "", long: &[], words: 1 },
    Wrapper { name: "exec", letters: "a", long: &[], words: 0 },
    plain("command"),
    plain("builtin"),
    plain("fakeroot"),
    Wrapper { name: "xargs", letters: "aEIdLnPs", long: &["arg-file", "delimiter", "max-args", "max-procs"], words: 0 },
    Wrapper { name: "parallel", letters: "jaIN", long: &["jobs"], words: 0 },
    Wrapper { name: "time", letters: "fo", long: &["format", "output"], words: 0 },
    plain("nohup"),
    plain("setsid"),
    Wrapper { name: "stdbuf", letters: "ioe", long: &["input", "output", "error"], words: 0 },
    Wrapper { name: "runuser", letters: "ugG", long: &["user", "group"], words: 0 },
    Wrapper { name: "unbuffer", letters: "", long: &[], words: 0 },
    plain("busybox"),
    plain("toybox"),
    plain("!"),
    Wrapper { name: "xvfb-run", letters: "efnpsw", long: &["server-num", "server-args", "error-file"], words: 0 },
    Wrapper { name: "flock", letters: "wE", long: &["timeout", "wait", "conflict-exit-code"], words: 1 },
    Wrapper { name: "strace", letters: "eopsaOPu", long: &["output", "trace"], words: 0 },
    plain("ssh-agent"),
    plain("dbus-run-session"),
    Wrapper { name: "tini", letters: "pe", long: &[], words: 0 },
    plain("dumb-init"),
    plain("linux32"),
    plain("linux64"),
    Wrapper { name: "setarch", letters: "", long: &[], words: 1 },
    Wrapper { name: "unshare", letters: "RwSG", long: &["root", "wd", "setuid", "setgid"], words: 0 },
    Wrapper { name: "s6-setuidgid", letters: "", long: &[], words: 1 },
    Wrapper { name: "setuidgid", letters: "", long: &[], words: 1 },
    Wrapper { name: "chpst", letters: "uUnbme/PCoprstfd", long: &[], words: 0 },
    Wrapper { name: "setpriv", letters: "", long: &["reuid", "regid", "groups", "securebits"], words: 0 },
    plain("torsocks"),
    Wrapper { name: "proxychains", letters: "f", long: &[], words: 0 },
    Wrapper { name: "proxychains4", letters: "f", long: &[], words: 0 },
    plain("catchsegv"),
    plain("ccache"),
    Wrapper { name: "taskset", letters: "", long: &[], words: 1 },
    Wrapper { name: "numactl", letters: "NCmplSf", long: &["cpunodebind", "membind"], words: 0 },
];

/// Programs whose verb `run` or `exec` runs the command behind it.
const RUNNERS: [&str; 17] = [
    "conda",
    "mamba",
    "micromamba",
    "poetry",
    "pipenv",
    "pdm",
    "hatch",
    "rye",
    "uv",
    "pixi",
    "bundle",
    "mise",
    "direnv",
    "asdf",
    "rbenv",
    "pyenv",
    "nvm",
];

/// Commands that take the name of a program as a word, and run none.
const NAMES: [&str; 22] = [
    "apt", "apt-get", "apk", "aptitude", "dnf", "microdnf", "tdnf", "yum", "zypper", "pacman", "brew", "cd", "cp",
    "mv", "rm", "ln", "hash", "man", "whereis", "for", "case", "git",
];

/// The last part of the path that a word is, wherever that path begins: `${VENV}/bin/pip`.
pub(super) fn named(field: &Field) -> Option<String> {
    name(field).or_else(|| {
        let slash = field.units.iter().rposition(|u| !u.hole && u.byte == b'/')?;
        text(field.units.get(slash + 1..)?)
    })
}

/// Where the program stands. A function or a script of the user's own (`retry 5 curl …`) counts as a
/// wrapper, if `own` says that a word behind it is a program to look for and has what it needs.
pub(super) fn program(
    fields: &[Field],
    functions: &BTreeSet<Vec<u8>>,
    own: impl Fn(&str, &[Field]) -> bool,
) -> Option<usize> {
    let mut at = 0;
    while let Some(wrapper) = fields.get(at).and_then(named).and_then(|n| WRAPPERS.iter().find(|w| w.name == n)) {
        let next = behind(wrapper, fields, at + 1)?;
        at = next;
    }
    let word = named(fields.get(at)?);
    let next = |at: usize| fields.get(at).and_then(Field::known);
    let wraps = word.as_deref().is_none_or(|n| functions.contains(n.as_bytes()) || wraps(n) || hands(n, &next, at));
    let other = word.as_deref().is_some_and(|n| own(n, fields.get(at + 1..).unwrap_or_default()));
    if wraps && !other && !word.as_deref().is_some_and(|n| NAMES.contains(&n)) {
        let rest = fields.iter().enumerate().skip(at + 1).take(16);
        let mut rest = rest.filter_map(|(i, f)| Some((i, named(f)?)));
        let found = rest.find(|(i, n)| own(n, fields.get(i + 1..).unwrap_or_default()));
        return Some(found.map_or(at, |(i, _)| i));
    }
    Some(at)
}

/// Whether a program runs a command that stands among its own words: `conda run`.
fn hands(name: &str, next: &impl Fn(usize) -> Option<String>, at: usize) -> bool {
    let mut words = (at + 1..at + 17).filter_map(next);
    RUNNERS.contains(&name) && words.any(|w| matches!(w.as_str(), "run" | "exec"))
}

/// The commands that one command is: `find -exec` runs each of its own, up to `;` or `+`.
pub(super) fn parts(fields: Fields) -> Vec<Fields> {
    let is = |field: &Field, words: &[&str]| field.known().is_some_and(|w| words.contains(&w.as_str()));
    let finds = fields.all.iter().take(8).filter_map(named).any(|n| matches!(n.as_str(), "find" | "fd" | "fdfind"));
    let begins = |field: &Field| is(field, &["-exec", "-execdir", "-ok", "-okdir", "-x", "--exec"]);
    if !finds || !fields.all.iter().any(begins) {
        return vec![fields];
    }
    let mut own = Fields { all: Vec::new(), sources: fields.sources.clone() };
    let mut out: Vec<Fields> = Vec::new();
    let mut inside = false;
    for field in fields.all {
        if begins(&field) {
            inside = true;
            out.push(Fields { all: Vec::new(), sources: fields.sources.clone() });
        } else if inside && is(&field, &[";", "+"]) {
            inside = false;
        } else {
            let part = if inside { out.last_mut().unwrap_or(&mut own) } else { &mut own };
            part.all.push(field);
        }
    }
    out.insert(0, own);
    out
}

/// Whether the name of a script says that it runs another command: `with_retry`, `run-checked.sh`.
fn wraps(name: &str) -> bool {
    let starts = |part: &str| ["retry", "rerun", "try", "run", "exec", "with"].iter().any(|w| part.starts_with(w));
    name.split(|c: char| !c.is_alphanumeric()).any(starts)
}

/// Where the command of a wrapper begins, whose own words begin at `at`. `None`: it runs none.
fn behind(wrapper: &Wrapper, fields: &[Field], mut at: usize) -> Option<usize> {
    let mut words = wrapper.words;
    loop {
        let field = fields.get(at)?;
        let Some(word) = field.known() else { return if words > 0 { next(&mut words, &mut at) } else { Some(at) } };
        if wrapper.name == "command" && matches!(word.as_str(), "-v" | "-V") {
            return None;
        }
        if word == "--" {
            at += 1;
        } else if let Some(long) = word.strip_prefix("--") {
            at += 1 + usize::from(wrapper.long.contains(&long));
        } else if let Some(letters) = word.strip_prefix('-').filter(|l| !l.is_empty()) {
            // `-nu root`: the last letter takes the word
            let takes = letters.char_indices().find(|(_, c)| wrapper.letters.contains(*c));
            at += 1 + usize::from(takes.is_some_and(|(i, c)| i + c.len_utf8() == letters.len()));
        } else if wrapper.name == "env" || wrapper.name == "sudo" {
            if !word.split('/').next().unwrap_or_default().contains('=') {
                return Some(at);
            }
            at += 1;
        } else if words > 0 {
            words -= 1;
            at += 1;
        } else {
            return Some(at);
        }
    }
}

/// Passes a word of the wrapper's own that cannot be known.
fn next(words: &mut usize, at: &mut usize) -> Option<usize> {
    *words -= 1;
    *at += 1;
    Some(*at)
}

/// Whether a program runs what it reads.
pub(super) fn interpreter(name: &str) -> bool {
    let plain = name.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
    is_shell(name)
        || matches!(
            plain,
            "fish"
                | "python"
                | "pypy"
                | "perl"
                | "ruby"
                | "node"
                | "nodejs"
                | "php"
                | "lua"
                | "pwsh"
                | "Rscript"
                | "deno"
                | "bun"
        )
}
