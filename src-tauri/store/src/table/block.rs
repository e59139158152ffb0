//! Datablocks.

use longshore_catalogue::{
    Block, BlockId, BlockState, Damage, DatasetId, EntryId, NewBlock, PathBytes, ProofMethod, Sha256,
};
use rusqlite::{Connection, OptionalExtension, Row, params};

use crate::error::{Result, Work, missing, refused};
use crate::schema::Migration;
use crate::store::Store;
use crate::table::{copy, dataset, entry};
use crate::words::Word;

/// `proved_files` and `proved_bytes` are taken when a verification ends.
pub(crate) const MIGRATIONS: &[Migration] = &[Migration {
    to: 1,
    sql: "CREATE TABLE block (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            dataset INTEGER NOT NULL REFERENCES dataset,
            number INTEGER NOT NULL,
            name TEXT NOT NULL,
            storage TEXT NOT NULL,
            first INTEGER NOT NULL,
            last INTEGER NOT NULL,
            files INTEGER NOT NULL,
            bytes INTEGER NOT NULL,
            size INTEGER NOT NULL,
            state TEXT NOT NULL DEFAULT 'planned',
            path BLOB NOT NULL DEFAULT x'',
            sha256 BLOB,
            verified_at INTEGER,
            method TEXT,
            proved_files INTEGER NOT NULL DEFAULT 0,
            proved_bytes INTEGER NOT NULL DEFAULT 0,
            UNIQUE (dataset, number)
          ) STRICT;
          CREATE INDEX block_verified ON block (verified_at);",
}];

/// Bytes and files.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Amount {
    /// Bytes.
    pub bytes: u64,
    /// Files.
    pub files: u64,
}

const SELECT: &str = "SELECT id, dataset, number, name, first, last, files, bytes, size, state, storage, path, sha256,
                             verified_at, method FROM block";

fn of_row(row: &Row<'_>) -> Work<Block> {
    let path: Vec<u8> = row.get(11)?;
    let method: Option<String> = row.get(14)?;
    Ok(Block {
        id: row.get(0)?,
        dataset: row.get(1)?,
        plan: NewBlock {
            number: row.get(2)?,
            name: row.get(3)?,
            first: row.get(4)?,
            last: row.get(5)?,
            files: row.get(6)?,
            bytes: row.get(7)?,
            size: row.get(8)?,
        },
        state: BlockState::of(row.get_ref(9)?.as_str()?)?,
        storage: row.get(10)?,
        path: PathBytes::new(path),
        sha256: row.get(12)?,
        verified_at: row.get(13)?,
        method: method.as_deref().map(ProofMethod::of).transpose()?,
    })
}

/// A datablock.
pub(crate) fn by_id(sql: &Connection, id: BlockId) -> Work<Block> {
    let mut statement = sql.prepare_cached(&format!("{SELECT} WHERE id = ?"))?;
    let mut rows = statement.query([id])?;
    rows.next()?.map_or_else(|| Err(missing("datablock", id)), of_row)
}

/// The datablocks of a dataset, at most `limit`, by number.
pub(crate) fn of_dataset(sql: &Connection, id: DatasetId, limit: i64) -> Work<Vec<Block>> {
    dataset::listed(sql, id)?;
    let mut statement = sql.prepare_cached(&format!("{SELECT} WHERE dataset = ? ORDER BY number LIMIT ?"))?;
    let mut rows = statement.query((id, limit))?;
    let mut blocks = Vec::new();
    while let Some(row) = rows.next()? {
        blocks.push(of_row(row)?);
    }
    Ok(blocks)
}

/// The number of a datablock in its dataset.
pub(crate) fn number(sql: &Connection, id: BlockId) -> Work<u32> {
    let mut statement = sql.prepare_cached("SELECT number FROM block WHERE id = ?")?;
    statement.query_row([id], |row| row.get(0)).optional()?.ok_or_else(|| missing("datablock", id))
}

