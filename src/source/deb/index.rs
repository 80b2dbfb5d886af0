//! The stanzas of a Packages index: found by name in one pass.
