//! Any bytes as pins.lock: no panic; what is read is written the same way twice, and a lock that
//! is found faultless is byte for byte the canonical one of its version.

#![no_main]

use dubo_pin::lock;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let _ = lock::mend(bytes);
    if let Ok(opened) = lock::open(bytes) {
        assert!(!opened.findings.is_empty() || opened.canonical() == bytes);
        let again = lock::open(&opened.lock.to_bytes()).expect("what is written can be read");
        assert!(again.findings.is_empty() && again.lock == opened.lock);
    }
});
