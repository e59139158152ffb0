//! What the server holds.

use std::collections::BTreeMap;

use longshore_transfer::hash::{Hashes, hex};
use serde_json::{Map, Value, json};

use super::lifecycle;
use crate::servers::Asked;

/// Seconds that a token is good for, as the backend has it where nothing is configured.
const TTL: i64 = 3600;

/// Somebody who can log in.
#[derive(Debug, Clone)]
pub struct User {
    /// Name.
    pub name: String,
    /// Password.
    pub password: String,
    /// Groups.
    pub groups: Vec<String>,
    /// Sees and changes everything.
    pub admin: bool,
}

impl User {
    /// Who archives.
    pub fn archiver() -> Self {
        Self::new("archiver", "archivers-secret", &["archivemanager"], true)
    }

    /// Who has measured.
    pub fn scientist() -> Self {
        Self::new("scientist", "scientists-secret", &["p1"], false)
    }

    fn new(name: &str, password: &str, groups: &[&str], admin: bool) -> Self {
        let groups = groups.iter().map(|group| (*group).to_owned()).collect();
        Self { name: name.to_owned(), password: password.to_owned(), groups, admin }
    }
}

/// A token that was given out.
#[derive(Debug, Clone)]
pub(super) struct Token {
    pub(super) user: String,
    /// In milliseconds.
    pub(super) expires: i64,
}

/// What the server holds, and what it was asked. Datasets and jobs are held in the form of version 4.
#[derive(Debug)]
pub struct State {
    /// Who can log in.
    pub users: Vec<User>,
    /// Seconds that the tokens to come are good for.
    pub ttl: i64,
    /// Datasets by pid.
    pub datasets: BTreeMap<String, Map<String, Value>>,
    /// Original datablocks, as they were made.
    pub origdatablocks: Vec<Map<String, Value>>,
    /// Datablocks, as they were made.
    pub datablocks: Vec<Map<String, Value>>,
    /// Jobs, as they were made.
    pub jobs: Vec<Map<String, Value>>,
    /// Every request that reached it.
    pub asked: Vec<Asked>,
    pub(super) tokens: BTreeMap<String, Token>,
    pub(super) versions: &'static [u8],
    /// Milliseconds since 1970.
    pub(super) now: i64,
    made: u64,
}

impl State {
    pub(super) fn new(versions: &'static [u8]) -> Self {
        Self {
            users: vec![User::archiver(), User::scientist()],
            ttl: TTL,
            datasets: BTreeMap::new(),
            origdatablocks: Vec::new(),
            datablocks: Vec::new(),
            jobs: Vec::new(),
            asked: Vec::new(),
            tokens: BTreeMap::new(),
            versions,
            now: 0,
            made: 0,
        }
    }

    /// Puts a dataset in, of the group `p1` and not published.
    pub fn add_dataset(&mut self, pid: &str) {
        let dataset = json!({
            "pid": pid, "datasetName": format!("Dataset {pid}"), "type": "raw", "owner": "A Scientist", "ownerGroup": "p1",
            "accessGroups": ["p2"], "contactEmail": "scientist@example.org", "sourceFolder": "/data/raw",
            "creationTime": "2026-01-01T00:00:00.000Z", "isPublished": false, "size": 0, "packedSize": 0, "numberOfFiles": 0,
            "numberOfFilesArchived": 0, "principalInvestigators": ["A Scientist"], "proposalIds": [],
            "datasetlifecycle": lifecycle::defaults(),
        });
        self.put_dataset(pid, dataset.as_object().cloned().unwrap_or_default());
    }

    /// Puts an original datablock in: one file of a dataset, with its MD5 in capitals, as some who register write it.
    pub fn add_file(&mut self, pid: &str, path: &str, content: &[u8]) {
        let mut hashes = Hashes::new(true);
        hashes.update(content);
        let chk = hashes.finish().md5.map(|md5| hex(&md5).to_uppercase());
        let file = json!({"path": path, "size": content.len(), "time": "2026-01-01T00:00:00.000Z", "chk": chk});
        let block =
            json!({"_id": path, "datasetId": pid, "size": content.len(), "chkAlg": "MD5", "dataFileList": [file]});
        self.origdatablocks.push(block.as_object().cloned().unwrap_or_default());
    }

    /// Puts a job in, as version 4 makes one. Gives its id.
    pub fn add_job(&mut self, kind: &str, pids: &[&str]) -> String {
        let datasets: Vec<Value> = pids.iter().map(|pid| json!({"pid": pid, "files": []})).collect();
        let job = json!({"type": kind, "jobParams": {"datasetList": datasets}, "ownerUser": "scientist", "ownerGroup": "p1",
            "contactEmail": "scientist@example.org"});
        self.put_job(job.as_object().cloned().unwrap_or_default())
    }

    /// The lifecycle of a dataset, or `null`.
    pub fn lifecycle(&self, pid: &str) -> Value {
        self.datasets.get(pid).map(|dataset| dataset["datasetlifecycle"].clone()).unwrap_or_default()
    }

    /// How often something was asked: method and the end of the path.
    pub fn times(&self, method: &str, end: &str) -> usize {
        let path = |target: &str| target.split('?').next().unwrap_or_default().to_owned();
        self.asked.iter().filter(|asked| asked.method == method && path(&asked.target).ends_with(end)).count()
    }

    pub(super) fn put_dataset(&mut self, pid: &str, mut dataset: Map<String, Value>) {
        let now = self.time();
        dataset.entry("createdAt").or_insert_with(|| now.clone());
        dataset.insert("updatedAt".into(), now);
        self.datasets.insert(pid.to_owned(), dataset);
    }

    pub(super) fn put_job(&mut self, mut job: Map<String, Value>) -> String {
        let id = self.next_id();
        job.insert("id".into(), json!(id));
        job.insert("statusCode".into(), json!("jobSubmitted"));
        job.insert("statusMessage".into(), json!("Job submitted."));
        job.insert("configVersion".into(), json!("1"));
        job.insert("jobResultObject".into(), json!({}));
        job.insert("createdAt".into(), self.time());
        job.insert("updatedAt".into(), self.time());
        self.jobs.push(job);
        id
    }

    /// An id that nothing else has.
    pub(super) fn next_id(&mut self) -> String {
        self.made += 1;
        format!("7d2e4c10-0000-4000-8000-{:012}", self.made)
    }

    /// Now, as SciCat writes it.
    pub(super) fn time(&self) -> Value {
        json!(written(self.now))
    }

    pub(super) fn user_of(&self, token: &str) -> Option<User> {
        let token = self.tokens.get(token).filter(|token| self.now < token.expires)?;
        self.users.iter().find(|user| user.name == token.user).cloned()
    }
}

/// A time as SciCat writes it.
pub(super) fn written(millis: i64) -> String {
    jiff::Timestamp::from_millisecond(millis).map(|at| format!("{at:.3}")).unwrap_or_default()
}
