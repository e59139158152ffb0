//! What other systems have to be told, until they have been.

use longshore_catalogue::{Message, MessageState, NewMessage};
use rusqlite::{Connection, Row};

use crate::error::{Result, Work};
use crate::page::{self, Page};
use crate::schema::Migration;
use crate::store::Store;
use crate::words::Word;

pub(crate) const MIGRATIONS: &[Migration] = &[Migration {
    to: 9,
    sql: "CREATE TABLE message (
            id INTEGER PRIMARY KEY,
            key TEXT NOT NULL UNIQUE,
            target TEXT NOT NULL,
            about TEXT NOT NULL,
            body TEXT NOT NULL,
            at INTEGER NOT NULL,
            run TEXT,
            state TEXT NOT NULL,
            tries INTEGER NOT NULL,
            ended INTEGER,
            trouble TEXT
          ) STRICT;
          CREATE INDEX message_open ON message (target, about, id) WHERE state IN ('pending', 'refused');
          CREATE INDEX message_ended ON message (ended) WHERE state IN ('sent', 'dropped');",
}];

/// Messages that are deleted in one transaction.
const BATCH: u32 = 2_000;
/// What is in the way of what comes after it.
const OPEN: &str = "('pending', 'refused')";
const COLUMNS: &str = "id, key, target, about, body, at, run, state, tries, ended, trouble";

/// Which messages are looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// Those that were not delivered and not dropped, the oldest first.
    Open,
    /// All, the newest first.
    All,
}

/// Keeps messages; one whose key is there is passed over.
pub(crate) fn keep(sql: &Connection, messages: &[NewMessage]) -> Work<()> {
    let mut insert = sql.prepare_cached(
        "INSERT INTO message (key, target, about, body, at, run, state, tries) VALUES (?, ?, ?, ?, ?, ?, 'pending', 0)
         ON CONFLICT (key) DO NOTHING",
    )?;
    for NewMessage { key, to, about, body, at, run } in messages {
        insert.execute((key, to, about, serde_json::to_string(body)?, at, run))?;
    }
    Ok(())
}

fn record(row: &Row<'_>) -> Work<Message> {
    let (body, state): (String, String) = (row.get(4)?, row.get(7)?);
    let message = NewMessage {
        key: row.get(1)?,
        to: row.get(2)?,
        about: row.get(3)?,
        body: serde_json::from_str(&body)?,
        at: row.get(5)?,
        run: row.get(6)?,
    };
    let state = MessageState::of(&state)?;
    Ok(Message { id: row.get(0)?, message, state, tries: row.get(8)?, ended: row.get(9)?, trouble: row.get(10)? })
}

fn records(sql: &Connection, query: &str, values: impl rusqlite::Params) -> Work<Vec<Message>> {
    let mut statement = sql.prepare_cached(query)?;
    let mut rows = statement.query(values)?;
    let mut all = Vec::new();
    while let Some(row) = rows.next()? {
        all.push(record(row)?);
    }
    Ok(all)
}

/// Changes an open message. One that is open no more stays as it is: somebody else was faster.
fn settle(sql: &Connection, id: i64, state: MessageState, ended: Option<i64>, trouble: Option<&str>) -> Work<()> {
    let failed = u32::from(trouble.is_some());
    sql.prepare_cached(&format!(
        "UPDATE message SET state = ?2, ended = ?3, trouble = coalesce(?4, trouble), tries = tries + ?5
         WHERE id = ?1 AND state IN {OPEN}"
    ))?
    .execute((id, state.word(), ended, trouble, failed))?;
    Ok(())
}

impl Store {
    /// Of each thing that messages for a system are about, the first one that is to be delivered; none of what waits behind a refusal.
    pub fn next_messages(&self, to: &str, limit: u32) -> Result<Vec<Message>> {
        self.read(|sql| {
            let query = format!(
                "SELECT {COLUMNS} FROM message WHERE state = 'pending' AND id IN
                 (SELECT min(id) FROM message WHERE target = ?1 AND state IN {OPEN} GROUP BY about) ORDER BY id LIMIT ?2"
            );
            records(sql, &query, (to, limit))
        })
    }

    /// Systems for which there are messages that were not delivered.
    pub fn messages_for(&self) -> Result<Vec<String>> {
        self.read(|sql| {
            let query = format!("SELECT DISTINCT target FROM message WHERE state IN {OPEN} ORDER BY target");
            let mut statement = sql.prepare_cached(&query)?;
            Ok(statement.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?)
        })
    }

    /// A page of messages.
    pub fn messages(&self, which: Which, offset: u64, limit: u32) -> Result<Page<Message>> {
        let (condition, order) = match which {
            Which::Open => (format!("WHERE state IN {OPEN}"), "id"),
            Which::All => (String::new(), "id DESC"),
        };
        self.read(|sql| {
            let count = format!("SELECT count(*) FROM message {condition}");
            let total = sql.prepare_cached(&count)?.query_row([], |row| row.get(0))?;
            let query = format!("SELECT {COLUMNS} FROM message {condition} ORDER BY {order} LIMIT ? OFFSET ?");
            Ok(Page { rows: records(sql, &query, (page::limit(limit), offset))?, total })
        })
    }

