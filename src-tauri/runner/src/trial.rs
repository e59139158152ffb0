//! One task, tried by itself: no run, no journal, no retry. What it does outside of Longshore, it does.

use std::collections::BTreeMap;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures::FutureExt as _;
use longshore_engine::run::trial::{Given, rendered};
use longshore_engine::{Clock, Fault, Flow, RunId, decide};
use longshore_flows::kind::{Context, Done, Level, Progress, TaskHost, Waiting};
use longshore_flows::secrets::{Secrets, hide_everywhere};
use serde_json::{Map, Value};
use tokio::sync::watch;

use crate::actor::blocking;
use crate::board::lock;
use crate::child::Child;
use crate::{LogLine, Runner, variables, vault};

/// What to try, and with what.
pub struct Trial {
    /// The flow that the task stands in.
    pub flow: Arc<Flow>,
    /// The task.
    pub task: String,
    /// Parameters of the flow.
    pub params: Map<String, Value>,
    /// The item, of a mapped task.
    pub item: Option<Value>,
    /// Outputs of the tasks whose output it uses.
    pub outputs: BTreeMap<String, Value>,
    /// Is given each line that it logs.
    pub log: Box<dyn Fn(LogLine) + Send + Sync>,
}

impl Runner {
    /// Tries a task.
    pub async fn test(&self, trial: Trial) -> Result<Done<Value>, Fault> {
        let Trial { flow, task, params, item, outputs, log } = trial;
        let params = flow.check_params(&params)?;
        let secrets = secrets_of(&flow, &params);
        let parts = self.parts.clone();
        let vars = blocking(move || variables::all(parts.journal.variables()?, &parts.variables)).await?;
        let run = RunId::from(format!("test-{}", ulid::Ulid::generate()));
        let given = Given { params, vars, item, outputs };
        let with =
            rendered(&flow, &task, &run, self.parts.clock.now(), given).map_err(|fault| secrets.mask_fault(fault))?;
        let known = flow.task(&task).map(|task| (task.uses.clone(), task.timeout));
        let (uses, timeout) = known.unwrap_or_default();
        let kind = self.parts.kinds.get(&uses).ok_or_else(|| crate::attempt::unknown_kind(&uses))?;
        let (stop, stopped) = watch::channel(false);
        let host = Host {
            task: task.clone(),
            clock: self.parts.clock.clone(),
            secrets: secrets.clone(),
            log,
            stopped,
            saved: Mutex::default(),
        };
        let mut services = Child::services(self, None, secrets.clone());
        services.storages = self.temporary.seen_by(run.as_str(), services.storages);
        let context = Context {
            run: run.to_string(),
            task: task.clone(),
            index: None,
            attempt: 1,
            services,
            secrets: secrets.clone(),
            host: Arc::new(host),
        };
        let work = AssertUnwindSafe(async { kind.run(with, context).await }).catch_unwind();
        let done = self.in_time(timeout, stop, work).await;
        let done = done.unwrap_or_else(|panic| Err(decide::panicked(&task, &crate::attempt::said(panic.as_ref()))));
        self.temporary.forget(run.as_str());
        done.map(|done| hidden(&secrets, done)).map_err(|fault| secrets.mask_fault(fault))
    }

    /// The work, which is told to stop once its time is up.
    async fn in_time<T>(
        &self,
        timeout: Option<Duration>,
        stop: watch::Sender<bool>,
        work: impl Future<Output = T>,
    ) -> T {
        let clock = &self.parts.clock;
        let late = async {
            match timeout {
                Some(timeout) => clock.sleep_until(clock.now() + timeout).await,
                None => std::future::pending().await,
            }
        };
        let mut work = std::pin::pin!(work);
        tokio::select! {
            done = work.as_mut() => return done,
            () = late => stop.send_replace(true),
        };
        work.await
    }
}

pub(crate) fn secrets_of(flow: &Flow, params: &Map<String, Value>) -> Secrets {
    // Nothing was sealed: what stands in the place of the tokens are the values.
    let values = vault::sealed(flow, params);
    for one in &values {
        hide_everywhere(&one.token);
    }
    Secrets::of(values.iter().map(|one| one.token.as_str()))
}

fn hidden(secrets: &Secrets, done: Done<Value>) -> Done<Value> {
    match done {
        Done::Output(output) => Done::Output(secrets.mask_value(output)),
        Done::Skipped(why) => Done::Skipped(secrets.mask(&why).into_owned()),
        deferred @ Done::Deferred { .. } => deferred,
    }
}

/// What the kind is given: nothing of it outlives the trial.
struct Host {
    task: String,
    clock: Arc<dyn Clock>,
    secrets: Secrets,
    log: Box<dyn Fn(LogLine) + Send + Sync>,
    stopped: watch::Receiver<bool>,
    saved: Mutex<Option<Value>>,
}

impl TaskHost for Host {
    fn log(&self, level: Level, text: &str) {
        let (at, text) = (self.clock.now().0, self.secrets.mask(text).into_owned());
        (self.log)(LogLine { at, task: self.task.clone(), index: None, attempt: 1, level, text });
    }

    fn progress(&self, _: Progress) {}

    fn checkpoint(&self) -> Option<Value> {
        lock(&self.saved).clone()
    }

    fn save_checkpoint(&self, checkpoint: Value) -> Result<(), Fault> {
        *lock(&self.saved) = Some(checkpoint);
        Ok(())
    }

    fn cancelled(&self) -> bool {
        // Whoever asked has gone, and the sender with them: nobody waits for what it does.
        *self.stopped.borrow() || self.stopped.has_changed().is_err()
    }

    fn wait_cancelled(&self) -> Waiting<'_> {
        let mut stopped = self.stopped.clone();
        Box::pin(async move {
            // An error means that whoever asked has gone: then it must stop too.
            drop(stopped.wait_for(|stopped| *stopped).await.map(|_| ()));
        })
    }
}
