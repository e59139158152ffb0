//! Flows, runs, the state machine and the decisions. Pure: no I/O, no clock of its own.

pub mod decide;
pub mod diagram;
pub mod event;
pub mod expression;
pub mod fault;
pub mod flow;
pub mod run;
pub mod schedule;
pub mod state;
pub mod time;
pub mod transition;

pub use event::{Event, RunId};
pub use fault::{Class, Fault};
pub use flow::Flow;
pub use run::Run;
pub use state::{RunState, TaskState};
pub use time::{Clock, Millis};
