//! One attempt: a kind at work on a tokio task, and what it is given to work with.

use std::any::Any;
use std::panic::AssertUnwindSafe;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures::FutureExt;
use longshore_engine::decide::{self, Ending, Start};
use longshore_engine::event::Parent;
use longshore_engine::{Fault, RunId};
use longshore_flows::Secrets;
use longshore_flows::kind::{Context, Done, Level, Progress, TaskHost, Waiting, Waker};
use longshore_flows::secrets::known;
use serde_json::Value;
use tokio::sync::watch;
use tokio::task::AbortHandle;

use crate::board::{Board, Cell, lock};
use crate::child::Child;
use crate::logs::Logs;
use crate::output::bounded;
use crate::stall::Stall;
use crate::vault::Sealed;
use crate::{At, Journal, LogLine, Note, Parts, Runner, Saved};

/// Why an attempt was told to stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Why {
    Told(decide::Stop),
    /// Its run was paused, and its kind stops for that.
    Pause,
    Shutdown,
}

/// The runner's side of an attempt.
pub(crate) struct Attempt {
    pub(crate) number: u32,
    pub(crate) cell: Arc<Cell>,
    /// It was woken before it was deferred: then it looks again at once.
    pub(crate) woken: bool,
    stop: watch::Sender<Option<Why>>,
    task: Option<AbortHandle>,
}

impl Attempt {
    pub(crate) fn new(number: u32, cell: Arc<Cell>) -> Self {
        Self { number, cell, woken: false, stop: watch::Sender::new(None), task: None }
    }

    /// With the task on which it works.
    pub(crate) fn on(self, task: AbortHandle) -> Self {
        Self { task: Some(task), ..self }
    }

    /// Ends its task where it next waits. What it does on other threads ends at the next look whether it shall stop.
    pub(crate) fn cut_off(&self) {
        if let Some(task) = &self.task {
            task.abort();
        }
    }

    /// Tells it to stop. What was told first holds.
    pub(crate) fn stop(&self, why: Why) {
        self.stop.send_if_modified(|told| {
            let first = told.is_none();
            *told = told.or(Some(why));
            first
        });
    }
}

/// What every attempt needs of the runner.
#[derive(Clone)]
pub(crate) struct Ground {
    pub(crate) parts: Arc<Parts>,
    pub(crate) board: Arc<Board>,
    pub(crate) logs: Arc<Logs>,
    pub(crate) runner: Runner,
}

/// What an attempt does.
pub(crate) struct What {
    /// The kind.
    pub(crate) uses: String,
    /// How long it may go without a sign that it comes forward.
    pub(crate) stall: Option<Duration>,
}

/// Works an attempt through to its end. Never panics: what the kind does is caught.
pub(crate) fn work(
    ground: Ground,
    what: What,
    sealed: Vec<Sealed>,
    start: Start,
    attempt: &Attempt,
) -> impl Future<Output = Ending> + use<> {
    let at = At { run: start.run.clone(), task: attempt.cell.task.clone(), index: attempt.cell.index };
    let host = Arc::new(Host {
        at,
        attempt: start.attempt,
        resumes: start.resumes,
        runner: ground.runner.clone(),
        journal: ground.parts.journal.clone(),
        board: ground.board.clone(),
        logs: ground.logs.clone(),
        cell: attempt.cell.clone(),
        checkpoint: Mutex::new(None),
        stop: attempt.stop.subscribe(),
        said: AtomicBool::new(false),
        stall: Stall::new(what.stall, ground.parts.clock.clone()),
        secrets: ground.runner.vault.secrets(&sealed),
        sealed,
    });
    async move {
        let ending = host.clone().through(&ground, &what.uses, start).await;
        if host.said.load(Ordering::Relaxed) {
            // Whoever hears of the end finds the lines.
            ground.logs.flush().await;
        }
        ending
    }
}

