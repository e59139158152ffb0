//! `longshore bag`: on paths of this machine without a workspace, elsewhere as a run in it.

use std::fmt::Write as _;
use std::sync::Arc;

use longshore_api::bags::Work;
use longshore_api::wire::{FlowRun, FlowRunArgs, RunTaskRun, TaskRunArgs};
use longshore_api::{Fault, Role};
use serde_json::{Value, json};

use super::copies::location;
use crate::alone::Watching;
use crate::args::{Bag, Form, Make, Unpack, Validate};
use crate::exit::Exit;
use crate::follow::{Following, conclude};
use crate::shell::{Shell, local};
use crate::text;

/// There is no built-in flow that unpacks and does nothing else.
const UNPACK: &str = "\
id: debag
title: Unpack bags
params:
  file: {type: string}
  into: {type: string}
  if_exists: {type: string}
  fetch: {type: string}
  twins: {type: string}
  keep_manifests: {type: boolean}
tasks:
  - id: debag
    uses: debag
    with:
      file: '{{ params.file }}'
      into: '{{ params.into }}'
      if_exists: '{{ params.if_exists }}'
      fetch: '{{ params.fetch }}'
      twins: '{{ params.twins }}'
      keep_manifests: '{{ params.keep_manifests }}'
";

/// One of the commands.
pub(crate) async fn run(shell: &Shell, command: Bag) -> Result<Exit, Fault> {
    match command {
        Bag::Validate(args) => validate(shell, &args).await,
        Bag::Make(args) => make(shell, &args).await,
        Bag::Unpack(args) => unpack(shell, &args).await,
    }
}

async fn validate(shell: &Shell, args: &Validate) -> Result<Exit, Fault> {
    let bag = location(&args.bag)?;
    let with = json!({
        "bag": bag, "fetch": fetch(args.refuse_fetch), "twins": twins(args.take_twins), "judge_only": true,
    });
    let done = if needs_none([&bag]) {
        alone(shell, Work::Validate, with).await?
    } else {
        match in_workspace(shell, FlowRunArgs { params: with, ..flow("validate_bag") }, "validate").await? {
            Ok(done) => done,
            Err(exit) => return Ok(exit),
        }
    };
    shell.out.result(&done, || judged(&bag, &done));
    Ok(match done["verdict"].as_str() {
        Some("valid") => Exit::Done,
        Some("incomplete") => Exit::NotProved,
        _ => Exit::Failed,
    })
}

async fn make(shell: &Shell, args: &Make) -> Result<Exit, Fault> {
    let from = if args.dataset { args.from.to_string_lossy().into_owned() } else { location(&args.from)? };
    let to = location(&args.to)?;
    let form = args.form.unwrap_or_else(|| form_of(&to));
    let named = [("md5", args.md5), ("sha256", args.sha256), ("sha512", args.sha512)];
    let mut checksums: Vec<&str> = named.iter().filter(|(_, on)| *on).map(|(name, _)| *name).collect();
    if checksums.is_empty() {
        checksums = vec!["sha256", "sha512"];
    }
    let info: serde_json::Map<_, _> = args.info.iter().map(|(label, value)| (label.clone(), json!(value))).collect();
    let mut with = json!({
        "from": from, "to": to, "form": form.word(), "checksums": checksums, "info": info, "if_exists": exists(args.replace),
    });
    let done = if !args.dataset && needs_none([&from, &to]) {
        alone(shell, Work::Make, with).await?
    } else {
        if args.dataset {
            with["dataset_id"] = with["from"].take();
            with["work"] = json!(args.work.as_deref().map(local).transpose()?);
        }
        match in_workspace(shell, FlowRunArgs { params: with, ..flow("make_bag") }, "make").await? {
            Ok(done) => done,
            Err(exit) => return Ok(exit),
        }
    };
    shell.out.result(&done, || {
        let number = |name: &str| done[name].as_u64().unwrap_or(0);
        let (files, bytes) = (text::counted(number("files"), "file"), text::size(number("bytes")));
        format!("{}  {files}  {bytes}  {}\n", words(&done["bag"]), list(&done["checksums"]))
    });
    Ok(Exit::Done)
}

