//! How much the tasks of a run have moved: what their task runs gave as output when they ended, and what is live.
//!
//! The journal holds no progress. What an ended task run moved is read off its output, and what a mapped one will move off its item:
//! by convention both carry `files` and `size` or `bytes`. One that failed may have saved in its checkpoint what was `done` by then.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex};

use longshore_engine::event::{Span, TaskEvent, What};
use longshore_engine::{Event, Fault, RunId};
use longshore_runner::Live;
use longshore_store::{RunMoved, RunRecord, Store};
use serde_json::Value;

use crate::events::lock;
use crate::fault::of_store;
use crate::wire::{Amount, ProgressRow};

/// Runs whose amounts are kept at hand.
const KEPT: usize = 2_000;
/// Failed task runs of a task whose checkpoints are looked at.
const FAILED: usize = 1_000;
/// Rows of a journal that are read at a time.
const PAGE: u32 = 500;

/// Amounts of runs, as far as their journals were read; what was added since is read when they are asked for.
#[derive(Default)]
pub(crate) struct Amounts {
    runs: Mutex<HashMap<String, Arc<Mutex<Moved>>>>,
}

impl Amounts {
    /// Amounts of a run, up to the last row of its journal.
    pub(crate) fn of(&self, store: &Store, run: &str) -> Result<Arc<Mutex<Moved>>, Fault> {
        let moved = self.kept(run);
        lock(&moved).catch_up(store, &RunId::from(run))?;
        Ok(moved)
    }

    /// What runs of a page moved that have ended and of which that is not known yet: worked out from their journals once, kept with them,
    /// and let go here.
    pub(crate) fn settle(&self, store: &Store, page: &mut [RunRecord]) -> Result<(), Fault> {
        let mut learnt = Vec::new();
        for run in page.iter_mut().filter(|run| run.moved.is_none()) {
            let Some(ended_at) = run.ended_at else { continue };
            let amounts = self.of(store, &run.id)?;
            let mut amounts = lock(&*amounts);
            amounts.take_what_failed(store, &run.id)?;
            let moved = in_all(&amounts.run(&[]));
            drop(amounts);
            lock(&self.runs).remove(&run.id);
            run.moved = Some(moved);
            learnt.push((run.id.clone(), ended_at, moved));
        }
        if let Err(error) = if learnt.is_empty() { Ok(()) } else { store.keep_moved(learnt) } {
            // What is asked for is known all the same; the next who asks works it out again.
            tracing::warn!(%error, "what runs moved was not kept");
        }
        Ok(())
    }

    fn kept(&self, run: &str) -> Arc<Mutex<Moved>> {
        let mut runs = lock(&self.runs);
        if runs.len() >= KEPT && !runs.contains_key(run) {
            runs.clear();
        }
        runs.entry(run.to_owned()).or_default().clone()
    }
}

/// What the tasks of one run have moved.
#[derive(Debug, Default)]
pub(crate) struct Moved {
    tasks: HashMap<String, OfTask>,
    /// The task that moved bytes last.
    last: Option<String>,
    /// Row of the journal up to which this holds.
    seq: i64,
}

#[derive(Debug, Default)]
struct OfTask {
    items: Vec<Amount>,
    done: BTreeMap<Option<u32>, Amount>,
    /// Task runs that failed, as many as are looked at.
    failed: BTreeSet<Option<u32>>,
}

impl Moved {
    fn catch_up(&mut self, store: &Store, run: &RunId) -> Result<(), Fault> {
        loop {
            let page = store.journal_page(run, self.seq, PAGE).map_err(of_store)?;
            for record in &page {
                self.apply(&record.event);
                self.seq = record.seq;
            }
            if page.len() < PAGE as usize {
                return Ok(());
            }
        }
    }

    fn apply(&mut self, event: &Event) {
        match &event.what {
            What::Expanded { task, items } => {
                let items = items.iter().map(|item| amount(&item.value)).collect();
                self.tasks.insert(task.clone(), OfTask { items, ..OfTask::default() });
            }
            What::Followed { task, of, .. } => {
                let items = self.tasks.get(of).map(|of| of.items.clone()).unwrap_or_default();
                self.tasks.insert(task.clone(), OfTask { items, ..OfTask::default() });
            }
            What::Reset { task } => drop(self.tasks.remove(task)),
            What::Task { task, span, event } => self.apply_task(task, *span, event),
            What::Run { .. } => {}
        }
    }

