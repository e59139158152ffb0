//! What kinds of task share: work off the async threads, pages of the ledger, lines of history.

use longshore_catalogue::{Block, Catalogue, Dataset, Entry, EntryId, HistoryLine};
use longshore_engine::Fault;
use serde::Serialize;
use serde_json::Value;

use crate::faults::{self, Told as _};
use crate::kind::{Context, Services};

/// Entries that are read or written at a time.
pub(crate) const PAGE: usize = 1000;

/// Does blocking work off the async threads.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Fault> + Send + 'static,
) -> Result<T, Fault> {
    let done = tokio::task::spawn_blocking(work).await;
    done.unwrap_or_else(|broken| Err(Fault::fatal("task.broken", "The task broke off", broken.to_string())))
}

/// Gives every page of a list that is read by key to `each`.
pub(crate) fn pages(
    mut page: impl FnMut(EntryId) -> Result<Vec<Entry>, Fault>,
    mut each: impl FnMut(&[Entry]) -> Result<(), Fault>,
) -> Result<(), Fault> {
    let mut after = 0;
    loop {
        let entries = page(after)?;
        let Some(last) = entries.last() else { return Ok(()) };
        after = last.id;
        each(&entries)?;
    }
}

/// At most a page of a datablock's entries after a key, ascending.
pub(crate) fn entries_in(catalogue: &dyn Catalogue, block: &Block, after: EntryId) -> Result<Vec<Entry>, Fault> {
    let mut page = catalogue.entries_after(block.dataset, after.max(block.plan.first - 1), PAGE).told()?;
    page.retain(|entry| entry.id <= block.plan.last);
    Ok(page)
}

impl Services {
    /// A dataset by pid or name.
    pub(crate) fn dataset(&self, pid_or_name: &str) -> Result<Dataset, Fault> {
        self.catalogue.dataset(pid_or_name).told()
    }

    /// Milliseconds since the epoch.
    pub(crate) fn now(&self) -> i64 {
        self.clock.now().0
    }
}

impl Context {
    /// Between two steps: fails if the attempt was told to stop.
    pub(crate) fn go_on(&self) -> Result<(), Fault> {
        self.host.came_forward();
        if self.host.cancelled() { Err(faults::cancelled()) } else { Ok(()) }
    }

    /// Saves a checkpoint.
    pub(crate) fn save(&self, checkpoint: &impl Serialize) -> Result<(), Fault> {
        let checkpoint = serde_json::to_value(checkpoint)
            .map_err(|error| Fault::fatal("task.broken", "A checkpoint cannot be written", error.to_string()))?;
        self.host.save_checkpoint(checkpoint)
    }

    /// Forgets the checkpoint, so that what is done once more is done from the start.
    pub(crate) fn forget_checkpoint(&self) -> Result<(), Fault> {
        self.host.save_checkpoint(Value::Null)
    }

    /// Appends to a dataset's history.
    pub(crate) fn history(&self, dataset: &Dataset, event: &str, text: impl Into<String>) -> Result<(), Fault> {
        let at = self.services.now();
        let line = HistoryLine { at, event: event.into(), text: text.into(), run: Some(self.run.clone()) };
        self.services.catalogue.add_history(dataset.id, &line).told()
    }
}

/// Stops a transfer whose attempt was told to stop.
pub(crate) fn cut_short(context: &Context) -> longshore_transfer::Result<()> {
    if context.host.cancelled() { Err(longshore_transfer::Fail::Cancelled) } else { Ok(()) }
}

/// `1 file`, `2 files`.
pub(crate) fn count(number: u64, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

/// Bytes for an operator: exact below 10 KiB, else in binary units with two decimals.
pub(crate) fn bytes(number: u64) -> String {
    const UNITS: [&str; 5] = ["KiB", "MiB", "GiB", "TiB", "PiB"];
    if number < 10 * 1024 {
        return count(number, "byte", "bytes");
    }
    let mut amount = number as f64 / 1024.0;
    let mut unit = 0;
    while amount >= 1024.0 && unit + 1 < UNITS.len() {
        amount /= 1024.0;
        unit += 1;
    }
    format!("{amount:.2} {}", UNITS[unit])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_told_with_their_unit() {
        assert_eq!(bytes(1), "1 byte");
        assert_eq!(bytes(9999), "9999 bytes");
        assert_eq!(bytes(10 * 1024), "10.00 KiB");
        assert_eq!(bytes(20 << 30), "20.00 GiB");
    }
}
