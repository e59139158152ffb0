//! The workspace's one database: the journal of runs and what is derived from it, the catalogue and the ledger, settings.
//!
//! # What a call guarantees
//!
//! Every write is a transaction of SQLite in WAL mode with `synchronous=FULL`; many callers' changes share one commit (group
//! commit), and each caller hears `Ok` only after it.
//!
//! | after | a write that returned `Ok` | a write that returned `Err`, or had not returned |
//! | --- | --- | --- |
//! | the process was killed | is there, whole | is absent, or there whole if the kill fell between the commit and the reply |
//! | power was lost | is there, whole, as far as the disk keeps what it acknowledged as synced | the same |
//!
//! Two calls of the catalogue may concern millions of rows and take several transactions: `clear_listing`, and `finish_listing`
//! for the totals of folders. Cut off in between, they leave an unfinished listing that can be cleared or finished again.
//!
//! Reads see the last commit at the moment when they begin, never a part of one, and wait for no writer.
//!
//! Nothing of `rusqlite` shows outside of this crate.

mod care;
mod catalogue;
mod error;
mod library;
mod logs;
mod open;
mod page;
mod readers;
mod schema;
mod store;
mod table;
mod words;
mod writer;

pub use care::backup::restore;
pub use care::check::Checked;
pub use care::forget::Keep;
pub use error::{Error, Result};
pub use logs::{Bounds as LogBounds, Found, LogFilter, LogLine, LogRecord, MAX_LINE_BYTES, Place as LogPlace, Search};
pub use open::Options;
pub use page::Page;
pub use store::Store;
pub use table::asked::Asked;
pub use table::attempt::Attempt;
pub use table::audit::{Act, AuditFilter, AuditRecord, Ending};
pub use table::block::Amount;
pub use table::checkpoint::Checkpoint;
pub use table::connection::ConnectionRecord;
pub use table::dataset::{DatasetFilter, DatasetSummary};
pub use table::fault_cause::FaultCause;
pub use table::flow_version::{FlowVersion, FlowVersionRecord};
pub use table::history::HistoryRecord;
pub use table::journal::{JournalRecord, JournalStanding};
pub use table::ledger::{EntryRecord, FoundRecord, Selection};
pub use table::limit::Limit;
pub use table::message::Which as WhichMessages;
pub use table::queue_message::WhichHeld;
pub use table::run::RunRecord;
pub use table::run_list::{RunFilter, RunOrder};
pub use table::run_moved::RunMoved;
pub use table::run_plain::RunPlain;
pub use table::run_times::{Begun, RunTimes};
pub use table::schedule::{Pause, ScheduleRecord, SeenFile};
pub use table::space::{Holder, SpaceSeen};
pub use table::storage::{Held, StorageRecord};
pub use table::task_run::{Holding, TaskRun, TaskRunFilter};
pub use table::task_summary::{StateCount, TaskSummary};
pub use table::user::UserRecord;
pub use table::variable::Variable;
pub use table::work::{WhichWorks, WorkRecord};
