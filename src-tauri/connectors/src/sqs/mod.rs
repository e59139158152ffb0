//! Amazon's queues (SQS), and servers that speak its protocol: messages are received, hidden from others for a while, and deleted.
//!
//! A queue gives a message at least once, in any order, and gives it again once the time is over for which it was hidden. So whoever
//! receives one deletes it when what it asked for is done, and not before. A queue holds no files: it is no storage.
//! <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/Welcome.html>

mod client;
mod options;

use std::sync::Arc;

use longshore_transfer::storage::{Result, Storage};
use schemars::Schema;

use crate::s3::options::SECRETS;
use crate::s3::probe::destination;
use crate::{Connection, Connector, Step, net, schema_of, step};

pub use client::{Asked, HIDDEN_MAX, Received, Sqs};
pub use options::Options;

/// Queues of an account.
pub(crate) struct Kind;

impl Connector for Kind {
    fn kind(&self) -> &'static str {
        "sqs"
    }

    fn aliases(&self) -> &'static [&'static str] {
        &[]
    }

    fn title(&self) -> &'static str {
        "Queue (SQS)"
    }

    fn schema(&self) -> Schema {
        schema_of::<Options>()
    }

    fn secrets(&self) -> &'static [&'static str] {
        SECRETS
    }

    fn open(&self, _: &str, connection: &Connection, _: &[u8]) -> Result<Arc<dyn Storage>> {
        Err(connection.no_files("A queue holds messages, and no files"))
    }

    fn test(&self, connection: &Connection, _: &[u8], _: bool, tell: &mut dyn FnMut(Step)) {
        tried(connection, tell);
    }
}

/// Every step until one fails. No message is received: the one who works on it would wait for it.
fn tried(connection: &Connection, tell: &mut dyn FnMut(Step)) -> Option<()> {
    let sqs = step(tell, "options", || {
        let sqs = Sqs::open(connection, None)?;
        let words = format!("region {}", sqs.region());
        Ok((sqs, words))
    })?;
    let url = sqs.endpoint();
    net::reach(&destination(&url, None), url.starts_with("https://").then_some(sqs.authorities()), tell)?;
    step(tell, "queue", || {
        let queue = sqs.queue_url(None)?;
        let waiting = sqs.waiting(&queue)?;
        Ok(((), format!("{queue}: about {waiting} waiting")))
    })
}
