//! How much is under way on one storage at once, whoever asks: files, and parts of them, take turns.
//!
//! A [`Level`] belongs to what leads to the storage (a connection), and all transfers of the process share it. How many turns there are it
//! finds out by itself (additive increase while that moves more, multiplicative decrease when the storage says that it is too much), within
//! the limit that was set. Files of this machine have no level: the threads that read them are few, and taking turns would cost more than they do.
//!
//! **No two wait for each other.** A turn is held while the storage alone is waited for. The exceptions wait for the other storage of a
//! transfer as well: an upload whose body is sent as it comes, and a reply that is read as it is used. For the sake of these one piece and
//! one upload are always let in, so that with a limit of 1 two requests can be under way; uploads leave one turn to pieces.

mod law;

use std::collections::{HashSet, VecDeque};
use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

pub use law::Bounds;
use law::Law;

/// Time since any fixed moment.
type Now = Box<dyn Fn() -> Duration + Send + Sync>;

/// What a turn is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Use {
    /// Waits for the storage alone.
    Piece,
    /// Waits for who writes, too.
    Upload,
    /// Waits for who reads, too.
    Stream,
}

/// The turns of one storage.
pub struct Level {
    now: Now,
    state: Mutex<State>,
}

struct State {
    law: Law,
    pieces: usize,
    uploads: usize,
    streams: usize,
    waiting: VecDeque<Waiting>,
    /// Those who have waited, and have not seen yet that they have their turn.
    granted: HashSet<u64>,
    next: u64,
}

struct Waiting {
    ticket: u64,
    of: Use,
    waker: Waker,
}

/// How a level stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// Turns there are now.
    pub turns: usize,
    /// Turns that are taken.
    pub under_way: usize,
    /// Turns there may be at most.
    pub most: usize,
}

impl Level {
    /// One that nothing is known of yet.
    pub fn new(bounds: Bounds) -> Arc<Self> {
        let start = Instant::now();
        Self::timed(bounds, move || start.elapsed())
    }

    /// The same, by another clock: the time since any fixed moment.
    pub fn timed(bounds: Bounds, now: impl Fn() -> Duration + Send + Sync + 'static) -> Arc<Self> {
        let law = Law::new(bounds, now());
        let (waiting, granted) = (VecDeque::new(), HashSet::new());
        let state = State { law, pieces: 0, uploads: 0, streams: 0, waiting, granted, next: 0 };
        Arc::new(Self { now: Box::new(now), state: Mutex::new(state) })
    }

    /// A turn for what waits for the storage alone.
    pub fn turn(self: &Arc<Self>) -> impl Future<Output = Turn> + Send + use<> {
        Wait { level: Arc::clone(self), of: Use::Piece, ticket: None }
    }

    /// A turn for an upload whose body is sent as it comes.
    pub fn upload(self: &Arc<Self>) -> impl Future<Output = Turn> + Send + use<> {
        Wait { level: Arc::clone(self), of: Use::Upload, ticket: None }
    }

    /// [`Level::turn`], from a thread that is meant to wait.
    pub fn wait(self: &Arc<Self>) -> Turn {
        block_on(self.turn())
    }

    /// One more turn for a file that has others, if there are enough; it may be held for as long as the file is open.
    pub fn spare(self: &Arc<Self>) -> Option<Turn> {
        let mut state = self.locked();
        let free = state.waiting.is_empty() && state.under_way() + 1 < state.law.turns();
        free.then(|| state.enter(Use::Stream))?;
        drop(state);
        Some(Turn::begun(self, Use::Stream))
    }

    /// How it stands.
    pub fn standing(&self) -> Standing {
        let state = self.locked();
        Standing { turns: state.law.turns(), under_way: state.under_way(), most: state.law.most() }
    }

    fn locked(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a turn back, and lets in who may go now.
    fn end(&self, of: Use, outcome: impl FnOnce(&mut Law, usize)) {
        let mut state = self.locked();
        let under_way = state.under_way();
        if !state.waiting.is_empty() {
            state.law.waited();
        }
        outcome(&mut state.law, under_way);
        *state.count(of) -= 1;
        let woken = state.admit();
        drop(state);
        woken.into_iter().for_each(Waker::wake);
    }
}

impl State {
    fn under_way(&self) -> usize {
        self.pieces + self.uploads + self.streams
    }

    fn count(&mut self, of: Use) -> &mut usize {
        match of {
            Use::Piece => &mut self.pieces,
            Use::Upload => &mut self.uploads,
            Use::Stream => &mut self.streams,
        }
    }

    /// Whether one more may go now.
    fn may(&self, of: Use) -> bool {
        let turns = self.law.turns();
        match of {
            Use::Piece => self.pieces == 0 || self.under_way() < turns,
            Use::Upload => self.uploads == 0 || (self.uploads + 1 < turns && self.under_way() < turns),
            Use::Stream => self.under_way() < turns,
        }
    }

    fn enter(&mut self, of: Use) {
        *self.count(of) += 1;
    }

