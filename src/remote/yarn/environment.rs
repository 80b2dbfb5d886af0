//! The variables that yarn and the git below it get: these, and no other.

use std::ffi::OsString;
use std::path::Path;

use super::copy::Copied;
use super::find::{Line, Yarn};
use super::{YarnOptions, Yarns};
use crate::remote::Mirrors;

/// Variables of the environment.
type Variables = Vec<(OsString, OsString)>;

/// Names that are handed on as they are: proxies, certificates, logins.
const NAMES: [&str; 24] = [
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "NO_PROXY",
    "ALL_PROXY",
    "http_proxy",
    "https_proxy",
    "no_proxy",
    "all_proxy",
    "NODE_EXTRA_CA_CERTS",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "GIT_SSL_CAINFO",
    "SSH_AUTH_SOCK",
    "USER",
    "LOGNAME",
    "NPM_TOKEN",
    "NODE_AUTH_TOKEN",
    "NPM_AUTH_TOKEN",
    "YARN_AUTH_TOKEN",
    "YARN_REGISTRY",
    "YARN_CAFILE",
    "YARN_STRICT_SSL",
    "YARN_ENABLE_STRICT_SSL",
    "YARN_UNSAFE_HTTP_WHITELIST",
];

/// …and by their beginning: registries and the network of npm, of yarn 1 and of berry.
const BEGINNINGS: [&str; 4] = ["npm_config_", "yarn_npm_", "yarn_http", "yarn_network_"];

/// What would let npm's settings run scripts, or install elsewhere.
const NEVER: [&str; 8] = [
    "npm_config_ignore_scripts",
    "npm_config_script_shell",
    "npm_config_prefix",
    "npm_config_cache",
    "npm_config_userconfig",
    "npm_config_globalconfig",
    "npm_config_node_options",
    "npm_config_git",
];

fn handed_on(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    NAMES.contains(&name)
        || BEGINNINGS.iter().any(|b| lower.starts_with(b)) && !NEVER.contains(&lower.replace('-', "_").as_str())
}

/// What any yarn gets, to be asked or to install: a path, a home, nothing that asks a person.
pub(super) fn plain(options: &YarnOptions, home: &Path) -> Variables {
    let path = std::env::join_paths(options.path.iter().filter(|p| p.is_absolute())).unwrap_or_default();
    let corepack = options.variable("COREPACK_HOME").map(OsString::from);
    let corepack =
        corepack.or_else(|| options.cache_home.as_ref().map(|c| c.join("node").join("corepack").into_os_string()));
    let mut all: Variables = vec![("PATH".into(), path), ("HOME".into(), home.into()), ("TMPDIR".into(), home.into())];
    all.extend(corepack.map(|c| ("COREPACK_HOME".into(), c)));
    let own = [
        ("COREPACK_ENABLE_DOWNLOAD_PROMPT", "0"),
        // What corepack has; it fetches nothing here.
        ("COREPACK_ENABLE_NETWORK", "0"),
        ("COREPACK_DEFAULT_TO_LATEST", "0"),
        ("COREPACK_ENABLE_AUTO_PIN", "0"),
        ("COREPACK_ENABLE_UNSAFE_CUSTOM_URLS", "0"),
        // The yarn that was chosen is the one that runs.
        ("YARN_IGNORE_PATH", "1"),
        ("SKIP_YARN_COREPACK_CHECK", "1"),
        ("NO_UPDATE_NOTIFIER", "1"),
        ("NO_COLOR", "1"),
        ("FORCE_COLOR", "0"),
        ("LC_ALL", "C"),
        ("LANG", "C"),
    ];
    all.extend(own.map(|(n, v)| (n.into(), v.into())));
    all
}

impl Yarns<'_> {
    /// What yarn gets to install. `referred` are the names of variables that the user's settings
    /// refer to; `approved` the repositories that berry may take from.
    pub(super) fn environment(
        &self,
        yarn: &Yarn,
        copied: &Copied,
        approved: &[String],
        referred: &[String],
    ) -> Variables {
        let (home, options) = (copied.home(), self.options);
        let given = options.variables.iter().filter(|(n, _)| handed_on(n) || referred.iter().any(|r| r == n));
        let mut all: Variables = given.map(|(n, v)| (n.into(), v.into())).collect();
        all.extend(plain(options, &home));
        for (name, below) in [
            ("XDG_CONFIG_HOME", ".config"),
            ("XDG_CACHE_HOME", ".cache"),
            ("XDG_DATA_HOME", ".local"),
            ("TMPDIR", "tmp"),
        ] {
            all.push((name.into(), home.join(below).into()));
        }
        let mut put = |name: &str, value: &str| all.push((name.into(), value.into()));
        // A git dependency with a lock of npm is packed by npm, which has settings of its own.
        put("npm_config_ignore_scripts", "true");
        put("npm_config_audit", "false");
        put("npm_config_fund", "false");
        put("npm_config_update_notifier", "false");
        match yarn.line {
            Line::Classic => {
                // `--ignore-scripts` alone does not stop a git dependency's `prepare`.
                put("YARN_IGNORE_SCRIPTS", "true");
                put("YARN_DISABLE_SELF_UPDATE_CHECK", "true");
                put("YARN_YARN_OFFLINE_MIRROR_PRUNING", "false");
                all.push(("YARN_YARN_OFFLINE_MIRROR".into(), copied.packages().into()));
            }
            Line::Berry(_) => {
                put("YARN_ENABLE_SCRIPTS", "false");
                put("YARN_ENABLE_TELEMETRY", "false");
                // On by default where `CI` is set; it is not handed on, but settings may say so.
                put("YARN_ENABLE_IMMUTABLE_INSTALLS", "false");
                put("YARN_ENABLE_GLOBAL_CACHE", "false");
                put("YARN_ENABLE_PROGRESS_BARS", "false");
                put("YARN_ENABLE_COLORS", "false");
                put("YARN_ENABLE_HYPERLINKS", "false");
                // Later ones of berry 4 know it, and take from no repository that is not in it. The
                // earlier ones stop at a name that they do not know, unless they are told not to.
                if yarn.release().0 >= 4 {
                    put("YARN_ENABLE_STRICT_SETTINGS", "false");
                    put("YARN_APPROVED_GIT_REPOSITORIES", &approved.join(","));
                }
                all.push(("YARN_CACHE_FOLDER".into(), copied.packages().into()));
                all.push(("YARN_GLOBAL_FOLDER".into(), home.join("berry").into()));
            }
        }
        all.extend(git(self.mirrors));
        all
    }
}

