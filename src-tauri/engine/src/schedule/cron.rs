//! Cron expressions: which dates and times of a wall clock fit. What that means for instants is for [`super::zone`] to say.

use jiff::civil::{Date, DateTime, Time};
use jiff::{ToSpan, civil};

use super::field::{self, Error, Part};

/// How far ahead a date is looked for: 29 February on a given weekday comes round within 40 years, across 2100 too.
const YEARS: i16 = 48;

/// A cron expression: five fields, or six with seconds first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cron {
    text: String,
    seconds: u64,
    minutes: u64,
    hours: u64,
    months: u64,
    days: Days,
    weekdays: Weekdays,
    /// Both the day of the month and that of the week say something: a day fits that fits either, as in every cron.
    either: bool,
}

/// Days of a month.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Days {
    numbers: u64,
    last: bool,
}

/// Days of a week, 0 for Sunday.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Weekdays {
    every: u64,
    /// Only the last of the month.
    last: u64,
    /// Only the first, second, ... of the month.
    nth: [u64; 5],
}

/// `@daily` and its like.
const WORDS: [(&str, &str); 7] = [
    ("@yearly", "0 0 1 1 *"),
    ("@annually", "0 0 1 1 *"),
    ("@monthly", "0 0 1 * *"),
    ("@weekly", "0 0 * * 0"),
    ("@daily", "0 0 * * *"),
    ("@midnight", "0 0 * * *"),
    ("@hourly", "0 * * * *"),
];

impl Cron {
    /// Reads an expression.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let text = text.trim();
        let expression = if text.starts_with('@') { word(text)? } else { text };
        let parts: Vec<&str> = expression.split_whitespace().collect();
        let (seconds, rest) = match parts.as_slice() {
            rest if rest.len() == 5 => (1, rest),
            [seconds, rest @ ..] if rest.len() == 5 => (field::numbers(&field::SECOND, seconds)?, rest),
            _ => return Err(wrong_count(parts.len())),
        };
        let [minute, hour, day, month, weekday] = rest else { return Err(wrong_count(parts.len())) };
        let free = |part: &str| part.starts_with(['*', '?']);
        Ok(Self {
            text: text.into(),
            seconds,
            minutes: field::numbers(&field::MINUTE, minute)?,
            hours: field::numbers(&field::HOUR, hour)?,
            months: field::numbers(&field::MONTH, month)?,
            days: Days::parse(day)?,
            weekdays: Weekdays::parse(weekday)?,
            either: !free(day) && !free(weekday),
        })
    }

    /// The text that it was read from.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether it says nothing of the hour: it follows real time then, and not the clock on the wall.
    pub(super) fn every_hour(&self) -> bool {
        self.hours == field::HOUR.all()
    }

    /// The first date and time that fits, from this one on.
    pub(super) fn at_or_after(&self, from: DateTime) -> Option<DateTime> {
        let (mut date, mut time) = (from.date(), from.time());
        let end = from.year().saturating_add(YEARS);
        while date.year() <= end {
            if !field::holds(self.months, u32::from(date.month().unsigned_abs())) {
                (date, time) = (date.last_of_month().tomorrow().ok()?, Time::midnight());
                continue;
            }
            let found = if self.fits(date) { self.time_from(time) } else { None };
            if let Some(time) = found {
                return Some(date.to_datetime(time));
            }
            (date, time) = (date.tomorrow().ok()?, Time::midnight());
        }
        None
    }

    fn fits(&self, date: Date) -> bool {
        let (day, weekday) = (self.days.hold(date), self.weekdays.hold(date));
        if self.either { day || weekday } else { day && weekday }
    }

    /// The first time of a day that fits, from this one on.
    fn time_from(&self, from: Time) -> Option<Time> {
        let [hour, minute, second] =
            [from.hour(), from.minute(), from.second()].map(|part| u32::from(part.unsigned_abs()));
        let (first_minute, first_second) = (field::next(self.minutes, 0)?, field::next(self.seconds, 0)?);
        if field::holds(self.hours, hour) {
            if field::holds(self.minutes, minute)
                && let Some(second) = field::next(self.seconds, second)
            {
                return time(hour, minute, second);
            }
            if let Some(minute) = field::next(self.minutes, minute + 1) {
                return time(hour, minute, first_second);
            }
        }
        time(field::next(self.hours, hour + 1)?, first_minute, first_second)
    }
}

fn time(hour: u32, minute: u32, second: u32) -> Option<Time> {
    let part = |number: u32| i8::try_from(number).ok();
    civil::Time::new(part(hour)?, part(minute)?, part(second)?, 0).ok()
}

fn word(text: &str) -> Result<&'static str, Error> {
    let found = WORDS.iter().find(|(word, _)| *word == text.to_ascii_lowercase());
    found.map(|(_, expression)| *expression).ok_or_else(|| Error {
        field: "word",
        why: format!("there is no schedule {text:?}"),
        now: crate::flow::meant(text, WORDS.iter().map(|(word, _)| *word)),
    })
}

fn wrong_count(found: usize) -> Error {
    Error {
        field: "expression",
        why: format!("it has {found} fields"),
        now: "Write five: minute hour day-of-month month day-of-week; or six, with the second first.".into(),
    }
}

impl Days {
    fn parse(text: &str) -> Result<Self, Error> {
        let mut days = Self::default();
        for part in field::parts(&field::DAY, text) {
            match part? {
                Part::Numbers(numbers) => days.numbers |= numbers,
                Part::Last(None) => days.last = true,
                part => return Err(field::DAY.not_here(&part)),
            }
        }
        Ok(days)
    }

    fn hold(&self, date: Date) -> bool {
        field::holds(self.numbers, u32::from(date.day().unsigned_abs()))
            || self.last && date.day() == date.days_in_month()
    }
}

impl Weekdays {
    fn parse(text: &str) -> Result<Self, Error> {
        let mut weekdays = Self::default();
        for part in field::parts(&field::WEEKDAY, text) {
            match part? {
                // 7 is Sunday too.
                Part::Numbers(numbers) => weekdays.every |= (numbers | numbers >> 7) & 0x7f,
                Part::Last(None) => weekdays.every |= 1 << 6,
                Part::Last(Some(day)) => weekdays.last |= 1 << (day % 7),
                Part::Nth(day, nth) => weekdays.nth[nth as usize - 1] |= 1 << (day % 7),
            }
        }
        Ok(weekdays)
    }

    fn hold(&self, date: Date) -> bool {
        let day = u32::from(date.weekday().to_sunday_zero_offset().unsigned_abs());
        let of_month = usize::from(date.day().unsigned_abs() - 1);
        let last = date.checked_add(7.days()).map_or(true, |later| later.month() != date.month());
        field::holds(self.every, day)
            || last && field::holds(self.last, day)
            || field::holds(self.nth[of_month / 7], day)
    }
}
