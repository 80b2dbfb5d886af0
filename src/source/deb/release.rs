//! A Release file: what an archive signs.
