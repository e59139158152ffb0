//! Many callers at once: group commit, readers beside a busy writer, failures that stay with their caller.
#![allow(clippy::unwrap_used)]

mod common;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use common::{BATCH, Place};
use longshore_catalogue::{Catalogue, Error};
use longshore_engine::event::{Created, RunEvent, Span, TaskEvent};
use longshore_engine::{Event, Millis, RunId};
use longshore_store::{EntryRecord, Options, Page, Store, TaskRunFilter};
use serde_json::Map;

fn create(store: &Store, run: &str) {
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
    store
        .append_blocking(vec![Event::run(&RunId::from(run), Millis(1), RunEvent::Created(Box::new(created)))])
        .unwrap();
}

fn scheduled(run: &str, index: u32) -> Event {
    Event::task(&RunId::from(run), Millis(2), "t", Span::one(Some(index)), TaskEvent::Scheduled)
}

fn pages_in_wal(place: &std::path::Path) -> u64 {
    std::fs::metadata(place.with_extension("db-wal")).unwrap().len() / (4_096 + 24)
}

#[tokio::test(flavor = "current_thread")]
async fn changes_that_stand_in_line_share_a_commit() {
    let folder = tempfile::TempDir::new().unwrap();
    let path = folder.path().join("longshore.db");
    let store = Store::open(&path, &Options { busy: Duration::from_mins(1), ..Options::default() }).unwrap();
    create(&store, "R1");
    let before = pages_in_wal(&path);
    let other = rusqlite::Connection::open(&path).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let work = (0..200).map(|number| {
        let store = store.clone();
        tokio::spawn(async move { store.append(vec![scheduled("R1", number)]).await })
    });
    let work: Vec<_> = work.collect();
    // On this one thread, each of them has put its change in line once this one is run again.
    tokio::task::yield_now().await;
    other.execute_batch("ROLLBACK").unwrap();
    for task in work {
        task.await.unwrap().unwrap();
    }
    let pages = pages_in_wal(&path) - before;
    assert!(pages < 200, "{pages} pages for 200 changes, of which each alone takes several");
    assert_eq!(store.task_runs("R1", &TaskRunFilter::default()).unwrap().total, 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failure_in_a_group_is_its_callers_alone() {
    let place = Place::new();
    create(&place.store, "R1");
    let work = (0..400_u32).map(|number| {
        let store = place.store.clone();
        let run = if number % 3 == 0 { "R9" } else { "R1" };
        tokio::spawn(async move { (number, store.append(vec![scheduled("R1", number), scheduled(run, number)]).await) })
    });
    let mut kept = 0;
    for task in work.collect::<Vec<_>>() {
        let (number, outcome) = task.await.unwrap();
        assert_eq!(outcome.is_err(), number % 3 == 0, "{outcome:?}");
        kept += u64::from(outcome.is_ok());
    }
    assert_eq!(place.store.task_runs("R1", &TaskRunFilter::default()).unwrap().total, kept);
    assert_eq!(place.store.journal_standing().unwrap().rows, 1 + 2 * kept);
}

/// Reads pages until told to stop; gives the totals seen and the longest wait.
fn watch(store: &Store, stop: &AtomicBool) -> (BTreeMap<u64, usize>, Duration) {
    let (mut totals, mut longest) = (BTreeMap::new(), Duration::ZERO);
    while !stop.load(Ordering::Relaxed) {
        let begun = Instant::now();
        let page: Page<EntryRecord> = store.entry_page("pid", None, 0, 50).unwrap();
        longest = longest.max(begun.elapsed());
        *totals.entry(page.total).or_default() += 1;
    }
    (totals, longest)
}

#[test]
fn readers_see_whole_commits_beside_a_busy_writer() {
    let place = Place::new();
    let id = common::dataset(&place.store, "pid").id;
    let stop = AtomicBool::new(false);
    let entries: Vec<_> = common::tree(20_000).collect();
    let (seen, longest) = std::thread::scope(|scope| {
        let watchers: Vec<_> = (0..6).map(|_| scope.spawn(|| watch(&place.store, &stop))).collect();
        for batch in entries.chunks(BATCH) {
            place.store.add_entries(id, batch).unwrap();
        }
        stop.store(true, Ordering::Relaxed);
        let seen: Vec<_> = watchers.into_iter().map(|watcher| watcher.join().unwrap()).collect();
        let longest = seen.iter().map(|(_, longest)| *longest).max().unwrap();
        (seen.into_iter().flat_map(|(totals, _)| totals).collect::<BTreeMap<_, _>>(), longest)
    });
    assert!(seen.keys().all(|total| total % BATCH as u64 == 0), "half a batch was seen: {seen:?}");
    assert!(longest < Duration::from_secs(2), "a reader waited {longest:?}");
}

#[test]
fn calls_after_the_close_are_told_so_and_those_before_are_written() {
    let place = Place::new();
    let id = common::dataset(&place.store, "pid").id;
    let entries: Vec<_> = common::tree(20_000).collect();
    let told = std::thread::scope(|scope| {
        let lister = scope.spawn(|| {
            let told = entries.chunks(100).take_while(|batch| match place.store.add_entries(id, batch) {
                Ok(()) => true,
                Err(Error::Database(why)) => {
                    assert_eq!(why, "the database is closed");
                    false
                }
                Err(other) => panic!("{other}"),
            });
            told.count()
        });
        while place.store.entry_page("pid", None, 0, 1).unwrap().total < 500 {
            std::thread::yield_now();
        }
        place.store.close().unwrap();
        lister.join().unwrap()
    });
    let store = Store::open(&place.path(), &Options::default()).unwrap();
    assert_eq!(store.entry_page("pid", None, 0, 1).unwrap().total, 100 * told as u64);
}
