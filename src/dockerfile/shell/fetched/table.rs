//! The programs that fetch by their command line, and those that fetch nothing that they are given.
//!
//! For [`fetched`](super::fetched()). After each program's own manual. Which of its words are told is no
//! matter of pins: a person is to find the line.

use super::super::fields::Field;

/// What tells that a program fetches.
enum By {
    /// Any word that is no option.
    Word,
    /// A word that names another machine: `host:path`, a URL; or one that is not known at its start.
    Remote,
    /// One of these verbs, of one word or two, such as `clone` or `repo clone`.
    Verb(&'static [&'static str]),
    /// A word such as `ppa:x/y`, whose key is fetched by its name.
    Key,
    /// Nothing more is needed.
    Itself,
}

const TABLE: &[(&[&str], By)] = &[
    (&["axel", "lftp", "lftpget", "ncftpget", "ftp", "tftp", "sftp", "yt-dlp", "youtube-dl", "gdown"], By::Word),
    (&["rsync", "scp"], By::Remote),
    (&["svn"], By::Verb(&["checkout", "co", "export", "update", "up", "switch", "sw"])),
    (&["hg"], By::Verb(&["clone", "pull", "incoming"])),
    (&["bzr", "brz"], By::Verb(&["branch", "get", "clone", "checkout", "co", "export", "pull", "update", "up"])),
    (&["cvs"], By::Verb(&["checkout", "co", "export", "update"])),
    (&["fossil", "darcs", "pijul", "jj git", "hub"], By::Verb(&["clone", "get", "pull"])),
    (&["repo"], By::Verb(&["init", "sync"])),
    (&["gclient", "west"], By::Verb(&["sync", "init", "update", "fetch"])),
    (&["gh", "glab"], By::Verb(&["repo clone", "release download", "run download", "extension install", "api"])),
    (&["git-annex", "dvc"], By::Verb(&["get", "pull", "fetch", "import-url"])),
    (
        &["docker", "podman", "nerdctl", "buildah"],
        By::Verb(&["pull", "run", "create", "build", "bud", "from", "image pull", "compose pull"]),
    ),
    (&["skopeo"], By::Verb(&["copy", "sync"])),
    (&["crane", "gcrane"], By::Verb(&["pull", "export", "copy", "cp"])),
    (&["regctl"], By::Verb(&["image copy", "image export", "image get-file", "artifact get"])),
    (&["oras"], By::Verb(&["pull", "copy", "cp", "blob fetch"])),
    (&["ctr"], By::Verb(&["image pull", "images pull", "i pull"])),
    (&["img", "singularity", "apptainer"], By::Verb(&["pull", "build"])),
    (
        &["helm"],
        By::Verb(&[
            "pull",
            "fetch",
            "install",
            "upgrade",
            "template",
            "plugin install",
            "dependency update",
            "dependency build",
            "dep update",
            "dep up",
        ]),
    ),
    (&["terraform", "tofu", "packer"], By::Verb(&["init", "get"])),
    (
        &[
            "debootstrap",
            "cdebootstrap",
            "qemu-debootstrap",
            "mmdebstrap",
            "multistrap",
            "febootstrap",
            "pacstrap",
            "rinse",
        ],
        By::Word,
    ),
    (&["dget", "debcheckout", "debsnap", "pull-lp-source", "pull-debian-source", "pull-lp-debs"], By::Word),
    (&["dgit"], By::Verb(&["clone", "fetch", "pull"])),
    (&["aws"], By::Verb(&["s3 cp", "s3 sync", "s3 mv", "s3api get-object"])),
    (&["gsutil"], By::Verb(&["cp", "rsync", "mv", "cat"])),
    (&["gcloud"], By::Verb(&["storage cp", "storage rsync", "components install", "components update"])),
    (&["az"], By::Verb(&["storage blob", "extension add", "bicep install"])),
    (&["azcopy", "rclone", "s3cmd", "s5cmd"], By::Verb(&["copy", "cp", "sync", "get", "copyto", "copyurl", "mirror"])),
    (&["huggingface-cli", "hf"], By::Verb(&["download"])),
    (&["git"], By::Verb(&["svn clone", "svn fetch", "subtree add", "subtree pull", "annex get", "p4 clone"])),
    (&["ssh", "ssh-keyscan", "nc", "ncat", "netcat", "telnet", "socat"], By::Word),
    (&["lynx", "links", "elinks", "w3m", "lwp-download", "GET", "lwp-request"], By::Word),
    (&["croc", "wormhole", "magic-wormhole", "transmission-cli", "rtorrent", "webtorrent"], By::Word),
    (&["ipfs"], By::Verb(&["get", "cat", "pin"])),
    (&["mc"], By::Verb(&["cp", "mirror", "get", "cat"])),
    (&["jfrog", "jf"], By::Verb(&["rt dl", "rt download"])),
    (&["openssl"], By::Verb(&["s_client"])),
    (&["docker-compose"], By::Verb(&["pull", "up", "build", "run"])),
    (&["add-apt-repository", "apt-add-repository"], By::Key),
    (&["freshclam", "geoipupdate"], By::Itself),
];

/// Options before a verb that take the next word.
const VALUES: [&str; 20] = [
    "-C",
    "-R",
    "--repository",
    "--cwd",
    "--config",
    "--config-dir",
    "--config-option",
    "--username",
    "--password",
    "-H",
    "--host",
    "-c",
    "--context",
    "--root",
    "--profile",
    "--region",
    "--project",
    "-d",
    "--endpoint-url",
    "-n",
];

