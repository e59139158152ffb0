//! `longshore schedule`, and `longshore flow backfill`.

use longshore_api::wire::{
    Backfill, BackfillArgs, DueRow, FlowBackfill, FlowBackfillPreview, Nothing, ScheduleList, ScheduleNext,
    ScheduleNextArgs, SchedulePause, SchedulePauseArgs, ScheduleResume, ScheduleRow,
};
use longshore_api::{Fault, Role};

use crate::args::{self, Schedule};
use crate::exit::Exit;
use crate::shell::Shell;
use crate::table::Table;
use crate::text;

/// One of the commands.
pub(crate) async fn run(shell: &Shell, command: Schedule) -> Result<Exit, Fault> {
    let session = shell.open(Role::Glance).await?;
    match command {
        Schedule::List => {
            let rows = session.call::<ScheduleList>(Nothing {}).await?;
            shell.out.result(&rows, || table(&rows));
            for fault in rows.iter().filter_map(|row| row.fault.as_ref()) {
                shell.out.remark(crate::output::in_words(fault).trim_end());
            }
        }
        Schedule::Next { flow, count } => {
            let due = session.call::<ScheduleNext>(ScheduleNextArgs { flow, count: Some(count) }).await?;
            shell.out.result(&due, || calendar(&due));
        }
        Schedule::Pause { flow, reason } => {
            let rows = session.call::<SchedulePause>(SchedulePauseArgs { flow, why: reason }).await?;
            shell.out.result(&rows, || table(&rows));
        }
        Schedule::Resume { flow, reason } => {
            let rows = session.call::<ScheduleResume>(SchedulePauseArgs { flow, why: reason }).await?;
            shell.out.result(&rows, || table(&rows));
        }
    }
    Ok(Exit::Done)
}

fn table(rows: &[ScheduleRow]) -> String {
    let mut table = Table::new(["FLOW", ">#", "WHEN", "ZONE", "MISSED", "LAST", "NEXT"]);
    for row in rows {
        let next = match (&row.paused, row.watches) {
            (Some(_), _) => "paused".to_owned(),
            (None, true) => "when a file comes".to_owned(),
            (None, false) => text::time_or_dash(row.next),
        };
        table.row([
            row.flow.clone(),
            row.schedule.to_string(),
            row.words.clone(),
            row.timezone.clone(),
            row.on_missed.clone(),
            text::time_or_dash(row.last),
            next,
        ]);
    }
    table.to_string()
}

fn calendar(due: &[DueRow]) -> String {
    let mut table = Table::new(["TIME", "FLOW", ">#", "WHEN", ""]);
    for row in due {
        let paused = (if row.paused { "paused" } else { "" }).to_owned();
        table.row([text::time(row.at), row.flow.clone(), row.schedule.to_string(), row.words.clone(), paused]);
    }
    table.to_string()
}

/// Runs for a time gone by.
pub(crate) async fn backfill(shell: &Shell, args: args::Backfill) -> Result<Exit, Fault> {
    let session = shell.open(Role::Glance).await?;
    let args::Backfill { flow, from, to, schedule, max_active, dry_run, reason } = args;
    let call = BackfillArgs { flow, from, to, schedule, max_active, why: reason };
    let found = if dry_run {
        session.call::<FlowBackfillPreview>(call).await?
    } else {
        session.call::<FlowBackfill>(call).await?
    };
    shell.out.result(&found, || in_words(&found, dry_run));
    if !dry_run {
        super::archive::remark_not_waiting(shell, session);
    }
    Ok(Exit::Done)
}

fn in_words(found: &Backfill, dry_run: bool) -> String {
    let mut table = Table::new(["TIME", "RUN"]);
    for time in &found.times {
        let run = time.run.clone();
        let new = if dry_run { "to be started" } else { "started" };
        table.row([text::time(time.at), run.map_or_else(|| new.to_owned(), |run| format!("{run} (there already)"))]);
    }
    let more = found.count as usize - found.times.len();
    let more = if more > 0 { format!("and {more} more\n") } else { String::new() };
    let started = found.count - found.there;
    format!("{table}{more}{started} of {} {}\n", found.count, if dry_run { "to be started" } else { "started" })
}
