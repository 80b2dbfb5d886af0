//! The vendored archive of a pin: Packages, Release and install lists.
