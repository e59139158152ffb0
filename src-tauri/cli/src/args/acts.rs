//! The forms of what an operator sets, and of who did what.

use std::ffi::OsString;

use clap::{Args, Subcommand};
use longshore_api::RunState;
use longshore_api::wire::{MarkState, RunSort};
use serde_json::Value;

/// Which runs something is done to, and whether it is.
#[derive(Debug, Args)]
pub(crate) struct Which {
    /// Their ids
    #[arg(value_name = "RUN", required_unless_present = "filter")]
    pub runs: Vec<String>,
    /// All runs of which this is true: flow=ID, dataset=PID, state=failed, since=2d, until=2026-11-03, text=WORD; may be given again
    #[arg(long, value_name = "KEY=VALUE", value_parser = super::pair)]
    pub filter: Vec<(String, String)>,
    /// Say what would be done, and do nothing
    #[arg(long, visible_alias = "preview")]
    pub dry_run: bool,
    /// Do it if it is this many runs, and else nothing
    #[arg(long, value_name = "N")]
    pub expect: Option<u32>,
    /// Do it to all that the filter finds, however many they are
    #[arg(long, conflicts_with = "expect")]
    pub yes: bool,
    /// Why, for the audit log
    #[arg(long, value_name = "TEXT")]
    pub reason: Option<String>,
}

/// A run's state by its word.
pub(super) fn state(word: &str) -> Result<RunState, String> {
    of_word(word).ok_or_else(|| "one of queued, running, paused, success, failed, cancelling, cancelled".to_owned())
}

/// What runs are sorted by.
pub(super) fn sort(word: &str) -> Result<RunSort, String> {
    of_word(word).ok_or_else(|| "one of created, started, ended, duration".to_owned())
}

/// How a task is said to have ended.
pub(super) fn mark(word: &str) -> Result<MarkState, String> {
    of_word(word).ok_or_else(|| "one of success, failed, skipped".to_owned())
}

/// A value.
pub(super) fn json(text: &str) -> Result<Value, String> {
    serde_json::from_str(text).map_err(|error| error.to_string())
}

/// The value that a word stands for on the wire.
pub(crate) fn of_word<T: serde::de::DeserializeOwned>(word: &str) -> Option<T> {
    serde_json::from_value(serde_json::Value::String(word.to_owned())).ok()
}

