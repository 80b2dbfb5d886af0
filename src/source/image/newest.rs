//! The newest that an image pin may take today: what its tag means, or the newest of its versions, of
//! what `min-age` lets through.
//!
//! For the resolver. What would be taken without `min-age` is always looked at first and in full, so
//! that what is an alarm stays one, whatever is held back. A candidate is `TAG@sha256:…`: what the tag
//! led to once cannot be taken when it leads elsewhere.

use std::collections::{BTreeMap, BTreeSet};

use super::keys::{Follow, Keys};
use super::naming::digest;
use super::resolve::{Found, entry, exactly, kind_kept, moved, present, read, same_images, tagged};
use crate::lock::Entry;
use crate::model::{Class, Sha256, Token, Trouble, quoted};
use crate::remote::Fault as Failing;
use crate::remote::registry::{Name, Reference, Registry};
use crate::source::cooldown::{Cooldown, ELSEWHERE, FORBIDDEN};
use crate::source::resolve::{Fault, Resolved, Want};
use crate::source::version::order;

/// How many versions are looked at, from the newest on; and those that were seen before.
const LOOKED: usize = 20;

/// A tag that the pin may take.
struct Candidate {
    tag: String,
    /// As it is spelt there, and as it is ordered.
    version: Option<(String, semver::Version)>,
}

impl Candidate {
    /// Of `20` and `20.0.0` the longer one, which moves less, is the newer one.
    fn rank(&self) -> Option<(&semver::Version, usize)> {
        self.version.as_ref().map(|(text, version)| (version, text.len()))
    }

    fn text(&self) -> Option<String> {
        self.version.as_ref().map(|(text, _)| text.clone())
    }
}

/// What a pin is to be locked at, and all tags of its repository where they were asked for.
pub(super) struct Newest {
    pub(super) resolved: Resolved,
    pub(super) tags: Vec<String>,
}

/// What is asked, and of whom.
struct Asking<'w, 'a> {
    keys: &'w Keys,
    want: &'w Want<'a>,
    registry: &'w Registry<'a>,
    name: Name<'w>,
}

/// Resolves to the newest that the pin may take today.
pub(super) fn newest<'a>(
    keys: &Keys,
    want: &Want<'a>,
    registry: &Registry<'a>,
    name: Name<'_>,
) -> Result<Newest, Fault> {
    let asking = Asking { keys, want, registry, name };
    let (candidates, tags) = asking.candidates()?;
    Ok(Newest { resolved: asking.choose(&candidates)?, tags })
}

/// The locked entry, if the pin as it is now could stay at it.
pub(super) fn settled<'a>(keys: &Keys, want: &Want<'a>) -> Option<&'a Entry> {
    want.old.filter(|old| {
        let text = |key: &str| old.value(key).map(Token::as_str).unwrap_or_default();
        let tag = text("tag");
        let here = text("reference").strip_prefix(&format!("{}:", keys.repository)).is_some();
        here && keys.follows(tag) && digest(text("digest")).is_some()
    })
}

/// A tag and the beginning of a digest, as a person would say it.
pub(super) fn short(tag: &str, digest: &Sha256) -> String {
    format!("{tag} ({})", digest.to_string().chars().take(12).collect::<String>())
}

fn done(entry: Entry, notes: Vec<String>, cooldown: Cooldown<'_>) -> Resolved {
    let (seen, mut held) = cooldown.end();
    held.truncate(LOOKED);
    Resolved { entry: Entry { seen, ..entry }, between: None, files: Vec::new(), held, notes }
}

