//! The flows in force: those built in, and the operator's own from the workspace's folder.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use longshore_engine::flow::{Kinds, MOST_BYTES, too_large};
use longshore_engine::{Fault, Flow};
use longshore_flows::{BuiltIn, KindSet};
use longshore_runner::FlowSource;
use longshore_store::{FlowVersion, Store};
use serde_json::json;

use crate::check::known;
use crate::events::lock;

/// A flow in force.
#[derive(Clone)]
pub(crate) struct InForce {
    /// The flow.
    pub(crate) flow: Arc<Flow>,
    /// Inside the binary.
    pub(crate) built_in: bool,
    /// Why a newer text of it is refused.
    pub(crate) refused: Option<Fault>,
    /// File of one of the operator's own.
    pub(crate) file: Option<String>,
}

/// The flows, and the kinds of task that they can be made of.
pub(crate) struct Shelf {
    folder: PathBuf,
    store: Store,
    kinds: KindSet,
    known: Kinds,
    in_force: Mutex<BTreeMap<String, InForce>>,
    refused: Mutex<Vec<Fault>>,
}

impl Shelf {
    /// Reads them all.
    pub(crate) fn open(folder: &Path, store: Store) -> Result<Self, Fault> {
        let kinds = longshore_flows::kinds();
        let shelf = Self {
            folder: folder.to_owned(),
            store,
            known: known(&kinds),
            kinds,
            in_force: Mutex::default(),
            refused: Mutex::default(),
        };
        shelf.reload()?;
        Ok(shelf)
    }

    /// The kinds of task.
    pub(crate) fn kinds(&self) -> KindSet {
        self.kinds.clone()
    }

    /// The flows in force, by id.
    pub(crate) fn all(&self) -> Vec<InForce> {
        lock(&self.in_force).values().cloned().collect()
    }

    /// Refused files whose flow was never good, and so has no id that could be shown.
    pub(crate) fn refused(&self) -> Vec<Fault> {
        lock(&self.refused).clone()
    }

    /// A flow in force.
    pub(crate) fn get(&self, id: &str) -> Result<InForce, Fault> {
        lock(&self.in_force).get(id).cloned().ok_or_else(|| unknown(id))
    }

    /// A flow in force by its id or by one of its aliases. An id goes before an alias, and of flows that share one, one that is built in before
    /// others: a copy of it under another id does not take its place unasked.
    pub(crate) fn find(&self, name: &str) -> Result<InForce, Fault> {
        let flows = lock(&self.in_force);
        let named = |one: &&InForce| one.flow.aliases.iter().any(|alias| alias == name);
        let aliased = || flows.values().filter(named).min_by_key(|one| !one.built_in);
        flows.get(name).or_else(aliased).cloned().ok_or_else(|| unknown(name))
    }

    /// Checks a text against the kinds of task that there are.
    pub(crate) fn parse(&self, file: &str, text: &str) -> Result<Flow, Vec<Fault>> {
        Flow::parse(file, text, Some(&self.known))
    }

    /// Reads the folder again. A file that is refused leaves the version that was good in force, across restarts too.
    pub(crate) fn reload(&self) -> Result<(), Fault> {
        let mut flows = self.built_in()?;
        let mut refused = Vec::new();
        for path in files(&self.folder) {
            let file = crate::fault::text(&path);
            match self.file(&path, &file)? {
                Ok(flow) => refused.extend(put(&mut flows, flow)),
                Err(fault) => refused.push(fault),
            }
        }
        *lock(&self.in_force) = flows;
        *lock(&self.refused) = refused;
        Ok(())
    }

    fn built_in(&self) -> Result<BTreeMap<String, InForce>, Fault> {
        let read = |built_in: &BuiltIn| {
            let flow = self.parse(built_in.file, built_in.text).map_err(|faults| first(built_in.file, faults))?;
            Ok((flow.id.clone(), InForce { flow: Arc::new(flow), built_in: true, refused: None, file: None }))
        };
        longshore_flows::builtin().iter().map(read).collect()
    }

