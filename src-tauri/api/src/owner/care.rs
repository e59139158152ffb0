//! What is done while nothing else is: logs of ended runs are packed and kept within their bound, runs that ended long ago are forgotten.

use std::path::Path;
use std::sync::{Arc, Weak};
use std::time::Duration;

use longshore_engine::{Fault, RunId, RunState};
use longshore_flows::kind::Storages as _;
use longshore_store::{Keep, LogBounds};

use super::Owner;
use super::ops::number;
use crate::fault::of_store;

/// Between two rounds.
const PAUSE: Duration = Duration::from_secs(20);
/// Between two steps of a round, so that whoever else wants to write does.
const BREATH: Duration = Duration::from_millis(20);
/// Runs that are settled in one step.
const SETTLED: u32 = 20;
/// Runs forgotten in one round.
const RUNS: u32 = 500;
/// Folder of the kind `shell` on the scratch storage: a folder for each run in it.
const SHELL: &str = "shell";
/// How the id of what is tried by itself begins.
const TRIED: &str = "test-";
/// What was tried by itself so long ago is over.
const LEFT: Duration = Duration::from_hours(24);
/// Milliseconds of a day.
const DAY: u64 = 86_400_000;
/// Milliseconds for which what SciCat was told is remembered.
const TOLD: i64 = 30 * 86_400_000;

/// Takes care for as long as the owner is there.
pub(super) async fn take(owner: Weak<Owner>) {
    loop {
        tokio::time::sleep(PAUSE).await;
        let Some(owner) = owner.upgrade() else { return };
        if let Err(fault) = round(&owner).await {
            tracing::warn!(%fault, "logs and ended runs were not tidied; it is tried again");
        }
    }
}

/// One round.
pub(super) async fn round(owner: &Arc<Owner>) -> Result<(), Fault> {
    owner.ask(set_bounds).await?;
    super::ops::space::look(owner).await?;
    for run in owner.ask(|owner| Ok(owner.store.unpacked_logs()?)).await? {
        let mut more = true;
        while more {
            let run = run.clone();
            more = owner.ask(move |owner| pack(owner, &run)).await?;
            tokio::time::sleep(BREATH).await;
        }
    }
    while owner.ask(|owner| Ok(owner.store.prune_logs()?)).await? {
        tokio::time::sleep(BREATH).await;
    }
    while owner.ask(|owner| Ok(owner.store.forget_messages(owner.clock.now().0 - TOLD)?)).await? {
        tokio::time::sleep(BREATH).await;
    }
    // What follows reads and deletes a lot; it waits for a moment when nothing works.
    if !owner.runner.active().is_empty() {
        return Ok(());
    }
    forget(owner).await?;
    owner.ask(sweep).await?;
    while owner.runner.active().is_empty() && owner.ask(settle).await? {
        tokio::time::sleep(BREATH).await;
    }
    Ok(())
}

/// Works out what some runs moved that an older version left. `false` once there are none.
fn settle(owner: &Owner) -> Result<bool, Fault> {
    let ids = owner.store.runs_to_settle(SETTLED)?;
    let runs = ids.iter().map(|run| owner.store.run(run).map_err(of_store));
    owner.amounts.settle(&owner.store, &mut runs.collect::<Result<Vec<_>, _>>()?)?;
    Ok(!ids.is_empty())
}

/// Takes away what programs of runs left on the scratch storage, once nobody will go on with it.
fn sweep(owner: &Owner) -> Result<(), Fault> {
    let Ok(scratch) = owner.places.local_path("scratch") else { return Ok(()) };
    sweep_in(&scratch.join(SHELL), |run| match owner.store.run_state(run) {
        Ok(state) => Ok(Some(state)),
        Err(longshore_store::Error::NotFound { .. }) => Ok(None),
        Err(error) => Err(error.into()),
    })
}

