//! How fast bytes moved, as it was measured while the owner works: bounded, in memory, and gone with it.
//!
//! An attempt tells how many bytes it has moved so far. What lies between two tellings moved within the time between them, evenly as far as
//! anybody knows. What an attempt tells first says nothing of its speed, unless it is the first attempt and began from nothing.

use std::collections::{BTreeMap, HashMap};

use longshore_engine::event::{TaskEvent, What};
use longshore_engine::{Event, RunId};
use longshore_runner::Live;

use crate::wire::{SpeedPoint, TransferSpeed};

/// Spans of a line at most.
const MOST: i64 = 240;
/// Length of the spans of the line of all together, in milliseconds: an hour is kept.
const OF_ALL: i64 = 15_000;
/// Length of the first spans of a run's line. It doubles whenever there are too many.
const OF_RUN: i64 = 1_000;
/// Runs whose lines are kept: the one that was told of longest ago goes.
const RUNS: usize = 500;
/// Task runs whose last telling is remembered.
const REMEMBERED: usize = 100_000;

/// A task run: run, task, map index.
type Place = (RunId, String, Option<u32>);

/// What was measured.
pub(super) struct Speeds {
    since: i64,
    all: Line,
    runs: HashMap<RunId, Line>,
    /// When each attempt last told how much it had moved, and how much.
    told: HashMap<Place, (i64, u64)>,
}

impl Speeds {
    pub(super) fn new(now: i64) -> Self {
        Self { since: now, all: Line::new(OF_ALL, false), runs: HashMap::new(), told: HashMap::new() }
    }

    /// Attempts that begin and end.
    pub(super) fn events(&mut self, events: &[Event]) {
        for happened in events {
            let What::Task { task, span, event } = &happened.what else { continue };
            for step in 0..span.count {
                let place = (happened.run.clone(), task.clone(), span.index.map(|first| first + step));
                match event {
                    TaskEvent::Started { attempt: 1, .. } if self.told.len() < REMEMBERED => {
                        self.told.insert(place, (happened.at.0, 0));
                    }
                    TaskEvent::Cancelling | TaskEvent::Stopping { .. } => {}
                    _ => drop(self.told.remove(&place)),
                }
            }
        }
    }

    /// What the task runs of a run that work tell of themselves.
    pub(super) fn moved(&mut self, run: &RunId, live: &[Live], now: i64) {
        for one in live.iter().filter(|one| one.waits.is_none()) {
            let place = (run.clone(), one.task.clone(), one.index);
            if self.told.len() >= REMEMBERED && !self.told.contains_key(&place) {
                continue;
            }
            let bytes = one.progress.bytes;
            let Some((then, before)) = self.told.insert(place, (now, bytes)) else { continue };
            let moved = bytes.saturating_sub(before);
            self.all.add(then, now, moved);
            self.line(run).add(then, now, moved);
        }
    }

    fn line(&mut self, run: &RunId) -> &mut Line {
        if self.runs.len() >= RUNS && !self.runs.contains_key(run) {
            let oldest = self.runs.iter().min_by_key(|(_, line)| line.end()).map(|(run, _)| run.clone());
            oldest.and_then(|oldest| self.runs.remove(&oldest));
        }
        self.runs.entry(run.clone()).or_insert_with(|| Line::new(OF_RUN, true))
    }

    /// As it is asked for: of one run, or of all.
    pub(super) fn of(&self, run: Option<&str>) -> TransferSpeed {
        let since = self.since;
        match run.map(|run| self.runs.get(&RunId::from(run))) {
            None => self.all.told(since),
            Some(Some(line)) => line.told(since),
            Some(None) => TransferSpeed { since, span: OF_RUN, points: Vec::new() },
        }
    }
}

/// Bytes by spans of time that are equally long.
struct Line {
    span: i64,
    /// Spans become longer when there are too many; else the oldest go.
    whole: bool,
    /// Bytes of each span, by its number since the epoch.
    spans: BTreeMap<i64, u64>,
}

impl Line {
    fn new(span: i64, whole: bool) -> Self {
        Self { span, whole, spans: BTreeMap::new() }
    }

    /// Bytes that moved between two times.
    fn add(&mut self, from: i64, to: i64, bytes: u64) {
        let to = to.max(from + 1);
        let oldest = self.spans.first_key_value().map(|(number, _)| number * self.span);
        while self.whole && self.number(to - 1) - self.number(oldest.unwrap_or(from).min(from)) >= MOST {
            self.double();
        }
        let last = self.number(to - 1);
        let first = self.number(from).max(last - MOST + 1);
        // How much had moved by a time.
        let by = |time: i64| {
            let share = i128::from(bytes) * i128::from(time.clamp(from, to) - from) / i128::from(to - from);
            u64::try_from(share).unwrap_or(0)
        };
        for number in first..=last {
            let moved = by((number + 1) * self.span) - by(number * self.span);
            *self.spans.entry(number).or_default() += moved;
        }
        while self.end() - self.spans.first_key_value().map_or(0, |(number, _)| *number) >= MOST {
            self.spans.pop_first();
        }
    }

