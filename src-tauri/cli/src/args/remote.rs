//! The forms of `longshore remote`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

#[derive(Debug, Subcommand)]
pub(crate) enum Remote {
    /// Lists the flows that an engine knows: DAGs of Airflow, deployments of Prefect
    Flows {
        /// Connection to the engine
        connection: String,
    },
    /// Lists the latest runs of an engine, the newest first
    Runs {
        /// Connection to the engine
        connection: String,
        /// Of this flow alone
        #[arg(long, value_name = "FLOW")]
        flow: Option<String>,
        /// Rows at most
        #[arg(long, default_value_t = 100)]
        limit: u32,
    },
    /// Shows a run and its tasks
    Show(OfRun),
    /// Prints the log of a task run
    Log {
        #[command(flatten)]
        run: OfRun,
        /// The task run, as `show` names it
        task: String,
        /// The attempt; the latest if none is said
        #[arg(long)]
        attempt: Option<u32>,
    },
    /// Starts a run
    Trigger {
        /// Connection to the engine
        connection: String,
        /// The flow, as `flows` names it
        flow: String,
        /// A parameter; its value is read as the flow's parameter wants it
        #[arg(long = "param", value_name = "KEY=VALUE", value_parser = super::pair)]
        params: Vec<(String, String)>,
        /// A JSON file with the parameters, an object
        #[arg(long, value_name = "FILE")]
        params_file: Option<PathBuf>,
        /// The same key gives the same run
        #[arg(long)]
        key: Option<String>,
        /// Why, for the audit log
        #[arg(long, value_name = "TEXT")]
        reason: Option<String>,
    },
    /// Runs what failed in a run again
    Retry {
        #[command(flatten)]
        run: OfRun,
        /// These tasks alone
        #[arg(long = "task", value_name = "TASK")]
        tasks: Vec<String>,
        /// What did not fail too
        #[arg(long)]
        all: bool,
        /// What comes after the tasks too
        #[arg(long)]
        downstream: bool,
        /// Only say what would be run again
        #[arg(long)]
        dry_run: bool,
        /// Why, for the audit log
        #[arg(long, value_name = "TEXT")]
        reason: Option<String>,
    },
    /// Stops a run
    Cancel {
        #[command(flatten)]
        run: OfRun,
        /// Why, for the audit log
        #[arg(long, value_name = "TEXT")]
        reason: Option<String>,
    },
    /// Stops the schedule of a flow
    Pause(OfFlow),
    /// Lets the schedule of a flow go on
    Resume(OfFlow),
}

/// A flow of an engine.
#[derive(Debug, Args)]
pub(crate) struct OfFlow {
    /// Connection to the engine
    pub connection: String,
    /// The flow, as `flows` names it
    pub flow: String,
    /// Why, for the audit log
    #[arg(long, value_name = "TEXT")]
    pub reason: Option<String>,
}

/// A run of an engine.
#[derive(Debug, Args)]
pub(crate) struct OfRun {
    /// Connection to the engine
    pub connection: String,
    /// The run, as `runs` names it
    pub run: String,
    /// Its flow, which Airflow needs
    #[arg(long, value_name = "FLOW", default_value = "")]
    pub flow: String,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ImportOf {
    /// Variables, connections and pools of a running Apache Airflow
    Airflow(ImportFrom),
    /// Variables, blocks that lead to an S3, and limits of a running Prefect
    Prefect(ImportFrom),
}

#[derive(Debug, Args)]
pub(crate) struct ImportFrom {
    /// Connection to the engine
    pub connection: String,
    /// Change what is there under the same name
    #[arg(long)]
    pub replace: bool,
    /// Say what would be done, and do nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Why, for the audit log
    #[arg(long, value_name = "TEXT")]
    pub reason: Option<String>,
}
