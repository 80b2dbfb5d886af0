//! The text of a Packages index as large as Debian's main: as many stanzas, as many bytes, and
//! about as hard to pack.
//!
//! Made from a seed, so that it is the same everywhere. Its packages exist nowhere.

use std::fmt::Write as _;

/// How many packages Debian 12 has in main for amd64, roughly.
pub const STANZAS: usize = 63_000;

/// The name of a package: each is another.
pub fn name(n: usize) -> String {
    match n % 5 {
        0 => format!("lib{}{n}-dev", word(n)),
        1 => format!("lib{}{n}", word(n)),
        2 => format!("python3-{}{n}", word(n)),
        _ => format!("{}{n}", word(n)),
    }
}

/// Its version.
pub fn version(n: usize) -> String {
    format!("{}.{}.{}-{}", n % 9, n % 31, n % 7, 1 + n % 4)
}

/// The whole index.
pub fn text(stanzas: usize) -> String {
    let mut out = String::with_capacity(stanzas * 820);
    let mut dice = Dice(20_260_901);
    for n in 0..stanzas {
        // Writing into a String does not fail.
        let _ = stanza(&mut out, &mut dice, n);
    }
    out
}

/// The same number of packages, each of which needs up to three of those in the first quarter before it:
/// what one brings along is some dozens to some hundreds, as in Debian, and all of it is there.
pub fn closed(stanzas: usize) -> String {
    let mut out = String::with_capacity(stanzas * 400);
    let mut dice = Dice(20_261_124);
    for n in 0..stanzas {
        let (name, version, source) = (name(n), version(n), word(n / 3));
        let needs: Vec<String> = (0..dice.below(4).min(n)).map(|_| dice.below(n / 4 + 1)).map(self::name).collect();
        let depends = if needs.is_empty() { String::new() } else { format!("Depends: {}\n", needs.join(", ")) };
        // Writing into a String does not fail.
        let _ = writeln!(
            out,
            "Package: {name}\nSource: {source}\nVersion: {version}\nArchitecture: amd64\n{depends}Description: {source}\n\
             Priority: optional\nFilename: pool/main/x/{source}/{name}_{version}_amd64.deb\nSize: {}\nSHA256: {}\n",
            dice.below(900_000) + 700,
            dice.hex(64)
        );
    }
    out
}

fn stanza(out: &mut String, dice: &mut Dice, n: usize) -> std::fmt::Result {
    let (name, version, source) = (name(n), version(n), word(n / 3));
    writeln!(out, "Package: {name}\nSource: {source}\nVersion: {version}")?;
    writeln!(out, "Installed-Size: {}", dice.below(9_000) + 10)?;
    let maintainer = word(dice.below(700));
    writeln!(out, "Maintainer: Debian {maintainer} Maintainers <pkg-{maintainer}-maintainers@lists.example.org>")?;
    out.push_str("Architecture: amd64\nDepends: libc6 (>= 2.34)");
    for _ in 0..dice.below(8) {
        let other = dice.below(STANZAS);
        write!(out, ", {} (>= {})", self::name(other), self::version(other))?;
    }
    out.push_str("\nDescription:");
    for _ in 0..5 + dice.below(5) {
        write!(out, " {}", word(dice.below(WORDS)))?;
    }
    writeln!(out, "\nDescription-md5: {}", dice.hex(32))?;
    writeln!(out, "Homepage: https://www.example.org/projects/{source}/")?;
    out.push_str("Tag: implemented-in::c, interface::commandline, role::program,\n");
    writeln!(out, " scope::utility, use::{}, works-with::{}", word(dice.below(60)), word(dice.below(60)))?;
    writeln!(out, "Section: {}\nPriority: optional", word(dice.below(40)))?;
    writeln!(out, "Filename: pool/main/x/{source}/{name}_{version}_amd64.deb")?;
    writeln!(out, "Size: {}\nMD5sum: {}\nSHA256: {}\n", dice.below(900_000) + 700, dice.hex(32), dice.hex(64))
}

const WORDS: usize = 6_000;

/// A word that can be spoken, the same for each number.
fn word(n: usize) -> String {
    const SYLLABLES: [&str; 24] = [
        "ra", "ton", "mi", "ser", "ka", "lo", "pen", "du", "vi", "gar", "sho", "te", "net", "ba", "qui", "zo", "fir",
        "ja", "wo", "lin", "cu", "hel", "xi", "ne",
    ];
    let n = n % WORDS;
    [n % 24, n / 24 % 24, n / 576 % 24].map(|s| SYLLABLES[s]).concat()
}

/// Knuth's linear congruential generator.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        self.0 >> 33
    }

    fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.next()).map_or(0, |n| n % limit)
    }

    fn hex(&mut self, digits: usize) -> String {
        (0..digits / 8).map(|_| format!("{:08x}", (self.next() << 1 ^ self.next()) & 0xffff_ffff)).collect()
    }
}
