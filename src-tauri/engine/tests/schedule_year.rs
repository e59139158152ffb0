//! A year of schedules in simulated time: both changes of the clocks of two zones, sleeps of an hour and of a week, a clock that
//! is set back.
#![allow(clippy::unwrap_used)]

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use longshore_engine::schedule::{Schedule, Standing};
use longshore_engine::{Flow, Millis};
use proptest::prelude::*;

const YEAR: (&str, &str) = ("2026-01-01T00:00:00Z", "2027-01-01T00:00:00Z");

fn millis(text: &str) -> i64 {
    text.parse::<Timestamp>().unwrap().as_millisecond()
}

fn schedules(list: &[&str]) -> Vec<Schedule> {
    let list = list.join("\n  - ");
    let text = format!("id: f\nschedule:\n  - {list}\ntasks: [{{id: a, uses: noop}}]\n");
    Flow::parse("f.yaml", &text, None).unwrap_or_else(|faults| panic!("{faults:#?}")).schedules
}

/// What befalls a machine: at this time on its wall clock, the clock shows another one.
#[derive(Clone, Copy)]
struct Jump {
    at: i64,
    to: i64,
}

fn jump(at: &str, to: &str) -> Jump {
    Jump { at: millis(at), to: millis(to) }
}

/// A machine with schedules: looks when they say, keeps how far each is, and keeps each run by its key, as the store does.
struct Machine {
    now: i64,
    standing: Vec<Standing>,
    runs: Vec<BTreeSet<i64>>,
    /// Runs that were asked for and were there already.
    again: usize,
}

impl Machine {
    fn new(count: usize) -> Self {
        let now = millis(YEAR.0) - 1;
        let standing = (0..count).map(|seed| Standing { since: Millis(now), seed: seed as u64 }).collect();
        Self { now, standing, runs: vec![BTreeSet::new(); count], again: 0 }
    }

    /// Looks at one schedule; gives when to look again.
    fn look(&mut self, n: usize, schedule: &Schedule) -> i64 {
        loop {
            let due = schedule.due(self.standing[n], Millis(self.now), 100);
            self.standing[n].since = due.since;
            self.again += due.runs.iter().filter(|at| !self.runs[n].insert(at.0)).count();
            match due.next {
                Some(next) if next.0 <= self.now => {}
                next => return next.map_or(i64::MAX, |next| next.0),
            }
        }
    }

    fn live_through(&mut self, schedules: &[Schedule], jumps: &[Jump]) {
        let end = millis(YEAR.1) - 1;
        let mut wakes: BTreeMap<usize, i64> = (0..schedules.len()).map(|n| (n, 0)).collect();
        let mut jumps = jumps.iter();
        let mut jump = jumps.next();
        while self.now < end {
            for (n, schedule) in schedules.iter().enumerate() {
                if wakes[&n] <= self.now {
                    wakes.insert(n, self.look(n, schedule));
                }
            }
            let next = wakes.values().min().copied().unwrap().min(end);
            match jump {
                Some(Jump { at, to }) if *at <= next => {
                    (self.now, jump) = (*to, jumps.next());
                    wakes = (0..schedules.len()).map(|n| (n, 0)).collect();
                }
                _ => self.now = next,
            }
        }
    }

    fn counts(&self) -> Vec<usize> {
        self.runs.iter().map(BTreeSet::len).collect()
    }
}

fn counts(list: &[&str], jumps: &[Jump]) -> (Vec<usize>, usize) {
    let schedules = schedules(list);
    let mut machine = Machine::new(schedules.len());
    machine.live_through(&schedules, jumps);
    (machine.counts(), machine.again)
}

const MANY: [&str; 9] = [
    "{cron: \"30 2 * * *\", timezone: Europe/Zurich}",
    "{cron: \"30 1 * * *\", timezone: America/New_York}",
    "{cron: \"30 2 * * *\", timezone: America/New_York, jitter: 20m}",
    "{cron: \"0 * * * *\", timezone: America/New_York}",
    "{cron: \"*/15 * * * *\", timezone: Europe/Zurich}",
    "{cron: \"0 9 * * MON-FRI\", timezone: America/New_York}",
    "{cron: \"0 0 L * *\", timezone: Europe/Zurich}",
    "{cron: \"15 30 4 * * SUN\", timezone: Europe/Zurich}",
    "{every: 6h, start: 2026-01-01, jitter: 10m}",
];

#[test]
fn a_year_has_as_many_runs_as_it_has_days_and_hours() {
    let (counts, again) = counts(&MANY, &[]);
    assert_eq!(counts, [365, 365, 365, 8760, 35_040, 261, 12, 52, 1460]);
    assert_eq!(again, 0);
}

