//! Debian's versions and their order.
