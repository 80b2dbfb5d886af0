//! Why a finding matters and what mends it: files by URL, and vendored ones.
//!
//! Texts alone; for [`explain`](super::explain()).

use super::Explanation;

pub(super) const URL001: Explanation = Explanation {
    why: "ADD downloads whatever the URL serves at that moment. With a checksum the builder refuses\n\
          anything else.",
    wrong: "ADD https://example.org/a-1.2.tar.gz /",
    right: "ADD --checksum=sha256:9a0c… https://example.org/a-1.2.tar.gz /",
    mend: "Add `--checksum=`; a pin with a `url` keeps it current.",
};

pub(super) const URL002: Explanation = Explanation {
    why: "ADD of a git repository takes the default branch, or the branch or tag behind `#`. Only a full\n\
          commit names one content.",
    wrong: "ADD https://example.org/widget.git#v1.2 /src",
    right: "ADD https://example.org/widget.git#4c1ea1b… /src",
    mend: "Write the 40 digits of the commit behind `#`, and pin them.",
};

pub(super) const URL003: Explanation = Explanation {
    why: "A file is downloaded, and nothing in the same RUN checks that it is the expected one. Whoever\n\
          owns the server, or its name, decides what is built.",
    wrong: "RUN curl -fsSLO https://example.org/a.tgz",
    right: "ARG A_SHA256=9a0c…\nRUN curl -fsSLO https://example.org/a.tgz \\\n&& echo \"$A_SHA256  a.tgz\" | sha256sum -c -",
    mend: "Check the hash in the same RUN, with the digest in an ARG that a pin writes; or vendor the file\n\
          and COPY it.",
};

pub(super) const URL004: Explanation = Explanation {
    why: "What the server sends is run at once. Nobody can check it before, and the server can tell a pipe\n\
          from a download.",
    wrong: "RUN curl -fsSL https://example.org/install.sh | sh",
    right: "ARG INSTALL_SHA256=9a0c…\nRUN curl -fsSLO https://example.org/install.sh \\\n&& echo \"$INSTALL_SHA256  install.sh\" | sha256sum -c - && sh install.sh",
    mend: "Download it to a file, check its hash, then run it; better, install what it would install from\n\
          pinned files.",
};

pub(super) const URL005: Explanation = Explanation {
    why: "The URL names whatever is newest, such as `latest` or `main`. Even with a hash the build breaks\n\
          as soon as the file changes.",
    wrong: "ADD https://example.org/releases/latest/a.tgz /",
    right: "ADD https://example.org/releases/download/v1.2/a.tgz /",
    mend: "Name a version in the URL, best through an ARG that a pin writes.",
};

pub(super) const URL006: Explanation = Explanation {
    why: "The lock has a file that should be vendored, and it is not there. A build without network fails,\n\
          or takes it from elsewhere.",
    wrong: "",
    right: "",
    mend: "`dubo-pin fetch NAME` brings the locked file; it refuses any other.",
};

pub(super) const URL007: Explanation = Explanation {
    why: "The locked file is not the one that pins.toml names: another URL, another version, another\n\
          platform. The lock or the manifest was changed by hand.",
    wrong: "",
    right: "",
    mend: "Correct the URL or the version in pins.toml, then `dubo-pin refresh NAME`.",
};

pub(super) const VEND001: Explanation = Explanation {
    why: "A vendored file is not the one whose digest is locked. It was changed, damaged, or converted by\n\
          git on its way.",
    wrong: "",
    right: "",
    mend: "`dubo-pin fetch NAME` writes the locked bytes again. If only ends of lines differ, see VEND006.",
};

pub(super) const VEND002: Explanation = Explanation {
    why: "Something lies in a vendored folder that the lock does not know. A build that copies the folder\n\
          takes it in.",
    wrong: "",
    right: "",
    mend: "Delete it, or move it out of the vendored folder.",
};

pub(super) const VEND003: Explanation = Explanation {
    why: "A symlink, a folder or a device stands where a vendored file belongs. What a build reads through\n\
          it cannot be proved.",
    wrong: "",
    right: "",
    mend: "Remove it, then `dubo-pin fetch NAME`.",
};

pub(super) const VEND004: Explanation = Explanation {
    why: "The file has the locked bytes, but may be run where it should not be, or the other way round. A\n\
          build copies that bit into the image.",
    wrong: "",
    right: "",
    mend: "`dubo-pin fetch NAME` sets it; or `chmod`, and commit the mode.",
};

pub(super) const VEND005: Explanation = Explanation {
    why: "Git LFS has left its pointer there in place of the file. A build would copy three lines of text.",
    wrong: "",
    right: "",
    mend: "`git lfs pull`, then `dubo-pin verify`.",
};

pub(super) const VEND006: Explanation = Explanation {
    why: "Git must not convert vendored files nor ignore them, and a marked block in .gitattributes or\n\
          .gitignore says so. That block is missing or was changed.",
    wrong: "",
    right: "",
    mend: "`dubo-pin refresh --keep` writes the block; leave the lines between its marks alone.",
};

pub(super) const VEND007: Explanation = Explanation {
    why: "`vendor` was added to a pin, changed or removed, and the lock still has the former path. What is\n\
          vendored now is not checked.",
    wrong: "",
    right: "",
    mend: "`dubo-pin refresh NAME` locks the files at their new path.",
};
