//! `datablock.adopt`: reads a datablock that another archiver wrote, compares it with what SciCat knows of its files, and so proves it.

use std::io::{self, Read};

use async_trait::async_trait;
use longshore_catalogue::{Block, BlockState, Dataset, EntryKind, PathBytes, Proof, Released};
use longshore_connectors::s3::Speed;
use longshore_engine::Fault;
use longshore_formats::tar;
use longshore_transfer::hash::Hashes;
use longshore_transfer::storage::{self, ReadOptions, Reader, Storage};
use schemars::JsonSchema;
use serde::Deserialize;

use super::members::Members;
use crate::attempt::{blocking, bytes, count, entries_in, pages};
use crate::faults::{self, Told as _, ToldAt as _};
use crate::kind::{Context, Done, Level, Need, Progress, Services, TypedKind};
use crate::kinds::block_item::BlockItem;
use crate::kinds::datablock_verify::{how, read_from};
use crate::kinds::defaults;
use crate::kinds::retrieval::readable::{Ask, Readable, readable};
use crate::span::Span;

/// Bytes that are read at a time.
const BUFFER: usize = 1 << 20;

/// Days for which a datablock that had to be restored is kept readable: long enough to be read, and brought back after.
const DAYS: u32 = 7;

/// Parameters of `datablock.adopt`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct With {
    /// The datablock: an item of `dataset.adopt`.
    pub block: BlockItem,
    /// Its path on the storage.
    pub path: String,
    /// Time from look to look while it cannot be read, as it lies on a tape or in an archive.
    #[serde(default = "defaults::ten_minutes")]
    pub every: Span,
}

/// `datablock.adopt`.
pub struct DatablockAdopt;

#[async_trait]
impl TypedKind for DatablockAdopt {
    type With = With;
    type Output = BlockItem;
    const NAME: &'static str = "datablock.adopt";
    const TITLE: &'static str =
        "Reads a datablock that another archiver wrote, and proves it by what SciCat knows of its files";
    const PAUSES: bool = true;

    async fn plan(&self, with: With, _: &Services) -> Result<Need, Fault> {
        Ok(Need { files: Some(with.block.files), bytes: Some(with.block.bytes), ..Need::default() })
    }

    async fn run(&self, with: With, context: Context) -> Result<Done<BlockItem>, Fault> {
        blocking(move || adopt(with, &context)).await
    }
}

fn adopt(with: With, context: &Context) -> Result<Done<BlockItem>, Fault> {
    let dataset = context.services.dataset(&with.block.dataset)?;
    let block = context.services.catalogue.block(with.block.id).told()?;
    if block.state == BlockState::Proved {
        return Ok(with.block.into());
    }
    let storage = context.services.storages.storage(&block.storage)?;
    if let Readable::Later(away) =
        readable(storage.as_ref(), with.path.as_bytes(), Ask { days: DAYS, speed: Speed::default() })?
    {
        context.host.log(Level::Info, &format!("{}: {}", block.plan.name, away.why()));
        return Ok(Done::Deferred { until: context.services.clock.now() + with.every.0 });
    }
    Reading { context, dataset: &dataset, block: &block, path: &with.path, storage: storage.as_ref() }.run()?;
    Ok(with.block.into())
}

struct Reading<'a> {
    context: &'a Context,
    dataset: &'a Dataset,
    block: &'a Block,
    path: &'a str,
    storage: &'a dyn Storage,
}

