//! `longshore remote`.

use std::fmt::Write as _;

use longshore_api::wire::{
    RemoteArgs, RemoteCancel, RemoteFlowArgs, RemoteFlowList, RemoteFlowRow, RemoteLog, RemoteLogArgs, RemoteLogLine,
    RemoteParams, RemotePause, RemotePauseArgs, RemoteRetry, RemoteRetryArgs, RemoteRetryLook, RemoteRunArgs,
    RemoteRunDetail, RemoteRunList, RemoteRunRow, RemoteRunShow, RemoteRunsArgs, RemoteTaskRow, RemoteTrigger,
    RemoteTriggerArgs,
};
use longshore_api::{Fault, Role};

use super::flows;
use crate::args::{OfRun, Remote};
use crate::exit::Exit;
use crate::shell::Shell;
use crate::table::Table;
use crate::text;

/// One of the commands.
pub(crate) async fn run(shell: &Shell, command: Remote) -> Result<Exit, Fault> {
    let session = shell.open(Role::Glance).await?;
    match command {
        Remote::Flows { connection } => {
            let flows = session.call::<RemoteFlowList>(RemoteArgs { connection }).await?;
            shell.out.result(&flows, || flow_table(&flows.said));
        }
        Remote::Runs { connection, flow, limit } => {
            let runs = session.call::<RemoteRunList>(RemoteRunsArgs { connection, flow, limit }).await?;
            shell.out.result(&runs, || run_table(&runs.said));
        }
        Remote::Show(run) => {
            let shown = session.call::<RemoteRunShow>(named(run, None)).await?;
            shell.out.result(&shown, || detail(&shown.said));
        }
        Remote::Log { run: OfRun { connection, run, flow }, task, attempt } => {
            let log = session.call::<RemoteLog>(RemoteLogArgs { connection, flow, run, task, attempt }).await?;
            shell.out.result(&log, || lines(&log.said));
        }
        Remote::Trigger { connection, flow, params, params_file, key, reason } => {
            let asked = RemoteFlowArgs { connection: connection.clone(), flow: flow.clone() };
            let schema = session.call::<RemoteParams>(asked).await?.schema;
            let params = flows::params(&params, &[], params_file.as_deref(), &schema)?;
            let args = RemoteTriggerArgs { connection, flow, params, key, why: reason };
            let started = session.call::<RemoteTrigger>(args).await?;
            shell.out.result(&started, || format!("{}\n", started.id));
        }
        Remote::Retry { run: OfRun { connection, run, flow }, tasks, all, downstream, dry_run, reason } => {
            let args = RemoteRetryArgs { connection, flow, run, tasks, all, downstream, why: reason };
            let touched = if dry_run {
                session.call::<RemoteRetryLook>(args).await?
            } else {
                session.call::<RemoteRetry>(args).await?
            };
            shell.out.result(&touched, || task_table(&touched));
        }
        Remote::Cancel { run, reason } => {
            let now = session.call::<RemoteCancel>(named(run, reason)).await?;
            shell.out.result(&now, || format!("{} is {}\n", now.id, now.said));
        }
        Remote::Pause(of) => {
            let args = RemotePauseArgs { connection: of.connection, flow: of.flow, paused: true, why: of.reason };
            let done = session.call::<RemotePause>(args).await?;
            shell.out.result(&done, String::new);
        }
        Remote::Resume(of) => {
            let args = RemotePauseArgs { connection: of.connection, flow: of.flow, paused: false, why: of.reason };
            let done = session.call::<RemotePause>(args).await?;
            shell.out.result(&done, String::new);
        }
    }
    Ok(Exit::Done)
}

fn named(of: OfRun, why: Option<String>) -> RemoteRunArgs {
    RemoteRunArgs { connection: of.connection, flow: of.flow, run: of.run, why }
}

fn flow_table(rows: &[RemoteFlowRow]) -> String {
    let mut table = Table::new(["FLOW", "TITLE", "SCHEDULE", "PAUSED"]);
    for row in rows {
        let paused = if row.paused { "paused" } else { "" };
        table.row([row.id.clone(), row.title.clone(), row.schedule.clone().unwrap_or_default(), paused.into()]);
    }
    table.to_string()
}

/// The engine's own word for a state; where ours says more, that too.
fn stands(state: &str, said: &str) -> String {
    if state == said.to_lowercase() { said.to_owned() } else { format!("{said} ({state})") }
}

fn run_table(rows: &[RemoteRunRow]) -> String {
    let mut table = Table::new(["RUN", "TITLE", "FLOW", "STATE", "BEGAN", "ENDED"]);
    for row in rows {
        table.row([
            row.id.clone(),
            row.title.clone(),
            row.flow.clone().unwrap_or_default(),
            stands(&row.state, &row.said),
            text::time_or_dash(row.began),
            text::time_or_dash(row.ended),
        ]);
    }
    table.to_string()
}

fn task_table(rows: &[RemoteTaskRow]) -> String {
    let mut table = Table::new(["TASK RUN", "TASK", "STATE", ">ATTEMPT", "BEGAN", "ENDED"]);
    for row in rows {
        table.row([
            row.id.clone(),
            row.task.clone(),
            stands(&row.state, &row.said),
            row.attempt.to_string(),
            text::time_or_dash(row.began),
            text::time_or_dash(row.ended),
        ]);
    }
    table.to_string()
}

fn detail(of: &RemoteRunDetail) -> String {
    format!("{}\n{}", run_table(std::slice::from_ref(&of.run)), task_table(&of.tasks))
}

fn lines(of: &[RemoteLogLine]) -> String {
    let mut told = String::new();
    for line in of {
        if let Some(at) = line.at {
            let _ = write!(told, "{} ", text::time(at));
        }
        if let Some(level) = &line.level {
            let _ = write!(told, "{level} ");
        }
        let _ = writeln!(told, "{}", line.text);
    }
    told
}
