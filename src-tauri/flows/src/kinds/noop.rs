//! `noop`: nothing, as long and as badly as asked. For tests and measurements.

use std::time::Duration;

use async_trait::async_trait;
use longshore_engine::{Class, Fault};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use crate::faults;
use crate::kind::{Context, Done, Need, Services, TypedKind};

/// Parameters of `noop`.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct With {
    /// What it returns.
    pub output: Value,
    /// How long it takes, in milliseconds of the workspace's clock.
    pub for_ms: u64,
    /// Fail with this class.
    pub fail: Option<Class>,
    /// Fail only the first so many attempts; every one if absent.
    pub times: Option<u32>,
}

/// `noop`.
pub struct Noop;

#[async_trait]
impl TypedKind for Noop {
    type With = With;
    type Output = Value;
    const NAME: &'static str = "noop";
    const TITLE: &'static str = "Does nothing";

    async fn plan(&self, _: With, _: &Services) -> Result<Need, Fault> {
        Ok(Need::default())
    }

    async fn run(&self, with: With, context: Context) -> Result<Done<Value>, Fault> {
        if with.for_ms > 0 {
            let clock = &context.services.clock;
            tokio::select! {
                () = clock.sleep_until(clock.now() + Duration::from_millis(with.for_ms)) => {}
                () = context.host.wait_cancelled() => return Err(faults::cancelled()),
            }
        }
        match with.fail {
            Some(class) if with.times.is_none_or(|times| context.attempt <= times) => {
                Err(Fault::new(class, "noop.failed", "The task failed", "It was told to (noop with `fail`)"))
            }
            _ => Ok(with.output.into()),
        }
    }
}
