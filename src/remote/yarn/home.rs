//! The home that yarn gets: what names the user's registries and logins, and nothing else.
//!
//! Settings of npm and of yarn are copied, since yarn 1 writes into its own. What belongs to git is
//! linked to: credential helpers read and write their own files.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::os::unix::fs::symlink;
use std::path::Path;

use super::{YarnError, Yarns};

/// Copied, if they are no larger than this: bytes.
const SETTINGS: [&str; 3] = [".npmrc", ".yarnrc", ".yarnrc.yml"];
const CAP: u64 = 1 << 20;
/// Linked.
const OF_GIT: [&str; 4] = [".gitconfig", ".git-credentials", ".netrc", ".ssh"];

/// Lines of npm's and yarn's settings whose value is a secret hold one of these.
const SECRET: [&str; 6] = ["_auth", "_password", "npmauthtoken", "npmauthident", "token", "password"];

fn io(e: std::io::Error) -> YarnError {
    YarnError::local("making a home for yarn", e)
}

impl Yarns<'_> {
    pub(super) fn furnish(&self, to: &Path) -> Result<(), YarnError> {
        for (name, text) in self.settings() {
            let mut file = fs::OpenOptions::new();
            let file = file.write(true).create_new(true).mode(0o600).open(to.join(name));
            file.and_then(|mut f| f.write_all(text.as_bytes())).map_err(io)?;
        }
        fs::create_dir_all(to.join(".config")).map_err(io)?;
        let Some(home) = &self.options.home else { return Ok(()) };
        for name in OF_GIT.into_iter().chain([".config/git"]) {
            let from = home.join(name);
            if from.exists() {
                let from = from.canonicalize().map_err(io)?;
                symlink(from, to.join(name)).map_err(io)?;
            }
        }
        Ok(())
    }

    /// The user's own settings, by name.
    fn settings(&self) -> Vec<(&'static str, String)> {
        let Some(home) = &self.options.home else { return Vec::new() };
        let small = |path: &Path| fs::metadata(path).is_ok_and(|m| m.is_file() && m.len() <= CAP);
        let found = SETTINGS.into_iter().map(|name| (name, home.join(name))).filter(|(_, path)| small(path));
        found.filter_map(|(name, path)| Some((name, fs::read_to_string(path).ok()?))).collect()
    }

    /// Names of variables that settings refer to as `${NAME}` or `${NAME:-otherwise}`: the user's,
    /// and those of the copied folder.
    pub(super) fn referred(&self, project: &Path) -> Vec<String> {
        let mut names = Vec::new();
        for text in self.all_settings(project) {
            for part in text.split("${").skip(1) {
                let name: String =
                    part.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').take(128).collect();
                if !name.is_empty() && !names.contains(&name) && names.len() < 100 && !takes_over(&name) {
                    names.push(name);
                }
            }
        }
        names
    }

    /// What must not be shown: values of logins in settings, and of variables that settings refer to.
    pub(super) fn secrets(&self, project: &Path) -> Vec<String> {
        let mut all = Vec::new();
        for text in self.all_settings(project) {
            for line in text.lines() {
                let lower = line.to_ascii_lowercase();
                if SECRET.iter().any(|s| lower.contains(s))
                    && let Some((_, value)) = line.split_once(['=', ' ']).or_else(|| line.split_once(':'))
                {
                    let value = value.rsplit(['=', ' ']).next().unwrap_or(value);
                    all.push(value.trim_matches(|c: char| c.is_whitespace() || c == '"' || c == '\'').to_owned());
                }
            }
        }
        let referred = self.referred(project);
        let named = |name: &str| {
            let lower = name.to_ascii_lowercase();
            referred.iter().any(|r| r == name) || SECRET.iter().any(|s| lower.contains(s))
        };
        all.extend(self.options.variables.iter().filter(|(n, _)| named(n)).map(|(_, v)| v.clone()));
        all.retain(|value| value.len() >= 4);
        all
    }

    fn all_settings(&self, project: &Path) -> Vec<String> {
        let own = SETTINGS.into_iter().map(|name| project.join(name));
        let own = own.filter(|p| fs::metadata(p).is_ok_and(|m| m.is_file() && m.len() <= CAP));
        let own = own.filter_map(|p| fs::read_to_string(p).ok());
        self.settings().into_iter().map(|(_, text)| text).chain(own).collect()
    }
}

/// Variables that would make node, git or the shell run something, whoever refers to them.
fn takes_over(name: &str) -> bool {
    ["NODE_", "GIT_", "LD_", "YARN_", "npm_", "BASH_", "COREPACK_"].iter().any(|b| name.starts_with(b))
        && name != "NODE_AUTH_TOKEN"
        || matches!(name, "PATH" | "HOME" | "ENV" | "IFS" | "CI" | "TMPDIR")
}

#[cfg(test)]
mod tests {
    use super::super::{YarnOptions, Yarns};
    use crate::remote::Mirrors;

    #[test]
    fn logins_reach_yarn_and_are_known_as_secrets_and_the_users_own_files_are_not_written() {
        let (home, project, to) =
            (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let npmrc = "//registry.example/:_authToken=${MY_TOKEN}\n//other.example/:_authToken=abcdef123\n";
        std::fs::write(home.path().join(".npmrc"), npmrc).unwrap();
        std::fs::write(home.path().join(".gitconfig"), "[user]\n").unwrap();
        std::fs::write(
            project.path().join(".yarnrc.yml"),
            "npmAuthToken: \"${OTHER-}\"\nnodeOptions: ${NODE_OPTIONS}\n",
        )
        .unwrap();
        let variables = [("MY_TOKEN", "s3cret"), ("OTHER", "0ther"), ("HOMELY", "x")];
        let variables = variables.map(|(n, v)| (n.to_owned(), v.to_owned())).to_vec();
        let options = YarnOptions { home: Some(home.path().to_owned()), variables, ..YarnOptions::default() };
        let mirrors = Mirrors::none();
        let yarns = Yarns::new(&options, &mirrors);
        yarns.furnish(to.path()).unwrap();
        assert_eq!(std::fs::read_to_string(to.path().join(".npmrc")).unwrap(), npmrc);
        assert!(to.path().join(".npmrc").symlink_metadata().unwrap().is_file());
        assert!(to.path().join(".gitconfig").symlink_metadata().unwrap().is_symlink());
        assert_eq!(yarns.referred(project.path()), ["MY_TOKEN", "OTHER"]);
        let secrets = yarns.secrets(project.path());
        for secret in ["abcdef123", "s3cret", "0ther"] {
            assert!(secrets.iter().any(|s| s == secret), "{secret} {secrets:?}");
        }
    }
}
