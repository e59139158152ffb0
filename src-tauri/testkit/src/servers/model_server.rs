//! A tracking server of MLflow written from its documented behaviour; not the real one: for tests that start hundreds.
//!
//! As much of it as runs are made and artifacts kept with. Its surprises are kept: a parameter is written once, a list of artifacts of a
//! folder that is not there is empty and no error, and nothing keeps two runs from saying the same.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::answers::decoded;
use super::{Answer, Asked, Holding};

/// A run.
#[derive(Debug, Clone, Default)]
pub struct Run {
    /// The number of its experiment.
    pub experiment: usize,
    /// `RUNNING` until it is told otherwise.
    pub status: String,
    /// Tags.
    pub tags: BTreeMap<String, String>,
    /// Parameters.
    pub params: BTreeMap<String, String>,
    /// Metrics, as often as they were told.
    pub metrics: Vec<(String, Value)>,
}

/// What it holds, and what a test has ordered.
#[derive(Debug, Default)]
pub struct State {
    /// Names of experiments.
    pub experiments: Vec<String>,
    /// Runs; their ids are their numbers.
    pub runs: Vec<Run>,
    /// Artifacts by their paths.
    pub artifacts: BTreeMap<String, Vec<u8>>,
    /// The answers to so many of the next requests that make a run are lost.
    pub loses: usize,
    /// So many of the next artifacts are damaged on the way.
    pub damages: usize,
    /// So many of the next artifacts are cut off: the connection ends without an answer.
    pub cuts: usize,
    /// Where artifacts of runs lie, if not with the server.
    pub elsewhere: Option<&'static str>,
}

/// The server, until it is dropped.
pub type ModelServer = Holding<State>;

impl ModelServer {
    /// Starts one without experiments.
    pub fn start() -> Self {
        Self::answering(answer)
    }
}

fn reply(body: &Value) -> Answer {
    Answer::json(200, body)
}

fn refusal(status: u16, code: &str, message: &str) -> Answer {
    Answer::json(status, &json!({"error_code": code, "message": message}))
}

fn missing(what: &str) -> Answer {
    refusal(404, "RESOURCE_DOES_NOT_EXIST", &format!("{what} not found"))
}

fn answer(state: &mut State, asked: &Asked) -> Answer {
    let (path, query) = asked.target.split_once('?').unwrap_or((&asked.target, ""));
    let value = |name: &str| {
        let found = query.split('&').filter_map(|pair| pair.split_once('=')).find(|(key, _)| *key == name);
        found.map(|(_, value)| decoded(&value.replace('+', " "))).unwrap_or_default()
    };
    let Some(path) = path.strip_prefix("/api/2.0/") else { return missing("Route") };
    if let Some(name) = path.strip_prefix("mlflow-artifacts/artifacts") {
        return artifact(state, asked, &decoded(name.trim_start_matches('/')), &value("path"));
    }
    let body: Value = serde_json::from_slice(&asked.body).unwrap_or_default();
    match path {
        "mlflow/experiments/get-by-name" => {
            match state.experiments.iter().position(|name| *name == value("experiment_name")) {
                Some(at) => {
                    reply(&json!({"experiment": {"experiment_id": at.to_string(), "lifecycle_stage": "active"}}))
                }
                None => missing("Experiment"),
            }
        }
        "mlflow/experiments/create" => {
            state.experiments.push(body["name"].as_str().unwrap_or_default().to_owned());
            reply(&json!({"experiment_id": (state.experiments.len() - 1).to_string()}))
        }
        "mlflow/runs/create" => create(state, &body),
        "mlflow/runs/search" => search(state, &body),
        "mlflow/runs/get" => match value("run_id").parse().ok().filter(|at| *at < state.runs.len()) {
            Some(at) => reply(&json!({"run": run(state, at)})),
            None => missing("Run"),
        },
        "mlflow/runs/log-batch" => log(state, &body),
        "mlflow/runs/update" => match known(state, &body) {
            Some(run) => {
                body["status"].as_str().unwrap_or_default().clone_into(&mut run.status);
                reply(&json!({}))
            }
            None => missing("Run"),
        },
        _ => missing("Route"),
    }
}

fn run(state: &State, at: usize) -> Value {
    let run = &state.runs[at];
    let pairs = |of: &BTreeMap<String, String>| {
        of.iter().map(|(key, value)| json!({"key": key, "value": value})).collect::<Vec<_>>()
    };
    let metrics: Vec<Value> = run.metrics.iter().map(|(key, value)| json!({"key": key, "value": value})).collect();
    let kept = format!("mlflow-artifacts:/{}/{at}/artifacts", run.experiment);
    json!({
        // A 64-bit integer may come as a text.
        "info": {"run_id": at.to_string(), "status": run.status, "start_time": "1767225600000",
            "artifact_uri": state.elsewhere.map_or(kept, str::to_owned)},
        "data": {"params": pairs(&run.params), "tags": pairs(&run.tags), "metrics": metrics},
    })
}

