//! `longshore archive`.

use longshore_api::wire::{
    ArchiveArgs, ArchiveStart, ArchiveStarted, DatasetArgs, DatasetRow, DatasetShow, DatasetStateText, RunDetail,
    RunRow,
};
use longshore_api::{Fault, Role, Session};
use serde::Serialize;

use crate::args::Archive;
use crate::exit::Exit;
use crate::follow::{Following, conclude};
use crate::shell::{Shell, local};
use crate::text;

/// What `--json` gives at the end.
#[derive(Debug, Serialize)]
struct Archived<'a> {
    dataset: &'a DatasetRow,
    carried_on: bool,
    proved: bool,
    runs: Vec<&'a RunRow>,
}

/// Archives paths, and waits until every file is proved, unless told not to.
pub(crate) async fn archive(shell: &Shell, args: Archive) -> Result<Exit, Fault> {
    let paths = args.paths.iter().map(|path| local(path)).collect::<Result<Vec<_>, _>>()?;
    let role = if args.no_wait { Role::Glance } else { Role::Command };
    let session = shell.open(role).await?;
    let started = session.call::<ArchiveStart>(request(paths, &args)).await?;
    follow(shell, session, started, args.no_wait).await
}

/// Waits for what was started, unless told not to.
pub(crate) async fn follow(
    shell: &Shell,
    session: &Session,
    started: ArchiveStarted,
    no_wait: bool,
) -> Result<Exit, Fault> {
    if no_wait {
        shell.out.result(&started, || format!("{}  run {}\n", started.dataset, started.run));
        remark_not_waiting(shell, session);
        return Ok(Exit::Done);
    }
    if started.carried_on {
        shell.out.remark("This dataset was begun earlier from the same paths; it is carried on.");
    }
    wait(shell, session, started).await
}

fn request(paths: Vec<String>, args: &Archive) -> ArchiveArgs {
    ArchiveArgs { paths, name: args.name.clone(), pid: args.pid.clone(), land_only: args.land_only }
}

async fn wait(shell: &Shell, session: &Session, started: ArchiveStarted) -> Result<Exit, Fault> {
    let runs = Following::new(session, shell.out, [started.run]).until_ended().await?;
    let shown = session.call::<DatasetShow>(DatasetArgs { dataset: started.dataset }).await?;
    let dataset = shown.dataset;
    let proved = dataset.state == DatasetStateText::Archived && dataset.proved_files == dataset.files;
    let runs_of = |runs: &'_ [RunDetail]| runs.iter().map(|detail| detail.run.clone()).collect::<Vec<_>>();
    let rows = runs_of(&runs);
    let carried_on = started.carried_on;
    shell.out.result(&Archived { dataset: &dataset, carried_on, proved, runs: rows.iter().collect() }, || {
        in_words(&dataset)
    });
    Ok(verdict(shell, &runs, &dataset, proved))
}

/// Done only when every file is proved, whatever the runs say of themselves.
fn verdict(shell: &Shell, runs: &[RunDetail], dataset: &DatasetRow, proved: bool) -> Exit {
    let exit = conclude(shell.out, runs);
    if exit == Exit::Done && !proved {
        let unproved = dataset.files.saturating_sub(dataset.proved_files);
        shell.out.remark(format_args!("{} not proved on the LTS.", text::counted(unproved, "file")));
        return Exit::NotProved;
    }
    exit
}

fn in_words(dataset: &DatasetRow) -> String {
    format!(
        "{}  {}  {} of {} proved  {} of {}  {}\n",
        dataset.pid,
        super::datasets::word(dataset.state),
        text::count(dataset.proved_files),
        text::counted(dataset.files, "file"),
        text::size(dataset.proved_bytes),
        text::size(dataset.bytes),
        text::counted(u64::from(dataset.blocks), "datablock"),
    )
}

/// Says what becomes of a run that nobody waits for.
pub(crate) fn remark_not_waiting(shell: &Shell, session: &Session) {
    if session.owns() {
        shell
            .out
            .remark("Nobody owns the workspace now: it goes on when the window is opened, or with: longshore run wait");
    }
}
