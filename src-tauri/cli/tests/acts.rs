//! What an operator does with many runs at once.
#![allow(clippy::unwrap_used)]

mod common;

use common::Place;
use serde_json::json;

/// Starts runs of a flow that fails at once, and waits for them.
fn failed(place: &Place, count: usize) {
    let text =
        "id: fails\ntasks:\n  - {id: a, uses: noop, with: {fail: permanent}}\n  - {id: b, uses: noop, needs: [a]}\n";
    let file = place.file("fails.yaml", text);
    for _ in 0..count {
        place.run(["flow", "run", file.to_str().unwrap(), "--wait", "--quiet"]).expect(1);
    }
}

#[test]
fn a_filter_is_seen_before_it_is_acted_upon() {
    let place = Place::new();
    failed(&place, 2);
    let retry = ["--json", "run", "retry", "--filter", "flow=fails", "--filter", "state=failed,cancelled"];
    let with = |more: &[&str]| place.run(retry.iter().chain(more).copied().collect::<Vec<_>>());
    let preview = with(&["--dry-run"]).expect(0).json();
    assert_eq!((&preview["runs"], &preview["task_runs"], &preview["refused"]), (&json!(2), &json!(4), &json!(0)));
    let refused = with(&[]).expect(4).json();
    assert_eq!(refused["fault"]["code"], "acts.changed");
    assert_eq!(with(&["--expect", "3"]).expect(4).json()["fault"]["code"], "acts.changed");
    assert_eq!(with(&["--expect", "2", "--reason", "the disk is back"]).expect(0).json()["done"], 2);
    // They are under way now, so there is nothing more to retry.
    assert_eq!(with(&["--dry-run"]).expect(0).json()["runs"], 0);
    let log = place.run(["--json", "audit", "list", "--op", "runs.act"]).expect(0).json();
    let said: Vec<_> = log.as_array().unwrap().iter().map(|row| (&row["object"], &row["state"], &row["why"])).collect();
    assert_eq!(said.len(), 5, "{said:?}");
    assert!(said[..2].iter().all(|(object, state, why)| {
        object.as_str().unwrap().starts_with("run ") && **state == "done" && **why == "the disk is back"
    }));
}

#[test]
fn a_whole_run_is_cleared_and_what_waits_is_woken() {
    let place = Place::new();
    let text = "id: two\ntasks:\n  - {id: a, uses: noop}\n  - {id: b, uses: noop, needs: [a]}\n";
    let file = place.file("two.yaml", text);
    let ran = place.run(["--json", "flow", "run", file.to_str().unwrap(), "--wait"]).expect(0).json();
    let run = ran[0]["id"].as_str().unwrap();
    let preview = place.run(["--json", "run", "clear", run, "--dry-run"]).expect(0).json();
    assert_eq!((&preview["runs"], &preview["task_runs"]), (&json!(1), &json!(2)));
    place.run(["run", "clear", run, "--reason", "the source was corrected"]).expect(0);
    place.run(["run", "wait", run]).expect(0);
    let shown = place.run(["--json", "run", "show", run]).expect(0).json();
    assert_eq!(shown["run"]["state"], "success");
    let log = place.run(["audit", "list", "--op", "runs.act"]).expect(0).out;
    assert!(log.contains("the source was corrected"), "{log}");
    let nothing = place.run(["--json", "run", "wake", run, "--task", "a"]).expect(1).json();
    assert_eq!(nothing["fault"]["code"], "wake.nothing");
    place.run(["run", "clear", run, "--downstream"]).expect(2);
}

#[test]
fn what_is_no_filter_is_told() {
    let place = Place::new();
    let ran = place.run(["--json", "run", "cancel", "--filter", "colour=red", "--yes"]).expect(1);
    assert_eq!(ran.json()["fault"]["code"], "filter.unclear");
    let ran = place.run(["--json", "run", "cancel", "--filter", "state=odd", "--yes"]).expect(1);
    assert_eq!(ran.json()["fault"]["code"], "filter.unclear");
    place.run(["run", "cancel"]).expect(2);
    let ran = place.run(["--json", "run", "cancel", "R1", "R2", "--dry-run"]).expect(0).json();
    assert_eq!((&ran["runs"], &ran["refused"]), (&json!(0), &json!(2)));
}

#[test]
fn limits_and_variables_are_set_and_told() {
    let place = Place::new();
    place.run(["limit", "set", "drive", "2", "--reason", "two heads"]).expect(0);
    let limits = place.run(["limit", "list"]).expect(0);
    assert!(
        limits.out.lines().any(|line| line.split_whitespace().collect::<Vec<_>>() == ["drive", "2", "0"]),
        "{}",
        limits.out
    );
    place.run(["limit", "remove", "drive"]).expect(0);
    assert_eq!(place.run(["--json", "limit", "remove", "drive"]).expect(1).json()["fault"]["code"], "limit.unknown");
    place.run(["variable", "set", "keep_logs_bytes", "1 GiB"]).expect(0);
    let row = place.run(["--json", "variable", "set", "note", "plain text"]).expect(0).json();
    assert_eq!(row["value"], "plain text");
    let words = place.run(["audit", "list", "--object", "limit drive", "--since", "1h"]).expect(0).out;
    assert!(words.contains("limit.set") && words.contains("two heads") && words.contains("limit.unknown"), "{words}");
    assert!(words.contains("longshore"), "{words}");
}
