//! Listings for plans that are going on, so that they can be stopped.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use crate::events::lock;

/// The listings that are going on, by token.
#[derive(Default)]
pub(crate) struct Walks {
    going: Arc<Mutex<HashMap<String, Arc<AtomicBool>>>>,
}

impl Walks {
    /// Begins a listing. It is told to stop by its token, when another one of the same token begins, and when the guard is dropped.
    pub(crate) fn begin(&self, token: &str) -> (Guard, Stop) {
        let stop = Arc::new(AtomicBool::new(false));
        if let Some(earlier) = lock(&self.going).insert(token.to_owned(), stop.clone()) {
            earlier.store(true, Ordering::Relaxed);
        }
        (Guard { going: self.going.clone(), token: token.to_owned(), stop: stop.clone() }, Stop(stop))
    }

    /// Stops a listing; one that is over is no error.
    pub(crate) fn stop(&self, token: &str) {
        if let Some(stop) = lock(&self.going).get(token) {
            stop.store(true, Ordering::Relaxed);
        }
    }

    /// Stops all of them.
    pub(crate) fn stop_all(&self) {
        for stop in lock(&self.going).values() {
            stop.store(true, Ordering::Relaxed);
        }
    }
}

/// Whether a listing was told to stop.
pub(crate) struct Stop(Arc<AtomicBool>);

impl Stop {
    /// Whether it was.
    pub(crate) fn told(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// Held by who asked: when they are gone, nobody wants the listing.
pub(crate) struct Guard {
    going: Arc<Mutex<HashMap<String, Arc<AtomicBool>>>>,
    token: String,
    stop: Arc<AtomicBool>,
}

impl Drop for Guard {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        let mut going = lock(&self.going);
        if going.get(&self.token).is_some_and(|current| Arc::ptr_eq(current, &self.stop)) {
            going.remove(&self.token);
        }
    }
}
