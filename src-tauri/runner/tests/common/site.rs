//! A whole place of work for the flows that are built in: a database, a catalogue and storages that die together at a step.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use longshore_catalogue::{Block, Catalogue, Entry, HistoryLine, Metadata, NewDataset, PathBytes};
use longshore_engine::{Flow, RunId, RunState};
use longshore_flows::{KindSet, builtin};
use longshore_runner::Parts;
use longshore_store::{Options, RunFilter, RunRecord, Store};
use longshore_testkit::bags::{plain_zip, zip_of_bags};
use longshore_testkit::trees::{self, Lies, Tree, tree};
use longshore_testkit::{Fuse, MemoryCatalogue, Places, SimClock};
use serde_json::{Map, Value, json};
use tokio::sync::mpsc;

use super::outside::Outside;
use super::vault::Vault;
use super::{Flows, Fused, Stage};

/// The dataset that is moved.
pub(crate) const PID: &str = "ds";
/// Target size of a datablock: the dataset makes four.
const TARGET: u64 = 64 * 1024;

/// What outlives a process.
pub(crate) struct Site {
    pub(crate) fuse: Arc<Fuse>,
    pub(crate) places: Arc<Places>,
    catalogue: Arc<MemoryCatalogue>,
    clock: Arc<SimClock>,
    staging: &'static str,
    outside: Option<Outside>,
    vault: Option<Vault>,
}

/// What flows have brought about, without the times at which they did: a line for each file, folder and link in the landing zone,
/// on the LTS and where it was retrieved to, for each entry and datablock of the ledger, each event of the history, each run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Effects(BTreeSet<String>);

impl Site {
    /// With a dataset that is about to be uploaded.
    pub(crate) fn new() -> Self {
        Self::with_staging("none", &[])
    }

    /// The same, with this value of the variable `staging`, and beside systems `outside` and a `vault` if they are named: each takes its time to start.
    pub(crate) fn with_staging(staging: &'static str, beside: &[&str]) -> Self {
        let fuse = Arc::new(Fuse::new());
        let mut places = Places::in_memory(&fuse).expect("folders");
        let outside = beside.contains(&"outside").then(Outside::start);
        let vault = beside.contains(&"vault").then(|| Vault::begin(places.top()));
        places = outside.iter().fold(places, |places, outside| outside.reached_from(places));
        let places = Arc::new(vault.iter().fold(places, |places, vault| vault.reached_from(places)));
        let source = places.top().join("source/data");
        std::fs::create_dir_all(&source).expect("a folder");
        let source = PathBytes::new(source.as_os_str().as_encoded_bytes());
        trees::small(places.faulty_folder(source.as_bytes()).expect("a storage").as_ref());
        let mut catalogue = MemoryCatalogue::with_fuse(fuse.clone());
        if let Some(vault) = &vault {
            catalogue = catalogue.with_library(Arc::new(vault.kept()));
        }
        let catalogue = Arc::new(catalogue);
        let new = NewDataset { pid: PID.into(), name: PID.into(), sources: vec![source], created_at: 0 };
        catalogue.create_dataset(&new).expect("a dataset");
        Self { fuse, places, catalogue, clock: Arc::new(SimClock::default()), staging, outside, vault }
    }

    /// The systems outside.
    pub(crate) fn outside(&self) -> &Outside {
        self.outside.as_ref().expect("started")
    }

    /// The archive and its queue.
    pub(crate) fn vault(&self) -> &Vault {
        self.vault.as_ref().expect("begun")
    }

    /// Says of the dataset what SciCat is to be told, and how it is known there if it is.
    pub(crate) fn describe(&self, pid: Option<&str>) {
        let pid = pid.map(str::to_owned);
        let said =
            Metadata { pid, kind: "raw".into(), dataset_name: PID.into(), owner: "A".into(), ..Metadata::default() };
        let dataset = self.catalogue.dataset(PID).expect("there");
        self.catalogue.describe(dataset.id, &said).expect("described");
    }

