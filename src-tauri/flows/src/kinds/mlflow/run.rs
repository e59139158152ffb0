//! `mlflow.run`: a run of MLflow, made or taken up, with what `attrs.json` says of a model.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use longshore_connectors::mlflow::Told;
use longshore_engine::Fault;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Server, filled, malformed, text_at};
use crate::attempt::blocking;
use crate::faults::ToldAt as _;
use crate::kind::{Context, Done, Level, Need, Services, TypedKind};
use crate::temporary::{Given, opened};

/// Parameters of `mlflow.run`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct With {
    /// Connection to the MLflow server; one of the type `http` will do.
    pub connection: String,
    /// Storage on which `attrs.json` and artifacts without a slash in front lie.
    pub storage: String,
    /// Storage on which artifacts with a slash in front lie.
    pub top: String,
    /// Folder with `attrs.json`.
    pub location: String,
    /// Name of the experiment; the `name` in `attrs.json` if not given.
    #[serde(default)]
    pub experiment: Option<String>,
    /// Name of the run; MLflow makes one up if not given.
    #[serde(default)]
    pub run_name: Option<String>,
    /// Connections that are there for this run only, in memory and nowhere else, and gone when it ends.
    #[serde(default)]
    pub connections: Vec<Given>,
}

/// Output of `mlflow.run`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Output {
    /// Id of the run.
    pub run: String,
    /// Name of its experiment.
    pub experiment: String,
    /// What is to be copied.
    pub artifacts: Vec<Artifact>,
}

/// An artifact.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Artifact {
    /// Its name.
    pub name: String,
    /// Where it lies.
    pub from: String,
    /// Where it shall lie: in the folder `model` of the run.
    pub to: String,
}

/// What `attrs.json` says.
#[derive(Debug, Default, Deserialize)]
struct Attributes {
    name: Option<String>,
    #[serde(default)]
    metrics: BTreeMap<String, f64>,
    #[serde(default)]
    params: BTreeMap<String, Value>,
    #[serde(default)]
    artifacts: Vec<String>,
}

/// `mlflow.run`.
pub struct MlflowRun;

#[async_trait]
impl TypedKind for MlflowRun {
    type With = With;
    type Output = Output;
    const NAME: &'static str = "mlflow.run";
    const TITLE: &'static str =
        "Makes a run of MLflow, or takes up the one that an earlier attempt left, with metrics and parameters";

    async fn plan(&self, _: With, _: &Services) -> Result<Need, Fault> {
        Ok(Need::default())
    }

    async fn run(&self, with: With, context: Context) -> Result<Done<Output>, Fault> {
        blocking(move || make(&with, &context).map(Done::Output)).await
    }
}

fn make(with: &With, context: &Context) -> Result<Output, Fault> {
    let storages = opened(context.services.storages.clone(), &with.connections)?;
    let place = format!("{}:{}/attrs.json", with.storage, with.location);
    let told: Attributes = serde_json::from_str(&text_at(storages.as_ref(), &place)?)
        .map_err(|error| malformed(&place, error.to_string()))?;
    let experiment = filled(with.experiment.as_ref()).or(filled(told.name.as_ref()));
    let experiment = experiment.ok_or_else(|| malformed(&place, "it has no `name`, and no experiment is named"))?;
    let server = Server::open(storages.as_ref(), &with.connection)?;
    let artifacts = artifacts(with, &told, &place)?;
    let (mlflow, now) = (server.mlflow()?, context.services.now());
    let run = mlflow.run(experiment, &context.run, filled(with.run_name.as_ref()), now).told_at(&server.name)?;
    if run.taken_up {
        context.host.log(Level::Info, &format!("The run {} was there already and is taken up", run.id));
    }
    let params = told.params.iter().map(|(name, value)| (name.clone(), text_of(value))).collect();
    mlflow.log(&run, &Told { metrics: told.metrics, params }).told_at(&server.name)?;
    let artifacts = artifacts.into_iter().map(|(name, from)| Artifact {
        to: format!("{}:{}/model/{name}", server.name, run.id),
        name,
        from,
    });
    Ok(Output { artifacts: artifacts.collect(), experiment: experiment.to_owned(), run: run.id })
}

/// Names and places of the artifacts. Two of one name would be one.
fn artifacts(with: &With, told: &Attributes, place: &str) -> Result<Vec<(String, String)>, Fault> {
    let mut names = BTreeSet::new();
    let one = |path: &String| {
        let name = path.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
        if matches!(name, "" | "." | "..") {
            return Err(malformed(place, format!("{path:?} is no path of an artifact")));
        }
        if !names.insert(name.to_owned()) {
            return Err(malformed(place, format!("two artifacts have the name {name}")));
        }
        let from = if path.starts_with('/') {
            format!("{}:{path}", with.top)
        } else {
            format!("{}:{}/{path}", with.storage, with.location)
        };
        Ok((name.to_owned(), from))
    };
    told.artifacts.iter().map(one).collect()
}

/// A value as MLflow's own client writes it: as Python does.
fn text_of(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Bool(true) => "True".into(),
        Value::Bool(false) => "False".into(),
        Value::Null => "None".into(),
        other => other.to_string(),
    }
}
