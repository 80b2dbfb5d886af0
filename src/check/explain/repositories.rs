//! Why a finding matters and what mends it: git repositories.
//!
//! Texts alone; for [`explain`](super::explain()).

use super::Explanation;

pub(super) const GIT001: Explanation = Explanation {
    why: "A branch moves, a tag can be moved, and a short id may come to mean two commits. Only the 40\n\
          digits of a commit name one content.",
    wrong: "RUN git clone --branch v1.2 https://example.org/widget",
    right: "ARG GIT_COMMIT=4c1ea1b…\nRUN git clone https://example.org/widget . && git checkout \"$GIT_COMMIT\"",
    mend: "Write the full commit into an ARG, check that out, and pin the ARG: `dubo-pin init` drafts the\n\
          pin.",
};

pub(super) const GIT002: Explanation = Explanation {
    why: "A clone without a checkout takes whatever the default branch is at that moment. Each build may\n\
          hold other sources.",
    wrong: "RUN git clone https://example.org/widget",
    right: "ARG GIT_COMMIT=4c1ea1b…\nRUN git clone https://example.org/widget . && git checkout \"$GIT_COMMIT\"",
    mend: "Check out a full commit behind the clone, given by an ARG that a pin writes.",
};

pub(super) const GIT003: Explanation = Explanation {
    why: "The comment or the ARG beside the commit tells another version than the tag that is locked.\n\
          Readers believe it and are wrong.",
    wrong: "# v1.2.0\nARG GIT_COMMIT=4c1ea1b…",
    right: "# v1.3.0\nARG GIT_COMMIT=4c1ea1b…",
    mend: "Correct the comment by hand. A version ARG can be a site of the pin: `{ arg = \"GIT_VERSION\",\n\
          value = \"tag\" }`.",
};

pub(super) const GIT005: Explanation = Explanation {
    why: "`git://` is neither encrypted nor authenticated. Whoever is on the way can hand out other refs;\n\
          only a full commit that is checked would notice.",
    wrong: "RUN git clone git://example.org/widget",
    right: "RUN git clone https://example.org/widget",
    mend: "Write `https://`: `dubo-pin lint --fix` does, and touches nothing but the scheme.",
};

pub(super) const GIT006: Explanation = Explanation {
    why: "The Dockerfiles take one repository at two commits. Most often one was moved and the other was\n\
          forgotten.",
    wrong: "ARG GIT_COMMIT=4c1ea1b…\nFROM a\nARG GIT_COMMIT=77d90f2…",
    right: "ARG GIT_COMMIT=4c1ea1b…\nFROM a\nARG GIT_COMMIT",
    mend: "Let one pin write both: one site for each, or `all = true`.",
};

pub(super) const GIT007: Explanation = Explanation {
    why: "The lock keeps the commit object itself, whose hash is the commit id. The two do not belong\n\
          together, so that the lock was changed or was written wrong.",
    wrong: "",
    right: "",
    mend: "`git log -p pins.lock` tells who changed it. `dubo-pin refresh NAME` locks the commit anew.",
};

pub(super) const GIT008: Explanation = Explanation {
    why: "The locked tag or version is not one that pins.toml allows, such as 2.0 where `^1.11` is asked\n\
          for. The lock or the manifest was changed by hand.",
    wrong: "version = \"^1.11\"\n# pins.lock: tag = \"v2.0.0\"",
    right: "version = \"^2.0\"\n# pins.lock: tag = \"v2.0.0\"",
    mend: "Correct pins.toml, then `dubo-pin refresh NAME`.",
};

pub(super) const GIT009: Explanation = Explanation {
    why: "The vendored tar has the locked digest, but the files in it are not the tree of the locked\n\
          commit. What a build unpacks is not what was reviewed.",
    wrong: "",
    right: "",
    mend: "`dubo-pin refresh NAME` makes the tar again from the commit.",
};
