//! Prefect 3.

use std::collections::{BTreeMap, BTreeSet};

use longshore_transfer::storage::Result;
use reqwest::Method;
use serde_json::{Map, Value, json};

use super::{
    Again, Engine, LINES, MOST, Options, RemoteFlow, RemoteLine, RemoteRun, RemoteTask, Settings, malformed,
    prefect_read as read, text,
};
use crate::Connection;
use crate::http::{Ask, Site, Trouble, wait};

/// Rows of one request; more are refused.
const PAGE: usize = 200;

type Outcome<T> = std::result::Result<T, Trouble>;

/// A Prefect server.
pub struct Prefect {
    pub(super) site: Site,
}

impl Prefect {
    /// The server that a connection leads to. It is not asked yet.
    pub fn open(connection: &Connection) -> Result<Self> {
        connection.options::<Options>()?.site(connection).map(|site| Self { site })
    }

    fn done<T>(&self, verb: &str, what: &str, work: impl Future<Output = Outcome<T>>) -> Result<T> {
        wait(&self.site.place(what.as_bytes()), verb, work)
    }

    pub(super) async fn get(&self, parts: &[&str]) -> Outcome<Value> {
        self.site.json(Ask::new(Method::GET, self.site.address(&[&["api"], parts].concat())?)).await
    }

    async fn post(&self, parts: &[&str], body: &Value) -> Outcome<Value> {
        let ask = Ask::new(Method::POST, self.site.address(&[&["api"], parts].concat())?).json(body);
        self.site.json(ask).await
    }

    /// All that a filter gives, so many at most.
    async fn found(&self, of: &[&str], filter: &Value, most: usize) -> Outcome<Vec<Value>> {
        let mut rows = Vec::new();
        while rows.len() < most {
            let mut body = filter.clone();
            let limit = PAGE.min(most - rows.len());
            body["limit"] = json!(limit);
            body["offset"] = json!(rows.len());
            let Value::Array(page) = self.post(&[of, &["filter"]].concat(), &body).await? else {
                return Err(malformed("list"));
            };
            let last = page.len() < limit;
            rows.extend(page);
            if last {
                break;
            }
        }
        Ok(rows)
    }

    /// Asks for a state. A refusal comes with success, and is told by what the answer says.
    async fn set_state(&self, run: &str, state: &Value) -> Outcome<Value> {
        self.post(&["flow_runs", run, "set_state"], &json!({"state": state, "force": false})).await
    }

    async fn read_run(&self, run: &str) -> Outcome<RemoteRun> {
        read::run(&self.get(&["flow_runs", run]).await?)
    }

    async fn tasks(&self, run: &str) -> Outcome<Vec<RemoteTask>> {
        let filter = json!({"flow_runs": {"id": {"any_": [run]}}, "sort": "EXPECTED_START_TIME_ASC"});
        self.found(&["task_runs"], &filter, MOST).await?.iter().map(read::task).collect()
    }
}

fn refused(answer: &Value) -> Trouble {
    let reason = answer.get("details").and_then(|details| text(details, "reason"));
    let status = text(answer, "status").unwrap_or_default();
    let why = reason.unwrap_or_else(|| format!("it answered {status}"));
    Trouble::permanent("remote.refused", format!("the engine did not do it: {why}"))
}

impl Engine for Prefect {
    fn flows(&self) -> Result<Vec<RemoteFlow>> {
        self.done("Listing the flows of", "", async {
            let deployments = self.found(&["deployments"], &json!({"sort": "NAME_ASC"}), MOST).await?;
            let ids: BTreeSet<String> = deployments.iter().filter_map(|of| text(of, "flow_id")).collect();
            let ids: Vec<String> = ids.into_iter().collect();
            let mut names = BTreeMap::new();
            for some in ids.chunks(PAGE) {
                for flow in self.found(&["flows"], &json!({"flows": {"id": {"any_": some}}}), some.len()).await? {
                    names.extend(text(&flow, "id").zip(text(&flow, "name")));
                }
            }
            let name = |of: &Value| text(of, "flow_id").and_then(|id| names.get(&id).cloned()).unwrap_or_default();
            deployments.iter().map(|of| read::flow(of, &name(of))).collect()
        })
    }

    fn params(&self, flow: &str) -> Result<Value> {
        let work = async { Ok(read::params(&self.get(&["deployments", flow]).await?)) };
        self.done("Asking for the parameters of", flow, work)
    }

