//! An archiver service, with an object storage behind it, that has room for whatever comes.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::SystemTime;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use longshore_connectors::Connection;
use longshore_connectors::archiver::Archiver;
use longshore_testkit::servers::{Answer, Asked, Holding};
use serde_json::{Value, json};

/// What it was told, and what it was sent.
#[derive(Default)]
struct Held {
    /// Objects in one part, by the path of the URL.
    objects: BTreeMap<String, Vec<u8>>,
    /// Datasets that are whole.
    finished: BTreeSet<String>,
}

pub(crate) struct RemoteArchiver(Holding<Held>);

impl RemoteArchiver {
    pub(crate) fn start() -> Self {
        Self(Holding::answering(answer))
    }

    /// The service, as a connection leads to it.
    pub(crate) fn opened(&self) -> Archiver {
        let connection = Connection {
            id: "central".into(),
            kind: "archiver".into(),
            host: Some(self.0.url()),
            ..Connection::default()
        };
        Archiver::open(&connection, None, Arc::new(SystemTime::now)).expect("a service")
    }

    /// A line for each object and each dataset that is whole.
    pub(crate) fn holds(&self) -> Vec<String> {
        let held = self.0.held();
        let objects = held.objects.iter().map(|(path, bytes)| format!("object {path}, {} bytes", bytes.len()));
        objects.chain(held.finished.iter().map(|pid| format!("{pid} is whole"))).collect()
    }
}

fn answer(held: &mut Held, asked: &Asked) -> Answer {
    if asked.method == "PUT" {
        held.objects.insert(asked.target.clone(), asked.body.clone());
        return Answer::new(200, "").with("ETag", "\"none\"");
    }
    let body: Value = serde_json::from_slice(&asked.body).unwrap_or_default();
    let told = match asked.target.rsplit('/').next() {
        Some("presignedUrls") => {
            assert_eq!(body["parts"], 1, "files are small here");
            let path = body["object_name"].as_str().unwrap_or_default();
            let url = format!("http://{}/bucket/{path}?X-Amz-SignedHeaders=host", asked.headers["host"]);
            json!({"upload_id": "", "urls": [STANDARD.encode(url)]})
        }
        Some("finalizeDatasetUpload") => {
            assert!(!held.objects.is_empty(), "it is not whole yet");
            held.finished.insert(body["dataset_id"].to_string());
            json!({"dataset_id": body["dataset_id"], "message": "well done"})
        }
        _ => json!({"message": "so be it"}),
    };
    Answer::json(201, &told)
}
