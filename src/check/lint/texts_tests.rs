use super::super::tests::{D1, D2, clean, has};

#[test]
fn a_comment_that_cuts_a_command_of_a_heredoc() {
    has(
        "FROM scratch\nRUN <<EOF\nset -e\nmake \\\n  # all of it\n  all\nEOF\n",
        &["Dockerfile:5:3 DOC001 the comment ends the command that the line above continues"],
    );
    clean("FROM scratch\nRUN <<EOF\nset -e\n# all of it\nmake \\\n  all\nEOF\n");
    clean("FROM scratch\nRUN make \\\n  # all of it\n  all\n");
    clean("FROM scratch\nCOPY <<EOF /x\na \\\n# b\n  c\nEOF\n");
}

#[test]
fn the_place_of_a_pin_that_something_else_overrides() {
    has(
        &format!("ARG B=debian:12@{D1}\nFROM $B\nARG B=x\n"),
        &["Dockerfile:3:5 ARG001 ARG `B` overrides the pinned value of line 1 (note)"],
    );
    has(
        &format!("ARG D=@{D1}\nFROM debian:12$D\nARG D\nENV D=@{D2}\n"),
        &["Dockerfile:4:5 ARG001 ENV `D` overrides the pinned value of line 1 (note)"],
    );
    let sum = "sha256:0000000000000000000000000000000000000000000000000000000000000000";
    has(
        &format!("FROM scratch\nARG S={sum}\nENV S=x\nARG T=1\nADD --checksum=$S https://h/x-1.tgz /x\n"),
        &["Dockerfile:3:5 ARG001 ENV `S` overrides the pinned value of line 2 (note)"],
    );
    clean(&format!("ARG B=debian:12@{D1}\nFROM $B\nARG B\nENV C=$B\n"));
    clean(&format!("ARG T=12\nARG B=debian:$T@{D1}\nFROM $B\nARG T=x\n"));
}

#[test]
fn hostile_files_cost_no_quadratic_time() {
    let mut text = String::new();
    for i in 0..20_000 {
        text.push_str(&format!("ARG A{i}=a:1@{D1}\n"));
    }
    text.push_str("ARG $X=1\nFROM $A1\n");
    for i in 0..9_000 {
        text.push_str(&format!("FROM $A{i}\n"));
    }
    let file = super::super::tests::parse("Dockerfile", &text);
    let mut out = Vec::new();
    let start = std::time::Instant::now();
    super::check(&[file], &mut out);
    assert!(start.elapsed().as_secs() < 60, "{:?}", start.elapsed());
}
