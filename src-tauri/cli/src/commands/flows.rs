//! `longshore flow`.

use std::fmt::Write as _;
use std::path::Path;

use longshore_api::wire::{
    FlowArgs, FlowChecked, FlowDetail, FlowList, FlowRow, FlowRun, FlowRunArgs, FlowShow, Nothing,
};
use longshore_api::{Fault, Role, Session, check_flow, flow_schema};
use serde::Serialize;
use serde_json::{Map, Value};

use super::archive::remark_not_waiting;
use super::{schedules, versions};
use crate::args::{self, Flow};
use crate::exit::Exit;
use crate::follow::{Following, conclude};
use crate::shell::Shell;
use crate::table::Table;
use crate::text;

/// One of the commands.
pub(crate) async fn run(shell: &Shell, command: Flow) -> Result<Exit, Fault> {
    match command {
        Flow::List => list(shell).await,
        Flow::Show { flow } => show(shell, flow).await,
        Flow::Check { files } => check(shell, &files),
        Flow::Schema => {
            let schema = flow_schema();
            shell.out.result(&schema, || format!("{schema:#}\n"));
            Ok(Exit::Done)
        }
        Flow::Run(args) => start(shell, args).await,
        Flow::Versions { flow } => versions::list(shell, flow).await,
        Flow::Diff { flow, a, b } => versions::diff(shell, flow, a, b).await,
        Flow::Copy { flow, name, reason } => versions::copy(shell, flow, name, reason).await,
        Flow::Backfill(args) => schedules::backfill(shell, args).await,
    }
}

async fn list(shell: &Shell) -> Result<Exit, Fault> {
    let rows = shell.open(Role::Glance).await?.call::<FlowList>(Nothing {}).await?;
    shell.out.result(&rows, || table(&rows));
    for fault in rows.iter().filter_map(|row| row.refused.as_ref()) {
        shell.out.remark(crate::output::in_words(fault).trim_end());
    }
    Ok(Exit::Done)
}

fn table(rows: &[FlowRow]) -> String {
    let mut table = Table::new(["FLOW", "TITLE", "FROM", ">TASKS", ">ACTIVE", "FILE", "SCHEDULE", "NEXT"]);
    for row in rows {
        table.row([
            row.id.clone(),
            row.title.clone(),
            (if row.built_in { "built in" } else { "workspace" }).to_owned(),
            row.tasks.to_string(),
            row.active.to_string(),
            standing(row).to_owned(),
            row.schedules.join("; "),
            if row.paused { "paused".to_owned() } else { text::time_or_dash(row.next) },
        ]);
    }
    table.to_string()
}

fn standing(row: &FlowRow) -> &'static str {
    match row {
        FlowRow { deleted: true, .. } => "deleted",
        FlowRow { refused: Some(_), .. } => "refused",
        _ => "in force",
    }
}

async fn show(shell: &Shell, flow: String) -> Result<Exit, Fault> {
    let detail = shell.open(Role::Glance).await?.call::<FlowShow>(FlowArgs { flow }).await?;
    shell.out.result(&detail, || in_words(&detail));
    Ok(Exit::Done)
}

fn in_words(detail: &FlowDetail) -> String {
    let row = &detail.flow;
    let mut words = format!("{}  {}\nversion {}\n", row.id, row.title, detail.version);
    let file = row.file.as_deref().unwrap_or("built in");
    let _ = writeln!(words, "file {file} ({})", standing(row));
    for schedule in &row.schedules {
        let _ = writeln!(words, "schedule {schedule}");
    }
    let _ = match (row.paused, row.next) {
        (true, _) => writeln!(words, "next: paused"),
        (false, Some(next)) => writeln!(words, "next {}", text::time(next)),
        (false, None) => Ok(()),
    };
    if let Some(fault) = &row.refused {
        words += &crate::output::in_words(fault);
    }
    words.push('\n');
    let mut table = Table::new(["TASK", "KIND", "NEEDS", "MAPPED"]);
    for node in &detail.graph.nodes {
        let needs: Vec<&str> =
            detail.graph.edges.iter().filter(|edge| edge.to == node.id).map(|edge| edge.from.as_str()).collect();
        let mapped = (if node.mapped { "yes" } else { "" }).to_owned();
        table.row([node.id.clone(), node.uses.clone(), needs.join(", "), mapped]);
    }
    let _ = write!(words, "{table}\n{}", detail.source);
    words
}

/// What `flow check --json` gives for each file.
#[derive(Debug, Serialize)]
struct Checked {
    file: String,
    #[serde(flatten)]
    checked: FlowChecked,
}

/// Checks flow files as a compiler would; needs no workspace.
fn check(shell: &Shell, files: &[std::path::PathBuf]) -> Result<Exit, Fault> {
    let mut all = Vec::new();
    for path in files {
        let file = path.display().to_string();
        let checked = check_flow(&file, &read(path)?);
        all.push(Checked { file, checked });
    }
    let wrong = all.iter().any(|file| !file.checked.faults.is_empty());
    shell.out.result(&all, || all.iter().map(checked_in_words).collect());
    Ok(if wrong { Exit::Failed } else { Exit::Done })
}

