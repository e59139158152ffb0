//! `shell`: a command or a script of the operator's, as a group of processes of its own.
//!
//! A group never outlives the attempt that started it. A watcher, a few lines of `sh` that hold the group's number, ends it when
//! Longshore itself vanishes; should the watcher have been killed as well, the next attempt finds the group by the checkpoint and
//! ends it before it starts its own.

mod folder;
mod group;
mod job;
mod log_file;
mod os;
mod proof;

use std::collections::BTreeMap;

use async_trait::async_trait;
use longshore_engine::Fault;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::kind::{Context, Done, Need, Services, TypedKind};
use crate::scalar::Scalar;
use crate::span::Span;

pub(super) use folder::{LARGEST_OUTPUT, read_output};
pub(super) use job::no_program;
pub(super) use log_file::LogFile;

/// Parameters of `shell`.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct With {
    /// Program and arguments. Arguments are seen by every user of the machine: secrets go into `env`.
    pub command: Option<Vec<Scalar>>,
    /// Text of a script, in the place of `command`. It is written to a file that only this user can read.
    pub script: Option<String>,
    /// Shell of the script: program and arguments, such as `[/bin/bash, -euo, pipefail]`.
    #[serde(default = "sh")]
    pub shell: Vec<String>,
    /// Variables of its environment. Besides these it has only `PATH`, `HOME`, `LANG` and `TZ` as Longshore has them, and
    /// `LONGSHORE_RUN`, `LONGSHORE_TASK`, `LONGSHORE_INDEX`, `LONGSHORE_ATTEMPT` and `LONGSHORE_OUTPUT`.
    pub env: BTreeMap<String, Scalar>,
    /// Variables of its environment whose values are secrets that are kept elsewhere: `file:PATH`, `env:NAME`, `vault:MOUNT/PATH#FIELD`. They
    /// are hidden in all that the program writes.
    pub secrets: BTreeMap<String, String>,
    /// Working folder: an absolute path, or STORAGE:PATH of a storage on this machine. Without it, a folder in the scratch storage
    /// that every attempt of the task run finds again, and that goes once one has succeeded.
    pub folder: Option<String>,
    /// An expression that must be true once the program has ended well, on `output`: without it, exit code 0 is enough. One such as
    /// `output.synced > 0` tells a program that did its work from one that only ended.
    pub expect: Option<String>,
    /// A file that what it writes is appended to besides: an absolute path. `%Y-%m-%d` and the like stand for the time of the attempt, by the
    /// clock on the wall; folders above are made.
    pub log_file: Option<String>,
    /// How long it may work. It is ended then, with all that it has started, and the task fails as one that another try may mend.
    pub timeout: Option<Span>,
    /// What an exit code means. 0 is success, every other code that is not named here a failure that is retried as the task says.
    #[serde(default = "skip_99")]
    pub exit_codes: BTreeMap<u8, Meaning>,
}

pub(super) fn sh() -> Vec<String> {
    vec!["/bin/sh".into(), "-e".into()]
}

pub(super) fn skip_99() -> BTreeMap<u8, Meaning> {
    [(99, Meaning::Skip)].into()
}

/// What an exit code means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Meaning {
    /// Done.
    Success,
    /// There was nothing to do: the task run is skipped.
    Skip,
    /// Another try may do.
    Retry,
    /// Failed, and another try would fail too.
    Fail,
}

/// `shell`.
pub struct Shell;

#[async_trait]
impl TypedKind for Shell {
    type With = With;
    /// The file that `$LONGSHORE_OUTPUT` names, if the program wrote it, else the last line of its standard output: as JSON if it
    /// is that, else as text.
    type Output = Value;
    const NAME: &'static str = "shell";
    const TITLE: &'static str = "Runs a command or a script";

    async fn plan(&self, with: With, _: &Services) -> Result<Need, Fault> {
        job::checked(&with).map(|()| Need::default())
    }

    async fn run(&self, with: With, context: Context) -> Result<Done<Value>, Fault> {
        job::run(with, context).await
    }
}
