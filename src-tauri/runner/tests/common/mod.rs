//! A runner on a real database, with a clock that the test moves, a task that does what the test says, and a storage whose room
//! the test sets.
#![allow(dead_code, reason = "each test uses its part")]

mod journal;
pub(crate) mod outside;
mod puppet;
mod remote_archiver;
pub(crate) mod site;
mod storage;
pub(crate) mod unlucky;
pub(crate) mod vault;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

pub(crate) use journal::Fused;
pub(crate) use puppet::{Act, Deaf, Puppet};
pub(crate) use storage::Bare;

use longshore_engine::event::{TaskEvent, What};
use longshore_engine::{Clock, Event, Fault, Flow, Millis, RunId, RunState};
use longshore_flows::KindSet;
use longshore_flows::kinds::{flow_run::FlowRun, flow_start::FlowStart, noop::Noop};
use longshore_runner::{FlowSource, NewRun, Note, Parts, Runner};
use longshore_store::{Options, Store};
use longshore_testkit::{Fuse, MemoryCatalogue, SimClock, When};
use serde_json::{Map, Value};
use tempfile::TempDir;
use tokio::sync::{broadcast, mpsc};

/// However slow the machine is, nothing here takes this long.
const PATIENCE: Duration = Duration::from_mins(1);

/// Flows in force, by id.
#[derive(Default)]
pub(crate) struct Flows(pub(crate) BTreeMap<String, Arc<Flow>>);

impl FlowSource for Flows {
    fn flow(&self, id: &str) -> Result<Arc<Flow>, Fault> {
        let unknown = || Fault::permanent("flow.unknown", "There is no such flow", id);
        self.0.get(id).cloned().ok_or_else(unknown)
    }
}

pub(crate) fn flow(text: &str) -> Arc<Flow> {
    Arc::new(Flow::parse("test.yaml", text, None).unwrap_or_else(|faults| panic!("{faults:#?}")))
}

/// What outlives a process.
pub(crate) struct Disk {
    folder: TempDir,
    pub(crate) clock: Arc<SimClock>,
    pub(crate) storage: Arc<Bare>,
}

impl Disk {
    pub(crate) fn new() -> Self {
        let folder = TempDir::new().expect("a folder");
        Self {
            folder,
            clock: Arc::new(SimClock::at(Millis(1_790_000_000_000))),
            storage: Arc::new(Bare::with_room(1 << 30)),
        }
    }

    pub(crate) fn database(&self) -> std::path::PathBuf {
        Path::new(self.folder.path()).join("longshore.db")
    }

    pub(crate) fn open(&self) -> Store {
        Store::open(&self.database(), &Options::default()).expect("opens")
    }

    pub(crate) async fn stage(&self) -> Stage {
        self.stage_with(Flows::default(), None).await
    }

    /// A process: a runner on this disk. The fuse, if any, ends it at a write of the journal or of a checkpoint.
    pub(crate) async fn stage_with(&self, flows: Flows, blow_at: Option<(u64, When)>) -> Stage {
        let (store, fuse) = (self.open(), Arc::new(Fuse::new()));
        fuse.set(blow_at);
        let (out, started) = mpsc::unbounded_channel();
        let parts = Parts {
            journal: Arc::new(Fused::new(store.clone(), fuse)),
            catalogue: Arc::new(MemoryCatalogue::default()),
            storages: self.storage.clone(),
            kinds: KindSet::new().with(Noop).with(FlowStart).with(FlowRun).with(Puppet(out)).with(Deaf),
            flows: Arc::new(flows),
            clock: self.clock.clone(),
            capacity: 4,
            variables: Map::new(),
        };
        Stage::start(parts, store, self.clock.clone(), started).await
    }
}

/// A process at work.
pub(crate) struct Stage {
    pub(crate) runner: Runner,
    pub(crate) store: Store,
    notes: broadcast::Receiver<Note>,
    /// Attempts of `puppet` that wait for what the test says.
    started: mpsc::UnboundedReceiver<Act>,
    pub(crate) clock: Arc<SimClock>,
}

impl Stage {
    async fn start(parts: Parts, store: Store, clock: Arc<SimClock>, started: mpsc::UnboundedReceiver<Act>) -> Self {
        let runner = Runner::start(parts).await.expect("starts");
        let notes = runner.subscribe();
        Self { runner, store, notes, started, clock }
    }

