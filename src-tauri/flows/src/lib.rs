//! The built-in flows, and the kinds of task that flows are made of.

mod attempt;
pub mod browse;
mod builtin;
mod destination;
pub mod faults;
pub mod handout;
mod http;
pub mod ingest;
pub mod kind;
pub mod kinds;
mod landing;
mod location;
pub mod metadata;
mod names;
mod pattern;
pub mod place;
pub mod plan;
mod prune;
pub mod room;
mod scalar;
pub mod scicat;
mod script;
pub mod secrets;
mod selection;
mod size;
mod span;
pub mod temporary;
pub mod told;
mod tree;

pub use builtin::{BuiltIn, builtin};
pub use kind::{Context, Kind, Need, Progress, Services, TaskHost};
pub use kinds::{BlockItem, Blocks, KindSet, kinds};
pub use scalar::Scalar;
pub use secrets::Secrets;
pub use size::Size;
pub use span::Span;
