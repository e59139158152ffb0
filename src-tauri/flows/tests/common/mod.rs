//! A workspace in memory and a temporary folder, in which kinds of task run as a runner would have them.
#![allow(dead_code, clippy::unwrap_used, clippy::needless_pass_by_value, unreachable_pub)] // each test file uses a part of it

pub mod server;
pub mod tls;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use longshore_catalogue::{Catalogue, Dataset, DatasetId, Entry, NewDataset, PathBytes};
use longshore_engine::Fault;
use longshore_flows::kind::{Done, Standing, Starter};
use longshore_flows::temporary::Temporary;
use longshore_flows::{Context, Secrets, Services, kinds};
#[allow(unused_imports)]
pub use longshore_testkit::trees::{Tree, noise, put, tree};
use longshore_testkit::{Fuse, MemoryCatalogue, MemoryHost, Places, SimClock, trees};
use longshore_transfer::storage::Storage;
use serde_json::{Value, json};

/// Target size of a datablock in these tests.
pub const TARGET: u64 = 64 * 1024;

/// A task run: kind and parameters.
type Key = (String, String);

pub struct Workshop {
    pub fuse: Arc<Fuse>,
    pub catalogue: Arc<MemoryCatalogue>,
    pub places: Arc<Places>,
    pub started: Arc<Starts>,
    pub clock: Arc<SimClock>,
    hosts: Mutex<BTreeMap<Key, Arc<MemoryHost>>>,
    /// Outputs of task runs that ended well, as a journal holds them.
    journal: Mutex<BTreeMap<Key, Value>>,
    runtime: tokio::runtime::Runtime,
    services: Services,
}

/// Runs that were started.
#[derive(Default)]
pub struct Starts(pub Mutex<BTreeMap<String, Value>>);

#[async_trait]
impl Starter for Starts {
    async fn start(&self, flow: &str, params: Value, key: Option<&str>) -> Result<String, Fault> {
        let run = format!("{flow}/{}", key.unwrap_or("-"));
        self.0.lock().unwrap().entry(run.clone()).or_insert(params);
        Ok(run)
    }

    async fn start_child(&self, flow: &str, params: Value, key: &str) -> Result<String, Fault> {
        self.start(flow, params, Some(key)).await
    }

    async fn look(&self, _: &str) -> Result<Standing, Fault> {
        let (state, outputs) = (longshore_engine::RunState::Running, serde_json::Map::new());
        Ok(Standing { state, outputs, fault: None })
    }

    async fn retry(&self, _: &str) -> Result<(), Fault> {
        Ok(())
    }
}

impl Workshop {
    pub fn new() -> Self {
        let fuse = Arc::new(Fuse::new());
        let places = Places::new(&fuse).unwrap();
        Self::with(fuse, places)
    }

    /// One that is cheap to make.
    pub fn in_memory() -> Self {
        let fuse = Arc::new(Fuse::new());
        let places = Places::in_memory(&fuse).unwrap();
        Self::with(fuse, places)
    }

    /// One whose storages are partly others: as `change` makes them.
    pub fn changed(change: impl FnOnce(Places) -> Places) -> Self {
        let fuse = Arc::new(Fuse::new());
        let places = change(Places::in_memory(&fuse).unwrap());
        Self::with(fuse, places)
    }

    fn with(fuse: Arc<Fuse>, places: Places) -> Self {
        let catalogue = Arc::new(MemoryCatalogue::with_fuse(fuse.clone()));
        let places = Arc::new(places);
        let started = Arc::new(Starts::default());
        let clock = Arc::new(SimClock::default());
        let services = Services {
            catalogue: catalogue.clone(),
            storages: Temporary::default().seen_by("run-1", places.clone()),
            starter: started.clone(),
            clock: clock.clone(),
        };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let (hosts, journal) = (Mutex::default(), Mutex::default());
        Self { fuse, catalogue, places, started, clock, hosts, journal, runtime, services }
    }

    /// A folder of the operator's, made if need be.
    pub fn folder(&self, name: &str) -> (PathBytes, Arc<dyn Storage>) {
        let path = self.places.top().join(name);
        std::fs::create_dir_all(&path).unwrap();
        let bytes = path.as_os_str().as_encoded_bytes();
        (PathBytes::new(bytes), self.places.faulty_folder(bytes).unwrap())
    }

    pub fn create(&self, pid: &str, sources: &[PathBytes]) -> Dataset {
        let new = NewDataset { pid: pid.into(), name: pid.into(), sources: sources.to_vec(), created_at: 0 };
        self.catalogue.create_dataset(&new).unwrap()
    }

    pub fn dataset(&self, pid: &str) -> Dataset {
        self.catalogue.dataset(pid).unwrap()
    }

    pub fn entry(&self, pid: &str, path: &str) -> Entry {
        self.catalogue.entry_at(self.dataset(pid).id, &PathBytes::from(path)).unwrap()
    }

    pub fn host(&self, kind: &str, with: &Value) -> Arc<MemoryHost> {
        let key = (kind.to_owned(), with.to_string());
        self.hosts.lock().unwrap().entry(key).or_insert_with(|| Arc::new(MemoryHost::new(self.fuse.clone()))).clone()
    }

    /// Runs one attempt of a task run.
    pub fn attempt(&self, kind: &str, with: &Value) -> Result<Value, Fault> {
        match self.done(kind, with, &[])? {
            Done::Output(output) => Ok(output),
            other => panic!("no output but {other:?}"),
        }
    }

