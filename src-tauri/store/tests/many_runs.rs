//! Lists of a database with 100,000 runs and 5 million task runs. Run by hand:
//! `cargo test --release -p longshore-store --test many_runs -- --ignored --nocapture`.
#![allow(clippy::unwrap_used)]

mod common;

use std::time::{Duration, Instant};

use common::Place;
use longshore_engine::RunState;
use longshore_store::{Options, RunFilter, RunOrder, Store, TaskRunFilter};
use longshore_testkit::many_runs;

/// The median of eleven calls: what else goes on on the machine counts less.
fn median<T>(mut call: impl FnMut() -> T) -> (Duration, T) {
    let mut found = call();
    let mut times = [Duration::ZERO; 11];
    for time in &mut times {
        let begun = Instant::now();
        found = call();
        *time = begun.elapsed();
    }
    times.sort();
    (times[5], found)
}

fn pages(store: &Store, runs: u32) -> Vec<(&'static str, Duration)> {
    let (last, time) = (u64::from(runs) - 50, i64::from(runs) * many_runs::APART);
    let all = RunFilter { limit: 50, ..RunFilter::default() };
    let flow = Some("archive_dataset".to_owned());
    let states = vec![RunState::Failed];
    let half = (Some(time / 4), Some(time * 3 / 4));
    let filters = [
        ("first page", all.clone()),
        ("last page", RunFilter { offset: last, ..all.clone() }),
        ("one flow", RunFilter { flow: flow.clone(), offset: u64::from(runs) / 10, ..all.clone() }),
        ("failed", RunFilter { states: states.clone(), offset: u64::from(runs) / 20, ..all.clone() }),
        ("at work", RunFilter { states: vec![RunState::Running], ..all.clone() }),
        ("between two times", RunFilter { since: half.0, until: half.1, offset: u64::from(runs) / 4, ..all.clone() }),
        (
            "flow, state, time",
            RunFilter {
                flow,
                states: vec![RunState::Success],
                since: half.0,
                until: half.1,
                offset: u64::from(runs) / 50,
                ..all.clone()
            },
        ),
        ("longest first", RunFilter { order: RunOrder::Duration, offset: last / 2, ..all.clone() }),
        ("ended last", RunFilter { order: RunOrder::Ended, states, ..all.clone() }),
    ];
    let mut took = Vec::new();
    for (name, filter) in filters {
        let (time, page) = median(|| store.runs(&filter).unwrap());
        println!("{name:<20} {:>8.1} ms, {} of {}", time.as_secs_f64() * 1_000.0, page.rows.len(), page.total);
        assert!(!page.rows.is_empty(), "{name}");
        took.push((name, time));
    }
    took
}

fn measure(runs: u32) -> (Duration, Vec<(&'static str, Duration)>) {
    let place = Place::new();
    let path = place.path();
    place.store.close().unwrap();
    let begun = Instant::now();
    many_runs::fill(&path, runs, 5, 0).unwrap();
    let size = std::fs::metadata(&path).unwrap().len();
    println!(
        "{runs} runs, {} task runs: {} MiB, made in {:.0} s",
        runs * 50,
        size >> 20,
        begun.elapsed().as_secs_f64()
    );
    let begun = Instant::now();
    let store = Store::open(&path, &Options::default()).unwrap();
    let unfinished = store.unfinished_runs().unwrap();
    let opening = begun.elapsed();
    println!("{:<20} {:>8.1} ms", "opening", opening.as_secs_f64() * 1_000.0);
    assert_eq!(unfinished.len(), 5);
    let took = pages(&store, runs);
    let run = &unfinished[0];
    let (time, _) = median(|| store.task_summaries(run.as_str()).unwrap());
    println!("{:<20} {:>8.1} ms", "a run's tasks", time.as_secs_f64() * 1_000.0);
    let filter = TaskRunFilter { task: Some("pack".into()), offset: 20, limit: 20, ..TaskRunFilter::default() };
    let (time, page) = median(|| store.task_runs(run.as_str(), &filter).unwrap());
    println!("{:<20} {:>8.1} ms, {} of {}", "its task runs", time.as_secs_f64() * 1_000.0, page.rows.len(), page.total);
    let (time, counts) = median(|| store.run_counts().unwrap());
    println!("{:<20} {:>8.1} ms, {}", "counts for metrics", time.as_secs_f64() * 1_000.0, counts.len());
    (opening, took)
}

#[test]
fn lists_of_some_runs_are_right_and_quick() {
    let (_, took) = measure(2_000);
    assert!(took.iter().all(|(_, time)| *time < Duration::from_millis(500)), "{took:?}");
}

#[test]
#[ignore = "makes a database of some GiB"]
fn lists_of_a_hundred_thousand_runs_take_less_than_50_ms() {
    let (opening, took) = measure(100_000);
    assert!(opening < Duration::from_secs(1), "{opening:?}");
    let slow: Vec<_> = took.iter().filter(|(_, time)| *time >= Duration::from_millis(50)).collect();
    assert!(slow.is_empty(), "{slow:?}");
}
