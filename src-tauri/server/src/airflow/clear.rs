//! Task instances cleared, and marked as ended. Both are shown before they are done where nothing is said, as in Airflow.

use axum::extract::Path;
use axum::response::IntoResponse;
use axum::routing::{patch, post};
use axum::{Json, Router};
use longshore_api::wire::{
    Between, MarkState, NoteSet, NoteSetArgs, PlainRun, PlainRuns, PlainRunsArgs, RunAct, RunTouchesArgs,
    RunTouchesShow, TaskRunRow,
};
use serde_json::{Value, json};

use super::answer::{Answered, Refusal};
use super::body::Body;
use super::dags::flow_of;
use super::instances::{index_of, instance, of_run, one};
use super::runs::run_of;
use super::runs_change::act;
use super::words::{collection, time};
use super::{Api, Ask};

/// Runs that one request clears at most.
const RUNS: usize = 1_000;

const CLEAR: [&str; 17] = [
    "dry_run",
    "task_ids",
    "start_date",
    "end_date",
    "only_failed",
    "only_running",
    "include_upstream",
    "include_downstream",
    "include_future",
    "include_past",
    "reset_dag_runs",
    "dag_run_id",
    "include_subdags",
    "include_parentdag",
    "run_on_latest_version",
    "prevent_running_task",
    "note",
];

pub(super) fn v1() -> Router {
    Router::new()
        .route("/dags/{dag_id}/clearTaskInstances", post(clear))
        .route("/dags/{dag_id}/updateTaskInstancesState", post(update_state))
}

pub(super) fn v2() -> Router {
    const ONE: &str = "/dags/{dag_id}/dagRuns/{dag_run_id}/taskInstances/{task_id}";
    Router::new()
        .route("/dags/{dag_id}/clearTaskInstances", post(clear))
        .route(&format!("{ONE}/dry_run"), patch(try_state))
        .route(&format!("{ONE}/{{map_index}}/dry_run"), patch(try_state_mapped))
}

/// Runs of a DAG, `~` for any, that were created in a span of time, the oldest first.
pub(super) async fn runs_of(ask: &Ask, dag_id: &str, created: Between, most: usize) -> Result<Vec<PlainRun>, Refusal> {
    let flows = if dag_id == "~" { Vec::new() } else { vec![flow_of(ask, dag_id).await?.flow.id] };
    let mut all = Vec::new();
    loop {
        let args = PlainRunsArgs {
            flows: flows.clone(),
            created,
            ascending: true,
            offset: all.len() as u64,
            limit: 500,
            ..PlainRunsArgs::default()
        };
        let page = ask.session.call::<PlainRuns>(args).await?;
        let last = page.rows.is_empty();
        all.extend(page.rows);
        if all.len() > most {
            return Err(Refusal::bad(format!("It concerns more than {most} runs: name one, or a shorter time")));
        }
        if last || all.len() as u64 >= page.total {
            return Ok(all);
        }
    }
}

/// A task, and one map index of it or all.
type Named = (Option<String>, Option<u32>);

/// The tasks that are named: by their ids or, in v2, with a map index too. None named are all.
fn named(body: &Body) -> Result<Vec<Named>, Refusal> {
    let unfit = || body.unfit("task_ids", "ids of tasks are wanted, or lists of an id and a map index");
    let pair = |all: &[Value]| match all {
        [Value::String(task), index] => {
            let index = index.as_i64().ok_or_else(unfit)?;
            let index = if index == -1 { None } else { Some(u32::try_from(index).map_err(|_| unfit())?) };
            Ok((Some(task.clone()), index))
        }
        _ => Err(unfit()),
    };
    let one = |value: Value| match value {
        Value::String(task) => Ok((Some(task), None)),
        Value::Array(all) if body.ask.api == Api::V2 => pair(&all),
        _ => Err(unfit()),
    };
    let all = body.list("task_ids")?.into_iter().map(one).collect::<Result<Vec<_>, _>>()?;
    Ok(if all.is_empty() { vec![(None, None)] } else { all })
}

async fn clear(Path(dag_id): Path<String>, body: Body) -> Answered {
    let ask = body.ask.clone();
    let (v1, v2) = (&CLEAR[..14], [&CLEAR[..12], &CLEAR[14..]].concat());
    body.only(if ask.api == Api::V1 { v1 } else { &v2 })?;
    let truth = |name: &str, unless| body.truth(name, unless);
    let (dry, only_failed) = (truth("dry_run", true)?, truth("only_failed", true)?);
    let (upstream, downstream) = (truth("include_upstream", false)?, truth("include_downstream", false)?);
    let only_running = truth("only_running", false)?;
    for name in
        ["reset_dag_runs", "run_on_latest_version", "prevent_running_task", "include_subdags", "include_parentdag"]
    {
        body.value(name).map(|_| truth(name, false)).transpose()?;
    }
    let note = body.note()?;
    let named = named(&body)?;
    let runs = chosen(&ask, &dag_id, &body).await?;
    // What works is stopped and not done again: there is no way to do that by clearing.
    let acts = |(task, index): Named| RunAct::Clear { task, index, downstream, upstream, only_failed };
    let acts: Vec<RunAct> = if only_running { Vec::new() } else { named.into_iter().map(acts).collect() };
    known_tasks(&ask, &runs, &acts).await?;
    let touched = touched(&ask, &runs, &acts).await?;
    if !dry {
        for run in &runs {
            for one in &acts {
                act(&ask, &run.id, one.clone()).await?;
            }
        }
        if let Some(note) = note {
            note_at(&ask, &touched, &note).await?;
        }
    }
    Ok(Json(told(&ask, &dag_id, &touched).await?).into_response())
}

