//! `bag-info.txt` of a bag that is made: what an operator says of it, and what is known of itself.

use std::collections::BTreeMap;

use jiff::civil::Date;
use longshore_engine::Fault;
use longshore_formats::bagit::{Oxum, info_text};

use crate::attempt::bytes;

/// Labels that are known of themselves, and written here (RFC 8493, 2.2.2).
const OWN: [&str; 3] = ["Payload-Oxum", "Bag-Size", "Bag-Software-Agent"];

/// The label of the day on which a bag was made.
const DATE: &str = "Bagging-Date";

/// Refuses fields that would not be read again as they are meant.
pub(super) fn check(fields: &BTreeMap<String, String>) -> Result<(), Fault> {
    for (label, value) in fields {
        if let Some(why) = wrong(label, value) {
            let what = format!("The field {label:?} cannot stand in bag-info.txt");
            return Err(Fault::permanent("bag.info", what, why).now("Mend the field, then retry: nothing was made."));
        }
    }
    Ok(())
}

fn wrong(label: &str, value: &str) -> Option<&'static str> {
    let known = |name: &str| label.eq_ignore_ascii_case(name);
    if label.is_empty() || label.trim() != label || label.contains([':', '\n', '\r']) {
        return Some("A label is text without colons, line breaks, and spaces at its ends");
    }
    if OWN.iter().any(|own| known(own)) {
        return Some("It is written by itself, from what is in the bag");
    }
    if value.trim().is_empty() || value.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\t')) {
        return Some("Its value is empty, or holds control characters");
    }
    if known(DATE) && value.parse::<Date>().is_err() {
        return Some("It is a date as in 2026-03-02");
    }
    if known("Bag-Count") && !is_count(value) {
        return Some("It is a number and a total, as in 1 of 4, or 1 of ?");
    }
    None
}

fn is_count(value: &str) -> bool {
    let number = |text: &str| text.parse::<u64>().is_ok_and(|number| number > 0);
    value.split_once(" of ").is_some_and(|(at, all)| number(at) && (all == "?" || number(all)))
}

/// The day on which a bag is made: the one that is given, or that of the time, in UTC.
pub(super) fn day(fields: &BTreeMap<String, String>, now: i64) -> Date {
    let given = fields.iter().find(|(label, _)| label.eq_ignore_ascii_case(DATE));
    let today = jiff::Timestamp::from_millisecond(now).unwrap_or_default();
    given.and_then(|(_, day)| day.parse().ok()).unwrap_or_else(|| today.to_zoned(jiff::tz::TimeZone::UTC).date())
}

/// The file's text. `day` is the one on which the bag is made.
pub(super) fn text(fields: &BTreeMap<String, String>, oxum: Oxum, day: Date) -> String {
    let (size, counted) = (bytes(oxum.bytes), oxum.to_string());
    let agent = concat!("Longshore ", env!("CARGO_PKG_VERSION"));
    let dated = fields.keys().any(|label| label.eq_ignore_ascii_case(DATE));
    let day = day.to_string();
    let day = (!dated).then_some((DATE, day.as_str()));
    let own = [("Bag-Software-Agent", agent), ("Payload-Oxum", &counted), ("Bag-Size", &size)];
    let said = fields.iter().map(|(label, value)| (label.as_str(), value.as_str()));
    info_text(said.chain(day).chain(own))
}
