//! Airflow's words for what Longshore knows: states, times, durations.

use longshore_api::{RunState, TaskState};
use serde_json::{Map, Value, json};

use super::Api;

/// What a run's state is called there.
pub(super) fn run_state(state: RunState) -> &'static str {
    match state {
        RunState::Queued | RunState::Paused => "queued",
        RunState::Running | RunState::Cancelling => "running",
        RunState::Success => "success",
        RunState::Failed | RunState::Cancelled => "failed",
    }
}

/// The states that are called so; none of a word that is no state of a run.
pub(super) fn run_states(word: &str) -> Option<&'static [RunState]> {
    Some(match word {
        "queued" => &[RunState::Queued, RunState::Paused],
        "running" => &[RunState::Running, RunState::Cancelling],
        "success" => &[RunState::Success],
        "failed" => &[RunState::Failed, RunState::Cancelled],
        _ => return None,
    })
}

/// What a task run's state is called there; `None` of one of which nothing happened yet.
pub(super) fn task_state(state: TaskState) -> Option<&'static str> {
    Some(match state {
        TaskState::None => return None,
        TaskState::Scheduled | TaskState::Paused => "scheduled",
        TaskState::Queued => "queued",
        TaskState::Running | TaskState::Cancelling => "running",
        TaskState::Interrupted => "restarting",
        TaskState::Deferred => "deferred",
        TaskState::UpForRetry => "up_for_retry",
        TaskState::Success => "success",
        TaskState::Failed | TaskState::Cancelled => "failed",
        TaskState::UpstreamFailed => "upstream_failed",
        TaskState::Skipped => "skipped",
    })
}

/// The states that are called so: empty where Airflow has a state that there is not here, and none of a word that is no state.
pub(super) fn task_states(word: &str) -> Option<&'static [TaskState]> {
    Some(match word {
        "none" | "no_status" | "null" => &[TaskState::None],
        "scheduled" => &[TaskState::Scheduled, TaskState::Paused],
        "queued" => &[TaskState::Queued],
        "running" => &[TaskState::Running, TaskState::Cancelling],
        "restarting" => &[TaskState::Interrupted],
        "deferred" => &[TaskState::Deferred],
        "up_for_retry" => &[TaskState::UpForRetry],
        "success" => &[TaskState::Success],
        "failed" => &[TaskState::Failed, TaskState::Cancelled],
        "upstream_failed" => &[TaskState::UpstreamFailed],
        "skipped" => &[TaskState::Skipped],
        // Sensors here give their slot back and are deferred; a task run is of the version with which its run started.
        "up_for_reschedule" | "removed" | "awaiting_input" => &[],
        _ => return None,
    })
}

/// A time as the generation writes it, or null.
pub(super) fn time(api: Api, at: Option<i64>) -> Value {
    let Some(at) = at.and_then(|at| jiff::Timestamp::from_millisecond(at).ok()) else { return Value::Null };
    let zone = if api == Api::V1 { "+00:00" } else { "Z" };
    format!("{}{zone}", at.strftime("%Y-%m-%dT%H:%M:%S%.6f")).into()
}

/// Seconds from one time to another, or null.
pub(super) fn seconds(from: Option<i64>, to: Option<i64>) -> Value {
    match (from, to) {
        (Some(from), Some(to)) => json!((to - from).max(0) as f64 / 1000.0),
        _ => Value::Null,
    }
}

/// A duration as Airflow writes one of Python's.
pub(super) fn delta(millis: u64) -> Value {
    let (seconds, rest) = (millis / 1000, millis % 1000);
    json!({"__type": "TimeDelta", "days": seconds / 86_400, "seconds": seconds % 86_400, "microseconds": rest * 1000})
}

/// A page of a list.
pub(super) fn collection(name: &str, rows: Vec<Value>, total: u64) -> Value {
    let mut page = Map::new();
    page.insert(name.to_owned(), Value::Array(rows));
    page.insert("total_entries".to_owned(), total.into());
    Value::Object(page)
}

/// A UUID that is always the same for the same words: v2 gives task instances and versions one, which nothing is found by here.
pub(super) fn uuid(words: &[&str]) -> String {
    let fold = |seed: u64| {
        let bytes = words.iter().flat_map(|word| word.bytes().chain([0]));
        bytes.fold(seed, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
    };
    let (high, low) = (fold(0xcbf2_9ce4_8422_2325), fold(0x84_2223_25cb_f29c));
    // Version 8: made in a way of one's own (RFC 9562).
    let (high, low) = ((high & !0xf000) | 0x8000, (low & !(0b11 << 62)) | (0b10 << 62));
    let text = format!("{high:016x}{low:016x}");
    format!("{}-{}-{}-{}-{}", &text[..8], &text[8..12], &text[12..16], &text[16..20], &text[20..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state_is_found_under_the_word_that_it_has() {
        for state in [RunState::Queued, RunState::Running, RunState::Paused, RunState::Cancelling, RunState::Cancelled]
        {
            assert!(run_states(run_state(state)).is_some_and(|all| all.contains(&state)), "{state:?}");
        }
        for word in [
            "none",
            "scheduled",
            "queued",
            "running",
            "restarting",
            "deferred",
            "up_for_retry",
            "success",
            "failed",
            "skipped",
        ] {
            for state in task_states(word).unwrap_or_default() {
                assert_eq!(task_state(*state).unwrap_or("none"), word);
            }
        }
        assert_eq!((task_states("done"), task_states("removed").map(<[_]>::len)), (None, Some(0)));
    }

    #[test]
    fn times_and_durations_are_airflows() {
        assert_eq!(time(Api::V1, Some(1_767_225_600_250)), "2026-01-01T00:00:00.250000+00:00");
        assert_eq!(time(Api::V2, Some(1_767_225_600_250)), "2026-01-01T00:00:00.250000Z");
        assert_eq!(
            delta(90_061_500),
            json!({"__type": "TimeDelta", "days": 1, "seconds": 3661, "microseconds": 500_000})
        );
    }

    #[test]
    fn a_uuid_is_of_version_8_and_always_the_same() {
        let one = uuid(&["run", "task"]);
        assert_eq!((one.len(), &one[14..15], uuid(&["run", "task"])), (36, "8", one.clone()));
        assert_ne!(one, uuid(&["runt", "ask"]));
    }
}
