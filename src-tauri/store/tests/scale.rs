//! What the ledger costs: rows a second, bytes read and written for each row, memory. The large form is run by hand:
//! `cargo test --release -p longshore-store --test scale -- --ignored --nocapture`.
#![allow(clippy::unwrap_used)]

mod common;

use std::time::Instant;

use common::{BATCH, Place};
use longshore_catalogue::{BlockState, Catalogue, DatasetState, PathBytes, ProofMethod, Released};
use longshore_engine::event::{Created, RunEvent, Span, TaskEvent};
use longshore_engine::{Event, Millis, RunId};
use longshore_store::{DatasetFilter, Store};
use serde_json::Map;

/// One stage, measured.
struct Stage {
    name: &'static str,
    seconds: f64,
    /// Through system calls and to the disk, each read and written.
    bytes: [u64; 4],
}

fn io() -> [u64; 4] {
    let text = std::fs::read_to_string("/proc/self/io").unwrap();
    ["rchar", "wchar", "read_bytes", "write_bytes"].map(|name| {
        let line = text.lines().find(|line| line.starts_with(name)).unwrap();
        line.split_whitespace().last().unwrap().parse().unwrap()
    })
}

fn peak() -> u64 {
    longshore_testkit::resident_peak(std::process::id()).unwrap()
}

/// The whole way of a dataset through the ledger.
fn way(entries: usize) -> Vec<Stage> {
    let place = Place::new();
    let store = &place.store;
    let mut stages = Vec::new();
    let mut stage = |name, work: &mut dyn FnMut()| {
        let (before, begun) = (io(), Instant::now());
        work();
        let after = io();
        let bytes = std::array::from_fn(|at| after[at] - before[at]);
        stages.push(Stage { name, seconds: begun.elapsed().as_secs_f64(), bytes });
    };
    let mut dataset = common::dataset(store, "scale");
    stage("list", &mut || dataset = common::list(store, dataset.id, entries));
    stage("land", &mut || assert_eq!(common::land(store, dataset.id) as u64, dataset.totals.files));
    let mut block = None;
    stage("plan", &mut || {
        common::pages(|after| store.entries_after(dataset.id, after, BATCH), |_| ());
        block = Some(common::whole_block(store, &dataset));
    });
    let block = block.unwrap();
    stage("pack", &mut || common::write(store, &block));
    stage("verify", &mut || {
        common::prove(store, &block, 2_000);
        store.block_verified(block.id, BlockState::Proved, &[], 2_000, ProofMethod::Medium).unwrap();
    });
    stage("release", &mut || {
        common::pages(
            |after| store.releasable_after(dataset.id, after, BATCH),
            |page| {
                let released: Vec<_> = page.iter().map(|entry| Released { entry: entry.id, at: 3_000 }).collect();
                store.record_released(dataset.id, &released).unwrap();
            },
        );
    });
    assert_eq!(store.dataset("scale").unwrap().state, DatasetState::Archived);
    look(store, entries);
    stage("close", &mut || store.close().unwrap());
    let size = std::fs::metadata(place.path()).unwrap().len();
    println!("{entries} entries: database {} B a row, peak memory {} MiB", size / entries as u64, peak() >> 20);
    stages
}

/// What the pages of a window ask for, each timed.
fn look(store: &Store, entries: usize) {
    let time = |name: &str, work: &dyn Fn() -> u64| {
        let begun = Instant::now();
        let found = work();
        println!("{name:<26} {:>8.1} ms, {found} found", begun.elapsed().as_secs_f64() * 1_000.0);
    };
    let last = entries as u64 - 50;
    time("datasets", &|| store.datasets(&DatasetFilter::default()).unwrap().total);
    time("first page", &|| store.entry_page("scale", None, 0, 50).unwrap().total);
    time("last page", &|| store.entry_page("scale", None, last, 50).unwrap().total);
    time("folder of folders", &|| store.folder_page("scale", &PathBytes::from("data"), 100, 50).unwrap().total);
    time("search that finds one", &|| store.entry_page("scale", Some("image_00000077"), 0, 50).unwrap().total);
    time("search that finds many", &|| store.entry_page("scale", Some(".tif"), 0, 50).unwrap().total);
    time("find by name", &|| store.find_records("nothing like it", 50).unwrap().len() as u64);
    let unknown = "ab".repeat(32);
    time("find by checksum", &|| store.find_records(&unknown, 50).unwrap().len() as u64);
}

