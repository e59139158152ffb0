//! What the outside may ask of a workspace: requests, replies, events, error codes. The window, the CLI and the loopback API
//! all speak this, and TypeScript is made from it.
//!
//! [`Session::open`] is the way in. It owns the workspace, or asks who does; callers need not know which.

mod airflow;
mod caller;
mod check;
mod clock;
pub mod codes;
mod events;
pub mod export;
mod fault;
mod import;
pub mod kinds;
mod lock;
mod one_run;
mod owner;
mod place;
mod profile;
mod restore;
mod session;
mod socket;
mod trace;
pub mod typescript;
pub mod wire;
pub mod worker;

pub use airflow::connection_of_text;
pub use check::{check_flow, flow_schema};
pub use events::Listener;
pub use lock::Holder;
pub use longshore_catalogue::{Metadata, PathBytes};
pub use longshore_engine::diagram::section as states_section;
pub use longshore_engine::flow::{MOST_BYTES as MOST_FLOW_BYTES, duration, size, too_large as flow_too_large};
pub use longshore_engine::{Class, Fault, RunState, TaskState};
pub use longshore_flows::kind::{Level, Progress};
/// Bags for whoever has no workspace.
pub use longshore_flows::kinds::bag::by_itself as bags;
/// Hides secrets in what a process writes to its own log.
pub use longshore_flows::metadata::read as read_metadata;
pub use longshore_flows::secrets::Hiding;
pub use one_run::workspace_for_one_run;
pub use owner::CAPACITY;
pub use place::default_folder;
pub use profile::profile_folder;
pub use restore::restore;
pub use session::{Role, Session};
pub use trace::begin_log;

/// Version of Longshore. Processes of different versions do not talk to each other.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");
