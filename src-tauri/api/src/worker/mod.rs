//! One task run carried out anywhere, for another engine: without a workspace and its owner. What the workers of a run tell each other lies
//! in a place that they share.

mod attempt;
mod books;
mod fact;
mod ground;
pub(crate) mod home;
mod kinds;
mod prepare;
mod record;
mod state;

use serde_json::{Map, Value};

pub use attempt::{expand, parameters, run};
pub(crate) use kinds::needs_engine;
pub use longshore_runner::LogLine;
pub use longshore_runner::apart::{Desk, Ended};
pub(crate) use prepare::flow_of;

/// A task run that is asked for.
#[derive(Debug, Clone, Default)]
pub struct Asked {
    /// Id of a built-in flow, or the path of a flow file.
    pub flow: String,
    /// Task.
    pub task: String,
    /// Map index, of a mapped task.
    pub index: Option<u32>,
    /// Id of the run, by which the engine knows it.
    pub run: String,
    /// The place that the workers of the run share: a folder, or `CONNECTION:PATH`.
    pub state: String,
    /// Parameters of the run as given; of a secret one the reference to it.
    pub params: Map<String, Value>,
    /// Parameters as texts, which stand above these.
    pub texts: Vec<(String, String)>,
    /// Outputs of tasks that are not read from the shared place.
    pub inputs: Map<String, Value>,
    /// Which attempt it is, from 1.
    pub attempt: u32,
    /// When the run was due, if a schedule started it (RFC 3339).
    pub scheduled_at: Option<String>,
}
