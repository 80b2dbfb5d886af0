//! Places in Dockerfiles that a pin claims by what it is, without an `into`: the packages of an apt
//! line, the commits of a `yarn add` line, the references of an image.
//!
//! For `refresh`, which writes the locked values there, and for `verify`, which looks whether they
//! stand there. What a shell's text or a reference means is the dockerfile floor's.

use std::collections::BTreeSet;

use crate::dockerfile::images::{Image, ImageError, Wanted};
use crate::dockerfile::shell::{Operand, Written, yarn};
use crate::dockerfile::{Dockerfile, Edit};
use crate::model::{CommitId, Id, Place, Severity, Token, Trouble};

/// One such place.
#[derive(Clone, Debug)]
pub struct Implied<'a> {
    /// The Dockerfile.
    pub file: &'a Dockerfile,
    /// Which of the lock's values stands there.
    pub key: String,
    /// What stands there now; `None` for a name without a version, or one that only the build knows.
    pub bears: Option<String>,
    /// Whether a variable brings what stands there; an `into` may be where that is written.
    pub by_variable: bool,
    /// Where.
    pub place: Place,
    what: What,
}

/// What stands there.
#[derive(Clone, Debug)]
enum What {
    Package(Box<Operand>),
    /// What yarn adds from git.
    Commit(Box<yarn::Package>),
    /// Which of the file's images, and the image.
    Image(usize, Box<Image>),
}

/// What a pin claims, and what it may claim but cannot be known.
#[derive(Clone, Debug, Default)]
pub struct Claims<'a> {
    /// The places, in the order of the files.
    pub sites: Vec<Implied<'a>>,
    /// What a build takes in if nobody gives a value to a variable that has none. Only to be judged.
    pub empty: Vec<Implied<'a>>,
    /// What is not understood: never passed over.
    pub unclear: Vec<Unclear>,
}

/// What may be the pin's and cannot be known.
#[derive(Clone, Debug)]
pub struct Unclear {
    /// The id of its finding.
    pub id: Id,
    /// An error where it may well be the pin's.
    pub severity: Severity,
    /// What it is.
    pub trouble: Trouble,
}

impl<'a> Implied<'a> {
    pub(super) fn of_package(file: &'a Dockerfile, key: String, operand: Operand) -> Self {
        let version = operand.version.as_ref();
        Self {
            file,
            key,
            bears: version.and_then(Written::known).map(str::to_owned),
            by_variable: matches!(version, Some(Written::Variable { .. })),
            place: operand.place(file),
            what: What::Package(Box::new(operand)),
        }
    }

    pub(super) fn of_commit(file: &'a Dockerfile, key: String, package: yarn::Package) -> Self {
        let fragment = package.fragment.as_ref();
        Self {
            file,
            key,
            bears: fragment.and_then(Written::known).map(str::to_owned),
            by_variable: matches!(fragment, Some(Written::Variable { .. })),
            place: package.place(file),
            what: What::Commit(Box::new(package)),
        }
    }

    /// Whether it is this image of a file.
    #[must_use]
    pub fn is_image(&self, file: &Dockerfile, index: usize) -> bool {
        std::ptr::eq(self.file, file) && matches!(self.what, What::Image(own, _) if own == index)
    }

    pub(super) fn of_image(file: &'a Dockerfile, index: usize, image: Image) -> Self {
        Self {
            file,
            key: "reference".to_owned(),
            bears: Some(image.reference.to_string()),
            by_variable: false,
            place: image.place.clone(),
            what: What::Image(index, Box::new(image)),
        }
    }

    /// What a person calls it.
    #[must_use]
    pub fn noun(&self) -> &'static str {
        match self.what {
            What::Package(_) | What::Commit(_) => "package",
            What::Image(..) => "image",
        }
    }

    /// What of it is pinned, as a person calls it.
    #[must_use]
    pub fn part(&self) -> &'static str {
        match self.what {
            What::Package(_) => "version",
            What::Commit(_) => "commit",
            What::Image(..) => "reference",
        }
    }

    /// The value that can be kept, with its key: an exact version, a full commit, a digest. A version
    /// with `*` is a wish, and a tag or a branch moves.
    #[must_use]
    pub fn keeps(&self) -> Option<(String, Token)> {
        match &self.what {
            What::Package(_) => {
                let version = self.bears.as_deref().filter(|v| !v.contains('*'))?;
                Some((self.key.clone(), Token::new(version).ok()?))
            }
            What::Commit(_) => {
                let commit = self.bears.as_deref().filter(|_| self.is_pinned())?;
                Some((self.key.clone(), Token::new(commit).ok()?))
            }
            What::Image(_, image) => {
                image.reference.digest.as_ref()?;
                Some(("reference".to_owned(), Token::new(self.bears.as_deref()?).ok()?))
            }
        }
    }

    /// Whether it is a package that `yarn add` takes from git.
    #[must_use]
    pub fn is_commit(&self) -> bool {
        matches!(self.what, What::Commit(_))
    }

    /// Whether it bears something that pins it, if not the locked value.
    #[must_use]
    pub fn is_pinned(&self) -> bool {
        match &self.what {
            What::Package(_) => self.bears.is_some(),
            What::Commit(_) => self.bears.as_deref().is_some_and(|text| text.parse::<CommitId>().is_ok()),
            What::Image(_, image) => image.reference.digest.is_some(),
        }
    }

    /// The changes that write a value there; none if it stands there already. `into`: what the pin's
    /// own `into` writes in this file. What one of those writes is left to it.
    ///
    /// # Errors
    /// The place cannot bear it.
    pub fn edits(&self, token: &Token, into: &[Edit]) -> Result<Vec<Edit>, Trouble> {
        if self.bears.as_deref() == Some(token.as_str()) {
            return Ok(Vec::new());
        }
        match &self.what {
            What::Package(operand) => {
                operand.edit(self.file, token.as_str()).map(|edit| edit.into_iter().collect()).map_err(|e| e.trouble())
            }
            What::Commit(package) => {
                package.edit(self.file, token.as_str()).map(|edit| edit.into_iter().collect()).map_err(|e| e.trouble())
            }
            What::Image(_, image) => {
                let (tag, digest) = parts(token);
                beside(image, self.file, tag, digest, into).map_err(|e| e.trouble())
            }
        }
    }
}

