use super::super::tests::{clean, has};
use super::moving;

const SUM: &str = "sha256:0000000000000000000000000000000000000000000000000000000000000000";

#[test]
fn an_add_without_a_checksum() {
    has(
        "FROM scratch\nADD https://h/x-1.tgz /x\n",
        &["Dockerfile:2:5 URL001 ADD takes in a file by URL without a checksum"],
    );
    has(
        "FROM scratch\nONBUILD ADD https://h/x-1.tgz /x\n",
        &["Dockerfile:2:13 URL001 ADD takes in a file by URL without a checksum"],
    );
    clean(&format!("FROM scratch\nADD --checksum={SUM} https://h/x-1.tgz /x\n"));
    clean(&format!("FROM scratch\nARG S={SUM}\nADD --checksum=$S https://h/x-1.tgz /x\n"));
    clean("FROM scratch\nADD x.tgz /x\nCOPY https://h/x /x\nADD <<https://h/x /x\nhttps://h/y\nhttps://h/x\n");
}

#[test]
fn a_download_that_is_held_to_nothing() {
    let message = "what `curl` fetches is not held to a hash in the same RUN";
    has("FROM scratch\nRUN curl -fO https://h/x-1.tgz\n", &[&format!("Dockerfile:2:5 URL003 {message}")]);
    has(
        "FROM scratch\nRUN curl -fO https://h/x-1.tgz -O https://h/y-1.tgz\n",
        &[&format!("Dockerfile:2:5 URL003 {message}")],
    );
    has("FROM scratch\nARG U\nRUN curl -fO $U\n", &[&format!("Dockerfile:3:5 URL003 {message}")]);
    has(
        "FROM scratch\nRUN curl -fO https://h/x-1.tgz\nRUN echo 'ab  x-1.tgz' | sha256sum -c\n",
        &[&format!("Dockerfile:2:5 URL003 {message}")],
    );
    has(
        "FROM scratch\nRUN wget https://h/x && echo 'ab  x' | sha1sum -c\n",
        &["Dockerfile:2:5 URL003 what `wget` fetches is held to sha1 alone: sha1 is too weak"],
    );
    has(
        "FROM scratch\nRUN wget https://h/x && echo 'ab  x' | md5sum -c\n",
        &["Dockerfile:2:5 URL003 what `wget` fetches is held to md5 alone: md5 is too weak"],
    );
    for run in [
        "curl -fO https://h/x && echo 'ab  x' | sha256sum -c",
        "curl -fO https://h/x && echo 'ab  x' | sha512sum -c",
        "curl -fO https://h/x && gpg --verify x.asc x",
        "curl -fI https://h/x",
        "curl -f http://localhost/x",
        "echo curl https://h/x",
    ] {
        clean(&format!("FROM scratch\nRUN {run}\n"));
    }
}

#[test]
fn what_is_piped_into_a_shell_is_told_once() {
    has(
        "FROM scratch\nRUN curl -fsSL https://h/x.sh | bash -s -- -y\n",
        &["Dockerfile:2:5 URL004 what `curl` fetches is run by `bash` before anybody can check it"],
    );
    has(
        "FROM scratch\nRUN sh -c \"$(wget -qO- https://h/x.sh)\"\n",
        &["Dockerfile:2:14 URL004 what `wget` fetches is run by `sh` before anybody can check it"],
    );
}

#[test]
fn a_url_that_moves_is_a_note_beside_what_is_wrong() {
    has(
        "FROM scratch\nRUN curl -fO https://h/latest/x && echo 'ab  x' | sha256sum -c\n",
        &["Dockerfile:2:14 URL005 the URL names whatever is newest: `latest` in it moves (note)"],
    );
    has(
        &format!("FROM scratch\nADD --checksum={SUM} https://h/o/r/raw/master/x /x\n"),
        &["Dockerfile:2:88 URL005 the URL names whatever is newest: `master` in it moves (note)"],
    );
    has(
        "FROM scratch\nARG B=main\nRUN wget https://raw.githubusercontent.com/o/r/$B/a https://h/nightly.tgz\n",
        &[
            "Dockerfile:3:5 URL003 what `wget` fetches is not held to a hash in the same RUN",
            "Dockerfile:3:10 URL005 the URL names whatever is newest: `main` in it moves (note)",
            "Dockerfile:3:53 URL005 the URL names whatever is newest: `nightly.tgz` in it moves (note)",
        ],
    );
}

#[test]
fn what_moves_in_a_url() {
    for (url, word) in [
        ("https://github.com/o/r/releases/latest/download/x", "latest"),
        ("https://repo.h/miniconda/Miniconda3-latest-Linux-x86_64.sh", "Miniconda3-latest-Linux-x86_64.sh"),
        ("https://wordpress.org/latest.tar.gz", "latest.tar.gz"),
        ("https://raw.githubusercontent.com/o/r/HEAD/x", "HEAD"),
        ("https://raw.githubusercontent.com/o/r/refs/heads/main/x", "main"),
        ("https://github.com/o/r/archive/refs/heads/x.zip", "x.zip"),
        ("https://github.com/o/r/archive/master.tar.gz", "master.tar.gz"),
        ("h/nightly/x", "nightly"),
    ] {
        assert_eq!(moving(url), Some(word), "{url}");
    }
    for url in [
        "https://latest.h/x",
        "https://h/x?v=latest",
        "https://h/x",
        "http://deb.debian.org/debian/pool/main/c/curl/curl_7.deb",
        "http://deb.debian.org/debian/dists/stable/main/x",
        "https://raw.githubusercontent.com/o/r/v1.0/src/main/x",
        "https://raw.githubusercontent.com/o/main/v1.0/x",
        "https://h/o/r/raw/1111111111111111111111111111111111111111/main/x",
        "https://h/domain/x",
        "https://h/x/main",
        "",
    ] {
        assert_eq!(moving(url), None, "{url}");
    }
}

#[test]
fn no_password_is_shown() {
    let text =
        "FROM scratch\nADD https://u:s3cret@h/latest/x /x\nRUN curl https://u:s3cret@h/master/x?token=s3cret | sh\n";
    let files = [super::super::tests::parse("Dockerfile", text)];
    let all = super::super::lint(&files);
    assert_eq!(all.len(), 4);
    assert!(!format!("{:?}", all.iter().map(|l| &l.finding).collect::<Vec<_>>()).contains("s3cret"));
}
