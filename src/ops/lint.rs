//! `lint`: what is wrong with Dockerfiles, without network and without a lock; and the mending of what
//! text alone can mend.
