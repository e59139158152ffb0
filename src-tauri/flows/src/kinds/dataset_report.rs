//! `dataset.report`: the last word on a dataset, and only a good one if every entry of it is proved.

use async_trait::async_trait;
use longshore_catalogue::{Block, BlockState, Dataset, DatasetState};
use longshore_engine::Fault;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::attempt::{blocking, bytes, count};
use crate::faults::Told as _;
use crate::kind::{Context, Done, Need, Progress, Services, TypedKind};

/// Parameters of `dataset.report`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct With {
    /// Pid or name of the dataset.
    pub dataset: String,
    /// What the history calls it.
    #[serde(default)]
    pub event: Event,
}

/// What was done.
#[derive(Debug, Clone, Copy, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// It was archived.
    #[default]
    Archived,
    /// It was read back once more.
    Verified,
}

/// Output of `dataset.report`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Output {
    /// Pid of the dataset.
    pub dataset: String,
    /// State: always `archived`.
    pub state: DatasetState,
    /// Files, each proved.
    pub files: u64,
    /// Bytes of them.
    pub bytes: u64,
    /// Datablocks.
    pub blocks: u64,
}

/// `dataset.report`.
pub struct DatasetReport;

#[async_trait]
impl TypedKind for DatasetReport {
    type With = With;
    type Output = Output;
    const NAME: &'static str = "dataset.report";
    const TITLE: &'static str = "Checks that every file of a dataset is proved";

    async fn plan(&self, _: With, _: &Services) -> Result<Need, Fault> {
        Ok(Need::default())
    }

    async fn run(&self, with: With, context: Context) -> Result<Done<Output>, Fault> {
        blocking(move || report(&with, &context)).await.map(Done::Output)
    }
}

fn report(with: &With, context: &Context) -> Result<Output, Fault> {
    let dataset = context.services.dataset(&with.dataset)?;
    let blocks = context.services.catalogue.blocks(dataset.id).told()?;
    if dataset.state != DatasetState::Archived {
        return Err(not_proved(&dataset, &blocks));
    }
    let (files, size) = (dataset.totals.files, dataset.totals.bytes);
    let what = format!(
        "{}, {}, in {}",
        count(files, "file", "files"),
        bytes(size),
        count(blocks.len() as u64, "datablock", "datablocks")
    );
    match with.event {
        Event::Archived => context.history(
            &dataset,
            "archived",
            format!("{what}: each file was read back with the checksum of its source"),
        )?,
        Event::Verified => context.history(&dataset, "verified", format!("{what}: read back again, all right"))?,
    }
    context.host.progress(Progress { bytes: size, files, ..Progress::default() });
    Ok(Output { dataset: dataset.pid, state: dataset.state, files, bytes: size, blocks: blocks.len() as u64 })
}

fn not_proved(dataset: &Dataset, blocks: &[Block]) -> Fault {
    let of = |state| blocks.iter().filter(|block| block.state == state).count() as u64;
    let why = format!(
        "Of {}, {} proved, {} written and not read back, {} damaged, {} not written",
        count(blocks.len() as u64, "datablock", "datablocks"),
        of(BlockState::Proved),
        of(BlockState::Written),
        of(BlockState::Damaged),
        of(BlockState::Planned),
    );
    Fault::permanent("dataset.not_proved", format!("{} is not proved", dataset.name), why)
        .now("Retry the task that failed with what lies downstream of it.")
        .on_dataset(&dataset.pid)
}
