//! A .deb: its control fields, read out of it.
