//! Task instances: the task runs of a run, those of mapped tasks with their map index.

use std::collections::HashMap;

use axum::extract::{Extension, Path};
use axum::response::IntoResponse;
use axum::routing::{get, post};
use axum::{Json, Router};
use longshore_api::TaskState;
use longshore_api::wire::{
    FlowTaskRow, PlainRun, RunArgs, RunNotes, RunTaskRun, RunTaskRuns, TaskRunArgs, TaskRunDetail, TaskRunRow,
    TaskRunsArgs,
};
use serde_json::{Value, json};

use super::answer::{Answered, Refusal};
use super::asked::{Asked, Window};
use super::body::Body;
use super::clear;
use super::dags::extend;
use super::runs::{run_of, window_of};
use super::tasks::{pool, tasks_of};
use super::words::{collection, seconds, task_state, task_states, time, uuid};
use super::{Api, Ask};

/// Rows that are read at once.
const READ: u32 = 500;
/// Runs whose task instances one request may go through.
const RUNS: usize = 100;

pub(super) fn routes() -> Router {
    const OF: &str = "/dags/{dag_id}/dagRuns/{dag_run_id}/taskInstances";
    let one = get(show).patch(clear::set_state);
    let mapped = get(show_mapped).patch(clear::set_state_mapped);
    Router::new()
        .route(OF, get(list))
        .route(&format!("{OF}/list"), post(batch))
        .route(&format!("{OF}/{{task_id}}"), one)
        .route(&format!("{OF}/{{task_id}}/listMapped"), get(list_mapped))
        .route(&format!("{OF}/{{task_id}}/tries"), get(tries))
        .route(&format!("{OF}/{{task_id}}/{{map_index}}"), mapped)
        .route(&format!("{OF}/{{task_id}}/{{map_index}}/tries"), get(tries_mapped))
}

/// The task runs of a run with what tells more of them.
pub(super) struct Instances {
    /// The flow's tasks, by the version that the run has.
    tasks: Vec<FlowTaskRow>,
    /// All task runs, in the order of the flow's tasks and of their indexes; of a task of which nothing happened yet, one that says so.
    pub(super) rows: Vec<TaskRunRow>,
    notes: HashMap<(String, Option<u32>), String>,
}

impl Instances {
    fn task(&self, id: &str) -> Option<&FlowTaskRow> {
        self.tasks.iter().find(|task| task.id == id)
    }

    /// Tasks that do the work and have task runs that have not succeeded.
    pub(super) fn unfinished(&self) -> Vec<String> {
        let open = |task: &&FlowTaskRow| {
            let of = self.rows.iter().filter(|row| row.task == task.id);
            task.role == "task"
                && of.into_iter().any(|row| !matches!(row.state, TaskState::Success | TaskState::Skipped))
        };
        self.tasks.iter().filter(open).map(|task| task.id.clone()).collect()
    }
}

/// All task runs of a run.
pub(super) async fn of_run(ask: &Ask, run: &PlainRun) -> Result<Instances, Refusal> {
    let tasks = tasks_of(ask, &run.flow, Some(&run.id)).await?;
    let mut found: HashMap<String, Vec<TaskRunRow>> = HashMap::new();
    let mut offset = 0;
    loop {
        let args = TaskRunsArgs { run: run.id.clone(), task: None, states: Vec::new(), offset, limit: READ };
        let page = ask.session.call::<RunTaskRuns>(args).await?;
        offset += page.rows.len() as u64;
        let last = page.rows.is_empty() || offset >= page.total;
        for row in page.rows {
            found.entry(row.task.clone()).or_default().push(row);
        }
        if last {
            break;
        }
    }
    let shown = |task: &&FlowTaskRow| task.role == "task" || found.contains_key(&task.id);
    let names: Vec<String> = tasks.iter().filter(shown).map(|task| task.id.clone()).collect();
    let rows = names.into_iter().flat_map(|id| found.remove(&id).unwrap_or_else(|| vec![not_begun(id)])).collect();
    let notes = ask.session.call::<RunNotes>(RunArgs { run: run.id.clone() }).await?;
    let notes = notes.into_iter().map(|one| ((one.task, one.index), one.note)).collect();
    Ok(Instances { tasks, rows, notes })
}

