//! `longshore plan flow`.

use std::fmt::Write as _;

use longshore_api::wire::{FlowPlan, PlanFlow, PlanFlowArgs, PlannedSpace, PlannedTask};
use longshore_api::{Fault, Role};

use super::flows::{Asked, asked};
use crate::args::FlowWith;
use crate::exit::Exit;
use crate::shell::Shell;
use crate::table::Table;
use crate::text;

/// What a run of this flow would do.
pub(crate) async fn flow(shell: &Shell, of: FlowWith) -> Result<Exit, Fault> {
    let (session, Asked { flow, source, params }) = asked(shell, Role::Glance, of).await?;
    let plan = session.call::<PlanFlow>(PlanFlowArgs { flow, source, params }).await?;
    shell.out.result(&plan, || in_words(&plan));
    Ok(if plan.can_start { Exit::Done } else { Exit::Refused })
}

fn in_words(plan: &FlowPlan) -> String {
    let mut words = String::new();
    if !plan.tasks.is_empty() {
        words += &tasks(&plan.tasks);
        let _ = writeln!(words, "\n{} to move, as far as it is known before the run", text::size(plan.bytes));
    }
    if !plan.unknown.is_empty() {
        let _ = writeln!(words, "Known only in the run: what {} will need", plan.unknown.join(", "));
    }
    if !plan.space.is_empty() {
        words += "\n";
        words += &super::plans::space(&plan.space);
    }
    for task in &plan.tasks {
        if let Some(problem) = &task.problem {
            let _ = writeln!(words, "\n{} cannot say yet what it needs: {problem} ({})", task.id, problem.code);
        }
    }
    if let Some(run) = &plan.held_by {
        let _ = writeln!(words, "\nThe run {run} is active for the same thing");
    }
    for fault in &plan.refused {
        let _ = write!(words, "\n{}", crate::output::in_words(fault));
    }
    words
}

fn tasks(tasks: &[PlannedTask]) -> String {
    let mut table =
        Table::new(["TASK", "KIND", "GROUP", "TASK RUNS", "LIMITS", ">FILES", ">BYTES", "RESERVES", ">TAKES", "NOTE"]);
    for task in tasks {
        table.row([
            task.id.clone(),
            task.uses.clone(),
            task.group.clone().unwrap_or_else(|| "-".to_owned()),
            task.expects.clone(),
            limits(task),
            amount(task, task.files, text::count),
            amount(task, task.bytes, text::size),
            task.reserves.as_ref().map_or_else(|| "?".to_owned(), |all| room(all)),
            task.seconds.map_or_else(|| "-".to_owned(), text::duration),
            note(task),
        ]);
    }
    table.to_string()
}

/// `?` for what is known only in the run, `-` for what its kind has no number for.
fn amount(task: &PlannedTask, number: Option<u64>, shown: fn(u64) -> String) -> String {
    match number {
        Some(number) => shown(number),
        None if task.planned => "-".to_owned(),
        None => "?".to_owned(),
    }
}

fn limits(task: &PlannedTask) -> String {
    let one = |claim: &longshore_api::wire::PlannedSlots| match claim.slots {
        1 => claim.limit.clone(),
        slots => format!("{} x {slots}", claim.limit),
    };
    dashed(&task.limits.iter().map(one).collect::<Vec<_>>())
}

fn room(all: &[PlannedSpace]) -> String {
    let one = |one: &PlannedSpace| format!("{} on {}", text::size(one.bytes), one.storage);
    dashed(&all.iter().map(one).collect::<Vec<_>>())
}

fn dashed(all: &[String]) -> String {
    if all.is_empty() { "-".to_owned() } else { all.join(", ") }
}

fn note(task: &PlannedTask) -> String {
    match &task.skipped {
        Some(why) => format!("skipped: {why}"),
        None if task.role != "task" => task.role.clone(),
        None => "-".to_owned(),
    }
}
