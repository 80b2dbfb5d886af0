//! Any bytes as pins.toml: no panic; what is read can be edited, and adding and removing a pin
//! gives a manifest that is read again.

#![no_main]

use dubo_pin::manifest::{Manifest, edit};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let (Ok(manifest), Ok(text)) = (Manifest::parse("pins.toml", bytes), std::str::from_utf8(bytes)) else { return };
    for name in manifest.pins.keys() {
        let left = edit::remove(text, name).expect("a pin that is there can be removed");
        let left = Manifest::parse("pins.toml", left.as_bytes()).expect("what is left is a manifest");
        assert_eq!(left.pins.len() + 1, manifest.pins.len());
    }
});