impl<'a> Asking<'_, 'a> {
    /// The tags that the pin follows, newest first, at least one; and all tags that there are.
    fn candidates(&self) -> Result<(Vec<Candidate>, Vec<String>), Fault> {
        let (keys, want, name) = (self.keys, self.want, self.name);
        if let Follow::Tag(tag) = &keys.follow {
            return Ok((vec![Candidate { tag: tag.clone(), version: None }], Vec::new()));
        }
        let tags = self.registry.tags(name).map_err(|e| Fault::unreachable(e.class(), e.trouble()))?;
        let admitted = tags.iter().filter_map(|tag| {
            let (text, version) = keys.version_in(tag)?;
            Some(Candidate { tag: tag.clone(), version: Some((text.to_owned(), version)) })
        });
        let mut all: Vec<Candidate> = admitted.collect();
        all.sort_by(|a, b| b.rank().cmp(&a.rank()));
        let Some((text, version)) = all.first().and_then(|best| best.version.as_ref()) else {
            let trouble = Trouble::new(format!("{name} has no tag with a version that the pin admits"));
            return Err(Fault::usage(trouble.expected(keys.said()).found(format!("{} tags", tags.len()))));
        };
        let before = want.old.and_then(|old| order(old.value("version")?.as_str()));
        if let Some(before) = before
            && *version < before
            && !want.allow_downgrade
        {
            return Err(Fault::alarm(
                Trouble::new(format!("the newest admitted version of {name} is older than the locked one"))
                    .expected(format!("{before} or newer"))
                    .found(text)
                    .help("allow it with `allow-downgrade = true`"),
            ));
        }
        Ok((all, tags))
    }

    fn choose(&self, candidates: &[Candidate]) -> Result<Resolved, Fault> {
        let (keys, want) = (self.keys, self.want);
        let carried = match settled(keys, want) {
            Some(_) => None,
            None => self.carried(candidates)?,
        };
        let settled = settled(keys, want).or(carried.as_ref());
        let mut cooldown = Cooldown::of(&Want { old: settled, ..want.clone() });
        let Some(first) = candidates.first() else {
            return Err(Fault::usage(Trouble::new(format!("{} has no tag", self.name))));
        };
        if let Some(old) = self.unchanged(&first.tag)? {
            return Ok(done(old.clone(), Vec::new(), cooldown));
        }
        let (found, mut notes) = self.found(first)?;
        let Some(old) = settled.filter(|_| cooldown.is_on()) else {
            if Cooldown::is_first(&Want { old: settled, ..want.clone() }) {
                let why = match want.old {
                    None => "nothing was locked before",
                    Some(old) if !self.is_here(old) => ELSEWHERE,
                    Some(old) => {
                        if let Some(ripe) = self.ripe(old, candidates)? {
                            return Ok(ripe);
                        }
                        FORBIDDEN
                    }
                };
                let taken = short(&found.tag, &found.manifest.digest);
                notes.push(format!("{why}: {taken} is taken at once, min-age or not"));
            }
            return Ok(done(self.entry(found)?, notes, cooldown));
        };
        if self.is_no_news(old, &found) || self.passes(&found.tag, &found.manifest.digest, &mut cooldown)? {
            return Ok(done(self.entry(found)?, notes, cooldown));
        }
        if let Some((older, notes)) = self.older(old, candidates, &mut cooldown)? {
            return Ok(done(self.entry(older)?, notes, cooldown));
        }
        self.stays(old, candidates, found, cooldown)
    }

    /// Whether an entry is of the repository that the pin names now.
    fn is_here(&self, old: &Entry) -> bool {
        let reference = old.value("reference").map(Token::as_str).unwrap_or_default();
        reference.strip_prefix(&format!("{}:", self.keys.repository)).is_some()
    }

    /// What is locked of another repository, where this one has it too: then the pin can stay at it. What
    /// was seen there does not count here.
    fn carried(&self, candidates: &[Candidate]) -> Result<Option<Entry>, Fault> {
        let want = self.want;
        let waits = Cooldown::is_first(&Want { old: None, ..want.clone() });
        let Some(old) = want.old.filter(|old| waits && !self.is_here(old)) else { return Ok(None) };
        let tag = old.value("tag").map(Token::as_str).unwrap_or_default();
        let locked = old.value("digest").and_then(|d| digest(d.as_str()));
        let Some(locked) = locked.filter(|_| candidates.iter().any(|c| c.tag == tag)) else { return Ok(None) };
        match self.registry.head(self.name, Reference::Digest(&locked)) {
            Ok(_) => Ok(Some(Entry { seen: BTreeMap::new(), ..old.clone() })),
            Err(e) if e.fault() == Failing::NotThere => Ok(None),
            Err(e) => Err(Fault::unreachable(e.class(), e.trouble())),
        }
    }

    /// The newest that was seen long enough ago, where what is locked is not allowed any more: then newer
    /// ones wait.
    fn ripe(&self, old: &Entry, candidates: &[Candidate]) -> Result<Option<Resolved>, Fault> {
        let mut cooldown = Cooldown::of(self.want);
        let known: BTreeSet<&str> = cooldown
            .known()
            .filter(|(token, _)| cooldown.is_ripe(token))
            .filter_map(|(token, _)| Some(token.as_str().split_once('@')?.0))
            .collect();
        for (n, candidate) in candidates.iter().enumerate().filter(|(_, c)| known.contains(c.tag.as_str())) {
            let Some(hint) = self.hint(candidate, old)? else { continue };
            let Ok(token) = Token::new(&format!("{}@sha256:{hint}", candidate.tag)) else { continue };
            if !cooldown.is_ripe(&token) {
                continue;
            }
            let (found, notes) = self.found(candidate)?;
            if found.manifest.digest != hint {
                continue;
            }
            for newer in candidates.iter().take(n.min(LOOKED)) {
                if let Some(hint) = self.hint(newer, old)? {
                    self.passes(&newer.tag, &hint, &mut cooldown)?;
                }
            }
            return Ok(Some(done(self.entry(found)?, notes, cooldown)));
        }
        Ok(None)
    }

    /// What is taken whatever its age: what is locked, the same images under another index, and what the
    /// command line accepts by name, where it would be an alarm.
    fn is_no_news(&self, old: &Entry, found: &Found) -> bool {
        let is = |key: &str, text: &str| old.value(key).is_some_and(|t| t.as_str() == text);
        let tag = is("tag", &found.tag);
        let same = tag && is("digest", &format!("sha256:{}", found.manifest.digest));
        let narrowed = found.narrows(old);
        let accepted = self.want.accept_changed && (self.want.moving == Some(false) || narrowed);
        same || accepted || (tag && !narrowed && same_images(old, found))
    }

    /// The newest of the other versions that passes, down to the locked one.
    fn older(
        &self,
        old: &Entry,
        candidates: &[Candidate],
        cooldown: &mut Cooldown<'_>,
    ) -> Result<Option<(Found, Vec<String>)>, Fault> {
        let text = |key: &str| old.value(key).map(Token::as_str).unwrap_or_default();
        let (locked, content) = (text("tag"), digest(text("digest")));
        let floor = self.keys.version_in(locked).map(|(text, version)| (version, text.len()));
        let known: BTreeSet<String> =
            cooldown.known().filter_map(|(token, _)| Some(token.as_str().split_once('@')?.0.to_owned())).collect();
        for (n, candidate) in candidates.iter().enumerate().skip(1) {
            let is_locked = candidate.tag == locked;
            let below = candidate.rank() < floor.as_ref().map(|(version, length)| (version, *length));
            if below && !self.want.allow_downgrade {
                break;
            }
            if n >= LOOKED && !is_locked && !known.contains(&candidate.tag) {
                continue;
            }
            let Some(hint) = self.hint(candidate, old)? else { continue };
            if is_locked && Some(hint) == content {
                break;
            }
            if is_locked && self.want.moving == Some(false) {
                // It moved, although it must not: an alarm, not something to wait for.
                self.found(candidate)?;
            }
            if !self.passes(&candidate.tag, &hint, cooldown)? {
                continue;
            }
            let (found, notes) = self.found(candidate)?;
            // A header said the digest; these are the bytes.
            if found.manifest.digest == hint || self.passes(&found.tag, &found.manifest.digest, cooldown)? {
                return Ok(Some((found, notes)));
            }
        }
        Ok(None)
    }

    /// The pin stays at what is locked: if that is still there.
    fn stays(
        &self,
        old: &Entry,
        candidates: &[Candidate],
        newest: Found,
        cooldown: Cooldown<'_>,
    ) -> Result<Resolved, Fault> {
        let (keys, want) = (self.keys, self.want);
        let instead = format!("dubo-pin refresh {} --to {}@sha256:{}", want.pin, newest.tag, newest.manifest.digest);
        let held = |trouble: Trouble| {
            trouble.help(format!("find out why; min-age holds the newer ones back; to take the newest now: {instead}"))
        };
        let tag = old.value("tag").map(Token::as_str).unwrap_or_default();
        if !candidates.iter().any(|c| c.tag == tag) {
            let trouble =
                Trouble::new(format!("the locked tag {} of {} is not there any more", quoted(tag), self.name));
            return Err(Fault::gone(held(trouble)));
        }
        present(keys, old, self.registry, self.name).map_err(|fault| match fault.class {
            Class::Alarm => Fault { trouble: Box::new(held(*fault.trouble)), ..fault },
            _ => fault,
        })?;
        if old.request == keys.request().finish(want.platforms) {
            return Ok(done(old.clone(), Vec::new(), cooldown));
        }
        let locked = old.value("digest").map(Token::as_str).unwrap_or_default();
        match exactly(keys, want, locked, Some(tag), self.registry, self.name) {
            Ok(found) => Ok(done(self.entry(found)?, Vec::new(), cooldown)),
            // It never had a platform that was added since: there is nothing to stay at.
            Err(fault) if fault.class == Class::Usage => {
                let note = format!("{}: the newest is taken at once, min-age or not", fault.trouble.message);
                Ok(Resolved {
                    entry: self.entry(newest)?,
                    between: None,
                    files: Vec::new(),
                    held: Vec::new(),
                    notes: vec![note],
                })
            }
            Err(fault) => Err(fault),
        }
    }

    fn passes(&self, tag: &str, digest: &Sha256, cooldown: &mut Cooldown<'_>) -> Result<bool, Fault> {
        let token = Token::new(&format!("{tag}@sha256:{digest}"));
        let token = token.map_err(|e| Fault::usage(Trouble::new(e.to_string())))?;
        Ok(cooldown.passes(&token, &short(tag, digest)))
    }

    /// What a tag leads to, in full, and what is worth knowing of it.
    fn found(&self, candidate: &Candidate) -> Result<(Found, Vec<String>), Fault> {
        let (want, registry, name, tag) = (self.want, self.registry, self.name, &candidate.tag);
        let manifest = registry.manifest(name, Reference::Tag(tag));
        let manifest = manifest.map_err(|e| tagged(&e, want, tag, registry, name))?;
        let manifest = kind_kept(manifest, want, registry, name)?;
        let found = read(tag.clone(), candidate.text(), manifest, want, registry, name)?;
        let mut notes = Vec::new();
        moved(want, &found, &mut notes)?;
        Ok((found, notes))
    }

    /// The digest that a tag leads to, as the registry says it without the bytes; `None` if the tag is
    /// not there any more.
    fn hint(&self, candidate: &Candidate, old: &Entry) -> Result<Option<Sha256>, Fault> {
        if old.proof("kind") != Some("index") {
            return self.found(candidate).map(|(found, _)| Some(found.manifest.digest));
        }
        let (want, registry, name, tag) = (self.want, self.registry, self.name, &candidate.tag);
        match registry.head(name, Reference::Tag(tag)) {
            Ok(Some(digest)) => Ok(Some(digest)),
            Ok(None) => self.found(candidate).map(|(found, _)| Some(found.manifest.digest)),
            Err(e) => match tagged(&e, want, tag, registry, name) {
                fault if e.fault() == Failing::NotThere && fault.class == Class::Usage => Ok(None),
                fault => Err(fault),
            },
        }
    }

    /// The old entry, if the registry says that the tag still means its digest: an answer without body.
    fn unchanged(&self, tag: &str) -> Result<Option<&'a Entry>, Fault> {
        let (keys, want) = (self.keys, self.want);
        let Some(old) = want.old.filter(|old| old.request == keys.request().finish(want.platforms)) else {
            return Ok(None);
        };
        let index = old.proof("kind") == Some("index") && old.value("tag").is_some_and(|t| t.as_str() == tag);
        let Some(locked) = old.value("digest").and_then(|d| digest(d.as_str())).filter(|_| index) else {
            return Ok(None);
        };
        match self.registry.head(self.name, Reference::Tag(tag)) {
            Ok(Some(now)) if now == locked => Ok(Some(old)),
            Ok(_) => Ok(None),
            Err(e) => Err(tagged(&e, want, tag, self.registry, self.name)),
        }
    }

    fn entry(&self, found: Found) -> Result<Entry, Fault> {
        let mirrored = found.manifest.origin == crate::remote::Origin::Mirror;
        entry(self.keys, self.want, found, mirrored).map_err(|e| Fault::usage(Trouble::new(e.to_string())))
    }
}
