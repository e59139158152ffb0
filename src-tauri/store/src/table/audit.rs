//! The audit log: who did what, when and why, and what became of it. A row is written before the act and completed after it; it is
//! never changed again and never deleted.

use rusqlite::{Connection, Row, named_params, params};
use serde_json::Value;

use crate::error::{Result, Work, refused};
use crate::page::{self, Page};
use crate::schema::Migration;
use crate::store::Store;

/// `part_of` is the row of the act over many things that this one is a part of. `fault` is empty where it was done, and null where
/// nobody could say any more: the process ended in between.
pub(crate) const MIGRATIONS: &[Migration] = &[Migration {
    to: 4,
    sql: "CREATE TABLE audit (
            seq INTEGER PRIMARY KEY,
            at INTEGER NOT NULL,
            by TEXT NOT NULL,
            program TEXT NOT NULL,
            op TEXT NOT NULL,
            object TEXT NOT NULL,
            why TEXT,
            detail TEXT NOT NULL,
            fault TEXT,
            part_of INTEGER REFERENCES audit
          ) STRICT;
          CREATE INDEX audit_of ON audit (object);
          CREATE INDEX audit_at ON audit (at);
          CREATE TRIGGER audit_stays BEFORE UPDATE ON audit
            WHEN OLD.fault IS NOT NULL OR (NEW.seq, NEW.at, NEW.by, NEW.program, NEW.op, NEW.object) IS NOT
              (OLD.seq, OLD.at, OLD.by, OLD.program, OLD.op, OLD.object) OR NEW.why IS NOT OLD.why OR NEW.part_of IS NOT OLD.part_of
            BEGIN SELECT raise(ABORT, 'the audit log is never changed'); END;
          CREATE TRIGGER audit_grows BEFORE DELETE ON audit
            BEGIN SELECT raise(ABORT, 'the audit log is never shortened'); END;",
}];

/// An act that begins.
#[derive(Debug, Clone, PartialEq)]
pub struct Act {
    /// When, in milliseconds since the epoch.
    pub at: i64,
    /// Name of the user whose process asked for it.
    pub by: String,
    /// That process's program.
    pub program: String,
    /// Operation.
    pub op: String,
    /// What it is done to: a kind and a name, such as `run 01J...`.
    pub object: String,
    /// The reason that was given.
    pub why: Option<String>,
    /// More, an object; never a secret.
    pub detail: Value,
    /// Row of the act over many things that this one is a part of.
    pub part_of: Option<i64>,
}

/// How an act ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ending {
    /// The process went before it said.
    Unknown,
    /// Done.
    Done,
    /// Refused, or failed, with this code.
    Fault(String),
}

/// A row of the audit log.
#[derive(Debug, Clone, PartialEq)]
pub struct AuditRecord {
    /// Number of the row; ascends.
    pub seq: i64,
    /// What was done.
    pub act: Act,
    /// How it ended.
    pub ending: Ending,
}

/// Which rows to list, newest first.
#[derive(Debug, Clone, Default)]
pub struct AuditFilter {
    /// Operation, or its first word (`run` for `run.cancel`).
    pub op: Option<String>,
    /// What it was done to: its whole name (`run 01J...`), or the kind or the name alone.
    pub object: Option<String>,
    /// User.
    pub by: Option<String>,
    /// At or after this time, in milliseconds since the epoch.
    pub since: Option<i64>,
    /// Before this time.
    pub until: Option<i64>,
    /// Rows to pass over.
    pub offset: u64,
    /// Rows wanted, at most 1,000; 0 means 100.
    pub limit: u32,
}

fn begin(sql: &Connection, act: &Act, fault: Option<&str>) -> Work<i64> {
    sql.prepare_cached(
        "INSERT INTO audit (at, by, program, op, object, why, detail, fault, part_of) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )?
    .execute(params![
        act.at,
        act.by,
        act.program,
        act.op,
        act.object,
        act.why,
        act.detail.to_string(),
        fault,
        act.part_of
    ])?;
    Ok(sql.last_insert_rowid())
}

fn word(ending: &Ending) -> Option<&str> {
    match ending {
        Ending::Unknown => None,
        Ending::Done => Some(""),
        Ending::Fault(code) => Some(code),
    }
}

const CONDITION: &str = "
    WHERE (:op IS NULL OR op = :op OR op GLOB :op || '.*')
    AND (:object IS NULL OR object = :object OR substr(object, 1, length(:object) + 1) = :object || ' '
         OR substr(object, instr(object, ' ') + 1) = :object)
    AND (:by IS NULL OR by = :by) AND at >= coalesce(:since, at) AND at < coalesce(:until, at + 1)";

fn page_of(sql: &Connection, filter: &AuditFilter) -> Work<Page<AuditRecord>> {
    let AuditFilter { op, object, by, since, until, offset, limit } = filter;
    let asked = named_params! { ":op": op, ":object": object, ":by": by, ":since": since, ":until": until };
    let total =
        sql.prepare_cached(&format!("SELECT count(*) FROM audit {CONDITION}"))?.query_row(asked, |row| row.get(0))?;
    let limit = page::limit(*limit);
    let mut statement = sql.prepare_cached(&format!(
        "SELECT seq, at, by, program, op, object, why, detail, part_of, fault FROM audit {CONDITION}
         ORDER BY seq DESC LIMIT {limit} OFFSET {offset}"
    ))?;
    let mut found = statement.query(asked)?;
    let mut rows = Vec::new();
    while let Some(row) = found.next()? {
        rows.push(record(row)?);
    }
    Ok(Page { rows, total })
}

fn record(row: &Row<'_>) -> Work<AuditRecord> {
    let fault: Option<String> = row.get(9)?;
    let ending = match fault {
        None => Ending::Unknown,
        Some(code) if code.is_empty() => Ending::Done,
        Some(code) => Ending::Fault(code),
    };
    let act = Act {
        at: row.get(1)?,
        by: row.get(2)?,
        program: row.get(3)?,
        op: row.get(4)?,
        object: row.get(5)?,
        why: row.get(6)?,
        detail: serde_json::from_str(row.get_ref(7)?.as_str()?)?,
        part_of: row.get(8)?,
    };
    Ok(AuditRecord { seq: row.get(0)?, act, ending })
}

impl Store {
    /// Records that an act begins; gives the number of its row. What is to be done comes only after this.
    pub async fn act_begins(&self, act: Act) -> Result<i64> {
        self.change(move |sql| begin(sql, &act, None)).await
    }

    /// Records how an act ended, once, and with it what is known only then.
    pub async fn act_ended(&self, seq: i64, ending: Ending, detail: Value) -> Result<()> {
        self.change(move |sql| {
            let mut end =
                sql.prepare_cached("UPDATE audit SET fault = ?, detail = ? WHERE seq = ? AND fault IS NULL")?;
            match end.execute((word(&ending), detail.to_string(), seq))? {
                1 => Ok(()),
                _ => refused(format!("row {seq} of the audit log has its ending already")),
            }
        })
        .await
    }

    /// Records acts that have ended, such as the parts of one over many things.
    pub async fn acts_done(&self, acts: Vec<(Act, Ending)>) -> Result<()> {
        self.change(move |sql| acts.iter().try_for_each(|(act, ending)| begin(sql, act, word(ending)).map(drop))).await
    }

    /// A page of the audit log, newest first.
    pub fn audit(&self, filter: &AuditFilter) -> Result<Page<AuditRecord>> {
        self.read(|sql| page_of(sql, filter))
    }
}
