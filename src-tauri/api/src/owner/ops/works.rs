//! Works on their way from an archive to where they are read, and the messages that ask for them.

use std::sync::Arc;

use longshore_engine::Fault;
use longshore_store::WhichHeld;

use super::super::Owner;
use super::super::dispatch::Answer;
use crate::wire::{Page, QueueMessageRow, QueueMessages, QueueMessagesArgs, WorkList, WorkListArgs, WorkRow};

impl Answer<WorkList> for Owner {
    async fn answer(self: &Arc<Self>, args: WorkListArgs) -> Result<Page<WorkRow>, Fault> {
        self.ask(move |owner| {
            let page = owner.store.works(args.offset, args.limit)?;
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
