//! The built-in flows, and the kinds of task that flows are made of.

pub mod kind;

pub use kind::{Context, Kind, Need, Progress, Services, TaskHost};
