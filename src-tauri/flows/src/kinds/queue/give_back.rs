//! `sqs.give_back`: messages whose objects did not come through go back to their queue.

use async_trait::async_trait;
use longshore_catalogue::{HeldState, WorkNote};
use longshore_engine::Fault;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Object, changing, hide, wake_holder, worked_on};
use crate::attempt::{blocking, count};
use crate::faults::Told as _;
use crate::kind::{Context, Done, Level, Need, Services, TypedKind};
use crate::span::Span;

/// Parameters of `sqs.give_back`.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct With {
    /// The objects that were worked on: those whose messages go back are noted as having come to nothing.
    pub objects: Vec<Object>,
    /// Why they came to nothing, if that is known.
    pub why: String,
    /// How long the messages stay hidden still, so that they do not come again at once.
    pub again_in: Span,
}

/// Output of `sqs.give_back`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Output {
    /// Messages that went back.
    pub returned: u64,
}

/// `sqs.give_back`.
pub struct SqsGiveBack;

#[async_trait]
impl TypedKind for SqsGiveBack {
    type With = With;
    type Output = Output;
    const NAME: &'static str = "sqs.give_back";
    const TITLE: &'static str = "Gives messages back whose objects did not come through";

    async fn plan(&self, _: With, _: &Services) -> Result<Need, Fault> {
        Ok(Need::default())
    }

    async fn run(&self, with: With, context: Context) -> Result<Done<Output>, Fault> {
        blocking(move || {
            let held = worked_on(&context)?;
            let open = |object: &&Object| held.iter().any(|one| object.asks.iter().any(|ask| one.open.contains(ask)));
            let why = if with.why.is_empty() { "it did not come through" } else { &with.why };
            let notes: Vec<_> = with.objects.iter().filter(open).map(|object| failed(object, why, &context)).collect();
            context.services.catalogue.note_works(&notes).told()?;
            for one in &held {
                let _alone = changing(&context.run);
                hide(&context, one, with.again_in.0)?;
                let why = format!("{why} (run {})", context.run);
                let id = &one.received.id;
                context.services.catalogue.settle_message(id, HeldState::Returned, false, Some(&why)).told()?;
            }
            wake_holder(&context.run);
            let returned = held.len() as u64;
            if returned > 0 {
                let text = format!("{} to the queue", count(returned, "message goes back", "messages go back"));
                context.host.log(Level::Warning, &text);
            }
            Ok(Output { returned }.into())
        })
        .await
    }
}

fn failed(object: &Object, why: &str, context: &Context) -> WorkNote {
    WorkNote {
        work: object.work.clone(),
        place: Some(object.place.clone()),
        step: None,
        at: context.services.now(),
        until: None,
        trouble: Some(why.to_owned()),
        run: context.run.clone(),
    }
}
