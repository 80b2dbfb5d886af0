//! The relations of a package: what it needs, refuses and provides (Debian policy 7.1).
//!
//! For the universe of packages, which interns the names. Strict: a field that cannot be read is an error,
//! since apt would read it in a way that nobody can foresee.

use std::cmp::Ordering;

use super::super::version::Version;

/// How a version must stand to the one that is written (policy 7.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Op {
    /// `<<`
    Earlier,
    /// `<=`
    AtMost,
    /// `=`
    Exactly,
    /// `>=`
    AtLeast,
    /// `>>`
    Later,
}

impl Op {
    fn read(text: &str) -> Option<(Self, &str)> {
        // `<` and `>` are deprecated, and mean `<=` and `>=`
        let all = [
            ("<<", Self::Earlier),
            ("<=", Self::AtMost),
            (">=", Self::AtLeast),
            (">>", Self::Later),
            ("=", Self::Exactly),
            ("<", Self::AtMost),
            (">", Self::AtLeast),
        ];
        all.iter().find_map(|(sign, op)| Some((*op, text.strip_prefix(sign)?)))
    }

    pub(super) fn holds(self, version: &Version, bound: &Version) -> bool {
        let order = version.by_value(bound);
        match self {
            Self::Earlier => order == Ordering::Less,
            Self::AtMost => order != Ordering::Greater,
            Self::Exactly => order == Ordering::Equal,
            Self::AtLeast => order != Ordering::Less,
            Self::Later => order == Ordering::Greater,
        }
    }

    pub(super) fn sign(self) -> &'static str {
        match self {
            Self::Earlier => "<<",
            Self::AtMost => "<=",
            Self::Exactly => "=",
            Self::AtLeast => ">=",
            Self::Later => ">>",
        }
    }
}

/// One alternative as it is written: name, what stands behind `:`, and the version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Written<'a> {
    pub(super) name: &'a str,
    pub(super) architecture: Option<&'a str>,
    pub(super) bound: Option<(Op, &'a str)>,
}

/// The groups of a field, each with its alternatives. `None`: it cannot be read.
pub(super) fn groups(field: &str) -> Option<Vec<Vec<Written<'_>>>> {
    let parts = field.split(',').map(str::trim).filter(|group| !group.is_empty());
    parts.map(|group| group.split('|').map(|one| written(one.trim())).collect()).collect()
}

fn written(text: &str) -> Option<Written<'_>> {
    let end = text.find(|c: char| c.is_ascii_whitespace() || c == '(').unwrap_or(text.len());
    let (head, rest) = text.split_at_checked(end)?;
    let (name, architecture) = head.split_once(':').map_or((head, None), |(name, arch)| (name, Some(arch)));
    let plain =
        |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"+-._".contains(&b));
    if !plain(name) || !architecture.is_none_or(plain) {
        return None;
    }
    let rest = rest.trim();
    if rest.is_empty() {
        return Some(Written { name, architecture, bound: None });
    }
    let inner = rest.strip_prefix('(')?.strip_suffix(')')?.trim();
    let (op, version) = Op::read(inner)?;
    Some(Written { name, architecture, bound: Some((op, version.trim())) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_alternatives_versions_and_architectures() {
        let all = groups("libc6 (>= 2.36), a | b:any (<< 1:2~), c:i386(=1),").unwrap();
        let said = |w: &Written<'_>| {
            let bound = w.bound.map(|(op, v)| format!("{}{v}", op.sign())).unwrap_or_default();
            format!("{}{}{bound}", w.name, w.architecture.map(|a| format!(":{a}")).unwrap_or_default())
        };
        let all: Vec<String> = all.iter().map(|g| g.iter().map(said).collect::<Vec<_>>().join("|")).collect();
        assert_eq!(all, ["libc6>=2.36", "a|b:any<<1:2~", "c:i386=1"]);
        assert_eq!(groups("a (> 1), b (< 2)").unwrap()[0][0].bound, Some((Op::AtLeast, "1")));
        for bad in ["a b", "a (1)", "(= 1)", "a (= 1) x", "a, | b", "a:(= 1)", "$(x)"] {
            assert_eq!(groups(bad), None, "{bad}");
        }
    }
}