async fn unpack(shell: &Shell, args: &Unpack) -> Result<Exit, Fault> {
    let (archive, into) = (location(&args.archive)?, location(&args.into)?);
    let with = json!({
        "file": archive, "into": into, "if_exists": exists(args.replace), "fetch": fetch(args.refuse_fetch),
        "twins": twins(args.take_twins), "keep_manifests": !args.no_manifests,
    });
    let done = if needs_none([&archive, &into]) {
        alone(shell, Work::Unpack, with).await?
    } else {
        let run = FlowRunArgs { source: Some(UNPACK.into()), params: with, ..flow("debag") };
        match in_workspace(shell, run, "debag").await? {
            Ok(done) => done,
            Err(exit) => return Ok(exit),
        }
    };
    shell.out.result(&done, || {
        let works = done["works"].as_array().map(Vec::as_slice).unwrap_or_default();
        works.iter().fold(String::new(), |mut said, work| {
            let number = |name: &str| work["bag"][name].as_u64().unwrap_or(0);
            let (files, bytes) = (text::counted(number("files"), "file"), text::size(number("bytes")));
            let _ = writeln!(said, "{}  {files}  {bytes}  {}", words(&work["id"]), words(&work["folder"]));
            said
        })
    });
    Ok(Exit::Done)
}

fn fetch(refuse: bool) -> &'static str {
    if refuse { "refuse" } else { "report" }
}

fn twins(take: bool) -> &'static str {
    if take { "take" } else { "refuse" }
}

fn exists(replace: bool) -> &'static str {
    if replace { "replace" } else { "fail" }
}

fn form_of(to: &str) -> Form {
    let ends = |end: &str| to.to_ascii_lowercase().ends_with(end);
    match () {
        () if ends(".zip") => Form::Zip,
        () if ends(".tar") => Form::Tar,
        () => Form::Folder,
    }
}

/// Whether places mean the same without a workspace.
fn needs_none<const N: usize>(places: [&str; N]) -> bool {
    places.iter().all(|place| ["/", "https://", "http://"].iter().any(|start| place.starts_with(start)))
}

fn flow(id: &str) -> FlowRunArgs {
    FlowRunArgs { flow: id.into(), source: None, params: Value::Null, key: None, priority: None }
}

/// Does it here. It is told to stop when the command is, and takes away then what it has begun.
async fn alone(shell: &Shell, work: Work, with: Value) -> Result<Value, Fault> {
    let (busy, watching) = (shell.alone.begin(), Arc::new(Watching::new(shell.out, shell.alone.clone())));
    let done = tokio::task::spawn_blocking(move || {
        let done = longshore_api::bags::by_itself(work, with, watching.as_ref());
        watching.clear();
        drop(busy);
        done
    });
    done.await.unwrap_or_else(|broken| Err(Fault::fatal("task.broken", "The command broke off", broken.to_string())))
}

/// Does it as a run; gives the output of a task of it, or how the command ends if it failed.
async fn in_workspace(shell: &Shell, run: FlowRunArgs, task: &str) -> Result<Result<Value, Exit>, Fault> {
    let session = shell.open(Role::Command).await?;
    let started = session.call::<FlowRun>(run).await?;
    let runs = Following::new(session, shell.out, [started.run.clone()]).until_ended().await?;
    let exit = conclude(shell.out, &runs);
    if exit != Exit::Done {
        if shell.out.json {
            shell.out.line(&json!({ "fault": runs.iter().find_map(|detail| detail.run.fault.clone()) }));
        }
        return Ok(Err(exit));
    }
    let asked = TaskRunArgs { run: started.run, task: task.into(), index: None };
    Ok(Ok(session.call::<RunTaskRun>(asked).await?.output.unwrap_or_default()))
}

/// A bag's report: the verdict, and what was found, a line for each.
fn judged(bag: &str, report: &Value) -> String {
    let number = |name: &str| report[name].as_u64().unwrap_or(0);
    let mut said = format!(
        "{}  {bag}  BagIt {}  {}  {} in {}\n",
        words(&report["verdict"]),
        words(&report["version"]),
        list(&report["algorithms"]),
        text::size(number("bytes")),
        text::counted(number("files"), "file"),
    );
    let bags = report["bags"].as_array().map(Vec::as_slice).unwrap_or_default();
    for one in bags.iter().filter(|_| bags.len() > 1) {
        let _ = writeln!(said, "  {}  {}", words(&one["verdict"]), words(&one["folder"]));
    }
    let findings = report["findings"].as_array().map(Vec::as_slice).unwrap_or_default();
    for found in findings {
        let line = found["line"].as_u64().map(|line| format!(", line {line}")).unwrap_or_default();
        let grade = if found["grade"] == "warning" { "warning: " } else { "" };
        let (file, why, code) = (words(&found["file"]), words(&found["why"]), words(&found["code"]));
        let _ = writeln!(said, "  {file}{line}: {grade}{why} ({code})");
    }
    let more = (number("warnings") + number("faults")).saturating_sub(findings.len() as u64);
    if more > 0 {
        let _ = writeln!(said, "  and {} more", text::count(more));
    }
    said
}

fn words(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn list(value: &Value) -> String {
    value.as_array().map(|all| all.iter().map(words).collect::<Vec<_>>().join(" ")).unwrap_or_default()
}