/// Lays down the datablocks of a dataset.
pub(crate) fn plan(sql: &Connection, id: DatasetId, storage: &str, blocks: &[NewBlock]) -> Work<Vec<Block>> {
    let there = of_dataset(sql, id, -1)?;
    let same = there.len() == blocks.len()
        && there.iter().zip(blocks).all(|(block, new)| block.plan == *new && block.storage == storage);
    if same {
        return Ok(there);
    }
    if there.iter().any(|block| block.state != BlockState::Planned) {
        return refused("a datablock of this dataset is written already; its plan stays");
    }
    check_plan(sql, id, blocks)?;
    copy::forget(sql, dataset::top(id), dataset::top(id + 1))?;
    sql.prepare_cached("DELETE FROM block WHERE dataset = ?")?.execute([id])?;
    let mut insert = sql.prepare_cached(
        "INSERT INTO block (dataset, number, name, storage, first, last, files, bytes, size) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )?;
    for new in blocks {
        insert
            .execute(params![id, new.number, new.name, storage, new.first, new.last, new.files, new.bytes, new.size])?;
    }
    of_dataset(sql, id, -1)
}

/// Datablocks follow each other through the whole dataset, without gap or overlap.
fn check_plan(sql: &Connection, id: DatasetId, blocks: &[NewBlock]) -> Work<()> {
    if !dataset::listed(sql, id)? {
        return refused("the listing of this dataset is not finished; it has no datablocks yet");
    }
    let mut next = dataset::top(id) + 1;
    for (number, block) in (0_u32..).zip(blocks) {
        if block.number != number || block.first != next || block.last < block.first {
            return refused(format!("datablock {number} does not begin where the one before it ends"));
        }
        next = block.last + 1;
    }
    if next == entry::last(sql, id)?.unwrap_or(dataset::top(id)) + 1 {
        Ok(())
    } else {
        refused("the datablocks do not hold every entry of the dataset, or more than there are")
    }
}

/// Refuses an entry that is not in the datablock.
pub(crate) fn expect(block: &Block, entry: EntryId) -> Work<()> {
    if (block.plan.first..=block.plan.last).contains(&entry) {
        return Ok(());
    }
    refused(format!("entry {entry} does not belong into datablock {}", block.plan.name))
}

/// The datablock is being written anew: whatever was proved of an earlier writing is forgotten.
pub(crate) fn rewrite(sql: &Connection, block: &Block) -> Work<()> {
    if copy::any_released(sql, block)? {
        return refused(format!(
            "files of datablock {} have left the landing zone; it cannot be written again from there",
            block.plan.name
        ));
    }
    copy::forget_proofs(sql, block)?;
    sql.prepare_cached(
        "UPDATE block SET state = 'planned', path = x'', sha256 = NULL, verified_at = NULL, method = NULL,
         proved_files = 0, proved_bytes = 0 WHERE id = ?",
    )?
    .execute([block.id])?;
    Ok(())
}

/// The datablock stands under its final name.
pub(crate) fn written(sql: &Connection, id: BlockId, path: &PathBytes, sha256: &Sha256) -> Work<()> {
    let block = by_id(sql, id)?;
    if block.state != BlockState::Planned {
        if block.path == *path && block.sha256.as_ref() == Some(sha256) {
            return Ok(());
        }
        rewrite(sql, &block)?;
    }
    copy::expect_all(sql, &block)?;
    sql.prepare_cached("UPDATE block SET state = 'written', path = ?, sha256 = ? WHERE id = ?")?.execute((
        path.as_bytes(),
        &sha256[..],
        id,
    ))?;
    Ok(())
}

/// The datablock was read back.
pub(crate) fn verified(
    sql: &Connection,
    id: BlockId,
    state: BlockState,
    damage: &[Damage],
    at: i64,
    method: ProofMethod,
) -> Work<()> {
    let block = by_id(sql, id)?;
    match (block.state, state) {
        (BlockState::Planned, _) => return refused(format!("datablock {} is not written", block.plan.name)),
        (_, BlockState::Proved) if damage.is_empty() => copy::expect_proofs(sql, &block)?,
        (_, BlockState::Damaged) => copy::damaged(sql, &block, damage)?,
        _ => return refused("a verification ends with `proved` and no damage, or with `damaged`"),
    }
    let proved = copy::proved_amount(sql, &block)?;
    sql.prepare_cached(
        "UPDATE block SET state = ?, verified_at = ?, method = ?, proved_files = ?, proved_bytes = ? WHERE id = ?",
    )?
    .execute((state.word(), at, method.word(), proved.files, proved.bytes, id))?;
    dataset::touch(sql, block.dataset, at)
}

impl Store {
    /// The first datablocks of a dataset, by number; at most `limit`.
    pub fn dataset_blocks(&self, pid_or_name: &str, limit: u32) -> Result<Vec<Block>> {
        self.read(|sql| of_dataset(sql, dataset::id_of(sql, pid_or_name)?, limit.into()))
    }

    /// Bytes and files of datablocks that were proved at or after this time, in milliseconds since the epoch.
    pub fn proved_since(&self, at: i64) -> Result<Amount> {
        self.amount("verified_at >= ?1 AND state = 'proved'", at)
    }

    /// Bytes of proved datablocks on a storage, whole tars, and files in them.
    pub fn proved_on(&self, storage: &str) -> Result<Amount> {
        self.read(|sql| {
            let query = "SELECT coalesce(sum(size), 0), coalesce(sum(files), 0) FROM block WHERE storage = ? AND state = 'proved'";
            let found = sql.prepare_cached(query)?.query_row([storage], amount_of_row)?;
            Ok(found)
        })
    }

    fn amount(&self, condition: &str, param: i64) -> Result<Amount> {
        self.read(|sql| {
            let query = format!(
                "SELECT coalesce(sum(proved_bytes), 0), coalesce(sum(proved_files), 0) FROM block WHERE {condition}"
            );
            Ok(sql.prepare_cached(&query)?.query_row([param], amount_of_row)?)
        })
    }
}

fn amount_of_row(row: &Row<'_>) -> rusqlite::Result<Amount> {
    Ok(Amount { bytes: row.get(0)?, files: row.get(1)? })
}
