//! Airflow's REST interface, answered for as long as the window has the workspace open and a port is set for it.

use std::sync::{Arc, Mutex, PoisonError};

use longshore_api::wire::{Event, Nothing, Tag, VariableList};
use longshore_api::{Fault, Session};
use longshore_server::{Airflow, Options, Server};
use serde::Serialize;

/// The variable with its port.
const PORT: &str = "airflow_api_port";

/// What is answered now.
#[derive(Debug, Clone, Default, Serialize)]
pub(crate) struct Interface {
    /// Where scripts reach it.
    url: Option<String>,
    /// Why it is not answered, though a port is set.
    fault: Option<Fault>,
}

/// What is answered now, as it changes.
pub(crate) type Answering = Arc<Mutex<Interface>>;

/// What is answered now.
pub(crate) fn shown(answering: &Answering) -> Interface {
    answering.lock().unwrap_or_else(PoisonError::into_inner).clone()
}

/// Answers at the port that is set, and at another one once that is set. It ends with the task that it runs in.
pub(crate) async fn answer(session: Session, answering: Answering) {
    let mut events = session.events().await;
    let mut serving: Option<Server> = None;
    // The port that is answered at, or none if that is what is wanted; a port that could not be had is tried again.
    let mut settled = None;
    loop {
        match port(&session).await {
            Ok(wanted) if settled == Some(wanted) => {}
            Ok(wanted) => {
                // Whoever listens at a port is gone before another one may.
                drop(serving.take());
                let begun = serve(&session, wanted).await;
                settled = begun.is_ok().then_some(wanted);
                tell(&answering, begun.as_ref());
                serving = begun.ok().flatten();
            }
            Err(fault) => tell(&answering, Err(&fault)),
        }
        while !is_of_variables(&events.next().await) {}
    }
}

/// The port that is set, if one is.
async fn port(session: &Session) -> Result<Option<u16>, Fault> {
    let rows = session.call::<VariableList>(Nothing {}).await?;
    let value = rows.into_iter().find(|row| row.name == PORT).map(|row| row.value).unwrap_or_default();
    // From the environment it is a text.
    Ok(value.as_u64().or_else(|| value.as_str()?.trim().parse().ok()).and_then(|port| u16::try_from(port).ok()))
}

async fn serve(session: &Session, port: Option<u16>) -> Result<Option<Server>, Fault> {
    if port.is_none() {
        return Ok(None);
    }
    Server::start(session, Options { port, airflow: Some(Airflow::Here), ..Options::default() }).await.map(Some)
}

fn tell(answering: &Answering, begun: Result<&Option<Server>, &Fault>) {
    let fault = begun.err().cloned();
    let address = begun.ok().and_then(Option::as_ref).and_then(Server::address);
    let url = address.map(|address| format!("http://{address}"));
    *answering.lock().unwrap_or_else(PoisonError::into_inner) = Interface { url, fault };
}

fn is_of_variables(event: &Event) -> bool {
    match event {
        Event::Changed { tags } => tags.contains(&Tag::Variables),
        Event::Everything => true,
        _ => false,
    }
}
