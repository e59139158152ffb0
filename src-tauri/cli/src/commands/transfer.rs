//! `longshore transfer`.

use longshore_api::wire::{Nothing, RateList, RateRow, RateSet, RateSetArgs};
use longshore_api::{Fault, Role};

use crate::args::Transfer;
use crate::exit::Exit;
use crate::shell::Shell;
use crate::table::Table;
use crate::text;

/// One of the commands about transfers.
pub(crate) async fn run(shell: &Shell, command: Transfer) -> Result<Exit, Fault> {
    let Transfer::Limit { rates, connection, timezone, reason } = command;
    let session = shell.open(Role::Glance).await?;
    if let Some(rates) = rates {
        let args = RateSetArgs { connection, rates, timezone, why: reason };
        let row = session.call::<RateSet>(args).await?;
        shell.out.result(&row, || table(std::slice::from_ref(&row)));
    } else {
        let rows = session.call::<RateList>(Nothing {}).await?;
        shell.out.result(&rows, || table(&rows));
    }
    Ok(Exit::Done)
}

fn table(rows: &[RateRow]) -> String {
    let mut table = Table::new(["CONNECTION", ">NOW", "UNTIL", "LIMIT", "ZONE"]);
    for row in rows {
        table.row([
            row.connection.clone().unwrap_or_else(|| "(all together)".into()),
            row.now.map_or_else(|| "off".into(), |rate| format!("{}/s", text::size(rate))),
            text::time_or_dash(row.until),
            row.rates.clone(),
            row.timezone.clone(),
        ]);
    }
    table.to_string()
}
