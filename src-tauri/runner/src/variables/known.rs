//! The variables that Longshore itself reads.

use serde_json::{Value, json};

use super::Form;

/// Target size of a datablock.
pub(super) const DATABLOCK_TARGET: &str = "datablock_target_bytes";

/// A variable that Longshore itself reads.
pub struct Known {
    /// Name.
    pub name: &'static str,
    /// The value in force while nobody sets another; none where it has no meaning then.
    pub value: fn() -> Value,
    /// What it may hold.
    pub form: Form,
    /// Whether it is known from the archiving service, whose environment overrides it under the same name in capitals.
    pub archiver: bool,
    /// What it is for.
    pub meaning: &'static str,
}

const fn own(name: &'static str, value: fn() -> Value, form: Form, meaning: &'static str) -> Known {
    Known { name, value, form, archiver: false, meaning }
}

const fn archiver(name: &'static str, value: fn() -> Value, form: Form, meaning: &'static str) -> Known {
    Known { name, value, form, archiver: true, meaning }
}

fn none() -> Value {
    Value::Null
}

/// All, by name.
pub const KNOWN: &[Known] = &[
    own(
        "airflow_api_port",
        none,
        Form::Port,
        "Port of the loopback at which the window answers Airflow's REST interface; it answers none without one",
    ),
    archiver(
        "archiver_lts_file_timeout_s",
        || json!(3600),
        Form::Seconds,
        "How long a datablock on the LTS may take until it can be read: a tape recalls it",
    ),
    archiver(
        "archiver_lts_wait_before_verify_s",
        || json!(0),
        Form::Seconds,
        "How long a datablock rests on the LTS before it is verified",
    ),
    archiver(
        "archiver_num_workers",
        none,
        Form::Count,
        "Files that are moved at once over the object storage's connection",
    ),
    archiver("archiver_scratch_folder", none, Form::Folder, "Folder that programs work in: the storage scratch"),
    archiver("archiver_target_size_gb", none, Form::Number, "Target size of a datablock in gigabytes"),
    archiver(
        "archiver_target_size_mb",
        none,
        Form::Number,
        "Target size of a datablock in megabytes; before that in gigabytes",
    ),
    own(
        "attempt_log_bytes",
        || json!(16_u64 << 20),
        Form::Bytes,
        "Bytes of one attempt's log that are kept: its beginning and its end",
    ),
    own(DATABLOCK_TARGET, || json!(20_u64 << 30), Form::Bytes, "Target size of a datablock"),
    own("keep_logs_bytes", || json!(2_u64 << 30), Form::Bytes, "Bytes of all task logs that are kept"),
    own(
        "keep_runs_count",
        none,
        Form::Count,
        "How many ended runs of a flow are kept; none: all. Ledger, history and audit log always stay",
    ),
    own(
        "keep_runs_days",
        none,
        Form::Count,
        "How many days ended runs are kept; none: for ever. Ledger, history and audit log always stay",
    ),
    archiver("lts_free_space_percentage", none, Form::Percent, "Share of the LTS that stays free, in percent"),
    archiver("lts_storage_root", none, Form::Folder, "Folder of the LTS, on its mount"),
    archiver("minio_endpoint", none, Form::Endpoint, "Object storage: host and port, or URL"),
    archiver(
        "minio_external_endpoint",
        none,
        Form::Endpoint,
        "Object storage as others reach it: links to retrieved datablocks lead there",
    ),
    archiver("minio_landingzone_bucket", none, Form::Name, "Bucket that datasets are uploaded to: the landing zone"),
    archiver("minio_region", none, Form::Name, "Region of the object storage"),
    archiver("minio_retrieval_bucket", none, Form::Name, "Bucket that datablocks are retrieved to"),
    archiver("minio_staging_bucket", none, Form::Name, "Bucket that datablocks are staged in"),
    archiver("minio_url_expiration_days", || json!(7), Form::Count, "Days that links to retrieved datablocks hold"),
    archiver("s3_archival_bucket", none, Form::Name, "Bucket that is the LTS"),
    archiver("scicat_api_prefix", none, Form::Prefix, "Path of SciCat's interface, such as /api/v3"),
    own("scicat_connection", || json!("scicat"), Form::Name, "Connection to the SciCat that flows speak to"),
    archiver("scicat_datasets_api_prefix", none, Form::Prefix, "Path of SciCat's datasets, where it is another"),
    archiver("scicat_endpoint", none, Form::Endpoint, "SciCat: host, or URL"),
    archiver("scicat_jobs_api_prefix", none, Form::Prefix, "Path of SciCat's jobs, where it is another"),
    own(
        "staging",
        || json!("none"),
        Form::Word(&["bucket", "none"]),
        "Whether datablocks are staged before they go to the LTS: bucket (in the storage staging), or none",
    ),
];
