//! Works on their way from an archive to where they are read.

use longshore_catalogue::{WorkNote, WorkStep};
use rusqlite::{Connection, Row};

use crate::error::{Result, Work};
use crate::page::{self, Page};
use crate::schema::Migration;
use crate::store::Store;

pub(crate) const MIGRATIONS: &[Migration] = &[Migration {
    to: 13,
    sql: "CREATE TABLE work (
            id TEXT PRIMARY KEY,
            place TEXT,
            requested INTEGER,
            restored INTEGER,
            until INTEGER,
            downloaded INTEGER,
            debagged INTEGER,
            synced INTEGER,
            trouble TEXT,
            run TEXT NOT NULL,
            changed INTEGER NOT NULL
          ) STRICT, WITHOUT ROWID;
          CREATE INDEX work_changed ON work (changed);",
}];

const COLUMNS: &str = "id, place, requested, restored, until, downloaded, debagged, synced, trouble, run, changed";

/// A work, and when it made each step, in milliseconds since the epoch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkRecord {
    /// Its id.
    pub id: String,
    /// Where it lies or lay: CONNECTION:PATH.
    pub place: Option<String>,
    /// Its restore was asked for.
    pub requested: Option<i64>,
    /// It could be read.
    pub restored: Option<i64>,
    /// Until when a restored copy can be read.
    pub until: Option<i64>,
    /// Its copy lay here.
    pub downloaded: Option<i64>,
    /// Its bag was unpacked.
    pub debagged: Option<i64>,
    /// It lay where it is read.
    pub synced: Option<i64>,
    /// Why it came to nothing, if that is the last that is known.
    pub trouble: Option<String>,
    /// The run that said so last.
    pub run: String,
    /// When that was.
    pub changed: i64,
}

/// Which works.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WhichWorks {
    /// All of them.
    All,
    /// Those that were asked of a slow archive and cannot be read yet.
    Recalls,
}

/// The column of a step.
fn column(step: WorkStep) -> &'static str {
    match step {
        WorkStep::Requested => "requested",
        WorkStep::Restored => "restored",
        WorkStep::Downloaded => "downloaded",
        WorkStep::Debagged => "debagged",
        WorkStep::Synced => "synced",
    }
}

/// What came after a step is forgotten when another run makes it again: the work is on its way once more. Of one run the steps may be
/// written down in any order: a task that only writes one down can be retried when the next is long made.
fn after(step: WorkStep) -> String {
    let all = [WorkStep::Requested, WorkStep::Restored, WorkStep::Downloaded, WorkStep::Debagged, WorkStep::Synced];
    all.into_iter()
        .filter(|other| *other > step)
        .map(|other| format!(", {0} = CASE WHEN run = ?3 THEN {0} END", column(other)))
        .collect::<Vec<_>>()
        .concat()
}

/// Takes down what became of works. What is known already of the same run stays as it is.
pub(crate) fn note(sql: &Connection, notes: &[WorkNote]) -> Work<()> {
    for note in notes {
        sql.prepare_cached("INSERT INTO work (id, run, changed) VALUES (?, ?, ?) ON CONFLICT (id) DO NOTHING")?
            .execute((&note.work, &note.run, note.at))?;
        let Some(step) = note.step else {
            sql.prepare_cached(
                "UPDATE work SET trouble = ?2, run = ?3, changed = ?4, place = coalesce(?5, place) WHERE id = ?1",
            )?
            .execute((&note.work, &note.trouble, &note.run, note.at, &note.place))?;
            continue;
        };
        let (made, after) = (column(step), after(step));
        sql.prepare_cached(&format!(
            "UPDATE work SET {made} = ?2, trouble = NULL, run = ?3, changed = ?2, place = coalesce(?4, place),
             until = coalesce(?5, until){after} WHERE id = ?1 AND NOT (run = ?3 AND trouble IS NULL AND {made} IS NOT NULL)"
        ))?
        .execute((&note.work, note.at, &note.run, &note.place, note.until))?;
    }
    Ok(())
}

fn record(row: &Row<'_>) -> rusqlite::Result<WorkRecord> {
    Ok(WorkRecord {
        id: row.get(0)?,
        place: row.get(1)?,
        requested: row.get(2)?,
        restored: row.get(3)?,
        until: row.get(4)?,
        downloaded: row.get(5)?,
        debagged: row.get(6)?,
        synced: row.get(7)?,
        trouble: row.get(8)?,
        run: row.get(9)?,
        changed: row.get(10)?,
    })
}

impl Store {
    /// A page of the works, the one that changed last first; or of the recalls that go on, the one that was asked for first.
    pub fn works(&self, which: WhichWorks, offset: u64, limit: u32) -> Result<Page<WorkRecord>> {
        let chosen = match which {
            WhichWorks::All => "FROM work ORDER BY changed DESC, id",
            WhichWorks::Recalls => {
                "FROM work WHERE requested IS NOT NULL AND restored IS NULL AND trouble IS NULL ORDER BY requested, id"
            }
        };
        self.read(|sql| {
            let total = sql.prepare_cached(&format!("SELECT count(*) {chosen}"))?.query_row([], |row| row.get(0))?;
            let query = format!("SELECT {COLUMNS} {chosen} LIMIT ? OFFSET ?");
            let mut statement = sql.prepare_cached(&query)?;
            let rows = statement.query_map((page::limit(limit), offset), record)?;
            Ok(Page { rows: rows.collect::<rusqlite::Result<_>>()?, total })
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use longshore_catalogue::Library as _;

    use super::*;
    use crate::Options;

    #[test]
    fn a_work_makes_its_steps_and_begins_again() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("longshore.db"), &Options::default()).unwrap();
        let note = |step, at, run: &str| WorkNote {
            work: "W1".into(),
            place: (at == 1).then(|| "vault:b/W1.zip".into()),
            step,
            at,
            until: None,
            trouble: step.is_none().then(|| "cut off".into()),
            run: run.into(),
        };
        let seen = || store.works(WhichWorks::All, 0, 10).unwrap().rows.remove(0);
        store.note_works(&[note(Some(WorkStep::Requested), 1, "A"), note(Some(WorkStep::Downloaded), 2, "A")]).unwrap();
        store.note_works(&[note(Some(WorkStep::Downloaded), 9, "A")]).unwrap();
        assert_eq!((seen().requested, seen().downloaded, seen().changed), (Some(1), Some(2), 2), "said twice");
        store.note_works(&[note(Some(WorkStep::Restored), 9, "A")]).unwrap();
        assert_eq!((seen().restored, seen().downloaded), (Some(9), Some(2)), "written down late");
        store.note_works(&[note(None, 3, "A")]).unwrap();
        assert_eq!((seen().trouble.as_deref(), seen().downloaded), (Some("cut off"), Some(2)));
        store.note_works(&[note(Some(WorkStep::Requested), 4, "B")]).unwrap();
        let again = seen();
        assert_eq!((again.requested, again.downloaded, again.trouble), (Some(4), None, None));
        assert_eq!(again.place.as_deref(), Some("vault:b/W1.zip"));
        store.close().unwrap();
    }
}
