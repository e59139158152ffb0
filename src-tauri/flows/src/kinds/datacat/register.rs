//! `datacat.register`: an entry of the data catalogue, made once.

use std::collections::BTreeMap;

use async_trait::async_trait;
use longshore_connectors::datacat::Entry;
use longshore_engine::Fault;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::attempt::blocking;
use crate::kind::{Context, Done, Need, Services, TypedKind};

/// Parameters of `datacat.register`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct With {
    /// Connection to the data catalogue.
    #[serde(default = "crate::kinds::records::find::catalogue")]
    pub catalogue: String,
    /// Name of the entry.
    pub name: String,
    /// Where the data lies.
    pub url: String,
    /// What else there is to say: texts.
    #[serde(default)]
    pub metadata: BTreeMap<String, String>,
}

/// Output of `datacat.register`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Output {
    /// Id of the entry.
    pub oid: String,
}

/// `datacat.register`.
pub struct DatacatRegister;

#[async_trait]
impl TypedKind for DatacatRegister {
    type With = With;
    type Output = Output;
    const NAME: &'static str = "datacat.register";
    const TITLE: &'static str = "Makes an entry in the data catalogue, unless it is there";

    async fn plan(&self, _: With, _: &Services) -> Result<Need, Fault> {
        Ok(Need::default())
    }

    async fn run(&self, with: With, context: Context) -> Result<Done<Output>, Fault> {
        let work = move || {
            let entry = Entry { name: with.name, url: with.url, metadata: with.metadata };
            let storages = context.services.storages.as_ref();
            super::with(storages, &with.catalogue, |catalogue| catalogue.register("dataset", &entry))
        };
        blocking(work).await.map(|oid| Done::Output(Output { oid }))
    }
}
