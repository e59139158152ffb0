//! Connections. A secret goes in and never comes out: v1 leaves the password away, and `***` stands for every other.

use std::collections::BTreeMap;

use axum::extract::{Extension, Path};
use axum::http::StatusCode;
use axum::response::IntoResponse;
use axum::routing::{get, post};
use axum::{Json, Router};
use longshore_api::wire::{
    ConnectionArgs, ConnectionList, ConnectionRemove, ConnectionRow, ConnectionSet, ConnectionSetArgs, ConnectionShow,
    ConnectionSource, ConnectionTest, ConnectionTestArgs, Hidden, Nothing, SecretGiven,
};
use serde_json::{Map, Value, json};

use super::answer::{Answered, Refusal};
use super::asked::{Asked, like};
use super::body::Body;
use super::dags::extend;
use super::words::collection;
use super::{Api, Ask};

/// What stands for a secret; given back, it changes nothing.
pub(super) const MASK: &str = "***";
const PASSWORD: &str = "password";
const FIELDS: [&str; 10] =
    ["connection_id", "conn_type", "description", "host", "login", "schema", "port", "password", "extra", "team_name"];

pub(super) fn routes() -> Router {
    Router::new()
        .route("/connections", get(list).post(create))
        .route("/connections/test", post(test))
        .route("/connections/{connection_id}", get(show).patch(patch).delete(delete))
}

fn known(ask: &Ask) -> &'static [&'static str] {
    if ask.api == Api::V1 { &FIELDS[..9] } else { &FIELDS }
}

fn connection(ask: &Ask, row: &ConnectionRow, whole: bool) -> Value {
    let mut told = json!({
        "connection_id": row.id, "conn_type": row.kind, "description": row.description, "host": row.host,
        "login": row.login, "schema": row.schema, "port": row.port,
    });
    if whole {
        let mut extra = row.extra.clone();
        let secret = row.secrets.iter().filter(|secret| secret.field != PASSWORD);
        extra.extend(secret.map(|secret| (secret.field.clone(), Value::from(MASK))));
        let extra = if extra.is_empty() { Value::Null } else { Value::Object(extra).to_string().into() };
        extend(&mut told, json!({ "extra": extra }));
    }
    if ask.api == Api::V2 {
        let password = row.secrets.iter().any(|secret| secret.field == PASSWORD).then_some(MASK);
        extend(&mut told, json!({"password": password, "team_name": null}));
    }
    told
}

/// Those of the workspace: as in Airflow, those of the environment are not listed.
fn own(row: &ConnectionRow) -> bool {
    row.source == ConnectionSource::Workspace
}

async fn list(asked: Asked) -> Answered {
    let window = asked.window()?;
    let orders = ["connection_id", "conn_id", "conn_type", "description", "host", "port", "id", "login", "schema"];
    let order = asked.order(&orders)?;
    let mut rows = asked.ask.session.call::<ConnectionList>(Nothing {}).await?;
    let pattern = asked.text("connection_id_pattern");
    rows.retain(|row| own(row) && pattern.is_none_or(|pattern| like(&row.id, pattern)));
    let (by, down) = order.unwrap_or_else(|| ("id".to_owned(), false));
    rows.sort_by_key(|row| match by.as_str() {
        "conn_type" => (row.kind.clone(), 0, row.id.clone()),
        "description" => (row.description.clone().unwrap_or_default(), 0, row.id.clone()),
        "host" => (row.host.clone().unwrap_or_default(), 0, row.id.clone()),
        "login" => (row.login.clone().unwrap_or_default(), 0, row.id.clone()),
        "schema" => (row.schema.clone().unwrap_or_default(), 0, row.id.clone()),
        "port" => (String::new(), row.port.unwrap_or(0), row.id.clone()),
        _ => (String::new(), 0, row.id.clone()),
    });
    if down {
        rows.reverse();
    }
    let total = rows.len() as u64;
    let whole = asked.ask.api == Api::V2;
    let rows = window.of(rows).iter().map(|row| connection(&asked.ask, row, whole)).collect();
    Ok(Json(collection("connections", rows, total)).into_response())
}

async fn found(ask: &Ask, id: &str) -> Result<ConnectionRow, Refusal> {
    let args = ConnectionArgs { connection: id.to_owned(), why: None };
    let row = ask.session.call::<ConnectionShow>(args).await?.connection;
    if own(&row) { Ok(row) } else { Err(Refusal::missing("connection", id)) }
}

async fn show(Extension(ask): Extension<Ask>, Path(id): Path<String>) -> Answered {
    let row = found(&ask, &id).await?;
    Ok(Json(connection(&ask, &row, true)).into_response())
}

async fn create(body: Body) -> Answered {
    let ask = body.ask.clone();
    body.only(known(&ask))?;
    let args = given(&body, ConnectionSetArgs::default(), &[])?;
    let row = ask.session.call::<ConnectionSet>(ConnectionSetArgs { new: true, ..args }).await?;
    let status = if ask.api == Api::V1 { StatusCode::OK } else { StatusCode::CREATED };
    Ok((status, Json(connection(&ask, &row, true))).into_response())
}

