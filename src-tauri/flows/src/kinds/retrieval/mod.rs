//! Datablocks brought back from the LTS to the storage `retrieval`, whole, from where whoever asked for them fetches them.
//!
//! A datablock has the same path there as on the LTS. The dataset's folder on that storage is Longshore's alone.

pub mod fetch;
pub mod finish;
pub mod plan;
pub(in crate::kinds) mod readable;
pub mod report;
pub mod tidy;

use longshore_catalogue::Block;
use longshore_engine::Fault;
use longshore_transfer::storage::{Kind, Storage};

use super::standing::top_is_there;
use crate::faults::ToldAt as _;

/// Name of the storage that datablocks are brought back to.
pub(crate) const STORAGE: &str = "retrieval";

/// Whether a file of a datablock's size lies where the datablock is brought back to. One that was brought back by a task has been proved:
/// before that it has no final name, or is taken away.
pub(crate) fn stands(storage: &dyn Storage, block: &Block) -> Result<bool, Fault> {
    match storage.stat(block.path.as_bytes()) {
        Ok(meta) => Ok(meta.kind == Kind::File && meta.size == block.plan.size),
        Err(error) if error.code == "file.missing" => top_is_there(storage).map(|()| false),
        Err(error) => Err(error).told_at(storage.name()),
    }
}
