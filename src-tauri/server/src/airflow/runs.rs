//! DAG runs: looked at, listed, started.

use axum::extract::{Extension, Path};
use axum::response::IntoResponse;
use axum::routing::{get, post};
use axum::{Json, Router};
use longshore_api::RunState;
use longshore_api::wire::{
    Between, Page, PlainRun, PlainRunArgs, PlainRunShow, PlainRuns, PlainRunsArgs, RunSort, RunTrigger, RunTriggerArgs,
};
use serde_json::{Value, json};

use super::answer::{Answered, Refusal};
use super::asked::{Asked, MOST, Window, order};
use super::body::Body;
use super::dags::{extend, flow_of};
use super::words::{self, collection, run_states, seconds, time};
use super::{Api, Ask, runs_change};

/// What a run's id may be made of, as in Airflow's default (`allowed_run_id_pattern`).
const ID: &str = "A-Za-z0-9_.~:+-";
/// What runs may be sorted by.
const ORDERS: [&str; 10] = [
    "id",
    "dag_id",
    "run_id",
    "dag_run_id",
    "execution_date",
    "logical_date",
    "run_after",
    "start_date",
    "end_date",
    "duration",
];

pub(super) fn routes() -> Router {
    let one = get(show).patch(runs_change::patch).delete(runs_change::delete);
    Router::new()
        .route("/dags/{dag_id}/dagRuns", get(list).post(start))
        .route("/dags/{dag_id}/dagRuns/list", post(batch))
        .route("/dags/{dag_id}/dagRuns/{dag_run_id}", one)
        .route("/dags/{dag_id}/dagRuns/{dag_run_id}/clear", post(runs_change::clear))
}

/// A run as Airflow tells it, under the name by which its DAG was asked for.
pub(super) fn dag_run(ask: &Ask, run: &PlainRun, dag_id: &str) -> Value {
    let at = |at: Option<i64>| time(ask.api, at);
    let logical = run.logical_at.or((ask.api == Api::V1).then_some(run.created_at));
    let (since, until) = match (run.since, run.until) {
        (None, None) => (logical, logical),
        said => said,
    };
    let mut row = json!({
        "dag_id": dag_id, "dag_run_id": run.name, "logical_date": at(logical), "data_interval_start": at(since),
        "data_interval_end": at(until), "start_date": at(run.started_at), "end_date": at(run.ended_at),
        "last_scheduling_decision": null, "run_type": if run.scheduled { "scheduled" } else { "manual" },
        "state": words::run_state(run.state), "conf": run.conf, "note": run.note,
    });
    let more = match ask.api {
        Api::V1 => json!({"execution_date": at(logical), "external_trigger": !run.scheduled}),
        Api::V2 => json!({
            "run_after": at(Some(run.created_at)), "queued_at": at(Some(run.created_at)),
            "duration": seconds(run.started_at, run.ended_at), "triggered_by": triggered_by(run),
            "triggering_user_name": run.by, "dag_versions": [], "bundle_version": run.version, "dag_display_name": dag_id,
            "partition_key": null, "partition_date": null,
        }),
    };
    extend(&mut row, more);
    row
}

fn triggered_by(run: &PlainRun) -> &'static str {
    match run {
        PlainRun { scheduled: true, .. } => "timetable",
        PlainRun { parent: Some(_), .. } => "operator",
        PlainRun { by: Some(_), .. } => "rest_api",
        _ => "ui",
    }
}

/// The run that an address leads to. `~` stands for any DAG.
pub(super) async fn run_of(ask: &Ask, dag_id: &str, name: &str) -> Result<PlainRun, Refusal> {
    let flow = if dag_id == "~" { None } else { Some(flow_of(ask, dag_id).await?.flow.id) };
    Ok(ask.session.call::<PlainRunShow>(PlainRunArgs { flow, name: name.to_owned() }).await?)
}

