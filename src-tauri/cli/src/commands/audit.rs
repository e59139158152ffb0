//! `longshore audit`.

use longshore_api::wire::{ActState, AuditList, AuditListArgs, AuditRow};
use longshore_api::{Fault, Role};

use crate::args::Audit;
use crate::exit::Exit;
use crate::shell::Shell;
use crate::table::Table;
use crate::text;

/// Rows asked for at a time.
const PAGE: u32 = 500;

/// One of the commands.
pub(crate) async fn run(shell: &Shell, command: Audit) -> Result<Exit, Fault> {
    let Audit::List { op, object, by, since, until, limit } = command;
    let session = shell.open(Role::Glance).await?;
    let (since, until) = (text::moment_of(since.as_deref())?, text::moment_of(until.as_deref())?);
    let args = AuditListArgs { op, object, by, since, until, ..AuditListArgs::default() };
    let mut rows: Vec<AuditRow> = Vec::new();
    while rows.len() < limit as usize {
        let wanted = limit - u32::try_from(rows.len()).unwrap_or(limit);
        let asked = AuditListArgs { offset: rows.len() as u64, limit: wanted.min(PAGE), ..args.clone() };
        let page = session.call::<AuditList>(asked).await?;
        if page.rows.is_empty() {
            break;
        }
        rows.extend(page.rows);
    }
    shell.out.result(&rows, || table(&rows));
    Ok(Exit::Done)
}

fn table(rows: &[AuditRow]) -> String {
    if rows.is_empty() {
        return "No acts.\n".to_owned();
    }
    let mut table = Table::new(["WHEN", "WHO", "WITH", "DID", "TO", "ENDED", "REASON"]);
    for row in rows {
        let ended = match row.state {
            ActState::Unknown => "not known",
            ActState::Done => "done",
            ActState::Failed => row.fault.as_deref().unwrap_or("failed"),
        };
        table.row([
            text::time(row.at),
            row.by.clone(),
            row.program.clone(),
            row.op.clone(),
            row.object.clone(),
            ended.to_owned(),
            row.why.clone().unwrap_or_default(),
        ]);
    }
    table.to_string()
}
