//! `ssh.command`: a command or a script on a machine that a connection leads to by SSH.
//!
//! It never outlives the attempt that started it: one that is told to stop sends TERM to the group of processes, and one that begins after
//! the connection, or Longshore itself, was lost ends what it finds still at work by the number in its checkpoint.

mod text;

use std::collections::BTreeMap;

use async_trait::async_trait;
use longshore_connectors::sftp::{Command, Ended, Output, Sftp};
use longshore_engine::{Class, Fault};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::program_says::Says;
use super::shell::{Meaning, read_output, sh, skip_99};
use crate::attempt::blocking;
use crate::faults::{self, ToldAt as _};
use crate::kind::{Context, Done, Level, Need, Services, TypedKind};
use crate::scalar::Scalar;
use crate::temporary::{Given, opened, opened_for_plan};

/// Parameters of `ssh.command`.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct With {
    /// Connection to the machine, of the kind `sftp` (`ssh`).
    pub connection: String,
    /// Program and arguments. Arguments are seen by every user of the machine: secrets go into `env`.
    pub command: Option<Vec<Scalar>>,
    /// Text of a script, in the place of `command`. It is sent by standard input and seen by nobody; what it starts has no input.
    pub script: Option<String>,
    /// Shell that reads the script: program and arguments of a POSIX shell, such as `[/bin/bash, -euo, pipefail]`.
    #[serde(default = "sh")]
    pub shell: Vec<String>,
    /// Variables of its environment, besides those of the login and `LONGSHORE_RUN`, `LONGSHORE_TASK`, `LONGSHORE_INDEX` and
    /// `LONGSHORE_ATTEMPT`.
    pub env: BTreeMap<String, Scalar>,
    /// Working folder on the machine. Without it, where the login arrives.
    pub folder: Option<String>,
    /// What an exit code means. 0 is success, every other code that is not named here a failure that is retried as the task says.
    #[serde(default = "skip_99")]
    pub exit_codes: BTreeMap<u8, Meaning>,
    /// Connections that are there for this run only, in memory and nowhere else, and gone when it ends.
    pub connections: Vec<Given>,
}

/// What a checkpoint holds: the process that leads the command's group on the machine.
#[derive(Debug, Serialize, Deserialize)]
struct Saved {
    process: u32,
}

/// `ssh.command`.
pub struct SshCommand;

#[async_trait]
impl TypedKind for SshCommand {
    type With = With;
    /// The last line of its standard output that is not empty: as JSON if it is that, else as text.
    type Output = Value;
    const NAME: &'static str = "ssh.command";
    const TITLE: &'static str = "Runs a command or a script on a machine over SSH";

    async fn plan(&self, with: With, services: &Services) -> Result<Need, Fault> {
        text::checked(&with)?;
        let storages = services.storages.clone();
        blocking(move || {
            let storages = opened_for_plan(storages, &with.connections)?;
            commands(&with.connection, storages.storage(&with.connection)?.as_any()).map(|_| Need::default())
        })
        .await
    }

    async fn run(&self, with: With, context: Context) -> Result<Done<Value>, Fault> {
        blocking(move || run(&with, &context)).await
    }
}

fn run(with: &With, context: &Context) -> Result<Done<Value>, Fault> {
    text::checked(with)?;
    text::no_secret_is_seen(with, context)?;
    let storages = opened(context.services.storages.clone(), &with.connections)?;
    let command = commands(&with.connection, storages.storage(&with.connection)?.as_any())?;
    end_leftover(&command, with, context)?;
    let (ended, last) = follow(&command, with, context)?;
    context.forget_checkpoint()?;
    if ended.cancelled {
        return Err(faults::cancelled());
    }
    outcome(with, &ended, last)
}

/// Commands on the machine that a connection leads to.
fn commands(connection: &str, storage: &dyn std::any::Any) -> Result<Command, Fault> {
    storage.downcast_ref::<Sftp>().map(Sftp::command).ok_or_else(|| {
        let what = format!("No command can be run by the connection {connection}");
        Fault::permanent("connection.wrong", what, "it does not lead to a machine over SSH")
    })
}

/// What an earlier attempt left at work, because it was cut off, ends before it is begun anew.
fn end_leftover(command: &Command, with: &With, context: &Context) -> Result<(), Fault> {
    let saved = context.host.checkpoint().and_then(|saved| serde_json::from_value::<Saved>(saved).ok());
    let Some(Saved { process }) = saved else { return Ok(()) };
    let script = text::end(process, context);
    let mut said = Vec::new();
    let mut tell = |output: Output<'_>| {
        if let Output::Out(bytes) = output {
            said.extend_from_slice(bytes);
        }
    };
    let go_on = || !context.host.cancelled();
    let ended = command.run("exec /bin/sh", script.as_bytes(), &mut tell, &go_on).told_at(&with.connection)?;
    context.go_on()?;
    match (ended.code, said.is_empty()) {
        (0, true) => Ok(()),
        (0, false) => {
            let text =
                format!("The command of an earlier attempt was still at work as process {process}; it was ended");
            context.host.log(Level::Warning, &text);
            Ok(())
        }
        _ => {
            let what =
                format!("The command was not started: that of an earlier attempt, process {process}, does not end");
            Err(Fault::transient("ssh.leftover", what, "it was sent TERM and KILL"))
        }
    }
}

/// Runs it to its end. Gives how it ended, and the last line that it wrote.
fn follow(command: &Command, with: &With, context: &Context) -> Result<(Ended, Option<Vec<u8>>), Fault> {
    let (line, script) = (text::line(with, context), text::script(with));
    let (mut out, mut err) = (Says::new(context, Level::Info), Says::new(context, Level::Warning));
    let mut saved = Ok(());
    let mut tell = |output: Output<'_>| match output {
        Output::Begun(process) => saved = context.save(&Saved { process }),
        Output::Out(bytes) => out.hear(bytes),
        Output::Err(bytes) => err.hear(bytes),
    };
    let ended = command.run(&line, script.as_bytes(), &mut tell, &|| !context.host.cancelled());
    err.end();
    let last = out.end();
    let ended = ended.told_at(&with.connection)?;
    saved?;
    Ok((ended, last))
}

fn outcome(with: &With, ended: &Ended, last: Option<Vec<u8>>) -> Result<Done<Value>, Fault> {
    let meaning = match (ended.code, &ended.signal) {
        (0, None) => Meaning::Success,
        (code, None) => {
            u8::try_from(code).ok().and_then(|code| with.exit_codes.get(&code)).copied().unwrap_or(Meaning::Retry)
        }
        (_, Some(_)) => Meaning::Retry,
    };
    let ending =
        ended.signal.as_ref().map_or_else(|| format!("exit code {}", ended.code), |name| format!("signal {name}"));
    let failed = |class| {
        let what = format!("The command on {} failed", with.connection);
        Err(Fault::new(class, "ssh.command", what, format!("it ended with {ending}"))
            .now("See what it wrote in the log of the attempt."))
    };
    match meaning {
        Meaning::Success => {
            Ok(last.map(|line| read_output(&String::from_utf8_lossy(&line))).unwrap_or_default().into())
        }
        Meaning::Skip => Ok(Done::Skipped(format!("the command ended with {ending}"))),
        Meaning::Retry => failed(Class::Transient),
        Meaning::Fail => failed(Class::Permanent),
    }
}
