//! Apache Airflow.

use longshore_transfer::storage::Result;
use reqwest::Method;
use serde_json::{Map, Value, json};

use super::airflow_site::{AirflowSite, Generation};
use super::{
    Again, Engine, LINES, MOST, RemoteFlow, RemoteLine, RemoteRun, RemoteTask, Settings, airflow_read as read, list,
};
use crate::Connection;
use crate::http::{Ask, Trouble, wait};

/// Rows of one request: more are cut silently (`maximum_page_limit`).
const PAGE: usize = 100;

/// Requests for one log, each for what comes after the one before.
const PIECES: usize = 1_000;

type Outcome<T> = std::result::Result<T, Trouble>;

/// An Airflow.
pub struct Airflow {
    to: AirflowSite,
}

impl Airflow {
    /// The Airflow that a connection leads to. It is not asked yet.
    pub fn open(connection: &Connection) -> Result<Self> {
        AirflowSite::open(connection).map(|to| Self { to })
    }

    pub(super) fn to(&self) -> &AirflowSite {
        &self.to
    }

    fn done<T>(&self, verb: &str, what: &str, work: impl Future<Output = Outcome<T>>) -> Result<T> {
        wait(&self.to.site.place(what.as_bytes()), verb, work)
    }

    async fn get(&self, parts: &[&str]) -> Outcome<Value> {
        self.to.json(Ask::new(Method::GET, self.to.address(parts).await?)).await
    }

    async fn send(&self, method: Method, parts: &[&str], body: &Value) -> Outcome<Value> {
        self.to.json(Ask::new(method, self.to.address(parts).await?).json(body)).await
    }

    /// All rows of a list, so many at most; what is asked besides goes with each request.
    async fn rows(&self, parts: &[&str], name: &str, query: &[(&str, &str)], most: usize) -> Outcome<Vec<Value>> {
        let mut rows = Vec::new();
        while rows.len() < most {
            let mut url = self.to.address(parts).await?;
            let limit = PAGE.min(most - rows.len());
            url.query_pairs_mut().extend_pairs(query).append_pair("limit", &limit.to_string());
            url.query_pairs_mut().append_pair("offset", &rows.len().to_string());
            let page = self.to.json(Ask::new(Method::GET, url)).await?;
            let got = list(&page, name);
            rows.extend_from_slice(got);
            let all = page.get("total_entries").and_then(Value::as_u64).is_some_and(|all| rows.len() as u64 >= all);
            if got.is_empty() || all {
                break;
            }
        }
        Ok(rows)
    }

    async fn tasks(&self, flow: &str, run: &str) -> Outcome<Vec<RemoteTask>> {
        let parts = ["dags", flow, "dagRuns", run, "taskInstances"];
        let instances = self.rows(&parts, "task_instances", &[], MOST).await?;
        let shape = self.get(&["dags", flow, "tasks"]).await?;
        let shape = list(&shape, "tasks");
        let mut tasks = instances.iter().map(read::task).collect::<Outcome<Vec<_>>>()?;
        for task in &mut tasks {
            task.needs = read::needs(shape, &task.task);
        }
        Ok(tasks)
    }
}

impl Engine for Airflow {
    fn flows(&self) -> Result<Vec<RemoteFlow>> {
        self.done("Listing the flows of", "", async {
            let rows = self.rows(&["dags"], "dags", &[], MOST).await?;
            rows.iter().map(read::flow).collect()
        })
    }

    fn params(&self, flow: &str) -> Result<Value> {
        let work = async { Ok(read::params(&self.get(&["dags", flow, "details"]).await?)) };
        self.done("Asking for the parameters of", flow, work)
    }

    fn runs(&self, flow: Option<&str>, most: usize) -> Result<Vec<RemoteRun>> {
        self.done("Listing the runs of", flow.unwrap_or_default(), async {
            let parts = ["dags", flow.unwrap_or("~"), "dagRuns"];
            let rows = self.rows(&parts, "dag_runs", &[("order_by", "-start_date")], most).await?;
            rows.iter().map(read::run).collect()
        })
    }

    fn run(&self, flow: &str, run: &str) -> Result<(RemoteRun, Vec<RemoteTask>)> {
        self.done("Looking at the run", run, async {
            let found = read::run(&self.get(&["dags", flow, "dagRuns", run]).await?)?;
            Ok((found, self.tasks(flow, run).await?))
        })
    }

