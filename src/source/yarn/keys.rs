//! The grammar of a yarn pin: `yarn = "folder"` or `yarn = "dockerfile"`, and what its packages
//! follow.
//!
//! It reads no package.json: whether a package is there is the resolver's question.

use std::collections::BTreeMap;

use super::follow;
use crate::model::{RelPath, Token, Trouble};
use crate::source::git::Follow;
use crate::source::request::Request;
use crate::source::url::Host;
use crate::table::Table;

/// What a yarn pin asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keys {
    /// Where the packages are named.
    pub what: What,
    /// Hosts that the lock's URLs may name beside those that were locked; sorted.
    pub hosts: Vec<Host>,
    /// What packages follow, by name, where package.json does not say it.
    pub packages: BTreeMap<Token, Follow>,
    /// Packages whose `prepare` script a build may run, although what it builds is not pinned; sorted.
    pub prepare: Vec<Token>,
}

/// Where the packages of a yarn pin are named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// In the package.json of a folder; `None` is the one of pins.toml, written `.`.
    Folder(Option<RelPath>),
    /// In `yarn add` lines of the Dockerfiles.
    Dockerfile,
}

impl Keys {
    /// The keys of a yarn pin beside the common ones.
    pub const KNOWN: &'static [&'static str] =
        &["yarn", "hosts", "packages", "prepare", "vendor", "track", "size-limit"];

    pub(in crate::source) fn read(table: &Table<'_>) -> Option<Self> {
        let what = table.read("yarn", |text| match text {
            "." => Ok(What::Folder(None)),
            "dockerfile" => Ok(What::Dockerfile),
            path => {
                let path = path.strip_prefix("./").unwrap_or(path);
                let path = path.strip_suffix('/').unwrap_or(path);
                path.parse().map(|p| What::Folder(Some(p))).map_err(|e| Trouble::new(format!("{e}")))
            }
        });
        let hosts = Host::read(table);
        let mut packages = BTreeMap::new();
        for inner in table.table("packages").into_iter() {
            for name in inner.names() {
                match Token::new(name) {
                    Ok(token) => {
                        let rule = inner.table(name).and_then(|t| follow::read(&t, name));
                        packages.extend(rule.map(|rule| (token, rule)));
                    }
                    Err(error) => {
                        let trouble = Trouble::new(format!("this is not the name of a package: {error}"));
                        inner.report(trouble.at(inner.key_place(name)));
                    }
                }
            }
        }
        let mut prepare: Vec<Token> = table.list::<Token>("prepare").into_iter().flatten().map(|p| p.value).collect();
        prepare.sort();
        let what = what?.value;
        if what == What::Dockerfile {
            for key in ["vendor", "hosts", "prepare"] {
                if table.has(key) {
                    let trouble = Trouble::new(format!("`{key}` says nothing beside yarn = \"dockerfile\""));
                    let help = "move the packages to a folder with package.json and yarn.lock: yarn = \"app\"";
                    table.report(trouble.at(table.key_place(key)).help(help));
                }
            }
        }
        Some(Self { what, hosts, packages, prepare })
    }

    pub(in crate::source) fn request(&self) -> Request {
        let what = match &self.what {
            What::Folder(folder) => folder.as_ref().map_or(".", RelPath::as_str),
            What::Dockerfile => "dockerfile:",
        };
        let rules = self.packages.iter().map(|(name, rule)| format!("{name}:{}", follow::text(rule)));
        Request::default()
            .put("yarn", what)
            .put_list("packages", rules)
            .put_list("prepare", self.prepare.iter().map(Token::as_str))
            .put_list("hosts", self.hosts.iter().map(Host::as_str))
    }

    /// The folder, if it is one.
    #[must_use]
    pub fn folder(&self) -> Option<Option<&RelPath>> {
        match &self.what {
            What::Folder(folder) => Some(folder.as_ref()),
            What::Dockerfile => None,
        }
    }
}
