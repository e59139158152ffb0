//! Starts and ends of runs, read from the journal behind a mark that is kept in the workspace for each target.

use std::sync::Arc;

use longshore_engine::event::{RunEvent, What};
use longshore_engine::{Event, Fault};
use longshore_store::JournalRecord;
use serde_json::json;

use super::super::Owner;
use super::super::dispatch::Answer;
use crate::wire::{
    LineageArgs, LineageDelivered, LineageDeliveredArgs, LineagePage, LineageRead, LineageStep, Nothing,
};

/// Rows of the journal that one call looks at.
const ROWS: u32 = 2000;

fn mark_of(target: &str) -> String {
    format!("lineage.delivered {target}")
}

impl Owner {
    /// Up to which row of the journal a target has been told everything; none if it never was.
    fn delivered(&self, target: &str) -> Result<Option<i64>, Fault> {
        Ok(self.store.setting(&mark_of(target))?.and_then(|mark| mark.as_i64()))
    }
}

impl Answer<LineageRead> for Owner {
    async fn answer(self: &Arc<Self>, args: LineageArgs) -> Result<LineagePage, Fault> {
        self.ask(move |owner| {
            let Some(mark) = owner.delivered(&args.target)? else {
                let upto = i64::try_from(owner.store.journal_standing()?.rows).unwrap_or(i64::MAX);
                return Ok(LineagePage { steps: Vec::new(), upto, more: false, new: true });
            };
            let after = mark.max(args.after.unwrap_or(0));
            let records = owner.store.journal_after(after, ROWS)?;
            let upto = records.last().map_or(after, |record| record.seq);
            let more = records.len() == ROWS as usize;
            Ok(LineagePage { steps: records.iter().filter_map(step).collect(), upto, more, new: false })
        })
        .await
    }
}

fn step(record: &JournalRecord) -> Option<LineageStep> {
    let Event { run, at, what, .. } = &record.event;
    match what {
        What::Run { event: event @ (RunEvent::Started | RunEvent::Ended { .. }) } => {
            Some(LineageStep { seq: record.seq, run: run.to_string(), at: at.0, state: event.state() })
        }
        _ => None,
    }
}

impl Answer<LineageDelivered> for Owner {
    async fn answer(self: &Arc<Self>, args: LineageDeliveredArgs) -> Result<Nothing, Fault> {
        self.ask(move |owner| {
            let mark = owner.delivered(&args.target)?.map_or(args.seq, |mark| mark.max(args.seq));
            owner.store.set_setting(&mark_of(&args.target), &json!(mark))?;
            Ok(Nothing {})
        })
        .await
    }
}
