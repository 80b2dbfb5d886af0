//! The grammar of a deb pin: which packages, how much of their closure, from which archives.

use std::fmt;
use std::str::FromStr;

use crate::dockerfile::StageSel;
use crate::model::{PinName, Platform, RelPath, Trouble, quoted};
use crate::source::request::Request;
use crate::table::Table;

/// What a deb pin asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keys {
    /// Which packages.
    pub operands: Operands,
    /// How much of what they depend on is locked too.
    pub closure: Closure,
    /// The archives to draw from, sorted by name; empty: all of the manifest's.
    /// A name may be inherited from a workspace, so whether it exists is not judged here.
    pub archives: Vec<PinName>,
    /// Whether recommended packages belong to the closure.
    pub recommends: bool,
}

/// Which packages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Operands {
    /// Every operand of every apt install in the Dockerfiles.
    Dockerfile {
        /// Only those of these stages, sorted; empty: of all.
        stages: Vec<StageSel>,
        /// Only those of this Dockerfile.
        file: Option<RelPath>,
    },
    /// These.
    List(Vec<Operand>),
}

/// How much of what the packages depend on is locked too.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Closure {
    /// Nothing but the packages themselves.
    #[default]
    None,
    /// Everything.
    Full,
    /// Everything that the base image does not have.
    MinusBase,
}

/// A package as apt takes it: `curl`, `libc6:i386`, `curl=7.88.1-10+deb12u8`, `curl=7.88*`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Operand {
    name: String,
    architecture: Option<String>,
    version: Option<String>,
}

/// Why a text is no [`Operand`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{} is not a package such as curl, libc6:i386 or curl=7.88*", quoted(.0))]
pub struct OperandError(String);

impl Operand {
    /// The package's name, without architecture.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The architecture that it is qualified with, in Debian's words.
    #[must_use]
    pub fn architecture(&self) -> Option<&str> {
        self.architecture.as_deref()
    }

    /// The version, exact or with a `*` at its end.
    #[must_use]
    pub fn version(&self) -> Option<&str> {
        self.version.as_deref()
    }
}

/// A package's name by Debian policy 5.6.1.
pub(super) fn is_name(text: &str) -> bool {
    let word = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    text.len() >= 2 && text.bytes().next().is_some_and(word) && text.bytes().all(|b| word(b) || b"+-.".contains(&b))
}

/// An architecture in Debian's words.
pub(super) fn is_architecture(text: &str) -> bool {
    let word = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    text.bytes().next().is_some_and(word) && text.bytes().all(|b| word(b) || b == b'-')
}

/// A version by Debian policy 5.6.12, or the start of one before a `*`.
fn is_version(text: &str) -> bool {
    let plain = text.strip_suffix('*').unwrap_or(text);
    !text.is_empty() && plain.bytes().all(|b| b.is_ascii_alphanumeric() || b".+-:~".contains(&b))
}

impl FromStr for Operand {
    type Err = OperandError;
    fn from_str(text: &str) -> Result<Self, OperandError> {
        let (named, version) = text.split_once('=').map_or((text, None), |(n, v)| (n, Some(v)));
        let (name, architecture) = named.split_once(':').map_or((named, None), |(n, a)| (n, Some(a)));
        let ok = text.len() <= 512
            && is_name(name)
            && architecture.is_none_or(is_architecture)
            && version.is_none_or(is_version);
        if !ok {
            return Err(OperandError(text.to_owned()));
        }
        Ok(Self {
            name: name.to_owned(),
            architecture: architecture.map(str::to_owned),
            version: version.map(str::to_owned),
        })
    }
}

impl fmt::Display for Operand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)?;
        if let Some(architecture) = &self.architecture {
            write!(f, ":{architecture}")?;
        }
        if let Some(version) = &self.version {
            write!(f, "={version}")?;
        }
        Ok(())
    }
}

