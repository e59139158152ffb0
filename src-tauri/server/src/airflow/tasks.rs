//! The tasks of a DAG.

use axum::extract::{Extension, Path};
use axum::response::IntoResponse;
use axum::routing::get;
use axum::{Json, Router};
use longshore_api::wire::{FlowTaskRow, FlowTasks, FlowTasksArgs};
use serde_json::{Value, json};

use super::answer::{Answered, Refusal};
use super::asked::Asked;
use super::dags::extend;
use super::words::{collection, delta};
use super::{Api, Ask};

pub(super) fn routes() -> Router {
    Router::new().route("/dags/{dag_id}/tasks", get(list)).route("/dags/{dag_id}/tasks/{task_id}", get(show))
}

/// The tasks of a flow, or of the version that a run has.
pub(super) async fn tasks_of(ask: &Ask, flow: &str, run: Option<&str>) -> Result<Vec<FlowTaskRow>, Refusal> {
    let args = FlowTasksArgs { flow: Some(flow.to_owned()), run: run.map(str::to_owned) };
    Ok(ask.session.call::<FlowTasks>(args).await?)
}

async fn list(Path(dag_id): Path<String>, asked: Asked) -> Answered {
    let order = asked.order(&["task_id"])?;
    let mut all = tasks_of(&asked.ask, &dag_id, None).await?;
    match order {
        Some((_, true)) => all.sort_by(|a, b| b.id.cmp(&a.id)),
        Some(_) => all.sort_by(|a, b| a.id.cmp(&b.id)),
        None => {}
    }
    let total = all.len() as u64;
    let rows = all.iter().map(|one| task(&asked.ask, one)).collect();
    Ok(Json(collection("tasks", rows, total)).into_response())
}

async fn show(Extension(ask): Extension<Ask>, Path((dag_id, task_id)): Path<(String, String)>) -> Answered {
    let all = tasks_of(&ask, &dag_id, None).await?;
    let found = all.iter().find(|one| one.id == task_id).ok_or_else(|| Refusal::missing("task", &task_id))?;
    Ok(Json(task(&ask, found)).into_response())
}

/// The pool of a task: the first limit that it holds.
pub(super) fn pool(task: &FlowTaskRow) -> (&str, u32) {
    task.limits.first().map_or((super::pools::DEFAULT, 1), |claim| (&claim.limit, claim.slots))
}

/// The word of a trigger rule. Airflow 2 does not know the one that setups and teardowns have.
fn trigger<'t>(ask: &Ask, task: &'t FlowTaskRow) -> &'t str {
    match task.trigger.as_str() {
        "all_done_min_one_success" if ask.api == Api::V1 => "all_done",
        word => word,
    }
}

fn task(ask: &Ask, task: &FlowTaskRow) -> Value {
    let (pool, slots) = pool(task);
    let mut row = json!({
        "task_id": task.id, "task_display_name": task.id, "owner": "longshore",
        "class_ref": {"class_name": task.uses, "module_path": "longshore"},
        "depends_on_past": false, "wait_for_downstream": false, "doc_md": null,
        "downstream_task_ids": task.needed_by, "start_date": null, "end_date": null,
        "execution_timeout": task.timeout.map(delta), "extra_links": [], "is_mapped": task.mapped,
        "pool": pool, "pool_slots": slots, "priority_weight": task.priority, "queue": "default",
        "retries": task.retries, "retry_delay": delta(task.retry_delay), "template_fields": ["with"],
        "trigger_rule": trigger(ask, task), "ui_color": "#ffffff", "ui_fgcolor": "#000000", "weight_rule": "absolute",
    });
    let more = match ask.api {
        Api::V1 => json!({"executor": null, "retry_exponential_backoff": task.backoff}),
        Api::V2 => json!({
            "operator_name": task.uses, "params": {}, "retry_exponential_backoff": if task.backoff { 2 } else { 0 },
        }),
    };
    extend(&mut row, more);
    row
}
