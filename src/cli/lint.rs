//! `dubo-pin lint`.
