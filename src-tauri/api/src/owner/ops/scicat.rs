//! What SciCat has to be told: shown, delivered now, dropped.

use std::sync::Arc;

use longshore_catalogue::Message;
use longshore_engine::Fault;
use longshore_flows::scicat::Tell;
use longshore_store::WhichMessages;

use super::super::Owner;
use super::super::dispatch::Answer;
use crate::wire::{
    Nothing, Page, ScicatDrop, ScicatDropArgs, ScicatMessage, ScicatPending, ScicatPendingArgs, ScicatSend, ScicatSent,
};

impl Answer<ScicatPending> for Owner {
    async fn answer(self: &Arc<Self>, args: ScicatPendingArgs) -> Result<Page<ScicatMessage>, Fault> {
        let which = if args.all { WhichMessages::All } else { WhichMessages::Open };
        self.ask(move |owner| {
            let page = owner.store.messages(which, args.offset, args.limit)?;
            Ok(Page { rows: page.rows.into_iter().map(shown).collect(), total: page.total })
        })
        .await
    }
}

fn shown(kept: Message) -> ScicatMessage {
    let Message { id, message, state, tries, ended, trouble } = kept;
    // One of another version of the program is shown as it is kept.
    let text = serde_json::from_value(message.body.clone()).map(|tell: Tell| tell.summary());
    ScicatMessage {
        id,
        connection: message.to,
        about: message.about,
        text: text.unwrap_or_else(|_| message.body.to_string()),
        state: state.into(),
        at: message.at,
        run: message.run,
        tries,
        ended,
        trouble,
    }
}

impl Answer<ScicatSend> for Owner {
    async fn answer(self: &Arc<Self>, _: Nothing) -> Result<ScicatSent, Fault> {
        self.ask(|owner| Ok(owner.store.retry_messages()?)).await?;
        let round = self.deliver_messages().await?;
        let left = self.ask(|owner| Ok(owner.store.messages(WhichMessages::Open, 0, 1)?.total)).await?;
        let trouble = round.held.or(round.refused).map(|fault| fault.to_string());
        Ok(ScicatSent { sent: round.sent, left, trouble })
    }
}

impl Answer<ScicatDrop> for Owner {
    async fn answer(self: &Arc<Self>, args: ScicatDropArgs) -> Result<Nothing, Fault> {
        self.ask(move |owner| {
            let id = args.message;
            if owner.store.drop_message(id, owner.clock.now().0)? {
                return Ok(Nothing {});
            }
            let why = "There is no message of this number that is still to be delivered";
            Err(Fault::permanent("scicat.no_message", format!("The message {id} was not dropped"), why)
                .now("See them with: longshore scicat pending"))
        })
        .await
    }
}
