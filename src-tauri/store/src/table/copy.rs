//! The ledger: where each entry lies in its datablock, its proof, its release from the landing zone, what damage was found.
//!
//! Each fact is a row of its own that is added and not changed: a batch then writes the pages at the end of a table,
//! and not all those in which the entries lie.

use longshore_catalogue::{Block, BlockId, BlockState, Copied, Damage, DatasetId, EntryId, Proof, Released};
use rusqlite::{Connection, OptionalExtension, params};

use crate::error::{Work, refused};
use crate::schema::Migration;
use crate::table::block::{self, Amount};
use crate::table::dataset;

/// `gap` is the distance from an entry's header to its first content byte.
pub(crate) const MIGRATIONS: &[Migration] = &[Migration {
    to: 1,
    sql: "CREATE TABLE copy (
            entry INTEGER PRIMARY KEY, block INTEGER NOT NULL, header INTEGER NOT NULL, gap INTEGER NOT NULL
          ) STRICT;
          CREATE TABLE proof (entry INTEGER PRIMARY KEY, at INTEGER NOT NULL) STRICT;
          CREATE TABLE released (entry INTEGER PRIMARY KEY, at INTEGER NOT NULL) STRICT;
          CREATE TABLE damage (entry INTEGER PRIMARY KEY, found TEXT NOT NULL) STRICT;",
}];

/// Records places in datablocks that are being written.
pub(crate) fn record(sql: &Connection, copies: &[(EntryId, Copied)]) -> Work<()> {
    for run in copies.chunk_by(|a, b| a.1.block == b.1.block) {
        let block = block::by_id(sql, run[0].1.block)?;
        let changed = place(sql, &block, run)?;
        let as_it_was = block.state == BlockState::Written && changed == 0 && !any_proof(sql, &block)?;
        if block.state != BlockState::Planned && !as_it_was {
            block::rewrite(sql, &block)?;
        }
    }
    Ok(())
}

/// How many places are new or other than before.
fn place(sql: &Connection, block: &Block, copies: &[(EntryId, Copied)]) -> Work<usize> {
    let mut statement = sql.prepare_cached(
        "INSERT INTO copy VALUES (?, ?, ?, ?) ON CONFLICT (entry) DO UPDATE
         SET block = excluded.block, header = excluded.header, gap = excluded.gap
         WHERE block <> excluded.block OR header <> excluded.header OR gap <> excluded.gap",
    )?;
    let mut changed = 0;
    for (entry, copied) in copies {
        block::expect(block, *entry)?;
        let Some(gap) = copied.data.checked_sub(copied.header) else {
            return refused(format!("the content of entry {entry} lies before its header"));
        };
        changed += statement.execute((entry, copied.block, copied.header, gap))?;
    }
    Ok(changed)
}

/// Refuses unless every entry of the datablock has its place, and every file its checksum from the source.
pub(crate) fn expect_all(sql: &Connection, block: &Block) -> Work<()> {
    let entries = block.plan.first.abs_diff(block.plan.last) + 1;
    let placed = count(sql, "copy WHERE block = ?3 AND entry BETWEEN ?1 AND ?2", block)?;
    if placed != entries {
        let name = &block.plan.name;
        return refused(format!("only {placed} of the {entries} entries of datablock {name} have a place in it"));
    }
    let unknown = "entry e WHERE id BETWEEN ?1 AND ?2 AND kind = 1 AND ?3 AND NOT EXISTS (SELECT 1 FROM digest WHERE entry = e.id)";
    match count(sql, unknown, block)? {
        0 => Ok(()),
        unknown => {
            refused(format!("{unknown} files of datablock {} have no checksum from their source", block.plan.name))
        }
    }
}

fn count(sql: &Connection, what: &str, block: &Block) -> Work<u64> {
    let mut statement = sql.prepare_cached(&format!("SELECT count(*) FROM {what}"))?;
    Ok(statement.query_row((block.plan.first, block.plan.last, block.id), |row| row.get(0))?)
}

/// Records entries that were read back and are right.
pub(crate) fn prove(sql: &Connection, id: BlockId, proofs: &[Proof]) -> Work<()> {
    let block = block::by_id(sql, id)?;
    if block.state == BlockState::Planned {
        return refused(format!("datablock {} is not written; nothing in it can be proved", block.plan.name));
    }
    let mut statement = sql.prepare_cached(
        "INSERT INTO proof VALUES (?, ?) ON CONFLICT (entry) DO UPDATE SET at = excluded.at WHERE at <> excluded.at",
    )?;
    for proof in proofs {
        block::expect(&block, proof.entry)?;
        statement.execute((proof.entry, proof.at))?;
    }
    if block.state == BlockState::Damaged {
        forget_damage(sql, proofs)?;
    }
    Ok(())
}