/// Wakes from a sleep of an hour and from one of a week.
const SLEEPS: [(&str, &str); 2] =
    [("2026-05-04T10:31:00Z", "2026-05-04T11:30:00Z"), ("2026-06-01T00:46:00Z", "2026-06-08T00:45:00Z")];

fn with_missed(missed: &str) -> Vec<usize> {
    let rules = [
        "{cron: \"30 2 * * *\", timezone: Europe/Zurich",
        "{cron: \"0 * * * *\", timezone: America/New_York",
        "{cron: \"*/15 * * * *\", timezone: Europe/Zurich",
        "{every: 6h, start: 2026-01-01",
    ];
    let list: Vec<String> = rules.iter().map(|rule| format!("{rule}, on_missed: {missed}}}")).collect();
    let list: Vec<&str> = list.iter().map(String::as_str).collect();
    let sleeps = SLEEPS.map(|(from, to)| jump(from, to));
    let (counts, again) = counts(&list, &sleeps);
    assert_eq!(again, 0);
    counts
}

#[test]
fn what_was_slept_through_is_run_as_the_schedule_says() {
    assert_eq!(with_missed("all"), [365, 8760, 35_040, 1460]);
    // The daily one misses 7 times, at 00:30Z; the hourly one 1 and 168; that of the quarters 3 (10:45 to 11:15) and 671 (01:00
    // on the first to 00:30 on the eighth), while 11:30 and 00:45 are in time; that of six hours 28.
    assert_eq!(with_missed("skip"), [365 - 7, 8760 - 169, 35_040 - 3 - 671, 1460 - 28]);
    // Each sleep that missed something has one run; of the quarters it is the one that is in time.
    assert_eq!(with_missed("once"), [365 - 6, 8760 - 167, 35_040 - 3 - 671, 1460 - 27]);
}

#[test]
fn a_clock_set_back_doubles_and_loses_nothing() {
    let hour = jump("2026-08-10T12:30:00Z", "2026-08-10T11:30:00Z");
    let day = jump("2026-09-10T12:30:00Z", "2026-09-09T18:00:00Z");
    let (counts, again) = counts(&MANY, &[hour, day]);
    assert_eq!(counts, [365, 365, 365, 8760, 35_040, 261, 12, 52, 1460]);
    assert_eq!(again, 0);
}

#[test]
fn a_clock_that_ran_a_month_ahead_holds_nothing_up_when_it_is_right_again() {
    let list = ["{cron: \"0 3 * * *\", timezone: Europe/Zurich}"];
    let ahead = jump("2026-04-01T12:00:00Z", "2026-05-01T12:00:00Z");
    let back = jump("2026-05-02T12:00:00Z", "2026-04-02T12:00:00Z");
    let (counts, again) = counts(&list, &[ahead, back]);
    // 2 April passed while the clock was wrong. 1 and 2 May were run then, and were there when they came.
    assert_eq!((counts, again), (vec![364], 2));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, ..ProptestConfig::default() })]

    /// Whenever it is looked, and however few runs are taken at once, `all` gives each time once and in order.
    #[test]
    fn all_gives_each_time_once(steps in prop::collection::vec((1_i64..200_000, 1_usize..5), 1..60), jitter in 0..50_u32) {
        let schedule = schedules(&[&format!("{{every: 1m, on_missed: all, jitter: {jitter}s}}")]).remove(0);
        let start = millis("2026-03-29T00:00:00Z");
        let mut standing = Standing { since: Millis(start), seed: 3 };
        let (mut now, mut runs) = (start, Vec::new());
        for (step, most) in steps {
            now += step;
            let due = schedule.due(standing, Millis(now), most);
            prop_assert!(due.runs.len() <= most);
            prop_assert!(due.passed.is_none());
            runs.extend(due.runs);
            standing.since = due.since;
        }
        let wanted: Vec<Millis> = schedule.times(Millis(start)).take(runs.len()).collect();
        prop_assert_eq!(runs, wanted);
    }

    /// `once` gives one run for a gap, the last, and never goes back.
    #[test]
    fn once_gives_one_run_for_a_gap(gap in 10..100_000_i64) {
        let schedule = schedules(&["{every: 1m, on_missed: once}"]).remove(0);
        let start = millis("2026-01-01T00:00:00Z");
        let now = start + gap * 60_000 + 1;
        let due = schedule.due(Standing { since: Millis(start), seed: 0 }, Millis(now), 10);
        prop_assert_eq!(due.runs, vec![Millis(start + gap * 60_000)]);
        prop_assert!(due.passed.is_some_and(|passed| passed.made_up));
    }
}
