//! `bag.validate`: judges a bag, whole: in a folder, or in an archive without unpacking it.

use async_trait::async_trait;
use longshore_engine::Fault;
use longshore_formats::bagit::Bag;
use longshore_transfer::storage::Kind;
use schemars::JsonSchema;
use serde::Deserialize;

use super::attempt::Attempt;
use super::bags::{Archive, Proving};
use super::debag::{Fetch, Most, OnTwins};
use super::judge::judge;
use super::report::{BagReport, of_io};
use super::source::At;
use crate::attempt::{blocking, bytes, count};
use crate::faults::ToldAt as _;
use crate::kind::{Context, Done, Level, Need, Services, TypedKind};
use crate::location::Location;

/// Parameters of `bag.validate`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct With {
    /// The folder of the bag, or an archive with bags (a zip, or a tar that is plain or compressed with gzip, zstd or xz): STORAGE:PATH,
    /// CONNECTION:PATH or an absolute path.
    pub bag: String,
    /// What to say of a bag whose `fetch.txt` names files that are not there. Nothing is ever fetched.
    #[serde(default)]
    pub fetch: Fetch,
    /// Of an archive: what to do with names that differ only in case or in their form of Unicode.
    #[serde(default)]
    pub twins: OnTwins,
    /// How much of an archive is taken.
    #[serde(default)]
    pub limits: Most,
    /// End well whatever the bag is, and leave it to the output to say.
    #[serde(default)]
    pub judge_only: bool,
}

/// `bag.validate`.
pub struct BagValidate;

#[async_trait]
impl TypedKind for BagValidate {
    type With = With;
    type Output = BagReport;
    const NAME: &'static str = "bag.validate";
    const TITLE: &'static str = "Validates a bag, or the bags of an archive: what lies in it, and every checksum";

    async fn plan(&self, with: With, services: &Services) -> Result<Need, Fault> {
        let services = services.clone();
        blocking(move || Location::read(services.storages.as_ref(), &with.bag).map(|_| Need::default())).await
    }

    async fn run(&self, with: With, context: Context) -> Result<Done<BagReport>, Fault> {
        blocking(move || validate(&with, &Attempt::of(&context))).await.map(Done::Output)
    }
}

/// Judges it.
pub(super) fn validate(with: &With, attempt: &Attempt<'_>) -> Result<BagReport, Fault> {
    let place = Location::read(attempt.storages, &with.bag)?;
    let name = place.storage.name().to_owned();
    let meta = place.storage.stat(&place.path).told_at(&name)?;
    let threads = place.storage.width().min(threads());
    let report = if meta.kind == Kind::File {
        let limits = with.limits.limits();
        judge(&Archive::at(place, &meta, &with.bag, limits, with.twins, with.fetch), attempt, threads)?
    } else {
        let folder = At { storage: place.storage.as_ref(), folder: place.path.clone() };
        let told = |error| of_io(error, &name);
        let mut bag = Bag::read(&folder, with.fetch.into()).map_err(told)?;
        bag.walk(&folder).map_err(told)?;
        bag.prove(&folder, threads, &mut Proving(attempt)).map_err(told)?;
        BagReport::of(&bag)
    };
    let said = format!("{}: {}, {}", report.verdict, count(report.files, "file", "files"), bytes(report.bytes));
    attempt.host.log(Level::Info, &said);
    match report.fault(&with.bag) {
        Some(fault) if !with.judge_only => Err(fault),
        _ => Ok(report),
    }
}

/// Threads that read and hash: as many as there are cores.
fn threads() -> usize {
    std::thread::available_parallelism().map_or(2, std::num::NonZero::get)
}
