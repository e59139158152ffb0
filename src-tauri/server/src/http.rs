//! What is answered over HTTP, on the loopback alone: metrics and health, and the archiver's interface where it is asked for.

use std::time::Duration;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use longshore_api::Session;
use tokio::net::TcpListener;

use crate::airflow;
use crate::archiver::{self, Access};
use crate::metrics;

/// How long an answer may take. Completing an object of many parts takes the object storage minutes.
const PATIENCE: Duration = Duration::from_mins(30);

/// What is answered.
#[derive(Debug, Clone, Default)]
pub(crate) struct Answered {
    /// `/metrics`.
    pub(crate) metrics: bool,
    /// The archiver's interface, for whom.
    pub(crate) archiver: Option<Access>,
    /// Airflow's interface.
    pub(crate) airflow: bool,
}

/// Answers until it is dropped.
pub(crate) async fn serve(listener: TcpListener, session: Session, answered: Answered) {
    if let Err(error) = axum::serve(listener, routes(session, answered)).await {
        tracing::error!(%error, "nothing is answered over HTTP any more");
    }
}

/// Answers what is reached from other machines too, until it is dropped: Airflow's interface and nothing else.
pub(crate) async fn serve_afar<L: axum::serve::Listener<Addr = std::net::SocketAddr>>(listener: L, session: Session) {
    let routes = airflow::routes(&session).layer(middleware::from_fn(patiently)).layer(middleware::from_fn(no_page));
    if let Err(error) = axum::serve(listener, routes).await {
        tracing::error!(%error, "nothing is answered to other machines any more");
    }
}

/// A browser marks what a page sends with the page's origin. No page has any business here.
async fn no_page(request: Request, next: Next) -> Response {
    if request.headers().contains_key(header::ORIGIN) {
        return (StatusCode::FORBIDDEN, "Pages are not answered.\n").into_response();
    }
    next.run(request).await
}

fn routes(session: Session, answered: Answered) -> Router {
    let mut all = Router::new().route("/healthz", get(health));
    if answered.metrics {
        all = all.route("/metrics", get(page));
    }
    let mut all = all.fallback(nothing).with_state(session.clone());
    if answered.airflow {
        all = all.merge(airflow::routes(&session));
    }
    if let Some(access) = answered.archiver {
        let routes = archiver::routes(session, access);
        // As it lies behind a proxy of the site, or without one.
        all = all.nest("/archiver/api/v1", routes.clone()).merge(routes);
    }
    all.layer(middleware::from_fn(patiently)).layer(middleware::from_fn(only_here))
}

/// A page of somebody else's must not be able to read or do what is answered here: neither given this machine's address as its own, nor by what a
/// browser sends along with such a page, which it marks with the page's origin.
async fn only_here(request: Request, next: Next) -> Response {
    if is_here(request.headers()) && !request.headers().contains_key(header::ORIGIN) {
        return next.run(request).await;
    }
    (StatusCode::FORBIDDEN, "Only programs of this machine are answered, by its own name.\n").into_response()
}

async fn patiently(request: Request, next: Next) -> Response {
    match tokio::time::timeout(PATIENCE, next.run(request)).await {
        Ok(response) => response,
        Err(_) => (StatusCode::GATEWAY_TIMEOUT, "It took too long.\n").into_response(),
    }
}

fn is_here(headers: &HeaderMap) -> bool {
    // Of two names nobody knows which one a proxy has looked at.
    let mut hosts = headers.get_all(header::HOST).iter();
    let (Some(host), None) = (hosts.next(), hosts.next()) else { return false };
    let Some(host) = host.to_str().ok().map(str::trim) else { return false };
    let name = host.rsplit_once(':').filter(|(_, port)| port.parse::<u16>().is_ok()).map_or(host, |(name, _)| name);
    name.eq_ignore_ascii_case("localhost") || name == "127.0.0.1"
}

async fn nothing() -> Response {
    (
        StatusCode::NOT_FOUND,
        "There is /healthz, /metrics with --metrics, the archiver's interface with --archiver-api, and Airflow's with --airflow-api.\n",
    )
        .into_response()
}

async fn page(State(session): State<Session>) -> Response {
    match metrics::page(&session).await {
        Ok(body) => {
            let kind = [
                (header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8"),
                (header::CACHE_CONTROL, "no-store"),
            ];
            (kind, body).into_response()
        }
        Err(fault) => (StatusCode::SERVICE_UNAVAILABLE, format!("{fault} ({})\n", fault.code)).into_response(),
    }
}

async fn health(State(session): State<Session>) -> Response {
    use longshore_api::wire::{Nothing, WorkspaceShow};
    match session.call::<WorkspaceShow>(Nothing {}).await {
        Ok(_) => "ok\n".into_response(),
        Err(fault) => (StatusCode::SERVICE_UNAVAILABLE, format!("{fault} ({})\n", fault.code)).into_response(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn only_this_machine_is_answered_by_its_own_name() {
        let here = |host: &str| is_here(&HeaderMap::from_iter([(header::HOST, host.parse().unwrap())]));
        assert!(here("localhost:9464") && here("127.0.0.1"));
        for host in ["evil.example", "evil.example:9464", "127.0.0.1.evil.example", "localhost.evil.example:80", ""] {
            assert!(!here(host), "{host}");
        }
        assert!(!is_here(&HeaderMap::new()));
    }
}
