//! What the runner tells, passed on as events: coalesced, at most ten a second for a run.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Weak};
use std::time::Duration;

use longshore_engine::event::{RunEvent, TaskEvent, What};
use longshore_engine::{Event as Happened, Fault, RunId};
use longshore_runner::{Live, Note};
use longshore_store::LogFilter;
use tokio::sync::broadcast::{Receiver, error::RecvError};

use super::Owner;
use super::rows;
use crate::wire::{Event, LogRow, Tag, TaskLive};

/// Between two rounds of events.
const PAUSE: Duration = Duration::from_millis(100);
/// Log lines of one event.
const LINES: u32 = 100;

/// Passes on what the runner tells, until either is gone.
pub(super) async fn pass_on(owner: Weak<Owner>, mut notes: Receiver<Note>) {
    let mut round = Round::default();
    loop {
        let first = notes.recv().await;
        let Some(owner) = owner.upgrade() else { return };
        if !round.take(first) {
            return;
        }
        while let Ok(note) = notes.try_recv() {
            round.take(Ok(note));
        }
        round = match owner.ask(move |owner| Ok(round.tell(owner))).await {
            Ok(told) => told,
            Err(fault) => {
                tracing::error!(%fault, "events were lost");
                Round::default()
            }
        };
        drop(owner);
        tokio::time::sleep(PAUSE).await;
    }
}

/// What came since the last round.
#[derive(Default)]
struct Round {
    tags: BTreeSet<RunId>,
    space: bool,
    everything: bool,
    live: BTreeMap<RunId, Arc<[Live]>>,
    logged: BTreeSet<RunId>,
    ended: BTreeSet<RunId>,
    notices: Vec<Event>,
    /// Dataset of each run, once known. Kept from round to round, as is the next field.
    datasets: HashMap<RunId, Option<String>>,
    /// Last line of each run's log that was told.
    lines: HashMap<RunId, i64>,
}

impl Round {
    /// Notes one note; `false` if there will be no more.
    fn take(&mut self, note: Result<Note, RecvError>) -> bool {
        match note {
            Ok(Note::Events(events)) => events.iter().for_each(|event| self.happened(event)),
            Ok(Note::Progress { run, live }) => drop(self.live.insert(run, live)),
            Ok(Note::Notice { run, title, text }) => {
                self.notices.push(Event::Notice { run: run.as_str().to_owned(), title, text });
            }
            Ok(Note::Log { run, .. }) => drop(self.logged.insert(run)),
            Ok(Note::Broken(fault)) => {
                tracing::error!(%fault, "the runner has stopped");
                self.everything = true;
            }
            Err(RecvError::Lagged(_)) => self.everything = true,
            Err(RecvError::Closed) => return false,
        }
        true
    }

    fn happened(&mut self, event: &Happened) {
        self.tags.insert(event.run.clone());
        if matches!(&event.what, What::Run { event: RunEvent::Ended { .. } }) {
            self.ended.insert(event.run.clone());
        }
        // Room is held from a start to an end, and waited for when queued.
        self.space |= matches!(&event.what, What::Task { event, .. } if !matches!(event, TaskEvent::Scheduled));
    }

    /// Tells it all; gives what the next round needs.
    fn tell(mut self, owner: &Owner) -> Self {
        for run in std::mem::take(&mut self.ended) {
            said(settle(owner, &run));
        }
        if self.everything {
            owner.bus.send(&Event::Everything);
        } else if !self.tags.is_empty() {
            let tags = self.stale(owner);
            owner.bus.send(&Event::Changed { tags });
        }
        for notice in std::mem::take(&mut self.notices) {
            owner.bus.send(&notice);
        }
        // Amounts are added up for somebody only.
        if owner.bus.heard() {
            for (run, live) in std::mem::take(&mut self.live) {
                said(progress(owner, &run, &live).map(|event| owner.bus.send(&event)));
            }
            for run in std::mem::take(&mut self.logged) {
                said(self.tell_log(owner, &run));
            }
        }
        Self { datasets: self.datasets, lines: self.lines, ..Self::default() }
    }

    fn stale(&mut self, owner: &Owner) -> Vec<Tag> {
        let runs = std::mem::take(&mut self.tags);
        let mut datasets = BTreeSet::new();
        for run in &runs {
            let dataset =
                self.datasets.entry(run.clone()).or_insert_with(|| owner.store.run(run.as_str()).ok()?.dataset);
            datasets.extend(dataset.clone());
        }
        let mut tags = vec![Tag::Runs];
        if self.space {
            tags.push(Tag::Storages);
        }
        if !datasets.is_empty() {
            tags.push(Tag::Datasets);
        }
        tags.extend(runs.iter().map(|run| Tag::Run(run.as_str().to_owned())));
        tags.extend(datasets.into_iter().map(Tag::Dataset));
        tags
    }

    fn tell_log(&mut self, owner: &Owner, run: &RunId) -> Result<(), Fault> {
        let after = self.lines.entry(run.clone()).or_insert(0);
        loop {
            let filter = LogFilter { after: *after, limit: LINES, ..LogFilter::default() };
            let lines = owner.store.log_page(run.as_str(), &filter)?;
            let Some(last) = lines.last() else { return Ok(()) };
            *after = last.seq;
            let lines: Vec<LogRow> = lines.into_iter().map(rows::log).collect();
            owner.bus.send(&Event::Log { run: run.as_str().to_owned(), lines });
        }
    }
}

fn said(told: Result<(), Fault>) {
    if let Err(fault) = told {
        tracing::warn!(%fault, "an event could not be told");
    }
}

/// What a run that has ended moved is worked out now, and not by whoever lists it first.
fn settle(owner: &Owner, run: &RunId) -> Result<(), Fault> {
    let mut run = owner.store.run(run.as_str())?;
    owner.amounts.settle(&owner.store, std::slice::from_mut(&mut run))
}

fn progress(owner: &Owner, run: &RunId, live: &[Live]) -> Result<Event, Fault> {
    let moved = owner.moved(run.as_str())?;
    let moved = crate::events::lock(&moved);
    let summaries = owner.store.task_summaries(run.as_str())?;
    let works = |task: &str| live.iter().any(|live| live.task == task && live.waits.is_none());
    let tasks = summaries.iter().filter(|summary| works(&summary.task)).map(|summary| {
        let (state, counts) = rows::shown_state(&summary.counts);
        TaskLive { task: summary.task.clone(), state, counts, progress: moved.task(&summary.task, live) }
    });
    Ok(Event::Progress { run: run.as_str().to_owned(), tasks: tasks.collect(), progress: moved.run(live) })
}