    /// Lets in those who waited, in their order, as far as they may go.
    fn admit(&mut self) -> Vec<Waker> {
        let mut woken = Vec::new();
        let mut at = 0;
        while let Some(of) = self.waiting.get(at).map(|one| one.of) {
            if !self.may(of) {
                at += 1;
                continue;
            }
            self.enter(of);
            if let Some(Waiting { ticket, waker, .. }) = self.waiting.remove(at) {
                self.granted.insert(ticket);
                woken.push(waker);
            }
        }
        woken
    }
}

/// Somebody who waits for a turn.
struct Wait {
    level: Arc<Level>,
    of: Use,
    ticket: Option<u64>,
}

impl Future for Wait {
    type Output = Turn;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Turn> {
        let (level, of) = (Arc::clone(&self.level), self.of);
        let mut state = level.locked();
        let Some(ticket) = self.ticket else {
            if state.may(of) && !state.waiting.iter().any(|one| one.of == of) {
                state.enter(of);
                drop(state);
                return Poll::Ready(Turn::begun(&level, of));
            }
            let ticket = state.next;
            state.next += 1;
            state.law.waited();
            state.waiting.push_back(Waiting { ticket, of, waker: context.waker().clone() });
            self.ticket = Some(ticket);
            return Poll::Pending;
        };
        if state.granted.remove(&ticket) {
            drop(state);
            self.ticket = None;
            return Poll::Ready(Turn::begun(&level, of));
        }
        if let Some(one) = state.waiting.iter_mut().find(|one| one.ticket == ticket) {
            one.waker.clone_from(context.waker());
        }
        Poll::Pending
    }
}

impl Drop for Wait {
    /// Nobody waits any more: a turn that was given meanwhile goes to the next.
    fn drop(&mut self) {
        let Some(ticket) = self.ticket else { return };
        let mut state = self.level.locked();
        if state.granted.remove(&ticket) {
            drop(state);
            self.level.end(self.of, |_, _| ());
        } else {
            state.waiting.retain(|one| one.ticket != ticket);
        }
    }
}

/// A turn that was taken; it ends when it is dropped.
pub struct Turn {
    level: Arc<Level>,
    of: Use,
    began: Duration,
    bytes: u64,
    too_much: bool,
}

impl Turn {
    fn begun(level: &Arc<Level>, of: Use) -> Self {
        Self { level: Arc::clone(level), of, began: (level.now)(), bytes: 0, too_much: false }
    }

    /// So many more bytes were moved in it.
    pub fn moved(&mut self, bytes: u64) {
        self.bytes = self.bytes.saturating_add(bytes);
    }

    /// It failed by what too many at once lead to: the storage asked for fewer, did not answer in time, or broke the connection.
    pub fn too_much(&mut self) {
        self.too_much = true;
    }

    /// From here on it waits for who reads, too: what comes is handed on no faster than it is used.
    pub fn stream(&mut self) {
        let mut state = self.level.locked();
        *state.count(self.of) -= 1;
        self.of = Use::Stream;
        state.enter(self.of);
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let (now, began, bytes, too_much) = ((self.level.now)(), self.began, self.bytes, self.too_much);
        self.level.end(self.of, |law, under_way| {
            if too_much {
                law.too_much(now, began, under_way);
            } else {
                law.ended(now, bytes);
            }
        });
    }
}

/// Wakes a thread that waits in [`block_on`].
struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

fn block_on<T>(work: impl Future<Output = T>) -> T {
    let mut work = pin!(work);
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    loop {
        match work.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(done) => return done,
            Poll::Pending => thread::park(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    fn level(turns: usize) -> Arc<Level> {
        Level::timed(Bounds { start: turns, most: turns }, || Duration::ZERO)
    }

    /// What a future gives without being waited for.
    fn now<T>(work: Pin<&mut impl Future<Output = T>>) -> Option<T> {
        match work.poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(done) => Some(done),
            Poll::Pending => None,
        }
    }

    #[test]
    fn no_more_than_there_are_turns_are_under_way_whoever_asks() {
        let (level, busy, most) = (level(3), AtomicUsize::new(0), AtomicUsize::new(0));
        thread::scope(|scope| {
            for _ in 0..16 {
                scope.spawn(|| {
                    for _ in 0..200 {
                        let _turn = level.wait();
                        most.fetch_max(busy.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                        thread::yield_now();
                        busy.fetch_sub(1, Ordering::SeqCst);
                    }
                });
            }
        });
        assert!(most.into_inner() <= 3);
        assert_eq!(level.standing(), Standing { turns: 3, under_way: 0, most: 3 });
    }

    #[test]
    fn who_came_first_goes_first_and_who_went_away_is_passed_over() {
        let level = level(1);
        let (held, mut gone, mut next) = (level.wait(), Box::pin(level.turn()), Box::pin(level.turn()));
        assert!(now(gone.as_mut()).is_none() && now(next.as_mut()).is_none());
        drop(held);
        // It was given the turn, and is dropped before it saw that.
        drop(gone);
        assert!(now(next.as_mut()).is_some());
        assert_eq!(level.standing().under_way, 0);
    }

    #[test]
    fn uploads_leave_a_turn_to_pieces_and_each_kind_is_let_in_once() {
        let level = level(3);
        let (mut first, mut second, mut third) = (pin!(level.upload()), pin!(level.upload()), pin!(level.upload()));
        let (first, _second) = (now(first.as_mut()), now(second.as_mut()));
        assert!(now(third.as_mut()).is_none(), "the last turn is for a piece");
        let mut stream = level.wait();
        stream.stream();
        let mut piece = pin!(level.turn());
        assert!(now(piece.as_mut()).is_some(), "what the uploads wait for is let in even now");
        drop(stream);
        drop(first);
        assert!(now(third.as_mut()).is_some());
    }

    #[test]
    fn spare_turns_are_only_taken_where_one_is_left() {
        let level = level(3);
        let taken: Vec<Turn> = std::iter::from_fn(|| level.spare()).collect();
        assert_eq!(taken.len(), 2);
    }
}
