//! Runs that tasks start.

use std::sync::Arc;

use async_trait::async_trait;
use longshore_engine::event::Parent;
use longshore_engine::{Fault, RunId};
use longshore_flows::Secrets;
use longshore_flows::kind::{Services, Standing, Starter};
use serde_json::{Map, Value};

use crate::actor::blocking;
use crate::load::load;
use crate::{NewRun, Parts, Retry, Runner, vault};

/// Starts runs in the name of a task run.
pub(crate) struct Child {
    runner: Runner,
    parts: Arc<Parts>,
    parent: Option<Parent>,
    secrets: Secrets,
}

impl Child {
    /// What the workspace offers; runs started through it belong to this task run.
    pub(crate) fn services(runner: &Runner, parent: Option<Parent>, secrets: Secrets) -> Services {
        let parts = runner.parts.clone();
        let storages = match &parent {
            Some(parent) => runner.temporary.seen_by(parent.run.as_str(), parts.storages.clone()),
            None => parts.storages.clone(),
        };
        Services {
            catalogue: parts.catalogue.clone(),
            storages,
            clock: parts.clock.clone(),
            starter: Arc::new(Self { runner: runner.clone(), parts, parent, secrets }),
        }
    }

    async fn begin(&self, flow: &str, params: Value, key: Option<&str>, waits: bool) -> Result<String, Fault> {
        let flow = self.parts.flows.flow(flow)?;
        let params = match params {
            Value::Object(params) => params,
            Value::Null => Map::new(),
            other => return Err(not_an_object(&flow.id, &other)),
        };
        if let Some(name) = vault::exposed_in(&flow, &params, &self.secrets) {
            return Err(vault::exposed(&flow.id, &name));
        }
        let parent = self.parent.clone().map(|parent| Parent { waits, ..parent });
        let new = NewRun { flow, params, key: key.map(str::to_owned), parent, scheduled: None, priority: None };
        self.runner.create_run(new).await.map(String::from)
    }
}

#[async_trait]
impl Starter for Child {
    async fn start(&self, flow: &str, params: Value, key: Option<&str>) -> Result<String, Fault> {
        self.begin(flow, params, key, false).await
    }

    async fn start_child(&self, flow: &str, params: Value, key: &str) -> Result<String, Fault> {
        self.begin(flow, params, Some(key), true).await
    }

    async fn look(&self, run: &str) -> Result<Standing, Fault> {
        let (parts, id) = (self.parts.clone(), RunId::from(run));
        blocking(move || {
            let state = parts.journal.run_state(&id)?;
            if !state.is_final() {
                return Ok(Standing { state, outputs: Map::new(), fault: None });
            }
            let run = load(parts.journal.as_ref(), parts.clock.as_ref(), &id)?.run;
            Ok(Standing { state: run.state, outputs: run.outputs(), fault: run.fault })
        })
        .await
    }

    async fn retry(&self, run: &str) -> Result<(), Fault> {
        self.runner.retry(&RunId::from(run), Retry::default()).await.map(drop)
    }
}

fn not_an_object(flow: &str, params: &Value) -> Fault {
    let why = format!("an object is wanted, and this was given: {params}");
    Fault::permanent("params.wrong", format!("The parameters of {flow} are wrong"), why)
}