fn show(entries: usize, stages: &[Stage]) {
    println!("{:<8} {:>9} {:>9} {:>7} {:>7} {:>7} {:>7}", "stage", "s", "rows/s", "rchar", "wchar", "read", "write");
    for stage in stages {
        let [a, b, c, d] = stage.bytes.map(|bytes| bytes / entries as u64);
        let rate = entries as f64 / stage.seconds;
        println!("{:<8} {:>9.2} {rate:>9.0} {a:>7} {b:>7} {c:>7} {d:>7}", stage.name, stage.seconds);
    }
}

/// Bytes a row that the stages from planning on read and write, through system calls.
fn archiving(entries: usize, stages: &[Stage]) -> u64 {
    stages.iter().skip(2).map(|stage| stage.bytes[0] + stage.bytes[1]).sum::<u64>() / entries as u64
}

#[test]
fn archiving_costs_few_bytes_a_row() {
    let stages = way(20_000);
    show(20_000, &stages);
    let bytes = archiving(20_000, &stages);
    assert!(bytes < 700, "{bytes} bytes a row from the plan to the release");
}

#[test]
#[ignore = "a minute; by hand or in the soak"]
fn a_million_entries() {
    for entries in [50_000, 1_000_000] {
        let stages = way(entries);
        show(entries, &stages);
    }
    assert!(peak() < 100 << 20, "peak memory {} bytes", peak());
}

fn created() -> Event {
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
    Event::run(&RunId::from("R1"), Millis(1), RunEvent::Created(Box::new(created)))
}

fn scheduled(index: u32) -> Event {
    Event::task(&RunId::from("R1"), Millis(2), "t", Span::one(Some(index)), TaskEvent::Scheduled)
}

/// Many tasks append one event at a time; gives appends a second.
async fn appends(store: &Store, tasks: u32, each: u32) -> f64 {
    let begun = Instant::now();
    let work = (0..tasks).map(|task| {
        let store = store.clone();
        tokio::spawn(async move {
            for number in 0..each {
                store.append(vec![scheduled(task * each + number)]).await.unwrap();
            }
        })
    });
    for task in work.collect::<Vec<_>>() {
        task.await.unwrap();
    }
    f64::from(tasks * each) / begun.elapsed().as_secs_f64()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a measurement"]
async fn appends_a_second() {
    let place = Place::new();
    place.store.append(vec![created()]).await.unwrap();
    for (tasks, each) in [(1, 1_000), (2, 1_000), (10, 1_000), (200, 100)] {
        println!("{tasks} callers: {:.0} appends a second", appends(&place.store, tasks, each).await);
    }
    assert_eq!(place.store.journal_standing().unwrap().rows, 1 + 1_000 + 2_000 + 10_000 + 20_000);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a measurement"]
async fn appends_beside_a_listing_wait_shortly() {
    let place = Place::new();
    place.store.append(vec![created()]).await.unwrap();
    let (store, id) = (place.store.clone(), common::dataset(&place.store, "scale").id);
    let listing = tokio::task::spawn_blocking(move || common::list(&store, id, 300_000));
    let mut waits = Vec::new();
    while !listing.is_finished() {
        let begun = Instant::now();
        let index = u32::try_from(waits.len()).unwrap();
        place.store.append(vec![scheduled(index)]).await.unwrap();
        waits.push(begun.elapsed());
    }
    listing.await.unwrap();
    waits.sort();
    let [half, most, longest] = [waits.len() / 2, waits.len() * 99 / 100, waits.len() - 1].map(|at| waits[at]);
    println!(
        "{} appends beside a listing: half within {half:?}, 99 % within {most:?}, the longest {longest:?}",
        waits.len()
    );
    assert!(longest.as_secs() < 2, "{longest:?}");
}
