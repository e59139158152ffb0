//! `retrieve.plan`: finds out which datablocks a retrieval reads, and that nothing of the operator's would be overwritten.

use std::collections::BTreeMap;

use async_trait::async_trait;
use longshore_catalogue::{Block, BlockState, Dataset, Entry, EntryKind, PathBytes};
use longshore_engine::Fault;
use longshore_transfer::storage::{self, Storage};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::block_item::BlockItem;
use super::landing_copy::FILE_OVERHEAD;
use crate::attempt::{blocking, pages};
use crate::destination::{self, There};
use crate::faults::{Told as _, cancelled};
use crate::kind::{Context, Done, Level, Need, Progress, Services, TypedKind};
use crate::selection::Selection;

/// Paths that a refusal names.
const NAMED: usize = 100;

/// Parameters of `retrieve.plan`; the other tasks of a retrieval take them too.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct With {
    /// Pid or name of the dataset.
    pub dataset: String,
    /// Absolute folder to retrieve into; made if need be.
    pub dest: PathBytes,
    /// Paths inside the dataset, a folder meaning all below it; all of it if absent.
    #[serde(default)]
    pub files: Option<Vec<PathBytes>>,
}

/// Output of `retrieve.plan`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Output {
    /// Pid of the dataset.
    pub dataset: String,
    /// Files to bring back, those included that are there already and the same.
    pub files: u64,
    /// Bytes of them.
    pub bytes: u64,
    /// Bytes of room that they take up.
    pub space: u64,
    /// Datablocks to read, each with the files and bytes wanted from it.
    pub blocks: Vec<BlockItem>,
}

/// `retrieve.plan`.
pub struct RetrievePlan;

#[async_trait]
impl TypedKind for RetrievePlan {
    type With = With;
    type Output = Output;
    const NAME: &'static str = "retrieve.plan";
    const TITLE: &'static str = "Plans a retrieval";

    async fn plan(&self, with: With, services: &Services) -> Result<Need, Fault> {
        let services = services.clone();
        let survey = blocking(move || {
            let dest = destination::look(services.storages.as_ref(), &with.dest)?;
            Survey::of(&services, &with, dest.as_deref(), &|| false)
        });
        let survey = survey.await?;
        Ok(Need { files: Some(survey.files), bytes: Some(survey.bytes), ..Need::default() })
    }

    async fn run(&self, with: With, context: Context) -> Result<Done<Output>, Fault> {
        blocking(move || plan(&with, &context)).await.map(Done::Output)
    }
}

fn plan(with: &With, context: &Context) -> Result<Output, Fault> {
    let services = &context.services;
    let dest = destination::open(services.storages.as_ref(), &with.dest)?;
    let survey = Survey::of(services, with, Some(dest.as_ref()), &|| context.host.cancelled())?;
    let unproved = survey.unproved();
    if !unproved.is_empty() {
        let text = format!(
            "Not proved as a whole: {}. Every file is compared with its source's checksum as it is retrieved.",
            unproved.join(", ")
        );
        context.host.log(Level::Warning, &text);
    }
    context.host.progress(Progress {
        files_total: Some(survey.files),
        bytes_total: Some(survey.bytes),
        ..Progress::default()
    });
    let items = survey.blocks.values().map(|wanted| BlockItem {
        files: wanted.files,
        bytes: wanted.bytes,
        ..BlockItem::of(&survey.dataset, &wanted.block)
    });
    let space = survey.bytes + survey.entries * FILE_OVERHEAD;
    Ok(Output {
        dataset: survey.dataset.pid.clone(),
        files: survey.files,
        bytes: survey.bytes,
        space,
        blocks: items.collect(),
    })
}

/// What is wanted from one datablock.
struct Wanted {
    block: Block,
    files: u64,
    bytes: u64,
}

/// What a retrieval comes to.
struct Survey {
    dataset: Dataset,
    entries: u64,
    files: u64,
    bytes: u64,
    blocks: BTreeMap<u32, Wanted>,
    in_the_way: Vec<String>,
    in_the_way_count: u64,
}

impl Survey {
    fn of(
        services: &Services,
        with: &With,
        dest: Option<&dyn Storage>,
        stop: &dyn Fn() -> bool,
    ) -> Result<Self, Fault> {
        let dataset = services.dataset(&with.dataset)?;
        let selection = Selection::of(services, &dataset, with.files.as_deref())?;
        let blocks = services.catalogue.blocks(dataset.id).told()?;
        let dest = match dest {
            Some(dest) if !is_empty(dest)? => Some(dest),
            _ => None,
        };
        let (in_the_way, in_the_way_count) = (Vec::new(), 0);
        let mut survey =
            Self { dataset, entries: 0, files: 0, bytes: 0, blocks: BTreeMap::new(), in_the_way, in_the_way_count };
        pages(
            |after| selection.page(services, after),
            |entries| entries.iter().try_for_each(|entry| survey.take(entry, &blocks, dest, stop)),
        )?;
        survey.verdict(&with.dest)
    }

    fn take(
        &mut self,
        entry: &Entry,
        blocks: &[Block],
        dest: Option<&dyn Storage>,
        stop: &dyn Fn() -> bool,
    ) -> Result<(), Fault> {
        if stop() {
            return Err(cancelled());
        }
        let at = blocks.partition_point(|block| block.plan.last < entry.id);
        let block = blocks.get(at).filter(|block| block.state != BlockState::Planned && entry.copy.is_some());
        let Some(block) = block else { return Err(not_archived(&self.dataset, entry)) };
        let new = || Wanted { block: block.clone(), files: 0, bytes: 0 };
        let wanted = self.blocks.entry(block.plan.number).or_insert_with(new);
        let file = u64::from(entry.kind == EntryKind::File);
        wanted.files += file;
        wanted.bytes += entry.size;
        self.entries += 1;
        self.files += file;
        self.bytes += entry.size;
        if let Some(dest) = dest
            && destination::there(dest, entry, stop)? == There::Other
        {
            self.in_the_way_count += 1;
            if self.in_the_way.len() <= NAMED {
                self.in_the_way.push(entry.path.to_text());
            }
        }
        Ok(())
    }

    fn verdict(self, dest: &PathBytes) -> Result<Self, Fault> {
        if self.in_the_way_count > 0 {
            return Err(
                destination::exists(dest, &self.in_the_way, self.in_the_way_count).on_dataset(&self.dataset.pid)
            );
        }
        Ok(self)
    }

    /// Names of datablocks that are not proved.
    fn unproved(&self) -> Vec<String> {
        let unproved = self.blocks.values().filter(|wanted| wanted.block.state != BlockState::Proved);
        unproved.map(|wanted| wanted.block.plan.name.clone()).collect()
    }
}

fn is_empty(dest: &dyn Storage) -> Result<bool, Fault> {
    let mut empty = true;
    let stop = |_| {
        empty = false;
        let (what, why, storage, path) = (String::new(), String::new(), String::new(), Vec::new());
        Err(storage::Error { code: "seen", status: storage::Status::Permanent, what, why, path, storage })
    };
    match dest.list(b"", &mut { stop }) {
        Err(error) if error.code != "seen" => Err(crate::faults::of_storage(dest.name(), &error)),
        _ => Ok(empty),
    }
}

fn not_archived(dataset: &Dataset, entry: &Entry) -> Fault {
    Fault::permanent("dataset.not_archived", format!("{} cannot be retrieved", entry.path), "It is not on the LTS yet")
        .now("Wait until the dataset is archived, or retry its archive run.")
        .on_dataset(&dataset.pid)
        .on_file(entry.path.to_text())
}
