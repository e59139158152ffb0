//! `longshore work`.

use longshore_api::wire::{
    QueueMessageArgs, QueueMessageDrop, QueueMessageReturn, QueueMessageRow, QueueMessages, QueueMessagesArgs,
    WorkList, WorkListArgs, WorkRow,
};
use longshore_api::{Fault, Role};

use super::word;
use crate::args::{HeldMessage, Work};
use crate::exit::Exit;
use crate::shell::Shell;
use crate::table::Table;
use crate::text;

/// Rows asked for at a time.
const PAGE: u32 = 500;

/// One of the commands.
pub(crate) async fn run(shell: &Shell, command: Work) -> Result<Exit, Fault> {
    let session = shell.open(Role::Glance).await?;
    match command {
        Work::List { limit } => {
            let (mut rows, mut total) = (Vec::<WorkRow>::new(), 0);
            while let Some(limit) = left(limit, rows.len()) {
                let page = session
                    .call::<WorkList>(WorkListArgs { offset: rows.len() as u64, limit, ..WorkListArgs::default() })
                    .await?;
                total = page.total;
                if page.rows.is_empty() {
                    break;
                }
                rows.extend(page.rows);
            }
            shell.out.result(&rows, || works(&rows));
            remark_cut(shell, rows.len(), total, "work");
        }
        Work::Messages { all, limit } => {
            let (mut rows, mut total) = (Vec::<QueueMessageRow>::new(), 0);
            while let Some(limit) = left(limit, rows.len()) {
                let args = QueueMessagesArgs { all, offset: rows.len() as u64, limit };
                let page = session.call::<QueueMessages>(args).await?;
                total = page.total;
                if page.rows.is_empty() {
                    break;
                }
                rows.extend(page.rows);
            }
            shell.out.result(&rows, || messages(&rows));
            remark_cut(shell, rows.len(), total, "message");
        }
        Work::Drop(held) => {
            let row = session.call::<QueueMessageDrop>(named(held)).await?;
            shell.out.result(&row, || format!("{} is deleted from {}\n", row.message, row.queue));
        }
        Work::Return(held) => {
            let row = session.call::<QueueMessageReturn>(named(held)).await?;
            shell.out.result(&row, || format!("{} went back to {}\n", row.message, row.queue));
        }
    }
    Ok(Exit::Done)
}

/// Says that there are more.
fn remark_cut(shell: &Shell, shown: usize, total: u64, what: &str) {
    if total > shown as u64 {
        shell.out.remark(format_args!("{shown} of {}; see more with --limit", text::counted(total, what)));
    }
}

fn named(held: HeldMessage) -> QueueMessageArgs {
    QueueMessageArgs { message: held.message, queue: held.queue, why: held.reason }
}

/// Rows to ask for next.
fn left(limit: u32, have: usize) -> Option<u32> {
    let left = limit.saturating_sub(u32::try_from(have).unwrap_or(limit)).min(PAGE);
    (left > 0).then_some(left)
}

fn works(rows: &[WorkRow]) -> String {
    if rows.is_empty() {
        return "No work is on its way.\n".to_owned();
    }
    let mut table =
        Table::new(["WORK", "STATE", "REQUESTED", "RESTORED", "UNTIL", "DOWNLOADED", "DEBAGGED", "SYNCED", "TROUBLE"]);
    for row in rows {
        let at = |time: Option<i64>| time.map(text::time).unwrap_or_default();
        table.row([
            row.work.clone(),
            word(row.state),
            at(row.requested),
            at(row.restored),
            at(row.until),
            at(row.downloaded),
            at(row.debagged),
            at(row.synced),
            row.trouble.clone().unwrap_or_default(),
        ]);
    }
    table.to_string()
}

fn messages(rows: &[QueueMessageRow]) -> String {
    if rows.is_empty() {
        return "No message is open.\n".to_owned();
    }
    let mut table = Table::new(["MESSAGE", "CONNECTION", "STATE", "TIMES", "WHEN", "ASKS FOR", "TROUBLE"]);
    for row in rows {
        table.row([
            row.message.clone(),
            row.connection.clone(),
            word(row.state),
            row.times.to_string(),
            text::time(row.at),
            row.asks.join(", "),
            row.trouble.clone().unwrap_or_default(),
        ]);
    }
    table.to_string()
}
