//! What lies at the target and not at the source: deleted last, when everything is copied and proved.

use longshore_engine::Fault;
use longshore_transfer::storage::join;

use super::Ends;
use super::choice::Choice;
use crate::faults::ToldAt as _;
use crate::kind::Context;
use crate::prune;
use crate::tree::Tree;

/// Deletes it; gives the number of files.
pub(super) fn delete(ends: &Ends, choice: &Choice, context: &Context) -> Result<u64, Fault> {
    let (from, to) = (ends.from.storage.as_ref(), ends.to.storage.as_ref());
    let mut tree = Tree::begin(to, &ends.to.path, None)?;
    let mut deleted = 0;
    while let Some(found) = tree.next()? {
        context.go_on()?;
        if found.child.is_folder() || !choice.speaks_of(&found.path) {
            continue;
        }
        match from.stat(&join(&ends.from.path, &found.path)) {
            Err(error) if matches!(error.code, "file.missing" | "path.not_folder") => {
                to.delete(&join(&ends.to.path, &found.path)).told_at(to.name())?;
                deleted += 1;
            }
            stands => drop(stands.told_at(from.name())?),
        }
    }
    if deleted > 0 && choice.is_all() && to.capabilities().folders {
        folders(ends, context)?;
    }
    Ok(deleted)
}

/// Deletes the folders that the source has none of, which are empty now.
fn folders(ends: &Ends, context: &Context) -> Result<(), Fault> {
    let (from, to) = (ends.from.storage.as_ref(), ends.to.storage.as_ref());
    let mut gone = Vec::new();
    let mut tree = Tree::begin(to, &ends.to.path, None)?;
    while let Some(found) = tree.next()? {
        let within = |top: &Vec<u8>| found.path.starts_with(&join(top, b""));
        if !found.child.is_folder() || gone.last().is_some_and(within) {
            continue;
        }
        match from.stat(&join(&ends.from.path, &found.path)) {
            Err(error) if error.code == "file.missing" => gone.push(found.path),
            stands => drop(stands.told_at(from.name())?),
        }
    }
    for folder in gone {
        prune::empty_folders(to, &join(&ends.to.path, &folder), &|| context.host.cancelled())?;
    }
    Ok(())
}