    /// A message was delivered.
    pub fn message_sent(&self, id: i64, at: i64) -> Result<()> {
        self.write(move |sql| settle(sql, id, MessageState::Sent, Some(at), None))
    }

    /// A message could not be delivered now.
    pub fn message_held(&self, id: i64, trouble: &str) -> Result<()> {
        let trouble = trouble.to_owned();
        self.write(move |sql| settle(sql, id, MessageState::Pending, None, Some(&trouble)))
    }

    /// The system does not take a message.
    pub fn message_refused(&self, id: i64, at: i64, trouble: &str) -> Result<()> {
        let trouble = trouble.to_owned();
        self.write(move |sql| settle(sql, id, MessageState::Refused, Some(at), Some(&trouble)))
    }

    /// Refused messages are tried again. Gives how many.
    pub fn retry_messages(&self) -> Result<u64> {
        self.write(|sql| {
            let again = "UPDATE message SET state = 'pending', ended = NULL WHERE state = 'refused'";
            Ok(sql.prepare_cached(again)?.execute([])? as u64)
        })
    }

    /// A message need not be delivered. `false` where there is none that is open.
    pub fn drop_message(&self, id: i64, at: i64) -> Result<bool> {
        self.write(move |sql| {
            let open: bool = sql
                .prepare_cached(&format!("SELECT EXISTS (SELECT 1 FROM message WHERE id = ? AND state IN {OPEN})"))?
                .query_row([id], |row| row.get(0))?;
            settle(sql, id, MessageState::Dropped, Some(at), None)?;
            Ok(open)
        })
    }

    /// Forgets some of what was delivered or dropped before a time. Says whether there is more.
    pub fn forget_messages(&self, before: i64) -> Result<bool> {
        self.write(move |sql| {
            let old = "DELETE FROM message WHERE id IN
                (SELECT id FROM message WHERE state IN ('sent', 'dropped') AND ended < ? LIMIT ?)";
            Ok(sql.prepare_cached(old)?.execute((before, BATCH))? == BATCH as usize)
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use longshore_catalogue::Catalogue as _;
    use serde_json::json;

    use super::*;
    use crate::Options;

    fn message(key: &str, about: &str) -> NewMessage {
        let (key, to, about) = (key.to_owned(), "scicat".to_owned(), about.to_owned());
        NewMessage { key, to, about, body: json!({"say": "this"}), at: 5, run: Some("R".into()) }
    }

    fn store(folder: &tempfile::TempDir) -> Store {
        Store::open(&folder.path().join("longshore.db"), &Options::default()).unwrap()
    }

    fn next(store: &Store) -> Vec<String> {
        store.next_messages("scicat", 9).unwrap().into_iter().map(|one| one.message.key).collect()
    }

    #[test]
    fn messages_about_one_thing_are_given_out_one_after_another() {
        let folder = tempfile::tempdir().unwrap();
        let store = store(&folder);
        let all = [message("a1", "a"), message("a2", "a"), message("b1", "b")];
        store.tell(&all).unwrap();
        // Once more, as after a crash before the reply.
        store.tell(&all).unwrap();
        assert_eq!(store.messages_for().unwrap(), ["scicat"]);
        let first = store.next_messages("scicat", 9).unwrap();
        assert_eq!(first[0].message, all[0]);
        assert_eq!(next(&store), ["a1", "b1"]);
        assert!(store.next_messages("other", 9).unwrap().is_empty());
        store.message_held(first[0].id, "it is away").unwrap();
        assert_eq!(next(&store), ["a1", "b1"]);
        store.message_sent(first[0].id, 7).unwrap();
        store.close().unwrap();
        let store = self::store(&folder);
        assert_eq!(next(&store), ["a2", "b1"]);
        let sent = &store.messages(Which::All, 0, 9).unwrap().rows[2];
        assert_eq!((sent.state, sent.tries, sent.ended), (MessageState::Sent, 1, Some(7)));
        assert_eq!(sent.trouble.as_deref(), Some("it is away"));
    }

    #[test]
    fn what_is_refused_holds_up_what_is_about_the_same_thing_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let store = store(&folder);
        store.tell(&[message("a1", "a"), message("a2", "a"), message("b1", "b")]).unwrap();
        let first = store.next_messages("scicat", 1).unwrap()[0].id;
        store.message_refused(first, 7, "no such job").unwrap();
        assert_eq!(next(&store), ["b1"]);
        assert_eq!(store.retry_messages().unwrap(), 1);
        assert_eq!(next(&store), ["a1", "b1"]);
        store.message_refused(first, 8, "no such job").unwrap();
        assert!(store.drop_message(first, 9).unwrap());
        assert_eq!(next(&store), ["a2", "b1"]);
        assert!(!store.drop_message(first, 9).unwrap());
        assert_eq!(store.messages(Which::Open, 0, 9).unwrap().total, 2);
        assert!(!store.forget_messages(9).unwrap());
        assert_eq!(store.messages(Which::All, 0, 9).unwrap().total, 3);
        store.forget_messages(10).unwrap();
        assert_eq!(store.messages(Which::All, 0, 9).unwrap().total, 2);
    }
}
