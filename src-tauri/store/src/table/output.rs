//! Large outputs of task runs: they stand once, in the journal; the row of the task run says only that they do.

use longshore_engine::TaskState;
use longshore_engine::event::What;
use rusqlite::Connection;
use serde_json::{Value, json};

use crate::error::Work;

/// Bytes of JSON up to which an output stands in the row of its task run, so that a page of rows stays small.
const INLINE: usize = 64 << 10;
/// What the row has instead: how many bytes there are.
const LARGE: &str = "$large";

/// The text for the row.
pub(crate) fn kept(output: &Value) -> Work<String> {
    let text = serde_json::to_string(output)?;
    Ok(if text.len() <= INLINE { text } else { json!({LARGE: text.len()}).to_string() })
}

/// The output for which a row stands: itself, or the one in the journal.
pub(crate) fn whole(sql: &Connection, run: i64, task: &str, index: Option<u32>, kept: Value) -> Work<Value> {
    if kept.get(LARGE).is_none() {
        return Ok(kept);
    }
    // The newest first: an earlier success may have been cleared.
    let mut statement =
        sql.prepare_cached("SELECT what FROM journal WHERE run = ? AND length(what) > ? ORDER BY seq DESC")?;
    let mut rows = statement.query((run, INLINE))?;
    while let Some(row) = rows.next()? {
        if let Some(output) = given(serde_json::from_str(row.get_ref(0)?.as_str()?)?, task, index) {
            return Ok(output);
        }
    }
    Ok(kept)
}

/// What an event says that a task run gave.
fn given(what: What, task: &str, index: Option<u32>) -> Option<Value> {
    use longshore_engine::event::{Mark, TaskEvent};
    let What::Task { task: of, span, event } = what else { return None };
    let first = span.index.unwrap_or_default();
    let covers = span.index.is_some() == index.is_some()
        && (first..first.saturating_add(span.count)).contains(&index.unwrap_or_default());
    if of != task || !covers || event.state() != TaskState::Success {
        return None;
    }
    match event {
        TaskEvent::Succeeded { output } => Some(output),
        TaskEvent::Marked { mark } => match *mark {
            Mark::Success { output } => Some(output),
            _ => None,
        },
        _ => None,
    }
}
