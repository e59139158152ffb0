//! `record.publish`: a draft becomes a record, if it holds what was confirmed.

use async_trait::async_trait;
use longshore_engine::Fault;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Repository;
use crate::attempt::blocking;
use crate::faults::ToldAt as _;
use crate::kind::{Context, Done, Need, Services, TypedKind};

/// Parameters of `record.publish`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct With {
    /// Connection to the repository.
    pub connection: String,
    /// Id of the draft.
    pub id: String,
    /// Files that were confirmed: the output of `copy`. A draft that holds others is not published.
    pub files: u64,
    /// Bytes of them.
    pub bytes: u64,
    /// Whether every upload was confirmed: the output of `copy`. Without it nothing is published.
    pub verified: bool,
}

/// Output of `record.publish`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Output {
    /// Id of the record.
    pub id: String,
    /// Where people find it.
    pub page: String,
    /// `published`, or `submitted` where the community looks at it first.
    pub state: String,
}

/// `record.publish`.
pub struct RecordPublish;

#[async_trait]
impl TypedKind for RecordPublish {
    type With = With;
    type Output = Output;
    const NAME: &'static str = "record.publish";
    const TITLE: &'static str = "Publishes a draft record whose files were all confirmed";

    async fn plan(&self, _: With, _: &Services) -> Result<Need, Fault> {
        Ok(Need::default())
    }

    async fn run(&self, with: With, context: Context) -> Result<Done<Output>, Fault> {
        blocking(move || publish(&with, &context).map(Done::Output)).await
    }
}

fn publish(with: &With, context: &Context) -> Result<Output, Fault> {
    if !with.verified {
        let why = "not every upload was confirmed by a checksum";
        return Err(Fault::permanent("record.incomplete", format!("The draft {} was not published", with.id), why));
    }
    let repository = Repository::open(context.services.storages.as_ref(), &with.connection)?;
    let records = repository.records()?;
    if let Some(run) = records.marked_by(&with.id).told_at(&repository.name)?.filter(|run| *run != context.run) {
        let what = format!("The draft {} was not published", with.id);
        let why = format!("the run {run} has taken it up since, and fills it");
        return Err(Fault::permanent("record.taken_up", what, why).at_place(&repository.name));
    }
    let done = records.publish(&with.id, with.files, with.bytes).told_at(&repository.name)?;
    Ok(Output { id: done.id, page: done.page, state: done.state })
}
