//! What the lists of runs read, whatever the machine is doing: indexes that hold all that is filtered and sorted by, and the rows of one page.
#![allow(clippy::unwrap_used)]

use longshore_testkit::many_runs;
use rusqlite::StatementStatus;

use super::*;
use crate::Options;

const RUNS: u32 = 2_000;

/// Every filter by flow, state and time in every order.
fn filters() -> Vec<RunFilter> {
    let time = i64::from(RUNS) * many_runs::APART;
    let mut filters = vec![RunFilter { limit: 50, offset: 40, ..RunFilter::default() }];
    let mut also = |change: fn(&mut RunFilter, i64)| {
        let mut more = filters.clone();
        for filter in &mut more {
            change(filter, time);
        }
        filters.append(&mut more);
    };
    also(|filter, _| filter.flow = Some("nightly".into()));
    also(|filter, _| filter.states = vec![RunState::Success, RunState::Cancelled]);
    also(|filter, time| (filter.since, filter.until) = (Some(time / 4), Some(time * 3 / 4)));
    also(|filter, _| filter.ascending = true);
    let orders = [RunOrder::Created, RunOrder::Started, RunOrder::Ended, RunOrder::Duration];
    filters.iter().flat_map(|filter| orders.map(|order| RunFilter { order, ..filter.clone() })).collect()
}

fn filled() -> (tempfile::TempDir, Connection) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("longshore.db");
    crate::Store::open(&path, &Options::default()).unwrap().close().unwrap();
    many_runs::fill(&path, RUNS, 5, 0).unwrap();
    (folder, Connection::open(&path).unwrap())
}

/// How a statement finds its rows in `run`, a line each.
fn plan(sql: &Connection, filter: &RunFilter, statement: &str) -> Vec<String> {
    let mut explained = sql.prepare(&format!("EXPLAIN QUERY PLAN {statement}")).unwrap();
    filter.bind(sql, &mut explained).unwrap();
    let mut rows = explained.raw_query();
    let mut lines = Vec::new();
    while let Some(row) = rows.next().unwrap() {
        lines.push(row.get::<_, String>(3).unwrap());
    }
    lines
}

#[test]
fn a_page_is_found_in_an_index_and_only_its_rows_are_read() {
    let (_folder, sql) = filled();
    for filter in filters() {
        for statement in [filter.count(), filter.rows(&select())] {
            for line in plan(&sql, &filter, &statement) {
                let by_key = line == "SEARCH r USING INTEGER PRIMARY KEY (rowid=?)";
                let reads_runs = line.starts_with("SCAN r") || line.starts_with("SEARCH r");
                assert!(by_key || !reads_runs || line.contains("USING COVERING INDEX"), "{line}\n{statement}");
            }
        }
    }
}

#[test]
fn what_a_page_costs_does_not_grow_with_the_task_runs_and_the_journal() {
    let (_folder, sql) = filled();
    for filter in filters() {
        let mut statement = sql.prepare(&filter.rows(&select())).unwrap();
        filter.bind(&sql, &mut statement).unwrap();
        let mut rows = statement.raw_query();
        let mut found = 0;
        while let Some(row) = rows.next().unwrap() {
            let run = record(&sql, row).unwrap();
            assert!(
                run.moved.is_some() || run.ended_at.is_none() || run.created_at <= 100 * many_runs::APART,
                "{run:?}"
            );
            found += 1;
        }
        drop(rows);
        assert!(found > 0, "{filter:?}");
        // SQLite's own steps: a few for each entry of the index that is passed over, some dozens for each row that is shown. There are
        // 100,000 task runs and 200,000 rows of the journal.
        let steps = statement.get_status(StatementStatus::VmStep);
        assert!(steps < 60_000, "{steps} steps\n{}", filter.rows(&select()));
    }
}
