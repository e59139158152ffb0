//! `archive.inspect` and `unzip`: zips that may hold no bag, with the limits that hold for all archives of strangers.

use async_trait::async_trait;
use longshore_engine::Fault;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::attempt::Attempt;
use super::bags::{Archive, declares};
use super::debag::{self, IfExists, Most, OnTwins, gone, need, seal};
use super::moving::{Move, cannot_move};
use super::staging::Staging;
use super::zipped;
use crate::attempt::{blocking, bytes, count};
use crate::faults::ToldAt as _;
use crate::kind::{Context, Done, Level, Need, Services, TypedKind};
use crate::location::Location;

/// Parameters of `archive.inspect`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct InspectWith {
    /// The archive: STORAGE:PATH, CONNECTION:PATH or an absolute path.
    pub file: String,
    /// How much of an archive is taken.
    #[serde(default)]
    pub limits: Most,
}

/// Output of `archive.inspect`.
#[derive(Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Inspected {
    /// The archive, as it was given.
    pub file: String,
    /// Whether it is a zip. Anything else is read as a tar.
    pub zip: bool,
    /// Whether it holds bags: it, or a folder at its top, has a `bagit.txt`. Of a tar it is said unseen, as only unpacking it would show.
    pub bag: bool,
    /// Files in it, of a zip.
    pub files: Option<u64>,
    /// Bytes of these, of a zip.
    pub bytes: Option<u64>,
}

/// `archive.inspect`.
pub struct ArchiveInspect;

#[async_trait]
impl TypedKind for ArchiveInspect {
    type With = InspectWith;
    type Output = Inspected;
    const NAME: &'static str = "archive.inspect";
    const TITLE: &'static str = "Looks whether an archive holds bags";

    async fn plan(&self, _: InspectWith, _: &Services) -> Result<Need, Fault> {
        Ok(Need::default())
    }

    async fn run(&self, with: InspectWith, context: Context) -> Result<Done<Inspected>, Fault> {
        blocking(move || {
            let given = asked(&with.file, "", IfExists::Fail, OnTwins::Take, &with.limits);
            inspect(&given, &Attempt::of(&context))
                .map_err(|fault| gone(fault, &with.file, "the folder that its task names", &context))
                .map(Done::Output)
        })
        .await
    }
}

fn inspect(given: &debag::With, attempt: &Attempt<'_>) -> Result<Inspected, Fault> {
    let archive = Archive::open(given, attempt)?;
    let file = given.file.clone();
    if !archive.is_zip()? {
        return Ok(Inspected { file, zip: false, bag: true, files: None, bytes: None });
    }
    let index = zipped::index(&archive)?;
    let files = index.entries.iter().filter(|entry| !entry.folder);
    let bag = files.clone().any(|entry| declares(&entry.path).is_some());
    Ok(Inspected { file, zip: true, bag, files: Some(files.count() as u64), bytes: Some(index.bytes) })
}

fn asked(file: &str, into: &str, if_exists: IfExists, twins: OnTwins, limits: &Most) -> debag::With {
    let (file, into, limits) = (file.to_owned(), into.to_owned(), limits.clone());
    debag::With { file, into, if_exists, fetch: debag::Fetch::Report, twins, limits, keep_manifests: false }
}

/// Parameters of `unzip`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct With {
    /// The zip: STORAGE:PATH, CONNECTION:PATH or an absolute path.
    pub file: String,
    /// The folder in which the work gets a folder of its name: of this machine, or of a storage that can move folders. The name is that of the
    /// one folder at the top of the zip, else the zip's own.
    pub into: String,
    /// What to do where a work of that name is in place already.
    #[serde(default)]
    pub if_exists: IfExists,
    /// What to do with names that differ only in case or in their form of Unicode.
    #[serde(default)]
    pub twins: OnTwins,
    /// How much of the zip is taken.
    #[serde(default)]
    pub limits: Most,
}

/// A work that is in place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Work {
    /// Its name.
    pub id: String,
    /// Its folder: STORAGE:PATH or an absolute path, as `into` is written.
    pub folder: String,
}

/// Output of `unzip`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Output {
    /// The work: one.
    pub works: Vec<Work>,
    /// Files.
    pub files: u64,
    /// Bytes of these.
    pub bytes: u64,
}

