//! Original datablocks: which files a dataset has, as whoever registered it says.

use std::collections::BTreeSet;

use reqwest::Method;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::client::{SciCat, Version};
use super::error::Result;
use super::request::Call;

/// Original datablocks that are read at a time: each may be as large as a document of MongoDB, 16 MiB.
const PAGE: usize = 4;
/// Files of an original datablock that we make.
const FILES: usize = 20_000;
/// Bytes of the JSON of an original datablock that we make: less than a document of MongoDB may have, and than sites let through.
const BYTES: usize = 4 << 20;

/// A file of a datablock.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DataFile {
    /// Path below the dataset's folder.
    pub path: String,
    /// Bytes.
    pub size: u64,
    /// When it was changed (RFC 3339).
    pub time: String,
    /// Checksum, by the datablock's algorithm.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chk: Option<String>,
    /// Owner.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uid: Option<String>,
    /// Group.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gid: Option<String>,
    /// Rights.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub perm: Option<String>,
}

/// Some files of a dataset.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OrigDatablock {
    /// Identifier.
    #[serde(rename = "_id", default)]
    pub id: String,
    /// The dataset's pid.
    #[serde(default)]
    pub dataset_id: String,
    /// Bytes of its files.
    #[serde(default)]
    pub size: u64,
    /// Algorithm of its checksums: `md5`, `sha256`, ...
    #[serde(default)]
    pub chk_alg: Option<String>,
    /// Its files.
    #[serde(default)]
    pub data_file_list: Vec<DataFile>,
}

/// What came of registering files.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Kept {
    /// Files that were registered already.
    pub before: usize,
    /// Files that are registered now and were not before.
    pub new: usize,
    /// Original datablocks that were made for them.
    pub blocks: usize,
}

impl SciCat {
    /// Some original datablocks of a dataset after the first `skip`; less than [`SciCat::orig_page`] are the last.
    pub async fn origdatablocks_page(&self, pid: &str, skip: usize) -> Result<Vec<OrigDatablock>> {
        let call = Call::get(format!("Reading the files of {pid} in SciCat"), Version::V3, &["origdatablocks"])?;
        let limits = json!({"limit": PAGE, "skip": skip, "order": "_id:asc"});
        self.ask(&call.filter(&json!({"where": {"datasetId": pid}, "limits": limits}))).await
    }

    /// How many original datablocks are read at a time.
    pub const fn orig_page() -> usize {
        PAGE
    }

    /// Every original datablock of a dataset.
    pub async fn origdatablocks(&self, pid: &str) -> Result<Vec<OrigDatablock>> {
        let mut all = Vec::new();
        loop {
            let page = self.origdatablocks_page(pid, all.len()).await?;
            let last = page.len() < PAGE;
            all.extend(page);
            if last {
                return Ok(all);
            }
        }
    }

    /// Registers files of a dataset, in as many original datablocks as their number asks for. Files that are registered already, by
    /// path, are left out: an earlier try may have got so far.
    pub async fn register_files(&self, pid: &str, algorithm: Option<&str>, files: &[DataFile]) -> Result<Kept> {
        self.registration(pid, algorithm).await?.add(files).await
    }

    /// Begins to register the files of a dataset, some at a time.
    pub async fn registration<'a>(&'a self, pid: &'a str, algorithm: Option<&'a str>) -> Result<Registration<'a>> {
        Ok(Registration { scicat: self, pid, algorithm, known: self.registered(pid).await? })
    }

    async fn registered(&self, pid: &str) -> Result<BTreeSet<String>> {
        let blocks = self.origdatablocks(pid).await?;
        Ok(blocks.into_iter().flat_map(|block| block.data_file_list).map(|file| file.path).collect())
    }

    /// Makes one original datablock, unless a try without an answer has made it: then its first file is registered.
    async fn register_page(
        &self,
        pid: &str,
        algorithm: Option<&str>,
        page: &[&DataFile],
        known: &mut BTreeSet<String>,
    ) -> Result<()> {
        let path = ["datasets", pid, "origdatablocks"];
        let call = Call::new(format!("Registering files of {pid} in SciCat"), Method::POST, Version::V3, &path)?;
        let size: u64 = page.iter().map(|file| file.size).sum();
        let mut body = json!({"size": size, "dataFileList": page});
        if let Some(algorithm) = algorithm {
            body["chkAlg"] = json!(algorithm);
        }
        let (call, first) = (call.json(&body), page.first().map(|file| file.path.as_str()).unwrap_or_default());
        let looked = std::sync::atomic::AtomicBool::new(false);
        let find = || async {
            // Before the first try `known` says it.
            if !looked.swap(true, std::sync::atomic::Ordering::Relaxed) {
                return Ok(None);
            }
            Ok(self.registered(pid).await?.contains(first).then_some(Value::Null))
        };
        self.make_once(find, || self.ask(&call)).await?;
        known.extend(page.iter().map(|file| file.path.clone()));
        Ok(())
    }
}

/// Files of a dataset, as they are registered some at a time.
pub struct Registration<'a> {
    scicat: &'a SciCat,
    pid: &'a str,
    algorithm: Option<&'a str>,
    /// Paths that are registered.
    known: BTreeSet<String>,
}

impl Registration<'_> {
    /// Files that are registered with one call of this at most, so that each original datablock is as full as it may be.
    pub const MOST: usize = FILES;

    /// Registers files, except those that are registered already.
    pub async fn add(&mut self, files: &[DataFile]) -> Result<Kept> {
        let missing: Vec<&DataFile> = files.iter().filter(|file| !self.known.contains(&file.path)).collect();
        let mut kept = Kept { before: files.len() - missing.len(), new: missing.len(), blocks: 0 };
        for page in pages(&missing) {
            self.scicat.register_page(self.pid, self.algorithm, page, &mut self.known).await?;
            kept.blocks += 1;
        }
        Ok(kept)
    }
}

/// Files in groups whose number and JSON stay below the bounds.
fn pages<'a, 'b>(files: &'b [&'a DataFile]) -> Vec<&'b [&'a DataFile]> {
    let (mut pages, mut begin, mut bytes) = (Vec::new(), 0, 0);
    for (at, file) in files.iter().enumerate() {
        // Names of fields, quotes and numbers are never more than this.
        let own = file.path.len() + file.chk.as_ref().map_or(0, String::len) + 200;
        if at > begin && (at - begin == FILES || bytes + own > BYTES) {
            pages.push(&files[begin..at]);
            (begin, bytes) = (at, 0);
        }
        bytes += own;
    }
    if begin < files.len() {
        pages.push(&files[begin..]);
    }
    pages
}
