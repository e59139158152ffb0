//! Files that could not be copied from their source, gathered so that all of them are told at once.

use std::sync::Arc;

use longshore_catalogue::{Dataset, Mtime, PathBytes};
use longshore_engine::{Class, Fault};
use longshore_transfer::Fail;
use longshore_transfer::copy::Item;
use longshore_transfer::storage::{Kind, Status, Storage};

use crate::attempt::count;
use crate::faults::{Told as _, through};
use crate::kind::{Context, Level};

/// Files that a failure names after the first; more are counted.
const NAMED: usize = 100;

/// What was left out.
pub(super) struct LeftOut {
    pid: String,
    name: String,
    /// Where the source now being copied lies.
    pub(super) source: Option<Arc<dyn Storage>>,
    first: Option<Fault>,
    also: Vec<String>,
    count: u64,
    transient: bool,
}

impl LeftOut {
    pub(super) fn new(dataset: &Dataset) -> Self {
        let (pid, name) = (dataset.pid.clone(), dataset.name.clone());
        Self { pid, name, source: None, first: None, also: Vec::new(), count: 0, transient: true }
    }

    /// Takes a file's failure; `Err` if it is not the file's alone but ends the copying.
    pub(super) fn add(
        &mut self,
        context: &Context,
        dataset: &Dataset,
        item: &Item,
        fail: Fail,
    ) -> longshore_transfer::Result<()> {
        if matches!(fail, Fail::Cancelled | Fail::Observer(_) | Fail::Broken) || fail.status() == Status::Unusable {
            return Err(fail);
        }
        if matches!(fail, Fail::Changed { .. }) {
            self.take_anew(context, dataset, item).map_err(through)?;
        }
        self.transient &= fail.status() == Status::Transient;
        let path = PathBytes::new(item.source.clone()).to_text();
        let (code, why, now) = told(&fail);
        context.host.log(Level::Error, &format!("{path}: {why}"));
        self.count += 1;
        if self.first.is_none() {
            let fault = Fault::permanent(code, format!("{path} was not copied"), why).now(now);
            self.first = Some(fault.on_file(path).on_dataset(&self.pid));
        } else if self.also.len() < NAMED {
            self.also.push(format!("{path}: {why}"));
        }
        Ok(())
    }

    /// The catalogue takes the file's size and times as they are now, so that a retry copies what is there then.
    fn take_anew(&self, context: &Context, dataset: &Dataset, item: &Item) -> Result<(), Fault> {
        let Some(Ok(meta)) = self.source.as_ref().map(|source| source.stat(&item.source)) else { return Ok(()) };
        if meta.kind != Kind::File {
            return Ok(());
        }
        let mtime = Mtime { secs: meta.mtime.0, nanos: meta.mtime.1 };
        let mode = meta.mode.map_or(item.mode, |mode| mode & 0o7777);
        context.services.catalogue.relist_file(dataset.id, item.id, meta.size, mode, mtime).told()
    }

    /// The failure of all of them, if there is one.
    pub(super) fn verdict(self) -> Result<(), Fault> {
        let Some(mut fault) = self.first else { return Ok(()) };
        if self.transient {
            fault.class = Class::Transient;
        }
        if self.count > 1 {
            fault.what = format!("{} of {} were not copied", count(self.count, "file", "files"), self.name);
            fault.why = format!(
                "{}: {}; the others are in the landing zone",
                fault.file.clone().unwrap_or_default(),
                fault.why
            );
            fault.also = self.also;
        }
        Err(fault)
    }
}

/// Code, reason and advice for one file's failure.
fn told(fail: &Fail) -> (&'static str, String, &'static str) {
    match fail {
        Fail::Changed { why, .. } => (
            "source.changed",
            format!("it changed after it was listed: {why}"),
            "Retry once nobody writes to it: it is then taken as it is. What was copied is kept.",
        ),
        Fail::Storage(error) if error.code == "file.missing" => (
            "source.vanished",
            "it was there when the dataset was listed, and is gone".into(),
            "Put it back and retry: what was copied is kept. Or archive what is there as a new dataset.",
        ),
        Fail::Storage(error) => (
            "source.unreadable",
            error.why.clone(),
            "Make it readable to the user who runs Longshore and retry: only what is missing is copied.",
        ),
        other => ("source.unreadable", other.to_string(), "Retry: only what is missing is copied."),
    }
}
