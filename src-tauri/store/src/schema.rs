//! The order of the migrations. Each stands in the file of its table.

use rusqlite::Connection;

use crate::error::Work;
use crate::table::{
    attempt, audit, block, checkpoint, copy, dataset, digest, entry, flow_version, folder, history, journal, limit,
    log, run, schedule, setting, storage, task_run, variable,
};

/// A step of the schema.
pub(crate) struct Migration {
    /// The schema's version after it; several tables may change in one version.
    pub(crate) to: u32,
    /// What to do.
    pub(crate) sql: &'static str,
}

const TABLES: &[&[Migration]] = &[
    setting::MIGRATIONS,
    schedule::MIGRATIONS,
    variable::MIGRATIONS,
    limit::MIGRATIONS,
    storage::MIGRATIONS,
    dataset::MIGRATIONS,
    entry::MIGRATIONS,
    folder::MIGRATIONS,
    digest::MIGRATIONS,
    block::MIGRATIONS,
    copy::MIGRATIONS,
    history::MIGRATIONS,
    flow_version::MIGRATIONS,
    journal::MIGRATIONS,
    run::MIGRATIONS,
    task_run::MIGRATIONS,
    attempt::MIGRATIONS,
    checkpoint::MIGRATIONS,
    log::MIGRATIONS,
    audit::MIGRATIONS,
];

/// The version that this program writes.
pub(crate) fn version() -> u32 {
    TABLES.iter().flat_map(|table| table.iter()).map(|step| step.to).max().unwrap_or(0)
}

/// Applies every step after version `found`, in ascending order, inside the caller's transaction.
pub(crate) fn apply(sql: &Connection, found: u32) -> Work<()> {
    for to in found + 1..=version() {
        for step in TABLES.iter().flat_map(|table| table.iter()).filter(|step| step.to == to) {
            sql.execute_batch(step.sql)?;
        }
    }
    Ok(())
}
