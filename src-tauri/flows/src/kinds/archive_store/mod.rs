//! `archive.store`: a folder into an archive from which nothing is read back, such as S3's class `DEEP_ARCHIVE`. What lies there already with
//! the same checksum is not sent again.
//!
//! What lies there is known by a manifest beside the folder, in a class that can be read at once, and by what the storage says of each
//! object: an archived object cannot be read to be compared.

mod manifest;
mod sending;

use std::sync::Arc;

use async_trait::async_trait;
use longshore_connectors::s3::S3;
use longshore_engine::Fault;
use longshore_transfer::storage::Storage;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::attempt::{PAGE, blocking, bytes, count};
use crate::faults::ToldAt as _;
use crate::kind::{Context, Done, Level, Need, Services, Storages, TypedKind};
use crate::location::Location;
use crate::plan::folder::ChildKind;
use crate::tree::Tree;
use crate::used_up;

use manifest::Manifest;
use sending::{File, Sending};

/// Parameters of `archive.store`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct With {
    /// The folder: STORAGE:PATH, CONNECTION:PATH or an absolute path.
    pub from: String,
    /// Where it lies in the archive, written the same way. Its manifest lies beside it: `TO.manifest-sha256.txt`.
    pub to: String,
    /// Storage class of what is written to S3; null is the connection's own. The manifest is always `STANDARD`.
    #[serde(default = "deep_archive")]
    pub storage_class: Option<String>,
}

#[allow(clippy::unnecessary_wraps)] // serde asks for the type of the field
fn deep_archive() -> Option<String> {
    Some("DEEP_ARCHIVE".into())
}

/// Output of `archive.store`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Output {
    /// Where the folder lies in the archive.
    pub to: String,
    /// Its manifest.
    pub manifest: String,
    /// Files of the folder.
    pub files: u64,
    /// Bytes of these.
    pub bytes: u64,
    /// Files that were sent. All others lay there already, the same.
    pub sent: u64,
    /// Links, pipes, sockets and devices, which an archive of objects does not hold.
    pub left_out: u64,
}

/// `archive.store`.
pub struct ArchiveStore;

#[async_trait]
impl TypedKind for ArchiveStore {
    type With = With;
    type Output = Output;
    const NAME: &'static str = "archive.store";
    const TITLE: &'static str = "Stores a folder in an archive; what lies there already is not sent again";
    const PAUSES: bool = true;

    async fn plan(&self, with: With, services: &Services) -> Result<Need, Fault> {
        let storages = services.storages.clone();
        blocking(move || {
            Location::read(storages.as_ref(), &with.from)?;
            Location::read(storages.as_ref(), &with.to).map(|_| Need::default())
        })
        .await
    }

    async fn run(&self, with: With, context: Context) -> Result<Done<Output>, Fault> {
        blocking(move || {
            let fault = match store(&with, &context) {
                Ok(output) => return Ok(output.into()),
                Err(fault) => fault,
            };
            if fault.code != "file.missing" || !used_up::is_used_up(&context, &with.from)? {
                return Err(fault);
            }
            Err(used_up::used_up(&with.from, &format!("What is in the archive lies in {}.", with.to)))
        })
        .await
    }
}

/// A storage for writing in a class, where it has such.
fn in_class(storages: &dyn Storages, at: &Location, class: Option<&str>) -> Arc<dyn Storage> {
    match (at.storage.as_any().downcast_ref::<S3>(), class) {
        (Some(s3), Some(class)) => storages.within_limits(Arc::new(s3.in_class(class))),
        _ => at.storage.clone(),
    }
}

fn store(with: &With, context: &Context) -> Result<Output, Fault> {
    let storages = context.services.storages.as_ref();
    let (from, mut to) = (Location::read(storages, &with.from)?, Location::read(storages, &with.to)?);
    let refused = |why| Err(Fault::permanent("archive.target", format!("Nothing can be stored in {}", with.to), why));
    to.belongs_to(&["landing", "lts"], storages);
    if matches!(to.name.as_deref(), Some("landing" | "lts")) || to.holds(&["landing", "lts"], storages).is_some() {
        return refused("nothing is replaced in the landing zone and on the LTS");
    }
    if to.path.is_empty() {
        return refused("it is a whole storage, and its manifest would lie beside it");
    }
    let target = in_class(storages, &to, with.storage_class.as_deref());
    let beside = in_class(storages, &to, Some("STANDARD"));
    let place = [&to.path[..], b".manifest-sha256.txt"].concat();
    let mut manifest = Manifest::read(beside.as_ref(), &place)?;
    let mut sending = Sending::begin(context, from.storage.as_ref(), target.as_ref(), [&from.path, &to.path]);
    from.storage.stat(&from.path).told_at(from.storage.name())?;
    let mut tree = Tree::begin(from.storage.as_ref(), &from.path, None)?;
    let (mut page, mut left_out) = (Vec::new(), 0);
    loop {
        context.go_on()?;
        let found = tree.next()?;
        let last = found.is_none();
        match found {
            Some(found) if found.child.kind == ChildKind::File => page.push(File::of(found)),
            Some(found) => left_out += u64::from(found.child.kind != ChildKind::Folder),
            None => {}
        }
        if page.len() == PAGE || last {
            sending.page(&page, &mut manifest)?;
            page.clear();
        }
        if last {
            break;
        }
    }
    let left_out = left_out + tree.special.len() as u64;
    if left_out > 0 {
        context
            .host
            .log(Level::Warning, &format!("{} left out", count(left_out, "link or device", "links and devices")));
    }
    // Only once all lies there: what the manifest names is there.
    manifest.write(beside.as_ref(), &place)?;
    let (files, size, sent) = sending.counted();
    let said = format!("{}, {}: {sent} sent, the others lay there", count(files, "file", "files"), bytes(size));
    context.host.log(Level::Info, &said);
    let manifest = to.written(&with.to, &place);
    Ok(Output { to: with.to.clone(), manifest, files, bytes: size, sent, left_out })
}
