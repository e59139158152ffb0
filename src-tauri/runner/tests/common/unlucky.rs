//! Mishaps that befall a task of a flow.

use std::sync::Arc;

use async_trait::async_trait;
use longshore_engine::Fault;
use longshore_engine::fault::Class;
use longshore_flows::kind::{Context, Done, Kind, Need, Services};
use longshore_flows::{KindSet, kinds};
use schemars::Schema;
use serde_json::Value;

/// What befalls the first attempt of each task run of a task.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Mishap {
    /// It fails before it has done anything.
    FailsBefore(Class),
    /// It fails after all is done.
    FailsAfter(Class),
    /// It is done, and then done again.
    Twice,
    /// Its run is cancelled when all is done.
    Cancelled,
}

/// A kind of task to which that happens.
struct Unlucky {
    kind: Arc<dyn Kind>,
    task: String,
    mishap: Mishap,
}

fn mishap(class: Class) -> Fault {
    Fault::new(class, "test.mishap", "It failed", "a test made it fail")
}

#[async_trait]
impl Kind for Unlucky {
    fn name(&self) -> &'static str {
        self.kind.name()
    }

    fn title(&self) -> &'static str {
        self.kind.title()
    }

    fn with_schema(&self) -> Schema {
        self.kind.with_schema()
    }

    fn output_schema(&self) -> Schema {
        self.kind.output_schema()
    }

    async fn plan(&self, with: Value, services: &Services) -> Result<Need, Fault> {
        self.kind.plan(with, services).await
    }

    async fn run(&self, with: Value, context: Context) -> Result<Done<Value>, Fault> {
        if context.task != self.task || context.attempt > 1 {
            return self.kind.run(with, context).await;
        }
        if let Mishap::FailsBefore(class) = self.mishap {
            return Err(mishap(class));
        }
        let host = context.host.clone();
        let first = self.kind.run(with.clone(), context.clone()).await?;
        if matches!(first, Done::Deferred { .. }) && self.mishap != Mishap::Cancelled {
            return Ok(first);
        }
        match self.mishap {
            Mishap::FailsAfter(class) => Err(mishap(class)),
            Mishap::Twice if self.kind.run(with, context).await? != first => {
                Err(Fault::permanent("test.differs", "Done again it is not the same", format!("at first {first:?}")))
            }
            Mishap::Cancelled => {
                host.wait_cancelled().await;
                Err(mishap(Class::Transient))
            }
            _ => Ok(first),
        }
    }
}

/// All kinds, with a mishap for one task.
pub(crate) fn unlucky(task: &str, mishap: Mishap) -> KindSet {
    let all = kinds();
    let meddled = all.iter().map(|kind| Unlucky { kind: kind.clone(), task: task.into(), mishap });
    meddled.fold(KindSet::new(), KindSet::with)
}
