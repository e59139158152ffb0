//! Pages of runs, of a hundred thousand too: what is filtered and sorted by is read from one narrow index, and only the rows of the page
//! are fetched.

use longshore_engine::RunState;
use rusqlite::{Connection, Row, named_params};

use crate::error::{Result, Work};
use crate::page::{self, Page};
use crate::store::Store;
use crate::table::dataset;
use crate::table::run::{RunRecord, record, select};
use crate::words::Word as _;

/// By what runs are sorted, the highest first.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum RunOrder {
    /// When they were created.
    #[default]
    Created,
    /// When they first started.
    Started,
    /// When they ended.
    Ended,
    /// How long they took; of those that have not ended, nothing.
    Duration,
}

/// Which runs to list.
#[derive(Debug, Clone, Default)]
pub struct RunFilter {
    /// These runs, by id; empty for all.
    pub runs: Vec<String>,
    /// One flow.
    pub flow: Option<String>,
    /// One of these flows; empty for all.
    pub flows: Vec<String>,
    /// One dataset, by pid or name.
    pub dataset: Option<String>,
    /// States; empty for all.
    pub states: Vec<RunState>,
    /// Part of id, key, flow, or of the dataset's name or pid; ASCII letters in either case.
    pub search: Option<String>,
    /// Those that one run started.
    pub parent: Option<String>,
    /// Those created at or after this time, in milliseconds since the epoch, as all times.
    pub since: Option<i64>,
    /// Those created before this time.
    pub until: Option<i64>,
    /// Those that ended at or after this time.
    pub ended_since: Option<i64>,
    /// Those that ended before this time.
    pub ended_until: Option<i64>,
    /// Those that started at or after this time.
    pub started_since: Option<i64>,
    /// Those that started before this time.
    pub started_until: Option<i64>,
    /// Those that failed, or that hold a queued task run whose wait has `space` in it.
    pub needs_somebody: bool,
    /// Those with a failed task run whose fault has this code.
    pub fault: Option<String>,
    /// What they are sorted by.
    pub order: RunOrder,
    /// The lowest first.
    pub ascending: bool,
    /// Rows to pass over.
    pub offset: u64,
    /// Rows wanted, at most 1,000; 0 means 100.
    pub limit: u32,
}

const NEEDS_SOMEBODY: &str = "r.state IN ('failed', 'running', 'paused') AND (r.state = 'failed' OR EXISTS (
    SELECT 1 FROM task_run t WHERE t.run = r.key AND t.state = 'queued' AND t.waits LIKE '%space%'))";

const FAULT: &str = "EXISTS (
    SELECT 1 FROM task_run t WHERE t.run = r.key AND t.state = 'failed' AND t.fault ->> 'code' = :fault)";

const SEARCH: &str =
    "(r.id LIKE :search ESCAPE '\\' OR r.run_key LIKE :search ESCAPE '\\' OR r.flow LIKE :search ESCAPE '\\'
    OR r.dataset LIKE :search ESCAPE '\\'
    OR EXISTS (SELECT 1 FROM dataset d WHERE d.pid = r.dataset AND d.name LIKE :search ESCAPE '\\'))";

