//! Any bytes as a Dockerfile: finding what it takes in and lint never panic; pins of its images and
//! the fixes of lint are undone to the byte, and what they leave is read again.

#![no_main]

use dubo_pin::check::lint::lint;
use dubo_pin::dockerfile::images::Wanted;
use dubo_pin::dockerfile::{Dockerfile, apply, undo};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Ok(file) = Dockerfile::parse("Dockerfile", bytes.to_vec()) else { return };
    for intake in file.intakes() {
        let _ = intake.place(&file);
    }
    let digest = format!("sha256:{}", "9".repeat(64));
    let all = 0..file.images().found.len();
    let wanted: Vec<_> = all.map(|image| Wanted { image, tag: None, digest: &digest }).collect();
    let fixes = lint(std::slice::from_ref(&file)).into_iter().flat_map(|l| l.fix).collect();
    for edits in [file.images().pin(&file, &wanted).unwrap_or_default(), fixes] {
        let after = apply(bytes, &edits).expect("edits of one file fit together");
        Dockerfile::parse("Dockerfile", after.clone()).expect("an edited file can be read");
        assert_eq!(apply(&after, &undo(&edits)).expect("what was done can be undone"), bytes);
    }
});
