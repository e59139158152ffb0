//! Messages of queues, kept from when they were received until what they ask for is done.

use std::collections::BTreeSet;

use longshore_catalogue::{HeldMessage, HeldState, MessageId, ReceivedMessage};
use rusqlite::{Connection, OptionalExtension as _, Row};

use crate::error::{Result, Work};
use crate::page::{self, Page};
use crate::schema::Migration;
use crate::store::Store;
use crate::words::Word;

pub(crate) const MIGRATIONS: &[Migration] = &[
    Migration {
        to: 13,
        sql: "CREATE TABLE queue_message (
            id INTEGER PRIMARY KEY,
            connection TEXT NOT NULL,
            region TEXT NOT NULL,
            queue TEXT NOT NULL,
            message TEXT NOT NULL,
            handle TEXT NOT NULL,
            body TEXT NOT NULL,
            times INTEGER NOT NULL,
            at INTEGER NOT NULL,
            run TEXT NOT NULL,
            state TEXT NOT NULL,
            deleted INTEGER NOT NULL,
            trouble TEXT,
            UNIQUE (queue, message)
          ) STRICT;
          CREATE INDEX queue_message_run ON queue_message (run);
          CREATE INDEX queue_message_state ON queue_message (state, at);
          CREATE TABLE queue_ask (
            message INTEGER NOT NULL REFERENCES queue_message (id) ON DELETE CASCADE,
            ask TEXT NOT NULL,
            PRIMARY KEY (message, ask)
          ) STRICT, WITHOUT ROWID;
          CREATE INDEX queue_ask_ask ON queue_ask (ask);
          CREATE TABLE queue_done (ask TEXT PRIMARY KEY, at INTEGER NOT NULL) STRICT, WITHOUT ROWID;",
    },
    Migration { to: 14, sql: "ALTER TABLE queue_message ADD COLUMN forgiven INTEGER NOT NULL DEFAULT 0;" },
];

const COLUMNS: &str =
    "id, connection, region, queue, message, handle, body, times, at, run, state, deleted, trouble, forgiven";

/// Which messages are looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WhichHeld {
    /// Those that are worked on, came to nothing, or nobody understands.
    Unsettled,
    /// All.
    All,
}

/// Keeps what was received. One that is worked on by another run stays that run's, with the handle that counts now.
pub(crate) fn hold(sql: &Connection, received: &[ReceivedMessage]) -> Work<()> {
    for one in received {
        let MessageId { connection, region, queue, message } = &one.id;
        let state = if one.poison.is_some() { HeldState::Poison } else { HeldState::Open };
        let id: i64 = sql
            .prepare_cached(
                "INSERT INTO queue_message (connection, region, queue, message, handle, body, times, at, run, state, deleted, trouble)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, 0, ?11)
                 ON CONFLICT (queue, message) DO UPDATE SET handle = ?5, times = ?7, at = ?8, connection = ?1, region = ?2, deleted = 0,
                 run = iif(state = 'open', run, ?9), trouble = coalesce(?11, trouble),
                 state = iif(state = 'done', 'done', iif(state = 'open' AND run <> ?9, 'open', ?10)) RETURNING id",
            )?
            .query_row(
                (
                    connection,
                    region.as_deref().unwrap_or_default(),
                    queue,
                    message,
                    &one.handle,
                    &one.body,
                    one.times,
                    one.at,
                    &one.run,
                    state.word(),
                    &one.poison,
                ),
                |row| row.get(0),
            )?;
        for ask in &one.asks {
            sql.prepare_cached("INSERT INTO queue_ask (message, ask) VALUES (?, ?) ON CONFLICT DO NOTHING")?
                .execute((id, ask))?;
        }
        settle_done(sql, id)?;
    }
    Ok(())
}

/// A message is done when all that it asks for is: also when another one asked for it.
fn settle_done(sql: &Connection, id: i64) -> Work<()> {
    sql.prepare_cached(
        "UPDATE queue_message SET state = 'done', trouble = NULL WHERE id = ?1 AND state <> 'poison'
         AND NOT EXISTS (SELECT 1 FROM queue_ask WHERE message = ?1 AND ask NOT IN (SELECT ask FROM queue_done))",
    )?
    .execute([id])?;
    Ok(())
}

/// What was asked for is done.
pub(crate) fn done(sql: &Connection, asks: &[String], at: i64) -> Work<()> {
    let mut touched = BTreeSet::new();
    for ask in asks {
        sql.prepare_cached("INSERT INTO queue_done (ask, at) VALUES (?, ?) ON CONFLICT DO NOTHING")?
            .execute((ask, at))?;
        let mut of = sql.prepare_cached("SELECT message FROM queue_ask WHERE ask = ?")?;
        for id in of.query_map([ask], |row| row.get::<_, i64>(0))? {
            touched.insert(id?);
        }
    }
    touched.into_iter().try_for_each(|id| settle_done(sql, id))
}

/// What became of a message.
pub(crate) fn settle(sql: &Connection, id: &MessageId, state: HeldState, deleted: bool, why: Option<&str>) -> Work<()> {
    sql.prepare_cached(
        "UPDATE queue_message SET state = ?3, deleted = ?4, trouble = coalesce(?5, trouble) WHERE queue = ?1 AND message = ?2",
    )?
    .execute((&id.queue, &id.message, state.word(), deleted, why))?;
    Ok(())
}

