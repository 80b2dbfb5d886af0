//! `dubo-pin init`.
