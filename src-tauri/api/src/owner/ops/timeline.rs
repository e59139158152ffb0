//! When the task runs of a run were in which state, as the journal has it.

use std::sync::Arc;

use longshore_engine::event::What;
use longshore_engine::{Fault, RunId, TaskState};
use longshore_store::JournalRecord;

use super::super::Owner;
use super::super::dispatch::Answer;
use crate::fault::of_store;
use crate::wire::{RunTimeline, RunTimelineArgs, RunTimelineRead, TimelineChange};

/// Rows of the journal that one reply is made of.
const ROWS: u32 = 1_000;

impl Answer<RunTimelineRead> for Owner {
    async fn answer(self: &Arc<Self>, RunTimelineArgs { run, after }: RunTimelineArgs) -> Result<RunTimeline, Fault> {
        self.ask(move |owner| {
            let page = owner.store.journal_page(&RunId::from(run), after, ROWS).map_err(of_store)?;
            let upto = page.last().map_or(after, |last| last.seq);
            let more = page.len() == ROWS as usize;
            Ok(RunTimeline { changes: page.into_iter().filter_map(change).collect(), upto, more })
        })
        .await
    }
}

/// The change of state that a row is, if it is one.
fn change(row: JournalRecord) -> Option<TimelineChange> {
    let at = row.event.at.0;
    match row.event.what {
        What::Task { task, span, event } => {
            Some(TimelineChange { at, task, index: span.index, count: span.count, state: event.state() })
        }
        What::Reset { task } => Some(TimelineChange { at, task, index: None, count: 0, state: TaskState::None }),
        What::Run { .. } | What::Expanded { .. } | What::Followed { .. } => None,
    }
}

#[cfg(test)]
mod tests {
    use longshore_engine::event::{Span, TaskEvent};
    use longshore_engine::{Event, Millis};

    use super::*;

    #[test]
    fn changes_of_task_runs_are_told_and_those_of_the_run_are_not() {
        let run = RunId::from("r");
        let record = |what| JournalRecord { seq: 1, event: Event::new(&run, Millis(7), what) };
        let span = Span { index: Some(3), count: 4 };
        let scheduled = What::Task { task: "pack".into(), span, event: TaskEvent::Scheduled };
        let told = |index, count, state| Some(TimelineChange { at: 7, task: "pack".into(), index, count, state });
        assert_eq!(change(record(scheduled)), told(Some(3), 4, TaskState::Scheduled));
        assert_eq!(change(record(What::Reset { task: "pack".into() })), told(None, 0, TaskState::None));
        assert_eq!(change(record(What::Expanded { task: "pack".into(), items: Vec::new() })), None);
    }
}
