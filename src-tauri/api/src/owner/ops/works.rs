//! Works on their way from an archive to where they are read, and the messages that ask for them.

use std::sync::Arc;
use std::time::Duration;

use longshore_catalogue::{HeldMessage, HeldState};
use longshore_connectors::sqs::Sqs;
use longshore_engine::Fault;
use longshore_flows::faults::of_storage;
use longshore_store::{WhichHeld, WhichWorks};

use super::super::Owner;
use super::super::dispatch::Answer;
use crate::wire::{
    Page, QueueMessageArgs, QueueMessageDrop, QueueMessageReturn, QueueMessageRow, QueueMessages, QueueMessagesArgs,
    WorkList, WorkListArgs, WorkRow,
};

impl Answer<WorkList> for Owner {
    async fn answer(self: &Arc<Self>, args: WorkListArgs) -> Result<Page<WorkRow>, Fault> {
        self.ask(move |owner| {
            let which = if args.recalls { WhichWorks::Recalls } else { WhichWorks::All };
            let page = owner.store.works(which, args.offset, args.limit)?;
            Ok(Page { rows: page.rows.into_iter().map(WorkRow::from).collect(), total: page.total })
        })
        .await
    }
}

impl Answer<QueueMessages> for Owner {
    async fn answer(self: &Arc<Self>, args: QueueMessagesArgs) -> Result<Page<QueueMessageRow>, Fault> {
        let which = if args.all { WhichHeld::All } else { WhichHeld::Unsettled };
        self.ask(move |owner| {
            let page = owner.store.held_messages(which, args.offset, args.limit)?;
            Ok(Page { rows: page.rows.into_iter().map(QueueMessageRow::from).collect(), total: page.total })
        })
        .await
    }
}

impl Answer<QueueMessageDrop> for Owner {
    async fn answer(self: &Arc<Self>, args: QueueMessageArgs) -> Result<QueueMessageRow, Fault> {
        self.ask(move |owner| {
            let held = owner.unsettled(&args)?;
            let (id, handle) = (&held.received.id, &held.received.handle);
            owner.at_queue(&held, |sqs| sqs.delete(&id.queue, handle))?;
            let why = args.why.as_deref().unwrap_or("dropped by an operator");
            owner.store.drop_held_message(id, why)?;
            owner.unsettled_row(&held)
        })
        .await
    }
}

impl Answer<QueueMessageReturn> for Owner {
    async fn answer(self: &Arc<Self>, args: QueueMessageArgs) -> Result<QueueMessageRow, Fault> {
        self.ask(move |owner| {
            let held = owner.unsettled(&args)?;
            let (id, handle) = (&held.received.id, &held.received.handle);
            // Before it can be seen: it must not be taken for poison by whoever receives it at once.
            owner.store.forgive_message(id, args.why.as_deref().unwrap_or("given back by an operator"))?;
            // One that is not hidden any more can be received already.
            owner.at_queue(&held, |sqs| sqs.hide(&id.queue, handle, Duration::ZERO))?;
            owner.unsettled_row(&held)
        })
        .await
    }
}

impl Owner {
    /// A message that came to nothing, on which nobody works.
    fn unsettled(&self, args: &QueueMessageArgs) -> Result<HeldMessage, Fault> {
        let refused = |code: &str, why: String, now: &str| {
            Err(Fault::permanent(code, format!("Nothing was done with the message {}", args.message), why).now(now))
        };
        let mut found = self.store.held_messages_called(&args.message)?;
        found.retain(|one| args.queue.as_ref().is_none_or(|queue| *queue == one.received.id.queue));
        found.retain(|one| one.state != HeldState::Done);
        let see = "See them with: longshore work messages";
        let Some(held) = found.pop() else {
            return refused("work.no_message", "No message of this id has come to nothing".into(), see);
        };
        if let Some(other) = found.pop() {
            let why = format!("{} and {} have one", held.received.id.queue, other.received.id.queue);
            return refused("work.no_message", why, "Say which queue is meant, by its URL.");
        }
        // One of a run that ended, and did not give it back, is nobody's.
        let works = |run: &str| self.store.run(run).is_ok_and(|run| !run.state.is_final());
        if held.state == HeldState::Open && works(&held.received.run) {
            let why = format!("The run {} works on what it asks for", held.received.run);
            return refused("work.in_work", why, "Wait for the run, or cancel it first.");
        }
        Ok(held)
    }

    fn at_queue<T>(
        &self,
        held: &HeldMessage,
        ask: impl FnOnce(&Sqs) -> longshore_transfer::storage::Result<T>,
    ) -> Result<T, Fault> {
        let id = &held.received.id;
        let sqs = self.connections.sqs(&id.connection, id.region.as_deref())?.ok_or_else(|| {
            let why = format!("There is no connection {} to queues", id.connection);
            Fault::permanent("sqs.none", format!("Nothing was done with the message {}", id.message), why)
                .now("Make the connection, and test it.")
        })?;
        ask(&sqs).map_err(|error| of_storage(&id.connection, &error))
    }

    fn unsettled_row(&self, held: &HeldMessage) -> Result<QueueMessageRow, Fault> {
        let mut now = self.store.held_messages_called(&held.received.id.message)?;
        now.retain(|one| one.received.id == held.received.id);
        Ok(QueueMessageRow::from(now.pop().unwrap_or_else(|| held.clone())))
    }
}
