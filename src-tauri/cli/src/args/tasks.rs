//! The forms of single tasks.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde_json::Value;

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
    /// Tries a task by itself: no run is made and nothing is written down; what it does outside of Longshore, it does
    Test(Test),
}

#[derive(Debug, Args)]
pub(crate) struct Test {
    /// Id of a flow in force, or a flow file
    #[arg(value_name = "FLOW_OR_FILE")]
    pub flow: String,
    /// Task
    pub task: String,
    /// A parameter; its value is read as the flow's parameter wants it
    #[arg(long = "param", value_name = "KEY=VALUE", value_parser = super::pair)]
    pub params: Vec<(String, String)>,
    /// A secret parameter, whose value is asked for: at the terminal unseen, else the next line of standard input
    #[arg(long = "secret", value_name = "KEY")]
    pub secrets: Vec<String>,
    /// A JSON file with the parameters, an object
    #[arg(long, value_name = "FILE")]
    pub params_file: Option<PathBuf>,
    /// The item, of a mapped task
    #[arg(long, value_name = "JSON", value_parser = json)]
    pub item: Option<Value>,
    /// Output of a task whose output it uses; may be given again
    #[arg(long = "output", value_name = "TASK=JSON", value_parser = output)]
    pub outputs: Vec<(String, Value)>,
}

fn json(text: &str) -> Result<Value, String> {
    serde_json::from_str(text).map_err(|error| format!("it is no JSON: {error}"))
}

fn output(text: &str) -> Result<(String, Value), String> {
    let (task, value) = super::pair(text)?;
    Ok((task, json(&value)?))
}
