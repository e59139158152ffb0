//! DAG runs: what is done with them once they are there.

use axum::extract::{Extension, Path};
use axum::http::StatusCode;
use axum::response::IntoResponse;
use axum::routing::patch as patching;
use axum::{Json, Router};
use longshore_api::RunState;
use longshore_api::wire::{
    MarkState, NoteSet, NoteSetArgs, PlainRun, RunAct, RunArgs, RunCancel, RunForget, RunResume, RunSelect, RunsAct,
    RunsActArgs,
};
use serde_json::Value;

use super::answer::{Answered, Refusal};
use super::asked::Asked;
use super::body::Body;
use super::runs::{dag_run, run_of};
use super::{Api, Ask, clear, instances};

/// What only v1 has: a note set at an address of its own.
pub(super) fn v1() -> Router {
    Router::new().route("/dags/{dag_id}/dagRuns/{dag_run_id}/setNote", patching(set_note))
}

/// Does something to one run. `false` where there was nothing to do.
pub(super) async fn act(ask: &Ask, run: &str, act: RunAct) -> Result<bool, Refusal> {
    let select = RunSelect { runs: vec![run.to_owned()], ..RunSelect::default() };
    let args = RunsActArgs { select, act, token: None, expect: None, why: None };
    match ask.session.call::<RunsAct>(args).await {
        Ok(_) => Ok(true),
        Err(fault) if matches!(&*fault.code, "retry.nothing" | "mark.nothing") => Ok(false),
        Err(fault) => Err(fault.into()),
    }
}

async fn told(ask: &Ask, dag_id: &str, name: &str) -> Answered {
    let run = run_of(ask, dag_id, name).await?;
    Ok(Json(dag_run(ask, &run, dag_id)).into_response())
}

/// Sets the state or, in v2, the note.
pub(super) async fn patch(Path((dag_id, name)): Path<(String, String)>, asked: Asked, body: Body) -> Answered {
    let ask = body.ask.clone();
    let known: &[&str] = if ask.api == Api::V1 { &["state"] } else { &["state", "note"] };
    body.only(known)?;
    let mask = asked.texts("update_mask");
    if let Some(field) = mask.iter().find(|field| !known.contains(field)) {
        return Err(Refusal::bad(format!("{field:?} is not a field that can be updated")));
    }
    let wanted = |field: &str| mask.is_empty() || mask.contains(&field);
    let state = body.text("state")?.filter(|_| wanted("state"));
    if ask.api == Api::V1 && state.is_none() {
        return Err(body.unfit("state", "it is needed"));
    }
    if let Some(state) = state.as_deref().filter(|state| !matches!(*state, "success" | "failed" | "queued")) {
        return Err(body.unfit("state", &format!("{state:?} is not one of success, failed, queued")));
    }
    let run = run_of(&ask, &dag_id, &name).await?;
    if body.has("note") && wanted("note") {
        note(&ask, &run, body.note()?).await?;
    }
    match state.as_deref() {
        Some("success") => succeed(&ask, &run).await?,
        Some("failed") => fail(&ask, &run).await?,
        Some(_) => queue(&ask, &run).await?,
        None => {}
    }
    told(&ask, &dag_id, &name).await
}

async fn note(ask: &Ask, run: &PlainRun, note: Option<String>) -> Result<(), Refusal> {
    let args = NoteSetArgs { run: run.id.clone(), task: None, index: None, note: note.unwrap_or_default() };
    ask.session.call::<NoteSet>(args).await?;
    Ok(())
}

/// What has not succeeded is marked as if it had; the run ends with it.
async fn succeed(ask: &Ask, run: &PlainRun) -> Result<(), Refusal> {
    for task in instances::of_run(ask, run).await?.unfinished() {
        act(ask, &run.id, RunAct::Mark { task, index: None, state: MarkState::Success, output: Value::Null }).await?;
    }
    Ok(())
}

/// A run that has not ended is cancelled, which Airflow calls failed; one that has ended well is not made to have failed.
async fn fail(ask: &Ask, run: &PlainRun) -> Result<(), Refusal> {
    match run.state {
        RunState::Failed | RunState::Cancelled | RunState::Cancelling => Ok(()),
        RunState::Success => {
            let why = "The run has succeeded: mark a task of it as failed, or clear it";
            Err(Refusal::new(StatusCode::CONFLICT, why))
        }
        _ => {
            ask.session.call::<RunCancel>(RunArgs { run: run.id.clone() }).await?;
            Ok(())
        }
    }
}

/// What failed is done again; what is paused goes on.
async fn queue(ask: &Ask, run: &PlainRun) -> Result<(), Refusal> {
    match run.state {
        RunState::Paused => {
            ask.session.call::<RunResume>(RunArgs { run: run.id.clone() }).await?;
        }
        RunState::Failed | RunState::Cancelled => {
            act(ask, &run.id, RunAct::Retry { task: None, index: None, downstream: false }).await?;
        }
        _ => {}
    }
    Ok(())
}

/// Does all of a run again; with `dry_run`, which holds if nothing is said, tells what of it that would be.
pub(super) async fn clear(Path((dag_id, name)): Path<(String, String)>, body: Body) -> Answered {
    let ask = body.ask.clone();
    let v2 = ["dry_run", "only_failed", "only_new", "run_on_latest_version", "note"];
    body.only(if ask.api == Api::V1 { &["dry_run"] } else { &v2 })?;
    let (dry, only_failed) = (body.truth("dry_run", true)?, body.truth("only_failed", false)?);
    body.truth("only_new", false)?;
    body.value("run_on_latest_version").map(|_| body.truth("run_on_latest_version", false)).transpose()?;
    body.note()?;
    let run = run_of(&ask, &dag_id, &name).await?;
    let all = RunAct::Clear { task: None, index: None, downstream: false, upstream: false, only_failed };
    if dry {
        return clear::preview(&ask, &dag_id, &[run], &[all]).await;
    }
    act(&ask, &run.id, all).await?;
    if body.has("note") {
        note(&ask, &run, body.note()?).await?;
    }
    told(&ask, &dag_id, &name).await
}

/// Forgets a run that has ended.
pub(super) async fn delete(Extension(ask): Extension<Ask>, Path((dag_id, name)): Path<(String, String)>) -> Answered {
    let run = run_of(&ask, &dag_id, &name).await?;
    ask.session.call::<RunForget>(RunArgs { run: run.id }).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

async fn set_note(Path((dag_id, name)): Path<(String, String)>, body: Body) -> Answered {
    body.only(&["note"])?;
    let run = run_of(&body.ask, &dag_id, &name).await?;
    note(&body.ask, &run, body.note()?).await?;
    told(&body.ask, &dag_id, &name).await
}
