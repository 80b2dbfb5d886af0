//! Many questions at once, on threads that end with the call.
//!
//! For whoever asks the network about many things. Knows nothing of what is asked.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Runs a job for each item on at most `jobs` threads; answers in the order of the items.
///
/// # Panics
/// Never by itself; a job that panics ends the program.
pub fn each<I: Sync, O: Send>(items: &[I], jobs: usize, job: impl Fn(&I) -> O + Sync) -> Vec<O> {
    let next = AtomicUsize::new(0);
    let done = Mutex::new(Vec::with_capacity(items.len()));
    std::thread::scope(|scope| {
        for _ in 0..jobs.clamp(1, items.len().max(1)) {
            scope.spawn(|| {
                while let Some((index, item)) = {
                    let i = next.fetch_add(1, Ordering::Relaxed);
                    items.get(i).map(|item| (i, item))
                } {
                    let answer = job(item);
                    done.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push((index, answer));
                }
            });
        }
    });
    let mut done = done.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    done.sort_by_key(|(index, _)| *index);
    done.into_iter().map(|(_, answer)| answer).collect()
}

#[cfg(test)]
mod tests {
    #[test]
    fn answers_come_in_the_order_of_the_items_whoever_is_first() {
        let items: Vec<u64> = (0..50).collect();
        let slow = |i: &u64| {
            std::thread::sleep(std::time::Duration::from_micros((50 - i) * 20));
            i * 2
        };
        assert_eq!(super::each(&items, 7, slow), (0..50).map(|i| i * 2).collect::<Vec<_>>());
        assert_eq!(super::each(&[] as &[u64], 0, slow), Vec::<u64>::new());
    }
}
