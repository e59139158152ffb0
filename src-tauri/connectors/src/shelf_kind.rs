//! Connections to systems that are reached as a [`Shelf`](crate::remote::Shelf): they differ in their names, and in what a path begins with.

use std::sync::Arc;

use longshore_transfer::storage::{Result, Storage};
use schemars::Schema;

use crate::{Connection, Connector, Step, http};

/// A kind of connection to such a system.
pub(crate) struct ShelfKind {
    pub(crate) kind: &'static str,
    pub(crate) aliases: &'static [&'static str],
    pub(crate) title: &'static str,
    pub(crate) schema: fn() -> Schema,
    /// Why no folder of it can be the top of a storage.
    pub(crate) topless: &'static str,
    pub(crate) open: fn(&str, &Connection) -> Result<Arc<dyn Storage>>,
    /// Nothing if a step failed, which it has told.
    pub(crate) test: fn(&Connection, &mut dyn FnMut(Step)) -> Option<()>,
}

impl Connector for ShelfKind {
    fn kind(&self) -> &'static str {
        self.kind
    }

    fn aliases(&self) -> &'static [&'static str] {
        self.aliases
    }

    fn title(&self) -> &'static str {
        self.title
    }

    fn schema(&self) -> Schema {
        (self.schema)()
    }

    fn secrets(&self) -> &'static [&'static str] {
        http::SECRET_HEADERS
    }

    fn open(&self, name: &str, connection: &Connection, below: &[u8]) -> Result<Arc<dyn Storage>> {
        if !below.is_empty() {
            return Err(connection.wrong(self.topless.into()));
        }
        (self.open)(name, connection)
    }

    fn test(&self, connection: &Connection, _folder: &[u8], _write: bool, tell: &mut dyn FnMut(Step)) {
        let _told = (self.test)(connection, tell);
    }
}
