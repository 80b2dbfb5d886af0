use proptest::prelude::*;

use super::*;
use crate::dockerfile::{StageSel, Target};

fn name(text: &str) -> PinName {
    text.parse().unwrap()
}

fn text(value: &str) -> Literal {
    Literal::Text(value.to_owned())
}

fn site(stage: &str, arg: &str, value: Option<&str>) -> Site {
    Site {
        file: None,
        stage: Some(StageSel::Name(stage.to_owned())),
        platform: None,
        target: Target::Arg(arg.to_owned()),
        value: value.map(str::to_owned),
        all: false,
    }
}

fn coredns() -> NewPin {
    NewPin {
        name: name("coredns"),
        keys: vec![
            ("git".to_owned(), text("https://github.com/coredns/coredns")),
            ("version".to_owned(), text("^1.11")),
            ("exclude".to_owned(), Literal::Texts(vec!["1.11.2".to_owned()])),
        ],
        into: vec![site("fetcher", "GIT_COMMIT", None), site("fetcher", "GIT_VERSION", Some("tag"))],
        comment: Vec::new(),
    }
}

const A: &str = "[pins.a]\ngit = \"https://h/a\"\n";

#[test]
fn the_first_pin_of_an_empty_file_gets_a_head() {
    assert_eq!(
        add("", &coredns()).unwrap(),
        "version = 1

[pins.coredns]
git = \"https://github.com/coredns/coredns\"
version = \"^1.11\"
exclude = [\"1.11.2\"]
into = [
    { stage = \"fetcher\", arg = \"GIT_COMMIT\" },
    { stage = \"fetcher\", arg = \"GIT_VERSION\", value = \"tag\" },
]
"
    );
}

#[test]
fn a_file_with_crlf_and_aligned_keys_gets_its_own_kind() {
    let before = "version = 1\r\n\r\n[pins.a] # c\r\ngit     = \"https://h/a\"\r\n# end";
    let mut pin = coredns();
    pin.into.truncate(1);
    assert_eq!(
        add(before, &pin).unwrap(),
        "version = 1\r\n\r\n[pins.a] # c\r\ngit     = \"https://h/a\"\r\n# end\r\n\r\n\
         [pins.coredns]\r\n\
         git     = \"https://github.com/coredns/coredns\"\r\n\
         version = \"^1.11\"\r\n\
         exclude = [\"1.11.2\"]\r\n\
         into    = [{ stage = \"fetcher\", arg = \"GIT_COMMIT\" }]\r\n"
    );
}

#[test]
fn a_name_that_is_taken_is_refused_with_its_place() {
    let before = format!("version = 1\n{A}");
    let mut pin = coredns();
    pin.name = name("a");
    let trouble = add(&before, &pin).unwrap_err();
    assert_eq!(trouble.message, "there is a pin `a` already");
    assert_eq!(trouble.place.map(|p| (p.line, p.column)), Some((2, 7)));
    pin.name = name("A");
    let trouble = add(&before, &pin).unwrap_err();
    assert_eq!(trouble.message, "`A` and `a` differ only in case");
    let trouble = rename(&format!("{before}[pins.b]\ngit = \"https://h/b\"\n"), &name("b"), &name("a"));
    assert_eq!(trouble.unwrap_err().message, "there is a pin `a` already");
}

#[test]
fn a_pin_that_makes_the_manifest_wrong_is_refused() {
    let mut pin = coredns();
    pin.keys.push(("tag".to_owned(), text("v1")));
    let trouble = add("version = 1\n", &pin).unwrap_err();
    assert_eq!(trouble.message, "`--tag`: `version` and `tag` are both given");
    let trouble = add("pins = { }\nversion = 1\n", &coredns()).unwrap_err();
    assert_eq!(trouble.message, "pins.toml is written in a way that no pin can be added to it");
    let mut hostile = coredns();
    hostile.keys = vec![("git".to_owned(), text("https://h/x\"\n[pins.evil]\ngit = \"https://h/y"))];
    let trouble = add("version = 1\n", &hostile).unwrap_err();
    assert_eq!(trouble.place, None, "a place in a text that was never written");
    assert!(trouble.message.starts_with("`--git`: "), "{}", trouble.message);
}

#[test]
fn a_pin_goes_with_its_comments_and_leaves_those_of_others() {
    let before = format!(
        "version = 1\n\n# of all\n\n# of a\n# more\n{A}# in a\n\n# alone\n\n[pins.b]\ngit = \"https://h/b\"\n# of c\n[pins.c]\ngit = \"https://h/c\"\n"
    );
    assert_eq!(
        remove(&before, &name("a")).unwrap(),
        "version = 1\n\n# of all\n\n# alone\n\n[pins.b]\ngit = \"https://h/b\"\n# of c\n[pins.c]\ngit = \"https://h/c\"\n"
    );
    assert_eq!(
        remove(&before, &name("b")).unwrap(),
        format!(
            "version = 1\n\n# of all\n\n# of a\n# more\n{A}# in a\n\n# alone\n\n# of c\n[pins.c]\ngit = \"https://h/c\"\n"
        )
    );
    assert_eq!(
        remove(&before, &name("c")).unwrap(),
        format!("version = 1\n\n# of all\n\n# of a\n# more\n{A}# in a\n\n# alone\n\n[pins.b]\ngit = \"https://h/b\"\n")
    );
}

const DOTTED: &str = "version = 1
pins.x.git = \"https://h/x\" # x
pins.z.git = \"https://h/z\"
# of x
pins.x.branch = \"main\"
";

const TABLES: &str = "version = 1
image.platforms = [\"linux/amd64\"]

[pins]
y = { git = \"https://h/y\", into = [
  # inside
  { arg = \"Y\" }, ] }
w.git = \"https://h/w\"

[pins.u]
url = \"https://h/{arch}\"

[pins.u.arch]
\"linux/amd64\" = \"x64\"

[policy]
[pins.v]
git = \"https://h/v\"
";

#[test]
fn every_form_of_a_pin_is_removed() {
    for (text, pin, part) in [
        (DOTTED, "z", "pins.z.git = \"https://h/z\"\n"),
        (TABLES, "y", "y = { git = \"https://h/y\", into = [\n  # inside\n  { arg = \"Y\" }, ] }\n"),
        (TABLES, "w", "w.git = \"https://h/w\"\n"),
        (TABLES, "u", "[pins.u]\nurl = \"https://h/{arch}\"\n\n[pins.u.arch]\n\"linux/amd64\" = \"x64\"\n\n"),
        (TABLES, "v", "[pins.v]\ngit = \"https://h/v\"\n"),
    ] {
        assert!(text.contains(part), "{part}");
        assert_eq!(remove(text, &name(pin)).unwrap(), text.replace(part, ""), "{pin}");
    }
    assert_eq!(remove(DOTTED, &name("x")).unwrap(), "version = 1\npins.z.git = \"https://h/z\"\n");
}

#[test]
fn a_pin_in_one_inline_table_is_removed_and_renamed() {
    let before = "version = 1\npins = { a = { git = \"https://h/a\" }, b.git = \"https://h/b\", b.branch = \"m\", c = { git = \"https://h/c\" } }\n";
    for (pin, after) in [
        ("a", "b.git = \"https://h/b\", b.branch = \"m\", c = { git = \"https://h/c\" }"),
        ("b", "a = { git = \"https://h/a\" }, c = { git = \"https://h/c\" }"),
        ("c", "a = { git = \"https://h/a\" }, b.git = \"https://h/b\", b.branch = \"m\""),
    ] {
        assert_eq!(remove(before, &name(pin)).unwrap(), format!("version = 1\npins = {{ {after} }}\n"), "{pin}");
    }
    assert_eq!(rename(before, &name("b"), &name("n")).unwrap(), before.replace("b.", "n."));
    let one = "version = 1\npins = { a.git = \"https://h/a\", a.branch = \"m\" }\n";
    assert_eq!(remove(one, &name("a")).unwrap(), "version = 1\npins = {  }\n");
}

#[test]
fn a_name_is_changed_wherever_it_stands_and_nowhere_else() {
    let before = "version = 1\n# a\n[ pins . a ] # a\ngit = \"https://h/a\" # pins.a\n[pins.\"a\".freeze]\nreason = \"a\"\nuntil = 2026-12-31\n[pins.b]\ngit = \"https://h/a\"\n";
    assert_eq!(
        rename(before, &name("a"), &name("n+1")).unwrap(),
        "version = 1\n# a\n[ pins . \"n+1\" ] # a\ngit = \"https://h/a\" # pins.a\n[pins.\"n+1\".freeze]\nreason = \"a\"\nuntil = 2026-12-31\n[pins.b]\ngit = \"https://h/a\"\n"
    );
    let trouble = rename(before, &name("bb"), &name("c")).unwrap_err();
    assert_eq!(trouble.message, "no pin is called `bb`");
    assert_eq!(trouble.help.as_deref(), Some("did you mean b?"));
    assert!(remove(before, &name("nope")).is_err());
}

/// One pin in one of the forms that can stand after a `[pins]` header or of its own.
fn pin_text(index: usize, form: u8, comment: u8, blanks: usize) -> (bool, String) {
    let comment = match comment {
        0 => String::new(),
        1 => format!("# about p{index}\n"),
        _ => format!("# alone\n\n# [pins.p{index}]\n# \"quote\n"),
    };
    let blanks = "\n".repeat(blanks);
    let git = format!("git = 'https://h/{index}'");
    match form {
        0 => (true, format!("{comment}p{index} = {{ {git} }} # t\n{blanks}")),
        1 => (true, format!("{comment}p{index}.{git}\np{index}.branch=\"m\"\n{blanks}")),
        2 => (false, format!("{comment}[pins.p{index}]\n{git}   # t\n{blanks}")),
        3 => (
            false,
            format!(
                "{comment}[ pins.'p{index}' ]\n{git}\ninto=[\n # x\n {{arg=\"A{index}\"}},\n]\n{blanks}[pins.'p{index}'.freeze]\nreason=\"\"\"r\"\"\"\nuntil=2030-01-01\n{blanks}"
            ),
        ),
        _ => (false, format!("{comment}[pins.\"p{index}\"]\n{git}\n# in p{index}\n\n")),
    }
}

fn manifests() -> impl Strategy<Value = (String, usize)> {
    let pins = proptest::collection::vec((0_u8..5, 0_u8..3, 0_usize..3), 1..6);
    (pins, any::<bool>(), any::<bool>()).prop_map(|(pins, crlf, policy)| {
        let count = pins.len();
        let texts: Vec<(bool, String)> = pins
            .into_iter()
            .enumerate()
            .map(|(i, (form, comment, blanks))| pin_text(i, form, comment, blanks))
            .collect();
        let mut text = "# head\nversion = 1\n".to_owned();
        let (inner, outer): (Vec<_>, Vec<_>) = texts.into_iter().partition(|(inner, _)| *inner);
        if !inner.is_empty() {
            text += "\n[pins]\n";
        }
        text.extend(inner.into_iter().map(|(_, t)| t));
        text.extend(outer.into_iter().map(|(_, t)| t));
        if policy {
            text += "[policy]\nmin-age = \"7d\"\n# end\n";
        }
        let mut text = format!("{}\n", text.trim_end());
        if crlf {
            text = text.replace('\n', "\r\n");
        }
        (text, count)
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn add_then_remove_is_nothing((before, _) in manifests()) {
        let pin = coredns();
        let added = add(&before, &pin).unwrap();
        prop_assert!(added.starts_with(&before));
        prop_assert_eq!(remove(&added, &pin.name).unwrap(), before);
    }

    #[test]
    fn rename_there_and_back_is_nothing((before, count) in manifests(), pick in 0_usize..6, new in "[a-z][a-z0-9.+_-]{0,5}") {
        let old = name(&format!("p{}", pick % count));
        let new = name(&new);
        // double quotes that were not needed are not put back once they were
        prop_assume!(!before.contains("[pins.\"p") || !new.as_str().contains(['.', '+']));
        prop_assume!(!Manifest::parse("f", before.as_bytes()).unwrap().pins.contains_key(&new));
        let there = rename(&before, &old, &new).unwrap();
        prop_assert_ne!(&there, &before);
        prop_assert_eq!(rename(&there, &new, &old).unwrap(), before);
    }

    #[test]
    fn remove_only_takes_lines_away((before, count) in manifests(), pick in 0_usize..6) {
        let after = remove(&before, &name(&format!("p{}", pick % count))).unwrap();
        let mut lines = before.split_inclusive('\n');
        for line in after.split_inclusive('\n') {
            prop_assert!(lines.any(|l| l == line), "{line:?}");
        }
        prop_assert!(after.len() < before.len());
    }
}

fn debian() -> NewArchive {
    NewArchive {
        name: name("debian"),
        keys: vec![
            ("uri".to_owned(), text("https://snapshot.debian.org/archive/debian/{snapshot}")),
            ("suites".to_owned(), Literal::Texts(vec!["bookworm".to_owned()])),
            ("signed-by".to_owned(), text("debian")),
        ],
        comment: vec!["of the base".to_owned()],
    }
}

#[test]
fn an_archive_is_appended_and_its_name_is_taken_once() {
    let none = Inherited::default();
    let after = add_archive("version = 1\r\n# end\r\n", &debian(), &none).unwrap();
    assert_eq!(
        after,
        "version = 1\r\n# end\r\n\r\n# of the base\r\n[archives.debian]\r\n\
         uri = \"https://snapshot.debian.org/archive/debian/{snapshot}\"\r\n\
         suites = [\"bookworm\"]\r\nsigned-by = \"debian\"\r\n"
    );
    let trouble = add_archive(&after, &debian(), &none).unwrap_err();
    assert_eq!(trouble.message, "there is an archive `debian` already");
}

#[test]
fn a_comment_cannot_break_out_of_its_line() {
    let mut pin = coredns();
    pin.comment = vec!["a\n[pins.evil]\u{202e}".to_owned(), String::new()];
    let after = add("", &pin).unwrap();
    assert!(!after.contains("\n[pins.evil]") && !after.contains('\u{202e}'), "{after}");
    assert!(after.contains("\n#\n[pins.coredns]\n"), "{after}");
}

#[test]
fn members_are_named_behind_those_there_are() {
    let names = ["b".to_owned(), "c/d".to_owned()];
    for (before, after) in [
        ("version = 1\n", "version = 1\n\n[workspace]\nmembers = [\"b\", \"c/d\"]\n"),
        (
            "version = 1\n[workspace] # w\nmembers = [\"a\"] # m\nexclude = []\n",
            "version = 1\n[workspace] # w\nmembers = [\"a\", \"b\", \"c/d\"] # m\nexclude = []\n",
        ),
        ("version = 1\nworkspace.members = [ 'b' ]\n", "version = 1\nworkspace.members = [ 'b', \"c/d\" ]\n"),
        (
            "version = 1\r\n[workspace]\r\nmembers = [\r\n  \"a\", # ]\r\n  # last\r\n]\r\n",
            "version = 1\r\n[workspace]\r\nmembers = [\r\n  \"a\",\r\n  \"b\",\r\n  \"c/d\", # ]\r\n  # last\r\n]\r\n",
        ),
        ("version = 1\nworkspace = { members = [] }\n", "version = 1\nworkspace = { members = [\"b\", \"c/d\"] }\n"),
    ] {
        let edited = set_members(before, &names).unwrap();
        assert_eq!(edited, after);
        assert_eq!(set_members(&edited, &names).unwrap(), edited, "twice is once");
    }
}

#[test]
fn the_head_of_a_new_manifest_is_one() {
    assert!(Manifest::parse("f", HEAD.as_bytes()).is_ok());
    assert!(add(HEAD, &coredns()).unwrap().starts_with(HEAD));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn archives_and_members_take_nothing_away((before, _) in manifests(), more in proptest::collection::vec("x[a-z]{1,3}(/x[a-z]{1,2})?", 1..4)) {
        let none = Inherited::default();
        let added = add_archive(&before, &debian(), &none).unwrap();
        prop_assert!(added.starts_with(&before));
        let named = set_members(&before, &more).unwrap();
        prop_assert!(named.starts_with(&before));
        let extended = set_members(&named, &["zzzzz".to_owned()]).unwrap();
        prop_assert_eq!(extended.replace(", \"zzzzz\"", ""), named);
    }
}
