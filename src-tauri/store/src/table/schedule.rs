//! How far each schedule is: what it has done, what it has seen, whether it is paused.

use longshore_engine::Fault;
use rusqlite::{Connection, OptionalExtension, Row, params};

use crate::error::{Result, Work};
use crate::schema::Migration;
use crate::store::Store;

pub(crate) const MIGRATIONS: &[Migration] = &[Migration {
    to: 3,
    sql: "CREATE TABLE schedule (
            flow TEXT NOT NULL,
            n INTEGER NOT NULL,
            digest TEXT NOT NULL,
            since INTEGER NOT NULL,
            seed INTEGER NOT NULL,
            looked INTEGER NOT NULL,
            fired INTEGER,
            run TEXT,
            fault TEXT,
            PRIMARY KEY (flow, n)
          ) STRICT, WITHOUT ROWID;
          CREATE TABLE schedule_pause (
            flow TEXT PRIMARY KEY, at INTEGER NOT NULL, by_whom TEXT, why TEXT
          ) STRICT, WITHOUT ROWID;
          CREATE TABLE schedule_file (
            flow TEXT NOT NULL,
            n INTEGER NOT NULL,
            name BLOB NOT NULL,
            size INTEGER NOT NULL,
            changed INTEGER NOT NULL,
            at INTEGER NOT NULL,
            PRIMARY KEY (flow, n, name)
          ) STRICT, WITHOUT ROWID;
          CREATE INDEX schedule_file_by_age ON schedule_file (flow, n, at);",
}];

/// Files that are remembered for one schedule; beyond it the oldest are forgotten. Their runs' keys still keep them from
/// running twice.
const FILES: u32 = 200_000;

/// How far a schedule of a flow is.
#[derive(Debug, Clone, PartialEq)]
pub struct ScheduleRecord {
    /// Flow.
    pub flow: String,
    /// Position in its list of schedules, from 0.
    pub n: u32,
    /// Digest of the rule that this holds for.
    pub digest: String,
    /// All times up to this one are dealt with, in milliseconds since the epoch.
    pub since: i64,
    /// What its jitter is made from.
    pub seed: u64,
    /// Of a watched folder: whether it was looked into once, so that what is new is known.
    pub looked: bool,
    /// The last time that a run was started for.
    pub fired: Option<i64>,
    /// That run.
    pub run: Option<String>,
    /// Why the last one could not be started, or its folder not be read.
    pub fault: Option<Fault>,
}

/// Who paused the schedules of a flow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pause {
    /// Flow.
    pub flow: String,
    /// When, in milliseconds since the epoch.
    pub at: i64,
    /// Who.
    pub by: Option<String>,
    /// Why.
    pub why: Option<String>,
}

/// A file of a watched folder that has had its run, or needs none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenFile {
    /// Name in the folder, in its bytes.
    pub name: Vec<u8>,
    /// Bytes.
    pub size: u64,
    /// When it was changed, in nanoseconds since the epoch.
    pub changed: i64,
}

fn record(row: &Row<'_>) -> Work<ScheduleRecord> {
    let fault: Option<String> = row.get(8)?;
    Ok(ScheduleRecord {
        flow: row.get(0)?,
        n: row.get(1)?,
        digest: row.get(2)?,
        since: row.get(3)?,
        seed: row.get::<_, i64>(4)?.cast_unsigned(),
        looked: row.get(5)?,
        fired: row.get(6)?,
        run: row.get(7)?,
        fault: fault.map(|fault| serde_json::from_str(&fault)).transpose()?,
    })
}

fn set(sql: &Connection, new: &ScheduleRecord) -> Work<()> {
    let fault = new.fault.as_ref().map(serde_json::to_string).transpose()?;
    sql.prepare_cached("INSERT OR REPLACE INTO schedule VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)")?.execute(params![
        new.flow,
        new.n,
        new.digest,
        new.since,
        new.seed.cast_signed(),
        new.looked,
        new.fired,
        new.run,
        fault,
    ])?;
    Ok(())
}

