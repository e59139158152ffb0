//! The forms about flows and their schedules.

use std::path::PathBuf;

use clap::error::ErrorKind;
use clap::{Args, CommandFactory as _, Subcommand};

#[derive(Debug, Subcommand)]
pub(crate) enum Flow {
    /// Lists the flows in force
    List,
    /// Shows a flow: tasks, parameters, file
    Show {
        /// Its id
        flow: String,
    },
    /// Checks flow files and says what is wrong, with file, line and column
    Check {
        /// Flow files
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
    },
    /// Prints the JSON Schema of flow files
    Schema,
    /// Starts a flow
    Run(FlowRun),
    /// Lists the versions of a flow, newest first
    Versions {
        /// Its id
        flow: String,
    },
    /// Shows how two versions of a flow differ
    Diff {
        /// Its id
        flow: String,
        /// The older version, or its first letters
        a: String,
        /// The newer version, or its first letters
        b: String,
    },
    /// Copies a flow into the workspace's folder `flows`, to be changed there
    Copy {
        /// Its id
        flow: String,
        /// Id of the copy [default: my_ and its id]
        #[arg(long = "as", value_name = "ID")]
        name: Option<String>,
        /// Why, for the audit log
        #[arg(long, value_name = "TEXT")]
        reason: Option<String>,
    },
    /// Starts the runs that a schedule would have started in a time gone by; those that are there are not started again
    Backfill(Backfill),
}

#[derive(Debug, Args)]
pub(crate) struct Backfill {
    /// Id of the flow
    pub flow: String,
    /// From this time on: `2026-03-01` or `2026-03-01T06:00`, in the schedule's time zone
    #[arg(long, value_name = "TIME")]
    pub from: String,
    /// Up to this time; a date alone means its end
    #[arg(long, value_name = "TIME")]
    pub to: String,
    /// Which of the flow's schedules, from 0 [default: the first that has times]
    #[arg(long, value_name = "N")]
    pub schedule: Option<u32>,
    /// How many of these runs may be unfinished at once
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub max_active: Option<u32>,
    /// Say what would be started, and do nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Why, for the audit log
    #[arg(long, value_name = "TEXT")]
    pub reason: Option<String>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Schedule {
    /// Lists the schedules in force
    List,
    /// Lists what is due next, over all flows or of one
    Next {
        /// Id of a flow
        flow: Option<String>,
        /// How many times
        #[arg(long, default_value_t = 20, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=500))]
        count: u32,
    },
    /// Pauses the schedules of a flow; its runs go on
    Pause {
        /// Id of the flow
        flow: String,
        /// Why
        #[arg(long, value_name = "TEXT")]
        reason: Option<String>,
    },
    /// Lets the schedules of a flow go on; what was due meanwhile is not made up for
    Resume {
        /// Id of the flow
        flow: String,
        /// Why, for the audit log
        #[arg(long, value_name = "TEXT")]
        reason: Option<String>,
    },
}

#[derive(Debug, Args)]
pub(crate) struct FlowRun {
    #[command(flatten)]
    pub of: FlowWith,
    /// A run of this flow with the same key that exists is given back instead of a new one
    #[arg(long)]
    pub key: Option<String>,
    /// Of what could start, the highest starts first; it may be negative [default: 0]
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub priority: Option<i32>,
    /// Wait for it
    #[arg(long)]
    pub wait: bool,
}

/// Runs: one of the commands, or one run in a workspace of its own.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct Runs {
    #[command(subcommand)]
    pub command: Option<super::Run>,
    #[command(flatten)]
    pub apart: Apart,
}

impl Runs {
    /// Ends the program as wrong usage does.
    pub(crate) fn say_what_is_missing() -> ! {
        let mut all = super::Cli::command();
        all.build();
        let run = all.find_subcommand_mut("run").expect("it is one of the commands");
        run.error(ErrorKind::MissingSubcommand, "a command, or --local with a flow, is needed").exit()
    }
}

/// A run in a workspace of its own.
#[derive(Debug, Args)]
pub(crate) struct Apart {
    /// Carries out a flow, by its id or its file, here and now, in a workspace made for this run alone
    ///
    /// It takes variables, limits, connections and flow files from the workspace, and nothing else: its storages are empty folders that go away with it, whatever the end.
    #[arg(long, value_name = "FLOW_OR_FILE")]
    pub local: Option<String>,
    #[command(flatten)]
    pub given: Given,
    /// Leave the workspace of the run where it is, and say where
    #[arg(long, requires = "local")]
    pub keep: bool,
}

/// A flow and its parameters.
#[derive(Debug, Args)]
pub(crate) struct FlowWith {
    /// Id of a flow in force, or a flow file
    #[arg(value_name = "FLOW_OR_FILE")]
    pub flow: String,
    #[command(flatten)]
    pub given: Given,
}

/// Parameters of a flow.
#[derive(Debug, Args)]
pub(crate) struct Given {
    /// A parameter; its value is read as the flow's parameter wants it
    #[arg(long = "param", value_name = "KEY=VALUE", value_parser = super::pair)]
    pub params: Vec<(String, String)>,
    /// A secret parameter, whose value is asked for: at the terminal unseen, else the next line of standard input
    #[arg(long = "secret", value_name = "KEY")]
    pub secrets: Vec<String>,
    /// A JSON file with the parameters, an object
    #[arg(long, value_name = "FILE")]
    pub params_file: Option<PathBuf>,
}
