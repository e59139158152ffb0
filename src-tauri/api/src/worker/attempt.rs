//! One attempt: begun, worked on, and told of where the other workers look.

use std::sync::Arc;
use std::time::Duration;

use longshore_engine::flow::Task;
use longshore_engine::{Clock as _, Fault};
use longshore_flows::kind::{Progress, Services, Standing, Starter};
use longshore_runner::LogLine;
use longshore_runner::apart::{Apart, Desk, Ended};
use serde_json::Value;
use tokio::sync::watch;

use super::Asked;
use super::books::Books;
use super::ground::Ground;
use super::prepare::{Next, Prepared, check_kind};
use super::record::{Record, Records, Stands, stem};
use super::state::component;
use crate::fault;

/// Carries a task run out. It goes on from what an earlier attempt has saved, on whatever machine that was.
///
/// # Errors
/// What kept it from being begun, or from being told of. How it went itself is in what is given.
pub async fn run(asked: Asked, desk: Arc<dyn Desk>, stop: watch::Receiver<bool>) -> Result<Ended, Fault> {
    let ground = Arc::new(Ground::new(std::env::vars_os()));
    let ended = through(asked, &ground, desk, stop).await;
    off_async(move || {
        ground.close();
        Ok(())
    })
    .await?;
    ended
}

/// The map indexes of a mapped task. What they stand for is kept in the shared place.
pub async fn expand(asked: Asked) -> Result<Vec<u32>, Fault> {
    with_ground(move |ground| {
        let mut prepared = Prepared::of(&asked, ground)?;
        let items = prepared.items()?;
        prepared.records.keep_items(&asked.task, &items)?;
        Ok((0..u32::try_from(items.len()).unwrap_or(u32::MAX)).collect())
    })
    .await
}

/// What the kind of a task run would be given: for what an engine does itself, such as starting a run of another flow.
pub async fn parameters(asked: Asked) -> Result<Result<Value, String>, Fault> {
    with_ground(move |ground| {
        let mut prepared = Prepared::of(&asked, ground)?;
        Ok(match prepared.next()? {
            Next::Work(with) if prepared.secrets.is_empty() => Ok(with),
            Next::Work(with) => Ok(prepared.secrets.mask_value(with)),
            Next::Skip(why) => Err(why),
        })
    })
    .await
}

async fn with_ground<T: Send + 'static>(
    work: impl FnOnce(&Arc<Ground>) -> Result<T, Fault> + Send + 'static,
) -> Result<T, Fault> {
    off_async(move || {
        let ground = Arc::new(Ground::new(std::env::vars_os()));
        let done = work(&ground);
        ground.close();
        done
    })
    .await
}

async fn off_async<T: Send + 'static>(work: impl FnOnce() -> Result<T, Fault> + Send + 'static) -> Result<T, Fault> {
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|error| Err(fault::broken(&error)))
}

/// Begun, with what its kind is given, or ended already.
enum Begun {
    Work { prepared: Box<Prepared>, with: Value, checkpoint: Option<Value>, since: longshore_engine::Millis },
    Ended(Ended),
}

async fn through(
    asked: Asked,
    ground: &Arc<Ground>,
    desk: Arc<dyn Desk>,
    stop: watch::Receiver<bool>,
) -> Result<Ended, Fault> {
    let (of, on) = (asked.clone(), ground.clone());
    let begun = off_async(move || begin(&of, &on)).await?;
    let (prepared, with, checkpoint, since) = match begun {
        Begun::Ended(ended) => return Ok(ended),
        Begun::Work { prepared, with, checkpoint, since } => (prepared, with, checkpoint, since),
    };
    let uses = prepared.task().uses.clone();
    let Some(kind) = longshore_flows::kinds().get(&uses) else {
        return Ok(Ended::Failed(longshore_runner::apart::unknown_kind(&uses)));
    };
    let kept = Kept { records: prepared.records.clone(), asked: asked.clone(), desk };
    let attempt = Apart {
        run: asked.run.clone(),
        task: asked.task.clone(),
        index: asked.index,
        attempt: asked.attempt,
        timeout: time_left(prepared.task(), ground.clock().now() - since),
        stall: prepared.task().stall_timeout,
        checkpoint,
        secrets: prepared.secrets.clone(),
        services: services(&prepared, &asked),
        desk: Arc::new(kept),
        stop,
    };
    let ended = attempt.carry_out(kind.as_ref(), with).await;
    off_async(move || end(&prepared.records, &asked, since, prepared.ground.clock().now(), ended)).await
}