impl RunFilter {
    /// Where to look, and what for.
    fn source(&self) -> String {
        let states = self.states.iter().map(|state| format!("'{}'", state.word())).collect::<Vec<_>>().join(", ");
        let wide = [
            (!self.runs.is_empty(), "r.id IN (SELECT value FROM json_each(:runs))".to_owned()),
            (self.dataset.is_some(), "r.dataset = :dataset".to_owned()),
            (self.parent.is_some(), "r.parent = :parent".to_owned()),
            (self.ended_since.is_some(), "r.ended_at >= :ended".to_owned()),
            (self.ended_until.is_some(), "r.ended_at < :ended_until".to_owned()),
            (self.started_since.is_some(), "r.started_at >= :started".to_owned()),
            (self.started_until.is_some(), "r.started_at < :started_until".to_owned()),
            (!self.flows.is_empty(), "r.flow IN (SELECT value FROM json_each(:flows))".to_owned()),
            (self.needs_somebody, NEEDS_SOMEBODY.to_owned()),
            (self.fault.is_some(), FAULT.to_owned()),
            (self.search.is_some(), SEARCH.to_owned()),
        ];
        let narrow = [
            (self.flow.is_some(), "r.flow = :flow".to_owned()),
            (!self.states.is_empty(), format!("r.state IN ({states})")),
            (self.since.is_some(), "r.created_at >= :since".to_owned()),
            (self.until.is_some(), "r.created_at < :until".to_owned()),
        ];
        // What the narrow index does not hold has an index of its own, or needs the rows in any case.
        let index = if wide.iter().any(|(asked, _)| *asked) { "" } else { self.index() };
        let asked = wide.into_iter().chain(narrow).filter(|(asked, _)| *asked).map(|(_, condition)| condition);
        let conditions = asked.collect::<Vec<_>>().join(" AND ");
        let conditions = if conditions.is_empty() { String::new() } else { format!("WHERE {conditions}") };
        format!("FROM run r {index} {conditions}")
    }

    /// The index that holds all that is asked for, and leads with what leaves the fewest.
    fn index(&self) -> &'static str {
        let of_flow_alone = self.states.is_empty() && self.since.is_none() && self.until.is_none();
        match self.order {
            RunOrder::Created if self.flow.is_some() && of_flow_alone => "INDEXED BY run_of_flow",
            _ if self.flow.is_some() => "INDEXED BY run_by_flow",
            _ if !self.states.is_empty() => "INDEXED BY run_by_state",
            RunOrder::Created => "INDEXED BY run_narrow",
            RunOrder::Started => "INDEXED BY run_by_start",
            RunOrder::Ended => "INDEXED BY run_by_end",
            RunOrder::Duration => "INDEXED BY run_by_duration",
        }
    }

    fn sorting(&self) -> String {
        let down = if self.ascending { "" } else { "DESC" };
        match self.order {
            RunOrder::Created => format!("r.key {down}"),
            RunOrder::Started => format!("r.started_at {down}, r.key {down}"),
            RunOrder::Ended => format!("r.ended_at {down}, r.key {down}"),
            RunOrder::Duration => format!("r.ended_at - r.started_at {down}, r.key {down}"),
        }
    }

    /// Selects the rows of the page.
    fn rows(&self, select: &str) -> String {
        let (source, sorting) = (self.source(), self.sorting());
        let (limit, offset) = (page::limit(self.limit), self.offset);
        format!(
            "{select} WHERE r.key IN (SELECT r.key {source} ORDER BY {sorting} LIMIT {limit} OFFSET {offset}) ORDER BY {sorting}"
        )
    }

    fn count(&self) -> String {
        format!("SELECT count(*) {}", self.source())
    }

    fn bind(&self, sql: &Connection, statement: &mut rusqlite::Statement<'_>) -> Work<()> {
        let dataset = match &self.dataset {
            Some(named) => dataset::find_pid(sql, named)?.or(Some(named.clone())),
            None => None,
        };
        let search = self.search.as_deref().map(page::anywhere_text);
        let (runs, flows) = (serde_json::to_string(&self.runs)?, serde_json::to_string(&self.flows)?);
        let values = named_params! {
            ":flow": self.flow, ":dataset": dataset, ":parent": self.parent, ":ended": self.ended_since, ":search": search,
            ":since": self.since, ":until": self.until, ":runs": runs, ":flows": flows,
            ":ended_until": self.ended_until, ":started": self.started_since, ":started_until": self.started_until,
            ":fault": self.fault,
        };
        for (name, value) in values {
            if let Some(at) = statement.parameter_index(name)? {
                statement.raw_bind_parameter(at, value)?;
            }
        }
        Ok(())
    }
}

