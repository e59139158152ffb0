//! `longshore scicat`.

use longshore_api::wire::Nothing;
use longshore_api::wire::{
    ScicatDrop, ScicatDropArgs, ScicatMessage, ScicatPending, ScicatPendingArgs, ScicatSend, ScicatState,
};
use longshore_api::{Fault, Role};

use crate::args::Scicat;
use crate::exit::Exit;
use crate::shell::Shell;
use crate::table::Table;
use crate::text;

/// Rows asked for at a time.
const PAGE: u32 = 500;

/// One of the commands.
pub(crate) async fn run(shell: &Shell, command: Scicat) -> Result<Exit, Fault> {
    let session = shell.open(Role::Glance).await?;
    match command {
        Scicat::Pending { all, limit } => {
            let mut rows: Vec<ScicatMessage> = Vec::new();
            while rows.len() < limit as usize {
                let wanted = limit - u32::try_from(rows.len()).unwrap_or(limit);
                let args = ScicatPendingArgs { all, offset: rows.len() as u64, limit: wanted.min(PAGE) };
                let page = session.call::<ScicatPending>(args).await?;
                if page.rows.is_empty() {
                    break;
                }
                rows.extend(page.rows);
            }
            shell.out.result(&rows, || table(&rows));
            Ok(Exit::Done)
        }
        Scicat::Send => {
            let sent = session.call::<ScicatSend>(Nothing {}).await?;
            shell.out.result(&sent, || {
                let why = sent.trouble.as_ref().map(|why| format!("\n{why}")).unwrap_or_default();
                format!("{} delivered, {} left{why}\n", sent.sent, sent.left)
            });
            Ok(if sent.trouble.is_some() { Exit::Failed } else { Exit::Done })
        }
        Scicat::Drop { message, reason } => {
            session.call::<ScicatDrop>(ScicatDropArgs { message, why: reason }).await?;
            shell.out.result(&Nothing {}, || format!("{message} is dropped\n"));
            Ok(Exit::Done)
        }
    }
}

fn table(rows: &[ScicatMessage]) -> String {
    if rows.is_empty() {
        return "SciCat knows everything.\n".to_owned();
    }
    let mut table = Table::new(["N", "WHEN", "ABOUT", "SAYS", "STATE", "TRIES", "TROUBLE"]);
    for row in rows {
        let state = match row.state {
            ScicatState::Pending => "pending",
            ScicatState::Refused => "refused",
            ScicatState::Sent => "sent",
            ScicatState::Dropped => "dropped",
        };
        table.row([
            row.id.to_string(),
            text::time(row.at),
            row.about.clone(),
            row.text.clone(),
            state.to_owned(),
            row.tries.to_string(),
            row.trouble.clone().unwrap_or_default(),
        ]);
    }
    table.to_string()
}
