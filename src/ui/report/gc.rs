//! What left this machine's store, in sizes that a person reads.

use std::fmt::Write as _;

use serde::Serialize;

use super::super::look::Look;
use super::super::style::{Ink, paint};
use super::many;
use crate::model::Collected;

/// What goes to stdout.
pub(super) fn human(out: &mut String, done: &Collected, look: &Look) {
    if look.quiet {
        return;
    }
    let (go, freed) = if done.dry_run { ("would go", "would be free") } else { ("gone", "freed") };
    let count = |n: u64| usize::try_from(n).unwrap_or(usize::MAX);
    if done.leftovers > 0 {
        let what = many(count(done.leftovers), "leftover");
        let _ = writeln!(out, "{what} of interrupted downloads {go}, {}", size(done.leftover_bytes));
    }
    if done.kept > 0 {
        let stay = if done.kept == 1 { "stays" } else { "stay" };
        let _ = writeln!(out, "{} that a lock lists {stay}", many(count(done.kept), "file"));
    }
    let line =
        format!("{} {go}, {} {freed}, {} kept", many(count(done.files), "file"), size(done.bytes), size(done.left));
    let _ = writeln!(out, "{}", paint(Ink::Strong, &line, look.color_out));
    if done.left > done.most {
        let text = format!("that is more than the {} of --max: locks list the rest", size(done.most));
        let _ = writeln!(out, "{} {text}", paint(Ink::Note, "note:", look.color_out));
    }
}

/// Bytes as a person reads them: at most four digits, with one place behind the point.
pub(super) fn size(bytes: u64) -> String {
    let units = [("TiB", 40), ("GiB", 30), ("MiB", 20), ("KiB", 10)];
    // Where rounding would give 1024.0 of a unit, the next one tells it.
    let fits = |(_, shift): &(&str, u32)| bytes >= (1_u64 << shift) - (1_u64 << (shift - 10)) / 20;
    let Some((unit, shift)) = units.into_iter().find(fits) else {
        return if bytes == 1 { "1 byte".to_owned() } else { format!("{bytes} bytes") };
    };
    let tenths = (u128::from(bytes) * 10 + (1_u128 << (shift - 1))) >> shift;
    format!("{}.{} {unit}", tenths / 10, tenths % 10)
}

/// The same for programs, in bytes.
#[derive(Serialize)]
pub(super) struct Json {
    applied: bool,
    files: u64,
    bytes: u64,
    leftovers: u64,
    leftover_bytes: u64,
    left: u64,
    max: u64,
    locked: u64,
}

pub(super) fn json(done: &Collected) -> Json {
    Json {
        applied: !done.dry_run,
        files: done.files,
        bytes: done.bytes,
        leftovers: done.leftovers,
        leftover_bytes: done.leftover_bytes,
        left: done.left,
        max: done.most,
        locked: done.kept,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sizes as `numfmt --to=iec-i --suffix=B --format=%.1f --round=nearest` gives them.
    #[test]
    fn sizes_are_for_people() {
        for (bytes, said) in [
            (0, "0 bytes"),
            (1, "1 byte"),
            (1023, "1023 bytes"),
            (1024, "1.0 KiB"),
            (1536, "1.5 KiB"),
            (12_897_485, "12.3 MiB"),
            (1_048_575, "1.0 MiB"),
            (5 << 30, "5.0 GiB"),
            (u64::MAX, "16777216.0 TiB"),
        ] {
            assert_eq!(size(bytes), said, "{bytes}");
        }
    }

    #[test]
    fn what_went_and_what_stays_is_told() {
        let said = |done: Collected| {
            let mut out = String::new();
            human(&mut out, &done, &Look::default());
            out
        };
        let done = Collected {
            dry_run: false,
            files: 2,
            bytes: 3 << 20,
            leftovers: 1,
            leftover_bytes: 1 << 20,
            left: 6 << 30,
            most: 5 << 30,
            kept: 1,
        };
        let expected = "1 leftover of interrupted downloads gone, 1.0 MiB\n1 file that a lock lists stays\n\
                        2 files gone, 3.0 MiB freed, 6.0 GiB kept\n\
                        note: that is more than the 5.0 GiB of --max: locks list the rest\n";
        assert_eq!(said(done), expected);
        let dry = Collected { dry_run: true, files: 1, bytes: 2048, most: 1 << 30, ..Collected::default() };
        assert_eq!(said(dry), "1 file would go, 2.0 KiB would be free, 0 bytes kept\n");
    }
}