/// Notes the same at all that was touched.
async fn note_at(ask: &Ask, touched: &Touched<'_>, note: &str) -> Result<(), Refusal> {
    for (run, rows) in touched {
        for row in rows {
            let (task, note) = (Some(row.task.clone()), note.to_owned());
            ask.session.call::<NoteSet>(NoteSetArgs { run: run.id.clone(), task, index: row.index, note }).await?;
        }
    }
    Ok(())
}

/// The runs that are meant: one by its id, or those of a span of time, those before or after it if that is asked for.
async fn chosen(ask: &Ask, dag_id: &str, body: &Body) -> Result<Vec<PlainRun>, Refusal> {
    let (future, past) = (body.truth("include_future", false)?, body.truth("include_past", false)?);
    let (since, until) = (body.time("start_date")?, body.time("end_date")?.map(|at| at.saturating_add(1)));
    let Some(name) = body.text("dag_run_id")? else {
        return runs_of(ask, dag_id, Between { since, until }, RUNS).await;
    };
    if since.is_some() || until.is_some() {
        return Err(body.unfit("dag_run_id", "it is given with start_date or end_date, and one of them is wanted"));
    }
    let run = run_of(ask, dag_id, &name).await?;
    if !future && !past {
        return Ok(vec![run]);
    }
    let at = run.created_at;
    let span = Between { since: (!past).then_some(at), until: (!future).then_some(at.saturating_add(1)) };
    runs_of(ask, dag_id, span, RUNS).await
}

/// Refuses tasks that none of the runs has.
async fn known_tasks(ask: &Ask, runs: &[PlainRun], acts: &[RunAct]) -> Result<(), Refusal> {
    let Some(run) = runs.first() else { return Ok(()) };
    let all = super::tasks::tasks_of(ask, &run.flow, Some(&run.id)).await?;
    let task = |act: &RunAct| match act {
        RunAct::Clear { task, .. } => task.clone(),
        RunAct::Mark { task, .. } => Some(task.clone()),
        _ => None,
    };
    match acts.iter().filter_map(task).find(|task| !all.iter().any(|known| known.id == *task)) {
        Some(task) => Err(Refusal::missing("task", &task)),
        None => Ok(()),
    }
}

/// Task runs that are touched, by run.
type Touched<'r> = Vec<(&'r PlainRun, Vec<TaskRunRow>)>;

/// What acts on runs would touch, each task run once.
async fn touched<'r>(ask: &Ask, runs: &'r [PlainRun], acts: &[RunAct]) -> Result<Touched<'r>, Refusal> {
    let mut all = Vec::new();
    for run in runs {
        let mut rows: Vec<TaskRunRow> = Vec::new();
        for act in acts {
            let args = RunTouchesArgs { run: run.id.clone(), act: act.clone() };
            let found = match ask.session.call::<RunTouchesShow>(args).await {
                Ok(found) => found.rows,
                Err(fault) if matches!(&*fault.code, "retry.nothing" | "mark.nothing" | "retry.active") => Vec::new(),
                Err(fault) => return Err(fault.into()),
            };
            for row in found {
                if !rows.iter().any(|known| (&known.task, known.index) == (&row.task, row.index)) {
                    rows.push(row);
                }
            }
        }
        all.push((run, rows));
    }
    Ok(all)
}

/// What is touched: names in v1, task instances in v2.
async fn told(ask: &Ask, dag_id: &str, touched: &Touched<'_>) -> Result<Value, Refusal> {
    let mut rows = Vec::new();
    for (run, found) in touched {
        let dag_id = if dag_id == "~" { &run.flow } else { dag_id };
        if ask.api == Api::V1 {
            rows.extend(found.iter().map(|row| reference(dag_id, run, &row.task)));
        } else if !found.is_empty() {
            let all = of_run(ask, run).await?;
            rows.extend(found.iter().map(|row| instance(ask, dag_id, run, &all, row)));
        }
    }
    let total = rows.len() as u64;
    Ok(if ask.api == Api::V1 { json!({ "task_instances": rows }) } else { collection("task_instances", rows, total) })
}