fn checked_in_words(file: &Checked) -> String {
    if file.checked.faults.is_empty() {
        return format!("{}: good\n", file.file);
    }
    let mut words = String::new();
    for fault in &file.checked.faults {
        let at = fault.at.as_deref().unwrap_or(&file.file);
        let _ = writeln!(words, "{at}: error: {}: {} [{}]", fault.what, fault.why, fault.code);
        if !fault.now.is_empty() {
            let _ = writeln!(words, "  {}", fault.now);
        }
    }
    words
}

fn read(path: &Path) -> Result<String, Fault> {
    let unreadable = |error: std::io::Error| {
        Fault::permanent("file.unreadable", format!("{} cannot be read", path.display()), error.to_string())
    };
    let bytes = path.metadata().map_err(unreadable)?.len();
    if bytes > longshore_api::MOST_FLOW_BYTES {
        return Err(longshore_api::flow_too_large(&path.display().to_string(), bytes));
    }
    std::fs::read_to_string(path).map_err(unreadable)
}

async fn start(shell: &Shell, args: args::FlowRun) -> Result<Exit, Fault> {
    let role = if args.wait { Role::Command } else { Role::Glance };
    let (session, Asked { flow, source, params }) = asked(shell, role, args.of).await?;
    let call = FlowRunArgs { flow, source, params, key: args.key, priority: args.priority };
    let started = session.call::<FlowRun>(call).await?;
    if !args.wait {
        shell.out.result(&started, || format!("run {}\n", started.run));
        remark_not_waiting(shell, session);
        return Ok(Exit::Done);
    }
    let runs = Following::new(session, shell.out, [started.run]).until_ended().await?;
    let rows: Vec<_> = runs.iter().map(|detail| detail.run.clone()).collect();
    shell.out.result(&rows, || super::runs::rows(&rows));
    Ok(conclude(shell.out, &runs))
}

/// A flow and its parameters, as they go over the wire.
pub(super) struct Asked {
    /// Its id, or the name of its file.
    pub(super) flow: String,
    /// Text of the file, if it is one.
    pub(super) source: Option<String>,
    pub(super) params: Value,
}

/// Opens the workspace in a role, and reads what was given on the command line as the flow wants it.
pub(super) async fn asked(shell: &Shell, role: Role, of: args::FlowWith) -> Result<(&Session, Asked), Fault> {
    let args::FlowWith { flow, given: args::Given { params: given, secrets, params_file } } = of;
    // A flow's id holds neither a dot nor a slash.
    let is_file = flow.contains(['/', '.']);
    let source = if is_file { Some(read(Path::new(&flow))?) } else { None };
    let session = shell.open(role).await?;
    let schema = schema_of(session, &flow, source.as_deref()).await?;
    let params = params(&given, &secrets, params_file.as_deref(), &schema)?;
    Ok((session, Asked { flow, source, params }))
}

async fn schema_of(session: &Session, flow: &str, source: Option<&str>) -> Result<Value, Fault> {
    match source {
        Some(source) => Ok(check_flow(flow, source).params_schema.unwrap_or_default()),
        None => Ok(session.call::<FlowShow>(FlowArgs { flow: flow.to_owned() }).await?.params_schema),
    }
}

/// The parameters of the file, over them those of the command line, and the secrets that are asked for.
pub(super) fn params(
    given: &[(String, String)],
    secrets: &[String],
    file: Option<&Path>,
    schema: &Value,
) -> Result<Value, Fault> {
    let mut params = file.map_or_else(|| Ok(Map::new()), object)?;
    for (key, text) in given {
        params.insert(key.clone(), value(text, &schema["properties"][key]));
    }
    for key in secrets {
        params.insert(key.clone(), Value::String(crate::secret::ask(key)?));
    }
    Ok(Value::Object(params))
}

fn object(path: &Path) -> Result<Map<String, Value>, Fault> {
    serde_json::from_str(&read(path)?).map_err(|error| {
        let what = format!("{} does not hold parameters", path.display());
        Fault::permanent("flow.params", what, error.to_string()).now("It must hold one JSON object.")
    })
}

/// Text where the flow wants text, else JSON if it is any; whether it fits is for the flow to say.
fn value(text: &str, schema: &Value) -> Value {
    if schema["type"] == "string" {
        return Value::String(text.to_owned());
    }
    serde_json::from_str(text).unwrap_or_else(|_| Value::String(text.to_owned()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::value;

    #[test]
    fn a_value_is_read_as_its_parameter_wants_it() {
        assert_eq!(value("12", &json!({"type": "string"})), json!("12"));
        assert_eq!(value("12", &json!({"type": "integer"})), json!(12));
        assert_eq!(value("[1]", &json!({})), json!([1]));
        assert_eq!(value("a b", &json!({})), json!("a b"));
    }
}
