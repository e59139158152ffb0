//! `archive.objects`: the objects that works are, by their keys or by an expression.

use async_trait::async_trait;
use longshore_engine::Fault;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::queue::{evaluated, place_of, work_of};
use crate::attempt::blocking;
use crate::kind::{Context, Done, Need, Services, Storages, TypedKind};

/// Parameters of `archive.objects`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct With {
    /// The connection to the objects, of the kind `s3`.
    pub connection: String,
    /// Bucket of the objects that name none.
    #[serde(default)]
    pub bucket: Option<String>,
    /// Objects by their keys.
    #[serde(default)]
    pub objects: Vec<Asked>,
    /// Objects by the works that they are.
    #[serde(default)]
    pub works: Vec<String>,
    /// An expression that makes the key of `work`, such as `{{ work }}/{{ work }}.bag.zip`.
    #[serde(default)]
    pub key: Option<String>,
}

/// An object that is asked for.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Asked {
    /// Its key.
    Key(String),
    /// Its key, and what else there is to say.
    Object {
        /// Its bucket.
        #[serde(default)]
        bucket: Option<String>,
        /// Its key.
        key: String,
        /// The work that it is: without it, its name up to the first dot.
        #[serde(default)]
        work: Option<String>,
    },
}

/// Output of `archive.objects`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Output {
    /// The objects, each once.
    pub objects: Vec<Found>,
}

/// An object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Found {
    /// The work that it is.
    pub work: String,
    /// Its place: CONNECTION:PATH.
    pub place: String,
}

/// `archive.objects`.
pub struct ArchiveObjects;

#[async_trait]
impl TypedKind for ArchiveObjects {
    type With = With;
    type Output = Output;
    const NAME: &'static str = "archive.objects";
    const TITLE: &'static str = "Finds the objects that works are";

    async fn plan(&self, with: With, services: &Services) -> Result<Need, Fault> {
        let storages = services.storages.clone();
        blocking(move || found(&with, storages.as_ref()).map(|_| Need::default())).await
    }

    async fn run(&self, with: With, context: Context) -> Result<Done<Output>, Fault> {
        blocking(move || Ok(Output { objects: found(&with, context.services.storages.as_ref())? }.into())).await
    }
}

fn found(with: &With, storages: &dyn Storages) -> Result<Vec<Found>, Fault> {
    let wrong = |why: &str| Fault::permanent("task.with", "The parameters of archive.objects are wrong", why);
    let own = || with.bucket.clone().ok_or_else(|| wrong("no bucket is named"));
    let mut all: Vec<Found> = Vec::new();
    let mut add = |work: String, bucket: &str, key: &str| {
        let place = place_of(storages, &with.connection, bucket, key)?;
        if !all.iter().any(|known| known.place == place) {
            all.push(Found { work, place });
        }
        Ok(())
    };
    for asked in &with.objects {
        let (bucket, key, work) = match asked {
            Asked::Key(key) => (own()?, key, None),
            Asked::Object { bucket, key, work } => (bucket.clone().map_or_else(own, Ok)?, key, work.clone()),
        };
        let work = work.map_or_else(|| work_of(None, &bucket, key), Ok)?;
        add(work, &bucket, key)?;
    }
    for work in &with.works {
        let expression =
            with.key.as_deref().ok_or_else(|| wrong("works are named, and no expression for their keys"))?;
        let what = format!("The key of the work {work} could not be made");
        add(work.clone(), &own()?, &evaluated(expression, &[("work", json!(work))], &what)?)?;
    }
    Ok(all)
}
