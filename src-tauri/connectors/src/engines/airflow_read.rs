//! What Airflow says, read.

use serde_json::{Map, Value, json};

use super::{RemoteFlow, RemoteLine, RemoteRun, RemoteTask, State, list, must, text, time, words};
use crate::http::Trouble;

type Outcome<T> = std::result::Result<T, Trouble>;

/// States of runs and of task instances (`apache-airflow-client`, `DagRunState` and `TaskInstanceState`).
fn state(said: Option<&str>) -> State {
    let word = match said {
        None => "none",
        Some("scheduled") => "scheduled",
        Some("queued") => "queued",
        Some("running" | "restarting") => "running",
        Some("deferred" | "up_for_reschedule") => "deferred",
        Some("up_for_retry") => "up_for_retry",
        Some("success") => "success",
        Some("failed") => "failed",
        Some("upstream_failed") => "upstream_failed",
        Some("skipped" | "removed") => "skipped",
        Some(_) => "unknown",
    };
    State { word, said: said.unwrap_or("no state").to_owned() }
}

pub(super) fn flow(of: &Value) -> Outcome<RemoteFlow> {
    let id = must(of, "dag_id", "DAG")?;
    let schedule = match of.get("schedule_interval") {
        Some(Value::Object(interval)) => interval.get("value").and_then(Value::as_str).map(str::to_owned),
        _ => None,
    };
    Ok(RemoteFlow {
        title: text(of, "dag_display_name").unwrap_or_else(|| id.clone()),
        description: text(of, "description"),
        paused: of.get("is_paused").and_then(Value::as_bool).unwrap_or_default(),
        schedule: text(of, "timetable_summary").or(schedule),
        tags: words(of, "tags"),
        id,
    })
}

pub(super) fn run(of: &Value) -> Outcome<RemoteRun> {
    let id = must(of, "dag_run_id", "run")?;
    Ok(RemoteRun {
        flow: Some(must(of, "dag_id", "run")?),
        title: id.clone(),
        state: state(of.get("state").and_then(Value::as_str)),
        due: time(of, "run_after").or_else(|| time(of, "logical_date")).or_else(|| time(of, "execution_date")),
        began: time(of, "start_date"),
        ended: time(of, "end_date"),
        params: of.get("conf").and_then(Value::as_object).cloned().unwrap_or_default(),
        id,
    })
}

/// A task instance. What it needs is said elsewhere.
pub(super) fn task(of: &Value) -> Outcome<RemoteTask> {
    let task = must(of, "task_id", "task instance")?;
    // -1: it is not mapped.
    let map_index = of.get("map_index").and_then(Value::as_i64).and_then(|index| u32::try_from(index).ok());
    let attempt = of.get("try_number").and_then(Value::as_u64).and_then(|number| u32::try_from(number).ok());
    Ok(RemoteTask {
        id: map_index.map_or_else(|| task.clone(), |index| format!("{task}[{index}]")),
        task,
        map_index,
        state: state(of.get("state").and_then(Value::as_str)),
        attempt: attempt.unwrap_or_default(),
        began: time(of, "start_date"),
        ended: time(of, "end_date"),
        needs: Vec::new(),
    })
}

/// What each task needs: Airflow says what comes after each.
pub(super) fn needs<'v>(tasks: &'v [Value], task: &str) -> Vec<String> {
    let before = |of: &&'v Value| words(of, "downstream_task_ids").iter().any(|id| id == task);
    tasks.iter().filter(before).filter_map(|of| text(of, "task_id")).collect()
}

/// The schema of a DAG's parameters: each has one of its own, with its default beside it (`{value, schema, description}`).
pub(super) fn params(of: &Value) -> Value {
    let none = Map::new();
    let params = of.get("params").and_then(Value::as_object).unwrap_or(&none);
    let one = |(name, param): (&String, &Value)| {
        let mut schema = param.get("schema").and_then(Value::as_object).cloned().unwrap_or_default();
        if let Some(default) = param.get("value") {
            schema.insert("default".into(), default.clone());
        }
        if let Some(description) = text(param, "description") {
            schema.entry("description").or_insert(description.into());
        }
        (name.clone(), Value::Object(schema))
    };
    json!({"type": "object", "properties": params.iter().map(one).collect::<Map<_, _>>()})
}

/// The lines of an answer of Airflow 3: objects with an event, or plain texts; Airflow 2 gives one text.
pub(super) fn lines(of: &Value) -> Vec<RemoteLine> {
    match of.get("content") {
        Some(Value::String(all)) => all.lines().map(plain).collect(),
        _ => list(of, "content").iter().map(line).collect(),
    }
}

fn plain(text: &str) -> RemoteLine {
    RemoteLine { at: None, level: None, text: text.to_owned() }
}

fn line(of: &Value) -> RemoteLine {
    if let Some(text) = of.as_str() {
        return plain(text);
    }
    let mut event = text(of, "event").unwrap_or_else(|| of.to_string());
    // The exception stands beside the event that tells of it.
    for error in list(of, "error_detail") {
        let part = |name: &str| text(error, name).unwrap_or_default();
        event = format!("{event}: {}: {}", part("exc_type"), part("exc_value"));
    }
    let level = text(of, "level").map(|level| level.to_lowercase());
    RemoteLine { at: time(of, "timestamp"), level, text: event }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_are_told_in_our_words_and_a_new_one_as_unknown() {
        assert_eq!(state(None), State { word: "none", said: "no state".into() });
        assert_eq!(state(Some("up_for_reschedule")).word, "deferred");
        assert_eq!(state(Some("pondering")), State { word: "unknown", said: "pondering".into() });
    }

    #[test]
    fn runs_of_both_generations_are_read() {
        let old = json!({"dag_id": "d", "dag_run_id": "r", "state": "success", "execution_date": "2024-01-01T00:00:00+00:00",
            "start_date": "2024-01-01T00:00:01.5+00:00", "end_date": null, "conf": {"a": 1}});
        let read = run(&old).unwrap_or_else(|trouble| unreachable!("{}", trouble.why));
        assert_eq!((read.due, read.began, read.ended), (Some(1_704_067_200_000), Some(1_704_067_201_500), None));
        assert_eq!(read.params.get("a"), Some(&json!(1)));
        assert_eq!(run(&json!({"dag_id": "d"})).err().map(|trouble| trouble.code), Some("http.answer"));
    }

    #[test]
    fn a_schema_is_made_of_parameters() {
        let details = json!({"params": {"n": {"value": 2, "schema": {"type": "integer"}, "description": "How many"}}});
        let wanted = json!({"type": "integer", "default": 2, "description": "How many"});
        assert_eq!(params(&details)["properties"]["n"], wanted);
    }

    #[test]
    fn a_line_tells_its_exception_too() {
        let error = json!({"event": "Task failed", "level": "ERROR", "error_detail": [{"exc_type": "ValueError", "exc_value": "no"}]});
        let told = lines(&json!({"content": ["plain", error]}));
        assert_eq!((told[0].text.as_str(), told[1].text.as_str()), ("plain", "Task failed: ValueError: no"));
        assert_eq!(told[1].level.as_deref(), Some("error"));
        assert_eq!(lines(&json!({"content": "a\nb"})).len(), 2);
    }

    #[test]
    fn what_comes_after_is_what_needs() {
        let tasks = [
            json!({"task_id": "a", "downstream_task_ids": ["b", "c"]}),
            json!({"task_id": "b", "downstream_task_ids": ["c"]}),
        ];
        assert_eq!(needs(&tasks, "c"), ["a", "b"]);
        assert!(needs(&tasks, "a").is_empty());
    }
}
