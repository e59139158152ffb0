//! `datablock.verify`: reads a datablock back from its medium and compares it, and every file in it, with the source's checksums.

use async_trait::async_trait;
use longshore_catalogue::{
    Block, BlockState, Damage, Dataset, Entry, EntryId, EntryKind, LandingState, Proof, ProofMethod,
};
use longshore_engine::Fault;
use longshore_transfer::check::{self, Checked, Checkpoint, Observer, Wrong};
use longshore_transfer::hash::hex;
use longshore_transfer::storage::Storage;
use longshore_transfer::{Fail, Watch};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::block_item::BlockItem;
use super::damage::{self, Found};
use super::standing::{self, BlockFiles};
use crate::attempt::{PAGE, blocking, bytes, count, entries_in, pages};
use crate::faults::{self, Told as _, through};
use crate::kind::{Context, Done, Level, Need, Progress, Services, TypedKind};

/// Parameters of `datablock.verify`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct With {
    /// The datablock: an item of `dataset.blocks`, or what `datablock.write` gave.
    pub block: BlockItem,
    /// One that is proved, and there with its size, is not read again.
    #[serde(default)]
    pub unless_proved: bool,
}

/// Output of `datablock.verify`: a datablock that is proved.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Output {
    /// The datablock.
    #[serde(flatten)]
    pub block: BlockItem,
    /// How it was read back.
    pub method: ProofMethod,
}

/// `datablock.verify`.
pub struct DatablockVerify;

#[async_trait]
impl TypedKind for DatablockVerify {
    type With = With;
    type Output = Output;
    const NAME: &'static str = "datablock.verify";
    const TITLE: &'static str = "Reads a datablock back and proves it";

    async fn plan(&self, with: With, _: &Services) -> Result<Need, Fault> {
        Ok(Need { files: Some(with.block.files), bytes: Some(with.block.size), ..Need::default() })
    }

    async fn run(&self, with: With, context: Context) -> Result<Done<Output>, Fault> {
        blocking(move || verify(with, &context)).await.map(Done::Output)
    }
}

pub(super) fn verify(with: With, context: &Context) -> Result<Output, Fault> {
    let dataset = context.services.dataset(&with.block.dataset)?;
    let block = context.services.catalogue.block(with.block.id).told()?;
    let Some(sha256) = block.sha256.filter(|_| block.state != BlockState::Planned) else {
        return Err(unwritten(&dataset, &block));
    };
    let storage = context.services.storages.storage(&block.storage)?;
    let reading = Reading { context, dataset: &dataset, block: &block, sha256 };
    if let Some(method) = block.method.filter(|_| with.unless_proved && block.state == BlockState::Proved)
        && standing::is_written(storage.as_ref(), &block)?
    {
        // An earlier try may have died before its line of history.
        if context.host.checkpoint() == Some(json!(READ)) {
            reading.tell_proved(method)?;
        }
        context.host.log(Level::Info, &format!("{} was proved before", block.plan.name));
        return Ok(Output { block: with.block, method });
    }
    let method = reading.run(storage.as_ref())?;
    Ok(Output { block: with.block, method })
}

/// A datablock that cannot be read, as there is none yet.
pub(super) fn unwritten(dataset: &Dataset, block: &Block) -> Fault {
    let what = format!("{} cannot be read back", block.plan.name);
    Fault::permanent("datablock.unwritten", what, "It is not written yet")
        .now("Retry the task that writes it.")
        .on_dataset(&dataset.pid)
}

/// What is saved once all of it was read.
const READ: &str = "read";

/// What is saved before: where the reading is, and of which writing of the datablock.
#[derive(Serialize, Deserialize)]
struct Saved {
    sha256: String,
    check: Checkpoint,
}

struct Reading<'a> {
    context: &'a Context,
    dataset: &'a Dataset,
    block: &'a Block,
    sha256: [u8; 32],
}

