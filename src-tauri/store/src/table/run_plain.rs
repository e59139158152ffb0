//! Runs as they are recorded, with what was said where they were started, and nothing that has to be worked out: for whoever reads many
//! pages a second.

use longshore_engine::RunState;
use rusqlite::{Connection, Row};
use serde_json::{Map, Value};

use crate::error::{Result, Work};
use crate::page::Page;
use crate::store::Store;
use crate::table::asked::Asked;
use crate::table::run_list::{RunFilter, page_by};
use crate::words::Word as _;

/// A run.
#[derive(Debug, Clone, PartialEq)]
pub struct RunPlain {
    /// Id.
    pub id: String,
    /// Flow.
    pub flow: String,
    /// Version of the flow with which it started.
    pub version: String,
    /// State.
    pub state: RunState,
    /// What makes it the same run when asked for twice.
    pub key: Option<String>,
    /// Run that started it, if one did.
    pub parent: Option<String>,
    /// Parameters; of a secret one what is kept in its place, which means nothing.
    pub params: Map<String, Value>,
    /// When it was created, in milliseconds since the epoch, as all times.
    pub created_at: i64,
    /// When it first started.
    pub started_at: Option<i64>,
    /// When it ended.
    pub ended_at: Option<i64>,
    /// What was said where it was started, if anything was.
    pub asked: Option<Asked>,
    /// What was noted at it.
    pub note: Option<String>,
}

pub(crate) const SELECT: &str =
    "SELECT r.id, r.flow, r.version, r.state, r.run_key, r.parent, r.params, r.created_at, r.started_at, r.ended_at,
       a.by, a.conf, a.logical_at, a.since, a.until, n.text
     FROM run r LEFT JOIN asked a ON a.run = r.key LEFT JOIN note n ON n.run = r.key AND n.task = '' AND n.idx = -1";

fn asked(row: &Row<'_>) -> Work<Option<Asked>> {
    let Some(by) = row.get::<_, Option<String>>(10)? else { return Ok(None) };
    let conf = serde_json::from_str(row.get_ref(11)?.as_str()?)?;
    Ok(Some(Asked { by, conf, logical_at: row.get(12)?, since: row.get(13)?, until: row.get(14)? }))
}

fn record(_: &Connection, row: &Row<'_>) -> Work<RunPlain> {
    Ok(RunPlain {
        id: row.get(0)?,
        flow: row.get(1)?,
        version: row.get(2)?,
        state: RunState::of(row.get_ref(3)?.as_str()?)?,
        key: row.get(4)?,
        parent: row.get(5)?,
        params: serde_json::from_str(row.get_ref(6)?.as_str()?)?,
        created_at: row.get(7)?,
        started_at: row.get(8)?,
        ended_at: row.get(9)?,
        asked: asked(row)?,
        note: row.get(15)?,
    })
}

impl Store {
    /// A page of runs, newest first unless the filter says otherwise.
    pub fn plain_runs(&self, filter: &RunFilter) -> Result<Page<RunPlain>> {
        self.read(|sql| page_by(sql, filter, SELECT, record))
    }
}
