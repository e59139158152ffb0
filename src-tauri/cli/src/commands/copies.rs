//! `longshore copy`, `sync` and `ls`.

use std::ffi::OsStr;
use std::fmt::Write as _;
use std::io::{BufRead as _, IsTerminal as _, Write as _};

use longshore_api::wire::{
    CopyPlan, CopyPlanArgs, CopyPlanned, FlowRun, FlowRunArgs, PlaceAfter, PlaceList, PlaceListArgs, PlaceRow,
    RunDetail, RunTaskRun, TaskRunArgs,
};
use longshore_api::{Fault, Role, Session};
use serde_json::{Value, json};

use super::archive::remark_not_waiting;
use crate::args::{Copied, Copy, Ls, Sync};
use crate::exit::Exit;
use crate::follow::{Following, conclude};
use crate::shell::{Shell, local};
use crate::table::Table;
use crate::text;

/// The flow that copies.
const FLOW: &str = "copy";

/// Its task that copies.
const TASK: &str = "copy";

/// What its output counts, and the words for it.
const COUNTS: [(&str, &str); 6] = [
    ("already", "there already"),
    ("left", "left as they are"),
    ("renamed", "under another name"),
    ("deleted", "deleted at the target"),
    ("read_back", "proved by reading back"),
    ("by_server", "proved by the storage"),
];

/// Names at a place that are asked for at a time.
const PAGE: u32 = 500;

/// Copies.
pub(crate) async fn copy(shell: &Shell, args: Copy) -> Result<Exit, Fault> {
    let mut params = params(&args.what)?;
    params["if_exists"] = json!(args.if_exists.word());
    go(shell, &args.what, params).await
}

/// Makes a folder like another.
pub(crate) async fn sync(shell: &Shell, args: Sync) -> Result<Exit, Fault> {
    let mut params = params(&args.what)?;
    params["if_exists"] = json!("overwrite");
    params["compare"] = json!(if args.checksum { "content" } else { "size_and_time" });
    params["delete_extra"] = json!(args.delete);
    if args.delete && !args.yes && !args.what.plan {
        let planned = plan(shell.open(Role::Glance).await?, &params).await?;
        if planned.extra > 0 && !confirmed(&planned)? {
            return Ok(Exit::Refused);
        }
    }
    go(shell, &args.what, params).await
}

/// The parameters of the flow.
fn params(what: &Copied) -> Result<Value, Fault> {
    let from = location(&what.from)?;
    let mut to = location(&what.to)?;
    // A slash at the end names the folder in which the copy lies; a place that is a whole storage ends in `:`.
    if to.ends_with('/') {
        let name = from.trim_end_matches('/').rsplit(['/', ':']).next().unwrap_or_default();
        to += name;
    }
    Ok(json!({
        "from": from.strip_suffix('/').filter(|rest| !rest.is_empty()).unwrap_or(&from),
        "to": to,
        "verify": !what.no_verify,
        "include": what.include,
        "exclude": what.exclude,
        "newer_than": what.newer_than,
        "min_size": what.min_size,
        "max_size": what.max_size,
        "restore_names": what.restore_names,
        "settle": what.settle.as_deref().unwrap_or("0s"),
    }))
}

/// A place as it is written on the command line: `NAME:PATH`, or a path of this machine.
pub(super) fn location(text: &OsStr) -> Result<String, Fault> {
    let name =
        |name: &str| name.len() > 1 && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.'));
    let named = text.to_str().filter(|text| text.split_once(':').is_some_and(|(before, _)| name(before)));
    match named {
        // A file of this machine whose name has a colon in it is written ./NAME:REST.
        Some(text) => Ok(text.to_owned()),
        None => local(text),
    }
}

async fn plan(session: &Session, params: &Value) -> Result<CopyPlanned, Fault> {
    session.call::<CopyPlan>(CopyPlanArgs { with: params.clone() }).await
}

