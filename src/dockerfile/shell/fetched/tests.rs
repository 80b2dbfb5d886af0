//! What is told, and what is not, as `takes` or `maybe`, program, words.

use crate::dockerfile::Dockerfile;

fn told(run: &str) -> Vec<String> {
    let file =
        Dockerfile::parse("Dockerfile", format!("FROM debian\nARG URL=https://dl.example/x\nRUN {run}\n").into_bytes())
            .unwrap();
    let say = |f: &super::Fetch| {
        format!("{} {} {}", if f.sure { "takes" } else { "maybe" }, f.program, f.what.join(" ")).trim_end().to_owned()
    };
    file.commands().fetched.iter().map(say).collect()
}

#[test]
fn programs_of_the_table_are_told_by_their_command_line() {
    for (run, wanted) in [
        ("axel -o x https://dl.example/x", "takes axel x https://dl.example/x"),
        ("rsync -a rsync://mirror.example/m /m", "takes rsync rsync://mirror.example/m"),
        ("scp me@build.example:/x /y", "takes scp me@build.example:/x"),
        ("svn --username u co http://svn.example/r@7 src", "takes svn http://svn.example/r@7 src"),
        ("sudo hg clone https://hg.example/r", "takes hg https://hg.example/r"),
        ("gh repo clone a/b", "takes gh a/b"),
        ("skopeo copy docker://r.example/i:1 dir:/x", "takes skopeo docker://r.example/i:1 dir:/x"),
        ("docker pull r.example/i", "takes docker r.example/i"),
        ("debootstrap --variant=minbase bookworm /r", "takes debootstrap bookworm"),
        ("aws --region eu s3 cp s3://b/k /k", "takes aws s3://b/k"),
        ("freshclam", "takes freshclam"),
        ("git svn clone https://svn.example/r", "takes git https://svn.example/r"),
        ("add-apt-repository -y ppa:a/b", "takes add-apt-repository ppa:a/b"),
        ("exec 3<>/dev/tcp/h.example/80", "takes /dev/tcp"),
        ("ssh h.example cat /f > f", "takes ssh h.example cat"),
    ] {
        assert_eq!(told(run), [wanted], "{run}");
    }
    for run in [
        "rsync -a /a/ /b/",
        "svn --version",
        "svn info .",
        "docker version",
        "scp /a /b",
        "apt-get install rsync",
        "gh auth login",
    ] {
        let none: [&str; 0] = [];
        let all = told(run);
        assert_eq!(all, none, "{run}");
    }
}

#[test]
fn a_url_that_no_reader_took_is_told() {
    for (run, wanted) in [
        (
            "python3 -c \"import urllib.request as u; u.urlretrieve('https://dl.example/x', 'x')\"",
            "maybe python3 https://dl.example/x",
        ),
        ("./fetch.sh https://dl.example/x", "maybe fetch.sh https://dl.example/x"),
        ("sh ./fetch.sh $URL", "maybe sh https://dl.example/x"),
        ("fetch --from=\"https://dl.example/$V.tgz\"", "maybe fetch https://dl.example/….tgz"),
        ("python3 - <<EOF\nos.system('curl https://dl.example/x')\nEOF", "maybe python3 https://dl.example/x"),
        (
            "<<EOF\n#!/usr/bin/env python3\n# see https://docs.example\nget('https://dl.example/x')\nEOF",
            "maybe python3 https://dl.example/x",
        ),
        ("echo \"get('https://dl.example/x')\" | python3", "maybe echo https://dl.example/x"),
        ("apt-key adv --fetch-keys https://dl.example/k", "maybe apt-key https://dl.example/k"),
        ("perl -MLWP::Simple -e 'getstore(\"https://dl.example/x\", \"x\")'", "maybe perl https://dl.example/x"),
        ("echo 'curl https://dl.example/x' > /x.sh && sh /x.sh", "maybe echo https://dl.example/x"),
        ("cat > /x.py <<EOF && python3 /x.py\nget('https://dl.example/x')\nEOF", "maybe cat https://dl.example/x"),
        ("tee x.sh <<EOF && ./x.sh\ncurl https://dl.example/x\nEOF", "maybe tee https://dl.example/x"),
        ("kubectl apply -f https://dl.example/x", "maybe kubectl https://dl.example/x"),
        ("[\"/fetch\", \"https://dl.example/x\"]", "maybe fetch https://dl.example/x"),
    ] {
        assert_eq!(told(run), [wanted], "{run}");
    }
}

#[test]
fn a_url_that_another_reader_judged_or_that_nobody_fetches_is_not() {
    for run in [
        "curl -fsSL https://dl.example/x -o x",
        "curl -I https://dl.example/x",
        "find / -name x -exec curl https://dl.example/x \\;",
        "sudo find / -exec true {} + -exec curl https://dl.example/x \\;",
        "cosign verify --certificate-oidc-issuer=https://issuer.example x",
        "sh -c 'curl https://dl.example/x'",
        "wget -qO- https://dl.example/x | tar xz",
        "git config --global url.https://.insteadOf git://",
        "git clone https://git.example/r",
        "npm config set registry https://npm.example",
        "pip install -i https://pip.example x",
        "echo 'deb https://deb.example x main' > /etc/apt/sources.list",
        "sed -i s,http://a.example,https://b.example, /etc/x",
        "cat > /etc/x <<EOF\nurl=https://dl.example\nEOF",
        "gpg --keyserver hkps://keys.example --recv-keys ABCD",
        "apt-get -o Acquire::http::Proxy=http://proxy.example update",
        "env HTTP_PROXY=http://proxy.example make",
        "wait-for http://localhost:8080/",
        "perl -pi -e 's,http://a.example,https://b.example,' /etc/x",
        "add-apt-repository 'deb https://deb.example x main'",
        "cat > /entry.sh <<EOF\ncurl https://dl.example/x\nEOF",
        "gem sources --add https://gems.example",
    ] {
        let none: [&str; 0] = [];
        let all = told(run);
        assert_eq!(all, none, "{run}");
    }
}