    /// The folder that the dataset is made of.
    pub(crate) fn source(&self) -> String {
        self.places.top().join("source/data").to_string_lossy().into_owned()
    }

    /// A file comes into the watched folder: a zip with bags, or a plain one.
    pub(crate) fn receives(&self, bags: bool) {
        let files: [(&str, &[u8]); 2] = [("a", b"a"), ("b/c", &[7; 5000])];
        let zip = if bags { zip_of_bags(&[("W1", &files), ("W2", &files[..1])]) } else { plain_zip(&files) };
        let folder = self.places.top().join("retrieval/in");
        std::fs::create_dir_all(&folder).expect("a folder");
        std::fs::write(folder.join("W1.zip"), zip.expect("a zip")).expect("written");
    }

    /// Where datasets are retrieved to.
    pub(crate) fn dest(&self) -> String {
        self.places.top().join("dest").to_string_lossy().into_owned()
    }

    /// Bytes of the dataset's datablocks.
    pub(crate) fn archived_bytes(&self) -> u64 {
        let dataset = self.catalogue.dataset(PID).expect("there");
        self.catalogue.blocks(dataset.id).expect("reads").iter().map(|block| block.plan.size).sum()
    }

    fn open(&self) -> Store {
        Store::open(&self.places.top().join("longshore.db"), &Options::default()).expect("opens")
    }

    /// A process with these kinds of task. What it has begun on other threads has ended when this returns.
    pub(crate) fn process<T>(&self, kinds: KindSet, work: impl AsyncFnOnce(&mut Stage) -> T) -> T {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("threads");
        // Whatever was to be tried again later is due.
        self.clock.advance(Duration::from_hours(1));
        runtime.block_on(async {
            let mut stage = self.stage(kinds).await;
            work(&mut stage).await
        })
    }

    pub(crate) async fn stage(&self, kinds: KindSet) -> Stage {
        let store = self.open();
        let variables = Map::from_iter([
            ("datablock_target_bytes".to_owned(), json!(TARGET)),
            ("staging".to_owned(), json!(self.staging)),
        ]);
        let parts = Parts {
            journal: Arc::new(Fused::new(store.clone(), self.fuse.clone())),
            catalogue: self.catalogue.clone(),
            storages: self.places.clone(),
            kinds,
            flows: Arc::new(Flows(flows().clone())),
            clock: self.clock.clone(),
            capacity: 4,
            variables,
        };
        Stage::start(parts, store, self.clock.clone(), mpsc::unbounded_channel().1).await
    }

    /// Runs a flow to its end.
    pub(crate) fn run(&self, kinds: KindSet, id: &str, params: Value) -> (RunId, RunState) {
        self.process(kinds, async |stage| {
            let run = stage.try_create(&flow(id), params, Some("once")).await.expect("a run");
            stage.rest().await;
            let state = stage.end(&run).await;
            (run, state)
        })
    }

    /// Names of the events of all runs, each with its flow.
    pub(crate) fn journal(&self) -> Vec<String> {
        let store = self.open();
        let events = |run: &RunRecord| store.events(&RunId::from(run.id.as_str())).expect("reads");
        let named = |run: &RunRecord| -> Vec<String> {
            events(run).iter().map(|event| format!("{} {}", run.flow, super::named(event))).collect()
        };
        runs(&store).iter().flat_map(named).collect()
    }