async fn show(Extension(ask): Extension<Ask>, Path((dag_id, name)): Path<(String, String)>) -> Answered {
    let run = run_of(&ask, &dag_id, &name).await?;
    let told = if dag_id == "~" { &run.flow } else { &dag_id };
    Ok(Json(dag_run(&ask, &run, told)).into_response())
}

/// The states that are meant by these words; `None` if none of them is one that a run can be in.
fn states(words: &[&str], unfit: impl Fn(&str) -> Refusal) -> Result<Option<Vec<RunState>>, Refusal> {
    let mut all = Vec::new();
    for word in words.iter().filter(|word| !word.is_empty()) {
        all.extend(run_states(word).ok_or_else(|| unfit(word))?);
    }
    Ok(if all.is_empty() && !words.is_empty() { None } else { Some(all) })
}

fn sort(asked: Option<&(String, bool)>) -> (RunSort, bool) {
    let (name, down) = asked.map_or(("id", false), |(name, down)| (name.as_str(), *down));
    let by = match name {
        "start_date" => RunSort::Started,
        "end_date" => RunSort::Ended,
        "duration" => RunSort::Duration,
        _ => RunSort::Created,
    };
    (by, !down)
}

async fn list(Path(dag_id): Path<String>, asked: Asked) -> Answered {
    let window = asked.window()?;
    let (by, ascending) = sort(asked.order(&ORDERS)?.as_ref());
    let unfit = |word: &str| asked.unfit("state", &format!("{word:?} is no state of a DAG run"));
    let states = states(&asked.texts("state"), unfit)?;
    let created = ["execution_date", "logical_date", "run_after"]
        .into_iter()
        .try_fold(Between::default(), |all, name| Ok::<_, Refusal>(both(all, asked.between(name)?)))?;
    let kinds = asked.texts("run_type");
    let (started, ended) = (asked.between("start_date")?, asked.between("end_date")?);
    let flows = if dag_id == "~" { Vec::new() } else { vec![flow_of(&asked.ask, &dag_id).await?.flow.id] };
    let args = PlainRunsArgs {
        flows,
        states: states.clone().unwrap_or_default(),
        created,
        started,
        ended,
        sort: by,
        ascending,
        offset: window.offset,
        limit: window.rows(),
    };
    let told = (dag_id != "~").then_some(dag_id.as_str());
    let nothing = states.is_none() || kinds.iter().any(|kind| !matches!(*kind, "manual" | "scheduled"));
    page(&asked.ask, args, told, nothing).await
}

/// What lies in both.
fn both(a: Between, b: Between) -> Between {
    Between { since: a.since.max(b.since), until: [a.until, b.until].into_iter().flatten().min() }
}

async fn page(ask: &Ask, args: PlainRunsArgs, dag_id: Option<&str>, nothing: bool) -> Answered {
    let found = if nothing { Page { rows: Vec::new(), total: 0 } } else { ask.session.call::<PlainRuns>(args).await? };
    let rows = found.rows.iter().map(|run| dag_run(ask, run, dag_id.unwrap_or(&run.flow))).collect();
    Ok(Json(collection("dag_runs", rows, found.total)).into_response())
}

/// The page that a body asks for.
pub(super) fn window_of(body: &Body) -> Result<Window, Refusal> {
    let number = |name: &str, least: i64, unless: u64| match body.whole(name)? {
        None => Ok(unless),
        Some(number) if number < least => Err(body.unfit(name, &format!("{least} or more is wanted"))),
        Some(number) => Ok(u64::try_from(number).unwrap_or(unless)),
    };
    Ok(Window { limit: number("page_limit", 1, MOST)?.min(MOST), offset: number("page_offset", 0, 0)? })
}

const BATCH: [&str; 23] = [
    "dag_ids",
    "states",
    "order_by",
    "page_limit",
    "page_offset",
    "execution_date_gte",
    "execution_date_lte",
    "logical_date_gte",
    "logical_date_gt",
    "logical_date_lte",
    "logical_date_lt",
    "run_after_gte",
    "run_after_gt",
    "run_after_lte",
    "run_after_lt",
    "start_date_gte",
    "start_date_gt",
    "start_date_lte",
    "start_date_lt",
    "end_date_gte",
    "end_date_gt",
    "end_date_lte",
    "end_date_lt",
];

