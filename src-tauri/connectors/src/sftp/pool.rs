//! Connections to one server: opened as they are needed, replaced when they are lost.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use longshore_transfer::level::Level;
use longshore_transfer::storage::Status;

use super::dial::dial;
use super::link::{self, Link};
use super::target::Target;
use super::trouble::{Lost, Trouble};

/// Pauses between tries to reach a server that was there before: one that restarts is back within a few seconds.
const PAUSES: [Duration; 4] =
    [Duration::from_millis(200), Duration::from_millis(500), Duration::from_secs(1), Duration::from_secs(2)];

/// After the server has refused one more connection, how long it is not asked for another.
const SATED: Duration = Duration::from_secs(30);

/// The connections of a storage.
pub(super) struct Pool {
    pub(super) target: Target,
    most: usize,
    /// What is under way on all of them.
    pub(super) level: Arc<Level>,
    links: Mutex<Vec<Arc<Link>>>,
    /// Held by the one who connects.
    opening: Mutex<()>,
    /// Whether the server was ever reached.
    met: AtomicBool,
    sated: Mutex<Option<Instant>>,
}

impl Pool {
    /// Up to `most` connections, none of which is there yet, and no more than there may be turns.
    pub(super) fn new(target: Target, most: usize, level: Arc<Level>) -> Self {
        Self {
            target,
            most: most.clamp(1, level.standing().most),
            level,
            links: Mutex::default(),
            opening: Mutex::default(),
            met: AtomicBool::new(false),
            sated: Mutex::default(),
        }
    }

    /// Connections side by side, at most.
    pub(super) fn most(&self) -> usize {
        self.most
    }

    /// The connection with the least to do; one more if all are busy and more are allowed.
    pub(super) fn link(&self) -> Result<Arc<Link>, Lost> {
        if let Some(link) = self.there() {
            if link.waiting() > 0 && self.count() < self.most && !self.is_sated() {
                return Ok(self.one_more().unwrap_or(link));
            }
            return Ok(link);
        }
        let _alone = locked(&self.opening);
        match self.there() {
            Some(link) => Ok(link),
            None => self.first(),
        }
    }

    /// Up to `count` connections, opened side by side.
    pub(super) fn several(&self, count: usize) -> Result<Vec<Arc<Link>>, Lost> {
        let count = count.clamp(1, self.most);
        self.link()?;
        let _alone = locked(&self.opening);
        let missing = if self.is_sated() { 0 } else { count.saturating_sub(self.count()) };
        let opened: Vec<_> = thread::scope(|scope| {
            let threads: Vec<_> = (0..missing).map(|_| scope.spawn(|| self.open())).collect();
            threads.into_iter().filter_map(|thread| thread.join().ok()).collect()
        });
        for link in opened {
            self.keep(link);
        }
        let mut links = self.usable().clone();
        links.sort_by_key(|link| link.waiting());
        links.truncate(count);
        Ok(links)
    }

    /// Does what can be done twice; once more, on a connection of its own, if the first was lost under way.
    pub(super) fn with<T>(&self, work: impl Fn(&Arc<Link>) -> Result<T, Trouble>) -> Result<T, Trouble> {
        match work(&self.link()?) {
            Err(Trouble::Lost(lost)) if lost.status() == Status::Transient => work(&self.link()?),
            other => other,
        }
    }

    /// Every connection that is there.
    pub(super) fn all(&self) -> Vec<Arc<Link>> {
        self.usable().clone()
    }

    fn there(&self) -> Option<Arc<Link>> {
        self.usable().iter().min_by_key(|link| link.waiting()).cloned()
    }

    fn count(&self) -> usize {
        self.usable().len()
    }

    fn usable(&self) -> MutexGuard<'_, Vec<Arc<Link>>> {
        let mut links = locked(&self.links);
        links.retain(|link| !link.is_lost());
        links
    }

    fn open(&self) -> Result<Arc<Link>, Lost> {
        link::start(dial(&self.target)?, self.target.patience)
    }

    /// The first connection. A server that was there before is waited for a little.
    fn first(&self) -> Result<Arc<Link>, Lost> {
        let mut pauses = PAUSES.iter().take(if self.met.load(Ordering::Relaxed) { PAUSES.len() } else { 0 });
        loop {
            match self.open() {
                Ok(link) => return Ok(self.take_in(link)),
                Err(lost) if lost.status() != Status::Transient => return Err(lost),
                Err(lost) => match pauses.next() {
                    Some(pause) => thread::sleep(*pause),
                    None => return Err(lost),
                },
            }
        }
    }

    /// One more, unless somebody else is about to open one.
    fn one_more(&self) -> Option<Arc<Link>> {
        let _alone = self.opening.try_lock().ok()?;
        self.keep(self.open())
    }

    /// Keeps a connection; or, if it was refused, that no more can be had for now.
    fn keep(&self, opened: Result<Arc<Link>, Lost>) -> Option<Arc<Link>> {
        if opened.is_err() {
            *locked(&self.sated) = Some(Instant::now());
        }
        opened.ok().map(|link| self.take_in(link))
    }

    /// Takes a connection that was opened elsewhere.
    pub(super) fn take_in(&self, link: Arc<Link>) -> Arc<Link> {
        self.met.store(true, Ordering::Relaxed);
        locked(&self.links).push(Arc::clone(&link));
        link
    }

    fn is_sated(&self) -> bool {
        locked(&self.sated).is_some_and(|since| since.elapsed() < SATED)
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
