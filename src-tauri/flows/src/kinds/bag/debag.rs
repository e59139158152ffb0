//! `debag`: unpacks an archive with one or many bags, proves them, and puts their works in place.

use async_trait::async_trait;
use longshore_catalogue::PathBytes;
use longshore_engine::Fault;
use longshore_formats::archive::{Limits, Twins};
use longshore_formats::bagit::FetchPolicy;
use longshore_transfer::storage::Meta;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::attempt::Attempt;
use super::bags::Archive;
use super::moving::{Move, cannot_move};
use super::report::BagReport;
use super::staging::Staging;
use super::{tarred, zipped};
use crate::Size;
use crate::attempt::{blocking, bytes, count};
use crate::faults::ToldAt as _;
use crate::kind::{Context, Done, Level, Need, Services, TypedKind};
use crate::location::Location;
use crate::used_up;

/// What to do with a bag whose `fetch.txt` names files that are not there.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Fetch {
    /// It is incomplete.
    #[default]
    Report,
    /// It is invalid.
    Refuse,
}

impl From<Fetch> for FetchPolicy {
    fn from(fetch: Fetch) -> Self {
        match fetch {
            Fetch::Report => Self::Report,
            Fetch::Refuse => Self::Refuse,
        }
    }
}

/// What to do where a work of that name is in place already.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum IfExists {
    /// Leave it and fail.
    #[default]
    Fail,
    /// Put the new one in its place.
    Replace,
    /// Leave it where it is the same, file by file and byte by byte, manifests aside, and fail where it is not.
    Same,
}

/// What to do with names that differ only in case or in their form of Unicode.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OnTwins {
    /// Refuse the archive.
    #[default]
    Refuse,
    /// Take them.
    Take,
}

impl From<OnTwins> for Twins {
    fn from(twins: OnTwins) -> Self {
        match twins {
            OnTwins::Refuse => Self::Refuse,
            OnTwins::Take => Self::Take,
        }
    }
}

/// How much of an archive is taken.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Most {
    /// Entries [default: 10 million].
    pub entries: Option<u64>,
    /// Size of all files together [default: 1 PiB].
    pub size: Option<Size>,
    /// How many times as large as the archive the files may be, where they are more than 64 MiB [default: 200].
    pub ratio: Option<u64>,
    /// Folders above an entry [default: 64].
    pub depth: Option<usize>,
    /// Bytes of a path [default: 4096].
    pub name: Option<usize>,
}

impl Most {
    pub(super) fn limits(&self) -> Limits {
        let usual = Limits::default();
        Limits {
            entries: self.entries.unwrap_or(usual.entries),
            bytes: self.size.map_or(usual.bytes, |size| size.0),
            ratio: self.ratio.unwrap_or(usual.ratio),
            depth: self.depth.unwrap_or(usual.depth),
            name: self.name.unwrap_or(usual.name),
        }
    }
}

/// Parameters of `debag`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct With {
    /// The archive: a zip, or a tar that is plain or compressed with gzip, zstd or xz. STORAGE:PATH, CONNECTION:PATH or an absolute path.
    pub file: String,
    /// The folder in which each work gets a folder of its name: of this machine, or of a storage that can move folders.
    pub into: String,
    /// What to do where a work of that name is in place already.
    #[serde(default)]
    pub if_exists: IfExists,
    /// What to do with a bag whose `fetch.txt` names files that are not there. Nothing is ever fetched.
    #[serde(default)]
    pub fetch: Fetch,
    /// What to do with names that differ only in case or in their form of Unicode.
    #[serde(default)]
    pub twins: OnTwins,
    /// How much of the archive is taken.
    #[serde(default)]
    pub limits: Most,
    /// Keep the manifests beside the work's files, in the folder `WORK.bag`.
    #[serde(default = "yes")]
    pub keep_manifests: bool,
}

fn yes() -> bool {
    true
}

/// A work that is in place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Work {
    /// Name of the work: that of its bag, without `.bag`.
    pub id: String,
    /// Its folder: STORAGE:PATH or an absolute path, as `into` is written.
    pub folder: String,
    /// Its manifests, written the same way.
    pub manifests: Vec<String>,
    /// What is known of its bag.
    pub bag: BagReport,
}

/// The bags of an archive taken together.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Whole {
    /// Bags.
    pub bags: u64,
    /// Files of their payloads.
    pub files: u64,
    /// Bytes of their payloads.
    pub bytes: u64,
    /// Warnings.
    pub warnings: u64,
}

/// Output of `debag`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Output {
    /// The works, in the order of their names.
    pub works: Vec<Work>,
    /// The bags taken together. Every one is valid.
    pub bag: Whole,
}

/// What is saved once every bag is proved: where each work goes.
#[derive(Serialize, Deserialize)]
struct Proved {
    /// Size and modification time of the archive.
    source: (u64, (i64, u32)),
    moves: Vec<Move>,
    output: Output,
}

/// `debag`.
pub struct Debag;

#[async_trait]
impl TypedKind for Debag {
    type With = With;
    type Output = Output;
    const NAME: &'static str = "debag";
    const TITLE: &'static str = "Unpacks bags, proves them, and puts their works in place";

