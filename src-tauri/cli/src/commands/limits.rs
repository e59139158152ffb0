//! `longshore limit` and `longshore variable`.

use longshore_api::wire::{
    LimitArgs, LimitList, LimitRemove, LimitRow, LimitSet, LimitSetArgs, Nothing, VariableArgs, VariableImport,
    VariableList, VariableRemove, VariableRow, VariableSet, VariableSetArgs,
};
use longshore_api::{Fault, Role};
use serde_json::Value;

use super::imports;
use crate::args::{Import, Limit, Variable};
use crate::exit::Exit;
use crate::shell::Shell;
use crate::table::Table;
use crate::text;

/// One of the commands about limits.
pub(crate) async fn limit(shell: &Shell, command: Limit) -> Result<Exit, Fault> {
    let session = shell.open(Role::Glance).await?;
    match command {
        Limit::List => {
            let rows = session.call::<LimitList>(Nothing {}).await?;
            shell.out.result(&rows, || limits(&rows));
        }
        Limit::Set { name, slots, reason } => {
            let row = session.call::<LimitSet>(LimitSetArgs { limit: name, slots, why: reason }).await?;
            shell.out.result(&row, || limits(std::slice::from_ref(&row)));
        }
        Limit::Remove { name, reason } => {
            let done = session.call::<LimitRemove>(LimitArgs { limit: name, why: reason }).await?;
            shell.out.result(&done, String::new);
        }
    }
    Ok(Exit::Done)
}

fn limits(rows: &[LimitRow]) -> String {
    let mut table = Table::new(["LIMIT", ">SLOTS", ">HELD", "RUN", "TASK", ">SINCE"]);
    for row in rows {
        let (slots, held) = (text::count(row.slots.into()), text::count(row.held.into()));
        let mut first = [row.name.clone(), slots, held];
        if row.holders.is_empty() {
            let [name, slots, held] = std::mem::take(&mut first);
            table.row([name, slots, held, String::new(), String::new(), String::new()]);
        }
        for holder in &row.holders {
            let [name, slots, held] = std::mem::take(&mut first);
            let index = holder.index.map(|index| format!("[{index}]")).unwrap_or_default();
            let since = text::between(holder.since, None);
            table.row([name, slots, held, holder.run.clone(), holder.task.clone() + &index, since]);
        }
    }
    table.to_string()
}

/// One of the commands about variables.
pub(crate) async fn variable(shell: &Shell, command: Variable) -> Result<Exit, Fault> {
    let session = shell.open(Role::Glance).await?;
    match command {
        Variable::List => {
            let rows = session.call::<VariableList>(Nothing {}).await?;
            shell.out.result(&rows, || variables(&rows));
        }
        Variable::Set { name, value, reason } => {
            // What is no JSON is meant as text.
            let value = serde_json::from_str(&value).unwrap_or(Value::String(value));
            let row = session.call::<VariableSet>(VariableSetArgs { variable: name, value, why: reason }).await?;
            shell.out.result(&row, || variables(std::slice::from_ref(&row)));
        }
        Variable::Import { file, replace, dry_run, reason } => {
            let import = Import { file, format: None, replace, dry_run, reason };
            let report = session.call::<VariableImport>(imports::args(import)?).await?;
            return Ok(imports::told(shell, &report));
        }
        Variable::Remove { name, reason } => {
            let done = session.call::<VariableRemove>(VariableArgs { variable: name, why: reason }).await?;
            shell.out.result(&done, String::new);
        }
    }
    Ok(Exit::Done)
}

fn variables(rows: &[VariableRow]) -> String {
    let mut table = Table::new(["VARIABLE", "VALUE", "FROM", "MEANING"]);
    for row in rows {
        let value = match &row.value {
            Value::Null => "-".to_owned(),
            Value::Number(bytes) if row.name.ends_with("_bytes") => bytes.as_u64().map(text::size).unwrap_or_default(),
            other => other.to_string(),
        };
        let from = super::word(row.from);
        table.row([row.name.clone(), value, from, row.meaning.clone().unwrap_or_default()]);
    }
    table.to_string()
}
