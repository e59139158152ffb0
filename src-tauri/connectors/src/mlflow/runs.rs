//! Experiments and runs: found, made once, and told what is known of them.

use std::collections::BTreeMap;

use longshore_transfer::storage::Result;
use reqwest::Method;
use serde_json::{Value, json};

use super::{Mlflow, number};
use crate::http::{Ask, Trouble, wait};

/// The tag by which a run of this program is found again.
const MARKER: &str = "longshore.run";

/// Entries of one request to log (`rest-api.rst`: 1000 metrics, 100 params).
const BATCH: usize = 100;

/// A run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    /// Its id.
    pub id: String,
    /// When it began, in milliseconds since the epoch.
    pub began: i64,
    /// Where the server keeps its artifacts.
    pub artifacts: String,
    /// Whether it was there before, left by an earlier attempt.
    pub taken_up: bool,
}

/// What is to be told of a run.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Told {
    /// Numbers that were measured.
    pub metrics: BTreeMap<String, f64>,
    /// What it was made with; written once.
    pub params: BTreeMap<String, String>,
}

fn malformed(what: &str) -> Trouble {
    Trouble::permanent("http.answer", format!("the answer is no {what}"))
}

fn read(answer: &Value) -> std::result::Result<Run, Trouble> {
    let info = answer.get("info").ok_or_else(|| malformed("run"))?;
    let text = |name: &str| info.get(name).and_then(Value::as_str).map(str::to_owned);
    let id = text("run_id").or_else(|| text("run_uuid")).ok_or_else(|| malformed("run: it has no id"))?;
    let began = info.get("start_time").and_then(number).unwrap_or_default();
    Ok(Run { id, began, artifacts: text("artifact_uri").unwrap_or_default(), taken_up: false })
}

impl Mlflow {
    /// The run of an experiment that has this marker, made unless it is there; the experiment too. So an attempt that broke off, or whose
    /// answer was lost, leaves no second one.
    pub fn run(&self, experiment: &str, marker: &str, name: Option<&str>, now: i64) -> Result<Run> {
        let place = self.site.place(experiment.as_bytes());
        wait(&place, "Making a run in", async {
            let id = self.experiment(experiment, true).await?;
            // What an operator may have named it has no quotes: it is an id of this program's.
            let filter = format!("tags.`{MARKER}` = '{}'", marker.replace('\'', ""));
            if let Some(run) = self.search(&id, &filter, &[]).await? {
                return Ok(Run { taken_up: true, ..run });
            }
            let tags = json!([{"key": MARKER, "value": marker}, {"key": "mlflow.source.name", "value": "Longshore"}]);
            let mut body = json!({"experiment_id": id, "start_time": now, "tags": tags});
            if let Some(name) = name {
                body["run_name"] = json!(name);
            }
            let made = self.post("runs/create", &body).await?;
            read(made.get("run").ok_or_else(|| malformed("run"))?)
        })
    }

    /// The best run of an experiment: the first of those that fit, in this order.
    pub fn best(&self, experiment: &str, filter: &str, order: &[String]) -> Result<Run> {
        let place = self.site.place(experiment.as_bytes());
        wait(&place, "Searching the runs of", async {
            let id = self.experiment(experiment, false).await?;
            let none = || Trouble::permanent("mlflow.no_run", "no run of the experiment fits");
            self.search(&id, filter, order).await?.ok_or_else(none)
        })
    }

    /// Tells what is known of a run. What it was told already is left; a parameter with another value is an error, as it is written once.
    pub fn log(&self, run: &Run, told: &Told) -> Result<()> {
        wait(&self.site.place(run.id.as_bytes()), "Telling what is known of the run", self.logged(run, told))
    }

    /// Ends a run, so that it counts as done.
    pub fn finish(&self, run: &str, now: i64) -> Result<()> {
        let body = json!({"run_id": run, "status": "FINISHED", "end_time": now});
        wait(&self.site.place(run.as_bytes()), "Ending the run", self.post("runs/update", &body)).map(drop)
    }

    pub(super) async fn fetch(&self, run: &str) -> std::result::Result<(Run, Value), Trouble> {
        let mut url = self.address("runs/get")?;
        url.query_pairs_mut().append_pair("run_id", run);
        let found = self.site.json(Ask::new(Method::GET, url)).await?;
        let found = found.get("run").ok_or_else(|| malformed("run"))?;
        Ok((read(found)?, found.get("data").cloned().unwrap_or_default()))
    }

    async fn experiment(&self, name: &str, make: bool) -> std::result::Result<String, Trouble> {
        let mut url = self.address("experiments/get-by-name")?;
        url.query_pairs_mut().append_pair("experiment_name", name);
        let found = match self.site.json(Ask::new(Method::GET, url)).await {
            Err(trouble) if trouble.code == "file.missing" && make => {
                self.post("experiments/create", &json!({"name": name})).await?
            }
            found => found?,
        };
        let found = found.get("experiment").unwrap_or(&found);
        if found.get("lifecycle_stage").and_then(Value::as_str) == Some("deleted") {
            let why = "the experiment of this name was deleted: restore it, or name another";
            return Err(Trouble::permanent("mlflow.deleted", why));
        }
        let id = found.get("experiment_id").and_then(Value::as_str);
        id.map(str::to_owned).ok_or_else(|| malformed("experiment"))
    }

    async fn search(&self, id: &str, filter: &str, order: &[String]) -> std::result::Result<Option<Run>, Trouble> {
        let body = json!({"experiment_ids": [id], "filter": filter, "order_by": order, "max_results": 1});
        let found = self.post("runs/search", &body).await?;
        found.get("runs").and_then(|runs| runs.get(0)).map(read).transpose()
    }

    async fn logged(&self, run: &Run, told: &Told) -> std::result::Result<(), Trouble> {
        let (_, data) = self.fetch(&run.id).await?;
        let known = |kind: &str, key: &str| {
            let all = data.get(kind).and_then(Value::as_array);
            all?.iter().find(|one| one.get("key").and_then(Value::as_str) == Some(key))?.get("value").cloned()
        };
        let mut params = Vec::new();
        for (key, value) in &told.params {
            match known("params", key) {
                None => params.push(json!({"key": key, "value": value})),
                Some(there) if there.as_str() == Some(value) => {}
                Some(there) => {
                    let why = format!("its parameter {key} is {there} already, and was to become {value:?}");
                    return Err(Trouble::permanent("mlflow.param_differs", why));
                }
            }
        }
        let new = told.metrics.iter().filter(|(key, _)| known("metrics", key).is_none());
        // The time is that of the run, so that one told twice is the same.
        let metric =
            |(key, value): (&String, &f64)| json!({"key": key, "value": value, "timestamp": run.began, "step": 0});
        let metrics: Vec<Value> = new.map(metric).collect();
        for (kind, all) in [("params", params), ("metrics", metrics)] {
            for batch in all.chunks(BATCH) {
                self.post("runs/log-batch", &json!({"run_id": run.id, kind: batch})).await?;
            }
        }
        Ok(())
    }
}
