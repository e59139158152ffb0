//! Works and messages: it keeps none of them, but what was asked for and is done.

use longshore_catalogue::{Library, Result};

use super::MemoryCatalogue;

impl Library for MemoryCatalogue {
    fn asks_done(&self, asks: &[String], _: i64) -> Result<()> {
        self.write(|books| {
            books.done.extend(asks.iter().cloned());
            Ok(())
        })
    }

    fn ask_is_done(&self, ask: &str) -> Result<bool> {
        Ok(self.books().done.contains(ask))
    }
}
