//! Appending lines: of each attempt its beginning stays, and of what comes after it the end.

use rusqlite::{Connection, OptionalExtension, params};

use super::{LogLine, MAX_LINE_BYTES};
use crate::error::Work;
use crate::table::task_run::column;

/// What a line costs beside its text.
const LINE: u64 = 48;

/// What is kept of an attempt.
struct Part {
    head: u64,
    tail: u64,
    left_lines: u64,
    left_bytes: u64,
    /// The line that says what was left out, once something was.
    note: Option<i64>,
}

/// The key of a run; given to it with its first line.
pub(super) fn key(sql: &Connection, run: &str) -> Work<i64> {
    let mut known = sql.prepare_cached("SELECT key FROM run WHERE id = ?")?;
    if let Some(key) = known.query_row([run], |row| row.get(0)).optional()? {
        return Ok(key);
    }
    sql.prepare_cached("INSERT INTO run (id) VALUES (?)")?.execute([run])?;
    Ok(sql.last_insert_rowid())
}

/// Appends lines of a run.
pub(super) fn append(sql: &Connection, run: &str, lines: &[LogLine], bound: u64) -> Work<()> {
    let key = key(sql, run)?;
    let of_one = |a: &LogLine, b: &LogLine| (&a.task, a.index, a.attempt) == (&b.task, b.index, b.attempt);
    let mut bytes = 0;
    for same in lines.chunk_by(of_one) {
        bytes += of_attempt(sql, key, same, bound)?;
    }
    // A run that had ended goes on: its lines are to be packed again.
    sql.prepare_cached("UPDATE run SET bytes = bytes + ?, ended_at = NULL WHERE key = ?")?.execute((bytes, key))?;
    Ok(())
}

/// Appends lines of one attempt; gives by how many bytes the run's log has grown.
fn of_attempt(sql: &Connection, run: i64, lines: &[LogLine], bound: u64) -> Work<i64> {
    let Some(first) = lines.first() else { return Ok(0) };
    let mut part = part(sql, run, first)?;
    let before = part.head + part.tail;
    for line in lines {
        let text = cut(&line.text);
        let size = text.len() as u64 + LINE;
        if part.note.is_none() && part.head + size <= bound / 2 {
            part.head += size;
        } else {
            if part.note.is_none() {
                part.note = Some(insert(sql, run, &LogLine { level: "warning".into(), ..line.clone() }, "")?);
            }
            part.tail += size;
        }
        insert(sql, run, line, &text)?;
    }
    if part.tail > bound / 2 {
        trim(sql, run, first, &mut part, bound / 2 - bound / 8)?;
    }
    set_part(sql, run, first, &part)?;
    Ok(i64::try_from(part.head + part.tail).unwrap_or(i64::MAX) - i64::try_from(before).unwrap_or(0))
}

/// Leaves out the oldest lines after the beginning until no more than `keep` bytes follow, and says so in the note.
fn trim(sql: &Connection, run: i64, of: &LogLine, part: &mut Part, keep: u64) -> Work<()> {
    let Some(note) = part.note else { return Ok(()) };
    let attempt = params![run, note, of.task, column(of.index), of.attempt];
    let mut statement = sql.prepare_cached(
        "SELECT seq, octet_length(text) FROM line WHERE run = ? AND seq > ? AND task = ? AND idx = ? AND attempt = ? ORDER BY seq",
    )?;
    let mut rows = statement.query(attempt)?;
    let mut last = note;
    while part.tail > keep {
        let Some(row) = rows.next()? else { break };
        let size = row.get::<_, u64>(1)? + LINE;
        last = row.get(0)?;
        part.tail = part.tail.saturating_sub(size);
        part.left_lines += 1;
        part.left_bytes += size - LINE;
    }
    drop(rows);
    sql.prepare_cached(
        "DELETE FROM line WHERE run = ? AND seq > ? AND task = ? AND idx = ? AND attempt = ? AND seq <= ?",
    )?
    .execute(params![run, note, of.task, column(of.index), of.attempt, last])?;
    let text = format!(
        "{} lines ({} bytes) of this attempt are left out here: its log is longer than is kept.",
        part.left_lines, part.left_bytes
    );
    sql.prepare_cached("UPDATE line SET text = ? WHERE seq = ?")?.execute((text, note))?;
    Ok(())
}

fn part(sql: &Connection, run: i64, of: &LogLine) -> Work<Part> {
    let mut statement = sql.prepare_cached(
        "SELECT head, tail, left_lines, left_bytes, note FROM part WHERE run = ? AND task = ? AND idx = ? AND attempt = ?",
    )?;
    let found = statement
        .query_row(params![run, of.task, column(of.index), of.attempt], |row| {
            Ok(Part {
                head: row.get(0)?,
                tail: row.get(1)?,
                left_lines: row.get(2)?,
                left_bytes: row.get(3)?,
                note: row.get(4)?,
            })
        })
        .optional()?;
    Ok(found.unwrap_or(Part { head: 0, tail: 0, left_lines: 0, left_bytes: 0, note: None }))
}

fn set_part(sql: &Connection, run: i64, of: &LogLine, part: &Part) -> Work<()> {
    sql.prepare_cached("INSERT OR REPLACE INTO part VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)")?.execute(params![
        run,
        of.task,
        column(of.index),
        of.attempt,
        part.head,
        part.tail,
        part.left_lines,
        part.left_bytes,
        part.note
    ])?;
    Ok(())
}

/// Writes a line; gives its number.
fn insert(sql: &Connection, run: i64, line: &LogLine, text: &str) -> Work<i64> {
    sql.prepare_cached("INSERT INTO line (run, task, idx, attempt, at, level, text) VALUES (?, ?, ?, ?, ?, ?, ?)")?
        .execute(params![run, line.task, column(line.index), line.attempt, line.at, line.level, text])?;
    Ok(sql.last_insert_rowid())
}

fn cut(text: &str) -> std::borrow::Cow<'_, str> {
    if text.len() <= MAX_LINE_BYTES {
        return text.into();
    }
    format!("{}…", &text[..text.floor_char_boundary(MAX_LINE_BYTES)]).into()
}
