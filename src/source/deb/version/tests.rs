use std::cmp::Ordering::{self, Equal, Greater, Less};
use std::process::Command;

use proptest::prelude::*;

use super::*;

fn version(text: &str) -> Version {
    text.parse().unwrap_or_else(|e| panic!("{e}"))
}

fn order(left: &str, right: &str) -> Ordering {
    version(left).by_value(&version(right))
}

/// Each pair as `dpkg --compare-versions` of 1.21 orders it.
const ORDERED: [(&str, &str, Ordering); 26] = [
    ("1", "0:1", Equal),
    ("1.0", "1.0-0", Equal),
    ("1.00", "1.0", Equal),
    ("1.0", "1.", Equal),
    ("1:1", "2", Greater),
    ("1:0.1", "0:9", Greater),
    ("2:1", "10:1", Less),
    ("1.0~rc1", "1.0", Less),
    ("1.0~rc1-1", "1.0-1", Less),
    ("1.0~~", "1.0~", Less),
    ("1.0~~a", "1.0~", Less),
    ("1.0~", "1.0", Less),
    ("1.0-1", "1.0-1+b1", Less),
    ("1.0-1+b1", "1.0-1+b2", Less),
    ("7.88.1-10", "7.88.1-10+deb12u1", Less),
    ("7.88.1-10+deb12u8", "7.88.1-10+deb12u14", Less),
    ("1.0-1~bpo12+1", "1.0-1", Less),
    ("1.0-1~bpo11+1", "1.0-1~bpo12+1", Less),
    ("1.9", "1.10", Less),
    ("1.09", "1.9", Equal),
    ("1.a", "1.+", Less),
    ("1a", "1+", Less),
    ("1.0a", "1.0", Greater),
    ("1.0Z", "1.0a", Less),
    ("1.2-3-4", "1.2-3-5", Less),
    ("20260901T1", "20260901", Greater),
];

#[test]
fn versions_are_ordered_as_policy_says() {
    for (left, right, expected) in ORDERED {
        assert_eq!(order(left, right), expected, "{left} {right}");
        assert_eq!(order(right, left), expected.reverse(), "{right} {left}");
    }
}

#[test]
fn texts_of_one_value_are_not_equal_but_have_a_fixed_order() {
    let (short, long) = (version("1"), version("0:1"));
    assert_ne!(short, long);
    assert_eq!(short.by_value(&long), Equal);
    assert_eq!((short.cmp(&long), long.cmp(&short)), (Greater, Less));
    assert!(version("1.0~rc1") < version("1.0"));
}

#[test]
fn what_is_no_version_is_refused() {
    for good in
        ["1", "1.0-1", "1:2.3~rc1+dfsg-4-5", "0.0.26-3", "1-1.1", "v1.2", "2147483647:1", "1.0+really0.9-1~bpo12+1"]
    {
        assert_eq!(version(good).to_string(), good);
    }
    let told = |text: &str| text.parse::<Version>().map(|_| ()).unwrap_err().to_string();
    assert_eq!(told(""), "`` is no version of a package: it is empty");
    assert_eq!(told("1:"), "`1:` is no version of a package: it has no upstream version");
    assert_eq!(told("1-"), "`1-` is no version of a package: the revision after the last `-` is empty");
    assert_eq!(told(":1"), "`:1` is no version of a package: what stands before the `:` is no small number");
    for bad in [
        "a:1",
        "1:2:3",
        "2147483648:1",
        "-1:1",
        "+1:1",
        "1 2",
        "1_2",
        "-1",
        ".1",
        "~1",
        "1/2",
        "1\n",
        "é",
        "1-é",
        "1--",
        "1*",
        "$V",
        "١",
    ] {
        assert!(bad.parse::<Version>().is_err(), "{bad:?}");
    }
    assert!("1".repeat(1024).parse::<Version>().is_ok());
    assert!("1".repeat(1025).parse::<Version>().is_err());
}

#[test]
fn the_epoch_is_no_part_of_a_file_name() {
    assert_eq!(version("1:2.3-4").without_epoch(), "2.3-4");
    assert_eq!(version("2.3-4").without_epoch(), "2.3-4");
    assert_eq!((version("12:2").epoch(), version("2").epoch()), (12, 0));
}

