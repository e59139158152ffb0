//! `sqs.finish`: what was asked for is done and proved, and the messages that asked for it are deleted.

use async_trait::async_trait;
use longshore_catalogue::{HeldState, WorkStep};
use longshore_engine::Fault;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{delete_done, wake_holder};
use crate::attempt::blocking;
use crate::faults::Told as _;
use crate::kind::{Context, Done, Need, Services, TypedKind};
use crate::kinds::work_step::made;

/// Parameters of `sqs.finish`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct With {
    /// What was asked for: `asks` of an object of `sqs.receive`. The task must need the one that proves it.
    pub asks: Vec<String>,
    /// The works that are synced with it: what went wrong before on their way is not their last word.
    #[serde(default)]
    pub works: Vec<String>,
}

/// Output of `sqs.finish`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Output {
    /// Messages that are deleted, by earlier attempts too.
    pub deleted: u64,
    /// Messages that asked for it, and for something else that is not done.
    pub open: u64,
}

/// `sqs.finish`.
pub struct SqsFinish;

#[async_trait]
impl TypedKind for SqsFinish {
    type With = With;
    type Output = Output;
    const NAME: &'static str = "sqs.finish";
    const TITLE: &'static str = "Deletes the messages whose objects are where they should be";

    async fn plan(&self, _: With, _: &Services) -> Result<Need, Fault> {
        Ok(Need::default())
    }

    async fn run(&self, with: With, context: Context) -> Result<Done<Output>, Fault> {
        blocking(move || {
            let catalogue = &context.services.catalogue;
            // First of all: whatever comes now, it is not asked for again.
            catalogue.asks_done(&with.asks, context.services.now()).told()?;
            let held = catalogue.messages_asking(&with.asks).told()?;
            delete_done(&context, &held)?;
            let synced = |work: &String| made(work, WorkStep::Synced, &context);
            catalogue.note_works(&with.works.iter().map(synced).collect::<Vec<_>>()).told()?;
            let deleted = held.iter().filter(|one| one.state == HeldState::Done).count() as u64;
            let open = held.len() as u64 - deleted;
            wake_holder(&context.run);
            Ok(Output { deleted, open }.into())
        })
        .await
    }
}
