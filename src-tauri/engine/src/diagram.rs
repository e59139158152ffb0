//! The state machine as a drawing, made from [`crate::transition`] by trying every event in every state.

use std::collections::BTreeMap;
use std::fmt::Write;

use serde_json::{Map, Value};

use crate::event::{Created, Mark, Outcome, RunEvent, TaskEvent};
use crate::transition::{next, next_run};
use crate::{Fault, Millis, RunState, TaskState};

/// An event that may follow nearly every state is told in words, or the drawing would be nothing but its arrows.
const MANY: usize = 10;

/// The section of the document: both drawings, in Mermaid.
pub fn section() -> String {
    format!("\n### Of a task run\n\n{}\n### Of a run\n\n{}\n", task_runs(), runs())
}

/// One event of each kind, and of each outcome.
fn task_events() -> Vec<TaskEvent> {
    let fault = || Fault::permanent(String::new(), String::new(), String::new());
    let mark = |mark: Mark| TaskEvent::Marked { mark: mark.into() };
    vec![
        TaskEvent::Scheduled,
        TaskEvent::Queued { waits: String::new() },
        TaskEvent::Started { attempt: 1, with: Value::Null, resumes: false, reserved: Vec::new() },
        TaskEvent::Deferred { until: Millis(0) },
        TaskEvent::Succeeded { output: Value::Null },
        TaskEvent::Failed { fault: fault() },
        TaskEvent::Retrying { fault: fault(), next_at: Millis(0) },
        TaskEvent::Skipped { why: String::new() },
        TaskEvent::UpstreamFailed { of: String::new() },
        TaskEvent::Held,
        TaskEvent::Released,
        TaskEvent::Cancelling,
        TaskEvent::Stopping { mark: Mark::Skipped.into() },
        TaskEvent::Cancelled,
        TaskEvent::Interrupted,
        TaskEvent::Cleared,
        mark(Mark::Success { output: Value::Null }),
        mark(Mark::Failed { fault: fault() }),
        mark(Mark::Skipped),
    ]
}

fn task_runs() -> String {
    let mut drawing = Drawing::default();
    for event in task_events() {
        let from: Vec<TaskState> = TaskState::ALL.into_iter().filter(|state| next(*state, &event).is_ok()).collect();
        let (name, to) = (event.name().trim_start_matches("task."), event.state().word());
        if from.len() < MANY {
            for state in from {
                drawing.arrow(state.word(), to, name);
            }
            continue;
        }
        let never: Vec<&str> =
            TaskState::ALL.into_iter().filter(|state| !from.contains(state)).map(TaskState::word).collect();
        drawing.notes.push(format!("`{name}` leads from every state but `{}` to `{to}`.", never.join("`, `")));
    }
    drawing.text(TaskState::None.word())
}

fn runs() -> String {
    let (params, vars) = (Map::new(), Map::new());
    let (key, parent, scheduled, guard, priority) = Default::default();
    let created =
        Created { flow: String::new(), version: String::new(), params, vars, key, parent, scheduled, guard, priority };
    let ended = |outcome| RunEvent::Ended { outcome };
    let events = [
        RunEvent::Created(Box::new(created)),
        RunEvent::Started,
        RunEvent::Paused,
        RunEvent::Resumed { started: true },
        RunEvent::Resumed { started: false },
        RunEvent::Cancelling,
        ended(Outcome::Success),
        ended(Outcome::Failed),
        ended(Outcome::Cancelled),
        RunEvent::Reopened,
    ];
    let mut drawing = Drawing::default();
    for event in events {
        let name = event.name().trim_start_matches("run.");
        for state in RunState::ALL {
            if next_run(Some(state), &event).is_ok() {
                drawing.arrow(state.word(), event.state().word(), name);
            }
        }
    }
    drawing.text(RunState::Queued.word())
}

/// Arrows between two states, with all events that lead that way.
#[derive(Default)]
struct Drawing {
    arrows: BTreeMap<(&'static str, &'static str), Vec<String>>,
    notes: Vec<String>,
}

impl Drawing {
    fn arrow(&mut self, from: &'static str, to: &'static str, name: &str) {
        let names = self.arrows.entry((from, to)).or_default();
        if !names.iter().any(|known| known == name) {
            names.push(name.to_owned());
        }
    }

    fn text(&self, first: &str) -> String {
        let mut text = format!("```mermaid\nstateDiagram-v2\n  [*] --> {first}\n");
        for ((from, to), names) in &self.arrows {
            // Writing to a String cannot fail.
            let _ = writeln!(text, "  {from} --> {to}: {}", names.join(", "));
        }
        text += "```\n";
        for note in &self.notes {
            let _ = writeln!(text, "\n{note}");
        }
        text
    }
}
