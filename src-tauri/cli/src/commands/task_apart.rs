//! `longshore task run`, `expand` and `with`: tasks of runs that another engine keeps. No workspace is opened.

use std::io::Read as _;
use std::path::Path;
use std::sync::Arc;

use longshore_api::worker::{self, Asked, Desk, Ended, LogLine};
use longshore_api::{Class, Fault, Level, Progress};
use serde_json::{Map, Value, json};

use crate::args::tasks::{Apart, Indexed, Run};
use crate::exit::Exit;
use crate::output::Output;
use crate::shell::Shell;

/// Milliseconds between two words on how far it is.
const EACH: u128 = 1000;

pub(super) async fn run(shell: &Shell, args: Run) -> Result<Exit, Fault> {
    let Run { of: Indexed { of, map_index }, attempt, outputs, with_parent, events } = args;
    if with_parent {
        end_with_parent();
    }
    let asked = match asked(of, map_index, attempt) {
        Ok(asked) => asked,
        Err(fault) => return Ok(failed(shell.out, &fault)),
    };
    let (busy, stop) = (shell.alone.begin(), shell.alone.told());
    let desk = Arc::new(Words { out: shell.out, events, told: std::sync::Mutex::new(None) });
    // It goes on by itself until it has stopped, whatever becomes of this command.
    let work = tokio::spawn(async move {
        let ended = worker::run(asked, desk, stop).await;
        drop(busy);
        ended
    });
    let broken =
        |error: tokio::task::JoinError| Fault::fatal("task.broken", "The command broke off", error.to_string());
    let ended =
        work.await.unwrap_or_else(|error| Err(broken(error))).and_then(|ended| written(outputs.as_deref(), ended));
    let say = |state: &str, more: Value| {
        if events {
            eprintln!("{}", json!({"event": "ended", "state": state, "more": more}));
        }
    };
    Ok(match ended {
        Ok(Ended::Done(output)) => {
            say("success", Value::Null);
            shell.out.result(&json!({"state": "success", "output": output}), String::new);
            Exit::Done
        }
        Ok(Ended::Skipped(why)) => {
            say("skipped", json!(why));
            shell.out.result(&json!({"state": "skipped", "why": why}), String::new);
            shell.out.remark(format_args!("skipped: {why}"));
            Exit::Skipped
        }
        Ok(Ended::Stopped) => Exit::Interrupted,
        Ok(Ended::Failed(fault)) | Err(fault) => {
            say("failed", json!(fault));
            failed(shell.out, &fault)
        }
    })
}

/// The kernel tells this process to stop when the one that started it has ended, however that was.
#[cfg(target_os = "linux")]
fn end_with_parent() {
    // A kernel that cannot do it leaves the process as it is.
    let _ = rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::TERM));
}

/// Other systems have no such thing.
#[cfg(not(target_os = "linux"))]
fn end_with_parent() {}

pub(super) async fn expand(shell: &Shell, args: Apart) -> Result<Exit, Fault> {
    let done = match asked(args, None, 1) {
        Ok(asked) => worker::expand(asked).await,
        Err(fault) => Err(fault),
    };
    Ok(printed(shell.out, done.map(|indexes| json!(indexes))))
}

pub(super) async fn with(shell: &Shell, args: Indexed) -> Result<Exit, Fault> {
    let done = match asked(args.of, args.map_index, 1) {
        Ok(asked) => worker::parameters(asked).await,
        Err(fault) => Err(fault),
    };
    match done {
        Ok(Err(why)) => {
            shell.out.remark(format_args!("skipped: {why}"));
            Ok(Exit::Skipped)
        }
        Ok(Ok(with)) => Ok(printed(shell.out, Ok(with))),
        Err(fault) => Ok(failed(shell.out, &fault)),
    }
}

fn printed(out: Output, done: Result<Value, Fault>) -> Exit {
    match done {
        Ok(value) => {
            out.line(&value);
            Exit::Done
        }
        Err(fault) => failed(out, &fault),
    }
}

/// What an engine reads is the code; what people read, the words.
fn failed(out: Output, fault: &Fault) -> Exit {
    out.fault(fault);
    match fault.class {
        _ if fault.code == "worker.kind" => Exit::Elsewhere,
        Class::Transient => Exit::Transient,
        Class::Permanent | Class::Fatal => Exit::Permanent,
    }
}

fn asked(args: Apart, index: Option<u32>, attempt: u32) -> Result<Asked, Fault> {
    let Apart { flow, task, run_id, state, params, params_file, inputs, scheduled_at } = args;
    let object = |file: Option<&Path>| file.map_or_else(|| Ok(Map::new()), read);
    Ok(Asked {
        flow,
        task,
        index,
        run: run_id,
        state,
        params: object(params_file.as_deref())?,
        texts: params,
        inputs: object(inputs.as_deref())?,
        attempt,
        scheduled_at,
    })
}

/// A JSON object from a file, or from standard input.
fn read(file: &Path) -> Result<Map<String, Value>, Fault> {
    let unread = |why: String| {
        Fault::permanent("params.unread", format!("{} was not read", file.display()), why)
            .now("Give a file that holds one JSON object.")
    };
    let mut text = String::new();
    let read = if file.as_os_str() == "-" {
        std::io::stdin().read_to_string(&mut text).map(drop)
    } else {
        std::fs::read_to_string(file).map(|read| text = read)
    };
    read.map_err(|error| unread(error.to_string()))?;
    serde_json::from_str(&text).map_err(|error| unread(error.to_string()))
}

/// Writes the output where it is wanted.
fn written(file: Option<&Path>, ended: Ended) -> Result<Ended, Fault> {
    let (Some(file), Ended::Done(output)) = (file, &ended) else { return Ok(ended) };
    let text = format!("{output}\n");
    if file.as_os_str() == "-" {
        print!("{text}");
        return Ok(ended);
    }
    std::fs::write(file, text).map_err(|error| {
        Fault::transient("task.output", format!("The output was not written to {}", file.display()), error.to_string())
    })?;
    Ok(ended)
}

/// What an attempt says: lines for people, or events for programs.
struct Words {
    out: Output,
    events: bool,
    told: std::sync::Mutex<Option<std::time::Instant>>,
}

impl Desk for Words {
    fn log(&self, line: LogLine) {
        let LogLine { at, level, text, .. } = line;
        if self.events {
            eprintln!("{}", json!({"event": "log", "at": at, "level": level, "text": text}));
        } else if level > Level::Debug {
            let mark = if level >= Level::Warning { crate::commands::word(level) + ": " } else { String::new() };
            self.out.remark(format_args!("{mark}{text}"));
        }
    }

    fn progress(&self, progress: &Progress) {
        if !self.events {
            return;
        }
        let mut told = self.told.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if told.is_none_or(|told| told.elapsed().as_millis() >= EACH) {
            *told = Some(std::time::Instant::now());
            eprintln!("{}", json!({"event": "progress", "progress": progress}));
        }
    }

    fn save_checkpoint(&self, checkpoint: &Value) -> Result<(), Fault> {
        if self.events {
            eprintln!("{}", json!({"event": "checkpoint", "bytes": checkpoint.to_string().len()}));
        }
        Ok(())
    }
}
