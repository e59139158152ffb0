//! The entries that a retrieval is about: all, or those at and below the paths that were chosen.

use longshore_catalogue::{Block, Dataset, Entry, EntryId, PathBytes};
use longshore_engine::Fault;

use crate::attempt::PAGE;
use crate::faults::Told as _;
use crate::kind::Services;

/// What was chosen.
#[derive(Debug, Clone)]
pub(crate) struct Selection {
    dataset: Dataset,
    /// Chosen entries, ascending by key, none below another; `None` for all.
    roots: Option<Vec<(EntryId, PathBytes)>>,
}

impl Selection {
    /// Of the paths, each of which must be in the dataset; `None` or the empty path means all.
    pub(crate) fn of(services: &Services, dataset: &Dataset, paths: Option<&[PathBytes]>) -> Result<Self, Fault> {
        let all = Self { dataset: dataset.clone(), roots: None };
        let Some(paths) = paths else { return Ok(all) };
        let mut roots = Vec::new();
        for path in paths {
            let path = PathBytes::new(path.as_bytes().strip_suffix(b"/").unwrap_or(path.as_bytes()));
            if path.as_bytes().is_empty() {
                return Ok(all);
            }
            let entry = services.catalogue.entry_at(dataset.id, &path).map_err(|error| match error {
                longshore_catalogue::Error::NotFound { .. } => not_in(dataset, &path),
                other => crate::faults::of_catalogue(&other),
            })?;
            roots.push((entry.id, path));
        }
        roots.sort();
        // Entries of a folder follow it, so a root below another comes right after it or after one below the same.
        roots.dedup_by(|later, kept| is_below(&later.1, &kept.1));
        Ok(Self { roots: Some(roots), ..all })
    }

    /// At most a page of the chosen entries after a key, ascending.
    pub(crate) fn page(&self, services: &Services, after: EntryId) -> Result<Vec<Entry>, Fault> {
        let catalogue = &services.catalogue;
        let Some(roots) = &self.roots else { return catalogue.entries_after(self.dataset.id, after, PAGE).told() };
        // The last root that begins at or before the key may hold more; those before it cannot.
        let first = roots.partition_point(|(id, _)| *id <= after).saturating_sub(1);
        for (_, path) in &roots[first..] {
            let page = catalogue.entries_below(self.dataset.id, path, after, PAGE).told()?;
            if !page.is_empty() {
                return Ok(page);
            }
        }
        Ok(Vec::new())
    }

    /// Like [`Self::page`], of one datablock only.
    pub(crate) fn page_in(&self, services: &Services, block: &Block, after: EntryId) -> Result<Vec<Entry>, Fault> {
        let mut page = self.page(services, after.max(block.plan.first - 1))?;
        page.retain(|entry| entry.id <= block.plan.last);
        Ok(page)
    }
}

fn is_below(path: &PathBytes, folder: &PathBytes) -> bool {
    path.as_bytes().strip_prefix(folder.as_bytes()).is_some_and(|rest| rest.is_empty() || rest.starts_with(b"/"))
}

fn not_in(dataset: &Dataset, path: &PathBytes) -> Fault {
    Fault::permanent(
        "entry.unknown",
        format!("{path} cannot be retrieved"),
        format!("{} has no such file or folder", dataset.name),
    )
    .now("Give a path as the dataset's page shows it.")
    .on_dataset(&dataset.pid)
    .on_file(path.to_text())
}
