//! The keys that sign Debian's archives, as Debian publishes them.
//!
//! For [`super::Certificates::debian`]. The files are those of the package debian-archive-keyring
//! (2023.3+deb12u2), byte for byte: the folder `usr/share/keyrings`, without `debian-archive-` in
//! their names. The keys fall under no copyright, as the package's own notice says.
//!
//! | file | primary key | subkey that signs | name |
//! |---|---|---|---|
//! | `bullseye-automatic.gpg` | `1F89983E0081FDE018F3CC9673A4F27B8DD47936` | `A7236886F3CCCAAD148A27F80E98404D386FA1D9` | Debian Archive Automatic Signing Key (11/bullseye) |
//! | `bullseye-security-automatic.gpg` | `AC530D520F2F3269F5E98313A48449044AAD5C5D` | `ED541312A33F1128F10B1C6C54404762BBB6E853` | Debian Security Archive Automatic Signing Key (11/bullseye) |
//! | `bullseye-stable.gpg` | `A4285295FC7B1A81600062A9605C66F00D6C9793` | | Debian Stable Release Key (11/bullseye) |
//! | `bookworm-automatic.gpg` | `B8B80B5B623EAB6AD8775C45B7C5D7D6350947F8` | `4CB50190207B4758A3F73A796ED0E7B82643E131` | Debian Archive Automatic Signing Key (12/bookworm) |
//! | `bookworm-security-automatic.gpg` | `05AB90340C0C5E797F44A8C8254CF3B5AEC0A8F0` | `B0CAB9266E8C3929798B3EEEBDE6D2B9216EC7A8` | Debian Security Archive Automatic Signing Key (12/bookworm) |
//! | `bookworm-stable.gpg` | `4D64FEC119C2029067D6E791F8D2585B8783D481` | | Debian Stable Release Key (12/bookworm) |
//! | `trixie-automatic.gpg` | `04B54C3CDCA79751B16BC6B5225629DF75B188BD` | `B8E5F13176D2A7A75220028078DBA3BC47EF2265` | Debian Archive Automatic Signing Key (13/trixie) |
//! | `trixie-security-automatic.gpg` | `5E04A1E3223A19A20706E20F9904613D4CCE68C6` | `89C87ACEA5DD6B8E6A7068808E9F831205B4BA95` | Debian Security Archive Automatic Signing Key (13/trixie) |
//! | `trixie-stable.gpg` | `41587F7DB8C774BCCF131416762F67A0B2C39DE4` | | Debian Stable Release Key (13/trixie) |

/// One key file each.
pub(super) const FILES: [&[u8]; 9] = [
    include_bytes!("debian/bullseye-automatic.gpg"),
    include_bytes!("debian/bullseye-security-automatic.gpg"),
    include_bytes!("debian/bullseye-stable.gpg"),
    include_bytes!("debian/bookworm-automatic.gpg"),
    include_bytes!("debian/bookworm-security-automatic.gpg"),
    include_bytes!("debian/bookworm-stable.gpg"),
    include_bytes!("debian/trixie-automatic.gpg"),
    include_bytes!("debian/trixie-security-automatic.gpg"),
    include_bytes!("debian/trixie-stable.gpg"),
];
