//! What is asked of a queue.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{Region, SdkConfig};
use aws_sdk_s3::config::http::HttpResponse;
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::{Message, MessageSystemAttributeName, QueueAttributeName};
use longshore_transfer::hash::hex;
use longshore_transfer::storage::{Result, Status};
use md5::{Digest as _, Md5};

use crate::place::Place;
use crate::s3::client::{CONNECT, shared};
use crate::s3::error::{self, Refusal};
use crate::s3::options::Options as Aws;
use crate::s3::site::pause;
use crate::{Connection, bridge};

/// Longest time that a message can be hidden, counted from when it was received.
/// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-visibility-timeout.html>
pub const HIDDEN_MAX: Duration = Duration::from_hours(12);

/// Longest time that a queue waits for a first message, and most messages that it gives at a time (the same source).
const WAIT_MAX: Duration = Duration::from_secs(20);
const GIVEN_MAX: u32 = 10;

/// Tries of one request, the first included.
const TRIES: u32 = 5;

/// What is asked of a queue when messages are received.
#[derive(Debug, Clone, Copy)]
pub struct Asked {
    /// Messages at most; a queue gives ten at a time.
    pub most: u32,
    /// How long the queue may wait for a first one, 20 seconds at most. 0 asks some of its servers only, and may miss what is there.
    pub wait: Duration,
    /// For how long what is received is hidden from others: [`HIDDEN_MAX`] at most.
    pub hidden: Duration,
}

/// A message that was received. It is there still, and comes again if it is not deleted while it is hidden.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Received {
    /// Its id: the same each time that it comes.
    pub id: String,
    /// What deletes it, or hides it longer: another one each time, of which the last counts.
    pub handle: String,
    /// What it says.
    pub body: String,
    /// How often it was received, this time included.
    pub times: u32,
}

/// The queues that a connection leads to.
pub struct Sqs {
    name: Arc<str>,
    client: Client,
    region: String,
    endpoint: Option<String>,
    authorities: Vec<u8>,
    queue: Option<String>,
    /// How long a reply may take, beyond what the queue was asked to wait.
    patience: Duration,
}

impl Sqs {
    /// Those of a connection of the kind `sqs` or `s3`, in this region or else in the connection's. Nothing is asked of it yet.
    pub fn open(connection: &Connection, region: Option<&str>) -> Result<Self> {
        let mut options = Aws::of(connection)?;
        options.account.region = region.map(str::to_owned).or(options.account.region);
        let own: super::Options = connection.options()?;
        let (shared, authorities) = shared(connection, &options)?;
        Ok(Self {
            name: connection.id.as_str().into(),
            client: client(&shared),
            region: shared.region().map_or("us-east-1", Region::as_ref).to_owned(),
            endpoint: shared.endpoint_url().map(str::to_owned),
            authorities,
            queue: own.queue_url.filter(|queue| !queue.trim().is_empty()),
            patience: options.patience(),
        })
    }

    /// The region that it is asked in.
    pub fn region(&self) -> &str {
        &self.region
    }

    /// Where requests go.
    pub(super) fn endpoint(&self) -> String {
        self.endpoint.clone().unwrap_or_else(|| format!("https://sqs.{}.amazonaws.com", self.region))
    }

    pub(super) fn authorities(&self) -> &[u8] {
        &self.authorities
    }

    /// The URL of a queue, of which the URL or the name is given; without either, of the connection's own. `sqs.no_queue` where there is none.
    pub fn queue_url(&self, queue: Option<&str>) -> Result<String> {
        let Some(queue) = queue.or(self.queue.as_deref()) else {
            let why = "neither the connection nor the task names a queue";
            return Err(self.place("").told("Looking for a queue in", "sqs.no_queue", Status::Permanent, why));
        };
        if queue.contains("://") {
            return Ok(queue.to_owned());
        }
        let ask = || self.client.get_queue_url().queue_name(queue).send();
        let found = self.ask(queue, "Looking for", Duration::ZERO, ask)?;
        let nothing = || self.place(queue).told("Looking for", "sqs.no_queue", Status::Permanent, "it has no URL");
        found.queue_url.ok_or_else(nothing)
    }

    /// About how many messages wait in a queue.
    pub fn waiting(&self, queue: &str) -> Result<u64> {
        let name = QueueAttributeName::ApproximateNumberOfMessages;
        let ask = || self.client.get_queue_attributes().queue_url(queue).attribute_names(name.clone()).send();
        let found = self.ask(queue, "Counting the messages of", Duration::ZERO, ask)?;
        let count = found.attributes.and_then(|all| all.get(&name)?.parse().ok());
        Ok(count.unwrap_or(0))
    }

    /// Receives messages; none if there are none. `sqs.damaged` where one is not what its MD5 says.
    pub fn receive(&self, queue: &str, asked: Asked) -> Result<Vec<Received>> {
        let wait = asked.wait.min(WAIT_MAX);
        let ask = || {
            let receive = self.client.receive_message().queue_url(queue).wait_time_seconds(seconds(wait));
            let receive = receive.max_number_of_messages(small(asked.most.clamp(1, GIVEN_MAX)));
            let receive = receive.visibility_timeout(seconds(asked.hidden.min(HIDDEN_MAX)));
            receive.message_system_attribute_names(MessageSystemAttributeName::ApproximateReceiveCount).send()
        };
        let found = self.ask(queue, "Receiving from", wait, ask)?;
        found.messages.unwrap_or_default().into_iter().map(|message| self.received(queue, message)).collect()
    }

