//! The catalogue and the ledger over the tables.

use longshore_catalogue::{
    Block, BlockId, BlockState, Catalogue, Copied, Damage, Dataset, DatasetId, Digests, Entry, EntryId, FoundEntry,
    HistoryLine, Metadata, Mtime, NewBlock, NewDataset, NewEntry, NewMessage, PathBytes, Proof, ProofMethod, Released,
    Result, Sha256,
};

use crate::store::Store;
use crate::table::ledger::{self, Which};
use crate::table::{block, copy, dataset, described, digest, entry, expected, history, listing, message};

impl Catalogue for Store {
    fn create_dataset(&self, new: &NewDataset) -> Result<Dataset> {
        let new = new.clone();
        Ok(self.write(move |sql| dataset::create(sql, &new))?)
    }

    fn dataset(&self, pid_or_name: &str) -> Result<Dataset> {
        Ok(self.read(|sql| dataset::by_id(sql, dataset::id_of(sql, pid_or_name)?))?)
    }

    fn describe(&self, dataset: DatasetId, metadata: &Metadata) -> Result<()> {
        let metadata = metadata.clone();
        Ok(self.write(move |sql| described::describe(sql, dataset, &metadata))?)
    }

    fn metadata(&self, dataset: DatasetId) -> Result<Option<Metadata>> {
        Ok(self.read(|sql| described::metadata(sql, dataset))?)
    }

    fn registered(&self, dataset: DatasetId, pid: &str) -> Result<()> {
        let pid = pid.to_owned();
        Ok(self.write(move |sql| described::registered(sql, dataset, &pid))?)
    }

    fn lands_in(&self, dataset: DatasetId, folder: &PathBytes) -> Result<Dataset> {
        let folder = folder.clone();
        Ok(self.write(move |sql| described::lands_in(sql, dataset, &folder))?)
    }

    fn clear_listing(&self, dataset: DatasetId) -> Result<()> {
        Ok(listing::clear(self, dataset)?)
    }

    fn add_entries(&self, dataset: DatasetId, entries: &[NewEntry]) -> Result<()> {
        let entries = entries.to_vec();
        Ok(self.write(move |sql| entry::add(sql, dataset, &entries))?)
    }

    fn finish_listing(&self, dataset: DatasetId, special: u64) -> Result<Dataset> {
        Ok(listing::finish(self, dataset, special)?)
    }

    fn entries_after(&self, dataset: DatasetId, after: EntryId, limit: usize) -> Result<Vec<Entry>> {
        Ok(self.walk(move |sql| ledger::after(sql, dataset, Which::All, after, limit))?)
    }

    fn unlanded_after(&self, dataset: DatasetId, after: EntryId, limit: usize) -> Result<Vec<Entry>> {
        Ok(self.walk(move |sql| ledger::after(sql, dataset, Which::Unlanded, after, limit))?)
    }

    fn releasable_after(&self, dataset: DatasetId, after: EntryId, limit: usize) -> Result<Vec<Entry>> {
        Ok(self.walk(move |sql| ledger::after(sql, dataset, Which::Releasable, after, limit))?)
    }

    fn entry_at(&self, dataset: DatasetId, path: &PathBytes) -> Result<Entry> {
        Ok(self.read(|sql| ledger::at(sql, dataset, path))?)
    }

    fn entries_below(&self, dataset: DatasetId, path: &PathBytes, after: EntryId, limit: usize) -> Result<Vec<Entry>> {
        Ok(self.read(|sql| ledger::below(sql, dataset, path, after, limit))?)
    }

    fn find(&self, name_or_checksum: &str, limit: usize) -> Result<Vec<FoundEntry>> {
        Ok(self.read(|sql| ledger::find(sql, name_or_checksum, limit))?)
    }

    fn relist_file(&self, dataset: DatasetId, entry: EntryId, size: u64, mode: u32, mtime: Mtime) -> Result<()> {
        Ok(self.write(move |sql| entry::relist(sql, dataset, entry, size, mode, mtime))?)
    }

    fn expect(&self, dataset: DatasetId, expected: &[(EntryId, Vec<u8>)]) -> Result<()> {
        let expected = expected.to_vec();
        Ok(self.write(move |sql| expected::keep(sql, dataset, &expected))?)
    }

    fn expected(&self, first: EntryId, last: EntryId) -> Result<Vec<(EntryId, Vec<u8>)>> {
        Ok(self.walk(move |sql| expected::between(sql, first, last))?)
    }

    fn record_landed(&self, dataset: DatasetId, landed: &[(EntryId, Digests)]) -> Result<()> {
        let landed = landed.to_vec();
        Ok(self.write(move |sql| digest::record(sql, dataset, &landed))?)
    }

    fn plan_blocks(&self, dataset: DatasetId, storage: &str, blocks: &[NewBlock]) -> Result<Vec<Block>> {
        let (storage, blocks) = (storage.to_owned(), blocks.to_vec());
        Ok(self.write(move |sql| block::plan(sql, dataset, &storage, &blocks))?)
    }

    fn blocks(&self, dataset: DatasetId) -> Result<Vec<Block>> {
        Ok(self.read(|sql| block::of_dataset(sql, dataset, -1))?)
    }

    fn block(&self, block: BlockId) -> Result<Block> {
        Ok(self.read(|sql| block::by_id(sql, block))?)
    }

    fn record_copies(&self, copies: &[(EntryId, Copied)]) -> Result<()> {
        let copies = copies.to_vec();
        Ok(self.write(move |sql| copy::record(sql, &copies))?)
    }

    fn block_written(&self, block: BlockId, path: &PathBytes, sha256: &Sha256) -> Result<()> {
        let (path, sha256) = (path.clone(), *sha256);
        Ok(self.write(move |sql| block::written(sql, block, &path, &sha256))?)
    }

    fn record_proofs(&self, block: BlockId, proofs: &[Proof]) -> Result<()> {
        let proofs = proofs.to_vec();
        Ok(self.write(move |sql| copy::prove(sql, block, &proofs))?)
    }

    fn block_verified(
        &self,
        block: BlockId,
        state: BlockState,
        damage: &[Damage],
        at: i64,
        method: ProofMethod,
    ) -> Result<()> {
        let damage = damage.to_vec();
        Ok(self.write(move |sql| block::verified(sql, block, state, &damage, at, method))?)
    }

    fn record_released(&self, dataset: DatasetId, released: &[Released]) -> Result<()> {
        let released = released.to_vec();
        Ok(self.write(move |sql| copy::release(sql, dataset, &released))?)
    }

    fn add_history(&self, dataset: DatasetId, line: &HistoryLine) -> Result<()> {
        let line = line.clone();
        Ok(self.write(move |sql| history::add(sql, dataset, &line))?)
    }

    fn tell(&self, messages: &[NewMessage]) -> Result<()> {
        let messages = messages.to_vec();
        Ok(self.write(move |sql| message::keep(sql, &messages))?)
    }
}
