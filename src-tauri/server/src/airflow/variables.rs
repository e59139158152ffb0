//! Variables: those that were set in the workspace. Their values are texts to Airflow.

use axum::extract::{Extension, Path};
use axum::http::StatusCode;
use axum::response::IntoResponse;
use axum::routing::get;
use axum::{Json, Router};
use longshore_api::wire::{
    Nothing, VariableArgs, VariableList, VariableRemove, VariableRow, VariableSet, VariableSetArgs, VariableSource,
};
use serde_json::{Value, json};

use super::answer::{Answered, Refusal};
use super::asked::{Asked, like};
use super::body::Body;
use super::connections::MASK;
use super::dags::extend;
use super::words::collection;
use super::{Api, Ask};

pub(super) fn routes() -> Router {
    Router::new()
        .route("/variables", get(list).post(create))
        .route("/variables/{variable_key}", get(show).patch(patch).delete(delete))
}

fn variable(ask: &Ask, row: &VariableRow) -> Value {
    let value = match &row.value {
        _ if row.hidden => MASK.to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let mut told = json!({"key": row.name, "description": row.meaning, "value": value});
    if ask.api == Api::V2 {
        extend(&mut told, json!({"is_encrypted": false, "team_name": null}));
    }
    told
}

async fn all(ask: &Ask) -> Result<Vec<VariableRow>, Refusal> {
    Ok(ask.session.call::<VariableList>(Nothing {}).await?)
}

/// One that was set here: as in Airflow, those of the environment do not appear, and what is built in nobody has set.
async fn found(ask: &Ask, key: &str) -> Result<VariableRow, Refusal> {
    let row = all(ask).await?.into_iter().find(|row| row.name == key && row.from == VariableSource::Set);
    row.ok_or_else(|| Refusal::missing("variable", key))
}

async fn list(asked: Asked) -> Answered {
    let window = asked.window()?;
    let order = asked.order(&["key", "id", "_val", "description", "is_encrypted"])?;
    let pattern = asked.text("variable_key_pattern");
    let mut rows = all(&asked.ask).await?;
    rows.retain(|row| row.from == VariableSource::Set && pattern.is_none_or(|pattern| like(&row.name, pattern)));
    if order.is_some_and(|(_, down)| down) {
        rows.reverse();
    }
    let total = rows.len() as u64;
    let rows = window.of(rows).iter().map(|row| variable(&asked.ask, row)).collect();
    Ok(Json(collection("variables", rows, total)).into_response())
}

async fn show(Extension(ask): Extension<Ask>, Path(key): Path<String>) -> Answered {
    Ok(Json(variable(&ask, &found(&ask, &key).await?)).into_response())
}

const FIELDS: [&str; 4] = ["key", "value", "description", "team_name"];

fn known(ask: &Ask) -> &'static [&'static str] {
    if ask.api == Api::V1 { &FIELDS[..3] } else { &FIELDS }
}

/// The value that is to be set. One that Longshore itself reads is not a text where it is a number or more.
fn value(body: &Body, row: Option<&VariableRow>) -> Result<Value, Refusal> {
    if body.ask.api == Api::V2 && !body.has("value") {
        return Err(body.unfit("value", "it is needed"));
    }
    let given = match body.ask.api {
        Api::V1 => body.text("value")?.map(Value::String),
        Api::V2 => body.value("value").cloned(),
    };
    let given = given.unwrap_or_else(|| "".into());
    let own = row.is_some_and(|row| row.meaning.is_some());
    let read = given.as_str().filter(|_| own).and_then(|text| serde_json::from_str(text).ok());
    Ok(read.unwrap_or(given))
}

async fn set(ask: &Ask, key: String, value: Value) -> Result<VariableRow, Refusal> {
    Ok(ask.session.call::<VariableSet>(VariableSetArgs { variable: key, value, why: None }).await?)
}

/// Sets a variable. In v1 one that is there gets the value, in v2 it is a conflict.
async fn create(body: Body) -> Answered {
    let ask = body.ask.clone();
    body.only(known(&ask))?;
    body.text("description")?;
    let key = body.needed("key")?;
    let rows = all(&ask).await?;
    let row = rows.iter().find(|row| row.name == key);
    if ask.api == Api::V2 && row.is_some_and(|row| row.from == VariableSource::Set) {
        return Err(Refusal::new(StatusCode::CONFLICT, format!("The variable {key} exists already")));
    }
    let row = set(&ask, key, value(&body, row)?).await?;
    let status = if ask.api == Api::V1 { StatusCode::OK } else { StatusCode::CREATED };
    Ok((status, Json(variable(&ask, &row))).into_response())
}

async fn patch(Path(key): Path<String>, asked: Asked, body: Body) -> Answered {
    let ask = body.ask.clone();
    body.only(known(&ask))?;
    body.text("description")?;
    let mask = asked.texts("update_mask");
    if let Some(field) = mask.iter().find(|field| !FIELDS.contains(field)) {
        return Err(Refusal::bad(format!("{field:?} is not a field that can be updated")));
    }
    let said = body.needed("key")?;
    let row = found(&ask, &key).await?;
    if said != key {
        return Err(Refusal::bad("Invalid body, key from request body doesn't match uri parameter"));
    }
    let value = value(&body, Some(&row))?;
    if (!mask.is_empty() && !mask.contains(&"value")) || !body.has("value") || value == MASK {
        return Ok(Json(variable(&ask, &row)).into_response());
    }
    let row = set(&ask, key, value).await?;
    Ok(Json(variable(&ask, &row)).into_response())
}

async fn delete(Extension(ask): Extension<Ask>, Path(key): Path<String>) -> Answered {
    found(&ask, &key).await?;
    ask.session.call::<VariableRemove>(VariableArgs { variable: key, why: None }).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}
