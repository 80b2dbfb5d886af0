//! Keys and signatures made on the spot, for tests of this room.