    pub(crate) async fn create(&self, flow: &Arc<Flow>, params: Value) -> RunId {
        self.try_create(flow, params, None).await.expect("a run")
    }

    pub(crate) async fn try_create(&self, flow: &Arc<Flow>, params: Value, key: Option<&str>) -> Result<RunId, Fault> {
        let Value::Object(params) = params else { panic!("parameters are an object") };
        let new = NewRun {
            flow: flow.clone(),
            params,
            key: key.map(str::to_owned),
            parent: None,
            scheduled: None,
            priority: None,
        };
        self.runner.create_run(new).await
    }

    pub(crate) async fn end(&self, run: &RunId) -> RunState {
        within(self.runner.wait(run)).await.expect("ends")
    }

    /// The next attempt of `puppet` that starts.
    pub(crate) async fn act(&mut self) -> Act {
        within(self.started.recv()).await.expect("an attempt")
    }

    /// Whether an attempt of `puppet` has started.
    pub(crate) fn acts(&mut self) -> bool {
        !self.started.is_empty()
    }

    pub(crate) async fn note<T>(&mut self, mut wanted: impl FnMut(&Note) -> Option<T>) -> T {
        within(async {
            loop {
                match self.notes.recv().await {
                    Ok(note) => {
                        if let Some(found) = wanted(&note) {
                            return found;
                        }
                    }
                    Err(broadcast::error::RecvError::Lagged(_)) => {}
                    Err(error) => panic!("{error}"),
                }
            }
        })
        .await
    }

    /// Waits for an event of a task.
    pub(crate) async fn event(&mut self, task: &str, name: &str) -> Event {
        self.note(|note| match note {
            Note::Events(events) => {
                events.iter().find(|event| event.task_id() == Some(task) && event.name() == name).cloned()
            }
            _ => None,
        })
        .await
    }

    /// Waits for a retry to be planned, and moves the clock to it.
    pub(crate) async fn pass_retry(&mut self, task: &str) -> Duration {
        let What::Task { event: TaskEvent::Retrying { next_at, .. }, .. } =
            self.event(task, "task.retrying").await.what
        else {
            panic!("not a retry");
        };
        let wait = next_at - self.clock.now();
        self.clock.advance(wait);
        wait
    }

    /// Passes the time of every retry until nothing is active any more, or the process is gone.
    pub(crate) async fn rest(&mut self) {
        let runner = self.runner.clone();
        while let Some(run) = runner.active().into_iter().next() {
            let next_at = |event: &Event| match event.what {
                What::Task { event: TaskEvent::Retrying { next_at, .. }, .. } => Some(next_at),
                _ => None,
            };
            let retries = |note: &Note| match note {
                Note::Events(events) => events.iter().filter_map(next_at).max(),
                _ => None,
            };
            tokio::select! {
                ended = within(runner.wait(&run)) => if ended.is_err() { return },
                at = self.note(retries) => self.clock.advance(at - self.clock.now()),
            }
        }
    }

    /// The code of the last failure of a run.
    pub(crate) fn fault(&self, run: &RunId) -> Option<String> {
        let events = self.store.events(run).expect("reads");
        events.iter().rev().find_map(|event| match &event.what {
            What::Task { event, .. } => event.fault().map(|fault| fault.code.clone()),
            _ => None,
        })
    }

    /// Names of the events of a run, in order.
    pub(crate) fn journal(&self, run: &RunId) -> Vec<String> {
        self.store.events(run).expect("reads").iter().map(named).collect()
    }

    /// Lets other tasks work until something holds.
    pub(crate) async fn until(&self, holds: impl Fn(&Runner) -> bool) {
        within(async {
            while !holds(&self.runner) {
                tokio::task::yield_now().await;
            }
        })
        .await;
    }

    pub(crate) fn waits(&self, run: &RunId) -> Option<String> {
        self.runner.live(run).into_iter().find_map(|live| live.waits)
    }
}

/// Name of an event, with its task run.
fn named(event: &Event) -> String {
    match (event.task_id(), event.index()) {
        (None, _) => event.name().to_owned(),
        (Some(task), None) => format!("{} {task}", event.name()),
        (Some(task), Some(index)) => format!("{} {task}[{index}]", event.name()),
    }
}

pub(crate) async fn within<T>(work: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, work).await.expect("in time")
}
