//! `longshore run`.

use std::fmt::Write as _;

use longshore_api::wire::{
    Nothing, Page, RunAct, RunArgs, RunDetail, RunList, RunListArgs, RunRow, RunSecret, RunSecretArgs, RunShow,
};
use longshore_api::{Fault, Role, RunState, Session};

use crate::args::{Apart, FlowWith, Run, Runs};
use crate::exit::Exit;
use crate::follow::{Following, conclude, ended};
use crate::shell::Shell;
use crate::table::Table;
use crate::{bars, text};

mod acts;
pub(crate) mod local;
pub(super) mod logs;

/// States of runs that have not ended.
const ACTIVE: [RunState; 4] = [RunState::Queued, RunState::Running, RunState::Paused, RunState::Cancelling];

/// One of the commands.
pub(crate) async fn run(shell: &Shell, command: Runs) -> Result<Exit, Fault> {
    let Apart { local, given, keep } = command.apart;
    match (command.command, local) {
        (Some(command), _) => one(shell, command).await,
        (None, Some(flow)) => local::run(shell, FlowWith { flow, given }, keep).await,
        (None, None) => Runs::say_what_is_missing(),
    }
}

async fn one(shell: &Shell, command: Run) -> Result<Exit, Fault> {
    match command {
        Run::List { flow, dataset, active, states, since, until, search, sort, limit } => {
            let states = if active { ACTIVE.to_vec() } else { states };
            let (since, until) = (text::moment_of(since.as_deref())?, text::moment_of(until.as_deref())?);
            let args = RunListArgs { flow, dataset, states, since, until, search, sort, ..RunListArgs::default() };
            list(shell, args, limit).await
        }
        Run::Show { run } => show(shell, run).await,
        Run::Logs { run, lines, follow } => logs::logs(shell, run, lines, follow).await,
        Run::Secret { run, name } => secret(shell, run, name).await,
        Run::Retry { which, task, index, downstream } => {
            acts::act(shell, which, RunAct::Retry { task, index, downstream }).await
        }
        Run::Clear { which, task, index, downstream, upstream, only_failed } => {
            acts::act(shell, which, RunAct::Clear { task, index, downstream, upstream, only_failed }).await
        }
        Run::Mark { which, task, index, state, output } => {
            let output = output.unwrap_or_default();
            acts::act(shell, which, RunAct::Mark { task, index, state, output }).await
        }
        Run::Wake { which, task, index } => acts::act(shell, which, RunAct::Wake { task, index }).await,
        Run::Cancel { which, hard } => acts::act(shell, which, RunAct::Cancel { hard }).await,
        Run::Pause(which) => acts::act(shell, which, RunAct::Pause).await,
        Run::Resume(which) => acts::act(shell, which, RunAct::Resume).await,
        Run::Wait { runs } => wait(shell, runs).await,
    }
}

/// Fetches runs page by page, up to a limit.
async fn fetch(session: &Session, args: &RunListArgs, limit: u32) -> Result<Page<RunRow>, Fault> {
    let mut page = Page { rows: Vec::new(), total: 0 };
    loop {
        let (offset, wanted) =
            (page.rows.len() as u64, limit.saturating_sub(u32::try_from(page.rows.len()).unwrap_or(limit)));
        let next = session.call::<RunList>(RunListArgs { offset, limit: wanted.min(500), ..args.clone() }).await?;
        let more = !next.rows.is_empty();
        page.total = next.total;
        page.rows.extend(next.rows);
        if !more || page.rows.len() as u64 >= page.total.min(u64::from(limit)) {
            return Ok(page);
        }
    }
}

async fn list(shell: &Shell, args: RunListArgs, limit: u32) -> Result<Exit, Fault> {
    let session = shell.open(Role::Glance).await?;
    let page = fetch(session, &args, limit).await?;
    shell.out.result(&page, || rows(&page.rows));
    if page.total > page.rows.len() as u64 {
        shell.out.remark(format_args!(
            "{} of {}; see more with --limit",
            page.rows.len(),
            text::counted(page.total, "run")
        ));
    }
    Ok(Exit::Done)
}

