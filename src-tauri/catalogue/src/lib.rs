//! What Longshore knows of datasets: their entries, their datablocks, where each copy lies, and the proof of it.
//!
//! This crate holds words and one trait, [`Catalogue`]; it does no I/O. The store implements the trait over SQLite,
//! the kinds of task use it, and neither knows the other.

mod catalogue;
mod dataset;
pub mod hex;
mod library;
mod message;
mod metadata;
mod path;

pub use catalogue::{Catalogue, Error, Result};
pub use dataset::{
    Block, BlockId, BlockState, Copied, Damage, Dataset, DatasetId, DatasetState, Digests, Entry, EntryId, EntryKind,
    FoundEntry, HistoryLine, LandingState, Mtime, NewBlock, NewDataset, NewEntry, Proof, ProofMethod, Released, Sha256,
    Totals,
};
pub use library::{HeldMessage, HeldState, Library, MessageId, ReceivedMessage, WorkNote, WorkStep};
pub use message::{Message, MessageState, NewMessage};
pub use metadata::{Described, Metadata};
pub use path::{BadPathText, PathBytes};