    fn log(&self, flow: &str, run: &str, task: &RemoteTask, attempt: u32) -> Result<Vec<RemoteLine>> {
        self.done("Reading the log of", &task.id, async {
            let attempt = attempt.to_string();
            let parts = ["dags", flow, "dagRuns", run, "taskInstances", &task.task, "logs", &attempt];
            let map_index = task.map_index.map_or_else(|| "-1".to_owned(), |index| index.to_string());
            let (mut lines, mut token) = (Vec::new(), None::<String>);
            for _ in 0..PIECES {
                let mut url = self.to.address(&parts).await?;
                url.query_pairs_mut().append_pair("map_index", &map_index);
                if let Some(token) = &token {
                    url.query_pairs_mut().append_pair("token", token);
                }
                let piece = self.to.json(Ask::new(Method::GET, url)).await?;
                let more = read::lines(&piece);
                let next = super::text(&piece, "continuation_token");
                // A server gives a token for as long as the task works, and nothing with it.
                let end = more.is_empty() || next.is_none() || next == token;
                lines.extend(more);
                lines.drain(..lines.len().saturating_sub(LINES));
                if end {
                    break;
                }
                token = next;
            }
            Ok(lines)
        })
    }

    fn trigger(&self, flow: &str, key: &str, params: &Map<String, Value>) -> Result<RemoteRun> {
        self.done("Starting", flow, async {
            let mut body = json!({"dag_run_id": key, "conf": params});
            if self.to.generation().await?.0 == Generation::V2 {
                // Servers of 3.0 want it, whether there is one or not.
                body["logical_date"] = Value::Null;
            }
            match self.send(Method::POST, &["dags", flow, "dagRuns"], &body).await {
                Ok(run) => read::run(&run),
                // It is there: an answer was lost, or it was asked for twice.
                Err(trouble) if trouble.why.contains("(409 ") => {
                    read::run(&self.get(&["dags", flow, "dagRuns", key]).await?)
                }
                Err(trouble) => Err(trouble),
            }
        })
    }

    fn again(&self, flow: &str, run: &str, what: &Again, only_look: bool) -> Result<Vec<RemoteTask>> {
        self.done(if only_look { "Looking at" } else { "Clearing tasks of" }, run, async {
            // What is left out means yes here: https://airflow.apache.org/docs/apache-airflow/stable/stable-rest-api-ref.html
            let mut body = json!({
                "dry_run": only_look, "only_failed": what.only_failed, "dag_run_id": run, "reset_dag_runs": true,
                "include_downstream": what.downstream, "include_upstream": false,
            });
            if !what.tasks.is_empty() {
                body["task_ids"] = json!(what.tasks);
            }
            let touched = self.send(Method::POST, &["dags", flow, "clearTaskInstances"], &body).await?;
            list(&touched, "task_instances").iter().map(read::task).collect()
        })
    }

    fn cancel(&self, flow: &str, run: &str) -> Result<RemoteRun> {
        self.done("Cancelling", run, async {
            // Airflow has no other way: its running tasks are ended, and it counts as failed.
            let body = json!({"state": "failed"});
            read::run(&self.send(Method::PATCH, &["dags", flow, "dagRuns", run], &body).await?)
        })
    }

    fn pause(&self, flow: &str, paused: bool) -> Result<()> {
        let verb = if paused { "Pausing" } else { "Resuming" };
        let body = json!({"is_paused": paused});
        self.done(verb, flow, async { self.send(Method::PATCH, &["dags", flow], &body).await.map(drop) })
    }

    fn settings(&self) -> Result<Settings> {
        self.done("Listing what is kept by", "", async {
            let mut all = Settings::default();
            for row in self.rows(&["variables"], "variables", &[], MOST).await? {
                all.airflow_variable(&row);
            }
            for row in self.rows(&["pools"], "pools", &[], MOST).await? {
                all.pool(&row);
            }
            // A list of Airflow 2 has connections without their extra.
            let whole = self.to.generation().await?.0 == Generation::V2;
            for row in self.rows(&["connections"], "connections", &[], MOST).await? {
                match super::text(&row, "connection_id") {
                    Some(id) if !whole => all.airflow_connection(&self.get(&["connections", &id]).await?, false),
                    _ => all.airflow_connection(&row, true),
                }
            }
            Ok(all.sorted())
        })
    }

    fn kind(&self) -> &'static str {
        "airflow"
    }
}
