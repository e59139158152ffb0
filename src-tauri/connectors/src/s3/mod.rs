//! S3: Amazon's, and the many servers that speak its protocol.
//!
//! Paths are keys of the connection's bucket; without a bucket in it, the first component of a path is one, and the top lists them. A
//! key may hold nearly anything: `//`, a leading slash, a newline. Nothing is renamed, so a write goes straight to the final key: an
//! object is there when its last byte has been confirmed, and not before.

mod account;
mod archive;
pub(crate) mod client;
mod compose;
pub(crate) mod error;
mod extra;
mod head;
mod key;
mod list;
mod objects;
pub(crate) mod options;
mod others;
mod parts;
pub(crate) mod probe;
mod proof;
mod quick;
mod read;
pub(crate) mod site;
mod storage;
mod upload;
mod write;

use std::sync::Arc;

use aws_sdk_s3::types::StorageClass;
use longshore_transfer::level::Bounds;
use longshore_transfer::storage::{Result, Storage};
use schemars::Schema;

use crate::{Connection, Connector, Step, schema_of};

pub use account::Account;
pub use archive::{Restoration, Speed};
pub use extra::{GRANT_MAX, Grant, Version};
pub use options::{Addressing, Checksums, Options};
pub use others::{WrittenPart, composite_sha256};
pub use parts::PARTS;

use client::Made;
use key::Root;
use probe::Probe;
use site::Site;

/// Requests at once: AWS asks for many side by side, small servers for few.
const TURNS: Bounds = Bounds { start: 32, most: 64 };

/// A bucket, a folder in one, or all buckets of an account, as a storage.
pub struct S3 {
    site: Arc<Site>,
    region: String,
    /// The connection and its endpoint: who has the same can have each other's objects copied.
    account: (String, Option<String>),
}

impl S3 {
    /// The storage that a connection leads to. Profiles and the environment are read; the endpoint is not asked yet.
    pub fn open(name: &str, connection: &Connection, folder: &[u8]) -> Result<Self> {
        let options = Options::of(connection)?;
        let made = client::make(connection, &options)?;
        Self::new(name, connection, folder, &options, &made)
    }

    /// Copies what has more bytes than this within the endpoint in parts of at most so many, instead of what has more than the 5 GiB
    /// that the protocol copies in one request. `None` where the storage is in use already.
    #[must_use]
    pub fn copying_in_parts_above(mut self, bytes: u64) -> Option<Self> {
        Arc::get_mut(&mut self.site)?.copy_max = bytes.clamp(5 << 20, objects::COPY_MAX);
        Some(self)
    }

    /// The same, for writing in another storage class, such as `DEEP_ARCHIVE`.
    #[must_use]
    pub fn in_class(&self, class: &str) -> Self {
        let site = Site { storage_class: Some(StorageClass::from(class)), ..self.site.another() };
        Self { site: Arc::new(site), region: self.region.clone(), account: self.account.clone() }
    }

    fn new(name: &str, connection: &Connection, folder: &[u8], options: &Options, made: &Made) -> Result<Self> {
        let root = Root::new(options.bucket.clone(), folder).map_err(|why| connection.wrong(why.into()))?;
        let secure = made.endpoint.as_ref().is_none_or(|url| url.starts_with("https://"));
        let site = Site {
            name: name.into(),
            client: made.client.clone(),
            quick: client::quick(connection, options, made)?.map(Arc::new),
            root,
            level: connection.level(TURNS, options.max_transfers)?,
            storage_class: options.storage_class.as_deref().map(StorageClass::from),
            part: options.part_size_mib.map(|mib| mib << 20),
            copy_max: objects::COPY_MAX,
            patience: options.patience(),
            unsigned: secure && !options.anonymous,
            checksums: made.checksums,
            old: false.into(),
            slow: 1.into(),
            conditions: 0.into(),
        };
        let account = (connection.id.clone(), made.endpoint.clone());
        Ok(Self { site: Arc::new(site), region: made.region.clone(), account })
    }
}

/// The connector.
pub struct Kind;

impl Connector for Kind {
    fn kind(&self) -> &'static str {
        "s3"
    }

    fn aliases(&self) -> &'static [&'static str] {
        &["aws"]
    }

    fn title(&self) -> &'static str {
        "S3"
    }

    fn schema(&self) -> Schema {
        schema_of::<Options>()
    }

    fn secrets(&self) -> &'static [&'static str] {
        options::SECRETS
    }

    fn open(&self, name: &str, connection: &Connection, folder: &[u8]) -> Result<Arc<dyn Storage>> {
        Ok(Arc::new(S3::open(name, connection, folder)?))
    }

    fn test(&self, connection: &Connection, folder: &[u8], write: bool, tell: &mut dyn FnMut(Step)) {
        let made = Options::of(connection).and_then(|options| {
            let made = client::make(connection, &options)?;
            let storage = Arc::new(S3::new(&connection.id, connection, folder, &options, &made)?);
            Ok((options, made, storage))
        });
        match made {
            Ok((options, made, storage)) => {
                Probe { made: &made, storage, bucket: options.bucket.as_deref(), write }.run(tell);
            }
            Err(error) => {
                crate::step::<()>(tell, "options", || Err(error));
            }
        }
    }
}
