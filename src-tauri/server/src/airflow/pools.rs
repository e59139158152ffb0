//! Pools: limits under Airflow's name.

use axum::extract::{Extension, Path};
use axum::http::StatusCode;
use axum::response::IntoResponse;
use axum::routing::get;
use axum::{Json, Router};
use longshore_api::CAPACITY;
use longshore_api::wire::{LimitArgs, LimitList, LimitRemove, LimitRow, LimitSet, LimitSetArgs, Nothing};
use serde_json::{Value, json};

use super::answer::{Answered, Refusal};
use super::asked::{Asked, like};
use super::body::Body;
use super::dags::extend;
use super::words::collection;
use super::{Api, Ask};

/// The pool of tasks that name none: the places of the process. It is no limit, and cannot be changed.
pub(super) const DEFAULT: &str = "default_pool";

pub(super) fn routes() -> Router {
    Router::new()
        .route("/pools", get(list).post(create))
        .route("/pools/{pool_name}", get(show).patch(patch).delete(delete))
}

fn pool(ask: &Ask, row: &LimitRow) -> Value {
    let open = i64::from(row.slots) - i64::from(row.held);
    let mut told = json!({
        "name": row.name, "slots": row.slots, "description": null, "include_deferred": false, "occupied_slots": row.held,
        "running_slots": row.held, "queued_slots": 0, "scheduled_slots": 0, "open_slots": open, "deferred_slots": 0,
    });
    if ask.api == Api::V2 {
        extend(&mut told, json!({ "team_name": null }));
    }
    told
}

async fn all(ask: &Ask) -> Result<Vec<LimitRow>, Refusal> {
    let mut rows = ask.session.call::<LimitList>(Nothing {}).await?;
    if !rows.iter().any(|row| row.name == DEFAULT) {
        let slots = u32::try_from(CAPACITY).unwrap_or(u32::MAX);
        rows.insert(0, LimitRow { name: DEFAULT.to_owned(), slots, held: 0, holders: Vec::new() });
    }
    Ok(rows)
}

async fn found(ask: &Ask, name: &str) -> Result<LimitRow, Refusal> {
    let row = all(ask).await?.into_iter().find(|row| row.name == name);
    row.ok_or_else(|| Refusal::missing("pool", name))
}

async fn list(asked: Asked) -> Answered {
    let window = asked.window()?;
    let order = asked.order(&["id", "name", "pool", "slots"])?;
    let pattern = asked.text("pool_name_pattern");
    let mut rows = all(&asked.ask).await?;
    rows.retain(|row| pattern.is_none_or(|pattern| like(&row.name, pattern)));
    if let Some((name, down)) = order {
        match name.as_str() {
            "slots" => rows.sort_by_key(|row| row.slots),
            "name" | "pool" => rows.sort_by(|a, b| a.name.cmp(&b.name)),
            _ => {}
        }
        if down {
            rows.reverse();
        }
    }
    let total = rows.len() as u64;
    let rows = window.of(rows).iter().map(|row| pool(&asked.ask, row)).collect();
    Ok(Json(collection("pools", rows, total)).into_response())
}

async fn show(Extension(ask): Extension<Ask>, Path(name): Path<String>) -> Answered {
    Ok(Json(pool(&ask, &found(&ask, &name).await?)).into_response())
}

/// The slots that a body asks for. A limit without end is none.
fn slots(body: &Body) -> Result<Option<u32>, Refusal> {
    let slots = body.whole("slots")?.map(u32::try_from).transpose();
    slots.map_err(|_| body.unfit("slots", "a number from 0 on is wanted: there is no limit without end"))
}

/// What Airflow knows of a pool and a limit does not have.
fn extras(body: &Body) -> Result<(), Refusal> {
    body.text("description")?;
    body.text("team_name")?;
    if body.value("include_deferred").is_some() && body.truth("include_deferred", false)? {
        return Err(body.unfit("include_deferred", "deferred task runs hold no slots here"));
    }
    Ok(())
}

async fn create(body: Body) -> Answered {
    let ask = body.ask.clone();
    let known = ["name", "slots", "description", "include_deferred", "team_name"];
    body.only(if ask.api == Api::V1 { &known[..4] } else { &known })?;
    let name = body.needed("name")?;
    let slots = slots(&body)?.ok_or_else(|| body.unfit("slots", "it is needed"))?;
    extras(&body)?;
    if found(&ask, &name).await.is_ok() {
        return Err(Refusal::new(StatusCode::CONFLICT, format!("The pool {name} exists already")));
    }
    let row = ask.session.call::<LimitSet>(LimitSetArgs { limit: name, slots, why: None }).await?;
    let status = if ask.api == Api::V1 { StatusCode::OK } else { StatusCode::CREATED };
    Ok((status, Json(pool(&ask, &row))).into_response())
}

fn no_default(name: &str) -> Result<(), Refusal> {
    if name == DEFAULT { Err(Refusal::bad("Default Pool can't be changed or deleted")) } else { Ok(()) }
}

async fn patch(Path(name): Path<String>, asked: Asked, body: Body) -> Answered {
    let ask = body.ask.clone();
    let v1 = ["name", "slots", "description", "include_deferred"];
    let v2 = ["pool", "slots", "description", "include_deferred", "team_name"];
    body.only(if ask.api == Api::V1 { &v1 } else { &v2 })?;
    let said = body.text(if ask.api == Api::V1 { "name" } else { "pool" })?;
    let slots = slots(&body)?;
    extras(&body)?;
    let mask = asked.texts("update_mask");
    if let Some(field) = mask.iter().find(|field| !v1.contains(field) && !v2.contains(field)) {
        return Err(Refusal::bad(format!("{field:?} is not a field that can be updated")));
    }
    let row = found(&ask, &name).await?;
    no_default(&name)?;
    if said.is_some_and(|said| said != name) {
        return Err(Refusal::bad("A pool keeps its name: flows name it"));
    }
    let slots = slots.filter(|_| mask.is_empty() || mask.contains(&"slots")).unwrap_or(row.slots);
    let row = ask.session.call::<LimitSet>(LimitSetArgs { limit: name, slots, why: None }).await?;
    Ok(Json(pool(&ask, &row)).into_response())
}

async fn delete(Extension(ask): Extension<Ask>, Path(name): Path<String>) -> Answered {
    no_default(&name)?;
    found(&ask, &name).await?;
    ask.session.call::<LimitRemove>(LimitArgs { limit: name, why: None }).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}
