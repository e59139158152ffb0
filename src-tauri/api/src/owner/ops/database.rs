//! Care of the database while it is in use.

use std::sync::Arc;

use longshore_engine::Fault;

use super::super::Owner;
use super::super::dispatch::Answer;
use crate::fault::of_store;
use crate::wire::{
    DatabaseBackup, DatabaseBackupArgs, DatabaseCheck, DatabaseChecked, DatabaseVacuum, FileWritten, Nothing,
};

/// Ended runs that a check compares with their journals.
const SAMPLE: u32 = 200;

impl Answer<DatabaseCheck> for Owner {
    async fn answer(self: &Arc<Self>, _: Nothing) -> Result<DatabaseChecked, Fault> {
        self.ask(|owner| {
            let checked = owner.store.check_all(SAMPLE).map_err(of_store)?;
            Ok(DatabaseChecked { problems: checked.problems, runs: checked.runs })
        })
        .await
    }
}

impl Answer<DatabaseBackup> for Owner {
    async fn answer(self: &Arc<Self>, args: DatabaseBackupArgs) -> Result<FileWritten, Fault> {
        self.ask(move |owner| {
            let path = super::logs::new_file(&args.path)?;
            let bytes = owner.store.backup(&path)?;
            Ok(FileWritten { path: args.path, bytes })
        })
        .await
    }
}

impl Answer<DatabaseVacuum> for Owner {
    async fn answer(self: &Arc<Self>, _: Nothing) -> Result<Nothing, Fault> {
        let active = self.runner.active().len();
        if active > 0 {
            let why = format!("{active} runs have not ended, and nothing could be written meanwhile");
            let fault = Fault::permanent("database.in_use", "The database was not made smaller", why);
            return Err(fault.now("Wait for them, or pause them; then try again."));
        }
        self.ask(|owner| Ok(owner.store.vacuum()?)).await.map(|()| Nothing {})
    }
}
