//! What follows in one run by itself: start, tasks that become ready, retries that are due, pause, cancellation, end.

use super::{Decision, Effect, Places, Stop, Wait, expand, items, outcome};
use crate::event::{Event, RunEvent, Span, TaskEvent, What};
use crate::flow::Role;
use crate::run::{Run, Slot, TaskRuns, Verdict};
use crate::{Millis, RunState, TaskState};

pub(super) fn advance(run: &Run, places: &mut Places, now: Millis, decision: &mut Decision) {
    if run.state.is_final() {
        return;
    }
    match run.state {
        RunState::Queued => queued(run, places, now, decision),
        RunState::Paused => hold(run, now, decision),
        RunState::Cancelling => cancel(run, now, decision),
        _ => release(run, now, decision),
    }
    stops(run, decision);
    ready(run, now, decision);
    items::ready(run, now, decision);
    again(run, now, decision);
    timers(run, now, decision);
    overdue(run, now, decision);
    over(run, now, decision);
    if let Some(outcome) = run.outcome().filter(|_| run.state != RunState::Queued && !run.state.is_final()) {
        decision.events.push(Event::run(&run.id, now, RunEvent::Ended { outcome }));
    }
}

fn queued(run: &Run, places: &mut Places, now: Millis, decision: &mut Decision) {
    match places.take(run) {
        Ok(()) => decision.events.push(Event::run(&run.id, now, RunEvent::Started)),
        Err(text) => decision.waits.push(Wait { run: run.id.clone(), slot: None, text, room: None }),
    }
}

/// Tasks whose rule says what to do with them.
fn ready(run: &Run, now: Millis, decision: &mut Decision) {
    for task in run.due().iter().copied().filter(|task| run.lets(*task)) {
        match run.verdict(task) {
            Some(Verdict::Run) => expand::ready(run, task, now, decision),
            Some(Verdict::Skip) => {
                let why = "its trigger rule asks for what did not come".into();
                none(run, task, &TaskEvent::Skipped { why }, now, decision);
            }
            Some(Verdict::UpstreamFailed) => {
                let of = failed_above(run, task);
                none(run, task, &TaskEvent::UpstreamFailed { of }, now, decision);
            }
            None => {}
        }
    }
}

fn failed_above(run: &Run, task: usize) -> String {
    let bad = [TaskState::Failed, TaskState::UpstreamFailed, TaskState::Cancelled];
    let failed = |need: &&usize| bad.iter().any(|state| run.tasks()[**need].count(*state) > 0);
    let found = run.flow.tasks[task].needs.iter().find(failed);
    found.map(|need| run.flow.tasks[*need].id.clone()).unwrap_or_default()
}

/// The same event for all task runs of a task that have not begun.
pub(super) fn none(run: &Run, task: usize, event: &TaskEvent, now: Millis, decision: &mut Decision) {
    each(run, task, |state| state == TaskState::None, event, now, decision);
}

fn each(
    run: &Run,
    task: usize,
    passes: impl Fn(TaskState) -> bool,
    event: &TaskEvent,
    now: Millis,
    decision: &mut Decision,
) {
    let all = &run.tasks()[task];
    if !all.counts().any(|(state, _)| passes(state)) {
        return;
    }
    let id = &run.flow.tasks[task].id;
    for (first, count) in all.spans(passes) {
        decision.events.push(Event::task(&run.id, now, id, span(all, first, count), event.clone()));
    }
}

pub(super) fn span(all: &TaskRuns, first: u32, count: u32) -> Span {
    Span { index: all.expanded().then_some(first), count }
}

fn hold(run: &Run, now: Millis, decision: &mut Decision) {
    let waits = |state| matches!(state, TaskState::Scheduled | TaskState::Queued | TaskState::Interrupted);
    for task in 0..run.tasks().len() {
        each(run, task, waits, &TaskEvent::Held, now, decision);
    }
}

fn release(run: &Run, now: Millis, decision: &mut Decision) {
    for task in 0..run.tasks().len() {
        each(run, task, |state| state == TaskState::Paused, &TaskEvent::Released, now, decision);
    }
}

/// Stops the work. Hooks for cancellation and for the end are let be.
fn cancel(run: &Run, now: Millis, decision: &mut Decision) {
    let idle = |state: TaskState| !state.is_final() && !matches!(state, TaskState::Running | TaskState::Cancelling);
    for task in 0..run.tasks().len() {
        if run.outlasts(task) {
            each(run, task, |state| state == TaskState::Paused, &TaskEvent::Released, now, decision);
        } else {
            each(run, task, idle, &TaskEvent::Cancelled, now, decision);
            each(run, task, |state| state == TaskState::Running, &TaskEvent::Cancelling, now, decision);
        }
    }
}

/// Attempts that were told to stop, until they have.
fn stops(run: &Run, decision: &mut Decision) {
    let cancelling = |slot: &&Slot| run.task_run(**slot).is_some_and(|one| one.state() == TaskState::Cancelling);
    for slot in run.active().iter().filter(cancelling) {
        decision.effects.push(Effect::Stop { run: run.id.clone(), slot: *slot, why: Stop::Cancel });
    }
}

/// Retries and sensors that are due go back into their line.
fn timers(run: &Run, now: Millis, decision: &mut Decision) {
    for (at, slot) in run.timers() {
        let task = &run.flow.tasks[slot.0];
        if !run.lets(slot.0) {
            continue;
        }
        if *at > now {
            return decision.wake_at(*at);
        }
        let event = Event::task(&run.id, now, &task.id, Span::one(run.index(*slot)), TaskEvent::Scheduled);
        decision.events.push(event);
    }
}

/// Attempts that took too long.
fn overdue(run: &Run, now: Millis, decision: &mut Decision) {
    for (at, slot) in run.deadlines() {
        if *at > now {
            return decision.wake_at(*at);
        }
        decision.effects.push(Effect::Stop { run: run.id.clone(), slot: *slot, why: Stop::Timeout });
    }
}

/// Task runs that took too long in all: what works is told to stop, what waits has failed.
fn over(run: &Run, now: Millis, decision: &mut Decision) {
    for (at, slot) in run.overall() {
        let Some(one) = run.task_run(*slot).filter(|_| run.lets(slot.0)) else { continue };
        if *at > now {
            return decision.wake_at(*at);
        }
        if run.active().contains(slot) {
            decision.effects.push(Effect::Stop { run: run.id.clone(), slot: *slot, why: Stop::Deadline });
        } else if !one.state().is_final() {
            let event = TaskEvent::Failed { fault: outcome::deadline(run, *slot) };
            let task = &run.flow.tasks[slot.0].id;
            decision.events.push(Event::task(&run.id, now, task, Span::one(run.index(*slot)), event));
        }
    }
}

/// Hooks for retries come again for a retry that they have not seen.
fn again(run: &Run, now: Millis, decision: &mut Decision) {
    if !run.hooks_behind() {
        return;
    }
    for hook in run.of(Role::OnRetry) {
        if run.tasks()[hook].expanded() {
            let what = What::Reset { task: run.flow.tasks[hook].id.clone() };
            decision.events.push(Event::new(&run.id, now, what));
        } else {
            each(run, hook, TaskState::is_final, &TaskEvent::Cleared, now, decision);
        }
    }
}
