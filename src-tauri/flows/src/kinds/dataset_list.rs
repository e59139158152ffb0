//! `dataset.list`: walks a dataset's sources and writes every entry into the catalogue.

use async_trait::async_trait;
use longshore_catalogue::{Dataset, NewEntry, Totals};
use longshore_engine::Fault;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::landing_copy::FILE_OVERHEAD;
use crate::attempt::{blocking, count};
use crate::faults::Told as _;
use crate::kind::{Context, Done, Level, Need, Progress, Services, TypedKind};
use crate::plan::{self, NoteLevel, Walked};

/// Parameters of `dataset.list`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct With {
    /// Pid or name of the dataset.
    pub dataset: String,
}

/// Output of `dataset.list`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Output {
    /// Pid of the dataset.
    pub dataset: String,
    /// What it is made of.
    #[serde(flatten)]
    pub totals: Totals,
    /// Bytes of room that copies of its files take up, at most.
    pub space: u64,
}

/// `dataset.list`.
pub struct DatasetList;

#[async_trait]
impl TypedKind for DatasetList {
    type With = With;
    type Output = Output;
    const NAME: &'static str = "dataset.list";
    const TITLE: &'static str = "Lists what a dataset is made of";

    async fn plan(&self, _: With, _: &Services) -> Result<Need, Fault> {
        Ok(Need::default())
    }

    async fn run(&self, with: With, context: Context) -> Result<Done<Output>, Fault> {
        blocking(move || list(&with, &context)).await.map(Done::Output)
    }
}

fn list(with: &With, context: &Context) -> Result<Output, Fault> {
    let services = &context.services;
    let mut dataset = services.dataset(&with.dataset)?;
    if !dataset.listed {
        // An earlier attempt may have left a part of the listing; the sources may have changed since.
        services.catalogue.clear_listing(dataset.id).told()?;
        let mut entries = IntoCatalogue { context, dataset: &dataset };
        let walked = plan::walk(&dataset.sources, services.storages.as_ref(), &mut entries)?;
        tell(context, &dataset, &walked)?;
        if let Some(fault) = walked.fault() {
            return Err(fault.on_dataset(&dataset.pid));
        }
        dataset = services.catalogue.finish_listing(dataset.id, walked.totals.special).told()?;
    }
    context.host.progress(progress(&dataset.totals, String::new()));
    let space = dataset.totals.bytes + dataset.totals.files * FILE_OVERHEAD;
    Ok(Output { dataset: dataset.pid, totals: dataset.totals, space })
}

/// Remarks go to the log, and what was left out to the history.
fn tell(context: &Context, dataset: &Dataset, walked: &Walked) -> Result<(), Fault> {
    for note in &walked.notes {
        let level = match note.level {
            NoteLevel::Info => Level::Info,
            NoteLevel::Warning => Level::Warning,
            NoteLevel::Error => Level::Error,
        };
        let paths = note.details.join("\n  ");
        context.host.log(level, &format!("{} ({}):\n  {paths}", note.text, note.count));
    }
    let left_out = walked.notes.iter().find(|note| note.code == "source.special");
    let Some(note) = left_out.filter(|_| walked.fault().is_none()) else { return Ok(()) };
    let number = count(note.count, "pipe, socket or device was", "pipes, sockets and devices were");
    let more = if note.count > note.details.len() as u64 { ", ..." } else { "" };
    context.history(dataset, "special", format!("{number} left out: {}{more}", note.details.join(", ")))
}

fn progress(totals: &Totals, now: String) -> Progress {
    Progress { bytes: totals.bytes, files: totals.files, now, ..Progress::default() }
}

struct IntoCatalogue<'a> {
    context: &'a Context,
    dataset: &'a Dataset,
}

impl plan::Sink for IntoCatalogue<'_> {
    fn entries(&mut self, batch: Vec<NewEntry>, so_far: &Totals) -> Result<(), Fault> {
        self.context.services.catalogue.add_entries(self.dataset.id, &batch).told()?;
        let now = batch.last().map(|entry| entry.path.to_text()).unwrap_or_default();
        self.context.host.progress(progress(so_far, now));
        Ok(())
    }

    fn cancelled(&self) -> bool {
        self.context.host.cancelled()
    }
}
