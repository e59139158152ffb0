//! A SciCat written from its documented behaviour; not the real one.
//!
//! The backend of SciCat needs MongoDB and Node; this is as much of its REST API, in versions 3 and 4, as an archiving service speaks to, with
//! the validation and the surprises of the backend (scicat-backend-next of 2026): a token that has expired is answered with 403 where
//! a login is needed and with published data only where none is; an unknown job is a 400; a change of the lifecycle through the
//! dataset resets what it does not name; errors come in four forms. What the documents leave open is said where it is decided.

mod blocks;
mod call;
mod datasets;
mod filter;
mod jobs;
mod lifecycle;
mod login;
mod reply;
mod rules;
mod state;

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use longshore_engine::Clock as _;

use self::call::Call;
use self::reply::{Reply, answer, cannot};
use super::{Answer, Answers, Asked};
use crate::SimClock;

pub use self::state::{State, User};

/// What goes wrong with requests when a test wants it to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// The connection ends without an answer, and nothing was done.
    HangsUp,
    /// What was asked is done, and the connection ends without an answer.
    LosesAnswer,
    /// A proxy before it answers with this status and a page of HTML.
    Proxy(u16),
    /// A failure that SciCat did not expect: status 500 with a bare JSON string.
    Fails,
}

/// Trouble for the next requests.
struct Planned {
    method: Option<&'static str>,
    trouble: Trouble,
    left: usize,
}

/// What the threads that answer share.
struct Shared {
    clock: Arc<SimClock>,
    state: Mutex<State>,
    planned: Mutex<Vec<Planned>>,
    held: Mutex<bool>,
    released: Condvar,
}

/// The server, until it is dropped.
pub struct SciCat {
    answers: Answers,
    shared: Arc<Shared>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // A test that failed while it looked has told why already.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl SciCat {
    /// Starts one with both versions of the interface, and the users [`User::archiver`] and [`User::scientist`].
    pub fn start() -> Self {
        Self::with_versions(&[3, 4])
    }

    /// An older one, without version 4.
    pub fn start_v3() -> Self {
        Self::with_versions(&[3])
    }

    fn with_versions(versions: &'static [u8]) -> Self {
        let shared = Arc::new(Shared {
            clock: Arc::new(SimClock::default()),
            state: Mutex::new(State::new(versions)),
            planned: Mutex::default(),
            held: Mutex::new(false),
            released: Condvar::new(),
        });
        let theirs = Arc::clone(&shared);
        Self { answers: Answers::start(move |asked| theirs.answer(asked)), shared }
    }

    /// Its address, without a path.
    pub fn url(&self) -> String {
        self.answers.url()
    }

    /// Its clock. Tokens expire by it.
    pub fn clock(&self) -> Arc<SimClock> {
        Arc::clone(&self.shared.clock)
    }

    /// What it holds and what it was asked, to look at and to change.
    pub fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.shared.state)
    }

    /// So many requests from now on, of this method if one is given, meet with this trouble.
    pub fn trouble(&self, method: Option<&'static str>, trouble: Trouble, left: usize) {
        lock(&self.shared.planned).push(Planned { method, trouble, left });
    }

    /// Every request from now on is hung up on, until [`SciCat::up`].
    pub fn down(&self) {
        self.trouble(None, Trouble::HangsUp, usize::MAX);
    }

    /// No more trouble.
    pub fn up(&self) {
        lock(&self.shared.planned).clear();
    }

    /// Answers to nobody until [`SciCat::release`].
    pub fn hold(&self) {
        *lock(&self.shared.held) = true;
    }

    /// Answers to those that wait, and to others.
    pub fn release(&self) {
        *lock(&self.shared.held) = false;
        self.shared.released.notify_all();
    }

    /// Every token that was given out has expired.
    pub fn expire_tokens(&self) {
        self.state().tokens.clear();
    }
}

impl Drop for SciCat {
    fn drop(&mut self) {
        self.release();
    }
}

impl Shared {
    fn answer(&self, asked: &Asked) -> Answer {
        let held = lock(&self.held);
        // A test that forgets to release it fails by its own patience, long before this.
        drop(self.released.wait_timeout_while(held, Duration::from_mins(10), |held| *held));
        match self.next_trouble(&asked.method) {
            Some(Trouble::HangsUp) => Answer::hung_up(),
            Some(Trouble::Proxy(status)) => {
                let page = format!("<html><head><title>{status}</title></head><body>the proxy's page</body></html>");
                Answer::new(status, page).with("Content-Type", "text/html")
            }
            Some(Trouble::Fails) => answer(&Err(reply::unexpected())),
            Some(Trouble::LosesAnswer) => {
                drop(self.carry_out(asked));
                Answer::hung_up()
            }
            None => answer(&self.carry_out(asked)),
        }
    }

    fn next_trouble(&self, method: &str) -> Option<Trouble> {
        let mut planned = lock(&self.planned);
        let at = planned.iter().position(|one| one.method.is_none_or(|only| only == method))?;
        let trouble = planned[at].trouble;
        planned[at].left -= 1;
        if planned[at].left == 0 {
            planned.remove(at);
        }
        Some(trouble)
    }

    fn carry_out(&self, asked: &Asked) -> Reply {
        let mut state = lock(&self.state);
        state.asked.push(asked.clone());
        state.now = self.clock.now().0;
        let call = Call::read(asked, &state).ok_or_else(|| cannot(&asked.method, &asked.target))?;
        route(&mut state, &call)
    }
}

/// What is under an address. Only some of it is in version 4.
fn route(state: &mut State, call: &Call) -> Reply {
    let path: Vec<&str> = call.path.iter().map(String::as_str).collect();
    match (call.version, path.as_slice()) {
        (_, ["datasets", rest @ ..]) => datasets::answer(state, call, rest),
        (_, ["jobs", rest @ ..]) => jobs::answer(state, call, rest),
        (_, ["origdatablocks"]) => blocks::all_orig(state, call),
        (3, ["datablocks"]) => blocks::all(state, call),
        (3, ["auth", action]) => login::answer(state, call, action),
        (3, ["users", "my", "identity"]) => login::identity(state, call),
        (3, ["health"]) => Ok((200, serde_json::json!({"status": "ok", "info": {}, "error": {}, "details": {}}))),
        _ => Err(call.nothing_there()),
    }
}
