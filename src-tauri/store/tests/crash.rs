//! A process that writes is killed: what it was told is written is there, whole; what it was not told is absent or there whole.
#![allow(clippy::unwrap_used)]

mod common;

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use common::{digests, entry};
use longshore_catalogue::{Catalogue, EntryKind, NewDataset};
use longshore_engine::event::{Created, RunEvent, Span, TaskEvent};
use longshore_engine::{Event, Millis, RunId};
use longshore_store::{Checkpoint, Options, RunFilter, Store, TaskRunFilter};
use serde_json::{Map, json};
use tempfile::TempDir;

/// The database that the child writes.
const CHILD: &str = "LONGSHORE_STORE_CRASH_CHILD";
/// Entries in a batch of the child; each batch begins with a folder.
const BATCH: u64 = 50;
/// Task runs in an append of the child.
const PAIR: u64 = 2;

fn tell(word: &str, number: u64) {
    let mut out = std::io::stdout().lock();
    writeln!(out, "told {word} {number}").unwrap();
    out.flush().unwrap();
}

/// Appends to the journal without end, two task runs at a time, and saves a checkpoint after each.
fn append(store: &Store) {
    let run = RunId::from("R1");
    let created = Created {
        flow: "f".into(),
        version: "v".into(),
        params: Map::new(),
        vars: Map::new(),
        key: None,
        parent: None,
        scheduled: None,
        guard: None,
        priority: None,
    };
    store.append_blocking(vec![Event::run(&run, Millis(1), RunEvent::Created(Box::new(created)))]).unwrap();
    for number in 0_u64.. {
        let event = |at: u64| {
            let task = format!("t{}", number * PAIR + at);
            Event::task(&run, Millis(2), &task, Span::one(None), TaskEvent::Scheduled)
        };
        store.append_blocking((0..PAIR).map(event).collect()).unwrap();
        tell("journal", number + 1);
        let checkpoint = Checkpoint { saved: json!(number + 1), written: 0 };
        store.save_checkpoint("R1", "t0", None, &checkpoint).unwrap();
        tell("checkpoint", number + 1);
    }
}

/// Lists without end, a folder with its files at a time, and lands the files.
fn list(store: &Store) {
    let id = store.dataset("pid").unwrap().id;
    for number in 0_u64.. {
        let mut batch = vec![entry(&format!("folder-{number}"), EntryKind::Folder, 0)];
        batch.extend((1..BATCH).map(|at| entry(&format!("folder-{number}/{at}"), EntryKind::File, 1)));
        store.add_entries(id, &batch).unwrap();
        tell("listed", number + 1);
        let files = store.unlanded_after(id, 0, 100).unwrap();
        let landed: Vec<_> = files.iter().map(|file| (file.id, digests(file.id))).collect();
        store.record_landed(id, &landed).unwrap();
        tell("landed", number + 1);
    }
}

#[test]
#[ignore = "the child of the tests below"]
fn child() {
    let path = std::env::var(CHILD).expect("started by the tests below");
    let store = Store::open(Path::new(&path), &Options::default()).unwrap();
    let new = NewDataset { pid: "pid".into(), name: "name".into(), sources: vec![], created_at: 1 };
    store.create_dataset(&new).unwrap();
    std::thread::scope(|scope| {
        scope.spawn(|| append(&store));
        scope.spawn(|| list(&store));
    });
}

fn start(path: &Path) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "child", "--ignored", "--nocapture"])
        .env(CHILD, path)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// What the child was told, the highest number of each word.
#[derive(Debug, Default)]
struct Told {
    journal: u64,
    checkpoint: u64,
    listed: u64,
    landed: u64,
}

impl Told {
    fn take(&mut self, line: &str) -> Option<()> {
        let (word, number) = line.split_once("told ")?.1.split_once(' ')?;
        let slot = match word {
            "journal" => &mut self.journal,
            "checkpoint" => &mut self.checkpoint,
            "listed" => &mut self.listed,
            _ => &mut self.landed,
        };
        *slot = number.parse().ok()?;
        Some(())
    }
}

/// Kills the child after it was told this many times, and gives all that it was told.
fn kill_after(path: &Path, times: usize) -> Told {
    let mut child = start(path);
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let (mut told, mut heard) = (Told::default(), 0);
    while heard < times {
        let line = lines.next().expect("the child ended by itself").unwrap();
        heard += usize::from(told.take(&line).is_some());
    }
    child.kill().unwrap();
    child.wait().unwrap();
    // What it had said before it died, and nobody had read yet. The last line may be torn.
    for line in lines.map_while(Result::ok) {
        told.take(&line);
    }
    told
}

fn examine(path: &Path, told: &Told) {
    let store = Store::open(path, &Options::default()).unwrap();
    assert_eq!(store.check().unwrap(), Vec::<String>::new());

    let appended = store.events(&RunId::from("R1")).unwrap().len() as u64 - 1;
    assert!(appended >= told.journal * PAIR && appended.is_multiple_of(PAIR), "{appended} task runs, {told:?}");
    let rows = || store.task_runs("R1", &TaskRunFilter { limit: 1_000, ..Default::default() }).unwrap();
    let before = rows();
    assert_eq!(before.total, appended, "states and journal differ");
    let saved = store.checkpoint("R1", "t0", None).unwrap().map_or(0, |checkpoint| checkpoint.saved.as_u64().unwrap());
    assert!(saved >= told.checkpoint, "checkpoint {saved}, {told:?}");
    store.rebuild_from_journal().unwrap();
    assert_eq!(rows(), before, "what follows from the journal differs");
    assert_eq!(store.runs(&RunFilter::default()).unwrap().total, 1);

    let entries = store.entry_page("pid", None, 0, 1).unwrap().total;
    assert!(entries >= told.listed * BATCH && entries.is_multiple_of(BATCH), "{entries} entries, {told:?}");
    let summary = store.dataset_summary("pid").unwrap();
    let files = summary.landing_files;
    assert!(files >= told.landed * (BATCH - 1) && files.is_multiple_of(BATCH - 1), "{files} landed, {told:?}");
    let finished = store.finish_listing(summary.dataset.id, 0).unwrap();
    assert_eq!(finished.totals.folders * BATCH, entries);
}

#[test]
fn what_was_told_survives_a_kill_at_any_instant() {
    for times in [3, 10, 37, 80, 150, 400] {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("longshore.db");
        let told = kill_after(&path, times);
        examine(&path, &told);
    }
}

#[test]
#[ignore = "minutes; by hand or in the soak"]
fn what_was_told_survives_a_kill_at_two_hundred_instants() {
    for times in 1..200 {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("longshore.db");
        let told = kill_after(&path, 1 + times * 7 % 613);
        examine(&path, &told);
    }
}
