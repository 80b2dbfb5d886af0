//! Managers of builds and of versions: of Java, .NET, R and their like.
//!
//! For the table of managers.

use super::manager::{Manager, plain};
use super::options::JAVA;

/// All of them.
pub(super) const MORE: &[Manager] = &[
    plain("mvn", &["mvn", "mvnw", "mvnd"], &[], JAVA),
    plain("gradle", &["gradle", "gradlew"], &[], JAVA),
    plain("sbt", &["sbt"], &[], JAVA),
    plain("lein", &["lein"], &[], JAVA),
    Manager {
        groups: &["tool", "workload", "add"],
        ..plain(
            "dotnet",
            &["dotnet"],
            &[
                "restore",
                "build",
                "publish",
                "pack",
                "run",
                "test",
                "tool install",
                "tool update",
                "tool restore",
                "workload install",
                "add package",
            ],
            &["-c", "--configuration", "-r", "--runtime", "-f", "--framework", "-o", "--output", "-v", "--verbosity"],
        )
    },
    plain("nuget", &["nuget"], &["install", "restore", "update"], &["-OutputDirectory", "-Source", "-Version"]),
    plain("conan", &["conan"], &["install", "download", "create", "build"], &["-pr", "--profile", "-s", "-o", "-r"]),
    plain("vcpkg", &["vcpkg"], &["install", "upgrade"], &["--triplet", "--vcpkg-root"]),
    Manager {
        groups: &["collection", "role"],
        ..plain(
            "ansible-galaxy",
            &["ansible-galaxy"],
            &["install", "collection install", "role install"],
            &["-p", "-r"],
        )
    },
    plain("deno", &["deno"], &["install", "cache", "run", "add", "compile", "upgrade"], &["--config", "--import-map"]),
    plain(
        "R",
        &["R", "Rscript", "r", "install2.r", "installGithub.r", "installBioc.r"],
        &[],
        &["-r", "--repos", "-n", "--ncpus", "-l", "--libloc"],
    ),
    plain("julia", &["julia"], &[], &["-J", "-t", "-p", "-L", "-C"]),
    plain("asdf", &["asdf", "mise", "rtx"], &["install", "use", "plugin", "plugin-add"], &[]),
    plain(
        "version manager",
        &[
            "nvm", "fnm", "volta", "pyenv", "rbenv", "goenv", "nodenv", "phpenv", "sdk", "rvm", "tfenv", "tofuenv",
            "jenv", "proto", "nodeenv", "ghcup",
        ],
        &["install", "upgrade"],
        &[],
    ),
    plain("rustup", &["rustup-init", "rustup-init.sh", "rustup.sh"], &[], &["--default-toolchain", "--profile"]),
    plain("pixi", &["pixi"], &["install", "add", "run", "update"], &[]),
    plain("spacy", &["spacy"], &["download"], &[]),
    plain("nltk", &["nltk.downloader"], &[], &["-d"]),
    plain("playwright", &["playwright"], &["install"], &[]),
    Manager { groups: &["browsers"], ..plain("puppeteer", &["puppeteer"], &["browsers install"], &[]) },
    Manager {
        groups: &["core", "plugin", "theme"],
        ..plain("wp", &["wp"], &["core download", "plugin install", "theme install"], &[])
    },
    plain("phive", &["phive"], &["install", "update"], &[]),
    plain("drush", &["drush"], &["dl", "pm-download"], &[]),
    plain("paket", &["paket"], &["install", "restore", "update"], &[]),
    plain("pod", &["pod"], &["install", "update"], &[]),
    Manager {
        groups: &["pub"],
        ..plain("dart", &["dart", "flutter"], &["pub get", "pub upgrade", "pub add", "precache", "build"], &[])
    },
    plain("bower", &["bower", "jspm", "lerna", "rush"], &["install", "bootstrap", "update"], &[]),
    Manager { groups: &["krew"], ..plain("kubectl", &["kubectl"], &["krew install", "krew upgrade"], &[]) },
    plain("install-php-extensions", &["install-php-extensions"], &[], &[]),
    plain("opkg", &["opkg", "ipkg", "pkg", "eopkg"], &["install", "upgrade", "add"], &["-d", "--dest"]),
    plain("swupd", &["swupd"], &["bundle-add", "update", "os-install"], &[]),
    plain("guix", &["guix"], &["install", "pull", "package", "shell", "upgrade"], &[]),
    plain("spack", &["spack"], &["install"], &[]),
    plain("rebar3", &["rebar3"], &["get-deps", "compile", "release", "as"], &[]),
    plain("nimble", &["nimble", "shards", "zef", "dub"], &["install", "fetch", "upgrade", "update", "build"], &[]),
    Manager { groups: &["pkg"], ..plain("raco", &["raco"], &["pkg install", "pkg update"], &[]) },
    plain("swift", &["swift"], &["build", "run", "test", "package"], &["-c", "--configuration", "--product"]),
];