    fn apply_task(&mut self, task: &str, span: Span, event: &TaskEvent) {
        let of = match self.tasks.get_mut(task) {
            Some(of) => of,
            None => self.tasks.entry(task.to_owned()).or_default(),
        };
        match event {
            TaskEvent::Failed { .. } => {
                let room = FAILED.saturating_sub(of.failed.len());
                of.failed.extend(indexes(span).take(room));
            }
            TaskEvent::Succeeded { output } => {
                let amount = amount(output);
                of.failed.retain(|index| !indexes(span).any(|done| done == *index));
                of.done.extend(indexes(span).map(|index| (index, amount)));
                if amount.bytes > 0 {
                    self.last = Some(task.to_owned());
                }
            }
            TaskEvent::Cleared => {
                let cleared = |index: &Option<u32>| indexes(span).any(|cleared| cleared == *index);
                of.done.retain(|index, _| !cleared(index));
                of.failed.retain(|index| !cleared(index));
            }
            _ => {}
        }
    }

    /// Adds what task runs had done by their last checkpoints before they failed, once the run has ended.
    fn take_what_failed(&mut self, store: &Store, run: &str) -> Result<(), Fault> {
        for (task, of) in &mut self.tasks {
            for index in std::mem::take(&mut of.failed) {
                let saved = store.checkpoint(run, task, index).map_err(of_store)?;
                let done = saved.as_ref().and_then(|saved| saved.saved.get("done")).map(amount);
                if let Some(done) = done.filter(|done| done.bytes > 0) {
                    of.done.insert(index, done);
                    self.last = Some(task.clone());
                }
            }
        }
        Ok(())
    }

    /// Amounts of all task runs of a task together.
    pub(crate) fn task(&self, task: &str, live: &[Live]) -> ProgressRow {
        let live: Vec<&Live> = live.iter().filter(|live| live.task == task && live.waits.is_none()).collect();
        match self.tasks.get(task) {
            Some(of) => of.together(&live),
            None => OfTask::default().together(&live),
        }
    }

    /// Amounts of one task run.
    pub(crate) fn task_run(&self, task: &str, index: Option<u32>, live: &[Live]) -> ProgressRow {
        let live: Vec<&Live> =
            live.iter().filter(|live| live.task == task && live.index == index && live.waits.is_none()).collect();
        let done = self.tasks.get(task).and_then(|of| of.done.get(&index)).copied();
        let done = done.map(|amount| (index, amount)).into_iter().collect();
        OfTask { done, ..OfTask::default() }.together(&live)
    }

    /// Amounts of the task that moves bytes now, or else of the last that did.
    pub(crate) fn run(&self, live: &[Live]) -> ProgressRow {
        let now = live
            .iter()
            .filter(|live| live.waits.is_none())
            .max_by_key(|live| (live.progress.bytes_total, live.progress.bytes));
        match (now, &self.last) {
            (Some(now), _) => self.task(&now.task, live),
            (None, Some(last)) => self.task(last, live),
            (None, None) => ProgressRow::default(),
        }
    }
}

impl OfTask {
    fn together(&self, live: &[&Live]) -> ProgressRow {
        let done = self.done.values().fold(Amount::default(), |sum, one| plus(sum, *one));
        let mut row = ProgressRow { bytes: done.bytes, files: done.files, ..ProgressRow::default() };
        let mut total = plus(done, self.waiting(live));
        let mut known = !self.done.is_empty() || !self.items.is_empty();
        for one in live {
            row.bytes += one.progress.bytes;
            row.files += one.progress.files;
            total.bytes += one.progress.bytes_total.unwrap_or(one.progress.bytes);
            total.files += one.progress.files_total.unwrap_or(one.progress.files);
            known |= one.progress.bytes_total.is_some() || one.progress.files_total.is_some();
            row.rate = one.rate.map(|rate| rate + row.rate.unwrap_or(0.0)).or(row.rate);
            row.now.clone_from(&one.progress.now);
        }
        if known {
            row.bytes_total = (total.bytes > 0).then_some(total.bytes);
            row.files_total = (total.files > 0).then_some(total.files);
        }
        let left = row.bytes_total.map(|total| total.saturating_sub(row.bytes) as f64);
        row.seconds_left = row.rate.zip(left).filter(|(rate, _)| *rate >= 1.0).map(|(rate, left)| left / rate);
        row
    }

