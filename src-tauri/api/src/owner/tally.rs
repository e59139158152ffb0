//! What is counted while the owner works, for whoever watches it.

use std::collections::{BTreeMap, HashMap};
use std::sync::Weak;

use longshore_engine::event::{TaskEvent, What};
use longshore_engine::{Event, RunId};
use longshore_runner::{Live, Note};
use tokio::sync::broadcast::{Receiver, error::RecvError};

use super::Owner;
use crate::events::lock;
use crate::wire::{Histogram, Measured};

/// Bounds of the histogram, in seconds: from what does nothing to what takes a day.
const BOUNDS: [f64; 9] = [0.01, 0.1, 1.0, 10.0, 60.0, 600.0, 3_600.0, 21_600.0, 86_400.0];
/// Attempts whose start is remembered. When there are more, some starts are forgotten and those attempts not counted.
const REMEMBERED: usize = 100_000;

/// A task run: run, task, map index.
type Place = (RunId, String, Option<u32>);

/// What is counted.
#[derive(Default)]
pub(crate) struct Tally {
    measured: Measured,
    by_ending: BTreeMap<&'static str, Histogram>,
    started: HashMap<Place, i64>,
    /// Bytes that an attempt has told of so far.
    moved: HashMap<Place, u64>,
}

/// Counts what the runner tells, until either is gone.
pub(super) async fn count(owner: Weak<Owner>, mut notes: Receiver<Note>) {
    loop {
        let note = notes.recv().await;
        let Some(owner) = owner.upgrade() else { return };
        let (mut tally, mut speeds) = (lock(&owner.tally), lock(&owner.speeds));
        let now = owner.clock.now().0;
        match note {
            Ok(Note::Events(events)) => {
                tally.events(&events, now);
                speeds.events(&events);
            }
            Ok(Note::Progress { run, live }) => {
                live.iter().for_each(|live| tally.moved(&run, live));
                speeds.moved(&run, &live, now);
            }
            Ok(_) | Err(RecvError::Lagged(_)) => {}
            Err(RecvError::Closed) => return,
        }
    }
}

impl Tally {
    /// The numbers so far.
    pub(crate) fn measured(&self) -> Measured {
        Measured { attempts: self.by_ending.values().cloned().collect(), ..self.measured.clone() }
    }

    fn events(&mut self, events: &[Event], now: i64) {
        self.measured.events += events.len() as u64;
        if let Some(last) = events.last() {
            self.measured.lag_seconds = now.saturating_sub(last.at.0).max(0) as f64 / 1_000.0;
        }
        for event in events {
            self.event(event);
        }
    }

    fn event(&mut self, happened: &Event) {
        let What::Task { task, span, event } = &happened.what else { return };
        for step in 0..span.count {
            let place = (happened.run.clone(), task.clone(), span.index.map(|first| first + step));
            match event {
                TaskEvent::Started { .. } if self.started.len() < REMEMBERED => {
                    self.started.insert(place, happened.at.0);
                }
                // What changes nothing of an attempt that works.
                TaskEvent::Started { .. } | TaskEvent::Cancelling | TaskEvent::Stopping { .. } => {}
                _ => self.ended(&place, event.state().word(), happened.at.0),
            }
        }
    }

    fn ended(&mut self, place: &Place, ended: &'static str, at: i64) {
        self.moved.remove(place);
        let Some(started) = self.started.remove(place) else { return };
        let seconds = at.saturating_sub(started).max(0) as f64 / 1_000.0;
        let empty = || Histogram {
            ended: ended.to_owned(),
            buckets: BOUNDS.iter().map(|bound| (*bound, 0)).collect(),
            ..Histogram::default()
        };
        let histogram = self.by_ending.entry(ended).or_insert_with(empty);
        histogram.count += 1;
        histogram.seconds += seconds;
        histogram.buckets.iter_mut().filter(|(bound, _)| seconds <= *bound).for_each(|(_, count)| *count += 1);
    }

    fn moved(&mut self, run: &RunId, live: &Live) {
        if live.waits.is_some() {
            return;
        }
        let told = self.moved.entry((run.clone(), live.task.clone(), live.index)).or_default();
        self.measured.moved_bytes += live.progress.bytes.saturating_sub(*told);
        *told = live.progress.bytes;
    }
}

#[cfg(test)]
mod tests {
    use longshore_engine::Millis;
    use longshore_engine::event::Span;
    use serde_json::json;

    use super::*;

    #[test]
    fn an_attempt_is_counted_by_how_long_it_took_and_how_it_ended() {
        let mut tally = Tally::default();
        let run = RunId::from("R1");
        let task = |at, event| Event::task(&run, Millis(at), "t", Span { index: Some(0), count: 2 }, event);
        let started: TaskEvent = serde_json::from_value(json!({"type": "started", "attempt": 1, "with": {}}))
            .unwrap_or(TaskEvent::Scheduled);
        tally.events(&[task(1_000, TaskEvent::Scheduled), task(1_000, started)], 1_050);
        tally.events(&[task(1_500, TaskEvent::Succeeded { output: json!(null) })], 1_500);
        let measured = tally.measured();
        assert_eq!((measured.events, measured.attempts.len()), (3, 1));
        let took = &measured.attempts[0];
        assert_eq!((took.ended.as_str(), took.count, took.seconds.to_bits()), ("success", 2, 1.0_f64.to_bits()));
        assert_eq!(took.buckets[1..3], [(0.1, 0), (1.0, 2)]);
        assert!(tally.started.is_empty());
    }
}
