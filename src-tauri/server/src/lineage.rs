//! Starts and ends of runs, as OpenLineage's events: read from the journal behind a mark that is kept in the workspace, so that none is
//! lost when the process ends or the collector is away. Each is delivered at least once: after a crash the last one may come again,
//! with the same run, kind and time.

use std::time::Duration;

use longshore_api::wire::{
    Event, LineageArgs, LineageDelivered, LineageDeliveredArgs, LineageRead, LineageStep, RunArgs, RunDetail, RunShow,
    Tag,
};
use longshore_api::{Fault, Listener, RunState, Session, VERSION};
use serde_json::{Value, json};

use crate::target::{Refused, Target};

/// Before the first try of what could not be delivered, and at most.
const DELAYS: [Duration; 2] = [Duration::from_secs(1), Duration::from_mins(1)];
/// Rows of the journal without a start or an end after which the mark is kept all the same.
const FAR: i64 = 10_000;
/// Where the form of the events is described.
const SCHEMA: &str = "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent";
/// Where the form of the facets is described.
const FACETS: &str = "https://openlineage.io/spec/facets/1-0-0";
/// Who makes the events.
const PRODUCER: &str = "https://github.com/longshore/longshore";

/// Passes on what the journal says.
pub(crate) struct Lineage {
    session: Session,
    target: Target,
    /// The target's name in the workspace.
    name: String,
    /// Row of the journal that was looked at last.
    seen: i64,
    /// Row up to which the workspace knows that all was delivered.
    kept: i64,
}

/// Why a step was not delivered.
enum Held {
    /// The workspace did not answer.
    Workspace(Box<Fault>),
    /// The target could not be reached, or cannot take it now.
    Target(std::io::Error),
}

fn unread(fault: Fault) -> Held {
    Held::Workspace(Box::new(fault))
}

impl Lineage {
    /// Finds the target's place in the journal. To a new one what happens from now on is told.
    pub(crate) async fn begin(session: &Session, target: Target) -> Result<Self, Fault> {
        let name = target.name();
        let page = session.call::<LineageRead>(LineageArgs { target: name.clone(), after: None }).await?;
        let mut lineage = Self { session: session.clone(), target, name, seen: 0, kept: 0 };
        if page.new {
            lineage.keep(page.upto).await?;
        }
        Ok(lineage)
    }

    /// Delivers what there is, in order, and then what comes, for ever.
    pub(crate) async fn deliver(mut self) {
        let mut changes = self.session.events().await;
        let mut delay = DELAYS[0];
        loop {
            match self.round().await {
                Ok(true) => delay = DELAYS[0],
                Ok(false) => {
                    delay = DELAYS[0];
                    until_a_run_changes(&mut changes).await;
                }
                Err(held) => {
                    match held {
                        Held::Workspace(fault) => tracing::warn!(%fault, "the events of runs cannot be read"),
                        Held::Target(error) => {
                            tracing::warn!(%error, "an event of a run could not be delivered; it is tried again");
                        }
                    }
                    tokio::time::sleep(delay).await;
                    delay = (delay * 2).min(DELAYS[1]);
                }
            }
        }
    }

    /// Delivers a page of the journal. Says whether there is more.
    async fn round(&mut self) -> Result<bool, Held> {
        let args = LineageArgs { target: self.name.clone(), after: Some(self.seen) };
        let page = self.session.call::<LineageRead>(args).await.map_err(unread)?;
        for step in &page.steps {
            self.pass_on(step).await?;
            self.keep(step.seq).await.map_err(unread)?;
        }
        self.seen = self.seen.max(page.upto);
        if self.seen - self.kept >= FAR {
            self.keep(self.seen).await.map_err(unread)?;
        }
        Ok(page.more)
    }

    async fn pass_on(&self, step: &LineageStep) -> Result<(), Held> {
        let detail = match self.session.call::<RunShow>(RunArgs { run: step.run.clone() }).await {
            Ok(detail) => detail,
            Err(fault) if fault.code == "run.unknown" => {
                tracing::warn!(run = step.run, "the run was deleted before its event could be delivered");
                return Ok(());
            }
            Err(fault) => return Err(unread(fault)),
        };
        match self.target.take(&event(&detail, step).to_string()).await {
            Err(Refused::Now(error)) => Err(Held::Target(error)),
            // It would be refused for ever, and hold up all that come after it.
            Err(Refused::ForGood(error)) => {
                tracing::error!(run = step.run, %error, "an event of a run is not taken, and left out");
                Ok(())
            }
            Ok(()) => Ok(()),
        }
    }

    async fn keep(&mut self, seq: i64) -> Result<(), Fault> {
        self.session.call::<LineageDelivered>(LineageDeliveredArgs { target: self.name.clone(), seq }).await?;
        (self.kept, self.seen) = (seq, self.seen.max(seq));
        Ok(())
    }
}

async fn until_a_run_changes(changes: &mut Listener) {
    loop {
        match changes.next().await {
            Event::Everything => return,
            Event::Changed { tags } if tags.iter().any(|tag| matches!(tag, Tag::Runs | Tag::Run(_))) => return,
            _ => {}
        }
    }
}

/// The event of a step, with what is known of its run now.
fn event(detail: &RunDetail, step: &LineageStep) -> Value {
    let run = &detail.run;
    let kind = match step.state {
        RunState::Success => "COMPLETE",
        RunState::Failed => "FAIL",
        RunState::Cancelled => "ABORT",
        _ => "START",
    };
    let (inputs, outputs) = datasets(detail);
    let mut facets = json!({});
    if let (Some(fault), "FAIL") = (&run.fault, kind) {
        let facet = json!({"_producer": PRODUCER, "_schemaURL": format!("{FACETS}/ErrorMessageRunFacet.json"),
            "message": format!("{fault} ({})", fault.code), "programmingLanguage": "none"});
        facets["errorMessage"] = facet;
    }
    json!({
        "eventType": kind,
        "eventTime": time(step.at),
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
}
