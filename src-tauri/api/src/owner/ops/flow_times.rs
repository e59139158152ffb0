//! When the runs of a flow were, and how long they took.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::{TimeZone, TimeZoneDatabase};
use longshore_engine::{Fault, RunState};
use longshore_store::{Begun, RunTimes};

use super::super::Owner;
use super::super::dispatch::Answer;
use super::super::rows;
use crate::fault::of_store;
use crate::wire::{FlowDay, FlowDays, FlowDaysArgs, FlowDuration, FlowDurations, FlowDurationsArgs, RunStateCount};

/// Runs that are measured if no number is named, and at most.
const RUNS: u32 = 50;
const MOST_RUNS: u32 = 200;

impl Answer<FlowDays> for Owner {
    async fn answer(self: &Arc<Self>, args: FlowDaysArgs) -> Result<Vec<FlowDay>, Fault> {
        let mut days = Days::of(zone(args.timezone.as_deref())?);
        self.ask(move |owner| {
            let each = |begun: Begun| days.add(begun);
            owner.store.runs_begun(&args.flow, args.since, args.until, each).map_err(of_store).map(|()| days)
        })
        .await
        .map(Days::told)
    }
}

fn zone(name: Option<&str>) -> Result<TimeZone, Fault> {
    let Some(name) = name else { return Ok(TimeZone::UTC) };
    TimeZoneDatabase::bundled().get(name).map_err(|_| {
        let what = format!("There is no time zone {name}");
        Fault::permanent("flow.timezone", what, "no zone of this name is known").now("Write it as in Europe/Zurich.")
    })
}

/// Runs by day. Runs come mostly in their order, so that a day's ends are looked up once and not for each.
struct Days {
    zone: TimeZone,
    /// The day that was counted last, and its ends in milliseconds.
    last: (Date, i64, i64),
    counts: BTreeMap<(Date, &'static str), (RunState, u32)>,
}

impl Days {
    fn of(zone: TimeZone) -> Self {
        Self { zone, last: (Date::ZERO, 0, 0), counts: BTreeMap::new() }
    }

    fn add(&mut self, begun: Begun) {
        let (_, from, to) = self.last;
        if begun.at < from || begun.at >= to {
            let Some(found) = self.day(begun.at) else { return };
            self.last = found;
        }
        let counted = self.counts.entry((self.last.0, begun.state.word())).or_insert((begun.state, 0));
        counted.1 += 1;
    }

    /// The day of a time, and its ends; none of a time that no calendar has.
    fn day(&self, at: i64) -> Option<(Date, i64, i64)> {
        let day = self.zone.to_datetime(Timestamp::from_millisecond(at).ok()?).date();
        let begins = |day: Date| Some(day.to_zoned(self.zone.clone()).ok()?.timestamp().as_millisecond());
        Some((day, begins(day)?, begins(day.tomorrow().ok()?)?))
    }

    fn told(self) -> Vec<FlowDay> {
        let mut days: Vec<FlowDay> = Vec::new();
        for ((day, _), (state, count)) in self.counts {
            let day = day.to_string();
            if days.last().is_none_or(|last| last.day != day) {
                days.push(FlowDay { day, runs: Vec::new() });
            }
            days.last_mut().into_iter().for_each(|last| last.runs.push(RunStateCount { state, count }));
        }
        days
    }
}

impl Answer<FlowDurations> for Owner {
    async fn answer(self: &Arc<Self>, args: FlowDurationsArgs) -> Result<Vec<FlowDuration>, Fault> {
        let limit = if args.limit == 0 { RUNS } else { args.limit.min(MOST_RUNS) };
        self.ask(move |owner| {
            let times = match &args.task {
                Some(task) => owner.store.task_times(&args.flow, task, limit),
                None => owner.store.run_times(&args.flow, limit),
            };
            Ok(times.map_err(of_store)?.into_iter().map(duration).collect())
        })
        .await
    }
}

fn duration(times: RunTimes) -> FlowDuration {
    let (state, counts) = rows::shown_state(&times.counts);
    FlowDuration {
        run: times.run,
        run_state: times.state,
        task_state: (!counts.is_empty()).then_some(state),
        task_runs: counts.iter().map(|count| count.count).sum(),
        created_at: times.created_at,
        started_at: times.started_at,
        ended_at: times.ended_at,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn millis(text: &str) -> i64 {
        text.parse::<Timestamp>().unwrap().as_millisecond()
    }

    fn days(zone_name: &str, times: &[&str]) -> Vec<(String, u32)> {
        let mut days = Days::of(zone(Some(zone_name)).unwrap());
        for time in times {
            days.add(Begun { at: millis(time), state: RunState::Success });
        }
        days.told().into_iter().map(|day| (day.day, day.runs[0].count)).collect()
    }

    #[test]
    fn a_day_is_one_of_its_zone_in_both_nights_in_which_clocks_change() {
        let one = |day: &str, count| (day.to_owned(), count);
        let times = ["2026-03-28T22:59:59Z", "2026-03-28T23:00:00Z", "2026-03-29T21:59:59Z", "2026-03-29T22:00:00Z"];
        assert_eq!(days("Europe/Zurich", &times), [one("2026-03-28", 1), one("2026-03-29", 2), one("2026-03-30", 1)]);
        let times = ["2026-10-24T22:00:00Z", "2026-10-25T22:59:59Z", "2026-10-25T23:00:00Z"];
        assert_eq!(days("Europe/Zurich", &times), [one("2026-10-25", 2), one("2026-10-26", 1)]);
        assert_eq!(days("Asia/Kathmandu", &["2026-10-24T18:14:59Z", "2026-10-24T18:15:00Z"]).len(), 2);
    }

    #[test]
    fn a_day_tells_its_runs_by_state() {
        let mut days = Days::of(TimeZone::UTC);
        for state in [RunState::Success, RunState::Failed, RunState::Success] {
            days.add(Begun { at: millis("2026-11-24T12:00:00Z"), state });
        }
        let runs = [(RunState::Failed, 1), (RunState::Success, 2)].map(|(state, count)| RunStateCount { state, count });
        assert_eq!(days.told(), [FlowDay { day: "2026-11-24".into(), runs: runs.to_vec() }]);
    }

    #[test]
    fn a_zone_that_there_is_not_is_refused() {
        assert_eq!(zone(Some("Europe/Atlantis")).unwrap_err().code, "flow.timezone");
    }
}
