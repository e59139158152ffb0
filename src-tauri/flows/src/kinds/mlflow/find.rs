//! `mlflow.find`: which artifacts are meant: of a run, of a version of a registered model, or of the best run of an experiment.

use async_trait::async_trait;
use longshore_catalogue::PathBytes;
use longshore_connectors::mlflow::Version;
use longshore_engine::Fault;
use longshore_transfer::storage::{Kind, join};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Server, filled};
use crate::attempt::blocking;
use crate::faults::ToldAt as _;
use crate::kind::{Context, Done, Need, Services, TypedKind};

/// Parameters of `mlflow.find`: one of `run`, `model` and `experiment`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct With {
    /// Connection to the MLflow server; one of the type `http` will do.
    pub connection: String,
    /// Id of a run.
    #[serde(default)]
    pub run: Option<String>,
    /// Name of a registered model.
    #[serde(default)]
    pub model: Option<String>,
    /// Its version.
    #[serde(default)]
    pub version: Option<String>,
    /// An alias that leads to a version of it.
    #[serde(default)]
    pub alias: Option<String>,
    /// Name of an experiment, whose best run is meant.
    #[serde(default)]
    pub experiment: Option<String>,
    /// Which of its runs, as MLflow writes it: `metrics.loss < 0.1`.
    #[serde(default)]
    pub filter: Option<String>,
    /// Which is the best, the first of this order: `metrics.loss ASC`.
    #[serde(default)]
    pub order_by: Vec<String>,
    /// File or folder among the artifacts of a run; of a registered model, below what its version stands for.
    #[serde(default)]
    pub path: Option<String>,
}

/// Output of `mlflow.find`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Output {
    /// The place where it lies, for `copy`.
    pub from: String,
    /// Its own name.
    pub name: String,
}

/// `mlflow.find`.
pub struct MlflowFind;

#[async_trait]
impl TypedKind for MlflowFind {
    type With = With;
    type Output = Output;
    const NAME: &'static str = "mlflow.find";
    const TITLE: &'static str = "Looks up where a model of MLflow lies";

    async fn plan(&self, _: With, _: &Services) -> Result<Need, Fault> {
        Ok(Need::default())
    }

    async fn run(&self, with: With, context: Context) -> Result<Done<Output>, Fault> {
        blocking(move || find(&with, &context).map(Done::Output)).await
    }
}

fn find(with: &With, context: &Context) -> Result<Output, Fault> {
    let server = Server::open(context.services.storages.as_ref(), &with.connection)?;
    let top = top(with, &server)?;
    let below = filled(with.path.as_ref()).unwrap_or_default().trim_matches('/');
    let path = if below.is_empty() { top.into_bytes() } else { join(top.as_bytes(), below.as_bytes()) };
    let meta = server.storage.stat(&path).told_at(&server.name)?;
    let mut holds = meta.kind == Kind::File;
    if meta.kind == Kind::Folder {
        server
            .storage
            .list(&path, &mut |_| {
                holds = true;
                Ok(())
            })
            .told_at(&server.name)?;
    }
    let text = PathBytes::new(path.clone()).to_text();
    if !holds {
        let what = format!("There are no artifacts at {text}");
        return Err(Fault::permanent("file.missing", what, "the run has none").at_place(&server.name));
    }
    let name = PathBytes::new(PathBytes::new(path).file_name()).to_text();
    Ok(Output { from: format!("{}:{text}", server.name), name })
}

/// The run, or what a model stands for.
fn top(with: &With, server: &Server) -> Result<String, Fault> {
    let mlflow = server.mlflow()?;
    let wrong = |why: &str| Err(Fault::permanent("mlflow.which", "No model was looked up", why));
    let (version, alias) = (filled(with.version.as_ref()), filled(with.alias.as_ref()));
    match (filled(with.run.as_ref()), filled(with.model.as_ref()), filled(with.experiment.as_ref())) {
        (Some(run), None, None) => Ok(run.to_owned()),
        (None, Some(model), None) => match (version, alias) {
            (Some(version), None) => mlflow.model(model, &Version::Number(version)).told_at(&server.name),
            (None, Some(alias)) => mlflow.model(model, &Version::Alias(alias)).told_at(&server.name),
            _ => wrong("of a registered model give its version, or an alias that leads to one"),
        },
        (None, None, Some(experiment)) => {
            let filter = filled(with.filter.as_ref()).unwrap_or_default();
            Ok(mlflow.best(experiment, filter, &with.order_by).told_at(&server.name)?.id)
        }
        _ => wrong("give one of these: a run, a registered model, an experiment"),
    }
}
