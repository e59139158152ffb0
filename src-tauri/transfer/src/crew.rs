//! Small pieces of work side by side, in a bounded window: on as many threads as the storages that are asked have use for.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::Duration;

use crate::storage::Storage;
use crate::{Fail, Result, halt};

/// Threads that work side by side where files are all there is: a few more than there are cores to count on, as they wait.
pub(crate) const THREADS: usize = 4;

/// Threads at most, whatever a storage says of itself.
pub(crate) const MOST: usize = 64;

/// Pieces that a thread takes at a time. With many threads, one: each piece is mostly waiting for an answer.
fn take(threads: usize) -> usize {
    if threads > THREADS { 1 } else { 8 }
}

/// Threads that suit work between these storages.
pub fn width(between: [&dyn Storage; 2]) -> usize {
    between.iter().map(|storage| storage.width()).max().unwrap_or(THREADS).clamp(1, MOST)
}

/// How long to wait for news before asking whether to stop.
const PATIENCE: Duration = Duration::from_millis(25);

/// Does `work` on every item, each thread with a `state` of its own, and gives the results in order, or none for those that were not
/// done when it stopped. `tick` is called in the calling thread with every result as it comes, and with nothing now and
/// then; its failure, like that of `work`, ends everything.
pub fn side_by_side<'i, T: Sync, R: Send, S>(
    threads: usize,
    items: &'i [T],
    state: impl Fn() -> S + Sync,
    work: impl Fn(&mut S, &'i T) -> Result<R> + Sync,
    mut tick: impl FnMut(Option<&R>) -> Result<()>,
) -> (Vec<Option<R>>, Result<()>) {
    let crew = Crew { next: AtomicUsize::new(0), take: take(threads), stop: Arc::default() };
    let mut results: Vec<Option<R>> = items.iter().map(|_| None).collect();
    let outcome = thread::scope(|scope| {
        let (report, done) = channel();
        for _ in 0..threads.min(items.len().div_ceil(crew.take)) {
            let (report, crew, work, state) = (report.clone(), &crew, &work, &state);
            scope.spawn(move || halt::within(&crew.stop, || crew.work(items, &mut state(), work, &report)));
        }
        drop(report);
        crew.gather(&done, &mut results, &mut tick)
    });
    let whole = results.iter().all(Option::is_some);
    (results, outcome.and(if whole { Ok(()) } else { Err(Fail::Broken) }))
}

struct Crew {
    next: AtomicUsize,
    take: usize,
    stop: Arc<AtomicBool>,
}

impl Crew {
    /// What each thread does.
    fn work<'i, T, R, S>(
        &self,
        items: &'i [T],
        state: &mut S,
        work: &impl Fn(&mut S, &'i T) -> Result<R>,
        report: &Sender<(usize, Result<R>)>,
    ) {
        while let Some(first) = self.claim(items.len()) {
            for (at, item) in items.iter().enumerate().skip(first).take(self.take) {
                if self.stop.load(Ordering::Acquire) || report.send((at, work(state, item))).is_err() {
                    return;
                }
            }
        }
    }

    fn claim(&self, length: usize) -> Option<usize> {
        let at = self.next.fetch_add(self.take, Ordering::AcqRel);
        (at < length).then_some(at)
    }

    /// Collects results until all threads are gone; the first failure stops them.
    fn gather<R>(
        &self,
        done: &Receiver<(usize, Result<R>)>,
        results: &mut [Option<R>],
        tick: &mut impl FnMut(Option<&R>) -> Result<()>,
    ) -> Result<()> {
        let mut outcome = Ok(());
        loop {
            let told = match done.recv_timeout(PATIENCE) {
                Ok((at, Ok(result))) => {
                    let told = if outcome.is_ok() { tick(Some(&result)) } else { Ok(()) };
                    results[at] = Some(result);
                    told
                }
                Ok((_, Err(fail))) => Err(fail),
                Err(RecvTimeoutError::Timeout) if outcome.is_ok() => tick(None),
                Err(RecvTimeoutError::Timeout) => Ok(()),
                Err(RecvTimeoutError::Disconnected) => return outcome,
            };
            if told.is_err() {
                self.stop.store(true, Ordering::Release);
                outcome = outcome.and(told);
            }
        }
    }
}
