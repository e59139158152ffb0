//! Airflow's stable REST interface, v1 (2.x) and v2 (3.x), so that scripts and clients written for it go on: a flow is a DAG, its aliases are
//! ids of the same DAG, a limit is a pool, the audit log is the event log. One file a resource; every answer is an operation of the session.
//!
//! What is served is in the documents at `/api/v1/openapi.json` and `/api/v2/openapi.json`, taken from those of Airflow's clients (2.10.0 and
//! 3.3.2, Apache-2.0).

mod access;
mod answer;
mod asked;
mod body;
mod clear;
mod connections;
mod dags;
mod events;
mod health;
mod instances;
mod logs;
mod openapi;
mod pools;
mod runs;
mod runs_change;
mod tasks;
mod variables;
mod words;
mod xcom;

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware;
use axum::routing::{get, post};
use longshore_api::Session;

use access::Gate;

/// Bytes of a request at most.
const REQUEST: usize = 1 << 20;

/// Which generation of the interface speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Api {
    /// `/api/v1`, Airflow 2.x.
    V1,
    /// `/api/v2`, Airflow 3.x.
    V2,
}

/// Who asks, and in which generation's words. The session acts in their name.
#[derive(Clone)]
pub(crate) struct Ask {
    session: Session,
    api: Api,
}

/// Both generations, and where v2 gives its tokens.
pub(crate) fn routes(session: &Session) -> Router {
    let gate = Arc::new(Gate::new(session.clone()));
    let of = |api: Api| {
        let routes = shared().merge(if api == Api::V1 { only_v1() } else { only_v2() });
        routes
            .fallback(answer::nothing)
            .method_not_allowed_fallback(answer::no_such_method)
            .layer(middleware::from_fn_with_state((gate.clone(), api), access::enter))
            .layer(DefaultBodyLimit::max(REQUEST))
    };
    let token = Router::new()
        .route("/auth/token", post(access::token).fallback(answer::no_such_method))
        .with_state(gate.clone())
        .layer(middleware::from_fn(answer::told_as_v2));
    Router::new().nest("/api/v1", of(Api::V1)).nest("/api/v2", of(Api::V2)).merge(token)
}

fn shared() -> Router {
    Router::new()
        .route("/openapi.json", get(openapi::show))
        .route("/version", get(health::version))
        .merge(connections::routes())
        .merge(variables::routes())
        .merge(pools::routes())
        .merge(dags::routes())
        .merge(tasks::routes())
        .merge(runs::routes())
        .merge(instances::routes())
        .merge(logs::routes())
        .merge(xcom::routes())
        .merge(events::routes())
}

fn only_v1() -> Router {
    Router::new().route("/health", get(health::show)).merge(runs_change::v1()).merge(clear::v1())
}

fn only_v2() -> Router {
    Router::new().route("/monitor/health", get(health::show)).merge(clear::v2())
}