    /// A file's flow, or why it has none. The outer error is the database's.
    fn file(&self, path: &Path, file: &str) -> Result<Result<InForce, Fault>, Fault> {
        let setting = format!("flow.file.{file}");
        let faults = match read(path).map(|text| self.parse(file, &text)) {
            Ok(Ok(flow)) => {
                let version = FlowVersion {
                    version: flow.version.clone(),
                    flow: flow.id.clone(),
                    source: flow.source.to_string(),
                };
                self.store.keep_flow_version(&version)?;
                self.store.set_setting(&setting, &json!(flow.version))?;
                return Ok(Ok(InForce {
                    flow: Arc::new(flow),
                    built_in: false,
                    refused: None,
                    file: Some(file.to_owned()),
                }));
            }
            Ok(Err(faults)) => faults,
            Err(error) => {
                vec![
                    Fault::permanent("flow.unreadable", format!("{file} cannot be read"), error.to_string())
                        .at(format!("{file}:1:1")),
                ]
            }
        };
        let fault = first(file, faults);
        Ok(match self.last_good(&setting, file)? {
            Some(flow) => {
                Ok(InForce { flow: Arc::new(flow), built_in: false, refused: Some(fault), file: Some(file.to_owned()) })
            }
            None => Err(fault),
        })
    }

    fn last_good(&self, setting: &str, file: &str) -> Result<Option<Flow>, Fault> {
        let Some(version) = self.store.setting(setting)? else { return Ok(None) };
        let kept = self.store.flow_version(version.as_str().unwrap_or_default())?;
        Ok(self.parse(file, &kept.source).ok())
    }
}

/// Puts one of the operator's own flows in force. It takes the place of a built-in one of its id, but not of another of their own.
fn put(flows: &mut BTreeMap<String, InForce>, flow: InForce) -> Option<Fault> {
    let other = flows.get(&flow.flow.id).and_then(|other| other.file.clone());
    if let (Some(first), Some(second)) = (other, &flow.file) {
        let id = &flow.flow.id;
        let what = format!("The flow in {second} is not in force");
        let why = format!("its id {id:?} is that of the flow in {first}");
        let fault = Fault::permanent("flow.twice", what, why).now("Give one of them another id.");
        return Some(fault.at(format!("{second}:1:1")).on_file(first));
    }
    flows.insert(flow.flow.id.clone(), flow);
    None
}

impl FlowSource for Shelf {
    fn flow(&self, id: &str) -> Result<Arc<Flow>, Fault> {
        Ok(self.find(id)?.flow)
    }
}

/// The flow files of a folder, by name. Hidden ones are what editors leave while they write.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let wanted = |path: &PathBuf| {
        let yaml = path.extension().is_some_and(|extension| extension == "yaml" || extension == "yml");
        yaml && !path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."))
    };
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.path()).filter(wanted).collect();
    files.sort();
    files
}

fn read(path: &Path) -> std::io::Result<String> {
    let bytes = path.metadata()?.len();
    if bytes > MOST_BYTES {
        return Err(std::io::Error::other(too_large(&crate::fault::text(path), bytes).why));
    }
    std::fs::read_to_string(path)
}

/// The first of several faults, which names the others.
pub(crate) fn first(file: &str, faults: Vec<Fault>) -> Fault {
    let mut faults = faults.into_iter();
    let unread = || Fault::permanent("flow.unreadable", format!("{file} cannot be read"), "Nothing more is known");
    let mut fault = faults.next().unwrap_or_else(unread);
    fault.also.extend(
        faults.map(|other| format!("{}: {}: {}", other.at.unwrap_or_default(), other.what, other.why)).take(100),
    );
    fault
}

fn unknown(id: &str) -> Fault {
    Fault::permanent("flow.unknown", format!("There is no flow {id:?}"), "No flow of this id is in force")
        .now("See the flows with: longshore flow list")
}
