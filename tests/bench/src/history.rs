//! A workspace with a hundred thousand runs: how long the pages of the window wait for an answer, through the whole of the API.

use std::error::Error;
use std::time::Instant;

use longshore_api::wire::{
    FlowDays, FlowDaysArgs, FlowDurations, FlowDurationsArgs, FlowList, MetricsShow, Nothing, Operation, OverviewShow,
    RunGrid, RunGridArgs, RunList, RunListArgs, RunSort,
};
use longshore_api::{Role, RunState, Session};
use longshore_testkit::many_runs;

/// Runs of the database, each with 50 task runs.
const RUNS: u32 = 100_000;
/// Milliseconds that a page may take.
const GOAL: f64 = 50.0;
/// Calls of each operation; the median counts.
const CALLS: usize = 11;

/// Makes the database, with a SCALE-th of the runs, and measures.
pub(crate) fn measure(scale: u32) -> Result<(), Box<dyn Error>> {
    let place = tempfile::Builder::new().prefix("longshore-bench-").tempdir()?;
    let folder = place.path().join("workspace");
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(pages(&folder, RUNS / scale))
}

async fn pages(folder: &std::path::Path, runs: u32) -> Result<(), Box<dyn Error>> {
    let session = Session::open(folder, Role::Command).await?;
    let database = session.folder().join("longshore.db");
    session.close().await;
    let now = i64::try_from(std::time::UNIX_EPOCH.elapsed()?.as_millis())?;
    let begun = now - i64::from(runs) * many_runs::APART;
    many_runs::fill(&database, runs, 0, begun)?;
    let opening = Instant::now();
    let session = Session::open(folder, Role::Command).await?;
    println!("\n| {runs} runs, {} task runs | ms at the median | first ms | goal |", runs * many_runs::TASK_RUNS);
    println!("| --- | ---: | ---: | ---: |");
    println!("| the workspace opens | {:.0} | | 1000 |", millis(opening));
    for (name, args) in lists(runs, begun) {
        time::<RunList>(&session, &format!("run.list, {name}"), &args).await?;
    }
    time::<OverviewShow>(&session, "overview.show", &Nothing {}).await?;
    time::<FlowList>(&session, "flow.list", &Nothing {}).await?;
    time::<MetricsShow>(&session, "metrics.show", &Nothing {}).await?;
    let grid = RunGridArgs { flow: "archive_dataset".into(), offset: 0, limit: 24 };
    time::<RunGrid>(&session, "run.grid, 24 runs", &grid).await?;
    let until = begun + i64::from(runs + 1) * many_runs::APART;
    let days = FlowDaysArgs { flow: grid.flow.clone(), since: begun, until, timezone: Some("Europe/Zurich".into()) };
    time::<FlowDays>(&session, "flow.days, all days", &days).await?;
    let task = Some("pack".to_owned());
    let durations = FlowDurationsArgs { flow: grid.flow.clone(), task, limit: 200 };
    time::<FlowDurations>(&session, "flow.durations, of a mapped task in 200 runs", &durations).await?;
    session.close().await;
    Ok(())
}

/// Pages of the list of runs, filtered and sorted in the ways that the window offers.
fn lists(runs: u32, begun: i64) -> Vec<(&'static str, RunListArgs)> {
    let all = RunListArgs { limit: 50, ..RunListArgs::default() };
    let (flow, runs) = (Some("archive_dataset".to_owned()), u64::from(runs));
    let at = |share: i64| Some(begun + runs.cast_signed() * many_runs::APART * share / 4);
    let half = RunListArgs { since: at(1), until: at(3), ..all.clone() };
    vec![
        ("first page", all.clone()),
        ("last page, of an older version", RunListArgs { offset: runs - 50, ..all.clone() }),
        ("one flow", RunListArgs { flow: flow.clone(), offset: runs / 10, ..all.clone() }),
        ("failed", RunListArgs { states: vec![RunState::Failed], offset: runs / 20, ..all.clone() }),
        ("between two times", RunListArgs { offset: runs / 4, ..half.clone() }),
        ("flow, state, time", RunListArgs { flow, states: vec![RunState::Success], offset: runs / 50, ..half }),
        ("longest first", RunListArgs { sort: RunSort::Duration, offset: runs / 2, ..all.clone() }),
        ("searched", RunListArgs { search: Some("key-77".into()), ..all.clone() }),
        ("of one dataset", RunListArgs { dataset: Some("dataset-77".into()), ..all }),
    ]
}

async fn time<O: Operation>(session: &Session, name: &str, args: &O::Args) -> Result<(), Box<dyn Error>> {
    let args = serde_json::to_value(args)?;
    let mut times = Vec::new();
    for _ in 0..CALLS {
        let begun = Instant::now();
        session.call_value(O::NAME, args.clone()).await?;
        times.push(millis(begun));
    }
    let first = times[0];
    times.sort_by(f64::total_cmp);
    println!("| {name} | {:.1} | {first:.1} | {GOAL} |", times[CALLS / 2]);
    Ok(())
}

fn millis(since: Instant) -> f64 {
    since.elapsed().as_secs_f64() * 1_000.0
}
