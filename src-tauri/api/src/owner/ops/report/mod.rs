//! A dataset's fixity report: what it holds, where each file's copy lies, and how and when that was proved.

mod forms;
mod page;

use std::io::Write;
use std::sync::Arc;

use longshore_catalogue::{Block, BlockId, Catalogue as _, Dataset, Entry};
use longshore_engine::Fault;
use longshore_flows::faults::of_catalogue;

use super::super::Owner;
use super::super::dispatch::Answer;
use super::logs::{new_file, write_new};
use crate::fault::of_store;
use crate::wire::{DatasetReport, DatasetReportArgs, FileWritten, ReportForm};

/// Entries that are held at a time.
const PAGE: usize = 2000;

/// What a report says of a whole dataset.
struct Facts {
    dataset: Dataset,
    blocks: Vec<Block>,
    /// Files whose copy on the LTS is proved.
    proved: u64,
    /// Bytes of them.
    proved_bytes: u64,
    /// When it is written, in milliseconds since the epoch.
    at: i64,
}

impl Facts {
    /// The datablock that a copy lies in.
    fn block(&self, id: BlockId) -> Option<&Block> {
        self.blocks.iter().find(|block| block.id == id)
    }
}

/// A form of the report: told what there is, in order.
trait Form {
    fn begin(&mut self, facts: &Facts) -> std::io::Result<()>;
    fn entry(&mut self, facts: &Facts, entry: &Entry) -> std::io::Result<()>;
    fn end(&mut self, facts: &Facts) -> std::io::Result<()>;
}

impl Answer<DatasetReport> for Owner {
    async fn answer(self: &Arc<Self>, args: DatasetReportArgs) -> Result<FileWritten, Fault> {
        self.ask(move |owner| save(owner, &args)).await
    }
}

fn save(owner: &Owner, args: &DatasetReportArgs) -> Result<FileWritten, Fault> {
    let path = new_file(&args.path)?;
    let summary = owner.store.dataset_summary(&args.dataset).map_err(of_store)?;
    let facts = Facts {
        blocks: owner.store.blocks(summary.dataset.id).map_err(|error| of_catalogue(&error))?,
        dataset: summary.dataset,
        proved: summary.proved_files,
        proved_bytes: summary.proved_bytes,
        at: owner.clock.now().0,
    };
    let written = write_new(&path, |file| fill(owner, args.form, &facts, file));
    let bytes = written.map_err(|failed| failed.told(&args.path))?;
    Ok(FileWritten { path: args.path.clone(), bytes })
}

/// Why a report was not written.
enum Failed {
    Io(std::io::Error),
    Catalogue(Box<Fault>),
}

impl From<std::io::Error> for Failed {
    fn from(error: std::io::Error) -> Self {
        Self::Io(error)
    }
}

impl Failed {
    fn told(self, path: &str) -> Fault {
        let error = match self {
            Self::Io(error) => error,
            Self::Catalogue(fault) => return *fault,
        };
        match error.downcast::<Missing>() {
            Ok(Missing(file)) => {
                let what = format!("{path} was not written");
                let why = format!("{file} has no checksum yet, and a manifest lists the checksum of every file");
                Fault::permanent("report.no_checksum", what, why)
                    .on_file(file)
                    .now("Write it once the dataset is archived.")
            }
            Err(error) => Fault::fatal("file.path", format!("{path} was not written"), error.to_string()),
        }
    }
}

/// A file without a checksum, where one is needed.
#[derive(Debug, thiserror::Error)]
#[error("{0} has no checksum")]
struct Missing(String);

fn fill(owner: &Owner, form: ReportForm, facts: &Facts, out: &mut dyn Write) -> Result<(), Failed> {
    let mut form: Box<dyn Form + '_> = match form {
        ReportForm::Csv => Box::new(forms::Csv(out)),
        ReportForm::Json => Box::new(forms::Json::new(out)),
        ReportForm::Manifest => Box::new(forms::Manifest(out)),
        ReportForm::Page => Box::new(page::Page::new(out)),
    };
    form.begin(facts)?;
    let mut after = 0;
    loop {
        let page = owner.store.entries_after(facts.dataset.id, after, PAGE);
        let entries = page.map_err(|error| Failed::Catalogue(Box::new(of_catalogue(&error))))?;
        let Some(last) = entries.last() else { break };
        after = last.id;
        for entry in &entries {
            form.entry(facts, entry)?;
        }
    }
    Ok(form.end(facts)?)
}
