//! `longshore retrieve` and `longshore verify`.

use longshore_api::wire::{
    DatasetArgs, DatasetDetail, DatasetRow, DatasetShow, DatasetStateText, DatasetVerify, RetrieveArgs, RetrieveStart,
    RunDetail, RunRow, RunStarted,
};
use longshore_api::{Fault, Role, RunState};
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

/// Brings a dataset back into a folder.
pub(crate) async fn retrieve(shell: &Shell, args: Retrieve) -> Result<Exit, Fault> {
    let dest = local(&args.dest)?;
    let files = (!args.files.is_empty()).then(|| args.files.iter().map(|file| inside(file)).collect());
    let role = if args.no_wait { Role::Glance } else { Role::Command };
    let session = shell.open(role).await?;
    let call = RetrieveArgs { dataset: args.dataset, dest: dest.clone(), files };
    let started = session.call::<RetrieveStart>(call).await?;
    if args.no_wait {
        shell.out.result(&started, || format!("run {}\n", started.run));
        super::archive::remark_not_waiting(shell, session);
        return Ok(Exit::Done);
    }
    let runs = Following::new(session, shell.out, [started.run]).until_ended().await?;
    let Some(detail) = runs.first() else { return Ok(Exit::Failed) };
    shell.out.result(&Ended { run: &detail.run, dataset: None }, || retrieved(detail, &dest));
    Ok(conclude(shell.out, &runs))
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
