//! Limits: changed live, and who holds their slots.

use std::collections::HashMap;
use std::sync::Arc;

use longshore_engine::{Fault, Flow};
use longshore_store::{Holding, Limit};

use super::super::Owner;
use super::super::dispatch::Answer;
use crate::fault::of_store;
use crate::wire::{LimitArgs, LimitList, LimitRemove, LimitRow, LimitSet, LimitSetArgs, Nothing, SlotHolder};

/// Holders of one limit that are named.
const HOLDERS: usize = 200;
/// Bytes of a name.
const NAME: usize = 200;

impl Answer<LimitList> for Owner {
    async fn answer(self: &Arc<Self>, _: Nothing) -> Result<Vec<LimitRow>, Fault> {
        self.ask(limits).await
    }
}

/// Every limit with those who hold it.
pub(in super::super) fn limits(owner: &Owner) -> Result<Vec<LimitRow>, Fault> {
    let empty = |limit: Limit| LimitRow { name: limit.name, slots: limit.slots, held: 0, holders: Vec::new() };
    let mut rows: Vec<LimitRow> = owner.store.limits()?.into_iter().map(empty).collect();
    let mut flows = Flows::default();
    let mut holdings = owner.store.holdings()?;
    holdings.sort_by_key(|holding| holding.since);
    for holding in holdings {
        let flow = flows.of(owner, &holding.run)?;
        let claims = flow.task(&holding.task).map(|task| task.limits.clone()).unwrap_or_default();
        for claim in claims {
            let Some(row) = rows.iter_mut().find(|row| row.name == claim.limit) else { continue };
            row.held += claim.slots;
            if row.holders.len() < HOLDERS {
                row.holders.push(holder(&holding));
            }
        }
    }
    Ok(rows)
}

fn holder(holding: &Holding) -> SlotHolder {
    SlotHolder { run: holding.run.clone(), task: holding.task.clone(), index: holding.index, since: holding.since }
}

/// The flows of runs, each version read once.
#[derive(Default)]
struct Flows {
    versions: HashMap<String, String>,
    flows: HashMap<String, Arc<Flow>>,
}

impl Flows {
    fn of(&mut self, owner: &Owner, run: &str) -> Result<Arc<Flow>, Fault> {
        let version = match self.versions.get(run) {
            Some(version) => version.clone(),
            None => owner.store.run(run).map_err(of_store)?.version,
        };
        self.versions.insert(run.to_owned(), version.clone());
        if let Some(flow) = self.flows.get(&version) {
            return Ok(flow.clone());
        }
        let kept = owner.store.flow_version(&version).map_err(of_store)?;
        let flow = Arc::new(super::runs::parse(&kept.flow, &kept.source)?);
        self.flows.insert(version, flow.clone());
        Ok(flow)
    }
}

impl Answer<LimitSet> for Owner {
    async fn answer(self: &Arc<Self>, args: LimitSetArgs) -> Result<LimitRow, Fault> {
        let LimitSetArgs { limit: name, slots, .. } = args;
        check(&name)?;
        let limit = Limit { name, slots };
        let named = limit.name.clone();
        self.ask(move |owner| Ok(owner.store.set_limit(&limit)?)).await?;
        self.runner.look_again().await;
        let all = self.ask(limits).await?;
        all.into_iter().find(|row| row.name == named).ok_or_else(|| unknown(&named))
    }
}

impl Answer<LimitRemove> for Owner {
    async fn answer(self: &Arc<Self>, args: LimitArgs) -> Result<Nothing, Fault> {
        self.ask(move |owner| owner.store.remove_limit(&args.limit).map_err(|_| unknown(&args.limit))).await?;
        self.runner.look_again().await;
        Ok(Nothing {})
    }
}

/// Refuses what is no name of a limit.
pub(super) fn check(name: &str) -> Result<(), Fault> {
    if !name.is_empty() && name.len() <= NAME && !name.contains(char::is_control) {
        return Ok(());
    }
    let why = format!("{name:?} is not a name of 1 to {NAME} bytes without control characters");
    Err(Fault::permanent("limit.name", "The limit was not changed", why))
}

fn unknown(name: &str) -> Fault {
    Fault::permanent("limit.unknown", format!("There is no limit {name:?}"), "The workspace does not know it")
        .now("See the limits with: longshore limit list")
}
