//! The ledger's facts on their way between a workspace and the place that workers share: by names and paths, as each has keys of its own.

use std::sync::Arc;

use longshore_catalogue::{
    Block, BlockState, Catalogue, Copied, Dataset, DatasetId, Entry, EntryId, Error, LandingState, NewBlock,
    NewDataset, NewEntry, NewMessage, Proof, Released, Result, WorkNote,
};
use longshore_engine::Fault;
use longshore_flows::faults::of_catalogue;
use longshore_flows::kind::Storages;

use super::books::{Books, MESSAGES, WORKS};
use super::fact::Fact;
use super::ground::Ground;
use super::state::State;

/// Entries that are read or written at a time.
const PAGE: usize = 1000;

/// What was brought.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Brought {
    pub(crate) datasets: u64,
    pub(crate) files: u64,
    /// Datablocks whose standing changed here.
    pub(crate) blocks: u64,
    pub(crate) messages: u64,
}

/// Takes into a workspace's ledger what workers have done to datasets. Done again, it changes nothing.
pub(crate) fn import(
    place: &str,
    storages: &dyn Storages,
    home: &dyn Catalogue,
) -> std::result::Result<Brought, Fault> {
    with_books(place, storages, |books| {
        let mut brought = Brought::default();
        for key in books.keys()? {
            let book = books.book(key)?;
            let (mut pid, mut lines) = (None, Vec::new());
            books.facts(key, |_, fact| {
                match fact {
                    Fact::Created { new } => pid = Some(new.pid),
                    Fact::History { line } => lines.push(line),
                    _ => {}
                }
                Ok(())
            })?;
            let Some(pid) = pid else { continue };
            let dataset = book.store.dataset(&pid)?;
            let taken = merge(&book.store, &dataset, home)?;
            lines.iter().try_for_each(|line| home.add_history(taken.0, line))?;
            brought.datasets += 1;
            brought.files += dataset.totals.files;
            brought.blocks += taken.1;
        }
        for messages in books.kept::<Vec<NewMessage>>(MESSAGES)? {
            home.tell(&messages)?;
            brought.messages += messages.len() as u64;
        }
        for notes in books.kept::<Vec<WorkNote>>(WORKS)? {
            home.note_works(&notes)?;
        }
        Ok(brought)
    })
}

/// Gives workers what a workspace's ledger holds of a dataset.
pub(crate) fn export(
    place: &str,
    storages: &dyn Storages,
    home: &dyn Catalogue,
    dataset: &str,
) -> std::result::Result<Brought, Fault> {
    with_books(place, storages, |books| {
        let dataset = home.dataset(dataset)?;
        let (_, blocks) = merge(home, &dataset, books)?;
        Ok(Brought { datasets: 1, files: dataset.totals.files, blocks, messages: 0 })
    })
}

fn with_books(
    place: &str,
    storages: &dyn Storages,
    work: impl FnOnce(&Books) -> Result<Brought>,
) -> std::result::Result<Brought, Fault> {
    let ground = Arc::new(Ground::new(std::iter::empty()));
    let state = State::open(place, storages)?;
    let done = work(&Books::new(&state, ground.clone(), "workspace".to_owned()));
    ground.close();
    done.map_err(|error| of_catalogue(&error))
}

/// Entries of one dataset in two ledgers, in the order of both.
struct Pairs {
    from: Vec<EntryId>,
    to: Vec<EntryId>,
}

impl Pairs {
    fn to(&self, entry: EntryId) -> EntryId {
        self.from.binary_search(&entry).map_or(entry, |at| self.to[at])
    }
}

