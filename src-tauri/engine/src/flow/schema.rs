//! JSON Schema of the flow file, for editors and for `flow schema`.

use serde_json::{Map, Value, json};

use super::{Kinds, OnDuplicate, Trigger};

/// The schema. With kinds, the parameters of each are in it too.
pub fn schema(kinds: &Kinds) -> Value {
    let tasks = |about: &str| json!({"type": "array", "items": {"$ref": "#/$defs/task"}, "description": about});
    let mut definitions = Map::new();
    definitions.insert("task".into(), task(kinds));
    definitions.insert("retries".into(), retries());
    definitions.insert("schedule".into(), super::schedules::definition());
    definitions.insert("duration".into(), duration());
    definitions.insert("reserve".into(), reserve());
    definitions.insert("claim".into(), claim());
    definitions.insert("alias".into(), json!({"type": "string", "pattern": "^[A-Za-z0-9_.-]{1,250}$"}));
    for (name, with) in kinds.iter() {
        let mut with = with.clone();
        with["$id"] = kind_id(name).into();
        definitions.insert(format!("kind.{name}"), with);
    }
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Longshore flow",
        "type": "object",
        "required": ["id", "tasks"],
        "additionalProperties": false,
        "properties": {
            "id": identifier("Id of the flow"),
            "aliases": {
                "description": "Other names under which it is found, such as the ids of the DAGs that it takes the place of",
                "oneOf": [{"$ref": "#/$defs/alias"}, {"type": "array", "items": {"$ref": "#/$defs/alias"}}]
            },
            "title": {"type": "string", "description": "Title"},
            "run_title": {"type": "string", "description": "Title of a run, an expression of its parameters; without it, the name of its dataset or the flow's title"},
            "description": {"type": "string", "description": "What the flow does"},
            "params": {
                "type": "object",
                "description": "Parameters: name to JSON Schema, as in Airflow's Param. One without a default must be given.",
                "additionalProperties": {"type": ["object", "null"]}
            },
            "schedule": {
                "description": "When runs start by themselves: a cron expression, or one or more schedules",
                "oneOf": [
                    {"$ref": "#/$defs/schedule"}, {"type": "array", "items": {"$ref": "#/$defs/schedule"}}
                ]
            },
            "guard": guard(),
            "max_active_runs": {"type": "integer", "minimum": 1, "description": "How many runs may be active at once"},
            "max_active_tasks": {"type": "integer", "minimum": 1, "description": "How many task runs of a run may work at once"},
            "tasks": tasks("The tasks"),
            "on_failure": tasks("Run after the tasks, if one failed"),
            "on_cancel": tasks("Run after the tasks, if the run was cancelled"),
            "on_retry": tasks("Run when a task run failed and will be tried again; the retry does not wait for them"),
            "finally": tasks("Run at the very end, whatever happened")
        },
        "$defs": definitions
    })
}

fn kind_id(name: &str) -> String {
    format!("longshore:kind/{name}")
}

fn identifier(about: &str) -> Value {
    json!({"type": "string", "pattern": "^[A-Za-z_][A-Za-z0-9_]*$", "description": about})
}

fn task(kinds: &Kinds) -> Value {
    let names: Vec<_> = kinds.iter().map(|(name, _)| name).collect();
    let uses = if names.is_empty() { json!({"type": "string"}) } else { json!({"enum": names}) };
    let words: Vec<_> = Trigger::WORDS.iter().map(|(word, _)| *word).collect();
    let strings = json!({"oneOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]});
    let claim = json!({"oneOf": [{"type": "string"}, {"$ref": "#/$defs/claim"}]});
    json!({
        "type": "object",
        "required": ["id", "uses"],
        "additionalProperties": false,
        "properties": {
            "id": identifier("Id of the task, unique in the flow"),
            "uses": uses,
            "needs": strings,
            "with": {"type": "object", "description": "Parameters of the kind; texts may hold {{ expressions }}"},
            "for_each": {"type": ["string", "array"], "description": "A list; one task run for each item. {{ tasks.X.each }} follows \
                the mapped task X item by item: each task run begins as soon as that of X with its index has succeeded, and has its \
                output as item"},
            "when": {"type": ["string", "boolean"], "description": "Condition; if false, the task is skipped"},
            "trigger": {"enum": words, "default": "all_success"},
            "limits": {"oneOf": [claim.clone(), {"type": "array", "items": claim}]},
            "priority": {"type": "integer", "default": 0, "description": "Of what could start, the highest starts first"},
            "group": {"type": "string", "description": "Group of tasks that it is shown in"},
            "setup": {"type": "boolean", "default": false, "description": "Makes ready what a teardown takes away"},
            "teardown": strings,
            "on_failure_fail_run": {"type": "boolean", "default": false, "description": "Of a teardown: its failure fails the run"},
            "reserve": {"oneOf": [
                {"$ref": "#/$defs/reserve"}, {"type": "array", "items": {"$ref": "#/$defs/reserve"}}
            ]},
            "retries": {"oneOf": [{"type": "integer", "minimum": 0}, {"$ref": "#/$defs/retries"}]},
            "timeout": {"$ref": "#/$defs/duration", "description": "How long an attempt may work"},
            "stall_timeout": {"$ref": "#/$defs/duration", "description": "How long an attempt may move nothing"},
            "deadline": {"$ref": "#/$defs/duration", "description": "How long all attempts and waits together may take"},
            "label": {"type": "string", "description": "Short text for each item of a mapped task"}
        }
    })
}

fn guard() -> Value {
    let words: Vec<_> = OnDuplicate::WORDS.iter().map(|(word, _)| *word).collect();
    json!({
        "description": "Of runs for which this has the same value only one is active at a time",
        "oneOf": [{"type": "string"}, {
            "type": "object",
            "required": ["value"],
            "additionalProperties": false,
            "properties": {"value": {"type": "string"}, "on_duplicate": {"enum": words, "default": "refuse"}}
        }]
    })
}

fn claim() -> Value {
    json!({
        "type": "object",
        "required": ["name"],
        "additionalProperties": false,
        "properties": {"name": {"type": "string"}, "slots": {"type": "integer", "minimum": 1, "default": 1}}
    })
}

fn reserve() -> Value {
    json!({
        "type": "object",
        "required": ["storage", "bytes"],
        "additionalProperties": false,
        "properties": {
            "storage": {"type": "string"},
            "bytes": {"type": ["integer", "string"], "description": "A number, a text such as 20 GiB, or an expression"}
        }
    })
}

fn retries() -> Value {
    let delay = json!({"$ref": "#/$defs/duration"});
    json!({
        "type": "object",
        "additionalProperties": false,
        "properties": {
            "max": {"type": "integer", "minimum": 0, "default": 1},
            "delay": {"oneOf": [delay, {"type": "array", "items": delay, "minItems": 1}]},
            "backoff": {"enum": ["fixed", "exponential"], "default": "fixed"},
            "jitter": {"type": "boolean", "default": false},
            "cap": delay
        }
    })
}

fn duration() -> Value {
    json!({"type": ["integer", "number", "string"], "description": "Seconds, or as in 90s, 15m, 6h, 1h 30m"})
}
