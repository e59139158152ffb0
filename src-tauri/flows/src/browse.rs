//! What lies at a place, a page at a time.

use longshore_catalogue::{EntryKind, PathBytes};
use longshore_engine::Fault;

use crate::faults::ToldAt as _;
use crate::kind::Storages;
use crate::location::Location;
use crate::plan::folder::{self, Child};

/// One name at a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// Its name, in the text form of paths.
    pub name: String,
    /// What it is.
    pub kind: EntryKind,
    /// Bytes, of a file.
    pub size: u64,
    /// Modification time in seconds since the epoch; where the storage has no time of a folder, 0.
    pub mtime: i64,
}

/// What lies in a folder, files and links by their names, then folders by theirs; or the one file. `after` is the last one of the page
/// before, and `true` says that more come.
pub fn browse(
    storages: &dyn Storages,
    location: &str,
    after: Option<(&str, bool)>,
    limit: usize,
) -> Result<(Vec<Named>, bool), Fault> {
    let at = Location::read(storages, location)?;
    let (storage, name) = (at.storage.as_ref(), at.storage.name());
    let meta = storage.stat(&at.path).told_at(name)?;
    if meta.kind != longshore_transfer::storage::Kind::Folder {
        let own = at.path.rsplit(|byte| *byte == b'/').next().unwrap_or_default().to_vec();
        let child = Child::of(longshore_transfer::storage::Listed::new(own, meta));
        return Ok((child.iter().map(named).collect(), false));
    }
    let bad = |error: longshore_catalogue::BadPathText| {
        Fault::permanent("location.wrong", format!("{location} was not listed"), error.to_string())
    };
    let passed = |(text, folder): (&str, bool)| {
        PathBytes::from_text(text).map(|path| Child::passed(path.as_bytes(), folder)).map_err(bad)
    };
    let after = after.map(passed).transpose()?;
    let page = folder::page(storage, &at.path, after.as_ref(), limit, &mut |_| ()).told_at(name)?;
    Ok((page.children.iter().map(named).collect(), !page.last))
}

fn named(child: &Child) -> Named {
    let name = PathBytes::new(&*child.name).to_text();
    Named { name, kind: child.entry_kind(), size: child.size, mtime: child.mtime.secs }
}
