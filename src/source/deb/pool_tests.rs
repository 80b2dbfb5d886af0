use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

fn member(file_name: &str, control: &str, size: u64) -> Member {
    let control = Control::parse(control.as_bytes()).unwrap();
    Member { file_name: file_name.to_owned(), control, size, sha256: Sha256::of(file_name.as_bytes()) }
}

fn root(name: &str, architecture: &str, version: &str) -> Root {
    Root { name: name.to_owned(), architecture: architecture.to_owned(), version: version.to_owned() }
}

fn roots(architecture: &str, roots: &[Root]) -> BTreeMap<String, Vec<Root>> {
    BTreeMap::from([(architecture.to_owned(), roots.to_vec())])
}

fn sample() -> Vec<Member> {
    vec![
        member("b0_2-1_all.deb", "Package: b0\nVersion: 2-1\nArchitecture: all\nDescription: b\n long\n .\n more\n", 7),
        member(
            "a0_1.0~rc1_amd64.deb",
            "Version: 3:1.0~rc1\nPackage: a0\nFilename: /etc/passwd\nArchitecture: amd64\nsha256: x\nConffiles:\n /etc/a 1\nDepends: b0\n",
            1234,
        ),
        member("a0_1.0~rc1_i386.deb", "Package: a0\nVersion: 3:1.0~rc1\nArchitecture: i386\n", 5),
    ]
}

#[test]
fn the_files_of_format_1_are_these_bytes_whatever_the_order() {
    let mut members = sample();
    let roots =
        roots("amd64", &[root("b0", "all", "2-1"), root("a0", "i386", "3:1.0~rc1"), root("a0", "amd64", "3:1.0~rc1")]);
    let made = generate(&members, &roots).unwrap();
    // The digests are those of the file names, by sha256sum.
    let packages = "\
Version: 3:1.0~rc1
Package: a0
Architecture: amd64
Depends: b0
Filename: ./a0_1.0~rc1_amd64.deb
Size: 1234
SHA256: cdb224c84e1cdd6b53f0b987125a89d270a06cc04460671005735dbd47808afa

Package: a0
Version: 3:1.0~rc1
Architecture: i386
Filename: ./a0_1.0~rc1_i386.deb
Size: 5
SHA256: 1e7ea057dbdc0f9a6557bb32ec262f70d439795789f14c2e7765c366d8655c87

Package: b0
Version: 2-1
Architecture: all
Description: b
 long
 .
 more
Filename: ./b0_2-1_all.deb
Size: 7
SHA256: 94b2ee253a67c698c402850364f8d2f9e98a270498b2c9acf11ae5646bb8501b
";
    assert_eq!(String::from_utf8(made.packages.clone()).unwrap(), packages);
    let release = "\
Origin: dubo-pin
Label: dubo-pin
Suite: vendored
Codename: vendored
Date: Thu, 01 Jan 1970 00:00:00 UTC
Architectures: all amd64 i386
Description: vendored packages, format 1
SHA256:
 e320dc0b9c0572df1daa0e7625537b47eaea513f39e2ebaec9823b711713e479 526 Packages
";
    assert_eq!(String::from_utf8(made.release.clone()).unwrap(), release);
    let list = "a0:i386=3:1.0~rc1\na0=3:1.0~rc1\nb0=2-1\n";
    assert_eq!(String::from_utf8(made.install_lists["amd64"].clone()).unwrap(), list);
    let names: Vec<String> = made.files().into_keys().collect();
    assert_eq!(names, ["Packages", "Release", "install.list.amd64"]);
    assert_eq!(made.sums()["Packages"], Sha256::of(packages.as_bytes()));
    members.reverse();
    members.push(members[0].clone());
    assert_eq!(generate(&members, &roots).unwrap(), made);
}

