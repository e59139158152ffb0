//! `scicat.origdatablocks`: the files that SciCat knows of a dataset, compared with those that are there.

use std::sync::Arc;

use async_trait::async_trait;
use longshore_catalogue::PathBytes;
use longshore_connectors::scicat::SciCat;
use longshore_engine::Fault;
use longshore_transfer::hash::{Hashes, hex};
use longshore_transfer::storage::{Algorithm, ReadOptions, Storage, join};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::compare::Files;
use super::{connection, reach};
use crate::attempt::blocking;
use crate::faults::ToldAt as _;
use crate::kind::{Context, Done, Level, Need, Progress, Services, TypedKind};
use crate::location::Location;
use crate::plan::folder::ChildKind;
use crate::scicat::of_scicat;
use crate::tree::Tree;

/// Bytes that are read at a time.
const BUFFER: usize = 1 << 20;

/// Parameters of `scicat.origdatablocks`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct With {
    /// Pid of the dataset in SciCat.
    pub pid: String,
    /// Where its files lie: STORAGE:PATH, or an absolute path of this machine.
    pub folder: String,
    /// Compare checksums too, where SciCat has them by MD5 or SHA-256: the storage's own where it has kept one, else by reading.
    #[serde(default = "yes")]
    pub checksums: bool,
    /// The connection to SciCat.
    #[serde(default = "connection")]
    pub connection: String,
}

fn yes() -> bool {
    true
}

/// Output of `scicat.origdatablocks`.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub struct Output {
    /// Whether there was a SciCat to compare with.
    pub compared: bool,
    /// Files that SciCat knows, all of which are there, and no others.
    pub files: u64,
    /// Bytes of them.
    pub bytes: u64,
    /// Files whose checksum was compared.
    pub checksums: u64,
}

/// `scicat.origdatablocks`.
pub struct ScicatOrigdatablocks;

#[async_trait]
impl TypedKind for ScicatOrigdatablocks {
    type With = With;
    type Output = Output;
    const NAME: &'static str = "scicat.origdatablocks";
    const TITLE: &'static str = "Compares a dataset's files with those that SciCat knows";

    async fn plan(&self, with: With, services: &Services) -> Result<Need, Fault> {
        let services = services.clone();
        blocking(move || Location::read(services.storages.as_ref(), &with.folder).map(|_| Need::default())).await
    }

    async fn run(&self, with: With, context: Context) -> Result<Done<Output>, Fault> {
        let Some(scicat) = reach(&context, &with.connection).await? else { return Ok(Output::default().into()) };
        let files = known(&scicat, &with.pid, &context).await?;
        blocking(move || compare(&with, files, &context)).await.map(Done::Output)
    }
}

/// The files that SciCat knows. A dataset of which it knows none was never registered whole.
async fn known(scicat: &Arc<SciCat>, pid: &str, context: &Context) -> Result<Files, Fault> {
    let (mut files, mut read) = (Files::default(), 0);
    loop {
        context.go_on()?;
        let page = scicat.origdatablocks_page(pid, read).await.map_err(|error| of_scicat(&error))?;
        read += page.len();
        for block in &page {
            files.add(block);
        }
        if page.len() < SciCat::orig_page() {
            break;
        }
    }
    if files.totals().0 == 0 {
        let what = format!("The files of {pid} cannot be compared");
        let why = "SciCat knows none of them: it has no original datablocks";
        return Err(Fault::permanent("scicat.files_differ", what, why).on_dataset(pid));
    }
    for (one, other) in &files.alike {
        let text = format!("{one} and {other} are one file on systems that do not tell capitals from small letters");
        context.host.log(Level::Warning, &text);
    }
    Ok(files)
}

fn compare(with: &With, mut files: Files, context: &Context) -> Result<Output, Fault> {
    let place = Location::read(context.services.storages.as_ref(), &with.folder)?;
    let storage = place.storage.as_ref();
    let (count, bytes) = files.totals();
    let mut done = Progress { files_total: Some(count), bytes_total: Some(bytes), ..Progress::default() };
    let mut checksums = 0;
    let mut tree = match Tree::begin(storage, &place.path, None) {
        Ok(tree) => Some(tree),
        // There is no such folder, and so none of them.
        Err(fault) if fault.code == "file.missing" => None,
        Err(fault) => return Err(fault),
    };
    while let Some(found) = tree.as_mut().map_or(Ok(None), Tree::next)? {
        context.go_on()?;
        if found.child.kind != ChildKind::File {
            continue;
        }
        let expected = files.found(&found.path, found.child.size);
        if let Some((algorithm, wanted)) = expected.and_then(|file| file.checksum).filter(|_| with.checksums) {
            let path = join(&place.path, &found.path);
            checksums += 1;
            if checksum(storage, &path, algorithm, context)? != wanted {
                files.wrong.other_checksum(&found.path);
            }
        }
        (done.files, done.bytes) = (done.files + 1, done.bytes + found.child.size);
        done.now = PathBytes::new(found.path).to_text();
        context.host.progress(done.clone());
    }
    files.end().judge(&with.pid)?;
    Ok(Output { compared: true, files: count, bytes, checksums })
}

/// The checksum of a file in hex: as the storage has kept it, else of the bytes as they are read.
fn checksum(storage: &dyn Storage, path: &[u8], algorithm: Algorithm, context: &Context) -> Result<String, Fault> {
    let name = storage.name();
    if let Some(kept) = storage.checksum(path, algorithm).told_at(name)? {
        return Ok(hex(&kept));
    }
    let mut reader = storage.read(path, ReadOptions::default()).told_at(name)?;
    let (mut hashes, mut buffer) = (Hashes::new(matches!(algorithm, Algorithm::Md5)), vec![0; BUFFER]);
    loop {
        context.go_on()?;
        let count = reader.read(&mut buffer).told_at(name)?;
        if count == 0 {
            break;
        }
        hashes.update(&buffer[..count]);
    }
    let digests = hashes.finish();
    Ok(digests.md5.map_or_else(|| hex(&digests.sha256), |md5| hex(&md5)))
}
