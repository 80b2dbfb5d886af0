//! Why a finding matters and what mends it: yarn.
//!
//! Texts alone; for [`explain`](super::explain()).

use super::Explanation;

pub(super) const YARN001: Explanation = Explanation {
    why: "yarn.lock is missing, or is not one that yarn itself writes. What yarn would make of it nobody\n\
          can tell.",
    wrong: "",
    right: "",
    mend: "Let yarn write it again: `yarn install`, then `dubo-pin refresh NAME`.",
};

pub(super) const YARN002: Explanation = Explanation {
    why: "package.json of the folder, or of one of its workspaces, is missing or no valid JSON. What is\n\
          asked for is not known then.",
    wrong: "",
    right: "",
    mend: "Mend the file at the place that the message names.",
};

pub(super) const YARN003: Explanation = Explanation {
    why: "A dependency comes from git by a branch, a tag or a short id, which all can move. yarn may\n\
          resolve it anew.",
    wrong: "\"widget\": \"example/widget#main\"",
    right: "\"widget\": \"git+https://example.org/widget.git#4c1ea1b…\"",
    mend: "Write the URL with the 40 digits of the commit; `dubo-pin refresh NAME` keeps them current.",
};

pub(super) const YARN004: Explanation = Explanation {
    why: "package.json or yarn.lock names another commit than pins.lock. One of the three was changed\n\
          without the others.",
    wrong: "",
    right: "",
    mend: "`dubo-pin refresh --keep NAME` writes the locked commit back; `dubo-pin refresh NAME` locks\n\
          anew.",
};

pub(super) const YARN005: Explanation = Explanation {
    why: "Something is asked for that yarn.lock has no entry for. yarn would take whatever is newest.",
    wrong: "",
    right: "",
    mend: "`yarn install`, then `dubo-pin refresh NAME`.",
};

pub(super) const YARN006: Explanation = Explanation {
    why: "yarn.lock has an entry that nothing asks for. It is a leftover, or somebody expects it to be\n\
          used.",
    wrong: "",
    right: "",
    mend: "`yarn install` removes it; then `dubo-pin refresh NAME`.",
};

pub(super) const YARN007: Explanation = Explanation {
    why: "The key of the entry asks for one package, and the entry resolves to another one or to another\n\
          repository. So a foreign package hides behind a known name.",
    wrong: "",
    right: "",
    mend: "Look at who changed yarn.lock. Then remove the entry and let yarn write it again.",
};

pub(super) const YARN008: Explanation = Explanation {
    why: "A package is fetched without encryption, from a host that nobody allowed, or by a URL that can\n\
          be read in two ways.",
    wrong: "resolved \"http://example.org/a-1.0.0.tgz#…\"",
    right: "resolved \"https://example.org/a-1.0.0.tgz#…\"",
    mend: "Use https; a host of your own goes into the `hosts` of the pin.",
};

pub(super) const YARN009: Explanation = Explanation {
    why: "Without a strong digest of each package yarn takes whatever the server sends. SHA-1 can be\n\
          forged.",
    wrong: "integrity sha1-…",
    right: "integrity sha512-…",
    mend: "Remove the entry and run `yarn install`, which writes a sha512; then `dubo-pin refresh NAME`.",
};

pub(super) const YARN010: Explanation = Explanation {
    why: "The entry tells another version or other dependencies than the package itself has. yarn believes\n\
          the entry, and installs what it says.",
    wrong: "",
    right: "",
    mend: "Remove the entry, let yarn write it again, then `dubo-pin refresh NAME`.",
};

pub(super) const YARN011: Explanation = Explanation {
    why: "yarn.lock is not the file that was locked. Nobody has judged what is new in it.",
    wrong: "",
    right: "",
    mend: "Review the change, then `dubo-pin refresh NAME`.",
};

pub(super) const YARN012: Explanation = Explanation {
    why: "The offline mirror or the cache cannot serve the lock alone: yarn is not told to use it, prunes\n\
          it, or is told to install from elsewhere. A build then goes to the network, or fails.",
    wrong: "# .yarnrc\nyarn-offline-mirror-pruning true",
    right: "# .yarnrc\nyarn-offline-mirror \"./yarn-offline-mirror\"\nyarn-offline-mirror-pruning false",
    mend: "Set what the message names in .yarnrc or .yarnrc.yml, and keep node_modules out of the context.",
};

pub(super) const YARN013: Explanation = Explanation {
    why: "A vendored package, or a file that yarn itself runs, has other bytes than the locked ones.",
    wrong: "",
    right: "",
    mend: "`dubo-pin fetch NAME` writes the locked files again.",
};

pub(super) const YARN014: Explanation = Explanation {
    why: "The dependency is written in a way that nobody can hold to one content: a shorthand, an unknown\n\
          protocol, a path that leads outside.",
    wrong: "\"widget\": \"link:../../widget\"",
    right: "\"widget\": \"git+https://example.org/widget.git#4c1ea1b…\"",
    mend: "Write it as a version of the registry, or as a git URL with a full commit.",
};

pub(super) const YARN015: Explanation = Explanation {
    why: "`yarn add` in a RUN takes a package that no pin holds, and no lock of yarn stands behind it.",
    wrong: "RUN yarn add example/widget#main",
    right: "RUN yarn add git+https://example.org/widget.git#4c1ea1b…",
    mend: "Write the full commit and pin it with `yarn = \"dockerfile\"`, or install from a yarn.lock.",
};

pub(super) const YARN016: Explanation = Explanation {
    why: "What `yarn add` takes there is only known when the image is built. So no pin can hold it.",
    wrong: "RUN yarn add $(cat packages)",
    right: "ARG WIDGET_COMMIT=4c1ea1b…\nRUN yarn add git+https://example.org/widget.git#$WIDGET_COMMIT",
    mend: "Name the packages in the command, or in an ARG with a value.",
};

pub(super) const YARN017: Explanation = Explanation {
    why: "The locked entry of the folder lacks something that a check needs, such as the commit of a git\n\
          package. Without it nothing is proved.",
    wrong: "",
    right: "",
    mend: "`dubo-pin refresh NAME` writes the entry anew. `git log -p pins.lock` tells who changed it.",
};

pub(super) const YARN018: Explanation = Explanation {
    why: "The lock holds a package that no `yarn add` takes any more. It was removed from the Dockerfile,\n\
          or its command is not understood now.",
    wrong: "",
    right: "",
    mend: "`dubo-pin refresh NAME` takes it out of the lock, unless the command should be there.",
};
