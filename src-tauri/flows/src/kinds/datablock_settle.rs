//! `datablock.settle`: gives the LTS time before a datablock is read back, and has it recalled where it went offline meanwhile.

use async_trait::async_trait;
use longshore_connectors::s3::Speed;
use longshore_engine::{Class, Fault, Millis};
use longshore_transfer::storage::{ReadOptions, Storage};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::block_item::BlockItem;
use super::defaults;
use super::retrieval::readable::{self, Ask, Readable};
use crate::attempt::blocking;
use crate::faults::{Told as _, ToldAt as _};
use crate::kind::{Context, Done, Level, Need, Services, TypedKind};
use crate::span::Span;

/// Days for which a datablock that had to be recalled is kept readable: long enough to be read back.
const DAYS: u32 = 7;

/// Parameters of `datablock.settle`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct With {
    /// The datablock, as `datablock.write` gave it.
    pub block: BlockItem,
    /// How long it is left alone first. No slot and no room is held meanwhile.
    #[serde(default)]
    pub wait: Span,
    /// How long it may take after that until it can be read.
    #[serde(default = "two_minutes")]
    pub timeout: Span,
    /// Time from look to look while it cannot be read.
    #[serde(default = "defaults::half_a_minute")]
    pub every: Span,
}

fn two_minutes() -> Span {
    Span::seconds(120)
}

/// What is saved: until when it is left alone, and until when it must be there.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
struct Saved {
    quiet: Millis,
    last: Millis,
}

/// `datablock.settle`.
pub struct DatablockSettle;

#[async_trait]
impl TypedKind for DatablockSettle {
    type With = With;
    type Output = BlockItem;
    const NAME: &'static str = "datablock.settle";
    const TITLE: &'static str = "Waits until a datablock may be read back, and recalls it if it is offline";

    async fn plan(&self, _: With, _: &Services) -> Result<Need, Fault> {
        Ok(Need::default())
    }

    async fn run(&self, with: With, context: Context) -> Result<Done<BlockItem>, Fault> {
        blocking(move || settle(with, &context)).await
    }
}

fn settle(with: With, context: &Context) -> Result<Done<BlockItem>, Fault> {
    let now = context.services.clock.now();
    let saved = context.host.checkpoint().and_then(|saved| serde_json::from_value(saved).ok());
    let quiet = now + with.wait.0;
    let times: Saved = saved.unwrap_or(Saved { quiet, last: quiet + with.timeout.0 });
    if now < times.quiet {
        context.save(&times)?;
        return Ok(Done::Deferred { until: times.quiet });
    }
    let Err(offline) = is_readable(&with.block, context) else {
        // Done once more, it waits once more.
        context.forget_checkpoint()?;
        return Ok(with.block.into());
    };
    if offline.class != Class::Transient {
        return Err(offline);
    }
    if now >= times.last {
        context.forget_checkpoint()?;
        return Err(late(&with, &offline));
    }
    context.save(&times)?;
    context.host.log(Level::Info, &format!("{} cannot be read yet: {}", with.block.name, offline.why));
    Ok(Done::Deferred { until: (now + with.every.0).min(times.last) })
}

/// Reads the first byte of a datablock, which recalls it from a tape behind a file system; an object that is archived is asked for. One
/// that is offline still is a transient failure. One that is not there is for the verification to tell.
fn is_readable(item: &BlockItem, context: &Context) -> Result<(), Fault> {
    let services = &context.services;
    let block = services.catalogue.block(item.id).told()?;
    let storage = services.storages.storage(&block.storage)?;
    let (storage, path) = (storage.as_ref(), block.path.as_bytes());
    match readable::readable(storage, path, Ask { days: DAYS, speed: Speed::default() }) {
        Ok(Readable::Later(away)) => {
            return Err(Fault::transient("datablock.offline", format!("{} is offline", item.name), away.why()));
        }
        Err(fault) if fault.code != "file.missing" => return Err(fault),
        _ => {}
    }
    match first_byte(storage, path) {
        Err(fault) if fault.code == "file.missing" => Ok(()),
        read => read,
    }
}

fn first_byte(storage: &dyn Storage, path: &[u8]) -> Result<(), Fault> {
    let mut reader = storage.read(path, ReadOptions::default()).told_at(storage.name())?;
    reader.read(&mut [0]).map(drop).told_at(storage.name())
}

fn late(with: &With, offline: &Fault) -> Fault {
    let seconds = with.timeout.0.as_secs();
    let why = format!("{seconds} seconds after it could be asked for it cannot be read: {}", offline.why);
    Fault::transient("datablock.offline", format!("{} is offline", with.block.name), why)
        .now("See whether the LTS is at work; give it longer with the variable archiver_lts_file_timeout_s, and retry.")
        .on_dataset(&with.block.dataset)
}
