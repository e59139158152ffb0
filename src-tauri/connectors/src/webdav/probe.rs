//! The test of a connection, step by step.

use longshore_transfer::storage::Storage as _;

use super::Dav;
use crate::http::probe;
use crate::{Connection, Step, step};

/// Every step until one fails.
pub(super) fn run(connection: &Connection, folder: &[u8], write: bool, tell: &mut dyn FnMut(Step)) -> Option<()> {
    let dav = step(tell, "options", || {
        let dav = Dav::open(&connection.id, connection, folder)?;
        let words = crate::http::told::place(&dav.site.base);
        Ok((dav, words))
    })?;
    probe::reach(&dav.site, tell)?;
    step(tell, "login", || Ok((dav.stat(b"")?, "the server takes it".into())))?;
    step(tell, "list", || {
        let mut count = 0;
        dav.entries(b"", &mut |_, _| {
            count += 1;
            Ok(())
        })?;
        Ok(((), format!("{count} files and folders")))
    })?;
    if write { probe::write_and_delete(&dav, tell) } else { Some(()) }
}
