//! `yarn add` lines of Dockerfiles: which packages they take from git, and where the commits stand.
//!
//! For the resolver, which asks what is wanted, and for `refresh` and `verify`, which ask where the
//! commits stand. How a shell's text is read is the dockerfile floor's. A repository bears one key in
//! all Dockerfiles: the name that is written before its `@`, else the last part of its path without
//! `.git`; if two repositories would share it, `owner/repo` for each of them, and the host before that
//! if they share this too.

use std::collections::{BTreeMap, BTreeSet};

use crate::dockerfile::Dockerfile;
use crate::dockerfile::shell::yarn::{Add, Package, adds};
use crate::dockerfile::shell::{Why, Written};
use crate::model::{CommitId, Id, Place, Severity, Trouble, quoted};
use crate::source::implied::{Claims, Implied, Unclear};
use crate::source::yarn::spec;

/// A package that `yarn add` takes from git.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Wanted {
    /// Its key among the values of the entry.
    pub(super) key: String,
    /// The repository as it is written, without the package's name and without the fragment:
    /// `git://host/o/r`, `o/r`.
    pub(super) repository: String,
    /// What stands behind the `#`, if that is known and something.
    pub(super) fragment: Option<String>,
    /// Where it stands first.
    pub(super) place: Place,
}

/// How to get away from `yarn add`, for a person who reads it in a terminal.
pub(super) fn advice() -> String {
    "`yarn add` in a Dockerfile pins the packages that it names, not what those need in their turn. \
     A folder with a lock pins all of it: (1) move the packages to app/package.json, and run `yarn install` there \
     once, for its yarn.lock; (2) in the Dockerfile: COPY app/package.json app/yarn.lock ./ and RUN yarn install \
     --frozen-lockfile; (3) in pins.toml: yarn = \"app\" instead of yarn = \"dockerfile\", and vendor = \
     \"app/yarn-offline-mirror/\" for a build without network; (4) dubo-pin refresh"
        .to_owned()
}

/// What the pin claims in some Dockerfiles.
pub(in crate::source) fn implied(files: &[Dockerfile]) -> Claims<'_> {
    let all = Lines::read(files);
    let mut claims = Claims::default();
    for line in &all.lines {
        for package in &line.packages {
            claims.sites.push(Implied::of_commit(line.file, all.key(package), package.package.clone()));
        }
        claims.unclear.extend(line.unclear.iter().cloned());
    }
    claims
}

/// What `refresh` tells of the lines, each thing once, and at the end how to do better.
pub(super) fn notes(files: &[Dockerfile]) -> Vec<String> {
    let told = |unclear: &Unclear| {
        let at = unclear.trouble.place.as_ref().map_or_else(String::new, |p| format!("{}:{}: ", p.file, p.line));
        format!("{at}{}", unclear.trouble.message)
    };
    let mut out: Vec<String> = Lines::read(files).lines.iter().flat_map(|line| &line.unclear).map(told).collect();
    let mut seen = BTreeSet::new();
    out.retain(|note| seen.insert(note.clone()));
    out.push(advice());
    out
}

/// What is not understood and would be an error of `verify`: the first.
pub(super) fn obstacle(files: &[Dockerfile]) -> Option<Trouble> {
    let lines = Lines::read(files).lines;
    let mut all = lines.into_iter().flat_map(|line| line.unclear);
    all.find(|unclear| unclear.severity == Severity::Error).map(|unclear| unclear.trouble)
}

/// What the pin wants, each key once, in the order of the files. What is not understood is told by
/// [`implied`].
///
/// # Errors
/// One repository wanted in two ways.
pub(super) fn wanted(files: &[Dockerfile]) -> Result<Vec<Wanted>, Trouble> {
    let all = Lines::read(files);
    let mut out: Vec<Wanted> = Vec::new();
    let mut known: BTreeMap<String, usize> = BTreeMap::new();
    for line in &all.lines {
        for package in &line.packages {
            let wanted = Wanted {
                key: all.key(package),
                repository: package.spelled.repository.clone(),
                fragment: package.fragment.clone(),
                place: package.package.place(line.file),
            };
            match known.get(&wanted.key).and_then(|index| out.get(*index)) {
                Some(first) if first.fragment != wanted.fragment => {
                    let said = |w: &Wanted| w.fragment.as_deref().map_or_else(|| "HEAD".to_owned(), quoted);
                    let message = format!("the Dockerfiles want {} in two ways", quoted(&wanted.key));
                    return Err(Trouble::new(message)
                        .at(wanted.place.clone())
                        .expected(format!("{} as in {}:{}", said(first), first.place.file, first.place.line))
                        .found(said(&wanted))
                        .help("write the same behind each `#`, from one ARG before the first FROM if you like"));
                }
                Some(_) => {}
                None => {
                    known.insert(wanted.key.clone(), out.len());
                    out.push(wanted);
                }
            }
        }
    }
    Ok(out)
}

