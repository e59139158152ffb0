//! Schedules, backfills and versions of flows, through the built program.
#![allow(clippy::unwrap_used)]

mod common;

use std::collections::BTreeSet;

use common::{Place, Running};
use rustix::process::Signal;
use serde_json::{Value, json};

/// A flow with a run a day, each of which waits for an answer.
const DAILY: &str = "
id: daily
schedule: {cron: '0 2 * * *', timezone: Europe/Zurich}
tasks: [{id: ask, uses: approve, with: {message: Go on?}}]
";

fn put(place: &Place, text: &str) {
    place.run(["workspace"]).expect(0);
    place.file("workspace/flows/daily.yaml", text);
}

fn json(place: &Place, args: &[&str]) -> Value {
    place.run([&["--json"], args].concat()).expect(0).json()
}

/// A process that owns the workspace and carries its runs on.
fn owner(place: &Place) -> Running {
    let mut owner = place.start(["--json", "serve"]);
    owner.until_printed();
    owner
}

/// Runs that wait for an answer.
fn asking(place: &Place) -> Vec<String> {
    let rows = json(place, &["run", "list", "--state", "running"])["rows"].clone();
    let ids = rows.as_array().unwrap().iter().map(|row| row["id"].as_str().unwrap().to_owned());
    ids.filter(|id| json(place, &["run", "show", id])["tasks"][0]["state"] == "deferred").collect()
}

/// Answers what is asked until as many runs have been made.
fn answer_until(place: &Place, wanted: u64) {
    while json(place, &["run", "list"])["total"].as_u64().unwrap() < wanted {
        for run in asking(place) {
            place.run(["task", "answer", &run, "ask", "--approve"]).expect(0);
        }
    }
}

#[test]
fn a_backfill_goes_on_where_a_killed_owner_left_it() {
    let place = Place::new();
    put(&place, DAILY);
    let backfill = ["flow", "backfill", "daily", "--from", "2026-03-25", "--to", "2026-04-02"];
    let first = owner(&place);
    let begun = json(&place, &[&backfill[..], &["--max-active", "2"]].concat());
    assert_eq!((&begun["count"], &begun["there"]), (&json!(9), &json!(0)));
    answer_until(&place, 4);
    first.signal(Signal::KILL);
    drop(first);
    let left = json(&place, &["run", "list"])["total"].as_u64().unwrap();
    assert!((4..9).contains(&left), "{left} runs");
    let second = owner(&place);
    answer_until(&place, 9);
    let whole = json(&place, &[&backfill[..], &["--dry-run"]].concat());
    assert_eq!((&whole["count"], &whole["there"]), (&json!(9), &json!(9)));
    let times = whole["times"].as_array().unwrap();
    let runs: BTreeSet<&str> = times.iter().map(|time| time["run"].as_str().unwrap()).collect();
    assert_eq!(runs.len(), 9, "a run for each date: {times:?}");
    // Asked for once more, without a bound, it makes none.
    json(&place, &backfill);
    assert_eq!(json(&place, &["run", "list"])["total"], 9);
    second.signal(Signal::TERM);
    second.end().expect(0);
}

#[test]
fn a_backfill_is_seen_before_it_is_asked_for() {
    let place = Place::new();
    put(&place, DAILY);
    // In this night the clocks of Zurich skip the hour from 2 to 3: a run there is due once, and not left out.
    let args = ["flow", "backfill", "daily", "--from", "2026-03-28", "--to", "2026-03-30"];
    let words = place.run([&args[..], &["--dry-run"]].concat()).expect(0).out;
    assert!(words.contains("3 of 3 to be started"), "{words}");
    assert_eq!(json(&place, &["run", "list"])["total"], 0);
    assert_eq!(json(&place, &args)["times"].as_array().unwrap().len(), 3);
    assert_eq!(json(&place, &["run", "list"])["total"], 3);
    let none =
        place.run(["--json", "flow", "backfill", "archive_dataset", "--from", "2026-03-28", "--to", "2026-03-30"]);
    assert_eq!(none.expect(1).json()["fault"]["code"], "schedule.none");
    let unclear = place.run(["--json", "flow", "backfill", "daily", "--from", "yesterday", "--to", "2026-03-30"]);
    assert_eq!(unclear.expect(1).json()["fault"]["code"], "schedule.time");
}

#[test]
fn a_schedule_is_listed_paused_and_resumed() {
    let place = Place::new();
    put(&place, DAILY);
    let rows = json(&place, &["schedule", "list"]);
    assert_eq!((&rows[0]["flow"], &rows[0]["timezone"]), (&json!("daily"), &json!("Europe/Zurich")));
    let due = json(&place, &["schedule", "next", "daily", "--count", "3"]);
    let times: Vec<i64> = due.as_array().unwrap().iter().map(|row| row["at"].as_i64().unwrap()).collect();
    assert!(times.len() == 3 && times.is_sorted(), "{times:?}");
    place.run(["schedule", "pause", "daily", "--reason", "the tape is full"]).expect(0);
    let listed = place.run(["schedule", "list"]).expect(0).out;
    assert!(listed.lines().any(|line| line.starts_with("daily") && line.ends_with("paused")), "{listed}");
    assert_eq!(json(&place, &["schedule", "next", "daily", "--count", "1"])[0]["paused"], true);
    place.run(["schedule", "resume", "daily"]).expect(0);
    assert_eq!(json(&place, &["schedule", "list"])[0]["paused"], Value::Null);
    let log = place.run(["audit", "list", "--op", "schedule"]).expect(0).out;
    assert!(log.contains("schedule.pause") && log.contains("the tape is full"), "{log}");
}

#[test]
fn versions_of_a_flow_are_listed_compared_and_copied() {
    let place = Place::new();
    put(&place, DAILY);
    let first = json(&place, &["flow", "show", "daily"])["version"].as_str().unwrap().to_owned();
    json(&place, &["flow", "run", "daily"]);
    put(&place, &DAILY.replace("Go on?", "Really?"));
    let second = json(&place, &["flow", "show", "daily"])["version"].as_str().unwrap().to_owned();
    assert_ne!(first, second);
    let versions = json(&place, &["flow", "versions", "daily"]);
    let known: Vec<_> = versions.as_array().unwrap().iter().map(|row| (&row["version"], &row["runs"])).collect();
    assert!(known.contains(&(&json!(first), &json!(1))), "{known:?}");
    let diff = place.run(["flow", "diff", "daily", &first, &second]).expect(0).out;
    assert!(diff.contains("Go on?") && diff.contains("Really?"), "{diff}");
    place.run(["flow", "copy", "daily", "--as", "nightly", "--reason", "to change it"]).expect(0);
    let flows = json(&place, &["flow", "list"]);
    assert!(flows.as_array().unwrap().iter().any(|row| row["id"] == "nightly"), "{flows}");
    let taken = place.run(["--json", "flow", "copy", "daily", "--as", "nightly"]);
    assert_eq!(taken.expect(1).json()["fault"]["code"], "flow.copy");
}