fn not_begun(task: String) -> TaskRunRow {
    TaskRunRow {
        task,
        index: None,
        label: None,
        state: TaskState::None,
        attempts: 0,
        started_at: None,
        ended_at: None,
        next_at: None,
        waits: None,
        progress: longshore_api::wire::ProgressRow::default(),
        fault: None,
    }
}

/// The map index as Airflow writes it.
pub(super) fn map_index(index: Option<u32>) -> i64 {
    index.map_or(-1, i64::from)
}

/// The map index that an address or a query names: -1 is that of a task that is not mapped.
pub(super) fn index_of(ask: &Ask, place: &'static str, text: &str) -> Result<Option<u32>, Refusal> {
    match text.parse::<i64>() {
        Ok(-1) => Ok(None),
        Ok(index) => u32::try_from(index)
            .map(Some)
            .map_err(|_| Refusal::unfit(ask, place, "map_index", "it is below -1, or too large")),
        Err(_) => Err(Refusal::unfit(ask, place, "map_index", "a whole number is wanted")),
    }
}

/// A task run as Airflow tells it.
pub(super) fn instance(ask: &Ask, dag_id: &str, run: &PlainRun, all: &Instances, row: &TaskRunRow) -> Value {
    let task = all.task(&row.task);
    let (pool, slots) = task.map_or((super::pools::DEFAULT, 1), pool);
    let uses = task.map(|task| task.uses.as_str()).unwrap_or_default();
    let at = |at: Option<i64>| time(ask.api, at);
    let index = map_index(row.index);
    let logical = run.logical_at.or((ask.api == Api::V1).then_some(run.created_at));
    let mut told = json!({
        "task_id": row.task, "task_display_name": row.task, "dag_id": dag_id, "dag_run_id": run.name, "map_index": index,
        "state": task_state(row.state), "start_date": at(row.started_at), "end_date": at(row.ended_at),
        "duration": seconds(row.started_at, row.ended_at), "try_number": row.attempts,
        "max_tries": task.map_or(0, |task| task.retries), "hostname": "", "unixname": "", "pool": pool, "pool_slots": slots,
        "queue": "default", "priority_weight": task.map_or(0, |task| task.priority), "operator": uses,
        "queued_when": null, "pid": null, "executor": null, "executor_config": "{}",
        "note": all.notes.get(&(row.task.clone(), row.index)), "rendered_map_index": row.label, "rendered_fields": {},
        "trigger": null, "triggerer_job": null,
    });
    let more = match ask.api {
        Api::V1 => json!({"execution_date": at(logical), "sla_miss": null}),
        Api::V2 => json!({
            "id": uuid(&[&run.id, &row.task, &index.to_string()]), "logical_date": at(logical),
            "run_after": at(Some(run.created_at)), "scheduled_when": null, "operator_name": uses, "dag_version": null,
            "dag_display_name": dag_id,
        }),
    };
    extend(&mut told, more);
    told
}

/// What of a list of task instances is wanted.
struct Wanted {
    tasks: Vec<String>,
    /// `None` where only states are asked for that there are not here.
    states: Option<Vec<TaskState>>,
    pools: Vec<String>,
    started: longshore_api::wire::Between,
    ended: longshore_api::wire::Between,
    index: Option<Vec<i64>>,
}

impl Wanted {
    fn fits(&self, all: &Instances, row: &TaskRunRow) -> bool {
        let within = |span: longshore_api::wire::Between, at: Option<i64>| {
            let after = span.since.is_none_or(|since| at.is_some_and(|at| at >= since));
            after && span.until.is_none_or(|until| at.is_some_and(|at| at < until))
        };
        let pool = || all.task(&row.task).map_or(super::pools::DEFAULT, |task| pool(task).0);
        self.states.as_ref().is_some_and(|states| states.is_empty() || states.contains(&row.state))
            && (self.tasks.is_empty() || self.tasks.contains(&row.task))
            && (self.pools.is_empty() || self.pools.iter().any(|name| name == pool()))
            && self.index.as_ref().is_none_or(|indexes| indexes.contains(&map_index(row.index)))
            && within(self.started, row.started_at)
            && within(self.ended, row.ended_at)
    }
}