/// The `yarn add` lines of some Dockerfiles.
struct Lines<'a> {
    lines: Vec<Line<'a>>,
    /// The repositories of each name, and of each `owner/repo`.
    names: BTreeMap<String, BTreeSet<Repository>>,
    paths: BTreeMap<String, BTreeSet<Repository>>,
}

struct Line<'a> {
    file: &'a Dockerfile,
    packages: Vec<Taken>,
    unclear: Vec<Unclear>,
}

/// A package from git, where a commit can be written.
struct Taken {
    package: Package,
    spelled: Git,
    fragment: Option<String>,
}

impl<'a> Lines<'a> {
    fn read(files: &'a [Dockerfile]) -> Self {
        let mut out = Self { lines: Vec::new(), names: BTreeMap::new(), paths: BTreeMap::new() };
        for file in files {
            for add in adds(file) {
                out.add(file, add);
            }
        }
        out.apart();
        out
    }

    fn add(&mut self, file: &'a Dockerfile, add: Add) {
        let mut line = Line { file, packages: Vec::new(), unclear: Vec::new() };
        let mut others: Vec<String> = Vec::new();
        let place = add.place(file);
        for package in add.packages {
            match spelled(&package) {
                Ok(Some(git)) => line.git(&package, git),
                Ok(None) if is_web(&package) => line.unclear.push(loose("add", &package, file)),
                Ok(None) => others.push(package.text),
                Err(trouble) => line.unclear.push(error(trouble.at(package.place(file)))),
            }
        }
        for (verb, package) in &add.brought {
            // only a URL leads `set version` and `plugin import` elsewhere
            let git = !verb.contains(' ') && matches!(spelled(package), Ok(Some(_)));
            if (git && !is_commit(package)) || (!git && is_web(package)) {
                line.unclear.push(loose(verb, package, file));
            }
        }
        for git in &line.packages {
            let repository = &git.spelled.known_as;
            self.names.entry(git.spelled.name()).or_default().insert(repository.clone());
            self.paths.entry(repository.short()).or_default().insert(repository.clone());
        }
        for one in add.not_understood {
            let text = one.text(file);
            let (severity, message) = match &one.why {
                Why::File => (Severity::Note, format!("yarn adds {}, which no pin holds: {}", quoted(&text), one.why)),
                Why::Verb(_) => {
                    (Severity::Note, format!("what yarn takes by {} no pin holds: {}", quoted(&text), one.why))
                }
                why => {
                    let severity = if add.adds { Severity::Error } else { Severity::Note };
                    (severity, format!("what yarn adds for {} cannot be known: {why}", quoted(&text)))
                }
            };
            let id = if matches!(one.why, Why::File | Why::Verb(_)) { Id::YARN015 } else { Id::YARN016 };
            let trouble = Trouble::new(message).at(one.place(file)).expected("packages such as o/r#<commit>");
            let trouble = trouble.help("write them out, or move them to a folder with yarn.lock: yarn = \"app\"");
            line.unclear.push(Unclear { id, severity, trouble });
        }
        if !others.is_empty() {
            let all: Vec<String> = others.iter().map(|text| quoted(text)).collect();
            let message = format!("`yarn add` takes what no commit pins: {}", all.join(", "));
            let help = "a folder with package.json and yarn.lock pins them, and what they need: yarn = \"app\"";
            line.unclear.push(note(Trouble::new(message).at(place).help(help)));
        }
        self.lines.push(line);
    }

