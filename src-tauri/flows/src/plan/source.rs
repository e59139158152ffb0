//! A path that the operator gave, and where the bytes of an entry lie below it.

use std::sync::Arc;

use longshore_catalogue::PathBytes;
use longshore_engine::Fault;
use longshore_transfer::storage::Storage;

use crate::kind::Storages;

/// One of the paths of which a dataset is made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    given: PathBytes,
    /// The absolute folder below which the paths of its entries hold as they are.
    root: PathBytes,
    /// The one top name; empty if the source is what lies in the folder.
    top: PathBytes,
}

impl Source {
    /// Reads a path. One that ends in `/` means what lies in it.
    pub fn of(given: &PathBytes) -> Result<Self, Fault> {
        let bytes = given.as_bytes();
        if !bytes.starts_with(b"/") || bytes.split(|b| *b == b'/').any(|part| part == b"..") {
            return Err(Fault::permanent(
                "source.relative",
                format!("{given} cannot be archived"),
                "A source is an absolute path without .. in it",
            )
            .on_file(given.to_text()));
        }
        let split = bytes.iter().rposition(|b| *b == b'/').unwrap_or(0);
        let (root, top) = (&bytes[..=split], &bytes[split + 1..]);
        let (root, top) = if top == b"." { (bytes, &b""[..]) } else { (root, top) };
        Ok(Self { given: given.clone(), root: PathBytes::new(root), top: PathBytes::new(top) })
    }

    /// The path as it was given.
    pub fn given(&self) -> &PathBytes {
        &self.given
    }

    /// The one top name in the dataset; empty if the source is what lies in the folder.
    pub fn top(&self) -> &PathBytes {
        &self.top
    }

    /// Where its entries lie: their paths in the dataset are paths on this storage.
    pub fn storage(&self, storages: &dyn Storages) -> Result<Arc<dyn Storage>, Fault> {
        storages.folder(self.root.as_bytes()).map_err(|fault| match fault.code.as_str() {
            "storage.missing" => self.missing(),
            _ => fault.on_file(self.given.to_text()),
        })
    }

    /// The refusal of a source that is not there.
    pub fn missing(&self) -> Fault {
        Fault::permanent(
            "source.missing",
            format!("{} cannot be archived", self.given),
            "There is nothing at this path",
        )
        .now("See whether it is mounted and spelt right.")
        .on_file(self.given.to_text())
    }
}

/// The storages on which the entries of a dataset's sources lie, by source number.
pub fn locate(sources: &[PathBytes], storages: &dyn Storages) -> Result<Vec<Arc<dyn Storage>>, Fault> {
    sources.iter().map(|given| Source::of(given)?.storage(storages)).collect()
}
