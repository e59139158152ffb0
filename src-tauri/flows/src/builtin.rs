//! The flows that are built in. Their files are part of the binary; an operator's copy of one lies in the workspace's folder `flows`.

/// A flow file that is built in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BuiltIn {
    /// Id of the flow.
    pub id: &'static str,
    /// Name of its file.
    pub file: &'static str,
    /// Text of its file.
    pub text: &'static str,
}

macro_rules! built_in {
    ($($id:literal),* $(,)?) => {
        &[$(BuiltIn {
            id: $id,
            file: concat!($id, ".yaml"),
            text: include_str!(concat!("../flows/", $id, ".yaml")),
        }),*]
    };
}

/// Every flow that is built in.
pub fn builtin() -> &'static [BuiltIn] {
    built_in![
        "archive_dataset",
        "archive_datasetlist",
        "b2share_to_ssh",
        "copy",
        "delete",
        "feeder",
        "file_watcher",
        "gitlab_to_ssh",
        "glacier_restore",
        "http_to_ssh",
        "image_transfer",
        "make_bag",
        "mlflow_stagein",
        "mlflow_upload_model",
        "model_search_upload",
        "retrieve_dataset",
        "retrieve_datasetlist",
        "sqs_scheduled_dag",
        "ssh_to_b2share",
        "ssh_to_ssh",
        "sync_debagged",
        "upload_dataset",
        "validate_bag",
        "verify_dataset",
        "webdav_stagein",
        "webdav_stageout",
        "webdav_to_unicore"
    ]
}
