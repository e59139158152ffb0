//! An archive with a work, and a queue with the message that it was restored, both played by Moto.

use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use longshore_connectors::connector;
use longshore_connectors::sqs::Sqs;
use longshore_store::{Options, Store};
use longshore_testkit::Places;
use longshore_testkit::bags::zip_of_bags;
use longshore_testkit::servers::Moto;
use serde_json::{Value, json};

/// The connection to it.
pub(crate) const CONNECTION: &str = "aws_default";
/// The object that the message tells of, and one that is in the archive still.
const RESTORED: &str = "W1.bag.zip";
const ARCHIVED: &str = "W2.bag.zip";

/// One server for all of a test: it takes longer to start than what is done with it.
static MOTO: Mutex<Weak<Moto>> = Mutex::new(Weak::new());

/// The server, as long as somebody holds it.
pub(crate) fn moto() -> Arc<Moto> {
    let mut shared = MOTO.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(moto) = shared.upgrade() {
        return moto;
    }
    let moto = Arc::new(Moto::start());
    *shared = Arc::downgrade(&moto);
    moto
}

pub(crate) struct Vault {
    moto: Arc<Moto>,
    /// Of the bucket, and of the queue.
    name: String,
    /// The queue's.
    url: Value,
    /// Where works and messages are kept. It outlives processes.
    kept: Store,
}

impl Vault {
    /// A bucket and a queue of its own, in a database of its own in this folder.
    pub(crate) fn begin(folder: &Path) -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let (moto, name) = (moto(), format!("vault{}", NUMBER.fetch_add(1, Ordering::Relaxed)));
        let files: [(&str, &[u8]); 2] = [("a", b"a"), ("b/c", &[7; 5000])];
        let bag = zip_of_bags(&[("W1", &files)]).expect("a zip");
        moto.put(&name, "STANDARD", &[]);
        moto.put(&format!("{name}/{RESTORED}"), "STANDARD", &bag);
        moto.put(&format!("{name}/{ARCHIVED}"), "GLACIER", b"archived");
        let url = moto.ask_sqs("CreateQueue", &json!({"QueueName": name}))["QueueUrl"].clone();
        let message = json!({"Records": [{"eventSource": "aws:s3", "eventName": "ObjectRestore:Completed", "eventTime": "2026-03-02T10:00:00Z",
            "s3": {"bucket": {"name": name}, "object": {"key": RESTORED, "sequencer": "0A"}}}]});
        moto.ask_sqs("SendMessage", &json!({"QueueUrl": url, "MessageBody": message.to_string()}));
        let kept = Store::open(&folder.join("library.db"), &Options::default()).expect("opens");
        Self { moto, name, url, kept }
    }

    /// The storages with the archive, and the queues.
    pub(crate) fn reached_from(&self, places: Places) -> Places {
        let connection = self.moto.connection(&json!({"region_name": "us-east-1"}));
        let s3 = connector("s3").expect("a connector").open(CONNECTION, &connection, b"").expect("a storage");
        places.with(CONNECTION, s3).with_queues(Sqs::open(&connection, None).expect("queues"))
    }

    /// Where works and messages are kept.
    pub(crate) fn kept(&self) -> Store {
        self.kept.clone()
    }

    /// The name of the bucket, and of the queue.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// What the queue holds, and how far each work is.
    pub(crate) fn holds(&self) -> Vec<String> {
        let names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"];
        let asked = json!({"QueueUrl": self.url, "AttributeNames": names});
        let counts = &self.moto.ask_sqs("GetQueueAttributes", &asked)["Attributes"];
        let mut lines = vec![format!("queue: {} messages, {} hidden", counts[names[0]], counts[names[1]])];
        let works = self.kept.works(longshore_store::WhichWorks::All, 0, 100).expect("reads").rows.into_iter();
        lines.extend(works.map(|work| {
            let steps = [work.requested, work.restored, work.downloaded, work.debagged, work.synced];
            format!("work {} {:?} {:?}", work.id, steps.map(|at| at.is_some()), work.trouble)
        }));
        lines
    }
}
