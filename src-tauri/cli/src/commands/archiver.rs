//! The configuration of an archiving service.

use longshore_api::wire::{ArchiverFile, ArchiverImport, ArchiverImportArgs, ArchiverReport, Imported};
use longshore_api::{Fault, Role};

use crate::args::Archiver;
use crate::exit::Exit;
use crate::shell::{self, Shell};
use crate::table::Table;

/// Runs a command.
pub(super) async fn run(shell: &Shell, command: Archiver) -> Result<Exit, Fault> {
    let Archiver::Import { paths, replace, dry_run, reason } = command;
    let paths = paths.iter().map(|path| shell::local(path)).collect::<Result<_, _>>()?;
    let session = shell.open(Role::Glance).await?;
    let report = session.call::<ArchiverImport>(ArchiverImportArgs { paths, replace, dry_run, why: reason }).await?;
    shell.out.result(&report, || written(&report));
    Ok(if is_whole(&report) { Exit::Done } else { Exit::Failed })
}

fn is_whole(report: &ArchiverReport) -> bool {
    report.missing.is_empty() && report.settings.iter().all(|one| one.became != Imported::Left)
}

fn written(report: &ArchiverReport) -> String {
    let mut parts: Vec<String> = report.files.iter().map(file).collect();
    if !report.settings.is_empty() {
        let mut table = Table::new(["SETTING", "BECAME", "HOW"]);
        for one in &report.settings {
            table.row([one.what.clone(), super::word(one.became), one.how.clone()]);
        }
        parts.push(format!("Connections and storages\n{table}"));
    }
    parts.extend(report.missing.iter().map(|missing| format!("MISSING  {missing}\n")));
    parts.concat()
}

fn file(file: &ArchiverFile) -> String {
    let ArchiverFile { path, lines, left } = file;
    if let Some(left) = left {
        return format!("{path}\n  not read: {left}\n");
    }
    format!("{path}\n{}", super::imports::table(lines))
}