/// Brings one dataset from a ledger into another; gives its key there, and how many datablocks stand otherwise now.
fn merge(from: &dyn Catalogue, dataset: &Dataset, to: &dyn Catalogue) -> Result<(DatasetId, u64)> {
    let there = begun(from, dataset, to)?;
    if !dataset.listed {
        return Ok((there.id, 0));
    }
    if !there.listed {
        list(from, dataset, to, there.id)?;
    }
    let pairs = paired(from, dataset, to, &there)?;
    expect(from, to, there.id, &pairs)?;
    land(from, dataset, to, there.id, &pairs)?;
    let mut changed = 0;
    let blocks = from.blocks(dataset.id)?;
    if let Some(first) = blocks.first() {
        let plan = |block: &Block| NewBlock {
            first: pairs.to(block.plan.first),
            last: pairs.to(block.plan.last),
            ..block.plan.clone()
        };
        let plans: Vec<NewBlock> = blocks.iter().map(plan).collect();
        let planned = to.plan_blocks(there.id, &first.storage, &plans)?;
        for (block, other) in blocks.iter().zip(&planned) {
            changed += u64::from(write(from, block, to, other, &pairs)?);
        }
    }
    release(from, dataset, to, there.id, &pairs)?;
    Ok((there.id, changed))
}

/// The dataset in the other ledger, made if it is not there, with what is said of it.
fn begun(from: &dyn Catalogue, dataset: &Dataset, to: &dyn Catalogue) -> Result<Dataset> {
    let there = match to.dataset(&dataset.pid) {
        Err(Error::NotFound { .. }) => to.create_dataset(&NewDataset {
            pid: dataset.pid.clone(),
            name: dataset.name.clone(),
            sources: dataset.sources.clone(),
            created_at: dataset.created_at,
        })?,
        found => found?,
    };
    let said = from.metadata(dataset.id)?;
    if let Some(metadata) = said.filter(|_| there.described.is_none()) {
        to.describe(there.id, &metadata)?;
    }
    if let Some(described) = &dataset.described {
        if let Some(pid) = &described.pid {
            to.registered(there.id, pid)?;
        }
        if let Some(folder) = &described.folder {
            to.lands_in(there.id, folder)?;
        }
    }
    Ok(there)
}

fn pages(ledger: &dyn Catalogue, dataset: DatasetId, mut each: impl FnMut(&[Entry]) -> Result<()>) -> Result<()> {
    let mut after = 0;
    loop {
        let entries = ledger.entries_after(dataset, after, PAGE)?;
        let Some(last) = entries.last() else { return Ok(()) };
        after = last.id;
        each(&entries)?;
    }
}

fn list(from: &dyn Catalogue, dataset: &Dataset, to: &dyn Catalogue, there: DatasetId) -> Result<()> {
    to.clear_listing(there)?;
    pages(from, dataset.id, |entries| {
        let new = |entry: &Entry| NewEntry {
            path: entry.path.clone(),
            source: entry.source,
            kind: entry.kind,
            size: entry.size,
            mode: entry.mode,
            mtime: entry.mtime,
            link: entry.link.clone(),
        };
        to.add_entries(there, &entries.iter().map(new).collect::<Vec<_>>())
    })?;
    to.finish_listing(there, dataset.totals.special).map(drop)
}

/// Which entry is which. Both must have listed the same.
fn paired(from: &dyn Catalogue, dataset: &Dataset, to: &dyn Catalogue, there: &Dataset) -> Result<Pairs> {
    let differs = |what: String| {
        Error::Refused(format!("the dataset {} was listed otherwise by the workers: {what}", dataset.pid))
    };
    let mut pairs = Pairs { from: Vec::new(), to: Vec::new() };
    let mut after = 0;
    pages(from, dataset.id, |entries| {
        let others = to.entries_after(there.id, after, entries.len())?;
        if others.len() != entries.len() {
            return Err(differs("not as many entries".to_owned()));
        }
        for (entry, other) in entries.iter().zip(&others) {
            if (&entry.path, entry.kind, entry.size) != (&other.path, other.kind, other.size) {
                return Err(differs(entry.path.to_text()));
            }
            pairs.from.push(entry.id);
            pairs.to.push(other.id);
            after = other.id;
        }
        Ok(())
    })?;
    if to.entries_after(there.id, after, 1)?.is_empty() { Ok(pairs) } else { Err(differs("more entries".to_owned())) }
}

