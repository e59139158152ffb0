//! How each flow that is built in is put to the test.

use serde_json::{Value, json};

use crate::common::outside::{ENTRY, RECORD, TARGET};
use crate::common::site::{PID, Site};
use crate::common::vault::CONNECTION;

/// How a flow is put to the test.
pub(crate) struct Row {
    pub(crate) flow: &'static str,
    pub(crate) params: fn(&Site) -> Value,
    /// Flows that have run before it, or what else was done.
    pub(crate) after: &'static [&'static str],
    /// Tasks that have nothing to do with these parameters.
    pub(crate) skips: &'static [&'static str],
    /// The variable `staging`.
    pub(crate) staging: &'static str,
    /// Tasks whose input the run uses up: cleared once it has ended, they fail at once, say so, and touch nothing.
    pub(crate) used_up: &'static [&'static str],
}

/// One row for each flow that is built in.
pub(crate) const ROWS: &[Row] = &[
    Row {
        flow: "upload_dataset",
        params: dataset,
        after: &[],
        skips: &["job", "archive_job", "room", "send", "hand_over"],
        staging: "none",
        used_up: &[],
    },
    Row {
        flow: "upload_dataset",
        params: |_| json!({"dataset_id": PID, "job": true}),
        after: &["described"],
        skips: &["archive", "room", "send", "hand_over"],
        staging: "none",
        used_up: &[],
    },
    Row {
        flow: "archive_dataset",
        params: dataset,
        after: &["upload_only"],
        skips: &[],
        staging: "none",
        used_up: &[],
    },
    Row {
        flow: "archive_dataset",
        params: dataset,
        after: &["upload_only"],
        skips: &[],
        staging: "bucket",
        used_up: &[],
    },
    Row {
        flow: "archive_datasetlist",
        params: |_| json!({"dataset_ids": [PID]}),
        after: &["upload_only"],
        skips: &[],
        staging: "none",
        used_up: &[],
    },
    outside("b2share_to_ssh", |_| json!({"oid": RECORD, "target": "copied", "connection_id": "lts"})),
    outside("http_to_ssh", |site| json!({"url": site.outside().url(), "target": "copied/", "connection_id": "lts"})),
    outside("image_transfer", |site| {
        let url = site.outside().url();
        let (url, image) = url.rsplit_once('/').expect("a path");
        json!({"url": url, "image_id": image, "target": "copied", "connection_id": "lts"})
    }),
    Row {
        flow: "ssh_to_b2share",
        params: |_| json!({"source": "data/below", "connection_id": "hpc", "mid": ENTRY, "register": true}),
        after: &["outside"],
        // Once its record is published, who clears it asks for another one.
        skips: &["draft"],
        staging: "none",
        used_up: &[],
    },
    outside(
        "ssh_to_ssh",
        |_| json!({"source_path": "data", "source_connection_id": "hpc", "target_path": "copied", "target_connection_id": "lts"}),
    ),
    outside("webdav_stagein", |_| json!({"oid": ENTRY, "target": "copied", "connection_id": "lts"})),
    outside("webdav_stageout", |_| json!({"oid": TARGET, "path": "data/below", "connection_id": "hpc"})),
    Row {
        flow: "copy",
        params: |site| json!({"from": site.source(), "to": "lts:copied"}),
        after: &[],
        skips: &[],
        staging: "none",
        used_up: &[],
    },
    Row {
        flow: "verify_dataset",
        params: dataset,
        after: &["upload_dataset"],
        skips: &["read_datablock"],
        staging: "none",
        used_up: &[],
    },
    Row {
        flow: "retrieve_dataset",
        params: |site| json!({"dataset_id": PID, "dest": site.dest()}),
        after: &["upload_dataset"],
        skips: &["read_datablock", "started", "survey", "fetch", "ready", "retrieved"],
        staging: "none",
        used_up: &[],
    },
    Row {
        flow: "retrieve_dataset",
        params: dataset,
        after: &["upload_dataset"],
        skips: &["read_datablock", "started", "retrieved", "plan", "extract", "finish"],
        staging: "none",
        used_up: &[],
    },
    Row {
        flow: "retrieve_datasetlist",
        params: |_| json!({"dataset_ids": [PID]}),
        after: &["upload_dataset"],
        skips: &[],
        staging: "none",
        used_up: &[],
    },
    Row {
        flow: "upload_dataset",
        params: |_| json!({"dataset_id": PID, "archiver": "central"}),
        after: &["outside", "registered"],
        skips: &["land", "archive", "job", "archive_job"],
        staging: "none",
        used_up: &[],
    },
    outside("gitlab_to_ssh", |_| json!({"project": "group/project", "target": "copied", "connection_id": "lts"})),
    Row {
        flow: "feeder",
        params: |site| json!({"from": site.source(), "ready": site.dest(), "settled": "0"}),
        after: &[],
        skips: &[],
        staging: "none",
        used_up: &[],
    },
    Row {
        flow: "sync_debagged",
        params: |site| json!({"works": [{"id": "W1", "folder": site.source()}], "script": "/bin/echo"}),
        after: &[],
        skips: &[],
        staging: "none",
        used_up: &[],
    },
    Row {
        flow: "glacier_restore",
        params: |site| json!({"bucket": site.vault().name(), "works": ["W2"], "every": "0"}),
        after: &["vault"],
        skips: &[],
        staging: "none",
        used_up: &[],
    },
    outside("mlflow_stagein", |_| json!({"mlflow_runid": "0", "location": "copied", "connection_id": "lts"})),
    outside("mlflow_upload_model", |_| json!({"location": "models", "connection_id": "hpc"})),
    outside("model_search_upload", |_| json!({"location": "models", "connection_id": "hpc"})),
    outside("webdav_to_unicore", |_| json!({"oid": ENTRY, "target": "/copied"})),
    Row {
        flow: "make_bag",
        params: |site| {
            let (from, to) = (format!("{}/below", site.source()), "retrieval:W.bag.zip");
            let info = json!({"Bagging-Date": "2026-03-02"});
            json!({"from": from, "to": to, "form": "zip", "info": info, "if_exists": "replace"})
        },
        after: &[],
        skips: &["bring", "tidy"],
        staging: "none",
        used_up: &[],
    },
    Row {
        flow: "validate_bag",
        params: |site| json!({"bag": bag_of(site)}),
        after: &[],
        skips: &[],
        staging: "none",
        used_up: &[],
    },
    Row {
        flow: "sqs_scheduled_dag",
        params: |site| {
            let at = |name: &str| site.places.top().join(name);
            let queue = site.vault().name();
            // Hidden for a second, what was received and not kept comes again soon; one message is waited for and no more.
            json!({"download_map": [{"connection": CONNECTION, "queue": queue, "bucket": queue}], "most": 1, "hidden": "1s",
                "folder": at("own"), "works_folder": at("retrieval/works"), "script": "/bin/echo", "when_none": "done"})
        },
        after: &["vault"],
        skips: &[],
        staging: "none",
        used_up: &["debag_downloads"],
    },
    watcher("bags", &["unzip"], &["wait_for_file", "claim", "inspect", "debag"]),
    watcher("a zip", &["debag"], &["wait_for_file", "claim", "inspect", "unzip"]),
    Row {
        flow: "delete",
        params: |site| json!({"paths": [superfluous(site), "retrieval:nothing"]}),
        after: &[],
        skips: &[],
        staging: "none",
        used_up: &[],
    },
];

