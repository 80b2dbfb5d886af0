//! Why a finding matters and what mends it: packages of apt and of other managers.
//!
//! Texts alone; for [`explain`](super::explain()).

use super::Explanation;

pub(super) const APT001: Explanation = Explanation {
    why: "Without a version apt installs whatever the archive has on the day of the build. Two builds of\n\
          one Dockerfile may hold different packages.",
    wrong: "RUN apt-get install -y curl",
    right: "RUN apt-get install -y curl=7.88.1-10+deb12u8",
    mend: "Pin the packages: `deb = \"dockerfile\"` in pins.toml, then `dubo-pin refresh NAME` writes the\n\
          locked versions into the apt line.",
};

pub(super) const APT002: Explanation = Explanation {
    why: "The lock says which version was reviewed, and the Dockerfile asks for another one. One of the\n\
          two was changed without the other.",
    wrong: "RUN apt-get install -y curl=7.88.1-10+deb12u5",
    right: "RUN apt-get install -y curl=7.88.1-10+deb12u8",
    mend: "`dubo-pin refresh --keep NAME` writes the locked version back; `dubo-pin refresh NAME` locks\n\
          what is current.",
};

pub(super) const APT003: Explanation = Explanation {
    why: "A pattern such as `1.2*` and a suite such as `curl/bookworm` allow many versions. What is\n\
          installed changes with the archive.",
    wrong: "RUN apt-get install -y curl=7.88.*",
    right: "RUN apt-get install -y curl=7.88.1-10+deb12u8",
    mend: "Write the exact version, or let `dubo-pin refresh` write it from the lock.",
};

pub(super) const APT004: Explanation = Explanation {
    why: "The archive has different versions of the package for the platforms of the pin. One version in\n\
          the apt line would fail on one of them.",
    wrong: "RUN apt-get install -y widget=1.2-1",
    right: "COPY context/debs/ /debs/",
    mend: "Give the pin its packages as a list with `vendor`, and install from the vendored archive:\n\
          `dubo-pin export apt-snippet` prints the lines.",
};

pub(super) const APT005: Explanation = Explanation {
    why: "Which packages are installed there is only known when the image is built: a variable without a\n\
          value, the output of a command, a file. Nobody can pin or review what is not named.",
    wrong: "RUN apt-get install -y $(cat packages.txt)",
    right: "RUN apt-get install -y curl=7.88.1-10+deb12u8 jq=1.6-2.1",
    mend: "Name the packages in the apt line, or in an ARG with a value.",
};

pub(super) const APT006: Explanation = Explanation {
    why: "A stage installs a package at one version, and a stage that builds on it at another. The second\n\
          install moves what the first one pinned, or fails.",
    wrong: "FROM debian AS base\nRUN apt-get install -y curl=7.88.1-10+deb12u5\nFROM base\nRUN apt-get install -y curl=7.88.1-10+deb12u8",
    right: "FROM debian AS base\nRUN apt-get install -y curl=7.88.1-10+deb12u8\nFROM base",
    mend: "Install it once, in the earlier stage, or at the same version in both.",
};

pub(super) const APT007: Explanation = Explanation {
    why: "What comes along with the packages was chosen for what the base image had. Another base has\n\
          other versions: where it is newer than the lock, apt refuses the locked ones, and where it lacks\n\
          something, a build without network fails.",
    wrong: "",
    right: "",
    mend: "`dubo-pin refresh` moves the base and what comes along together: commit both.",
};

pub(super) const APT008: Explanation = Explanation {
    why: "The same package stands twice in one install. Who changes its version changes one of the two and\n\
          overlooks the other.",
    wrong: "RUN apt-get install -y curl git curl",
    right: "RUN apt-get install -y curl git",
    mend: "Remove the second one: `dubo-pin lint --fix` does.",
};

pub(super) const APT009: Explanation = Explanation {
    why: "apt installs recommended packages too unless it is told not to. They make the image larger, and\n\
          nobody asked for them.",
    wrong: "RUN apt-get install -y curl",
    right: "RUN apt-get install -y --no-install-recommends curl",
    mend: "Add `--no-install-recommends`: `dubo-pin lint --fix` does. If the recommended packages are\n\
          wanted, name them.",
};

pub(super) const APT010: Explanation = Explanation {
    why: "An upgrade moves every package of the base image to whatever the archive has on the day of the\n\
          build. The digest of the base image says nothing about them any more.",
    wrong: "RUN apt-get update && apt-get upgrade -y",
    right: "FROM debian:bookworm-slim@sha256:…",
    mend: "Leave the upgrade out and take a newer base image: `dubo-pin refresh` moves its digest. A single\n\
          package can be installed at an exact version.",
};

pub(super) const APT011: Explanation = Explanation {
    why: "The versions are locked, but the build downloads the packages itself and checks their bytes\n\
          against the archive alone, and not against the lock. Their dependencies are not held at all.",
    wrong: "[pins.packages]\ndeb = \"dockerfile\"",
    right: "[pins.packages]\ndeb    = [\"curl\", \"jq\"]\nvendor = \"context/debs/\"",
    mend: "Name the packages as a list, add `vendor`, and install from that folder: `dubo-pin export\n\
          apt-snippet` prints the lines.",
};

pub(super) const APT012: Explanation = Explanation {
    why: "The lock holds a package that no apt line installs any more. It was taken out of the Dockerfile,\n\
          or its line is no longer understood.",
    wrong: "",
    right: "",
    mend: "`dubo-pin refresh NAME` takes it out of the lock. If it should be installed, look why its line\n\
          is not read.",
};

pub(super) const APT013: Explanation = Explanation {
    why: "The entry of the lock does not fit what pins.toml asks for: other packages, another version,\n\
          another archive, or artifacts that are not theirs. Somebody changed the lock by hand, or the\n\
          pin.",
    wrong: "",
    right: "",
    mend: "`git log -p pins.lock` tells who changed it. `dubo-pin refresh NAME` locks it anew; with\n\
          `--locked` it asks upstream whether the entry is true.",
};

pub(super) const APT014: Explanation = Explanation {
    why: "An archive is trusted by what its signed index said. The lock must name for each suite when it\n\
          was signed, by which key, and the digest of the index.",
    wrong: "",
    right: "",
    mend: "`dubo-pin refresh` writes the evidence anew from the archive.",
};

pub(super) const APT015: Explanation = Explanation {
    why: "The index of the vendored archive (its install list, Packages or Release) names other packages\n\
          than the lock. A build would install those.",
    wrong: "",
    right: "",
    mend: "`dubo-pin fetch NAME` writes the vendored archive again from what is locked.",
};

pub(super) const PKG001: Explanation = Explanation {
    why: "A package manager that dubo-pin does not pin takes packages in. What it installs is held only if\n\
          its own lock says so.",
    wrong: "RUN pip install requests",
    right: "RUN pip install --require-hashes -r requirements.txt",
    mend: "Install from the lock of that manager: `npm ci`, `pip --require-hashes`, `cargo build --locked`,\n\
          `uv sync --locked`. Or suppress it with a reason.",
};