fn states(words: &[&str], unfit: impl Fn(&str) -> Refusal) -> Result<Option<Vec<TaskState>>, Refusal> {
    let mut all = Vec::new();
    for word in words.iter().filter(|word| !word.is_empty()) {
        all.extend(task_states(word).ok_or_else(|| unfit(word))?);
    }
    Ok(if all.is_empty() && !words.is_empty() { None } else { Some(all) })
}

fn wanted(asked: &Asked) -> Result<Wanted, Refusal> {
    let unfit = |word: &str| asked.unfit("state", &format!("{word:?} is no state of a task instance"));
    let owned = |all: Vec<&str>| all.into_iter().map(str::to_owned).collect();
    let number = |text: &&str| text.parse().map_err(|_| asked.unfit("map_index", "a whole number is wanted"));
    let index = asked.texts("map_index").iter().map(number).collect::<Result<Vec<i64>, _>>()?;
    Ok(Wanted {
        tasks: owned(asked.texts("task_id")),
        states: states(&asked.texts("state"), unfit)?,
        pools: owned(asked.texts("pool")),
        started: asked.between("start_date")?,
        ended: asked.between("end_date")?,
        index: (!index.is_empty()).then_some(index),
    })
}

/// A page of those that are wanted, of these runs.
async fn page(ask: &Ask, dag_id: Option<&str>, runs: &[PlainRun], wanted: &Wanted, window: Window) -> Answered {
    let mut rows = Vec::new();
    for run in runs {
        let all = of_run(ask, run).await?;
        let fitting = all.rows.iter().filter(|row| wanted.fits(&all, row));
        rows.extend(fitting.map(|row| instance(ask, dag_id.unwrap_or(&run.flow), run, &all, row)));
    }
    let total = rows.len() as u64;
    Ok(Json(collection("task_instances", window.of(rows), total)).into_response())
}

async fn list(Path((dag_id, name)): Path<(String, String)>, asked: Asked) -> Answered {
    let (window, wanted) = (asked.window()?, wanted(&asked)?);
    let runs = if name == "~" {
        clear::runs_of(&asked.ask, &dag_id, longshore_api::wire::Between::default(), RUNS).await?
    } else {
        vec![run_of(&asked.ask, &dag_id, &name).await?]
    };
    page(&asked.ask, (dag_id != "~").then_some(&dag_id), &runs, &wanted, window).await
}

async fn list_mapped(Path((dag_id, name, task_id)): Path<(String, String, String)>, asked: Asked) -> Answered {
    let (window, wanted) = (asked.window()?, wanted(&asked)?);
    let run = run_of(&asked.ask, &dag_id, &name).await?;
    let tasks = tasks_of(&asked.ask, &run.flow, Some(&run.id)).await?;
    if !tasks.iter().any(|task| task.id == task_id && task.mapped) {
        return Err(Refusal::missing("mapped task", &task_id));
    }
    let wanted = Wanted { tasks: vec![task_id], ..wanted };
    page(&asked.ask, Some(&dag_id), &[run], &wanted, window).await
}

const BATCH: [&str; 14] = [
    "dag_ids",
    "dag_run_ids",
    "task_ids",
    "state",
    "pool",
    "queue",
    "executor",
    "page_limit",
    "page_offset",
    "order_by",
    "start_date_gte",
    "start_date_lte",
    "end_date_gte",
    "end_date_lte",
];

