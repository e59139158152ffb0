//! Lines of runs that have ended, packed many at a time.

use std::io::{Read as _, Write as _};

use flate2::Compression;
use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;
use rusqlite::{Connection, OptionalExtension, Row};
use serde::{Deserialize, Serialize};

use super::{LogLine, LogRecord};
use crate::error::{Error, Work};
use crate::table::task_run::{column, index};

/// Bytes of text in one chunk, about. Larger ones pack little better, and each is unpacked whole.
const CHUNK: usize = 512 * 1024;
/// Lines read for one chunk at most.
const LINES: u32 = 20_000;

/// A line as it lies in a chunk.
#[derive(Serialize, Deserialize)]
struct Packed(i64, i64, String, i64, u32, String, String);

impl From<LogRecord> for Packed {
    fn from(LogRecord { seq, line }: LogRecord) -> Self {
        Self(seq, line.at, line.task, column(line.index), line.attempt, line.level, line.text)
    }
}

impl From<Packed> for LogRecord {
    fn from(Packed(seq, at, task, idx, attempt, level, text): Packed) -> Self {
        Self { seq, line: LogLine { at, task, index: index(idx), attempt, level, text } }
    }
}

/// A line from its row: `seq, at, task, idx, attempt, level, text`.
pub(super) fn of_row(row: &Row<'_>) -> rusqlite::Result<LogRecord> {
    let line = LogLine {
        at: row.get(1)?,
        task: row.get(2)?,
        index: index(row.get(3)?),
        attempt: row.get(4)?,
        level: row.get(5)?,
        text: row.get(6)?,
    };
    Ok(LogRecord { seq: row.get(0)?, line })
}

/// The lines of a chunk, each on one line of JSON, deflated.
fn pack(lines: Vec<LogRecord>) -> Work<Vec<u8>> {
    let mut packer = DeflateEncoder::new(Vec::new(), Compression::new(5));
    let told = |error: std::io::Error| Error::Failed(format!("log lines cannot be packed: {error}"));
    for line in lines {
        let mut text = serde_json::to_vec(&Packed::from(line))?;
        text.push(b'\n');
        packer.write_all(&text).map_err(told)?;
    }
    Ok(packer.finish().map_err(told)?)
}

/// The lines of a chunk.
pub(super) fn unpack(data: &[u8]) -> Work<Vec<LogRecord>> {
    let mut text = Vec::new();
    let read = DeflateDecoder::new(data).read_to_end(&mut text);
    read.map_err(|error| Error::Corrupt(format!("packed log lines cannot be read: {error}")))?;
    let lines = serde_json::Deserializer::from_slice(&text).into_iter::<Packed>();
    Ok(lines.map(|line| line.map(LogRecord::from)).collect::<Result<_, _>>()?)
}

/// Runs whose lines are not packed, oldest first.
pub(super) fn unpacked(sql: &Connection) -> Work<Vec<String>> {
    let mut statement = sql.prepare_cached("SELECT id FROM run WHERE ended_at IS NULL ORDER BY key")?;
    Ok(statement.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?)
}

/// Packs some lines of a run; `false`, and the run marked, once none is left.
pub(super) fn pack_some(sql: &Connection, run: &str, ended_at: i64) -> Work<bool> {
    let key = sql.prepare_cached("SELECT key FROM run WHERE id = ?")?.query_row([run], |row| row.get(0)).optional()?;
    let Some(key): Option<i64> = key else { return Ok(false) };
    let lines = some(sql, key)?;
    let Some(last) = lines.last().map(|line| line.seq) else {
        sql.prepare_cached("UPDATE run SET ended_at = ? WHERE key = ?")?.execute((ended_at, key))?;
        sql.prepare_cached("DELETE FROM part WHERE run = ?")?.execute([key])?;
        return Ok(false);
    };
    let raw: usize = lines.iter().map(|line| line.line.text.len() + 48).sum();
    let data = pack(lines)?;
    let shrunk = i64::try_from(raw).unwrap_or(i64::MAX) - i64::try_from(data.len()).unwrap_or(0);
    sql.prepare_cached("INSERT INTO chunk VALUES (?, ?, ?)")?.execute((key, last, data))?;
    sql.prepare_cached("DELETE FROM line WHERE run = ? AND seq <= ?")?.execute((key, last))?;
    sql.prepare_cached("UPDATE run SET bytes = max(0, bytes - ?) WHERE key = ?")?.execute((shrunk, key))?;
    Ok(true)
}

fn some(sql: &Connection, run: i64) -> Work<Vec<LogRecord>> {
    let mut statement = sql.prepare_cached(
        "SELECT seq, at, task, idx, attempt, level, text FROM line WHERE run = ? ORDER BY seq LIMIT ?",
    )?;
    let mut rows = statement.query((run, LINES))?;
    let (mut lines, mut bytes) = (Vec::new(), 0);
    while bytes < CHUNK {
        let Some(row) = rows.next()? else { break };
        let line = of_row(row)?;
        bytes += line.line.text.len();
        lines.push(line);
    }
    Ok(lines)
}
