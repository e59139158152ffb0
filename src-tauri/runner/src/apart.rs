//! One attempt of a task run that another engine has started: no journal and no actor, only the kind at work.

use std::panic::AssertUnwindSafe;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures::FutureExt as _;
use longshore_engine::decide::Ending;
use longshore_engine::{Clock, Fault, Millis, decide};
use longshore_flows::kind::{Context, Done, Kind, Level, Progress, Services, TaskHost, Waiting};
use longshore_flows::secrets::{Secrets, known};
use longshore_flows::temporary::Temporary;
use serde_json::Value;
use tokio::sync::watch;

pub use crate::attempt::unknown_kind;

use crate::LogLine;
use crate::board::lock;
use crate::output::bounded;
use crate::stall::Stall;

/// Where the attempt's words go, and what it goes on from comes from.
pub trait Desk: Send + Sync {
    /// A line of its log, free of secrets.
    fn log(&self, line: LogLine);
    /// How far it is.
    fn progress(&self, progress: &Progress);
    /// Keeps what a later attempt goes on from; blocks until other workers would find it, or says that it was kept.
    fn save_checkpoint(&self, checkpoint: &Value) -> Result<(), Fault>;
}

/// An attempt, and what it is given.
pub struct Apart {
    /// Id of the run.
    pub run: String,
    /// Task.
    pub task: String,
    /// Map index.
    pub index: Option<u32>,
    /// Which attempt it is, from 1.
    pub attempt: u32,
    /// How long it may work.
    pub timeout: Option<Duration>,
    /// How long it may go without coming forward.
    pub stall: Option<Duration>,
    /// What an earlier attempt has saved.
    pub checkpoint: Option<Value>,
    /// Hidden in all that leaves it.
    pub secrets: Secrets,
    /// What it works with.
    pub services: Services,
    /// Where its words go.
    pub desk: Arc<dyn Desk>,
    /// Turns true when it shall stop.
    pub stop: watch::Receiver<bool>,
}

/// How it ended.
#[derive(Debug, Clone, PartialEq)]
pub enum Ended {
    /// Done, with this output.
    Done(Value),
    /// There was nothing to do, and why.
    Skipped(String),
    /// It failed.
    Failed(Fault),
    /// It was told to stop, and goes on from its checkpoint another time.
    Stopped,
}

impl Apart {
    /// Works to its end. What is deferred is waited for here, as nobody else would come back to it.
    pub async fn carry_out(mut self, kind: &dyn Kind, with: Value) -> Ended {
        let (clock, secrets, task) = (self.services.clock.clone(), self.secrets.clone(), self.task.clone());
        let temporary = Temporary::default();
        self.services.storages = temporary.seen_by(&self.run, self.services.storages.clone());
        loop {
            let (late, out_of_time) = watch::channel(false);
            let stall = Stall::new(self.stall, clock.clone());
            let host = Arc::new(Host::of(&self, stall, out_of_time));
            let context = self.context(host.clone());
            let work = AssertUnwindSafe(kind.run(with.clone(), context)).catch_unwind();
            let done = in_time(clock.as_ref(), self.timeout, &late, host.stall.watch(work)).await;
            self.checkpoint = host.checkpoint();
            let until = match done {
                Ok(Ok(Done::Deferred { until })) if !*self.stop.borrow() => until,
                Ok(Ok(Done::Deferred { .. })) => return Ended::Stopped,
                Ok(Ok(Done::Output(output))) => return finished(&task, secrets.mask_value(output), &secrets),
                Ok(Ok(Done::Skipped(why))) => return Ended::Skipped(said_free(&secrets, &why)),
                Ok(Err(_)) if *self.stop.borrow() => return Ended::Stopped,
                Ok(Err(_)) if *late.borrow() => return Ended::Failed(decide::timed_out(&task, self.timeout)),
                Ok(Err(_)) if host.stall.is() => return Ended::Failed(host.stall.fault(&task)),
                Ok(Err(fault)) => return failed(&secrets, fault),
                Err(panic) => return failed(&secrets, decide::panicked(&task, &crate::attempt::said(panic.as_ref()))),
            };
            if !self.wait(until).await {
                return Ended::Stopped;
            }
        }
    }

    /// Waits for a time; false if it was told to stop before.
    async fn wait(&mut self, until: Millis) -> bool {
        let clock = self.services.clock.clone();
        tokio::select! {
            () = clock.sleep_until(until) => true,
            _ = self.stop.wait_for(|stop| *stop) => false,
        }
    }

