//! Files that git converts on a checkout: the index has them right, a clone has not.

use super::ground::Ground;
use crate::support::have;

/// Stages one .gitattributes, and gives the exit codes of the hook and of verify in a clone.
fn codes(state: usize, ground: &Ground, file: &str, text: &str, member: &str) -> (i32, i32, String) {
    ground.put(file, text);
    ground.git(&["add", file]).code(0);
    let hook = ground.dubo(&["hook", "run"]);
    ground.git(&["commit", "-q", "--no-verify", "-m", "attributes"]).code(0);
    let clone = ground.folder().join(format!("clone {state}"));
    ground.git(&["clone", "-q", "--no-hardlinks", ".", clone.to_str().unwrap()]).code(0);
    let verify = ground.dubo_at(&clone.join(member), &["verify"]);
    ground.git(&["reset", "-q", "--hard", "HEAD~1"]).code(0);
    (hook.code.unwrap(), verify.code.unwrap(), hook.all())
}

#[test]
fn an_attribute_that_converts_what_is_judged_is_found_before_the_commit() {
    if !have("git") {
        return;
    }
    let ground = Ground::new();
    let block = ground.read("a/.gitattributes");
    let red = [
        // A deeper file wins over our block.
        ("a/context/.gitattributes", "* text eol=crlf\n".to_owned()),
        // So does a later line.
        ("a/.gitattributes", format!("{block}* text eol=crlf\n")),
        // `-text` does not switch an encoding off.
        ("a/.gitattributes", format!("*.tar working-tree-encoding=UTF-16\n{block}")),
        (".gitattributes", "Dockerfile text working-tree-encoding=UTF-16\n".to_owned()),
    ];
    for (state, (file, text)) in red.iter().enumerate() {
        let (hook, verify, said) = codes(state, &ground, file, text, "a");
        assert!(hook != 0 && verify != 0, "{file}: {text}: hook {hook}, verify {verify}: {said}");
        assert!(said.contains("other bytes on a checkout"), "{said}");
    }
    let green = [
        ("a/.gitattributes", format!("*.toml text=auto eol=crlf\n{block}")),
        (".gitattributes", "*.md text eol=crlf\nDockerfile text eol=crlf\n*.tar binary\n".to_owned()),
        ("b/.gitattributes", format!("{}# said\n", ground.read("b/.gitattributes"))),
    ];
    for (state, (file, text)) in green.iter().enumerate() {
        let (hook, verify, said) = codes(state + 10, &ground, file, text, "a");
        assert_eq!((hook, verify), (0, 0), "{file}: {text}: {said}");
    }
}