    /// One variable can bear the commit of one repository alone.
    fn apart(&mut self) {
        let zero = "0".repeat(40);
        let mut owners: BTreeMap<(String, usize), BTreeSet<Repository>> = BTreeMap::new();
        let at = |line: &Line<'_>, taken: &Taken| {
            let edit = taken.package.edit(line.file, &zero).ok().flatten()?;
            Some((line.file.file().to_owned(), edit.range.start))
        };
        for line in &self.lines {
            for taken in &line.packages {
                if let Some(at) = at(line, taken) {
                    owners.entry(at).or_default().insert(taken.spelled.known_as.clone());
                }
            }
        }
        for line in &mut self.lines {
            let shared =
                |taken: &Taken| at(line, taken).and_then(|at| owners.get(&at)).is_some_and(|all| all.len() > 1);
            let which: Vec<bool> = line.packages.iter().map(shared).collect();
            let mut which = which.into_iter();
            let (out, kept) = std::mem::take(&mut line.packages).into_iter().partition(|_| which.next() == Some(true));
            line.packages = kept;
            for taken in out as Vec<Taken> {
                let message = format!(
                    "the commit of {} stands where that of another repository does",
                    quoted(&taken.package.text)
                );
                let trouble = Trouble::new(message).at(taken.package.place(line.file));
                line.unclear.push(error(trouble.help("give each repository an ARG of its own")));
            }
        }
    }

    fn key(&self, taken: &Taken) -> String {
        let one = |all: Option<&BTreeSet<Repository>>| all.is_none_or(|all| all.len() <= 1);
        let (name, known_as) = (taken.spelled.name(), &taken.spelled.known_as);
        if one(self.names.get(&name)) {
            return name;
        }
        let short = known_as.short();
        if one(self.paths.get(&short)) { short } else { format!("{}/{}", known_as.host, known_as.path) }
    }
}

impl Line<'_> {
    fn git(&mut self, package: &Package, git: Git) {
        let place = package.place(self.file);
        if let Some(why) = git.open {
            let message = format!(
                "yarn takes {} over {why}, where anybody on the way can read and change it",
                quoted(&package.text)
            );
            let help = format!("write git+https://: `git+https://{}/{}`", git.known_as.host, git.known_as.path);
            self.unclear.push(note(Trouble::new(message).at(place).help(help)));
        }
        let zero = "0".repeat(40);
        let fragment = package.fragment.as_ref().and_then(Written::known).map(str::to_owned);
        let inside = fragment.as_ref().is_some_and(|f| f.contains('&') || f.starts_with("workspace="));
        let trouble = match package.edit(self.file, &zero) {
            Err(error) => error.trouble(),
            Ok(_) if inside => Trouble::new("a workspace of a repository cannot be pinned in a Dockerfile")
                .at(package.place(self.file))
                .help("move it to a folder with package.json and yarn.lock: yarn = \"app\""),
            Ok(_) => {
                self.packages.push(Taken { package: package.clone(), spelled: git, fragment });
                return;
            }
        };
        self.unclear.push(error(trouble));
    }
}

fn error(trouble: Trouble) -> Unclear {
    Unclear { id: Id::YARN016, severity: Severity::Error, trouble }
}

/// Code from a URL or from git that nothing holds, as an error.
fn loose(verb: &str, package: &Package, file: &Dockerfile) -> Unclear {
    let text = quoted(&package.text);
    let trouble = Trouble::new(format!("{} takes {text}, which nothing pins", quoted(&format!("yarn {verb}"))))
        .at(package.place(file))
        .expected("packages that a commit or a digest pins")
        .found(text)
        .help("move it to a folder with package.json and yarn.lock: yarn = \"app\"; or a pin of its URL (url = …) and ADD --checksum");
    Unclear { id: Id::YARN015, severity: Severity::Error, trouble }
}

/// Whether yarn takes what a URL serves at the time; a host's tarball of a full commit stays what it is.
fn is_web(package: &Package) -> bool {
    let (_, url) = named(&package.text);
    let fixed = spec::archive(url).is_some_and(|(_, reference)| reference.parse::<CommitId>().is_ok());
    url.contains("://") && !fixed
}

/// Whether a full commit stands behind the `#`.
fn is_commit(package: &Package) -> bool {
    let fragment = package.fragment.as_ref().and_then(Written::known).unwrap_or_default();
    fragment.strip_prefix("commit=").unwrap_or(fragment).parse::<CommitId>().is_ok()
}

fn note(trouble: Trouble) -> Unclear {
    Unclear { id: Id::YARN015, severity: Severity::Note, trouble }
}

/// A repository however it is spelled.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Repository {
    /// `github.com`, in lower case; with its port.
    host: String,
    /// `o/r`, without `.git`.
    path: String,
}

impl Repository {
    fn new(host: &str, path: &str) -> Self {
        let path = path.trim_matches('/');
        Self { host: host.to_ascii_lowercase(), path: path.strip_suffix(".git").unwrap_or(path).to_owned() }
    }

    /// Owner and repository, or what there is of them.
    fn short(&self) -> String {
        let mut parts: Vec<&str> = self.path.rsplitn(3, '/').take(2).collect();
        parts.reverse();
        parts.join("/")
    }
}

