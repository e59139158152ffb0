//! `bag.validate`: judges the bag in a folder, whole.

use async_trait::async_trait;
use longshore_engine::Fault;
use longshore_formats::bagit::Bag;
use schemars::JsonSchema;
use serde::Deserialize;

use super::bags::Proving;
use super::debag::Fetch;
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
    /// The folder of the bag: STORAGE:PATH, CONNECTION:PATH or an absolute path.
    pub bag: String,
    /// What to say of a bag whose `fetch.txt` names files that are not there. Nothing is ever fetched.
    #[serde(default)]
    pub fetch: Fetch,
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
    const TITLE: &'static str = "Validates a bag: what lies in it, and every checksum";

    async fn plan(&self, with: With, services: &Services) -> Result<Need, Fault> {
        let services = services.clone();
        blocking(move || Location::read(services.storages.as_ref(), &with.bag).map(|_| Need::default())).await
    }

    async fn run(&self, with: With, context: Context) -> Result<Done<BagReport>, Fault> {
        blocking(move || validate(&with, &context)).await.map(Done::Output)
    }
}

fn validate(with: &With, context: &Context) -> Result<BagReport, Fault> {
    let place = Location::read(context.services.storages.as_ref(), &with.bag)?;
    let storage = place.storage.as_ref();
    storage.stat(&place.path).told_at(storage.name())?;
    let folder = At { storage, folder: place.path.clone() };
    let told = |error| of_io(error, storage.name());
    let mut bag = Bag::read(&folder, with.fetch.into()).map_err(told)?;
    bag.walk(&folder).map_err(told)?;
    bag.prove(&folder, storage.width().min(threads()), &mut Proving(context)).map_err(told)?;
    let report = BagReport::of(&bag);
    let said = format!("{}: {}, {}", report.verdict, count(report.files, "file", "files"), bytes(report.bytes));
    context.host.log(Level::Info, &said);
    match report.fault(&with.bag) {
        Some(fault) if !with.judge_only => Err(fault),
        _ => Ok(report),
    }
}

/// Threads that read and hash: as many as there are cores.
fn threads() -> usize {
    std::thread::available_parallelism().map_or(2, std::num::NonZero::get)
}
