//! The command line's forms.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use longshore_api::RunState;
use longshore_api::wire::{MarkState, RunSort};
use serde_json::Value;

pub(crate) use acts::{
    Archiver, Audit, Db, HeldMessage, Limit, Lines, Log, Profile, Scicat, Serve, User, Variable, Which, Work, of_word,
};
pub(crate) use bags::{Bag, Form, Make, Unpack, Validate};
pub(crate) use connections::{Add, Connection, Import, Secrets};
pub(crate) use copies::{Copied, Copy, Ls, Sync};
pub(crate) use datasets::{Dataset, Report};
pub(crate) use flows::{Apart, Backfill, Flow, FlowRun, FlowWith, Given, Runs, Schedule};
pub(crate) use places::{Place, Speed};
pub(crate) use remote::{ImportFrom, ImportOf, OfRun, Remote};
pub(crate) use transfer::Transfer;
pub(crate) use upload::{Archive, Upload};

mod acts;
mod bags;
mod connections;
mod copies;
mod datasets;
mod flows;
mod places;
mod remote;
pub(crate) mod tasks;
mod transfer;
mod upload;

/// Archives datasets, proves every byte on long-term storage, and brings them back.
#[derive(Debug, Parser)]
#[command(name = "longshore", version, after_help = EXIT_CODES, max_term_width = 110)]
pub(crate) struct Cli {
    /// Folder of the workspace [default: $XDG_DATA_HOME/longshore]
    #[arg(long, global = true, value_name = "DIR", env = "LONGSHORE_WORKSPACE", hide_env_values = true)]
    pub workspace: Option<PathBuf>,
    /// Profile of the workspace [default: the one that is on]
    #[arg(long, global = true, value_name = "NAME", env = "LONGSHORE_PROFILE", hide_env_values = true)]
    pub profile: Option<String>,
    /// One JSON document on standard output; messages go to standard error
    #[arg(long, global = true)]
    pub json: bool,
    /// No progress and no remarks, only results and errors
    #[arg(long, short, global = true)]
    pub quiet: bool,
    #[command(subcommand)]
    pub command: Command,
}

const EXIT_CODES: &str = "\
Exit codes: 0 done and proved, 1 failed, 2 wrong usage, 3 done but not proved, \
4 refused (locked, no space, not allowed), 130 interrupted.";

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Archives files and folders as a new dataset; 0 only when every file is proved on the LTS
    Archive(Archive),
    /// Uploads files and folders as a new dataset with metadata: registers it in SciCat, brings it into the landing zone, archives it
    Upload(Upload),
    /// Brings a dataset, or files of it, back into a folder
    Retrieve(Retrieve),
    /// Reads every datablock of a dataset back and compares it with the ledger
    Verify {
        /// Its identifier or name
        dataset: String,
    },
    /// Lists the datasets
    Datasets {
        /// Only those whose name or identifier holds this
        #[arg(long)]
        search: Option<String>,
    },
    /// Shows a dataset
    #[command(subcommand)]
    Dataset(Dataset),
    /// Finds files by name or checksum, across datasets
    Find {
        /// Part of a file name, or a whole SHA-256 or MD5 in hex
        text: String,
    },
    /// Copies a file or a folder from any place to any other; 0 only when every copy is proved
    Copy(Copy),
    /// Makes a folder like another: copies what is new or differs, and deletes what is not there any more if told to
    Sync(Sync),
    /// Lists what lies at a place
    Ls(Ls),
    /// Bags (BagIt): judged, made, unpacked. On paths of this machine no workspace is needed
    #[command(subcommand)]
    Bag(Bag),
    /// One place: what is known of it, a link to it, a restore, tags; makes folders and buckets
    #[command(subcommand)]
    Place(Place),
    /// What holds for all transfers: how fast bytes may move
    #[command(subcommand)]
    Transfer(Transfer),
    /// Says what would be done, and does nothing
    #[command(subcommand)]
    Plan(Plan),
    /// Flows
    #[command(subcommand)]
    Flow(Flow),
    /// Runs
    Run(Runs),
    /// Single tasks: answer one, or try one by itself
    #[command(subcommand)]
    Task(tasks::Task),
    /// Schedules: when runs start by themselves
    #[command(subcommand)]
    Schedule(Schedule),
    /// Storages
    #[command(subcommand)]
    Storage(Storage),
    /// Users of interfaces that are reached over a network
    #[command(subcommand)]
    User(User),
    /// Limits: named numbers of slots, and who holds them
    #[command(subcommand)]
    Limit(Limit),
    /// Variables that flows and Longshore read
    #[command(subcommand)]
    Variable(Variable),
    /// Connections to other systems: made, tried, taken over from Airflow
    #[command(subcommand)]
    Connection(Connection),
    /// The configuration of an archiving service that ran on Prefect
    #[command(subcommand)]
    Archiver(Archiver),
    /// Profiles: named sets of variables, limits and connections with all that they lead to, such as development and production
    #[command(subcommand)]
    Profile(Profile),
    /// Where the secrets of connections are kept
    #[command(subcommand)]
    Secrets(Secrets),
    /// What SciCat has to be told, and whether it was
    #[command(subcommand)]
    Scicat(Scicat),
    /// Writes flows as files for another engine, whose workers carry their tasks out with `longshore task run`
    #[command(subcommand)]
    Export(tasks::Export),
    /// What workers of other engines have done to datasets, to and from the place that they share
    #[command(subcommand)]
    Ledger(tasks::Ledger),
    /// Takes over what a running Airflow or Prefect keeps beside its flows; says what became of each, 1 if nothing was taken
    #[command(subcommand)]
    Import(ImportOf),
    /// Flows and runs of other engines, Apache Airflow and Prefect, by a connection to each
    #[command(subcommand)]
    Remote(Remote),
    /// Works on their way from an archive to where they are read
    #[command(subcommand)]
    Work(Work),
    /// Who did what, when and why
    #[command(subcommand)]
    Audit(Audit),
    /// Task logs
    #[command(subcommand)]
    Log(Log),
    /// The workspace's database: checked, copied, brought back
    #[command(subcommand)]
    Db(Db),
    /// Owns the workspace without a window and carries its runs on, until it is told to end (SIGTERM)
    Serve(Serve),
    /// Shows the workspace: where it lies, who owns it
    Workspace,
    /// Writes what somebody who helps has to know into a zip: versions, how all stands, what failed, the log. No secret, no content of a file
    Diagnostics {
        /// The file, which must not be there yet
        file: OsString,
    },
}

