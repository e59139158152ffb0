//! The operations: name, tags, arguments, reply. The one list that the dispatcher, the clients and the TypeScript are made from.

#[allow(clippy::wildcard_imports)] // every type of the wire stands in the list below
use super::*;

/// An operation's types.
pub trait Operation: Send + Sync + 'static {
    /// Its name on the wire.
    const NAME: &'static str;
    /// Whether it changes anything.
    const WRITES: bool;
    /// Whether it changes something that lasts, and so stands in the audit log.
    const ACTS: bool;
    /// Arguments.
    type Args: serde::Serialize + serde::de::DeserializeOwned + ts_rs::TS + Send + Sync + 'static;
    /// Reply.
    type Reply: serde::Serialize + serde::de::DeserializeOwned + ts_rs::TS + Send + 'static;
    /// What a read's reply rests on; what a write makes stale.
    fn tags(args: &Self::Args) -> Vec<Tag>;
}

/// A tag as an operation declares it, before the arguments are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TagRule {
    /// Variant of [`Tag`].
    pub of: &'static str,
    /// Argument that gives its key, of one that has a key.
    pub field: Option<&'static str>,
}

/// Is shown every operation, with its types.
pub trait Visitor {
    /// One operation and its tags.
    fn visit<O: Operation>(&mut self, tags: &[TagRule]);
}

