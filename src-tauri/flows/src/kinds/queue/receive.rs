//! `sqs.receive`: receives messages that tell of objects, and keeps them with the run.

use std::time::Duration;

use async_trait::async_trait;
use longshore_catalogue::{HeldMessage, HeldState, MessageId, ReceivedMessage};
use longshore_connectors::sqs::{Asked, HIDDEN_MAX, Received, Sqs};
use longshore_engine::Fault;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::object::{Object, ask, object};
use super::{Source, delete_done, half_an_hour, hide, queues};
use crate::attempt::{blocking, count};
use crate::faults::{Told as _, ToldAt as _};
use crate::kind::{Context, Done, Level, Need, Services, TypedKind};
use crate::s3_event::{Happened, ObjectEvent, Told, read};
use crate::span::Span;

/// After the first messages the queue waits this long for more: not at all would ask some of its servers only.
const MORE: Duration = Duration::from_secs(1);

/// The code of a message that is worked on no more.
const POISON: &str = "sqs.poison";

/// Parameters of `sqs.receive`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct With {
    /// The download map: the queues, and where the objects lie that their messages tell of.
    #[serde(default)]
    pub queues: Vec<Source>,
    /// What must have happened to an object.
    #[serde(default = "both")]
    pub events: Vec<Wanted>,
    /// An expression that makes the id of a work of `bucket`, `key` and `name`; without one, the name up to its first dot.
    #[serde(default)]
    pub work: Option<String>,
    /// Messages that are received at a time, of each queue.
    #[serde(default = "a_hundred")]
    pub most: u32,
    /// How long a queue waits for a first message, 20 seconds at most.
    #[serde(default = "twenty_seconds")]
    pub wait: Span,
    /// For how long messages are hidden from others before `sqs.hold` hides them again, 12 hours at most.
    #[serde(default = "half_an_hour")]
    pub hidden: Span,
    /// A message that was received more often than this is not worked on any more, and is kept as poison.
    #[serde(default = "five")]
    pub max_tries: u32,
    /// What to do when there is no message.
    #[serde(default)]
    pub when_none: WhenNone,
    /// With `when_none: wait`, time from look to look.
    #[serde(default = "six_hours")]
    pub every: Span,
}

fn both() -> Vec<Wanted> {
    vec![Wanted::Restored, Wanted::Created]
}

fn a_hundred() -> u32 {
    100
}

fn five() -> u32 {
    5
}

fn twenty_seconds() -> Span {
    Span::seconds(20)
}

fn six_hours() -> Span {
    Span::seconds(6 * 3600)
}

/// What happened to an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Wanted {
    /// It was restored from an archive (`ObjectRestore:Completed`).
    Restored,
    /// It was written (`ObjectCreated:*`).
    Created,
}

/// What to do when there is no message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum WhenNone {
    /// Fail, and be tried again as the task says.
    #[default]
    Retry,
    /// Wait for messages, without a slot.
    Wait,
    /// Go on without.
    Done,
}

/// Output of `sqs.receive`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Output {
    /// Objects that messages ask for, each once.
    pub objects: Vec<Object>,
    /// Messages that are worked on.
    pub messages: u64,
    /// Messages that asked for nothing, or for what was done already: they were deleted.
    pub deleted: u64,
    /// Messages that are worked on no more: what each says of itself.
    pub poison: Vec<String>,
}

/// `sqs.receive`.
pub struct SqsReceive;

#[async_trait]
impl TypedKind for SqsReceive {
    type With = With;
    type Output = Output;
    const NAME: &'static str = "sqs.receive";
    const TITLE: &'static str =
        "Receives messages that tell of objects, and keeps them until what they ask for is done";

    async fn plan(&self, with: With, services: &Services) -> Result<Need, Fault> {
        let storages = services.storages.clone();
        blocking(move || {
            let known =
                |source: &Source| queues(storages.as_ref(), &source.connection, source.region.as_deref()).map(drop);
            with.queues.iter().try_for_each(known).map(|()| Need::default())
        })
        .await
    }

    async fn run(&self, with: With, context: Context) -> Result<Done<Output>, Fault> {
        blocking(move || {
            let mut taking = Taking { with: &with, context: &context, queues: Vec::new(), output: Output::default() };
            with.queues.iter().try_for_each(|source| taking.all_of(source))?;
            taking.outcome()
        })
        .await
    }
}

struct Taking<'a> {
    with: &'a With,
    context: &'a Context,
    /// The URLs of the queues.
    queues: Vec<(String, &'a Source)>,
    output: Output,
}

impl<'a> Taking<'a> {
    /// Receives from a queue until it has no more, or there are enough.
    fn all_of(&mut self, source: &'a Source) -> Result<(), Fault> {
        let storages = self.context.services.storages.as_ref();
        let sqs = queues(storages, &source.connection, source.region.as_deref())?;
        let queue = sqs.queue_url(source.queue.as_deref()).told_at(&source.connection)?;
        self.queues.push((queue.clone(), source));
        let mut received = 0;
        while received < self.with.most {
            self.context.go_on()?;
            let found = self.some_of(&sqs, source, &queue, received)?;
            if found == 0 {
                break;
            }
            received += found;
        }
        Ok(())
    }

