//! `datacat.entry`: where the data of an entry of the data catalogue lies.

use std::collections::BTreeMap;

use async_trait::async_trait;
use longshore_engine::Fault;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::attempt::blocking;
use crate::kind::{Context, Done, Need, Services, Storages, TypedKind};

/// Parameters of `datacat.entry`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct With {
    /// Connection to the data catalogue.
    #[serde(default = "crate::kinds::records::find::catalogue")]
    pub catalogue: String,
    /// Type of the entry: `dataset` or `storage_target`.
    #[serde(default = "dataset", rename = "type")]
    pub kind: String,
    /// Its id.
    pub oid: String,
    /// Kind of system that the connection of the entry is taken for, such as `webdav`: its own if nothing is said.
    #[serde(default)]
    pub system: Option<String>,
}

fn dataset() -> String {
    "dataset".into()
}

/// Output of `datacat.entry`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Output {
    /// Name of the entry.
    pub name: String,
    /// Its URL, as it stands there.
    pub url: String,
    /// The connection that the URL names.
    pub connection: String,
    /// The path in its metadata, without a slash at either end.
    pub path: String,
    /// The last component of the path.
    pub base: String,
    /// The place where the data lies, for `copy`.
    pub place: String,
    /// All of its metadata.
    pub metadata: BTreeMap<String, String>,
}

/// `datacat.entry`.
pub struct DatacatEntry;

#[async_trait]
impl TypedKind for DatacatEntry {
    type With = With;
    type Output = Output;
    const NAME: &'static str = "datacat.entry";
    const TITLE: &'static str = "Looks up where the data of an entry of the data catalogue lies";

    async fn plan(&self, _: With, _: &Services) -> Result<Need, Fault> {
        Ok(Need::default())
    }

    async fn run(&self, with: With, context: Context) -> Result<Done<Output>, Fault> {
        blocking(move || look_up(&with, context.services.storages.as_ref()).map(Done::Output)).await
    }
}

/// An entry that cannot be resolved is an error: no default stands in for it.
fn look_up(with: &With, storages: &dyn Storages) -> Result<Output, Fault> {
    let entry = super::entry(storages, &with.catalogue, &with.kind, &with.oid)?;
    let malformed = |why: String| {
        let what = format!("The entry {} of the data catalogue cannot be used", with.oid);
        Fault::permanent("datacat.malformed", what, why).at_place(&with.catalogue)
    };
    let authority = entry.url.split_once("://").map(|(_, rest)| rest.split('/').next().unwrap_or_default());
    let connection = authority.filter(|id| !id.is_empty() && !id.contains(['@', ':', '+']));
    let connection = connection.ok_or_else(|| malformed(format!("its url {:?} names no connection", entry.url)))?;
    let path = entry.metadata.get("path").map(|path| path.trim_matches('/'));
    let path = path.ok_or_else(|| malformed("its metadata has no path".into()))?;
    if path.split('/').any(|part| matches!(part, "." | "..")) {
        return Err(malformed(format!("its path {path:?} leads elsewhere")));
    }
    let system = with.system.as_ref().map(|kind| format!("{kind}+")).unwrap_or_default();
    Ok(Output {
        connection: connection.to_owned(),
        path: path.to_owned(),
        base: path.rsplit('/').next().unwrap_or_default().to_owned(),
        place: format!("{system}{connection}:{path}"),
        name: entry.name,
        url: entry.url,
        metadata: entry.metadata,
    })
}
