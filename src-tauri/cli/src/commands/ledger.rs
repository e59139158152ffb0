//! `longshore ledger`.

use longshore_api::wire::{LedgerBrought, LedgerExport, LedgerExportArgs, LedgerImport, LedgerImportArgs};
use longshore_api::{Fault, Role};

use super::copies::location;
use crate::args::tasks::Ledger;
use crate::exit::Exit;
use crate::shell::Shell;
use crate::text;

/// One of the commands.
pub(super) async fn run(shell: &Shell, command: Ledger) -> Result<Exit, Fault> {
    let session = shell.open(Role::Glance).await?;
    let brought = match command {
        Ledger::Import { place, reason } => {
            let args = LedgerImportArgs { location: location(place.as_ref())?, why: reason };
            session.call::<LedgerImport>(args).await?
        }
        Ledger::Export { dataset, place, reason } => {
            let args = LedgerExportArgs { dataset, location: location(place.as_ref())?, why: reason };
            session.call::<LedgerExport>(args).await?
        }
    };
    shell.out.result(&brought, || in_words(&brought));
    Ok(Exit::Done)
}

fn in_words(brought: &LedgerBrought) -> String {
    let LedgerBrought { datasets, files, blocks, messages } = brought;
    format!(
        "{} with {}; more is known of {}; {}\n",
        text::counted(*datasets, "dataset"),
        text::counted(*files, "file"),
        text::counted(*blocks, "datablock"),
        text::counted(*messages, "message"),
    )
}
