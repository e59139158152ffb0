//! The event log: the audit log, of which each row is an operation.

use axum::extract::{Extension, Path};
use axum::response::IntoResponse;
use axum::routing::get;
use axum::{Json, Router};
use longshore_api::wire::{AuditList, AuditListArgs, AuditRow};
use serde_json::{Value, json};

use super::answer::{Answered, Refusal};
use super::asked::{Asked, Window};
use super::dags::{extend, flow_of};
use super::runs::run_of;
use super::words::{collection, time};
use super::{Api, Ask};

pub(super) fn routes() -> Router {
    Router::new().route("/eventLogs", get(list)).route("/eventLogs/{event_log_id}", get(show))
}

fn event(ask: &Ask, row: &AuditRow) -> Value {
    let named = |kind: &str| {
        let object = row.object.strip_prefix(kind).and_then(|rest| rest.strip_prefix(' ')).map(Value::from);
        object.or_else(|| row.detail.get(kind).cloned()).unwrap_or(Value::Null)
    };
    let mut extra = row.detail.clone();
    extend(
        &mut extra,
        json!({"object": row.object, "program": row.program, "state": row.state, "why": row.why, "fault": row.fault}),
    );
    let task = named("task");
    let mut told = json!({
        "event_log_id": row.seq, "when": time(ask.api, Some(row.at)), "dag_id": named("flow"), "run_id": named("run"),
        "task_id": task, "map_index": row.detail.get("index"), "try_number": null, "event": row.op, "owner": row.by,
        "extra": extra.to_string(),
    });
    let more = match ask.api {
        Api::V1 => json!({"execution_date": null}),
        Api::V2 => json!({"logical_date": null, "dag_display_name": named("flow"), "task_display_name": task}),
    };
    extend(&mut told, more);
    told
}

/// What the log is asked for: one object, if a DAG or a run is named.
async fn filter(asked: &Asked) -> Result<AuditListArgs, Refusal> {
    let ask = &asked.ask;
    let object = match (asked.text("run_id"), asked.text("dag_id")) {
        (Some(run), dag_id) => Some(format!("run {}", run_of(ask, dag_id.unwrap_or("~"), run).await?.id)),
        (None, Some(dag_id)) => Some(format!("flow {}", flow_of(ask, dag_id).await?.flow.id)),
        (None, None) => None,
    };
    Ok(AuditListArgs {
        op: asked.text("event").map(str::to_owned),
        object,
        by: asked.text("owner").map(str::to_owned),
        since: asked.time("after")?,
        until: asked.time("before")?,
        ..AuditListArgs::default()
    })
}

async fn list(asked: Asked) -> Answered {
    let window = asked.window()?;
    let orders = ["id", "event_log_id", "when", "dttm"];
    let down = asked.order(&orders)?.is_some_and(|(_, down)| down);
    let (rows, total) = match filter(&asked).await {
        Ok(filter) => page(&asked.ask, filter, window, down).await?,
        // Of what there is not, nothing was done.
        Err(_) if asked.text("run_id").or(asked.text("dag_id")).is_some() => (Vec::new(), 0),
        Err(refusal) => return Err(refusal),
    };
    let rows = rows.iter().map(|row| event(&asked.ask, row)).collect();
    Ok(Json(collection("event_logs", rows, total)).into_response())
}

/// A page of the log. It is kept with the newest first; asked for the other way, it is read from its end.
async fn page(ask: &Ask, filter: AuditListArgs, window: Window, down: bool) -> Result<(Vec<AuditRow>, u64), Refusal> {
    let read = |offset: u64, limit: u64| {
        let limit = u32::try_from(limit).unwrap_or(u32::MAX);
        ask.session.call::<AuditList>(AuditListArgs { offset, limit, ..filter.clone() })
    };
    if down {
        let page = read(window.offset, window.limit).await?;
        return Ok((page.rows, page.total));
    }
    let total = read(0, 1).await?.total;
    let last = total.saturating_sub(window.offset);
    let first = last.saturating_sub(window.limit);
    if last == 0 {
        return Ok((Vec::new(), total));
    }
    let mut rows = read(first, last - first).await?.rows;
    rows.reverse();
    Ok((rows, total))
}

/// One row. The log is never shortened, so the place of a row follows from its number.
async fn show(Extension(ask): Extension<Ask>, Path(number): Path<String>) -> Answered {
    let wanted = |why| Refusal::unfit(&ask, "path", "event_log_id", why);
    let number: i64 = number.parse().map_err(|_| wanted("a whole number is wanted"))?;
    let missing = || Refusal::missing("event log", &number.to_string());
    let total = ask.session.call::<AuditList>(AuditListArgs { limit: 1, ..AuditListArgs::default() }).await?.total;
    let place = u64::try_from(number).ok().filter(|number| (1..=total).contains(number)).ok_or_else(missing)?;
    let args = AuditListArgs { offset: total - place, limit: 1, ..AuditListArgs::default() };
    let found = ask.session.call::<AuditList>(args).await?.rows.into_iter().next().filter(|row| row.seq == number);
    Ok(Json(event(&ask, &found.ok_or_else(missing)?)).into_response())
}
