//! OpenPGP signatures under a strict policy.
