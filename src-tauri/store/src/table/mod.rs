//! One file a table: its migrations, its row type and its queries.

pub(crate) mod attempt;
pub(crate) mod audit;
pub(crate) mod block;
pub(crate) mod checkpoint;
pub(crate) mod copy;
pub(crate) mod dataset;
pub(crate) mod digest;
pub(crate) mod entry;
pub(crate) mod flow_version;
pub(crate) mod folder;
pub(crate) mod history;
pub(crate) mod journal;
pub(crate) mod ledger;
pub(crate) mod limit;
pub(crate) mod listing;
pub(crate) mod log_before;
pub(crate) mod output;
pub(crate) mod run;
pub(crate) mod run_list;
pub(crate) mod run_moved;
pub(crate) mod schedule;
pub(crate) mod setting;
pub(crate) mod storage;
pub(crate) mod task_run;
pub(crate) mod task_summary;
pub(crate) mod variable;
