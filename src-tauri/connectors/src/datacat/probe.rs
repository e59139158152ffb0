//! The test of a connection, step by step.

use super::DataCatalogue;
use crate::http::{probe, told, wait};
use crate::{Connection, Step, step};

/// Every step until one fails.
pub(super) fn run(connection: &Connection, tell: &mut dyn FnMut(Step)) -> Option<()> {
    let catalogue = step(tell, "options", || {
        let catalogue = DataCatalogue::open(&connection.id, connection)?;
        let words = told::place(&catalogue.site.base);
        Ok((catalogue, words))
    })?;
    probe::reach(&catalogue.site, tell)?;
    step(tell, "list", || {
        let place = catalogue.site.place(b"dataset");
        let found = wait(&place, "Listing", catalogue.pairs("dataset", &[("name", "longshore-test")]))?;
        Ok(((), format!("the catalogue answers ({} entries of that name)", found.len())))
    })
}
