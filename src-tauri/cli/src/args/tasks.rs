//! The forms of single tasks.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde_json::Value;

use super::FlowWith;

#[derive(Debug, Subcommand)]
pub(crate) enum Task {
    /// Answers a task that waits for approval
    Answer {
        /// Run
        run: String,
        /// Task
        task: String,
        /// Map index of it
        #[arg(long, value_name = "N")]
        index: Option<u32>,
        /// Let it go on
        #[arg(long, required_unless_present = "reject")]
        approve: bool,
        /// Fail it
        #[arg(long, conflicts_with = "approve")]
        reject: bool,
        /// Why; kept with the answer
        #[arg(long, value_name = "TEXT")]
        reason: Option<String>,
    },
    /// Carries out one task run for another engine, with no workspace: what the tasks of a run tell each other lies in --state
    #[command(after_help = RUN_CODES)]
    Run(Run),
    /// Prints the map indexes of a mapped task as a JSON list, for an engine that starts a task run for each
    Expand(Apart),
    /// Prints what a task run is given, rendered, as JSON
    With(Indexed),
    /// Tries a task by itself: no run is made and nothing is written down; what it does outside of Longshore, it does
    Test(Test),
}

#[derive(Debug, Args)]
pub(crate) struct Test {
    #[command(flatten)]
    pub of: FlowWith,
    /// Task
    pub task: String,
    /// The item, of a mapped task
    #[arg(long, value_name = "JSON", value_parser = json)]
    pub item: Option<Value>,
    /// Output of a task whose output it uses; may be given again
    #[arg(long = "output", value_name = "TASK=JSON", value_parser = output)]
    pub outputs: Vec<(String, Value)>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Export {
    /// A DAG file for each flow
    Airflow {
        #[command(flatten)]
        of: Exported,
        /// The engine's generation
        #[arg(long, value_name = "VERSION", value_parser = ["3", "2.10"], default_value = "3")]
        airflow: String,
    },
    /// A flow file for each flow, and the file that deploys them to a process work pool
    Prefect(Exported),
}

#[derive(Debug, Args)]
pub(crate) struct Exported {
    /// Built-in flows, or paths of flow files
    #[arg(required = true, value_name = "FLOW")]
    pub flows: Vec<String>,
    /// Folder to write to, made if need be
    #[arg(long, value_name = "DIR", default_value = ".")]
    pub out: PathBuf,
    /// What all workers share, written into the files: a folder, or CONNECTION:PATH [default: LONGSHORE_STATE of each worker]
    #[arg(long, value_name = "PLACE")]
    pub state: Option<String>,
    /// Slots of a limit, for the commands that make it; may be given again [default: those of the workspace]
    #[arg(long = "limit", value_name = "NAME=SLOTS", value_parser = super::pair)]
    pub limits: Vec<(String, String)>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Ledger {
    /// Takes what workers have done to datasets into the ledger. Done again, it changes nothing
    Import {
        /// What the workers share: a folder, or CONNECTION:PATH
        place: String,
        /// Why, for the audit log
        #[arg(long, value_name = "TEXT")]
        reason: Option<String>,
    },
    /// Gives workers what the ledger holds of a dataset
    Export {
        /// Its identifier or name
        dataset: String,
        /// What the workers share: a folder, or CONNECTION:PATH
        place: String,
        /// Why, for the audit log
        #[arg(long, value_name = "TEXT")]
        reason: Option<String>,
    },
}

const RUN_CODES: &str = "\
Exit codes: 0 done, 65 failed and another try would fail as well, 75 failed and another try may do, \
78 only a workspace's own engine carries out tasks of this kind, 99 nothing to do (skipped), 130 stopped.";

/// A task of a run that another engine keeps.
#[derive(Debug, Args)]
pub(crate) struct Apart {
    /// A built-in flow, or the path of a flow file
    #[arg(long, value_name = "FLOW")]
    pub flow: String,
    /// Task
    #[arg(long, value_name = "TASK")]
    pub task: String,
    /// The run's id, as the engine knows it
    #[arg(long, value_name = "ID")]
    pub run_id: String,
    /// What all workers of the run share: a folder, or CONNECTION:PATH
    #[arg(long, value_name = "PLACE", env = "LONGSHORE_STATE", hide_env_values = true)]
    pub state: String,
    /// A parameter of the run; may be given again. Of a secret one a reference: env:NAME, file:PATH or vault:MOUNT/PATH#FIELD
    #[arg(long = "param", value_name = "KEY=VALUE", value_parser = super::pair)]
    pub params: Vec<(String, String)>,
    /// Parameters as a JSON object in a file; - is standard input
    #[arg(long, value_name = "FILE")]
    pub params_file: Option<PathBuf>,
    /// Outputs of tasks as a JSON object in a file, in place of those in --state; - is standard input
    #[arg(long, value_name = "FILE")]
    pub inputs: Option<PathBuf>,
    /// When the run was due, if a schedule started it
    #[arg(long, value_name = "TIME")]
    pub scheduled_at: Option<String>,
}

/// A task run of it.
#[derive(Debug, Args)]
pub(crate) struct Indexed {
    #[command(flatten)]
    pub of: Apart,
    /// Map index, of a mapped task
    #[arg(long, value_name = "N")]
    pub map_index: Option<u32>,
}

#[derive(Debug, Args)]
pub(crate) struct Run {
    #[command(flatten)]
    pub of: Indexed,
    /// Which attempt this is
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    pub attempt: u32,
    /// Write the output here as JSON too; - is standard output
    #[arg(long, value_name = "FILE")]
    pub outputs: Option<PathBuf>,
    /// Stop when the process that started this one has gone (Linux)
    #[arg(long)]
    pub with_parent: bool,
    /// Log, progress and end as lines of JSON on standard error
    #[arg(long)]
    pub events: bool,
}

fn json(text: &str) -> Result<Value, String> {
    serde_json::from_str(text).map_err(|error| format!("it is no JSON: {error}"))
}

fn output(text: &str) -> Result<(String, Value), String> {
    let (task, value) = super::pair(text)?;
    Ok((task, json(&value)?))
}