impl Reading<'_> {
    fn run(&self) -> Result<(), Fault> {
        let options = ReadOptions { medium: true, ..ReadOptions::default() };
        let reader = self.storage.read(self.path.as_bytes(), options).told_at(self.storage.name())?;
        let mut bytes =
            Bytes { context: self.context, block: self.block, reader, whole: Hashes::new(false), at: 0, failed: None };
        let members = Members::of(self.context, self.dataset, self.block);
        let read = self.members(members, &mut bytes);
        if let Some(error) = bytes.failed {
            return Err(faults::of_storage(self.storage.name(), &error).on_dataset(&self.dataset.pid));
        }
        read?;
        let medium = bytes.reader.reads_medium();
        self.prove(bytes.whole.finish().sha256, medium)
    }

    /// Reads it to its end.
    fn members(&self, mut members: Members<'_>, bytes: &mut Bytes<'_>) -> Result<(), Fault> {
        let mut stream = io::BufReader::with_capacity(BUFFER, &mut *bytes);
        let mut tar = tar::Reader::new(&mut stream);
        while let Some(found) = tar.next_entry().map_err(|error| self.no_tar(&error))? {
            let mut hashes = Hashes::new(true);
            let mut buffer = vec![0; BUFFER.min(usize::try_from(found.size).unwrap_or(BUFFER)).max(1)];
            loop {
                let count = tar.read(&mut buffer).map_err(|error| self.no_tar(&tar::Error::Io(error)))?;
                if count == 0 {
                    break;
                }
                hashes.update(&buffer[..count]);
            }
            members.found(&found, hashes.finish())?;
        }
        drop(tar);
        // What fills it up belongs to its checksum.
        io::copy(&mut stream, &mut io::sink()).map_err(|error| self.no_tar(&tar::Error::Io(error)))?;
        members.end()
    }

    fn no_tar(&self, error: &tar::Error) -> Fault {
        if self.context.host.cancelled() {
            return faults::cancelled();
        }
        Fault::permanent("adopt.datablock", format!("{} cannot be taken in", self.path), error.to_string())
            .now("The datablock is damaged, or is no tar: restore it from another copy, then retry.")
            .on_dataset(&self.dataset.pid)
            .at_place(self.storage.name())
            .on_file(self.path)
    }

    /// Everything in it is right: it is as if it had been written and read back here.
    fn prove(&self, sha256: [u8; 32], medium: bool) -> Result<(), Fault> {
        let (catalogue, at) = (&self.context.services.catalogue, self.context.services.now());
        let (id, plan) = (self.block.id, &self.block.plan);
        catalogue.block_written(id, &PathBytes::from(self.path), &sha256).told()?;
        pages(
            |after| entries_in(catalogue.as_ref(), self.block, after),
            |entries| {
                let proofs: Vec<_> = entries.iter().map(|entry| Proof { entry: entry.id, at }).collect();
                catalogue.record_proofs(id, &proofs).told()?;
                // Nothing of it lies in the landing zone.
                let files = entries.iter().filter(|entry| entry.kind == EntryKind::File);
                let released: Vec<_> = files.map(|file| Released { entry: file.id, at }).collect();
                catalogue.record_released(self.dataset.id, &released).told()
            },
        )?;
        let method = read_from(self.storage, medium);
        catalogue.block_verified(id, BlockState::Proved, &[], at, method).told()?;
        let (files, size) = (count(plan.files, "file", "files"), bytes(plan.bytes));
        let text =
            format!("{} read {}: {files}, {size}, each with the checksum that SciCat has", plan.name, how(method));
        self.context.history(self.dataset, "block_proved", text)
    }
}

/// The bytes of the datablock as they are read, each counted and hashed.
struct Bytes<'a> {
    context: &'a Context,
    block: &'a Block,
    reader: Box<dyn Reader>,
    whole: Hashes,
    at: u64,
    /// Why the storage did not go on.
    failed: Option<storage::Error>,
}

impl Read for Bytes<'_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        if self.context.host.cancelled() {
            return Err(io::Error::other("it was told to stop"));
        }
        let count = self.reader.read(buf).map_err(|error| {
            let told = io::Error::other(error.why.clone());
            self.failed = Some(error);
            told
        })?;
        self.whole.update(&buf[..count]);
        self.at += count as u64;
        let (bytes, bytes_total) = (self.at, Some(self.block.plan.size));
        let now = self.block.plan.name.clone();
        self.context.host.progress(Progress { bytes, bytes_total, now, ..Progress::default() });
        Ok(count)
    }
}
