//! Datablocks: what of a dataset is archived.

use reqwest::Method;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::client::{SciCat, Version};
use super::datasets::known;
use super::error::{Error, Result};
use super::origdatablocks::DataFile;
use super::request::Call;

/// Datablocks that are read at a time: each may be as large as a document of MongoDB, 16 MiB.
const PAGE: usize = 4;

/// A datablock that is registered.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Datablock {
    /// Identifier in SciCat.
    #[serde(rename = "_id", default)]
    pub id: String,
    /// The dataset's pid.
    #[serde(default)]
    pub dataset_id: String,
    /// Its name in the archive; no other datablock of the whole catalogue has it.
    pub archive_id: String,
    /// Bytes of its files.
    #[serde(default)]
    pub size: u64,
    /// Bytes that it takes.
    #[serde(default)]
    pub packed_size: u64,
    /// Algorithm of its files' checksums.
    #[serde(default)]
    pub chk_alg: Option<String>,
    /// Its files.
    #[serde(default)]
    pub data_file_list: Vec<DataFile>,
}

/// A datablock to be registered. There must be files in it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NewDatablock {
    /// Its name in the archive; unique in the whole catalogue.
    pub archive_id: String,
    /// Bytes of its files.
    pub size: u64,
    /// Bytes that it takes.
    pub packed_size: u64,
    /// Version of the format.
    pub version: String,
    /// Algorithm of its files' checksums.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chk_alg: Option<String>,
    /// Its files.
    pub data_file_list: Vec<DataFile>,
}

impl SciCat {
    /// Some datablocks of a dataset after the first `skip`, in the order in which they were registered; less than
    /// [`SciCat::datablocks_at_once`] are the last. A SciCat that is too old to be asked for some gives all, to `skip` 0.
    pub async fn datablocks_page(&self, pid: &str, skip: usize) -> Result<Vec<Datablock>> {
        let call = Call::get(format!("Reading the datablocks of {pid} in SciCat"), Version::V3, &["datablocks"])?;
        let limits = json!({"limit": PAGE, "skip": skip, "order": "_id:asc"});
        let call = call.filter(&json!({"where": {"datasetId": pid}, "limits": limits}));
        match known(self.ask(&call).await)? {
            Some(blocks) => Ok(blocks),
            None if skip == 0 => self.datablocks(pid).await,
            None => Ok(Vec::new()),
        }
    }

    /// How many datablocks are read at a time.
    pub const fn datablocks_at_once() -> usize {
        PAGE
    }

    /// The datablocks of a dataset. There may be many: the sizes of all make that of the dataset.
    pub async fn datablocks(&self, pid: &str) -> Result<Vec<Datablock>> {
        let path = ["datasets", pid, "datablocks"];
        self.ask(&Call::get(format!("Reading the datablocks of {pid} in SciCat"), Version::V3, &path)?).await
    }

    /// The datablock of this name in the archive, whichever dataset it is of. Where SciCat is too old to be asked for all, those of
    /// the dataset `pid` are looked through.
    pub async fn datablock(&self, archive_id: &str, pid: &str) -> Result<Option<Datablock>> {
        let call =
            Call::get(format!("Looking for the datablock {archive_id} in SciCat"), Version::V3, &["datablocks"])?;
        let call = call.filter(&json!({"where": {"archiveId": archive_id}, "limits": {"limit": 2}}));
        let blocks: Vec<Datablock> = match known(self.ask(&call).await)? {
            Some(blocks) => blocks,
            None => self.datablocks(pid).await?,
        };
        Ok(blocks.into_iter().find(|block| block.archive_id == archive_id))
    }

    /// Registers a datablock of a dataset, unless it is registered: however often this is called, and whatever answers get lost,
    /// there is one. `scicat.other_block` where the name is taken by another dataset or by other files.
    pub async fn register_datablock(&self, pid: &str, new: &NewDatablock) -> Result<Datablock> {
        let what = format!("Registering the datablock {} of {pid} in SciCat", new.archive_id);
        let path = ["datasets", pid, "datablocks"];
        let call = Call::new(&what, Method::POST, Version::V3, &path)?.json(&json!(new));
        let block: Datablock = self.make_once(|| self.datablock(&new.archive_id, pid), || self.ask(&call)).await?;
        let same = block.size == new.size && block.data_file_list.len() == new.data_file_list.len();
        match (block.dataset_id == pid, same) {
            (true, true) => Ok(block),
            (false, _) => Err(Error::permanent(
                "scicat.other_block",
                &what,
                format!("the name is taken by a datablock of the dataset {}", block.dataset_id),
            )),
            (true, false) => Err(Error::permanent(
                "scicat.other_block",
                &what,
                format!(
                    "it is registered with {} files and {} bytes, and not with {} files and {} bytes",
                    block.data_file_list.len(),
                    block.size,
                    new.data_file_list.len(),
                    new.size
                ),
            )),
        }
    }
}
