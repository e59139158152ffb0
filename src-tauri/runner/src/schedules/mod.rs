//! Starts the runs that schedules ask for.
//!
//! A task beside the actor. What it has done is in the store, but what keeps a time from running twice is its run's key: a crash
//! between the creation of the run and the note of it costs a question, not a second run.

mod folder;
mod notices;
mod turn;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use longshore_engine::schedule::{Jump, Reading};
use longshore_engine::{Clock, Fault, Flow, Millis};
use longshore_store::{Pause, Store};
use tokio::sync::{Notify, mpsc};
use tokio::task::JoinHandle;

use self::folder::Folder;
use self::notices::Notices;
use crate::Runner;

/// A clock that was set, or a machine that slept, is noticed at the latest after this.
const LOOK: Duration = Duration::from_secs(30);

/// The flows whose schedules are in force.
pub trait ScheduledFlows: Send + Sync {
    /// All of them, in the versions that new runs get.
    fn scheduled(&self) -> Vec<Arc<Flow>>;
}

/// Told after something changed about schedules: a run was started, a folder could not be read, a flow's schedule came or went.
pub type Changed = mpsc::UnboundedSender<()>;

/// The scheduler. The work ends when this is dropped.
pub struct Scheduler {
    again: Arc<Notify>,
    work: JoinHandle<()>,
}

/// What the scheduler works with.
pub struct SchedulerParts {
    /// Starts the runs.
    pub runner: Runner,
    /// Keeps how far each schedule is.
    pub store: Store,
    /// The flows.
    pub flows: Arc<dyn ScheduledFlows>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Is told of changes.
    pub changed: Changed,
}

impl Scheduler {
    /// Looks at all schedules now, and whenever one is due, from now on.
    pub fn start(parts: SchedulerParts) -> Self {
        let again = Arc::new(Notify::new());
        let desk = Desk { parts, folders: BTreeMap::new(), began: true, told: None };
        let work = tokio::spawn(desk.serve(again.clone()));
        Self { again, work }
    }

    /// Flows changed, or schedules were paused or resumed: looks again at once.
    pub fn look_again(&self) {
        self.again.notify_one();
    }
}

impl Drop for Scheduler {
    fn drop(&mut self) {
        self.work.abort();
    }
}

/// Pauses the schedules of a flow. Says whether they were not paused before.
pub fn pause(store: &Store, flow: &str, now: Millis, by: Option<String>, why: Option<String>) -> Result<bool, Fault> {
    Ok(store.pause_schedules(&Pause { flow: flow.into(), at: now.0, by, why })?)
}

/// What makes a schedule's run for a time the same run when it is asked for twice.
pub fn key_of(flow: &str, n: usize, at: Millis) -> String {
    format!("schedule/{flow}/{n}/{}", at.rfc3339())
}

/// Where the scheduler works.
struct Desk {
    parts: SchedulerParts,
    /// What is known of each watched folder, by flow and position.
    folders: BTreeMap<(String, u32), Folder>,
    /// Nothing was looked at yet.
    began: bool,
    /// The last fault of the store that was logged, so that it is not logged every time.
    told: Option<String>,
}

impl Desk {
    async fn serve(mut self, again: Arc<Notify>) {
        let clock = self.parts.clock.clone();
        let mut notices = Notices::default();
        let mut last = clock.read();
        loop {
            let (now, began) = (clock.read(), clock.now());
            tell_jumps(&now, &last);
            last = now;
            let next = match self.look(now.wall).await {
                Ok(next) => next,
                Err(fault) => self.failed(&fault),
            };
            self.began = false;
            notices.watch(self.folders.values().map(Folder::path));
            let left = next.map_or(LOOK, |next| (next - now.wall).min(LOOK));
            tokio::select! {
                () = clock.sleep_until(began + left) => {}
                () = again.notified() => {}
                () = notices.next() => self.folders.values_mut().for_each(Folder::noticed),
            }
        }
    }

    fn failed(&mut self, fault: &Fault) -> Option<Millis> {
        if self.told.replace(fault.code.clone()).as_ref() != Some(&fault.code) {
            tracing::error!(%fault, "the schedules could not be looked at; they are looked at again in a while");
        }
        None
    }
}

fn tell_jumps(now: &Reading, last: &Reading) {
    for jump in now.jumps(last) {
        let seconds = |by: Duration| by.as_secs();
        match jump {
            Jump::Slept(by) => {
                tracing::warn!(seconds = seconds(by), "the machine slept: what was due meanwhile is missed");
            }
            Jump::Forward(by) => {
                tracing::warn!(seconds = seconds(by), "the clock was set forward: what was due in between is missed");
            }
            Jump::Back(by) => {
                tracing::warn!(seconds = seconds(by), "the clock was set back: what has run does not run again");
            }
        }
    }
}
