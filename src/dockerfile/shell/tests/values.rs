//! Which value a variable has where several may be.

use super::{parse, said};

#[track_caller]
fn finds(text: &str, found: &str) {
    assert_eq!(said(&parse(&format!("FROM a\n{text}\n"))), [format!("apt-get {found}")], "{text}");
}

#[test]
fn a_branch_does_not_hide_the_arg_or_env() {
    finds("ARG V=0.9\nRUN if [ x ]; then V=1; fi; apt-get install -y curl=$V", "curl=<V>");
    finds("ENV P=wget\nRUN if [ -n \"$X\" ]; then P=curl=1; fi; apt-get install -y $P", "wget curl=1");
    finds("ARG V=0.9\nRUN [ $T = x ] && V=1; apt-get install -y curl=$V", "curl=<V>");
    finds("ARG V=0.9\nRUN [ $T = x ] || V=1 && apt-get install -y curl=$V", "curl=<V>");
    finds("ARG V=0.9\nRUN x ||\\\n V=1; apt-get install -y curl=$V", "curl=<V>");
    finds("ARG V=0.9\nRUN <<E\nx ||\nV=1\napt-get install -y curl=$V\nE", "curl=<V>");
    finds("ARG V=0.9\nRUN x && V=1 || y && apt-get install -y curl=$V", "curl=<V>");
    finds("ARG V=0.9\nRUN case x in y) V=1;; *) apt-get install curl=$V;; esac", "curl=<V>");
    finds("ARG V=0.9\nRUN for V in $L; do :; done; apt-get install curl=$V", "curl=<V>");
    finds("ARG V=0.9\nRUN f() { V=1; }; apt-get install curl=$V", "curl=<V>");
    finds("ARG V=0.9\nRUN (V=1); apt-get install curl=$V", "curl=<V>");
    finds("ARG V=0.9\nRUN x=$(V=1); apt-get install curl=$V", "curl=<V>");
    finds("ARG V=0.9\nRUN V=1 | x; apt-get install curl=$V", "curl=<V>");
    finds("ARG V=0.9\nRUN V=1 & apt-get install curl=$V", "curl=<V>");
    finds("ARG V=0.9\nRUN sh -c 'V=1'; apt-get install curl=$V", "curl=<V>");
    finds("ARG V\nRUN if [ x ]; then V=1; fi; apt-get install -y curl=$V", "curl=<V>");
    finds("RUN if [ x ]; then V=1; fi; apt-get install -y curl=$V", "curl=<V>");
    finds("ARG P\nRUN if [ x ]; then P=git; fi; apt-get install $P", "git {$P Variable(\"P\")}");
}

#[test]
fn an_assignment_counts_from_where_it_stands() {
    finds("ENV V=0.9\nRUN apt-get install curl=$V && V=1", "curl=<V>");
    finds("ENV V=0.9\nRUN V=1 apt-get install curl=$V", "curl=<V>");
    finds("RUN V=1 apt-get install curl=$V", "curl=<V>");
    finds("ENV V=0.9\nRUN V=1 sh -c 'apt-get install curl=$V'", "curl=<V>");
    finds("ENV V=0.9\nRUN P=\"curl=$V\"; V=1; apt-get install $P", "curl=<V>");
}

#[test]
fn an_assignment_that_no_branch_skips_hides_the_arg_or_env() {
    finds("ENV V=0.9\nRUN V=1; apt-get install curl=$V", "curl=<V:1>");
    finds("ENV V=0.9\nRUN apt-get update && V=1 && apt-get install curl=$V", "curl=<V:1>");
    finds("ENV V=0.9\nRUN x || y && V=1 && apt-get install curl=$V", "curl=<V:1>");
    finds("ENV V=0.9\nRUN export V=1 && sh -c 'apt-get install curl=$V'", "curl=<V:1>");
    finds("ENV V=0.9\nRUN set -e; if x; then V=1; apt-get install curl=$V; fi", "curl=<V:1>");
    finds("ENV V=0.9\nRUN V=1; if x; then y; fi; { apt-get install curl=$V; }", "curl=<V:1>");
    finds("ENV V=0.9\nRUN V=1; x=$(apt-get install curl=$V) y=`z`", "curl=<V:1>");
    finds("ENV V=0.9\nRUN V=1; x=`apt-get install curl=$V`", "curl=<V:1>");
    finds("ENV V=0.9\nRUN <<E\nV=1\nx | y\napt-get install curl=$V\nE", "curl=<V:1>");
    finds("ENV P=wget\nRUN for P in a b; do apt-get install $P; done", "a b");
}

#[test]
fn a_file_that_is_read_in_may_set_any_variable() {
    finds("ENV V=1\nRUN . /env.sh; apt-get install curl=$V", "curl=<V>");
    finds("ENV V=1\nRUN [ -f /x ] && source /x; apt-get install curl=$V", "curl=<V>");
    finds("ENV P=wget\nRUN . /env.sh && apt-get install $P", "wget {$P Variable(\"P\")}");
    finds("RUN V=1; { . /env.sh; }; apt-get install curl=$V", "curl=<V>");
    finds("RUN V=1; eval \"$(x)\"; apt-get install curl=$V", "curl=<V>");
    finds("RUN . /env.sh; V=1; apt-get install curl=$V", "curl=<V:1>");
    finds("RUN V=1; x=$(. /etc/os-release; echo $ID); apt-get install curl=$V", "curl=<V:1>");
    finds("RUN V=1; (. /x); apt-get install curl=$V; . /y", "curl=<V:1>");
    finds("RUN V=1; . /x; sh -c 'apt-get install curl=$V'", "curl=<V>");
}

#[test]
fn what_a_command_sets_is_unknown() {
    finds("ENV V=1\nRUN printf -v V 2; apt-get install curl=$V", "curl=<V>");
    finds("ENV V=1\nRUN read -r V < /x; apt-get install curl=$V", "curl=<V>");
    finds("ENV P=curl\nRUN builtin read -r P < /x; apt-get install $P", "curl {$P Variable(\"P\")}");
    finds("ENV P=curl\nRUN x | while read P; do apt-get install $P; done", "curl {$P Variable(\"P\")}");
}

#[test]
fn arg_and_env_of_one_name_that_differ_are_unknown() {
    finds("ENV V=0.9\nARG V=1\nRUN apt-get install curl=$V", "curl=<V>");
    finds("ARG V=1\nENV V=0.9\nRUN apt-get install curl=$V", "curl=<V:0.9>");
    finds("ARG V\nRUN apt-get install curl=$V", "curl=<V>");
}