#[test]
fn two_packages_that_a_pool_gives_one_name_are_an_error_that_shows_both() {
    let a = member("x0_2-1_all.deb", "Package: x0\nVersion: 2-1\nArchitecture: all\n", 1);
    let mut b = member("x0_2-1_all.deb", "Package: x0\nVersion: 1:2-1\nArchitecture: all\n", 1);
    b.sha256 = Sha256::of(b"other");
    for pair in [[a.clone(), b.clone()], [b.clone(), a.clone()]] {
        let error = generate(&pair, &BTreeMap::new()).unwrap_err();
        assert_eq!(error.to_string(), "two different packages would be vendored as `x0_2-1_all.deb`");
        let trouble = error.trouble();
        assert_eq!(trouble.expected, Some(format!("x0 1:2-1, sha256:{}", b.sha256)));
        assert_eq!(trouble.found, Some(format!("x0 2-1, sha256:{}", a.sha256)));
    }
    // On a file system that folds case, too.
    let upper = member("x0_2RC_all.deb", "Package: x0\nVersion: 2RC\nArchitecture: all\n", 1);
    let lower = member("x0_2rc_all.deb", "Package: x0\nVersion: 2rc\nArchitecture: all\n", 1);
    assert!(matches!(generate(&[upper, lower], &BTreeMap::new()), Err(PoolError::SameFile { .. })));
}

#[test]
fn the_same_package_with_other_bytes_is_an_error() {
    let a = member("x0_2-1_all.deb", "Package: x0\nVersion: 2-1\nArchitecture: all\n", 1);
    let b = member("x0_2-1.1_all.deb", "Package: x0\nVersion: 2-1\nArchitecture: all\n", 1);
    let error = generate(&[a, b], &BTreeMap::new()).unwrap_err();
    assert_eq!(error.to_string(), "`x0 2-1 all` is locked twice");
}

#[test]
fn names_that_leave_the_folder_or_mean_something_are_refused() {
    for bad in [
        "",
        ".deb",
        "../a.deb",
        "a/b.deb",
        "-o.deb",
        ".a.deb",
        "a b.deb",
        "a%3a1.deb",
        "a:1.deb",
        "Packages",
        "a\n.deb",
    ] {
        let one = member(bad, "Package: x0\nVersion: 2-1\nArchitecture: all\n", 1);
        assert_eq!(generate(&[one], &BTreeMap::new()), Err(PoolError::FileName(bad.to_owned())), "{bad:?}");
    }
    for (list, wrong) in [("am d", root("b0", "all", "2-1")), ("../x", root("b0", "all", "2-1"))] {
        assert!(matches!(generate(&sample(), &roots(list, &[wrong])), Err(PoolError::Word(_))));
    }
    for wrong in [root("-oX", "all", "2-1"), root("b0", "all", "2-1 c"), root("b0", "a b", "2-1")] {
        assert!(matches!(generate(&sample(), &roots("amd64", &[wrong])), Err(PoolError::Word(_))));
    }
}

#[test]
fn an_install_list_names_only_what_is_there_and_once() {
    let error = generate(&sample(), &roots("amd64", &[root("b0", "all", "2-2")])).unwrap_err();
    assert_eq!(error, PoolError::NotThere("b0=2-2".to_owned()));
    let mut members = sample();
    members.push(member("b0_3_all.deb", "Package: b0\nVersion: 3\nArchitecture: all\n", 7));
    let error = generate(&members, &roots("amd64", &[root("b0", "all", "2-1"), root("b0", "all", "3")])).unwrap_err();
    assert_eq!(error, PoolError::TwoVersions("b0".to_owned()));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn the_order_of_the_members_is_nowhere_seen(order in Just((0..24usize).collect::<Vec<_>>()).prop_shuffle()) {
        let all: Vec<Member> = (0..24).map(|i| {
            let arch = ["all", "amd64", "arm64"][i % 3];
            member(&format!("p{i}_1_{arch}.deb"), &format!("Package: p{i}\nVersion: 1\nArchitecture: {arch}\n"), 1)
        }).collect();
        let shuffled: Vec<Member> = order.iter().map(|i| all[*i].clone()).collect();
        prop_assert_eq!(generate(&all, &BTreeMap::new()), generate(&shuffled, &BTreeMap::new()));
    }
}