impl Keys {
    /// The keys of a deb pin beside the common ones.
    pub const KNOWN: &'static [&'static str] =
        &["deb", "closure", "archives", "stages", "file", "recommends", "vendor", "track", "size-limit"];

    pub(in crate::source) fn read(table: &Table<'_>, platforms: &[Platform]) -> Option<Self> {
        let stages = read_stages(table);
        let file = table.parsed::<RelPath>("file").map(|f| f.value);
        let operands = if table.is_text("deb") {
            let word = table.read("deb", |text| match text {
                "dockerfile" => Ok(()),
                other => Err(Trouble::new(format!("{} is no choice here", quoted(other)))
                    .expected("\"dockerfile\", or a list of packages")
                    .help(format!("for one package write `deb = [{other:?}]`"))),
            });
            word.map(|_| Operands::Dockerfile { stages, file })
        } else {
            for key in ["stages", "file"] {
                if table.has(key) {
                    let trouble = Trouble::new(format!("`{key}` narrows `deb = \"dockerfile\"`"));
                    let help = "a list of packages is taken as it is: remove one of the two";
                    table.report(trouble.at(table.key_place(key)).help(help));
                }
            }
            table.list::<Operand>("deb").map(|list| {
                let mut list: Vec<Operand> = list.into_iter().map(|o| o.value).collect();
                if list.is_empty() {
                    let trouble = Trouble::new("`deb` names no package");
                    table.report(trouble.at(table.value_place("deb")));
                }
                list.sort();
                Operands::List(list)
            })
        };
        let closure = table.read("closure", |text| match text {
            "none" => Ok(Closure::None),
            "full" => Ok(Closure::Full),
            "minus-base" => Ok(Closure::MinusBase),
            other => Err(Trouble::new(format!("{} is no choice here", quoted(other)))
                .expected("\"none\", \"full\" or \"minus-base\"")),
        });
        let archives = table.list::<PinName>("archives");
        let recommends = table.flag("recommends").unwrap_or(false);
        if platforms.is_empty() {
            let trouble = Trouble::new("packages differ by platform, but no platform is given");
            table.report(
                trouble
                    .at(table.key_place("deb"))
                    .help("add `platforms = [\"linux/amd64\"]` to the pin or under [image]"),
            );
        }
        let archives = archives.into_iter().flatten();
        let mut archives: Vec<PinName> = archives.map(|a| a.value).collect();
        archives.sort();
        Some(Self { operands: operands?, closure: closure.map(|c| c.value).unwrap_or_default(), archives, recommends })
    }

    pub(in crate::source) fn request(&self) -> Request {
        let line = Request::default();
        let line = match &self.operands {
            Operands::Dockerfile { stages, file } => line
                .put("deb", "dockerfile")
                .put_list("stages", stages.iter().map(stage_word))
                .put_some("file", file.as_ref().map(RelPath::as_str)),
            Operands::List(list) => line.put("deb", "list").put_list("packages", list.iter().map(ToString::to_string)),
        };
        let closure = match self.closure {
            Closure::None => "none",
            Closure::Full => "full",
            Closure::MinusBase => "minus-base",
        };
        line.put("closure", closure)
            .put_list("archives", self.archives.iter().map(PinName::as_str))
            .put_flag("recommends", self.recommends)
    }
}

fn stage_word(stage: &StageSel) -> String {
    match stage {
        StageSel::Global => "global".to_owned(),
        StageSel::Name(name) => name.to_ascii_lowercase(),
        StageSel::Index(index) => index.to_string(),
    }
}

fn read_stages(table: &Table<'_>) -> Vec<StageSel> {
    let mut out = Vec::new();
    for item in table.words_or_numbers("stages").into_iter().flatten() {
        match crate::source::stage(item.value) {
            Ok(stage) if out.contains(&stage) => {
                table.report(Trouble::new("this stage stands twice in `stages`").at(item.place));
            }
            Ok(stage) => out.push(stage),
            Err(trouble) => table.report(trouble.at(item.place)),
        }
    }
    out.sort_by_cached_key(stage_word);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packages_as_apt_takes_them() {
        for good in [
            "curl",
            "libc6:i386",
            "libstdc++6",
            "g++-12",
            "curl=7.88.1-10+deb12u8",
            "a0=1:2~rc1+dfsg-1",
            "nodejs:any=18*",
        ] {
            assert_eq!(good.parse::<Operand>().map(|o| o.to_string()), Ok(good.to_owned()));
        }
        for bad in [
            "",
            "a",
            "Curl",
            "-curl",
            "curl=",
            "curl:",
            "curl=1 2",
            "curl=*1",
            "curl/bookworm",
            "./x.deb",
            "curl=$V",
            "c\u{202e}",
            "curl:I386",
            "curl=1=2",
        ] {
            assert!(bad.parse::<Operand>().is_err(), "{bad:?}");
        }
    }
}
