//! `retrieve.finish`: gives folders their modes and times, the deepest first, and checks that all that was asked for is there.

use async_trait::async_trait;
use longshore_catalogue::{Dataset, Entry, EntryKind, PathBytes};
use longshore_engine::Fault;
use longshore_transfer::storage::{Kind, Meta, Storage};
use schemars::JsonSchema;
use serde::Serialize;

use super::retrieve_plan::With;
use crate::attempt::{blocking, bytes, count, pages};
use crate::destination;
use crate::faults::ToldAt as _;
use crate::kind::{Context, Done, Need, Progress, Services, TypedKind};
use crate::selection::Selection;

/// Output of `retrieve.finish`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Output {
    /// Pid of the dataset.
    pub dataset: String,
    /// Files in the destination, each written with the checksum of its source.
    pub files: u64,
    /// Bytes of them.
    pub bytes: u64,
    /// Folders.
    pub folders: u64,
    /// Symbolic links.
    pub links: u64,
}

/// `retrieve.finish`.
pub struct RetrieveFinish;

#[async_trait]
impl TypedKind for RetrieveFinish {
    type With = With;
    type Output = Output;
    const NAME: &'static str = "retrieve.finish";
    const TITLE: &'static str = "Finishes a retrieval";

    async fn plan(&self, _: With, _: &Services) -> Result<Need, Fault> {
        Ok(Need::default())
    }

    async fn run(&self, with: With, context: Context) -> Result<Done<Output>, Fault> {
        blocking(move || finish(&with, &context)).await.map(Done::Output)
    }
}

fn finish(with: &With, context: &Context) -> Result<Output, Fault> {
    let services = &context.services;
    let dataset = services.dataset(&with.dataset)?;
    let selection = Selection::of(services, &dataset, with.files.as_deref())?;
    let dest = destination::open(services.storages.as_ref(), &with.dest)?;
    let totals = (0, 0, 0, 0);
    let mut finishing = Finishing { context, dataset: &dataset, dest: dest.as_ref(), open: Vec::new(), totals };
    pages(|after| selection.page(services, after), |entries| finishing.page(entries))?;
    finishing.close_until(None)?;
    let (files, size, folders, links) = finishing.totals;
    dest.sync_all().told_at(dest.name())?;
    let text = format!(
        "{}, {}, retrieved into {}, each read back with the checksum of its source",
        count(files, "file", "files"),
        bytes(size),
        with.dest
    );
    context.history(&dataset, "retrieved", text)?;
    Ok(Output { dataset: dataset.pid, files, bytes: size, folders, links })
}

struct Finishing<'a> {
    context: &'a Context,
    dataset: &'a Dataset,
    dest: &'a dyn Storage,
    /// Folders whose entries are passing by, the deepest last.
    open: Vec<Entry>,
    /// Files, bytes, folders, links.
    totals: (u64, u64, u64, u64),
}

impl Finishing<'_> {
    fn page(&mut self, entries: &[Entry]) -> Result<(), Fault> {
        self.context.go_on()?;
        for entry in entries {
            self.close_until(Some(&entry.path))?;
            self.expect(entry)?;
            let (files, bytes, folders, links) = &mut self.totals;
            match entry.kind {
                EntryKind::File => (*files, *bytes) = (*files + 1, *bytes + entry.size),
                EntryKind::Link => *links += 1,
                EntryKind::Folder => {
                    *folders += 1;
                    self.open.push(entry.clone());
                }
            }
        }
        let now = entries.last().map(|entry| entry.path.to_text()).unwrap_or_default();
        self.context.host.progress(Progress { bytes: self.totals.1, files: self.totals.0, now, ..Progress::default() });
        Ok(())
    }

    /// Nothing more comes below folders that the path is not in: they get their mode and time.
    fn close_until(&mut self, path: Option<&PathBytes>) -> Result<(), Fault> {
        let is_above = |folder: &Entry| {
            let rest = path.and_then(|path| path.as_bytes().strip_prefix(folder.path.as_bytes()));
            rest.is_some_and(|rest| rest.starts_with(b"/"))
        };
        while let Some(folder) = self.open.pop_if(|folder| !is_above(folder)) {
            let mtime = (folder.mtime.secs, folder.mtime.nanos);
            self.dest.set_meta(folder.path.as_bytes(), Some(folder.mode), Some(mtime)).told_at(self.dest.name())?;
        }
        Ok(())
    }

    fn expect(&self, entry: &Entry) -> Result<(), Fault> {
        let right = match self.dest.stat(entry.path.as_bytes()) {
            Ok(meta) => stands_for(&meta, entry),
            Err(error) if error.code == "file.missing" => false,
            Err(error) => return Err(error).told_at(self.dest.name()),
        };
        if right {
            return Ok(());
        }
        Err(Fault::permanent(
            "retrieve.incomplete",
            format!("{} is not as it was retrieved", entry.path),
            "It was changed or taken away since",
        )
        .now("Retry the extraction with what lies downstream.")
        .on_dataset(&self.dataset.pid)
        .on_file(entry.path.to_text())
        .at_place(self.dest.name()))
    }
}

fn stands_for(meta: &Meta, entry: &Entry) -> bool {
    match entry.kind {
        EntryKind::File => meta.kind == Kind::File && meta.size == entry.size,
        EntryKind::Folder => meta.kind == Kind::Folder,
        EntryKind::Link => meta.kind == Kind::Link && meta.link == entry.link.as_bytes(),
    }
}