fn reference(dag_id: &str, run: &PlainRun, task: &str) -> Value {
    let at = time(Api::V1, run.logical_at.or(Some(run.created_at)));
    json!({"task_id": task, "dag_id": dag_id, "dag_run_id": run.name, "execution_date": at})
}

/// What acts on runs would touch, told.
pub(super) async fn preview(ask: &Ask, dag_id: &str, runs: &[PlainRun], acts: &[RunAct]) -> Answered {
    let touched = touched(ask, runs, acts).await?;
    let mut told = told(ask, dag_id, &touched).await?;
    told["total_entries"] = json!(told["task_instances"].as_array().map_or(0, Vec::len));
    Ok(Json(told).into_response())
}

/// As what a body says that a task instance ended.
fn mark(body: &Body) -> Result<MarkState, Refusal> {
    match body.needed("new_state")?.as_str() {
        "success" => Ok(MarkState::Success),
        "failed" => Ok(MarkState::Failed),
        "skipped" => Ok(MarkState::Skipped),
        other => Err(body.unfit("new_state", &format!("{other:?} is not one of success, failed, skipped"))),
    }
}

/// What v2 lets one say of further task instances; only those named can be marked here.
const FURTHER: [&str; 4] = ["include_upstream", "include_downstream", "include_future", "include_past"];

fn marking(body: &Body, task: &str, index: Option<u32>) -> Result<RunAct, Refusal> {
    for name in FURTHER {
        if body.truth(name, false)? {
            return Err(body.unfit(name, "task instances are marked one by one here"));
        }
    }
    Ok(RunAct::Mark { task: task.to_owned(), index, state: mark(body)?, output: Value::Null })
}

/// `PATCH .../taskInstances/{task_id}`: of a task that is not mapped, or of all task runs of one that is.
pub(super) async fn set_state(Path((dag_id, name, task)): Path<(String, String, String)>, body: Body) -> Answered {
    state(&dag_id, &name, &task, None, &body, None).await
}

/// The same of one map index.
pub(super) async fn set_state_mapped(
    Path((dag_id, name, task, index)): Path<(String, String, String, String)>,
    body: Body,
) -> Answered {
    let index = index_of(&body.ask, "path", &index)?;
    state(&dag_id, &name, &task, index, &body, None).await
}

async fn try_state(Path((dag_id, name, task)): Path<(String, String, String)>, body: Body) -> Answered {
    state(&dag_id, &name, &task, None, &body, Some(true)).await
}

async fn try_state_mapped(
    Path((dag_id, name, task, index)): Path<(String, String, String, String)>,
    body: Body,
) -> Answered {
    let index = index_of(&body.ask, "path", &index)?;
    state(&dag_id, &name, &task, index, &body, Some(true)).await
}

async fn state(dag_id: &str, name: &str, task: &str, index: Option<u32>, body: &Body, dry: Option<bool>) -> Answered {
    let ask = &body.ask;
    let v1 = ask.api == Api::V1;
    let v2 = [&["new_state", "note"][..], &FURTHER[..]].concat();
    body.only(if v1 { &["dry_run", "new_state"] } else { &v2 })?;
    // In v1 nothing is done unless it is said; v2 has an address of its own for that.
    let dry = dry.unwrap_or(if v1 { body.truth("dry_run", true)? } else { false });
    let act_on = if v1 || body.value("new_state").is_some() { Some(marking(body, task, index)?) } else { None };
    let note = body.note()?;
    let run = run_of(ask, dag_id, name).await?;
    known_tasks(ask, std::slice::from_ref(&run), act_on.as_slice()).await?;
    if let Some(marked) = act_on.filter(|_| !dry) {
        act(ask, &run.id, marked).await?;
    }
    if body.has("note") && !dry {
        let args = NoteSetArgs { run: run.id.clone(), task: Some(task.into()), index, note: note.unwrap_or_default() };
        ask.session.call::<NoteSet>(args).await?;
    }
    if v1 {
        return Ok(Json(reference(dag_id, &run, task)).into_response());
    }
    let row = one(ask, dag_id, name, task, index).await?;
    Ok(Json(collection("task_instances", vec![row], 1)).into_response())
}

/// `POST .../updateTaskInstancesState` of v1.
async fn update_state(Path(dag_id): Path<String>, body: Body) -> Answered {
    let known = [&["dry_run", "task_id", "execution_date", "dag_run_id", "new_state"][..], &FURTHER[..]].concat();
    body.only(&known)?;
    let ask = &body.ask;
    let (dry, task) = (body.truth("dry_run", true)?, body.needed("task_id")?);
    body.time("execution_date")?;
    let marked = marking(&body, &task, None)?;
    let runs = vec![run_of(ask, &dag_id, &body.needed("dag_run_id")?).await?];
    let acts = [marked];
    known_tasks(ask, &runs, &acts).await?;
    let touched = touched(ask, &runs, &acts).await?;
    if !dry {
        let [marked] = acts;
        act(ask, &runs[0].id, marked).await?;
    }
    Ok(Json(told(ask, &dag_id, &touched).await?).into_response())
}