/// A watched folder into which one archive has come.
const fn watcher(came: &'static str, skips: &'static [&'static str], used_up: &'static [&'static str]) -> Row {
    let params = |site: &Site| {
        let at = |name: &str| site.places.top().join("retrieval").join(name);
        json!({"watched": at("in"), "folder": at("own"), "works_folder": at("works"), "settled": "0",
            "script": "/bin/echo", "archive": "staging:deep"})
    };
    let after: &[&str] = match came.as_bytes() {
        b"bags" => &["bags"],
        _ => &["a zip"],
    };
    Row { flow: "file_watcher", params, after, skips, staging: "none", used_up }
}

/// A flow between systems that are outside.
const fn outside(flow: &'static str, params: fn(&Site) -> Value) -> Row {
    Row { flow, params, after: &["outside"], skips: &[], staging: "none", used_up: &[] }
}

pub(crate) fn dataset(_: &Site) -> Value {
    json!({"dataset_id": PID})
}

/// A bag that lies beside the folder of the dataset.
fn bag_of(site: &Site) -> String {
    let bag = site.places.top().join("a.bag");
    let put = |name: &str, text: &str| std::fs::write(bag.join(name), text).expect("it is written");
    std::fs::create_dir_all(bag.join("data")).expect("a folder");
    put("bagit.txt", "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n");
    put("data/a", "one");
    put("manifest-md5.txt", "f97c5d29941bfb1b2fdab0874906ab82  data/a\n");
    bag.to_string_lossy().into_owned()
}

/// A folder that is to go.
fn superfluous(site: &Site) -> String {
    let folder = site.places.top().join("retrieval/old");
    std::fs::create_dir_all(folder.join("deep")).expect("a folder");
    for name in ["a", "deep/b"] {
        std::fs::write(folder.join(name), "superfluous").expect("it is written");
    }
    "retrieval:old".to_owned()
}
