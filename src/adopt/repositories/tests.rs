//! Drafts of git pins, from Dockerfiles as text.

use super::super::{Refs, Upstream};
use super::*;
use crate::manifest::Manifest;
use crate::manifest::edit::add;

const ONE: &str = "1111111111111111111111111111111111111111";
const TWO: &str = "2222222222222222222222222222222222222222";

/// One answer for all repositories.
struct Says(Result<Option<Refs>, Trouble>);

impl Upstream for Says {
    fn refs(&self, _: &GitUrl) -> Result<Option<Refs>, Trouble> {
        self.0.clone()
    }
}

fn online() -> Says {
    let id = |n: u8| CommitId::Sha1([n; 20]);
    Says(Ok(Some(Refs {
        head: Some("master".to_owned()),
        branches: [("master".to_owned(), id(0x22))].into(),
        tags: [("v1.11.1".to_owned(), id(0x11))].into(),
    })))
}

/// The pins as they are written, and what was told.
fn drafted(files: &[(&str, &str)], manifest: &str, upstream: &Says) -> (String, Vec<String>) {
    let files: Vec<Dockerfile> =
        files.iter().map(|(name, text)| Dockerfile::parse(name, text.as_bytes().to_vec()).unwrap()).collect();
    let parsed = Manifest::parse("pins.toml", manifest.as_bytes()).unwrap();
    let case = Case { files: &files, manifest: &parsed, uncovered: &[], upstream };
    let (mut names, mut out) = (Names::of(&parsed), Drafts::default());
    draft(&case, &mut names, &mut out);
    let text = out.pins.iter().fold(manifest.to_owned(), |text, one| add(&text, &one.pin).unwrap());
    let new = text.strip_prefix(manifest).unwrap().trim_start_matches('\n').to_owned();
    (new, out.not_understood.into_iter().map(|t| t.message).collect())
}

const HEAD: &str = "version = 1\n";

#[test]
fn a_triple_in_two_stages_is_one_pin_with_all_of_its_sites() {
    let stage = |name: &str| {
        format!(
            "FROM x AS {name}\nARG GIT_REPO=github.com/coredns/coredns\nARG GIT_VERSION=v1.11.1\nARG GIT_COMMIT={ONE}\n"
        )
    };
    let text = stage("fetcher") + &stage("builder");
    let (pins, told) = drafted(&[("Dockerfile", &text)], HEAD, &online());
    assert_eq!(
        pins,
        "[pins.coredns]\n\
         git = \"https://github.com/coredns/coredns\"\n\
         version = \"^1.11\"\n\
         into = [\n    { stage = \"fetcher\", arg = \"GIT_COMMIT\" },\n    \
         { stage = \"builder\", arg = \"GIT_COMMIT\" },\n    \
         { stage = \"fetcher\", arg = \"GIT_VERSION\", value = \"tag\" },\n    \
         { stage = \"builder\", arg = \"GIT_VERSION\", value = \"tag\" },\n]\n"
    );
    assert_eq!(told, [""; 0]);
}

#[test]
fn one_names_the_stage_only_where_it_must() {
    let text = format!(
        "FROM x\nARG A_REPO=\"https://h.org/o/a\" A_COMMIT='{ONE}'\nENV B_URL=h.org/o/b\n# B v1.11\n#ENV B_REV=3\nENV B_REV={TWO}\n"
    );
    let (pins, _) = drafted(&[("Dockerfile", &text)], HEAD, &online());
    assert_eq!(
        pins,
        "[pins.a]\ngit = \"https://h.org/o/a\"\nbranch = \"master\"\ninto = [{ arg = \"A_COMMIT\" }]\n\n\
         # unproved: upstream has no tag of `1.11`\n\
         [pins.b]\ngit = \"https://h.org/o/b\"\nbranch = \"master\"\ninto = [{ env = \"B_REV\" }]\n"
    );
}

#[test]
fn what_is_no_repository_with_a_full_commit_is_no_triple() {
    for text in [
        "FROM x\nARG A_REPO=https://h.org/o/a\nARG A_COMMIT=v1\n",
        "FROM x\nARG A_REPO=a\nARG A_COMMIT=1111111111111111111111111111111111111111\n",
        "FROM x\nARG A_REPO=https://h.org/o/a\nFROM y\nARG A_COMMIT=1111111111111111111111111111111111111111\n",
        "FROM x\nARG A_REPO=https://h.org/o/a\nARG B_COMMIT=1111111111111111111111111111111111111111\n",
        "FROM x\n#ARG A_REPO=https://h.org/o/a\nARG A_COMMIT=1111111111111111111111111111111111111111\n",
    ] {
        assert_eq!(drafted(&[("Dockerfile", text)], HEAD, &online()).0, "", "{text}");
    }
}

#[test]
fn what_the_manifest_has_is_not_drafted_again() {
    let text = format!("FROM x\nARG A_REPO=https://h.org/o/a\nARG A_COMMIT={ONE}\n");
    let (pins, _) = drafted(&[("Dockerfile", &text)], HEAD, &online());
    let manifest = format!("{HEAD}\n{pins}");
    assert_eq!(drafted(&[("Dockerfile", &text)], &manifest, &online()).0, "");
}

#[test]
fn offline_and_unreachable_are_written_above_the_pin() {
    let text = format!("FROM x\nARG A_REPO=https://h.org/o/a\nARG A_VERSION=v1.2.3\nARG A_COMMIT={ONE}\n");
    let pin = |why: &str| {
        format!(
            "# unproved: {why}: that the commit is `v1.2.3` was not proved\n[pins.a]\n\
             git = \"https://h.org/o/a\"\nversion = \"^1.2\"\ninto = [\n    {{ arg = \"A_COMMIT\" }},\n    \
             {{ arg = \"A_VERSION\", value = \"tag\" }},\n]\n"
        )
    };
    let files = [("Dockerfile", text.as_str())];
    assert_eq!(drafted(&files, HEAD, &Says(Ok(None))).0, pin("offline"));
    assert_eq!(drafted(&files, HEAD, &Says(Err(Trouble::new("h.org is down")))).0, pin("h.org is down"));
}

#[test]
fn names_that_one_stage_has_twice_are_told() {
    let pair = |repo: &str, commit: &str| format!("ARG GIT_REPO=https://h.org/o/{repo}\nARG GIT_COMMIT={commit}\n");
    let text = format!("FROM x\n{}{}", pair("a", ONE), pair("b", TWO));
    let (pins, told) = drafted(&[("Dockerfile", &text)], HEAD, &online());
    assert_eq!(pins, "");
    assert_eq!(told.len(), 2, "{told:?}");
}
