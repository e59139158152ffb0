//! `record.find`: a record of a repository, by its id or by that of its entry in the data catalogue.

use async_trait::async_trait;
use longshore_engine::Fault;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Repository;
use crate::attempt::blocking;
use crate::faults::ToldAt as _;
use crate::kind::{Context, Done, Need, Services, Storages, TypedKind};
use crate::kinds::datacat;

/// Parameters of `record.find`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct With {
    /// Connection to the repository; one of the type `https` will do.
    pub connection: String,
    /// Id of the record, or of a dataset of the data catalogue whose URL is that of the record.
    pub oid: String,
    /// Connection to the data catalogue.
    #[serde(default = "catalogue")]
    pub catalogue: String,
}

pub(in crate::kinds) fn catalogue() -> String {
    "datacat".into()
}

/// Output of `record.find`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Output {
    /// Id of the record.
    pub id: String,
    /// Its title.
    pub title: String,
    /// The place where its files are, for `copy`.
    pub from: String,
    /// Where people find it.
    pub page: String,
}

/// `record.find`.
pub struct RecordFind;

#[async_trait]
impl TypedKind for RecordFind {
    type With = With;
    type Output = Output;
    const NAME: &'static str = "record.find";
    const TITLE: &'static str = "Finds a record of a repository";

    async fn plan(&self, _: With, _: &Services) -> Result<Need, Fault> {
        Ok(Need::default())
    }

    async fn run(&self, with: With, context: Context) -> Result<Done<Output>, Fault> {
        blocking(move || find(&with, context.services.storages.as_ref()).map(Done::Output)).await
    }
}

fn find(with: &With, storages: &dyn Storages) -> Result<Output, Fault> {
    let id = record_of(with, storages)?;
    let repository = Repository::open(storages, &with.connection)?;
    let record = repository.records()?.record(&id).told_at(&repository.name)?;
    let mut files = 0_u64;
    let mut count = |_| {
        files += 1;
        Ok(())
    };
    repository.storage.list(id.as_bytes(), &mut count).told_at(&repository.name)?;
    if files == 0 {
        let why = "It may have been published without files, or they may not be open to the login of the connection";
        return Err(Fault::permanent("record.no_files", format!("The record {id} has no files"), why)
            .at_place(&repository.name));
    }
    Ok(Output { from: format!("{}:{id}", repository.name), title: record.title, page: record.page, id })
}

/// The record that is meant. An entry of the catalogue that cannot be resolved is an error: nothing stands in for it.
fn record_of(with: &With, storages: &dyn Storages) -> Result<String, Fault> {
    let oid = with.oid.trim();
    if oid.is_empty() || oid.contains('/') {
        return Err(Fault::permanent("record.oid", "No record was found", format!("{oid:?} is no id of a record")));
    }
    if !datacat::is_oid(oid) {
        return Ok(oid.to_owned());
    }
    let entry = datacat::entry(storages, &with.catalogue, "dataset", oid)?;
    let path = entry.url.split(['?', '#']).next().unwrap_or_default().trim_end_matches('/');
    let last = path.split_once("://").and_then(|(_, rest)| rest.rsplit_once('/')).map(|(_, last)| last);
    last.filter(|id| !id.is_empty()).map(str::to_owned).ok_or_else(|| {
        let what = format!("The entry {oid} leads to no record");
        Fault::permanent("datacat.malformed", what, format!("its url is {:?}", entry.url)).at_place(&with.catalogue)
    })
}
