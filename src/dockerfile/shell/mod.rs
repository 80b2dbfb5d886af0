//! The shell text of RUN: which packages apt is told to install, and where each stands.
