//! `sqs.hold`: keeps messages hidden from others for as long as their run works on what they ask for.

use std::time::Duration;

use async_trait::async_trait;
use longshore_catalogue::HeldMessage;
use longshore_engine::{Fault, Millis};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{changing, half_an_hour, hide, holds, is_worked_on, worked_on};
use crate::attempt::blocking;
use crate::faults::Told as _;
use crate::kind::{Context, Done, Level, Need, Services, TypedKind};
use crate::span::Span;

/// It is woken when there is nothing left to hold, unless the process has ended meanwhile: it looks by itself this often all the same.
const LOOK: Duration = Duration::from_mins(1);

/// Parameters of `sqs.hold`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct With {
    /// For how long messages are hidden at a time. They are hidden again after a third of it, up to 12 hours from when they were received,
    /// as queues have it.
    #[serde(default = "half_an_hour")]
    pub hidden: Span,
}

/// Output of `sqs.hold`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Output {
    /// How often it hid a message again.
    pub extended: u64,
}

/// `sqs.hold`.
pub struct SqsHold;

#[async_trait]
impl TypedKind for SqsHold {
    type With = With;
    type Output = Output;
    const NAME: &'static str = "sqs.hold";
    const TITLE: &'static str = "Keeps the messages of its run hidden from others while it works on them";

    async fn plan(&self, _: With, _: &Services) -> Result<Need, Fault> {
        Ok(Need::default())
    }

    async fn run(&self, with: With, context: Context) -> Result<Done<Output>, Fault> {
        blocking(move || look(&with, &context)).await
    }
}

/// What is saved: how often it hid a message again, and when it last did.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct Saved {
    extended: u64,
    at: i64,
}

fn look(with: &With, context: &Context) -> Result<Done<Output>, Fault> {
    // Before it is looked at: what ends meanwhile is heard of.
    holds(&context.run, Some(context.host.waker()));
    let saved = context.host.checkpoint().and_then(|saved| serde_json::from_value::<Saved>(saved).ok());
    let mut saved = saved.unwrap_or_default();
    let held = worked_on(context)?;
    if held.is_empty() {
        holds(&context.run, None);
        return Ok(Output { extended: saved.extended }.into());
    }
    let (now, third) = (context.services.clock.now(), with.hidden.0 / 3);
    if now - Millis(saved.at) >= third {
        saved = Saved { extended: saved.extended + again(&held, with, context)?, at: now.0 };
        context.save(&saved)?;
    }
    Ok(Done::Deferred { until: now + third.min(LOOK) })
}

/// Hides messages again. Gives how many it were.
fn again(held: &[HeldMessage], with: &With, context: &Context) -> Result<u64, Fault> {
    let mut again = 0;
    for one in held {
        context.go_on()?;
        let message = &one.received.id.message;
        let _alone = changing(&context.run);
        let kept = context.services.catalogue.message(&one.received.id).told()?;
        if !kept.is_some_and(|kept| is_worked_on(&kept, context)) {
            continue;
        }
        let told = match hide(context, one, with.hidden.0) {
            Ok(true) => {
                again += 1;
                continue;
            }
            Ok(false) => "is visible to others again: it may come twice, which does no harm".to_owned(),
            // It is asked again before the message can be seen.
            Err(fault) => format!("could not be hidden: {fault}"),
        };
        context.host.log(Level::Warning, &format!("The message {message} {told}"));
    }
    Ok(again)
}