fn forget_damage(sql: &Connection, proofs: &[Proof]) -> Work<()> {
    let mut statement = sql.prepare_cached("DELETE FROM damage WHERE entry = ?")?;
    for proof in proofs {
        statement.execute([proof.entry])?;
    }
    Ok(())
}

fn any_proof(sql: &Connection, block: &Block) -> Work<bool> {
    let mut statement = sql.prepare_cached("SELECT 1 FROM proof WHERE entry BETWEEN ? AND ?")?;
    Ok(statement.exists((block.plan.first, block.plan.last))?)
}

/// Whether a file of the datablock has left the landing zone.
pub(crate) fn any_released(sql: &Connection, block: &Block) -> Work<bool> {
    let mut statement = sql.prepare_cached("SELECT 1 FROM released WHERE entry BETWEEN ? AND ?")?;
    Ok(statement.exists((block.plan.first, block.plan.last))?)
}

/// Refuses unless every entry of the datablock has its proof.
pub(crate) fn expect_proofs(sql: &Connection, block: &Block) -> Work<()> {
    let entries = block.plan.first.abs_diff(block.plan.last) + 1;
    let proved = count(sql, "proof WHERE entry BETWEEN ?1 AND ?2 AND ?3", block)?;
    if proved != entries {
        let name = &block.plan.name;
        return refused(format!("only {proved} of the {entries} entries of datablock {name} are proved"));
    }
    sql.prepare_cached("DELETE FROM damage WHERE entry BETWEEN ? AND ?")?
        .execute((block.plan.first, block.plan.last))?;
    Ok(())
}

/// Forgets the proofs of entries that were found damaged.
pub(crate) fn damaged(sql: &Connection, block: &Block, damage: &[Damage]) -> Work<()> {
    let mut forget = sql.prepare_cached("DELETE FROM proof WHERE entry = ?")?;
    let mut note = sql
        .prepare_cached("INSERT INTO damage VALUES (?, ?) ON CONFLICT (entry) DO UPDATE SET found = excluded.found")?;
    for damage in damage {
        block::expect(block, damage.entry)?;
        forget.execute([damage.entry])?;
        note.execute((damage.entry, &damage.found))?;
    }
    Ok(())
}

/// What was found instead of an entry, if its last verification failed.
pub(crate) fn damage(sql: &Connection, entry: EntryId) -> Work<Option<String>> {
    let mut statement = sql.prepare_cached("SELECT found FROM damage WHERE entry = ?")?;
    Ok(statement.query_row([entry], |row| row.get(0)).optional()?)
}

/// Files of the datablock that are proved.
pub(crate) fn proved_amount(sql: &Connection, block: &Block) -> Work<Amount> {
    let whole = count(sql, "proof WHERE entry BETWEEN ?1 AND ?2 AND ?3", block)?;
    if whole == block.plan.first.abs_diff(block.plan.last) + 1 {
        return Ok(Amount { bytes: block.plan.bytes, files: block.plan.files });
    }
    let mut statement = sql.prepare_cached(
        "SELECT coalesce(sum(e.size), 0), count(*) FROM proof p CROSS JOIN entry e ON e.id = p.entry
         WHERE p.entry BETWEEN ? AND ? AND e.kind = 1",
    )?;
    let found = statement
        .query_row((block.plan.first, block.plan.last), |row| Ok(Amount { bytes: row.get(0)?, files: row.get(1)? }));
    Ok(found?)
}

/// Forgets the proofs of a datablock's entries, and what damage was found.
pub(crate) fn forget_proofs(sql: &Connection, block: &Block) -> Work<()> {
    for table in ["proof", "damage"] {
        sql.prepare_cached(&format!("DELETE FROM {table} WHERE entry BETWEEN ? AND ?"))?
            .execute((block.plan.first, block.plan.last))?;
    }
    Ok(())
}

/// Forgets places between two keys. Nothing is proved there, as no datablock is written.
pub(crate) fn forget(sql: &Connection, after: EntryId, before: EntryId) -> Work<()> {
    sql.prepare_cached("DELETE FROM copy WHERE entry > ? AND entry < ?")?.execute((after, before))?;
    Ok(())
}

/// Records files that were deleted from the landing zone after their proof.
pub(crate) fn release(sql: &Connection, id: DatasetId, released: &[Released]) -> Work<()> {
    let mut allowed =
        sql.prepare_cached("SELECT 1 FROM proof p JOIN digest d ON d.entry = p.entry WHERE p.entry = ?")?;
    let mut insert = sql.prepare_cached("INSERT INTO released VALUES (?, ?) ON CONFLICT DO NOTHING")?;
    let mut added = 0;
    for Released { entry, at } in released {
        if dataset::of_entry(*entry) != id || !allowed.exists([entry])? {
            return refused(format!("entry {entry} is not a file of this dataset with a proof of its copy on the LTS"));
        }
        added += insert.execute(params![entry, at])?;
        dataset::touch(sql, id, *at)?;
    }
    dataset::count(sql, id, 0, added)
}
