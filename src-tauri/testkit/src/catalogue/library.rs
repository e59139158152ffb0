//! Works and messages: kept by whoever the test gives for that; without one, what was asked for and is done.

use longshore_catalogue::{HeldMessage, HeldState, Library, MessageId, ReceivedMessage, Result, WorkNote};

use super::{MemoryCatalogue, dead};

impl MemoryCatalogue {
    /// A write to who keeps works and messages, which is a step of the fuse.
    fn keep(&self, write: impl FnOnce(&dyn Library) -> Result<()>) -> Result<()> {
        let Some(library) = &self.library else { return Ok(()) };
        self.fuse.step(|| write(library.as_ref()), dead)
    }
}

impl Library for MemoryCatalogue {
    fn note_works(&self, notes: &[WorkNote]) -> Result<()> {
        self.keep(|library| library.note_works(notes))
    }

    fn hold_messages(&self, received: &[ReceivedMessage]) -> Result<()> {
        self.keep(|library| library.hold_messages(received))
    }

    fn messages_of(&self, run: &str) -> Result<Vec<HeldMessage>> {
        self.library.as_ref().map_or_else(|| Ok(Vec::new()), |library| library.messages_of(run))
    }

    fn messages_asking(&self, asks: &[String]) -> Result<Vec<HeldMessage>> {
        self.library.as_ref().map_or_else(|| Ok(Vec::new()), |library| library.messages_asking(asks))
    }

    fn asks_done(&self, asks: &[String], at: i64) -> Result<()> {
        if self.library.is_some() {
            return self.keep(|library| library.asks_done(asks, at));
        }
        self.write(|books| {
            books.done.extend(asks.iter().cloned());
            Ok(())
        })
    }

    fn ask_is_done(&self, ask: &str) -> Result<bool> {
        self.library.as_ref().map_or_else(|| Ok(self.books().done.contains(ask)), |library| library.ask_is_done(ask))
    }

    fn message(&self, id: &MessageId) -> Result<Option<HeldMessage>> {
        self.library.as_ref().map_or(Ok(None), |library| library.message(id))
    }

    fn settle_message(&self, id: &MessageId, state: HeldState, deleted: bool, why: Option<&str>) -> Result<()> {
        self.keep(|library| library.settle_message(id, state, deleted, why))
    }
}