/// A package from git as it is spelled.
struct Git {
    named: Option<String>,
    repository: String,
    known_as: Repository,
    /// The scheme, if it is not encrypted and not of this machine.
    open: Option<&'static str>,
}

impl Git {
    fn name(&self) -> String {
        let last = self.known_as.path.rsplit('/').next().unwrap_or_default();
        self.named.clone().unwrap_or_else(|| last.to_owned())
    }
}

/// Hosts that yarn knows without `.git`.
const HOSTED: [&str; 4] = ["github.com", "gitlab.com", "bitbucket.org", "bitbucket.com"];

/// Reads what yarn takes. `None`: not from git.
///
/// # Errors
/// A text that means nothing here.
fn spelled(package: &Package) -> Result<Option<Git>, Trouble> {
    let (named, text) = named(&package.text);
    let git = |host: &str, path: &str, open| {
        let known_as = Repository::new(host, path);
        let ok = !known_as.path.is_empty() && crate::model::Token::new(&known_as.path).is_ok();
        ok.then(|| Git { named: named.map(str::to_owned), repository: text.to_owned(), known_as, open })
    };
    let found = match text.split_once("://") {
        Some((scheme, rest)) => {
            let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
            let host = host.rsplit('@').next().unwrap_or_default();
            let scheme = scheme.to_ascii_lowercase();
            let bare = scheme.strip_prefix("git+").unwrap_or(&scheme);
            let local = host.starts_with("127.") || host.starts_with("localhost") || host.starts_with("[::1]");
            let open = match bare {
                "git" if !local => Some("git://"),
                "http" if !local => Some("http://"),
                _ => None,
            };
            let hosted = HOSTED.contains(&host) && path.trim_end_matches('/').matches('/').count() == 1;
            let web = matches!(bare, "https" | "http") && (path.ends_with(".git") || hosted);
            if matches!(bare, "git" | "ssh") || scheme.starts_with("git+") || web {
                let what = git(host, path, open);
                return what.map(Some).ok_or_else(|| malformed(package));
            }
            None
        }
        None => hosted(text).and_then(|(host, path)| git(host, path, None)),
    };
    let web = text.contains("://");
    if found.is_none() && package.fragment.is_some() && !web {
        return Err(malformed(package));
    }
    Ok(found)
}

fn malformed(package: &Package) -> Trouble {
    Trouble::new(format!("{} is no package that yarn can be known to take", quoted(&package.text)))
        .expected("a package of a registry, or a git repository such as git+https://host/o/r.git")
}

/// Host and path of a spelling without a scheme: `github:o/r`, `git@host:o/r`, `o/r`.
fn hosted(text: &str) -> Option<(&str, &str)> {
    if let Some((before, path)) = text.split_once(':') {
        return match before {
            "github" => Some(("github.com", path)),
            "gitlab" => Some(("gitlab.com", path)),
            "bitbucket" => Some(("bitbucket.org", path)),
            "gist" => Some(("gist.github.com", path)),
            _ => before
                .split_once('@')
                .filter(|(_, host)| !host.is_empty() && !path.is_empty())
                .map(|(_, host)| (host, path)),
        };
    }
    let (owner, repository) = text.split_once('/')?;
    let first = |c: char| matches!(c, '.' | '-' | '@');
    let ok = !owner.is_empty() && !owner.starts_with(first) && !repository.is_empty();
    (ok && !text.contains(['@', '%']) && !repository.contains('/')).then_some(("github.com", text))
}

/// The name before the `@`, and the rest: `name@o/r`, `@scope/name@git+https://…`. None in
/// `git@host:o/r` and `ssh://git@host/o/r`.
fn named(text: &str) -> (Option<&str>, &str) {
    let head = text.split("://").next().unwrap_or(text);
    let scheme = head.len() < text.len();
    let Some(at) = head.char_indices().skip(1).find(|(_, c)| *c == '@').map(|(i, _)| i) else { return (None, text) };
    let (Some(name), Some(rest)) = (text.get(..at), text.get(at + 1..)) else { return (None, text) };
    let host = rest.split(':').next().filter(|host| host.len() < rest.len());
    // `user@host:path`: what names a protocol has no dot, and no second `@` stands before the colon
    if !scheme && host.is_some_and(|host| host.contains('.') && !host.contains(['@', '/'])) {
        return (None, text);
    }
    (Some(name), rest)
}

#[cfg(test)]
mod tests;
