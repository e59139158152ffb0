//! The wire: plain data, every type with its TypeScript twin. Times are milliseconds since the epoch, sizes are bytes, paths
//! and names of files are in the text form of `longshore_catalogue::PathBytes` (backslash doubled, hostile bytes `\xNN`).

mod acts;
mod archiver;
mod audit;
mod connections;
mod datasets;
mod events;
mod flow_times;
mod flows;
mod imports;
mod ingest;
mod ledger;
mod limits;
mod lineage;
mod logs;
mod metrics;
mod ops;
mod places;
mod plain_runs;
mod plan_flow;
mod plans;
mod profiles;
mod rates;
mod remote;
mod run_grid;
mod run_list;
mod run_timeline;
mod runs;
mod schedules;
mod scicat;
mod space;
mod tasks;
mod transfers;
mod uploads;
mod users;
mod versions;
mod works;
mod workspace;

pub use acts::*;
pub use archiver::*;
pub use audit::*;
pub use connections::*;
pub use datasets::*;
pub use events::*;
pub use flow_times::*;
pub use flows::*;
pub use imports::*;
pub use ingest::*;
pub use ledger::*;
pub use limits::*;
pub use lineage::*;
pub use logs::*;
pub use metrics::*;
pub use ops::*;
pub use places::*;
pub use plain_runs::*;
pub use plan_flow::*;
pub use plans::*;
pub use profiles::*;
pub use rates::*;
pub use remote::*;
pub use run_grid::*;
pub use run_list::*;
pub use run_timeline::*;
pub use runs::*;
pub use schedules::*;
pub use scicat::*;
pub use space::*;
pub use tasks::*;
pub use transfers::*;
pub use uploads::*;
pub use users::*;
pub use versions::*;
pub use works::*;
pub use workspace::*;

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// Nothing to say.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Nothing {}

/// A page of a list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct Page<T> {
    /// The rows.
    pub rows: Vec<T>,
    /// How many rows the whole list has under the same filter.
    #[ts(type = "number")]
    pub total: u64,
}