    async fn plan(&self, with: With, services: &Services) -> Result<Need, Fault> {
        let services = services.clone();
        blocking(move || need(&with.file, &services)).await
    }

    async fn run(&self, with: With, context: Context) -> Result<Done<Output>, Fault> {
        let debagged =
            move || debag(&with, &Attempt::of(&context)).map_err(|fault| gone(fault, &with.file, &with.into, &context));
        blocking(debagged).await.map(Done::Output)
    }
}

/// What unpacking an archive needs, as far as it is known before it is read.
pub(super) fn need(file: &str, services: &Services) -> Result<Need, Fault> {
    let file = Location::read(services.storages.as_ref(), file)?;
    let size = file.storage.stat(&file.path).told_at(file.storage.name())?.size;
    Ok(Need { files: None, bytes: Some(size), ..Need::default() })
}

/// The refusal of an archive that is not there because this run has used it up; else the fault as it is.
pub(super) fn gone(fault: Fault, file: &str, into: &str, context: &Context) -> Fault {
    match used_up::is_used_up(context, file) {
        Ok(true) if fault.code == "file.missing" => used_up::used_up(file, &format!("Its works were put into {into}.")),
        _ => fault,
    }
}

/// Unpacks, proves, puts in place.
pub(super) fn debag(with: &With, attempt: &Attempt<'_>) -> Result<Output, Fault> {
    let storages = attempt.storages;
    let into = Location::read(storages, &with.into)?;
    let staging = Staging::of(attempt, &into.storage, &into.path);
    let saved = attempt.host.checkpoint().and_then(|saved| serde_json::from_value::<Proved>(saved).ok());
    let proved = match saved {
        Some(proved) if proved.stands(with, attempt, &staging)? => proved,
        _ => match prove(with, attempt, &into, &staging) {
            Ok(proved) => proved,
            Err(fault) => {
                // What stays there would only be in the way: the next attempt begins anew, and so does another run.
                return match staging.discard() {
                    Err(left) => Err(fault.now(format!("Take away what is left in staging too: {}", left.what))),
                    Ok(()) => Err(fault),
                };
            }
        },
    };
    for work in &proved.moves {
        attempt.go_on()?;
        work.go(staging.storage.as_ref())?;
    }
    staging.clear(attempt)?;
    Ok(proved.output)
}

/// Unpacks and proves; nothing lies at the target yet.
fn prove(with: &With, attempt: &Attempt<'_>, into: &Location, staging: &Staging) -> Result<Proved, Fault> {
    if !staging.storage.capabilities().posix {
        return Err(cannot_move(staging.storage.as_ref()));
    }
    staging.clear(attempt)?;
    let archive = Archive::open(with, attempt)?;
    let mut bags = if archive.is_zip()? {
        zipped::unpack(&archive, staging, attempt)?
    } else {
        tarred::unpack(&archive, staging, attempt)?
    };
    bags.prove(staging, attempt)?;
    let mut output = Output { works: Vec::new(), bag: Whole::default() };
    let mut moves = Vec::new();
    for opened in &bags.opened {
        let mut work = Move::prepare(opened, with.keep_manifests, staging)?;
        work.check(staging, with.if_exists, &|| attempt.go_on())?;
        if work.stays {
            attempt.host.log(Level::Info, &format!("The work {} is in place already, the same", work.id));
        }
        output.add(&work, BagReport::of(&opened.bag), into, &with.into);
        moves.push(work);
    }
    staging.storage.sync_all().told_at(staging.storage.name())?;
    let proved = Proved { source: archive.seal, moves, output };
    attempt.save(&proved)?;
    let Whole { bags, bytes: size, .. } = proved.output.bag;
    attempt.host.log(Level::Info, &format!("{} proved, {}", count(bags, "bag", "bags"), bytes(size)));
    Ok(proved)
}

impl Proved {
    /// Whether it still holds: the archive is the one that was proved, or gone, and each work is on its way or in place.
    fn stands(&self, with: &With, attempt: &Attempt<'_>, staging: &Staging) -> Result<bool, Fault> {
        let file = Location::read(attempt.storages, &with.file)?;
        let same = match file.storage.stat(&file.path) {
            Err(error) if error.code == "file.missing" => true,
            looked => seal(&looked.told_at(file.storage.name())?) == self.source,
        };
        for work in &self.moves {
            if !same || !work.stands(staging.storage.as_ref())? {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

/// By which an archive is known again.
pub(super) fn seal(meta: &Meta) -> (u64, (i64, u32)) {
    (meta.size, meta.mtime)
}

impl Output {
    fn add(&mut self, work: &Move, bag: BagReport, into: &Location, text: &str) {
        let shown = |path: &PathBytes| into.written(text, path.as_bytes());
        self.bag.bags += 1;
        self.bag.files += bag.files;
        self.bag.bytes += bag.bytes;
        self.bag.warnings += bag.warnings;
        let manifests = work.manifests.iter().map(shown).collect();
        self.works.push(Work { id: work.id.clone(), folder: shown(&work.to), manifests, bag });
    }
}
