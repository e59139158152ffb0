//! A datablock as tasks hand it on: the item of mapped tasks.

use longshore_catalogue::{Block, Dataset};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A datablock, as the item of a mapped task.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct BlockItem {
    /// Key in the catalogue.
    pub id: i64,
    /// Pid of its dataset.
    pub dataset: String,
    /// Number in its dataset, from 0.
    pub number: u32,
    /// File name.
    pub name: String,
    /// Bytes of the tar.
    pub size: u64,
    /// Regular files in it.
    pub files: u64,
    /// Bytes of the files in it.
    pub bytes: u64,
}

impl BlockItem {
    pub(crate) fn of(dataset: &Dataset, block: &Block) -> Self {
        Self {
            id: block.id,
            dataset: dataset.pid.clone(),
            number: block.plan.number,
            name: block.plan.name.clone(),
            size: block.plan.size,
            files: block.plan.files,
            bytes: block.plan.bytes,
        }
    }
}

/// The datablocks of a dataset: output of `dataset.manifest` and `dataset.blocks`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Blocks {
    /// Pid of the dataset.
    pub dataset: String,
    /// Its datablocks by number.
    pub blocks: Vec<BlockItem>,
}

impl Blocks {
    pub(crate) fn of(dataset: &Dataset, blocks: &[Block]) -> Self {
        let items = blocks.iter().map(|block| BlockItem::of(dataset, block)).collect();
        Self { dataset: dataset.pid.clone(), blocks: items }
    }
}
