//! What lies between two commits: a walk from the new one towards the old one.
//!
//! For the git client, over a fetched pack or a local repository. Pure. That the new commit
//! descends from the old one is proved by hashes; that it does not is said only after a walk that
//! no missing history cut short. Other commits that are known are told where they lie on the way.

use std::collections::{BTreeSet, BinaryHeap, HashMap, HashSet};

use crate::model::CommitId;

/// How the new commit stands to the old one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Relation {
    /// The old one is an ancestor of the new one, or the same.
    Descendant,
    /// It is not: history was rewritten, or the two are on different lines.
    NotDescendant,
    /// The server could not tell within the limits.
    Unknown,
}

/// The commits that are new since an old one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Between {
    /// How the two stand.
    pub relation: Relation,
    /// How many commits the new one has that the old one has not, as far as was seen.
    pub count: usize,
    /// Whether there may be more than `count`.
    pub more: bool,
    /// Abbreviated id and subject, newest first, at most 20.
    pub subjects: Vec<(String, String)>,
}

impl Between {
    /// No commit lies between.
    pub(super) fn nothing(relation: Relation) -> Self {
        Self { relation, count: 0, more: false, subjects: Vec::new() }
    }

    /// Nothing is known.
    pub(super) fn unknown() -> Self {
        Self { relation: Relation::Unknown, count: 0, more: true, subjects: Vec::new() }
    }
}

/// What the walk needs of a commit.
#[derive(Debug, Clone)]
pub(super) struct Step {
    pub(super) parents: Vec<CommitId>,
    pub(super) time: i64,
    pub(super) subject: String,
    /// Its parents were left out: what comes before is not known.
    pub(super) cut: bool,
}

const SUBJECTS: usize = 20;

/// Walks from `new`, at most `cap` commits of the new side. `find` gives `None` for a commit that
/// is not at hand: such a one belongs to the old side, unless the step before it was cut.
///
/// Of the `known` commits, those come back that are proved to be ancestors of `new` and descendants
/// of `old`, and neither of both: the one with the most history since `old` first.
pub(super) fn walk<E>(
    new: CommitId,
    old: CommitId,
    known: &[CommitId],
    cap: usize,
    mut find: impl FnMut(&CommitId) -> Result<Option<Step>, E>,
) -> Result<(Between, Vec<CommitId>), E> {
    let mut steps: HashMap<CommitId, Step> = HashMap::new();
    // Newest first, as git log does; ids only make the order certain.
    let mut queue: BinaryHeap<(i64, CommitId)> = BinaryHeap::new();
    let mut seen: HashSet<CommitId> = HashSet::new();
    let mut old_side: HashSet<CommitId> = HashSet::from([old]);
    let mut waiting = 0_usize;
    let mut order = Vec::new();
    let mut met = new == old;
    let mut complete = true;
    for start in [old, new] {
        if seen.insert(start)
            && let Some(step) = find(&start)?
        {
            waiting += usize::from(start == new);
            queue.push((step.time, start));
            steps.insert(start, step);
        } else if start == new && !met {
            return Ok((Between::unknown(), Vec::new()));
        }
    }
    while waiting > 0
        && let Some((_, id)) = queue.pop()
    {
        let Some(step) = steps.get(&id).cloned() else {
            continue;
        };
        let is_old = old_side.contains(&id);
        if !is_old {
            waiting -= 1;
            order.push(id);
            if order.len() > cap {
                complete = false;
                order.pop();
                break;
            }
            complete &= !step.cut;
        }
        for parent in step.parents {
            met |= !is_old && parent == old;
            let known = seen.contains(&parent);
            let turns = is_old && old_side.insert(parent);
            if known {
                if turns && queue.iter().any(|(_, q)| *q == parent) {
                    waiting -= 1;
                }
                continue;
            }
            seen.insert(parent);
            if let Some(found) = find(&parent)? {
                waiting += usize::from(!is_old);
                queue.push((found.time, parent));
                steps.insert(parent, found);
            }
        }
    }
    let new_side: Vec<_> = order.into_iter().filter(|id| !old_side.contains(id)).collect();
    let relation = match (met, complete) {
        (true, _) => Relation::Descendant,
        (false, true) => Relation::NotDescendant,
        (false, false) => Relation::Unknown,
    };
    let line = |id: &CommitId| {
        let short = id.to_string().chars().take(12).collect();
        (short, steps.get(id).map(|s| s.subject.clone()).unwrap_or_default())
    };
    let side: HashSet<CommitId> = new_side.iter().copied().filter(|id| *id != new).collect();
    let known: BTreeSet<&CommitId> = known.iter().filter(|id| side.contains(*id)).collect();
    let mut on_way: Vec<(usize, CommitId)> =
        known.into_iter().filter_map(|id| Some((since(&steps, *id, old)?, *id))).collect();
    // The id only makes the order certain: two of the same length lie on different lines.
    on_way.sort_by(|a, b| b.cmp(a));
    let between = Between {
        relation,
        count: new_side.len(),
        more: !complete,
        subjects: new_side.iter().take(SUBJECTS).map(line).collect(),
    };
    Ok((between, on_way.into_iter().map(|(_, id)| id).collect()))
}