/// git, as tame as where this program runs it itself, with our mirrors as its own rules. What is
/// asked of them is always a full commit, or checked afterwards: any mirror may serve it.
fn git(mirrors: &Mirrors) -> Variables {
    let mut all: Variables = [("GIT_TERMINAL_PROMPT", "0"), ("SSH_ASKPASS_REQUIRE", "never"), ("GIT_ASKPASS", "")]
        .map(|(n, v)| (n.into(), v.into()))
        .to_vec();
    all.push(("GIT_SSH_COMMAND".into(), "ssh -o BatchMode=yes -o ClearAllForwardings=yes".into()));
    let rules = rules(mirrors);
    all.push(("GIT_CONFIG_COUNT".into(), rules.len().to_string().into()));
    for (n, (prefix, url)) in rules.into_iter().enumerate() {
        all.push((format!("GIT_CONFIG_KEY_{n}").into(), format!("url.{url}.insteadOf").into()));
        all.push((format!("GIT_CONFIG_VALUE_{n}").into(), prefix.into()));
    }
    all
}

/// Prefix and URL for git's `insteadOf`. git compares text, not paths: `https://h/o` would take
/// `https://h/other` along, so a prefix that is no repository gets its `/`.
fn rules(mirrors: &Mirrors) -> Vec<(String, String)> {
    let with = |text: &str| format!("{}/", text.trim_end_matches('/'));
    let mut all = Vec::new();
    for (prefix, url) in mirrors.rules() {
        all.push((with(prefix), with(url)));
        if prefix.ends_with(".git") {
            all.push((prefix.to_owned(), url.to_owned()));
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn registries_proxies_and_logins_are_handed_on_and_nothing_that_runs_or_moves_things() {
        for name in ["npm_config_registry", "NPM_CONFIG_REGISTRY", "npm_config__authToken", "YARN_NPM_REGISTRY_SERVER"]
        {
            assert!(handed_on(name), "{name}");
        }
        for name in ["YARN_REGISTRY", "https_proxy", "NODE_EXTRA_CA_CERTS", "SSH_AUTH_SOCK", "YARN_HTTPS_PROXY"] {
            assert!(handed_on(name), "{name}");
        }
        for name in [
            "CI",
            "NODE_OPTIONS",
            "NODE_TLS_REJECT_UNAUTHORIZED",
            "YARN_PLUGINS",
            "YARN_RC_FILENAME",
            "YARN_ENABLE_SCRIPTS",
            "YARN_YARN_OFFLINE_MIRROR",
            "npm_config_ignore-scripts",
            "NPM_CONFIG_SCRIPT_SHELL",
            "npm_config_cache",
            "GIT_DIR",
            "AWS_SECRET_ACCESS_KEY",
        ] {
            assert!(!handed_on(name), "{name}");
        }
    }

    #[test]
    fn a_mirror_of_one_owner_takes_no_other_owner_along() {
        let text = "https://h.example/own=https://m.example/o https://h.example/a/r.git=file:///srv/r.git";
        let mirrors = Mirrors::default().and_environment(text).unwrap();
        let all = rules(&mirrors);
        let all: Vec<_> = all.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
        assert_eq!(
            all,
            [
                ("https://h.example/own/", "https://m.example/o/"),
                ("https://h.example/a/r.git/", "file:///srv/r.git/"),
                ("https://h.example/a/r.git", "file:///srv/r.git"),
            ]
        );
    }

    #[test]
    fn of_two_mirrors_for_one_prefix_git_gets_the_one_that_counts() {
        let file = "[[mirrors]]\nprefix = \"https://h.example/\"\nurl = \"https://a.example/\"\n";
        let mirrors = Mirrors::from_file("c", file).unwrap();
        let mirrors = mirrors.and_environment("https://h.example/=https://b.example/").unwrap();
        assert_eq!(rules(&mirrors), [("https://h.example/".to_owned(), "https://b.example/".to_owned())]);
    }
}