#[test]
fn an_operand_fits_by_its_text_or_by_its_start() {
    let curl = version("7.88.1-10+deb12u14");
    for fit in ["7.88.1-10+deb12u14", "7.88*", "7.88.1-10+deb12u14*", "*"] {
        assert!(curl.fits(fit), "{fit}");
    }
    for not in ["7.88", "7.88.1-10+deb12u1", "7.89*", "7.*.1*", "7.88.1-10+DEB12*", "", "0:7.88*"] {
        assert!(!curl.fits(not), "{not}");
    }
    assert!(!version("1:1.0").fits("1.0"));
}

/// Whether dpkg can be asked; where tests must be complete (CI), it has to be there.
fn has_dpkg() -> bool {
    let there = Command::new("dpkg").arg("--version").output().is_ok_and(|o| o.status.success());
    #[allow(clippy::disallowed_methods, reason = "a test asks whether it may be skipped")]
    let must = std::env::var_os("CI").is_some_and(|v| v == "true");
    assert!(there || !must, "dpkg is missing, and CI runs every test");
    if !there {
        println!("SKIPPED: dpkg is missing, versions were not compared with it");
    }
    there
}

/// dpkg's answers to many questions in one shell.
fn dpkg(pairs: &[(String, String)]) -> Vec<Ordering> {
    let mut script = String::new();
    for (a, b) in pairs {
        script += &format!("if dpkg --compare-versions '{a}' lt '{b}'; then echo lt\n");
        script += &format!("elif dpkg --compare-versions '{a}' eq '{b}'; then echo eq; else echo gt; fi\n");
    }
    let out = Command::new("sh").arg("-c").arg(script).output().unwrap();
    let text = String::from_utf8(out.stdout).unwrap();
    let word = |line: &str| match line {
        "lt" => Less,
        "eq" => Equal,
        _ => Greater,
    };
    text.lines().map(word).collect()
}

#[test]
fn the_order_is_that_of_dpkg() {
    if !has_dpkg() {
        return;
    }
    let mut pairs: Vec<(String, String)> = ORDERED.iter().map(|(a, b, _)| ((*a).to_owned(), (*b).to_owned())).collect();
    // Parts that lie close to one another, put together in a fixed pseudo-random way.
    let parts =
        ["0", "1", "01", "10", "9", "a", "Z", "rc", "b1", "~", "~~", "+", ".", ".0", "-", "-1", "+deb12u1", "~bpo12+1"];
    let mut state: u64 = 0x2545_f491_4f6c_dd1d;
    let mut next = |n: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state % n as u64).unwrap()
    };
    while pairs.len() < 300 {
        let mut one = || {
            let mut text = ["", "", "0:", "1:"][next(4)].to_owned() + ["0", "1", "1.0"][next(3)];
            for _ in 0..next(4) {
                text += parts[next(parts.len())];
            }
            text
        };
        let (a, b) = (one(), one());
        if a.parse::<Version>().is_ok() && b.parse::<Version>().is_ok() {
            pairs.push((a, b));
        }
    }
    let answers = dpkg(&pairs);
    assert_eq!(answers.len(), pairs.len());
    for ((a, b), answer) in pairs.iter().zip(answers) {
        assert_eq!(order(a, b), answer, "{a} {b}");
    }
}

#[test]
fn the_longest_versions_are_compared_at_once() {
    let long = version(&"1.".repeat(512));
    let other = version(&("1.".repeat(511) + "2."));
    assert_eq!(long.by_value(&other), Less);
}

const FORM: &str = "([0-2]:)?[01][01.a+~Z-]{0,6}(-[01+~a]{1,3})?";

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn no_text_panics(text in "\\PC{0,40}") {
        let _ = text.parse::<Version>();
    }

    #[test]
    fn the_order_holds_together(a in FORM, b in FORM, c in FORM) {
        let all: Vec<Version> = [a, b, c].iter().filter_map(|t| t.parse().ok()).collect();
        if let [a, b, c] = all.as_slice() {
            prop_assert_eq!(a.cmp(b), b.cmp(a).reverse());
            prop_assert_eq!(a.cmp(b) == Equal, a == b);
            prop_assert!(!(a <= b && b <= c) || a <= c);
        }
    }
}
