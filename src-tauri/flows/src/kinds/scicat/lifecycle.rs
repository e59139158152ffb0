//! `scicat.lifecycle`: where a dataset is on its way, for SciCat and for the dataset's own history.

use async_trait::async_trait;
use longshore_catalogue::{Dataset, DatasetState};
use longshore_connectors::scicat::Lifecycle;
use longshore_engine::Fault;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{connection, tell};
use crate::attempt::blocking;
use crate::kind::{Context, Done, Need, Services, TypedKind};
use crate::scicat::{Tell, words};

/// Parameters of `scicat.lifecycle`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct With {
    /// Pid of the dataset in SciCat; null where SciCat does not know it, and only the dataset's own history is told.
    pub pid: Option<String>,
    /// Pid or name of the dataset here, if it is another: its history is told too.
    #[serde(default)]
    pub dataset: Option<String>,
    /// What changes; what is not named stays as it is.
    pub set: Lifecycle,
    /// Nothing is told of a dataset all of whose files are proved on the LTS.
    #[serde(default)]
    pub unless_archived: bool,
    /// The connection to SciCat.
    #[serde(default = "connection")]
    pub connection: String,
}

/// Output of `scicat.lifecycle`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Output {
    /// Pid of the dataset in SciCat; null where SciCat does not know it.
    pub pid: Option<String>,
    /// What SciCat is told.
    pub set: Lifecycle,
}

/// `scicat.lifecycle`.
pub struct ScicatLifecycle;

#[async_trait]
impl TypedKind for ScicatLifecycle {
    type With = With;
    type Output = Output;
    const NAME: &'static str = "scicat.lifecycle";
    const TITLE: &'static str = "Tells SciCat where a dataset is on its way, as soon as SciCat can be told";

    async fn plan(&self, with: With, _: &Services) -> Result<Need, Fault> {
        checked(&with).map(|()| Need::default())
    }

    async fn run(&self, with: With, context: Context) -> Result<Done<Output>, Fault> {
        checked(&with)?;
        let With { pid, dataset, set, unless_archived, connection } = with;
        let own = dataset.or_else(|| pid.clone());
        let known = match own {
            Some(own) => look(&context, own).await?,
            None => None,
        };
        if unless_archived && known.as_ref().is_some_and(|dataset| dataset.state == DatasetState::Archived) {
            return Ok(Output { pid, set }.into());
        }
        if let Some(pid) = pid.clone() {
            let change = Box::new(set.clone());
            tell(&context, &connection, vec![Tell::Lifecycle { pid, change }]).await?;
        }
        let text = words(&set);
        if let Some(dataset) = known {
            blocking(move || context.history(&dataset, "lifecycle", text)).await?;
        }
        Ok(Output { pid, set }.into())
    }
}

/// SciCat refuses a change that changes nothing.
fn checked(with: &With) -> Result<(), Fault> {
    if with.set == Lifecycle::default() {
        let why = "`set` names nothing that changes";
        return Err(Fault::permanent("task.with", "The parameters of scicat.lifecycle are wrong", why));
    }
    Ok(())
}

/// The dataset, where it is known here already.
async fn look(context: &Context, own: String) -> Result<Option<Dataset>, Fault> {
    let services = context.services.clone();
    let found = blocking(move || services.dataset(&own)).await;
    match found {
        Err(fault) if fault.code == "dataset.unknown" => Ok(None),
        found => found.map(Some),
    }
}
