//! `longshore flow versions`, `diff` and `copy`.

use longshore_api::wire::{FlowArgs, FlowCopy, FlowCopyArgs, FlowDiffArgs, FlowDiffShow, FlowVersionRow, FlowVersions};
use longshore_api::{Fault, Role};

use crate::exit::Exit;
use crate::shell::Shell;
use crate::table::Table;
use crate::text;

/// The versions of a flow.
pub(crate) async fn list(shell: &Shell, flow: String) -> Result<Exit, Fault> {
    let rows = shell.open(Role::Glance).await?.call::<FlowVersions>(FlowArgs { flow }).await?;
    shell.out.result(&rows, || table(&rows));
    Ok(Exit::Done)
}

fn table(rows: &[FlowVersionRow]) -> String {
    let mut table = Table::new(["VERSION", "SINCE", ">RUNS", "LAST RUN", ""]);
    for row in rows {
        let version = row.version.chars().take(12).collect();
        let (since, last) = (text::time_or_dash(row.kept_at), text::time_or_dash(row.last_run_at));
        let in_force = (if row.in_force { "in force" } else { "" }).to_owned();
        table.row([version, since, row.runs.to_string(), last, in_force]);
    }
    table.to_string()
}

/// How two versions differ.
pub(crate) async fn diff(shell: &Shell, flow: String, a: String, b: String) -> Result<Exit, Fault> {
    let diff = shell.open(Role::Glance).await?.call::<FlowDiffShow>(FlowDiffArgs { flow, a, b }).await?;
    shell.out.result(&diff, || diff.lines.iter().map(|line| line.clone() + "\n").collect());
    Ok(Exit::Done)
}

/// A copy to change.
pub(crate) async fn copy(
    shell: &Shell,
    flow: String,
    name: Option<String>,
    why: Option<String>,
) -> Result<Exit, Fault> {
    let name = name.unwrap_or_else(|| format!("my_{flow}"));
    let copied = shell.open(Role::Glance).await?.call::<FlowCopy>(FlowCopyArgs { flow, name, why }).await?;
    shell.out.result(&copied, || format!("{}  {}\n", copied.flow, copied.file));
    Ok(Exit::Done)
}
