//! Killing a process at the n-th thing that survives it.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// Counts durable steps (a row in the catalogue, a checkpoint, a file under a name) and, once set, blows at one of them. From then on
/// every step fails, as if the process were gone. Parts that share a fuse die together.
#[derive(Debug, Default)]
pub struct Fuse {
    blown: AtomicBool,
    stopped: AtomicBool,
    steps: AtomicU64,
    blow_at: Mutex<Option<(u64, When)>>,
}

/// Around the step at which a fuse blows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// The step is not taken.
    Before,
    /// The step is taken, but nobody hears of it.
    After,
    /// Nothing dies: from this step on attempts are only told to stop.
    Stop,
}

impl Fuse {
    /// One that never blows by itself.
    pub fn new() -> Self {
        Self::default()
    }

    /// Counts from nothing again, and blows at this step (the first is 0), if any.
    pub fn set(&self, blow_at: Option<(u64, When)>) {
        self.steps.store(0, Ordering::SeqCst);
        *self.blow_at.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = blow_at;
        self.blown.store(false, Ordering::SeqCst);
        self.stopped.store(false, Ordering::SeqCst);
    }

    /// Steps counted.
    pub fn steps(&self) -> u64 {
        self.steps.load(Ordering::SeqCst)
    }

    /// Whether attempts are told to stop.
    pub fn stopped(&self) -> bool {
        self.stopped.load(Ordering::SeqCst)
    }

    /// Whether it blew.
    pub fn blown(&self) -> bool {
        self.blown.load(Ordering::SeqCst)
    }

    /// Takes a step, unless the fuse is blown or blows now; `dead` makes the error of it.
    pub fn step<T, E>(&self, take: impl FnOnce() -> Result<T, E>, dead: impl Fn() -> E) -> Result<T, E> {
        let dies = self.begin(&dead)?;
        let taken = take();
        self.end(dies, taken, dead)
    }

    /// [`Fuse::step`], of a step that waits.
    pub async fn step_of<T, E>(
        &self,
        take: impl Future<Output = Result<T, E>> + Send,
        dead: impl Fn() -> E + Send + Sync,
    ) -> Result<T, E> {
        let dies = self.begin(&dead)?;
        let taken = take.await;
        self.end(dies, taken, dead)
    }

    /// Counts a step. Says whether the process dies once it is taken.
    fn begin<E>(&self, dead: impl Fn() -> E) -> Result<bool, E> {
        if self.blown() {
            return Err(dead());
        }
        let number = self.steps.fetch_add(1, Ordering::SeqCst);
        let blow_at = *self.blow_at.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let when = blow_at.filter(|(at, _)| *at == number).map(|(_, when)| when);
        if when == Some(When::Before) {
            self.blown.store(true, Ordering::SeqCst);
            return Err(dead());
        }
        if when == Some(When::Stop) {
            self.stopped.store(true, Ordering::SeqCst);
        }
        Ok(when == Some(When::After))
    }

    fn end<T, E>(&self, dies: bool, taken: Result<T, E>, dead: impl Fn() -> E) -> Result<T, E> {
        if dies {
            self.blown.store(true, Ordering::SeqCst);
            return Err(dead());
        }
        taken
    }
}
