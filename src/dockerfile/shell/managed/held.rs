//! Whether a command of a manager brings anything, and whether a lock of its own holds that.
//!
//! For [`managed`](super::managed()). An option counts only where the manager then fails rather than
//! take what the lock does not name.

use super::Line;
use super::manager::Manager;

/// `None`: it brings nothing.
pub(super) fn held(manager: &Manager, line: &Line<'_>) -> Option<bool> {
    if line.has(&["--help", "--dry-run"]) || (line.has(&["--version"]) && line.packages.is_empty()) {
        return None;
    }
    let verb = line.verb.as_str();
    let verb_brings = manager.verbs.is_empty() || manager.verbs.contains(&verb);
    let names = !line.packages.is_empty() || line.handed;
    match manager.name {
        "pacman" => pacman(line),
        "rpm" => rpm(line),
        "uv" => uv(manager, line),
        "emerge" => {
            let none = ["--sync", "-C", "--unmerge", "-c", "--depclean", "-s", "--search", "-p", "--pretend", "--info"];
            (names && !line.has(&none)).then_some(false)
        }
        "nix-env" => {
            let short = line.options.iter().any(|o| !o.starts_with("--") && o.contains(['i', 'u']));
            (short || line.has(&["--install", "--upgrade"])).then_some(false)
        }
        "nix-channel" => line.has(&["--add", "--update"]).then_some(false),
        "nix-shell" | "npx" | "easy_install" | "cpan" | "cpanm" | "xbps" => {
            let none = line.has(&["--no-install", "--no", "-S"]) && !names;
            let some = names || line.has(&["--installdeps", "-p", "--package", "--packages", "-u"]);
            (some && !none && !(manager.name == "npx" && line.has(&["--no-install", "--no"]))).then_some(false)
        }
        "mvn" | "gradle" | "sbt" | "lein" => {
            let offline = line.has(&["-o", "--offline", "-v", "-h", "--stop"]);
            (names && !offline).then_some(false)
        }
        "R" | "julia" => {
            let calls = ["install", "BiocManager", "Pkg."];
            let installs = |w: String| calls.iter().any(|c| w.contains(c));
            (verb.is_empty() && line.packages.iter().any(|f| f.known().is_none_or(installs))).then_some(false)
        }
        "install-php-extensions" => names.then_some(false),
        _ if !verb_brings => None,
        "dotnet" => (!line.has(&["--no-restore"])).then(|| line.has(&["--locked-mode"])),
        "deno" => Some(line.has(&["--frozen", "--cached-only", "--no-remote"])),
        "pip" => {
            let context = line.has(&["--no-deps"]) && line.is_local() && !line.has(&["-r", "--requirement"]);
            let nothing = !names && !line.has(&["-r", "--requirement", "--group"]);
            (!context && !nothing && !line.has(&["--no-index"])).then(|| line.has(&["--require-hashes"]))
        }
        "pipenv" => Some(verb == "sync" || line.has(&["--deploy"])),
        "pdm" => Some(verb == "sync" || line.has(&["--frozen-lockfile", "--frozen"])),
        "conda-lock" => Some(true),
        "npm" => Some(matches!(
            verb,
            "ci" | "clean-install" | "ic" | "install-clean" | "isntall-clean" | "install-ci-test" | "cit"
        )),
        "pnpm" => Some(!names && (verb == "fetch" || line.has(&["--frozen-lockfile"]))),
        "yarn" => Some(verb != "global add" && !names && line.has(&["--frozen-lockfile", "--immutable"])),
        "bun" => Some(!names && line.has(&["--frozen-lockfile"])),
        "corepack" => {
            let hashed = |w: String| w.rsplit_once("+sha").is_some_and(|(name, _)| name.contains('@'));
            Some(names && line.packages.iter().all(|f| f.known().is_some_and(hashed)))
        }
        "gem" => (!line.has(&["--local", "-l"])).then_some(false),
        "bundle" => Some(matches!(verb, "" | "install") && line.has(&["--frozen", "--deployment", "--local"])),
        "go" => go(line),
        "cargo" => {
            let locked = line.has(&["--locked", "--frozen", "--offline"]);
            let own = match verb {
                "install" => line.has(&["--path"]) && !names,
                "update" | "add" | "binstall" | "generate-lockfile" => false,
                _ => true,
            };
            Some(locked && own)
        }
        "rustup" => Some(false),
        "poetry" if verb == "lock" => None,
        "nix" if verb.starts_with("profile") => Some(false),
        // flake.lock
        "nix" => Some(!names || line.is_local()),
        _ => Some(false),
    }
}

/// `-S` and `-U`, but no queries.
fn pacman(line: &Line<'_>) -> Option<bool> {
    let short = line.options.iter().filter(|o| !o.starts_with("--"));
    let (mut sync, mut query, mut upgrade) = (line.has(&["--sync", "--upgrade"]), false, line.has(&["--sysupgrade"]));
    for option in short {
        sync |= option.contains(['S', 'U']);
        query |= option.contains(['s', 'i', 'g', 'l', 'c', 'p', 'Q', 'R']);
        upgrade |= option.contains('S') && option.contains('u');
    }
    (sync && !query && (upgrade || !line.packages.is_empty())).then_some(false)
}

/// An install or an import by URL, or of what cannot be known; a file of the disk came another way.
fn rpm(line: &Line<'_>) -> Option<bool> {
    let short = |o: &String| !o.starts_with("--") && o.contains(['i', 'U', 'F']) && !o.contains(['q', 'e', 'V']);
    let brings = line.options.iter().any(short) || line.has(&["--install", "--upgrade", "--freshen", "--import"]);
    let afar = line.packages.iter().any(|f| f.known().is_none_or(|w| w.contains("://")));
    (brings && afar).then_some(false)
}

fn uv(manager: &Manager, line: &Line<'_>) -> Option<bool> {
    let verb = line.verb.as_str();
    if !manager.verbs.contains(&verb) {
        return None;
    }
    match verb {
        "pip install" | "pip sync" => {
            let context = line.has(&["--no-deps"]) && line.is_local();
            (!context && !line.has(&["--no-index", "--offline"])).then(|| line.has(&["--require-hashes"]))
        }
        "sync" | "run" => Some(line.has(&["--locked", "--frozen"])),
        "lock" => None,
        _ => Some(false),
    }
}

/// What the module itself names is held by go.sum.
fn go(line: &Line<'_>) -> Option<bool> {
    let at = |w: &str| w.contains('@') && !w.starts_with(['.', '/']);
    let afar = line.packages.iter().any(|f| f.known().is_none_or(|w| at(&w)));
    let free = line.options.contains("-mod=mod");
    match line.verb.as_str() {
        "get" | "mod tidy" => Some(false),
        "install" | "run" => {
            // what follows the program of `go run` is its own
            let first = line.packages.first().is_some_and(|f| f.known().is_none_or(|w| at(&w)));
            Some(!free && !(if line.verb == "run" { first } else { afar }))
        }
        "mod download" => Some(!afar),
        _ => Some(!free),
    }
}
