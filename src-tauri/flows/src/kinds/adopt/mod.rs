//! `dataset.adopt`: takes a dataset into the catalogue that another archiver put on the LTS, as SciCat tells of it.
//!
//! The service that Longshore follows writes a datablock as a tar (which it names `.tar.gz`) at
//! `openem-network/datasets/<pid>/datablocks/`, and registers that path as its `archiveId`
//! (ScopeMArchiver, `backend/archiver/utils/datablocks.py`). What SciCat says of it is believed once `datablock.adopt` has read it.

mod listing;
mod members;
pub mod read;

use std::sync::Arc;

use async_trait::async_trait;
use longshore_catalogue::{Block, BlockState, Dataset};
use longshore_connectors::scicat::{Datablock, SciCat};
use longshore_engine::Fault;
use longshore_transfer::storage::{Kind as FileKind, Storage};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::block_item::BlockItem;
use super::dataset_find::{create, ours};
use super::defaults;
use super::scicat::{connection, reach};
use crate::attempt::{blocking, count};
use crate::faults::{Told as _, ToldAt as _};
use crate::kind::{Context, Done, Level, Need, Services, TypedKind};
use crate::landing;
use crate::scicat::of_scicat;
use listing::Listing;

/// Parameters of `dataset.adopt`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct With {
    /// Pid or name of the dataset here, or its pid in SciCat.
    pub dataset: String,
    /// The storage on which its datablocks lie, each at its `archiveId`.
    #[serde(default = "defaults::lts")]
    pub storage: String,
    /// The connection to SciCat.
    #[serde(default = "connection")]
    pub connection: String,
}

/// A datablock that is to be read.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Unread {
    /// The datablock.
    #[serde(flatten)]
    pub block: BlockItem,
    /// Its path on the storage.
    pub path: String,
}

/// Output of `dataset.adopt`.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub struct Output {
    /// Pid of the dataset here; null where neither the workspace nor SciCat knows it.
    pub dataset: Option<String>,
    /// Its datablocks that another archiver wrote and that were not read yet: none for a dataset of the workspace's own.
    pub blocks: Vec<Unread>,
}

/// `dataset.adopt`.
pub struct DatasetAdopt;

#[async_trait]
impl TypedKind for DatasetAdopt {
    type With = With;
    type Output = Output;
    const NAME: &'static str = "dataset.adopt";
    const TITLE: &'static str = "Takes in a dataset that another archiver archived, as SciCat tells of it";

    async fn plan(&self, _: With, _: &Services) -> Result<Need, Fault> {
        Ok(Need::default())
    }

    async fn run(&self, with: With, context: Context) -> Result<Done<Output>, Fault> {
        let (services, asked) = (context.services.clone(), with.dataset.clone());
        let own = blocking(move || ours(&services, &asked)).await?;
        if let Some(dataset) = &own
            && done(&context.services, dataset)?
        {
            return Ok(Output { dataset: Some(dataset.pid.clone()), blocks: Vec::new() }.into());
        }
        let Some(scicat) = reach(&context, &with.connection).await? else { return Ok(Output::default().into()) };
        let pid = own.as_ref().map_or(with.dataset.as_str(), |dataset| dataset.name.as_str()).to_owned();
        let blocks = match scicat.dataset(&pid).await {
            Err(error) if error.code == "scicat.unknown" => return Ok(Output::default().into()),
            Err(error) => return Err(of_scicat(&error)),
            Ok(_) => Blocks::of(scicat, pid.clone()),
        };
        adopt(blocks, own, with, context).await.map(Done::Output)
    }
}

/// Whether there is nothing to be taken in: it is the workspace's own, or all of it was read.
fn done(services: &Services, dataset: &Dataset) -> Result<bool, Fault> {
    if !landing::was_adopted(dataset) {
        return Ok(true);
    }
    let blocks = if dataset.listed { services.catalogue.blocks(dataset.id).told()? } else { Vec::new() };
    Ok(!blocks.is_empty() && blocks.iter().all(|block| block.state != BlockState::Planned))
}

/// The datablocks that SciCat knows of a dataset, a page at a time.
struct Blocks {
    scicat: Arc<SciCat>,
    pid: String,
    read: usize,
    ended: bool,
}

