//! Amounts and times as people read them: always with a unit, always with a zone.

use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp, Zoned};
use longshore_api::Fault;

const UNITS: [&str; 6] = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];

/// `812 B`, `1.24 GiB`: three significant digits.
pub(crate) fn size(bytes: u64) -> String {
    if bytes < 1024 {
        return format!("{bytes} B");
    }
    let mut value = bytes as f64 / 1024.0;
    let mut unit = 0;
    // What would be shown as 1000 is shown in the next unit.
    while value >= 999.5 && unit + 1 < UNITS.len() {
        value /= 1024.0;
        unit += 1;
    }
    let digits = if value < 9.995 { 2 } else { usize::from(value < 99.95) };
    format!("{value:.digits$} {}", UNITS[unit])
}

/// `1.24 GiB/s`.
pub(crate) fn rate(bytes_a_second: f64) -> String {
    // A rate is never negative, and none is near the bound of the type.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let whole = bytes_a_second.max(0.0) as u64;
    format!("{}/s", size(whole))
}

/// `12,345`.
pub(crate) fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() * 4 / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `1 file`, `12,345 files`.
pub(crate) fn counted(number: u64, one: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{} {one}{plural}", count(number))
}

/// `2026-11-03 14:02:11 CET`, in the zone of this machine.
pub(crate) fn time(millis: i64) -> String {
    zoned(millis, "%Y-%m-%d %H:%M:%S %Z", TimeZone::system())
}

/// A time that was given: a date or a time of this machine's zone, a whole time stamp, or how long ago (`2h`, `30d`).
pub(crate) fn moment_of(text: Option<&str>) -> Result<Option<i64>, Fault> {
    let Some(text) = text else { return Ok(None) };
    let wrong = || {
        let why =
            format!("{text:?} is neither a date or time, such as 2026-11-03T14:00, nor a span, such as 2h or 30d");
        Fault::permanent("time.unclear", "The time is not understood", why)
    };
    moment(text, &Timestamp::now().to_zoned(TimeZone::system())).map(Some).ok_or_else(wrong)
}

fn moment(text: &str, now: &Zoned) -> Option<i64> {
    if let Ok(stamp) = text.parse::<Timestamp>() {
        return Some(stamp.as_millisecond());
    }
    if let Ok(local) = text.parse::<DateTime>().or_else(|_| text.parse::<Date>().map(DateTime::from)) {
        return Some(local.to_zoned(now.time_zone().clone()).ok()?.timestamp().as_millisecond());
    }
    let ago = text.parse::<Span>().ok().filter(|_| !text.starts_with('-'))?;
    Some(now.checked_sub(ago).ok()?.timestamp().as_millisecond())
}

/// `-` if there is none.
pub(crate) fn time_or_dash(millis: Option<i64>) -> String {
    millis.map_or_else(|| "-".to_owned(), time)
}

fn zoned(millis: i64, format: &str, zone: TimeZone) -> String {
    match Timestamp::from_millisecond(millis) {
        Ok(at) => at.to_zoned(zone).strftime(format).to_string(),
        Err(_) => format!("{millis} ms since 1970"),
    }
}

/// `0.4 s`, `12 s`, `3 min 20 s`, `2 h 05 min`.
pub(crate) fn duration(seconds: f64) -> String {
    // Seconds of a run or of an estimate: far below the bound of the type.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let whole = seconds.max(0.0).round() as u64;
    match whole {
        0..10 => format!("{seconds:.1} s"),
        10..60 => format!("{whole} s"),
        60..3600 => format!("{} min {:02} s", whole / 60, whole % 60),
        _ => format!("{} h {:02} min", whole / 3600, whole % 3600 / 60),
    }
}

/// How long something took, or has taken so far.
pub(crate) fn between(started: Option<i64>, ended: Option<i64>) -> String {
    let Some(started) = started else { return "-".to_owned() };
    let ended = ended.unwrap_or_else(|| Timestamp::now().as_millisecond());
    duration(ended.saturating_sub(started) as f64 / 1000.0)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn sizes_have_three_digits_and_a_binary_unit() {
        let shown = [0, 812, 1024, 1_331_439_862, 10 << 20, 1_047_527_424, u64::MAX].map(size);
        assert_eq!(shown, ["0 B", "812 B", "1.00 KiB", "1.24 GiB", "10.0 MiB", "999 MiB", "16.0 EiB"]);
        assert_eq!(size(1_048_051_712), "0.98 GiB");
    }

    #[test]
    fn counts_are_grouped() {
        assert_eq!([0, 999, 1000, 1_234_567].map(count), ["0", "999", "1,000", "1,234,567"]);
        assert_eq!([counted(1, "file"), counted(2, "file")], ["1 file", "2 files"]);
    }

    #[test]
    fn times_are_given_as_dates_stamps_or_spans() {
        let now = Timestamp::from_millisecond(1_793_710_931_000).unwrap().to_zoned(TimeZone::UTC);
        assert_eq!(moment("2026-11-03", &now), Some(1_793_664_000_000));
        assert_eq!(moment("2026-11-03T13:02:11", &now), Some(1_793_710_931_000));
        assert_eq!(moment("2026-11-03T14:02:11+01:00", &now), Some(1_793_710_931_000));
        assert_eq!(moment("2h", &now), Some(1_793_710_931_000 - 7_200_000));
        assert_eq!(moment("2d", &now), Some(1_793_710_931_000 - 2 * 86_400_000));
        assert_eq!(moment("soon", &now), None);
    }

    #[test]
    fn times_name_their_zone() {
        assert_eq!(zoned(1_793_710_931_000, "%Y-%m-%d %H:%M:%S %Z", TimeZone::UTC), "2026-11-03 13:02:11 UTC");
    }

    #[test]
    fn durations_have_the_unit_that_fits() {
        let shown = [0.44, 12.3, 200.0, 7500.0].map(duration);
        assert_eq!(shown, ["0.4 s", "12 s", "3 min 20 s", "2 h 05 min"]);
    }
}
