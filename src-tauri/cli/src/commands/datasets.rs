//! `longshore datasets`, `dataset show` and `find`.

use std::ffi::OsStr;
use std::fmt::Write as _;

use longshore_api::wire::{
    DatasetArgs, DatasetDetail, DatasetEntries, DatasetHistory, DatasetList, DatasetListArgs, DatasetReport,
    DatasetReportArgs, DatasetRow, DatasetShow, DatasetStateText, EntriesArgs, EntryRow, FileFind, FindArgs, FoundRow,
    HistoryArgs, HistoryRow, Page, ReportForm,
};
use longshore_api::{Fault, Metadata, Role, Session};
use serde::Serialize;

use crate::args::Report;
use crate::exit::Exit;
use crate::shell::{Shell, local};
use crate::table::Table;
use crate::text;

/// Rows asked for at a time.
const PAGE: u32 = 500;

/// Lists the datasets, newest first.
pub(crate) async fn list(shell: &Shell, search: Option<String>) -> Result<Exit, Fault> {
    let session = shell.open(Role::Glance).await?;
    let mut page = Page { rows: Vec::new(), total: 0 };
    loop {
        let offset = page.rows.len() as u64;
        let args = DatasetListArgs { search: search.clone(), state: None, offset, limit: PAGE };
        let mut next = session.call::<DatasetList>(args).await?;
        page.total = next.total;
        let more = !next.rows.is_empty();
        page.rows.append(&mut next.rows);
        if !more || page.rows.len() as u64 >= page.total {
            break;
        }
    }
    shell.out.result(&page, || rows(&page.rows));
    Ok(Exit::Done)
}

/// Writes a fixity report.
pub(crate) async fn report(shell: &Shell, dataset: String, file: &OsStr, form: Report) -> Result<Exit, Fault> {
    let form = match form {
        Report::Csv => ReportForm::Csv,
        Report::Json => ReportForm::Json,
        Report::Manifest => ReportForm::Manifest,
        Report::Page => ReportForm::Page,
    };
    let session = shell.open(Role::Glance).await?;
    let written = session.call::<DatasetReport>(DatasetReportArgs { dataset, form, path: local(file)? }).await?;
    shell.out.result(&written, || format!("{} written, {}\n", written.path, text::size(written.bytes)));
    Ok(Exit::Done)
}

fn rows(rows: &[DatasetRow]) -> String {
    if rows.is_empty() {
        return "No datasets. Archive one with: longshore archive PATH --name NAME\n".to_owned();
    }
    let mut table = Table::new(["NAME", "ID", "STATE", ">FILES", ">SIZE", ">PROVED", ">BLOCKS", "CREATED"]);
    for row in rows {
        table.row([
            row.name.clone(),
            row.pid.clone(),
            word(row.state).to_owned(),
            text::count(row.files),
            text::size(row.bytes),
            text::size(row.proved_bytes),
            row.blocks.to_string(),
            text::time(row.created_at),
        ]);
    }
    table.to_string()
}

/// A dataset's state in words.
pub(crate) fn word(state: DatasetStateText) -> &'static str {
    match state {
        DatasetStateText::Landing => "landing",
        DatasetStateText::Landed => "landed",
        DatasetStateText::Archiving => "archiving",
        DatasetStateText::Archived => "archived",
        DatasetStateText::Damaged => "damaged",
    }
}

/// What `dataset show --json` gives: the dataset, and what was asked for besides.
#[derive(Debug, Serialize)]
struct Shown {
    #[serde(flatten)]
    detail: DatasetDetail,
    #[serde(skip_serializing_if = "Option::is_none")]
    entries: Option<Vec<EntryRow>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    history: Option<Vec<HistoryRow>>,
}

/// Shows a dataset.
pub(crate) async fn show(shell: &Shell, dataset: String, files: bool, history: bool) -> Result<Exit, Fault> {
    let session = shell.open(Role::Glance).await?;
    let detail = session.call::<DatasetShow>(DatasetArgs { dataset: dataset.clone() }).await?;
    let entries = if files { Some(all_entries(session, &dataset).await?) } else { None };
    let history = if history { Some(all_history(session, &dataset).await?) } else { None };
    let shown = Shown { detail, entries, history };
    shell.out.result(&shown, || in_words(&shown));
    Ok(Exit::Done)
}

async fn all_entries(session: &Session, dataset: &str) -> Result<Vec<EntryRow>, Fault> {
    let mut all = Vec::new();
    loop {
        let (dataset, offset) = (dataset.to_owned(), all.len() as u64);
        let args = EntriesArgs { dataset, folder: None, search: None, offset, limit: PAGE };
        let page = session.call::<DatasetEntries>(args).await?;
        let more = !page.rows.is_empty();
        all.extend(page.rows);
        if !more || all.len() as u64 >= page.total {
            return Ok(all);
        }
    }
}

