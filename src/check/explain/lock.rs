//! Why a finding matters and what mends it: the lock.
//!
//! Texts alone; for [`explain`](super::explain()).

use super::Explanation;

pub(super) const LOCK001: Explanation = Explanation {
    why: "The value in the Dockerfile is not the one in the lock. What is built is not what was locked and\n\
          reviewed.",
    wrong: "# pins.lock: commit = \"4c1ea1b…\"\nARG GIT_COMMIT=77d90f2…",
    right: "# pins.lock: commit = \"4c1ea1b…\"\nARG GIT_COMMIT=4c1ea1b…",
    mend: "`dubo-pin refresh --keep NAME` writes the locked value back; `dubo-pin refresh NAME` locks what\n\
          is current.",
};

pub(super) const LOCK002: Explanation = Explanation {
    why: "pins.toml asks for a pin, and the lock has no entry for it. Until there is one, nothing holds\n\
          it.",
    wrong: "",
    right: "",
    mend: "`dubo-pin refresh NAME`, and commit pins.lock with pins.toml.",
};

pub(super) const LOCK003: Explanation = Explanation {
    why: "The lock holds an entry that pins.toml no longer asks for. It is checked nowhere and misleads\n\
          whoever reads it.",
    wrong: "",
    right: "",
    mend: "`dubo-pin refresh --keep` removes it; `dubo-pin remove NAME` takes a pin out of all files at\n\
          once.",
};

pub(super) const LOCK004: Explanation = Explanation {
    why: "The pin was changed in pins.toml, and the lock still answers the old question. Whether it fits\n\
          the new one is not known.",
    wrong: "",
    right: "",
    mend: "`dubo-pin refresh NAME` locks it anew.",
};

pub(super) const LOCK005: Explanation = Explanation {
    why: "Each entry of the lock carries a digest of its own text, and this one does not fit. It was\n\
          edited by hand, or a merge mixed two entries.",
    wrong: "",
    right: "",
    mend: "Take pins.lock from before: `git checkout -- pins.lock`; then `dubo-pin refresh NAME`.",
};

pub(super) const LOCK006: Explanation = Explanation {
    why: "The lock has one spelling only, so that every difference in it means something. This one has\n\
          another order, other blanks, or another end of line.",
    wrong: "",
    right: "",
    mend: "`dubo-pin refresh --keep` writes it in its canonical form.",
};

pub(super) const LOCK007: Explanation = Explanation {
    why: "A site asks for a value that the entry does not have, such as `version` of a pin that follows a\n\
          branch.",
    wrong: "branch = \"main\"\ninto   = [{ arg = \"GIT_VERSION\", value = \"version\" }]",
    right: "version = \"^1.11\"\ninto    = [{ arg = \"GIT_VERSION\", value = \"version\" }]",
    mend: "Ask for another value, or follow a tag or a version.",
};

pub(super) const LOCK008: Explanation = Explanation {
    why: "A refresh was stopped while it wrote. Some of its files are new and some are old, and a journal\n\
          says which.",
    wrong: "",
    right: "",
    mend: "`dubo-pin refresh` completes it.",
};

pub(super) const LOCK009: Explanation = Explanation {
    why: "A trusted key was given, and pins.lock has no signature of it that holds. The lock is not the\n\
          one that its owner signed.",
    wrong: "",
    right: "",
    mend: "Review pins.lock, then sign it: `minisign -S -m pins.lock`.",
};

pub(super) const LOCK010: Explanation = Explanation {
    why: "This folder is a member of a workspace, and the workspace is not at hand. What it inherits is\n\
          taken from its own lock, which nobody can compare.",
    wrong: "",
    right: "",
    mend: "Nothing, if that is meant. Otherwise run `dubo-pin verify` where the workspace is whole.",
};