    fn some_of(&mut self, sqs: &Sqs, source: &Source, queue: &str, before: u32) -> Result<u32, Fault> {
        let wait = if before == 0 { self.with.wait.0 } else { MORE.min(self.with.wait.0) };
        let asked = Asked { most: self.with.most - before, wait, hidden: self.with.hidden.0 };
        let found = sqs.receive(queue, asked).told_at(&source.connection)?;
        let many = u32::try_from(found.len()).unwrap_or(u32::MAX);
        let kept = found.into_iter().map(|one| self.understood(source, queue, one));
        let kept = kept.collect::<Result<Vec<_>, Fault>>()?;
        // Kept before anything is done with them: what was received is not forgotten by a crash.
        self.context.services.catalogue.hold_messages(&kept).told()?;
        let held = self.context.services.catalogue.messages_of(&self.context.run).told()?;
        self.output.deleted += delete_done(self.context, &held)?;
        Ok(many)
    }

    /// A message, with what it asks for.
    fn understood(&self, source: &Source, queue: &str, received: Received) -> Result<ReceivedMessage, Fault> {
        let Received { id: message, handle, body, times } = received;
        let id = MessageId {
            connection: source.connection.clone(),
            region: source.region.clone(),
            queue: queue.to_owned(),
            message: message.clone(),
        };
        let (asks, odd) = match self.wanted(source, &body) {
            Ok(events) => (events.iter().map(|event| ask(source, event)).collect(), None),
            // What nobody understands is never done.
            Err(why) => (vec![format!("not understood {message}")], Some(why)),
        };
        if let Some(why) = &odd {
            self.context.host.log(Level::Warning, &format!("The message {message} is not understood: {why}"));
        } else if asks.is_empty() {
            self.context.host.log(Level::Info, &format!("The message {message} asks for nothing: it is deleted"));
        }
        let forgiven = self.context.services.catalogue.message(&id).told()?.map_or(0, |known| known.forgiven);
        let often = times.saturating_sub(forgiven) > self.with.max_tries && !asks.is_empty();
        let poison = often.then(|| poison(&message, times, odd.as_deref()));
        let (at, run) = (self.context.services.now(), self.context.run.clone());
        Ok(ReceivedMessage { id, handle, body, asks, times, poison, at, run })
    }

    /// The events in a message that ask for something; why it is not understood.
    fn wanted(&self, source: &Source, body: &str) -> Result<Vec<ObjectEvent>, String> {
        let mut events = match read(body) {
            Told::Objects(events) => events,
            Told::Test => return Ok(Vec::new()),
            Told::Unknown(why) => return Err(why),
        };
        events.retain(|event| match event.happened {
            Happened::Restored => self.with.events.contains(&Wanted::Restored),
            Happened::Created => self.with.events.contains(&Wanted::Created),
            Happened::Other(_) => false,
        });
        match &source.bucket {
            Some(bucket) => match events.iter().find(|event| event.bucket != *bucket) {
                Some(other) => Err(format!("it speaks of the bucket {}, and not of {bucket}", other.bucket)),
                None => Ok(events),
            },
            None => Ok(events),
        }
    }

    /// What is to be worked on, those of an earlier attempt included.
    fn outcome(mut self) -> Result<Done<Output>, Fault> {
        let held = self.context.services.catalogue.messages_of(&self.context.run).told()?;
        for one in &held {
            match one.state {
                HeldState::Open => self.add(one)?,
                HeldState::Poison => self.set_aside(one)?,
                HeldState::Done | HeldState::Returned => {}
            }
        }
        let Output { objects, messages, .. } = &self.output;
        if *messages > 0 {
            let text = format!(
                "{} for {}",
                count(*messages, "message asks", "messages ask"),
                count(objects.len() as u64, "object", "objects")
            );
            self.context.host.log(Level::Info, &text);
            return Ok(self.output.into());
        }
        match self.with.when_none {
            WhenNone::Done => Ok(self.output.into()),
            WhenNone::Wait => Ok(Done::Deferred { until: self.context.services.clock.now() + self.with.every.0 }),
            // It is cleared, and what it was to receive is done.
            WhenNone::Retry if held.iter().any(|one| one.state == HeldState::Done) => Ok(self.output.into()),
            WhenNone::Retry => {
                Err(Fault::transient("sqs.no_messages", "There is nothing to download", "No queue has a message"))
            }
        }
    }

    fn add(&mut self, one: &HeldMessage) -> Result<(), Fault> {
        let queue = &one.received.id.queue;
        let Some((_, source)) = self.queues.iter().find(|(url, _)| url == queue) else { return Ok(()) };
        self.output.messages += 1;
        let events = self.wanted(source, &one.received.body).unwrap_or_default();
        let known = |asked: &String| self.output.objects.iter().any(|object| object.asks.contains(asked));
        let open: Vec<_> = one.open.iter().filter(|asked| !known(asked)).collect();
        for event in events.iter().filter(|event| open.contains(&&ask(source, event))) {
            let storages = self.context.services.storages.as_ref();
            let new = object(storages, source, self.with.work.as_deref(), event)?;
            let same = |known: &&mut Object| (&known.place, &known.version) == (&new.place, &new.version);
            if let Some(known) = self.output.objects.iter_mut().find(same) {
                known.asks.extend(new.asks);
            } else {
                self.output.objects.push(new);
            }
        }
        Ok(())
    }

    /// It stays in its queue, where it is in nobody's way for as long as can be.
    fn set_aside(&mut self, one: &HeldMessage) -> Result<(), Fault> {
        hide(self.context, one, HIDDEN_MAX)?;
        let why = one.trouble.clone().unwrap_or_default();
        self.context.host.log(Level::Error, &why);
        self.context.host.notice("A message is worked on no more", &why);
        self.output.poison.push(why);
        Ok(())
    }
}

/// What is said of a message that came too often.
fn poison(message: &str, times: u32, odd: Option<&str>) -> String {
    let why = odd.unwrap_or("what it asks for came to nothing each time");
    format!("{POISON}: the message {message} was received {times} times: {why}")
}
