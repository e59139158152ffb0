//! `retrieval.fetch`: brings one datablock back to the storage `retrieval`, compared with the ledger's checksum as it is read, and proved
//! there.

use async_trait::async_trait;
use longshore_catalogue::{Block, BlockState, Dataset};
use longshore_connectors::s3::Speed;
use longshore_engine::Fault;
use longshore_transfer::copy::{Checkpoint, Item, Observer, Options, copy_known};
use longshore_transfer::hash::hex;
use longshore_transfer::storage::{Kind, Storage};
use longshore_transfer::{Fail, Watch};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::readable::{Ask, Away, Readable, readable};
use super::{STORAGE, stands};
use crate::attempt::{blocking, bytes};
use crate::faults::{self, Told as _, ToldAt as _, through};
use crate::kind::{Context, Done, Level, Need, Progress, Services, TypedKind};
use crate::kinds::block_item::BlockItem;
use crate::kinds::copy::{prove, standing};
use crate::kinds::{datablock_verify, defaults};
use crate::span::Span;

/// Parameters of `retrieval.fetch`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct With {
    /// The datablock: an item of `retrieval.plan`.
    pub block: BlockItem,
    /// Of a datablock in an archive (`GLACIER`, `DEEP_ARCHIVE`): for how many days its restored copy is kept, 1 at least.
    #[serde(default = "three_days")]
    pub restore_days: u32,
    /// How fast it is to be restored, and how dear.
    #[serde(default)]
    pub restore_speed: Speed,
    /// How long it is waited for until it can be read.
    #[serde(default = "four_days")]
    pub restore_within: Span,
    /// Of a datablock on a tape behind a file system: how long it is waited for until it is recalled.
    #[serde(default = "an_hour")]
    pub recall_within: Span,
    /// Time from look to look.
    #[serde(default = "defaults::ten_minutes")]
    pub every: Span,
}

fn three_days() -> u32 {
    3
}

/// Twice what the slowest restore takes, which is 48 hours.
fn four_days() -> Span {
    Span::seconds(4 * 24 * 3600)
}

fn an_hour() -> Span {
    Span::seconds(3600)
}

/// Output of `retrieval.fetch`: a datablock that is proved in the storage `retrieval`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Output {
    /// The datablock.
    #[serde(flatten)]
    pub block: BlockItem,
    /// Its path on that storage.
    pub path: String,
    /// Its SHA-256 in hex.
    pub sha256: String,
}

/// `retrieval.fetch`.
pub struct RetrievalFetch;

#[async_trait]
impl TypedKind for RetrievalFetch {
    type With = With;
    type Output = Output;
    const NAME: &'static str = "retrieval.fetch";
    const TITLE: &'static str = "Brings a datablock back to the storage for retrieval, and proves it there";
    const PAUSES: bool = true;

    async fn plan(&self, with: With, _: &Services) -> Result<Need, Fault> {
        let (files, bytes) = (Some(with.block.files), Some(with.block.size));
        Ok(Need { files, bytes, space: [(STORAGE.to_owned(), with.block.size)].into() })
    }

    async fn run(&self, with: With, context: Context) -> Result<Done<Output>, Fault> {
        blocking(move || fetch(&with, &context)).await
    }
}

fn fetch(with: &With, context: &Context) -> Result<Done<Output>, Fault> {
    let services = &context.services;
    let dataset = services.dataset(&with.block.dataset)?;
    let block = services.catalogue.block(with.block.id).told()?;
    let Some(sha256) = block.sha256.filter(|_| block.state != BlockState::Planned) else {
        return Err(datablock_verify::unwritten(&dataset, &block));
    };
    let (from, to) = (services.storages.storage(&block.storage)?, services.storages.storage(STORAGE)?);
    let ends = [from.as_ref(), to.as_ref()];
    let fetching = Fetching { with, context, dataset: &dataset, block: &block, sha256, ends };
    if !fetching.is_there()? {
        match fetching.bring()? {
            Brought::Proved => {}
            Brought::Waits => return Ok(Done::Deferred { until: services.clock.now() + with.every.0 }),
        }
    }
    // What is done once more is looked at anew.
    context.forget_checkpoint()?;
    let (path, sha256) = (block.path.to_text(), hex(&sha256));
    Ok(Output { block: with.block.clone(), path, sha256 }.into())
}

