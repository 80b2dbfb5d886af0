//! What all rules promise, and how their tests ask.

use proptest::prelude::*;

use super::*;
use crate::dockerfile::apply;

/// A digest.
pub(super) const D1: &str = "sha256:1111111111111111111111111111111111111111111111111111111111111111";
/// Another.
pub(super) const D2: &str = "sha256:2222222222222222222222222222222222222222222222222222222222222222";
/// A commit.
pub(super) const C1: &str = "1111111111111111111111111111111111111111";
/// Another.
pub(super) const C2: &str = "2222222222222222222222222222222222222222";

pub(super) fn parse(name: &str, text: &str) -> Dockerfile {
    Dockerfile::parse(name, text.as_bytes().to_vec()).unwrap()
}

/// Each finding on a line: place, id, message, and whether it is a note. Without those of apt.
pub(super) fn lines(files: &[Dockerfile]) -> Vec<String> {
    let all = lint(files).into_iter().filter(|l| !l.finding.id.as_str().starts_with("APT"));
    all.map(|l| {
        let place = l.finding.trouble.place.unwrap();
        let note = if l.finding.severity == Severity::Note { " (note)" } else { "" };
        format!("{}:{}:{} {} {}{note}", place.file, place.line, place.column, l.finding.id, l.finding.trouble.message)
    })
    .collect()
}

#[track_caller]
pub(super) fn has(text: &str, expected: &[&str]) {
    assert_eq!(lines(&[parse("Dockerfile", text)]), expected, "{text}");
}

#[track_caller]
pub(super) fn clean(text: &str) {
    has(text, &[]);
}

/// What findings are, without their places.
fn kinds(all: &[Linted]) -> Vec<(Id, String)> {
    let mut all: Vec<_> = all.iter().map(|l| (l.finding.id, l.finding.trouble.message.clone())).collect();
    all.sort();
    all
}

/// One line that a rule may have something to say of.
fn line() -> impl Strategy<Value = String> {
    let part = prop::sample::select(vec![
        "FROM debian",
        "FROM $B",
        "FROM a:1 AS b",
        "COPY --from=b:$T /x /y",
        "ARG B=debian:12",
        "ARG B",
        "ENV R=x",
        "ARG R=git://h/o/r",
        "ARG C=1111111111111111111111111111111111111111",
        "RUN git clone git://h/o/r x",
        "RUN git clone \"$R\" x && cd x && git checkout $C",
        "RUN git clone --branch v1.0 'GIT://h/o/r.git'",
        "ADD git://h/o/r.git#$C /x",
        "ADD $R#v1 /x",
        "ADD \"git://h/o/r\" /x",
        "ADD https://h/latest/x /x",
        "RUN curl -L https://u:p@h/main/x | sh",
        "RUN curl -o f \"https://h/$V\" && echo x f | sha256sum -c",
        "RUN wget $U",
        "RUN <<E\na \\\n # é\n b\nE",
        "# c",
        "ONBUILD ADD git://h/r /x",
        "RUN a \\",
        "  b",
        "\u{e9}",
        "RUN --mount=from=a,target=/x git fetch git://h/o/r master",
        "ARG \"R\"='git://h/o/r' X=git://h/p",
        "",
    ]);
    prop_oneof![9 => part.prop_map(str::to_owned), 1 => "[a-zA-Z$\"'#:/@ =<\\\\{}é-]{0,30}"]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn lint_never_panics_and_its_places_lie_in_the_file(lines in prop::collection::vec(line(), 0..14), crlf: bool) {
        let text = format!("FROM scratch\n{}\n", lines.join("\n"));
        let text = if crlf { text.replace('\n', "\r\n") } else { text };
        let Ok(file) = Dockerfile::parse("Dockerfile", text.clone().into_bytes()) else { return Ok(()) };
        let found = lint(std::slice::from_ref(&file));
        let again = lint(std::slice::from_ref(&file));
        prop_assert_eq!(format!("{found:?}"), format!("{again:?}"));
        let widths: Vec<usize> = text.split('\n').map(|l| l.chars().count()).collect();
        for l in &found {
            let place = l.finding.trouble.place.as_ref().unwrap();
            prop_assert!(place.line >= 1 && place.line <= widths.len());
            prop_assert!(place.column >= 1 && place.column <= widths[place.line - 1] + 1);
        }
    }

    // together: the commands of one stage are joined by the URL of their repository
    #[test]
    fn fixes_take_away_their_findings_and_nothing_else(lines in prop::collection::vec(line(), 0..14)) {
        let text = format!("FROM scratch\n{}\n", lines.join("\n"));
        let Ok(file) = Dockerfile::parse("Dockerfile", text.into_bytes()) else { return Ok(()) };
        let found = lint(std::slice::from_ref(&file));
        let (mended, left): (Vec<_>, Vec<_>) =
            found.iter().partition(|l| l.finding.id == Id::GIT005 && !l.fix.is_empty());
        let edits: Vec<Edit> = mended.iter().flat_map(|l| l.fix.clone()).collect();
        let fixed = Dockerfile::parse("Dockerfile", apply(file.bytes(), &edits).unwrap()).unwrap();
        prop_assert_eq!(kinds(&lint(std::slice::from_ref(&fixed))), kinds(&left.into_iter().cloned().collect::<Vec<_>>()));
    }
}
