//! `longshore storage`.

use std::fmt::Write as _;

use longshore_api::wire::{
    Nothing, StorageArgs, StorageDetail, StorageHealth, StorageList, StorageRow, StorageSet, StorageSetArgs,
    StorageShow,
};
use longshore_api::{Fault, Role};

use crate::args::Storage;
use crate::exit::Exit;
use crate::shell::{Shell, local};
use crate::table::Table;
use crate::text;

/// One of the commands.
pub(crate) async fn run(shell: &Shell, command: Storage) -> Result<Exit, Fault> {
    let session = shell.open(Role::Glance).await?;
    match command {
        Storage::List => {
            let rows = session.call::<StorageList>(Nothing {}).await?;
            shell.out.result(&rows, || table(&rows));
        }
        Storage::Show { name } => {
            let detail = session.call::<StorageShow>(StorageArgs { name }).await?;
            shell.out.result(&detail, || in_words(&detail));
        }
        Storage::Set { name, path, connection, folder, floor_percent, quota } => {
            let path = path.map(|path| local(&path)).transpose()?;
            let set = StorageSetArgs { name, path, connection, folder, floor_percent, quota };
            let row = session.call::<StorageSet>(set).await?;
            shell.out.result(&row, || table(std::slice::from_ref(&row)));
        }
    }
    Ok(Exit::Done)
}

fn table(rows: &[StorageRow]) -> String {
    let mut table =
        Table::new(["STORAGE", "STATE", ">TOTAL", ">FREE", ">RESERVED", ">STAYS FREE", ">TO GRANT", "PATH"]);
    let known = |bytes: Option<u64>| bytes.map_or_else(|| "not known".to_owned(), text::size);
    for row in rows {
        table.row([
            row.name.clone(),
            word(row.health).to_owned(),
            known(row.total),
            known(row.free),
            text::size(row.reserved),
            row.total.map_or_else(String::new, |_| text::size(row.floor) + " ") + &format!("({} %)", row.floor_percent),
            known(row.to_grant),
            row.path.clone(),
        ]);
    }
    let mut words = table.to_string();
    for row in rows {
        if let Some(reason) = &row.reason {
            let _ = writeln!(words, "{}: {reason}", row.name);
        }
    }
    words
}

fn word(health: StorageHealth) -> &'static str {
    match health {
        StorageHealth::Ok => "ok",
        StorageHealth::Missing => "missing",
        StorageHealth::ReadOnly => "read-only",
        StorageHealth::Full => "full",
        StorageHealth::Silent => "silent",
        StorageHealth::Unusable => "unusable",
    }
}

fn in_words(detail: &StorageDetail) -> String {
    let row = &detail.storage;
    let mut words = table(std::slice::from_ref(row));
    let quota = row.quota.map_or_else(|| "no quota".to_owned(), |quota| format!("a quota of {}", text::size(quota)));
    let _ = writeln!(
        words,
        "the ledger has {} of {} datasets on it; {quota}",
        text::size(row.held_bytes),
        row.held_datasets
    );
    let mut held = Table::new(["RUN", "TASK", "DATASET", ">ASKED", ">WRITTEN", "STATE"]);
    for row in &detail.reservations {
        let index = row.index.map(|index| format!("[{index}]")).unwrap_or_default();
        held.row([
            row.run.clone(),
            row.task.clone() + &index,
            row.dataset.clone().unwrap_or_else(|| "-".to_owned()),
            text::size(row.bytes),
            text::size(row.written),
            (if row.granted { "granted" } else { "waits" }).to_owned(),
        ]);
    }
    if !detail.reservations.is_empty() {
        words = words + "\n" + &held.to_string();
    }
    words
}
