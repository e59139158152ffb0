//! Checking flow files, which needs no workspace.

use longshore_engine::Flow;
use longshore_engine::flow::{Kinds, schema};
use longshore_flows::KindSet;
use serde_json::Value;

use crate::wire::FlowChecked;

/// Checks the text of a flow file against the kinds of task that are built in. `file` is for the messages.
pub fn check_flow(file: &str, text: &str) -> FlowChecked {
    check(file, text, &known(&longshore_flows::kinds()))
}

/// JSON Schema of flow files.
pub fn flow_schema() -> Value {
    schema(&known(&longshore_flows::kinds()))
}

/// Kinds of task as the engine's check wants them.
pub(crate) fn known(kinds: &KindSet) -> Kinds {
    let mut known = Kinds::default();
    for kind in kinds.iter() {
        known.add(kind.name(), kind.with_schema().to_value());
    }
    known
}

/// Checks a text.
pub(crate) fn check(file: &str, text: &str, kinds: &Kinds) -> FlowChecked {
    match Flow::parse(file, text, Some(kinds)) {
        Ok(flow) => {
            let params_schema = Some(flow.params_schema());
            FlowChecked { id: Some(flow.id), faults: Vec::new(), params_schema }
        }
        Err(faults) => FlowChecked { id: None, faults, params_schema: None },
    }
}
