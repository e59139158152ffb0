//! What Prefect says, read.

use serde_json::{Value, json};

use super::{RemoteFlow, RemoteLine, RemoteRun, RemoteTask, State, must, text, time, words};
use crate::http::Trouble;

type Outcome<T> = std::result::Result<T, Trouble>;

/// Its state types, and of its names, which are free text, those that say more (`prefect/server/schemas/states.py`).
pub(super) fn state(of: &Value) -> State {
    let kind = of.get("state_type").or_else(|| of.get("type")).and_then(Value::as_str);
    let name = text(of, "state_name").or_else(|| text(of, "name"));
    let word = match (kind, name.as_deref()) {
        (None, _) => "none",
        (Some("SCHEDULED"), Some("AwaitingRetry")) => "up_for_retry",
        (Some("SCHEDULED"), Some("AwaitingConcurrencySlot")) | (Some("PENDING"), _) => "queued",
        (Some("SCHEDULED"), _) => "scheduled",
        (Some("RUNNING" | "CANCELLING"), _) => "running",
        (Some("COMPLETED"), _) => "success",
        (Some("FAILED" | "CRASHED"), _) => "failed",
        (Some("CANCELLED"), _) => "cancelled",
        (Some("PAUSED"), _) => "paused",
        (Some(_), _) => "unknown",
    };
    State { word, said: name.or_else(|| kind.map(str::to_owned)).unwrap_or_else(|| "no state".into()) }
}

/// A deployment; the name of its flow is known from elsewhere.
pub(super) fn flow(of: &Value, flow: &str) -> Outcome<RemoteFlow> {
    let name = must(of, "name", "deployment")?;
    let schedules = super::list(of, "schedules");
    let active = schedules.iter().filter(|one| one.get("active").and_then(Value::as_bool) != Some(false));
    let worded: Vec<String> = active.filter_map(|one| one.get("schedule")).map(schedule).collect();
    Ok(RemoteFlow {
        id: must(of, "id", "deployment")?,
        title: format!("{flow}/{name}"),
        description: text(of, "description"),
        paused: of.get("paused").and_then(Value::as_bool).unwrap_or_default(),
        schedule: (!worded.is_empty()).then(|| worded.join(", ")),
        tags: words(of, "tags"),
    })
}

fn schedule(of: &Value) -> String {
    let every = of.get("interval").map(|seconds| format!("every {seconds} s"));
    text(of, "cron").or_else(|| text(of, "rrule")).or(every).unwrap_or_else(|| of.to_string())
}

pub(super) fn run(of: &Value) -> Outcome<RemoteRun> {
    let id = must(of, "id", "flow run")?;
    Ok(RemoteRun {
        flow: text(of, "deployment_id"),
        title: text(of, "name").unwrap_or_else(|| id.clone()),
        state: state(of),
        due: time(of, "expected_start_time"),
        began: time(of, "start_time"),
        ended: time(of, "end_time"),
        params: of.get("parameters").and_then(Value::as_object).cloned().unwrap_or_default(),
        id,
    })
}

pub(super) fn task(of: &Value) -> Outcome<RemoteTask> {
    let id = must(of, "id", "task run")?;
    let attempt = of.get("run_count").and_then(Value::as_u64).and_then(|count| u32::try_from(count).ok());
    let inputs = of.get("task_inputs").and_then(Value::as_object);
    let upstream = inputs.into_iter().flat_map(|inputs| inputs.values()).filter_map(Value::as_array).flatten();
    let mut needs: Vec<String> = upstream.filter_map(|input| text(input, "id")).collect();
    needs.sort();
    needs.dedup();
    Ok(RemoteTask {
        task: text(of, "name").unwrap_or_else(|| id.clone()),
        map_index: None,
        state: state(of),
        attempt: attempt.unwrap_or_default(),
        began: time(of, "start_time"),
        ended: time(of, "end_time"),
        needs,
        id,
    })
}

/// The schema of a deployment's parameters, with what it sets itself as defaults.
pub(super) fn params(of: &Value) -> Value {
    let none = || json!({"type": "object", "properties": {}});
    let mut schema =
        of.get("parameter_openapi_schema").filter(|schema| schema.is_object()).cloned().unwrap_or_else(none);
    let set = of.get("parameters").and_then(Value::as_object).cloned().unwrap_or_default();
    for (name, value) in set {
        if let Some(Value::Object(property)) = schema.get_mut("properties").and_then(|all| all.get_mut(&name)) {
            property.insert("default".into(), value);
        }
    }
    schema
}

pub(super) fn line(of: &Value) -> RemoteLine {
    let level = of.get("level").and_then(Value::as_i64).map(|level| match level {
        ..=19 => "debug",
        20..=29 => "info",
        30..=39 => "warning",
        _ => "error",
    });
    let text = text(of, "message").unwrap_or_default();
    RemoteLine { at: time(of, "timestamp"), level: level.map(str::to_owned), text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_states_say_more_than_their_types() {
        let word = |kind: &str, name: &str| state(&json!({"state_type": kind, "state_name": name})).word;
        assert_eq!(word("SCHEDULED", "Late"), "scheduled");
        assert_eq!(word("SCHEDULED", "AwaitingRetry"), "up_for_retry");
        assert_eq!(word("CRASHED", "Crashed"), "failed");
        assert_eq!(word("DREAMING", "Dreaming"), "unknown");
        assert_eq!(state(&json!({"type": "CANCELLED", "name": "Cancelled"})).word, "cancelled");
    }

    #[test]
    fn what_a_deployment_sets_is_the_default() {
        let deployment = json!({"parameters": {"n": 3, "other": 1},
            "parameter_openapi_schema": {"type": "object", "properties": {"n": {"type": "integer", "default": 1}}}});
        assert_eq!(params(&deployment)["properties"], json!({"n": {"type": "integer", "default": 3}}));
        assert_eq!(params(&json!({}))["properties"], json!({}));
    }

    #[test]
    fn a_task_needs_what_its_inputs_come_from() {
        let of = json!({"id": "t", "name": "b-0", "task_inputs": {"x": [{"input_type": "task_run", "id": "a"}],
            "y": [{"input_type": "task_run", "id": "a"}, {"input_type": "constant"}]}});
        let read = task(&of).unwrap_or_else(|trouble| unreachable!("{}", trouble.why));
        assert_eq!(read.needs, ["a"]);
    }
}
