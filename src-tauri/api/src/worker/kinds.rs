//! Which kinds of task can be carried out without the workspace's own engine.

/// Why a kind needs a workspace with its engine.
pub(crate) fn needs_engine(kind: &str) -> Option<&'static str> {
    Some(match kind {
        "approve" => "an operator answers it in the window or at the command line of the workspace",
        "flow.run" | "flow.start" => "it starts runs, which is the engine's to do",
        "sqs.receive" | "sqs.hold" | "sqs.finish" | "sqs.give_back" => {
            "which messages are done is kept in the workspace, so that none is lost and none is worked on twice"
        }
        "delete" => "the ledger of the whole workspace says what may be deleted",
        _ => return None,
    })
}
