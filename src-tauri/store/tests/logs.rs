//! Task logs: paged, bounded, packed, searched.
#![allow(clippy::unwrap_used)]

mod common;

use std::time::Duration;

use common::Place;
use longshore_store::{LogBounds, LogFilter, LogLine, LogRecord, MAX_LINE_BYTES, Search, Store};

fn line(task: &str, attempt: u32, level: &str, text: &str) -> LogLine {
    LogLine { at: 5, task: task.into(), index: None, attempt, level: level.into(), text: text.into() }
}

/// Every line that a filter finds, page by page.
fn all(store: &Store, run: &str, filter: &LogFilter) -> Vec<LogRecord> {
    let (mut after, mut all) = (0, Vec::new());
    loop {
        let page = store.log_page(run, &LogFilter { after, limit: 1_000, ..filter.clone() }).unwrap();
        let Some(last) = page.last() else { return all };
        assert!(page.windows(2).all(|pair| pair[0].seq < pair[1].seq) && page[0].seq > after);
        after = last.seq;
        all.extend(page);
    }
}

fn pack(store: &Store, run: &str, ended_at: i64) {
    while store.pack_log(run, ended_at).unwrap() {}
}

#[test]
fn lines_are_found_by_task_attempt_level_and_text_packed_or_not() {
    let place = Place::new();
    let store = &place.store;
    let mut lines =
        vec![line("pack", 1, "info", "Begins"), line("pack", 2, "error", "Disk FULL"), line("check", 1, "debug", "x")];
    lines.extend((0..5_000).map(|n| line("pack", 2, "info", &format!("block {n}"))));
    store.log("R1", &lines).unwrap();
    store.log("R1", &[line("pack", 1, "info", &"å".repeat(MAX_LINE_BYTES))]).unwrap();
    let look = || {
        let count = |filter: LogFilter| all(store, "R1", &filter).len();
        let of = |word: &str| Some(word.to_owned());
        [
            count(LogFilter::default()),
            count(LogFilter { task: of("check"), ..Default::default() }),
            count(LogFilter { attempt: Some(2), ..Default::default() }),
            count(LogFilter { level: of("warning"), ..Default::default() }),
            count(LogFilter { text: of("disk full"), ..Default::default() }),
            count(LogFilter { text: of("block 49"), ..Default::default() }),
        ]
    };
    assert_eq!(look(), [5_004, 1, 5_001, 1, 1, 111]);
    let before = all(store, "R1", &LogFilter::default());
    assert_eq!(before[5_003].line.text.len(), MAX_LINE_BYTES + "…".len());
    let bytes = store.log_bytes().unwrap();
    assert_eq!(store.unpacked_logs().unwrap(), ["R1"]);
    pack(store, "R1", 9);
    assert_eq!(store.unpacked_logs().unwrap(), Vec::<String>::new());
    assert_eq!(look(), [5_004, 1, 5_001, 1, 1, 111]);
    assert!(all(store, "R1", &LogFilter::default()) == before);
    assert!(store.log_bytes().unwrap() * 4 < bytes, "{} of {bytes}", store.log_bytes().unwrap());
    // A retry adds to it.
    store.log("R1", &[line("pack", 3, "info", "again")]).unwrap();
    assert_eq!(look()[0], 5_005);
    assert_eq!(all(store, "R1", &LogFilter::default()).last().unwrap().line.text, "again");
}

#[test]
fn of_a_long_log_the_beginning_and_the_end_are_kept() {
    let place = Place::new();
    let store = &place.store;
    store.set_log_bounds(LogBounds { attempt: 100_000, all: u64::MAX >> 1 });
    for batch in 0..100 {
        let lines: Vec<_> =
            (0..100).map(|n| line("pack", 1, "info", &format!("line {:05}", batch * 100 + n))).collect();
        store.log("R1", &lines).unwrap();
    }
    store.log("R1", &[line("pack", 2, "info", "another attempt")]).unwrap();
    let kept = all(store, "R1", &LogFilter { attempt: Some(1), ..Default::default() });
    let texts: Vec<&str> = kept.iter().map(|record| record.line.text.as_str()).collect();
    assert_eq!((texts[0], *texts.last().unwrap()), ("line 00000", "line 09999"));
    let note = texts.iter().position(|text| text.contains("left out here")).unwrap();
    assert_eq!(kept[note].line.level, "warning");
    let left: usize = texts[note].split(' ').next().unwrap().parse().unwrap();
    assert_eq!(left + kept.len() - 1, 10_000, "{}", texts[note]);
    // What is there follows without a gap but for the note.
    let numbers = |texts: &[&str]| texts.iter().map(|text| text[5..].parse::<usize>().unwrap()).collect::<Vec<_>>();
    let (head, tail) = (numbers(&texts[..note]), numbers(&texts[note + 1..]));
    assert!(head.iter().copied().eq(0..head.len()) && tail.iter().copied().eq(10_000 - tail.len()..10_000));
    let bytes: usize = texts.iter().map(|text| text.len() + 48).sum();
    assert!((80_000..=105_000).contains(&bytes), "{bytes}");
}

