//! Archives as apt's own files describe them: .sources and .list.
