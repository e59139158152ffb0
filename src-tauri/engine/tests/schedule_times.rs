//! When schedules are due: cron fields, and the days on which clocks are set.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use longshore_engine::schedule::{Cron, Schedule};
use longshore_engine::{Flow, Millis};
use proptest::prelude::*;

/// The schedule of a flow file whose `schedule:` is this.
fn schedule(yaml: &str) -> Schedule {
    let text = format!("id: f\nschedule: {yaml}\ntasks: [{{id: a, uses: noop}}]\n");
    Flow::parse("f.yaml", &text, None).unwrap_or_else(|faults| panic!("{yaml}: {faults:#?}")).schedules.remove(0)
}

fn millis(text: &str) -> Millis {
    Millis(text.parse::<Timestamp>().unwrap().as_millisecond())
}

/// The next times after one, in UTC to the minute.
fn next(yaml: &str, after: &str, count: usize) -> Vec<String> {
    let schedule = schedule(yaml);
    schedule.times(millis(after)).take(count).map(|at| at.rfc3339().replace(":00Z", "Z")).collect()
}

fn zurich(cron: &str) -> String {
    format!("{{cron: \"{cron}\", timezone: Europe/Zurich}}")
}

#[test]
fn fields_are_read_as_every_cron_reads_them() {
    let cases = [
        ("\"*/20 3 * * *\"", ["2026-01-01T03:00Z", "2026-01-01T03:20Z", "2026-01-01T03:40Z"]),
        ("\"0 0 1 */4 ?\"", ["2026-05-01T00:00Z", "2026-09-01T00:00Z", "2027-01-01T00:00Z"]),
        ("\"5/25 0 * * *\"", ["2026-01-01T00:05Z", "2026-01-01T00:30Z", "2026-01-01T00:55Z"]),
        ("\"0 6 * * mon-wed,FRI\"", ["2026-01-02T06:00Z", "2026-01-05T06:00Z", "2026-01-06T06:00Z"]),
        ("\"0 6 * * 6-7\"", ["2026-01-03T06:00Z", "2026-01-04T06:00Z", "2026-01-10T06:00Z"]),
        ("\"0 0 L FEB,apr *\"", ["2026-02-28T00:00Z", "2026-04-30T00:00Z", "2027-02-28T00:00Z"]),
        ("\"0 0 * * 5L\"", ["2026-01-30T00:00Z", "2026-02-27T00:00Z", "2026-03-27T00:00Z"]),
        ("\"0 0 * * 1#1\"", ["2026-01-05T00:00Z", "2026-02-02T00:00Z", "2026-03-02T00:00Z"]),
        // Both days say something: either will do.
        ("\"0 0 13 * FRI\"", ["2026-01-02T00:00Z", "2026-01-09T00:00Z", "2026-01-13T00:00Z"]),
        ("\"0 0 29 2 *\"", ["2028-02-29T00:00Z", "2032-02-29T00:00Z", "2036-02-29T00:00Z"]),
        ("\"@monthly\"", ["2026-02-01T00:00Z", "2026-03-01T00:00Z", "2026-04-01T00:00Z"]),
        ("{every: 90m, start: 2026-01-01}", ["2026-01-01T01:30Z", "2026-01-01T03:00Z", "2026-01-01T04:30Z"]),
        (
            "{every: 1d, start: 2026-02-01, end: 2026-02-03}",
            ["2026-02-01T00:00Z", "2026-02-02T00:00Z", "2026-02-03T00:00Z"],
        ),
    ];
    for (text, wanted) in cases {
        assert_eq!(next(text, "2026-01-01T00:00:00Z", 3), wanted, "{text}");
    }
    assert_eq!(next("\"*/30 0 0 1 1 *\"", "2026-01-01T00:00:00Z", 1), ["2026-01-01T00:00:30Z"]);
    assert_eq!(next("{every: 1d, start: 2026-02-01, end: 2026-02-03}", "2026-01-01T00:00:00Z", 9).len(), 3);
}

#[test]
fn a_time_that_does_not_exist_is_run_at_the_first_instant_after_the_gap() {
    let days = ["2026-03-28T01:30Z", "2026-03-29T01:00Z", "2026-03-30T00:30Z"];
    assert_eq!(next(&zurich("30 2 * * *"), "2026-03-27T12:00:00Z", 3), days);
    // A whole day that Samoa left out.
    let samoa = "{cron: \"0 12 * * *\", timezone: Pacific/Apia}";
    assert_eq!(next(samoa, "2011-12-29T00:00:00Z", 3), ["2011-12-29T22:00Z", "2011-12-30T10:00Z", "2011-12-30T22:00Z"]);
    // Two times that fall on the same instant are one.
    assert_eq!(
        next(&zurich("0 2,3 * * *"), "2026-03-28T12:00:00Z", 3),
        ["2026-03-29T01:00Z", "2026-03-30T00:00Z", "2026-03-30T01:00Z"]
    );
}

#[test]
fn a_time_that_exists_twice_is_run_once() {
    let days = ["2026-10-24T00:30Z", "2026-10-25T00:30Z", "2026-10-26T01:30Z"];
    assert_eq!(next(&zurich("30 2 * * *"), "2026-10-23T12:00:00Z", 3), days);
    let york = "{cron: \"30 1 * * *\", timezone: America/New_York}";
    assert_eq!(next(york, "2026-10-31T12:00:00Z", 2), ["2026-11-01T05:30Z", "2026-11-02T06:30Z"]);
}

