//! A dataset's fixity report: what it holds, where each file's copy lies, and how and when that was proved.

mod forms;
mod page;

use std::io::{BufWriter, Write};
use std::path::Path;
use std::sync::Arc;

use longshore_catalogue::{Block, BlockId, Catalogue as _, Dataset, Entry};
use longshore_engine::Fault;
use longshore_flows::faults::of_catalogue;

use super::super::Owner;
use super::super::dispatch::Answer;
use super::logs::new_file;
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
    let half = path.with_added_extension("part");
    let written = write(owner, args.form, &facts, &half).and_then(|bytes| {
        std::fs::rename(&half, &path).map(|()| bytes).map_err(|error| Failed::Io(error).told(&args.path))
    });
    if written.is_err() {
        // The error that is told is the first one.
        let _ = std::fs::remove_file(&half);
    }
    Ok(FileWritten { path: args.path.clone(), bytes: written? })
}

enum Failed {
    Io(std::io::Error),
}

impl Failed {
    fn told(self, path: &str) -> Fault {
        let Self::Io(error) = self;
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

fn write(owner: &Owner, form: ReportForm, facts: &Facts, to: &Path) -> Result<u64, Fault> {
    let io = |error| Failed::Io(error).told(&to.with_extension("").to_string_lossy());
    let mut file = BufWriter::new(std::fs::File::create_new(to).map_err(io)?);
    {
        let out: &mut dyn Write = &mut file;
        let mut form: Box<dyn Form + '_> = match form {
            ReportForm::Csv => Box::new(forms::Csv(out)),
            ReportForm::Json => Box::new(forms::Json::new(out)),
            ReportForm::Manifest => Box::new(forms::Manifest(out)),
            ReportForm::Page => Box::new(page::Page::new(out)),
        };
        form.begin(facts).map_err(io)?;
        let mut after = 0;
        loop {
            let entries =
                owner.store.entries_after(facts.dataset.id, after, PAGE).map_err(|error| of_catalogue(&error))?;
            let Some(last) = entries.last() else { break };
            after = last.id;
            for entry in &entries {
                form.entry(facts, entry).map_err(io)?;
            }
        }
        form.end(facts).map_err(io)?;
    }
    let file = file.into_inner().map_err(|error| io(error.into_error()))?;
    file.sync_all().map_err(io)?;
    Ok(file.metadata().map_err(io)?.len())
}
