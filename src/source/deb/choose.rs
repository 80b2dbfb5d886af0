//! Which version of each package is taken on each platform, as apt would choose it.
//!
//! For the resolver. Pure: offers in, choices out. The candidate is the highest version among the
//! offers of the highest priority (apt_preferences(5)); a version that is asked for is taken from
//! wherever it is.

use std::collections::{BTreeMap, BTreeSet};

use super::archives::Offer;
use super::keys::Operand;
use super::version::Version;
use crate::lock::Entry;
use crate::model::{Place, Platform, Token, Trouble, quoted};
use crate::source::resolve::{Aim, Fault, Want};

/// A package that is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Wanted {
    /// Name, architecture, and the version that the manifest, or a `*` in a Dockerfile, asks for.
    pub(super) operand: Operand,
    /// The suite that it must come from: `name/suite`, or `-t suite`.
    pub(super) suite: Option<String>,
    /// Where it stands in a Dockerfile.
    pub(super) place: Option<Place>,
}

/// What was chosen for one package on one platform.
#[derive(Clone, Debug)]
pub(super) struct Choice<'a> {
    pub(super) wanted: &'a Wanted,
    pub(super) platform: &'a Platform,
    pub(super) architecture: String,
    pub(super) offer: Offer,
}

/// Debian's word for a platform's architecture.
pub(in crate::source) fn architecture(platform: &Platform) -> Option<&'static str> {
    if platform.os() != "linux" {
        return None;
    }
    Some(match (platform.arch(), platform.variant()) {
        ("amd64", _) => "amd64",
        ("386", _) => "i386",
        ("arm64", _) => "arm64",
        ("arm", Some("v7")) => "armhf",
        ("arm", Some("v6" | "v5")) => "armel",
        ("mips64le", _) => "mips64el",
        ("mipsle", _) => "mipsel",
        ("ppc64le", _) => "ppc64el",
        ("riscv64", _) => "riscv64",
        ("s390x", _) => "s390x",
        ("loong64", _) => "loong64",
        _ => return None,
    })
}

/// The architecture of an operand on a platform.
pub(super) fn architecture_of(operand: &Operand, platform: &Platform) -> Result<String, Fault> {
    match operand.architecture() {
        Some(own) if !matches!(own, "any" | "native") => Ok(own.to_owned()),
        _ => architecture(platform).map(str::to_owned).ok_or_else(|| {
            let trouble = Trouble::new(format!("Debian has no architecture for {platform}"));
            Fault::usage(trouble.help("narrow the pin: `platforms = [\"linux/amd64\"]`"))
        }),
    }
}

/// The key under which a package's version stands in the lock: `curl`, `libc6:i386`.
pub(super) fn key_of(operand: &Operand) -> String {
    match operand.architecture() {
        Some(architecture) => format!("{}:{architecture}", operand.name()),
        None => operand.name().to_owned(),
    }
}

/// What a version must be.
#[derive(Clone, Copy, Debug)]
enum Rule<'a> {
    Newest,
    /// As apt takes it behind `=`: exact, or with a `*` at its end.
    Pattern(&'a str),
}

/// Chooses on one platform.
pub(super) fn choose<'a>(
    want: &'a Want<'_>,
    wanted: &'a Wanted,
    platform: &'a Platform,
    offers: &BTreeMap<String, Vec<Offer>>,
) -> Result<Choice<'a>, Fault> {
    let architecture = architecture_of(&wanted.operand, platform)?;
    let none = Vec::new();
    let mine: Vec<&Offer> = offers
        .get(&architecture)
        .unwrap_or(&none)
        .iter()
        .filter(|o| o.candidate.stanza.package == wanted.operand.name())
        .collect();
    let key = key_of(&wanted.operand);
    let kept = kept(want, &key, platform);
    if let (Some(kept), Some(pattern)) = (kept, wanted.operand.version())
        && !kept.as_str().parse::<Version>().is_ok_and(|v| v.fits(pattern))
    {
        let trouble = Trouble::new(format!("the version of {key} that would be kept is not one that is asked for"));
        let trouble = trouble.expected(format!("{key}={pattern}")).found(kept.as_str());
        return Err(Fault::differs(match &wanted.place {
            Some(place) => trouble.at(place.clone()),
            None => trouble,
        }));
    }
    let rule = match (kept, wanted.operand.version()) {
        (Some(version), _) => Rule::Pattern(version.as_str()),
        (None, Some(pattern)) => Rule::Pattern(pattern),
        (None, None) => Rule::Newest,
    };
    let of_suite = |o: &&&Offer| match &wanted.suite {
        Some(suite) => o.candidate.suite.as_str() == suite,
        None => true,
    };
    let mut allowed: Vec<&Offer> = mine.iter().filter(of_suite).copied().collect();
    allowed.retain(|o| match rule {
        Rule::Newest => true,
        Rule::Pattern(pattern) => o.candidate.stanza.version.fits(pattern),
    });
    let rank = |o: &Offer| match rule {
        Rule::Newest => o.candidate.priority,
        Rule::Pattern(_) => 0,
    };
    let best = allowed.iter().max_by(|a, b| {
        let by = |o: &Offer| o.candidate.stanza.version.clone();
        rank(a)
            .cmp(&rank(b))
            .then_with(|| by(a).cmp(&by(b)))
            .then_with(|| a.candidate.priority.cmp(&b.candidate.priority))
    });
    let Some(best) = best.copied() else {
        return Err(missing(want, wanted, platform, &architecture, &mine, kept));
    };
    one_content(&allowed, best)?;
    Ok(Choice { wanted, platform, architecture, offer: best.clone() })
}