/// What is saved.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct Saved {
    /// SHA-256 of the writing of the datablock that it is about, in hex.
    sha256: String,
    /// Since when it is waited for until the datablock can be read, in milliseconds since the epoch.
    waits_since: Option<i64>,
    /// How far it is copied.
    copy: Option<Checkpoint>,
}

/// How an attempt to bring a datablock back ended.
enum Brought {
    Proved,
    /// It cannot be read yet.
    Waits,
}

struct Fetching<'a> {
    with: &'a With,
    context: &'a Context,
    dataset: &'a Dataset,
    block: &'a Block,
    sha256: [u8; 32],
    /// The LTS, and the storage for retrieval.
    ends: [&'a dyn Storage; 2],
}

impl Fetching<'_> {
    /// Whether it lies there already, and is right: by the storage's own checksum, else by what is read.
    fn is_there(&self) -> Result<bool, Fault> {
        let ([_, to], path, name) = (self.ends, self.block.path.as_bytes(), &self.block.plan.name);
        if !stands(to, self.block)? {
            return Ok(false);
        }
        self.context.host.progress(Progress { now: format!("looking at {name} in {STORAGE}"), ..Progress::default() });
        if standing::digest(to, path, true, self.context)? == self.sha256 {
            let text = format!("{name} lies in {STORAGE} already, and is right: it is not fetched again");
            self.context.host.log(Level::Info, &text);
            return Ok(true);
        }
        let text = format!("What lies in {STORAGE} as {name} has not the ledger's checksum: it is fetched anew");
        self.context.host.log(Level::Warning, &text);
        to.delete(path).told_at(to.name())?;
        Ok(false)
    }

    fn bring(&self) -> Result<Brought, Fault> {
        let ([from, to], path) = (self.ends, self.block.path.as_bytes());
        let meta = match from.stat(path) {
            Ok(meta) if meta.kind == Kind::File && meta.size == self.block.plan.size => meta,
            Err(error) if error.code != "file.missing" => return Err(error).told_at(from.name()),
            _ => return Err(self.damaged()),
        };
        if !self.can_be_read()? {
            return Ok(Brought::Waits);
        }
        let (source, target) = (path.to_vec(), path.to_vec());
        let item = Item { id: self.block.id, source, target, size: meta.size, mtime: meta.mtime, mode: 0o644 };
        let (options, resume) = (Options { replace: true, ..Options::default() }, self.saved().copy);
        let copied = copy_known(from, to, &item, options, self.sha256, resume.as_ref(), &mut Copying(self));
        let copied = match copied {
            Ok(copied) => copied,
            // The restored copy has expired since it was looked at.
            Err(Fail::Storage(error)) if error.code == "s3.archived" => {
                self.ask_again()?;
                return Ok(Brought::Waits);
            }
            Err(fail) => return Err(self.broken_off(fail)),
        };
        let proof = prove::one(to, &item, &copied, self.context)??;
        let text = format!("{}, {}, brought back and proved {}", self.block.plan.name, bytes(copied.size), proof.how());
        self.context.host.log(Level::Info, &text);
        Ok(Brought::Proved)
    }

    /// Whether it can be read now. What can be done so that it can be is begun.
    fn can_be_read(&self) -> Result<bool, Fault> {
        let ask = Ask { days: self.with.restore_days, speed: self.with.restore_speed };
        match readable(self.ends[0], self.block.path.as_bytes(), ask)? {
            Readable::Now => Ok(true),
            Readable::Later(away) => self.wait(away).map(|()| false),
        }
    }

    /// It was readable and is not any more: that the wait may take as long as the first one is not held against it.
    fn ask_again(&self) -> Result<(), Fault> {
        self.context.save(&Saved { sha256: hex(&self.sha256), ..Saved::default() })?;
        self.can_be_read().map(drop)
    }

    fn wait(&self, away: Away) -> Result<(), Fault> {
        let within = match away {
            Away::Archive => self.with.restore_within,
            Away::Tape => self.with.recall_within,
        };
        let (saved, now) = (self.saved(), self.context.services.now());
        let since = saved.waits_since.unwrap_or(now);
        let patience = i64::try_from(within.0.as_millis()).unwrap_or(i64::MAX);
        if now.saturating_sub(since) > patience {
            // A retry waits anew.
            self.context.save(&Saved { waits_since: None, ..saved })?;
            return Err(self.overdue(away));
        }
        if saved.waits_since.is_none() {
            self.context.host.log(Level::Info, &format!("{}: {}", self.block.plan.name, away.why()));
            self.context.save(&Saved { sha256: hex(&self.sha256), waits_since: Some(since), copy: saved.copy })?;
        }
        Ok(())
    }

    fn overdue(&self, away: Away) -> Fault {
        let what = format!("{} cannot be read", self.block.plan.name);
        Fault::permanent("retrieval.overdue", what, away.why())
            .now("Ask whoever runs the archive what has become of it, then retry: it is waited for anew.")
            .on_dataset(&self.dataset.pid)
            .at_place(&self.block.storage)
    }

    fn saved(&self) -> Saved {
        let saved = self.context.host.checkpoint().and_then(|saved| serde_json::from_value::<Saved>(saved).ok());
        let sha256 = hex(&self.sha256);
        saved.filter(|saved| saved.sha256 == sha256).unwrap_or(Saved { sha256, ..Saved::default() })
    }

    fn broken_off(&self, fail: Fail) -> Fault {
        let damaged = match &fail {
            Fail::Mismatch { .. } => return self.damaged(),
            Fail::Storage(error) => error.code == "io.error",
            Fail::Unreadable { .. } => true,
            _ => false,
        };
        let fault = faults::of_transfer(fail, self.ends.map(Storage::name)).on_dataset(&self.dataset.pid);
        // Which side could not go on is not always told: the LTS is asked.
        if damaged { self.read_back().err().unwrap_or(fault) } else { fault }
    }

    /// What is wrong with the datablock on the LTS, file by file; the ledger is told too.
    fn damaged(&self) -> Fault {
        self.read_back().err().unwrap_or_else(|| {
            let what = format!("{} was not brought back", self.block.plan.name);
            let why = "Read once, its bytes were not those that were archived; read once more, they are";
            Fault::transient("fixity.mismatch", what, why)
                .now("If it happens again, the LTS or the way to it is at fault.")
                .on_dataset(&self.dataset.pid)
                .at_place(format!("{}:{}", self.block.storage, self.block.path))
        })
    }

    fn read_back(&self) -> Result<(), Fault> {
        let name = &self.block.plan.name;
        self.context.host.log(Level::Warning, &format!("{name} is read back on the LTS, to see what is wrong with it"));
        let block = self.with.block.clone();
        datablock_verify::verify(datablock_verify::With { block, unless_proved: false }, self.context).map(drop)
    }
}

/// The copying, as the transfer sees it.
struct Copying<'a, 'f>(&'a Fetching<'f>);

impl Watch for Copying<'_, '_> {
    fn progress(&mut self, bytes: u64, files: u64, _: &[u8]) {
        let Block { plan, .. } = self.0.block;
        let (bytes_total, now, written) = (Some(plan.size), plan.name.clone(), bytes);
        self.0.context.host.progress(Progress { bytes, bytes_total, files, files_total: None, now, written });
    }

    fn cancelled(&self) -> bool {
        self.0.context.host.cancelled()
    }
}

impl Observer for Copying<'_, '_> {
    fn checkpoint(&mut self, state: &Checkpoint) -> longshore_transfer::Result<()> {
        let saved = Saved { sha256: hex(&self.0.sha256), waits_since: None, copy: Some(state.clone()) };
        self.0.context.save(&saved).map_err(through)
    }
}