#[test]
fn what_runs_in_every_hour_follows_real_time() {
    assert_eq!(next(&zurich("0 * * * *"), "2026-03-29T00:30:00Z", 2), ["2026-03-29T01:00Z", "2026-03-29T02:00Z"]);
    assert_eq!(
        next(&zurich("30 * * * *"), "2026-10-25T00:00:00Z", 3),
        ["2026-10-25T00:30Z", "2026-10-25T01:30Z", "2026-10-25T02:30Z"]
    );
    // Lord Howe moves its clocks by half an hour.
    let howe = "{cron: \"0 * * * *\", timezone: Australia/Lord_Howe}";
    let times = next(howe, "2026-04-04T12:45:00Z", 4);
    assert_eq!(times, ["2026-04-04T13:00Z", "2026-04-04T14:00Z", "2026-04-04T15:30Z", "2026-04-04T16:30Z"]);
}

#[test]
fn jitter_is_the_same_for_the_same_seed_and_bounded() {
    let schedule = schedule("{every: 1h, jitter: 5m}");
    let delays: BTreeSet<_> = (0..200).map(|n| schedule.delay(7, Millis(n * 3_600_000))).collect();
    assert!(delays.len() > 150, "{}", delays.len());
    assert!(delays.iter().all(|delay| *delay <= std::time::Duration::from_mins(5)));
    assert_eq!(schedule.delay(7, Millis(0)), schedule.delay(7, Millis(0)));
}

/// One field: any, a number, a range, a list or a step.
fn field(least: u32, most: u32) -> impl Strategy<Value = String> {
    prop_oneof![
        2 => Just("*".to_owned()),
        2 => (least..=most).prop_map(|number| number.to_string()),
        1 => (least..=most, 1_u32..=20).prop_map(|(first, step)| format!("{first}/{step}")),
        1 => (least..=most, least..=most).prop_map(|(a, b)| format!("{}-{}", a.min(b), a.max(b))),
        1 => (1_u32..=12).prop_map(|step| format!("*/{step}")),
    ]
}

const ZONES: [&str; 4] = ["Europe/Zurich", "America/New_York", "Australia/Lord_Howe", "UTC"];

/// Whether a schedule is due at a minute, found by looking at that minute alone: the clock on the wall shows it for the first
/// time, or has just been set forward over one that fits; or, of those in every hour, it shows it at all.
fn due_at(hour: &BTreeSet<u32>, minutes: &BTreeSet<u32>, zone: &TimeZone, at: Timestamp) -> bool {
    let fits = |local: DateTime| {
        hour.contains(&u32::from(local.hour().unsigned_abs()))
            && minutes.contains(&u32::from(local.minute().unsigned_abs()))
    };
    let local = zone.to_datetime(at);
    if hour.len() == 24 {
        return fits(local);
    }
    let first_showing = zone.to_ambiguous_timestamp(local).earlier().unwrap() == at;
    let before = zone.to_datetime(at - 1.second());
    let skipped = std::iter::successors(Some(before + 1.second()), |last| Some(*last + 1.minute()))
        .take_while(|skipped| *skipped < local)
        .any(fits);
    skipped || first_showing && fits(local)
}

fn numbers(field: &str, most: u32) -> BTreeSet<u32> {
    let number = |text: &str| text.parse::<u32>().unwrap();
    let (range, step) = field.split_once('/').map_or((field, None), |(range, step)| (range, Some(number(step))));
    let (first, last) = match range.split_once('-') {
        Some((first, last)) => (number(first), number(last)),
        None if range == "*" => (0, most),
        None => (number(range), if step.is_some() { most } else { number(range) }),
    };
    (first..=last).step_by(step.unwrap_or(1) as usize).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    /// Around a change of the clocks the times are those that looking at each minute finds.
    #[test]
    fn times_are_those_that_each_minute_by_itself_says(
        minute in field(0, 59), hour in field(0, 23), zone in 0..ZONES.len(), change in 0..4_usize, offset in 0..120_i64,
    ) {
        let starts = ["2026-03-08T00:00:00Z", "2026-03-28T12:00:00Z", "2026-10-24T12:00:00Z", "2026-04-04T00:00:00Z"];
        let from = starts[change].parse::<Timestamp>().unwrap() + offset.minutes();
        let schedule = schedule(&format!("{{cron: \"{minute} {hour} * * *\", timezone: {}}}", ZONES[zone]));
        let zone = TimeZone::get(ZONES[zone]).unwrap();
        let (hours, minutes) = (numbers(&hour, 23), numbers(&minute, 59));
        let until = from + 40.hours();
        let found: Vec<i64> = schedule.times(Millis(from.as_millisecond()))
            .take_while(|at| at.0 <= until.as_millisecond()).map(|at| at.0 / 60_000).collect();
        let looked: Vec<i64> = (1..=40 * 60)
            .map(|n| from + n.minutes())
            .filter(|at| due_at(&hours, &minutes, &zone, *at))
            .map(|at| at.as_second() / 60).collect();
        prop_assert_eq!(found, looked);
    }

    /// Whatever is written, reading it ends, and what is read says something of the future or nothing at all.
    #[test]
    fn any_text_is_read_or_refused(text in "[0-9*/,LA-Z#? @-]{0,24}") {
        if let Ok(cron) = Cron::parse(&text) {
            prop_assert_eq!(cron.text(), text.trim());
        }
    }
}