/// A page of what a selection reads of runs.
pub(crate) fn page_by<T>(
    sql: &Connection,
    filter: &RunFilter,
    select: &str,
    record: impl Fn(&Connection, &Row<'_>) -> Work<T>,
) -> Work<Page<T>> {
    let rows = rows_by(sql, filter, select, record)?;
    // The last page tells how many there are. So what finds little is looked for once, and not once more to be counted.
    let last = rows.len() < page::limit(filter.limit) as usize && (filter.offset == 0 || !rows.is_empty());
    let total = if last { filter.offset + rows.len() as u64 } else { count(sql, filter)? };
    Ok(Page { rows, total })
}

fn count(sql: &Connection, filter: &RunFilter) -> Work<u64> {
    let mut count = sql.prepare_cached(&filter.count())?;
    filter.bind(sql, &mut count)?;
    let mut found = count.raw_query();
    Ok(found.next()?.map_or(Ok(0), |row| row.get(0))?)
}

fn rows_by<T>(
    sql: &Connection,
    filter: &RunFilter,
    select: &str,
    record: impl Fn(&Connection, &Row<'_>) -> Work<T>,
) -> Work<Vec<T>> {
    let mut statement = sql.prepare_cached(&filter.rows(select))?;
    filter.bind(sql, &mut statement)?;
    let mut found = statement.raw_query();
    let mut rows = Vec::new();
    while let Some(row) = found.next()? {
        rows.push(record(sql, row)?);
    }
    Ok(rows)
}

impl Store {
    /// A page of runs, newest first unless the filter says otherwise.
    pub fn runs(&self, filter: &RunFilter) -> Result<Page<RunRecord>> {
        self.read(|sql| page_by(sql, filter, &select(), record))
    }

    /// The rows of such a page alone: how many there are in all is not counted.
    pub fn run_rows(&self, filter: &RunFilter) -> Result<Vec<RunRecord>> {
        self.read(|sql| rows_by(sql, filter, &select(), record))
    }

    /// How many runs there are, by flow and state.
    pub fn run_counts(&self) -> Result<Vec<(String, RunState, u64)>> {
        self.read(|sql| {
            let mut statement = sql.prepare_cached("SELECT flow, state, count(*) FROM run GROUP BY flow, state")?;
            let mut rows = statement.query([])?;
            let mut counts = Vec::new();
            while let Some(row) = rows.next()? {
                counts.push((row.get(0)?, RunState::of(row.get_ref(1)?.as_str()?)?, row.get(2)?));
            }
            Ok(counts)
        })
    }

    /// How many of the runs that a filter finds are in which state. States of the filter itself are not looked at.
    pub fn run_states(&self, filter: &RunFilter) -> Result<Vec<(RunState, u32)>> {
        let filter = RunFilter { states: Vec::new(), ..filter.clone() };
        self.read(|sql| {
            // In the order of an index that has the state: whichever SQLite takes, the rows of runs are read for a search alone.
            let source = filter.source().replace("INDEXED BY run_of_flow ", "INDEXED BY run_by_flow ");
            let mut statement = sql.prepare_cached(&format!("SELECT r.state, count(*) {source} GROUP BY r.state"))?;
            filter.bind(sql, &mut statement)?;
            let mut rows = statement.raw_query();
            let mut counts = Vec::new();
            while let Some(row) = rows.next()? {
                counts.push((RunState::of(row.get_ref(0)?.as_str()?)?, row.get(1)?));
            }
            Ok(counts)
        })
    }

    /// Ids of the runs that a filter finds, newest first, at most `most`.
    pub fn run_ids(&self, filter: &RunFilter, most: u32) -> Result<Vec<String>> {
        self.read(|sql| {
            let mut statement =
                sql.prepare_cached(&format!("SELECT r.id {} ORDER BY r.key DESC LIMIT {most}", filter.source()))?;
            filter.bind(sql, &mut statement)?;
            let mut found = statement.raw_query();
            let mut ids = Vec::new();
            while let Some(row) = found.next()? {
                ids.push(row.get(0)?);
            }
            Ok(ids)
        })
    }
}

#[cfg(test)]
mod tests;
