//! Dockerfiles that look as if they pinned something else than they do: what `verify` says of each,
//! and what `refresh` edits, to the byte.

use super::Upstream;
use crate::support::program::{Ran, Work};

/// A folder with one pin in one site; `@` in the Dockerfile is the pinned value. Locks the first
/// release there, gives the verdict, and then follows to the second.
#[track_caller]
fn followed(site: &str, dockerfile: &str) -> Ran {
    let up = Upstream::new(2);
    let file = |at: usize| dockerfile.replace('@', &up.ids[at].to_string()).replace("OLD", &up.ids[0].to_string());
    let work = Work::new();
    let manifest =
        format!("version = 1\n[pins.widget]\ngit = \"{}\"\nversion = \"^1\"\ninto = [{{ {site} }}]\n", up.url());
    work.write("pins.toml", manifest).write("Dockerfile", file(0));
    work.run(&["refresh", "--keep"]).code(0);
    assert_eq!(work.read("Dockerfile"), file(0), "--keep");
    let verdict = work.run(&["verify"]);
    work.run(&["refresh"]).code(0);
    assert_eq!(work.read("Dockerfile"), file(1), "refresh");
    let after = work.run(&["verify"]);
    assert_eq!(after.code, verdict.code, "{}", after.out);
    verdict
}

/// A site that is not found where a careless reader would see it.
#[track_caller]
fn not_found(site: &str, dockerfile: &str) {
    refused(site, dockerfile, "DOC003");
}

/// A site that neither `verify` nor `refresh` will take for the pin's; `@` is the value that it had
/// to bear.
#[track_caller]
fn refused(site: &str, dockerfile: &str, id: &str) {
    let up = Upstream::new(1);
    let dockerfile = dockerfile.replace('@', &up.ids[0].to_string());
    let work = Work::new();
    let manifest =
        format!("version = 1\n[pins.widget]\ngit = \"{}\"\nversion = \"^1\"\ninto = [{{ {site} }}]\n", up.url());
    work.write("pins.toml", manifest).write("Dockerfile", dockerfile);
    super::idle(&work, &["verify"]).code(1).says(id);
    super::one_error(super::idle(&work, &["refresh"]).code(2));
    assert!(!work.image().join("pins.lock").exists());
}

#[test]
fn the_pin_of_a_stage_is_that_stages_and_the_dead_one_beside_it_is_left_alone() {
    let file = "FROM scratch AS dead\nARG A=OLD\nFROM scratch AS live\nARG A=@\nRUN use $A\n";
    followed("stage = \"live\", arg = \"A\"", file).code(0).says("1 verified");
    let file = "FROM scratch AS dead\nARG A=@\nFROM scratch AS live\nARG A=OLD\nRUN use $A\n";
    followed("stage = \"dead\", arg = \"A\"", file).code(0);
}

#[test]
fn a_pin_in_a_comment_is_no_pin() {
    let file = "FROM scratch\n# ARG A=OLD\n#ARG A=OLD\n  # ARG A=OLD\nARG A=@\n# ARG A=OLD\n";
    followed("arg = \"A\"", file).code(0);
    followed("arg = \"A\"", "FROM scratch\nRUN one \\\n# ARG A=OLD\n  two\nARG A=@\n").code(0);
    not_found("arg = \"A\"", "FROM scratch\n# ARG A=1\n");
}

#[test]
fn a_pin_in_a_heredoc_is_text_of_a_command() {
    let file = "FROM scratch\nRUN <<EOF\nARG A=OLD\nFROM x AS y\nEOF\nARG A=@\nCOPY <<\"X\" /a\nARG A=OLD\nX\n";
    followed("arg = \"A\"", file).code(0);
    not_found("arg = \"A\"", "FROM scratch\nRUN <<-EOF\n\tARG A=1\n\tEOF\n");
    not_found("arg = \"A\"", "FROM scratch\nCOPY <<A <<B /\nARG A=1\nA\nARG A=1\nB\n");
}