fn expect(from: &dyn Catalogue, to: &dyn Catalogue, there: DatasetId, pairs: &Pairs) -> Result<()> {
    for part in pairs.from.chunks(PAGE) {
        let (Some(first), Some(last)) = (part.first(), part.last()) else { continue };
        let expected = from.expected(*first, *last)?;
        if !expected.is_empty() {
            let expected: Vec<_> = expected.into_iter().map(|(entry, sum)| (pairs.to(entry), sum)).collect();
            to.expect(there, &expected)?;
        }
    }
    Ok(())
}

fn land(from: &dyn Catalogue, dataset: &Dataset, to: &dyn Catalogue, there: DatasetId, pairs: &Pairs) -> Result<()> {
    let mut after = 0;
    pages(from, dataset.id, |entries| {
        let others = to.entries_after(there, after, entries.len())?;
        after = others.last().map_or(after, |other| other.id);
        let new = |(entry, other): (&Entry, &Entry)| {
            let digests = entry.digests.filter(|_| entry.landing != LandingState::Absent)?;
            (other.landing == LandingState::Absent).then(|| (pairs.to(entry.id), digests))
        };
        let landed: Vec<_> = entries.iter().zip(&others).filter_map(new).collect();
        if landed.is_empty() { Ok(()) } else { to.record_landed(there, &landed) }
    })
}

/// Brings how a datablock stands; `false` where the other ledger knows it, or knows better.
fn write(from: &dyn Catalogue, block: &Block, to: &dyn Catalogue, other: &Block, pairs: &Pairs) -> Result<bool> {
    let Some(sha256) = block.sha256.filter(|_| block.state != BlockState::Planned) else { return Ok(false) };
    let same = other.sha256 == Some(sha256);
    if same && (other.state == block.state || other.verified_at > block.verified_at) {
        return Ok(false);
    }
    if other.state == BlockState::Proved && !same {
        return Err(Error::Refused(format!(
            "{} is proved here, and the workers have written another one",
            block.plan.name
        )));
    }
    let (mut proofs, mut after) = (Vec::new(), block.plan.first - 1);
    if !same {
        each_of(from, block, &mut after, |entries| {
            let copy = |entry: &Entry| entry.copy.map(|copy| (pairs.to(entry.id), Copied { block: other.id, ..copy }));
            to.record_copies(&entries.iter().filter_map(copy).collect::<Vec<_>>())
        })?;
        to.block_written(other.id, &block.path, &sha256)?;
    }
    after = block.plan.first - 1;
    each_of(from, block, &mut after, |entries| {
        proofs.clear();
        proofs
            .extend(entries.iter().filter_map(|entry| Some(Proof { entry: pairs.to(entry.id), at: entry.proved_at? })));
        if proofs.is_empty() { Ok(()) } else { to.record_proofs(other.id, &proofs) }
    })?;
    if let (Some(at), Some(method)) = (block.verified_at, block.method)
        && matches!(block.state, BlockState::Proved | BlockState::Damaged)
    {
        to.block_verified(other.id, block.state, &[], at, method)?;
    }
    Ok(true)
}

/// The entries of a datablock, a page at a time.
fn each_of(
    from: &dyn Catalogue,
    block: &Block,
    after: &mut EntryId,
    mut each: impl FnMut(&[Entry]) -> Result<()>,
) -> Result<()> {
    loop {
        let mut entries = from.entries_after(block.dataset, *after, PAGE)?;
        entries.retain(|entry| entry.id <= block.plan.last);
        let Some(last) = entries.last() else { return Ok(()) };
        *after = last.id;
        each(&entries)?;
    }
}

fn release(from: &dyn Catalogue, dataset: &Dataset, to: &dyn Catalogue, there: DatasetId, pairs: &Pairs) -> Result<()> {
    pages(from, dataset.id, |entries| {
        let gone = entries.iter().filter(|entry| entry.landing == LandingState::Released);
        let released = gone.filter_map(|entry| Some(Released { entry: pairs.to(entry.id), at: entry.proved_at? }));
        let released: Vec<_> = released.collect();
        if released.is_empty() { Ok(()) } else { to.record_released(there, &released) }
    })
}