async fn go(shell: &Shell, what: &Copied, params: Value) -> Result<Exit, Fault> {
    if what.plan {
        let planned = plan(shell.open(Role::Glance).await?, &params).await?;
        shell.out.result(&planned, || in_words(&planned));
        return Ok(Exit::Done);
    }
    let session = shell.open(if what.no_wait { Role::Glance } else { Role::Command }).await?;
    let call = FlowRunArgs { flow: FLOW.into(), source: None, params, key: what.key.clone(), priority: what.priority };
    let started = session.call::<FlowRun>(call).await?;
    if what.no_wait {
        shell.out.result(&started, || format!("run {}\n", started.run));
        remark_not_waiting(shell, session);
        return Ok(Exit::Done);
    }
    let runs = Following::new(session, shell.out, [started.run.clone()]).until_ended().await?;
    let rows: Vec<_> = runs.iter().map(|detail: &RunDetail| detail.run.clone()).collect();
    shell.out.result(&rows, || super::runs::rows(&rows));
    let exit = conclude(shell.out, &runs);
    if exit != Exit::Done {
        return Ok(exit);
    }
    let copied = TaskRunArgs { run: started.run, task: TASK.into(), index: None };
    let output = session.call::<RunTaskRun>(copied).await?.output.unwrap_or_default();
    let number = |name: &str| output[name].as_u64().unwrap_or(0);
    let mut said = format!("{}  {}", text::counted(number("files"), "file"), text::size(number("bytes")));
    for (name, word) in COUNTS.iter().filter(|(name, _)| number(name) > 0) {
        let _ = write!(said, "  {} {word}", text::count(number(name)));
    }
    shell.out.remark(said);
    if output["verified"] == true {
        return Ok(Exit::Done);
    }
    shell.out.remark("Not every copy was proved.");
    Ok(Exit::NotProved)
}

fn in_words(planned: &CopyPlanned) -> String {
    let mut words = format!(
        "{}  {}\n{} of the same size there already\n{} of room needed at the target\n",
        text::counted(planned.files, "file"),
        text::size(planned.bytes),
        text::counted(planned.there, "file"),
        text::size(planned.space),
    );
    if planned.extra > 0 {
        let _ = writeln!(words, "{} at the target to be deleted:", text::counted(planned.extra, "file"));
        for name in &planned.extra_names {
            let _ = writeln!(words, "  {name}");
        }
        let more = planned.extra.saturating_sub(planned.extra_names.len() as u64);
        if more > 0 {
            let _ = writeln!(words, "  and {} more", text::count(more));
        }
    }
    words
}

/// Shows what would be deleted, and asks. Where nobody can answer, nothing is deleted.
fn confirmed(planned: &CopyPlanned) -> Result<bool, Fault> {
    if !std::io::stdin().is_terminal() {
        let what = format!("{} would be deleted", text::counted(planned.extra, "file"));
        return Err(Fault::permanent("copy.unconfirmed", what, "There is no terminal to ask at")
            .now("Look with --plan, then say --yes."));
    }
    let unread =
        |error: std::io::Error| Fault::permanent("copy.unconfirmed", "The answer could not be read", error.to_string());
    eprint!("{}Delete them once all is copied? [y/N] ", in_words(planned));
    std::io::stderr().flush().map_err(unread)?;
    let mut answer = String::new();
    std::io::stdin().lock().read_line(&mut answer).map_err(unread)?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
}

/// Lists what lies at a place.
pub(crate) async fn ls(shell: &Shell, args: &Ls) -> Result<Exit, Fault> {
    let location = location(&args.location)?;
    let session = shell.open(Role::Glance).await?;
    let mut rows: Vec<PlaceRow> = Vec::new();
    loop {
        let after = rows.last().map(|row| PlaceAfter { name: row.name.clone(), folder: row.kind == "folder" });
        let asked = PlaceListArgs { location: location.clone(), after, limit: PAGE };
        let page = session.call::<PlaceList>(asked).await?;
        rows.extend(page.rows);
        if !page.more {
            break;
        }
    }
    shell.out.result(&rows, || table(&rows));
    Ok(Exit::Done)
}

fn table(rows: &[PlaceRow]) -> String {
    let mut table = Table::new([">SIZE", "CHANGED", "NAME"]);
    for row in rows {
        let (size, end) = match row.kind.as_str() {
            "folder" => ("-".to_owned(), "/"),
            "link" => ("-".to_owned(), "@"),
            _ => (text::size(row.size), ""),
        };
        table.row([size, text::time_or_dash(row.mtime), row.name.clone() + end]);
    }
    table.to_string()
}