async fn batch(Path((dag_id, name)): Path<(String, String)>, body: Body) -> Answered {
    if dag_id != "~" || name != "~" {
        return Err(Refusal::missing("page of DAG run", &name));
    }
    body.only(&BATCH)?;
    let words = body.states("state")?;
    // There is one queue and one executor: whatever is said of them, all are in it.
    body.texts("queue")?;
    body.texts("executor")?;
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let unfit = |word: &str| body.unfit("state", &format!("{word:?} is no state of a task instance"));
    let wanted = Wanted {
        tasks: body.texts("task_ids")?,
        states: states(&words, unfit)?,
        pools: body.texts("pool")?,
        started: body.between("start_date")?,
        ended: body.between("end_date")?,
        index: None,
    };
    let (window, dags, names) = (window_of(&body)?, body.texts("dag_ids")?, body.texts("dag_run_ids")?);
    let mut runs = Vec::new();
    for dag_id in if dags.is_empty() { vec!["~".to_owned()] } else { dags } {
        let found = clear::runs_of(&body.ask, &dag_id, longshore_api::wire::Between::default(), RUNS).await;
        runs.extend(found.unwrap_or_default().into_iter().filter(|run| names.is_empty() || names.contains(&run.name)));
    }
    page(&body.ask, None, &runs, &wanted, window).await
}

/// One task instance with its run.
pub(super) async fn one(ask: &Ask, dag_id: &str, name: &str, task: &str, index: Option<u32>) -> Result<Value, Refusal> {
    let run = run_of(ask, dag_id, name).await?;
    let all = of_run(ask, &run).await?;
    let row = all.rows.iter().find(|row| row.task == task && row.index == index);
    let row = row.ok_or_else(|| Refusal::missing("task instance", &format!("{task} {}", map_index(index))))?;
    Ok(instance(ask, dag_id, &run, &all, row))
}

async fn show(Extension(ask): Extension<Ask>, Path((dag_id, name, task)): Path<(String, String, String)>) -> Answered {
    Ok(Json(one(&ask, &dag_id, &name, &task, None).await?).into_response())
}

async fn show_mapped(
    Extension(ask): Extension<Ask>,
    Path((dag_id, name, task, index)): Path<(String, String, String, String)>,
) -> Answered {
    let index = index_of(&ask, "path", &index)?;
    Ok(Json(one(&ask, &dag_id, &name, &task, index).await?).into_response())
}

async fn tries(Path((dag_id, name, task)): Path<(String, String, String)>, asked: Asked) -> Answered {
    tried(&asked, &dag_id, &name, &task, None).await
}

async fn tries_mapped(
    Path((dag_id, name, task, index)): Path<(String, String, String, String)>,
    asked: Asked,
) -> Answered {
    let index = index_of(&asked.ask, "path", &index)?;
    tried(&asked, &dag_id, &name, &task, index).await
}

/// The attempts of a task run, the first one first.
async fn tried(asked: &Asked, dag_id: &str, name: &str, task: &str, index: Option<u32>) -> Answered {
    let (ask, window) = (&asked.ask, asked.window()?);
    let told = one(ask, dag_id, name, task, index).await?;
    let run = run_of(ask, dag_id, name).await?;
    let attempts = detail(ask, &run, task, index).await?.map(|found| found.attempts).unwrap_or_default();
    let total = attempts.len() as u64;
    let row = |attempt: longshore_api::wire::AttemptRow| {
        let mut row = told.clone();
        let (started, ended) = (Some(attempt.started_at), attempt.ended_at);
        extend(
            &mut row,
            json!({
                "try_number": attempt.number, "state": task_state(attempt.state), "start_date": time(ask.api, started),
                "end_date": time(ask.api, ended), "duration": seconds(started, ended),
            }),
        );
        row
    };
    let rows = attempts.into_iter().rev().map(row).collect();
    Ok(Json(collection("task_instances", window.of(rows), total)).into_response())
}

/// A task run in full; `None` of one of which nothing happened yet.
pub(super) async fn detail(
    ask: &Ask,
    run: &PlainRun,
    task: &str,
    index: Option<u32>,
) -> Result<Option<TaskRunDetail>, Refusal> {
    let args = TaskRunArgs { run: run.id.clone(), task: task.to_owned(), index };
    match ask.session.call::<RunTaskRun>(args).await {
        Ok(found) => Ok(Some(found)),
        Err(fault) if fault.code == "task_run.unknown" => Ok(None),
        Err(fault) => Err(fault.into()),
    }
}
