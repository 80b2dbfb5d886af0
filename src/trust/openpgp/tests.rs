//! What is believed and what is not, signature by signature.