fn begin(asked: &Asked, ground: &Arc<Ground>) -> Result<Begun, Fault> {
    let mut prepared = Prepared::of(asked, ground)?;
    check_kind(prepared.task())?;
    let records = prepared.records.clone();
    let before = records.read(&asked.task, asked.index)?;
    if let Some(ended) = before.as_ref().and_then(|before| said_already(before, asked.attempt)) {
        return Ok(Begun::Ended(ended));
    }
    let now = ground.clock().now();
    let since = before.as_ref().map_or(now, |before| before.since);
    if let Some(fault) = past_deadline(prepared.task(), now - since) {
        return end(&records, asked, since, now, Ended::Failed(fault)).map(Begun::Ended);
    }
    let next = match prepared.next() {
        Ok(Next::Work(with)) => with,
        Ok(Next::Skip(why)) => return end(&records, asked, since, now, Ended::Skipped(why)).map(Begun::Ended),
        Err(fault) => return end(&records, asked, since, now, Ended::Failed(fault)).map(Begun::Ended),
    };
    let checkpoint = records.checkpoint(&asked.task, asked.index)?;
    records.write(&asked.task, asked.index, &record(Stands::Running, asked, since, now))?;
    Ok(Begun::Work { prepared: Box::new(prepared), with: next, checkpoint, since })
}

/// Whether all attempts and waits together have taken longer than they may.
fn past_deadline(task: &Task, taken: Duration) -> Option<Fault> {
    let deadline = task.deadline.filter(|deadline| taken >= *deadline)?;
    let why = format!("all attempts and waits together may take {} s", deadline.as_secs_f64());
    Some(Fault::permanent("task.deadline", format!("{} took too long", task.id), why))
}

/// How long this attempt may work: no longer than the deadline lets it.
fn time_left(task: &Task, taken: Duration) -> Option<Duration> {
    let left = task.deadline.map(|deadline| deadline.saturating_sub(taken));
    task.timeout.into_iter().chain(left).min()
}

/// The same attempt again: an engine that did not hear of its end asks once more, and nothing is done twice.
fn said_already(before: &Record, attempt: u32) -> Option<Ended> {
    match before.state {
        Stands::Success if before.attempt == attempt => Some(Ended::Done(before.output.clone())),
        Stands::Skipped if before.attempt == attempt => Some(Ended::Skipped(before.why.clone().unwrap_or_default())),
        _ => None,
    }
}

fn record(state: Stands, asked: &Asked, since: longshore_engine::Millis, at: longshore_engine::Millis) -> Record {
    Record { state, attempt: asked.attempt, at, since, output: Value::Null, why: None, fault: None }
}

/// Tells how it ended. What it goes on from is taken away only once that is told.
fn end(
    records: &Records,
    asked: &Asked,
    since: longshore_engine::Millis,
    at: longshore_engine::Millis,
    ended: Ended,
) -> Result<Ended, Fault> {
    let stands = match &ended {
        Ended::Done(_) => Stands::Success,
        Ended::Skipped(_) => Stands::Skipped,
        Ended::Failed(_) => Stands::Failed,
        Ended::Stopped => Stands::Stopped,
    };
    let mut told = record(stands, asked, since, at);
    match &ended {
        Ended::Done(output) => told.output = output.clone(),
        Ended::Skipped(why) => told.why = Some(why.clone()),
        Ended::Failed(fault) => told.fault = Some(fault.clone()),
        Ended::Stopped => {}
    }
    records.write(&asked.task, asked.index, &told)?;
    if matches!(ended, Ended::Done(_)) {
        records.forget_checkpoint(&asked.task, asked.index)?;
    }
    Ok(ended)
}

fn services(prepared: &Prepared, asked: &Asked) -> Services {
    let writer = format!("{}.{}.{}.{}", prepared.flow.id, asked.run, stem(&asked.task, asked.index), asked.attempt);
    let books = Books::new(&prepared.state, prepared.ground.clone(), component(&writer));
    Services {
        catalogue: Arc::new(books),
        storages: prepared.ground.clone(),
        starter: Arc::new(Nobody),
        clock: Arc::new(prepared.ground.clock()),
    }
}

/// What an attempt says goes on to whoever asked for it; what it saves, to the shared place.
struct Kept {
    records: Records,
    asked: Asked,
    desk: Arc<dyn Desk>,
}

impl Desk for Kept {
    fn log(&self, line: LogLine) {
        self.desk.log(line);
    }

    fn progress(&self, progress: &Progress) {
        self.desk.progress(progress);
    }

    fn save_checkpoint(&self, checkpoint: &Value) -> Result<(), Fault> {
        let (task, index) = (&self.asked.task, self.asked.index);
        if self.records.read(task, index)?.is_some_and(|record| record.attempt > self.asked.attempt) {
            return Err(Fault::transient("task.stopped", "The attempt goes on no more", "a later one has begun"));
        }
        self.records.keep_checkpoint(task, index, checkpoint)?;
        self.desk.save_checkpoint(checkpoint)
    }
}

/// Kinds that start runs are refused before they begin.
struct Nobody;

#[async_trait::async_trait]
impl Starter for Nobody {
    async fn start(&self, flow: &str, _: Value, _: Option<&str>) -> Result<String, Fault> {
        Err(no_runs(flow))
    }
    async fn start_child(&self, flow: &str, _: Value, _: &str) -> Result<String, Fault> {
        Err(no_runs(flow))
    }
    async fn look(&self, run: &str) -> Result<Standing, Fault> {
        Err(no_runs(run))
    }
    async fn retry(&self, run: &str) -> Result<(), Fault> {
        Err(no_runs(run))
    }
}

fn no_runs(what: &str) -> Fault {
    Fault::permanent("worker.kind", format!("{what} was not started"), "a worker starts no runs: the engine does")
}
