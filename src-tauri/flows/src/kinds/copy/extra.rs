//! What lies at the target and not at the source: deleted last, when everything is copied and proved.

use longshore_engine::Fault;
use longshore_transfer::storage::join;

use super::Ends;
use super::choice::Choice;
use super::named::Named;
use crate::faults::{self, ToldAt as _};
use crate::kind::Context;
use crate::prune;
use crate::tree::Tree;

/// Deletes it; gives the number of files.
pub(super) fn delete(ends: &Ends, named: &Named<'_>, choice: &Choice, context: &Context) -> Result<u64, Fault> {
    let to = ends.to.storage.as_ref();
    let mut deleted = 0;
    each((ends, named), choice, &|| context.host.cancelled(), &mut |path| {
        deleted += 1;
        to.delete(&join(&ends.to.path, path)).told_at(to.name())
    })?;
    if deleted > 0 && choice.is_all() && to.capabilities().folders {
        folders(ends, named, context)?;
    }
    Ok(deleted)
}

/// Gives each such file, by its path below the top.
pub(super) fn each(
    (ends, named): (&Ends, &Named<'_>),
    choice: &Choice,
    stop: &dyn Fn() -> bool,
    take: &mut dyn FnMut(&[u8]) -> Result<(), Fault>,
) -> Result<(), Fault> {
    let (from, to) = (ends.from.storage.as_ref(), ends.to.storage.as_ref());
    let mut tree = match to.stat(&ends.to.path) {
        Err(error) if error.code == "file.missing" => return Ok(()),
        _ => Tree::begin(to, &ends.to.path, None)?,
    };
    while let Some(found) = tree.next()? {
        if stop() {
            return Err(faults::cancelled());
        }
        if found.child.is_folder() {
            continue;
        }
        let source = named.source(&found.path, false)?;
        if !choice.speaks_of(&source) {
            continue;
        }
        match from.stat(&join(&ends.from.path, &source)) {
            Err(error) if matches!(error.code, "file.missing" | "path.not_folder") => take(&found.path)?,
            stands => drop(stands.told_at(from.name())?),
        }
    }
    Ok(())
}

/// Deletes the folders that the source has none of, which are empty now.
fn folders(ends: &Ends, named: &Named<'_>, context: &Context) -> Result<(), Fault> {
    let (from, to) = (ends.from.storage.as_ref(), ends.to.storage.as_ref());
    let mut gone = Vec::new();
    let mut tree = Tree::begin(to, &ends.to.path, None)?;
    while let Some(found) = tree.next()? {
        let within = |top: &Vec<u8>| found.path.starts_with(&join(top, b""));
        if !found.child.is_folder() || gone.last().is_some_and(within) {
            continue;
        }
        match from.stat(&join(&ends.from.path, &named.source(&found.path, true)?)) {
            Err(error) if error.code == "file.missing" => gone.push(found.path),
            stands => drop(stands.told_at(from.name())?),
        }
    }
    for folder in gone {
        prune::empty_folders(to, &join(&ends.to.path, &folder), &|| context.host.cancelled())?;
    }
    Ok(())
}
