//! Taking away temporary files that a process left when it died.

use crate::storage::{Kind, Storage};
use crate::{Result, storage};

/// Deletes every temporary file below `folder`, and says how many there were. For folders that only Longshore writes in, and
/// while nothing is being written there.
pub fn sweep(storage: &dyn Storage, folder: &[u8]) -> Result<u64> {
    let mut taken = storage.discard_below(folder)?;
    let mut folders = vec![folder.to_vec()];
    while let Some(folder) = folders.pop() {
        let mut parts = Vec::new();
        storage.list(&folder, &mut |line| {
            let path = storage::join(&folder, &line.name);
            match line.meta.kind {
                Kind::Folder => folders.push(path),
                Kind::File if storage::is_part(&line.name) => parts.push(path),
                _ => {}
            }
            Ok(())
        })?;
        for part in parts {
            storage.delete(&part)?;
            taken += 1;
        }
    }
    Ok(taken)
}
