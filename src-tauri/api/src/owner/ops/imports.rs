//! Connections and variables taken over from other programs.

use std::sync::Arc;

use longshore_connectors::engines::{Left, Settings};
use longshore_engine::Fault;
use longshore_store::{Limit, Variable};
use serde_json::Value;

use super::super::Owner;
use super::super::dispatch::Answer;
use crate::airflow::args_of_object;
use crate::import::{self, Finding, Is};
use crate::wire::{
    ConnectionImport, ConnectionSetArgs, ImportArgs, ImportLine, ImportReport, Imported, RemoteImport,
    RemoteImportArgs, RemoteImportRow, VariableImport,
};

impl Answer<ConnectionImport> for Owner {
    async fn answer(self: &Arc<Self>, args: ImportArgs) -> Result<ImportReport, Fault> {
        self.ask(move |owner| {
            let format = args.format.unwrap_or_else(|| import::format_of(&args.file, &args.text.0));
            let how = How { replace: args.replace, dry_run: args.dry_run };
            let mut lines = Vec::new();
            for Finding { line, name, is } in import::read(format, &args.text.0).0 {
                let (became, why) = match is {
                    Is::Left(why) => (Imported::Left, Some(why)),
                    Is::Connection(found) => connection(owner, *found, how)?,
                };
                lines.push(ImportLine { line, name, became, why });
            }
            lines.sort_by_key(|one| one.line);
            Ok(ImportReport { format: Some(format), lines })
        })
        .await
    }
}

/// What is done where there is something of the same name, and whether anything is.
#[derive(Clone, Copy)]
struct How {
    replace: bool,
    dry_run: bool,
}

/// What became of something, and why.
type Became = (Imported, Option<String>);

/// Makes one. What is wrong with one does not keep the others from being made; what would be wrong with all of them does.
fn connection(owner: &Owner, found: ConnectionSetArgs, how: How) -> Result<Became, Fault> {
    let there = owner.store.connection(&found.connection)?.is_some();
    if there && !how.replace {
        return Ok((Imported::Kept, Some("there is one of this name".to_owned())));
    }
    let done =
        if how.dry_run { owner.connections.check(&found) } else { owner.connections.set(found, owner.clock.now()) };
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
            let how = How { replace: args.replace, dry_run: args.dry_run };
            let there = owner.store.variables()?;
            let mut lines = Vec::new();
            for import::variables::Found { line, name, value } in import::variables::read(&args.file, &args.text.0) {
                let (became, why) = match value {
                    Err(why) => (Imported::Left, Some(why)),
                    Ok(value) => variable(owner, &there, &name, &value, how)?,
                };
                lines.push(ImportLine { line, name, became, why });
            }
            Ok(ImportReport { format: None, lines })
        })
        .await
    }
}

fn variable(owner: &Owner, there: &[Variable], name: &str, value: &Value, how: How) -> Result<Became, Fault> {
    if let Err(fault) = super::variables::check(name, value) {
        return Ok((Imported::Left, Some(fault.why)));
    }
    let known = there.iter().find(|one| one.name == name).map(|one| &one.value);
    made(known, value, how, || {
        Ok(owner.store.set_variable(&Variable { name: name.to_owned(), value: value.clone() })?)
    })
}

/// Makes something of which `known` is there, unless it is to stay.
fn made<T: PartialEq>(
    known: Option<&T>,
    wanted: &T,
    how: How,
    make: impl FnOnce() -> Result<(), Fault>,
) -> Result<Became, Fault> {
    let there = |why: &str| Ok((Imported::Kept, Some(why.to_owned())));
    match known {
        Some(known) if known == wanted => return there("it is the same already"),
        Some(_) if !how.replace => return there("there is one of this name"),
        _ => {}
    }
    if !how.dry_run {
        make()?;
    }
    Ok((if known.is_some() { Imported::Replaced } else { Imported::Added }, None))
}

impl Answer<RemoteImport> for Owner {
    async fn answer(self: &Arc<Self>, args: RemoteImportArgs) -> Result<Vec<RemoteImportRow>, Fault> {
        let RemoteImportArgs { connection, engine: wanted, replace, dry_run, .. } = args;
        let named = connection.clone();
        let (kind, settings) = self.of_engine(connection, |engine| Ok((engine.kind(), engine.settings()?))).await?;
        if let Some(wanted) = wanted.filter(|wanted| wanted != kind) {
            let why = format!("the connection {named} leads to an engine of the kind {kind}, and not {wanted}");
            return Err(Fault::permanent("remote.other_engine", "Nothing was taken over", why).at_place(named));
        }
        let rows = self.ask(move |owner| taken(owner, settings, How { replace, dry_run })).await?;
        self.runner.look_again().await;
        Ok(rows)
    }
}

fn taken(owner: &Owner, settings: Settings, how: How) -> Result<Vec<RemoteImportRow>, Fault> {
    let mut rows = Vec::new();
    let mut row = |what: &str, name: String, (became, why): Became| {
        rows.push(RemoteImportRow { what: what.to_owned(), name, became, why });
    };
    // First: where secrets are locked, nothing is taken.
    for kept in settings.connections {
        let (name, hidden) = (kept.name.clone(), kept.hidden.clone());
        let (became, why) = match args_of_object(&name, Value::Object(kept.form)) {
            Ok(found) => connection(owner, found, how)?,
            Err(why) => (Imported::Left, Some(why)),
        };
        let taken = matches!(became, Imported::Added | Imported::Replaced) && !hidden.is_empty();
        let by_hand = || format!("not told by the engine, to be given by hand: {}", hidden.join(", "));
        row("connection", name, (became, if taken { Some(by_hand()) } else { why }));
    }
    let there = owner.store.variables()?;
    for (name, value) in settings.variables {
        let became = variable(owner, &there, &name, &value, how)?;
        row("variable", name, became);
    }
    let there = owner.store.limits()?;
    for (name, slots) in settings.limits {
        if let Err(fault) = super::limits::check(&name) {
            row("limit", name, (Imported::Left, Some(fault.why)));
            continue;
        }
        let known = there.iter().find(|one| one.name == name).map(|one| &one.slots);
        let became = made(known, &slots, how, || Ok(owner.store.set_limit(&Limit { name: name.clone(), slots })?))?;
        row("limit", name, became);
    }
    for Left { what, name, why } in settings.left {
        row(what, name, (Imported::Left, Some(why)));
    }
    Ok(rows)
}
