//! `init`: adopts Dockerfiles as they are. Writes pins.toml and nothing else.