fn create(state: &mut State, body: &Value) -> Answer {
    let experiment = body["experiment_id"].as_str().and_then(|id| id.parse().ok()).unwrap_or_default();
    let tags = body["tags"].as_array().cloned().unwrap_or_default();
    let text = |tag: &Value, name: &str| tag[name].as_str().unwrap_or_default().to_owned();
    let tags = tags.iter().map(|tag| (text(tag, "key"), text(tag, "value"))).collect();
    state.runs.push(Run { experiment, status: "RUNNING".into(), tags, ..Run::default() });
    if state.loses > 0 {
        state.loses -= 1;
        return Answer::hung_up();
    }
    reply(&json!({"run": run(state, state.runs.len() - 1)}))
}

/// Of filters it knows the one for a tag.
fn search(state: &State, body: &Value) -> Answer {
    let filter = body["filter"].as_str().unwrap_or_default();
    let wanted = filter.strip_prefix("tags.`").and_then(|rest| rest.strip_suffix('\'')?.split_once("` = '"));
    let experiment = body["experiment_ids"][0].as_str().and_then(|id| id.parse().ok()).unwrap_or(usize::MAX);
    let fits = |at: &usize| {
        let run = &state.runs[*at];
        run.experiment == experiment
            && wanted.is_none_or(|(tag, value)| run.tags.get(tag).is_some_and(|found| found == value))
    };
    let runs: Vec<Value> = (0..state.runs.len()).filter(fits).map(|at| run(state, at)).collect();
    if runs.is_empty() { reply(&json!({})) } else { reply(&json!({"runs": runs})) }
}

fn known<'s>(state: &'s mut State, body: &Value) -> Option<&'s mut Run> {
    let at: usize = body["run_id"].as_str()?.parse().ok()?;
    state.runs.get_mut(at)
}

fn log(state: &mut State, body: &Value) -> Answer {
    let Some(run) = known(state, body) else { return missing("Run") };
    let all = |kind: &str| body[kind].as_array().cloned().unwrap_or_default();
    for param in all("params") {
        let (key, value) = (param["key"].as_str().unwrap_or_default(), param["value"].as_str().unwrap_or_default());
        let there = run.params.entry(key.to_owned()).or_insert_with(|| value.to_owned());
        if there != value {
            return refusal(400, "INVALID_PARAMETER_VALUE", "Changing param values is not allowed.");
        }
    }
    let metrics = all("metrics");
    run.metrics.extend(
        metrics.iter().map(|metric| (metric["key"].as_str().unwrap_or_default().to_owned(), metric["value"].clone())),
    );
    reply(&json!({}))
}

fn artifact(state: &mut State, asked: &Asked, name: &str, folder: &str) -> Answer {
    match asked.method.as_str() {
        "PUT" => {
            if state.cuts > 0 {
                state.cuts -= 1;
                return Answer::hung_up();
            }
            let mut bytes = asked.body.clone();
            if state.damages > 0 && !bytes.is_empty() {
                state.damages -= 1;
                bytes[0] ^= 1;
            }
            state.artifacts.insert(name.to_owned(), bytes);
            Answer::new(200, "{}")
        }
        "DELETE" => {
            state.artifacts.remove(name);
            Answer::new(200, "{}")
        }
        _ if name.is_empty() => list(state, folder),
        _ => match state.artifacts.get(name) {
            Some(bytes) => Answer::new(200, bytes.clone()).with("Content-Type", "application/octet-stream"),
            None => missing("Artifact"),
        },
    }
}

fn list(state: &State, folder: &str) -> Answer {
    let prefix = if folder.is_empty() { String::new() } else { format!("{folder}/") };
    let mut lines = BTreeMap::new();
    for (path, bytes) in &state.artifacts {
        let Some(rest) = path.strip_prefix(&prefix) else { continue };
        // A name of a test may lead out: it is one name then.
        let below = rest.split_once('/').filter(|_| !rest.starts_with("../"));
        let (name, line) = match below {
            Some((name, _)) => (name, json!({"path": name, "is_dir": true})),
            None => (rest, json!({"path": rest, "is_dir": false, "file_size": bytes.len().to_string()})),
        };
        lines.insert(name, line);
    }
    let lines: Vec<Value> = lines.into_values().collect();
    if lines.is_empty() { reply(&json!({})) } else { reply(&json!({"files": lines})) }
}
