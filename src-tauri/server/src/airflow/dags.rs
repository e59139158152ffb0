//! DAGs: the flows in force, under their ids and their aliases.

use axum::extract::{Extension, Path};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use longshore_api::wire::{
    FlowArgs, FlowDetail, FlowList, FlowRow, FlowShow, Nothing, SchedulePause, SchedulePauseArgs, ScheduleResume,
};
use serde_json::{Map, Value, json};

use super::answer::{Answered, Refusal};
use super::asked::{Asked, like};
use super::body::Body;
use super::words::{collection, time, uuid};
use super::{Api, Ask};

pub(super) fn routes() -> Router {
    Router::new()
        .route("/dags", get(list))
        .route("/dags/{dag_id}", get(show).patch(patch))
        .route("/dags/{dag_id}/details", get(details))
}

/// The flow that a name leads to.
pub(super) async fn flow_of(ask: &Ask, dag_id: &str) -> Result<FlowDetail, Refusal> {
    Ok(ask.session.call::<FlowShow>(FlowArgs { flow: dag_id.to_owned() }).await?)
}

/// Flows that can be started: in force, and not those of which only the file or only runs are there.
fn in_force(flow: &FlowRow) -> bool {
    flow.tasks > 0 && !flow.deleted
}

async fn list(asked: Asked) -> Answered {
    let (window, order) = (asked.window()?, asked.order(&["dag_id", "dag_display_name", "id"])?);
    let (paused, pattern) = (asked.truth("paused")?, asked.text("dag_id_pattern"));
    let (_, tags) = (asked.truth("only_active")?, asked.texts("tags"));
    asked.truth("exclude_stale")?;
    let mut flows = asked.ask.session.call::<FlowList>(Nothing {}).await?;
    let named = |flow: &FlowRow, pattern: &str| {
        like(&flow.id, pattern) || flow.aliases.iter().any(|alias| like(alias, pattern))
    };
    flows.retain(|flow| {
        in_force(flow)
            && paused.is_none_or(|paused| flow.paused == paused)
            && pattern.is_none_or(|pattern| named(flow, pattern))
            // A flow has no tags.
            && tags.is_empty()
    });
    flows.sort_by(|a, b| a.id.cmp(&b.id));
    if order.is_some_and(|(_, down)| down) {
        flows.reverse();
    }
    let total = flows.len() as u64;
    let rows = window.of(flows).iter().map(|flow| dag(&asked.ask, flow, &flow.id)).collect();
    Ok(Json(collection("dags", rows, total)).into_response())
}

async fn show(Extension(ask): Extension<Ask>, Path(dag_id): Path<String>) -> Answered {
    let found = flow_of(&ask, &dag_id).await?;
    Ok(Json(dag(&ask, &found.flow, &dag_id)).into_response())
}

/// A DAG as it stands in a list.
fn dag(ask: &Ask, flow: &FlowRow, dag_id: &str) -> Value {
    let file = flow.file.clone().unwrap_or_else(|| format!("longshore:{}.yaml", flow.id));
    let mut row = json!({
        "dag_id": dag_id,
        "dag_display_name": flow.title,
        "description": (!flow.description.is_empty()).then_some(&flow.description),
        "is_paused": flow.paused,
        "fileloc": file,
        "file_token": uuid(&[&file]),
        "owners": [if flow.built_in { "longshore" } else { "operator" }],
        "tags": [],
        "max_active_runs": flow.max_active_runs,
        "max_active_tasks": flow.max_active_tasks.unwrap_or(PLACES),
        "max_consecutive_failed_dag_runs": 0,
        "has_task_concurrency_limits": false,
        "has_import_errors": flow.refused.is_some(),
        "last_parsed_time": null,
        "last_expired": null,
        "next_dagrun_data_interval_start": null,
        "next_dagrun_data_interval_end": null,
    });
    let next = time(ask.api, flow.next);
    let words = (!flow.schedules.is_empty()).then(|| flow.schedules.join(", "));
    let more = match ask.api {
        Api::V1 => json!({
            "is_active": true, "is_subdag": false, "root_dag_id": null, "last_pickled": null, "pickle_id": null,
            "scheduler_lock": null, "default_view": "grid", "next_dagrun": next, "next_dagrun_create_after": next,
            "schedule_interval": interval(flow), "timetable_description": words,
        }),
        Api::V2 => json!({
            "is_stale": false, "bundle_name": if flow.built_in { "longshore" } else { "workspace" }, "bundle_version": null,
            "relative_fileloc": null, "next_dagrun_logical_date": next, "next_dagrun_run_after": next,
            "timetable_summary": words, "timetable_description": words, "timetable_partitioned": false,
            "timetable_periodic": !flow.schedules.is_empty(), "allowed_run_types": null,
            "is_backfillable": !flow.schedules.is_empty(), "last_parse_duration": null,
        }),
    };
    extend(&mut row, more);
    row
}