/// How many commits a commit's history has that were walked, up to and without `old`; `None` if it
/// does not lead there.
fn since(steps: &HashMap<CommitId, Step>, id: CommitId, old: CommitId) -> Option<usize> {
    let (mut seen, mut queue, mut met) = (HashSet::from([id]), vec![id], false);
    while let Some(id) = queue.pop() {
        for parent in steps.get(&id).into_iter().flat_map(|step| &step.parents) {
            met |= *parent == old;
            if *parent != old && steps.contains_key(parent) && seen.insert(*parent) {
                queue.push(*parent);
            }
        }
    }
    met.then_some(seen.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::convert::Infallible;

    fn id(n: u8) -> CommitId {
        CommitId::Sha1([n; 20])
    }

    /// Commits as number, time, parents; `cut` ones are shallow.
    fn go(graph: &[(u8, i64, &[u8])], cut: &[u8], new: u8, old: u8, cap: usize) -> Between {
        let find = |wanted: &CommitId| {
            let found = graph.iter().find(|(n, ..)| id(*n) == *wanted);
            Ok::<_, Infallible>(found.map(|(n, time, parents)| Step {
                parents: parents.iter().map(|p| id(*p)).collect(),
                time: *time,
                subject: format!("c{n}"),
                cut: cut.contains(n),
            }))
        };
        let Ok((between, _)) = walk(id(new), id(old), &[], cap, find);
        between
    }

    /// Which of some commits lie on the way from `old` to `new`.
    fn on_way(graph: &[(u8, i64, &[u8])], new: u8, old: u8, known: &[u8]) -> Vec<u8> {
        let find = |wanted: &CommitId| {
            let found = graph.iter().find(|(n, ..)| id(*n) == *wanted);
            Ok::<_, Infallible>(found.map(|(_, time, parents)| Step {
                parents: parents.iter().map(|p| id(*p)).collect(),
                time: *time,
                subject: String::new(),
                cut: false,
            }))
        };
        let known: Vec<CommitId> = known.iter().map(|n| id(*n)).collect();
        let Ok((_, found)) = walk(id(new), id(old), &known, 100, find);
        found.iter().map(|id| id.as_bytes()[0]).collect()
    }

    #[test]
    fn what_lies_on_the_way_is_told_nearest_first_whatever_the_clocks_say() {
        let graph: &[(u8, i64, &[u8])] =
            &[(6, 1, &[5]), (5, 90, &[4]), (4, 2, &[3]), (3, 80, &[2]), (2, 3, &[1]), (1, 70, &[])];
        assert_eq!(on_way(graph, 6, 2, &[1, 2, 3, 4, 5, 6, 9]), [5, 4, 3]);
        assert_eq!(on_way(graph, 6, 1, &[3, 3, 2]), [3, 2]);
        assert_eq!(on_way(graph, 2, 1, &[3, 4]), [0; 0]);
    }

    #[test]
    fn what_the_new_commit_left_behind_or_merged_from_elsewhere_is_not_on_the_way() {
        // 1 - 2(old) - 3 - 6(new); 2 - 4, left behind; 1 - 5, merged into 6.
        let graph: &[(u8, i64, &[u8])] =
            &[(6, 60, &[3, 5]), (5, 50, &[1]), (4, 40, &[2]), (3, 30, &[2]), (2, 20, &[1]), (1, 10, &[])];
        assert_eq!(on_way(graph, 6, 2, &[1, 3, 4, 5]), [3]);
    }

    const LINE: &[(u8, i64, &[u8])] = &[(4, 40, &[3]), (3, 30, &[2]), (2, 20, &[1]), (1, 10, &[])];

    #[test]
    fn a_line_is_counted_newest_first() {
        let b = go(LINE, &[], 4, 2, 100);
        assert_eq!((b.relation, b.count, b.more), (Relation::Descendant, 2, false));
        assert_eq!(b.subjects[0], ("040404040404".to_owned(), "c4".to_owned()));
        assert_eq!(b.subjects.len(), 2);
    }

    #[test]
    fn the_same_commit_lies_zero_commits_ahead() {
        let b = go(LINE, &[], 3, 3, 100);
        assert_eq!((b.relation, b.count, b.more), (Relation::Descendant, 0, false));
    }

    #[test]
    fn an_old_side_that_was_not_sent_is_still_met() {
        let b = go(&LINE[..2], &[], 4, 2, 100);
        assert_eq!((b.relation, b.count, b.more), (Relation::Descendant, 2, false));
    }

    #[test]
    fn a_rewritten_history_is_not_a_descendant() {
        let graph: &[(u8, i64, &[u8])] = &[(9, 50, &[8]), (8, 45, &[1]), (2, 20, &[1]), (1, 10, &[])];
        let b = go(graph, &[], 9, 2, 100);
        assert_eq!((b.relation, b.count, b.more), (Relation::NotDescendant, 2, false));
        // Nor is going back.
        assert_eq!(go(LINE, &[], 2, 4, 100).relation, Relation::NotDescendant);
    }

    #[test]
    fn a_cut_history_never_says_no() {
        let b = go(&LINE[..2], &[3], 4, 1, 100);
        assert_eq!((b.relation, b.count, b.more), (Relation::Unknown, 2, true));
        let b = go(LINE, &[], 4, 9, 2);
        assert_eq!((b.relation, b.count, b.more), (Relation::Unknown, 2, true));
        assert_eq!(go(&[], &[], 4, 1, 9).relation, Relation::Unknown);
    }

    #[test]
    fn a_merge_of_an_older_line_does_not_count_what_was_there() {
        // 1 - 2 - 3(old) - 6(new); 2 - 5 - 6
        let graph: &[(u8, i64, &[u8])] = &[(6, 60, &[3, 5]), (5, 50, &[2]), (3, 30, &[2]), (2, 20, &[1]), (1, 10, &[])];
        let b = go(graph, &[], 6, 3, 100);
        assert_eq!((b.relation, b.count, b.more), (Relation::Descendant, 2, false));
    }

    #[test]
    fn clocks_that_lie_do_not_change_the_relation() {
        let graph: &[(u8, i64, &[u8])] = &[(4, 1, &[3]), (3, 2, &[2]), (2, 90, &[1]), (1, 99, &[])];
        let b = go(graph, &[], 4, 2, 100);
        assert_eq!((b.relation, b.count), (Relation::Descendant, 2));
    }

    proptest::proptest! {
        #![proptest_config(proptest::prelude::ProptestConfig::with_cases(256))]
        /// Against the plain definition, on random graphs with random clocks.
        #[test]
        fn the_relation_is_reachability(edges in proptest::collection::vec((0u8..12, 0u8..12), 0..30),
            times in proptest::collection::vec(0i64..5, 12), new in 0u8..12, old in 0u8..12) {
            let parents: Vec<Vec<u8>> = (0..12u8)
                .map(|n| edges.iter().filter(|(c, p)| *c == n && p < c).map(|(_, p)| *p).collect())
                .collect();
            let graph: Vec<(u8, i64, &[u8])> =
                (0..12u8).map(|n| (n, times[n as usize], &parents[n as usize][..])).collect();
            let reach = |from: u8| {
                let mut all = std::collections::BTreeSet::from([from]);
                for n in (0..=from).rev().filter(|n| *n <= from) {
                    if all.contains(&n) { all.extend(&parents[n as usize]); }
                }
                all
            };
            let b = go(&graph, &[], new, old, 100);
            let expected = if reach(new).contains(&old) { Relation::Descendant } else { Relation::NotDescendant };
            proptest::prop_assert_eq!(b.relation, expected);
            proptest::prop_assert!(b.count >= reach(new).difference(&reach(old)).count());
        }
    }
}
