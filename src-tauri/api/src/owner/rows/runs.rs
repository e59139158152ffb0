//! Runs, task runs, attempts, logs, graphs.

use longshore_engine::event::{RunEvent, TaskEvent, What};
use longshore_engine::{Flow, TaskState};
use longshore_store::{Attempt, JournalRecord, LogRecord, Page, StateCount, TaskRun};

use crate::wire::{self, AttemptRow, Graph, GraphEdge, GraphNode, JournalRow, LogRow, ProgressRow, TaskRunRow};

/// States of a task's task runs, the one to show for all of them first: what needs looking at before what is going on, and that before
/// what is over.
const BY_WEIGHT: [TaskState; 14] = [
    TaskState::Failed,
    TaskState::Running,
    TaskState::Cancelling,
    TaskState::UpForRetry,
    TaskState::Interrupted,
    TaskState::Queued,
    TaskState::Deferred,
    TaskState::Paused,
    TaskState::Scheduled,
    TaskState::Cancelled,
    TaskState::UpstreamFailed,
    TaskState::None,
    TaskState::Success,
    TaskState::Skipped,
];

/// The state to show for all task runs of a task together, and how many are in which.
pub(crate) fn shown_state(counts: &[StateCount]) -> (TaskState, Vec<wire::StateCount>) {
    let has = |state: &TaskState| counts.iter().any(|count| count.state == *state && count.count > 0);
    let shown = BY_WEIGHT.into_iter().find(has).unwrap_or(TaskState::None);
    let counts = counts.iter().map(|count| wire::StateCount { state: count.state, count: count.count });
    (shown, counts.collect())
}

/// A flow's structure.
pub(crate) fn graph(flow: &Flow) -> Graph {
    let graph = flow.graph();
    let node = |node: longshore_engine::flow::Node| GraphNode {
        id: node.id,
        uses: node.uses,
        mapped: node.mapped,
        role: node.role.word().to_owned(),
        group: node.group,
        part: node.part.map(str::to_owned),
        when: node.when,
        trigger: node.trigger.to_owned(),
        x: node.x,
        y: node.y,
    };
    let edge = |edge: longshore_engine::flow::Edge| GraphEdge { from: edge.from, to: edge.to, implied: edge.implied };
    Graph {
        key: graph.key,
        nodes: graph.nodes.into_iter().map(node).collect(),
        edges: graph.edges.into_iter().map(edge).collect(),
    }
}

/// A task run with its amounts, and with what it waits for now.
pub(crate) fn task_run(run: TaskRun, progress: ProgressRow, waits: Option<String>) -> TaskRunRow {
    TaskRunRow {
        task: run.task,
        index: run.index,
        label: run.label,
        state: run.state,
        attempts: run.attempts,
        started_at: run.started_at,
        ended_at: run.ended_at,
        next_at: run.next_at,
        waits: waits.or(run.waits),
        progress,
        fault: run.fault,
    }
}

/// One try.
pub(crate) fn attempt(attempt: &Attempt) -> AttemptRow {
    AttemptRow {
        number: attempt.number,
        state: attempt.state,
        started_at: attempt.started_at,
        ended_at: attempt.ended_at,
        fault: attempt.fault.clone(),
    }
}

/// A line of a log.
pub(crate) fn log(record: LogRecord) -> LogRow {
    let line = record.line;
    LogRow {
        seq: record.seq,
        at: line.at,
        task: line.task,
        index: line.index,
        attempt: line.attempt,
        level: line.level,
        text: line.text,
    }
}

/// A line of a log as text: `2026-11-03T13:02:11.123Z  pack[3] #1  info     text`.
pub(crate) fn log_in_words(row: &LogRow) -> String {
    let index = row.index.map(|index| format!("[{index}]")).unwrap_or_default();
    let at = crate::clock::in_words(row.at);
    format!("{at}  {}{index} #{}  {:<8} {}\n", row.task, row.attempt, row.level, row.text)
}

/// A row of the journal.
pub(crate) fn journal(record: JournalRecord) -> JournalRow {
    let event = record.event;
    JournalRow {
        seq: record.seq,
        at: event.at.0,
        task: event.task_id().map(str::to_owned),
        index: event.index(),
        event: event.name().to_owned(),
        text: in_words(&event.what),
        by: event.by.as_ref().and_then(|by| by.who.clone()),
        why: event.by.as_ref().and_then(|by| by.why.clone()),
    }
}

fn in_words(what: &What) -> String {
    match what {
        What::Run { event } => of_run(event),
        What::Expanded { items, .. } => format!("Mapped over {} items", items.len()),
        What::Followed { count, .. } => format!("Follows {count} items one by one"),
        What::Reset { .. } => "Will be mapped anew".to_owned(),
        What::Task { event, .. } => of_task(event),
    }
}

fn of_run(event: &RunEvent) -> String {
    match event {
        RunEvent::Created(created) => format!("Created from {} at version {}", created.flow, created.version),
        other => other.name().replace("run.", "").replace('_', " "),
    }
}

fn of_task(event: &TaskEvent) -> String {
    match event {
        TaskEvent::Queued { waits } => waits.clone(),
        TaskEvent::Started { attempt, resumes: true, .. } => format!("Attempt {attempt} looks again"),
        TaskEvent::Started { attempt, .. } => format!("Attempt {attempt} started"),
        TaskEvent::Deferred { .. } => "Waits without a slot".to_owned(),
        TaskEvent::Stopping { mark } => format!("Told to stop, to be marked {}", mark.state().word()),
        TaskEvent::Marked { mark } => format!("Marked {}", mark.state().word()),
        TaskEvent::Failed { fault } => format!("Failed: {fault} ({})", fault.code),
        TaskEvent::Retrying { fault, .. } => format!("Failed, will be tried again: {fault} ({})", fault.code),
        TaskEvent::Skipped { why } => format!("Skipped: {why}"),
        TaskEvent::UpstreamFailed { of } => format!("Not run: {of} failed"),
        TaskEvent::Interrupted => "Interrupted: its process went away".to_owned(),
        other => other.name().replace("task.", "").replace('_', " "),
    }
}

/// A page with each row turned into another.
pub(crate) fn page_of<T, U>(page: Page<T>, row: impl FnMut(T) -> U) -> wire::Page<U> {
    wire::Page { total: page.total, rows: page.rows.into_iter().map(row).collect() }
}