async fn batch(Path(dag_id): Path<String>, body: Body) -> Answered {
    if dag_id != "~" {
        return Err(Refusal::missing("page of DAG", &dag_id));
    }
    body.only(&BATCH)?;
    let window = window_of(&body)?;
    let asked = body.text("order_by")?.filter(|asked| !asked.is_empty());
    let (by, ascending) = sort(asked.map(|asked| order(&asked, &ORDERS)).transpose()?.as_ref());
    let words = body.states("states")?;
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let states = states(&words, |word| body.unfit("states", &format!("{word:?} is no state of a DAG run")))?;
    let mut flows = Vec::new();
    let named = body.texts("dag_ids")?;
    for dag_id in &named {
        // Of a DAG that there is not, there are no runs.
        flows.extend(flow_of(&body.ask, dag_id).await.map(|found| found.flow.id));
    }
    let created = ["execution_date", "logical_date", "run_after"]
        .into_iter()
        .try_fold(Between::default(), |all, name| Ok::<_, Refusal>(both(all, body.between(name)?)))?;
    let nothing = states.is_none() || (flows.is_empty() && !named.is_empty());
    let args = PlainRunsArgs {
        flows,
        states: states.unwrap_or_default(),
        created,
        started: body.between("start_date")?,
        ended: body.between("end_date")?,
        sort: by,
        ascending,
        offset: window.offset,
        limit: window.rows(),
    };
    page(&body.ask, args, None, nothing).await
}

/// Starts a run. What the flow has no parameter for is kept with the run, as Airflow does.
async fn start(Path(dag_id): Path<String>, body: Body) -> Answered {
    let ask = body.ask.clone();
    let v1 =
        ["dag_run_id", "logical_date", "execution_date", "data_interval_start", "data_interval_end", "conf", "note"];
    let v2 = [
        "dag_run_id",
        "logical_date",
        "run_after",
        "data_interval_start",
        "data_interval_end",
        "conf",
        "note",
        "partition_key",
    ];
    body.only(if ask.api == Api::V1 { &v1 } else { &v2 })?;
    let (since, until) = (body.time("data_interval_start")?, body.time("data_interval_end")?);
    if since.is_some() != until.is_some() {
        return Err(body.unfit("data_interval_start", "it and data_interval_end are given together, or neither"));
    }
    let logical_at = match (body.time("logical_date")?, body.time("execution_date")?) {
        (Some(one), Some(other)) if one != other => {
            return Err(body.unfit("execution_date", "it is not the same as logical_date"));
        }
        (one, other) => one.or(other),
    };
    body.time("run_after")?;
    body.text("partition_key")?;
    let flow = flow_of(&ask, &dag_id).await?.flow.id;
    let args = RunTriggerArgs {
        flow,
        key: id_of(&body, logical_at)?,
        conf: body.object("conf")?,
        note: body.note()?,
        logical_at,
        since,
        until,
        why: None,
    };
    let run = ask.session.call::<RunTrigger>(args).await?;
    Ok(Json(dag_run(&ask, &run, &dag_id)).into_response())
}

/// The id that is asked for, or one as Airflow makes it.
fn id_of(body: &Body, logical_at: Option<i64>) -> Result<String, Refusal> {
    let Some(id) = body.text("dag_run_id")? else {
        let at = match logical_at {
            Some(at) => time(Api::V1, Some(at)).as_str().unwrap_or_default().to_owned(),
            None => jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%S%.6f+00:00").to_string(),
        };
        return Ok(format!("manual__{at}"));
    };
    let plain = |c: char| c.is_ascii_alphanumeric() || "_.~:+-".contains(c);
    if id.is_empty() || id.len() > 250 || !id.chars().all(plain) {
        return Err(body.unfit("dag_run_id", &format!("{id:?} is not made of {ID}, or longer than 250")));
    }
    Ok(id)
}
