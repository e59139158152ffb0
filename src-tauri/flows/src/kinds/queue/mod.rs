//! Messages of queues that tell of objects in an archive or a bucket: received, held while what they ask for is worked on, and deleted
//! once it is proved.
//!
//! A message is kept in the workspace before anything is done with it, with what it asks for. It is deleted when all of that is done
//! (`sqs.finish`), and not before. The same may be asked for by several messages, and a message may come several times, also while it
//! is worked on: what was asked for makes it one, so neither does harm.

pub mod finish;
pub mod give_back;
pub mod hold;
mod object;
pub mod receive;

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use longshore_catalogue::{HeldMessage, HeldState, MessageId};
use longshore_connectors::sqs::Sqs;
use longshore_engine::Fault;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::faults::{Told as _, ToldAt as _};
use crate::kind::{Context, Storages, Waker};
use crate::span::Span;

pub use object::Object;
pub(super) use object::{evaluated, place_of, work_of};

/// A line of a download map: a queue, and where the objects lie that its messages tell of.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// The connection to the queue, of the kind `sqs` or `s3`.
    pub connection: String,
    /// Region of the queue, where it is not the connection's own.
    #[serde(default)]
    pub region: Option<String>,
    /// Name or URL of the queue; without one, that of the connection.
    #[serde(default)]
    pub queue: Option<String>,
    /// The connection to the objects, of the kind `s3`: the same if not given.
    #[serde(default)]
    pub objects: Option<String>,
    /// The bucket that messages must speak of, if not any.
    #[serde(default)]
    pub bucket: Option<String>,
}

fn half_an_hour() -> Span {
    Span::seconds(1800)
}

/// The queues that a connection leads to.
fn queues(storages: &dyn Storages, connection: &str, region: Option<&str>) -> Result<Arc<Sqs>, Fault> {
    storages.sqs(connection, region)?.ok_or_else(|| {
        let why = format!("There is no connection {connection} to queues");
        Fault::permanent("sqs.none", "No message can be received", why).now("Make the connection, and test it.")
    })
}

/// Asks something of the queue of a message.
fn at_queue<T>(
    context: &Context,
    id: &MessageId,
    ask: impl FnOnce(&Sqs) -> longshore_transfer::storage::Result<T>,
) -> Result<T, Fault> {
    let sqs = queues(context.services.storages.as_ref(), &id.connection, id.region.as_deref())?;
    ask(&sqs).told_at(&id.connection)
}

/// Deletes from its queue what is done. Gives how many it were.
fn delete_done(context: &Context, held: &[HeldMessage]) -> Result<u64, Fault> {
    let mut deleted = 0;
    for one in held.iter().filter(|one| one.state == HeldState::Done && !one.deleted) {
        let (id, handle) = (&one.received.id, &one.received.handle);
        at_queue(context, id, |sqs| sqs.delete(&id.queue, handle))?;
        context.services.catalogue.settle_message(id, HeldState::Done, true, None).told()?;
        deleted += 1;
    }
    Ok(deleted)
}

/// Hides a message for a while from now on. Tells whether it was hidden still.
fn hide(context: &Context, one: &HeldMessage, time: Duration) -> Result<bool, Fault> {
    let id = &one.received.id;
    at_queue(context, id, |sqs| sqs.hide(&id.queue, &one.received.handle, time))
}

/// Messages of this run on which it works still.
fn worked_on(context: &Context) -> Result<Vec<HeldMessage>, Fault> {
    let mut held = context.services.catalogue.messages_of(&context.run).told()?;
    held.retain(|one| is_worked_on(one, context));
    Ok(held)
}

fn is_worked_on(one: &HeldMessage, context: &Context) -> bool {
    one.state == HeldState::Open && one.received.run == context.run
}

/// How long messages of runs are hidden is changed by one task at a time: what one has given back another must not hide again. A run has one of
/// these locks by its name, so that a queue that does not answer holds up few others.
static CHANGING: [Mutex<()>; 16] = [const { Mutex::new(()) }; 16];

fn changing(run: &str) -> MutexGuard<'static, ()> {
    let mut hasher = DefaultHasher::new();
    run.hash(&mut hasher);
    let at = usize::try_from(hasher.finish() % 16).unwrap_or(0);
    CHANGING[at].lock().unwrap_or_else(PoisonError::into_inner)
}

/// Who holds the messages of a run, to be woken once there are none left to hold.
static HOLDING: LazyLock<Mutex<HashMap<String, Waker>>> = LazyLock::new(Mutex::default);

fn holds(run: &str, waker: Option<Waker>) -> Option<Waker> {
    let mut holding = HOLDING.lock().unwrap_or_else(PoisonError::into_inner);
    match waker {
        Some(waker) => holding.insert(run.to_owned(), waker),
        None => holding.remove(run),
    }
}

/// Whoever holds the messages of a run looks whether there are any left.
fn wake_holder(run: &str) {
    let waker = HOLDING.lock().unwrap_or_else(PoisonError::into_inner).get(run).cloned();
    if let Some(waker) = waker {
        waker();
    }
}
