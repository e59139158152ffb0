//! Connections and variables taken over from other programs.

use std::sync::Arc;

use longshore_engine::Fault;
use longshore_store::Variable;

use super::super::Owner;
use super::super::dispatch::Answer;
use crate::import::{self, Finding, Is};
use crate::wire::{
    ConnectionImport, ConnectionSetArgs, ImportArgs, ImportLine, ImportReport, Imported, VariableImport,
};

impl Answer<ConnectionImport> for Owner {
    async fn answer(self: &Arc<Self>, args: ImportArgs) -> Result<ImportReport, Fault> {
        self.ask(move |owner| {
            let format = args.format.unwrap_or_else(|| import::format_of(&args.file, &args.text.0));
            let mut lines = Vec::new();
            for Finding { line, name, is } in import::read(format, &args.text.0).0 {
                let (became, why) = match is {
                    Is::Left(why) => (Imported::Left, Some(why)),
                    Is::Connection(found) => connection(owner, *found, &args)?,
                };
                lines.push(ImportLine { line, name, became, why });
            }
            lines.sort_by_key(|one| one.line);
            Ok(ImportReport { format: Some(format), lines })
        })
        .await
    }
}

/// Makes one. What is wrong with one does not keep the others from being made; what would be wrong with all of them does.
fn connection(owner: &Owner, found: ConnectionSetArgs, args: &ImportArgs) -> Result<(Imported, Option<String>), Fault> {
    let there = owner.store.connection(&found.connection)?.is_some();
    if there && !args.replace {
        return Ok((Imported::Kept, Some("there is one of this name".to_owned())));
    }
    let done =
        if args.dry_run { owner.connections.check(&found) } else { owner.connections.set(found, owner.clock.now()) };
    match done {
        Ok(()) if there => Ok((Imported::Replaced, None)),
        Ok(()) => Ok((Imported::Added, None)),
        Err(fault) if fault.code.starts_with("connection.") => Ok((Imported::Left, Some(fault.why))),
        Err(fault) => Err(fault),
    }
}

impl Answer<VariableImport> for Owner {
    async fn answer(self: &Arc<Self>, args: ImportArgs) -> Result<ImportReport, Fault> {
        self.ask(move |owner| {
            let there = owner.store.variables()?;
            let mut lines = Vec::new();
            for import::variables::Found { line, name, value } in import::variables::read(&args.file, &args.text.0) {
                let known = there.iter().any(|one| one.name == name);
                let checked = value.and_then(|value| {
                    super::variables::check(&name, &value).map(|()| value).map_err(|fault| fault.why)
                });
                let (became, why) = match checked {
                    Err(why) => (Imported::Left, Some(why)),
                    Ok(_) if known && !args.replace => (Imported::Kept, Some("there is one of this name".to_owned())),
                    Ok(value) => {
                        if !args.dry_run {
                            owner.store.set_variable(&Variable { name: name.clone(), value })?;
                        }
                        (if known { Imported::Replaced } else { Imported::Added }, None)
                    }
                };
                lines.push(ImportLine { line, name, became, why });
            }
            Ok(ImportReport { format: None, lines })
        })
        .await
    }
}
