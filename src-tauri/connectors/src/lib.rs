//! Systems that Longshore reaches, one folder each, in the same shape: what a connection to it says, the storage that it leads to, and a
//! test that tells step by step what works.

pub mod bridge;
mod connection;
pub mod local;
mod place;

pub use connection::{Connection, Connector, Step, connector, connectors, schema_of, step};
