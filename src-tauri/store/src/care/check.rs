//! Whether the database is whole, and says the same in all its places.

use std::sync::Arc;

use longshore_engine::{Flow, Run, RunId};
use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension};

use crate::error::{Result, Work};
use crate::schema;
use crate::store::Store;
use crate::table::journal;

/// Problems of one kind that are told.
const TOLD: usize = 100;

/// What a check found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Checked {
    /// What is wrong, in words; empty if nothing is.
    pub problems: Vec<String>,
    /// Runs whose journal was gone through and compared with what follows from it.
    pub runs: u32,
}

/// What must hold between the tables of the ledger, each with the question that finds what breaks it.
const LEDGER: [(&str, &str); 5] = [
    (
        "a datablock is proved, and an entry of it has no proof",
        "SELECT b.name FROM block b WHERE b.state = 'proved' AND EXISTS (SELECT 1 FROM copy c WHERE c.block = b.id
         AND NOT EXISTS (SELECT 1 FROM proof p WHERE p.entry = c.entry))",
    ),
    (
        "a proof has no copy",
        "SELECT entry FROM proof p WHERE NOT EXISTS (SELECT 1 FROM copy c WHERE c.entry = p.entry)",
    ),
    (
        "a file was released without a proof",
        "SELECT r.entry FROM released r WHERE NOT EXISTS (SELECT 1 FROM proof p WHERE p.entry = r.entry)
         AND NOT EXISTS (SELECT 1 FROM damage d WHERE d.entry = r.entry)",
    ),
    (
        "a copy lies in a datablock that there is not",
        "SELECT entry FROM copy c WHERE NOT EXISTS (SELECT 1 FROM block b WHERE b.id = c.block)",
    ),
    (
        "a checksum belongs to no entry",
        "SELECT entry FROM digest d WHERE NOT EXISTS (SELECT 1 FROM entry e WHERE e.id = d.entry)",
    ),
];

/// What follows from the journal of a run, but for its dataset, which is looked up in the catalogue.
const FOLLOWS: [&str; 3] = [
    "SELECT id, flow, version, state, run_key, parent, parent_task, parent_idx, params, created_at, started_at, ended_at
     FROM run WHERE key = ?",
    "SELECT * FROM task_run WHERE run = ? ORDER BY task, idx",
    "SELECT * FROM attempt WHERE run = ? ORDER BY task, idx, number",
];

fn of_file(sql: &Connection, checked: &mut Checked) -> Work<()> {
    let mut statement = sql.prepare(&format!("PRAGMA integrity_check({TOLD})"))?;
    let lines = statement.query_map([], |row| row.get::<_, String>(0))?.collect::<rusqlite::Result<Vec<_>>>()?;
    checked.problems.extend(lines.into_iter().filter(|line| line != "ok"));
    let mut statement = sql.prepare("PRAGMA foreign_key_check")?;
    let lines = statement.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(2)?)))?;
    for line in lines.take(TOLD) {
        let (table, parent) = line?;
        checked.problems.push(format!("a row of {table} names a row of {parent} that there is not"));
    }
    Ok(())
}

fn of_ledger(sql: &Connection, checked: &mut Checked) -> Work<()> {
    for (wrong, question) in LEDGER {
        let mut statement = sql.prepare(question)?;
        let mut rows = statement.query([])?;
        let mut found = 0;
        while let Some(row) = rows.next()? {
            found += 1;
            if found <= TOLD {
                checked.problems.push(format!("{wrong}: {}", text(&row.get(0)?)));
            }
        }
    }
    Ok(())
}

fn text(value: &Value) -> String {
    match value {
        Value::Text(text) => text.clone(),
        Value::Integer(number) => number.to_string(),
        other => format!("{other:?}"),
    }
}