    fn runs(&self, flow: Option<&str>, most: usize) -> Result<Vec<RemoteRun>> {
        self.done("Listing the runs of", flow.unwrap_or_default(), async {
            let mut filter = json!({"sort": "EXPECTED_START_TIME_DESC"});
            if let Some(flow) = flow {
                filter["deployments"] = json!({"id": {"any_": [flow]}});
            }
            self.found(&["flow_runs"], &filter, most).await?.iter().map(read::run).collect()
        })
    }

    fn run(&self, _flow: &str, run: &str) -> Result<(RemoteRun, Vec<RemoteTask>)> {
        self.done("Looking at the run", run, async { Ok((self.read_run(run).await?, self.tasks(run).await?)) })
    }

    /// Prefect does not keep logs apart by attempt: those of all are given. Of an empty task, the log of the run itself.
    fn log(&self, _flow: &str, run: &str, task: &RemoteTask, _attempt: u32) -> Result<Vec<RemoteLine>> {
        self.done("Reading the log of", &task.id, async {
            let of = if task.id.is_empty() { ("flow_run_id", run) } else { ("task_run_id", task.id.as_str()) };
            let filter = json!({"logs": {of.0: {"any_": [of.1]}}, "sort": "TIMESTAMP_ASC"});
            Ok(self.found(&["logs"], &filter, LINES).await?.iter().map(read::line).collect())
        })
    }

    fn trigger(&self, flow: &str, key: &str, params: &Map<String, Value>) -> Result<RemoteRun> {
        self.done("Starting", flow, async {
            let body = json!({"parameters": params, "idempotency_key": key});
            read::run(&self.post(&["deployments", flow, "create_flow_run"], &body).await?)
        })
    }

    /// Prefect runs a flow again as a whole, and takes the results that it has kept.
    fn again(&self, _flow: &str, run: &str, what: &Again, only_look: bool) -> Result<Vec<RemoteTask>> {
        self.done(if only_look { "Looking at" } else { "Retrying" }, run, async {
            if !what.tasks.is_empty() {
                let why = "Prefect runs no single tasks again: retry the run, which takes the results that were kept";
                return Err(Trouble::permanent("remote.cannot", why));
            }
            let tasks = self.tasks(run).await?;
            if !only_look {
                let answer = self.set_state(run, &json!({"type": "SCHEDULED", "name": "AwaitingRetry"})).await?;
                if text(&answer, "status").as_deref() != Some("ACCEPT") {
                    return Err(refused(&answer));
                }
            }
            Ok(tasks.into_iter().filter(|task| !matches!(task.state.word, "success" | "skipped")).collect())
        })
    }

    fn cancel(&self, _flow: &str, run: &str) -> Result<RemoteRun> {
        self.done("Cancelling", run, async {
            let answer = self.set_state(run, &json!({"type": "CANCELLING"})).await?;
            let now = answer.get("state").and_then(|state| text(state, "type"));
            // A run that has not begun is cancelled by the server itself, which calls that a rejection.
            match now.as_deref() {
                Some("CANCELLING" | "CANCELLED") => self.read_run(run).await,
                _ => Err(refused(&answer)),
            }
        })
    }

    fn pause(&self, flow: &str, paused: bool) -> Result<()> {
        let (verb, call) = if paused { ("Pausing", "pause_deployment") } else { ("Resuming", "resume_deployment") };
        self.done(verb, flow, async { self.post(&["deployments", flow, call], &json!({})).await.map(drop) })
    }

    fn settings(&self) -> Result<Settings> {
        self.done("Listing what is kept by", "", async {
            let (mut all, any) = (Settings::default(), json!({}));
            for row in self.found(&["variables"], &any, MOST).await? {
                all.prefect_variable(&row);
            }
            for row in self.found(&["v2", "concurrency_limits"], &any, MOST).await? {
                all.global_limit(&row);
            }
            for row in self.found(&["concurrency_limits"], &any, MOST).await? {
                all.tag_limit(&row);
            }
            for row in self.found(&["work_pools"], &any, MOST).await? {
                all.work_pool(&row);
            }
            let blocks = json!({"block_documents": {"is_anonymous": {"eq_": false}}, "include_secrets": false});
            for row in self.found(&["block_documents"], &blocks, MOST).await? {
                all.block(&row);
            }
            Ok(all.sorted())
        })
    }

    fn kind(&self) -> &'static str {
        "prefect"
    }
}