/// What the kind is given.
struct Host {
    at: At,
    attempt: u32,
    resumes: bool,
    runner: Runner,
    journal: Arc<dyn Journal>,
    board: Arc<Board>,
    logs: Arc<Logs>,
    cell: Arc<Cell>,
    checkpoint: Mutex<Option<Value>>,
    stop: watch::Receiver<Option<Why>>,
    said: AtomicBool,
    stall: Stall,
    sealed: Vec<Sealed>,
    /// Hidden in all that leaves the attempt.
    secrets: Secrets,
}

impl Host {
    async fn through(self: Arc<Self>, ground: &Ground, uses: &str, start: Start) -> Ending {
        if let Err(fault) = self.load_checkpoint().await {
            return Ending::Failed(fault);
        }
        let Some(kind) = ground.parts.kinds.get(uses) else {
            return Ending::Failed(unknown_kind(uses));
        };
        let context = self.clone().context(ground, &start);
        let with = match ground.runner.vault.unseal(&self.sealed, start.with) {
            Ok(with) => with,
            Err(fault) => return Ending::Failed(fault),
        };
        let work = AssertUnwindSafe(async { kind.run(with, context).await }).catch_unwind();
        let done = self.stall.watch(work).await;
        self.hidden(self.ending(done))
    }

    /// A text for people, free of the run's secrets and of those of connections. What tasks hand to each other is free of the run's
    /// only: the password of a connection may be a part of a path.
    fn said_free(&self, text: &str) -> String {
        known().mask(&self.secrets.mask(text)).into_owned()
    }

    /// The ending, free of secrets.
    fn hidden(&self, ending: Ending) -> Ending {
        match ending {
            Ending::Done(output) => Ending::Done(self.secrets.mask_value(output)),
            Ending::Skipped(why) => Ending::Skipped(self.said_free(&why)),
            Ending::Failed(fault) => Ending::Failed(known().mask_fault(self.secrets.mask_fault(fault))),
            other => other,
        }
    }

    /// A first attempt has no checkpoint, unless it goes on after it was deferred.
    async fn load_checkpoint(&self) -> Result<(), Fault> {
        if self.attempt == 1 && !self.resumes {
            return Ok(());
        }
        let (journal, at) = (self.journal.clone(), self.at.clone());
        let saved = tokio::task::spawn_blocking(move || journal.checkpoint(&at)).await;
        let saved = saved.unwrap_or_else(|error| Err(decide::panicked(&self.at.task, &error.to_string())))?;
        *lock(&self.checkpoint) = saved.map(|saved| saved.checkpoint);
        Ok(())
    }

    fn context(self: Arc<Self>, ground: &Ground, start: &Start) -> Context {
        let (run, task) = (self.at.run.clone(), self.at.task.clone());
        let parent = Parent { run, task, index: self.at.index, waits: false, depth: 0 };
        Context {
            run: self.at.run.to_string(),
            task: self.at.task.clone(),
            index: self.at.index,
            attempt: start.attempt,
            services: Child::services(&ground.runner, Some(parent), self.secrets.clone()),
            secrets: self.secrets.clone(),
            host: self,
        }
    }

    fn ending(&self, done: Result<Result<Done<Value>, Fault>, Box<dyn Any + Send>>) -> Ending {
        let why = *self.stop.borrow();
        match (done, why) {
            (Ok(Ok(Done::Output(output))), _) => bounded(&self.at.task, output),
            (Ok(Ok(Done::Skipped(why))), _) => Ending::Skipped(why),
            (Ok(Ok(Done::Deferred { until })), None) => Ending::Deferred(until),
            (Ok(Ok(Done::Deferred { .. })), Some(Why::Told(stop))) => Ending::Stopped(stop),
            (Ok(Ok(Done::Deferred { .. })), Some(Why::Shutdown | Why::Pause)) => Ending::Interrupted,
            (Err(panic), _) => Ending::Failed(decide::panicked(&self.at.task, &said(panic.as_ref()))),
            (Ok(Err(_)), None) if self.stall.is() => Ending::Failed(self.stall.fault(&self.at.task)),
            (Ok(Err(fault)), None) => Ending::Failed(fault),
            (Ok(Err(fault)), Some(why)) => {
                self.log(Level::Debug, &format!("stopped ({}): {fault}", fault.code));
                match why {
                    Why::Told(stop) => Ending::Stopped(stop),
                    Why::Shutdown | Why::Pause => Ending::Interrupted,
                }
            }
        }
    }
}

