//! The workspace as a whole.

use std::sync::Arc;

use longshore_engine::{Fault, RunState};
use longshore_store::{DatasetFilter, RunFilter};
use serde_json::{Value, json};

use super::super::Owner;
use super::super::dispatch::Answer;
use super::super::rows;
use super::runs::run_rows;
use crate::fault;
use crate::session::Role;
use crate::wire::{
    Amount, Event, Nothing, Overview, OverviewShow, RunRow, SetupArgs, WindowRaise, WorkspaceInfo, WorkspaceSetup,
    WorkspaceShow,
};

/// The setting that says that the first-run page was answered.
const SET_UP: &str = "workspace.set_up";
/// Milliseconds of a day.
const DAY: i64 = 86_400_000;
/// Rows of each list of the overview.
const ROWS: u32 = 50;

impl Answer<WorkspaceShow> for Owner {
    async fn answer(self: &Arc<Self>, _: Nothing) -> Result<WorkspaceInfo, Fault> {
        self.ask(info).await
    }
}

fn info(owner: &Owner) -> Result<WorkspaceInfo, Fault> {
    let standing = owner.store.journal_standing()?;
    let root = owner.place.root();
    let (top, _) = owner.place.profile();
    Ok(WorkspaceInfo {
        path: fault::text(root),
        name: top.file_name().map_or_else(|| fault::text(root), |name| fault::text(name.as_ref())),
        first_run: first_run(owner)?,
        version: crate::VERSION.to_owned(),
        owner: owner.role.word().to_owned(),
        owner_pid: std::process::id(),
        journal_rows: standing.rows,
        journal_last: standing.last,
        flows_folder: fault::text(&owner.place.flows()),
        profiles: super::profiles::rows(owner)?,
    })
}

/// Nobody has said where things shall lie, and nothing lies there yet.
fn first_run(owner: &Owner) -> Result<bool, Fault> {
    if owner.store.setting(SET_UP)?.is_some() {
        return Ok(false);
    }
    Ok(owner.store.datasets(&DatasetFilter { limit: 1, ..DatasetFilter::default() })?.total == 0)
}

impl Answer<WorkspaceSetup> for Owner {
    async fn answer(self: &Arc<Self>, args: SetupArgs) -> Result<WorkspaceInfo, Fault> {
        let info = self.ask(move |owner| {
            super::moving::set(owner, &args.storages)?;
            owner.store.set_setting(SET_UP, &json!(true))?;
            info(owner)
        });
        let info = info.await?;
        self.runner.look_again().await;
        Ok(info)
    }
}

impl Answer<WindowRaise> for Owner {
    async fn answer(self: &Arc<Self>, _: Nothing) -> Result<bool, Fault> {
        self.bus.send(&Event::Raise);
        Ok(self.role == Role::Window)
    }
}

impl Answer<OverviewShow> for Owner {
    async fn answer(self: &Arc<Self>, _: Nothing) -> Result<Overview, Fault> {
        let storages = super::room::rows(self).await?;
        self.ask(move |owner| overview(owner, storages)).await
    }
}

fn overview(owner: &Owner, storages: Vec<crate::wire::StorageRow>) -> Result<Overview, Fault> {
    let since = owner.clock.now().0 - DAY;
    let active = vec![RunState::Running, RunState::Queued, RunState::Paused, RunState::Cancelling];
    let recent = DatasetFilter { by_touch: true, limit: 10, ..DatasetFilter::default() };
    let proved = owner.store.proved_since(since)?;
    // Into a folder, and to the storage for retrieval.
    let mut brought = owner.store.outputs_since("retrieve_dataset", "finish", since)?;
    brought.extend(owner.store.outputs_since("retrieve_dataset", "ready", since)?);
    Ok(Overview {
        needs_you: runs(owner, RunFilter { needs_somebody: true, ..RunFilter::default() })?,
        running: runs(owner, RunFilter { states: active, ..RunFilter::default() })?,
        finished: runs(owner, RunFilter { ended_since: Some(since), ..RunFilter::default() })?,
        datasets: owner.store.datasets(&recent)?.rows.into_iter().map(rows::dataset).collect(),
        storages,
        proved: Amount { bytes: proved.bytes, files: proved.files },
        retrieved: retrieved(&brought),
    })
}

fn runs(owner: &Owner, filter: RunFilter) -> Result<Vec<RunRow>, Fault> {
    run_rows(owner, owner.store.run_rows(&RunFilter { limit: ROWS, ..filter })?)
}

fn retrieved(outputs: &[Value]) -> Amount {
    let sum = |name: &str| outputs.iter().filter_map(|output| output.get(name)?.as_u64()).sum();
    Amount { bytes: sum("bytes"), files: sum("files") }
}