#[test]
fn all_logs_together_stay_within_their_bound_and_the_oldest_go_first() {
    let place = Place::new();
    let store = &place.store;
    // What packs badly.
    let noise = |n: u32| {
        format!("{:?}", (0..200_u32).map(|at| at.wrapping_mul(2_654_435_761).wrapping_add(n)).collect::<Vec<_>>())
    };
    for run in ["R1", "R2", "R3"] {
        let lines: Vec<_> = (0..300).map(|n| line("pack", 1, "info", &noise(n))).collect();
        store.log(run, &lines).unwrap();
    }
    // R2 ended first, R3 works still.
    pack(store, "R2", 10);
    pack(store, "R1", 20);
    let bound = store.log_bytes().unwrap() - 1;
    store.set_log_bounds(LogBounds { all: bound, ..LogBounds::default() });
    while store.prune_logs().unwrap() {}
    let texts =
        |run: &str| all(store, run, &LogFilter::default()).into_iter().map(|one| one.line.text).collect::<Vec<_>>();
    assert_eq!(texts("R2").len(), 1);
    assert!(texts("R2")[0].contains("let go of"), "{:?}", texts("R2"));
    assert_eq!((texts("R1").len(), texts("R3").len()), (300, 300));
    store.set_log_bounds(LogBounds { all: 1_000, ..LogBounds::default() });
    while store.prune_logs().unwrap() {}
    assert_eq!(texts("R1").len(), 1);
    assert!(texts("R3").len() == 1 && store.log_bytes().unwrap() <= 1_000, "{} bytes", store.log_bytes().unwrap());
}

#[test]
fn all_runs_are_searched_the_newest_first_and_a_search_goes_on() {
    let place = Place::new();
    let store = &place.store;
    for run in 1..=5 {
        let lines: Vec<_> = (0..10).map(|n| line("t", 1, "info", &format!("run {run} needle {n}"))).collect();
        store.log(&format!("R{run}"), &lines).unwrap();
    }
    pack(store, "R2", 1);
    let mut search = Search { text: "NEEDLE 7".into(), limit: 2, ..Search::default() };
    let mut found = Vec::new();
    loop {
        let page = store.search_logs(&search, Duration::from_secs(10)).unwrap();
        found.extend(page.lines.into_iter().map(|(run, _)| run));
        let Some(next) = page.next else { break };
        search.from = Some(next);
    }
    assert_eq!(found, ["R5", "R4", "R3", "R2", "R1"]);
    // No time at all: it says where to go on, and does.
    let page = store.search_logs(&Search { text: "needle".into(), ..Search::default() }, Duration::ZERO).unwrap();
    assert_eq!((page.lines.len(), page.next.map(|next| next.run)), (0, Some("R5".to_owned())));
}

#[test]
fn damaged_logs_are_put_aside_and_nothing_else_suffers() {
    let place = Place::new();
    place.store.log("R1", &[line("t", 1, "info", "lost")]).unwrap();
    place.store.close().unwrap();
    let path = place.folder.path().join("logs/tasks.db");
    std::fs::write(&path, "no database, but long enough to be looked at: ".repeat(100)).unwrap();
    let store = Store::open(&place.path(), &longshore_store::Options::default()).unwrap();
    assert_eq!(all(&store, "R1", &LogFilter::default()), []);
    assert_eq!(store.limits().unwrap().len(), 4);
    assert!(path.with_extension("db.damaged").exists());
}
