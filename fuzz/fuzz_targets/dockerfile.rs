//! Any bytes: reading never panics, and every edit can be undone to the byte.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Err(why) = dubo_pin::dockerfile::roundtrip(bytes) {
        panic!("{why}");
    }
});
