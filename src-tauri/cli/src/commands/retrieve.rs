//! `longshore retrieve` and `longshore verify`.

use longshore_api::wire::{
    DatasetArgs, DatasetDetail, DatasetRow, DatasetShow, DatasetStateText, DatasetVerify, RetrieveArgs, RetrieveLinked,
    RetrieveLinks, RetrieveLinksArgs, RetrieveStart, RetrievedBlock, RunDetail, RunRow, RunStarted,
};
use longshore_api::{Fault, Role, RunState, Session};
use serde::Serialize;

use crate::args::Retrieve;
use crate::exit::Exit;
use crate::follow::{Following, conclude};
use crate::shell::{Shell, inside, local};
use crate::text;

/// What `--json` gives at the end.
#[derive(Debug, Serialize)]
struct Ended<'a> {
    run: &'a RunRow,
    #[serde(skip_serializing_if = "Option::is_none")]
    dataset: Option<&'a DatasetRow>,
}

/// Brings a dataset back, into a folder or to the storage `retrieval`.
pub(crate) async fn retrieve(shell: &Shell, args: Retrieve) -> Result<Exit, Fault> {
    if args.links {
        let session = shell.open(Role::Glance).await?;
        return hand_out(shell, session, &args).await;
    }
    let dest = args.dest.as_deref().map(local).transpose()?;
    let files = (!args.files.is_empty()).then(|| args.files.iter().map(|file| inside(file)).collect());
    let role = if args.no_wait { Role::Glance } else { Role::Command };
    let session = shell.open(role).await?;
    let call = RetrieveArgs { dataset: args.dataset.clone(), dest: dest.clone(), files };
    let started = session.call::<RetrieveStart>(call).await?;
    if args.no_wait {
        shell.out.result(&started, || format!("run {}\n", started.run));
        super::archive::remark_not_waiting(shell, session);
        return Ok(Exit::Done);
    }
    let runs = Following::new(session, shell.out, [started.run]).until_ended().await?;
    let Some(detail) = runs.first() else { return Ok(Exit::Failed) };
    let Some(dest) = dest else {
        let exit = conclude(shell.out, &runs);
        // Of one that failed in part, what is right can be fetched.
        let handed = hand_out(shell, session, &args).await?;
        return Ok(if exit == Exit::Done { handed } else { exit });
    };
    shell.out.result(&Ended { run: &detail.run, dataset: None }, || retrieved(detail, &dest));
    Ok(conclude(shell.out, &runs))
}

/// Shows where the datablocks in the storage `retrieval` are fetched from, and writes the script that does it.
async fn hand_out(shell: &Shell, session: &Session, args: &Retrieve) -> Result<Exit, Fault> {
    let script_to = args.script.as_deref().map(local).transpose()?;
    let call = RetrieveLinksArgs { dataset: args.dataset.clone(), days: args.days, script_to, why: None };
    let linked = session.call::<RetrieveLinks>(call).await?;
    shell.out.result(&linked, || links(&linked));
    Ok(if linked.missing == 0 { Exit::Done } else { Exit::Failed })
}

fn links(linked: &RetrieveLinked) -> String {
    let block = |block: &RetrievedBlock| {
        let place = block.url.as_ref().map(|url| &url.0).or(block.path.as_ref());
        let place = place.map_or("", String::as_str);
        format!("{} ({})\n  {place}\n", block.name, text::size(block.size))
    };
    let until = linked
        .until
        .map(|until| format!("The links hold until {}. Whoever has one may read the datablock.\n", text::time(until)));
    let missing = (linked.missing > 0)
        .then(|| format!("{} not in the storage retrieval.\n", text::counted(linked.missing, "datablock")));
    linked.blocks.iter().map(block).chain(until).chain(missing).collect()
}

fn retrieved(detail: &RunDetail, dest: &str) -> String {
    if detail.run.state != RunState::Success {
        return String::new();
    }
    let progress = detail.tasks.iter().map(|task| &task.progress).max_by_key(|progress| progress.files);
    let (files, bytes) = progress.map_or((0, 0), |progress| (progress.files, progress.bytes));
    format!("{} retrieved and proved, {}, in {dest}\n", text::counted(files, "file"), text::size(bytes))
}

/// Reads every datablock back.
pub(crate) async fn verify(shell: &Shell, dataset: String) -> Result<Exit, Fault> {
    let session = shell.open(Role::Command).await?;
    let RunStarted { run } = session.call::<DatasetVerify>(DatasetArgs { dataset: dataset.clone() }).await?;
    let runs = Following::new(session, shell.out, [run]).until_ended().await?;
    let shown = session.call::<DatasetShow>(DatasetArgs { dataset }).await?;
    let Some(detail) = runs.first() else { return Ok(Exit::Failed) };
    shell.out.result(&Ended { run: &detail.run, dataset: Some(&shown.dataset) }, || super::datasets::blocks(&shown));
    Ok(verdict(shell, &runs, &shown))
}

fn verdict(shell: &Shell, runs: &[RunDetail], shown: &DatasetDetail) -> Exit {
    match (conclude(shell.out, runs), shown.dataset.state) {
        (Exit::Done, DatasetStateText::Archived) => Exit::Done,
        (Exit::Done, DatasetStateText::Damaged) => Exit::Failed,
        (Exit::Done, _) => Exit::NotProved,
        (exit, _) => exit,
    }
}