/// The version that must stay, if one must.
fn kept<'a>(want: &'a Want<'_>, key: &str, platform: &Platform) -> Option<&'a Token> {
    match &want.aim {
        Aim::Keep(borne) => borne.get(key).or_else(|| borne.get(&format!("{key} {platform}"))),
        Aim::Prove => want.old?.value_on(key, Some(platform)),
        Aim::Newest | Aim::At(_) => None,
    }
}

/// One name, version and architecture has one content, wherever it is offered.
fn one_content(allowed: &[&Offer], best: &Offer) -> Result<(), Fault> {
    let (mine, is) =
        (&best.candidate.stanza, |o: &&&Offer| o.candidate.stanza.version == best.candidate.stanza.version);
    match allowed.iter().filter(is).find(|o| o.candidate.stanza.sha256 != mine.sha256) {
        None => Ok(()),
        Some(other) => Err(Fault::alarm(
            Trouble::new(format!(
                "{} {} for {} has other bytes in {} than in {}",
                mine.package,
                mine.version,
                mine.architecture,
                place_of(best),
                place_of(other)
            ))
            .expected(mine.sha256.to_string())
            .found(other.candidate.stanza.sha256.to_string())
            .help("one of the two is not what it says: draw from one archive alone, and ask who runs the other"),
        )),
    }
}

/// `debian/bookworm`
fn place_of(offer: &Offer) -> String {
    format!("{}/{}", offer.archive, offer.candidate.suite)
}

/// Nothing fits: why, in words.
fn missing(
    want: &Want<'_>,
    wanted: &Wanted,
    platform: &Platform,
    architecture: &str,
    mine: &[&Offer],
    kept: Option<&Token>,
) -> Fault {
    let name = wanted.operand.name();
    let versions: BTreeSet<String> =
        mine.iter().map(|o| format!("{} ({})", o.candidate.stanza.version, place_of(o))).collect();
    let have = versions.into_iter().collect::<Vec<_>>().join(", ");
    let at = |trouble: Trouble| match &wanted.place {
        Some(place) => trouble.at(place.clone()),
        None => trouble,
    };
    let old = want.old.and_then(|old| old.value_on(&key_of(&wanted.operand), Some(platform)));
    if mine.is_empty() {
        let trouble =
            at(Trouble::new(format!("no archive has the package {} for {architecture} ({platform})", quoted(name))));
        if old.is_some() {
            let help =
                "it was there when the pin was locked: a snapshot archive still has it, or remove it from the list";
            return Fault::gone(trouble.help(help));
        }
        let help = "look at its name, at `suites` and `components` of the archives, and at `platforms` of the pin";
        return Fault::usage(trouble.help(help));
    }
    let asked = kept.map(Token::as_str).or(wanted.operand.version());
    let Some(asked) = asked else {
        let suite = wanted.suite.as_deref().unwrap_or_default();
        let trouble =
            at(Trouble::new(format!("{} for {architecture} is not in the suite {}", quoted(name), quoted(suite))));
        return Fault::usage(trouble.found(have));
    };
    let trouble = at(Trouble::new(format!("no archive has {name} {} for {architecture} ({platform})", quoted(asked))))
        .expected(asked)
        .found(have);
    match &want.aim {
        Aim::Prove => Fault::gone(trouble.help("the archive has moved on; a snapshot archive still has it")),
        Aim::Keep(_) if kept.is_some() => {
            Fault::differs(trouble.help(
                "a snapshot archive still has it: write its `uri` with {snapshot} and a time; or take the newest",
            ))
        }
        _ => Fault::usage(trouble.help("write a version that is there, or one that ends in `*`")),
    }
}

/// A choice against what the lock holds: neither older, nor other bytes under one version.
pub(super) fn against_lock(want: &Want<'_>, choice: &Choice<'_>) -> Result<(), Fault> {
    let Some(old) = want.old else { return Ok(()) };
    let key = key_of(&choice.wanted.operand);
    let stanza = &choice.offer.candidate.stanza;
    let Some(before) = old.value_on(&key, Some(choice.platform)) else { return Ok(()) };
    if let Ok(version) = before.as_str().parse::<Version>()
        && stanza.version < version
        && !want.allow_downgrade
    {
        return Err(Fault::alarm(
            Trouble::new(format!("{} for {} is older than the locked one", stanza.package, choice.architecture))
                .expected(format!("{before} or newer"))
                .found(format!("{} in {}", stanza.version, place_of(&choice.offer)))
                .help("find out why; allow it with `allow-downgrade = true`"),
        ));
    }
    match locked_file(old, &stanza.package, stanza.version.as_str(), &stanza.architecture, choice.platform) {
        Some(sha256) if sha256 != stanza.sha256 && !want.accept_changed => Err(Fault::alarm(
            Trouble::new(format!(
                "{} {} for {} was modified in place: the same version has other bytes now",
                stanza.package, stanza.version, stanza.architecture
            ))
            .expected(sha256.to_string())
            .found(stanza.sha256.to_string())
            .help(format!(
                "find out why; if the change is right: dubo-pin refresh {} --accept-changed {}",
                want.pin, want.pin
            )),
        )),
        _ => Ok(()),
    }
}

/// The digest of a locked package file. The architecture tells two files of one version apart.
fn locked_file(
    old: &Entry,
    package: &str,
    version: &str,
    architecture: &str,
    platform: &Platform,
) -> Option<crate::model::Sha256> {
    let is = |token: &Option<Token>, text: &str| token.as_ref().is_some_and(|t| t.as_str() == text);
    let ends = |a: &crate::lock::Artifact| {
        a.url.as_deref().is_none_or(|url| url.ends_with(&format!("_{architecture}.deb")) || !url.contains("_"))
    };
    old.artifacts
        .iter()
        .find(|a| is(&a.package, package) && is(&a.version, version) && a.platforms.contains(platform) && ends(a))
        .map(|a| a.sha256)
}
