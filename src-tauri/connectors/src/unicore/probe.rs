//! The test of a connection, step by step.

use super::Unicore;
use crate::http::{probe, told, wait};
use crate::remote::Remote;
use crate::{Connection, Step, step};

/// Every step until one fails.
pub(super) fn run(connection: &Connection, folder: &[u8], write: bool, tell: &mut dyn FnMut(Step)) -> Option<()> {
    let unicore = step(tell, "options", || {
        let unicore = Unicore::open(&connection.id, connection, folder)?;
        let words = told::place(&unicore.site.base);
        Ok((unicore, words))
    })?;
    probe::reach(&unicore.site, tell)?;
    let place = unicore.site.place(b"");
    step(tell, "login", || {
        let found = wait(&place, "Logging in to", unicore.storages())?;
        Ok(((), format!("{} storages can be seen", found.len())))
    })?;
    step(tell, "list", || {
        let found = wait(&place, "Listing", unicore.entries(b""))?;
        Ok(((), format!("{} files and folders", found.len())))
    })?;
    if write { probe::write_and_delete(&Remote(unicore), tell) } else { Some(()) }
}