#[test]
fn what_overrides_a_pinned_arg_later_in_its_stage_is_told_with_its_line() {
    let env = "FROM scratch AS a\nARG A=@\nENV A=other\nRUN use $A\n";
    followed("arg = \"A\"", env)
        .code(1)
        .says("ARG001")
        .says("Dockerfile:3:5")
        .says("ENV `A` overrides the pinned value of line 2");
    // The same value handed on is no override.
    followed("arg = \"A\"", "FROM scratch\nARG A=@\nENV A=$A\nENV B=\"${A}\"\n").code(0);
    // An ENV of the stage that it builds on decides as well.
    let below = "FROM scratch AS base\nENV A=other\nFROM base\nARG A=@\nRUN use $A\n";
    followed("arg = \"A\"", below).code(1).says("ARG001").says("Dockerfile:2:5");
    // An ENV of another stage does not.
    followed("arg = \"A\"", "FROM scratch AS x\nENV A=other\nFROM scratch\nARG A=@\n").code(0);
}

#[test]
fn a_second_arg_of_the_name_makes_the_site_ambiguous_and_is_never_guessed_at() {
    let up = Upstream::new(1);
    let work = Work::new();
    let manifest = format!(
        "version = 1\n[pins.widget]\ngit = \"{}\"\nversion = \"^1\"\ninto = [{{ stage = \"a\", arg = \"A\" }}]\n",
        up.url()
    );
    work.write("pins.toml", manifest)
        .write("Dockerfile", format!("FROM scratch AS a\nARG A={}\nARG A=other\n", up.ids[0]));
    super::idle(&work, &["verify"]).code(1).says("DOC004").says("lines 2, 3");
    super::one_error(super::idle(&work, &["refresh"]).code(2).says("2 instructions match"));
}

#[test]
fn a_global_arg_is_the_global_one_and_a_default_of_its_own_in_a_stage_is_told() {
    let handed = "ARG A=@\nFROM scratch AS a\nARG A\nRUN use $A\nFROM scratch\nARG A\n";
    followed("stage = \"global\", arg = \"A\"", handed).code(0);
    let again = "ARG A=@\nFROM scratch\nARG A=other\nRUN use $A\n";
    followed("stage = \"global\", arg = \"A\"", again).code(1).says("ARG001").says("Dockerfile:3:5");
    let stage = "ARG A=OLD\nFROM scratch\nARG A=@\nRUN use $A\n";
    followed("stage = 0, arg = \"A\"", stage).code(0);
}

#[test]
fn the_escape_directive_decides_where_an_instruction_ends() {
    followed("arg = \"A\"", "# escape=`\nFROM scratch\nRUN dir C:\\\nARG A=@\nRUN a `\n  b\n").code(0);
    not_found("arg = \"A\"", "FROM scratch\nRUN dir C:\\\nARG A=1\n");
    not_found("arg = \"A\"", "# escape=`\nFROM scratch\nRUN dir `\nARG A=1\n");
    // After another comment it is a comment.
    followed("arg = \"A\"", "# x\n# escape=`\nFROM scratch\nRUN a `\nARG A=@\n").code(0);
}

#[test]
fn an_arg_for_the_build_of_others_is_pinned_like_one_and_shadows_nothing() {
    followed("arg = \"A\"", "FROM scratch\nONBUILD ARG A=@\n").code(0);
    followed("arg = \"A\"", "FROM scratch\nARG A=@\nONBUILD ENV A=other\n").code(0);
}

#[test]
fn quotes_blanks_and_neighbours_stay_as_they_are() {
    followed("arg = \"A\"", "FROM scratch\n\targ   B=1  A='@'   C=\"x y\"  \n").code(0);
    followed("env = \"A\"", "FROM scratch\nENV A @\nENV  B=A  C='A=OLD'\n").code(0);
    followed("arg = \"A\"", "\u{feff}FROM scratch\r\nARG A=\"@\"\r\n\r\n").code(0);
    followed("arg = \"A\"", "FROM scratch\nARG \\\n  # a word\n\n  A=@ \\\n  B=2\nRUN a").code(0);
}