/// A connection with what a body says of it, as far as a mask lets it; the rest is as before.
fn given(body: &Body, before: ConnectionSetArgs, mask: &[&str]) -> Result<ConnectionSetArgs, Refusal> {
    let mut args = before;
    let wanted = |name: &str| body.has(name) && (mask.is_empty() || mask.contains(&name));
    if args.connection.is_empty() {
        args.connection = body.needed("connection_id")?;
    }
    if wanted("conn_type") || args.kind.is_empty() {
        args.kind = body.needed("conn_type")?;
    }
    let texts = [
        ("host", &mut args.host),
        ("login", &mut args.login),
        ("schema", &mut args.schema),
        ("description", &mut args.description),
    ];
    for (name, field) in texts {
        let text = body.text(name)?;
        if wanted(name) {
            *field = text;
        }
    }
    let port = body.whole("port")?.map(u16::try_from).transpose();
    let port = port.map_err(|_| body.unfit("port", "a number from 0 to 65535 is wanted"))?;
    if wanted("port") {
        args.port = port;
    }
    let password = body.text(PASSWORD)?;
    if wanted(PASSWORD) && password.as_deref() != Some(MASK) {
        let password = password.filter(|password| !password.is_empty());
        let given = password.map_or(SecretGiven::None, |password| SecretGiven::Value(Hidden(password.into())));
        args.secrets.insert(PASSWORD.to_owned(), given);
    }
    let extra = extra(body)?;
    if wanted("extra") {
        args.extra =
            extra.into_iter().filter(|(_, value)| value != MASK).map(|(name, value)| (name, Hidden(value))).collect();
    }
    Ok(args)
}

/// `extra` as an object: it is a text that holds one.
fn extra(body: &Body) -> Result<Map<String, Value>, Refusal> {
    let Some(text) = body.text("extra")?.filter(|text| !text.trim().is_empty()) else { return Ok(Map::new()) };
    let unfit = || body.unfit("extra", "a text that holds a JSON object is wanted");
    serde_json::from_str::<Value>(&text).ok().and_then(|value| value.as_object().cloned()).ok_or_else(unfit)
}

async fn patch(Path(id): Path<String>, asked: Asked, body: Body) -> Answered {
    let ask = body.ask.clone();
    body.only(known(&ask))?;
    let said = body.text("connection_id")?;
    if ask.api == Api::V2 {
        body.needed("connection_id")?;
        body.needed("conn_type")?;
    }
    let mask = asked.texts("update_mask");
    if let Some(field) = mask.iter().find(|field| !FIELDS.contains(field)) {
        return Err(Refusal::bad(format!("{field:?} is not a field that can be updated")));
    }
    let row = found(&ask, &id).await?;
    if said.is_some_and(|said| said != id) {
        return Err(Refusal::bad("The connection_id cannot be updated"));
    }
    let extra_given = body.has("extra") && (mask.is_empty() || mask.contains(&"extra"));
    let secrets = if extra_given { dropped(&row, &extra(&body)?) } else { BTreeMap::new() };
    let before = ConnectionSetArgs {
        connection: row.id,
        kind: row.kind,
        host: row.host,
        port: row.port,
        login: row.login,
        schema: row.schema,
        extra: row.extra.into_iter().map(|(name, value)| (name, Hidden(value))).collect(),
        description: row.description,
        secrets,
        new: false,
        why: None,
    };
    let row = ask.session.call::<ConnectionSet>(given(&body, before, &mask)?).await?;
    Ok(Json(connection(&ask, &row, true)).into_response())
}

/// Secrets of the `extra` that was, which are not in the one that is to be.
fn dropped(row: &ConnectionRow, extra: &Map<String, Value>) -> BTreeMap<String, SecretGiven> {
    let gone = row.secrets.iter().filter(|secret| secret.field != PASSWORD && !extra.contains_key(&secret.field));
    gone.map(|secret| (secret.field.clone(), SecretGiven::None)).collect()
}

async fn delete(Extension(ask): Extension<Ask>, Path(id): Path<String>) -> Answered {
    let row = found(&ask, &id).await?;
    ask.session.call::<ConnectionRemove>(ConnectionArgs { connection: row.id, why: None }).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// Tries what a connection would be. Nothing of it is kept, and no secret that is kept is used.
async fn test(body: Body) -> Answered {
    let ask = body.ask.clone();
    body.only(known(&ask))?;
    let mut draft = given(&body, ConnectionSetArgs::default(), &[])?;
    draft.connection.clear();
    let args = ConnectionTestArgs { draft: Some(Box::new(draft)), ..ConnectionTestArgs::default() };
    let (ok, message) = match ask.session.call::<ConnectionTest>(args).await {
        Ok(tested) => {
            let failed = tested.steps.iter().find(|step| !step.ok).map(|step| format!("{}: {}", step.name, step.text));
            (tested.ok, failed.unwrap_or_else(|| "Connection successfully tested".to_owned()))
        }
        Err(fault) => (false, format!("{}: {}", fault.what, fault.why)),
    };
    Ok(Json(json!({"status": ok, "message": message})).into_response())
}