/// Task runs of a run that may work at once where the flow says nothing: the places of the process.
#[allow(clippy::cast_possible_truncation)]
const PLACES: u32 = longshore_api::CAPACITY as u32;

/// Puts the fields of one object behind those of another.
pub(super) fn extend(row: &mut Value, more: Value) {
    if let (Value::Object(row), Value::Object(more)) = (row, more) {
        row.extend(more);
    }
}

/// The first schedule, as Airflow 2 tells it, if it is a cron expression.
fn interval(flow: &FlowRow) -> Value {
    let cron = |words: &&String| words.split(' ').take_while(|word| !word.starts_with('(')).count() == 5;
    let found = flow.schedules.iter().find(cron);
    let plain = found.map(|words| words.split(" (").next().unwrap_or(words));
    plain.map_or(Value::Null, |value| json!({"__type": "CronExpression", "value": value}))
}

async fn details(Extension(ask): Extension<Ask>, Path(dag_id): Path<String>) -> Answered {
    let found = flow_of(&ask, &dag_id).await?;
    let mut row = dag(&ask, &found.flow, &dag_id);
    let concurrency = row["max_active_tasks"].clone();
    extend(
        &mut row,
        json!({
            "catchup": false, "concurrency": concurrency, "dag_run_timeout": null, "default_view": "grid", "doc_md": null,
            "end_date": null, "is_paused_upon_creation": null, "last_parsed": null, "orientation": "LR",
            "params": params(&found.params_schema), "render_template_as_native_obj": true, "start_date": null,
            "template_search_path": null, "timezone": "UTC",
        }),
    );
    if ask.api == Api::V2 {
        let version = json!({
            "id": uuid(&[&found.version]), "version_number": 1, "dag_id": dag_id, "bundle_name": row["bundle_name"],
            "bundle_version": found.version, "bundle_url": null, "created_at": time(ask.api, Some(0)),
            "dag_display_name": found.flow.title,
        });
        extend(
            &mut row,
            json!({
                "asset_expression": null, "default_args": null, "owner_links": null, "is_favorite": false,
                "active_runs_count": found.flow.active, "latest_dag_version": version, "rerun_with_latest_version": null,
            }),
        );
    }
    Ok(Json(row).into_response())
}

/// Parameters as Airflow tells them: value, description and schema of each.
fn params(schema: &Value) -> Value {
    let one = |(name, schema): (&String, &Value)| {
        let told = json!({
            "__class": "airflow.models.param.Param", "value": schema.get("default"),
            "description": schema.get("description"), "schema": schema,
        });
        (name.clone(), told)
    };
    let all = schema.get("properties").and_then(Value::as_object);
    Value::Object(all.into_iter().flatten().map(one).collect::<Map<_, _>>())
}

/// Pauses the schedules of a flow, or lets them go on. A flow without one has nothing to pause, and goes on.
async fn patch(Path(dag_id): Path<String>, asked: Asked, body: Body) -> Answered {
    let ask = asked.ask.clone();
    body.only(&["is_paused"])?;
    if !body.has("is_paused") {
        return Err(body.unfit("is_paused", "it is needed"));
    }
    let pause = body.truth("is_paused", false)?;
    if let Some(field) = asked.texts("update_mask").into_iter().find(|field| *field != "is_paused") {
        return Err(Refusal::bad(format!("Only `is_paused` field can be updated through the REST API, not {field:?}")));
    }
    let found = flow_of(&ask, &dag_id).await?;
    let args = SchedulePauseArgs { flow: found.flow.id.clone(), why: None };
    match (pause, found.flow.schedules.is_empty()) {
        (true, _) => drop(ask.session.call::<SchedulePause>(args).await?),
        (false, false) => drop(ask.session.call::<ScheduleResume>(args).await?),
        (false, true) => {}
    }
    reply(&ask, &dag_id).await
}

async fn reply(ask: &Ask, dag_id: &str) -> Answered {
    let found = flow_of(ask, dag_id).await?;
    let response: Response = Json(dag(ask, &found.flow, dag_id)).into_response();
    Ok(response)
}
