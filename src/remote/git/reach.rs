//! Whether a commit lies in the history of some tips.
//!
//! For the git client, over a fetched pack or a local repository. Pure. That it does is proved by
//! hashes; that it does not is said only after a walk that nothing cut short.

use std::collections::HashSet;

use super::between::Step;
use crate::model::CommitId;

/// How a commit stands to the tips of a repository.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// It is this tip, or lies in its history: the first tip of which that is so.
    From(CommitId),
    /// It lies in the history of none of them, all of which was walked.
    Nowhere,
    /// It was not met among so many commits; what lies further back was not walked.
    Further(usize),
    /// The server gives no history without its files: nothing was walked.
    Untold,
}

/// Walks from the tips, one after the other, at most `cap` commits in all. `find` gives `None` for
/// what is no commit, or is not at hand: such a one is no more than what the commit itself has.
pub(super) fn reach<E>(
    tips: &[CommitId],
    id: CommitId,
    cap: usize,
    mut find: impl FnMut(&CommitId) -> Result<Option<Step>, E>,
) -> Result<Reach, E> {
    let mut seen: HashSet<CommitId> = HashSet::new();
    let (mut walked, mut complete) = (0_usize, true);
    for tip in tips {
        if *tip == id {
            return Ok(Reach::From(*tip));
        }
        let mut queue = Vec::new();
        if seen.insert(*tip) {
            queue.push(*tip);
        }
        while let Some(at) = queue.pop() {
            let Some(step) = find(&at)? else { continue };
            if walked == cap {
                return Ok(Reach::Further(walked));
            }
            walked += 1;
            // A commit that was cut names its parents all the same.
            if step.parents.contains(&id) {
                return Ok(Reach::From(*tip));
            }
            complete &= !step.cut;
            queue.extend(step.parents.into_iter().filter(|parent| seen.insert(*parent)));
        }
    }
    Ok(if complete { Reach::Nowhere } else { Reach::Further(walked) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::convert::Infallible;

    fn id(n: u8) -> CommitId {
        CommitId::Sha1([n; 20])
    }

    // 1 - 2 - 3 - 4; 2 - 5; 9 alone.
    const GRAPH: &[(u8, &[u8])] = &[(1, &[]), (2, &[1]), (3, &[2]), (4, &[3]), (5, &[2]), (9, &[])];

    fn go(tips: &[u8], wanted: u8, cut: &[u8], cap: usize) -> Reach {
        let tips: Vec<CommitId> = tips.iter().map(|n| id(*n)).collect();
        let find = |asked: &CommitId| {
            let found = GRAPH.iter().find(|(n, _)| id(*n) == *asked);
            Ok::<_, Infallible>(found.map(|(n, parents)| Step {
                parents: parents.iter().map(|p| id(*p)).collect(),
                time: 0,
                subject: String::new(),
                cut: cut.contains(n),
            }))
        };
        let Ok(found) = reach(&tips, id(wanted), cap, find);
        found
    }

    #[test]
    fn the_first_tip_that_leads_to_it_is_told() {
        assert_eq!(go(&[4, 5], 4, &[], 99), Reach::From(id(4)));
        assert_eq!(go(&[4, 5], 2, &[], 99), Reach::From(id(4)));
        assert_eq!(go(&[4, 5], 5, &[], 99), Reach::From(id(5)));
        assert_eq!(go(&[9, 5], 1, &[], 99), Reach::From(id(5)));
        // What the commit has as well is not sent.
        assert_eq!(go(&[4], 8, &[], 99), Reach::Nowhere);
    }

    #[test]
    fn nowhere_is_said_only_after_all_of_it() {
        assert_eq!(go(&[4, 5], 9, &[], 99), Reach::Nowhere);
        assert_eq!(go(&[4, 5], 9, &[], 5), Reach::Nowhere);
        assert_eq!(go(&[4, 5], 9, &[], 4), Reach::Further(4));
        assert_eq!(go(&[4, 5], 9, &[3], 99), Reach::Further(5));
        assert_eq!(go(&[4], 2, &[3], 99), Reach::From(id(4)));
        assert_eq!(go(&[], 9, &[], 99), Reach::Nowhere);
    }
}