macro_rules! operations {
    ($($(#[$doc:meta])* $kind:ident $name:ident = $wire:literal [$($tag:ident $(($field:ident))?),*]: $args:ty => $reply:ty;)*) => {
        $($(#[$doc])*
        #[derive(Debug, Clone, Copy)]
        pub struct $name;
        impl Operation for $name {
            const NAME: &'static str = $wire;
            const WRITES: bool = operations!(@ $kind);
            const ACTS: bool = operations!(@ acts $kind);
            type Args = $args;
            type Reply = $reply;
            fn tags(#[allow(unused_variables)] args: &$args) -> Vec<Tag> {
                vec![$(Tag::$tag $((args.$field.clone()))?),*]
            }
        })*
        /// Whether an operation changes anything; `false` of one that there is not.
        pub fn is_write(name: &str) -> bool {
            match name {
                $($wire => operations!(@ $kind),)*
                _ => false,
            }
        }

        /// Whether an operation stands in the audit log; `false` of one that there is not.
        pub fn is_act(name: &str) -> bool {
            match name {
                $($wire => operations!(@ acts $kind),)*
                _ => false,
            }
        }

        /// Shows the visitor every operation, in the order of this list.
        pub fn visit(visitor: &mut impl Visitor) {
            $(visitor.visit::<$name>(&[$(TagRule { of: stringify!($tag), field: operations!(@ field $($field)?) }),*]);)*
        }
    };
    (@ read) => { false };
    (@ write) => { true };
    (@ signal) => { true };
    (@ acts read) => { false };
    (@ acts write) => { true };
    (@ acts signal) => { false };
    (@ field) => { None };
    (@ field $field:ident) => { Some(stringify!($field)) };
}

/// Hands the list of operations to another macro: the one place where they are named. A `read` changes nothing, a `write` something that
/// lasts, a `signal` nothing that lasts.
macro_rules! for_operations {
    ($each:ident) => {
        $each! {
            /// The workspace as a whole.
            read WorkspaceShow = "workspace.show" [Workspace, Runs]: Nothing => WorkspaceInfo;
            /// Answers the first-run page: where things lie.
            write WorkspaceSetup = "workspace.setup" [Workspace, Storages]: SetupArgs => WorkspaceInfo;
            /// A second window was started: raises the first. Says whether there is one.
            signal WindowRaise = "window.raise" []: Nothing => bool;
            /// The first page.
            read OverviewShow = "overview.show" [Datasets, Runs, Storages]: Nothing => Overview;

            /// All storages.
            read StorageList = "storage.list" [Storages]: Nothing => Vec<StorageRow>;
            /// One storage with its reservations.
            read StorageShow = "storage.show" [Storages]: StorageArgs => StorageDetail;
            /// How the room of a storage went, and who takes it.
            read StorageHistoryShow = "storage.history" [Storages]: StorageHistoryArgs => StorageHistory;
            /// What a storage would be like elsewhere; makes and changes nothing.
            read StorageLook = "storage.look" [Storages]: StorageLookArgs => StorageRow;
            /// Moves a storage or changes its floor.
            write StorageSet = "storage.set" [Storages, Workspace]: StorageSetArgs => StorageRow;

            /// What lies at a place, a page at a time.
            read PlaceList = "place.list" []: PlaceListArgs => PlaceListing;
            /// What a copy would do.
            read CopyPlan = "copy.plan" []: CopyPlanArgs => CopyPlanned;
            /// What archiving would do.
            read PlanArchive = "plan.archive" []: PlanArchiveArgs => ArchivePlan;
            /// What a run of a flow would do.
            read PlanFlow = "plan.flow" [Flows, Runs, Storages]: PlanFlowArgs => FlowPlan;
            /// Stops a listing.
            signal PlanCancel = "plan.cancel" []: PlanCancelArgs => Nothing;
            /// Archives paths as a new dataset.
            write ArchiveStart = "archive.start" [Datasets, Runs]: ArchiveArgs => ArchiveStarted;
            /// What the form of an upload begins with.
            read UploadFormShow = "upload.form" [Datasets]: Nothing => UploadForm;
            /// What of this SciCat would not take.
            read UploadCheck = "upload.check" []: UploadCheckArgs => Vec<MetadataWrong>;
            /// Uploads paths as a new dataset, which SciCat is told of.
            write UploadStart = "upload.start" [Datasets, Runs]: UploadArgs => ArchiveStarted;
            /// What retrieving would do.
            read PlanRetrieve = "plan.retrieve" [Dataset(dataset), Storages]: RetrieveArgs => RetrievePlan;
            /// Retrieves a dataset or files of it.
            write RetrieveStart = "retrieve.start" [Dataset(dataset), Runs]: RetrieveArgs => RunStarted;
            /// Links to what was retrieved of a dataset, with which anybody may fetch it for a time.
            write RetrieveLinks = "retrieve.links" []: RetrieveLinksArgs => RetrieveLinked;

            /// Datasets, newest first.
            read DatasetList = "dataset.list" [Datasets]: DatasetListArgs => Page<DatasetRow>;
            /// How many datasets are in which state.
            read DatasetCounts = "dataset.counts" [Datasets]: DatasetCountsArgs => Vec<DatasetStateCount>;
            /// One dataset.
            read DatasetShow = "dataset.show" [Dataset(dataset)]: DatasetArgs => DatasetDetail;
            /// Its entries.
            read DatasetEntries = "dataset.entries" [Dataset(dataset)]: EntriesArgs => Page<EntryRow>;
            /// Its history.
            read DatasetHistory = "dataset.history" [Dataset(dataset)]: HistoryArgs => Page<HistoryRow>;
            /// Reads every datablock back again.
            write DatasetVerify = "dataset.verify" [Dataset(dataset), Datasets, Runs]: DatasetArgs => RunStarted;
            /// Writes down what a dataset holds, where it lies, and how and when that was proved.
            signal DatasetReport = "dataset.save_report" []: DatasetReportArgs => FileWritten;
            /// Files by name or checksum, across datasets.
            read FileFind = "file.find" [Datasets]: FindArgs => Vec<FoundRow>;

            /// Flows in force.
            read FlowList = "flow.list" [Flows, Runs]: Nothing => Vec<FlowRow>;
            /// One flow.
            read FlowShow = "flow.show" [Flows]: FlowArgs => FlowDetail;
            /// Checks the text of a flow file.
            read FlowCheck = "flow.check" []: FlowCheckArgs => FlowChecked;
            /// Starts a flow.
            write FlowRun = "flow.run" [Flows, Runs]: FlowRunArgs => RunStarted;
            /// Versions of a flow, newest first.
            read FlowVersions = "flow.versions" [Flows, Runs]: FlowArgs => Vec<FlowVersionRow>;
            /// How two versions of a flow differ.
            read FlowDiffShow = "flow.diff" [Flows]: FlowDiffArgs => FlowDiff;
            /// Copies a flow into the workspace's folder, to be changed there.
            write FlowCopy = "flow.copy" [Flows, Schedules]: FlowCopyArgs => FlowCopied;
            /// The runs that a schedule would have started.
            read FlowBackfillPreview = "flow.backfill_preview" [Flows, Runs]: BackfillArgs => Backfill;
            /// Starts the runs that a schedule would have started, those that are not there; tells them as they were before.
            write FlowBackfill = "flow.backfill" [Runs]: BackfillArgs => Backfill;
            /// The schedules in force.
            read ScheduleList = "schedule.list" [Flows, Schedules]: Nothing => Vec<ScheduleRow>;
            /// What is due next.
            read ScheduleNext = "schedule.next" [Flows, Schedules]: ScheduleNextArgs => Vec<DueRow>;
            /// Pauses the schedules of a flow; its runs go on.
            write SchedulePause = "schedule.pause" [Flows, Schedules]: SchedulePauseArgs => Vec<ScheduleRow>;
            /// Lets the schedules of a flow go on.
            write ScheduleResume = "schedule.resume" [Flows, Schedules]: SchedulePauseArgs => Vec<ScheduleRow>;
            /// Runs, newest first.
            read RunList = "run.list" [Runs]: RunListArgs => Page<RunRow>;
            /// How many of these runs are in which state; what the list says of states, order and page is not looked at.
            read RunCounts = "run.counts" [Runs]: RunListArgs => Vec<RunStateCount>;
            /// Why runs failed, by stable code.
            read TransferCauses = "transfer.causes" [Runs]: Nothing => FaultCauses;
            /// The files of a transfer: how many lie at the target, and which were not copied and why.
            read TransferFilesShow = "transfer.files" [Run(run)]: TransferFilesArgs => TransferFiles;
            /// How fast bytes moved, of one run or of all.
            read TransferSpeedShow = "transfer.speed" [Runs]: TransferSpeedArgs => TransferSpeed;
            /// Task runs by runs of a flow, the newest run first.
            read RunGrid = "run.grid" [Runs]: RunGridArgs => Page<GridRun>;
            /// How many runs of a flow were created on which day.
            read FlowDays = "flow.days" [Runs]: FlowDaysArgs => Vec<FlowDay>;
            /// How long the last runs of a flow took, or a task in them, the newest first.
            read FlowDurations = "flow.durations" [Runs]: FlowDurationsArgs => Vec<FlowDuration>;
            /// One run.
            read RunShow = "run.show" [Run(run)]: RunArgs => RunDetail;
            /// Its task runs.
            read RunTaskRuns = "run.task_runs" [Run(run)]: TaskRunsArgs => Page<TaskRunRow>;
            /// One task run.
            read RunTaskRun = "run.task_run" [Run(run)]: TaskRunArgs => TaskRunDetail;
            /// Its journal.
            read RunEvents = "run.events" [Run(run)]: RunEventsArgs => Vec<JournalRow>;
            /// When its task runs were in which state, read on from a row of the journal.
            read RunTimelineRead = "run.timeline" [Run(run)]: RunTimelineArgs => RunTimeline;
            /// Its logs.
            read RunLogs = "run.logs" [Run(run)]: RunLogsArgs => Vec<LogRow>;
            /// What a retry would touch.
            read RunRetryPreview = "run.retry_preview" [Run(run)]: RetryArgs => RetryPreview;
            /// Retries; what was confirmed is not repeated.
            write RunRetry = "run.retry" [Run(run), Runs]: RetryArgs => RetryPreview;
            /// Stops a run, and its bytes.
            write RunCancel = "run.cancel" [Run(run), Runs]: RunArgs => Nothing;
            /// Starts nothing new; a copy stops and goes on later where it was, what else runs is let finish.
            write RunPause = "run.pause" [Run(run), Runs]: RunArgs => Nothing;
            /// Goes on.
            write RunResume = "run.resume" [Run(run), Runs]: RunArgs => Nothing;
            /// Gives a secret parameter of a run again, after the process that had it has ended.
            write RunSecret = "run.secret" [Run(run)]: RunSecretArgs => Nothing;
            /// Answers a task that waits for approval.
            write TaskAnswer = "task.answer" [Run(run), Runs]: TaskAnswerArgs => Nothing;
            /// What waits for an operator's answer, the newest run first.
            read TaskApprovals = "task.approvals" [Runs]: Nothing => Vec<ApprovalRow>;
            /// Tries a task by itself.
            write TaskTest = "task.test" []: TaskTestArgs => TaskTested;
            /// What an act would do, and to which runs.
            read RunsPreviewShow = "runs.preview" [Runs]: RunsPreviewArgs => RunsPreview;
            /// Does something with all runs that are selected, as it was seen before.
            write RunsAct = "runs.act" [Runs]: RunsActArgs => RunsDone;

            /// Searches the logs of all runs.
            read LogSearch = "log.search" [Runs]: LogSearchArgs => LogHits;
            /// Writes the log of a run to a text file.
            signal LogSave = "log.save" []: LogSaveArgs => FileWritten;
            /// Writes what somebody who helps has to know of the workspace into a zip: no secret, no content of a file.
            signal DiagnosticsSave = "diagnostics.save" []: DiagnosticsArgs => FileWritten;
            /// Numbers of the workspace, for whoever watches it.
            read MetricsShow = "metrics.show" [Runs]: Nothing => Measured;
            /// Starts and ends of runs that were not delivered to a target yet.
            read LineageRead = "lineage.read" [Runs]: LineageArgs => LineagePage;
            /// Remembers, over restarts, what was delivered to a target.
            signal LineageDelivered = "lineage.delivered" []: LineageDeliveredArgs => Nothing;
            /// What SciCat has to be told.
            read ScicatPending = "scicat.pending" [Scicat]: ScicatPendingArgs => Page<ScicatMessage>;
            /// Tells SciCat now what can be told; what was refused is tried again.
            write ScicatSend = "scicat.send" [Scicat]: Nothing => ScicatSent;
            /// Decides that SciCat need not be told something, and lets go on what waits behind it.
            write ScicatDrop = "scicat.drop" [Scicat]: ScicatDropArgs => Nothing;
            /// Works on their way from an archive to where they are read, the one that changed last first.
            read WorkList = "work.list" [Runs]: WorkListArgs => Page<WorkRow>;
            /// Messages of queues that ask for works, the one that came last first.
            read QueueMessages = "work.messages" [Runs]: QueueMessagesArgs => Page<QueueMessageRow>;
            /// Deletes a message that came to nothing from its queue: what it asks for is not done.
            write QueueMessageDrop = "work.drop" [Runs]: QueueMessageArgs => QueueMessageRow;
            /// Gives a message that came to nothing back to its queue, where it counts as one that has just come.
            write QueueMessageReturn = "work.return" [Runs]: QueueMessageArgs => QueueMessageRow;
            /// Takes into the ledger what workers of other engines have done to datasets. Done again, it changes nothing.
            write LedgerImport = "ledger.import" [Datasets]: LedgerImportArgs => LedgerBrought;
            /// Gives workers of other engines what the ledger holds of a dataset.
            write LedgerExport = "ledger.export" []: LedgerExportArgs => LedgerBrought;
            /// Reads the whole database and says what is wrong with it.
            read DatabaseCheck = "db.check" []: Nothing => DatabaseChecked;
            /// Copies the database into a new file.
            write DatabaseBackup = "db.backup" []: DatabaseBackupArgs => FileWritten;
            /// Gives what was deleted back to the file system.
            write DatabaseVacuum = "db.vacuum" []: Nothing => Nothing;

            /// Limits, and who holds their slots.
            read LimitList = "limit.list" [Limits, Runs]: Nothing => Vec<LimitRow>;
            /// Makes or changes a limit.
            write LimitSet = "limit.set" [Limits, Runs]: LimitSetArgs => LimitRow;
            /// Removes a limit. What names it then waits until there is one again.
            write LimitRemove = "limit.remove" [Limits, Runs]: LimitArgs => Nothing;
            /// Variables in force.
            read VariableList = "variable.list" [Variables]: Nothing => Vec<VariableRow>;
            /// Sets a variable.
            write VariableSet = "variable.set" [Variables]: VariableSetArgs => VariableRow;
            /// Removes a variable: what is built in holds again.
            write VariableRemove = "variable.remove" [Variables]: VariableArgs => Nothing;
            /// Takes variables over from what another program has written down.
            write VariableImport = "variable.import" [Variables]: ImportArgs => ImportReport;
            /// The profiles of the workspace.
            read ProfileList = "profile.list" [Workspace]: Nothing => Vec<ProfileRow>;
            /// Makes a profile, or gives one another colour. None is switched to by it.
            write ProfileSet = "profile.set" [Workspace]: ProfileSetArgs => Vec<ProfileRow>;
            /// Switches to a profile: it is opened from now on where none is named. What is open stays open.
            write ProfileUse = "profile.use" [Workspace]: ProfileArgs => Vec<ProfileRow>;
            /// Forgets a profile. Its folder stays, and is there again when a profile of the same name is made.
            write ProfileRemove = "profile.remove" [Workspace]: ProfileArgs => Vec<ProfileRow>;
            /// Takes over the configuration of an archiving service: variables, limits, connections, storages.
            write ArchiverImport = "archiver.import" [Variables, Limits, Connections, Storages]: ArchiverImportArgs => ArchiverReport;
            /// Asks for room in the landing zone for a dataset that somebody else uploads.
            write IngestRequest = "ingest.request" []: IngestRequestArgs => Nothing;
            /// URLs through which an object of a dataset can be put into the landing zone.
            write IngestUrlsGet = "ingest.urls" []: IngestUrlsArgs => IngestUrls;
            /// Makes an object of the parts that were put.
            write IngestComplete = "ingest.complete" []: IngestCompleteArgs => Nothing;
            /// Throws the parts of an object away.
            write IngestAbort = "ingest.abort" []: IngestUploadArgs => Nothing;
            /// All of a dataset was uploaded: gives its room back to others, and archives it if that is asked for.
            write IngestFinish = "ingest.finish" [Runs]: IngestFinishArgs => IngestFinished;
            /// What uploads and jobs depend on, beside the storages, and what does not answer.
            read IngestTroubles = "ingest.troubles" []: Nothing => Vec<IngestTrouble>;
            /// Whose a token of SciCat is.
            read IngestWhoIs = "ingest.who" []: IngestWhoArgs => IngestWho;
            /// What is known of one place.
            read PlaceShow = "place.show" []: PlaceArgs => PlaceDetail;
            /// A link with which anybody may read or write an object for a time.
            write PlaceLink = "place.link" []: PlaceLinkArgs => PlaceLinked;
            /// Asks that an archived object be restored; says how that stands.
            write PlaceRestore = "place.restore" []: PlaceRestoreArgs => Restored;
            /// Gives an object tags.
            write PlaceTag = "place.tag" []: PlaceTagArgs => Nothing;
            /// Makes a folder or a bucket.
            write PlaceMake = "place.make" []: PlaceArgs => Nothing;
            /// Gives a file or a folder another name in its folder.
            write PlaceRename = "place.rename" []: PlaceRenameArgs => Nothing;
            /// Flows that another engine knows.
            read RemoteFlowList = "remote.flows" []: RemoteArgs => RemoteSaid<Vec<RemoteFlowRow>>;
            /// JSON Schema of the parameters of a flow of another engine.
            read RemoteParams = "remote.params" []: RemoteFlowArgs => RemoteSchema;
            /// The latest runs of another engine.
            read RemoteRunList = "remote.runs" []: RemoteRunsArgs => RemoteSaid<Vec<RemoteRunRow>>;
            /// A run of another engine, and its tasks.
            read RemoteRunShow = "remote.run" []: RemoteRunArgs => RemoteSaid<RemoteRunDetail>;
            /// The log of a task run of another engine.
            read RemoteLog = "remote.log" []: RemoteLogArgs => RemoteSaid<Vec<RemoteLogLine>>;
            /// Starts a run on another engine.
            write RemoteTrigger = "remote.trigger" []: RemoteTriggerArgs => RemoteRunRow;
            /// Task runs of another engine that a retry would run again.
            read RemoteRetryLook = "remote.retry_look" []: RemoteRetryArgs => Vec<RemoteTaskRow>;
            /// Runs tasks of a run of another engine again.
            write RemoteRetry = "remote.retry" []: RemoteRetryArgs => Vec<RemoteTaskRow>;
            /// Stops a run of another engine.
            write RemoteCancel = "remote.cancel" []: RemoteRunArgs => RemoteRunRow;
            /// Stops the schedule of a flow of another engine, or lets it go on.
            write RemotePause = "remote.pause" []: RemotePauseArgs => Nothing;
            /// Takes over an engine's variables, connections and numbers of slots.
            write RemoteImport = "remote.import" [Variables, Connections, Limits, Runs]: RemoteImportArgs => Vec<RemoteImportRow>;
            /// Connections, those of the environment too.
            read ConnectionList = "connection.list" [Connections]: Nothing => Vec<ConnectionRow>;
            /// One connection, and what names it.
            read ConnectionShow = "connection.show" [Connections, Flows]: ConnectionArgs => ConnectionDetail;
            /// Kinds of systems that connections lead to.
            read ConnectionKinds = "connection.kinds" []: Nothing => Vec<ConnectionKind>;
            /// Makes or changes a connection.
            write ConnectionSet = "connection.set" [Connections]: ConnectionSetArgs => ConnectionRow;
            /// Copies a connection with its secrets.
            write ConnectionDuplicate = "connection.duplicate" [Connections]: ConnectionCopyArgs => ConnectionRow;
            /// Removes a connection with its secrets.
            write ConnectionRemove = "connection.remove" [Connections, Rates]: ConnectionArgs => Nothing;
            /// How the last test of each connection ended, unless the connection was changed since.
            read ConnectionHealthList = "connection.health" [Connections]: Nothing => Vec<ConnectionHealth>;
            /// Tries a connection step by step; each step is told as it ends, and all of them at the end.
            write ConnectionTest = "connection.test" [Connections]: ConnectionTestArgs => ConnectionTested;
            /// The first key on the way to a server over SSH that is not known yet.
            read HostKey = "connection.host_key" []: HostKeyArgs => HostKeyFound;
            /// Accepts the key of a server over SSH, if it still has the fingerprint that was compared.
            write HostKeyAccept = "connection.host_key.accept" [Connections]: HostKeyAcceptArgs => HostKeyRow;
            /// Takes connections over from what another program has written down.
            write ConnectionImport = "connection.import" [Connections]: ImportArgs => ImportReport;
            /// Writes connections down; their secrets only if asked for.
            write ConnectionExport = "connection.export" []: ConnectionExportArgs => ConnectionExported;
            /// How fast bytes may move: over all connections together, and over single ones.
            read RateList = "rate.list" [Rates]: Nothing => Vec<RateRow>;
            /// Says how fast bytes may move, from now on and for what moves already.
            write RateSet = "rate.set" [Rates]: RateSetArgs => RateRow;
            /// Where secrets are kept.
            read SecretsShow = "secrets.show" [Connections]: Nothing => SecretsInfo;
            /// Opens the encrypted file of secrets.
            write SecretsUnlock = "secrets.unlock" [Connections]: SecretsUnlockArgs => SecretsInfo;
            /// Runs as they are recorded, newest first.
            read PlainRuns = "run.plain_list" [Runs]: PlainRunsArgs => Page<PlainRun>;
            /// A run of a flow, by its name.
            read PlainRunShow = "run.plain" [Runs]: PlainRunArgs => PlainRun;
            /// Starts a flow for another program.
            write RunTrigger = "run.trigger" [Flows, Runs]: RunTriggerArgs => PlainRun;
            /// Forgets a run that has ended, with its journal and logs. The ledger, the datasets' history and the audit log stay.
            write RunForget = "run.forget" [Run(run), Runs]: RunArgs => Nothing;
            /// Notes something at a run or a task run.
            write NoteSet = "run.note" [Run(run), Runs]: NoteSetArgs => Nothing;
            /// What is noted at the task runs of a run.
            read RunNotes = "run.notes" [Run(run)]: RunArgs => Vec<TaskNote>;
            /// The task runs that an act would change.
            read RunTouchesShow = "run.touches" [Run(run)]: RunTouchesArgs => RunTouches;
            /// The tasks of a flow as its file describes them.
            read FlowTasks = "flow.tasks" [Flows]: FlowTasksArgs => Vec<FlowTaskRow>;
            /// Users of the interfaces that are reached over a network.
            read UserList = "user.list" [Users]: Nothing => Vec<UserRow>;
            /// Makes a user.
            write UserAdd = "user.add" [Users]: UserAddArgs => UserRow;
            /// Gives a user another password.
            write UserPassword = "user.password" [Users]: UserPasswordArgs => UserRow;
            /// Removes a user.
            write UserRemove = "user.remove" [Users]: UserArgs => Nothing;
            /// The user of this name, if the password is theirs.
            read UserCheck = "user.check" [Users]: UserCheckArgs => Option<UserRow>;
            /// Who did what, newest first.
            read AuditList = "audit.list" [Audit]: AuditListArgs => Page<AuditRow>;
        }
    };
}
pub(crate) use for_operations;
for_operations!(operations);