    fn number(&self, time: i64) -> i64 {
        time.div_euclid(self.span)
    }

    /// Number of the last span.
    fn end(&self) -> i64 {
        self.spans.last_key_value().map_or(0, |(number, _)| *number)
    }

    fn double(&mut self) {
        self.span *= 2;
        for (number, bytes) in std::mem::take(&mut self.spans) {
            *self.spans.entry(number.div_euclid(2)).or_default() += bytes;
        }
    }

    fn told(&self, since: i64) -> TransferSpeed {
        let point = |(number, bytes): (&i64, &u64)| SpeedPoint { at: number * self.span, bytes: *bytes };
        TransferSpeed { since, span: self.span, points: self.spans.iter().map(point).collect() }
    }
}

#[cfg(test)]
mod tests {
    use longshore_engine::Millis;
    use longshore_engine::event::Span;
    use longshore_flows::Progress;
    use serde_json::json;

    use super::*;

    fn live(bytes: u64) -> [Live; 1] {
        let progress = Progress { bytes, ..Progress::default() };
        [Live { task: "copy".into(), index: None, progress, rate: None, seconds_left: None, waits: None }]
    }

    fn points(of: &TransferSpeed) -> Vec<(i64, u64)> {
        of.points.iter().map(|point| (point.at, point.bytes)).collect()
    }

    #[test]
    fn what_moved_between_two_tellings_lies_between_them() {
        let (mut speeds, run) = (Speeds::new(7), RunId::from("r"));
        let at = 1_000_000;
        // Of a later attempt the first telling says nothing.
        speeds.moved(&run, &live(5_000), at);
        assert_eq!(points(&speeds.of(Some("r"))), []);
        speeds.moved(&run, &live(5_300), at + 3_000);
        assert_eq!(points(&speeds.of(Some("r"))), [(at, 100), (at + 1_000, 100), (at + 2_000, 100)]);
        speeds.moved(&run, &live(5_300), at + 3_500);
        assert_eq!(points(&speeds.of(Some("r"))).last(), Some(&(at + 3_000, 0)));
        // Spans of all together are longer, and nobody is told of a run that told nothing.
        assert_eq!(points(&speeds.of(None)), [(990_000, 300)]);
        assert_eq!((speeds.of(Some("other")).points.len(), speeds.of(None).since), (0, 7));
    }

    #[test]
    fn a_first_attempt_began_from_nothing_and_the_next_begins_anew() {
        let (mut speeds, run) = (Speeds::new(0), RunId::from("r"));
        let event = |at, event| Event::task(&run, Millis(at), "copy", Span::one(None), event);
        let started = |attempt| serde_json::from_value(json!({"type": "started", "attempt": attempt, "with": {}}));
        let [Ok(first), Ok(second)] = [started(1), started(2)] else { unreachable!("events are read") };
        speeds.events(&[event(10_000, first)]);
        speeds.moved(&run, &live(400), 11_000);
        assert_eq!(points(&speeds.of(Some("r"))), [(10_000, 400)]);
        speeds.events(&[event(12_000, TaskEvent::Scheduled), event(13_000, second)]);
        speeds.moved(&run, &live(400), 14_000);
        assert_eq!(points(&speeds.of(Some("r"))), [(10_000, 400)]);
    }

    #[test]
    fn a_line_is_bounded_and_loses_no_byte_of_a_run() {
        let (mut whole, mut window) = (Line::new(OF_RUN, true), Line::new(OF_ALL, false));
        for second in 0..100_000 {
            for line in [&mut whole, &mut window] {
                line.add(second * 1_000, (second + 1) * 1_000, 7);
            }
        }
        let sum = |line: &Line| line.spans.values().sum::<u64>();
        assert_eq!((whole.span, sum(&whole)), (512_000, 700_000));
        assert!(whole.spans.len() <= 240 && window.spans.len() <= 240);
        assert_eq!(window.span, OF_ALL);
        assert!((sum(&window) as f64 - 240.0 * 15.0 * 7.0).abs() <= 15.0 * 7.0, "{}", sum(&window));
        // One telling after a long silence costs no more spans than a line has.
        whole.add(0, 1_000_000_000_000, 10);
        window.add(0, 1_000_000_000_000, 10);
        assert!(whole.spans.len() <= 240 && window.spans.len() <= 240);
        assert_eq!(sum(&whole), 700_010);
    }
}
