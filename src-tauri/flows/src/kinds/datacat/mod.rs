//! Kinds of task that speak to the data catalogue of eFlows4HPC.

pub mod entry;
pub mod register;

use longshore_connectors::datacat::{DataCatalogue, Entry};
use longshore_engine::Fault;

use crate::faults::ToldAt as _;
use crate::kind::Storages;

/// Whether a text is an oid of the catalogue: a UUID with its dashes. Records of B2SHARE have 32 digits and no dashes.
pub(super) fn is_oid(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    parts.iter().map(|part| part.len()).eq([8, 4, 4, 4, 12])
        && parts.iter().all(|part| part.chars().all(|c| c.is_ascii_hexdigit()))
}

/// Does something with a catalogue.
fn with<T>(
    storages: &dyn Storages,
    connection: &str,
    act: impl FnOnce(&DataCatalogue) -> longshore_transfer::storage::Result<T>,
) -> Result<T, Fault> {
    let name = if connection.contains('+') { connection.to_owned() } else { format!("datacat+{connection}") };
    let storage = storages.storage(&name)?;
    let catalogue = DataCatalogue::behind(storage.as_ref()).ok_or_else(|| {
        let why = "It leads to a system of another kind";
        Fault::permanent("connection.wrong", format!("{connection} is no data catalogue"), why)
    })?;
    act(catalogue).told_at(connection)
}

/// An entry. One that is not there is an error.
pub(super) fn entry(storages: &dyn Storages, connection: &str, kind: &str, oid: &str) -> Result<Entry, Fault> {
    let oid = oid.trim();
    if !is_oid(oid) {
        let what = format!("No entry of the data catalogue was found for {oid:?}");
        return Err(Fault::permanent("datacat.oid", what, "that is no id of an entry: it is no UUID"));
    }
    with(storages, connection, |catalogue| catalogue.entry(kind, oid))
}

#[cfg(test)]
mod tests {
    use super::is_oid;

    #[test]
    fn ids_of_the_catalogue_are_told_from_those_of_records() {
        assert!(is_oid("9f6d3c1e-6a2b-4a43-9a0e-0d6a2c2f9b11"));
        for other in ["", "9f6d3c1e6a2b4a439a0e0d6a2c2f9b11", "abcd1-efg23", "9f6d3c1e-6a2b-4a43-9a0e-0d6a2c2f9bzz"] {
            assert!(!is_oid(other), "{other}");
        }
    }
}