    /// What the items come to that have neither ended nor work now.
    fn waiting(&self, live: &[&Live]) -> Amount {
        let items = (0_u32..).zip(&self.items);
        let idle = items.filter(|(index, _)| {
            !self.done.contains_key(&Some(*index)) && !live.iter().any(|live| live.index == Some(*index))
        });
        idle.fold(Amount::default(), |sum, (_, item)| plus(sum, *item))
    }
}

fn in_all(row: &ProgressRow) -> RunMoved {
    RunMoved { bytes: row.bytes, files: row.files, bytes_due: row.bytes_total, files_due: row.files_total }
}

/// Amounts of a run that has ended.
pub(crate) fn ended(moved: RunMoved) -> ProgressRow {
    let RunMoved { bytes, files, bytes_due, files_due } = moved;
    ProgressRow { bytes, files, bytes_total: bytes_due, files_total: files_due, ..ProgressRow::default() }
}

fn plus(one: Amount, other: Amount) -> Amount {
    Amount { bytes: one.bytes + other.bytes, files: one.files + other.files }
}

/// What an output or an item says of its amount.
fn amount(value: &Value) -> Amount {
    let number = |name| value.get(name).and_then(Value::as_u64);
    // What a verification gives back holds the datablock that it read.
    let of = value.get("block").filter(|block| block.is_object());
    match of {
        Some(block) => amount(block),
        None => Amount {
            bytes: number("size").or_else(|| number("bytes")).unwrap_or(0),
            files: number("files").unwrap_or(0),
        },
    }
}

fn indexes(span: Span) -> impl Iterator<Item = Option<u32>> {
    (0..span.count).map(move |step| span.index.map(|first| first + step))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use longshore_engine::Millis;
    use longshore_engine::event::Item;
    use longshore_flows::Progress;
    use serde_json::json;

    use super::*;

    fn item(size: u64) -> Item {
        Item { value: json!({"size": size, "files": 1}), label: None }
    }

    fn event(what: What) -> Event {
        Event::new(&RunId::from("r"), Millis(0), what)
    }

    fn live(index: u32, bytes: u64, total: u64) -> Live {
        let progress = Progress { bytes, bytes_total: Some(total), ..Progress::default() };
        Live { task: "pack".into(), index: Some(index), progress, rate: Some(10.0), seconds_left: None, waits: None }
    }

    fn moved() -> Moved {
        let mut moved = Moved::default();
        moved.apply(&event(What::Expanded { task: "pack".into(), items: vec![item(100), item(200), item(300)] }));
        let output = json!({"size": 100, "files": 1});
        let done = TaskEvent::Succeeded { output };
        moved.apply(&event(What::Task { task: "pack".into(), span: Span::one(Some(0)), event: done }));
        moved
    }

    #[test]
    fn what_ended_works_and_waits_adds_up() {
        let row = moved().task("pack", &[live(1, 50, 210)]);
        assert_eq!((row.bytes, row.bytes_total), (150, Some(100 + 210 + 300)));
        assert_eq!((row.rate, row.seconds_left), (Some(10.0), Some(46.0)));
    }

    #[test]
    fn an_event_twice_counts_once_and_a_retry_counts_anew() {
        let mut moved = moved();
        let again = TaskEvent::Succeeded { output: json!({"size": 100, "files": 1}) };
        moved.apply(&event(What::Task { task: "pack".into(), span: Span::one(Some(0)), event: again }));
        assert_eq!(moved.run(&[]).bytes, 100);
        moved.apply(&event(What::Task { task: "pack".into(), span: Span::one(Some(0)), event: TaskEvent::Cleared }));
        assert_eq!(moved.run(&[]).bytes, 0);
    }

    #[test]
    fn what_is_not_known_is_not_told() {
        let row = Moved::default().run(&[]);
        assert_eq!(row, ProgressRow::default());
    }
}
