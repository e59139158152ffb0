//! Variables as a run gets them: the built-in values, those that were set, and those that the environment sets above all.

use longshore_engine::flow::size;
use serde_json::{Map, Value};

/// Target size of a datablock, where nothing else is set: 20 GiB.
const DATABLOCK_TARGET_BYTES: u64 = 20 << 30;

/// All variables. Those whose name ends in `_bytes` may be written as `64 MiB`, and are numbers here.
pub(crate) fn all(set: Map<String, Value>, over: &Map<String, Value>) -> Map<String, Value> {
    let mut all = Map::new();
    all.insert("datablock_target_bytes".into(), DATABLOCK_TARGET_BYTES.into());
    all.extend(set);
    all.extend(over.clone());
    for (_, value) in all.iter_mut().filter(|(name, _)| name.ends_with("_bytes")) {
        if let Some(bytes) = value.as_str().and_then(size) {
            *value = bytes.into();
        }
    }
    all
}
