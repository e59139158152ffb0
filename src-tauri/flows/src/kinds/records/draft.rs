//! `record.draft`: a draft record, made or taken up.

use async_trait::async_trait;
use longshore_connectors::records::Left;
use longshore_engine::{Fault, RunState};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::Repository;
use crate::attempt::blocking;
use crate::faults::ToldAt as _;
use crate::kind::{Context, Done, Level, Need, Services, Storages, TypedKind};
use crate::kinds::datacat;

/// Parameters of `record.draft`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct With {
    /// Connection to the repository; one of the type `https` will do.
    pub connection: String,
    /// What the record says of itself, as the repository's interface wants it: of B2SHARE 2 the metadata, of `InvenioRDM` `access`, `files`
    /// and `metadata`.
    #[serde(default)]
    pub metadata: Map<String, Value>,
    /// Id of a storage target of the data catalogue whose metadata has `title`, `creator_name`, `description` and `open_access`: they are
    /// used for what `metadata` does not say.
    #[serde(default)]
    pub mid: Option<String>,
    /// Connection to the data catalogue.
    #[serde(default = "super::find::catalogue")]
    pub catalogue: String,
    /// Community of B2SHARE 2 for a record from a template.
    #[serde(default)]
    pub community: Option<String>,
}

/// Output of `record.draft`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Output {
    /// Id of the draft, which the record keeps.
    pub id: String,
    /// The place that takes its files, for `copy`.
    pub to: String,
}

/// `record.draft`.
pub struct RecordDraft;

#[async_trait]
impl TypedKind for RecordDraft {
    type With = With;
    type Output = Output;
    const NAME: &'static str = "record.draft";
    const TITLE: &'static str = "Makes a draft record, or takes up the one that an earlier attempt left";

    async fn plan(&self, _: With, _: &Services) -> Result<Need, Fault> {
        Ok(Need::default())
    }

    async fn run(&self, with: With, context: Context) -> Result<Done<Output>, Fault> {
        let (storages, catalogue) = (context.services.storages.clone(), with.clone());
        let body = blocking(move || body(&catalogue, storages.as_ref()).map(Value::Object)).await?;
        let (storages, connection, wanted) = (context.services.storages.clone(), with.connection.clone(), body.clone());
        let found = blocking(move || {
            let repository = Repository::open(storages.as_ref(), &connection)?;
            repository.records()?.drafts(&wanted).told_at(&repository.name)
        })
        .await?;
        let left = free(found, &context).await;
        blocking(move || draft(&with, &body, left, &context).map(Done::Output)).await
    }
}

/// What the record is to say of itself.
fn body(with: &With, storages: &dyn Storages) -> Result<Map<String, Value>, Fault> {
    let mut body = with.metadata.clone();
    if let Some(mid) = with.mid.as_deref().filter(|mid| !mid.is_empty()) {
        let entry = datacat::entry(storages, &with.catalogue, "storage_target", mid)?;
        for (name, value) in template(&entry.metadata, with, mid)? {
            body.entry(name).or_insert(value);
        }
    }
    if body.is_empty() {
        let why = "neither `metadata` nor a template (`mid`) says what the record is";
        return Err(Fault::permanent("record.no_metadata", "No draft record was made", why));
    }
    Ok(body)
}

/// The draft that may be taken up: this run's own; else one without a mark, or of a run that has failed or was cancelled. That of a run which
/// is at work, has ended well, or is not known here stays with it.
async fn free(found: Vec<Left>, context: &Context) -> Option<Left> {
    let own = found.iter().find(|left| left.run.as_deref() == Some(&context.run)).cloned();
    if own.is_some() {
        return own;
    }
    for left in found {
        let Some(run) = &left.run else { return Some(left) };
        let standing = context.services.starter.look(run).await;
        if standing.is_ok_and(|standing| matches!(standing.state, RunState::Failed | RunState::Cancelled)) {
            return Some(left);
        }
    }
    None
}

fn draft(with: &With, body: &Value, left: Option<Left>, context: &Context) -> Result<Output, Fault> {
    let repository = Repository::open(context.services.storages.as_ref(), &with.connection)?;
    let records = repository.records()?;
    let id = if let Some(left) = left {
        if left.run.as_deref() != Some(&context.run) {
            records.take_up(&left, &context.run).told_at(&repository.name)?;
        }
        context.host.log(Level::Info, &format!("The draft {} was there already and is taken up", left.id));
        left.id
    } else {
        let made = records.make(body, &context.run).told_at(&repository.name)?;
        for complaint in made.complaints {
            let told = format!("The repository would not publish the draft as it is: {complaint}");
            context.host.log(Level::Warning, &told);
        }
        made.id
    };
    Ok(Output { to: format!("{}:drafts/{id}", repository.name), id })
}

/// The metadata of a record from a template: names and meaning are those of the service that this takes the place of.
fn template(
    from: &std::collections::BTreeMap<String, String>,
    with: &With,
    mid: &str,
) -> Result<Map<String, Value>, Fault> {
    let field = |name: &str| {
        from.get(name).filter(|text| !text.is_empty()).cloned().ok_or_else(|| {
            let what = format!("The template {mid} cannot be used");
            Fault::permanent("datacat.malformed", what, format!("its metadata has no {name}")).at_place(&with.catalogue)
        })
    };
    let mut body = Map::new();
    body.insert("titles".into(), json!([{"title": field("title")?}]));
    body.insert("creators".into(), json!([{"creator_name": field("creator_name")?}]));
    body.insert("descriptions".into(), json!([{"description": field("description")?, "description_type": "Abstract"}]));
    body.insert("open_access".into(), json!(field("open_access")?.eq_ignore_ascii_case("true")));
    body.insert("community_specific".into(), json!({}));
    let community = with.community.clone().filter(|id| !id.is_empty());
    let community = community.map_or_else(|| field("community"), Ok)?;
    body.insert("community".into(), json!(community));
    Ok(body)
}
