//! The environment, read here and nowhere else, and handed down as data.
//!
//! For the verbs. `git`'s own variables (`GIT_*`) are not among them, but for `hook`'s: a pin resolves
//! to the same on every machine.

use std::path::PathBuf;

/// What dubo-pin heeds of the environment.
#[derive(Default, Clone)]
pub(super) struct Environment {
    pub(super) home: Option<PathBuf>,
    /// `$XDG_CONFIG_HOME`, or `~/.config`.
    pub(super) config_home: Option<PathBuf>,
    /// `$XDG_CACHE_HOME`, or `~/.cache`.
    pub(super) cache_home: Option<PathBuf>,
    /// A second store: a folder, or a URL with `{sha256}`.
    pub(super) second_store: Option<String>,
    /// `$NETRC`, or `~/.netrc`.
    pub(super) netrc: Option<PathBuf>,
    /// apt's files with credentials for archives, which may not be readable.
    pub(super) apt_auth: Vec<PathBuf>,
    /// Docker's and containers' configurations with logins to registries, the first wins.
    pub(super) registry_logins: Vec<PathBuf>,
    /// `$PATH`, where credential helpers of registries are.
    pub(super) programs: Vec<PathBuf>,
    /// `$DUBO_PIN_YARN`: the yarn that `refresh` runs.
    pub(super) yarn: Option<PathBuf>,
    /// All of it, for yarn alone: which of it yarn gets is `remote::yarn`'s to say.
    pub(super) all: Vec<(String, String)>,
    pub(super) mirrors: Option<String>,
    pub(super) https_proxy: Option<String>,
    pub(super) http_proxy: Option<String>,
    pub(super) no_proxy: Option<String>,
    pub(super) trusted_key: Option<String>,
    pub(super) no_color: Option<String>,
    pub(super) term: Option<String>,
    pub(super) columns: Option<usize>,
}

#[allow(clippy::disallowed_methods, reason = "this is the one place")]
fn get(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|v| !v.is_empty())
}

/// The variables whose names and values are text.
#[allow(clippy::disallowed_methods, reason = "this is the one place")]
fn all() -> Vec<(String, String)> {
    std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect()
}

impl Environment {
    pub(super) fn read() -> Self {
        let home = get("HOME").map(PathBuf::from);
        let in_home = |name: &str| home.as_ref().map(|h| h.join(name));
        let either = |a: &str, b: &str| get(a).or_else(|| get(b));
        Self {
            config_home: get("XDG_CONFIG_HOME")
                .map(PathBuf::from)
                .filter(|p| p.is_absolute())
                .or_else(|| in_home(".config")),
            cache_home: get("XDG_CACHE_HOME")
                .map(PathBuf::from)
                .filter(|p| p.is_absolute())
                .or_else(|| in_home(".cache")),
            second_store: get("DUBO_PIN_STORE"),
            netrc: get("NETRC").map(PathBuf::from).or_else(|| in_home(".netrc")),
            apt_auth: apt_auth(),
            registry_logins: registry_logins(home.as_deref()),
            programs: get("PATH").map(|p| std::env::split_paths(&p).collect()).unwrap_or_default(),
            yarn: get("DUBO_PIN_YARN").map(PathBuf::from),
            all: all(),
            mirrors: get("DUBO_PIN_MIRRORS"),
            https_proxy: either("https_proxy", "HTTPS_PROXY").or_else(|| either("all_proxy", "ALL_PROXY")),
            // Upper-case HTTP_PROXY is not read: a CGI server sets it from a request header.
            http_proxy: get("http_proxy").or_else(|| either("all_proxy", "ALL_PROXY")),
            no_proxy: either("no_proxy", "NO_PROXY"),
            trusted_key: get("DUBO_PIN_TRUSTED_KEY"),
            no_color: get("NO_COLOR"),
            term: get("TERM"),
            columns: get("COLUMNS").and_then(|c| c.parse().ok()),
            home,
        }
    }
}

/// What git tells the hooks that it runs, and what a user may tell git. For `hook` alone.
#[derive(Default)]
pub(super) struct GitEnvironment {
    pub(super) git_dir: Option<PathBuf>,
    pub(super) work_tree: Option<PathBuf>,
    /// In a hook, the index that is about to be committed.
    pub(super) index_file: Option<PathBuf>,
    pub(super) object_directory: Option<PathBuf>,
    pub(super) alternates: Vec<PathBuf>,
    /// The system's configuration: `$GIT_CONFIG_SYSTEM`, or `/etc/gitconfig`; none with
    /// `$GIT_CONFIG_NOSYSTEM`.
    pub(super) config_system: Option<PathBuf>,
    /// `$GIT_CONFIG_GLOBAL`, instead of the user's own configuration.
    pub(super) config_global: Option<PathBuf>,
}

impl GitEnvironment {
    #[allow(clippy::disallowed_methods, reason = "this is the one place")]
    pub(super) fn read() -> Self {
        // Paths need not be UTF-8.
        let get = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
        let path = |name: &str| get(name).map(PathBuf::from);
        // As git reads a boolean.
        let is_no = |v: &std::ffi::OsString| ["0", "false", "no", "off"].iter().any(|no| v.eq_ignore_ascii_case(no));
        let without_system = get("GIT_CONFIG_NOSYSTEM").is_some_and(|v| !is_no(&v));
        let system = || path("GIT_CONFIG_SYSTEM").or_else(|| Some(PathBuf::from("/etc/gitconfig")));
        let alternates = get("GIT_ALTERNATE_OBJECT_DIRECTORIES");
        Self {
            git_dir: path("GIT_DIR"),
            work_tree: path("GIT_WORK_TREE"),
            index_file: path("GIT_INDEX_FILE"),
            object_directory: path("GIT_OBJECT_DIRECTORY"),
            alternates: alternates.map(|all| std::env::split_paths(&all).collect()).unwrap_or_default(),
            config_system: if without_system { None } else { system() },
            config_global: path("GIT_CONFIG_GLOBAL"),
        }
    }
}

/// `/etc/apt/auth.conf`, then `/etc/apt/auth.conf.d/*.conf` by name.
fn apt_auth() -> Vec<PathBuf> {
    let parts = std::fs::read_dir("/etc/apt/auth.conf.d").into_iter().flatten().flatten().map(|e| e.path());
    let mut parts: Vec<PathBuf> = parts.filter(|p| p.extension().is_some_and(|e| e == "conf")).collect();
    parts.sort();
    std::iter::once(PathBuf::from("/etc/apt/auth.conf")).chain(parts).collect()
}

/// `$REGISTRY_AUTH_FILE`, what docker reads (`$DOCKER_CONFIG/config.json`, or
/// `~/.docker/config.json`), then what podman, skopeo and buildah read (containers-auth.json(5)).
fn registry_logins(home: Option<&std::path::Path>) -> Vec<PathBuf> {
    let folder = |name: &str| get(name).map(PathBuf::from).filter(|p| p.is_absolute());
    let docker = folder("DOCKER_CONFIG").or_else(|| Some(home?.join(".docker"))).map(|d| d.join("config.json"));
    let containers = |d: PathBuf| d.join("containers").join("auth.json");
    let config = folder("XDG_CONFIG_HOME").or_else(|| Some(home?.join(".config")));
    [folder("REGISTRY_AUTH_FILE"), docker, folder("XDG_RUNTIME_DIR").map(containers), config.map(containers)]
        .into_iter()
        .flatten()
        .collect()
}