/// Programs that fetch nothing by a URL that they are given.
const IDLE: [&str; 38] = [
    "[",
    "add-apt-repository",
    "adduser",
    "apt-add-repository",
    "basename",
    "cmp",
    "curl-config",
    "cut",
    "debconf-set-selections",
    "declare",
    "diff",
    "dirname",
    "ed",
    "expr",
    "extrepo",
    "find",
    "flatpak-builder",
    "getent",
    "gosu",
    "groupadd",
    "head",
    "jq",
    "local",
    "logger",
    "patch",
    "readonly",
    "return",
    "set",
    "sha256sum",
    "sort",
    "tail",
    "tr",
    "useradd",
    "usermod",
    "xmlstarlet",
    "yq",
    "exit",
    "alias",
];

/// Words with which a program of any kind says where to fetch later, or whom to trust.
const SETTINGS: [&str; 15] = [
    "config",
    "configure",
    "set",
    "set-url",
    "login",
    "add-repo",
    "--add-repo",
    "addrepo",
    "ar",
    "remote-add",
    "config-manager",
    "add-registry",
    "sources",
    "source",
    "env",
];

/// What a program fetches, as it is written; `None`: nothing, as far as its command line says.
pub(super) fn says(name: &str, words: &[Field]) -> Option<Vec<String>> {
    let (_, by) = TABLE.iter().find(|(programs, _)| programs.contains(&name))?;
    let asks = |f: &Field| f.known().is_some_and(|w| matches!(w.as_str(), "--help" | "--version"));
    if words.iter().any(asks) {
        return None;
    }
    let mut operands: Vec<&Field> = words.iter().filter(|f| !is_option(f)).collect();
    let told = |all: &[&Field]| all.iter().filter(|f| names(f)).map(|f| shown(f)).collect();
    match by {
        By::Key => {
            operands.retain(|f| f.known().is_some_and(|w| w.starts_with("ppa:")));
            (!operands.is_empty()).then(|| told(&operands))
        }
        By::Itself => Some(told(&operands)),
        By::Word => (!operands.is_empty()).then(|| told(&operands)),
        By::Remote => {
            let afar: Vec<&Field> = operands.into_iter().filter(|f| is_remote(f)).collect();
            (!afar.is_empty()).then(|| told(&afar))
        }
        By::Verb(verbs) => {
            let mut words = words.iter().peekable();
            let mut own: Vec<&Field> = Vec::new();
            while let Some(field) = words.next() {
                if !is_option(field) {
                    own.push(field);
                } else if own.is_empty() && field.known().is_some_and(|w| VALUES.contains(&w.as_str())) {
                    words.next();
                }
            }
            let first = own.first()?.known()?;
            let two = own.get(1).and_then(|f| f.known()).map(|second| format!("{first} {second}"));
            let count = match two {
                Some(two) if verbs.contains(&two.as_str()) => 2,
                _ if verbs.contains(&first.as_str()) => 1,
                _ => return None,
            };
            Some(told(own.get(count..).unwrap_or_default()))
        }
    }
}

/// Whether a program is known to fetch nothing by a URL among these words.
pub(super) fn is_idle(name: &str, words: &[Field]) -> bool {
    let known: Vec<String> = words.iter().take(64).filter_map(Field::known).collect();
    match name {
        // keys by their fingerprints are held by these
        "gpg" | "gpg2" | "apt-key" => !known.iter().any(|w| w.starts_with("--fetch-key")),
        // edits files in place
        "perl" | "ruby" => {
            // `-pi`, `-i.bak`, `-0pe`: letters that take no word stand before the `i`
            let edits = |w: &String| {
                let letters = w.strip_prefix('-').and_then(|letters| letters.split_once('i'));
                letters.is_some_and(|(before, _)| before.bytes().all(|b| b"0123456789alnpsw".contains(&b)))
            };
            known.iter().any(edits)
        }
        "cosign" => known.first().is_some_and(|w| w.starts_with("verify")),
        _ if IDLE.contains(&name) => true,
        _ => known
            .iter()
            .filter(|w| *w == "--add-repo" || !w.starts_with('-'))
            .take(2)
            .any(|w| SETTINGS.contains(&w.as_str())),
    }
}

fn is_option(field: &Field) -> bool {
    field.units.first().is_some_and(|u| !u.hole && u.byte == b'-')
}

/// Whether a word names something, and is no place of this machine.
fn names(field: &Field) -> bool {
    !field.units.first().is_some_and(|u| !u.hole && matches!(u.byte, b'/' | b'.'))
}

/// As it is written, as far as it is known.
fn shown(field: &Field) -> String {
    let byte = |out: &mut Vec<u8>, hole: bool, byte: u8| {
        if hole { out.extend_from_slice("…".as_bytes()) } else { out.push(byte) }
    };
    let mut out = Vec::new();
    field.units.iter().take(200).for_each(|u| byte(&mut out, u.hole, u.byte));
    String::from_utf8_lossy(&out).into_owned()
}

/// `host:path`, a URL, or what is not known at its start.
fn is_remote(field: &Field) -> bool {
    let path = field.units.iter().take_while(|u| u.hole || (u.byte != b':' && u.byte != b'/')).count();
    let colon = field.units.get(path).is_some_and(|u| !u.hole && u.byte == b':');
    colon || field.units.first().is_some_and(|u| u.hole)
}
