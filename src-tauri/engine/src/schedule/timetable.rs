//! Bytes a second by the time of day: `08:00 10 MiB/s, 19:00 off`.

use std::fmt;

use jiff::civil::{DateTime, Time, Weekday};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

use super::zone;
use crate::Millis;
use crate::flow::size;

/// Fewer bytes a second than this are as good as none: servers end connections on which nothing comes.
const LEAST: u64 = 1024;

/// Points in the text, at most.
const MOST: usize = 100;

const DAYS: [(&str, Weekday); 7] = [
    ("mon", Weekday::Monday),
    ("tue", Weekday::Tuesday),
    ("wed", Weekday::Wednesday),
    ("thu", Weekday::Thursday),
    ("fri", Weekday::Friday),
    ("sat", Weekday::Saturday),
    ("sun", Weekday::Sunday),
];

/// Which rate is in force when. It repeats every week.
#[derive(Debug, Clone, PartialEq)]
pub struct Timetable {
    points: Vec<Point>,
    zone: TimeZone,
}

/// From then on there may be so many bytes a second, or any number.
#[derive(Debug, Clone, PartialEq)]
struct Point {
    days: Vec<Weekday>,
    time: Time,
    rate: Option<u64>,
}

/// The rate at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InForce {
    /// Bytes a second; none for no limit.
    pub rate: Option<u64>,
    /// When another comes into force, if one does.
    pub until: Option<Millis>,
}

/// A text that is no timetable: the part that is not understood, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unread {
    /// The part of the text.
    pub part: String,
    /// What is wrong with it.
    pub why: String,
}

impl fmt::Display for Unread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {}", self.part, self.why)
    }
}

impl Timetable {
    /// Reads parts with commas between: `[DAYS] [HH:MM] RATE`. Days are as in `mon`, `mon-fri` or `sat-sun`, every day if none are named; a
    /// rate is a size for a second such as `10 MiB/s`, or `off`. What was said last holds until the next time comes.
    pub fn parse(text: &str, zone_name: &str) -> Result<Self, Unread> {
        let zone = zone::named(zone_name)
            .ok_or_else(|| unread(zone_name, "there is no time zone of this name; write it as in Europe/Zurich"))?;
        let parts: Vec<&str> = text.split([',', ';', '\n']).map(str::trim).filter(|part| !part.is_empty()).collect();
        if parts.is_empty() || parts.len() > MOST {
            return Err(unread(text, "write a rate such as 10 MiB/s, `off`, or times with rates"));
        }
        let points = parts.into_iter().map(point).collect::<Result<_, _>>()?;
        Ok(Self { points, zone })
    }

    /// What is in force at a time.
    pub fn at(&self, now: Millis) -> InForce {
        let Ok(now) = Timestamp::from_millisecond(now.0) else { return InForce { rate: None, until: None } };
        let local = self.zone.to_datetime(now);
        // A week back there is a point of every day.
        let rate = self.days(local, 0..=7, false).rfind(|(at, _)| *at <= local).and_then(|(_, rate)| rate);
        let next = self.days(local, 0..=8, true).find(|(at, other)| *at > local && *other != rate);
        let until = next.and_then(|(at, _)| zone::instant(&self.zone, at));
        InForce { rate, until: until.map(|at| Millis(at.as_millisecond())) }
    }

    /// The points of so many days from this one on, or up to it, in the order of time.
    fn days(
        &self,
        local: DateTime,
        days: std::ops::RangeInclusive<i64>,
        on: bool,
    ) -> impl DoubleEndedIterator<Item = (DateTime, Option<u64>)> {
        let mut found = Vec::new();
        for day in days {
            let Ok(date) = local.date().checked_add(if on { day.days() } else { -day.days() }) else { continue };
            let here = self.points.iter().filter(|point| point.days.contains(&date.weekday()));
            found.extend(here.map(|point| (date.to_datetime(point.time), point.rate)));
        }
        // Of two for one time, the one that is written later holds: sorting keeps their order.
        found.sort_by_key(|(at, _)| *at);
        found.into_iter()
    }
}

fn unread(part: &str, why: &str) -> Unread {
    Unread { part: part.to_owned(), why: why.to_owned() }
}

fn point(part: &str) -> Result<Point, Unread> {
    let mut words: Vec<&str> = part.split_whitespace().collect();
    let mut taken = |read: &dyn Fn(&str) -> bool| {
        let fits = words.first().is_some_and(|word| read(word));
        fits.then(|| words.remove(0))
    };
    let days = taken(&|word| days(word).is_some()).and_then(days);
    let time = taken(&|word| time(word).is_some()).and_then(time);
    let rate = rate(&words.join(" ")).map_err(|why| unread(part, &why))?;
    let days = days.unwrap_or_else(|| DAYS.iter().map(|(_, day)| *day).collect());
    Ok(Point { days, time: time.unwrap_or_else(Time::midnight), rate })
}

