//! Tasks that follow a mapped one item by item: each of their task runs is decided about by itself.

use super::Decision;
use super::advance::span;
use super::expand::fault;
use crate::Millis;
use crate::event::{Event, TaskEvent};
use crate::run::{Run, Slot, Verdict};

/// Task runs whose counterpart says what to do with them. Neighbours to which the same happens share an event.
pub(super) fn ready(run: &Run, now: Millis, decision: &mut Decision) {
    let mut open: Option<(usize, u32, u32, TaskEvent)> = None;
    for slot in run.due_items().iter().filter(|slot| run.lets(slot.0)) {
        let Some(event) = event(run, *slot) else { continue };
        match &mut open {
            Some((task, first, count, same)) if *task == slot.0 && *first + *count == slot.1 && *same == event => {
                *count += 1;
            }
            other => {
                let done = other.replace((slot.0, slot.1, 1, event));
                decision.events.extend(done.map(|done| written(run, done, now)));
            }
        }
    }
    decision.events.extend(open.map(|done| written(run, done, now)));
}

fn written(run: &Run, (task, first, count, event): (usize, u32, u32, TaskEvent), now: Millis) -> Event {
    Event::task(&run.id, now, &run.flow.tasks[task].id, span(&run.tasks()[task], first, count), event)
}

fn event(run: &Run, slot: Slot) -> Option<TaskEvent> {
    let task = &run.flow.tasks[slot.0];
    Some(match run.item_verdict(slot)? {
        Verdict::Run => match task.when.as_ref().map(|when| when.is_true(&run.scope_of(slot))) {
            None | Some(Ok(true)) => TaskEvent::Scheduled,
            Some(Ok(false)) => TaskEvent::Skipped { why: "its condition is false".into() },
            Some(Err(error)) => TaskEvent::Failed { fault: fault(&task.id, "when", &error) },
        },
        Verdict::Skip => TaskEvent::Skipped { why: "its trigger rule asks for what did not come".into() },
        Verdict::UpstreamFailed => {
            let of = task.each.map(|followed| run.flow.tasks[followed].id.clone()).unwrap_or_default();
            TaskEvent::UpstreamFailed { of }
        }
    })
}
