//! A run that is only looked at: nothing is started, and nothing is written.

use std::collections::BTreeMap;
use std::sync::Arc;

use longshore_engine::decide::{self, Drawn, Outlook};
use longshore_engine::event::Reserved;
use longshore_engine::flow::{OnDuplicate, Task};
use longshore_engine::{Fault, Flow, RunId};
use longshore_flows::Secrets;
use longshore_flows::kind::{Need, Services};
use serde_json::{Map, Value};

use crate::actor::blocking;
use crate::child::Child;
use crate::message::Message;
use crate::trial::secrets_of;
use crate::{Runner, variables};

/// What a run of a flow would do.
#[derive(Debug, Clone, Default)]
pub struct Preview {
    /// The tasks, in the flow's order.
    pub tasks: Vec<Foreseen>,
    /// The active run that holds the same value of the flow's guard.
    pub held_by: Option<RunId>,
    /// Why the run would be refused.
    pub refused: Option<Fault>,
}

/// What a task would do.
#[derive(Debug, Clone, Default)]
pub struct Foreseen {
    /// What its expressions say.
    pub outlook: Outlook,
    /// What its kind says of all its task runs; nothing if that is known only in the run.
    pub need: Option<Need>,
    /// What all its task runs reserve, in bytes by storage; nothing if that is known only in the run.
    pub reserves: Option<BTreeMap<String, u64>>,
    /// What they will take up, in bytes by storage: of each the larger of what it reserves and what its kind says, where known.
    pub space: BTreeMap<String, u64>,
    /// Why its kind cannot say what it needs.
    pub problem: Option<Fault>,
}

impl Runner {
    /// Looks at what a run would do. Parameters are checked as for a run.
    pub async fn preview(&self, flow: Arc<Flow>, params: Map<String, Value>) -> Result<Preview, Fault> {
        let params = flow.check_params(&params)?;
        let secrets = secrets_of(&flow, &params);
        let parts = self.parts.clone();
        let vars = blocking(move || variables::all(parts.journal.variables()?, &parts.variables)).await?;
        let guard = decide::guard(&flow, &params, &vars).map_err(|fault| secrets.mask_fault(fault))?;
        let mut preview = self.admission(&flow, guard.as_ref()).await?;
        let services = Child::services(self, None, secrets.clone());
        for (task, outlook) in flow.tasks.iter().zip(decide::outlook(&flow, &params, &vars)) {
            preview.tasks.push(self.foreseen(task, outlook, &services, &secrets).await);
        }
        Ok(preview)
    }

    async fn admission(&self, flow: &Flow, guard: Option<&Value>) -> Result<Preview, Fault> {
        let Some((settings, value)) = flow.guard.as_ref().zip(guard) else { return Ok(Preview::default()) };
        let (name, asked) = (flow.id.clone(), value.clone());
        let held_by = self.ask(|reply| Message::Holder { flow: name, value: asked, reply }).await?;
        let alone = settings.on_duplicate == OnDuplicate::Refuse;
        let refused = held_by.as_ref().filter(|_| alone).map(|holder| decide::guarded(&flow.id, value, holder));
        Ok(Preview { tasks: Vec::new(), held_by, refused })
    }

    async fn foreseen(&self, task: &Task, mut outlook: Outlook, services: &Services, secrets: &Secrets) -> Foreseen {
        outlook.fault = outlook.fault.map(|fault| secrets.mask_fault(fault));
        let all_drawn = outlook.count == u32::try_from(outlook.runs.len()).ok() && outlook.fault.is_none();
        let mut seen = Foreseen {
            need: all_drawn.then(|| Need { files: Some(0), bytes: Some(0), ..Need::default() }),
            reserves: all_drawn.then(BTreeMap::new),
            ..Foreseen::default()
        };
        for drawn in &outlook.runs {
            let need = match self.need(task, drawn, services).await {
                Ok(need) => need,
                Err(fault) => {
                    seen.problem.get_or_insert(secrets.mask_fault(fault));
                    None
                }
            };
            seen.add(need, drawn.reserved.as_deref());
        }
        Foreseen { outlook, ..seen }
    }

    /// What the kind says of a task run.
    async fn need(&self, task: &Task, drawn: &Drawn, services: &Services) -> Result<Option<Need>, Fault> {
        let Some(with) = drawn.with.clone() else { return Ok(None) };
        let kind = self.parts.kinds.get(&task.uses).ok_or_else(|| crate::attempt::unknown_kind(&task.uses))?;
        kind.plan(with, services).await.map(Some)
    }
}

impl Foreseen {
    /// Counts a task run.
    fn add(&mut self, need: Option<Need>, reserved: Option<&[Reserved]>) {
        let mut asked = BTreeMap::new();
        for one in reserved.unwrap_or_default() {
            grow(&mut asked, &one.storage, one.bytes);
        }
        if reserved.is_none() {
            self.reserves = None;
        }
        if let Some(all) = &mut self.reserves {
            grow_all(all, &asked);
        }
        for (storage, bytes) in need.iter().flat_map(|need| &need.space) {
            let most = asked.entry(storage.clone()).or_default();
            *most = (*most).max(*bytes);
        }
        grow_all(&mut self.space, &asked);
        self.need = self.need.take().zip(need).map(|(all, one)| sum(all, &one));
    }
}

fn sum(mut all: Need, one: &Need) -> Need {
    let add = |(all, one): (u64, u64)| all.saturating_add(one);
    grow_all(&mut all.space, &one.space);
    Need { files: all.files.zip(one.files).map(add), bytes: all.bytes.zip(one.bytes).map(add), space: all.space }
}

fn grow(all: &mut BTreeMap<String, u64>, storage: &str, bytes: u64) {
    let sum = all.entry(storage.to_owned()).or_default();
    *sum = sum.saturating_add(bytes);
}

fn grow_all(all: &mut BTreeMap<String, u64>, more: &BTreeMap<String, u64>) {
    for (storage, bytes) in more {
        grow(all, storage, *bytes);
    }
}
