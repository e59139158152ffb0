//! The forms of single tasks.

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

fn json(text: &str) -> Result<Value, String> {
    serde_json::from_str(text).map_err(|error| format!("it is no JSON: {error}"))
}

fn output(text: &str) -> Result<(String, Value), String> {
    let (task, value) = super::pair(text)?;
    Ok((task, json(&value)?))
}