/// What is saved once all is unpacked: where it goes.
#[derive(Serialize, Deserialize)]
struct Unpacked {
    /// Size and modification time of the zip.
    source: (u64, (i64, u32)),
    work: Move,
    output: Output,
}

/// `unzip`.
pub struct Unzip;

#[async_trait]
impl TypedKind for Unzip {
    type With = With;
    type Output = Output;
    const NAME: &'static str = "unzip";
    const TITLE: &'static str = "Unpacks a zip that holds no bag, and puts its work in place";

    async fn plan(&self, with: With, services: &Services) -> Result<Need, Fault> {
        let services = services.clone();
        blocking(move || need(&with.file, &services)).await
    }

    async fn run(&self, with: With, context: Context) -> Result<Done<Output>, Fault> {
        blocking(move || {
            unzip(&with, &Attempt::of(&context)).map_err(|fault| gone(fault, &with.file, &with.into, &context))
        })
        .await
        .map(Done::Output)
    }
}

fn unzip(with: &With, attempt: &Attempt<'_>) -> Result<Output, Fault> {
    let into = Location::read(attempt.storages, &with.into)?;
    let staging = Staging::of(attempt, &into.storage, &into.path);
    let saved = attempt.host.checkpoint().and_then(|saved| serde_json::from_value::<Unpacked>(saved).ok());
    let unpacked = match saved {
        Some(unpacked) if unpacked.stands(with, attempt, &staging)? => unpacked,
        _ => match unpack(with, attempt, &into, &staging) {
            Ok(unpacked) => unpacked,
            Err(fault) => {
                // What cannot be taken away now is taken away by the next attempt: the failure is what is told.
                let _ = staging.discard();
                return Err(fault);
            }
        },
    };
    attempt.go_on()?;
    unpacked.work.go(staging.storage.as_ref())?;
    staging.clear(attempt)?;
    Ok(unpacked.output)
}

/// Unpacks; nothing lies at the target yet.
fn unpack(with: &With, attempt: &Attempt<'_>, into: &Location, staging: &Staging) -> Result<Unpacked, Fault> {
    if !staging.storage.capabilities().posix {
        return Err(cannot_move(staging.storage.as_ref()));
    }
    staging.clear(attempt)?;
    let archive = Archive::open(&asked(&with.file, &with.into, with.if_exists, with.twins, &with.limits), attempt)?;
    if !archive.is_zip()? {
        let why = "it does not begin as a zip does";
        return Err(Fault::permanent("archive.unsupported", format!("{} was not unpacked", with.file), why)
            .now("Unpack a tar of bags with debag.")
            .at_place(&with.file));
    }
    let name = staging.storage.name();
    // Below the staging folder, which also takes what the work may replace.
    let inside = Staging { storage: staging.storage.clone(), folder: staging.path(b"zip"), into: staging.into.clone() };
    inside.storage.make_folder(&inside.folder).told_at(name)?;
    let plain = zipped::unpack_plain(&archive, &inside, attempt)?;
    let (id, from) = match &plain.top {
        Some(top) => (String::from_utf8_lossy(top).into_owned(), inside.path(top)),
        None => (archive.stem(), inside.folder),
    };
    let mut work = Move::whole(&id, from, staging);
    work.check(staging, with.if_exists, &|| attempt.go_on())?;
    staging.storage.sync_all().told_at(name)?;
    let folder = into.written(&with.into, work.to.as_bytes());
    let output = Output { works: vec![Work { id, folder }], files: plain.files, bytes: plain.bytes };
    let unpacked = Unpacked { source: archive.seal, work, output };
    attempt.save(&unpacked)?;
    let said = format!("{} unpacked, {}", count(plain.files, "file", "files"), bytes(plain.bytes));
    attempt.host.log(Level::Info, &said);
    Ok(unpacked)
}

impl Unpacked {
    /// Whether it still holds: the zip is the one that was unpacked, or gone, and the work is on its way or in place.
    fn stands(&self, with: &With, attempt: &Attempt<'_>, staging: &Staging) -> Result<bool, Fault> {
        let file = Location::read(attempt.storages, &with.file)?;
        let same = match file.storage.stat(&file.path) {
            Err(error) if error.code == "file.missing" => true,
            looked => seal(&looked.told_at(file.storage.name())?) == self.source,
        };
        Ok(same && self.work.stands(staging.storage.as_ref())?)
    }
}
