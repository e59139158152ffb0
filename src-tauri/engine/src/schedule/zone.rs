//! From the clock on the wall to instants, across the days when that clock is set.
//!
//! A time that does not exist is run at the first instant after the gap, and one that exists twice is run once, at its first
//! coming. What runs in every hour follows real time instead: its minutes are those of the clock on the wall, each as often as
//! it comes.

use jiff::civil::DateTime;
use jiff::tz::{AmbiguousOffset, TimeZone, TimeZoneDatabase};
use jiff::{Timestamp, ToSpan};

use super::cron::Cron;

/// The time zone of a name, from the tables in the binary, so that the same file means the same on every machine.
pub(crate) fn named(name: &str) -> Option<TimeZone> {
    TimeZoneDatabase::bundled().get(name).ok()
}

/// The names that there are.
pub(crate) fn names() -> Vec<String> {
    TimeZoneDatabase::bundled().available().map(|name| name.as_str().to_owned()).collect()
}

/// The first instant after this one at which an expression fits.
pub(super) fn next(cron: &Cron, zone: &TimeZone, after: Timestamp) -> Option<Timestamp> {
    let after = Timestamp::from_second(after.as_millisecond().div_euclid(1000)).ok()?;
    if cron.every_hour() { in_real_time(cron, zone, after) } else { by_the_wall(cron, zone, after) }
}

fn by_the_wall(cron: &Cron, zone: &TimeZone, after: Timestamp) -> Option<Timestamp> {
    let mut from = zone.to_datetime(after);
    loop {
        let local = cron.at_or_after(from)?;
        let at = instant(zone, local)?;
        if at > after {
            return Some(at);
        }
        from = local.checked_add(1.second()).ok()?;
    }
}

/// When the clock on the wall first shows this, or would have, had it not been set forward.
pub(super) fn instant(zone: &TimeZone, local: DateTime) -> Option<Timestamp> {
    let found = zone.to_ambiguous_timestamp(local);
    match found.offset() {
        AmbiguousOffset::Gap { before, .. } => {
            let inside = before.to_timestamp(local).ok()?.checked_add(1.second()).ok()?;
            zone.preceding(inside).next().map(|change| change.timestamp())
        }
        _ => found.earlier().ok(),
    }
}

fn in_real_time(cron: &Cron, zone: &TimeZone, after: Timestamp) -> Option<Timestamp> {
    let mut from = after.checked_add(1.second()).ok()?;
    loop {
        let offset = zone.to_offset(from);
        let at = offset.to_timestamp(cron.at_or_after(offset.to_datetime(from))?).ok()?;
        match zone.following(from).next() {
            Some(change) if change.timestamp() <= at => from = change.timestamp(),
            _ => return Some(at),
        }
    }
}
