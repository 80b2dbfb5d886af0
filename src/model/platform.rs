//! Platforms as OCI image indices and `$TARGETPLATFORM` name them.

use std::fmt;
use std::str::FromStr;

use super::text::quoted;

/// `os/architecture[/variant]` in the normal form of containerd's `platforms` package:
/// `linux/arm64` (never `linux/arm64/v8`), `linux/arm/v7` (never `linux/arm`).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Platform {
    text: String,
}

/// Why a text is no platform in normal form.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PlatformError {
    /// Not of the form `os/architecture[/variant]`.
    #[error("{} is not a platform: os/architecture[/variant] is expected, such as linux/arm64", quoted(.0))]
    Form(String),
    /// Another spelling of a platform than its normal form.
    #[error("{} is written {normal} in its normal form", quoted(.text))]
    NotNormal {
        /// What was read.
        text: String,
        /// How it should be written.
        normal: String,
    },
}

impl Platform {
    /// The normal form.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The operating system, such as `linux`.
    #[must_use]
    pub fn os(&self) -> &str {
        self.text.split('/').next().unwrap_or_default()
    }

    /// The architecture as `$TARGETARCH` has it, such as `arm`.
    #[must_use]
    pub fn arch(&self) -> &str {
        self.text.split('/').nth(1).unwrap_or_default()
    }

    /// The variant as `$TARGETVARIANT` has it, such as `v7`.
    #[must_use]
    pub fn variant(&self) -> Option<&str> {
        self.text.split('/').nth(2)
    }
}

impl FromStr for Platform {
    type Err = PlatformError;
    fn from_str(text: &str) -> Result<Self, PlatformError> {
        let form = || PlatformError::Form(text.to_owned());
        let mut parts = text.split('/');
        let (os, arch, variant) = (parts.next().ok_or_else(form)?, parts.next().ok_or_else(form)?, parts.next());
        let plain = |p: &str| !p.is_empty() && p.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b));
        if parts.next().is_some()
            || text.len() > 64
            || ![Some(os), Some(arch), variant].into_iter().flatten().all(plain)
        {
            return Err(form());
        }
        let (os_n, arch_n) = (os.to_ascii_lowercase(), arch.to_ascii_lowercase());
        let variant_n = variant.map(str::to_ascii_lowercase);
        let os_n = if os_n == "macos" { "darwin".to_owned() } else { os_n };
        let (arch_n, variant_n) = match (arch_n.as_str(), variant_n.as_deref()) {
            ("x86_64" | "x86-64" | "amd64", None | Some("v1")) => ("amd64", None),
            ("x86_64" | "x86-64" | "amd64", v) => ("amd64", v),
            ("i386" | "386", _) => ("386", None),
            ("aarch64" | "arm64", None | Some("8" | "v8")) => ("arm64", None),
            ("aarch64" | "arm64", v) => ("arm64", v),
            ("armhf", _) => ("arm", Some("v7")),
            ("armel", _) => ("arm", Some("v6")),
            ("arm", None | Some("7")) => ("arm", Some("v7")),
            ("arm", Some("5")) => ("arm", Some("v5")),
            ("arm", Some("6")) => ("arm", Some("v6")),
            ("arm", Some("8")) => ("arm", Some("v8")),
            (a, v) => (a, v),
        };
        let normal = match variant_n {
            Some(v) => format!("{os_n}/{arch_n}/{v}"),
            None => format!("{os_n}/{arch_n}"),
        };
        if normal == text {
            Ok(Self { text: normal })
        } else {
            Err(PlatformError::NotNormal { text: text.to_owned(), normal })
        }
    }
}

impl fmt::Display for Platform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_spellings_are_refused_with_the_normal_form() {
        for good in ["linux/amd64", "linux/arm64", "linux/arm/v7", "linux/arm/v6", "linux/386", "linux/riscv64"] {
            assert_eq!(good.parse::<Platform>().unwrap().as_str(), good);
        }
        for (bad, normal) in [
            ("linux/arm64/v8", "linux/arm64"),
            ("linux/arm", "linux/arm/v7"),
            ("linux/x86_64", "linux/amd64"),
            ("Linux/AMD64", "linux/amd64"),
            ("linux/armhf", "linux/arm/v7"),
        ] {
            let error = bad.parse::<Platform>().unwrap_err();
            assert_eq!(error, PlatformError::NotNormal { text: bad.to_owned(), normal: normal.to_owned() });
        }
        for bad in ["", "linux", "linux/", "linux/arm/v7/x", "linux/a b"] {
            assert!(matches!(bad.parse::<Platform>(), Err(PlatformError::Form(_))), "{bad:?}");
        }
    }
}
