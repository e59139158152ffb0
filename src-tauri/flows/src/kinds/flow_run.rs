//! `flow.run`: a run of another flow, waited for without a slot.

use std::time::Duration;

use async_trait::async_trait;
use longshore_engine::{Fault, RunState};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::kind::{Context, Done, Need, Services, Standing, TypedKind};

/// It is woken when the run ends; it looks by itself this often all the same.
const LOOK: Duration = Duration::from_hours(1);

/// Parameters of `flow.run`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct With {
    /// Id of the flow.
    pub flow: String,
    /// Its parameters.
    #[serde(default)]
    pub params: Value,
}

/// Output of `flow.run`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Output {
    /// Id of the run.
    pub run: String,
    /// How it ended.
    pub state: String,
    /// What its tasks gave, by task.
    pub outputs: Map<String, Value>,
}

/// What outlives an attempt: the run, whether its failure was told, and the attempt that looked at it last.
#[derive(Debug, Serialize, Deserialize)]
struct Kept {
    run: String,
    told: bool,
    #[serde(default)]
    attempt: Option<u32>,
}

/// `flow.run`.
pub struct FlowRun;

#[async_trait]
impl TypedKind for FlowRun {
    type With = With;
    type Output = Output;
    const NAME: &'static str = "flow.run";
    const TITLE: &'static str = "Runs another flow and waits for it";

    async fn plan(&self, _: With, _: &Services) -> Result<Need, Fault> {
        Ok(Need::default())
    }

    async fn run(&self, with: With, context: Context) -> Result<Done<Output>, Fault> {
        let starter = context.services.starter.clone();
        let kept: Option<Kept> = context.host.checkpoint().and_then(|kept| serde_json::from_value(kept).ok());
        // One that was cancelled together with this task is taken up by the next attempt, which somebody has asked for.
        let fresh = context.attempt > 1 && kept.as_ref().is_none_or(|kept| kept.attempt != Some(context.attempt));
        let (run, told) = if let Some(kept) = kept {
            (kept.run, kept.told)
        } else {
            // Known by the task run that starts it, so that a repeat finds it.
            let index = context.index.map_or_else(String::new, |index| format!("/{index}"));
            let key = format!("{}/{}{index}", context.run, context.task);
            (starter.start_child(&with.flow, with.params, &key).await?, false)
        };
        let mut standing = starter.look(&run).await?;
        let again = match standing.state {
            RunState::Failed => told,
            RunState::Cancelled => told || fresh,
            _ => false,
        };
        if again {
            starter.retry(&run).await?;
            keep(&context, &run, false).await?;
            standing = starter.look(&run).await?;
        }
        match standing.state {
            RunState::Success => {
                let state = standing.state.word().to_owned();
                Ok(Output { run, state, outputs: standing.outputs }.into())
            }
            RunState::Failed | RunState::Cancelled => {
                keep(&context, &run, true).await?;
                Err(fault(&with.flow, &run, standing))
            }
            _ => {
                keep(&context, &run, false).await?;
                Ok(Done::Deferred { until: context.services.clock.now() + LOOK })
            }
        }
    }
}

async fn keep(context: &Context, run: &str, told: bool) -> Result<(), Fault> {
    let kept = json!({"run": run, "told": told, "attempt": context.attempt});
    if context.host.checkpoint().as_ref() == Some(&kept) {
        return Ok(());
    }
    let host = context.host.clone();
    let save = move || host.save_checkpoint(kept);
    let broke = |error: tokio::task::JoinError| {
        Err(Fault::fatal("task.broken", "A checkpoint could not be saved", error.to_string()))
    };
    tokio::task::spawn_blocking(save).await.unwrap_or_else(broke)
}

fn fault(flow: &str, run: &str, standing: Standing) -> Fault {
    if standing.state == RunState::Cancelled {
        let why = format!("the run {run} was cancelled");
        return Fault::permanent("flow.child_cancelled", format!("{flow} did not run to its end"), why)
            .now("Retry the task: the run goes on where it was stopped.");
    }
    let why = standing.fault.as_ref().map_or_else(
        || format!("the run {run} failed"),
        |(task, fault)| format!("the run {run} failed in {task}: {fault} ({})", fault.code),
    );
    let now = standing.fault.map(|(_, fault)| fault.now).filter(|now| !now.is_empty());
    let now = now.map_or_else(String::new, |now| format!("{now} "));
    Fault::permanent("flow.child_failed", format!("{flow} failed"), why)
        .now(format!("{now}Retry the task: what failed in that run is retried."))
}
