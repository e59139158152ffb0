//! Systems that Longshore reaches, one folder each, in the same shape: what a connection to it says, the storage that it leads to, and a
//! test that tells step by step what works.

pub mod archiver;
mod bridge;
mod connection;
pub mod datacat;
pub mod engines;
pub mod gitlab;
pub mod http;
pub mod local;
pub mod mlflow;
mod net;
mod place;
pub mod records;
mod remote;
pub mod s3;
pub mod scicat;
pub mod sftp;
mod shelf_kind;
pub mod sqs;
pub mod unicore;
pub mod webdav;

pub use connection::{Connection, Connector, Step, connector, connectors, schema_of, step, with_scheme};