    fn received(&self, queue: &str, message: Message) -> Result<Received> {
        let damaged = |why| self.place(queue).told("Receiving from", "sqs.damaged", Status::Transient, why);
        let times =
            message.attributes.as_ref().and_then(|all| all.get(&MessageSystemAttributeName::ApproximateReceiveCount));
        let times = times.and_then(|times| times.parse().ok()).unwrap_or(1);
        let (Some(id), Some(handle)) = (message.message_id, message.receipt_handle) else {
            return Err(damaged("a message came without its id or its handle"));
        };
        let body = message.body.unwrap_or_default();
        let whole = message.md5_of_body.is_none_or(|md5| md5.eq_ignore_ascii_case(&hex(&Md5::digest(body.as_bytes()))));
        if whole {
            Ok(Received { id, handle, body, times })
        } else {
            Err(damaged("a message is not what its MD5 says"))
        }
    }

    /// Deletes a message by the handle of the last time that it came. One that is gone already is not an error.
    pub fn delete(&self, queue: &str, handle: &str) -> Result<()> {
        let ask = || self.client.delete_message().queue_url(queue).receipt_handle(handle).send();
        match self.asked(queue, "Deleting a message of", Duration::ZERO, ask)? {
            Err(refusal) if !late(&refusal) => Err(refusal.into()),
            _ => Ok(()),
        }
    }

    /// Hides a message for this long from now on; 0 gives it back. Tells whether it was hidden still: if not, it comes again, with another
    /// handle, or has come already.
    pub fn hide(&self, queue: &str, handle: &str, time: Duration) -> Result<bool> {
        let ask = || {
            let hide = self.client.change_message_visibility().queue_url(queue).receipt_handle(handle);
            hide.visibility_timeout(seconds(time.min(HIDDEN_MAX))).send()
        };
        match self.asked(queue, "Hiding a message of", Duration::ZERO, ask)? {
            Err(refusal) if late(&refusal) => Ok(false),
            Err(refusal) => Err(refusal.into()),
            Ok(_) => Ok(true),
        }
    }

    fn place(&self, queue: &str) -> Place {
        Place { storage: self.name.clone(), path: queue.as_bytes().to_vec() }
    }

    fn ask<T, E, Reply>(&self, queue: &str, verb: &str, wait: Duration, ask: impl FnMut() -> Reply) -> Result<T>
    where
        Reply: Future<Output = std::result::Result<T, SdkError<E, HttpResponse>>>,
        E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
    {
        self.asked(queue, verb, wait, ask)?.map_err(Into::into)
    }

    /// Asks, and again while another try may do. The outer failure is one of this process.
    fn asked<T, E, Reply>(
        &self,
        queue: &str,
        verb: &str,
        wait: Duration,
        mut ask: impl FnMut() -> Reply,
    ) -> Result<std::result::Result<T, Refusal>>
    where
        Reply: Future<Output = std::result::Result<T, SdkError<E, HttpResponse>>>,
        E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
    {
        let (place, limit) = (self.place(queue), self.patience + wait);
        let asked = bridge::wait(async {
            for tries in 1.. {
                let refusal = match tokio::time::timeout(limit, Box::pin(ask())).await {
                    Ok(Ok(reply)) => return Ok(reply),
                    Ok(Err(error)) => of_queue(&place, verb, error::refusal(&place, verb, &error)),
                    Err(_) => error::stalled(&place, verb),
                };
                if refusal.error.status != Status::Transient || tries >= TRIES {
                    return Err(refusal);
                }
                pause(tries).await;
            }
            Err(error::stalled(&place, verb))
        });
        asked.map_err(|error| place.told(verb, "io.error", Status::Transient, error.to_string()))
    }
}

fn client(shared: &SdkConfig) -> Client {
    let config = aws_sdk_sqs::config::Builder::from(shared)
        // Requests are tried again here, with what was seen of each failure.
        .retry_config(RetryConfig::disabled())
        .timeout_config(TimeoutConfig::builder().connect_timeout(CONNECT).build());
    Client::from_conf(config.build())
}

/// Codes that queues have and object storages have not.
fn of_queue(place: &Place, verb: &str, refusal: Refusal) -> Refusal {
    let code = refusal.code.as_str();
    if code.contains("NonExistentQueue") || code == "QueueDoesNotExist" {
        let why = "there is no queue of that name in this region, or these keys may not see it";
        return Refusal { error: place.told(verb, "sqs.no_queue", Status::Permanent, why), ..refusal };
    }
    refusal
}

/// Whether a handle holds no more: the message is visible again, was received by somebody else, or is gone.
fn late(refusal: &Refusal) -> bool {
    matches!(refusal.code.as_str(), "ReceiptHandleIsInvalid" | "MessageNotInflight" | "InvalidParameterValue")
        || refusal.code.ends_with(".MessageNotInflight")
}

fn seconds(time: Duration) -> i32 {
    i32::try_from(time.as_secs()).unwrap_or(i32::MAX)
}

fn small(count: u32) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}
