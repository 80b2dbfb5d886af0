//! The environment, read here and nowhere else, and handed down as data.
//!
//! For the verbs. `git`'s own variables (`GIT_*`) are not among them: a pin resolves to the same on
//! every machine.

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