fn see(sql: &Connection, of: (&str, u32), files: &[SeenFile], at: i64) -> Work<()> {
    let mut insert = sql.prepare_cached("INSERT OR REPLACE INTO schedule_file VALUES (?, ?, ?, ?, ?, ?)")?;
    for file in files {
        insert.execute(params![of.0, of.1, file.name, file.size, file.changed, at])?;
    }
    let mut count = sql.prepare_cached("SELECT count(*) FROM schedule_file WHERE flow = ? AND n = ?")?;
    let beyond = count.query_row(of, |row| row.get::<_, u32>(0))?.saturating_sub(FILES);
    if beyond > 0 {
        let oldest = "DELETE FROM schedule_file WHERE flow = ?1 AND n = ?2 AND name IN (
            SELECT name FROM schedule_file WHERE flow = ?1 AND n = ?2 ORDER BY at LIMIT ?3)";
        sql.prepare_cached(oldest)?.execute(params![of.0, of.1, beyond])?;
    }
    Ok(())
}

impl Store {
    /// How far each schedule is.
    pub fn schedules(&self) -> Result<Vec<ScheduleRecord>> {
        self.read(|sql| {
            let mut statement = sql.prepare_cached(
                "SELECT flow, n, digest, since, seed, looked, fired, run, fault FROM schedule ORDER BY flow, n",
            )?;
            let mut rows = statement.query([])?;
            let mut all = Vec::new();
            while let Some(row) = rows.next()? {
                all.push(record(row)?);
            }
            Ok(all)
        })
    }

    /// Sets how far a schedule is.
    pub fn set_schedule(&self, new: &ScheduleRecord) -> Result<()> {
        let new = new.clone();
        self.write(move |sql| set(sql, &new))
    }

    /// Forgets a schedule, and the files that it has seen.
    pub fn forget_schedule(&self, flow: &str, n: u32) -> Result<()> {
        let flow = flow.to_owned();
        self.write(move |sql| {
            sql.prepare_cached("DELETE FROM schedule WHERE flow = ? AND n = ?")?.execute((&flow, n))?;
            sql.prepare_cached("DELETE FROM schedule_file WHERE flow = ? AND n = ?")?.execute((&flow, n))?;
            Ok(())
        })
    }

    /// The flows whose schedules are paused.
    pub fn paused_schedules(&self) -> Result<Vec<Pause>> {
        self.read(|sql| {
            let mut statement =
                sql.prepare_cached("SELECT flow, at, by_whom, why FROM schedule_pause ORDER BY flow")?;
            let pause =
                |row: &Row<'_>| Ok(Pause { flow: row.get(0)?, at: row.get(1)?, by: row.get(2)?, why: row.get(3)? });
            Ok(statement.query_map([], pause)?.collect::<rusqlite::Result<_>>()?)
        })
    }

    /// Pauses the schedules of a flow. Says whether they were not; who paused first stays.
    pub fn pause_schedules(&self, pause: &Pause) -> Result<bool> {
        let new = pause.clone();
        self.write(move |sql| {
            let mut insert =
                sql.prepare_cached("INSERT INTO schedule_pause VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING")?;
            Ok(insert.execute((new.flow, new.at, new.by, new.why))? == 1)
        })
    }

    /// Lets the schedules of a flow go on from a time: what was due while they were paused is not missed. Says whether they were
    /// paused.
    pub fn resume_schedules(&self, flow: &str, since: i64) -> Result<bool> {
        let flow = flow.to_owned();
        self.write(move |sql| {
            let mut delete = sql.prepare_cached("DELETE FROM schedule_pause WHERE flow = ? RETURNING at")?;
            let was = delete.query_row([&flow], |row| row.get::<_, i64>(0)).optional()?.is_some();
            if was {
                sql.prepare_cached("UPDATE schedule SET since = max(since, ?) WHERE flow = ?")?
                    .execute((since, &flow))?;
            }
            Ok(was)
        })
    }

    /// The files of a watched folder that have had their runs.
    pub fn seen_files(&self, flow: &str, n: u32) -> Result<Vec<SeenFile>> {
        self.read(|sql| {
            let mut statement =
                sql.prepare_cached("SELECT name, size, changed FROM schedule_file WHERE flow = ? AND n = ?")?;
            let file = |row: &Row<'_>| Ok(SeenFile { name: row.get(0)?, size: row.get(1)?, changed: row.get(2)? });
            Ok(statement.query_map((flow, n), file)?.collect::<rusqlite::Result<_>>()?)
        })
    }

    /// Remembers files of a watched folder.
    pub fn see_files(&self, flow: &str, n: u32, files: &[SeenFile], at: i64) -> Result<()> {
        let (flow, files) = (flow.to_owned(), files.to_vec());
        self.write(move |sql| see(sql, (&flow, n), &files, at))
    }
}
