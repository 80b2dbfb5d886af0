//! Variables that an edit would break elsewhere.

use super::pinned;

#[test]
fn a_variable_that_is_used_elsewhere_is_not_edited() {
    for (text, name, line) in [
        ("RUN for p in curl jq; do apt-get install -y $p && apt-mark hold $p; done", "p", 2),
        ("ARG PKG=curl\nRUN apt-get install $PKG && dpkg -L $PKG", "PKG", 3),
        ("ENV PKG=curl\nRUN apt-get install $PKG\nLABEL x=${PKG}", "PKG", 4),
        ("RUN p=curl; q=\"$p jq\"; apt-get install $q; dpkg -L \"$q\"", "q", 2),
        ("RUN v=1; apt-get install curl=$v; x $v", "v", 2),
        ("RUN p=curl; apt-get install $p; cat <<E\n$p\nE", "p", 3),
        ("RUN p=curl; apt-get install $p; x ${y:-$p}", "p", 2),
    ] {
        let (after, errors) = pinned(&format!("FROM a\n{text}\n"));
        let why = format!("the variable `{name}` names `curl` and is used elsewhere, in line {line}");
        assert_eq!(errors.first(), Some(&why), "{text}");
        assert!(!after.contains("=9"), "{after}");
    }
    let (after, errors) = pinned("FROM a\nRUN p=a; apt-get install $p\nRUN p=b; dpkg -L $p\n");
    assert_eq!((after.as_str(), errors.len()), ("FROM a\nRUN p=a=9; apt-get install $p\nRUN p=b; dpkg -L $p\n", 0));
}