#[derive(Debug, Args)]
pub(crate) struct Retrieve {
    /// Its identifier or name
    pub dataset: String,
    /// Folder to bring it into, made if need be; without one, its datablocks are brought to the storage `retrieval`, and links to
    /// them are shown
    pub dest: Option<OsString>,
    /// Only this file, or all below this folder; its path inside the dataset, as it is shown
    #[arg(long = "file", value_name = "PATH", requires = "dest")]
    pub files: Vec<OsString>,
    /// Start it and do not wait for it
    #[arg(long)]
    pub no_wait: bool,
    /// Retrieve nothing: show links to what lies in the storage `retrieval` already
    #[arg(long, conflicts_with_all = ["dest", "no_wait"])]
    pub links: bool,
    /// Days that the links hold, 1 to 7
    #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(u32).range(1..=7), conflicts_with_all = ["dest", "no_wait"])]
    pub days: Option<u32>,
    /// Write a script here that fetches the datablocks; whoever has it may do so
    #[arg(long, value_name = "FILE", conflicts_with_all = ["dest", "no_wait"])]
    pub script: Option<OsString>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Plan {
    /// What archiving these paths would do: files, datablocks, space
    Archive {
        /// Files and folders; of a folder that ends in `/`, what lies in it
        #[arg(required = true, value_name = "PATH")]
        paths: Vec<OsString>,
    },
    /// What a run of a flow would do: task runs, bytes, space, time. Starts nothing
    Flow(FlowWith),
}

#[derive(Debug, Subcommand)]
pub(crate) enum Run {
    /// Lists the runs, newest first
    List {
        /// Only of this flow
        #[arg(long)]
        flow: Option<String>,
        /// Only of this dataset
        #[arg(long)]
        dataset: Option<String>,
        /// Only those that have not ended
        #[arg(long)]
        active: bool,
        /// Only in this state; may be given again
        #[arg(long = "state", value_name = "STATE", conflicts_with = "active", value_parser = acts::state)]
        states: Vec<RunState>,
        /// Only created at or after this time: `2026-11-03`, `2026-11-03T14:00`, or `2h` ago
        #[arg(long, value_name = "TIME")]
        since: Option<String>,
        /// Only created before this time
        #[arg(long, value_name = "TIME")]
        until: Option<String>,
        /// Only with this text in id, key, flow or the dataset's name
        #[arg(long, value_name = "TEXT")]
        search: Option<String>,
        /// What they are sorted by, the highest first
        #[arg(long, value_name = "BY", value_parser = acts::sort, default_value = "created")]
        sort: RunSort,
        /// At most so many
        #[arg(long, default_value_t = 50, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
        limit: u32,
    },
    /// Shows a run and its tasks
    Show {
        /// Its id
        run: String,
    },
    /// Prints the logs of a run
    Logs {
        /// Its id
        run: String,
        #[command(flatten)]
        lines: acts::Lines,
        /// Go on with new lines until the run ends
        #[arg(long, short, conflicts_with = "output")]
        follow: bool,
    },
    /// Gives a secret parameter again, which a process that has ended took with it; then retry the run
    Secret {
        /// Its id
        run: String,
        /// The parameter; its value is asked for
        name: String,
    },
    /// Retries what failed; what was confirmed is not repeated
    Retry {
        #[command(flatten)]
        which: Which,
        /// Only this task
        #[arg(long)]
        task: Option<String>,
        /// Only this map index of it
        #[arg(long, requires = "task", value_name = "N")]
        index: Option<u32>,
        /// Also what lies downstream of it, even if it succeeded
        #[arg(long, requires = "task")]
        downstream: bool,
    },
    /// Does a task again, even if it succeeded; or all of the run, as if it had never begun
    Clear {
        #[command(flatten)]
        which: Which,
        /// The task [default: every task]
        #[arg(long)]
        task: Option<String>,
        /// Only this map index of it
        #[arg(long, requires = "task", value_name = "N")]
        index: Option<u32>,
        /// Also what lies downstream of it
        #[arg(long, requires = "task")]
        downstream: bool,
        /// Also what lies upstream of it
        #[arg(long, requires = "task")]
        upstream: bool,
        /// Of all these only what failed or was stopped
        #[arg(long)]
        only_failed: bool,
    },
    /// Says how a task ended; one that works is stopped first
    Mark {
        #[command(flatten)]
        which: Which,
        /// The task
        #[arg(long)]
        task: String,
        /// Only this map index of it
        #[arg(long, value_name = "N")]
        index: Option<u32>,
        /// As what: success, failed or skipped
        #[arg(long = "as", value_name = "STATE", value_parser = acts::mark)]
        state: MarkState,
        /// Its output, JSON, if it is marked as a success
        #[arg(long, value_name = "JSON", value_parser = acts::json)]
        output: Option<Value>,
    },
    /// Lets what waits for a time (deferred, or to be tried again) look at once
    Wake {
        #[command(flatten)]
        which: Which,
        /// Only this task
        #[arg(long)]
        task: Option<String>,
        /// Only this map index of it
        #[arg(long, requires = "task", value_name = "N")]
        index: Option<u32>,
    },
    /// Stops runs, and their bytes
    Cancel {
        #[command(flatten)]
        which: Which,
        /// Wait for no attempt that does not stop: it is cut off, and recorded as cancelled
        #[arg(long)]
        hard: bool,
    },
    /// Starts nothing new; a copy stops and goes on later where it was, what else runs is let finish
    Pause(Which),
    /// Goes on with paused runs
    Resume(Which),
    /// Waits for these or all active runs; carries them on if nobody owns the workspace
    Wait {
        /// Their ids [default: all that are active]
        #[arg(value_name = "RUN")]
        runs: Vec<String>,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum Storage {
    /// Lists the storages and their room
    List,
    /// Shows a storage and who holds room on it
    Show {
        /// Its name
        name: String,
    },
    /// Says where a storage lies, how much of it stays free, or how much it may hold
    #[command(group = clap::ArgGroup::new("change").required(true).multiple(true))]
    Set {
        /// Its name
        name: String,
        /// Folder of this machine
        #[arg(long, value_name = "DIR", group = "change", conflicts_with = "connection")]
        path: Option<OsString>,
        /// Connection that leads to it
        #[arg(long, value_name = "ID", group = "change")]
        connection: Option<String>,
        /// Folder below the connection's top; of a connection to S3 without a bucket, the bucket comes first
        #[arg(long, value_name = "FOLDER", requires = "connection")]
        folder: Option<String>,
        /// Share of the whole that stays free, in percent
        #[arg(long, value_name = "PERCENT", group = "change")]
        floor_percent: Option<f64>,
        /// How much it may hold at most, such as 20TiB, for one that does not say how much room it has; 0 for no such limit
        #[arg(long, value_name = "SIZE", group = "change", value_parser = places::size)]
        quota: Option<u64>,
    },
}

pub(crate) fn pair(text: &str) -> Result<(String, String), String> {
    let (key, value) = text.split_once('=').ok_or("there is no `=` in it")?;
    Ok((key.to_owned(), value.to_owned()))
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    #[test]
    fn the_forms_are_sound() {
        super::Cli::command().debug_assert();
    }
}