/// Runs as a table.
pub(super) fn rows(rows: &[RunRow]) -> String {
    if rows.is_empty() {
        return "No runs.\n".to_owned();
    }
    let mut table = Table::new(["RUN", "FLOW", "STATE", "TITLE", "CREATED", ">TOOK", "NOTE"]);
    for row in rows {
        let note =
            row.waits.clone().or_else(|| row.fault.as_ref().map(|fault| format!("{} ({})", fault.what, fault.code)));
        table.row([
            row.id.clone(),
            row.flow.clone(),
            super::word(row.state),
            row.title.clone(),
            text::time(row.created_at),
            text::between(row.started_at, row.ended_at),
            note.unwrap_or_default(),
        ]);
    }
    table.to_string()
}

async fn show(shell: &Shell, run: String) -> Result<Exit, Fault> {
    let session = shell.open(Role::Glance).await?;
    let detail = session.call::<RunShow>(RunArgs { run }).await?;
    shell.out.result(&detail, || in_words(&detail));
    Ok(Exit::Done)
}

fn in_words(detail: &RunDetail) -> String {
    let run = &detail.run;
    let mut words = String::new();
    let mut fact = |name: &str, value: &str| {
        let _ = writeln!(words, "{name:<10} {value}");
    };
    fact("run", &run.id);
    fact("flow", &format!("{} ({})", run.flow, detail.flow_title));
    fact("state", &super::word(run.state));
    fact("title", &run.title);
    fact("created", &text::time(run.created_at));
    fact("took", &text::between(run.started_at, run.ended_at));
    if let Some(waits) = &run.waits {
        fact("waits", waits);
    }
    if let Some(parent) = &detail.parent {
        fact("started by", parent);
    }
    for child in &detail.children {
        fact("started", &format!("{} {} {}", child.id, child.flow, super::word(child.state)));
    }
    words = words + "\n" + &tasks(detail);
    for fault in detail.tasks.iter().filter_map(|task| task.fault.as_ref()) {
        words = words + "\n" + &crate::output::in_words(fault);
    }
    words
}

fn tasks(detail: &RunDetail) -> String {
    let mut table = Table::new(["TASK", "KIND", "STATE", ">RUNS", ">TOOK", "MOVED"]);
    for task in &detail.tasks {
        table.row([
            task.id.clone(),
            task.uses.clone(),
            super::word(task.state),
            task.expanded.map_or_else(|| "-".to_owned(), |count| count.to_string()),
            text::between(task.started_at, task.ended_at),
            task.waits.clone().unwrap_or_else(|| bars::message(&task.progress)),
        ]);
    }
    table.to_string()
}

async fn wait(shell: &Shell, runs: Vec<String>) -> Result<Exit, Fault> {
    let session = shell.open(Role::Command).await?;
    let runs = if runs.is_empty() { active(session).await? } else { runs };
    let ended_runs = Following::new(session, shell.out, runs).until_ended().await?;
    let rows: Vec<RunRow> = ended_runs.iter().map(|detail| detail.run.clone()).collect();
    shell.out.result(&rows, || self::rows(&rows));
    debug_assert!(rows.iter().all(|row| ended(row.state)));
    Ok(conclude(shell.out, &ended_runs))
}

async fn active(session: &Session) -> Result<Vec<String>, Fault> {
    let args = RunListArgs { states: ACTIVE.to_vec(), ..RunListArgs::default() };
    Ok(fetch(session, &args, u32::MAX).await?.rows.into_iter().map(|row| row.id).collect())
}

/// Asks for the value of a secret parameter, and gives it to the owner of the workspace.
async fn secret(shell: &Shell, run: String, name: String) -> Result<Exit, Fault> {
    let session = shell.open(Role::Glance).await?;
    let value = crate::secret::ask(&name)?;
    let done: Nothing = session.call::<RunSecret>(RunSecretArgs { run, name, value }).await?;
    shell.out.result(&done, String::new);
    shell.out.remark("Retry the run now: what was confirmed is kept.");
    Ok(Exit::Done)
}