impl<'a> Claims<'a> {
    /// Claims also those images of a Dockerfile that are claimed in `after`, which is the same one with
    /// what an `into` writes: a version that the pin did not allow before.
    pub fn add_later(&mut self, file: &'a Dockerfile, after: &Dockerfile, later: &Claims<'_>) {
        if file.images().found.len() != after.images().found.len() {
            return;
        }
        let index = |site: &Implied<'_>| match site.what {
            What::Image(index, _) => Some(index),
            What::Package(_) | What::Commit(_) => None,
        };
        let here = self.sites.iter().filter(|site| site.file.file() == file.file());
        let known: BTreeSet<usize> = here.filter_map(index).collect();
        for index in later.sites.iter().filter_map(index).filter(|index| !known.contains(index)) {
            let image = file.images().found.get(index).cloned();
            self.sites.extend(image.map(|image| Implied::of_image(file, index, image)));
        }
    }
}

/// The tag and the digest of a locked reference.
fn parts(token: &Token) -> (Option<&str>, &str) {
    let (name, digest) = token.as_str().split_once('@').unwrap_or((token.as_str(), ""));
    (name.rsplit_once(':').map(|(_, tag)| tag).filter(|tag| !tag.contains('/')), digest)
}

/// The changes that write the values of many places of one Dockerfile, as [`Implied::edits`] does for
/// each of them; all its images at once, since the file is read again for what is done to them.
///
/// # Errors
/// A place cannot bear its value.
pub fn edits(file: &Dockerfile, sites: &[(&Implied<'_>, Token)], into: &[Edit]) -> Result<Vec<Edit>, Trouble> {
    let (mut out, mut images, mut single) = (Vec::new(), Vec::new(), Vec::new());
    for site in sites {
        match &site.0.what {
            What::Image(index, _) if site.0.bears.as_deref() != Some(site.1.as_str()) => {
                let (tag, digest) = parts(&site.1);
                images.push(Wanted { image: *index, tag, digest });
                single.push(site);
            }
            What::Image(..) => {}
            What::Package(_) | What::Commit(_) => out.extend(site.0.edits(&site.1, into)?),
        }
    }
    let all = file.images().pin(file, &images);
    match all {
        Ok(all) if !all.iter().any(|edit| into.iter().any(|other| meets(edit, other))) => out.extend(all),
        Err(error) if into.is_empty() => return Err(error.trouble()),
        // What an `into` writes is left to it, which is a matter of each place.
        _ => {
            for (site, token) in single {
                out.extend(site.edits(token, into)?);
            }
        }
    }
    Ok(out)
}

fn meets(edit: &Edit, other: &Edit) -> bool {
    edit.range.start <= other.range.end && other.range.start <= edit.range.end
}

/// The edits of an image that the `into` of its pin does not make.
fn beside(
    image: &Image,
    file: &Dockerfile,
    tag: Option<&str>,
    digest: &str,
    into: &[Edit],
) -> Result<Vec<Edit>, ImageError> {
    let theirs = |edit: &Edit| into.iter().any(|other| meets(edit, other));
    let all = image.edits(file, tag, digest);
    if into.is_empty() || all.as_ref().is_ok_and(|all| !all.iter().any(theirs)) {
        return all;
    }
    // An `into` that writes the digest writes all of it; one for the tag wants nothing else there.
    let whole = |edit: &Edit| String::from_utf8_lossy(&edit.new).contains(digest);
    let digest_too = all.iter().flatten().any(|edit| into.iter().any(|other| meets(edit, other) && whole(other)));
    let all = if digest_too { all? } else { image.edits_apart(file, tag, digest)? };
    Ok(all.into_iter().filter(|edit| !theirs(edit)).collect())
}
