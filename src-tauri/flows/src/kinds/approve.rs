//! `approve`: waits for an operator's answer.

use std::time::Duration;

use async_trait::async_trait;
use longshore_engine::Fault;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::attempt::blocking;
use crate::kind::{Context, Done, Level, Need, Services, TypedKind};

/// How long it rests between two looks that change nothing: the answer ends it.
const REST: Duration = Duration::from_hours(24 * 365);

/// Parameters of `approve`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct With {
    /// What the operator is asked.
    pub message: String,
}

/// Output of `approve`, once it was approved. A rejection fails the task.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Output {
    /// `true`.
    pub approved: bool,
    /// Who answered, if known.
    pub by: Option<String>,
    /// The reason that was given, if one was.
    pub reason: Option<String>,
}

/// `approve`. Its name is what an answer may be given to.
pub struct Approve;

#[async_trait]
impl TypedKind for Approve {
    type With = With;
    type Output = Output;
    const NAME: &'static str = "approve";
    const TITLE: &'static str = "Waits for an operator's answer";

    async fn plan(&self, _: With, _: &Services) -> Result<Need, Fault> {
        Ok(Need::default())
    }

    async fn run(&self, with: With, context: Context) -> Result<Done<Output>, Fault> {
        let until = context.services.clock.now() + REST;
        if context.host.checkpoint().is_none() {
            let text = format!("Waiting for an answer: {}", with.message);
            context.host.log(Level::Info, &text);
            blocking(move || context.save(&true)).await?;
        }
        Ok(Done::Deferred { until })
    }
}