#[derive(Debug, Subcommand)]
pub(crate) enum Scicat {
    /// Lists what SciCat has to be told and was not yet, and why
    Pending {
        /// What it was told too, the newest first
        #[arg(long)]
        all: bool,
        /// Rows at most
        #[arg(long, default_value_t = 1000)]
        limit: u32,
    },
    /// Tells SciCat now, what it refused before included
    Send,
    /// Decides that SciCat need not be told something, so that what waits behind it goes on
    Drop {
        /// Its number, as `pending` shows it
        message: i64,
        /// Why, for the audit log
        #[arg(long, value_name = "TEXT")]
        reason: Option<String>,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum Work {
    /// Lists works, and when each was requested, restored, downloaded, debagged and synced
    List {
        /// Rows at most
        #[arg(long, default_value_t = 1000)]
        limit: u32,
    },
    /// Lists the messages of queues that ask for works, and why one came to nothing
    Messages {
        /// Those that are done too
        #[arg(long)]
        all: bool,
        /// Rows at most
        #[arg(long, default_value_t = 1000)]
        limit: u32,
    },
    /// Deletes a message that came to nothing from its queue: what it asks for is not done
    Drop(HeldMessage),
    /// Gives a message that came to nothing back to its queue, where it counts as one that has just come
    Return(HeldMessage),
}

/// A message of a queue.
#[derive(Debug, Args)]
pub(crate) struct HeldMessage {
    /// Its id, as `messages` shows it
    pub message: String,
    /// URL of its queue, where messages of several have that id
    #[arg(long, value_name = "URL")]
    pub queue: Option<String>,
    /// Why, for the audit log
    #[arg(long, value_name = "TEXT")]
    pub reason: Option<String>,
}

/// Which lines of a run's log.
#[derive(Debug, Args)]
pub(crate) struct Lines {
    /// Only of this task
    pub task: Option<String>,
    /// Only of this map index
    #[arg(long, value_name = "N")]
    pub index: Option<u32>,
    /// Only of this attempt
    #[arg(long, value_name = "N")]
    pub attempt: Option<u32>,
    /// Only this level and graver ones: debug, info, warning, error
    #[arg(long, value_name = "LEVEL", value_parser = ["debug", "info", "warning", "error"])]
    pub level: Option<String>,
    /// Only with this in the text
    #[arg(long, value_name = "TEXT")]
    pub search: Option<String>,
    /// Write them to this file, which must not be there yet
    #[arg(long, value_name = "FILE", conflicts_with_all = ["level", "search"])]
    pub output: Option<std::ffi::OsString>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Log {
    /// Searches the logs of all runs, the newest run first
    Search {
        /// Text; ASCII letters in either case
        text: String,
        /// Only this level and graver ones: debug, info, warning, error
        #[arg(long, value_name = "LEVEL", value_parser = ["debug", "info", "warning", "error"])]
        level: Option<String>,
        /// At most so many lines
        #[arg(long, default_value_t = 200, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
        limit: u32,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum Db {
    /// Reads all of it and says what is wrong; 1 if something is
    Check,
    /// Copies it into a new file while it is in use; the copy is read back
    Backup {
        /// The file, which must not be there yet
        file: std::ffi::OsString,
    },
    /// Gives what was deleted back to the file system; refused while runs work
    Vacuum,
    /// Puts a backup in its place; refused while a process uses the workspace. What was there is kept beside it
    Restore {
        /// The backup
        file: std::ffi::OsString,
    },
}

fn role(word: &str) -> Result<longshore_api::wire::UserRole, String> {
    of_word(word).ok_or_else(|| "admin or viewer is wanted".to_owned())
}

#[derive(Debug, Args)]
// Each is a switch of its own.
#[allow(clippy::struct_excessive_bools)]
pub(crate) struct Serve {
    /// Answer /metrics, in the form of Prometheus, and /healthz on the loopback
    #[arg(long)]
    pub metrics: bool,
    /// Answer the REST interface of the archiver on the loopback, below / and /archiver/api/v1: jobs, uploads, health
    #[arg(long)]
    pub archiver_api: bool,
    /// Anybody on this machine may use it; otherwise uploads are for those whom SciCat knows, and jobs for who is in --archiver-jobs
    #[arg(long, requires = "archiver_api")]
    pub archiver_open: bool,
    /// A file with user:password of who may start jobs, or the folder with jobsusername.txt and jobspassword.txt of the former service
    #[arg(long, value_name = "PATH", requires = "archiver_api", conflicts_with = "archiver_open")]
    pub archiver_jobs: Option<std::path::PathBuf>,
    /// A group of SciCat that may upload; may be given again, any will do if none is given
    #[arg(long, value_name = "GROUP", requires = "archiver_api", conflicts_with = "archiver_open")]
    pub archiver_group: Vec<String>,
    /// Answer Airflow's REST interface, /api/v1 and /api/v2, to the users of the workspace (see `longshore user`)
    #[arg(long)]
    pub airflow_api: bool,
    /// Answer Airflow's interface at this address of its own; one that other machines reach needs --tls-cert and --tls-key
    #[arg(long, value_name = "ADDR:PORT", requires = "airflow_api")]
    pub listen: Option<std::net::SocketAddr>,
    /// A certificate in PEM, with those above it
    #[arg(long, value_name = "FILE", requires = "tls_key", requires = "listen")]
    pub tls_cert: Option<std::path::PathBuf>,
    /// The certificate's private key in PEM
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    pub tls_key: Option<std::path::PathBuf>,
    /// On this port, 0 for any that is free [default: 9464]
    #[arg(long, value_name = "PORT")]
    pub port: Option<u16>,
    /// Post an OpenLineage event to this server for each start and end of a run
    #[arg(long, value_name = "URL", conflicts_with = "lineage_file")]
    pub lineage_url: Option<String>,
    /// Append these events to this file, one a line
    #[arg(long, value_name = "FILE")]
    pub lineage_file: Option<std::path::PathBuf>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Limit {
    /// Lists the limits, and who holds their slots
    List,
    /// Makes or changes a limit; takes effect at once, and what holds a slot keeps it
    Set {
        /// Its name
        name: String,
        /// Task runs that may hold it at once; with 0 nothing that names it starts
        slots: u32,
        /// Why, for the audit log
        #[arg(long, value_name = "TEXT")]
        reason: Option<String>,
    },
    /// Removes a limit; what names it waits until there is one again
    Remove {
        /// Its name
        name: String,
        /// Why, for the audit log
        #[arg(long, value_name = "TEXT")]
        reason: Option<String>,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum User {
    /// Lists the users of interfaces that are reached over a network, such as Airflow's
    List,
    /// Makes a user; the password is asked for at the terminal, or read as a line from standard input
    Add {
        /// Name: letters, digits, `.`, `-`, `_` and `@`
        name: String,
        /// What they may do: admin for everything, viewer to look
        #[arg(long, value_name = "ROLE", default_value = "admin", value_parser = role)]
        role: longshore_api::wire::UserRole,
        /// Why, for the audit log
        #[arg(long, value_name = "TEXT")]
        reason: Option<String>,
    },
    /// Gives a user another password, which is asked for or read as of `add`
    Password {
        /// Their name
        name: String,
        /// Why, for the audit log
        #[arg(long, value_name = "TEXT")]
        reason: Option<String>,
    },
    /// Removes a user
    Remove {
        /// Their name
        name: String,
        /// Why, for the audit log
        #[arg(long, value_name = "TEXT")]
        reason: Option<String>,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum Variable {
    /// Lists the variables in force
    List,
    /// Sets a variable; runs that have started keep the value that they started with
    Set {
        /// Its name: lower-case letters, digits and `_`
        name: String,
        /// Its value: JSON, or else a text
        value: String,
        /// Why, for the audit log
        #[arg(long, value_name = "TEXT")]
        reason: Option<String>,
    },
    /// Removes a variable: what is built in holds again
    Remove {
        /// Its name
        name: String,
        /// Why, for the audit log
        #[arg(long, value_name = "TEXT")]
        reason: Option<String>,
    },
    /// Takes variables over from JSON (Airflow's export), TOML with sections, or lines of NAME=VALUE; says line by line what became of
    /// each; 1 if nothing was taken
    Import {
        /// The file; `-` for standard input
        file: std::ffi::OsString,
        /// Change what is there under the same name
        #[arg(long)]
        replace: bool,
        /// Only say what would be done
        #[arg(long)]
        dry_run: bool,
        /// Why, for the audit log
        #[arg(long, value_name = "TEXT")]
        reason: Option<String>,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum Archiver {
    /// Takes over its variables (TOML with sections, .env), concurrency limits and secrets, makes connections and storages of them, and says
    /// line by line what became of each; 1 if something that is needed is missing or could not be brought into force
    Import {
        /// Its files, or the folder that they lie in; of what two files say the first counts
        #[arg(required = true, value_name = "PATH")]
        paths: Vec<OsString>,
        /// Change what is there under the same name
        #[arg(long)]
        replace: bool,
        /// Only say what would be done
        #[arg(long)]
        dry_run: bool,
        /// Why, for the audit log
        #[arg(long, value_name = "TEXT")]
        reason: Option<String>,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum Profile {
    /// Lists them, and says which one is on
    List,
    /// Makes a profile, or gives one another colour; it is not switched to
    Set {
        /// Name: lower-case letters, digits, `-` and `_`
        name: String,
        /// Colour [default: by the name: production red, development green]
        #[arg(long, value_parser = ["green", "blue", "amber", "red"])]
        colour: Option<String>,
        /// Why, for the audit log
        #[arg(long, value_name = "TEXT")]
        reason: Option<String>,
    },
    /// Switches to a profile: every command and window that names none opens it from now on
    Use {
        /// Name
        name: String,
        /// Why, for the audit log
        #[arg(long, value_name = "TEXT")]
        reason: Option<String>,
    },
    /// Forgets a profile; its folder stays
    Remove {
        /// Name
        name: String,
        /// Why, for the audit log
        #[arg(long, value_name = "TEXT")]
        reason: Option<String>,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum Audit {
    /// Lists who did what, newest first
    List {
        /// Only this operation, or those of this noun (`run` for `run.cancel`)
        #[arg(long)]
        op: Option<String>,
        /// Only what was done to this: a kind, a name, or both (`run 01J...`)
        #[arg(long)]
        object: Option<String>,
        /// Only by this user
        #[arg(long)]
        by: Option<String>,
        /// At or after this time: `2026-11-03`, `2026-11-03T14:00`, or `2h` ago
        #[arg(long, value_name = "TIME")]
        since: Option<String>,
        /// Before this time
        #[arg(long, value_name = "TIME")]
        until: Option<String>,
        /// At most so many
        #[arg(long, default_value_t = 50, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
        limit: u32,
    },
}
