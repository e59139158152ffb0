//! The operations: name, arguments, reply. The one list that the dispatcher, the clients and the TypeScript are made from.

use super::*;

/// An operation's types.
pub trait Operation {
    /// Its name on the wire.
    const NAME: &'static str;
    /// Whether it changes anything.
    const WRITES: bool;
    /// Arguments.
    type Args: serde::Serialize + serde::de::DeserializeOwned + ts_rs::TS + Send;
    /// Reply.
    type Reply: serde::Serialize + serde::de::DeserializeOwned + ts_rs::TS + Send;
}

macro_rules! operations {
    ($($(#[$doc:meta])* $kind:ident $name:ident = $wire:literal : $args:ty => $reply:ty;)*) => {
        $($(#[$doc])*
        #[derive(Debug, Clone, Copy)]
        pub struct $name;
        impl Operation for $name {
            const NAME: &'static str = $wire;
            const WRITES: bool = operations!(@ $kind);
            type Args = $args;
            type Reply = $reply;
        })*
        /// Calls `$each!(Name)`-like visitor for every operation: name on the wire, whether it writes, TypeScript of arguments and reply.
        pub fn operations(config: &ts_rs::Config) -> Vec<(&'static str, bool, String, String)> {
            vec![$(($wire, operations!(@ $kind), <$args as ts_rs::TS>::name(config), <$reply as ts_rs::TS>::name(config))),*]
        }
    };
    (@ read) => { false };
    (@ write) => { true };
}

operations! {
    /// The workspace as a whole.
    read WorkspaceShow = "workspace.show": Nothing => WorkspaceInfo;
    /// Answers the first-run page: where things lie.
    write WorkspaceSetup = "workspace.setup": SetupArgs => WorkspaceInfo;
    /// A second window was started: raises the first. Says whether there is one.
    write WindowRaise = "window.raise": Nothing => bool;
    /// The first page.
    read OverviewShow = "overview.show": Nothing => Overview;

    /// All storages.
    read StorageList = "storage.list": Nothing => Vec<StorageRow>;
    /// One storage with its reservations.
    read StorageShow = "storage.show": StorageArgs => StorageDetail;
    /// Moves a storage or changes its floor.
    write StorageSet = "storage.set": StorageSetArgs => StorageRow;

    /// What archiving would do.
    read PlanArchive = "plan.archive": PlanArchiveArgs => ArchivePlan;
    /// Stops a listing.
    write PlanCancel = "plan.cancel": PlanCancelArgs => Nothing;
    /// Archives paths as a new dataset.
    write ArchiveStart = "archive.start": ArchiveArgs => ArchiveStarted;
    /// What retrieving would do.
    read PlanRetrieve = "plan.retrieve": RetrieveArgs => RetrievePlan;
    /// Retrieves a dataset or files of it.
    write RetrieveStart = "retrieve.start": RetrieveArgs => RunStarted;

    /// Datasets, newest first.
    read DatasetList = "dataset.list": DatasetListArgs => Page<DatasetRow>;
    /// One dataset.
    read DatasetShow = "dataset.show": DatasetArgs => DatasetDetail;
    /// Its entries.
    read DatasetEntries = "dataset.entries": EntriesArgs => Page<EntryRow>;
    /// Its history.
    read DatasetHistory = "dataset.history": HistoryArgs => Page<HistoryRow>;
    /// Reads every datablock back again.
    write DatasetVerify = "dataset.verify": DatasetArgs => RunStarted;
    /// Files by name or checksum, across datasets.
    read FileFind = "file.find": FindArgs => Vec<FoundRow>;

    /// Flows in force.
    read FlowList = "flow.list": Nothing => Vec<FlowRow>;
    /// One flow.
    read FlowShow = "flow.show": FlowArgs => FlowDetail;
    /// Checks the text of a flow file.
    read FlowCheck = "flow.check": FlowCheckArgs => FlowChecked;
    /// Starts a flow.
    write FlowRun = "flow.run": FlowRunArgs => RunStarted;

    /// Runs, newest first.
    read RunList = "run.list": RunListArgs => Page<RunRow>;
    /// One run.
    read RunShow = "run.show": RunArgs => RunDetail;
    /// Its task runs.
    read RunTaskRuns = "run.task_runs": TaskRunsArgs => Page<TaskRunRow>;
    /// One task run.
    read RunTaskRun = "run.task_run": TaskRunArgs => TaskRunDetail;
    /// Its journal.
    read RunEvents = "run.events": RunEventsArgs => Vec<JournalRow>;
    /// Its logs.
    read RunLogs = "run.logs": RunLogsArgs => Vec<LogRow>;
    /// What a retry would touch.
    read RunRetryPreview = "run.retry_preview": RetryArgs => RetryPreview;
    /// Retries; what was confirmed is not repeated.
    write RunRetry = "run.retry": RetryArgs => RetryPreview;
    /// Stops a run, and its bytes.
    write RunCancel = "run.cancel": RunArgs => Nothing;
    /// Lets what runs finish and starts nothing new.
    write RunPause = "run.pause": RunArgs => Nothing;
    /// Goes on.
    write RunResume = "run.resume": RunArgs => Nothing;
}
