//! The order of the migrations. Each stands in the file of its table.

use rusqlite::Connection;

use crate::care::forget;
use crate::error::Work;
use crate::table::{
    asked, attempt, audit, block, checkpoint, connection, copy, dataset, described, digest, entry, expected,
    flow_version, folder, history, journal, limit, log_before, message, queue_message, run, run_moved, schedule,
    setting, space, storage, task_run, user, variable, work,
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
    space::MIGRATIONS,
    dataset::MIGRATIONS,
    entry::MIGRATIONS,
    folder::MIGRATIONS,
    digest::MIGRATIONS,
    expected::MIGRATIONS,
    described::MIGRATIONS,
    block::MIGRATIONS,
    copy::MIGRATIONS,
    history::MIGRATIONS,
    flow_version::MIGRATIONS,
    journal::MIGRATIONS,
    run::MIGRATIONS,
    run_moved::MIGRATIONS,
    task_run::MIGRATIONS,
    attempt::MIGRATIONS,
    checkpoint::MIGRATIONS,
    log_before::MIGRATIONS,
    forget::MIGRATIONS,
    audit::MIGRATIONS,
    connection::MIGRATIONS,
    message::MIGRATIONS,
    user::MIGRATIONS,
    asked::MIGRATIONS,
    work::MIGRATIONS,
    queue_message::MIGRATIONS,
];

/// The version that this program writes.
pub(crate) fn version() -> u32 {
    TABLES.iter().flat_map(|table| table.iter()).map(|step| step.to).max().unwrap_or(0)
}

/// Applies every step after version `found`, in ascending order, inside the caller's transaction.
pub(crate) fn apply(sql: &Connection, found: u32) -> Work<()> {
    apply_until(sql, found, version())
}

fn apply_until(sql: &Connection, found: u32, last: u32) -> Work<()> {
    for to in found + 1..=last {
        for step in TABLES.iter().flat_map(|table| table.iter()).filter(|step| step.to == to) {
            sql.execute_batch(step.sql)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::{LogFilter, Options, Store};

    #[test]
    fn an_older_database_is_copied_and_then_brought_up_to_date() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("longshore.db");
        let sql = Connection::open(&path).unwrap();
        apply_until(&sql, 0, 1).unwrap();
        sql.execute_batch(
            "PRAGMA application_id = 1280526418; PRAGMA user_version = 1; INSERT INTO run_id VALUES (1, 'R1');
             INSERT INTO log VALUES (1, 1, 't', -1, 1, 5, 'info', 'an older line');",
        )
        .unwrap();
        drop(sql);
        for time in 1..=5 {
            let store = Store::open(&path, &Options::default()).unwrap();
            let lines = store.log_page("R1", &LogFilter::default()).unwrap();
            assert_eq!(lines.iter().map(|one| one.line.text.as_str()).collect::<Vec<_>>(), ["an older line"]);
            store.close().unwrap();
            // Once for the migration, and not again.
            let copies: Vec<_> = std::fs::read_dir(folder.path().join("backups")).unwrap().collect();
            assert_eq!(copies.len(), 1, "at opening {time}");
            crate::restore(&folder.path().join(format!("restored-{time}.db")), &copies[0].as_ref().unwrap().path())
                .unwrap();
        }
        for _ in 0..4 {
            crate::restore(&path, &folder.path().join("restored-1.db")).unwrap();
            Store::open(&path, &Options::default()).unwrap().close().unwrap();
        }
        assert_eq!(std::fs::read_dir(folder.path().join("backups")).unwrap().count(), 3);
    }
}
