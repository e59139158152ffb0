//! Failed runs by cause: the stable code of what failed in them.

use longshore_engine::Fault;

use crate::error::Result;
use crate::store::Store;

/// Failed runs that are looked at, the newest.
const LOOKED_AT: u32 = 10_000;
/// Causes that are told, those of the most runs.
const CAUSES: u32 = 100;

/// A cause of failed runs.
#[derive(Debug, Clone, PartialEq)]
pub struct FaultCause {
    /// Failed runs with a task run that failed of it.
    pub runs: u64,
    /// These task runs.
    pub task_runs: u64,
    /// The newest of these runs.
    pub run: String,
    /// A task of it that failed so.
    pub task: String,
    /// Its fault; the code is what all have in common.
    pub fault: Fault,
}

impl Store {
    /// The causes of failed runs, the one of the most runs first, and how many failed runs there are. The newest 10,000 of these are looked at.
    pub fn fault_causes(&self) -> Result<(Vec<FaultCause>, u64)> {
        self.read(|sql| {
            let failed =
                sql.prepare_cached("SELECT count(*) FROM run WHERE state = 'failed'")?.query_row([], |row| row.get(0))?;
            // Beside `max` the other columns are those of the row that has it.
            let mut statement = sql.prepare_cached(
                "SELECT t.fault ->> 'code' AS code, count(DISTINCT t.run) AS runs, count(*), max(t.run), t.task, t.fault, r.id
                 FROM (SELECT key, id FROM run WHERE state = 'failed' ORDER BY key DESC LIMIT ?) r
                 CROSS JOIN task_run t ON t.run = r.key AND t.state = 'failed'
                 WHERE t.fault IS NOT NULL GROUP BY code ORDER BY runs DESC, code LIMIT ?",
            )?;
            let mut rows = statement.query((LOOKED_AT, CAUSES))?;
            let mut causes = Vec::new();
            while let Some(row) = rows.next()? {
                let fault = serde_json::from_str(row.get_ref(5)?.as_str()?)?;
                let (runs, task_runs, task, run) = (row.get(1)?, row.get(2)?, row.get(4)?, row.get(6)?);
                causes.push(FaultCause { runs, task_runs, run, task, fault });
            }
            Ok((causes, failed))
        })
    }
}