    /// Runs one attempt of a task run with secrets, and tells how it ended.
    pub fn done(&self, kind: &str, with: &Value, secrets: &[&str]) -> Result<Done<Value>, Fault> {
        let context = Context {
            run: "run-1".into(),
            task: kind.into(),
            index: None,
            attempt: 1,
            services: self.services.clone(),
            host: self.host(kind, with),
            secrets: Secrets::of(secrets.iter().copied()),
        };
        let kind = kinds().get(kind).unwrap();
        self.runtime.block_on(kind.run(with.clone(), context))
    }

    /// What a task run has logged so far, without the levels.
    pub fn logged(&self, kind: &str, with: &Value) -> Vec<String> {
        self.host(kind, with).logs().into_iter().map(|(_, text)| text).collect()
    }

    pub fn plan(&self, kind: &str, with: &Value) -> Result<longshore_flows::Need, Fault> {
        self.runtime.block_on(kinds().get(kind).unwrap().plan(with.clone(), &self.services))
    }

    /// Runs a task run unless it ended well before.
    pub fn task(&self, kind: &str, with: Value) -> Result<Value, Fault> {
        let key = (kind.to_owned(), with.to_string());
        if let Some(output) = self.journal.lock().unwrap().get(&key) {
            return Ok(output.clone());
        }
        let output = self.attempt(kind, &with)?;
        if !self.fuse.blown() {
            self.journal.lock().unwrap().insert(key, output.clone());
        }
        Ok(output)
    }

    /// The task runs that ended well, with their parameters and outputs.
    pub fn ended_well(&self) -> Vec<(String, Value, Value)> {
        let journal = self.journal.lock().unwrap();
        let rows = journal
            .iter()
            .map(|((kind, with), output)| (kind.clone(), serde_json::from_str(with).unwrap(), output.clone()));
        rows.collect()
    }

    /// Forgets that a kind of task ended well, as a retry with what lies downstream does.
    pub fn again(&self, kinds: &[&str]) {
        self.journal.lock().unwrap().retain(|(kind, _), _| !kinds.contains(&kind.as_str()));
    }

    /// As a manual retry of a new run: no checkpoint is known.
    pub fn forget_checkpoints(&self) {
        self.hosts.lock().unwrap().clear();
    }

    /// The tasks of `upload_dataset`.
    pub fn upload(&self, pid: &str) -> Result<(), Fault> {
        self.task("dataset.list", json!({"dataset": pid}))?;
        self.task("landing.copy", json!({"dataset": pid}))?;
        let start = json!({"flow": "archive_dataset", "params": {"dataset_id": pid}, "key": pid});
        self.task("flow.start", start).map(drop)
    }

    /// The manifest and the writing of every datablock.
    pub fn pack(&self, pid: &str) -> Result<Vec<Value>, Fault> {
        let manifest = self.task("dataset.manifest", json!({"dataset": pid, "block_size": TARGET}))?;
        let blocks = manifest["blocks"].as_array().unwrap();
        blocks.iter().map(|block| self.task("datablock.write", json!({"block": block, "target": "lts"}))).collect()
    }

    pub fn verify(&self, blocks: &[Value]) -> Result<(), Fault> {
        blocks.iter().try_for_each(|block| self.task("datablock.verify", json!({"block": block})).map(drop))
    }

    /// The tasks of `archive_dataset`.
    pub fn archive(&self, pid: &str) -> Result<(), Fault> {
        let blocks = self.pack(pid)?;
        self.verify(&blocks)?;
        self.task("landing.release", json!({"dataset": pid}))?;
        self.task("dataset.report", json!({"dataset": pid})).map(drop)
    }

    pub fn upload_and_archive(&self, pid: &str) -> Result<(), Fault> {
        self.upload(pid)?;
        self.archive(pid)
    }

    /// The tasks of `retrieve_dataset`.
    pub fn retrieve(&self, pid: &str, dest: &PathBytes, files: Option<&[&str]>) -> Result<Value, Fault> {
        let with = json!({"dataset": pid, "dest": dest, "files": files});
        let plan = self.task("retrieve.plan", with.clone())?;
        for block in plan["blocks"].as_array().unwrap() {
            self.task("datablock.extract", json!({"block": block, "dest": dest, "files": files}))?;
        }
        self.task("retrieve.finish", with)
    }

    /// Everything below a storage's folder.
    pub fn tree(&self, storage: &str, folder: &str) -> Tree {
        let storage = self.places.faulty(storage).unwrap();
        if storage.stat(folder.as_bytes()).is_err() {
            return Tree::new();
        }
        tree(storage.as_ref(), folder.as_bytes())
    }

    pub fn lts_path(&self, name: &str) -> std::path::PathBuf {
        self.places.top().join("lts").join(name)
    }

    pub fn history(&self, pid: &str) -> Vec<String> {
        let id: DatasetId = self.dataset(pid).id;
        self.catalogue.history(id).into_iter().map(|line| line.event).collect()
    }
}

/// A small dataset of several datablocks: see [`trees::small`].
pub fn small(shop: &Workshop, pid: &str) -> PathBytes {
    let (path, source) = shop.folder("source/data");
    trees::small(source.as_ref());
    shop.create(pid, std::slice::from_ref(&path));
    path
}

/// Names of what is left over from unfinished work.
pub fn leftovers(shop: &Workshop) -> Vec<PathBytes> {
    let (_, top) = shop.folder("");
    trees::leftovers(&tree(top.as_ref(), b""))
}
