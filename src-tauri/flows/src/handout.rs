//! What is given to whoever asked for datasets: where each of the datablocks that were brought back is fetched from, and a script that
//! fetches them.
//!
//! Links are made when they are handed out, and kept nowhere: whoever has one may read the datablock until it ends, and one that was made
//! before it could be delivered would end too soon.

use std::time::Duration;

use base64::Engine as _;
use longshore_catalogue::{Block, BlockId, Catalogue, PathBytes};
use longshore_connectors::s3::{Grant, S3};
use longshore_connectors::with_scheme;
use longshore_engine::Fault;
use longshore_transfer::hash::hex;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::faults::{Told as _, ToldAt as _};
use crate::kind::Storages;
use crate::kinds::retrieval::{STORAGE, stands};
use crate::script::{Download, script};

/// Longest life of a link, in days: that of a presigned URL,
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html>.
pub const DAYS_MAX: u32 = 7;

/// A datablock that can be fetched.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Offer {
    /// Its dataset, as whoever asked for it calls it.
    pub pid: String,
    /// The datablock.
    pub block: BlockId,
}

/// Where a datablock is fetched from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Handed {
    /// Its dataset, as whoever asked for it calls it.
    pub dataset_id: String,
    /// Name of the file.
    pub name: String,
    /// Its bytes.
    pub size: u64,
    /// What the catalogue calls it: its path.
    pub archive_id: String,
    /// Its SHA-256 in hex.
    pub sha256: String,
    /// A URL with which anybody may read it until `expires`, where it lies in an object storage.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// When the URL ends, in RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires: Option<String>,
    /// Where it lies otherwise: an absolute path of this machine, or STORAGE:PATH.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
}

/// What is handed out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Handout {
    /// The datablocks.
    pub blocks: Vec<Handed>,
    /// The script that fetches them, where there are links.
    pub script: Option<String>,
    /// When the links end, in milliseconds since the epoch; where there are none, it has no meaning.
    pub until: i64,
}

/// The datablocks of a dataset that lie in the storage for retrieval, and how many do not.
pub fn offered(storages: &dyn Storages, catalogue: &dyn Catalogue, pid: &str) -> Result<(Vec<Offer>, u64), Fault> {
    let blocks = catalogue.blocks(catalogue.dataset(pid).told()?.id).told()?;
    let target = storages.storage(STORAGE)?;
    let mut offers = Vec::new();
    for block in blocks.iter().filter(|block| block.sha256.is_some()) {
        if stands(target.as_ref(), block)? {
            offers.push(Offer { pid: pid.to_owned(), block: block.id });
        }
    }
    let missing = (blocks.len() - offers.len()) as u64;
    Ok((offers, missing))
}

/// Bytes of room that the datablocks of a dataset need that do not lie in the storage for retrieval.
pub fn retrieval_room(storages: &dyn Storages, catalogue: &dyn Catalogue, pid: &str) -> Result<u64, Fault> {
    let blocks = catalogue.blocks(catalogue.dataset(pid).told()?.id).told()?;
    let target = storages.storage(STORAGE)?;
    blocks.iter().map(|block| Ok(if stands(target.as_ref(), block)? { 0 } else { block.plan.size })).sum()
}

/// What links are like.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Links {
    /// Days that they hold, [`DAYS_MAX`] at most.
    pub days: u32,
    /// Where others reach the object storage, if not where we do: host and port, or URL.
    #[serde(default)]
    pub endpoint: Option<String>,
}

impl Links {
    fn life(&self) -> Duration {
        Duration::from_hours(24 * u64::from(self.days.clamp(1, DAYS_MAX)))
    }

    /// As a URL.
    fn endpoint(&self) -> Option<String> {
        let given = self.endpoint.as_deref().filter(|endpoint| !endpoint.is_empty())?;
        Some(with_scheme(given))
    }
}

/// Hands datablocks out, with links that begin to hold `now`, in milliseconds since the epoch.
pub fn hand_out(
    storages: &dyn Storages,
    catalogue: &dyn Catalogue,
    offers: &[Offer],
    links: &Links,
    now: i64,
) -> Result<Handout, Fault> {
    let target = storages.storage(STORAGE)?;
    let (life, endpoint) = (links.life(), links.endpoint());
    let expires = expiry(now, life);
    let mut blocks = Vec::new();
    for offer in offers {
        let block = catalogue.block(offer.block).told()?;
        let mut one = plain(offer, &block);
        if let Some(s3) = target.as_any().downcast_ref::<S3>() {
            one.url =
                Some(s3.presign_for(endpoint.as_deref(), block.path.as_bytes(), Grant::Get, life).told_at(STORAGE)?);
            one.expires = Some(expires.clone());
        } else {
            one.path = Some(place(storages, &block));
        }
        blocks.push(one);
    }
    let script = target.as_any().is::<S3>().then(|| script(&downloads(&blocks), &expires));
    let until = now.saturating_add(i64::try_from(life.as_millis()).unwrap_or(0));
    Ok(Handout { blocks, script, until })
}

impl Handout {
    /// As a job's result: what the archiving service gave, with the checksum and the expiry of each.
    pub fn result(&self) -> Map<String, Value> {
        let mut result = Map::from_iter([("result".to_owned(), json!(self.blocks))]);
        if let Some(script) = &self.script {
            let encoded = base64::engine::general_purpose::STANDARD.encode(script);
            result.insert("downloadScript".to_owned(), json!(encoded));
        }
        result
    }
}

fn plain(offer: &Offer, block: &Block) -> Handed {
    Handed {
        dataset_id: offer.pid.clone(),
        name: block.plan.name.clone(),
        size: block.plan.size,
        archive_id: block.path.to_text(),
        sha256: block.sha256.map(|sum| hex(&sum)).unwrap_or_default(),
        url: None,
        expires: None,
        path: None,
    }
}

fn place(storages: &dyn Storages, block: &Block) -> String {
    use std::os::unix::ffi::OsStringExt as _;
    match storages.local_path(STORAGE) {
        Ok(folder) => {
            let path = folder.join(std::ffi::OsString::from_vec(block.path.as_bytes().to_vec()));
            PathBytes::new(path.as_os_str().as_encoded_bytes()).to_text()
        }
        Err(_) => format!("{STORAGE}:{}", block.path),
    }
}

fn downloads(blocks: &[Handed]) -> Vec<Download> {
    let one = |block: &Handed| {
        let Handed { dataset_id, name, size, sha256, .. } = block.clone();
        Some(Download { dataset: dataset_id, name, size, sha256, url: block.url.clone()? })
    };
    blocks.iter().filter_map(one).collect()
}

/// In RFC 3339, to the second.
fn expiry(now: i64, life: Duration) -> String {
    let at = now / 1000 + i64::try_from(life.as_secs()).unwrap_or(0);
    jiff::Timestamp::from_second(at).unwrap_or_default().to_string()
}