    fn context(&self, host: Arc<Host>) -> Context {
        Context {
            run: self.run.clone(),
            task: self.task.clone(),
            index: self.index,
            attempt: self.attempt,
            services: self.services.clone(),
            secrets: self.secrets.clone(),
            host,
        }
    }
}

/// The work, which is told to stop once its time is up.
async fn in_time<T>(
    clock: &dyn Clock,
    timeout: Option<Duration>,
    late: &watch::Sender<bool>,
    work: impl Future<Output = T>,
) -> T {
    let Some(timeout) = timeout else { return work.await };
    let mut work = std::pin::pin!(work);
    tokio::select! {
        done = work.as_mut() => return done,
        () = clock.sleep_until(clock.now() + timeout) => late.send_replace(true),
    };
    work.await
}

fn finished(task: &str, output: Value, secrets: &Secrets) -> Ended {
    match bounded(task, output) {
        Ending::Done(output) => Ended::Done(output),
        Ending::Failed(fault) => failed(secrets, fault),
        _ => Ended::Stopped,
    }
}

fn failed(secrets: &Secrets, fault: Fault) -> Ended {
    Ended::Failed(known().mask_fault(secrets.mask_fault(fault)))
}

fn said_free(secrets: &Secrets, text: &str) -> String {
    known().mask(&secrets.mask(text)).into_owned()
}

/// What the kind is given.
struct Host {
    task: String,
    index: Option<u32>,
    attempt: u32,
    clock: Arc<dyn Clock>,
    secrets: Secrets,
    desk: Arc<dyn Desk>,
    saved: Mutex<Option<Value>>,
    stall: Stall,
    stop: watch::Receiver<bool>,
    late: watch::Receiver<bool>,
    /// What was moved when it last said so.
    moved: AtomicU64,
}

impl Host {
    fn of(attempt: &Apart, stall: Stall, late: watch::Receiver<bool>) -> Self {
        Self {
            task: attempt.task.clone(),
            index: attempt.index,
            attempt: attempt.attempt,
            clock: attempt.services.clock.clone(),
            secrets: attempt.secrets.clone(),
            desk: attempt.desk.clone(),
            saved: Mutex::new(attempt.checkpoint.clone()),
            stall,
            stop: attempt.stop.clone(),
            late,
            moved: AtomicU64::new(0),
        }
    }

    fn told(stop: &watch::Receiver<bool>) -> bool {
        // Whoever would have said so has gone: nobody waits for what it does.
        *stop.borrow() || stop.has_changed().is_err()
    }
}

impl TaskHost for Host {
    fn log(&self, level: Level, text: &str) {
        self.stall.came_forward();
        let (at, text) = (self.clock.now().0, said_free(&self.secrets, text));
        let line = LogLine { at, task: self.task.clone(), index: self.index, attempt: self.attempt, level, text };
        self.desk.log(line);
    }

    fn progress(&self, mut progress: Progress) {
        let amount = progress.bytes ^ progress.files.rotate_left(32);
        if self.moved.swap(amount, Ordering::Relaxed) != amount {
            self.stall.came_forward();
        }
        progress.now = self.secrets.mask(&progress.now).into_owned();
        self.desk.progress(&progress);
    }

    fn notice(&self, title: &str, text: &str) {
        self.log(Level::Info, &format!("{title}: {text}"));
    }

    fn checkpoint(&self) -> Option<Value> {
        lock(&self.saved).clone()
    }

    fn save_checkpoint(&self, checkpoint: Value) -> Result<(), Fault> {
        let checkpoint = self.secrets.mask_value(checkpoint);
        self.desk.save_checkpoint(&checkpoint)?;
        self.stall.came_forward();
        *lock(&self.saved) = Some(checkpoint);
        Ok(())
    }

    fn came_forward(&self) {
        self.stall.came_forward();
    }

    fn cancelled(&self) -> bool {
        Self::told(&self.stop) || *self.late.borrow() || self.stall.is()
    }

    fn wait_cancelled(&self) -> Waiting<'_> {
        let (mut stop, mut late) = (self.stop.clone(), self.late.clone());
        Box::pin(async move {
            // An error means that whoever asked has gone: then it must stop too.
            tokio::select! {
                _ = stop.wait_for(|stop| *stop) => {}
                _ = late.wait_for(|late| *late) => {}
                () = self.stall.wait() => {}
            }
        })
    }
}
