//! Files of other programs taken over: read here, understood by the owner, told line by line.

use std::io::Read as _;

use longshore_api::wire::{HiddenText, ImportArgs, ImportLine, ImportReport, Imported, RemoteImport, RemoteImportArgs};
use longshore_api::{Fault, Role};

use crate::args::{Import, ImportFrom, ImportOf, of_word};
use crate::exit::Exit;
use crate::shell::Shell;
use crate::table::Table;
use crate::text;

/// Bytes of a file that is taken over at most.
const MOST: u64 = 8 << 20;

/// The file, to be sent to the owner.
pub(super) fn args(import: Import) -> Result<ImportArgs, Fault> {
    let Import { file, format, replace, dry_run, reason } = import;
    let text = read(&file).map_err(|error| {
        Fault::permanent("import.unread", format!("{} was not read", file.display()), error.to_string())
    })?;
    let format = format.as_deref().and_then(of_word);
    let file = file.to_string_lossy().into_owned();
    Ok(ImportArgs { file, text: HiddenText(text), format, replace, dry_run, why: reason })
}

fn read(file: &std::ffi::OsStr) -> std::io::Result<String> {
    let mut text = String::new();
    if file == "-" {
        std::io::stdin().lock().take(MOST + 1).read_to_string(&mut text)?;
    } else {
        std::fs::File::open(file)?.take(MOST + 1).read_to_string(&mut text)?;
    }
    if text.len() as u64 > MOST {
        return Err(std::io::Error::other(format!("it has more than {}", text::size(MOST))));
    }
    Ok(text)
}

/// Says what became of each line.
pub(super) fn told(shell: &Shell, report: &ImportReport) -> Exit {
    shell.out.result(report, || table(&report.lines).to_string());
    // Files of other programs always say something that means nothing here; one of which nothing is of use is another matter.
    let nothing = report.lines.iter().all(|line| line.became == Imported::Left) && !report.lines.is_empty();
    if nothing { Exit::Failed } else { Exit::Done }
}

/// Takes over what an engine keeps beside its flows.
pub(super) async fn from_engine(shell: &Shell, of: ImportOf) -> Result<Exit, Fault> {
    let (engine, ImportFrom { connection, replace, dry_run, reason }) = match of {
        ImportOf::Airflow(from) => ("airflow", from),
        ImportOf::Prefect(from) => ("prefect", from),
    };
    let args = RemoteImportArgs { connection, engine: Some(engine.to_owned()), replace, dry_run, why: reason };
    let session = shell.open(Role::Glance).await?;
    let rows = session.call::<RemoteImport>(args).await?;
    shell.out.result(&rows, || {
        let mut table = Table::new(["WHAT", "NAME", "BECAME", "WHY"]);
        for row in &rows {
            table.row([
                row.what.clone(),
                row.name.clone(),
                super::word(row.became),
                row.why.clone().unwrap_or_default(),
            ]);
        }
        table.to_string()
    });
    let nothing = rows.iter().all(|row| row.became == Imported::Left) && !rows.is_empty();
    Ok(if nothing { Exit::Failed } else { Exit::Done })
}

/// The lines of a file, and what became of each.
pub(super) fn table(lines: &[ImportLine]) -> Table {
    let mut table = Table::new([">LINE", "NAME", "BECAME", "WHY"]);
    for line in lines {
        let why = line.why.clone().unwrap_or_default();
        table.row([line.line.to_string(), line.name.clone(), super::word(line.became), why]);
    }
    table
}
