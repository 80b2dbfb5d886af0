//! Why a finding matters and what mends it: the text of Dockerfiles, coverage, settings.
//!
//! Texts alone; for [`explain`](super::explain()).

use super::Explanation;

pub(super) const ARG001: Explanation = Explanation {
    why: "The pinned value is not the one that the build uses: another ARG or ENV of the same name comes\n\
          behind it, or an ENV stands in its way. The pin is true and has no effect.",
    wrong: "ARG GIT_COMMIT=4c1ea1b…\nENV GIT_COMMIT=main\nRUN git checkout \"$GIT_COMMIT\"",
    right: "ARG GIT_COMMIT=4c1ea1b…\nRUN git checkout \"$GIT_COMMIT\"",
    mend: "Remove the second assignment or rename it, so that the pinned one is the only one.",
};

pub(super) const COV001: Explanation = Explanation {
    why: "Something is taken in from outside that no pin covers. No lock says what it was, so that nobody\n\
          notices when it changes.",
    wrong: "RUN git clone https://example.org/widget",
    right: "ARG GIT_COMMIT=4c1ea1b…\nRUN git clone https://example.org/widget . && git checkout \"$GIT_COMMIT\"",
    mend: "`dubo-pin init` drafts a pin for what it understands, `dubo-pin add` for one thing. A commit or\n\
          a hash that stands in the text of a RUN belongs into an ARG first.",
};

pub(super) const COV002: Explanation = Explanation {
    why: "A vendored file is excluded by .dockerignore, so that no build sees it. What is built then comes\n\
          from elsewhere, or the build fails.",
    wrong: "# .dockerignore\ncontext",
    right: "# .dockerignore\ncontext\n!context/debs",
    mend: "Except the vendored path from .dockerignore with a line that begins with `!`.",
};

pub(super) const DOC001: Explanation = Explanation {
    why: "Inside a heredoc a line that begins with `#` is a comment of the shell, and no backslash\n\
          continues it. The command above ends there, and the lines behind run as commands of their own.",
    wrong: "RUN <<EOF\napt-get install -y \\\n# tools\ncurl\nEOF",
    right: "RUN <<EOF\n# tools\napt-get install -y \\\ncurl\nEOF",
    mend: "Move the comment above the command.",
};

pub(super) const DOC002: Explanation = Explanation {
    why: "A Dockerfile that cannot be read cannot be judged: nobody knows what it takes in. A builder\n\
          would refuse it too, or read something else in it.",
    wrong: "FROM",
    right: "FROM debian:bookworm-slim",
    mend: "Mend the line that the message names.",
};

pub(super) const DOC003: Explanation = Explanation {
    why: "pins.toml names a place in a Dockerfile, and there is none such. The pin writes to nothing, so\n\
          that it holds nothing.",
    wrong: "into = [{ arg = \"GIT_COMIT\" }]",
    right: "into = [{ arg = \"GIT_COMMIT\" }]",
    mend: "Correct the site: its `file`, its `stage`, or the name of its ARG.",
};

pub(super) const DOC004: Explanation = Explanation {
    why: "The site fits several instructions, and only one of them can be meant. Writing to the wrong one\n\
          would pin something else.",
    wrong: "into = [{ arg = \"GIT_COMMIT\" }]",
    right: "into = [{ stage = \"fetcher\", arg = \"GIT_COMMIT\" }]",
    mend: "Name the `stage` or the `file`, or say `all = true` if all of them are meant.",
};

pub(super) const DOC005: Explanation = Explanation {
    why: "A backslash at an end of line splits the value. dubo-pin writes only values that stand in one\n\
          piece, so that nothing else of the line changes.",
    wrong: "ARG GIT_COMMIT=4c1e\\\na1b…",
    right: "ARG GIT_COMMIT=4c1ea1b…",
    mend: "Write the value on one line.",
};

pub(super) const LINT001: Explanation = Explanation {
    why: "A setting of `[lint]` that names no finding, or one that cannot be silenced, does nothing. Who\n\
          wrote it believes otherwise.",
    wrong: "[lint]\nignore = [\"APT01\"]",
    right: "[lint]\nignore = [\"APT001\"]",
    mend: "Correct the id. What the lock proves, such as LOCK001, cannot be silenced.",
};

pub(super) const PIN001: Explanation = Explanation {
    why: "The pin says `unlocked`: it is known not to be locked yet. That is allowed, counted, and an\n\
          error with `--strict`.",
    wrong: "[pins.widget]\ngit      = \"https://example.org/widget\"\nunlocked = \"not pinned in the Dockerfile yet\"",
    right: "[pins.widget]\ngit = \"https://example.org/widget\"",
    mend: "`dubo-pin refresh NAME`, then remove the `unlocked` line.",
};

pub(super) const PIN002: Explanation = Explanation {
    why: "pins.toml asks for something that this dubo-pin cannot do yet. It says so rather than passing it\n\
          over.",
    wrong: "",
    right: "",
    mend: "Leave that setting out, or use a later dubo-pin.",
};

pub(super) const SUP001: Explanation = Explanation {
    why: "A suppression hides a finding from everyone who comes later. Without a reason, for nothing at\n\
          all, or with an id that is none, it hides what nobody judged.",
    wrong: "# dubo-pin: ignore=APT001\nRUN apt-get install -y curl",
    right: "# dubo-pin: ignore=APT001 the test image is thrown away\nRUN apt-get install -y curl",
    mend: "Write the reason behind the id, right above the instruction; remove the comment when it is not\n\
          needed any more.",
};
