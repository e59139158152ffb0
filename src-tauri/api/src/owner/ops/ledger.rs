//! The ledger's facts, to and from the place that workers of other engines share.

use std::sync::Arc;

use longshore_engine::Fault;

use super::super::Owner;
use super::super::dispatch::Answer;
use crate::wire::{LedgerBrought, LedgerExport, LedgerExportArgs, LedgerImport, LedgerImportArgs};
use crate::worker::home::{self, Brought};

impl Answer<LedgerImport> for Owner {
    async fn answer(self: &Arc<Self>, args: LedgerImportArgs) -> Result<LedgerBrought, Fault> {
        self.ask(move |owner| home::import(&args.location, owner.places.as_ref(), &owner.store).map(told)).await
    }
}

impl Answer<LedgerExport> for Owner {
    async fn answer(self: &Arc<Self>, args: LedgerExportArgs) -> Result<LedgerBrought, Fault> {
        let LedgerExportArgs { dataset, location, .. } = args;
        self.ask(move |owner| home::export(&location, owner.places.as_ref(), &owner.store, &dataset).map(told)).await
    }
}

fn told(brought: Brought) -> LedgerBrought {
    let Brought { datasets, files, blocks, messages } = brought;
    LedgerBrought { datasets, files, blocks, messages }
}
