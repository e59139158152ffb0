//! Tells SciCat what is kept for it: in order for each dataset and job, at least once, and again after it was away.

use std::sync::{Arc, Weak};
use std::time::Duration;

use longshore_catalogue::Message;
use longshore_connectors::scicat::SciCat;
use longshore_engine::Fault;
use longshore_flows::scicat::{Sources, Undelivered, deliver};
use longshore_flows::secrets;
use longshore_runner::Note;
use tokio::sync::broadcast::{Receiver, error::RecvError};

use super::Owner;
use crate::wire::{Event, Tag};

/// Messages that are taken up at a time.
const BATCH: u32 = 50;
/// From something that happened until it is looked at.
const PAUSE: Duration = Duration::from_millis(200);
/// Before the first try of what could not be delivered, and at most.
const DELAYS: [Duration; 2] = [Duration::from_secs(1), Duration::from_mins(5)];

/// What came of a round.
#[derive(Debug, Default)]
pub(super) struct Round {
    /// Messages that were delivered.
    pub(super) sent: u64,
    /// Why one was refused.
    pub(super) refused: Option<Fault>,
    /// Why it went no further.
    pub(super) held: Option<Fault>,
}

impl Round {
    fn changed(&self) -> bool {
        self.sent > 0 || self.refused.is_some() || self.held.is_some()
    }
}

/// Delivers what there is and then what comes, for as long as the owner is there. While SciCat is away it is tried again after a
/// while, ever more seldom.
pub(super) async fn carry_on(owner: Weak<Owner>, mut notes: Receiver<Note>) {
    let mut delay = None;
    loop {
        let Some(here) = owner.upgrade() else { return };
        let round = here.deliver_messages().await;
        if round.as_ref().is_ok_and(Round::changed) {
            here.bus.send(&Event::Changed { tags: vec![Tag::Scicat] });
        }
        drop(here);
        match round.map(|round| round.held) {
            Ok(None) => {
                delay = None;
                if !until_something_happens(&mut notes).await {
                    return;
                }
            }
            Ok(Some(fault)) | Err(fault) => {
                tracing::warn!(%fault, "SciCat could not be told; it is tried again");
                let wait = delay.map_or(DELAYS[0], |last: Duration| (last * 2).min(DELAYS[1]));
                delay = Some(wait);
                tokio::time::sleep(wait).await;
            }
        }
    }
}

/// Waits until a task may have kept a message. `false` once there will be none.
async fn until_something_happens(notes: &mut Receiver<Note>) -> bool {
    loop {
        match notes.recv().await {
            Ok(Note::Events(_)) | Err(RecvError::Lagged(_)) => {
                // Many come at once: one look does for all of them.
                tokio::time::sleep(PAUSE).await;
                while notes.try_recv().is_ok() {}
                return true;
            }
            Ok(_) => {}
            Err(RecvError::Closed) => return false,
        }
    }
}

impl Owner {
    /// Delivers what can be delivered now. One at a time, so that the order holds.
    pub(super) async fn deliver_messages(self: &Arc<Self>) -> Result<Round, Fault> {
        let _alone = self.delivering.lock().await;
        let mut round = Round::default();
        for to in self.ask(|owner| Ok(owner.store.messages_for()?)).await? {
            let asked = to.clone();
            // Where there is no such connection yet, they wait for it.
            let scicat = self.ask(move |owner| owner.connections.scicat(&asked)).await;
            match scicat {
                Ok(None) => {}
                Ok(Some(scicat)) => round.held = self.deliver_to(&to, &scicat, &mut round).await?.or(round.held),
                Err(fault) => round.held = Some(fault),
            }
        }
        Ok(round)
    }

    /// Delivers to one SciCat until there is nothing more. Gives why it went no further, if it did not.
    async fn deliver_to(
        self: &Arc<Self>,
        to: &str,
        scicat: &SciCat,
        round: &mut Round,
    ) -> Result<Option<Fault>, Fault> {
        loop {
            let asked = to.to_owned();
            let batch = self.ask(move |owner| Ok(owner.store.next_messages(&asked, BATCH)?)).await?;
            if batch.is_empty() {
                return Ok(None);
            }
            for message in batch {
                let held = self.deliver_one(scicat, message, round).await?;
                if held.is_some() {
                    return Ok(held);
                }
            }
        }
    }

    /// Delivers a message and then writes down that it was: after a crash in between it is delivered once more, which changes nothing.
    async fn deliver_one(
        self: &Arc<Self>,
        scicat: &SciCat,
        message: Message,
        round: &mut Round,
    ) -> Result<Option<Fault>, Fault> {
        let (id, at) = (message.id, self.clock.now().0);
        let (catalogue, storages) = (Arc::new(self.store.clone()), Arc::clone(&self.places));
        let sources = Sources { catalogue, storages, now: at };
        match deliver(scicat, &sources, &message.message.body).await {
            Ok(()) => {
                round.sent += 1;
                self.ask(move |owner| Ok(owner.store.message_sent(id, at)?)).await?;
                Ok(None)
            }
            Err(Undelivered::Refused(fault)) => {
                let text = secrets::known().mask(&fault.to_string()).into_owned();
                tracing::error!(about = message.message.about, %text, "SciCat does not take what it was told");
                round.refused = Some(fault);
                self.ask(move |owner| Ok(owner.store.message_refused(id, at, &text)?)).await?;
                Ok(None)
            }
            Err(Undelivered::Held(fault)) => {
                let text = secrets::known().mask(&fault.to_string()).into_owned();
                self.ask(move |owner| Ok(owner.store.message_held(id, &text)?)).await?;
                Ok(Some(fault))
            }
        }
    }
}
