//! What servers of ours have in common that hold something: a test looks at it and changes it while they answer by it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::{Answer, Answers, Asked};

/// A server that answers by what it holds, until it is dropped.
pub struct Holding<S> {
    answers: Answers,
    held: Arc<Mutex<S>>,
}

impl<S: Default + Send + 'static> Holding<S> {
    /// Starts one that holds nothing yet, and answers one request after the other.
    pub fn answering(answer: impl Fn(&mut S, &Asked) -> Answer + Send + Sync + 'static) -> Self {
        let held = Arc::new(Mutex::new(S::default()));
        let theirs = Arc::clone(&held);
        Self { answers: Answers::start(move |asked| answer(&mut lock(&theirs), asked)), held }
    }

    /// Its address, without a path.
    pub fn url(&self) -> String {
        self.answers.url()
    }

    /// What it holds, to look at and to change; it answers nothing meanwhile.
    pub fn held(&self) -> MutexGuard<'_, S> {
        lock(&self.held)
    }
}

fn lock<S>(held: &Mutex<S>) -> MutexGuard<'_, S> {
    // A test that failed while it looked has told why already.
    held.lock().unwrap_or_else(PoisonError::into_inner)
}