    pub(crate) fn effects(&self) -> Effects {
        let dataset = self.catalogue.dataset(PID).expect("there");
        let mut lines = vec![format!("{:?}", dataset.state)];
        for name in ["landing", "staging", "lts", "retrieval", "dest"] {
            lines.extend(self.tree(name).into_iter().map(|(path, lies)| format!("{name} {path} {}", said(&lies))));
        }
        let entries = self.catalogue.entries_after(dataset.id, 0, 1000).expect("reads");
        // A listing that was begun anew has other keys.
        let first = entries.first().map_or(0, |entry| entry.id);
        for entry in entries {
            let (id, proved_at) = (entry.id - first, entry.proved_at.map(|_| 0));
            lines.push(format!("{:?}", Entry { id, proved_at, ..entry }));
        }
        for mut block in self.catalogue.blocks(dataset.id).expect("reads") {
            (block.plan.first, block.plan.last) = (block.plan.first - first, block.plan.last - first);
            lines.push(format!("{:?}", Block { verified_at: block.verified_at.map(|_| 0), ..block }));
        }
        let numbered = |(n, event): (usize, String)| format!("history {event} {n}");
        // That it had failed meanwhile is history; what SciCat is told last is not.
        let failure = |line: &HistoryLine| line.text.contains("scheduleArchiveJobFailed");
        let history = self.catalogue.history(dataset.id).into_iter().filter(|line| !failure(line));
        let mut events: Vec<_> = history.map(|line| line.event).collect();
        let told = self.catalogue.messages().into_iter();
        let told = told.map(|one| ((one.about, one.body["tell"].to_string(), one.body["block"].to_string()), one.body));
        let last: BTreeMap<_, _> = told.collect();
        lines.extend(last.into_iter().map(|((about, ..), body)| format!("told of {about}: {body}")));
        events.sort();
        lines.extend(events.into_iter().enumerate().map(numbered));
        lines.extend(self.outside.iter().flat_map(Outside::holds));
        lines.extend(self.vault.iter().flat_map(Vault::holds));
        let rows = runs(&self.open());
        lines.extend(rows.into_iter().map(|run| format!("run of {}: {:?}", run.flow, run.state)));
        Effects(lines.into_iter().collect())
    }

    /// What lies in one of the folders; times only where they are those of the source.
    fn tree(&self, name: &str) -> Tree {
        let folder = self.places.top().join(name);
        if !folder.exists() {
            return Tree::new();
        }
        let storage = self.places.faulty_folder(folder.as_os_str().as_encoded_bytes()).expect("a storage");
        let mut tree = tree(storage.as_ref(), b"");
        if name != "dest" {
            for lies in tree.values_mut() {
                lies.mtime = (0, 0);
            }
        }
        tree
    }
}

fn runs(store: &Store) -> Vec<RunRecord> {
    store.runs(&RunFilter { limit: 100, ..RunFilter::default() }).expect("reads").rows
}

fn said(lies: &Lies) -> String {
    let Lies { kind, mode, mtime, holds } = lies;
    let mut hasher = DefaultHasher::new();
    holds.hash(&mut hasher);
    format!("{kind:?} {mode:?} {mtime:?} {} bytes {:x}", holds.len(), hasher.finish())
}

impl Effects {
    /// Panics with what differs.
    pub(crate) fn same_as(&self, wanted: &Self, at: &str) {
        let missing: Vec<_> = wanted.0.difference(&self.0).collect();
        let new: Vec<_> = self.0.difference(&wanted.0).collect();
        assert!(self == wanted, "{at}: it lacks {missing:#?} and has {new:#?}");
    }

    /// The same, without the states of runs.
    pub(crate) fn of_files(&self) -> Self {
        Self(self.0.iter().filter(|line| !line.starts_with("run of")).cloned().collect())
    }

    /// Panics if unfinished work has left something.
    pub(crate) fn clean(&self, at: &str) {
        let left: Vec<_> = self.0.iter().filter(|line| line.contains("longshore-part")).collect();
        assert_eq!(left, Vec::<&String>::new(), "{at}");
    }
}

/// A flow that is built in.
pub(crate) fn flow(id: &str) -> Arc<Flow> {
    flows()[id].clone()
}

/// All of them, read once.
fn flows() -> &'static BTreeMap<String, Arc<Flow>> {
    static ALL: OnceLock<BTreeMap<String, Arc<Flow>>> = OnceLock::new();
    ALL.get_or_init(|| builtin().iter().map(|one| (one.id.to_owned(), super::flow(one.text))).collect())
}