async fn all_history(session: &Session, dataset: &str) -> Result<Vec<HistoryRow>, Fault> {
    let mut all = Vec::new();
    loop {
        let args = HistoryArgs { dataset: dataset.to_owned(), offset: all.len() as u64, limit: PAGE };
        let page = session.call::<DatasetHistory>(args).await?;
        let more = !page.rows.is_empty();
        all.extend(page.rows);
        if !more || all.len() as u64 >= page.total {
            return Ok(all);
        }
    }
}

fn in_words(shown: &Shown) -> String {
    let mut words = facts(&shown.detail);
    words += "\n";
    words += &blocks(&shown.detail);
    if !shown.detail.runs.is_empty() {
        words += "\n";
        words += &super::runs::rows(&shown.detail.runs);
    }
    if let Some(list) = &shown.entries {
        words += "\n";
        words += &entries(list);
    }
    if shown.history.is_some() {
        words += "\n";
    }
    for line in shown.history.iter().flatten() {
        let _ = writeln!(words, "{}  {}", text::time(line.at), line.text);
    }
    words
}

fn facts(detail: &DatasetDetail) -> String {
    let row = &detail.dataset;
    let mut words = String::new();
    let mut fact = |name: &str, value: String| {
        let _ = writeln!(words, "{name:<10} {value}");
    };
    fact("name", row.name.clone());
    fact("id", row.pid.clone());
    if let Some(pid) = &detail.scicat {
        fact("in SciCat", pid.clone());
    }
    fact("state", word(row.state).to_owned());
    fact("files", format!("{}, {}", text::count(row.files), text::size(row.bytes)));
    fact("proved", format!("{}, {}", text::count(row.proved_files), text::size(row.proved_bytes)));
    fact("folders", text::count(detail.folders));
    fact("links", text::count(detail.links));
    if detail.special > 0 {
        fact("left out", format!("{} (pipes, sockets, devices)", text::count(detail.special)));
    }
    fact("created", text::time(row.created_at));
    fact("archived", text::time_or_dash(row.archived_at));
    for source in &detail.sources {
        fact("source", source.clone());
    }
    if let Some(said) = &detail.metadata {
        said_of(said).into_iter().filter(|(_, value)| !value.is_empty()).for_each(|(name, value)| fact(name, value));
    }
    words
}

/// What is said of a dataset for SciCat; the measured values are in the JSON.
fn said_of(said: &Metadata) -> [(&'static str, String); 8] {
    [
        ("type", said.kind.clone()),
        ("owner", format!("{}, {}", said.owner, said.owner_group)),
        ("access", said.access_groups.join(", ")),
        ("contact", said.contact_email.clone()),
        ("led by", said.principal_investigator.clone()),
        ("measured", said.creation_location.clone()),
        ("about", said.description.clone()),
        ("keywords", said.keywords.join(", ")),
    ]
}

/// The datablocks of a dataset as a table.
pub(crate) fn blocks(detail: &DatasetDetail) -> String {
    let mut table = Table::new(["DATABLOCK", "STATE", ">FILES", ">SIZE", "READ BACK", "SHA-256"]);
    for block in &detail.blocks {
        table.row([
            block.name.clone(),
            block.state.clone(),
            text::count(block.files),
            text::size(block.size),
            text::time_or_dash(block.verified_at),
            block.sha256.clone().unwrap_or_else(|| "-".to_owned()),
        ]);
    }
    table.to_string()
}

fn entries(entries: &[EntryRow]) -> String {
    let mut table = Table::new(["MODE", ">SIZE", "MODIFIED", "PROVED", "PATH"]);
    for entry in entries {
        let link = entry.link.as_ref().map(|target| format!(" -> {target}")).unwrap_or_default();
        table.row([
            entry.mode.clone(),
            text::size(entry.size),
            text::time(entry.mtime),
            text::time_or_dash(entry.proved_at),
            entry.path.clone() + &link,
        ]);
    }
    table.to_string()
}

/// Finds files across datasets.
pub(crate) async fn find(shell: &Shell, wanted: String) -> Result<Exit, Fault> {
    let session = shell.open(Role::Glance).await?;
    let found = session.call::<FileFind>(FindArgs { text: wanted, limit: PAGE }).await?;
    shell.out.result(&found, || found_in_words(&found));
    if found.len() == PAGE as usize {
        shell.out.remark(format_args!("These are the first {PAGE}; there may be more."));
    }
    Ok(Exit::Done)
}

fn found_in_words(found: &[FoundRow]) -> String {
    if found.is_empty() {
        return "Nothing found.\n".to_owned();
    }
    let mut table = Table::new(["DATASET", ">SIZE", "PROVED", "PATH"]);
    for row in found {
        let (size, proved) = (text::size(row.entry.size), text::time_or_dash(row.entry.proved_at));
        table.row([row.dataset.clone(), size, proved, row.entry.path.clone()]);
    }
    table.to_string()
}
