//! Why a finding matters and what mends it: images.
//!
//! Texts alone; for [`explain`](super::explain()).

use super::Explanation;

pub(super) const IMG001: Explanation = Explanation {
    why: "A tag can be moved to another image at any time. Only the digest names one content.",
    wrong: "FROM debian:bookworm-slim",
    right: "FROM debian:bookworm-slim@sha256:9a0c…",
    mend: "Pin the image: `dubo-pin init`, then `dubo-pin refresh NAME` writes the digest.",
};

pub(super) const IMG002: Explanation = Explanation {
    why: "Without a tag builders take `latest`, which is whatever was pushed last. Neither a reader nor a\n\
          pin knows which line of releases is meant.",
    wrong: "FROM debian",
    right: "FROM debian:bookworm-slim@sha256:9a0c…",
    mend: "Write the tag that you mean, then pin the image.",
};

pub(super) const IMG003: Explanation = Explanation {
    why: "A digest alone says nothing to a reader, and nobody can tell whether something newer is there.\n\
          With a tag and a digest builders use the digest.",
    wrong: "FROM debian@sha256:9a0c…",
    right: "FROM debian:bookworm-slim@sha256:9a0c…",
    mend: "Write the tag before the digest.",
};

pub(super) const IMG008: Explanation = Explanation {
    why: "The Dockerfile takes in another digest than the lock has for this image. One of the two was\n\
          changed without the other, or the image stands there twice.",
    wrong: "FROM debian:bookworm-slim@sha256:0000…",
    right: "FROM debian:bookworm-slim@sha256:9a0c…",
    mend: "`dubo-pin refresh --keep NAME` writes the locked digest back; `dubo-pin refresh NAME` locks the\n\
          current one.",
};

pub(super) const IMG009: Explanation = Explanation {
    why: "COPY, mounts and ONBUILD take images in like FROM does, and are easily overlooked. Without a\n\
          digest each is whatever its tag is now.",
    wrong: "COPY --from=golang:1.22 /usr/local/go /go",
    right: "COPY --from=golang:1.22@sha256:9a0c… /usr/local/go /go",
    mend: "Pin it like any image, or give it a stage of its own: `FROM golang:1.22@sha256:… AS go`.",
};

pub(super) const IMG010: Explanation = Explanation {
    why: "The image that `# syntax=` names runs the whole build: it reads the Dockerfile and decides what\n\
          is done. Without a digest somebody else decides which program that is.",
    wrong: "# syntax=docker/dockerfile:1",
    right: "# syntax=docker/dockerfile:1@sha256:9a0c…",
    mend: "Pin it like any image: `dubo-pin refresh` writes its digest.",
};

pub(super) const IMG011: Explanation = Explanation {
    why: "Builders keep the names of stages in lower case, and FROM looks them up as written. `FROM Base`\n\
          is therefore an image of a registry, although a stage `base` is there.",
    wrong: "FROM debian:bookworm-slim AS Base\nFROM Base",
    right: "FROM debian:bookworm-slim AS base\nFROM base",
    mend: "Write the name in lower case in both places.",
};

pub(super) const IMG012: Explanation = Explanation {
    why: "The name of the image depends on a variable without a default, so that only the build knows it.\n\
          What is not known cannot be held to a lock.",
    wrong: "ARG BASE\nFROM $BASE",
    right: "ARG BASE=debian:bookworm-slim@sha256:9a0c…\nFROM $BASE",
    mend: "Give the ARG a default, before the first FROM.",
};

pub(super) const IMG013: Explanation = Explanation {
    why: "The tag comes from a variable and the digest stands there as such. Who changes the variable\n\
          believes to build another version, and gets the same image as before.",
    wrong: "ARG TAG=bookworm\nFROM debian:$TAG@sha256:9a0c…",
    right: "FROM debian:bookworm@sha256:9a0c…",
    mend: "Write the tag there too, or put tag and digest into one ARG.",
};

pub(super) const IMG014: Explanation = Explanation {
    why: "The locked image is not the one that pins.toml follows: another repository, tag or platform. The\n\
          lock or the manifest was changed by hand.",
    wrong: "",
    right: "",
    mend: "Correct pins.toml, then `dubo-pin refresh NAME` locks what it asks for.",
};

pub(super) const IMG015: Explanation = Explanation {
    why: "No builder accepts such a reference. A letter is wrong, most often an upper-case one in the name\n\
          or a digit that is missing in the digest.",
    wrong: "FROM Debian:bookworm",
    right: "FROM debian:bookworm",
    mend: "Correct the reference as the message says.",
};

pub(super) const IMG016: Explanation = Explanation {
    why: "The pin holds an image that no Dockerfile takes in. It protects nothing, or the Dockerfile names\n\
          the image in another way than the pin.",
    wrong: "[pins.base]\nimage = \"debian:bookworm\"\n# Dockerfile: FROM debian:trixie",
    right: "[pins.base]\nimage = \"debian:trixie\"",
    mend: "Write the image with its tag, name the place with `into`, or remove the pin.",
};