/// All runs that have not ended, and some that have.
fn runs(sql: &Connection, sample: u32) -> Work<Vec<(i64, RunId)>> {
    let mut statement = sql.prepare(
        "SELECT key, id FROM run WHERE state IN ('queued', 'running', 'paused', 'cancelling')
         UNION ALL SELECT * FROM (SELECT key, id FROM run WHERE state NOT IN ('queued', 'running', 'paused', 'cancelling')
           ORDER BY random() LIMIT ?)",
    )?;
    let rows = statement.query_map([sample], |row| Ok((row.get(0)?, RunId::from(row.get::<_, String>(1)?))))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Goes through the journal of a run once more, elsewhere, and compares what follows from it with what is there.
fn of_run(sql: &Connection, anew: &Connection, key: i64, id: &RunId) -> Work<Option<String>> {
    anew.execute("INSERT INTO run_id VALUES (?, ?)", (key, id.as_str()))?;
    let events = journal::all(sql, key, id)?;
    journal::replay(anew, key, &events)?;
    let differs =
        FOLLOWS.into_iter().map(|question| differs(sql, anew, question, key)).find(|one| !matches!(one, Ok(None)));
    anew.execute_batch("DELETE FROM attempt; DELETE FROM task_run; DELETE FROM run")?;
    if let Some(differs) = differs.transpose()?.flatten() {
        return Ok(Some(format!("run {id}: {differs}")));
    }
    let state: String =
        sql.prepare_cached("SELECT state FROM run WHERE key = ?")?.query_row([key], |row| row.get(0))?;
    let folded = folded(sql, &events)?;
    Ok((folded != state).then(|| format!("run {id} is {state}, and its journal says: {folded}")))
}

/// The state to which the engine comes from the journal, or why it does not.
fn folded(sql: &Connection, events: &[longshore_engine::Event]) -> Work<String> {
    use longshore_engine::event::{RunEvent, What};
    let Some(What::Run { event: RunEvent::Created(created) }) = events.first().map(|event| &event.what) else {
        return Ok("it does not begin with its creation".to_owned());
    };
    let mut statement = sql.prepare_cached("SELECT source FROM flow_version WHERE version = ?")?;
    let source: Option<String> = statement.query_row([&created.version], |row| row.get(0)).optional()?;
    let Some(source) = source else { return Ok(format!("version {} of its flow is missing", created.version)) };
    Ok(match Flow::parse(&created.flow, &source, None) {
        Err(_) => format!("version {} of its flow cannot be read", created.version),
        Ok(flow) => match Run::fold(Arc::new(flow), events) {
            Ok(run) => run.state.word().to_owned(),
            Err(refused) => refused.to_string(),
        },
    })
}

/// Where two databases answer a question differently.
fn differs(here: &Connection, there: &Connection, question: &str, key: i64) -> Work<Option<String>> {
    let (mut here, mut there) = (here.prepare_cached(question)?, there.prepare_cached(question)?);
    let names: Vec<String> = here.column_names().map(str::to_owned).collect();
    let (mut here, mut there) = (here.query([key])?, there.query([key])?);
    loop {
        match (here.next()?, there.next()?) {
            (None, None) => return Ok(None),
            (Some(_), None) => return Ok(Some("there is more than follows from its journal".to_owned())),
            (None, Some(_)) => return Ok(Some("there is less than follows from its journal".to_owned())),
            (Some(is), Some(shall)) => {
                for (at, name) in names.iter().enumerate() {
                    let (is, shall): (Value, Value) = (is.get(at)?, shall.get(at)?);
                    if is != shall {
                        return Ok(Some(format!("{name} is {}, and its journal says {}", text(&is), text(&shall))));
                    }
                }
            }
        }
    }
}

impl Store {
    /// Reads everything and says what is wrong: the file, references, what follows from the journal (of all runs that have not ended and
    /// `sample` that have), the ledger. Reads in one snapshot; takes about a second a GiB.
    pub fn check_all(&self, sample: u32) -> Result<Checked> {
        self.read(|sql| {
            let mut checked = Checked::default();
            of_file(sql, &mut checked)?;
            of_ledger(sql, &mut checked)?;
            let anew = Connection::open_in_memory()?;
            schema::apply(&anew, 0)?;
            for (key, id) in runs(sql, sample)? {
                checked.runs += 1;
                let problem = of_run(sql, &anew, key, &id)?;
                checked.problems.extend(problem.filter(|_| checked.problems.len() < 10 * TOLD));
            }
            Ok(checked)
        })
    }
}