/// Whether something that was asked for is done.
pub(crate) fn is_done(sql: &Connection, ask: &str) -> Work<bool> {
    let mut found = sql.prepare_cached("SELECT 1 FROM queue_done WHERE ask = ?")?;
    Ok(found.exists([ask])?)
}

/// A message.
pub(crate) fn one(sql: &Connection, id: &MessageId) -> Work<Option<HeldMessage>> {
    let query = format!("SELECT {COLUMNS} FROM queue_message WHERE queue = ? AND message = ?");
    Ok(all(sql, &query, (&id.queue, &id.message))?.pop())
}

/// Messages that a run works on, or has worked on.
pub(crate) fn of_run(sql: &Connection, run: &str) -> Work<Vec<HeldMessage>> {
    all(sql, &format!("SELECT {COLUMNS} FROM queue_message WHERE run = ? ORDER BY id"), [run])
}

/// Messages that ask for one of these.
pub(crate) fn asking(sql: &Connection, asks: &[String]) -> Work<Vec<HeldMessage>> {
    let mut ids = BTreeSet::new();
    for ask in asks {
        let mut of = sql.prepare_cached("SELECT message FROM queue_ask WHERE ask = ?")?;
        for id in of.query_map([ask], |row| row.get::<_, i64>(0))? {
            ids.insert(id?);
        }
    }
    let mut found = Vec::new();
    for id in ids {
        found.extend(all(sql, &format!("SELECT {COLUMNS} FROM queue_message WHERE id = ?"), [id])?);
    }
    Ok(found)
}

fn all(sql: &Connection, query: &str, values: impl rusqlite::Params) -> Work<Vec<HeldMessage>> {
    let mut statement = sql.prepare_cached(query)?;
    let mut rows = statement.query(values)?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(held(sql, row)?);
    }
    Ok(found)
}

fn held(sql: &Connection, row: &Row<'_>) -> Work<HeldMessage> {
    let (id, region, state): (i64, String, String) = (row.get(0)?, row.get(2)?, row.get(10)?);
    let texts = |query: &str| -> Work<Vec<String>> {
        let mut statement = sql.prepare_cached(query)?;
        Ok(statement.query_map([id], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?)
    };
    let id = MessageId {
        connection: row.get(1)?,
        region: Some(region).filter(|region| !region.is_empty()),
        queue: row.get(3)?,
        message: row.get(4)?,
    };
    let received = ReceivedMessage {
        id,
        handle: row.get(5)?,
        body: row.get(6)?,
        asks: texts("SELECT ask FROM queue_ask WHERE message = ? ORDER BY ask")?,
        times: row.get(7)?,
        poison: None,
        at: row.get(8)?,
        run: row.get(9)?,
    };
    Ok(HeldMessage {
        received,
        state: HeldState::of(&state)?,
        open: texts(
            "SELECT ask FROM queue_ask WHERE message = ? AND ask NOT IN (SELECT ask FROM queue_done) ORDER BY ask",
        )?,
        deleted: row.get(11)?,
        forgiven: row.get(13)?,
        trouble: row.get(12)?,
    })
}

impl Store {
    /// Messages of queues that have this id: of one queue, unless several are kept with the same.
    pub fn held_messages_called(&self, message: &str) -> Result<Vec<HeldMessage>> {
        let query = format!("SELECT {COLUMNS} FROM queue_message WHERE message = ? ORDER BY id");
        self.read(|sql| all(sql, &query, [message]))
    }

    /// A message is deleted from its queue, and nobody works on it any more.
    pub fn drop_held_message(&self, id: &MessageId, why: &str) -> Result<()> {
        let (id, why) = (id.clone(), why.to_owned());
        self.write(move |sql| settle(sql, &id, HeldState::Done, true, Some(&why)))
    }

    /// A message is worked on again when it comes: what it came before counts no more.
    pub fn forgive_message(&self, id: &MessageId, why: &str) -> Result<()> {
        let (id, why) = (id.clone(), why.to_owned());
        self.write(move |sql| {
            sql.prepare_cached(
                "UPDATE queue_message SET state = 'returned', forgiven = times, trouble = ?3 WHERE queue = ?1 AND message = ?2",
            )?
            .execute((&id.queue, &id.message, why))?;
            Ok(())
        })
    }

    /// A page of messages of queues, the one that came last first.
    pub fn held_messages(&self, which: WhichHeld, offset: u64, limit: u32) -> Result<Page<HeldMessage>> {
        let condition = if which == WhichHeld::All { "" } else { "WHERE state <> 'done'" };
        self.read(|sql| {
            let count = format!("SELECT count(*) FROM queue_message {condition}");
            let total = sql.prepare_cached(&count)?.query_row([], |row| row.get(0)).optional()?.unwrap_or(0);
            let query =
                format!("SELECT {COLUMNS} FROM queue_message {condition} ORDER BY at DESC, id DESC LIMIT ? OFFSET ?");
            Ok(Page { rows: all(sql, &query, (page::limit(limit), offset))?, total })
        })
    }
}
