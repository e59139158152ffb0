//! `work.step`: takes down how far works are.

use async_trait::async_trait;
use longshore_catalogue::{WorkNote, WorkStep as Step};
use longshore_engine::Fault;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::attempt::blocking;
use crate::faults::Told as _;
use crate::kind::{Context, Done, Need, Services, TypedKind};

/// Parameters of `work.step`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct With {
    /// Ids of the works.
    pub works: Vec<String>,
    /// The step that they have made. Steps that come after it are forgotten when another run has made them.
    pub step: Step,
    /// Where they lie or lay: CONNECTION:PATH.
    #[serde(default)]
    pub place: Option<String>,
}

/// Output of `work.step`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Output {
    /// Ids of the works.
    pub works: Vec<String>,
}

/// `work.step`.
pub struct WorkStep;

#[async_trait]
impl TypedKind for WorkStep {
    type With = With;
    type Output = Output;
    const NAME: &'static str = "work.step";
    const TITLE: &'static str = "Takes down how far works are";

    async fn plan(&self, _: With, _: &Services) -> Result<Need, Fault> {
        Ok(Need::default())
    }

    async fn run(&self, with: With, context: Context) -> Result<Done<Output>, Fault> {
        blocking(move || {
            let note = |work: &String| WorkNote { place: with.place.clone(), ..made(work, with.step, &context) };
            let notes: Vec<_> = with.works.iter().map(note).collect();
            context.services.catalogue.note_works(&notes).told()?;
            Ok(Output { works: with.works }.into())
        })
        .await
    }
}

/// That a work has made a step in this run.
pub(super) fn made(work: &str, step: Step, context: &Context) -> WorkNote {
    WorkNote {
        work: work.to_owned(),
        place: None,
        step: Some(step),
        at: context.services.now(),
        until: None,
        trouble: None,
        run: context.run.clone(),
    }
}
