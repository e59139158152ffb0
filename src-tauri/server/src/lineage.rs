//! Starts and ends of runs, as OpenLineage's events.

use std::collections::{HashSet, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use longshore_api::wire::{Event, RunArgs, RunDetail, RunList, RunListArgs, RunShow, Tag};
use longshore_api::{Fault, RunState, Session, VERSION};
use serde_json::{Value, json};
use tokio::sync::Notify;

use crate::target::Target;

/// Events that wait to be delivered; when there are more, the oldest are left out.
const WAITING: usize = 10_000;
/// Before the first try of what could not be delivered, and at most.
const DELAYS: [Duration; 2] = [Duration::from_secs(1), Duration::from_mins(1)];
/// Where the form of the events is described.
const SCHEMA: &str = "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent";
/// Where the form of the facets is described.
const FACETS: &str = "https://openlineage.io/spec/facets/1-0-0";
/// Who makes the events.
const PRODUCER: &str = "https://github.com/longshore/longshore";

/// Events that wait, with an end to put them in and one to take them out.
#[derive(Clone, Default)]
pub(crate) struct Line {
    events: Arc<Mutex<VecDeque<String>>>,
    filled: Arc<Notify>,
}

/// Both ends of a new line.
pub(crate) fn line() -> (Line, Line) {
    let line = Line::default();
    (line.clone(), line)
}

impl Line {
    fn put(&self, event: &Value) {
        let mut events = self.events.lock().unwrap_or_else(PoisonError::into_inner);
        if events.len() >= WAITING {
            tracing::warn!("an event of a run is left out: {WAITING} wait to be delivered");
            events.pop_front();
        }
        events.push_back(event.to_string());
        drop(events);
        self.filled.notify_one();
    }

    fn first(&self) -> Option<String> {
        self.events.lock().unwrap_or_else(PoisonError::into_inner).front().cloned()
    }

    /// Takes the first away, if it is this one still.
    fn delivered(&self, event: &str) {
        let mut events = self.events.lock().unwrap_or_else(PoisonError::into_inner);
        if events.front().is_some_and(|first| first == event) {
            events.pop_front();
        }
    }
}

/// Delivers what waits, in order, for ever.
pub(crate) async fn deliver(line: Line, target: Target) {
    let mut delay = DELAYS[0];
    loop {
        let Some(event) = line.first() else {
            line.filled.notified().await;
            continue;
        };
        match target.take(&event).await {
            Ok(()) => {
                line.delivered(&event);
                delay = DELAYS[0];
            }
            Err(error) => {
                tracing::warn!(%error, "an event of a run could not be delivered; it is tried again");
                tokio::time::sleep(delay).await;
                delay = (delay * 2).min(DELAYS[1]);
            }
        }
    }
}

/// Looks at every run that changes, for ever.
pub(crate) async fn watch(session: Session, line: Line) {
    let mut events = session.events().await;
    let mut told = Told::default();
    // Runs that work already have started before; only how they end is told.
    if let Err(fault) = told.catch_up(&session).await {
        tracing::warn!(%fault, "the runs that work could not be listed");
    }
    loop {
        let looked = match events.next().await {
            Event::Changed { tags } => told.look(&session, &line, &tags).await,
            Event::Everything => {
                let known: Vec<Tag> = told.states.iter().cloned().map(Tag::Run).collect();
                told.look(&session, &line, &known).await
            }
            _ => Ok(()),
        };
        if let Err(fault) = looked {
            tracing::warn!(%fault, "a run could not be looked at for its events");
        }
    }
}

/// Runs of which a start was told and no end.
#[derive(Default)]
struct Told {
    states: HashSet<String>,
}

impl Told {
    async fn catch_up(&mut self, session: &Session) -> Result<(), Fault> {
        let states = vec![RunState::Running, RunState::Paused, RunState::Cancelling];
        let page = session.call::<RunList>(RunListArgs { states, limit: 500, ..RunListArgs::default() }).await?;
        self.states.extend(page.rows.into_iter().map(|run| run.id));
        Ok(())
    }

    async fn look(&mut self, session: &Session, line: &Line, tags: &[Tag]) -> Result<(), Fault> {
        for tag in tags {
            let Tag::Run(run) = tag else { continue };
            let detail = session.call::<RunShow>(RunArgs { run: run.clone() }).await?;
            for event in self.seen(&detail) {
                line.put(&event);
            }
        }
        Ok(())
    }

    /// The events that are due for a run as it is now.
    fn seen(&mut self, detail: &RunDetail) -> Vec<Value> {
        let run = &detail.run;
        let ended = match run.state {
            RunState::Success => Some("COMPLETE"),
            RunState::Failed => Some("FAIL"),
            RunState::Cancelled => Some("ABORT"),
            RunState::Queued => return Vec::new(),
            _ => None,
        };
        let known = self.states.contains(&run.id);
        let mut events = Vec::new();
        if !known && ended.is_none() || !known && run.started_at.is_some() && fresh(detail) {
            events.push(event(detail, "START", run.started_at.unwrap_or(run.created_at)));
            self.states.insert(run.id.clone());
        }
        if let Some(kind) = ended
            && self.states.remove(&run.id)
        {
            events.push(event(detail, kind, run.ended_at.unwrap_or(run.created_at)));
        }
        events
    }
}

/// Whether a run ended just now: one that changed in other ways long after its end has nothing more to tell.
fn fresh(detail: &RunDetail) -> bool {
    let now = jiff::Timestamp::now().as_millisecond();
    detail.run.ended_at.is_some_and(|ended| now - ended < 60_000)
}

fn event(detail: &RunDetail, kind: &str, at: i64) -> Value {
    let run = &detail.run;
    let (inputs, outputs) = datasets(detail);
    let mut facets = json!({});
    if let (Some(fault), "FAIL") = (&run.fault, kind) {
        let facet = json!({"_producer": PRODUCER, "_schemaURL": format!("{FACETS}/ErrorMessageRunFacet.json"),
            "message": format!("{fault} ({})", fault.code), "programmingLanguage": "none"});
        facets["errorMessage"] = facet;
    }
    json!({
        "eventType": kind,
        "eventTime": time(at),
        "producer": PRODUCER,
        "schemaURL": SCHEMA,
        "run": {"runId": uuid(&run.id), "facets": facets},
        "job": {"namespace": "longshore", "name": run.flow, "facets": {
            "documentation": {"_producer": PRODUCER, "_schemaURL": format!("{FACETS}/DocumentationJobFacet.json"),
                "description": format!("{} (Longshore {VERSION}, run {})", detail.flow_title, run.id)},
        }},
        "inputs": inputs,
        "outputs": outputs,
    })
}

/// The dataset of a run, as what it reads or as what it makes.
fn datasets(detail: &RunDetail) -> (Vec<Value>, Vec<Value>) {
    let run = &detail.run;
    let Some(pid) = &run.dataset else { return (Vec::new(), Vec::new()) };
    let dataset = vec![json!({"namespace": "longshore", "name": pid, "facets": {}})];
    match run.flow.as_str() {
        "upload_dataset" => (Vec::new(), dataset),
        "archive_dataset" => (dataset.clone(), dataset),
        _ => (dataset, Vec::new()),
    }
}

fn time(at: i64) -> String {
    jiff::Timestamp::from_millisecond(at).map(|at| format!("{at:.3}")).unwrap_or_default()
}

/// The same number as a run's id, as a UUID.
fn uuid(id: &str) -> String {
    const LETTERS: &str = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    let number = id.chars().fold(0_u128, |number, letter| {
        let value = LETTERS.find(letter.to_ascii_uppercase()).unwrap_or(0);
        number.wrapping_shl(5) | value as u128
    });
    let hex = format!("{number:032x}");
    [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_is_the_same_under_both_names() {
        assert_eq!(uuid("01ARZ3NDEKTSV4RRFFQ69G5FAV"), "01563e3a-b5d3-d676-4c61-efb99302bd5b");
    }

    #[test]
    fn a_full_line_lets_go_of_the_oldest() {
        let (line, _) = super::line();
        for n in 0..=WAITING {
            line.put(&json!(n));
        }
        assert_eq!(line.first().as_deref(), Some("1"));
        line.delivered("2");
        assert_eq!(line.first().as_deref(), Some("1"));
        line.delivered("1");
        assert_eq!(line.first().as_deref(), Some("2"));
    }
}