impl Blocks {
    fn of(scicat: Arc<SciCat>, pid: String) -> Self {
        Self { scicat, pid, read: 0, ended: false }
    }

    async fn page(&mut self) -> Result<Vec<Datablock>, Fault> {
        if self.ended {
            return Ok(Vec::new());
        }
        let page = self.scicat.datablocks_page(&self.pid, self.read).await.map_err(|error| of_scicat(&error))?;
        self.read += page.len();
        self.ended = page.len() != SciCat::datablocks_at_once();
        Ok(page)
    }
}

async fn adopt(mut blocks: Blocks, own: Option<Dataset>, with: With, context: Context) -> Result<Output, Fault> {
    let mut listing: Option<Listing> = None;
    loop {
        context.go_on()?;
        let page = blocks.page().await?;
        if page.is_empty() {
            break;
        }
        let (known, own, with, context) = (listing.take(), own.clone(), with.clone(), context.clone());
        let pid = blocks.pid.clone();
        listing = Some(blocking(move || take(known, &page, (own, pid), &with, &context)).await?);
    }
    let Some(listing) = listing else {
        let what = format!("{} cannot be taken in", blocks.pid);
        return Err(Fault::permanent("dataset.not_archived", what, "SciCat knows no datablock of it")
            .now("See in SciCat whether it was archived."));
    };
    blocking(move || end(listing, &with.storage)).await
}

/// Takes in a page of datablocks, each of which lies where SciCat says.
fn take(
    listing: Option<Listing>,
    page: &[Datablock],
    (own, pid): (Option<Dataset>, String),
    with: &With,
    context: &Context,
) -> Result<Listing, Fault> {
    let storage = context.services.storages.storage(&with.storage)?;
    for block in page {
        lies_there(storage.as_ref(), block, &pid)?;
    }
    let mut listing = match (listing, own) {
        (Some(listing), _) => listing,
        (None, Some(own)) => Listing::begin(context, own)?,
        // It is made once the first datablocks are known to be there.
        (None, None) => Listing::begin(context, create(&context.services, &pid, &landing::archived_elsewhere(&pid))?)?,
    };
    page.iter().try_for_each(|block| listing.add(block))?;
    Ok(listing)
}

/// Refuses a datablock that is not there, or is of another size.
fn lies_there(storage: &dyn Storage, block: &Datablock, pid: &str) -> Result<(), Fault> {
    let path = &block.archive_id;
    let what = format!("The datablock {path} of {pid} cannot be taken in");
    let refuse = |why: String| {
        Fault::permanent("adopt.datablock", &what, why)
            .now("See that the storage is the one that it was archived to, and that its folder is the archive's top.")
            .at_place(storage.name())
            .on_file(path)
    };
    if !landing::is_plain(path) {
        return Err(refuse("Its archiveId is no path below the top of a storage".into()));
    }
    match storage.stat(path.as_bytes()) {
        Ok(meta) if meta.kind == FileKind::File && meta.size == block.packed_size => Ok(()),
        Ok(meta) if meta.kind == FileKind::File => {
            Err(refuse(format!("It has {} bytes there, and {} as SciCat knows it", meta.size, block.packed_size)))
        }
        Ok(_) => Err(refuse("What lies there is no file".into())),
        Err(error) if error.code == "file.missing" => Err(refuse("It is not there".into())),
        Err(error) => Err(error).told_at(storage.name()),
    }
}

fn end(listing: Listing, storage: &str) -> Result<Output, Fault> {
    let (context, dataset, paths) = listing.finish(storage)?;
    let blocks = context.services.catalogue.blocks(dataset.id).told()?;
    let unread = blocks.iter().zip(paths).filter(|(block, _)| block.state == BlockState::Planned);
    let blocks: Vec<_> = unread.map(|(block, path)| unread_item(&dataset, block, path)).collect();
    let text = format!("{}: {} to be read", dataset.name, count(blocks.len() as u64, "datablock", "datablocks"));
    context.host.log(Level::Info, &text);
    Ok(Output { dataset: Some(dataset.pid), blocks })
}

fn unread_item(dataset: &Dataset, block: &Block, path: String) -> Unread {
    Unread { block: BlockItem::of(dataset, block), path }
}
