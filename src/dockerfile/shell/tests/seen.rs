//! Installs that do not look like one.

use super::{parse, said};

#[track_caller]
fn finds(run: &str, found: &[&str]) {
    assert_eq!(said(&parse(&format!("FROM a\n{run}\n"))), found, "{run}");
}

#[test]
fn verbs_that_install_without_saying_so() {
    for (run, verb) in [
        ("RUN apt-get upgrade -y", "upgrade"),
        ("RUN apt-get dist-upgrade a", "dist-upgrade"),
        ("RUN apt -y full-upgrade", "full-upgrade"),
        ("RUN aptitude safe-upgrade", "safe-upgrade"),
    ] {
        finds(run, &[]);
        let file = parse(&format!("FROM a\n{run}\n"));
        let verbs: Vec<&str> = file.commands().upgrades.iter().map(|u| u.verb.as_str()).collect();
        assert_eq!(verbs, [verb], "{run}");
    }
    finds("RUN apt-get remove -y a b+ g++", &["apt-get {b+ Plus}"]);
    finds("RUN apt-get autoremove a g+++", &["apt-get {g+++ Plus}"]);
    finds("RUN apt-get purge a", &[]);
    finds("RUN aptitude hold a b+M", &["aptitude {b+M Plus}"]);
}

#[test]
fn a_program_that_cannot_be_known_may_be_apt() {
    finds("RUN ${APT:-apt-get} install -y a", &[" {${APT:-apt-get} Variable(\"APT\")}"]);
    finds("ARG APT\nRUN sudo $APT -y install a", &[" {$APT Variable(\"APT\")}"]);
    finds("RUN $(command -v apt-get) install a", &[" {$(command -v apt-get) Command}"]);
    finds("RUN \"`which apt`\" install a", &[" {\"`which apt`\" Command}"]);
    finds("RUN $'apt\\x2dget' install a", &[" {$'apt\\x2dget' Variable(\"$'…'\")}"]);
    finds("RUN npm install a; pip install b; make install; dnf install -y c", &[]);
    finds("RUN $VENV/bin/pip install a; $(which pip3) install b; $X remove c; npm $Y install", &[]);
}

#[test]
fn a_script_that_is_said_to_a_shell() {
    finds("RUN echo 'apt-get install -y a' | sh", &["apt-get a"]);
    finds("RUN printf 'apt-get install %s\\n' a | sed s/x/y/ | bash -e", &["apt-get {%s Name}"]);
    finds("RUN printf '%s\\n' 'apt-get install a' 'x' | sudo sh", &["apt-get a x"]);
    finds("RUN echo 'apt-get install a\\napt-get install b' | sh", &["apt-get a", "apt-get b"]);
    finds("RUN echo 'apt-get install a' | tee /x", &[]);
    finds("RUN cat <<E\n$(apt-get install a) \\$(apt-get install b)\nE", &["apt-get a"]);
    finds("RUN cat <<E\n`apt-get install a`\nE", &["apt-get a"]);
    finds("RUN cat <<'E'\n$(apt-get install a)\nE", &[]);
}

#[test]
fn a_function_may_run_its_words() {
    finds("RUN log() { \"$@\"; }; log apt-get install a", &["apt-get a"]);
    finds("RUN echo() { \"$@\"; }; echo apt-get install a", &["apt-get a"]);
    finds("RUN function echo { \"$@\"; }; echo apt-get install a", &["apt-get a"]);
    finds("RUN debug apt-get install a", &["apt-get a"]);
    finds("RUN x || die \"apt-get install failed\"", &[]);
}

#[test]
fn escapes_of_json_are_read() {
    finds("RUN [\"apt\\u002dget\",\"install\",\"cur\\u006c\"]", &["apt-get curl"]);
    let (text, errors) = super::pinned("FROM a\nRUN [\"apt\\u002dget\",\"install\",\"cur\\u006c\"]\n");
    assert_eq!((text.as_str(), errors.len()), ("FROM a\nRUN [\"apt\\u002dget\",\"install\",\"cur\\u006c=9\"]\n", 0));
}

/// Where comments cut a command, as line:column.
fn cuts(text: &str) -> Vec<String> {
    let file = parse(text);
    let places = file.commands().cuts.iter().map(|cut| cut.place(&file));
    places.map(|p| format!("{}:{}", p.line, p.column)).collect()
}

#[test]
fn a_comment_in_a_script_ends_a_continued_command() {
    let script = |body: &str| format!("FROM a\nRUN <<EOF\n{body}EOF\n");
    for (body, at) in [
        ("apt-get install \\\n  # tools\n  curl\n", "4:3"),
        ("a b \\\n# x\n# y\n  c\n", "4:1"),
        ("a \\\n# x\n&& b\n", "4:1"),
        ("a\\\n  # x\n  c\n", "4:3"),
        ("V=1 \\\n  # x\n  c\n", "4:3"),
        ("a \\\r\n  # x\r\n  c\r\n", "4:3"),
        ("if a \\\n  # x\n  b; then c; fi\n", "4:3"),
    ] {
        assert_eq!(cuts(&script(body)), [at], "{body}");
    }
    for body in [
        "a # x\n  b\n",
        "a \\\n  b # x\n",
        "a && \\\n# x\nb\n",
        "a | \\\n  # x\n  b\n",
        "a \\\\\n# x\n  b\n",
        "# a \\\n# b\nc\n",
        "a '\\\n# x\n' b\n",
        "a \"\\\n# x\n\" b\n",
        "a \\\n  # x\n",
        "a \\\n  b \\\n  # x\nrm c\n",
        "a \\\n# x\n\n  b\n",
        "if a; then\n  b \\\n  # x\nfi\n",
        "x=(a \\\n# b\nc)\n",
        "a \\\n#x\\\n\nb\n",
    ] {
        assert_eq!(cuts(&script(body)), NO_CUT, "{body}");
    }
    assert_eq!(cuts("FROM a\nRUN bash -e <<'EOF'\na \\\n# x\n  b\nEOF\n"), ["4:1"], "a shell reads it");
    assert_eq!(cuts("FROM a\nRUN cat > x <<'EOF'\na \\\n# x\n  b\nEOF\n"), NO_CUT, "nobody runs it here");
    assert_eq!(cuts("FROM a\nCOPY <<EOF /x\na \\\n# x\n  b\nEOF\n"), NO_CUT);
    assert_eq!(cuts("FROM a\nRUN a \\\n# x\n  b\n"), NO_CUT, "builders take the line out");
}

const NO_CUT: [&str; 0] = [];