pub(crate) fn said(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "it panicked".into())
}

/// The fault of a task of a kind that there is not.
pub fn unknown_kind(uses: &str) -> Fault {
    Fault::fatal("task.unknown_kind", "The task cannot be run", format!("there is no kind of task {uses:?}"))
        .now("Open this workspace with the version of Longshore that the run was started with.")
}

impl TaskHost for Host {
    fn log(&self, level: Level, text: &str) {
        self.said.store(true, Ordering::Relaxed);
        self.stall.came_forward();
        let (task, index, attempt) = (self.at.task.clone(), self.at.index, self.attempt);
        let line = LogLine { at: self.logs.now(), task, index, attempt, level, text: self.said_free(text) };
        self.logs.say(&self.at.run, line);
    }

    fn progress(&self, mut progress: Progress) {
        if let std::borrow::Cow::Owned(masked) = self.secrets.mask(&progress.now) {
            progress.now = masked;
        }
        if self.board.progress(&self.cell, progress) {
            self.stall.came_forward();
        }
    }

    fn notice(&self, title: &str, text: &str) {
        let (title, text) = (self.said_free(title), self.said_free(text));
        self.board.tell(Note::Notice { run: self.at.run.clone(), title, text });
    }

    fn checkpoint(&self) -> Option<Value> {
        lock(&self.checkpoint).clone()
    }

    fn save_checkpoint(&self, checkpoint: Value) -> Result<(), Fault> {
        // The runner let go of this attempt: another one may work by now.
        if self.stop.has_changed().is_err() {
            return Err(abandoned());
        }
        let saved = Saved { checkpoint: self.secrets.mask_value(checkpoint), written: self.cell.written() };
        self.journal.save_checkpoint(&self.at, &saved)?;
        self.stall.came_forward();
        *lock(&self.checkpoint) = Some(saved.checkpoint);
        Ok(())
    }

    fn came_forward(&self) {
        self.stall.came_forward();
    }

    fn cancelled(&self) -> bool {
        self.stop.borrow().is_some() || self.stall.is()
    }

    fn wait_cancelled(&self) -> Waiting<'_> {
        let mut stop = self.stop.clone();
        Box::pin(async move {
            // An error means that the runner let go of the attempt: then it must stop too.
            tokio::select! {
                _ = stop.wait_for(Option::is_some) => {}
                () = self.stall.wait() => {}
            }
        })
    }

    fn waker(&self) -> Waker {
        let (runner, at) = (self.runner.clone(), self.at.clone());
        Arc::new(move || runner.wake_soon(&at))
    }
}

fn abandoned() -> Fault {
    Fault::transient("task.stopped", "The attempt goes on no more", "it was cancelled and did not stop in time")
}

/// Id of a run that starts now, after all others: a ULID, monotonic within the process.
pub(crate) fn new_id(last: &mut ulid::Ulid, now: i64) -> RunId {
    let at = std::time::UNIX_EPOCH + std::time::Duration::from_millis(u64::try_from(now).unwrap_or(0));
    let fresh = ulid::Ulid::from_datetime(at);
    // With the clock set back, or two in one millisecond, the order of creation must still be the order of ids.
    *last = if fresh > *last { fresh } else { last.increment().unwrap_or(fresh) };
    RunId::from(last.to_string())
}
