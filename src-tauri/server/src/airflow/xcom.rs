//! XCom entries: a task run has one, its output, under the key of what a task of Airflow returns.

use axum::extract::Path;
use axum::response::IntoResponse;
use axum::routing::get;
use axum::{Json, Router};
use longshore_api::wire::PlainRun;
use serde_json::{Value, json};

use super::answer::{Answered, Refusal};
use super::asked::Asked;
use super::dags::extend;
use super::instances::{detail, index_of, map_index, of_run};
use super::runs::run_of;
use super::words::{collection, time};
use super::{Api, Ask};

/// The key of what a task returns.
const KEY: &str = "return_value";

pub(super) fn routes() -> Router {
    const OF: &str = "/dags/{dag_id}/dagRuns/{dag_run_id}/taskInstances/{task_id}/xcomEntries";
    Router::new().route(OF, get(list)).route(&format!("{OF}/{{xcom_key}}"), get(show))
}

fn entry(ask: &Ask, dag_id: &str, run: &PlainRun, task: &str, index: Option<u32>, at: Option<i64>) -> Value {
    let logical = time(ask.api, run.logical_at.or((ask.api == Api::V1).then_some(run.created_at)));
    let at = time(ask.api, at.or(Some(run.created_at)));
    let mut row =
        json!({"key": KEY, "timestamp": at, "map_index": map_index(index), "task_id": task, "dag_id": dag_id});
    let more = match ask.api {
        Api::V1 => json!({"execution_date": logical}),
        Api::V2 => json!({
            "logical_date": logical, "run_id": run.name, "dag_display_name": dag_id, "task_display_name": task,
            "run_after": time(ask.api, Some(run.created_at)),
        }),
    };
    extend(&mut row, more);
    row
}

async fn list(Path((dag_id, name, task)): Path<(String, String, String)>, asked: Asked) -> Answered {
    let (ask, window) = (&asked.ask, asked.window()?);
    let index = asked.text("map_index").map(|text| index_of(ask, "query", text)).transpose()?;
    let key = asked.text("xcom_key").or(asked.text("xcom_key_pattern"));
    let run = run_of(ask, &dag_id, &name).await?;
    let all = of_run(ask, &run).await?;
    let wanted = |row: &&longshore_api::wire::TaskRunRow| {
        (task == "~" || row.task == task)
            && index.is_none_or(|index| row.index == index)
            && key.is_none_or(|key| key == KEY)
            && row.state == longshore_api::TaskState::Success
    };
    let rows: Vec<Value> = all
        .rows
        .iter()
        .filter(wanted)
        .map(|row| entry(ask, &dag_id, &run, &row.task, row.index, row.ended_at))
        .collect();
    let total = rows.len() as u64;
    Ok(Json(collection("xcom_entries", window.of(rows), total)).into_response())
}

async fn show(Path((dag_id, name, task, key)): Path<(String, String, String, String)>, asked: Asked) -> Answered {
    let ask = &asked.ask;
    let index = index_of(ask, "query", asked.text("map_index").unwrap_or("-1"))?;
    asked.truth("deserialize")?;
    let as_text = asked.truth("stringify")?.unwrap_or(ask.api == Api::V1);
    let run = run_of(ask, &dag_id, &name).await?;
    let found = detail(ask, &run, &task, index).await?.filter(|_| key == KEY);
    let missing = || Refusal::missing("XCom entry", &key);
    let found = found.ok_or_else(missing)?;
    let output = found.output.ok_or_else(missing)?;
    let value = match output {
        Value::String(text) => Value::String(text),
        other if as_text => Value::String(other.to_string()),
        other => other,
    };
    let mut row = entry(ask, &dag_id, &run, &task, index, found.row.ended_at);
    extend(&mut row, json!({ "value": value }));
    Ok(Json(row).into_response())
}
