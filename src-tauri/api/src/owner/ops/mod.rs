//! The operations, one file for each noun. Each is one implementation of [`super::dispatch::Answer`].

mod acts;
mod archive;
mod archiver;
mod audit;
mod backfill;
mod connection_export;
mod connection_test;
mod connections;
mod database;
mod datasets;
mod diagnostics;
mod flow_times;
mod flows;
mod grid;
mod host_keys;
mod imports;
mod ingest;
mod ledger;
mod limits;
mod lineage;
mod logs;
mod metrics;
mod moving;
mod place_acts;
mod places;
mod plain_runs;
mod plan_flow;
mod plans;
mod profiles;
mod rates;
mod remote;
mod report;
mod retrieve;
mod room;
mod runs;
mod schedules;
mod scicat;
pub(super) mod space;
mod storages;
mod tasks;
mod timeline;
mod transfers;
mod trigger;
mod uploads;
mod users;
mod variables;
mod versions;
mod works;
mod workspace;

pub(super) use moving::set as set_storages;
pub(super) use runs::run_rows;
pub(super) use variables::{hide_variables, number};

/// Rows of a page at most.
const PAGE: u32 = 500;

/// The number of rows to read for the number asked for: 0 means 100.
fn limit(asked: u32) -> u32 {
    if asked == 0 { 100 } else { asked.min(PAGE) }
}