/// Takes away the folders of runs that are not known any more, and of those that succeeded. Those of a run that failed or was cancelled
/// stay for its retry.
fn sweep_in(folder: &Path, state: impl Fn(&str) -> Result<Option<RunState>, Fault>) -> Result<(), Fault> {
    for folder in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let run = folder.file_name().to_string_lossy().into_owned();
        let done = match state(&run)? {
            Some(state) => state == RunState::Success,
            // A task that is tried by itself has no run; it may be at work now.
            None => !run.starts_with(TRIED) || old(&folder),
        };
        if done && let Err(error) = std::fs::remove_dir_all(folder.path()) {
            tracing::warn!(run, %error, "the scratch folder of an ended run could not be taken away");
        }
    }
    Ok(())
}

/// Whether nothing was made in a folder for a day.
fn old(folder: &std::fs::DirEntry) -> bool {
    let changed = folder.metadata().and_then(|meta| meta.modified()).ok();
    changed.and_then(|at| at.elapsed().ok()).is_some_and(|age| age > LEFT)
}

/// Takes up what the operator has set.
pub(super) fn set_bounds(owner: &Owner) -> Result<(), Fault> {
    let unless = LogBounds::default();
    let attempt = number(owner, "attempt_log_bytes")?.unwrap_or(unless.attempt);
    let all = number(owner, "keep_logs_bytes")?.unwrap_or(unless.all);
    owner.store.set_log_bounds(LogBounds { attempt, all });
    Ok(())
}

/// Packs some lines of a run, if it has ended.
fn pack(owner: &Owner, run: &str) -> Result<bool, Fault> {
    let run = match owner.store.run(run) {
        Ok(run) => run,
        Err(longshore_store::Error::NotFound { .. }) => {
            owner.store.forget_log(run)?;
            return Ok(false);
        }
        Err(error) => return Err(error.into()),
    };
    let Some(ended) = run.ended_at.filter(|_| run.state.is_final()) else { return Ok(false) };
    Ok(owner.store.pack_log(&run.id, ended)?)
}

/// Forgets runs that are older, or more, than shall be kept.
async fn forget(owner: &Arc<Owner>) -> Result<(), Fault> {
    while owner.ask(|owner| Ok(owner.store.forget_some()?)).await? {
        tokio::time::sleep(BREATH).await;
    }
    for run in owner.ask(going).await? {
        // No act may be under way on a run while it is taken out of sight.
        let Ok(_calls) = owner.calls.try_write() else { return Ok(()) };
        owner.ask(move |owner| Ok(owner.store.forget_run(&RunId::from(run))?)).await?;
    }
    while owner.ask(|owner| Ok(owner.store.forget_some()?)).await? {
        tokio::time::sleep(BREATH).await;
    }
    Ok(())
}

fn going(owner: &Owner) -> Result<Vec<String>, Fault> {
    let days = number(owner, "keep_runs_days")?;
    let now = u64::try_from(owner.clock.now().0).unwrap_or(0);
    let since = days.map(|days| i64::try_from(now.saturating_sub(days.saturating_mul(DAY))).unwrap_or(i64::MAX));
    let keep = Keep { since, count: number(owner, "keep_runs_count")? };
    if keep == Keep::default() { Ok(Vec::new()) } else { Ok(owner.store.forgettable_runs(keep, RUNS)?) }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn scratch_folders_go_with_their_runs_and_stay_for_a_retry() {
        let temp = tempfile::tempdir().unwrap();
        for run in ["done", "failed", "works", "forgotten", "test-1"] {
            std::fs::create_dir_all(temp.path().join(run).join("task/work")).unwrap();
        }
        let state = |run: &str| {
            Ok(match run {
                "done" => Some(RunState::Success),
                "failed" => Some(RunState::Failed),
                "works" => Some(RunState::Running),
                _ => None,
            })
        };
        sweep_in(temp.path(), state).unwrap();
        let mut left: Vec<_> =
            std::fs::read_dir(temp.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        left.sort();
        assert_eq!(left, ["failed", "test-1", "works"]);
    }
}
