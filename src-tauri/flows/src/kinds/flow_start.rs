//! `flow.start`: starts a run of another flow and does not wait for it.

use async_trait::async_trait;
use longshore_engine::Fault;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::kind::{Context, Done, Need, Services, TypedKind};

/// Parameters of `flow.start`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct With {
    /// Id of the flow.
    pub flow: String,
    /// Its parameters.
    #[serde(default)]
    pub params: Value,
    /// A run of the flow with this key that exists is taken instead of a new one.
    #[serde(default)]
    pub key: Option<String>,
}

/// Output of `flow.start`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Output {
    /// Id of the run.
    pub run: String,
}

/// `flow.start`.
pub struct FlowStart;

#[async_trait]
impl TypedKind for FlowStart {
    type With = With;
    type Output = Output;
    const NAME: &'static str = "flow.start";
    const TITLE: &'static str = "Starts a run of another flow";

    async fn plan(&self, _: With, _: &Services) -> Result<Need, Fault> {
        Ok(Need::default())
    }

    async fn run(&self, with: With, context: Context) -> Result<Done<Output>, Fault> {
        // Without a key of its own the run is known by the task run that starts it, so that a repeat finds it.
        let own = format!("{}/{}/{}", context.run, context.task, context.index.unwrap_or(0));
        let key = with.key.unwrap_or(own);
        let run = context.services.starter.start(&with.flow, with.params, Some(&key)).await?;
        Ok(Output { run }.into())
    }
}
