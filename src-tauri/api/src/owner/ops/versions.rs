//! Versions of flows, how they differ, and copies to change.

use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;

use longshore_engine::Fault;
use longshore_store::{FlowVersion, FlowVersionRecord};

use super::super::Owner;
use super::super::dispatch::Answer;
use crate::wire::{
    FlowArgs, FlowCopied, FlowCopy, FlowCopyArgs, FlowDiff, FlowDiffArgs, FlowDiffShow, FlowVersionRow, FlowVersions,
};

/// Lines around a change that are shown with it.
const AROUND: usize = 3;

impl Answer<FlowVersions> for Owner {
    async fn answer(self: &Arc<Self>, args: FlowArgs) -> Result<Vec<FlowVersionRow>, Fault> {
        self.ask(move |owner| {
            let in_force = owner.shelf.get(&args.flow).ok().map(|in_force| in_force.flow);
            if let Some(flow) = &in_force {
                let (version, source) = (flow.version.clone(), flow.source.to_string());
                owner.store.keep_flow_version(&FlowVersion { version, flow: flow.id.clone(), source })?;
            }
            let rows = owner.store.flow_versions(&args.flow)?;
            if rows.is_empty() {
                owner.shelf.get(&args.flow)?;
            }
            let now = in_force.map(|flow| flow.version.clone());
            Ok(rows.into_iter().map(|record| row(record, now.as_deref())).collect())
        })
        .await
    }
}

fn row(record: FlowVersionRecord, in_force: Option<&str>) -> FlowVersionRow {
    FlowVersionRow {
        in_force: in_force == Some(&record.version),
        version: record.version,
        kept_at: record.kept_at,
        runs: record.runs,
        last_run_at: record.last_run_at,
    }
}

impl Answer<FlowDiffShow> for Owner {
    async fn answer(self: &Arc<Self>, args: FlowDiffArgs) -> Result<FlowDiff, Fault> {
        self.ask(move |owner| {
            let (a, b) = (version(owner, &args.flow, &args.a)?, version(owner, &args.flow, &args.b)?);
            let text = similar::TextDiff::from_lines(&a.source, &b.source);
            let (old, new) = (name(&a), name(&b));
            let unified = text.unified_diff().context_radius(AROUND).header(&old, &new).to_string();
            let lines = if a.source == b.source { Vec::new() } else { unified.lines().map(str::to_owned).collect() };
            Ok(FlowDiff { a: a.version, b: b.version, lines })
        })
        .await
    }
}

fn name(version: &FlowVersion) -> String {
    format!("{}@{}", version.flow, &version.version[..version.version.len().min(12)])
}

/// A version of a flow by its first letters.
fn version(owner: &Owner, flow: &str, start: &str) -> Result<FlowVersion, Fault> {
    let all = owner.store.flow_versions(flow)?;
    let found: Vec<_> = all.iter().filter(|one| one.version.starts_with(start)).collect();
    let why = match found.as_slice() {
        [one] => return owner.store.flow_version(&one.version).map_err(crate::fault::of_store),
        [] => "The workspace does not know it".to_owned(),
        several => format!("{} versions begin so", several.len()),
    };
    Err(Fault::permanent("flow_version.unknown", format!("There is no version {start:?} of {flow}"), why)
        .now(format!("See its versions with: longshore flow versions {flow}")))
}

impl Answer<FlowCopy> for Owner {
    async fn answer(self: &Arc<Self>, args: FlowCopyArgs) -> Result<FlowCopied, Fault> {
        self.ask(move |owner| {
            let source = owner.shelf.get(&args.flow)?.flow.source.clone();
            if owner.shelf.get(&args.name).is_ok() {
                return Err(refused(&args.flow, &format!("there is a flow {:?} already", args.name)));
            }
            let text = renamed(&source, &args.name)
                .ok_or_else(|| refused(&args.flow, "no line of its file begins with `id:`"))?;
            let path = owner.place.flows().join(format!("{}.yaml", args.name));
            let file = crate::fault::text(&path);
            owner.shelf.parse(&file, &text).map_err(|faults| super::super::shelf::first(&file, faults))?;
            write_new(&path, &text).map_err(|error| refused(&args.flow, &format!("{file}: {error}")))?;
            owner.shelf.reload()?;
            owner.look_at_schedules();
            Ok(FlowCopied { flow: args.name, file })
        })
        .await
    }
}

fn refused(flow: &str, why: &str) -> Fault {
    Fault::permanent("flow.copy", format!("The flow {flow} was not copied"), why)
}

/// The text with another id.
fn renamed(source: &str, id: &str) -> Option<String> {
    let line = source.lines().find(|line| line.starts_with("id:"))?;
    Some(source.replacen(line, &format!("id: {id}"), 1))
}

/// Writes a file that must not be there yet; a half one never has the name.
fn write_new(path: &Path, text: &str) -> std::io::Result<()> {
    let mut hidden = std::ffi::OsString::from(".");
    hidden.push(path.file_name().unwrap_or_default());
    hidden.push(".new");
    let new = path.with_file_name(hidden);
    let mut file = std::fs::File::create(&new)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    // A link, and not a rename: what is there is never replaced.
    let linked = std::fs::hard_link(&new, path);
    std::fs::remove_file(&new)?;
    linked
}
