//! The trees that git noted in the index: folders of which it knows what tree they would become.
//!
//! For the comparison with HEAD, so that equal folders are not walked: git itself commits these ids.
//! A note that makes no sense is as none.

use super::parse::Front;

/// A level of folders below this is not read.
const DEEP: usize = 4096;

/// The noted trees, the top first, each before what is in it.
#[derive(Debug, Default)]
pub(super) struct Cached {
    nodes: Vec<Node>,
}

#[derive(Debug)]
struct Node {
    name: Vec<u8>,
    /// `None` where something below has changed since.
    id: Option<gix::ObjectId>,
    /// The first node after all that is in this one.
    end: usize,
}

impl Cached {
    /// Reads the extension `TREE` (gitformat-index, "Cache tree").
    pub(super) fn parse(content: &[u8], kind: gix::hash::Kind) -> Self {
        read(content, kind).map(|nodes| Self { nodes }).unwrap_or_default()
    }

    /// The node of the top, if there is any.
    pub(super) fn top(&self) -> Option<usize> {
        (!self.nodes.is_empty()).then_some(0)
    }

    /// The node of a folder in a folder.
    pub(super) fn child(&self, node: usize, name: &[u8]) -> Option<usize> {
        let end = self.nodes.get(node)?.end;
        let mut at = node + 1;
        while at < end {
            let child = self.nodes.get(at)?;
            if child.name == name {
                return Some(at);
            }
            at = child.end;
        }
        None
    }

    /// The tree that a folder would become.
    pub(super) fn id(&self, node: usize) -> Option<&gix::oid> {
        self.nodes.get(node)?.id.as_deref()
    }
}

fn decimal(text: &[u8]) -> Option<i64> {
    std::str::from_utf8(text).ok()?.parse().ok()
}

/// Without recursion: how deep it goes is the file's to say.
fn read(content: &[u8], kind: gix::hash::Kind) -> Option<Vec<Node>> {
    let mut front = Front(content);
    let mut nodes: Vec<Node> = Vec::new();
    // The nodes above, and how many of theirs are still to come.
    let mut open: Vec<(usize, i64)> = Vec::new();
    loop {
        let name = front.until(0).ok()?.to_vec();
        let entries = decimal(front.until(b' ').ok()?)?;
        let below = decimal(front.until(b'\n').ok()?)?;
        let id = if entries >= 0 { Some(front.id(kind).ok()?) } else { None };
        nodes.push(Node { name, id, end: 0 });
        open.push((nodes.len() - 1, below));
        if open.len() > DEEP {
            return None;
        }
        loop {
            let end = nodes.len();
            let Some((node, left)) = open.last_mut() else {
                return front.0.is_empty().then_some(nodes);
            };
            if *left > 0 {
                *left -= 1;
                break;
            }
            nodes.get_mut(*node)?.end = end;
            open.pop();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_are_found_in_folders_and_a_torn_note_is_none() {
        let mut bytes = b"\0-1 2\na\x001 1\n".to_vec();
        bytes.extend([1; 20]);
        bytes.extend(b"deep\x001 0\n");
        bytes.extend([2; 20]);
        bytes.extend(b"b\0-1 0\n");
        let cached = Cached::parse(&bytes, gix::hash::Kind::Sha1);
        let top = cached.top().unwrap();
        assert_eq!(cached.id(top), None);
        let a = cached.child(top, b"a").unwrap();
        assert_eq!(cached.id(a).unwrap().as_bytes(), [1; 20]);
        assert_eq!(cached.child(a, b"deep").and_then(|n| cached.id(n)).unwrap().as_bytes(), [2; 20]);
        assert_eq!(cached.child(top, b"deep"), None);
        assert!(cached.child(top, b"b").is_some_and(|b| cached.id(b).is_none()));
        bytes.pop();
        assert_eq!(Cached::parse(&bytes, gix::hash::Kind::Sha1).top(), None);
    }

    #[test]
    fn a_note_of_a_million_levels_is_no_stack_overflow() {
        let bytes = b"a\0-1 1\n".repeat(1_000_000);
        assert_eq!(Cached::parse(&bytes, gix::hash::Kind::Sha1).top(), None);
    }
}
