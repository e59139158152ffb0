//! `wait.until`: waits for a time, or for as long as is said.

use async_trait::async_trait;
use jiff::{Timestamp, Zoned};
use longshore_engine::{Fault, Millis};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::attempt::blocking;
use crate::kind::{Context, Done, Need, Services, TypedKind};
use crate::span::Span;

/// Parameters of `wait.until`. One of the two.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct With {
    /// The time, in RFC 3339 (`2026-03-29T04:00:00Z`), or of a time zone (`2026-03-29T04:00[Europe/Zurich]`).
    pub time: Option<String>,
    /// How long to wait from the first attempt on, such as `1h 30m`.
    pub after: Option<Span>,
}

/// Output of `wait.until`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Output {
    /// The time that was waited for, in RFC 3339.
    pub time: String,
}

/// What is saved: the time that `after` comes to.
#[derive(Debug, Serialize, Deserialize)]
struct Saved {
    until: Millis,
}

/// `wait.until`.
pub struct WaitUntil;

#[async_trait]
impl TypedKind for WaitUntil {
    type With = With;
    type Output = Output;
    const NAME: &'static str = "wait.until";
    const TITLE: &'static str = "Waits for a time";

    async fn plan(&self, with: With, services: &Services) -> Result<Need, Fault> {
        until(&with, services.clock.now()).map(|_| Need::default())
    }

    async fn run(&self, with: With, context: Context) -> Result<Done<Output>, Fault> {
        let now = context.services.clock.now();
        let saved = context.host.checkpoint().and_then(|saved| serde_json::from_value::<Saved>(saved).ok());
        let until = match (saved, with.after) {
            (Some(saved), Some(_)) => saved.until,
            _ => until(&with, now)?,
        };
        if now < until {
            blocking(move || context.save(&Saved { until })).await?;
            return Ok(Done::Deferred { until });
        }
        let time = Timestamp::from_millisecond(until.0).map_err(|error| wrong(&error.to_string()))?;
        Ok(Output { time: time.to_string() }.into())
    }
}

fn until(with: &With, now: Millis) -> Result<Millis, Fault> {
    match (&with.time, with.after) {
        (Some(time), None) => read(time),
        (None, Some(after)) => Ok(now + after.0),
        _ => Err(wrong("either `time` or `after` is wanted")),
    }
}

fn read(text: &str) -> Result<Millis, Fault> {
    let zoned = || text.parse::<Zoned>().map(|zoned| zoned.timestamp());
    let time = text.parse::<Timestamp>().or_else(|error| zoned().map_err(|_| error));
    let time = time.map_err(|error| wrong(&format!("{text:?} is no time: {error}")))?;
    Ok(Millis(time.as_millisecond()))
}

fn wrong(why: &str) -> Fault {
    Fault::permanent("task.with", "The parameters of wait.until are wrong", why)
}