/// Sites that are found and bear the pinned value, while the build uses another one.
#[track_caller]
fn overridden(site: &str, dockerfile: &str, line: usize) {
    let verdict = followed(site, dockerfile);
    verdict.code(1).says("ARG001").says(&format!("Dockerfile:{line}:"));
}

const ARG_F: &str = "stage = \"f\", arg = \"C\"";
const ENV_F: &str = "stage = \"f\", env = \"C\"";

#[test]
fn an_env_whose_name_a_variable_gives_overrides_the_pin() {
    overridden(ARG_F, "FROM a AS f\nARG N=C\nARG C=@\nENV $N=other\n", 4);
    overridden(ARG_F, "FROM a AS f\nARG N=C\nARG C=@\nENV $N other\n", 4);
    overridden(ARG_F, "FROM a AS f\nARG C=@\nENV ${U}C=other\n", 3);
    overridden(ENV_F, "FROM a AS f\nENV C=@\nENV $BASE=other\n", 3);
    followed(ARG_F, "FROM scratch AS f\nARG N=D\nARG C=@\nENV $N=other X_$BASE=other\n").code(0);
}

#[test]
fn an_arg_behind_an_env_overrides_the_pin() {
    overridden(ENV_F, "FROM a AS f\nENV C=@\nARG C=other\n", 3);
    overridden(ENV_F, "ARG C=other\nFROM a AS f\nENV C=@\nARG C\n", 4);
    followed(ENV_F, "FROM scratch AS f\nARG C=other\nENV C=@\nARG C\n").code(0);
}

#[test]
fn an_arg_in_quotes_defines_another_name() {
    for name in ["'C'", "\"C\"", "\\C", "C''"] {
        refused(ARG_F, &format!("FROM a AS f\nARG {name}=@\n"), "DOC003");
    }
}

#[test]
fn an_add_is_pinned_only_if_its_repository_stands_there() {
    let site = "add = \"https://h/r.git\"";
    refused(site, "FROM a\nENV U=https://h/r.git\nARG U=https://evil/r.git\nADD $U#@ /x\n", "DOC003");
    refused(site, "FROM a\nARG U=https://h/r.git\nADD $U#@ /x\n", "stands behind the variable `U`");
    refused(
        site,
        r#"FROM a
ADD ["https://h/r.git#ae2\bbc","/"]
"#,
        "DOC005",
    );
    followed(site, "FROM scratch\nADD https://h/r.git#@:$SUB /x\n").code(0);
    followed(site, "FROM scratch\nADD [\"https://h/r.git#@\", \"/\"]\n").code(0);
}

#[test]
fn an_add_of_a_plain_download_is_no_site_for_git() {
    let up = Upstream::new(1);
    let work = Work::new();
    let into = "into = [{ add = \"https://h/r\" }]";
    work.write("pins.toml", format!("version = 1\n[pins.widget]\ngit = \"{}\"\nversion = \"^1\"\n{into}\n", up.url()))
        .write("Dockerfile", format!("FROM a\nADD https://h/r#{} /x\n", up.ids[0]));
    super::idle(&work, &["verify"]).code(2).says("must end in `.git`");
}

#[test]
fn what_onbuild_does_to_a_child_is_told() {
    overridden("arg = \"C\"", "FROM a\nONBUILD ARG C=@\nONBUILD ENV C=other\n", 3);
    overridden(ARG_F, "FROM a AS f\nONBUILD ARG C=@\nFROM f AS g\nENV C=other\n", 4);
    overridden(ARG_F, "FROM a AS p\nONBUILD ENV C=other\nFROM p AS f\nARG C=@\n", 2);
    followed(ARG_F, "FROM scratch AS p\nONBUILD ENV D=other\nFROM p AS f\nARG C=@\n").code(0);
}

#[test]
fn a_stage_name_that_two_stages_bear_names_neither() {
    refused(ARG_F, "FROM a AS f\nARG C=@\nFROM b AS f\n", "use the index");
    refused(ARG_F, "FROM a AS f\nARG C=@\nFROM b AS F\n", "DOC004");
}
