//! The managers: what they are called, which verbs bring packages, which options take a word.
//!
//! For [`managed`](super::managed()). The options are those of each program's own manual, as far as a
//! word behind them could be taken for a package or a verb.

use super::options::{CARGO, CONDA, DNF, DNF_VERBS, NODE, PIP, RUBY};

/// A package manager.
pub(super) struct Manager {
    pub(super) name: &'static str,
    /// What it is called as a program.
    programs: &'static [&'static str],
    /// The verbs that bring packages, with their group; empty: it has no verbs.
    pub(super) verbs: &'static [&'static str],
    /// Words that a verb follows.
    pub(super) groups: &'static [&'static str],
    /// Options that take the next word.
    pub(super) values: &'static [&'static str],
    /// Whether its verbs are options: `pacman -S`.
    pub(super) dashed: bool,
}

const fn plain(
    name: &'static str,
    programs: &'static [&'static str],
    verbs: &'static [&'static str],
    values: &'static [&'static str],
) -> Manager {
    Manager { name, programs, verbs, groups: &[], values, dashed: false }
}

const ALL: &[Manager] = &[
    plain(
        "apk",
        &["apk", "xx-apk"],
        &["add", "upgrade", "fix", "fetch"],
        &[
            "-t",
            "--virtual",
            "-X",
            "--repository",
            "-p",
            "--root",
            "--repositories-file",
            "--keys-dir",
            "--arch",
            "--cache-dir",
            "--wait",
            "--timeout",
            "--cache-max-age",
            "-o",
            "--output",
        ],
    ),
    Manager { groups: &["group", "module", "copr"], ..plain("dnf", &["dnf", "dnf5", "dnf-3"], DNF_VERBS, DNF) },
    Manager { groups: &["group", "module"], ..plain("yum", &["yum"], DNF_VERBS, DNF) },
    plain("microdnf", &["microdnf"], DNF_VERBS, DNF),
    plain("tdnf", &["tdnf"], DNF_VERBS, DNF),
    plain(
        "zypper",
        &["zypper"],
        &[
            "install",
            "in",
            "update",
            "up",
            "dist-upgrade",
            "dup",
            "patch",
            "source-install",
            "si",
            "install-new-recommends",
            "inr",
        ],
        &[
            "-C",
            "--cache-dir",
            "-D",
            "--reposd-dir",
            "-R",
            "--root",
            "-r",
            "--repo",
            "--from",
            "-t",
            "--type",
            "-p",
            "--plus-repo",
        ],
    ),
    Manager {
        dashed: true,
        ..plain(
            "pacman",
            &["pacman", "yay", "paru"],
            &[],
            &[
                "-b",
                "--dbpath",
                "-r",
                "--root",
                "--cachedir",
                "--config",
                "--arch",
                "--ignore",
                "--ignoregroup",
                "--overwrite",
                "--assume-installed",
            ],
        )
    },
    plain(
        "emerge",
        &["emerge"],
        &[],
        &[
            "-j",
            "--jobs",
            "-l",
            "--load-average",
            "--exclude",
            "--root",
            "--config-root",
            "--with-bdeps",
            "--color",
            "--backtrack",
        ],
    ),
    plain(
        "xbps",
        &["xbps-install"],
        &[],
        &["-C", "--config", "-c", "--cachedir", "-r", "--rootdir", "-R", "--repository"],
    ),
    Manager {
        dashed: true,
        ..plain(
            "rpm",
            &["rpm"],
            &[],
            &["-D", "--define", "-E", "--eval", "--root", "-r", "--dbpath", "--prefix", "--relocate", "--excludepath"],
        )
    },
    plain("pip", &["pip"], &["install", "download", "wheel"], PIP),
    plain("pipx", &["pipx"], &["install", "run", "inject", "upgrade", "upgrade-all", "install-all"], PIP),
    plain("easy_install", &["easy_install"], &[], &["-f", "-i", "-d"]),
    plain("pipenv", &["pipenv"], &["install", "sync", "update", "upgrade"], PIP),
    Manager {
        groups: &["self"],
        ..plain("poetry", &["poetry"], &["install", "add", "update", "sync", "lock", "self add", "self update"], PIP)
    },
    plain("pdm", &["pdm"], &["install", "add", "update", "sync"], PIP),
    Manager {
        groups: &["pip", "tool", "python"],
        ..plain(
            "uv",
            &["uv"],
            &[
                "pip install",
                "pip sync",
                "add",
                "sync",
                "run",
                "lock",
                "build",
                "tool install",
                "tool run",
                "tool upgrade",
                "python install",
            ],
            PIP,
        )
    },
    Manager {
        groups: &["env"],
        ..plain("conda", &["conda"], &["install", "create", "update", "upgrade", "env create", "env update"], CONDA)
    },
    Manager {
        groups: &["env"],
        ..plain(
            "mamba",
            &["mamba", "micromamba"],
            &["install", "create", "update", "upgrade", "env create", "env update"],
            CONDA,
        )
    },
    plain("conda-lock", &["conda-lock"], &["install"], CONDA),
    plain(
        "npm",
        &["npm"],
        &[
            "install",
            "i",
            "in",
            "ins",
            "inst",
            "insta",
            "instal",
            "isnt",
            "isnta",
            "isntal",
            "isntall",
            "add",
            "update",
            "up",
            "upgrade",
            "udpate",
            "ci",
            "clean-install",
            "ic",
            "install-clean",
            "isntall-clean",
            "install-test",
            "it",
            "install-ci-test",
            "cit",
            "exec",
            "x",
            "init",
            "create",
            "innit",
        ],
        NODE,
    ),
    plain("npx", &["npx", "pnpx", "bunx", "uvx"], &[], NODE),
    plain(
        "pnpm",
        &["pnpm"],
        &["install", "i", "add", "update", "up", "upgrade", "dlx", "fetch", "create", "install-test", "it"],
        NODE,
    ),
    plain("corepack", &["corepack"], &["prepare", "install", "use", "up"], NODE),
    Manager {
        groups: &["global"],
        ..plain("yarn", &["yarn", "yarnpkg"], &["", "install", "global add", "global upgrade"], NODE)
    },
    plain("bun", &["bun"], &["install", "i", "add", "update", "x", "create"], NODE),
    plain("gem", &["gem"], &["install", "i", "update", "fetch"], RUBY),
    plain("bundle", &["bundle", "bundler"], &["", "install", "update", "add"], RUBY),
    Manager {
        groups: &["mod"],
        ..plain(
            "go",
            &["go", "xx-go"],
            &["install", "get", "run", "build", "test", "generate", "vet", "mod download", "mod tidy", "mod vendor"],
            &[
                "-C",
                "-p",
                "-o",
                "-tags",
                "-ldflags",
                "-gcflags",
                "-asmflags",
                "-mod",
                "-modfile",
                "-overlay",
                "-pkgdir",
                "-toolexec",
                "-exec",
                "-buildmode",
                "-compiler",
                "-run",
                "-timeout",
                "-count",
            ],
        )
    },
    Manager {
        groups: &["chef"],
        ..plain(
            "cargo",
            &["cargo", "xx-cargo"],
            &[
                "install",
                "binstall",
                "build",
                "b",
                "run",
                "r",
                "test",
                "t",
                "check",
                "c",
                "fetch",
                "update",
                "add",
                "vendor",
                "doc",
                "d",
                "bench",
                "rustc",
                "clippy",
                "chef cook",
                "auditable",
                "zigbuild",
                "nextest",
                "generate-lockfile",
            ],
            CARGO,
        )
    },
    Manager {
        groups: &["toolchain", "target", "component", "self"],
        ..plain(
            "rustup",
            &["rustup"],
            &[
                "toolchain install",
                "toolchain add",
                "target add",
                "component add",
                "default",
                "install",
                "update",
                "self update",
            ],
            CARGO,
        )
    },
    Manager {
        groups: &["global"],
        ..plain(
            "composer",
            &["composer", "composer.phar"],
            &[
                "install",
                "i",
                "update",
                "u",
                "upgrade",
                "require",
                "r",
                "create-project",
                "global require",
                "global install",
                "global update",
                "self-update",
            ],
            &["-d", "--working-dir", "--prefer-install", "-s", "--stability", "--repository"],
        )
    },
    plain("pecl", &["pecl", "pear"], &["install", "upgrade", "download"], &["-d"]),
    plain("cpan", &["cpan"], &[], &["-j", "-M"]),
    plain(
        "cpanm",
        &["cpanm", "cpm", "carton"],
        &[],
        &[
            "-l",
            "-L",
            "--local-lib",
            "--local-lib-contained",
            "--mirror",
            "--mirror-index",
            "--configure-timeout",
            "--build-timeout",
            "--test-timeout",
            "--cpanfile",
            "--with-feature",
        ],
    ),
    plain(
        "luarocks",
        &["luarocks"],
        &["install", "build", "make", "download"],
        &["--tree", "--server", "--only-server", "--lua-version", "--lua-dir", "--local-tree"],
    ),
    plain(
        "brew",
        &["brew", "linuxbrew"],
        &["install", "reinstall", "upgrade", "bundle", "tap"],
        &["--file", "--cc", "--env", "--appdir"],
    ),
    plain("snap", &["snap"], &["install", "refresh", "download"], &["--channel", "--revision", "--cohort"]),
    plain("flatpak", &["flatpak"], &["install", "update"], &["--arch", "--installation"]),
    Manager {
        groups: &["switch"],
        ..plain(
            "opam",
            &["opam"],
            &["install", "reinstall", "upgrade", "init", "switch create"],
            &["-j", "--jobs", "--root", "--switch", "--color", "--compiler", "-c", "--repos"],
        )
    },
    plain(
        "cabal",
        &["cabal"],
        &["install", "v2-install", "new-install", "build", "v2-build", "new-build", "get", "fetch", "run", "test"],
        &[
            "-w",
            "--with-compiler",
            "--installdir",
            "--project-file",
            "--builddir",
            "--store-dir",
            "-j",
            "--index-state",
        ],
    ),
    plain(
        "stack",
        &["stack"],
        &["build", "install", "setup", "upgrade", "test", "exec", "unpack"],
        &["--resolver", "--snapshot", "--stack-yaml", "--local-bin-path", "-j", "--jobs", "--flag", "--ghc-options"],
    ),
    Manager {
        groups: &["profile"],
        ..plain(
            "nix",
            &["nix"],
            &["profile install", "profile add", "profile upgrade", "build", "run", "develop", "shell"],
            &[
                "-f",
                "--file",
                "-I",
                "--profile",
                "-o",
                "--out-link",
                "--option",
                "--override-input",
                "--extra-experimental-features",
                "--experimental-features",
                "-c",
                "--command",
            ],
        )
    },
    Manager {
        dashed: true,
        ..plain("nix-env", &["nix-env"], &[], &["-f", "--file", "-p", "--profile", "-I", "--option"])
    },
    plain(
        "nix-shell",
        &["nix-shell"],
        &[],
        &["-I", "--run", "--command", "--option", "--arg", "--argstr", "-A", "--attr"],
    ),
    Manager { dashed: true, ..plain("nix-channel", &["nix-channel"], &[], &[]) },
    plain("tlmgr", &["tlmgr"], &["install", "update"], &["--repository", "-repository", "--usertree"]),
    plain(
        "mix",
        &["mix"],
        &["deps.get", "archive.install", "escript.install", "local.hex", "local.rebar"],
        &["--only"],
    ),
];

/// The manager that a program is: `pip3.11` is pip.
pub(super) fn find(program: &str) -> Option<&'static Manager> {
    let plain = match program.strip_prefix("pip") {
        Some(version) if version.chars().all(|c| c.is_ascii_digit() || matches!(c, '.' | '-')) => "pip",
        _ => program.strip_suffix(".exe").unwrap_or(program),
    };
    ALL.iter().find(|m| m.programs.contains(&plain))
}
