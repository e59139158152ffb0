//! `longshore db` and `longshore log`.

use std::ffi::OsStr;
use std::path::Path;

use longshore_api::wire::{
    DatabaseBackup, DatabaseBackupArgs, DatabaseCheck, DatabaseChecked, DatabaseVacuum, DiagnosticsArgs,
    DiagnosticsSave, FileWritten, LogHit, LogSearchArgs, Nothing,
};
use longshore_api::{Fault, PathBytes, Role, wire};
use serde_json::json;

use crate::args::{Db, Log};
use crate::exit::Exit;
use crate::shell::{Shell, local};
use crate::text;

/// One of the commands about the database.
pub(crate) async fn run(shell: &Shell, command: Db) -> Result<Exit, Fault> {
    match command {
        Db::Check => check(shell).await,
        Db::Backup { file } => {
            let session = shell.open(Role::Glance).await?;
            let written = session.call::<DatabaseBackup>(DatabaseBackupArgs { path: local(&file)? }).await?;
            shell.out.result(&written, || in_words(&written));
            Ok(Exit::Done)
        }
        Db::Vacuum => {
            let session = shell.open(Role::Glance).await?;
            let done = session.call::<DatabaseVacuum>(Nothing {}).await?;
            shell.out.result(&done, String::new);
            Ok(Exit::Done)
        }
        Db::Restore { file } => restore(shell, Path::new(&file)),
    }
}

/// Writes the file for whoever helps.
pub(crate) async fn diagnostics(shell: &Shell, file: &OsStr) -> Result<Exit, Fault> {
    let session = shell.open(Role::Glance).await?;
    let written = session.call::<DiagnosticsSave>(DiagnosticsArgs { path: local(file)? }).await?;
    shell.out.result(&written, || in_words(&written));
    shell.out.remark("It names datasets, files, hosts and users. Look into it before you send it.");
    Ok(Exit::Done)
}

fn in_words(written: &FileWritten) -> String {
    format!("{}  {}\n", written.path, text::size(written.bytes))
}

async fn check(shell: &Shell) -> Result<Exit, Fault> {
    let session = shell.open(Role::Glance).await?;
    let checked = session.call::<DatabaseCheck>(Nothing {}).await?;
    shell.out.result(&checked, || found(&checked));
    Ok(if checked.problems.is_empty() { Exit::Done } else { Exit::Failed })
}

fn found(checked: &DatabaseChecked) -> String {
    let runs = text::counted(checked.runs.into(), "run");
    if checked.problems.is_empty() {
        return format!("The database is sound; the journals of {runs} agree with what is shown of them.\n");
    }
    checked.problems.iter().flat_map(|problem| [problem.as_str(), "\n"]).collect()
}

fn restore(shell: &Shell, file: &Path) -> Result<Exit, Fault> {
    let replaced = longshore_api::restore(&shell.folder()?, file)?;
    let replaced = replaced.map(|path| PathBytes::new(path.as_os_str().as_encoded_bytes()).to_text());
    shell.out.result(&json!({ "replaced": replaced }), || match &replaced {
        Some(path) => format!("The backup is in place. What was there lies at {path}\n"),
        None => "The backup is in place.\n".to_owned(),
    });
    Ok(Exit::Done)
}

/// One of the commands about logs.
pub(crate) async fn log(shell: &Shell, command: Log) -> Result<Exit, Fault> {
    let Log::Search { text, level, limit } = command;
    let session = shell.open(Role::Glance).await?;
    let mut args = LogSearchArgs { text, level, from: None, limit: limit.min(1_000) };
    let mut hits: Vec<LogHit> = Vec::new();
    loop {
        let found = session.call::<wire::LogSearch>(args.clone()).await?;
        hits.extend(found.hits);
        args.from = found.next;
        if args.from.is_none() || hits.len() >= limit as usize {
            break;
        }
    }
    hits.truncate(limit as usize);
    let words = |hit: &LogHit| format!("{}  {}", hit.run, super::runs::logs::in_words(&hit.line));
    shell.out.result(&hits, || hits.iter().map(words).collect());
    if args.from.is_some() {
        shell.out.remark("There may be more; see more with --limit");
    }
    Ok(Exit::Done)
}
