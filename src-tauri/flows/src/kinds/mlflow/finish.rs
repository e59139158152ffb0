//! `mlflow.finish`: a run of MLflow counts as done, if all that was uploaded to it is proved.

use async_trait::async_trait;
use longshore_engine::Fault;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Server;
use crate::attempt::blocking;
use crate::faults::ToldAt as _;
use crate::kind::{Context, Done, Need, Services, TypedKind};

/// Parameters of `mlflow.finish`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct With {
    /// Connection to the MLflow server.
    pub connection: String,
    /// Id of the run.
    pub run: String,
    /// The uploads: outputs of `copy`. With one that was not proved the run is left as it is.
    #[serde(default)]
    pub uploads: Vec<Upload>,
}

/// An upload.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
pub struct Upload {
    /// Whether every copy was proved.
    pub verified: bool,
}

/// Output of `mlflow.finish`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Output {
    /// Id of the run.
    pub run: String,
}

/// `mlflow.finish`.
pub struct MlflowFinish;

#[async_trait]
impl TypedKind for MlflowFinish {
    type With = With;
    type Output = Output;
    const NAME: &'static str = "mlflow.finish";
    const TITLE: &'static str = "Ends a run of MLflow whose artifacts are all proved";

    async fn plan(&self, _: With, _: &Services) -> Result<Need, Fault> {
        Ok(Need::default())
    }

    async fn run(&self, with: With, context: Context) -> Result<Done<Output>, Fault> {
        blocking(move || finish(with, &context).map(Done::Output)).await
    }
}

fn finish(with: With, context: &Context) -> Result<Output, Fault> {
    if with.uploads.iter().any(|upload| !upload.verified) {
        let what = format!("The run {} of MLflow was not ended", with.run);
        return Err(Fault::permanent("mlflow.unproved", what, "not every upload was proved"));
    }
    let server = Server::open(context.services.storages.as_ref(), &with.connection)?;
    server.mlflow()?.finish(&with.run, context.services.now()).told_at(&server.name)?;
    Ok(Output { run: with.run })
}