fn day(word: &str) -> Option<usize> {
    DAYS.iter().position(|(name, _)| name.eq_ignore_ascii_case(word))
}

fn days(word: &str) -> Option<Vec<Weekday>> {
    let (first, last) = word.split_once('-').unwrap_or((word, word));
    let (first, last) = (day(first)?, day(last)?);
    // `sat-mon` goes over the end of the week.
    let count = (last + 7 - first) % 7 + 1;
    Some((first..first + count).map(|at| DAYS[at % 7].1).collect())
}

fn time(word: &str) -> Option<Time> {
    let (hour, minute) = word.split_once(':')?;
    Time::new(hour.parse().ok()?, minute.parse().ok()?, 0, 0).ok()
}

fn rate(text: &str) -> Result<Option<u64>, String> {
    if text.eq_ignore_ascii_case("off") {
        return Ok(None);
    }
    let bytes = text.strip_suffix("/s").unwrap_or(text);
    match size(bytes) {
        Some(rate) if rate >= LEAST => Ok(Some(rate)),
        Some(_) => {
            Err("that is less than 1 KiB a second, and nothing would get through: pause the runs instead".into())
        }
        None => Err("write it as in `08:00 10 MiB/s`, `mon-fri 08:00 10 MiB/s` or `19:00 off`".into()),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn table(text: &str, zone: &str) -> Timetable {
        Timetable::parse(text, zone).unwrap()
    }

    fn at(text: &str) -> Millis {
        Millis(text.parse::<Timestamp>().unwrap().as_millisecond())
    }

    #[test]
    fn one_rate_holds_always() {
        let always = InForce { rate: Some(10 << 20), until: None };
        assert_eq!(table("10 MiB/s", "UTC").at(at("2026-11-23T05:00:00Z")), always);
        assert_eq!(table("off", "UTC").at(at("2026-11-23T05:00:00Z")), InForce { rate: None, until: None });
    }

    #[test]
    fn what_was_said_last_holds_until_the_next_time_in_the_zone() {
        let table = table("08:00 10 MiB/s, 19:00 off", "Europe/Zurich");
        let day = InForce { rate: Some(10 << 20), until: Some(at("2026-11-23T18:00:00Z")) };
        let night = InForce { rate: None, until: Some(at("2026-11-24T07:00:00Z")) };
        assert_eq!(table.at(at("2026-11-23T07:00:00Z")), day);
        assert_eq!(table.at(at("2026-11-23T17:59:59Z")), day);
        assert_eq!(table.at(at("2026-11-23T18:00:00Z")), night);
        assert_eq!(table.at(at("2026-11-24T06:59:59Z")), night);
        // In summer the clock on the wall is another hour ahead.
        assert_eq!(table.at(at("2026-07-01T06:00:00Z")).rate, Some(10 << 20));
    }

    #[test]
    fn days_of_the_week_differ() {
        let table = table("mon-fri 08:00 1MiB, mon-fri 18:00 4MiB, sat-sun off", "UTC");
        // 2026-11-23 is a Monday.
        assert_eq!(
            table.at(at("2026-11-27T20:00:00Z")),
            InForce { rate: Some(4 << 20), until: Some(at("2026-11-28T00:00:00Z")) }
        );
        assert_eq!(
            table.at(at("2026-11-28T12:00:00Z")),
            InForce { rate: None, until: Some(at("2026-11-30T08:00:00Z")) }
        );
        assert_eq!(table.at(at("2026-11-30T08:00:00Z")).rate, Some(1 << 20));
    }

    #[test]
    fn days_go_over_the_end_of_the_week_and_a_time_that_changes_nothing_is_passed_over() {
        assert_eq!(days("sat-mon"), Some(vec![Weekday::Saturday, Weekday::Sunday, Weekday::Monday]));
        let table = table("sat-mon 06:00 1MiB, tue 06:00 off", "UTC");
        let monday = InForce { rate: Some(1 << 20), until: Some(at("2026-11-24T06:00:00Z")) };
        assert_eq!(table.at(at("2026-11-21T07:00:00Z")), monday);
    }

    #[test]
    fn what_is_not_understood_is_named() {
        let why = |text: &str, zone: &str| Timetable::parse(text, zone).unwrap_err();
        assert_eq!(why("08:00 10 MiB, 19:00 slow", "UTC").part, "19:00 slow");
        assert_eq!(why("25:00 1MiB", "UTC").part, "25:00 1MiB");
        assert!(why("100", "UTC").why.contains("1 KiB"));
        assert_eq!(why("1MiB", "Europe/Zurick").part, "Europe/Zurick");
        assert!(why(" , ", "UTC").why.contains("off"));
    }
}