impl Reading<'_> {
    fn run(mut self, storage: &dyn Storage) -> Result<ProofMethod, Fault> {
        let (path, size) = (self.block.path.clone(), self.block.plan.size);
        if !standing::is_there(storage, path.as_bytes())? {
            return Err(self.gone());
        }
        let mut expected = BlockFiles { context: self.context.clone(), block: self.block.clone() };
        let (sha256, saved) = (self.sha256, self.saved());
        let checked = check::check(storage, path.as_bytes(), size, sha256, &mut expected, saved, &mut self)
            .map_err(|fail| self.broken_off(fail, storage))?;
        // The next verification shall not go on where this one ended.
        self.context.save(&READ)?;
        let method = read_from(storage, checked.from_medium);
        let complete = checked.right + checked.wrong == self.block.plan.files;
        if !(checked.ok() && complete) {
            return Err(self.damaged(&checked, method));
        }
        self.prove_the_rest(method)?;
        Ok(method)
    }

    /// The reading did not get to the end. Where a part of the datablock cannot be read, the files in it are named.
    fn broken_off(&self, fail: Fail, storage: &dyn Storage) -> Fault {
        let part = if let Fail::Unreadable { from, to, .. } = &fail { Some((*from, *to)) } else { None };
        let fault = faults::of_transfer(fail, [storage.name(); 2]).on_dataset(&self.dataset.pid);
        match part {
            Some(part) => damage::in_part(self.block, part, fault, |each| self.each_page(each)),
            None => fault,
        }
    }

    fn saved(&self) -> Option<Checkpoint> {
        let saved: Saved = serde_json::from_value(self.context.host.checkpoint()?).ok()?;
        (saved.sha256 == hex(&self.sha256)).then_some(saved.check)
    }

    /// The whole is right, and with it its headers: the proof of folders and links.
    fn prove_the_rest(&self, method: ProofMethod) -> Result<(), Fault> {
        let at = self.context.services.now();
        let catalogue = &self.context.services.catalogue;
        self.each_page(|entries| {
            let rest = entries.iter().filter(|entry| entry.kind != EntryKind::File);
            let proofs: Vec<_> = rest.map(|entry| Proof { entry: entry.id, at }).collect();
            catalogue.record_proofs(self.block.id, &proofs).told()
        })?;
        catalogue.block_verified(self.block.id, BlockState::Proved, &[], at, method).told()?;
        self.tell_proved(method)
    }

    fn tell_proved(&self, method: ProofMethod) -> Result<(), Fault> {
        let plan = &self.block.plan;
        let (what, medium) = (count(plan.files, "file", "files"), how(method));
        let text = format!(
            "{} read back {medium}: {what}, {}, each with the checksum of its source",
            plan.name,
            bytes(plan.bytes)
        );
        self.context.history(self.dataset, "block_proved", text)
    }

    fn each_page(&self, each: impl FnMut(&[Entry]) -> Result<(), Fault>) -> Result<(), Fault> {
        let catalogue = self.context.services.catalogue.as_ref();
        pages(|after| entries_in(catalogue, self.block, after), each)
    }

    fn record_damage(&self, damage: &[Damage], method: ProofMethod) -> Result<(), Fault> {
        let at = self.context.services.now();
        self.context.services.catalogue.block_verified(self.block.id, BlockState::Damaged, damage, at, method).told()
    }

    /// What was wrong with single files is in the ledger already; the headers stand for folders and links.
    fn damaged(&self, checked: &Checked, method: ProofMethod) -> Fault {
        let found = "the headers or padding of the datablock are not what was written";
        let told = self.record_damage(&[], method).and_then(|()| match checked.wrong {
            0 => self.distrust(|entry| entry.kind != EntryKind::File, found, method),
            _ => Ok(()),
        });
        told.and_then(|()| self.tell(&Found::of(checked, self.block))).unwrap_or_else(|fault| fault)
    }

    /// The file of the datablock is not there: no entry in it is proved any more.
    fn gone(&self) -> Fault {
        let told = self.distrust(|_| true, "the datablock is not there", ProofMethod::Medium);
        told.and_then(|()| self.tell(&Found::Missing)).unwrap_or_else(|fault| fault)
    }

    fn distrust(&self, which: impl Fn(&Entry) -> bool, found: &str, method: ProofMethod) -> Result<(), Fault> {
        self.each_page(|entries| {
            let wrong = entries.iter().filter(|entry| which(entry));
            let damage: Vec<_> = wrong.map(|entry| Damage { entry: entry.id, found: found.into() }).collect();
            self.record_damage(&damage, method)
        })
    }

    /// The history's line, and the failure that names what is wrong and what to do.
    fn tell(&self, found: &Found) -> Result<Fault, Fault> {
        let mut in_landing = true;
        self.each_page(|entries| {
            in_landing &= entries.iter().all(|e| e.kind != EntryKind::File || e.landing == LandingState::Present);
            Ok(())
        })?;
        let fault = damage::fault(&self.context.services, self.dataset, self.block, found, in_landing)?;
        self.context.history(self.dataset, "damage", format!("{}: {}", fault.what, fault.why))?;
        Ok(fault)
    }
}

/// Where it was read from.
pub(super) fn read_from(storage: &dyn Storage, medium: bool) -> ProofMethod {
    match medium {
        true => ProofMethod::Medium,
        false if storage.capabilities().posix => ProofMethod::Cache,
        false => ProofMethod::Server,
    }
}

pub(super) fn how(method: ProofMethod) -> &'static str {
    match method {
        ProofMethod::Medium => "from the medium",
        ProofMethod::Cache => "through the cache, which its file system offers no way past",
        ProofMethod::Server => "through the server that keeps it",
    }
}

impl Watch for Reading<'_> {
    fn progress(&mut self, bytes: u64, files: u64, _: &[u8]) {
        let plan = &self.block.plan;
        self.context.host.progress(Progress {
            bytes,
            bytes_total: Some(plan.size),
            files,
            files_total: Some(plan.files),
            now: plan.name.clone(),
            written: 0,
        });
    }

    fn cancelled(&self) -> bool {
        self.context.host.cancelled()
    }
}

impl Observer for Reading<'_> {
    fn proved(&mut self, batch: &[EntryId]) -> longshore_transfer::Result<()> {
        let at = self.context.services.now();
        for batch in batch.chunks(PAGE) {
            let proofs: Vec<_> = batch.iter().map(|entry| Proof { entry: *entry, at }).collect();
            self.context.services.catalogue.record_proofs(self.block.id, &proofs).told().map_err(through)?;
        }
        Ok(())
    }

    fn wrong(&mut self, batch: &[Wrong]) -> longshore_transfer::Result<()> {
        for batch in batch.chunks(PAGE) {
            let damage: Vec<_> = batch.iter().map(|w| Damage { entry: w.id, found: w.found.clone() }).collect();
            self.record_damage(&damage, ProofMethod::Medium).map_err(through)?;
        }
        Ok(())
    }

    fn checkpoint(&mut self, state: &Checkpoint) -> longshore_transfer::Result<()> {
        let saved = Saved { sha256: hex(&self.sha256), check: state.clone() };
        self.context.save(&saved).map_err(through)
    }
}
