//! Works and messages of queues over the tables.

use longshore_catalogue::{HeldMessage, HeldState, Library, MessageId, ReceivedMessage, Result, WorkNote};

use crate::store::Store;
use crate::table::{queue_message, work};

impl Library for Store {
    fn note_works(&self, notes: &[WorkNote]) -> Result<()> {
        let notes = notes.to_vec();
        Ok(self.write(move |sql| work::note(sql, &notes))?)
    }

    fn hold_messages(&self, received: &[ReceivedMessage]) -> Result<()> {
        let received = received.to_vec();
        Ok(self.write(move |sql| queue_message::hold(sql, &received))?)
    }

    fn messages_of(&self, run: &str) -> Result<Vec<HeldMessage>> {
        Ok(self.read(|sql| queue_message::of_run(sql, run))?)
    }

    fn messages_asking(&self, asks: &[String]) -> Result<Vec<HeldMessage>> {
        Ok(self.read(|sql| queue_message::asking(sql, asks))?)
    }

    fn asks_done(&self, asks: &[String], at: i64) -> Result<()> {
        let asks = asks.to_vec();
        Ok(self.write(move |sql| queue_message::done(sql, &asks, at))?)
    }

    fn ask_is_done(&self, ask: &str) -> Result<bool> {
        Ok(self.read(|sql| queue_message::is_done(sql, ask))?)
    }

    fn message(&self, id: &MessageId) -> Result<Option<HeldMessage>> {
        Ok(self.read(|sql| queue_message::one(sql, id))?)
    }

    fn settle_message(&self, id: &MessageId, state: HeldState, deleted: bool, why: Option<&str>) -> Result<()> {
        let (id, why) = (id.clone(), why.map(str::to_owned));
        Ok(self.write(move |sql| queue_message::settle(sql, &id, state, deleted, why.as_deref()))?)
    }
}
