//! What somebody who helps has to know of a workspace, in one zip: how it stands, what failed and what was logged. No secret, no value of a
//! variable, no content of a file.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom, Write};
use std::path::Path;
use std::sync::Arc;

use longshore_engine::{Fault, RunState};
use longshore_formats::zip::{Head, Method, Writer};
use serde::Serialize;
use serde_json::{Value, json};

use super::super::Owner;
use super::super::dispatch::Answer;
use super::logs::{new_file, write_new};
use crate::Hiding;
use crate::wire::{
    ConnectionHealthList, ConnectionList, DiagnosticsArgs, DiagnosticsSave, FileWritten, FlowList, LimitList,
    MetricsShow, Nothing, Operation, ProfileList, RunArgs, RunEvents, RunEventsArgs, RunList, RunListArgs, RunLogs,
    RunLogsArgs, RunShow, ScheduleList, SecretsShow, StorageList, VariableList, WorkspaceShow,
};

/// Runs that are listed, and of those that failed how many are told in full.
const RUNS: u32 = 200;
const FAILED: u32 = 20;
/// Rows of a journal, and lines of a log, of each of these.
const ROWS: u32 = 500;
/// Bytes of the owner's log, its newest.
const LOG: u64 = 8 << 20;

/// Entries by their names.
type Entries = Vec<(String, Vec<u8>)>;

impl Answer<DiagnosticsSave> for Owner {
    async fn answer(self: &Arc<Self>, args: DiagnosticsArgs) -> Result<FileWritten, Fault> {
        let path = new_file(&args.path)?;
        let mut entries = standing(self).await;
        failed(self, &mut entries).await;
        let failed = move |error: io::Error, path: &str| {
            Fault::fatal("file.path", format!("{path} was not written"), error.to_string())
        };
        self.ask(move |owner| {
            let logs = owner.place.logs();
            let bytes =
                write_new(&path, |file| zip(file, &entries, &logs)).map_err(|error| failed(error, &args.path))?;
            Ok(FileWritten { path: args.path, bytes })
        })
        .await
    }
}

/// One reply as an entry; what could not be answered is told in its place.
async fn entry<O: Operation>(owner: &Arc<Owner>, entries: &mut Entries, name: &str, args: O::Args)
where
    Owner: Answer<O>,
    O::Reply: Serialize,
{
    let told = match Answer::<O>::answer(owner, args).await {
        Ok(reply) => serde_json::to_value(reply).unwrap_or_default(),
        Err(fault) => json!({ "fault": fault }),
    };
    entries.push((name.to_owned(), pretty(&told)));
}

fn pretty(value: &Value) -> Vec<u8> {
    format!("{value:#}\n").into_bytes()
}

async fn standing(owner: &Arc<Owner>) -> Entries {
    let mut all = vec![("about.json".to_owned(), pretty(&about()))];
    entry::<WorkspaceShow>(owner, &mut all, "workspace.json", Nothing {}).await;
    entry::<ProfileList>(owner, &mut all, "profiles.json", Nothing {}).await;
    entry::<StorageList>(owner, &mut all, "storages.json", Nothing {}).await;
    entry::<ConnectionList>(owner, &mut all, "connections.json", Nothing {}).await;
    entry::<ConnectionHealthList>(owner, &mut all, "connections-tested.json", Nothing {}).await;
    entry::<SecretsShow>(owner, &mut all, "secrets.json", Nothing {}).await;
    entry::<LimitList>(owner, &mut all, "limits.json", Nothing {}).await;
    entry::<FlowList>(owner, &mut all, "flows.json", Nothing {}).await;
    entry::<ScheduleList>(owner, &mut all, "schedules.json", Nothing {}).await;
    entry::<MetricsShow>(owner, &mut all, "metrics.json", Nothing {}).await;
    let runs = RunListArgs { limit: RUNS, ..RunListArgs::default() };
    entry::<RunList>(owner, &mut all, "runs.json", runs).await;
    // Their values may be anything.
    if let Ok(rows) = Answer::<VariableList>::answer(owner, Nothing {}).await {
        let names: Vec<String> = rows.into_iter().map(|row| row.name).collect();
        all.push(("variables.json".to_owned(), pretty(&json!(names))));
    }
    all
}

/// Version and machine, and which of Longshore's own settings the environment has.
fn about() -> Value {
    let system = rustix::system::uname();
    let text = |part: &std::ffi::CStr| part.to_string_lossy().into_owned();
    let ours = |name: &String| name.starts_with("LONGSHORE_") || name.starts_with("AIRFLOW_");
    let mut names: Vec<String> =
        std::env::vars_os().filter_map(|(name, _)| name.into_string().ok()).filter(ours).collect();
    names.sort();
    json!({
        "longshore": env!("CARGO_PKG_VERSION"), "made": jiff::Timestamp::now().to_string(),
        "system": text(system.sysname()), "release": text(system.release()), "machine": text(system.machine()),
        "cores": std::thread::available_parallelism().map_or(0, std::num::NonZero::get),
        "environment": names,
    })
}

/// Runs that failed last: each with its tasks, the end of its journal and of its log.
async fn failed(owner: &Arc<Owner>, entries: &mut Entries) {
    let args = RunListArgs { states: vec![RunState::Failed], limit: FAILED, ..RunListArgs::default() };
    let Ok(page) = Answer::<RunList>::answer(owner, args).await else { return };
    for row in page.rows {
        let run = row.id;
        entry::<RunShow>(owner, entries, &format!("failed/{run}.json"), RunArgs { run: run.clone() }).await;
        let events = RunEventsArgs { run: run.clone(), after: 0, limit: ROWS };
        entry::<RunEvents>(owner, entries, &format!("failed/{run}-events.json"), events).await;
        let lines = RunLogsArgs { run: run.clone(), limit: ROWS, ..RunLogsArgs::default() };
        entry::<RunLogs>(owner, entries, &format!("failed/{run}-log.json"), lines).await;
    }
}

fn zip(file: &mut dyn Write, entries: &Entries, logs: &Path) -> io::Result<()> {
    let mut zip = Writer::new(file);
    for (name, bytes) in entries {
        // What came in by another way than a connection is masked like everywhere else.
        let mut hidden = Hiding(Vec::new());
        hidden.write_all(bytes)?;
        put(&mut zip, name, &hidden.0)?;
    }
    // Its lines were masked when they were written.
    for name in ["longshore.log", "longshore.log.1"] {
        match newest(&logs.join(name)) {
            Ok(bytes) => put(&mut zip, &format!("logs/{name}"), &bytes)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
    zip.finish().map(drop)
}

fn put(zip: &mut Writer<&mut dyn Write>, name: &str, bytes: &[u8]) -> io::Result<()> {
    let mtime = jiff::Timestamp::now().as_second();
    let head =
        Head { path: name.as_bytes(), size: bytes.len() as u64, method: Method::Deflated, mtime, executable: false };
    let mut entry = zip.file(head)?;
    entry.write_all(bytes)?;
    entry.finish()
}

/// The end of a file, from the beginning of a line on.
fn newest(path: &Path) -> io::Result<Vec<u8>> {
    let mut file = File::open(path)?;
    let size = file.metadata()?.len();
    file.seek(SeekFrom::Start(size.saturating_sub(LOG)))?;
    let mut bytes = Vec::new();
    file.take(LOG).read_to_end(&mut bytes)?;
    if size > LOG
        && let Some(end) = bytes.iter().position(|byte| *byte == b'\n')
    {
        bytes.drain(..=end);
    }
    Ok(bytes)
}
