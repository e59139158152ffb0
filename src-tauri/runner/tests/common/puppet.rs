//! A kind of task that does what the test says.

use async_trait::async_trait;
use longshore_engine::{Fault, Millis};
use longshore_flows::kind::{Context, Done, Need, Services, TypedKind};
use serde_json::Value;
use tokio::sync::{mpsc, oneshot};

/// `puppet`: tells the test that it has started, and ends as the test says, or with an error once it is told to stop.
pub(crate) struct Puppet(pub(crate) mpsc::UnboundedSender<Act>);

/// An attempt that has started.
pub(crate) struct Act {
    pub(crate) context: Context,
    pub(crate) with: Value,
    answer: oneshot::Sender<Result<Done<Value>, Fault>>,
}

impl Act {
    pub(crate) fn done(self) {
        self.ends(Ok(Value::Null));
    }

    pub(crate) fn ends(self, result: Result<Value, Fault>) {
        self.answer.send(result.map(Done::Output)).expect("it listens");
    }

    pub(crate) fn defers(self, until: Millis) {
        self.answer.send(Ok(Done::Deferred { until })).expect("it listens");
    }

    pub(crate) fn skips(self) {
        self.answer.send(Ok(Done::Skipped("nothing to do".into()))).expect("it listens");
    }

    /// Waits until it is told to stop; it stops by itself then.
    pub(crate) async fn stopped(&self) {
        super::within(self.context.host.wait_cancelled()).await;
    }
}

#[async_trait]
impl TypedKind for Puppet {
    type With = Value;
    type Output = Value;
    const NAME: &'static str = "puppet";
    const TITLE: &'static str = "Does what a test says";

    async fn plan(&self, _: Value, _: &Services) -> Result<Need, Fault> {
        Ok(Need::default())
    }

    async fn run(&self, with: Value, context: Context) -> Result<Done<Value>, Fault> {
        assert_ne!(with.get("panic"), Some(&Value::Bool(true)), "it was told to panic");
        let (answer, answered) = oneshot::channel();
        let host = context.host.clone();
        self.0.send(Act { context, with, answer }).expect("the test listens");
        let stopped = || Fault::transient("task.cancelled", "It stopped", "it was told to");
        tokio::select! {
            answered = answered => answered.unwrap_or_else(|_| Err(stopped())),
            () = host.wait_cancelled() => Err(stopped()),
        }
    }
}

/// `deaf`: never ends, whatever it is told.
pub(crate) struct Deaf;

#[async_trait]
impl TypedKind for Deaf {
    type With = Value;
    type Output = Value;
    const NAME: &'static str = "deaf";
    const TITLE: &'static str = "Does not listen";

    async fn plan(&self, _: Value, _: &Services) -> Result<Need, Fault> {
        Ok(Need::default())
    }

    async fn run(&self, _: Value, _: Context) -> Result<Done<Value>, Fault> {
        std::future::pending().await
    }
}
